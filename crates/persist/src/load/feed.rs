//! From the thread that reads a file to the cores that load it.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::{LoadError, Loaded};

/// How much of the file is read at once.
const CHUNK_BYTES: usize = 1024 * 1024;
/// Chunks that may wait for a core.
const CHUNKS_MAX: usize = 4;

/// Why a file was not loaded.
#[derive(Debug)]
pub enum FeedError {
    /// It could not be read.
    Io(io::Error),
    /// It is damaged, or not for this server.
    File(LoadError),
}

/// How far loading is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// When it began, in milliseconds since 1970.
    pub began_ms: u64,
    /// Length of the file.
    pub total_bytes: u64,
    /// How much of it was read.
    pub read_bytes: u64,
    /// What all shards have loaded.
    pub loaded: Loaded,
}

#[derive(Default)]
struct State {
    /// By shard.
    queues: Vec<VecDeque<Arc<[u8]>>>,
    /// No more chunks come.
    ended: bool,
    /// By shard: how it ended.
    results: Vec<Option<Result<Loaded, LoadError>>>,
    /// By shard: what it has loaded so far.
    loaded: Vec<Loaded>,
    progress: Progress,
}

/// Hands the chunks of a file to all shards. One for the process.
#[derive(Default)]
pub struct Feed {
    active: AtomicBool,
    state: Mutex<State>,
    changed: Condvar,
}

impl Feed {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether a file is being loaded.
    #[inline]
    pub fn is_active(&self) -> bool {
        self.active.load(Ordering::Acquire)
    }

    /// How far loading is, or was at its end.
    pub fn progress(&self) -> Progress {
        let state = self.state();
        let mut progress = state.progress;
        progress.loaded = state.loaded.iter().copied().fold(Loaded::default(), Loaded::plus);
        progress
    }

    /// Loading begins: from now on shards ask for chunks.
    pub fn begin(&self, shards: usize, total_bytes: u64, now_ms: u64) {
        let mut state = self.state();
        *state = State {
            queues: vec![VecDeque::new(); shards],
            ended: false,
            results: vec![None; shards],
            loaded: vec![Loaded::default(); shards],
            progress: Progress { began_ms: now_ms, total_bytes, ..Progress::default() },
        };
        self.active.store(true, Ordering::Release);
    }

    /// Reads the file and hands it out until all shards have loaded it or one has failed; `wake` wakes them.
    ///
    /// # Errors
    /// The file cannot be read or loaded.
    pub fn run(&self, mut file: impl Read, wake: impl Fn()) -> Result<Loaded, FeedError> {
        loop {
            let mut chunk = vec![0; CHUNK_BYTES];
            let len = read_full(&mut file, &mut chunk).map_err(FeedError::Io)?;
            chunk.truncate(len);
            let mut state = self.state();
            while state.queues.iter().any(|queue| queue.len() >= CHUNKS_MAX) && !state.failed() {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
            if len == 0 || state.failed() {
                state.ended = true;
                break;
            }
            state.progress.read_bytes += len as u64;
            let chunk: Arc<[u8]> = chunk.into();
            state.queues.iter_mut().for_each(|queue| queue.push_back(Arc::clone(&chunk)));
            drop(state);
            wake();
        }
        wake();
        let mut state = self.state();
        while state.results.iter().any(Option::is_none) && !state.failed() {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let mut sum = Loaded::default();
        for result in state.results.iter().flatten() {
            sum = sum.plus(*result.as_ref().map_err(|error| FeedError::File(error.clone()))?);
        }
        Ok(sum)
    }

    /// Loading is over: clients are served.
    pub fn end(&self) {
        self.active.store(false, Ordering::Release);
    }

    /// The next chunk for a shard. `Ok(None)`: later; `Err`: no more come.
    #[allow(clippy::result_unit_err, reason = "the end is all there is to say")]
    pub fn next(&self, shard: usize) -> Result<Option<Arc<[u8]>>, ()> {
        let mut state = self.state();
        let ended = state.ended;
        let chunk = state.queues.get_mut(shard).and_then(VecDeque::pop_front);
        self.changed.notify_all();
        if chunk.is_none() && ended { Err(()) } else { Ok(chunk) }
    }

    /// A shard has loaded the file, or can't.
    pub fn finished(&self, shard: usize, result: Result<Loaded, LoadError>) {
        let mut state = self.state();
        if let (Some(place), Ok(loaded)) = (state.loaded.get_mut(shard), &result) {
            *place = *loaded;
        }
        if let Some(place) = state.results.get_mut(shard) {
            *place = Some(result);
        }
        drop(state);
        self.changed.notify_all();
    }

    /// What a shard has loaded so far.
    pub fn note(&self, shard: usize, loaded: Loaded) {
        if let Some(place) = self.state().loaded.get_mut(shard) {
            *place = loaded;
        }
    }
}

impl State {
    fn failed(&self) -> bool {
        self.results.iter().flatten().any(Result::is_err)
    }
}

/// Reads until the buffer is full or the file ends.
fn read_full(file: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut len = 0;
    while let Some(rest) = buffer.get_mut(len..).filter(|rest| !rest.is_empty()) {
        match file.read(rest) {
            Ok(0) => break,
            Ok(more) => len += more,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(len)
}
