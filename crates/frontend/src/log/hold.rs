//! Output that waits until the log is durable (`appendfsync always`).
//!
//! What a core writes in a turn waits until all shards' logs are durable as far as they went then. Whatever a reply tells
//! of had been appended before (`flush_log` comes before any answer), so no client sees what a crash could undo.

use base::conn::ConnId;
use bus::Wake;
use persist::log::Policy;

use super::CoreLog;
use crate::core::{Core, Io, conn_mut};

/// The output of a turn that waits.
pub(crate) struct HeldTurn {
    /// By shard, how far its log has to be durable.
    need: Vec<u64>,
    /// What goes to which connection then.
    output: Vec<(ConnId, Vec<u8>)>,
}

impl CoreLog {
    /// Holds output of this turn back.
    pub(crate) fn hold(&mut self, id: ConnId, output: &mut Vec<u8>) {
        if let Some(turn) = self.held.back_mut() {
            turn.output.push((id, std::mem::take(output)));
        }
    }
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// Whether replies wait for the log at all.
    #[inline]
    pub(crate) fn replies_wait(&self) -> bool {
        #[cfg(feature = "sim-faults")]
        if self.faults.skip_sync {
            return false;
        }
        self.shared.logs.is_on() && self.shared.logs.policy() == Policy::Always
    }

    /// Begins to hold the output of this turn, if something that was logged is not durable yet.
    pub(crate) fn begin_hold(&mut self) -> bool {
        if !self.replies_wait() && self.log.held.is_empty() {
            return false;
        }
        let logs = &self.shared.logs;
        let need: Vec<u64> =
            (0..usize::from(self.topology.shards)).map(|shard| logs.appended(shard)).collect();
        // What is held already goes first.
        if self.log.held.is_empty() && self.is_durable(&need) {
            return false;
        }
        self.log.held.push_back(HeldTurn { need, output: Vec::new() });
        true
    }

    /// Tells the plane whether this core waits for it. True: what was waited for has come meanwhile.
    pub(crate) fn await_log(&mut self) -> bool {
        let (logs, core) = (&self.shared.logs, usize::from(self.id));
        let waits = !self.log.held.is_empty() || !self.log.waiting.is_empty();
        if waits || self.log.awaits {
            self.log.awaits = waits;
            match self.log.held.front() {
                // Whoever waits for syncs looks at each that ends.
                _ if !self.log.waiting.is_empty() => logs.wait_for_commits(core, Some(&[])),
                front => logs.wait_for_commits(core, front.map(|turn| &*turn.need)),
            }
        }
        waits
            && (self.log.held.front().is_some_and(|turn| self.is_durable(&turn.need))
                || self.may_release_waiting())
    }

    fn is_durable(&self, need: &[u64]) -> bool {
        let logs = &self.shared.logs;
        need.iter().enumerate().all(|(shard, &position)| logs.committed(shard) >= position)
    }

    /// The end of a turn that was held.
    pub(crate) fn end_hold(&mut self) {
        if self.log.held.back().is_some_and(|turn| turn.output.is_empty()) {
            self.log.held.pop_back();
        }
    }

    /// Lets output go whose log is durable now. Returns whether connections among it may go on if that is sent at once, of which
    /// nothing tells.
    pub(crate) fn release_durable(&mut self, io: &mut impl Io) -> bool {
        let mut goes_on = false;
        while let Some(turn) = self.log.held.front() {
            // Without a log there is nothing to wait for.
            if self.shared.logs.is_on() && !self.is_durable(&turn.need) {
                break;
            }
            let Some(turn) = self.log.held.pop_front() else { break };
            for (id, mut bytes) in turn.output {
                let Some(conn) = conn_mut(&mut self.conns, id) else { continue };
                let sent = bytes.len();
                conn.log_held_bytes -= sent;
                conn.output_bytes += sent as u64;
                conn.unsent_bytes = io.output(id, &mut bytes);
                goes_on |= conn.stalled || conn.streams.is_some();
                self.stats().output_bytes.add(sent as u64);
                self.stats().writes.add(1);
                self.mark_dirty(id.index);
            }
        }
        goes_on
    }
}
