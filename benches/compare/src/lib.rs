//! Load generator and comparison harness.
//!
//! Two binaries sit on this library: `load` drives one server with one workload and prints what it cost; `compare`
//! starts Anax and its peers, drives them in interleaved rounds and prints a table.
//!
//! What the numbers rest on:
//!
//! - One pinned thread generates the load on one io_uring, so it is cheap enough that the server is what is measured.
//!   Its own CPU use is part of every result: a result with a saturated generator says so.
//! - Every reply is parsed and compared with what the command must answer. Nothing counts as a success because it
//!   had about the right size.
//! - In an open loop a request's latency counts from the moment it *should* have been sent, so a stalled server
//!   cannot hide its stall by slowing the generator down (no coordinated omission).
//! - Server CPU is the run time of all its threads as the scheduler counted it, in nanoseconds.
//! - Servers take turns within a round, and ratios are taken within a round, so that a machine which drifts while it
//!   is measured drifts for all of them.
//!
//! Invariant: nothing here knows Anax from the inside. It is a client like any other.

pub mod command;
pub mod info;
pub mod keys;
pub mod load;
pub mod machine;
pub mod outcome;
pub mod proc;
pub mod reply;
pub mod report;
mod ring;
pub mod server;
pub mod suite;
pub mod template;
