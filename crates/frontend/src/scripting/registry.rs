//! The scripts that the server knows, by the SHA-1 of their text: one list for all cores.
//!
//! A script comes here when it has been compiled once, by SCRIPT LOAD or EVAL. Each core compiles it for its own interpreter
//! when it runs it first. Scripts of EVAL are bounded in number; those of SCRIPT LOAD stay until SCRIPT FLUSH, as in Redis.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use base::limits::EVAL_SCRIPTS_MAX;
use hashbrown::HashMap;
use script::Flags;

use super::functions::Functions;

/// The name of a script.
pub(crate) type Sha = [u8; 40];

/// A script.
pub(crate) struct Script {
    pub(crate) sha: Sha,
    pub(crate) body: Box<[u8]>,
    /// What its first line declares; `None` without such a line.
    pub(crate) flags: Option<Flags>,
    /// Whether it was seen to touch keys that it doesn't declare, so that it is better run with everything locked.
    strays: AtomicBool,
}

impl Script {
    pub(crate) fn new(sha: Sha, body: &[u8], flags: Option<Flags>) -> Arc<Self> {
        Arc::new(Script { sha, body: body.into(), flags, strays: AtomicBool::new(false) })
    }

    /// Whether it touches keys that it does not declare, as far as is known.
    pub(crate) fn strays(&self) -> bool {
        self.strays.load(Ordering::Relaxed)
    }

    /// It was seen to.
    pub(crate) fn has_strayed(&self) {
        self.strays.store(true, Ordering::Relaxed);
    }
}

#[derive(Default)]
struct Known {
    /// With whether SCRIPT LOAD brought it.
    scripts: HashMap<Sha, (Arc<Script>, bool)>,
    /// Those that only EVAL brought, oldest first.
    of_eval: VecDeque<Sha>,
    bytes: usize,
}

/// What a core's interpreter is doing, for the eyes of other cores.
#[derive(Default)]
pub(crate) struct Running {
    /// Bytes of the core's interpreter.
    pub(crate) bytes: AtomicU64,
    /// What has run for longer than `busy-reply-threshold`: the script of a piece, and those of tasks, which take turns.
    busy: Mutex<Vec<Runs>>,
}

/// What has run for a long time.
#[derive(Clone, Debug, Default)]
pub(crate) struct Runs {
    /// Its number among the runs of its core.
    pub(crate) number: u64,
    /// Whether it has written.
    pub(crate) wrote: bool,
    /// Whether it is to end, if it has not written by then.
    pub(crate) killed: bool,
    /// A function of a library, or else a script.
    pub(crate) is_function: bool,
    /// The name of the function.
    pub(crate) name: Vec<u8>,
    /// The command that runs it.
    pub(crate) words: Vec<Vec<u8>>,
    /// Since when, in milliseconds since 1970.
    pub(crate) since_ms: u64,
    /// What it holds.
    pub(crate) held: Vec<u16>,
}

impl Running {
    /// What has run for a long time.
    pub(crate) fn busy(&self) -> MutexGuard<'_, Vec<Runs>> {
        self.busy.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// See the [module documentation](self).
#[derive(Default)]
pub(crate) struct Scripts {
    known: RwLock<Known>,
    /// Changes when scripts are forgotten.
    epoch: AtomicU64,
    evicted: AtomicU64,
    /// By core.
    pub(crate) running: Vec<Running>,
    /// Whether scripts may call whatever there is (DEBUG SET-DISABLE-DENY-SCRIPTS).
    all_allowed: AtomicBool,
    /// The libraries of functions.
    pub(crate) functions: Functions,
}

impl Scripts {
    pub(crate) fn new(cores: u16) -> Self {
        Scripts { running: (0..cores).map(|_| Running::default()).collect(), ..Scripts::default() }
    }

    /// Says whether scripts may call whatever there is.
    pub(crate) fn allow_all(&self, allowed: bool) {
        self.all_allowed.store(allowed, Ordering::Relaxed);
    }

    /// Whether scripts may call whatever there is.
    pub(crate) fn all_allowed(&self) -> bool {
        self.all_allowed.load(Ordering::Relaxed)
    }

    /// The number of times that scripts were forgotten.
    #[inline]
    pub(crate) fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::Acquire)
    }

    /// The script of this name, in small letters.
    pub(crate) fn get(&self, sha: &Sha) -> Option<Arc<Script>> {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.scripts.get(sha).map(|(script, _)| Arc::clone(script))
    }

    /// Adds a script that has been compiled, and returns the one that is known from now on.
    pub(crate) fn add(&self, script: Arc<Script>, is_loaded: bool) -> Arc<Script> {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if let Some((old, was_loaded)) = known.scripts.get_mut(&script.sha) {
            let (old, forget) = (Arc::clone(old), is_loaded && !*was_loaded);
            *was_loaded |= is_loaded;
            if forget {
                known.of_eval.retain(|sha| *sha != script.sha);
            }
            return old;
        }
        if !is_loaded {
            known.of_eval.push_back(script.sha);
            if known.of_eval.len() > EVAL_SCRIPTS_MAX
                && let Some(oldest) = known.of_eval.pop_front()
                && let Some((gone, _)) = known.scripts.remove(&oldest)
            {
                known.bytes -= gone.body.len();
                self.evicted.fetch_add(1, Ordering::Relaxed);
                self.epoch.fetch_add(1, Ordering::Release);
            }
        }
        known.bytes += script.body.len();
        known.scripts.insert(script.sha, (Arc::clone(&script), is_loaded));
        script
    }

    /// Forgets all scripts.
    pub(crate) fn flush(&self) {
        *self.known.write().unwrap_or_else(PoisonError::into_inner) = Known::default();
        self.epoch.fetch_add(1, Ordering::Release);
    }

    /// Bytes of all interpreters.
    pub(crate) fn interpreter_bytes(&self) -> u64 {
        self.running.iter().map(|running| running.bytes.load(Ordering::Relaxed)).sum()
    }

    /// How many scripts there are, the bytes of their texts, and how many were forgotten for newer ones.
    pub(crate) fn counts(&self) -> (usize, usize, u64) {
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        (known.scripts.len(), known.bytes, self.evicted.load(Ordering::Relaxed))
    }
}

/// The name of a script as a client gave it, in small letters.
pub(crate) fn sha_of(name: &[u8]) -> Option<Sha> {
    let mut sha: Sha = name.try_into().ok()?;
    sha.make_ascii_lowercase();
    Some(sha)
}
