//! Snapshots: from the shards' walks to one file.
//!
//! ```text
//!   shard 0 ─ ShardSink ─┐ chunks                            storage plane
//!   shard 1 ─ ShardSink ─┼────────► Job ────────► write_file: temporary file ─► sync ─► rename ─► sync of the folder
//!   …                    ┘  bounded: a walk waits while much is on its way
//! ```
//!
//! In the other form, a folder, each shard's chunks go into a file of their own ([`crate::parts`]).
//!
//! A chunk is a stretch of the file that can stand anywhere in it: it begins by saying which database its keys belong to. So
//! the shards' chunks are written in whatever order they come, but for big values: those come in pieces, made bit by bit from a view,
//! and their pieces stand together. The version of the format and the checksum are known at the
//! end, when the first line of the file is written once more.

mod file;
mod folder;
mod jobs;
mod order;
mod sink;

#[cfg(test)]
#[path = "snapshot_big_tests.rs"]
mod big_tests;
#[cfg(test)]
#[path = "snapshot_tests.rs"]
mod tests;

use std::io;
use std::sync::mpsc::Receiver;

use crate::files::Files;

pub use file::{Form, Target, Written};
pub use jobs::{Busy, Job, Jobs, Message, Saves};

/// Something to do.
pub type Work<'a> = Box<dyn FnOnce() + Send + 'a>;

/// Does several things at the same time, or one after the other, and returns when all are done.
pub type AtOnce<'a> = &'a dyn Fn(Vec<Work<'_>>);

/// Writes a snapshot's chunks until all shards have said all, then gives it its name. On any error the snapshot that had the name
/// stays, and nothing is left of the new one.
///
/// # Errors
/// What the system says; `Interrupted` if the snapshot was cancelled.
pub fn write(
    files: &dyn Files,
    at_once: AtOnce<'_>,
    target: &Target,
    job: &Job,
    chunks: Receiver<Message>,
) -> io::Result<Written> {
    match target.form {
        Form::File => file::write_file(files, target, job, &chunks),
        Form::Folder => folder::write_folder(files, at_once, target, job, chunks),
    }
}
