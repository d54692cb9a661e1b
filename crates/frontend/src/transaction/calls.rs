//! Commands put together for one round: what each shard runs, and how the replies of several shards become one.
//!
//! ```text
//! MSET a 1 b 2 │ GET a │ DBSIZE        shard 0   [ MSET a 1 │ GET a │ DBSIZE ]   one step each
//!                                      shard 1   [ MSET b 2 │ DBSIZE ]
//! ```
//!
//! A step runs its shard's commands one after another, at one instant; so what a transaction or a script does in one round is
//! atomic at each shard, and over all of them by the publish that it travels in.

use std::collections::BTreeMap;
use std::sync::Arc;

use base::hash::KeyHasher;
use base::{ArgRange, Args, slot};
use commands::{
    Blocking, CmdError, CommandId, CommandSpec, Handler, Merge, Ran, RoundsFn, Route, ShardCtx, Step,
    StepOut, Topology,
};
use resp::Reply;

use crate::gather::Gather;
use crate::keys::Keys;
use crate::log::note_call;
use crate::message::{Dest, Op};
use crate::rounds::ShardKeys;

/// The words of commands: their arguments, one behind the other, and where they are.
#[derive(Default)]
pub(crate) struct Words {
    pub(crate) bytes: Vec<u8>,
    pub(crate) ranges: Vec<ArgRange>,
}

impl Words {
    /// A copy of a command's arguments.
    pub(crate) fn of(args: Args<'_>) -> Self {
        Words::of_slices(args.iter())
    }

    /// The same, of arguments one by one.
    pub(crate) fn of_slices<'a>(args: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut words = Words::default();
        crate::route::copy_each(args, &mut words.bytes, &mut words.ranges);
        words
    }
}

/// How a command of a transaction or a script is carried out.
#[derive(Clone, Copy)]
pub(crate) enum Kind {
    /// One step on each shard that it concerns.
    Step,
    /// Several rounds.
    Rounds(RoundsFn),
    /// By the core of the connection.
    Own,
    /// It is a script: everything is locked, and what it calls are rounds.
    Script,
}

impl Kind {
    /// Of a call. `own`: the core looks at the command before shards do.
    pub(crate) fn of(spec: &CommandSpec, args: Args<'_>, own: bool, topology: Topology) -> Kind {
        match spec.route {
            Route::Connection if crate::scripting::is_script(spec.meta.name) => Kind::Script,
            Route::Connection | Route::Container => Kind::Own,
            Route::Rounds(..) if own => Kind::Own,
            Route::Walk(function) | Route::Task(function) => Kind::Rounds(function),
            Route::Rounds(_, function) | Route::Blocking(&Blocking { rounds: function, .. })
                if topology.shards > 1 =>
            {
                if spec.meta.has_unnamed_keys(args) {
                    return Kind::Rounds(function);
                }
                let keys = Keys::of(spec, args);
                let is_cut = !spec.meta.key_specs.is_empty() && keys.is_cut(args.len());
                let one_shard =
                    !spec.meta.key_specs.is_empty() && shard_of_all(&keys, args, topology).is_some();
                if is_cut || one_shard { Kind::Step } else { Kind::Rounds(function) }
            }
            _ => Kind::Step,
        }
    }
}

/// The shard in which all keys live; `None` if there are several.
fn shard_of_all(keys: &Keys, args: Args<'_>, topology: Topology) -> Option<u16> {
    let mut shards = keys.iter().map(|at| topology.shard_of(args.arg(at)));
    let first = shards.next()?;
    shards.all(|shard| shard == first).then_some(first)
}

/// What commands claim: by shard the names of keys, or `None` for the whole shard.
#[derive(Default)]
pub(crate) struct Claims {
    shards: BTreeMap<u16, Option<Vec<Vec<u8>>>>,
}

