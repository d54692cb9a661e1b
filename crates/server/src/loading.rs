//! Loading at the start, while cores run already and refuse most commands: the append-only log if it is on, else the snapshot.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::Sender;

use frontend::process::{Load, Stored};
use frontend::{Across, Shared};
use persist::load::{FeedError, Loaded, SnapshotSource, Source};
use persist::log::{
    LogSource, Manifest, Opening, PlainVolume, Torn, Volume, last_number, parse_foreign, read_manifest,
    recover,
};
use persist::parts::{MANIFEST, folder_of};
use persist::snapshot::Form;

use crate::control::Event;
use crate::loading_parts::{open_folder, which};

/// How to load something: returns what was loaded, and its name.
type Loading = Box<dyn FnOnce(&Shared, usize) -> Result<(Loaded, String), String> + Send>;

/// What is opened to be loaded: its length, and how to go on.
type Opened = (u64, Loading);

/// Begins to load what there is. That it cannot be loaded comes as an event.
///
/// # Errors
/// It is there but can't be opened.
pub(crate) fn begin(shared: &Arc<Shared>, events: &Sender<Event>) -> Result<(), String> {
    let (logs, policy) = {
        let config = shared.config();
        (config.logs(), config.sync_policy())
    };
    shared.logs.set_policy(policy);
    let opened = if logs { open_log(shared, true)? } else { open_snapshot(shared)? };
    match opened {
        Some(opened) => in_background(shared, events, opened),
        None if logs => begin_empty_log(shared),
        None => Ok(()),
    }
}

/// Opens what is stored to load it again, and has cores ask for it.
///
/// # Errors
/// It is not there, or can't be opened.
pub(crate) fn again(shared: &Arc<Shared>, stored: Stored) -> Result<Load, String> {
    let opened = match stored {
        Stored::Snapshot => open_snapshot(shared)?,
        Stored::Log => open_log(shared, false)?,
    };
    let (bytes, load) = opened.ok_or("there is nothing to load")?;
    let shards = shared.stats.len();
    shared.feed.begin(shards, bytes, sys::clock::realtime_ms());
    Ok(Box::new(move |shared| {
        let loaded = load(shared, shards);
        shared.feed.end();
        shared.process.wake_all();
        let (loaded, name) = loaded?;
        tracing::info!("{} keys loaded again from {name}", loaded.keys);
        Ok(())
    }))
}

fn open_snapshot(shared: &Shared) -> Result<Option<Opened>, String> {
    let (name, form) = {
        let config = shared.config();
        (config.snapshot_file(), config.snapshot_form())
    };
    let folder = folder_of(&name);
    match which(Path::new(&name), &folder.join(MANIFEST), form) {
        None => Ok(None),
        Some(Form::File) => {
            let file = File::open(&name).map_err(|error| format!("can't open {name}: {error}"))?;
            let bytes = file.metadata().map_or(0, |metadata| metadata.len());
            let load: Loading = Box::new(move |shared, _| {
                let loaded = feed(shared, &mut SnapshotSource::new(file), &name)?;
                shared.set_unsaved(0);
                Ok((loaded, name))
            });
            Ok(Some((bytes, load)))
        }
        Some(Form::Folder) => {
            let parts = open_folder(&folder)?;
            let bytes = parts.bytes();
            let load: Loading = Box::new(move |shared, shards| {
                let name = folder.display().to_string();
                let loaded = parts.load(shared, shards).map_err(|error| in_words(error, &name))?;
                shared.set_unsaved(0);
                Ok((loaded, name))
            });
            Ok(Some((bytes, load)))
        }
    }
}

/// The log. `goes_on`: what happens from now on is written behind it.
fn open_log(shared: &Shared, goes_on: bool) -> Result<Option<Opened>, String> {
    let (folder, name) = shared.config().log_place();
    let mut volume = PlainVolume;
    let mut found = read_manifest(&mut volume, &folder, &name).map_err(|error| error.to_string())?;
    if found.is_none() && goes_on && adopt(&mut volume, &folder, &name)? {
        found = read_manifest(&mut volume, &folder, &name).map_err(|error| error.to_string())?;
    }
    let manifest = match found {
        Some(Ok(manifest)) => manifest,
        Some(Err(foreign)) => {
            tracing::info!(
                "{} holds the append-only files of Redis or Valkey: importing them",
                folder.display()
            );
            let manifest = parse_foreign(&foreign)
                .map_err(|what| format!("the manifest in {}: {what}", folder.display()))?;
            fetch_adopted(&mut volume, &folder, &name, &manifest)?;
            manifest
        }
        None => return Ok(None),
    };
    let bytes = manifest.files(&name).iter().map(|file| volume.len(&folder.join(file)).unwrap_or(0)).sum();
    let load: Loading =
        Box::new(move |shared, shards| load_log(shared, shards, folder, name, manifest, goes_on));
    Ok(Some((bytes, load)))
}

