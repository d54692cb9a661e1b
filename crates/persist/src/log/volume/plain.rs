//! The file system by plain calls.

use std::fs;
use std::io::{self, IoSlice, Seek, SeekFrom, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

use rustix::fs::{FallocateFlags, fallocate};

use super::{DirectFile, PlainVolume, ROOM_BYTES, Volume, read_full};

/// A file, and where the system will write next.
#[derive(Debug)]
pub struct PlainFile {
    file: Arc<fs::File>,
    at: u64,
    /// Up to here the file system has room for the file, which is so long already: then a sync writes data and no metadata, which
    /// takes about half the time.
    room: u64,
}

impl PlainFile {
    /// The file, to be synced elsewhere.
    pub fn handle(&self) -> Arc<fs::File> {
        Arc::clone(&self.file)
    }
}

impl DirectFile for Arc<fs::File> {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<usize> {
        FileExt::write_at(&**self, bytes, offset)
    }
}

impl Volume for PlainVolume {
    type File = PlainFile;

    fn direct(&mut self, file: &PlainFile) -> Option<Box<dyn DirectFile>> {
        Some(Box::new(file.handle()))
    }

    fn create(&mut self, path: &Path) -> io::Result<PlainFile> {
        Ok(PlainFile { file: Arc::new(fs::File::create(path)?), at: 0, room: 0 })
    }

    fn make_room(&mut self, file: &mut PlainFile, end: u64) {
        if end > file.room {
            let room = (end / ROOM_BYTES + 1) * ROOM_BYTES;
            let made = fallocate(&*file.file, FallocateFlags::empty(), file.room, room - file.room);
            // Where it can't be had, the file grows with each write.
            file.room = if made.is_ok() { room } else { u64::MAX };
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
