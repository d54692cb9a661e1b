//! Output that waits until the log is durable (`appendfsync always`).
//!
//! A reply that one shard alone has given waits until that shard's log is durable as far as it went when it answered. Whatever else a core
//! writes in a turn waits until all shards' logs are durable as far as they went then. What a reply tells of had been appended before
//! (`flush_log` comes before any answer), and what it tells of other shards was a part of a group, without which the log of
//! the one is not committed: so no client sees what a crash could undo. Output of one connection stays in order: behind what waits for one
//! thing comes what waits for the same, or for all.

use std::collections::VecDeque;
use std::mem::take;

use base::conn::ConnId;
use bus::Wake;
use persist::log::{Logs, Policy};

use super::CoreLog;
use crate::conn::Conn;
use crate::core::{Core, Io, conn_mut};

/// Output that waits for the same: what goes to which connection then.
struct Waiting<N> {
    need: N,
    output: Vec<(ConnId, Vec<u8>)>,
}

/// All output that waits.
#[derive(Default)]
pub(crate) struct Held {
    /// For the log of one shard, by shard; with the positions that are needed, which grow.
    of_one: Vec<VecDeque<Waiting<u64>>>,
    /// For the logs of all.
    of_all: VecDeque<Waiting<Vec<u64>>>,
    /// How many there are of both.
    count: usize,
    /// How far other shards' logs were when they answered last.
    heard: Vec<u64>,
    /// How far all logs are, in this turn.
    appended: Vec<u64>,
}

/// Has a connection's output wait for the same as the last in the queue, or behind it. Returns whether there is one more.
fn add<N: Clone + PartialEq>(queue: &mut VecDeque<Waiting<N>>, need: &N, conn: &mut Conn) -> bool {
    conn.log_held_bytes += conn.out.len();
    let output = (conn.id, take(&mut conn.out));
    match queue.back_mut().filter(|last| last.need == *need) {
        Some(last) => {
            last.output.push(output);
            false
        }
        None => {
            queue.push_back(Waiting { need: need.clone(), output: vec![output] });
            true
        }
    }
}

fn is_durable(logs: &Logs, need: &[u64]) -> bool {
    need.iter().enumerate().all(|(shard, &position)| logs.committed(shard) >= position)
}

impl Held {
    /// Whether anything may go.
    fn is_due(&self, logs: &Logs) -> bool {
        let due = |(shard, queue): (usize, &VecDeque<Waiting<u64>>)| {
            queue.front().is_some_and(|first| logs.committed(shard) >= first.need)
        };
        self.of_one.iter().enumerate().any(due)
            || self.of_all.front().is_some_and(|first| is_durable(logs, &first.need))
    }

    /// The next that may go; all of it, if there is no log any more.
    fn pop(&mut self, logs: &Logs) -> Option<Vec<(ConnId, Vec<u8>)>> {
        if self.count == 0 {
            return None;
        }
        let waits = logs.is_on();
        for (shard, queue) in self.of_one.iter_mut().enumerate() {
            if queue.front().is_some_and(|first| !waits || logs.committed(shard) >= first.need) {
                self.count -= 1;
                return queue.pop_front().map(|waiting| waiting.output);
            }
        }
        let first = self.of_all.front()?;
        if waits && !is_durable(logs, &first.need) {
            return None;
        }
        self.count -= 1;
        self.of_all.pop_front().map(|waiting| waiting.output)
    }
}

impl CoreLog {
    /// How far the shard's log is.
    #[inline]
    pub(crate) fn position(&self) -> u64 {
        self.position
    }

    /// Another shard has answered when its log was so far.
    #[inline]
    pub(crate) fn heard(&mut self, shard: u16, position: u64) {
        let shard = usize::from(shard);
        if shard >= self.held.heard.len() {
            self.held.heard.resize(shard + 1, 0);
        }
        if let Some(heard) = self.held.heard.get_mut(shard) {
            *heard = position.max(*heard);
        }
    }

    /// Whether output waits for the log.
    pub(crate) fn holds(&self) -> bool {
        self.held.count > 0
    }

    /// Holds a connection's output back, unless nothing keeps it from going.
    pub(crate) fn hold(&mut self, conn: &mut Conn, logs: &Logs) -> bool {
        let held = &mut self.held;
        let waits = conn.log_held_bytes > 0;
        let source = conn.take_source().filter(|&shard| !waits || conn.log_held_for == Some(shard));
        match source.map(usize::from) {
            Some(shard) => {
                let known = if shard == self.shard { &held.appended } else { &held.heard };
                let need = known.get(shard).copied().unwrap_or(u64::MAX);
                if !waits && logs.committed(shard) >= need {
                    return false;
                }
                if shard >= held.of_one.len() {
                    held.of_one.resize_with(shard + 1, VecDeque::new);
                }
                let Some(queue) = held.of_one.get_mut(shard) else { return false };
                held.count += usize::from(add(queue, &need, conn));
            }
            None => {
                if !waits && is_durable(logs, &held.appended) {
                    return false;
                }
                held.count += usize::from(add(&mut held.of_all, &held.appended, conn));
            }
        }
        conn.log_held_for = source;
        true
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

    /// Whether output of this turn may have to wait.
    pub(crate) fn begin_hold(&mut self) -> bool {
        if !self.replies_wait() && self.log.held.count == 0 {
            return false;
        }
        let (logs, held) = (&self.shared.logs, &mut self.log.held);
        held.appended.clear();
        held.appended.extend((0..usize::from(self.topology.shards)).map(|shard| logs.appended(shard)));
        true
    }

    /// Tells the logs what this core waits for. True: some of it has come meanwhile.
    pub(crate) fn await_log(&mut self) -> bool {
        let (logs, log, core) = (&self.shared.logs, &mut self.log, usize::from(self.id));
        let waits = log.held.count > 0 || !log.waiting.is_empty();
        if waits || log.awaits {
            log.awaits = waits;
            let held = &log.held;
            let one = |shard: usize| Some(held.of_one.get(shard)?.front()?.need);
            let all = held.of_all.front().map(|first| &*first.need);
            // Whoever waits for syncs looks at each that ends.
            logs.wait_for_commits(core, one, if log.waiting.is_empty() { all } else { Some(&[]) });
        }
        waits && (self.log.held.is_due(logs) || self.may_release_waiting())
    }

    /// Lets output go whose log is durable now. Returns whether connections among it may go on if that is sent at once, of which
    /// nothing tells.
    pub(crate) fn release_durable(&mut self, io: &mut impl Io) -> bool {
        let mut goes_on = false;
        while let Some(output) = self.log.held.pop(&self.shared.logs) {
            for (id, mut bytes) in output {
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
