//! The file system as the storage plane uses it, behind traits so that tests can have it fail.

use std::fs;
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

/// A file that is being written. What is written may reach the file later: an error shows then, in that call or a later one,
/// and in [`File::sync`] at the latest.
pub trait File: Send {
    /// Appends bytes.
    ///
    /// # Errors
    /// What the system says to this or to earlier bytes.
    fn write(&mut self, bytes: Vec<u8>) -> io::Result<()>;

    /// Writes over the first bytes, of which there must be as many; nothing is appended afterwards.
    ///
    /// # Errors
    /// What the system says.
    fn write_at_start(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Waits until all is on the disk; nothing is written afterwards.
    ///
    /// # Errors
    /// What the system says to anything that was written.
    fn sync(&mut self) -> io::Result<()>;
}

/// Folders and the files in them.
pub trait Files: Send + Sync {
    /// Makes an empty file, over one of that name.
    ///
    /// # Errors
    /// What the system says.
    fn create(&self, path: &Path) -> io::Result<Box<dyn File>>;

    /// Gives a file another name, over one of that name.
    ///
    /// # Errors
    /// What the system says.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Removes a file.
    ///
    /// # Errors
    /// What the system says.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes a folder, if it is not there.
    ///
    /// # Errors
    /// What the system says.
    fn make_folder(&self, path: &Path) -> io::Result<()>;

    /// The names in a folder.
    ///
    /// # Errors
    /// What the system says.
    fn list(&self, path: &Path) -> io::Result<Vec<String>>;

    /// Waits until a folder's names are on the disk.
    ///
    /// # Errors
    /// What the system says.
    fn sync_folder(&self, path: &Path) -> io::Result<()>;
}

/// The file system by plain calls, each of which blocks the thread.
#[derive(Clone, Copy, Debug, Default)]
pub struct PlainFiles;

impl File for fs::File {
    fn write(&mut self, bytes: Vec<u8>) -> io::Result<()> {
        self.write_all(&bytes)
    }

    fn write_at_start(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.seek(SeekFrom::Start(0))?;
        self.write_all(bytes)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_all()
    }
}

impl Files for PlainFiles {
    fn create(&self, path: &Path) -> io::Result<Box<dyn File>> {
        Ok(Box::new(fs::File::create(path)?))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fs::rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        fs::remove_file(path)
    }

    fn make_folder(&self, path: &Path) -> io::Result<()> {
        fs::create_dir_all(path)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        fs::read_dir(path)?.map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned())).collect()
    }

    fn sync_folder(&self, path: &Path) -> io::Result<()> {
        fs::File::open(path)?.sync_all()
    }
}
