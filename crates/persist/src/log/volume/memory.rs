//! A disk in memory that fails when it is told to, and can lose power.

use std::collections::BTreeMap;
use std::io::{self, Cursor, IoSlice};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{BLOCK_BYTES, DirectFile, InBlocks, SyncedFile, Volume, skip_to_block};

/// What a disk writes whole.
const SECTOR_BYTES: usize = 512;
/// Room that is made ahead where cores write: little, so that it is used up now and then.
const ROOM_BYTES: usize = 1500;

/// What is done to a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Op {
    /// So many bytes are written.
    Write(usize),
    /// A file is synced.
    Sync,
    /// A file is made, renamed, removed or cut, or a folder is synced.
    Folder,
}

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is done, with this error.
    Refused(io::ErrorKind),
    /// Of a write, so many bytes are written, and no error is told.
    Short(usize),
    /// Of a write, so many bytes are written, and then there is an error. Of a sync: nothing is on the disk, and will not be by the
    /// next sync either unless it is written again.
    Half(usize, io::ErrorKind),
}

type Faults = Box<dyn FnMut(Op) -> Option<Fault> + Send>;

#[derive(Clone, Debug, Default)]
struct Inode {
    content: Vec<u8>,
    durable: Vec<u8>,
    /// What differs and is to be synced.
    dirty: Vec<Range<usize>>,
}

/// A change of names.
#[derive(Clone, Debug)]
enum Change {
    Made(PathBuf, usize),
    Renamed(PathBuf, PathBuf, usize),
    Removed(PathBuf),
}

impl Change {
    fn apply(self, names: &mut BTreeMap<PathBuf, usize>) {
        match self {
            Change::Made(path, inode) => _ = names.insert(path, inode),
            Change::Renamed(from, to, inode) => {
                names.remove(&from);
                names.insert(to, inode);
            }
            Change::Removed(path) => _ = names.remove(&path),
        }
    }

    fn folder(&self) -> Option<&Path> {
        match self {
            Change::Made(path, _) | Change::Renamed(_, path, _) | Change::Removed(path) => path.parent(),
        }
    }
}

#[derive(Default)]
struct State {
    inodes: Vec<Inode>,
    names: BTreeMap<PathBuf, usize>,
    /// The names that are on the disk, and what became of them since then.
    durable: BTreeMap<PathBuf, usize>,
    changes: Vec<Change>,
    faults: Option<Faults>,
}

/// See the [module documentation](self). Clones are the same disk.
#[derive(Clone, Default)]
pub struct MemoryVolume(Arc<Mutex<State>>);

fn missing() -> io::Error {
    io::ErrorKind::NotFound.into()
}

impl MemoryVolume {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// From now on this says what goes wrong.
    pub fn set_faults(&self, faults: impl FnMut(Op) -> Option<Fault> + Send + 'static) {
        self.state().faults = Some(Box::new(faults));
    }

    /// From now on nothing goes wrong.
    pub fn mend(&self) {
        self.state().faults = None;
    }

    /// The power is lost: what remains is what was synced, and of what was not any part: of changes of names too, each whole or not
    /// at all, in no order. `random` returns numbers below its argument.
    pub fn lose_power(&self, mut random: impl FnMut(usize) -> usize) {
        let mut state = self.state();
        for change in std::mem::take(&mut state.changes) {
            if random(2) == 0 {
                change.apply(&mut state.durable);
            }
        }
        state.names = state.durable.clone();
        for inode in &mut state.inodes {
            let mut kept = std::mem::take(&mut inode.durable);
            let dirty = std::mem::take(&mut inode.dirty);
            // The file has grown by some of what was written, and each sector holds what it should or what was there.
            let grown = random(inode.content.len().saturating_sub(kept.len()) + 1);
            kept.resize(kept.len() + grown, 0);
            let sectors =
                (0..kept.len()).step_by(SECTOR_BYTES).map(|at| at..(at + SECTOR_BYTES).min(kept.len()));
            for sector in sectors.collect::<Vec<_>>() {
                let is_dirty = dirty.iter().any(|range| range.start < sector.end && sector.start < range.end);
                if is_dirty
                    && random(8) != 0
                    && let (Some(to), Some(from)) = (kept.get_mut(sector.clone()), inode.content.get(sector))
                {
                    to.copy_from_slice(from);
                }
            }
            inode.durable.clone_from(&kept);
            inode.content = kept;
        }
    }

