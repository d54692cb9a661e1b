//! Scripts that take long: who is told so, and how they are ended.

use base::Args;
use bus::Wake;
use commands::meta::Flag;
use commands::{CmdError, CommandSpec, Route};
use resp::Reply;

use super::registry::{Running, Runs};
use crate::core::Core;
use crate::execute::Origin;
use crate::keys::Keys;
use crate::message::{Dest, Piece};
use crate::route::Call;

/// What commands get while a script of EVAL is busy.
pub(crate) const BUSY_SCRIPT: CmdError = CmdError::text_of(
    "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
);
/// What commands get while a function is busy.
pub(crate) const BUSY_FUNCTION: CmdError = CmdError::text_of(
    "BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.",
);
const NOT_BUSY: CmdError = CmdError::text_of("NOTBUSY No scripts in execution right now.");
const UNKILLABLE: CmdError = CmdError::text_of(
    "UNKILLABLE Sorry the script already executed write commands against the dataset. You can either wait the script \
     termination or kill the server in a hard way using the SHUTDOWN NOSAVE command.",
);

/// What a script holds while it runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Held {
    /// The shard of its core.
    Own,
    /// The keys that it declares.
    Keys,
    /// Everything.
    #[default]
    All,
}

/// Which shards busy scripts hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Busy {
    /// By shard.
    held: Vec<bool>,
    is_function: bool,
}

impl Busy {
    fn holds_all(&self) -> bool {
        self.held.iter().all(|&held| held)
    }

    fn holds(&self, shard: u16) -> bool {
        self.held.get(usize::from(shard)).copied().unwrap_or(false)
    }

    /// What commands are told.
    pub(crate) fn error(&self) -> CmdError {
        if self.is_function { BUSY_FUNCTION } else { BUSY_SCRIPT }
    }
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    fn running(&self) -> &Running {
        &self.shared.scripts.running[usize::from(self.id)]
    }

    /// Tells all cores that a script of this core is busy.
    pub(crate) fn note_busy(&mut self, runs: Runs) {
        self.running().busy().push(runs);
        self.shared.raise_epoch();
        self.refresh_config();
    }

    /// Tells all cores that the run at work is over, if it was busy.
    pub(crate) fn end_busy(&mut self) {
        let number = self.scripting.current.number;
        self.running().busy().retain(|runs| runs.number != number);
        self.shared.raise_epoch();
        self.refresh_config();
    }

    /// Whether the run at work is to end. Not if it has written since it was told to.
    pub(crate) fn is_to_be_killed(&self) -> bool {
        let number = self.scripting.current.number;
        self.running().busy().iter().any(|runs| runs.number == number && runs.killed && !runs.wrote)
    }

    /// Tells all cores that the run at work, which is busy, has written.
    pub(crate) fn tell_wrote(&self) {
        let number = self.scripting.current.number;
        self.running()
            .busy()
            .iter_mut()
            .filter(|runs| runs.number == number)
            .for_each(|runs| runs.wrote = true);
    }

    /// Takes over which shards busy scripts hold.
    pub(crate) fn refresh_busy(&mut self) {
        let mut all: Option<Busy> = None;
        for running in &self.shared.scripts.running {
            for runs in running.busy().iter() {
                let held = vec![false; usize::from(self.topology.shards)];
                let busy = all.get_or_insert(Busy { held, is_function: runs.is_function });
                for &shard in &runs.held {
                    if let Some(held) = busy.held.get_mut(usize::from(shard)) {
                        *held = true;
                    }
                }
            }
        }
        if all != self.detour.busy {
            self.detour.busy = all;
            self.refresh_hot_specs();
        }
    }

    /// A shard without a busy script, this core's own if possible.
    pub(crate) fn free_shard(&self) -> u16 {
        let is_free = |shard: &u16| self.detour.busy.as_ref().is_none_or(|busy| !busy.holds(*shard));
        if is_free(&self.id) { self.id } else { (0..self.topology.shards).find(is_free).unwrap_or(self.id) }
    }

    /// Whether a command is refused since it needs a shard that a busy script holds.
    #[cold]
    pub(crate) fn refused_as_busy(&self, call: &Call) -> Option<CmdError> {
        let busy = self.detour.busy.as_ref()?;
        let spec = self.table().spec(call.command);
        if spec.meta.flags.contains(Flag::AllowBusy) {
            return None;
        }
        let refused = busy.holds_all()
            || self.needs_busy(busy, spec, self.call_args(call))
            || spec.meta.name == "exec"
                && self.any_queued(call.id, |spec, args| self.needs_busy(busy, spec, args));
        refused.then(|| busy.error())
    }

    fn needs_busy(&self, busy: &Busy, spec: &CommandSpec, args: Args<'_>) -> bool {
        let keys = Keys::of(spec, args);
        if keys.iter().any(|at| busy.holds(self.topology.shard_of(args.arg(at)))) {
            return true;
        }
        match spec.route {
            Route::AllShards(..) | Route::Walk(_) => true,
            Route::OneShard(pick, _) => pick(args, self.topology).is_ok_and(|shard| busy.holds(shard)),
            Route::Rounds(..) | Route::Blocking(_) => spec.meta.has_unnamed_keys(args),
            Route::Key(_) | Route::Keys(..) | Route::Task(_) => false,
            Route::Connection | Route::Container => {
                let mut shards = keys.iter().map(|at| self.topology.shard_of(args.arg(at)));
                let first = shards.next();
                super::functions::changes(spec.meta.name)
                    || matches!(spec.meta.name, "save" | "bgsave")
                    || super::is_script(spec.meta.name)
                        && (self.is_known_to_stray(spec, args) || shards.any(|shard| Some(shard) != first))
            }
        }
    }

    /// Answers a whole command of another connection whose shard a suspended script holds. False if it has to wait.
    pub(crate) fn answer_busy(&mut self, piece: &Piece, origin: &Origin<'_>) -> bool {
        let from = origin.core(self.id);
        if !self.locks.is_seized()
            || !matches!(piece.dest, Dest::Conn { .. })
            || self.is_of_suspended(piece, from)
        {
            return false;
        }
        let error = self.detour.busy.as_ref().map_or(BUSY_SCRIPT, Busy::error);
        let mut bytes = Vec::new();
        Reply::new(&mut bytes, piece.resp3).error_bytes(&error.text());
        self.stats().error(&error.text());
        self.answer_late(piece.dest, (from != self.id).then_some(from), &bytes);
        true
    }

    /// SCRIPT KILL and FUNCTION KILL: ends whatever is busy and has not written.
    pub(crate) fn kill_scripts(&mut self, call: &Call, functions: bool) -> Result<(), CmdError> {
        let (mut harmless, mut wrote, mut asked) = (false, false, false);
        for running in &self.shared.scripts.running {
            for runs in running.busy().iter_mut() {
                wrote |= runs.wrote;
                harmless |= !runs.wrote;
                if !runs.wrote && runs.is_function == functions {
                    runs.killed = true;
                    asked = true;
                }
            }
        }
        if !asked {
            return Err(match (harmless, wrote) {
                (true, _) if functions => BUSY_SCRIPT,
                (true, _) => BUSY_FUNCTION,
                (false, true) => UNKILLABLE,
                (false, false) => NOT_BUSY,
            });
        }
        self.answer(call, |reply| reply.ok());
        Ok(())
    }
}

#[cfg(test)]
#[path = "busy_tests.rs"]
mod tests;
