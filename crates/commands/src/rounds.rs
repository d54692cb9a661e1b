//! Commands that need several rounds over several shards: the transaction handle that their functions work with.
//!
//! A rounds function is an `async fn` that runs on the core of its connection. Each `await` is one round: steps that
//! were sent to their shards in one publish, and their results. All keys of the command are locked by the first round
//! and stay so until the last one (invariants L1 and L2), so the rounds together are one atomic step.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use base::slot;
use bytes::Bytes;
use resp::Reply;
use store::{Limits, OwnedValue};

use crate::blocking::Waiting;
use crate::generic::Page;
use crate::sorted_set::Members;
use crate::{CmdError, ShardCtx};

/// The arguments of a command, owned; cheap to clone into steps.
pub type OwnedArgs = Vec<Bytes>;

/// What runs on a shard in a round.
pub type Step = Box<dyn FnOnce(&mut ShardCtx<'_>) -> StepOut + Send>;

/// What a step hands back to its function.
#[derive(Debug)]
pub enum StepOut {
    /// Nothing but that it was done.
    Done,
    /// Yes or no.
    Flag(bool),
    /// A number.
    Int(i64),
    /// A value that left its shard, or a copy of it; `None` where there is none.
    Value(Option<Box<OwnedValue>>),
    /// Any bytes.
    Bytes(Vec<u8>),
    /// A part of a page of SCAN.
    Page(Page),
    /// The number of the first key that exists, and whether it holds what the command works on.
    First(Option<(usize, bool)>),
    /// Members with scores, of one key or several.
    Members(Vec<Members>),
    /// Elements of a collection, or copies of them; `None` where there is no collection.
    Texts(Option<Vec<Vec<u8>>>),
    /// What each of several keys holds.
    Found(Vec<Option<Vec<u8>>>),
    /// By number of the key: its part of the reply, or why it has none.
    Parts(Vec<(usize, Result<Vec<u8>, CmdError>)>),
    /// A reply.
    Reply(Vec<u8>),
    /// The command waits; this is what for.
    Waits(Box<Waiting>),
    /// The replies of several commands.
    Ran(Ran),
    /// One for each of several keys.
    Each(Vec<StepOut>),
    /// The step failed.
    Failed(CmdError),
    /// What became of a parcel.
    Delivered(Delivered),
}

/// What a rounds function can wait for beside its rounds.
pub enum Outside {
    /// Its turn to make a parcel and send it, of which a core has only so many at a time.
    Turn,
    /// The delivery of a parcel.
    Parcel(Box<Parcel>),
    /// Something that may take long, done by a thread of its own.
    Work(Box<dyn FnOnce() -> StepOut + Send>),
}

/// Keys and values for another server (MIGRATE).
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Parcel {
    /// Name or address of its host.
    pub host: Bytes,
    /// Its port.
    pub port: u16,
    /// The database to select there.
    pub db: i64,
    /// How long connecting, and each write and each reply, may take.
    pub timeout_ms: u64,
    /// Who to be there: a user, if one is named, and a password.
    pub credentials: Option<(Option<Bytes>, Bytes)>,
    /// RESTORE commands, one behind the other.
    pub commands: Vec<u8>,
    /// How many there are.
    pub count: usize,
}

/// What became of a parcel.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Delivered {
    /// By command: whether the other server has carried it out, as far as it answered.
    pub accepted: Vec<bool>,
    /// What went wrong, if anything did.
    pub error: Option<CmdError>,
}

/// The replies of several commands that ran one after another.
#[derive(Debug, Default)]
pub struct Ran {
    /// One reply behind the other.
    pub bytes: Vec<u8>,
    /// By command: where its reply ends, and how many ticks it took.
    pub each: Vec<(usize, u64)>,
}

impl StepOut {
    /// Whether it is `Flag(true)`.
    pub fn is_true(&self) -> bool {
        matches!(self, StepOut::Flag(true))
    }
}

/// The rounds of a command: gets the handle, the arguments, and returns when it has written its reply.
pub type RoundsFn = fn(Tx, OwnedArgs) -> Pin<Box<dyn Future<Output = Result<(), CmdError>>>>;

/// How the keyspace is divided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Topology {
    /// The number of shards.
    pub shards: u16,
}

impl Topology {
    /// The shard of a key.
    pub fn shard_of(self, key: &[u8]) -> u16 {
        slot::shard_of_slot(slot::key_slot(key), self.shards)
    }
}

/// Groups items by their shards, which stand in the order in which they first occur.
pub fn by_shard<T>(items: impl IntoIterator<Item = (u16, T)>) -> Vec<(u16, Vec<T>)> {
    let mut parts: Vec<(u16, Vec<T>)> = Vec::new();
    for (shard, item) in items {
        match parts.iter_mut().find(|(other, _)| *other == shard) {
            Some((_, part)) => part.push(item),
            None => parts.push((shard, vec![item])),
        }
    }
    parts
}

