//! A script as a piece of its shard, in one go or in slices.
//!
//! ```text
//! piece ─► runs … ends                                                        ─► reply
//!       ─► runs … busy-reply-threshold ─► suspended: the shard is seized
//!             each turn: a slice of time … until it ends, or is killed        ─► reply, what waits goes on
//! ```
//!
//! While the shard is seized nothing begins there (see [`crate::locks`]): commands for it are told that it is busy, what is a part of
//! something greater waits. The core goes on serving its connections for other shards.

use base::Args;
use bus::Wake;
use commands::{CmdError, CommandId};
use resp::Reply;
use script::{Engine, Progress, RunId, Tick};

use super::busy::Held;
use super::host::{Before, Limits, ShardHost, Tally};
use super::registry::Runs;
use super::{STRAYED, What};
use crate::core::{Core, conn_mut};
use crate::keys::Keys;
use crate::message::{Dest, Piece};
use crate::transaction::calls::Words;

/// How long a script that is busy runs before the core looks after others, in microseconds.
const SLICE_US: u64 = 2000;

/// The run of a script that is at work.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Current {
    /// Its number among the runs of its core; 0 if there is none.
    pub(crate) number: u64,
    /// When it began, in ticks, and in milliseconds since 1970.
    start: u64,
    pub(crate) since_ms: u64,
    /// When the slice began, in ticks, and how long it is at most, if it has an end.
    slice_start: u64,
    slice_us: Option<u64>,
    /// Whether others have been told that it is busy.
    pub(crate) is_busy: bool,
    /// Whether it has called a command that writes.
    pub(crate) wrote: bool,
}

/// The script of a piece, in between two slices.
pub(crate) struct Suspended {
    run: RunId,
    current: Current,
    what: What,
    limits: Limits,
    db: u16,
    before: Vec<Before>,
    tally: Tally,
    command: CommandId,
    piece: Piece,
    from: u16,
    words: Words,
    now_ms: u64,
}

/// What became of a script that got some time.
enum Ran {
    /// It has ended, with a reply or because it strayed.
    Ended,
    /// It is suspended.
    Suspended(Box<Suspended>),
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// Runs the script of a piece on this shard. Writes the reply, or [`STRAYED`]. False if that comes later.
    #[cold]
    pub(crate) fn run_script(
        &mut self,
        command: CommandId,
        piece: &Piece,
        from: u16,
        words: Words,
        out: &mut Vec<u8>,
    ) -> bool {
        let start = out.len();
        self.pubsub.messages.origin = (from == self.id).then(|| self.dest_of_command(piece.dest));
        let ran = self.try_script(command, piece, from, words, out);
        self.pubsub.messages.origin = None;
        match ran {
            Ok(Ran::Ended) => {}
            Ok(Ran::Suspended(suspended)) => {
                self.suspend(suspended);
                return false;
            }
            Err(error) => {
                out.truncate(start);
                let text = error.text();
                Reply::new(out, piece.resp3).error_bytes(&text);
                self.stats().error(&text);
                self.stats().commands[usize::from(command)].failed.add(1);
            }
        }
        true
    }