impl Claims {
    /// Adds a key.
    pub(crate) fn add_key(&mut self, key: &[u8], topology: Topology) {
        if let Some(names) = self.shards.entry(topology.shard_of(key)).or_insert_with(|| Some(Vec::new())) {
            names.push(key.to_vec());
        }
    }

    /// Adds all of a shard.
    pub(crate) fn add_shard(&mut self, shard: u16) {
        self.shards.insert(shard, None);
    }

    /// Adds everything.
    pub(crate) fn add_all(&mut self, topology: Topology) {
        (0..topology.shards).for_each(|shard| self.add_shard(shard));
    }

    /// Adds what a call that shards carry out touches. `home` is where a command without keys runs.
    pub(crate) fn add(&mut self, spec: &CommandSpec, args: Args<'_>, home: u16, topology: Topology) {
        match spec.route {
            Route::Connection | Route::Container => {}
            Route::AllShards(..) | Route::Walk(_) => self.add_all(topology),
            Route::OneShard(pick, _) => self.add_shard(pick(args, topology).unwrap_or(home)),
            Route::Rounds(..) if spec.meta.has_unnamed_keys(args) => self.add_all(topology),
            Route::Rounds(..) if spec.meta.key_specs.is_empty() => self.add_all(topology),
            Route::Key(_) | Route::Keys(..) | Route::Rounds(..) | Route::Task(_) | Route::Blocking(_) => {
                let keys = Keys::of(spec, args);
                if keys.iter().next().is_none() {
                    self.add_shard(home);
                }
                for at in keys.iter() {
                    self.add_key(args.arg(at), topology);
                }
            }
        }
    }

    /// The only shard, if there is but one.
    pub(crate) fn only_shard(&self) -> Option<u16> {
        let mut shards = self.shards.keys();
        shards.next().copied().filter(|_| shards.next().is_none())
    }

    /// As a task asks for them: no names for a whole shard.
    pub(crate) fn into_keys(self) -> ShardKeys {
        self.shards.into_iter().map(|(shard, names)| (shard, names.unwrap_or_default())).collect()
    }
}

/// One command, or one shard's part of it.
struct Part {
    spec: &'static CommandSpec,
    handler: Handler,
    slot: u16,
    hash: u64,
    db: u16,
    resp3: bool,
    first_range: u32,
    argc: u32,
}

/// What a shard runs in a round.
#[derive(Default)]
struct Batch {
    parts: Vec<Part>,
    ranges: Vec<ArgRange>,
    /// By part: the number of the command, and which part of it this is.
    targets: Vec<(u32, u32)>,
}

/// A command whose parts are put together.
struct Split {
    number: u32,
    gather: Gather,
}

/// What a command needs to be added to a round.
pub(crate) struct NewCall<'a> {
    /// Its number among those of the round's transaction.
    pub(crate) number: u32,
    pub(crate) command: CommandId,
    pub(crate) spec: &'static CommandSpec,
    /// Ranges of its arguments in the words.
    pub(crate) ranges: &'a [ArgRange],
    pub(crate) db: u16,
    pub(crate) resp3: bool,
}

/// Commands for one round.
pub(crate) struct Calls {
    words: Arc<Words>,
    topology: Topology,
    hasher: KeyHasher,
    ticks: fn() -> u64,
    home: u16,
    batches: BTreeMap<u16, Batch>,
    splits: Vec<Split>,
    /// Whether a script calls them.
    pub(crate) in_script: bool,
}

/// The result of one command of a round.
pub(crate) struct Outcome {
    pub(crate) number: u32,
    pub(crate) reply: Vec<u8>,
    /// How long it took, on the shard where it took longest.
    pub(crate) ticks: u64,
}

impl Calls {
    /// None yet, of commands with these words.
    pub(crate) fn new(
        words: Arc<Words>,
        topology: Topology,
        hasher: KeyHasher,
        ticks: fn() -> u64,
        home: u16,
    ) -> Self {
        Calls {
            words,
            topology,
            hasher,
            ticks,
            home,
            batches: BTreeMap::new(),
            splits: Vec::new(),
            in_script: false,
        }
    }

