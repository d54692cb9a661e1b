//! The simulator: N shards and M clients on one thread, from one seed, over the real frontend, bus and store.
//!
//! ```text
//!   Plan (seed, workload, shards) ──► World: cores, clients, clocks, moved one at a time by a seeded scheduler
//!                                        │
//!                                     History: what the clients called and saw ──► checkers ──► Outcome
//! ```
//!
//! Everything between the bytes of a client and the data of a shard is the code that the server runs. Simulated are the
//! sockets (`sockets`), the loop of a core (`node`), clocks that disagree and are set back, clients that pipeline, read
//! slowly and vanish in the middle (`world`), and for the log and its rewrites a disk that loses power in the middle
//! (`disk`, `storage`, `power`). Each seed draws its own odds (`knobs`). Histories are taken at the core's
//! sockets, from the arrival of an operation to the departure of its reply (`tap`), so what is checked is stricter than
//! what clients could tell.
//!
//! What is checked:
//! - every reply, by the [workloads](workload) and the [checkers](check): linearizability of single keys, strict
//!   serializability of everything, dependency cycles among list appends, conservation, program order, expiry;
//! - that no core ever sleeps over messages, that all replies come, that no connection is closed without reason, and that
//!   cores which are told to stop do.
//!
//! Invariants:
//! - A run is a function of its [`Plan`]: the same plan gives the same [`Trace`](trace::Trace), to the bit. So there are
//!   no threads, no real clock, and nothing depends on the order of a hash map.
//! - What is found is printed with the command that replays it.
//!
//! What it must not know: sockets of the operating system, `sys`, `reactor`.

pub mod check;
pub mod command;
mod disk;
pub mod history;
mod knobs;
mod node;
mod power;
pub mod run;
mod session;
mod sockets;
mod storage;
mod tap;
pub mod trace;
pub mod workload;
mod world;

pub use run::{Failure, Fault, Outcome, Plan, run};
