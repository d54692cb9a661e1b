//! What the ring backend keeps of each socket, and how a completion is told from another.

use std::os::fd::RawFd;

/// What a completion belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Receive = 1,
    Send = 2,
    Accept = 3,
    Wake = 4,
    File = 6,
    /// Cancellations and closes: nobody waits for them.
    Ignored = 5,
}

/// Bits of the generation that fit into a tag.
const GENERATION_MASK: u32 = 0xff_ffff;

/// The `user_data` of an operation: 8 bits kind, 24 bits generation of the slot, 32 bits slot.
#[inline]
pub(super) fn tag(kind: Kind, generation: u32, slot: u32) -> u64 {
    (kind as u64) << 56 | u64::from(generation & GENERATION_MASK) << 32 | u64::from(slot)
}

/// Takes a tag apart.
#[inline]
pub(super) fn untag(tag: u64) -> (Kind, u32, u32) {
    let kind = match tag >> 56 {
        1 => Kind::Receive,
        2 => Kind::Send,
        3 => Kind::Accept,
        4 => Kind::Wake,
        6 => Kind::File,
        _ => Kind::Ignored,
    };
    (kind, (tag >> 32) as u32 & GENERATION_MASK, tag as u32)
}

/// State of the multishot receive of a socket.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Receive {
    /// No receive is in the kernel.
    Off,
    /// Armed: data comes by itself.
    Armed,
    /// Armed, and a cancellation is under way.
    Cancelling,
    /// It ended for lack of buffers and is to be armed again.
    Starved,
}

/// State of the send of a socket.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Send {
    Off,
    /// Queued so that it neither waits nor reports success: unless a completion tells of a failure, it has succeeded
    /// when the `io_uring_enter` that submitted it returns.
    Silent,
    /// Queued so that it waits for the peer and reports.
    Waiting,
}

/// A socket of the ring backend.
#[derive(Debug)]
pub(super) struct Socket {
    /// -1 if the slot is free.
    pub(super) fd: RawFd,
    pub(super) generation: u32,
    pub(super) receive: Receive,
    pub(super) send: Send,
    /// Whether data is wanted (not paused, not ended, not closing).
    pub(super) reading: bool,
    /// The peer sends nothing more.
    pub(super) ended: bool,
    pub(super) closing: bool,
    /// Tells the sends of a socket apart; see `Uring::concluded`.
    pub(super) serial: u32,
    /// Bytes of `buffer` already sent.
    pub(super) offset: usize,
    /// The output in flight. Never touched while `send` is not off, since the kernel reads it.
    pub(super) buffer: Vec<u8>,
}

impl Socket {
    pub(super) const FREE: Socket = Socket {
        fd: -1,
        generation: 0,
        receive: Receive::Off,
        send: Send::Off,
        reading: false,
        ended: false,
        closing: false,
        serial: 0,
        offset: 0,
        buffer: Vec::new(),
    };

    /// Whether the kernel holds an operation of this socket.
    #[inline]
    pub(super) fn busy(&self) -> bool {
        self.send != Send::Off || matches!(self.receive, Receive::Armed | Receive::Cancelling)
    }

    /// Whether a completion tagged with this generation is of the socket that has the slot now.
    #[inline]
    pub(super) fn is(&self, generation: u32) -> bool {
        self.fd >= 0 && self.generation & GENERATION_MASK == generation
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_come_apart_as_they_were_put_together() {
        for kind in [Kind::Receive, Kind::Send, Kind::Accept, Kind::Wake, Kind::File, Kind::Ignored] {
            assert_eq!(untag(tag(kind, 0x12_3456, u32::MAX)), (kind, 0x12_3456, u32::MAX));
        }
        assert_eq!(untag(tag(Kind::Send, u32::MAX, 7)), (Kind::Send, 0xff_ffff, 7));
    }
}
