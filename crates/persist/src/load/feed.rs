//! From the thread that reads files to the cores that load them.

use std::collections::VecDeque;
use std::io::{self, Read};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::{LoadError, Loaded};
use crate::parts::{FrameReader, FrameRest};

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

/// What a core gets to load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FeedItem {
    /// A stretch of a snapshot. Cores take the keys of their own slots.
    Snapshot(Arc<[u8]>),
    /// A part of a snapshot in a folder begins, whose content has a version of RDB.
    PartBegin(usize, u32),
    /// The next frame of a part, and where it stands there.
    PartFrame(usize, Arc<[u8]>, u64),
    /// A part has ended.
    PartEnd(usize),
    /// Whole frames of a log, to be run behind the snapshot. Cores run what concerns keys of their own slots, and what names no keys.
    Frames(Arc<[u8]>),
    /// A frame whose commands touch several shards: the first shard's core carries it out while the others have nothing to do, and says
    /// when it is done.
    Across(Arc<[u8]>),
}

/// What a thread has read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// The one shard that it is for; else all get it.
    pub to: Option<usize>,
    /// What it is.
    pub item: FeedItem,
    /// How far reading has come with it.
    pub read_bytes: u64,
}

/// What is to be loaded.
pub trait Source {
    /// The next piece; none at the end. `waiting` says how many pieces each shard has not taken yet.
    ///
    /// # Errors
    /// It can't be read.
    fn next(&mut self, waiting: &[usize]) -> io::Result<Option<Piece>>;
}

/// A snapshot alone.
pub struct SnapshotSource<R> {
    file: R,
    read_bytes: u64,
    begun: bool,
}

impl<R: Read> SnapshotSource<R> {
    /// Out of this file.
    pub fn new(file: R) -> Self {
        SnapshotSource { file, read_bytes: 0, begun: false }
    }
}

impl<R: Read> Source for SnapshotSource<R> {
    fn next(&mut self, _waiting: &[usize]) -> io::Result<Option<Piece>> {
        let mut chunk = vec![0; CHUNK_BYTES];
        let len = read_full(&mut self.file, &mut chunk)?;
        chunk.truncate(len);
        self.read_bytes += len as u64;
        let piece = Piece { to: None, item: FeedItem::Snapshot(chunk.into()), read_bytes: self.read_bytes };
        // A file with nothing in it is a file that is cut off, not none.
        let first = !std::mem::replace(&mut self.begun, true);
        Ok((len > 0 || first).then_some(piece))
    }
}

#[derive(Default)]
struct State {
    /// By shard.
    queues: Vec<VecDeque<FeedItem>>,
    /// By shard: it has worked off all that it was given, and has asked for more.
    hungry: Vec<bool>,
    /// A frame over several shards is being carried out.
    crossing: bool,
    /// No more chunks come.
    ended: bool,
    /// What went wrong first: what others report then comes of it.
    failure: Option<LoadError>,
    /// By shard: how it ended.
    results: Vec<Option<Result<Loaded, LoadError>>>,
    /// By shard: what it has loaded so far.
    loaded: Vec<Loaded>,
    progress: Progress,
}

/// Hands what is read to the shards. One for the process.
#[derive(Default)]
pub struct Feed {
    /// Counts beginnings and ends: odd while something is being loaded.
    passes: AtomicU64,
    state: Mutex<State>,
    changed: Condvar,
}

