//! A tap on a connection, at the socket of the core: when each operation had arrived whole, and when its reply left.
//!
//! An operation takes effect between these two instants. Clients learn of it later and less: they may read slowly or be
//! gone. So histories are taken here, and what they are checked for is more than what clients could tell.

use std::collections::VecDeque;

use resp::decode::{DecodeError, Value, decode};

use crate::history::OpIndex;

/// See the module page.
#[derive(Default)]
pub(crate) struct Tap {
    written: u64,
    delivered: u64,
    /// Operations that are not there whole, with their ends in the stream of bytes.
    on_the_way: VecDeque<(u64, OpIndex)>,
    /// Operations that are there, and whose replies did not leave.
    unanswered: VecDeque<OpIndex>,
    /// The last operation that was answered.
    last: Option<OpIndex>,
    /// The start of a reply.
    output: Vec<u8>,
}

impl Tap {
    /// The client writes an operation of so many bytes.
    pub(crate) fn write(&mut self, op: OpIndex, len: usize) {
        self.written += len as u64;
        self.on_the_way.push_back((self.written, op));
    }

    /// So many bytes arrive: the operations that they complete are added.
    pub(crate) fn deliver(&mut self, len: usize, arrived: &mut Vec<OpIndex>) {
        self.delivered += len as u64;
        while let Some(&(end, op)) = self.on_the_way.front().filter(|&&(end, _)| end <= self.delivered) {
            debug_assert!(end <= self.written);
            self.on_the_way.pop_front();
            self.unanswered.push_back(op);
            arrived.push(op);
        }
    }

    /// Output leaves: the operations that it answers are added, and messages with the operation that they come behind. False
    /// if it is neither.
    pub(crate) fn answer(
        &mut self,
        bytes: &[u8],
        answered: &mut Vec<(OpIndex, Value)>,
        messages: &mut Vec<(OpIndex, Value)>,
    ) -> bool {
        self.output.extend_from_slice(bytes);
        let mut used = 0;
        let is_sound = loop {
            match decode(&self.output[used..]) {
                Ok((reply, len)) => {
                    used += len;
                    let is_message = is_message(&reply);
                    let op = if is_message { self.last } else { self.unanswered.pop_front() };
                    let Some(op) = op else { break false };
                    self.last = Some(op);
                    if is_message { &mut *messages } else { &mut *answered }.push((op, reply));
                }
                Err(DecodeError::Incomplete) => break true,
                Err(DecodeError::Malformed) => break false,
            }
        };
        self.output.drain(..used);
        is_sound
    }
}

/// Whether what a connection gets is a message of a subscription, and no reply.
pub(crate) fn is_message(value: &Value) -> bool {
    let Value::Push(items) = value else { return false };
    matches!(items.first(), Some(Value::Bulk(word)) if word.ends_with(b"message"))
}
