//! Snapshots: from the shards' walks to one file.
//!
//! ```text
//!   shard 0 ─ ShardSink ─┐ chunks                            storage plane
//!   shard 1 ─ ShardSink ─┼────────► Job ────────► write_file: temporary file ─► sync ─► rename ─► sync of the folder
//!   …                    ┘  bounded: a walk waits while much is on its way
//! ```
//!
//! A chunk is a stretch of the file that can stand anywhere in it: it begins by saying which database its keys belong to. So
//! the shards' chunks are written in whatever order they come. The version of the format and the checksum are known at the
//! end, when the first line of the file is written once more.

mod file;
mod jobs;
mod sink;

#[cfg(test)]
#[path = "snapshot_tests.rs"]
mod tests;

pub use file::{Target, Written, write_file};
pub use jobs::{Busy, Job, Jobs, Message, Saves};
