//! The frontend: connection state, routing of commands to shards, split and merge, key locks, rounds.
//!
//! A [`Core`] is everything that one core does between bytes and messages: it takes received bytes and answers of other
//! shards in, and gives replies and batches out, once per [`Core::turn`]. It holds the core's shard and executes what
//! others ask of it.
//!
//! ```text
//! turn:  answers of other shards ──► replies, gatherings, rounds tasks
//!        received bytes ──parse──► pieces: own shard ──► plan        other shards ──► one batch each
//!        publish (all batches at one instant; takes the own inbox) ──► execute inbox ──► execute plan
//!        background slices (expiry, freeing) ──► output of all connections to the sockets
//! ```
//!
//! Invariants:
//! - Replies of a connection leave in the order of its commands ([`conn`]).
//! - Commands of one connection enter the plan, the batches and so the shards in program order.
//! - A command's pieces travel in one publish (B1); the own inbox is executed before own pieces (B2).
//! - While anything that was parsed can't be published for lack of credit, nothing more is parsed (C1).
//!
//! What it must not know: sockets, system calls, clocks. Time comes in with each turn; randomness from a seed.

mod answer;
mod background;
mod blocking;
mod census;
pub mod config;
mod conn;
mod connection;
mod core;
mod detour;
mod errand;
mod execute;
#[cfg(feature = "sim-faults")]
mod faults;
mod gather;
mod gauges;
#[cfg(test)]
mod harness;
pub mod histogram;
mod hot;
mod journal;
mod keys;
mod locks;
mod log;
mod memory;
mod message;
mod output;
#[cfg(test)]
mod output_tests;
mod parcels;
mod parse;
mod pause;
mod plan;
pub mod process;
mod publish;
mod pubsub;
mod reload;
mod rounds;
mod route;
mod saving;
mod scripting;
pub mod shared;
pub mod stats;
mod streamed;
mod transaction;
mod watch;

pub use crate::config::Config;
pub use crate::core::{Core, CoreBus, CoreOptions, CorePort, Io, Next, Now};
pub use crate::errand::ErrandCall;
#[cfg(feature = "sim-faults")]
pub use crate::faults::Faults;
pub use crate::log::Across;
pub use crate::message::{Answer, Batch};
pub use crate::process::Process;
pub use crate::shared::Shared;
