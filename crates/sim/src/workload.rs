//! Workloads: what clients call, and what must hold for what they saw.

use base::Rng;
use persist::log::Policy;
use resp::decode::Value;

use crate::check::order::Verdict;
use crate::command::Command;
use crate::history::{History, Violation};

pub mod appends;
pub mod bank;
pub mod channels;
pub mod crash;
pub mod expiry;
pub mod groups;
pub mod keyspace;
pub mod large;
pub mod lists;
pub mod mixed;
pub mod names;
pub mod pairs;
pub mod queues;
pub mod registers;
pub mod scripts;
pub mod tokens;
pub mod views;

/// How a workload wants to be run.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Client connections at a time.
    pub sessions: usize,
    /// Operations in all.
    pub ops: usize,
    /// Most commands in one pipeline.
    pub pipeline_max: usize,
    /// A client calls again only while no more than so many of its operations are unanswered: what is under way at once
    /// is what a search for an order has to try.
    pub unanswered_max: usize,
    /// How many connections may be lost with operations unanswered, each of which costs the checkers dearly.
    pub losses_max: usize,
    /// By how much the pieces in which bytes travel are larger than for small commands.
    pub bytes_scale: usize,
    /// Whether operations may have to wait for others, for ever if need be.
    pub blocks: bool,
}

/// Whom a pipeline is wanted of.
#[derive(Clone, Copy, Debug)]
pub struct Asker {
    /// The client; it connects anew when its connection is gone.
    pub client: usize,
    /// The connection.
    pub process: usize,
    /// Most commands.
    pub max: usize,
    /// What the slowest clock shows.
    pub low_ms: u64,
}

/// Counts of what a checker did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Facts compared: edges, reads, orders tried.
    pub facts: u64,
    /// Searches that were given up as too long.
    pub undecided: u64,
}

/// See the module page.
pub trait Workload: Send {
    /// Its name, as on the command line.
    fn name(&self) -> &'static str;

    /// How it wants to be run.
    fn shape(&self) -> Shape;

    /// The log that it wants, synced like this; then the power is lost now and then.
    fn log(&self) -> Option<Policy> {
        None
    }

    /// What a first client calls, before all others.
    fn first_words(&self) -> Vec<Command> {
        Vec::new()
    }

    /// The next commands of a client, to be sent as one pipeline; at least one.
    fn pipeline(&mut self, asker: Asker, rng: &mut Rng) -> Vec<Command>;

    /// A reply came.
    fn replied(&mut self, process: usize, command: &Command, reply: &Value) {
        let _ = (process, command, reply);
    }

    /// What a last client calls when all is quiet, and, unless operations may wait, a first one after each loss of power.
    fn last_words(&self) -> Vec<Command> {
        Vec::new()
    }

    /// What must hold.
    ///
    /// # Errors
    /// A violation.
    fn check(&self, history: &History) -> Result<Checked, Violation>;
}

/// One of several, each equally likely.
pub(crate) fn pick<'a, T>(rng: &mut Rng, from: &'a [T]) -> &'a T {
    &from[rng.below(from.len() as u64) as usize]
}

/// One of several keys.
pub(crate) fn pick_key<'a>(rng: &mut Rng, from: &'a [String]) -> &'a str {
    pick::<String>(rng, from)
}

/// A command of a name and so many of the words, in random order.
pub(crate) fn some_of(rng: &mut Rng, name: &str, words: &[String], count: usize) -> Command {
    let mut left: Vec<&str> = words.iter().map(String::as_str).collect();
    let mut chosen = vec![name];
    while chosen.len() <= count && !left.is_empty() {
        chosen.push(left.swap_remove(rng.below(left.len() as u64) as usize));
    }
    Command::new(chosen)
}

/// MGET of all these keys.
pub(crate) fn mget(keys: &[String]) -> Command {
    Command::new(["MGET"].into_iter().chain(keys.iter().map(String::as_str)))
}

/// Turns the verdict of a search over some of the keys into that of a workload.
pub(crate) fn ordered(verdict: Verdict, about: &str, checked: &mut Checked) -> Result<(), Violation> {
    match verdict {
        Verdict::Ordered(facts) => checked.facts += facts,
        Verdict::Undecided => checked.undecided += 1,
        Verdict::Impossible(violation) => {
            return Err(Violation { text: format!("{about}: {}", violation.text), ..violation });
        }
    }
    Ok(())
}

/// Makes a workload for so many shards.
pub type Make = fn(shards: u16, rng: &mut Rng) -> Box<dyn Workload>;

/// All workloads by name.
pub const ALL: &[(&str, Make)] = &[
    ("registers", |shards, rng| Box::new(registers::Registers::new(shards, rng))),
    ("groups", |shards, rng| Box::new(groups::Groups::new(shards, rng))),
    ("tokens", |shards, rng| Box::new(tokens::Tokens::new(shards, rng))),
    ("lists", |shards, rng| Box::new(lists::Lists::new(shards, rng))),
    ("appends", |shards, rng| Box::new(appends::Appends::new(shards, rng))),
    ("pairs", |shards, rng| Box::new(pairs::Pairs::new(shards, rng))),
    ("mixed", |shards, rng| Box::new(mixed::Mixed::new(shards, rng))),
    ("keyspace", |shards, rng| Box::new(keyspace::Keyspace::new(shards, rng))),
    ("large", |shards, rng| Box::new(large::Large::new(shards, rng))),
    ("bank", |shards, rng| Box::new(bank::Bank::new(shards, rng))),
    ("scripts", |shards, rng| Box::new(scripts::Scripts::new(shards, rng))),
    ("queues", |shards, rng| Box::new(queues::Queues::new(shards, rng))),
    ("channels", |shards, rng| Box::new(channels::Channels::new(shards, rng))),
    ("expiry", |shards, rng| Box::new(expiry::Expiry::new(shards, rng))),
    ("crash", |shards, rng| Box::new(crash::Crash::new(shards, rng))),
    ("views", |shards, rng| Box::new(views::Views::new(shards, rng))),
];
