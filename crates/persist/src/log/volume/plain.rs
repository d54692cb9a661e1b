//! The file system by plain calls.

use std::fs;
use std::io::{self, IoSlice, Seek, SeekFrom, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;

use super::{BLOCK_BYTES, DirectFile, InBlocks, PlainVolume, SyncedFile, Volume, read_full, skip_to_block};

/// How much room is made at a time.
const ROOM_STEP_BYTES: usize = 64 * 1024;
/// The same for cores that write by themselves.
const SYNCED_ROOM_BYTES: usize = 256 * 1024;

/// A file, and where the system will write next.
#[derive(Debug)]
pub struct PlainFile {
    file: Arc<fs::File>,
    at: u64,
    /// Up to here the file is zeros behind what was written: then a sync writes data and no metadata, which takes about half the time.
    room: u64,
}

impl PlainFile {
    /// The file, to be synced elsewhere.
    pub fn handle(&self) -> Arc<fs::File> {
        Arc::clone(&self.file)
    }
}

struct PlainDirect(PlainFile);

impl DirectFile for PlainDirect {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<usize> {
        PlainVolume.make_room(&mut self.0, offset + bytes.len() as u64);
        FileExt::write_at(&*self.0.file, bytes, offset)
    }
}

struct PlainSynced(Arc<fs::File>);

/// The system's number for files past the page cache.
const O_DIRECT: i32 = rustix::fs::OFlags::DIRECT.bits() as i32;

impl SyncedFile for PlainSynced {
    fn in_blocks(&self, end: u64) -> Option<InBlocks> {
        // Whatever its name is by now.
        let path = format!("/proc/self/fd/{}", self.0.as_raw_fd());
        let file = fs::OpenOptions::new().read(true).write(true).custom_flags(O_DIRECT).open(path).ok()?;
        let len = (end % BLOCK_BYTES as u64) as usize;
        let mut block = vec![0; 2 * BLOCK_BYTES];
        let skip = skip_to_block(&block);
        let block = block.get_mut(skip..skip + BLOCK_BYTES)?;
        let read = FileExt::read_at(&file, block, end - len as u64).ok()?;
        let tail = block.get(..len).filter(|_| read >= len)?.to_vec();
        Some(InBlocks { file: Arc::new(PlainSynced(Arc::new(file))), tail })
    }

    fn room_bytes(&self) -> usize {
        SYNCED_ROOM_BYTES
    }

    fn handle(&self) -> Option<Arc<fs::File>> {
        Some(Arc::clone(&self.0))
    }

    fn write_synced(&self, offset: u64, bytes: &[u8]) -> io::Result<usize> {
        let len = FileExt::write_at(&*self.0, bytes, offset)?;
        self.0.sync_data().map(|()| len)
    }
}

impl Volume for PlainVolume {
    type File = PlainFile;

    fn synced(&mut self, file: &PlainFile) -> Option<Arc<dyn SyncedFile>> {
        Some(Arc::new(PlainSynced(file.handle())))
    }

    fn direct(&mut self, file: &PlainFile) -> Option<Box<dyn DirectFile>> {
        Some(Box::new(PlainDirect(PlainFile { file: file.handle(), at: 0, room: 0 })))
    }

    fn create(&mut self, path: &Path) -> io::Result<PlainFile> {
        Ok(PlainFile { file: Arc::new(fs::File::create(path)?), at: 0, room: 0 })
    }

    fn make_room(&mut self, file: &mut PlainFile, end: u64) {
        if end > file.room {
            // Where it can't be had, the file grows with each write.
            let made = FileExt::write_at(&*file.file, &[0; ROOM_STEP_BYTES], end).unwrap_or(0);
            file.room = end + made as u64;
        }
    }

    fn write(&mut self, file: &mut PlainFile, offset: u64, bytes: &[IoSlice<'_>]) -> io::Result<usize> {
        if file.at != offset {
            file.at = u64::MAX;
            file.at = (&*file.file).seek(SeekFrom::Start(offset))?;
        }
        match (&*file.file).write_vectored(bytes) {
            Ok(len) => {
                file.at += len as u64;
                Ok(len)
            }
            Err(error) => {
                file.at = u64::MAX;
                Err(error)
            }
        }
    }

    fn sync(&mut self, files: &mut [&mut PlainFile]) -> Vec<io::Result<()>> {
        files.iter().map(|file| file.file.sync_data()).collect()
    }

    fn truncate(&mut self, path: &Path, len: u64) -> io::Result<()> {
        let file = fs::OpenOptions::new().write(true).open(path)?;
        file.set_len(len)?;
        file.sync_all()
    }

    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&mut self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn create_folder(&mut self, path: &Path) -> io::Result<()> {
        fs::create_dir_all(path)
    }

    fn sync_folder(&mut self, path: &Path) -> io::Result<()> {
        fs::File::open(path)?.sync_all()
    }

    fn list(&mut self, path: &Path) -> io::Result<Vec<String>> {
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut names = Vec::new();
        for entry in entries {
            names.extend(entry?.file_name().into_string());
        }
        names.sort();
        Ok(names)
    }

    fn len(&mut self, path: &Path) -> io::Result<u64> {
        Ok(fs::metadata(path)?.len())
    }

    fn read(&mut self, path: &Path, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        read_full(&fs::File::open(path)?, offset, buffer)
    }

    fn open(&mut self, path: &Path) -> io::Result<Box<dyn io::Read + Send>> {
        Ok(Box::new(fs::File::open(path)?))
    }
}
