//! Which snapshot is under way, and what became of earlier ones.

use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::sink::ShardSinks;

/// A snapshot is under way already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Busy;

/// What a shard says to the storage plane.
#[derive(Debug)]
pub enum Message {
    /// A stretch of the file.
    Chunk(Chunk),
    /// The shard has said all.
    Done,
}

/// Whether a stretch of the file can stand anywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Anywhere.
    Anywhere,
    /// It begins a value, or goes on with it, and the next piece of the same shard must follow it.
    Piece,
    /// It ends a value.
    LastPiece,
}

/// A stretch of the file.
#[derive(Debug)]
pub struct Chunk {
    pub(super) place: Place,
    /// The shard that it is from.
    pub(super) shard: u16,
    pub(super) bytes: Vec<u8>,
    /// The version of the format that it needs.
    pub(super) version: u32,
    /// What of the shard's is on its way, which is fewer when this one is written.
    pub(super) in_flight_bytes: Arc<AtomicUsize>,
}

/// A snapshot that is under way.
#[derive(Debug)]
pub struct Job {
    pub(super) number: u64,
    /// Whether strings are compressed.
    pub(super) compressed: bool,
    pub(super) sender: Sender<Message>,
    pub(super) cancelled: AtomicBool,
    /// It could not be written.
    pub(super) failed: AtomicBool,
    /// Shards that have said all.
    pub(super) said_all: AtomicUsize,
    /// Changes of data up to the cut, of all shards that have begun.
    pub(super) dirty: AtomicU64,
}

impl Job {
    /// Its number, by which shards know at the cut that it is this one's.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// Whether strings are compressed.
    pub fn is_compressed(&self) -> bool {
        self.compressed
    }

    /// Adds a stretch of the file that is of no shard, and of the plain version of the format. It must come before the last shard
    /// has said all.
    pub fn add(&self, chunk: Vec<u8>) {
        let in_flight_bytes = Arc::new(AtomicUsize::new(chunk.len()));
        let place = Place::Anywhere;
        let chunk = Chunk { place, shard: 0, bytes: chunk, version: rdb::VERSION_PLAIN, in_flight_bytes };
        // Nobody receives only if the snapshot has failed.
        let _ = self.sender.send(Message::Chunk(chunk));
    }

    /// How many shards have said all.
    pub fn said_all(&self) -> usize {
        self.said_all.load(Ordering::Acquire)
    }

    /// Whether nobody wants the snapshot any more.
    pub fn is_unwanted(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed) || self.failed.load(Ordering::Relaxed)
    }
}

/// What became of snapshots.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Saves {
    /// When the last good one ended, in seconds since 1970; at first, when the process started.
    pub last_unix_s: u64,
    /// How long the last one took, in seconds.
    pub last_took_s: Option<u64>,
    /// When the one that is under way began, in milliseconds since 1970.
    pub began_ms: Option<u64>,
    /// Whether the last one failed.
    pub failed: bool,
    /// When the last one that failed did so, in milliseconds since 1970.
    pub failed_ms: u64,
    /// How many were good.
    pub count: u64,
    /// Changes of data before the last good one.
    pub dirty: u64,
}

#[derive(Debug)]
struct State {
    current: Option<Arc<Job>>,
    /// How many there ever were.
    begun: u64,
    saves: Saves,
}

/// See the [module documentation](self). One for the process.
#[derive(Debug)]
pub struct Jobs {
    state: Mutex<State>,
}

impl Jobs {
    /// No snapshot yet, in a process that started at a time in seconds since 1970.
    pub fn new(started_unix_s: u64) -> Arc<Self> {
        let saves = Saves {
            last_unix_s: started_unix_s,
            last_took_s: None,
            began_ms: None,
            failed: false,
            failed_ms: 0,
            count: 0,
            dirty: 0,
        };
        Arc::new(Jobs { state: Mutex::new(State { current: None, begun: 0, saves }) })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a snapshot: its chunks come out of the receiver. The cut must follow, and [`Jobs::end`] at the end.
    ///
    /// # Errors
    /// If one is under way.
    pub fn begin(&self, compressed: bool, now_ms: u64) -> Result<(Arc<Job>, Receiver<Message>), Busy> {
        let mut state = self.state();
        if state.current.is_some() {
            return Err(Busy);
        }
        let (sender, receiver) = channel();
        state.begun += 1;
        let job = Arc::new(Job {
            number: state.begun,
            compressed,
            sender,
            cancelled: AtomicBool::new(false),
            failed: AtomicBool::new(false),
            said_all: AtomicUsize::new(0),
            dirty: AtomicU64::new(0),
        });
        state.current = Some(Arc::clone(&job));
        state.saves.began_ms = Some(now_ms);
        Ok((job, receiver))
    }

    /// Ends the snapshot that is under way, which is good or not.
    pub fn end(&self, good: bool, now_ms: u64) {
        let mut state = self.state();
        let Some(job) = state.current.take() else { return };
        let saves = &mut state.saves;
        let began_ms = saves.began_ms.take().unwrap_or(now_ms);
        saves.last_took_s = Some(now_ms.saturating_sub(began_ms) / 1000);
        if good {
            saves.last_unix_s = now_ms / 1000;
            saves.failed = false;
            saves.count += 1;
            saves.dirty = job.dirty.load(Ordering::Relaxed);
        } else if !job.cancelled.load(Ordering::Relaxed) {
            saves.failed = true;
            saves.failed_ms = now_ms;
        }
    }

    /// Ends the snapshot that is under way, which is the base of a log and counts for no other.
    pub fn end_base(&self) {
        let mut state = self.state();
        state.current = None;
        state.saves.began_ms = None;
    }

    /// Changes of data before this number of them are in the last snapshot.
    pub fn count_from(&self, dirty: u64) {
        self.state().saves.dirty = dirty;
    }

    /// The snapshot that is under way.
    pub fn current(&self) -> Option<Arc<Job>> {
        self.state().current.clone()
    }

    /// Has nobody want the snapshot any more that is under way; returns whether there is one.
    pub fn cancel(&self) -> bool {
        let current = self.current();
        current.iter().for_each(|job| job.cancelled.store(true, Ordering::Relaxed));
        current.is_some()
    }

    /// What became of snapshots.
    pub fn saves(&self) -> Saves {
        self.state().saves
    }

    /// Where shard `shard` of `shards` gets its sinks from.
    pub fn sinks(self: &Arc<Self>, shard: u16, shards: u16) -> Box<dyn store::Sinks> {
        Box::new(ShardSinks { jobs: Arc::clone(self), shard, shards })
    }
}
