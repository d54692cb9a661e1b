//! A run: one workload in one world from one seed, and the verdict.

use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

use base::Rng;
use persist::log::Policy;

use crate::disk::Disk;
use crate::history::{History, OpIndex, Violation};
use crate::trace::Trace;
use crate::workload::{self, Checked, Make, Workload};
use crate::world::World;

/// Shard counts that seeds choose from: alone, a pair, a few, and more than any machine that runs this has cores.
pub const SHARDS: [u16; 4] = [1, 2, 3, 7];

/// An invariant to break on purpose. Needs the feature `faults`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A publish reaches its targets one by one (against B1).
    TornPublish,
    /// Pieces do not wait for locked keys (against L1).
    SkipKeyLocks,
    /// Waiters are not looked at when their keys change.
    SkipWaiters,
    /// What a script has written is not undone when it is run again.
    SkipUndo,
    /// EXEC does not look at watched keys.
    SkipWatches,
    /// Own work is executed before what the inbox holds (against B2).
    OwnWorkFirst,
    /// Writes are answered before the log is synced.
    SkipSync,
    /// What is recovered holds parts of writes of which other parts are missing.
    IgnoreGroups,
    /// A rewrite removes what was before it, and then makes the manifest that does not list that any more.
    RemoveFirst,
    /// The base of a rewrite is not synced.
    UnsyncedBase,
    /// A rewrite takes the place of what was before while shards still write there.
    ListTooSoon,
    /// At the cut of a rewrite a shard goes on in the next file before what it has done until then is in the last one.
    RotateEarly,
}

/// What to run.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Everything random comes from it.
    pub seed: u64,
    /// Name of the workload.
    pub workload: &'static str,
    /// How many shards; the seed chooses if `None`.
    pub shards: Option<u16>,
    /// Whether there is a log, synced always, and the power is lost now and then. Some workloads ask for that by themselves.
    pub power_loss: bool,
    /// What is broken.
    pub fault: Option<Fault>,
    /// Whether to keep the events as text.
    pub trace: bool,
}

impl Plan {
    /// A workload under a seed, with nothing broken.
    pub fn new(workload: &'static str, seed: u64) -> Self {
        Plan { seed, workload, shards: None, power_loss: false, fault: None, trace: false }
    }

    /// The shards of this run.
    pub fn shards(&self) -> u16 {
        self.shards.unwrap_or(SHARDS[Rng::new(!self.seed).below(SHARDS.len() as u64) as usize])
    }
}

/// Why a run failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The history breaks a promise.
    Violation(Violation),
    /// A core slept though messages were there for it and nobody had woken it.
    LostWakeUp {
        /// The core.
        core: usize,
        /// When.
        step: u64,
    },
    /// Nothing could move, but these operations had no reply.
    Stuck(Vec<OpIndex>),
    /// The server closed a connection that it had no reason to close.
    Closed {
        /// The connection.
        process: usize,
        /// Its operations without a reply.
        ops: Vec<OpIndex>,
    },
    /// A connection got bytes that are no reply, or a reply too many.
    Garbage {
        /// The connection.
        process: usize,
    },
    /// A core was told to stop and did not.
    NotStopped {
        /// The core.
        core: usize,
    },
    /// What the disk held after a loss of power was not loaded.
    NotLoaded(String),
    /// The run does not end.
    Endless,
    /// The code under test panicked.
    Panic(String),
}

/// A run that came to its end.
#[derive(Debug)]
pub struct Outcome {
    /// What was run.
    pub plan: Plan,
    /// What the clients saw.
    pub history: History,
    /// What happened.
    pub trace: Trace,
    /// The verdict.
    pub verdict: Result<Checked, Failure>,
}