    fn try_script(
        &mut self,
        command: CommandId,
        piece: &Piece,
        from: u16,
        words: Words,
        out: &mut Vec<u8>,
    ) -> Result<Ran, CmdError> {
        let eval = self.eval_args(command, Args::new(&words.bytes, &words.ranges))?;
        let mut engine = self.take_engine()?;
        let ready = match self.ready(&mut engine, command, &eval) {
            Ok(ready) => ready,
            Err(error) => {
                self.put_engine(engine);
                return Err(error);
            }
        };
        let start = out.len();
        self.begin_run(self.shard.now_ms());
        let call = (command, Args::new(&words.bytes, &words.ranges));
        let mut host = ShardHost::new(self, piece.db, ready.limits, call);
        let progress = engine.run(ready.id, &eval.keys, &eval.args, piece.resp3, &mut host, out);
        let ran = match progress {
            Progress::Paused(run) => {
                let (db, before) = (host.db, std::mem::take(&mut host.before));
                let tally = std::mem::take(&mut host.tally);
                let now_ms = self.shard.now_ms();
                let (piece, current) = (*piece, self.scripting.current);
                let (what, limits) = (ready.what, ready.limits);
                let words = Words { bytes: words.bytes.clone(), ranges: words.ranges.clone() };
                let suspended = Suspended {
                    run,
                    current,
                    what,
                    limits,
                    db,
                    before,
                    tally,
                    command,
                    piece,
                    from,
                    words,
                    now_ms,
                };
                Ran::Suspended(Box::new(suspended))
            }
            progress => {
                if let Progress::Waiting(run) = progress {
                    engine.abandon(run);
                } else if progress != Progress::Done || host.strayed {
                    host.undo();
                    out.truncate(start);
                    out.extend_from_slice(STRAYED);
                    ready.what.has_strayed(&host.core.shared);
                } else {
                    self.script_failed(command, &engine, out.get(start..).unwrap_or_default());
                }
                Ran::Ended
            }
        };
        self.put_engine(engine);
        if self.scripting.current.is_busy && matches!(ran, Ran::Ended) {
            // It could not be suspended.
            self.end_busy();
        }
        Ok(ran)
    }

    /// A script has taken too long: its shard is seized, and others are told.
    fn suspend(&mut self, suspended: Box<Suspended>) {
        self.set_log_aside();
        self.locks.seize(suspended.now_ms);
        if let Dest::Conn { index, generation, .. } = suspended.piece.dest
            && suspended.from == self.id
            && let Some(conn) = conn_mut(&mut self.conns, base::conn::ConnId { index, generation })
        {
            // What it sends meanwhile is for later, as with any command.
            conn.waits = true;
        }
        self.scripting.suspended = Some(suspended);
    }

    /// Whether a script of this core waits for more time.
    pub(crate) fn has_suspended(&self) -> bool {
        self.scripting.suspended.is_some() || !self.scripting.paused.is_empty()
    }

    /// Whether a piece is of the connection whose script is suspended.
    pub(crate) fn is_of_suspended(&self, piece: &Piece, from: u16) -> bool {
        let of = |dest: Dest| match dest {
            Dest::Conn { index, generation, .. } => Some((index, generation)),
            _ => None,
        };
        self.scripting.suspended.as_ref().is_some_and(|suspended| {
            suspended.from == from
                && of(suspended.piece.dest).is_some()
                && of(suspended.piece.dest) == of(piece.dest)
        })
    }

    /// Gives the suspended script, if there is one, a slice of time.
    pub(crate) fn run_suspended(&mut self) {
        if !self.scripting.paused.is_empty() {
            self.run_paused();
        }
        let Some(suspended) = self.scripting.suspended.take() else { return };
        let Ok(mut engine) = self.take_engine() else { return };
        let Suspended { run, current, what, limits, db, before, tally, command, piece, from, words, now_ms } =
            *suspended;
        let clock_ms = self.shard.now_ms();
        self.shard.rewind(now_ms);
        self.take_log_up();
        self.scripting.current = current;
        self.begin_slice();
        let args = Args::new(&words.bytes, &words.ranges);
        let mut out = Vec::new();
        let mut host = ShardHost::new(self, db, limits, (command, args));
        (host.before, host.tally) = (before, tally);
        let (own, dest) = (from == host.core.id, piece.dest);
        host.core.pubsub.messages.origin = own.then(|| host.core.dest_of_command(dest));
        let progress = engine.go_on(run, &mut host, &mut out);
        host.core.pubsub.messages.origin = None;
        if let Progress::Paused(run) = progress {
            let (db, before) = (host.db, std::mem::take(&mut host.before));
            let tally = std::mem::take(&mut host.tally);
            self.put_engine(engine);
            self.set_log_aside();
            self.shard.set_now(clock_ms);
            let current = self.scripting.current;
            let suspended = Suspended {
                run,
                current,
                what,
                limits,
                db,
                before,
                tally,
                command,
                piece,
                from,
                words,
                now_ms,
            };
            self.scripting.suspended = Some(Box::new(suspended));
            return;
        }
        if let Progress::Waiting(run) = progress {
            engine.abandon(run);
        } else if progress != Progress::Done || host.strayed {
            host.undo();
            out.clear();
            out.extend_from_slice(STRAYED);
            what.has_strayed(&host.core.shared);
        } else {
            self.script_failed(command, &engine, &out);
        }
        self.put_engine(engine);
        self.seal(&piece, from);
        self.shard.set_now(clock_ms);
        self.end_busy();
        let ticks = (self.ticks)().wrapping_sub(current.start);
        self.script_took(command, &piece, ticks);
        if let Dest::Conn { index, generation, .. } = piece.dest
            && from == self.id
            && let Some(conn) = conn_mut(&mut self.conns, base::conn::ConnId { index, generation })
        {
            conn.waits = false;
            self.mark_dirty(index);
        }
        self.locks.end_seizure();
        let called = self.take_called();
        self.give_late(from, piece.dest, (out, None), ticks, called);
        self.after_piece(None);
        self.run_ready();
    }

