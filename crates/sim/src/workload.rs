//! Workloads: what clients call, and what must hold for what they saw.

use base::Rng;
use resp::decode::Value;

use crate::command::Command;
use crate::history::{History, Violation};

pub mod expiry;
pub mod groups;
pub mod keyspace;
pub mod lists;
pub mod mixed;
pub mod names;
pub mod pairs;
pub mod registers;
pub mod tokens;

/// How a workload wants to be run.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// Client connections at a time.
    pub sessions: usize,
    /// Operations in all.
    pub ops: usize,
    /// Most commands in one pipeline.
    pub pipeline_max: usize,
    /// How many connections may be lost with operations unanswered, each of which costs the checkers dearly.
    pub losses_max: usize,
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
pub trait Workload {
    /// Its name, as on the command line.
    fn name(&self) -> &'static str;

    /// How it wants to be run.
    fn shape(&self) -> Shape;

    /// The next commands of a client, to be sent as one pipeline; at least one.
    fn pipeline(&mut self, asker: Asker, rng: &mut Rng) -> Vec<Command>;

    /// A reply came.
    fn replied(&mut self, process: usize, command: &Command, reply: &Value) {
        let _ = (process, command, reply);
    }

    /// What a last client calls when all is quiet.
    fn last_words(&self) -> Vec<Command> {
        Vec::new()
    }

    /// What must hold.
    ///
    /// # Errors
    /// A violation.
    fn check(&self, history: &History) -> Result<Checked, Violation>;
}

/// Makes a workload for so many shards.
pub type Make = fn(shards: u16, rng: &mut Rng) -> Box<dyn Workload>;

/// All workloads by name.
pub const ALL: &[(&str, Make)] = &[
    ("registers", |shards, rng| Box::new(registers::Registers::new(shards, rng))),
    ("groups", |shards, rng| Box::new(groups::Groups::new(shards, rng))),
    ("tokens", |shards, rng| Box::new(tokens::Tokens::new(shards, rng))),
    ("lists", |shards, rng| Box::new(lists::Lists::new(shards, rng))),
    ("pairs", |shards, rng| Box::new(pairs::Pairs::new(shards, rng))),
    ("mixed", |shards, rng| Box::new(mixed::Mixed::new(shards, rng))),
    ("keyspace", |shards, rng| Box::new(keyspace::Keyspace::new(shards, rng))),
    ("expiry", |shards, rng| Box::new(expiry::Expiry::new(shards, rng))),
];
