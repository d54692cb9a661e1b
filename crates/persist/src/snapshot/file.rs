//! The storage plane's side of a snapshot: chunks become a file.

use std::io;
use std::path::PathBuf;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use rdb::VERSION_PLAIN;
use rdb::checksum::{self, Checksum};
use rdb::write::{put_aux, put_end, put_header};

use super::jobs::{Job, Message};
use super::order::Order;
use crate::files::{File, Files};

/// How often it is looked whether a snapshot is cancelled while no chunk comes.
pub(super) const LOOK_EVERY: Duration = Duration::from_millis(100);

/// What a snapshot looks like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// One standard RDB file.
    #[default]
    File,
    /// A folder with a file a shard ([`crate::parts`]), written at the same time.
    Folder,
}

/// Where a snapshot goes, and how.
#[derive(Clone, Debug)]
pub struct Target {
    /// The folder.
    pub folder: PathBuf,
    /// The name of the file in it, from which that of a folder follows.
    pub name: String,
    /// Whether it is a file or a folder.
    pub form: Form,
    /// A number that no other snapshot of the folder has.
    pub number: u64,
    /// Whether the frames of a folder are compressed. In a file strings are, one by one: that is up to those who send chunks.
    pub compressed: bool,
    /// Whether it ends with a checksum.
    pub checksum: bool,
    /// How many shards send chunks.
    pub shards: usize,
    /// What the file says about itself: names and texts.
    pub about: Vec<(&'static str, String)>,
}

/// A file that was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its length.
    pub bytes: u64,
    /// The version of its format.
    pub version: u32,
}

/// Writes a snapshot's chunks to a temporary file until all shards have said all, then gives it its name. On any error the
/// file that had the name stays, and nothing is left of the temporary one.
///
/// # Errors
/// What the system says; `Interrupted` if the snapshot was cancelled.
pub(super) fn write_file(
    files: &dyn Files,
    target: &Target,
    job: &Job,
    chunks: &Receiver<Message>,
) -> io::Result<Written> {
    let temporary = target.folder.join(format!("temp-{}.rdb", std::process::id()));
    let result = write_temporary(files, target, &temporary, job, chunks).and_then(|written| {
        files.rename(&temporary, &target.folder.join(&target.name))?;
        files.sync_folder(&target.folder)?;
        Ok(written)
    });
    if result.is_err() {
        // It may not even have been made.
        let _ = files.remove(&temporary);
        job.failed.store(true, Ordering::Relaxed);
    }
    result
}

fn write_temporary(
    files: &dyn Files,
    target: &Target,
    path: &std::path::Path,
    job: &Job,
    chunks: &Receiver<Message>,
) -> io::Result<Written> {
    let mut file = files.create(path)?;
    let (mut header, mut body) = (Vec::new(), Vec::new());
    let (mut sum, mut version, mut bytes) = (Checksum::default(), VERSION_PLAIN, 0u64);
    put_header(&mut header, version);
    file.write(header.clone())?;
    for (name, text) in &target.about {
        put_aux(&mut body, name, text.as_bytes());
    }
    let mut put = |file: &mut dyn File, chunk: Vec<u8>| {
        if target.checksum {
            sum.update(&chunk);
        }
        bytes += chunk.len() as u64;
        file.write(chunk)
    };
    put(&mut *file, body)?;
    let (mut left, mut order) = (target.shards, Order::default());
    while left > 0 {
        match chunks.recv_timeout(LOOK_EVERY) {
            Ok(Message::Chunk(chunk)) => {
                order.push(chunk);
                while let Some(chunk) = order.pop() {
                    version = version.max(chunk.version);
                    let len = chunk.bytes.len();
                    let written = put(&mut *file, chunk.bytes);
                    chunk.in_flight_bytes.fetch_sub(len, Ordering::Relaxed);
                    written?;
                }
            }
            Ok(Message::Done) => left -= 1,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Err(io::ErrorKind::BrokenPipe.into()),
        }
        if job.is_unwanted() {
            return Err(io::ErrorKind::Interrupted.into());
        }
    }
    let mut end = Vec::new();
    put_end(&mut end);
    put(&mut *file, end)?;
    // The first line again, now that it is known what the content needs.
    let header_len = header.len() as u64;
    header.clear();
    put_header(&mut header, version);
    let sum = if target.checksum { checksum::combined(checksum::of(&header), sum.value(), bytes) } else { 0 };
    file.write(sum.to_le_bytes().to_vec())?;
    file.write_at_start(&header)?;
    file.sync()?;
    Ok(Written { bytes: header_len + bytes + 8, version })
}
