//! The disk as the log uses it, behind a trait so that tests can have it fail and lose power.

use std::fs;
use std::io::{self, IoSlice};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

mod memory;
mod plain;

pub use memory::{Fault, MemoryVolume, Op};
pub use plain::PlainFile;

/// A file that cores write themselves, besides the plane.
pub trait DirectFile: Send {
    /// Writes at an offset and says how many bytes were written, which may be fewer.
    ///
    /// # Errors
    /// What the system says; some bytes may have been written nevertheless.
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<usize>;
}

/// A file that cores write by their own loops, each write with its sync.
pub trait SyncedFile: Send + Sync {
    /// The system's file.
    fn handle(&self) -> Option<Arc<fs::File>>;

    /// By how much a write that makes the file longer is to make it longer still, with zeros, at most [`ROOM_BYTES`]: the next
    /// writes have no length to sync then.
    fn room_bytes(&self) -> usize {
        0
    }

    /// The same file past the page cache, which spares a copy and a thread of the kernel's, with what stands in its block before `end`;
    /// none if it can't be had. What is written then begins and ends with a [`BLOCK_BYTES`], in the file and in memory.
    fn in_blocks(&self, _end: u64) -> Option<InBlocks> {
        None
    }

    /// Writes at an offset and waits until that is on the disk; says how many bytes are, which may be fewer.
    ///
    /// # Errors
    /// What the system says; nothing is known of what is on the disk then.
    fn write_synced(&self, offset: u64, bytes: &[u8]) -> io::Result<usize>;
}

/// See [`SyncedFile::in_blocks`].
pub struct InBlocks {
    /// The file.
    pub file: Arc<dyn SyncedFile>,
    /// What is before the end in its block.
    pub tail: Vec<u8>,
}

/// What files past the page cache are written in: no disk wants more.
pub const BLOCK_BYTES: usize = 4096;

/// How much of a buffer is to be skipped so that the rest begins with a block. There must be a block more of it.
pub fn skip_to_block(buffer: &[u8]) -> usize {
    buffer.as_ptr().align_offset(BLOCK_BYTES).min(BLOCK_BYTES)
}

/// A file may be longer than what was written by so much, all zeros.
pub(super) const ROOM_BYTES: u64 = 4 * 1024 * 1024;

/// Folders and files.
pub trait Volume {
    /// A file that is being written.
    type File;

    /// The same file, for cores to write to; none if they can't.
    fn direct(&mut self, _file: &Self::File) -> Option<Box<dyn DirectFile>> {
        None
    }

    /// The same file, for cores that write and sync at once; none if they can't.
    fn synced(&mut self, _file: &Self::File) -> Option<Arc<dyn SyncedFile>> {
        None
    }

    /// Makes an empty file, over one of that name.
    ///
    /// # Errors
    /// What the system says.
    fn create(&mut self, path: &Path) -> io::Result<Self::File>;

    /// Tells that the file will be written up to here, and soon beyond: it may become longer, at most [`ROOM_BYTES`] more, which
    /// read as zeros, so that a sync has no length to write.
    fn make_room(&mut self, _file: &mut Self::File, _end: u64) {}

    /// Writes at an offset and says how many bytes were written, which may be fewer. What stands behind that offset is overwritten.
    ///
    /// # Errors
    /// What the system says; some bytes may have been written nevertheless.
    fn write(&mut self, file: &mut Self::File, offset: u64, bytes: &[IoSlice<'_>]) -> io::Result<usize>;

    /// Waits until all that was written to these files is on the disk; all at once, if it can. The results are in their order.
    fn sync(&mut self, files: &mut [&mut Self::File]) -> Vec<io::Result<()>>;

    /// Cuts a file, and waits until that is on the disk.
    ///
    /// # Errors
    /// What the system says.
    fn truncate(&mut self, path: &Path, len: u64) -> io::Result<()>;

    /// Gives a file another name, over one of that name.
    ///
    /// # Errors
    /// What the system says.
    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// What the system says.
    fn remove(&mut self, path: &Path) -> io::Result<()>;

    /// Makes a folder, and those above it, if they are not there.
    ///
    /// # Errors
    /// What the system says.
    fn create_folder(&mut self, path: &Path) -> io::Result<()>;

    /// Waits until a folder's names are on the disk.
    ///
    /// # Errors
    /// What the system says.
    fn sync_folder(&mut self, path: &Path) -> io::Result<()>;

    /// The names of a folder's files, sorted. None if there is no such folder.
    ///
    /// # Errors
    /// What the system says.
    fn list(&mut self, path: &Path) -> io::Result<Vec<String>>;

    /// The length of a file.
    ///
    /// # Errors
    /// What the system says.
    fn len(&mut self, path: &Path) -> io::Result<u64>;

    /// Reads from an offset until the buffer is full or the file ends, and says how much that was.
    ///
    /// # Errors
    /// What the system says.
    fn read(&mut self, path: &Path, offset: u64, buffer: &mut [u8]) -> io::Result<usize>;

    /// Opens a file to be read from its beginning.
    ///
    /// # Errors
    /// What the system says.
    fn open(&mut self, path: &Path) -> io::Result<Box<dyn io::Read + Send>>;
}

/// All of a small file.
///
/// # Errors
/// What the system says, or that it is longer than `max_bytes`.
pub fn read_all(volume: &mut impl Volume, path: &Path, max_bytes: usize) -> io::Result<Vec<u8>> {
    let len = volume.len(path)?;
    let len = usize::try_from(len).ok().filter(|&len| len <= max_bytes);
    let len = len.ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "the file is too long"))?;
    let mut bytes = vec![0; len];
    let read = volume.read(path, 0, &mut bytes)?;
    bytes.truncate(read);
    Ok(bytes)
}

/// The file system by plain calls, each of which blocks the thread.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlainVolume;

/// Reads from a file until the buffer is full or it ends.
fn read_full(file: &fs::File, mut offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    let mut len = 0;
    while let Some(rest) = buffer.get_mut(len..).filter(|rest| !rest.is_empty()) {
        match file.read_at(rest, offset) {
            Ok(0) => break,
            Ok(more) => {
                len += more;
                offset += more as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(len)
}
