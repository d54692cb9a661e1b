//! Snapshots in folders, as they are loaded at the start.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::channel;
use std::time::SystemTime;

use frontend::Shared;
use persist::load::{FeedError, Loaded};
use persist::parts::{FrameReader, MANIFEST, Manifest, overlap};
use persist::snapshot::{Form, Work};

/// A snapshot in a folder, whose parts are open.
pub(crate) struct Parts {
    manifest: Manifest,
    files: Vec<File>,
}

/// Which form of snapshot is to be loaded: that which is there; if both are, the younger one, since `snapshot-format` may have been
/// changed.
pub(crate) fn which(file: &Path, manifest: &Path, wanted: Form) -> Option<Form> {
    // What cannot be looked at is there: opening it will say what is wrong.
    let changed = |path: &Path| match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        metadata => Some(metadata.and_then(|it| it.modified()).unwrap_or(SystemTime::UNIX_EPOCH)),
    };
    let found = match (changed(file), changed(manifest)) {
        (None, None) => return None,
        (Some(_), None) => Form::File,
        (None, Some(_)) => Form::Folder,
        (Some(file), Some(folder)) if file == folder => wanted,
        (Some(file), Some(folder)) => {
            if file > folder {
                Form::File
            } else {
                Form::Folder
            }
        }
    };
    if found != wanted && changed(file).is_some() && changed(manifest).is_some() {
        tracing::warn!(
            "there are two snapshots, {} and {}: the younger one is loaded, though it does not look as \
             snapshot-format says",
            file.display(),
            manifest.display()
        );
    }
    Some(found)
}

/// Reads the manifest of a folder and opens its parts, which must be as long as it says.
pub(crate) fn open_folder(folder: &Path) -> Result<Parts, String> {
    let path = folder.join(MANIFEST);
    let text =
        fs::read_to_string(&path).map_err(|error| format!("can't read {}: {error}", path.display()))?;
    let manifest =
        Manifest::parse(&text).map_err(|error| format!("can't load {}: {error}", path.display()))?;
    let mut files = Vec::new();
    for part in &manifest.parts {
        let path: PathBuf = folder.join(&part.name);
        let file = File::open(&path).map_err(|error| format!("can't open {}: {error}", path.display()))?;
        let bytes = file.metadata().map_or(0, |metadata| metadata.len());
        if bytes != part.bytes {
            let (path, whole) = (path.display(), part.bytes);
            return Err(format!("can't load {path}: it ends at byte {bytes}, and should at byte {whole}"));
        }
        files.push(file);
    }
    Ok(Parts { manifest, files })
}

impl Parts {
    /// Length of all together.
    pub(crate) fn bytes(&self) -> u64 {
        self.manifest.parts.iter().map(|part| part.bytes).sum()
    }

    /// Hands the parts out, all at the same time, and waits until all cores have loaded what is theirs.
    pub(crate) fn load(self, shared: &Shared, shards: usize) -> Result<Loaded, FeedError> {
        let (feed, manifest) = (&shared.feed, &self.manifest);
        let wake = || shared.process.wake_all();
        let ((sender, results), count) = (channel(), manifest.parts.len());
        let mut works: Vec<Work<'_>> = Vec::new();
        for (number, (part, file)) in manifest.parts.iter().zip(self.files).enumerate() {
            let (sender, version) = (sender.clone(), manifest.version);
            works.push(Box::new(move || {
                let wants = |shard| overlap((number, count), (shard, shards));
                let frames = FrameReader::new(file, part.bytes);
                // The receiver lives longer than this.
                let _ = sender.send(feed.run_part(number, version, frames, wants, wake));
            }));
        }
        shared.process.at_once(works);
        drop(sender);
        results.into_iter().collect::<Result<(), _>>()?;
        feed.wait(wake)
    }
}
