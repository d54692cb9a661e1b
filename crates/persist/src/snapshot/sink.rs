//! A shard's side of a snapshot: keys become stretches of the file.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rdb::VERSION_PLAIN;
use rdb::write::{Style, put_key, put_select_db, type_byte};
use store::{Item, Shard, Sink, Sinks};

use super::jobs::{Chunk, Job, Jobs, Message};
use crate::value::{form_of, put_value};

/// A chunk is sent when it is at least this long: long enough for the disk, short enough to be made in a slice.
const CHUNK_MIN_BYTES: usize = 256 * 1024;
/// While so much of all shards is on its way to the disk, walks wait. What changes of keys add meanwhile does not.
const IN_FLIGHT_MAX_BYTES: usize = 8 * 1024 * 1024;
/// The share of a shard, however many there are.
const IN_FLIGHT_SHARD_MIN_BYTES: usize = 2 * CHUNK_MIN_BYTES;

/// The sinks of a shard.
pub(super) struct ShardSinks {
    pub(super) jobs: Arc<Jobs>,
    pub(super) shard: u16,
    pub(super) shards: u16,
}

impl Sinks for ShardSinks {
    fn begin(&mut self, shard: &Shard) -> Option<Box<dyn Sink>> {
        let job = self.jobs.current().filter(|job| !job.is_unwanted())?;
        job.dirty.fetch_add(shard.stats().dirty, Ordering::Relaxed);
        let style = Style::new(job.compressed);
        let share = IN_FLIGHT_MAX_BYTES / usize::from(self.shards.max(1));
        Some(Box::new(ShardSink {
            job,
            shard: self.shard,
            in_flight_bytes: Arc::default(),
            in_flight_max_bytes: share.max(IN_FLIGHT_SHARD_MIN_BYTES),
            style,
            out: Vec::new(),
            db: None,
            version: VERSION_PLAIN,
        }))
    }
}

struct ShardSink {
    job: Arc<Job>,
    shard: u16,
    /// Bytes of chunks that are not written yet, and how many there may be.
    in_flight_bytes: Arc<AtomicUsize>,
    in_flight_max_bytes: usize,
    style: Style,
    out: Vec<u8>,
    /// The database that the chunk has said last.
    db: Option<usize>,
    /// The version of the format that the chunk needs.
    version: u32,
}

impl ShardSink {
    fn send(&mut self) {
        let bytes = std::mem::take(&mut self.out);
        self.in_flight_bytes.fetch_add(bytes.len(), Ordering::Relaxed);
        self.db = None;
        let version = std::mem::replace(&mut self.version, VERSION_PLAIN);
        let in_flight_bytes = Arc::clone(&self.in_flight_bytes);
        // Nobody receives only if the snapshot has failed.
        let _ = self.job.sender.send(Message::Chunk(Chunk {
            shard: self.shard,
            bytes,
            version,
            in_flight_bytes,
        }));
    }
}

impl Sink for ShardSink {
    fn item(&mut self, db: usize, item: Item<'_>) {
        if self.db != Some(db) {
            self.db = Some(db);
            put_select_db(&mut self.out, db as u64);
        }
        let value = item.value();
        let form = form_of(value);
        put_key(&mut self.out, form, item.key(), item.expiry_ms(), &mut self.style);
        put_value(&mut self.out, value, &mut self.style);
        self.version = self.version.max(type_byte(form).1);
        if self.out.len() >= CHUNK_MIN_BYTES {
            self.send();
        }
    }

    fn has_room(&self) -> bool {
        self.in_flight_bytes.load(Ordering::Relaxed) < self.in_flight_max_bytes
    }

    fn is_cancelled(&self) -> bool {
        self.job.is_unwanted()
    }

    fn finish(&mut self) {
        if !self.out.is_empty() {
            self.send();
        }
        let _ = self.job.sender.send(Message::Done);
    }
}
