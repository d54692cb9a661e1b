//! Loading the snapshot at the start, while cores run already and refuse most commands.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::SystemTime;

use frontend::Shared;
use persist::load::{FeedError, Loaded, SnapshotSource};
use persist::parts::{FrameReader, MANIFEST, Manifest, folder_of, overlap};
use persist::snapshot::Form;

use crate::control::Event;

/// What is loaded.
enum Source {
    /// One RDB file.
    File(File),
    /// A folder with parts, which are open.
    Folder(Manifest, Vec<File>),
}

/// Begins to load the snapshot, if there is one. That it cannot be loaded comes as an event.
///
/// # Errors
/// It is there but can't be opened.
pub(crate) fn begin(shared: &Arc<Shared>, events: &Sender<Event>) -> Result<(), String> {
    let (name, form) = {
        let config = shared.config();
        (config.snapshot_file(), config.snapshot_form())
    };
    let folder = folder_of(&name);
    let Some(form) = which(Path::new(&name), &folder.join(MANIFEST), form) else { return Ok(()) };
    let (name, source, bytes) = match form {
        Form::File => {
            let file = File::open(&name).map_err(|error| format!("can't open {name}: {error}"))?;
            let bytes = file.metadata().map_or(0, |metadata| metadata.len());
            (name, Source::File(file), bytes)
        }
        Form::Folder => {
            let (manifest, files) = open_folder(&folder)?;
            let bytes = manifest.parts.iter().map(|part| part.bytes).sum();
            (folder.display().to_string(), Source::Folder(manifest, files), bytes)
        }
    };
    shared.feed.begin(shared.stats.len(), bytes, sys::clock::realtime_ms());
    let (loading, events) = (Arc::clone(shared), events.clone());
    let task = move |now_ms: &dyn Fn() -> u64| {
        let began_ms = now_ms();
        let result = load(&loading, source).map_err(|error| match error {
            FeedError::Io(error) => format!("can't read {name}: {error}"),
            FeedError::File(error) => format!("can't load {name}: {error}; it is left as it is"),
        });
        let result = result.map(|loaded| {
            let took_ms = now_ms().saturating_sub(began_ms);
            tracing::info!(
                "{} keys loaded from {name} in {took_ms} ms, {} expired",
                loaded.keys,
                loaded.expired
            );
            loading.feed.end();
            loading.process.wake_all();
        });
        // Nobody listens only if the process ends anyway.
        let _ = events.send(Event::Loaded(result));
    };
    if shared.process.storage(Box::new(task)) { Ok(()) } else { Err("the storage thread is gone".into()) }
}

/// Which form of snapshot is to be loaded: that which is there; if both are, the younger one, since `snapshot-format` may have been
/// changed.
fn which(file: &Path, manifest: &Path, wanted: Form) -> Option<Form> {
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
fn open_folder(folder: &Path) -> Result<(Manifest, Vec<File>), String> {
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
    Ok((manifest, files))
}

/// Hands the snapshot out and waits until all cores have loaded it.
fn load(shared: &Arc<Shared>, source: Source) -> Result<Loaded, FeedError> {
    let (feed, shards) = (&shared.feed, shared.stats.len());
    let wake = || shared.process.wake_all();
    let (manifest, files) = match source {
        Source::File(file) => return feed.run(&mut SnapshotSource::new(file), wake),
        Source::Folder(manifest, files) => (manifest, files),
    };
    let (results, parts) = (channel(), manifest.parts.len());
    let mut works: Vec<persist::snapshot::Work<'_>> = Vec::new();
    for (number, (part, file)) in manifest.parts.iter().zip(files).enumerate() {
        let (result, version) = (results.0.clone(), manifest.version);
        works.push(Box::new(move || {
            let wants = |shard| overlap((number, parts), (shard, shards));
            // The receiver lives longer than this.
            let _ =
                result.send(feed.run_part(number, version, FrameReader::new(file, part.bytes), wants, wake));
        }));
    }
    shared.process.at_once(works);
    drop(results.0);
    results.1.into_iter().collect::<Result<(), _>>()?;
    feed.wait(wake)
}
