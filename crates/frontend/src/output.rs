//! Output of connections: what is handed to the sockets at the end of a turn, which clients are too slow, and when a
//! connection closes.

use base::conn::CloseMode;
use bus::Wake;

use crate::conn::Conn;
use crate::core::{Core, Io};
use crate::shared::HotConfig;

/// Longest time for which replies wait for the replies of other shards behind them: several times what another core takes to
/// answer, and short beside what a client notices.
const HOLD_MAX_US: u64 = 200;

/// What a connection that waits with a blocking command may send before it is read no more.
const BLOCKED_QUERY_MAX_BYTES: usize = 1024 * 1024;

/// Replies of more bytes than this wait for nothing.
const HOLD_MAX_BYTES: usize = 16 * 1024;

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// Looks again at the unsent output of connections that are held back by it.
    pub(crate) fn refresh_slow(&mut self, io: &impl Io) {
        for &index in self.stalled.iter().chain(&self.over_soft) {
            if let Some(Some(conn)) = self.conns.get_mut(index as usize) {
                conn.unsent_bytes = io.unsent(conn.id);
            }
        }
        for index in std::mem::take(&mut self.over_soft) {
            self.mark_dirty(index);
        }
    }

    /// When the first connection over the soft output limit will have been so for too long.
    pub(crate) fn soft_limit_deadline_us(&self) -> Option<u64> {
        let due_ms = |&index: &u32| {
            let conn = self.conns.get(index as usize)?.as_ref()?;
            Some(conn.over_soft_since_ms? + self.hot.output_of(conn).soft_ms + 1)
        };
        let due_ms = self.over_soft.iter().filter_map(due_ms).min()?;
        Some(self.now.monotonic_us + due_ms.saturating_sub(self.now.unix_ms) * 1000)
    }

    /// Hands output, pauses and closes of all dirty connections to the socket side; whether among it was a piece of a reply
    /// that goes on, which may be sent at once, of which nothing tells.
    pub(crate) fn hand_over(&mut self, io: &mut impl Io) -> bool {
        let mut goes_on = false;
        let mut dirty = std::mem::take(&mut self.dirty);
        self.stalled_output = false;
        self.flush_log();
        let holds = self.begin_hold();
        for index in dirty.drain(..) {
            let Some(Some(conn)) = self.conns.get_mut(index as usize) else { continue };
            conn.dirty = false;
            let mut sent = 0;
            if self.topology.shards > 1 && may_hold(conn) {
                conn.held = true;
                self.held.push((index, self.now.monotonic_us));
            } else if holds && !conn.out.is_empty() && self.log.hold(conn, &self.shared.logs) {
                conn.held = false;
                conn.learn_reply_bytes();
            } else if !conn.out.is_empty() {
                conn.held = false;
                sent = conn.out.len() as u64;
                conn.output_bytes += sent;
                conn.learn_reply_bytes();
                conn.take_source();
                conn.unsent_bytes = io.output(conn.id, &mut conn.out);
                self.stalled_output |= conn.stalled;
                goes_on |= conn.streams.is_some();
            }
            let (id, drop) = (conn.id, over_output_limit(conn, &self.hot, self.now.unix_ms));
            let done = conn.outstanding() == 0 && conn.log_held_bytes == 0;
            if conn.over_soft_since_ms.is_some() {
                self.over_soft.push(index);
            }
            let killed = conn.killed;
            if killed {
                io.close(id, CloseMode::Now);
            } else if drop {
                // Counted once, however long it takes to close.
                conn.killed = true;
                conn.closing = true;
                io.close(id, CloseMode::Now);
                self.stats().output_limit_drops.add(1);
            } else if done && (conn.closing || (conn.ended && !conn.stalled)) {
                io.close(id, CloseMode::AfterFlush);
            } else if conn.ended && conn.shown_blocked && conn.out.is_empty() {
                // Nobody would read the reply.
                io.close(id, CloseMode::AfterFlush);
            } else if conn.stalled && !conn.paused && !watched(conn) {
                conn.paused = true;
                io.pause(id);
            } else if conn.paused && (!conn.stalled || watched(conn)) {
                conn.paused = false;
                io.resume(id);
            }
            if sent > 0 {
                self.stats().output_bytes.add(sent);
                self.stats().writes.add(1);
            }
        }
        self.dirty = dirty;
        let conns = &self.conns;
        self.held.retain(|&(index, _)| matches!(conns.get(index as usize), Some(Some(conn)) if conn.held));
        goes_on
    }

    /// Lets go of output that was held back for long enough.
    pub(crate) fn release_held(&mut self) {
        let now_us = self.now.monotonic_us;
        let due = self.held.partition_point(|&(_, since_us)| since_us + HOLD_MAX_US <= now_us);
        for at in 0..due {
            self.mark_dirty(self.held[at].0);
        }
        self.held.drain(..due);
    }

    /// When the first output that is held back must go.
    pub(crate) fn held_deadline_us(&self) -> Option<u64> {
        self.held.first().map(|&(_, since_us)| since_us + HOLD_MAX_US)
    }
}

/// Whether a connection is read though its bytes cannot be parsed: one that waits with a blocking command, so that its end is
/// noticed.
fn watched(conn: &Conn) -> bool {
    conn.blocked.is_some() && conn.query.len() < BLOCKED_QUERY_MAX_BYTES
}

/// Whether a connection's output waits for the replies of other shards that follow it, so that a pipeline is answered by one
/// send rather than by one now and one when the other shards have answered. At most until the next of them comes.
fn may_hold(conn: &Conn) -> bool {
    !conn.held && !conn.out.is_empty() && conn.out.len() <= HOLD_MAX_BYTES && conn.outstanding() > 0
}

/// Whether a client's unsent output is beyond its limits.
fn over_output_limit(conn: &mut Conn, hot: &HotConfig, now_ms: u64) -> bool {
    let bytes = conn.unsent_bytes + conn.stashed_bytes() + conn.log_held_bytes;
    let bounds = hot.output_of(conn);
    if bounds.hard_bytes > 0 && bytes > bounds.hard_bytes {
        return true;
    }
    if bounds.soft_bytes == 0 || bytes <= bounds.soft_bytes {
        conn.over_soft_since_ms = None;
        return false;
    }
    let since = *conn.over_soft_since_ms.get_or_insert(now_ms);
    now_ms.saturating_sub(since) > bounds.soft_ms
}
