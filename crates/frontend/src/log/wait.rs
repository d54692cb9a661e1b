//! BGREWRITEAOF; WAIT and WAITAOF: clients that wait until what they wrote is durable.

use base::conn::ConnId;
use base::num::parse_i64;
use bus::Wake;
use commands::CmdError;
use resp::Reply;

use crate::core::{Core, conn_mut};
use crate::message::Dest;
use crate::route::Call;

/// A client that waits.
pub(crate) struct Waiting {
    conn: ConnId,
    dest: Dest,
    /// By shard, how far the log has to be on the disk; none if it waits for replicas, of which there are none.
    need: Option<Vec<u64>>,
    /// Whether the reply tells of the log.
    of_log: bool,
    deadline_us: Option<u64>,
}

const SCHEDULED: &str = "Background append only file rewriting scheduled";
const REWRITING: CmdError =
    CmdError::text_of("ERR Background append only file rewriting already in progress");
const NO_TIMEOUT: CmdError = CmdError::text_of("ERR timeout is not an integer or out of range");
const NEGATIVE: CmdError = CmdError::text_of("ERR timeout is negative");
const NOT_POSITIVE: CmdError = CmdError::text_of("ERR value is out of range, must be positive");

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// BGREWRITEAOF
    pub(crate) fn bgrewriteaof(&mut self, call: &Call) -> Result<(), CmdError> {
        if self.shared.logs.status().rewriting_since_ms.is_some() {
            return Err(REWRITING);
        }
        if self.shared.saving.jobs.current().is_some() {
            self.shared.want_rewrite();
            self.answer(call, |reply| reply.simple(SCHEDULED));
            return Ok(());
        }
        self.begin_rewrite(call.dest()).map_err(|_| REWRITING)
    }

    /// WAIT numreplicas timeout
    pub(crate) fn wait(&mut self, call: &Call) -> Result<(), CmdError> {
        let args = self.call_args(call);
        let replicas = parse_i64(args.arg(1)).ok_or(CmdError::NotInteger)?;
        let timeout_ms = timeout(args.arg(2))?;
        if replicas <= 0 || call.inner.is_some() {
            self.answer(call, |reply| reply.int(0));
            return Ok(());
        }
        self.wait_for(call, None, false, timeout_ms);
        Ok(())
    }

    /// WAITAOF numlocal numreplicas timeout
    pub(crate) fn waitaof(&mut self, call: &Call) -> Result<(), CmdError> {
        let args = self.call_args(call);
        let local = parse_i64(args.arg(1)).ok_or(CmdError::NotInteger)?;
        if !(0..=1).contains(&local) {
            return Err(CmdError::text_of("ERR value is out of range, value must between 0 and 1"));
        }
        let replicas = parse_i64(args.arg(2)).filter(|&count| count >= 0).ok_or(NOT_POSITIVE)?;
        let timeout_ms = timeout(args.arg(3))?;
        if local > 0 && !self.shared.logs.is_on() {
            return Err(CmdError::text_of(
                "ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.",
            ));
        }
        self.flush_log();
        let logs = &self.shared.logs;
        let need: Vec<u64> =
            (0..usize::from(self.topology.shards)).map(|shard| logs.appended(shard)).collect();
        let done = replicas == 0 && (local == 0 || self.is_synced(&need));
        if done || call.inner.is_some() {
            let synced = i64::from(self.is_synced(&need));
            self.answer(call, |reply| waitaof_reply(reply, synced));
            return Ok(());
        }
        let need = if replicas == 0 { Some(need) } else { None };
        self.wait_for(call, need, true, timeout_ms);
        Ok(())
    }

    fn wait_for(&mut self, call: &Call, need: Option<Vec<u64>>, of_log: bool, timeout_ms: u64) {
        let deadline_us =
            (timeout_ms > 0).then(|| self.now.monotonic_us.saturating_add(timeout_ms.saturating_mul(1000)));
        if let Some(conn) = conn_mut(&mut self.conns, call.id) {
            conn.waits = true;
            conn.look_at_state();
        }
        self.stats().blocked_clients.add(1);
        self.log.waiting.push(Waiting { conn: call.id, dest: call.dest(), need, of_log, deadline_us });
    }

    /// Whether the log is on, and on the disk up to these positions.
    fn is_synced(&self, need: &[u64]) -> bool {
        let logs = &self.shared.logs;
        let done = |shard| logs.committed(shard).min(logs.synced(shard));
        logs.is_on() && need.iter().enumerate().all(|(shard, &position)| done(shard) >= position)
    }

    /// Whether what somebody waits for has come.
    pub(crate) fn may_release_waiting(&self) -> bool {
        self.log
            .waiting
            .iter()
            .any(|waiting| waiting.need.as_deref().is_some_and(|need| self.is_synced(need)))
    }

    /// Answers who has waited long enough.
    pub(crate) fn release_waiting(&mut self) {
        let (now_us, mut at) = (self.now.monotonic_us, 0);
        while let Some(waiting) = self.log.waiting.get(at) {
            let synced = waiting.need.as_deref().is_some_and(|need| self.is_synced(need));
            let over = waiting.deadline_us.is_some_and(|due| due <= now_us);
            let gone = conn_mut(&mut self.conns, waiting.conn).is_none();
            if !synced && !over && !gone && !self.shared.is_stopping() {
                at += 1;
                continue;
            }
            let waiting = self.log.waiting.swap_remove(at);
            self.stats().blocked_clients.add(1u64.wrapping_neg());
            let mut bytes = Vec::new();
            let mut reply = Reply::new(&mut bytes, false);
            if waiting.of_log {
                waitaof_reply(&mut reply, i64::from(synced));
            } else {
                reply.int(0);
            }
            if let Some(conn) = conn_mut(&mut self.conns, waiting.conn) {
                conn.waits = false;
                conn.look_at_state();
                self.mark_dirty(waiting.conn.index);
            }
            self.deliver(waiting.dest, &bytes);
        }
    }

    /// When the next one has waited long enough.
    pub(crate) fn waiting_deadline_us(&self) -> Option<u64> {
        self.log.waiting.iter().filter_map(|waiting| waiting.deadline_us).min()
    }
}

fn timeout(word: &[u8]) -> Result<u64, CmdError> {
    u64::try_from(parse_i64(word).ok_or(NO_TIMEOUT)?).map_err(|_| NEGATIVE)
}

fn waitaof_reply(reply: &mut Reply<'_>, synced: i64) {
    reply.array(2);
    reply.int(synced);
    reply.int(0);
}
