//! A shard's side of a snapshot: keys become stretches of the file.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use rdb::Text;
use rdb::VERSION_PLAIN;
use rdb::write::{Style, put_array_head, put_key, put_len, put_score, put_select_db, put_text, type_byte};
use store::{Item, Shard, Sink, Sinks, Value, WholeView};

use super::jobs::{Chunk, Job, Jobs, Message, Place};
use crate::value::{StreamWriter, form_of, put_field, put_hash_head, put_items, put_value, text};

/// A chunk is sent when it is at least this long: long enough for the disk, short enough to be made in a slice.
const CHUNK_MIN_BYTES: usize = 256 * 1024;
/// While so much of all shards is on its way to the disk, walks wait. What changes of keys add meanwhile does not.
const IN_FLIGHT_MAX_BYTES: usize = 8 * 1024 * 1024;
/// The share of a shard, however many there are.
const IN_FLIGHT_SHARD_MIN_BYTES: usize = 2 * CHUNK_MIN_BYTES;

/// A collection of more bytes than this is written bit by bit: less takes some hundred microseconds.
const VIEW_MIN_BYTES: usize = 128 * 1024;
/// A piece of such a one is about this long, which takes some hundred microseconds.
const PIECE_BYTES: usize = 64 * 1024;
/// Parts of a view that are let go of at once: some hundred microseconds, if nobody else has them.
const FREE_PARTS: usize = 1024;

/// The sinks of a shard.
pub(super) struct ShardSinks {
    pub(super) jobs: Arc<Jobs>,
    pub(super) shard: u16,
    pub(super) shards: u16,
}

impl Sinks for ShardSinks {
    fn begin(&mut self, shard: &Shard, number: u64) -> Option<Box<dyn Sink>> {
        // The cut of a snapshot that has failed meanwhile is not that of the next one, which has its own.
        let job = self.jobs.current().filter(|job| job.number == number && !job.is_unwanted())?;
        job.dirty.fetch_add(shard.stats().dirty, Ordering::Relaxed);
        let style = Style::new(job.compressed);
        let share = IN_FLIGHT_MAX_BYTES / usize::from(self.shards.max(1));
        Some(Box::new(ShardSink {
            bigs: VecDeque::new(),
            written: Vec::new(),
            pieces_bytes: Arc::default(),
            inside: false,
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

/// A big value that is being written bit by bit, as it was at the cut.
struct Big {
    /// What stands before its elements.
    head: Vec<u8>,
    version: u32,
    view: WholeView,
    progress: Progress,
}

/// How far a value is written whose view does not know that.
#[derive(Default)]
struct Progress {
    stream: StreamWriter,
    /// Where in an array to go on.
    index: u64,
}

struct ShardSink {
    bigs: VecDeque<Big>,
    /// Views of values that are written, or that nobody wants any more: what they hold may be a lot, if it has changed since.
    written: Vec<WholeView>,
    /// Bytes of pieces of big values that are not written yet. They have room of their own: what waits for the end of a value must not
    /// keep it from ending.
    pieces_bytes: Arc<AtomicUsize>,
    /// The first big value has begun.
    inside: bool,
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
        self.give(Chunk { place: Place::Anywhere, shard: self.shard, bytes, version, in_flight_bytes });
    }

    fn give(&self, chunk: Chunk) {
        // Nobody receives only if the snapshot has failed.
        let _ = self.job.sender.send(Message::Chunk(chunk));
    }

    /// Lets go of some of a view that is not needed any more; returns whether there was none.
    fn free_some(&mut self) -> bool {
        let Some(view) = self.written.last_mut() else { return true };
        if view.free_some(FREE_PARTS) {
            self.written.pop();
        }
        false
    }

    /// Writes some of the first big value, or all that is left of it.
    fn write_piece(&mut self) {
        let Some(big) = self.bigs.front_mut() else { return };
        let (mut bytes, style) = (std::mem::take(&mut big.head), &mut self.style);
        let ended = put_some(&mut bytes, &mut big.view, &mut big.progress, style);
        let version = big.version;
        self.inside = !ended;
        if ended {
            self.written.extend(self.bigs.pop_front().map(|big| big.view));
        }
        self.pieces_bytes.fetch_add(bytes.len(), Ordering::Relaxed);
        let place = if ended { Place::LastPiece } else { Place::Piece };
        let in_flight_bytes = Arc::clone(&self.pieces_bytes);
        self.give(Chunk { place, shard: self.shard, bytes, version, in_flight_bytes });
    }
}

/// Appends elements of a view, about [`PIECE_BYTES`] of them; returns whether none are left.
fn put_some(out: &mut Vec<u8>, view: &mut WholeView, progress: &mut Progress, style: &mut Style) -> bool {
    match view {
        WholeView::Hash(hash, soonest_ms) => hash.visit(|field| {
            if let Some(field) = field {
                put_field(out, *soonest_ms, field, style);
            }
            out.len() < PIECE_BYTES
        }),
        WholeView::Set(set) => set.visit(|member| {
            put_text(out, text(member), style);
            out.len() < PIECE_BYTES
        }),
        WholeView::SortedSet(set) => set.visit(|score, member| {
            put_text(out, Text::Bytes(member), style);
            put_score(out, score);
            out.len() < PIECE_BYTES
        }),
        WholeView::List(list) => list.visit(|item| {
            put_text(out, text(item), style);
            out.len() < PIECE_BYTES
        }),
        WholeView::Stream(stream) => {
            let ended = progress.stream.put_some(out, stream, PIECE_BYTES, style);
            if let Some(chunk) = progress.stream.chunk() {
                stream.release_before(chunk);
            }
            ended
        }
        WholeView::Array(array) => {
            let ended = put_items(out, array, &mut progress.index, PIECE_BYTES, style);
            array.release_before(progress.index);
            ended
        }
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

    fn wants_view(&self, item: Item<'_>) -> bool {
        matches!(item.value(), Value::Structure(structure) if structure.heap_bytes() > VIEW_MIN_BYTES)
    }

    fn view(&mut self, db: usize, item: Item<'_>, view: WholeView) {
        let value = item.value();
        let (form, mut head) = (form_of(value), Vec::new());
        put_select_db(&mut head, db as u64);
        put_key(&mut head, form, item.key(), item.expiry_ms(), &mut self.style);
        let elements = match value {
            Value::Structure(structure) => structure.elements(),
            _ => 0,
        };
        match &view {
            WholeView::Stream(_) => {}
            WholeView::Hash(_, soonest_ms) => put_hash_head(&mut head, *soonest_ms, elements),
            WholeView::Array(array) => put_array_head(&mut head, elements as u64, array.last_insert()),
            _ => put_len(&mut head, elements as u64),
        }
        self.bigs.push_back(Big { head, version: type_byte(form).1, view, progress: Progress::default() });
    }

    fn work(&mut self) -> bool {
        if !self.free_some() {
            return true;
        }
        let has_big = !self.bigs.is_empty();
        self.write_piece();
        has_big
    }

    fn give_up(&mut self) -> bool {
        self.written.extend(self.bigs.drain(..).map(|big| big.view));
        self.free_some()
    }

    fn has_room(&self) -> bool {
        if self.inside {
            return self.pieces_bytes.load(Ordering::Relaxed) < self.in_flight_max_bytes;
        }
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
        self.job.said_all.fetch_add(1, Ordering::Release);
    }
}