impl Outcome {
    /// Whether it found something.
    pub fn failed(&self) -> bool {
        self.verdict.is_err()
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Plan { seed, workload, fault, .. } = self.plan;
        let shards = self.plan.shards();
        write!(f, "workload {workload}, seed {seed}, {shards} shards")?;
        if let Some(fault) = fault {
            write!(f, ", {fault:?}")?;
        }
        let explain = |ops: &[OpIndex]| Violation::new("", ops.iter().copied()).explain(&self.history);
        match &self.verdict {
            Ok(checked) => {
                return write!(
                    f,
                    ": {} operations, {} lost, {} facts checked, {} searches given up",
                    self.history.ops.len(),
                    self.history.lost(),
                    checked.facts,
                    checked.undecided
                );
            }
            Err(Failure::Violation(violation)) => write!(f, ": {}", violation.explain(&self.history))?,
            Err(Failure::LostWakeUp { core, step }) => {
                write!(f, ": at step {step} core {core} sleeps over messages, and nobody woke it")?;
            }
            Err(Failure::Stuck(ops)) => write!(f, ": nothing moves, and no reply to{}", explain(ops))?,
            Err(Failure::Closed { process, ops }) => {
                write!(f, ": the server closed connection {process}, without a reply to{}", explain(ops))?;
            }
            Err(Failure::Garbage { process }) => write!(f, ": connection {process} read what is no reply")?,
            Err(Failure::NotStopped { core }) => write!(f, ": core {core} does not stop")?,
            Err(Failure::NotLoaded(text)) => write!(f, ": after a loss of power: {text}")?,
            Err(Failure::Endless) => write!(f, ": the run does not end")?,
            Err(Failure::Panic(text)) => write!(f, ": panic: {text}")?,
        }
        let power_loss = if self.plan.power_loss { " --power-loss" } else { "" };
        write!(
            f,
            "\n  replay: cargo xtask sim --workload {workload} --seed {seed} --shards {shards}{power_loss} --trace"
        )
    }
}

/// Runs a plan to its verdict.
///
/// # Panics
/// If there is no such workload.
pub fn run(plan: Plan) -> Outcome {
    let found = workload::ALL.iter().find(|(name, _)| *name == plan.workload);
    let (_, make) = found.unwrap_or_else(|| panic!("there is no workload {:?}", plan.workload));
    run_workload(plan, *make)
}

/// Runs a workload that is not in the list.
pub fn run_workload(plan: Plan, make: Make) -> Outcome {
    let shards = plan.shards();
    let mut rng = Rng::new(plan.seed ^ 0x5eed);
    let mut workload = make(shards, &mut rng);
    let policy = workload.log().or(plan.power_loss.then_some(Policy::Always));
    let disk = policy.map(|policy| Disk::new(policy, plan.seed ^ 0xd15c, plan.fault));
    let mut world = World::new(plan, workload.shape(), disk);
    let played = catch_unwind(AssertUnwindSafe(|| play(&mut world, workload.as_mut())));
    let played = played.unwrap_or_else(|panic| Err(Failure::Panic(text_of(panic.as_ref()))));
    let (mut history, trace) = world.end();
    history.forget_unarrived();
    let verdict = played.and_then(|()| workload.check(&history).map_err(Failure::Violation));
    Outcome { plan, history, trace, verdict }
}

fn play(world: &mut World, workload: &mut dyn Workload) -> Result<(), Failure> {
    let first_words = workload.first_words();
    world.alone(workload, first_words)?;
    world.play(workload)?;
    let last_words = workload.last_words();
    // Where nothing is to be read at the end, cores may be told to stop in the middle of their work.
    if !last_words.is_empty() || world.chance(2) {
        world.settle(workload)?;
        world.alone(workload, last_words)?;
    }
    world.stop()
}

fn text_of(panic: &(dyn std::any::Any + Send)) -> String {
    match (panic.downcast_ref::<String>(), panic.downcast_ref::<&str>()) {
        (Some(text), _) => text.clone(),
        (_, Some(text)) => (*text).to_owned(),
        _ => "unknown".to_owned(),
    }
}
