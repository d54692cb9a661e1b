//! The storage plane's side of a snapshot in a folder: each shard's chunks become a part, all at the same time.
//!
//! ```text
//!   chunks of all shards ──► dealt out ─┬─► part 0: frames ─► sync ─┐
//!                                       └─► part 1: frames ─► sync ─┴─► manifest: temporary ─► sync ─► rename ─► old parts go
//! ```

use std::io;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Mutex, PoisonError};

use rdb::VERSION_PLAIN;

use super::AtOnce;
use super::file::{LOOK_EVERY, Target, Written};
use super::jobs::{Chunk, Job, Message};
use super::order::Order;
use crate::files::Files;
use crate::parts::{MANIFEST, Manifest, Part, folder_of, put_frames};

/// As [`super::write`], into a folder.
pub(super) fn write_folder(
    files: &dyn Files,
    at_once: AtOnce<'_>,
    target: &Target,
    job: &Job,
    chunks: Receiver<Message>,
) -> io::Result<Written> {
    let folder = target.folder.join(folder_of(&target.name));
    let names: Vec<String> =
        (0..target.shards).map(|shard| format!("{}.{shard}.part", target.number)).collect();
    let temporary = folder.join(format!("{MANIFEST}.{}.temporary", target.number));
    let result = write_parts(files, at_once, target, &folder, &names, job, chunks)
        .and_then(|written| finish(files, target, &folder, &names, &temporary, &written));
    if result.is_err() {
        job.failed.store(true, Ordering::Relaxed);
        // They may not even have been made.
        names.iter().for_each(|name| drop(files.remove(&folder.join(name))));
        let _ = files.remove(&temporary);
    }
    result
}

/// Writes the parts; says of each how long it is and which version it needs.
fn write_parts(
    files: &dyn Files,
    at_once: AtOnce<'_>,
    target: &Target,
    folder: &Path,
    names: &[String],
    job: &Job,
    chunks: Receiver<Message>,
) -> io::Result<Vec<Written>> {
    files.make_folder(folder)?;
    let results: Mutex<Vec<io::Result<Option<Written>>>> =
        Mutex::new(names.iter().map(|_| Ok(None)).collect());
    let (senders, receivers): (Vec<Sender<Chunk>>, Vec<Receiver<Chunk>>) =
        names.iter().map(|_| channel()).unzip();
    let mut works: Vec<super::Work<'_>> = Vec::new();
    for (shard, (name, own)) in names.iter().zip(receivers).enumerate() {
        let (results, path) = (&results, folder.join(name));
        works.push(Box::new(move || {
            let written = write_part(files, &path, target.compressed, job, &own);
            if written.is_err() {
                job.failed.store(true, Ordering::Relaxed);
            }
            let mut results = results.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(place) = results.get_mut(shard) {
                *place = written.map(Some);
            }
        }));
    }
    // Dealt out first of all: if things are done one after the other, parts wait for nothing when their turn comes.
    works.insert(0, Box::new(move || deal(target.shards, senders, job, &chunks)));
    at_once(works);
    let results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    // That of a part says more than that the others were given up.
    let mut written = Vec::new();
    let mut error = job.is_unwanted().then(|| io::Error::from(io::ErrorKind::Interrupted));
    for result in results {
        match result {
            Ok(Some(part)) => written.push(part),
            Ok(None) => {}
            Err(other) if other.kind() == io::ErrorKind::Interrupted => error = error.or(Some(other)),
            Err(other) => error = Some(other),
        }
    }
    match error {
        Some(error) => Err(error),
        None if written.len() != names.len() => Err(io::ErrorKind::BrokenPipe.into()),
        None => Ok(written),
    }
}

/// Gives each shard's chunks to its part until all shards have said all.
fn deal(shards: usize, parts: Vec<Sender<Chunk>>, job: &Job, chunks: &Receiver<Message>) {
    let mut left = shards;
    while left > 0 && !job.is_unwanted() {
        match chunks.recv_timeout(LOOK_EVERY) {
            Ok(Message::Chunk(chunk)) => {
                if let Some(part) = parts.get(usize::from(chunk.shard)) {
                    // Nobody receives only if the part has failed.
                    let _ = part.send(chunk);
                }
            }
            Ok(Message::Done) => left -= 1,
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                job.failed.store(true, Ordering::Relaxed);
            }
        }
    }
}

/// Writes one part, until nobody sends any more.
fn write_part(
    files: &dyn Files,
    path: &Path,
    compressed: bool,
    job: &Job,
    chunks: &Receiver<Chunk>,
) -> io::Result<Written> {
    let mut file = files.create(path)?;
    let mut whole = Written { bytes: 0, version: VERSION_PLAIN };
    let mut order = Order::default();
    for chunk in chunks {
        order.push(chunk);
        while let Some(chunk) = order.pop() {
            let room = chunk.bytes.len() / if compressed { 2 } else { 1 } + 64;
            let mut frames = Vec::with_capacity(room);
            put_frames(&mut frames, &chunk.bytes, compressed);
            whole.version = whole.version.max(chunk.version);
            whole.bytes += frames.len() as u64;
            let written = file.write(frames);
            chunk.in_flight_bytes.fetch_sub(chunk.bytes.len(), Ordering::Relaxed);
            written?;
        }
        if job.is_unwanted() {
            return Err(io::ErrorKind::Interrupted.into());
        }
    }
    if job.is_unwanted() {
        return Err(io::ErrorKind::Interrupted.into());
    }
    file.sync()?;
    Ok(whole)
}

/// Writes the manifest and removes what belonged to earlier snapshots.
fn finish(
    files: &dyn Files,
    target: &Target,
    folder: &Path,
    names: &[String],
    temporary: &Path,
    written: &[Written],
) -> io::Result<Written> {
    let parts = names.iter().zip(written).map(|(name, part)| Part { name: name.clone(), bytes: part.bytes });
    let manifest = Manifest {
        version: written.iter().map(|part| part.version).max().unwrap_or(VERSION_PLAIN),
        about: target.about.iter().map(|(name, text)| ((*name).to_owned(), text.clone())).collect(),
        parts: parts.collect(),
    };
    let text = manifest.to_text();
    let bytes = written.iter().map(|part| part.bytes).sum::<u64>() + text.len() as u64;
    // The names of the parts must be there before that of the manifest.
    files.sync_folder(folder)?;
    let mut file = files.create(temporary)?;
    file.write(text.into_bytes())?;
    file.sync()?;
    drop(file);
    files.rename(temporary, &folder.join(MANIFEST))?;
    files.sync_folder(folder)?;
    files.sync_folder(&target.folder)?;
    // The new snapshot is there, whatever becomes of the old one's files.
    for name in files.list(folder).unwrap_or_default() {
        let old = name.ends_with(".part") && !names.contains(&name);
        if old || (name.starts_with(MANIFEST) && name.ends_with(".temporary")) {
            let _ = files.remove(&folder.join(name));
        }
    }
    Ok(Written { bytes, version: manifest.version })
}
