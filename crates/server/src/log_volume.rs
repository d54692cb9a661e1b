//! The disk of the log: plain calls, and files synced at the same time by helpers, so that several shards cost one another nothing.

use std::fs::File;
use std::io::{self, IoSlice};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use persist::log::volume::{DirectFile, PlainFile, SyncedFile};
use persist::log::{PlainVolume, Volume};

/// Files that are synced at once, at most: what disks do at once, and threads that are hardly felt.
const AT_ONCE_MAX: usize = 8;

/// A file to sync, and whom to tell.
type Work = (Arc<File>, usize, Sender<(usize, io::Result<()>)>);

/// See the module page. Helpers are started when they are needed first, and end with it.
#[derive(Default)]
pub(crate) struct LogVolume {
    plain: PlainVolume,
    helpers: Vec<Sender<Work>>,
}

fn help(works: Receiver<Work>) {
    for (file, number, tell) in works {
        // Whoever asked waits for it.
        let _ = tell.send((number, file.sync_data()));
    }
}

impl LogVolume {
    /// So many helpers, or as many as can be had.
    fn want_helpers(&mut self, count: usize) {
        while self.helpers.len() < count {
            let (sender, works) = channel();
            let name = format!("log-sync-{}", self.helpers.len());
            if std::thread::Builder::new().name(name).spawn(move || help(works)).is_err() {
                return;
            }
            self.helpers.push(sender);
        }
    }
}

impl Volume for LogVolume {
    type File = PlainFile;

    /// The files are dealt out to the helpers and this thread, which does its share and then waits for theirs.
    fn sync(&mut self, files: &mut [&mut PlainFile]) -> Vec<io::Result<()>> {
        self.want_helpers(files.len().min(AT_ONCE_MAX).saturating_sub(1));
        let mut results: Vec<io::Result<()>> =
            files.iter().map(|_| Err(io::ErrorKind::Other.into())).collect();
        let (tell, told) = channel();
        let mut own = Vec::new();
        for (number, file) in files.iter().enumerate() {
            let helper = self.helpers.get(number % (self.helpers.len() + 1));
            let work = (file.handle(), number, tell.clone());
            match helper.map(|helper| helper.send(work)) {
                Some(Ok(())) => {}
                _ => own.push(number),
            }
        }
        drop(tell);
        for number in own {
            if let (Some(file), Some(result)) = (files.get(number), results.get_mut(number)) {
                *result = file.handle().sync_data();
            }
        }
        for (number, result) in told {
            if let Some(place) = results.get_mut(number) {
                *place = result;
            }
        }
        results
    }

    fn create(&mut self, path: &Path) -> io::Result<PlainFile> {
        self.plain.create(path)
    }

    fn direct(&mut self, file: &PlainFile) -> Option<Box<dyn DirectFile>> {
        self.plain.direct(file)
    }

    fn synced(&mut self, file: &PlainFile) -> Option<Arc<dyn SyncedFile>> {
        self.plain.synced(file)
    }

    fn make_room(&mut self, file: &mut PlainFile, end: u64) {
        self.plain.make_room(file, end);
    }

    fn write(&mut self, file: &mut PlainFile, offset: u64, bytes: &[IoSlice<'_>]) -> io::Result<usize> {
        self.plain.write(file, offset, bytes)
    }

    fn truncate(&mut self, path: &Path, len: u64) -> io::Result<()> {
        self.plain.truncate(path, len)
    }

    fn rename(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        self.plain.rename(from, to)
    }

    fn remove(&mut self, path: &Path) -> io::Result<()> {
        self.plain.remove(path)
    }

    fn create_folder(&mut self, path: &Path) -> io::Result<()> {
        self.plain.create_folder(path)
    }

    fn sync_folder(&mut self, path: &Path) -> io::Result<()> {
        self.plain.sync_folder(path)
    }

    fn list(&mut self, path: &Path) -> io::Result<Vec<String>> {
        self.plain.list(path)
    }

    fn open(&mut self, path: &Path) -> io::Result<Box<dyn io::Read + Send>> {
        self.plain.open(path)
    }

    fn len(&mut self, path: &Path) -> io::Result<u64> {
        self.plain.len(path)
    }

    fn read(&mut self, path: &Path, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
        self.plain.read(path, offset, buffer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_files_is_synced() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut volume = LogVolume::default();
        for count in [0, 1, 3, 20] {
            let create =
                |number| volume.plain.create(&folder.path().join(format!("{number}"))).expect("made");
            let mut files: Vec<PlainFile> = (0..count).map(create).collect();
            let results = volume.sync(&mut files.iter_mut().collect::<Vec<_>>());
            assert_eq!(results.len(), count);
            assert!(results.iter().all(Result::is_ok));
            assert!(volume.helpers.len() < AT_ONCE_MAX);
        }
    }
}