/// What function and frontend share: the round that is asked for, and the results of the one that was done.
#[derive(Default)]
pub struct TxState {
    /// Set by the function: steps to send, with their shards.
    pub outgoing: Option<Vec<(u16, Step)>>,
    /// Whether `outgoing` is the last round, which gives the locks back.
    pub last: bool,
    /// Set by the function: what it waits for outside of the shards. It has one result.
    pub outside: Option<Outside>,
    /// Set by the frontend: the results, in the order of the steps.
    pub results: Option<Vec<StepOut>>,
    /// The reply, in full.
    pub reply: Vec<u8>,
}

/// The handle of a rounds function.
pub struct Tx {
    state: Rc<RefCell<TxState>>,
    /// The selected database.
    pub db: usize,
    /// How the keyspace is divided.
    pub topology: Topology,
    /// How many databases there are.
    pub databases: usize,
    /// The configured limits of values.
    pub limits: Limits,
    resp3: bool,
    may_block: bool,
}

impl Tx {
    /// A handle over `state`; called by the frontend.
    pub fn new(
        state: Rc<RefCell<TxState>>,
        db: usize,
        databases: usize,
        limits: Limits,
        topology: Topology,
        resp3: bool,
    ) -> Self {
        Tx { state, db, topology, databases, limits, resp3, may_block: false }
    }

    /// Runs steps in one publish and waits for their results, in the order given.
    pub fn round(&self, steps: Vec<(u16, Step)>) -> Round {
        self.send(steps, false)
    }

    /// The same, and gives the key locks back when the steps are done. No round may follow it. As the only round of a
    /// command it costs one publish, and no lock is held: each step is done at the instant of that publish.
    pub fn last_round(&self, steps: Vec<(u16, Step)>) -> Round {
        self.send(steps, true)
    }

    /// Keys with their numbers, by shard.
    pub(crate) fn numbered(&self, names: &[Bytes]) -> Vec<(u16, Vec<(usize, Bytes)>)> {
        let entries = names.iter().cloned().enumerate();
        by_shard(entries.map(|(number, name)| (self.topology.shard_of(&name), (number, name))))
    }

    /// Runs one step for each key, in one publish and with one trip to each shard, and returns what they hand back in the
    /// order of the keys. `last` as in [`Tx::last_round`].
    pub async fn each(
        &self,
        names: &[Bytes],
        last: bool,
        run: fn(&mut ShardCtx<'_>, &[u8]) -> StepOut,
    ) -> Vec<StepOut> {
        let parts = by_shard(names.iter().map(|name| self.topology.shard_of(name)).zip(0usize..));
        let steps = parts.iter().map(|(shard, part)| {
            let names: Vec<Bytes> = part.iter().filter_map(|&at| names.get(at).cloned()).collect();
            let step: Step =
                Box::new(move |ctx| StepOut::Each(names.iter().map(|name| run(ctx, name)).collect()));
            (*shard, step)
        });
        let outs = self.send(steps.collect(), last).await;
        let mut ordered: Vec<StepOut> = names.iter().map(|_| StepOut::Done).collect();
        for ((_, part), out) in parts.into_iter().zip(outs) {
            let StepOut::Each(outs) = out else { continue };
            for (at, out) in part.into_iter().zip(outs) {
                if let Some(place) = ordered.get_mut(at) {
                    *place = out;
                }
            }
        }
        ordered
    }

    fn send(&self, steps: Vec<(u16, Step)>, last: bool) -> Round {
        let mut state = self.state.borrow_mut();
        state.outgoing = Some(steps);
        state.last = last;
        Round { state: Rc::clone(&self.state) }
    }

    /// The same for a command that is tried again if it replies null.
    #[must_use]
    pub fn blocking(self) -> Self {
        Tx { may_block: true, ..self }
    }

    /// Whether the command is tried again if it replies null. Then all locks must still be held, so that nothing is missed.
    pub fn may_block(&self) -> bool {
        self.may_block
    }

    /// Waits for results of something other than steps, which the caller has asked its core for.
    pub fn results(&self) -> Round {
        Round { state: Rc::clone(&self.state) }
    }

    /// Waits for something outside of the shards, which has one result.
    pub fn ask(&self, outside: Outside) -> Round {
        self.state.borrow_mut().outside = Some(outside);
        self.results()
    }

    /// Whether the client speaks RESP3.
    pub fn is_resp3(&self) -> bool {
        self.resp3
    }

    /// Writes the reply.
    pub fn reply(&self, write: impl FnOnce(&mut Reply<'_>)) {
        let mut state = self.state.borrow_mut();
        state.reply.clear();
        write(&mut Reply::new(&mut state.reply, self.resp3));
    }
}

/// The wait for the results of a round.
pub struct Round {
    state: Rc<RefCell<TxState>>,
}

impl Future for Round {
    type Output = Vec<StepOut>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Vec<StepOut>> {
        match self.state.borrow_mut().results.take() {
            Some(results) => Poll::Ready(results),
            None => Poll::Pending,
        }
    }
}
