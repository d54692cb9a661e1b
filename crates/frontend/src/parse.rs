//! From received bytes to commands: which bytes are parsed when, and what is left over.
//!
//! A frame that came whole is parsed where it was received, and its arguments are read there. A frame that came in several
//! reads is put together in the connection's query buffer and then has that buffer to itself, so that it can travel to
//! another shard without a copy, however large it is.

use base::conn::ConnId;
use bus::Wake;
use bytes::Bytes;
use resp::{Limits, Parsed, ProtocolError, Reply};

use crate::conn::Conn;
use crate::core::{Core, conn_mut};
use crate::hot::Planned;
use crate::message::Source;
use crate::plan::source_bytes;

/// Pieces in the plan at which it is executed, with one shard: a window of prefetched lookups.
const WINDOW_OWN: usize = 64;
/// Pieces in the plan at which it is published, with several shards: large enough to spread the cost of a publish, small
/// enough to bound the time of a turn.
const WINDOW_SHARDED: usize = 512;
/// What is taken at a time to complete a frame whose length is not known yet.
const FILL_BYTES: usize = 256;

/// How parsing of a source ended.
enum Parse {
    /// All bytes are used, or the rest is the start of a frame.
    Done,
    /// No more may be parsed now.
    Stalled,
    /// Nothing will be parsed any more.
    Closed,
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// Parses what a connection received.
    pub(crate) fn received(&mut self, id: ConnId, chunk: C) {
        let (now_ms, may_parse) = (self.now.unix_ms, self.may_parse());
        let Some(conn) = conn_mut(&mut self.conns, id) else { return };
        let len = chunk.as_ref().len();
        conn.last_active_ms = now_ms;
        conn.input_bytes += len as u64;
        let stats = &self.shared.stats[usize::from(self.id)];
        stats.input_bytes.add(len as u64);
        stats.reads.add(1);
        if conn.closing {
            return;
        }
        if conn.stalled || !may_parse || !conn.has_room() {
            conn.query.extend_from_slice(chunk.as_ref());
            self.stall(id.index);
            return self.check_query(id);
        }
        let mut pos = 0;
        if !conn.query.is_empty() {
            let Some(at) = self.complete_frame(id, chunk.as_ref()) else { return };
            pos = at;
        }
        if pos == len {
            return;
        }
        let source = Source::Chunk(self.plan.chunks.len() as u32);
        self.plan.chunks.push(chunk);
        self.parse_source(id, source, pos);
    }

    /// Adds the start of `chunk` to the connection's unfinished frame until that is complete. Returns where the next frame
    /// starts in `chunk`, or `None` if nothing is left to parse.
    fn complete_frame(&mut self, id: ConnId, chunk: &[u8]) -> Option<usize> {
        let mut pos = 0;
        while pos < chunk.len() {
            let limits = self.limits(id);
            let conn = conn_mut(&mut self.conns, id)?;
            let take = conn.need.max(FILL_BYTES).min(chunk.len() - pos);
            conn.query.extend_from_slice(&chunk[pos..pos + take]);
            pos += take;
            match conn.parser.next(&conn.query, &limits, &mut self.plan.ranges) {
                Ok(Parsed::Incomplete { need }) => {
                    conn.need = need;
                    reserve(conn, need);
                }
                Ok(parsed) => {
                    let consumed = consumed_of(&parsed);
                    // What was taken beyond the frame is still in the chunk.
                    pos -= conn.query.len() - consumed;
                    conn.query.truncate(consumed);
                    let frame = std::mem::take(&mut conn.query).freeze();
                    let carried_out = match parsed {
                        Parsed::Inline { line, .. } => self.shared_command(id, Bytes::from(line)),
                        Parsed::Frame { .. } => self.shared_command(id, frame.clone()),
                        Parsed::Empty { .. } | Parsed::Incomplete { .. } => true,
                    };
                    if !carried_out {
                        self.put_back(id, &frame, &chunk[pos..]);
                        return None;
                    }
                    return Some(pos);
                }
                Err(error) => {
                    self.protocol_error(id, error);
                    return None;
                }
            }
        }
        self.check_query(id);
        None
    }

    /// Parses frames of a source from `pos` on, and keeps the rest in the query buffer.
    fn parse_source(&mut self, id: ConnId, source: Source, pos: usize) {
        let mut pos = pos;
        let mut may_parse = self.may_parse();
        let window = self.window();
        let end = loop {
            if self.plan.len() >= window {
                self.flush();
                may_parse = self.may_parse();
            }
            let wanted = window.saturating_sub(self.plan.len()).max(1);
            let bytes = source_bytes(&self.plan.chunks, &self.plan.shared, source);
            let Some(conn) = conn_mut(&mut self.conns, id) else { break Parse::Closed };
            if conn.closing {
                break Parse::Closed;
            }
            if pos >= bytes.len() {
                break Parse::Done;
            }
            let room = if may_parse { conn.room(wanted) } else { 0 };
            if room == 0 {
                break Parse::Stalled;
            }
            match self.plan_usual(id, source, &mut pos, room) {
                Planned::All => continue,
                Planned::Other(len) => {
                    if !self.command(id, source, pos as u32) {
                        break Parse::Stalled;
                    }
                    pos += len;
                    continue;
                }
                Planned::Unclear => {}
            }
            let bytes = source_bytes(&self.plan.chunks, &self.plan.shared, source);
            let rest = bytes.get(pos..).unwrap_or_default();
            let Some(conn) = conn_mut(&mut self.conns, id) else { break Parse::Closed };
            let limits = if conn.authenticated { &self.limits[1] } else { &self.limits[0] };
            match conn.parser.next(rest, limits, &mut self.plan.ranges) {
                Ok(Parsed::Incomplete { need }) => {
                    conn.need = need;
                    break Parse::Done;
                }
                Ok(Parsed::Frame { consumed }) => {
                    if !self.command(id, source, pos as u32) {
                        break Parse::Stalled;
                    }
                    pos += consumed;
                }
                Ok(Parsed::Inline { consumed, line }) => {
                    if !self.shared_command(id, Bytes::from(line)) {
                        break Parse::Stalled;
                    }
                    pos += consumed;
                }
                Ok(Parsed::Empty { consumed }) => pos += consumed,
                Err(error) => {
                    self.protocol_error(id, error);
                    break Parse::Closed;
                }
            }
        };
        let bytes = self.plan.bytes(source);
        let rest = bytes.get(pos..).unwrap_or_default();
        if let (false, Some(conn)) = (matches!(end, Parse::Closed), conn_mut(&mut self.conns, id))
            && !rest.is_empty()
        {
            conn.query.extend_from_slice(rest);
            reserve(conn, conn.need);
        }
        if matches!(end, Parse::Stalled) {
            self.stall(id.index);
        }
        self.check_query(id);
    }

