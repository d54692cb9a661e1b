//! The storage plane of a simulation: files on the disk in memory, and work that waits until the scheduler lets it run.
//!
//! A snapshot's file is written in one step of the world, when all shards have said all: nothing in it would wait then. So the power
//! is lost at any of its operations, cores and the log's plane go on before and after it, but not in between.

use std::collections::VecDeque;
use std::io::{self, IoSlice};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use frontend::process::StorageTask;
use persist::files::{File, Files};
use persist::log::{MemoryVolume, Volume};

/// See the module page. Clones are the same plane.
#[derive(Clone, Default)]
pub(crate) struct Storage {
    volume: MemoryVolume,
    tasks: Arc<Mutex<VecDeque<StorageTask>>>,
    /// Files count as synced that are not (to show that tests notice).
    skips_sync: bool,
}

impl Storage {
    /// On a disk.
    pub(crate) fn new(volume: MemoryVolume, skips_sync: bool) -> Self {
        Storage { volume, tasks: Arc::default(), skips_sync }
    }

    fn tasks(&self) -> MutexGuard<'_, VecDeque<StorageTask>> {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes work.
    pub(crate) fn push(&self, task: StorageTask) {
        self.tasks().push_back(task);
    }

    /// Whether there is any.
    pub(crate) fn has_work(&self) -> bool {
        !self.tasks().is_empty()
    }

    /// The next of it.
    pub(crate) fn pop(&self) -> Option<StorageTask> {
        self.tasks().pop_front()
    }

    /// Forgets all work: it belongs to a process that is gone.
    pub(crate) fn forget(&self) {
        let tasks = std::mem::take(&mut *self.tasks());
        drop(tasks);
    }
}

struct SimFile {
    volume: MemoryVolume,
    file: <MemoryVolume as Volume>::File,
    len: u64,
    skips_sync: bool,
}

impl SimFile {
    fn write_all(&mut self, mut at: u64, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            let len = self.volume.write(&mut self.file, at, &[IoSlice::new(bytes)])?;
            at += len as u64;
            bytes = &bytes[len..];
        }
        Ok(())
    }
}

impl File for SimFile {
    fn write(&mut self, bytes: Vec<u8>) -> io::Result<()> {
        self.write_all(self.len, &bytes)?;
        self.len += bytes.len() as u64;
        Ok(())
    }

    fn write_at_start(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.write_all(0, bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        if self.skips_sync {
            return Ok(());
        }
        self.volume.sync(&mut [&mut self.file]).into_iter().collect()
    }
}

impl Files for Storage {
    fn create(&self, path: &Path) -> io::Result<Box<dyn File>> {
        let mut volume = self.volume.clone();
        let file = volume.create(path)?;
        Ok(Box::new(SimFile { volume, file, len: 0, skips_sync: self.skips_sync }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.volume.clone().rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.volume.clone().remove(path)
    }

    fn make_folder(&self, path: &Path) -> io::Result<()> {
        self.volume.clone().create_folder(path)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        self.volume.clone().list(path)
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        self.volume.clone().sync_folder(path)
    }
}