    /// Adds a command of [`Kind::Step`]. An error if it has no shard to run on.
    pub(crate) fn add(&mut self, call: &NewCall<'_>) -> Result<(), CmdError> {
        let words = Arc::clone(&self.words);
        let args = Args::new(&words.bytes, call.ranges);
        let (handler, merge) = match call.spec.route {
            Route::Key(handler) | Route::Rounds(handler, _) | Route::Blocking(&Blocking { handler, .. }) => {
                (handler, None)
            }
            Route::Keys(handler, merge) => (handler, Some(merge)),
            Route::AllShards(handler, merge) => {
                self.everywhere(call, handler, merge);
                return Ok(());
            }
            Route::OneShard(pick, handler) => {
                let shard = pick(args, self.topology)?;
                self.push(shard, call, handler, call.ranges, None, 0);
                return Ok(());
            }
            Route::Walk(_) | Route::Task(_) | Route::Connection | Route::Container => {
                return Err(CmdError::Syntax);
            }
        };
        let keys = Keys::of(call.spec, args);
        match (merge, &keys) {
            (Some(merge), Keys::Range(range))
                if !keys.is_cut(args.len()) && shard_of_all(&keys, args, self.topology).is_none() =>
            {
                self.split(call, handler, merge, range.step());
            }
            _ => {
                let key = keys.iter().next();
                let shard = key.map_or(self.home, |at| self.topology.shard_of(args.arg(at)));
                self.push(shard, call, handler, call.ranges, key.map(|at| args.arg(at)), 0);
            }
        }
        Ok(())
    }

    fn push(
        &mut self,
        shard: u16,
        call: &NewCall<'_>,
        handler: Handler,
        ranges: &[ArgRange],
        key: Option<&[u8]>,
        part: u32,
    ) {
        let batch = self.batches.entry(shard).or_default();
        let (slot, hash) = key.map_or((0, 0), |key| (slot::key_slot(key), self.hasher.hash(key)));
        batch.parts.push(Part {
            spec: call.spec,
            handler,
            slot,
            hash,
            db: call.db,
            resp3: call.resp3,
            first_range: batch.ranges.len() as u32,
            argc: ranges.len() as u32,
        });
        batch.ranges.extend_from_slice(ranges);
        batch.targets.push((call.number, part));
    }

    fn everywhere(&mut self, call: &NewCall<'_>, handler: Handler, merge: Merge) {
        for shard in 0..self.topology.shards {
            self.push(shard, call, handler, call.ranges, None, u32::from(shard));
        }
        if self.topology.shards > 1 || matches!(merge, Merge::Custom(_)) {
            self.gather(call, merge, usize::from(self.topology.shards), Vec::new());
        }
    }

    /// Gives each shard the command's name and the keys, with what belongs to them, that live there.
    fn split(&mut self, call: &NewCall<'_>, handler: Handler, merge: Merge, step: usize) {
        let words = Arc::clone(&self.words);
        let args = Args::new(&words.bytes, call.ranges);
        let keys = Keys::of(call.spec, args);
        let name = call.ranges.first().copied().unwrap_or_default();
        let of_key = |at: usize| (self.topology.shard_of(args.arg(at)), at);
        let parts = commands::by_shard(keys.iter().map(of_key));
        let mut order = vec![0u16; keys.iter().count()];
        let first = keys.iter().next().unwrap_or(1);
        for (part, (shard, positions)) in parts.iter().enumerate() {
            let mut ranges = vec![name];
            for &at in positions {
                ranges.extend_from_slice(call.ranges.get(at..at + step).unwrap_or_default());
                if let Some(place) = order.get_mut((at - first) / step) {
                    *place = part as u16;
                }
            }
            let key = positions.first().map(|&at| args.arg(at));
            self.push(*shard, call, handler, &ranges, key, part as u32);
        }
        self.gather(call, merge, parts.len(), order);
    }

