//! The state of one connection: what it sent and is not parsed yet, its settings, and its replies in order.
//!
//! Replies are numbered. `next_seq` is the number of the next command; `head_seq` that of the reply that is to be written
//! next. A reply that arrives as the head goes straight to `out`; one that arrives early is stashed.

use std::collections::VecDeque;

use base::conn::{ConnId, ConnInfo};
use bytes::BytesMut;
use resp::Parser;

/// A stash that grew beyond this is given back when it is empty.
const STASH_KEEP_BYTES: usize = 64 * 1024;

/// Replies that arrived before their turn.
#[derive(Default)]
struct Stash {
    /// By `seq - head_seq`: where the reply is in `bytes`; `None` while it is awaited.
    entries: VecDeque<Option<(usize, usize)>>,
    bytes: Vec<u8>,
}

/// What CLIENT LIST shows and few clients set.
#[derive(Default)]
pub(crate) struct ClientInfo {
    pub(crate) name: Vec<u8>,
    pub(crate) lib_name: Vec<u8>,
    pub(crate) lib_version: Vec<u8>,
    /// CLIENT NO-EVICT ON.
    pub(crate) no_evict: bool,
    /// CLIENT NO-TOUCH ON.
    pub(crate) no_touch: bool,
}

/// A connection.
pub(crate) struct Conn {
    pub(crate) id: ConnId,
    /// The number that CLIENT ID answers, unique over the life of the process.
    pub(crate) client_id: u64,
    pub(crate) info: Box<ConnInfo>,
    pub(crate) client: Option<Box<ClientInfo>>,
    pub(crate) parser: Parser,
    /// Bytes received and not parsed: an unfinished frame, or whole frames while the connection is stalled.
    pub(crate) query: BytesMut,
    /// How many more bytes the unfinished frame needs at least.
    pub(crate) need: usize,
    /// Replies to hand to the socket.
    pub(crate) out: Vec<u8>,
    stash: Option<Box<Stash>>,
    pub(crate) next_seq: u32,
    pub(crate) head_seq: u32,
    /// Output handed over to the socket and not sent yet, as far as it is known.
    pub(crate) unsent_bytes: usize,
    /// Since when the output is over the soft limit (milliseconds), if it is.
    pub(crate) over_soft_since_ms: Option<u64>,
    pub(crate) db: u16,
    pub(crate) resp3: bool,
    pub(crate) authenticated: bool,
    /// No more commands are taken: closes when all replies are out.
    pub(crate) closing: bool,
    /// The peer sends nothing more.
    pub(crate) ended: bool,
    /// CLIENT KILL: closes at once.
    pub(crate) killed: bool,
    /// In the list of connections whose bytes wait to be parsed.
    pub(crate) stalled: bool,
    /// Reading is stopped at the socket.
    pub(crate) paused: bool,
    /// In the list of connections with output or something else to tell the socket.
    pub(crate) dirty: bool,
    pub(crate) created_ms: u64,
    pub(crate) last_active_ms: u64,
    pub(crate) commands: u64,
    pub(crate) input_bytes: u64,
    pub(crate) output_bytes: u64,
    pub(crate) last_command: u16,
}

impl Conn {
    pub(crate) fn new(id: ConnId, client_id: u64, info: ConnInfo, authenticated: bool, now_ms: u64) -> Self {
        Conn {
            id,
            client_id,
            info: Box::new(info),
            client: None,
            parser: Parser::new(),
            query: BytesMut::new(),
            need: 0,
            out: Vec::new(),
            stash: None,
            next_seq: 0,
            head_seq: 0,
            unsent_bytes: 0,
            over_soft_since_ms: None,
            db: 0,
            resp3: false,
            authenticated,
            closing: false,
            ended: false,
            killed: false,
            stalled: false,
            paused: false,
            dirty: false,
            created_ms: now_ms,
            last_active_ms: now_ms,
            commands: 0,
            input_bytes: 0,
            output_bytes: 0,
            last_command: u16::MAX,
        }
    }

    /// The number of the next command's reply.
    #[inline]
    pub(crate) fn take_seq(&mut self) -> u32 {
        let seq = self.next_seq;
        self.next_seq = seq.wrapping_add(1);
        seq
    }

    /// How many commands wait for their replies.
    #[inline]
    pub(crate) fn outstanding(&self) -> u32 {
        self.next_seq.wrapping_sub(self.head_seq)
    }

    /// Whether the reply `seq` may be written straight to `out`; then [`Conn::head_written`] must follow.
    #[inline]
    pub(crate) fn is_head(&self, seq: u32) -> bool {
        self.head_seq == seq
    }

    /// The head's reply was written to `out`: the next one's turn comes, and stashed replies whose turn it is follow.
    #[inline]
    pub(crate) fn head_written(&mut self) {
        self.head_seq = self.head_seq.wrapping_add(1);
        if self.stash.is_some() {
            self.unstash();
        }
    }

    /// Takes the reply `seq`, in full.
    pub(crate) fn deliver(&mut self, seq: u32, bytes: &[u8]) {
        if self.is_head(seq) {
            self.out.extend_from_slice(bytes);
            self.head_written();
            return;
        }
        let ahead = seq.wrapping_sub(self.head_seq) as usize;
        let stash = self.stash.get_or_insert_default();
        if stash.entries.len() <= ahead {
            stash.entries.resize(ahead + 1, None);
        }
        if let Some(entry) = stash.entries.get_mut(ahead) {
            *entry = Some((stash.bytes.len(), bytes.len()));
            stash.bytes.extend_from_slice(bytes);
        }
    }

    #[cold]
    fn drop_stash(&mut self) {
        self.stash = None;
    }

    fn unstash(&mut self) {
        let Some(stash) = self.stash.as_deref_mut() else { return };
        // The entry of the reply that was just written.
        stash.entries.pop_front();
        while let Some(&Some((at, len))) = stash.entries.front() {
            self.out.extend_from_slice(stash.bytes.get(at..at + len).unwrap_or_default());
            stash.entries.pop_front();
            self.head_seq = self.head_seq.wrapping_add(1);
        }
        if stash.entries.is_empty() {
            if stash.bytes.capacity() > STASH_KEEP_BYTES {
                self.drop_stash();
            } else {
                stash.bytes.clear();
            }
        }
    }

    /// Bytes held for replies that wait for their turn.
    pub(crate) fn stashed_bytes(&self) -> usize {
        self.stash.as_ref().map_or(0, |stash| stash.bytes.len())
    }

    /// Gives back what a quiet connection need not hold.
    pub(crate) fn release_buffers(&mut self) {
        if self.query.is_empty() {
            self.query = BytesMut::new();
        }
        if self.out.is_empty() {
            self.out = Vec::new();
        }
        if self.stash.as_ref().is_some_and(|stash| stash.entries.is_empty()) {
            self.stash = None;
        }
    }

    /// The names that the client gave, created on first use.
    pub(crate) fn client_mut(&mut self) -> &mut ClientInfo {
        self.client.get_or_insert_default()
    }
}