    /// The content of a file.
    pub fn content(&self, path: &Path) -> Option<Vec<u8>> {
        let state = self.state();
        state.names.get(path).map(|&inode| state.inodes[inode].content.clone())
    }

    /// Puts a file there, which is on the disk at once.
    pub fn put(&self, path: &Path, content: &[u8]) {
        let mut state = self.state();
        state.inodes.push(Inode { content: content.to_vec(), durable: content.to_vec(), dirty: Vec::new() });
        let inode = state.inodes.len() - 1;
        state.names.insert(path.to_owned(), inode);
        state.durable.insert(path.to_owned(), inode);
    }
}

impl State {
    fn fault(&mut self, op: Op) -> Option<Fault> {
        self.faults.as_mut().and_then(|faults| faults(op))
    }

    fn folder_op(&mut self) -> io::Result<()> {
        match self.fault(Op::Folder) {
            Some(Fault::Refused(kind) | Fault::Half(_, kind)) => Err(kind.into()),
            Some(Fault::Short(_)) | None => Ok(()),
        }
    }

    fn change(&mut self, change: Change) {
        change.clone().apply(&mut self.names);
        self.changes.push(change);
    }

    fn inode(&mut self, path: &Path) -> io::Result<&mut Inode> {
        let inode = *self.names.get(path).ok_or_else(missing)?;
        self.inodes.get_mut(inode).ok_or_else(missing)
    }
}

/// A file of a disk in memory, for cores.
struct MemoryFile(MemoryVolume, usize);

/// The same, in blocks.
struct MemoryBlocks(MemoryFile);

impl SyncedFile for MemoryBlocks {
    fn room_bytes(&self) -> usize {
        ROOM_BYTES
    }

    fn handle(&self) -> Option<Arc<std::fs::File>> {
        None
    }

    fn write_synced(&self, offset: u64, bytes: &[u8]) -> io::Result<usize> {
        let block = BLOCK_BYTES as u64;
        assert_eq!(
            (offset % block, bytes.len() as u64 % block, skip_to_block(bytes)),
            (0, 0, 0),
            "no blocks"
        );
        self.0.write_synced(offset, bytes)
    }
}

impl DirectFile for MemoryFile {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(&mut self.1, offset, &[IoSlice::new(bytes)])
    }
}

impl SyncedFile for MemoryFile {
    fn in_blocks(&self, end: u64) -> Option<InBlocks> {
        // Every other file, so that both ways are gone.
        if self.1 % 2 == 1 {
            return None;
        }
        let state = self.0.state();
        let content = &state.inodes.get(self.1)?.content;
        let start = end - end % BLOCK_BYTES as u64;
        let tail = content.get(start as usize..end as usize)?.to_vec();
        Some(InBlocks { file: Arc::new(MemoryBlocks(MemoryFile(self.0.clone(), self.1))), tail })
    }

    fn room_bytes(&self) -> usize {
        ROOM_BYTES
    }

    fn handle(&self) -> Option<Arc<std::fs::File>> {
        None
    }

    fn write_synced(&self, offset: u64, bytes: &[u8]) -> io::Result<usize> {
        let (mut volume, mut file) = (self.0.clone(), self.1);
        let len = volume.write(&mut file, offset, &[IoSlice::new(bytes)])?;
        volume.sync(&mut [&mut file]).into_iter().collect::<io::Result<()>>()?;
        Ok(len)
    }
}

impl Volume for MemoryVolume {
    type File = usize;

    fn synced(&mut self, file: &usize) -> Option<Arc<dyn SyncedFile>> {
        Some(Arc::new(MemoryFile(self.clone(), *file)))
    }

    fn direct(&mut self, file: &usize) -> Option<Box<dyn DirectFile>> {
        Some(Box::new(MemoryFile(self.clone(), *file)))
    }

    fn create(&mut self, path: &Path) -> io::Result<usize> {
        let mut state = self.state();
        state.folder_op()?;
        if let Ok(inode) = state.inode(path) {
            inode.content.clear();
            inode.durable.clear();
            inode.dirty.clear();
            return state.names.get(path).copied().ok_or_else(missing);
        }
        state.inodes.push(Inode::default());
        let inode = state.inodes.len() - 1;
        state.change(Change::Made(path.to_owned(), inode));
        Ok(inode)
    }

