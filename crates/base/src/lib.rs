//! The ground that every other crate stands on: limits, slots, key hash, argument ranges, clock and randomness
//! traits, number text, glob patterns and memory units.
//!
//! Invariants:
//! - No I/O, no clock, no randomness of its own: time and seeds come in from the caller.
//! - Nothing here panics on any input bytes.
//! - What Redis defines (slots, number text, glob, memory units) equals Redis 8.2 unless the item says otherwise.
//!
//! This crate knows no other crate of the workspace.

pub mod args;
pub mod clock;
pub mod conn;
pub mod glob;
pub mod hash;
pub mod limits;
pub mod num;
pub mod random;
pub mod slot;
pub mod units;

pub use args::{ArgRange, Args};
pub use clock::Clock;
pub use hash::KeyHasher;
pub use random::Rng;
pub use slot::{SLOTS, key_slot, shard_of_slot, slots_of_shard};
