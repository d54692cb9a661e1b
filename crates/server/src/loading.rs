//! Loading the snapshot at the start, while cores run already and refuse most commands.

use std::fs::File;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::Sender;

use frontend::Shared;
use persist::load::{FeedError, SnapshotSource};

use crate::control::Event;

/// Begins to load the file of snapshots, if there is one. That it cannot be loaded comes as an event.
///
/// # Errors
/// The file is there but can't be opened.
pub(crate) fn begin(shared: &Arc<Shared>, events: &Sender<Event>) -> Result<(), String> {
    let name = shared.config().snapshot_file();
    let file = match File::open(&name) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(format!("can't open {name}: {error}")),
    };
    let bytes = file.metadata().map_or(0, |metadata| metadata.len());
    shared.feed.begin(shared.stats.len(), bytes, sys::clock::realtime_ms());
    let (loading, events) = (Arc::clone(shared), events.clone());
    let task = move |now_ms: &dyn Fn() -> u64| {
        let began_ms = now_ms();
        let result = loading.feed.run(&mut SnapshotSource::new(file), || loading.process.wake_all());
        let result = result.map_err(|error| match error {
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