    fn write(&mut self, file: &mut usize, offset: u64, bytes: &[IoSlice<'_>]) -> io::Result<usize> {
        let mut state = self.state();
        let mut bytes: Vec<u8> = bytes.iter().flat_map(|slice| slice.iter().copied()).collect();
        let (len, error) = match state.fault(Op::Write(bytes.len())) {
            None => (bytes.len(), None),
            Some(Fault::Refused(kind)) => return Err(kind.into()),
            Some(Fault::Short(len)) => (len, None),
            Some(Fault::Half(len, kind)) => (len, Some(kind)),
        };
        bytes.truncate(len);
        let inode = state.inodes.get_mut(*file).ok_or_else(missing)?;
        let range = offset as usize..offset as usize + bytes.len();
        if inode.content.len() < range.end {
            inode.content.resize(range.end, 0);
        }
        if let Some(to) = inode.content.get_mut(range.clone()) {
            to.copy_from_slice(&bytes);
        }
        match inode.dirty.last_mut() {
            Some(last) if last.end == range.start => last.end = range.end,
            _ => inode.dirty.push(range),
        }
        error.map_or(Ok(bytes.len()), |kind| Err(kind.into()))
    }

    fn sync(&mut self, files: &mut [&mut usize]) -> Vec<io::Result<()>> {
        let mut state = self.state();
        let mut results = Vec::new();
        for file in files {
            let fault = state.fault(Op::Sync);
            let Some(inode) = state.inodes.get_mut(**file) else { continue };
            results.push(match fault {
                Some(Fault::Refused(kind)) => Err(kind.into()),
                Some(Fault::Half(_, kind)) => {
                    inode.dirty.clear();
                    Err(kind.into())
                }
                Some(Fault::Short(_)) | None => {
                    for range in inode.dirty.drain(..) {
                        if inode.durable.len() < range.end {
                            inode.durable.resize(range.end, 0);
                        }
                        if let (Some(to), Some(from)) =
                            (inode.durable.get_mut(range.clone()), inode.content.get(range))
                        {
                            to.copy_from_slice(from);
                        }
                    }
                    Ok(())
                }
            });
        }
        results
    }

    fn truncate(&mut self, path: &Path, len: u64) -> io::Result<()> {
        let mut state = self.state();
        state.folder_op()?;
        let inode = state.inode(path)?;
        inode.content.truncate(len as usize);
        inode.durable.clone_from(&inode.content);
        inode.dirty.clear();
        Ok(())
    }

    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.folder_op()?;
        let inode = *state.names.get(from).ok_or_else(missing)?;
        state.change(Change::Renamed(from.to_owned(), to.to_owned(), inode));
        Ok(())
    }

    fn remove(&mut self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.folder_op()?;
        if !state.names.contains_key(path) {
            return Err(missing());
        }
        state.change(Change::Removed(path.to_owned()));
        Ok(())
    }

    fn create_folder(&mut self, _path: &Path) -> io::Result<()> {
        self.state().folder_op()
    }

    fn sync_folder(&mut self, path: &Path) -> io::Result<()> {
        let mut state = self.state();
        state.folder_op()?;
        let State { names, durable, changes, .. } = &mut *state;
        changes.retain(|change| change.folder() != Some(path));
        durable.retain(|name, _| name.parent() != Some(path));
        durable.extend(
            names
                .iter()
                .filter(|(name, _)| name.parent() == Some(path))
                .map(|(name, inode)| (name.clone(), *inode)),
        );
        Ok(())
    }

    fn list(&mut self, path: &Path) -> io::Result<Vec<String>> {
        let state = self.state();
        let names = state.names.keys().filter(|name| name.parent() == Some(path));
        Ok(names.filter_map(|name| Some(name.file_name()?.to_str()?.to_owned())).collect())
    }

    fn len(&mut self, path: &Path) -> io::Result<u64> {
        Ok(self.state().inode(path)?.content.len() as u64)
    }

    fn read(&mut self, path: &Path, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        let mut state = self.state();
        let content = &state.inode(path)?.content;
        let rest = content.get(offset as usize..).unwrap_or_default();
        let len = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..len), rest.get(..len)) {
            to.copy_from_slice(from);
        }
        Ok(len)
    }

    fn open(&mut self, path: &Path) -> io::Result<Box<dyn io::Read + Send>> {
        Ok(Box::new(Cursor::new(self.state().inode(path)?.content.clone())))
    }
}