    fn gather(&mut self, call: &NewCall<'_>, merge: Merge, parts: usize, order: Vec<u16>) {
        let mut gather = Gather::default();
        gather.op = Op::Command(call.command);
        gather.order = order;
        gather.start(Dest::NOBODY, merge, call.resp3, parts);
        self.splits.push(Split { number: call.number, gather });
    }

    /// The steps, each before the shards' own ones in `first`; and what turns their results into replies.
    pub(crate) fn into_steps(self) -> (Vec<(u16, Step)>, Results) {
        let mut steps = Vec::with_capacity(self.batches.len());
        let mut targets = Vec::with_capacity(self.batches.len());
        for (shard, batch) in self.batches {
            let (words, ticks, in_script) = (Arc::clone(&self.words), self.ticks, self.in_script);
            let Batch { parts, ranges, targets: of_shard } = batch;
            let step: Step = Box::new(move |ctx| {
                ctx.shard.set_in_script(in_script);
                let ran = run(ctx, &parts, &words.bytes, &ranges, ticks);
                ctx.shard.set_in_script(false);
                StepOut::Ran(ran)
            });
            steps.push((shard, step));
            targets.push(of_shard);
        }
        (steps, Results { targets, splits: self.splits })
    }
}

/// Runs commands on their shard.
fn run(ctx: &mut ShardCtx<'_>, parts: &[Part], bytes: &[u8], ranges: &[ArgRange], ticks: fn() -> u64) -> Ran {
    let mut ran = Ran::default();
    let mut start = ticks();
    for part in parts {
        let first = part.first_range as usize;
        let args = Args::new(bytes, ranges.get(first..first + part.argc as usize).unwrap_or_default());
        let mut reply = Reply::new(&mut ran.bytes, part.resp3);
        let position = reply.position();
        let mut ctx =
            ShardCtx { shard: &mut *ctx.shard, db: usize::from(part.db), slot: part.slot, hash: part.hash };
        if let Err(error) = (part.handler)(&mut ctx, args, &mut reply) {
            reply.truncate(position);
            reply.error_bytes(&error.text());
        }
        if ctx.shard.has_trail() {
            note_call(ctx.shard, part.spec, usize::from(part.db), args);
        }
        let end = ticks();
        ran.each.push((ran.bytes.len(), end.wrapping_sub(start)));
        start = end;
    }
    ran
}

/// What the results of a round's steps mean.
pub(crate) struct Results {
    /// By step, by part: the command and which part of it.
    targets: Vec<Vec<(u32, u32)>>,
    splits: Vec<Split>,
}

impl Results {
    /// The replies of the commands, in no particular order.
    pub(crate) fn outcomes(mut self, outs: Vec<StepOut>, random: u64) -> Vec<Outcome> {
        let mut outcomes = Vec::new();
        for (targets, out) in self.targets.iter().zip(outs) {
            let StepOut::Ran(ran) = out else { continue };
            let mut start = 0;
            for (&(number, part), &(end, ticks)) in targets.iter().zip(&ran.each) {
                let reply = ran.bytes.get(start..end).unwrap_or_default();
                start = end;
                match self.splits.iter_mut().find(|split| split.number == number) {
                    None => outcomes.push(Outcome { number, reply: reply.to_vec(), ticks }),
                    Some(split) => {
                        split.gather.longest_ticks = split.gather.longest_ticks.max(ticks);
                        split.gather.add(part, reply);
                    }
                }
            }
        }
        for split in self.splits {
            let mut reply = Vec::new();
            split.gather.finish(random, &mut reply);
            outcomes.push(Outcome { number: split.number, reply, ticks: split.gather.longest_ticks });
        }
        outcomes
    }
}