    /// A run begins, at a time in milliseconds since 1970.
    pub(crate) fn begin_run(&mut self, since_ms: u64) {
        let start = (self.ticks)();
        let busy_ms = self.hot.busy_reply_ms;
        let slice_us = (busy_ms > 0).then(|| busy_ms.saturating_mul(1000));
        self.scripting.runs += 1;
        let number = self.scripting.runs;
        self.scripting.current =
            Current { number, start, since_ms, slice_start: start, slice_us, is_busy: false, wrote: false };
    }

    /// A run that has taken its time gets a little more.
    pub(crate) fn begin_slice(&mut self) {
        let current = &mut self.scripting.current;
        current.slice_start = (self.ticks)();
        current.slice_us = Some(SLICE_US);
    }

    /// The script of a task goes on: notes whether it takes too long, and has it ended if it is to end.
    pub(crate) fn look_at_time(
        &mut self,
        engine: &mut Engine,
        command: CommandId,
        args: Args<'_>,
        held: Held,
    ) {
        match self.tick_of_script(command, args, held) {
            Tick::Kill => engine.ask_soon(),
            Tick::Continue | Tick::Pause => {}
        }
        if self.scripting.current.is_busy {
            self.begin_slice();
        }
    }

    /// The script that a command runs, which holds something, has run for a while.
    pub(crate) fn tick_of_script(&mut self, command: CommandId, args: Args<'_>, held: Held) -> Tick {
        let current = self.scripting.current;
        if current.is_busy && (self.shared.is_stopping() || self.is_to_be_killed()) {
            return Tick::Kill;
        }
        let us = self.shared.process.ticks_to_ns((self.ticks)().wrapping_sub(current.slice_start)) / 1000;
        if current.slice_us.is_none_or(|slice_us| us < slice_us) {
            return Tick::Continue;
        }
        if !current.is_busy {
            self.scripting.current.is_busy = true;
            self.tell_busy(command, args, current.since_ms, held);
        }
        Tick::Pause
    }

    /// A script calls a command that writes.
    pub(crate) fn script_writes(&mut self) {
        let current = &mut self.scripting.current;
        if !std::mem::replace(&mut current.wrote, true) && current.is_busy {
            self.tell_wrote();
        }
    }

    /// Tells all cores that the run at work is busy.
    fn tell_busy(&mut self, command: CommandId, args: Args<'_>, since_ms: u64, held: Held) {
        let spec = self.table().spec(command);
        let is_function = super::is_function(spec.meta.name);
        let held = match held {
            Held::Own => vec![self.id],
            Held::Keys => {
                Keys::of(spec, args).iter().map(|at| self.topology.shard_of(args.arg(at))).collect()
            }
            Held::All => (0..self.topology.shards).collect(),
        };
        self.note_busy(Runs {
            number: self.scripting.current.number,
            wrote: self.scripting.current.wrote,
            killed: false,
            is_function,
            name: args.arg(1).to_vec(),
            words: args.iter().map(<[u8]>::to_vec).collect(),
            since_ms,
            held,
        });
    }
}
