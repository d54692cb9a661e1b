//! The pause of clients (CLIENT PAUSE): no command, or none that writes, is begun until the pause ends.
//!
//! ```text
//! CLIENT PAUSE ──► inquiry to every core: begins no more commands         core A   SET ─┐
//!                  each answers when all it began is published                          ▼
//!              ──► fence through every inbox: behind all of that          shard B  … SET, fence
//!              ──► OK
//! ```
//!
//! So when the reply is out, nothing that the pause holds back runs anywhere, or is on its way. A connection whose command
//! is held back keeps its bytes unparsed, as one that is stalled for another reason. Keys do not vanish meanwhile: an
//! expired key looks so, and goes when the pause is over.
//!
//! While nobody pauses, this costs nothing: a pause takes the commands that it holds back off the hot path, and the slow
//! path looks.

use base::Args;
use base::conn::ConnId;
use bus::Wake;
use commands::CommandSpec;
use commands::meta::Flag;

use crate::connection::refusal;
use crate::core::{Core, conn_mut};
use crate::message::{Dest, Op, Piece, Source};
use crate::plan::source_bytes;

/// Commands that change nothing themselves, but may bring about what a replica has to hear of.
const MAY_REPLICATE: &[&str] = &["pfcount", "publish", "spublish", "eval", "evalsha", "fcall"];

/// A pause.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Pause {
    /// Whether it holds back all commands, and not those only that write.
    pub(crate) all: bool,
    /// When it is over, in milliseconds since 1970.
    pub(crate) end_ms: u64,
}

impl Pause {
    /// Whether a command is held back.
    pub(crate) fn holds(self, spec: &CommandSpec) -> bool {
        self.all || may_replicate(spec)
    }
}

/// Whether a command writes, or may do so.
pub(crate) fn may_replicate(spec: &CommandSpec) -> bool {
    spec.meta.flags.contains(Flag::Write) || MAY_REPLICATE.contains(&spec.meta.name)
}

/// An answer that is due once everything begun before it is published and done.
pub(crate) struct Fence {
    dest: Dest,
    /// The core that waits for it; `None` for this one.
    from: Option<u16>,
    /// The last rounds task that was begun before.
    last_task: u64,
}

impl Fence {
    /// Behind all that was begun up to the rounds task `last_task`.
    pub(crate) fn new(dest: Dest, from: Option<u16>, last_task: u64) -> Self {
        Fence { dest, from, last_task }
    }
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// Begins a pause, or makes the one that there is stricter and longer.
    pub(crate) fn begin_pause(&mut self, pause: Pause) {
        let now_ms = self.now.unix_ms;
        let before = self.detour.pause.filter(|before| before.end_ms > now_ms);
        let pause = before.map_or(pause, |before| Pause {
            all: before.all || pause.all,
            end_ms: before.end_ms.max(pause.end_ms),
        });
        if pause.end_ms > now_ms {
            self.set_pause(Some(pause));
        }
    }

    /// Ends the pause, if there is one.
    pub(crate) fn end_pause(&mut self) {
        if self.detour.pause.is_some() {
            self.set_pause(None);
        }
    }

    /// Ends the pause when its time has come; once a turn.
    #[inline]
    pub(crate) fn look_at_pause(&mut self) {
        if self.detour.pause.is_some_and(|pause| pause.end_ms <= self.now.unix_ms) {
            self.set_pause(None);
        }
    }

    #[cold]
    fn set_pause(&mut self, pause: Option<Pause>) {
        self.detour.pause = pause;
        self.shard.keep_expired(pause.is_some());
        self.refresh_hot_specs();
        if pause.is_none() {
            self.blocking.end_pause();
        }
        // Whoever is held back asks again, when its bytes are parsed anew.
        for &index in &self.stalled {
            if let Some(Some(conn)) = self.conns.get_mut(index as usize)
                && std::mem::take(&mut conn.postponed)
            {
                self.shared.stats[usize::from(self.id)].blocked_clients.add(1u64.wrapping_neg());
            }
        }
    }

    /// When the pause is over, on the monotonic clock.
    pub(crate) fn pause_deadline_us(&self) -> Option<u64> {
        let left_ms = self.detour.pause?.end_ms.saturating_sub(self.now.unix_ms);
        Some(self.now.monotonic_us.saturating_add(left_ms.saturating_mul(1000)))
    }

    /// Whether the command whose argument ranges were just appended to the plan is held back by the pause. Its connection is
    /// marked then, and the ranges are taken back.
    #[cold]
    pub(crate) fn postpone(&mut self, id: ConnId, source: Source, base: u32) -> bool {
        let Some(pause) = self.detour.pause else { return false };
        let first_range = self.plan.own_ranges() as usize;
        let bytes = source_bytes(&self.plan.chunks, &self.plan.shared, source);
        let ranges = self.plan.ranges.get(first_range..).unwrap_or_default();
        let args = Args::new(bytes.get(base as usize..).unwrap_or_default(), ranges);
        let mut command = 0;
        // What is refused anyway is refused at once.
        if self.resolve(args, &mut command).is_err() {
            return false;
        }
        let spec = self.table().spec(command);
        let writes = pause.holds(spec) || spec.meta.name == "exec" && self.queued_flags(id).0;
        let lacks_memory = self.memory.is_full() && spec.meta.flags.contains(Flag::DenyOom);
        let open = self.hot.password.is_empty() || spec.meta.flags.contains(Flag::NoAuth);
        let Some(conn) = conn_mut(&mut self.conns, id) else { return false };
        let refused = conn.is_listening() && refusal(spec).is_some();
        if !writes || lacks_memory || refused || conn.monitor || !(open || conn.authenticated) {
            return false;
        }
        conn.last_command = command;
        if !std::mem::replace(&mut conn.postponed, true) {
            self.stats().blocked_clients.add(1);
        }
        self.plan.ranges.truncate(first_range);
        true
    }

    /// Gives the answers that are due. At the end of a turn: what was parsed in it is published, unless credit is lacking.
    #[cold]
    pub(crate) fn release_fences(&mut self) {
        if self.plan.len() > 0 {
            return;
        }
        let begun = self.tasks.iter().filter(|task| !task.waits_for_own());
        let oldest = begun.map(|task| task.number()).min().unwrap_or(u64::MAX);
        let fences = std::mem::take(&mut self.detour.fences);
        for fence in fences {
            if oldest <= fence.last_task {
                self.detour.fences.push(fence);
            } else {
                self.answer_late(fence.dest, fence.from, b"+OK\r\n");
            }
        }
    }

    /// All cores have published what they began before the pause: a fence goes behind it into every inbox.
    #[cold]
    pub(crate) fn send_fences(&mut self, dest: Dest, resp3: bool) {
        let mut gather = self.spare_gathers.pop().unwrap_or_default();
        gather.order.clear();
        gather.op = Op::Fence;
        gather.start(dest, commands::Merge::AllOk, resp3, usize::from(self.topology.shards));
        let gather = self.gathers.insert(gather);
        for shard in 0..self.topology.shards {
            let mut piece = Piece {
                dest: Dest::Part { gather, part: u32::from(shard) },
                op: Op::Fence,
                source: Source::Batch,
                base: 0,
                first_range: 0,
                argc: 0,
                hash: 0,
                slot: 0,
                db: 0,
                resp3: false,
                no_touch: false,
                group: 0,
                parts: 0,
            };
            if shard == self.id {
                piece.first_range = self.plan.own_ranges();
                self.plan.own.push(piece);
            } else {
                self.plan.batch(shard).pieces.push(piece);
                self.plan.remote += 1;
            }
        }
    }
}