impl Feed {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state, as long as this pass lasts.
    fn state_in(&self, pass: u64) -> Option<MutexGuard<'_, State>> {
        let state = self.state();
        (self.pass() == Some(pass)).then_some(state)
    }

    /// Whether a file is being loaded.
    #[inline]
    pub fn is_active(&self) -> bool {
        self.pass().is_some()
    }

    /// The number of this pass of loading, if one is under way. One may follow another before a core has seen the first end.
    #[inline]
    pub fn pass(&self) -> Option<u64> {
        let passes = self.passes.load(Ordering::Acquire);
        (passes % 2 == 1).then_some(passes)
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
            failure: None,
            queues: (0..shards).map(|_| VecDeque::new()).collect(),
            hungry: vec![false; shards],
            crossing: false,
            ended: false,
            results: vec![None; shards],
            loaded: vec![Loaded::default(); shards],
            progress: Progress { began_ms: now_ms, total_bytes, ..Progress::default() },
        };
        // The next odd number, also if nobody has ended the pass before.
        self.passes.store((self.passes.load(Ordering::Acquire) + 1) | 1, Ordering::Release);
    }

    /// Reads and hands out until all shards have loaded it or one has failed; `wake` wakes them.
    ///
    /// # Errors
    /// It cannot be read or loaded.
    pub fn run(&self, source: &mut dyn Source, wake: impl Fn()) -> Result<Loaded, FeedError> {
        loop {
            let waiting: Vec<usize> = self.state().queues.iter().map(VecDeque::len).collect();
            let piece = source.next(&waiting).map_err(FeedError::Io)?;
            let Some(Piece { to, item, read_bytes }) = piece else { break };
            if let FeedItem::Across(_) = item {
                if !self.cross(item, &wake) {
                    break;
                }
                continue;
            }
            if !self.hand_out(&item, |shard| to.is_none_or(|to| to == shard), |_| read_bytes) {
                break;
            }
            wake();
        }
        self.wait(wake)
    }

    /// A step of [`run`](Self::run) that waits for nothing, for a driver without threads and without imported files: hands out the next piece
    /// if there is room for it everywhere. Cores take their turns between the steps. Returns what was loaded when that is all.
    ///
    /// # Errors
    /// As [`run`](Self::run).
    pub fn step(&self, source: &mut dyn Source) -> Result<Option<Loaded>, FeedError> {
        let (waiting, goes_on) = {
            let state = self.state();
            let waiting: Vec<usize> = state.queues.iter().map(VecDeque::len).collect();
            (waiting, !state.ended && !state.failed())
        };
        if goes_on && waiting.iter().all(|&len| len < CHUNKS_MAX) {
            match source.next(&waiting).map_err(FeedError::Io)? {
                Some(Piece { to, item, read_bytes }) => {
                    self.hand_out(&item, |shard| to.is_none_or(|to| to == shard), |_| read_bytes);
                }
                None => self.state().ended = true,
            }
            return Ok(None);
        }
        let state = self.state();
        if state.results.iter().any(Option::is_none) && !state.failed() {
            return Ok(None);
        }
        state.sum().map(Some)
    }

    /// Has the first shard's core carry out a frame when all shards have come to a stop. Returns whether loading goes on.
    fn cross(&self, item: FeedItem, wake: &impl Fn()) -> bool {
        wake();
        let mut state = self.state();
        while !state.hungry.iter().all(|&hungry| hungry) && !state.failed() {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.failed() {
            return false;
        }
        state.crossing = true;
        state.give(0, item);
        drop(state);
        wake();
        let mut state = self.state();
        while state.crossing && !state.failed() {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        !state.failed()
    }

    /// The frame over several shards has been carried out.
    pub fn crossed(&self) {
        self.state().crossing = false;
        self.changed.notify_all();
    }

    /// Reads a part of a snapshot in a folder and hands it out to those shards that want it. Parts may be read at the same time.
    ///
    /// # Errors
    /// It cannot be read, or its frames are damaged.
    pub fn run_part(
        &self,
        part: usize,
        version: u32,
        mut frames: FrameReader<impl Read>,
        wants: impl Fn(usize) -> bool,
        wake: impl Fn(),
    ) -> Result<(), FeedError> {
        let mut goes_on = self.hand_out(&FeedItem::PartBegin(part, version), &wants, |read| read);
        while goes_on {
            let rest = frames.read_frame().map_err(|error| match LoadError::within(&error) {
                Some(error) => FeedError::File(LoadError { part: Some(part), ..error }),
                None => FeedError::Io(error),
            })?;
            goes_on = match rest {
                FrameRest::Frame(frame, at) => {
                    let len = frame.len() as u64;
                    self.hand_out(&FeedItem::PartFrame(part, frame.into(), at), &wants, |read| read + len)
                }
                FrameRest::End => {
                    self.hand_out(&FeedItem::PartEnd(part), &wants, |read| read);
                    false
                }
            };
            wake();
        }
        Ok(())
    }

    /// Hands something out to the shards that want it when there is room. Returns whether loading goes on.
    fn hand_out(
        &self,
        item: &FeedItem,
        wants: impl Fn(usize) -> bool,
        progress: impl Fn(u64) -> u64,
    ) -> bool {
        let mut state = self.state();
        let is_full = |state: &State| {
            let mut queues = state.queues.iter().enumerate();
            queues.any(|(shard, queue)| wants(shard) && queue.len() >= CHUNKS_MAX)
        };
        while is_full(&state) && !state.failed() {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        if state.failed() {
            return false;
        }
        state.progress.read_bytes = progress(state.progress.read_bytes);
        for shard in (0..state.queues.len()).filter(|&shard| wants(shard)) {
            state.give(shard, item.clone());
        }
        true
    }

    /// Waits until all shards have loaded what was handed out, which is all there is, or one has failed.
    ///
    /// # Errors
    /// It cannot be loaded.
    pub fn wait(&self, wake: impl Fn()) -> Result<Loaded, FeedError> {
        self.state().ended = true;
        wake();
        let mut state = self.state();
        while state.results.iter().any(Option::is_none) && !state.failed() {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.sum()
    }

    /// Loading is over: clients are served.
    pub fn end(&self) {
        let _state = self.state();
        self.passes.store(self.passes.load(Ordering::Acquire).next_multiple_of(2), Ordering::Release);
    }

    /// The next item for a shard in a pass. `Ok(None)`: later, or never, since the pass is over; `Err`: no more come.
    #[allow(clippy::result_unit_err, reason = "the end is all there is to say")]
    pub fn next(&self, pass: u64, shard: usize) -> Result<Option<FeedItem>, ()> {
        let Some(mut state) = self.state_in(pass) else { return Ok(None) };
        let ended = state.ended;
        let chunk = state.queues.get_mut(shard).and_then(VecDeque::pop_front);
        if let Some(hungry) = state.hungry.get_mut(shard) {
            *hungry = chunk.is_none();
        }
        self.changed.notify_all();
        if chunk.is_none() && ended { Err(()) } else { Ok(chunk) }
    }

    /// A shard has loaded the file of a pass, or can't.
    pub fn finished(&self, pass: u64, shard: usize, result: Result<Loaded, LoadError>) {
        let Some(mut state) = self.state_in(pass) else { return };
        if let (Some(place), Ok(loaded)) = (state.loaded.get_mut(shard), &result) {
            *place = *loaded;
        }
        if let Err(error) = &result
            && state.failure.is_none()
        {
            state.failure = Some(error.clone());
        }
        if let Some(place) = state.results.get_mut(shard) {
            *place = Some(result);
        }
        drop(state);
        self.changed.notify_all();
    }

    /// What a shard has loaded so far in a pass.
    pub fn note(&self, pass: u64, shard: usize, loaded: Loaded) {
        if let Some(mut state) = self.state_in(pass)
            && let Some(place) = state.loaded.get_mut(shard)
        {
            *place = loaded;
        }
    }
}

impl State {
    /// What all shards have loaded.
    fn sum(&self) -> Result<Loaded, FeedError> {
        match &self.failure {
            Some(error) => Err(FeedError::File(error.clone())),
            None => Ok(self
                .results
                .iter()
                .flatten()
                .flatten()
                .fold(Loaded::default(), |sum, loaded| sum.plus(*loaded))),
        }
    }

    fn give(&mut self, shard: usize, item: FeedItem) {
        if let Some(queue) = self.queues.get_mut(shard) {
            queue.push_back(item);
        }
        if let Some(hungry) = self.hungry.get_mut(shard) {
            *hungry = false;
        }
    }

    fn failed(&self) -> bool {
        self.failure.is_some()
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
