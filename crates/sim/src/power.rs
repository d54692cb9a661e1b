//! Loss of power in a world with a disk: all cores are gone in the middle of whatever they were at, and a process with the same
//! or another number of shards goes on with what the disk holds.

use frontend::Shared;
use persist::log::Torn;

use crate::history::{NEVER, OpIndex};
use crate::node::nodes;
use crate::run::{Failure, SHARDS};
use crate::session::SessionState;
use crate::workload::Workload;
use crate::world::World;

/// Turns that cores may take to load a log.
const LOAD_ROUNDS_MAX: usize = 10_000;
/// Of the operations of a workload, in percent, those before the first loss of power, and between two of them.
const BETWEEN_MIN: u64 = 10;
const BETWEEN_MAX: u64 = 60;
/// If the disk has nothing to do, the power is lost anyway after so many more operations.
const PATIENCE_OPS: usize = 10;
/// So long it is waited for a rewrite, where the power is to be lost in one.
const REWRITE_PATIENCE_OPS: usize = 40;

/// When the power is lost next.
pub(crate) struct Schedule {
    /// How many operations have been called then.
    at_ops: usize,
    /// It was told to the disk, which has not come to it yet.
    soon: bool,
    /// It is to be lost in the middle of a rewrite, for which so many more operations are waited.
    in_rewrite: usize,
}

impl World {
    /// When the power is lost next, if there is a disk.
    pub(crate) fn schedule(&mut self) -> Schedule {
        if self.disk.is_none() {
            return Schedule { at_ops: usize::MAX, soon: false, in_rewrite: 0 };
        }
        let percent = BETWEEN_MIN + self.rng.below(BETWEEN_MAX - BETWEEN_MIN);
        let ops = self.shape.ops * percent as usize / 100;
        let rewrites = self.disk.as_ref().is_some_and(|disk| disk.rewrite_every > 0);
        let in_rewrite = if rewrites && self.rng.one_in(2) { REWRITE_PATIENCE_OPS } else { 0 };
        Schedule { at_ops: self.history.ops.len() + 1 + ops, soon: false, in_rewrite }
    }

    /// Loses power if it is time, and starts anew.
    ///
    /// # Errors
    /// What the disk holds is not loaded.
    pub(crate) fn look_at_power(
        &mut self,
        workload: &mut dyn Workload,
        schedule: &mut Schedule,
    ) -> Result<(), Failure> {
        let is_due = self.history.ops.len() >= schedule.at_ops;
        if is_due && !schedule.soon && schedule.in_rewrite > 0 {
            let waited = self.history.ops.len() - schedule.at_ops;
            if waited < schedule.in_rewrite && !self.is_base_done() {
                return Ok(());
            }
        }
        if is_due && !schedule.soon && self.rng.one_in(2) {
            schedule.soon = true;
            schedule.at_ops = self.history.ops.len() + PATIENCE_OPS;
            self.disk.iter_mut().for_each(|disk| disk.lose_power_soon());
            return Ok(());
        }
        if !is_due && !self.is_dark {
            return Ok(());
        }
        self.crash()?;
        *schedule = self.schedule();
        // Who waits is looked after in the end only.
        let words = if self.shape.blocks { Vec::new() } else { workload.last_words() };
        self.alone(workload, words)
    }

    /// Whether the base of a rewrite is about to be written, or about to take the place of what was before.
    fn is_base_done(&self) -> bool {
        self.disk.as_ref().is_some_and(|disk| disk.has_base(&self.shared) || disk.is_rewritten())
    }

    /// The power is lost, and comes back.
    fn crash(&mut self) -> Result<(), Failure> {
        let (_, committed) = self.disk.as_ref().map(|disk| disk.positions()).unwrap_or_default();
        // After all that the last step has answered.
        self.step += 1;
        let step = self.step;
        let is_undone = |need: &[u64]| need.iter().zip(&committed).any(|(need, there)| need > there);
        let answered = std::mem::take(&mut self.answered);
        let undone: Vec<OpIndex> =
            answered.into_iter().filter(|(_, need)| is_undone(need)).map(|(op, _)| op).collect();
        self.history.lose_power(step, undone);
        for session in &mut self.sessions {
            self.history.left.insert(session.process);
            session.state = SessionState::Gone;
            session.unanswered.clear();
            session.core = 0;
        }
        self.orphans.clear();
        self.lives += 1;
        self.is_dark = false;
        let shards = match self.rng.one_in(2) {
            true => self.nodes.len() as u16,
            false => SHARDS[self.rng.below(SHARDS.len() as u64) as usize],
        };
        self.trace.event(&[NEVER, step, u64::from(shards)], &[], || {
            format!("{step:>7} the power is lost; a process with {shards} shards starts")
        });
        // No clock of the next process is behind one of this: that a start takes longer than clocks differ is what keeps keys from
        // coming back that had expired, since expiry is not logged.
        self.catch_up();
        let now_ms = self.clocks().low_ms;
        let Some(disk) = &mut self.disk else { return Ok(()) };
        disk.lose_power();
        #[cfg(feature = "faults")]
        let torn = match self.fault {
            Some(crate::run::Fault::IgnoreGroups) => Torn::CutWithoutGroups,
            _ => Torn::Cut,
        };
        #[cfg(not(feature = "faults"))]
        let torn = Torn::Cut;
        let recovered = disk.recover(torn).map_err(|error| Failure::NotLoaded(error.to_string()))?;
        let mut source = match &recovered {
            None => None,
            Some(recovered) => {
                let source = disk.source(recovered, usize::from(shards));
                Some(source.map_err(|error| Failure::NotLoaded(error.to_string()))?)
            }
        };
        self.knobs.laziness.resize(usize::from(shards), 1);
        self.flags = crate::node::Flags::new(shards);
        let options = (disk.options(), Some(disk.storage.clone()));
        let (seed, credits, flags) = (self.rng.next_u64(), self.knobs.credits, &self.flags);
        // As the server does: without anything to load the log is open before there are cores.
        let prepare = |shared: &Shared| match &source {
            Some(_) => shared.feed.begin(usize::from(shards), 0, now_ms),
            None => disk.open(shared, None, flags.share()),
        };
        (self.nodes, self.bus, self.shared) =
            nodes(shards, credits, seed, flags, (&options.0, options.1), self.lives, prepare);
        self.break_on_purpose();
        for core in 0..self.nodes.len() {
            self.set_clock(core);
        }
        if let Some(source) = &mut source {
            self.load(source)?;
            if let Some(disk) = &mut self.disk {
                disk.open(&self.shared, recovered, self.flags.share());
            }
            self.shared.feed.end();
            self.flags.raise_all();
        }
        Ok(())
    }

    fn load(&mut self, source: &mut dyn persist::load::Source) -> Result<(), Failure> {
        for _ in 0..LOAD_ROUNDS_MAX {
            match self.shared.feed.step(source) {
                Ok(Some(_)) => return Ok(()),
                Ok(None) => {}
                Err(error) => return Err(Failure::NotLoaded(format!("{error:?}"))),
            }
            self.flags.raise_all();
            for core in 0..self.nodes.len() {
                self.pass_time();
                self.turn(core);
            }
        }
        Err(Failure::Endless)
    }
}