    /// Parses the bytes of stalled connections, as far as that is possible again.
    pub(crate) fn parse_stalled(&mut self) {
        if self.stalled.is_empty() || !self.may_parse() {
            return;
        }
        let stalled = std::mem::take(&mut self.stalled);
        for index in stalled {
            let Some(Some(conn)) = self.conns.get_mut(index as usize) else { continue };
            if !conn.stalled {
                continue;
            }
            if conn.postponed || !conn.has_room() {
                self.stalled.push(index);
                continue;
            }
            conn.stalled = false;
            let id = conn.id;
            // A frame that is not all here has its parser's state and stays where it is; whole frames get a source.
            let source = Source::Shared(self.plan.shared.len() as u32);
            let bytes: Bytes = conn.query.split().freeze();
            self.plan.shared.push(bytes);
            self.parse_source(id, source, 0);
            self.mark_dirty(index);
        }
    }

    /// Whether a stalled connection may be able to go on: nothing else would bring about the turn in which it does.
    pub(crate) fn may_parse_stalled(&self) -> bool {
        let conn = |&index: &u32| {
            self.conns.get(index as usize)?.as_ref().filter(|conn| conn.stalled && !conn.postponed)
        };
        !self.stalled.is_empty()
            && self.may_parse()
            && (self.stalled_output || self.stalled.iter().filter_map(conn).any(Conn::has_room))
    }

    /// Puts a connection into the list of those whose bytes wait.
    fn stall(&mut self, index: u32) {
        if let Some(Some(conn)) = self.conns.get_mut(index as usize)
            && !conn.stalled
        {
            conn.stalled = true;
            self.stalled.push(index);
            self.mark_dirty(index);
        }
    }

    /// Keeps a frame that was put together, and what follows it, until a pause of clients is over.
    #[cold]
    fn put_back(&mut self, id: ConnId, frame: &[u8], rest: &[u8]) {
        let Some(conn) = conn_mut(&mut self.conns, id) else { return };
        conn.query.extend_from_slice(frame);
        conn.query.extend_from_slice(rest);
        self.stall(id.index);
        self.check_query(id);
    }

    /// Carries out a parsed command that has a buffer to itself. False: a pause of clients holds it back.
    fn shared_command(&mut self, id: ConnId, bytes: Bytes) -> bool {
        let source = Source::Shared(self.plan.shared.len() as u32);
        self.plan.shared.push(bytes);
        self.command(id, source, 0)
    }

    fn window(&self) -> usize {
        if self.topology.shards == 1 { WINDOW_OWN } else { WINDOW_SHARDED }
    }

    fn limits(&self, id: ConnId) -> Limits {
        let conn = self.conns.get(id.index as usize).and_then(Option::as_ref);
        self.limits[usize::from(conn.is_some_and(|conn| conn.authenticated))]
    }

    /// The bytes are not the protocol: says so, behind all replies that are due, and closes.
    #[cold]
    fn protocol_error(&mut self, id: ConnId, error: ProtocolError) {
        let Some(conn) = conn_mut(&mut self.conns, id) else { return };
        let seq = conn.take_seq();
        conn.closing = true;
        let mut text = b"ERR ".to_vec();
        error.text(&mut text);
        let mut reply = Vec::new();
        Reply::new(&mut reply, conn.resp3).error_bytes(&text);
        conn.deliver(seq, &reply);
        self.mark_dirty(id.index);
        self.stats().error(&text);
    }

    /// Closes the connection if its query buffer is beyond the limit.
    fn check_query(&mut self, id: ConnId) {
        let max = self.hot.query_buffer_max_bytes;
        let Some(conn) = conn_mut(&mut self.conns, id) else { return };
        if conn.query.len() > max && !conn.closing {
            conn.closing = true;
            conn.stalled = false;
            conn.query.clear();
            self.mark_dirty(id.index);
            self.stats().query_limit_drops.add(1);
        }
    }
}

fn consumed_of(parsed: &Parsed) -> usize {
    match *parsed {
        Parsed::Frame { consumed } | Parsed::Inline { consumed, .. } | Parsed::Empty { consumed } => consumed,
        Parsed::Incomplete { .. } => 0,
    }
}

/// Makes room for a large argument once it is clear that it is really coming: never more than as much again as has
/// arrived, so that an announcement alone costs no memory.
fn reserve(conn: &mut Conn, need: usize) {
    if need > FILL_BYTES {
        let arrived = conn.query.len().max(64 * 1024);
        conn.query.reserve(need.min(arrived));
    }
}
