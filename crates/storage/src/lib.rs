//! The storage plane: files that are written by glommio executors on threads of their own.
//!
//! ```text
//!   thread that may block            executor                                       disk
//!   File::write(bytes) ──► pipe ──►  fills aligned buffers ──► some writes in flight ──►  O_DIRECT
//!        waits only while much is    (io_uring, no page cache)
//!        in the pipe      ◄── room, errors ──┘
//! ```
//!
//! Which way to write was measured ([decision 10](../../../docs/decisions/0010-storage-plane.md)): with O_DIRECT and several
//! writes in flight a snapshot neither fills the page cache nor costs the cores more than it must. Where io_uring or glommio
//! can't be had (containers, a memlock limit under 512 KiB), or where a file system refuses O_DIRECT, files are written by
//! plain calls, which block the calling thread.
//!
//! **Must not know:** what is in the files.

mod executor;
mod pipe;
mod writer;

#[cfg(test)]
mod tests;

use std::io;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use persist::files::{File, Files, PlainFiles};

use executor::Executor;
use pipe::PipeFile;

/// More executors than this did not make two files faster than one.
const EXECUTORS_MAX: usize = 2;

/// How files are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// By glommio where that works, else by plain calls.
    Auto,
    /// By plain calls.
    Plain,
}

/// Files that are written by executors. The executors start with the first file.
pub struct PlaneFiles {
    way: Way,
    executors_max: usize,
    executors: OnceLock<Vec<Executor>>,
    /// How many files were made: they take turns with the executors.
    made: AtomicUsize,
}

impl PlaneFiles {
    /// For a server with so many shards.
    pub fn new(way: Way, shards: usize) -> Self {
        PlaneFiles {
            way,
            executors_max: shards.clamp(1, EXECUTORS_MAX),
            executors: OnceLock::new(),
            made: AtomicUsize::new(0),
        }
    }

    /// The executors; none if they can't be had.
    fn executors(&self) -> &[Executor] {
        self.executors.get_or_init(|| {
            if self.way == Way::Plain {
                return Vec::new();
            }
            let started = start(self.executors_max);
            started.unwrap_or_else(|reason| {
                tracing::info!("files are written by plain calls: {reason}");
                Vec::new()
            })
        })
    }
}

fn start(count: usize) -> Result<Vec<Executor>, String> {
    // Without io_uring glommio ends the process.
    sys::probe().map_err(|refusal| refusal.to_string())?;
    (0..count).map(Executor::start).collect()
}

impl Files for PlaneFiles {
    fn create(&self, path: &Path) -> io::Result<Box<dyn File>> {
        let executors = self.executors();
        let turn = self.made.fetch_add(1, Ordering::Relaxed) % executors.len().max(1);
        let Some(executor) = executors.get(turn) else { return PlainFiles.create(path) };
        match PipeFile::create(executor, path) {
            Ok(file) => Ok(Box::new(file)),
            Err(error) => {
                tracing::debug!("{} is written by plain calls: {error}", path.display());
                // If there is another reason than O_DIRECT, it shows again.
                PlainFiles.create(path)
            }
        }
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        PlainFiles.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        PlainFiles.remove(path)
    }

    fn make_folder(&self, path: &Path) -> io::Result<()> {
        PlainFiles.make_folder(path)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        PlainFiles.list(path)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        PlainFiles.sync_folder(path)
    }
}