/// Gives the one append-only file of a Redis before version 7 a manifest, as Redis 7 does, if there is such a file in the working folder.
/// The file moves into the folder of the log when it has one.
fn adopt(volume: &mut PlainVolume, folder: &Path, name: &str) -> Result<bool, String> {
    if !Path::new(name).is_file() {
        return Ok(false);
    }
    let failed = |error: std::io::Error| format!("can't import {name}: {error}");
    let path = folder.join(persist::log::manifest_name(name));
    let temporary = folder.join("temp-adopted");
    let quoted: String = name
        .chars()
        .flat_map(|letter| match letter {
            '"' | '\\' => vec!['\\', letter],
            _ => vec![letter],
        })
        .collect();
    let write = |volume: &mut PlainVolume| {
        volume.create_folder(folder)?;
        std::fs::write(&temporary, format!("file \"{quoted}\" seq 1 type b\n"))?;
        File::open(&temporary)?.sync_all()?;
        volume.rename(&temporary, &path)?;
        volume.sync_folder(folder)
    };
    write(volume).map_err(failed)?;
    tracing::info!(
        "{name} is an append-only file of Redis before version 7: it moves to {}",
        folder.display()
    );
    Ok(true)
}

/// Moves the file that was given a manifest into its folder, unless that was done before.
fn fetch_adopted(
    volume: &mut PlainVolume,
    folder: &Path,
    name: &str,
    manifest: &Manifest,
) -> Result<(), String> {
    let (from, to) = (Path::new(name), folder.join(name));
    if manifest.imported.iter().any(|file| file == name) && !to.exists() && from.is_file() {
        let moved = volume.rename(from, &to).and_then(|()| volume.sync_folder(folder));
        moved.map_err(|error| format!("can't move {name} to {}: {error}", folder.display()))?;
    }
    Ok(())
}

/// There is no log yet.
fn begin_empty_log(shared: &Shared) -> Result<(), String> {
    let (folder, name) = shared.config().log_place();
    if Path::new(&shared.config().snapshot_file()).exists() {
        tracing::warn!(
            "appendonly is on and there is no log yet: starting empty, the snapshot is not loaded"
        );
    }
    let after = last_number(&mut PlainVolume, &folder, &name)
        .map_err(|error| format!("can't read {}: {error}", folder.display()))?;
    shared.logs.open(Opening { folder, name, manifest: Manifest::default(), after, whole: true });
    Ok(())
}

/// Recovers the log, loads it and goes on with it.
fn load_log(
    shared: &Shared,
    shards: usize,
    folder: PathBuf,
    name: String,
    manifest: Manifest,
    goes_on: bool,
) -> Result<(Loaded, String), String> {
    let torn = match shared.config().loads_torn_logs() {
        // Its files are in use.
        _ if !goes_on => Torn::Refuse,
        true => Torn::Cut,
        false => Torn::Refuse,
    };
    let place = folder.join(&name).display().to_string();
    let failed = |error: &dyn std::fmt::Display| format!("can't load the append-only log: {error}");
    let mut recovered =
        recover(&mut PlainVolume, &folder, &name, manifest, torn).map_err(|error| failed(&error))?;
    // These are never cut.
    recovered.torn_imports = shared.config().loads_torn_logs();
    for cut in &recovered.cuts {
        tracing::warn!("the append-only log was not complete: {cut}");
    }
    let mut source =
        LogSource::new(PlainVolume, &folder, &name, &recovered, shards).map_err(|error| failed(&error))?;
    let loaded = if recovered.manifest.imported.is_empty() {
        feed(shared, &mut source, &place)?
    } else {
        feed(shared, &mut Across::new(&mut source, shared), &place)?
    };
    tracing::info!("{} frames of the append-only log were run", recovered.frames);
    if goes_on {
        let (manifest, after) = (recovered.manifest, recovered.after);
        shared.logs.open(Opening { folder, name, manifest, after, whole: true });
    }
    Ok((loaded, place))
}

fn feed(shared: &Shared, source: &mut dyn Source, name: &str) -> Result<Loaded, String> {
    shared.feed.run(source, || shared.process.wake_all()).map_err(|error| in_words(error, name))
}

fn in_words(error: FeedError, name: &str) -> String {
    match error {
        FeedError::Io(error) => format!("can't read {name}: {error}"),
        FeedError::File(error) => format!("can't load {name}: {error}; it is left as it is"),
    }
}

/// Has the storage thread load, and say what was loaded out of what.
fn in_background(shared: &Arc<Shared>, events: &Sender<Event>, (bytes, load): Opened) -> Result<(), String> {
    let shards = shared.stats.len();
    shared.feed.begin(shards, bytes, sys::clock::realtime_ms());
    let (loading, events) = (Arc::clone(shared), events.clone());
    let task = move |now_ms: &dyn Fn() -> u64| {
        let began_ms = now_ms();
        let result = load(&loading, shards).map(|(loaded, name)| {
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
