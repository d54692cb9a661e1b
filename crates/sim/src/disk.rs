//! The disk under the log and the bases of its rewrites: the real plane on a volume in memory that loses power, at any of its
//! operations.

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use base::Rng;
use bus::Wake;
use frontend::Shared;
use persist::log::volume::{Fault, Op};
use persist::log::{
    LogSource, Logs, Manifest, MemoryVolume, Next, Opening, Plane, Policy, RecoverError, Recovered, Torn,
    last_number, read_manifest, recover,
};

use crate::node::Flags;
use crate::run::Fault as Broken;
use crate::storage::Storage;

/// Where the log lies, and what its names begin with.
const FOLDER: &str = "log";
const NAME: &str = "sim.aof";
/// The disk does not die.
const NEVER: u64 = u64::MAX;

/// See the module page.
pub(crate) struct Disk {
    pub(crate) policy: Policy,
    volume: MemoryVolume,
    pub(crate) storage: Storage,
    /// The log is looked at, whether it is to be rewritten, once in so many steps; 0 for never.
    pub(crate) rewrite_every: u64,
    #[cfg_attr(not(feature = "faults"), expect(dead_code, reason = "only a fault looks at it"))]
    broken: Option<Broken>,
    /// The base of the rewrite that is under way is written.
    wrote_base: bool,
    /// Rewrites that were good, and losses of power in the middle of one.
    pub(crate) rewrites: u64,
    pub(crate) cut_rewrites: u64,
    /// The plane of the process that runs, and its logs.
    running: Option<(Plane<MemoryVolume>, Arc<Logs>)>,
    next: Next,
    /// Operations until the power is lost; 0 when it is.
    left: Arc<AtomicU64>,
    rng: Arc<Mutex<Rng>>,
}

impl Disk {
    /// An empty one.
    pub(crate) fn new(policy: Policy, seed: u64, broken: Option<Broken>) -> Self {
        let mut rng = Rng::new(seed);
        let rewrite_every = [0, 30, 300, 2000][rng.below(4) as usize];
        let rng = Arc::new(Mutex::new(rng));
        let (volume, left) = (MemoryVolume::default(), Arc::new(AtomicU64::new(NEVER)));
        let storage = Storage::new(volume.clone(), broken == Some(Broken::UnsyncedBase));
        let (running, next) = (None, Next::Rung);
        let (rewrites, cut_rewrites) = (0, 0);
        Disk {
            policy,
            volume,
            storage,
            rewrite_every,
            broken,
            wrote_base: false,
            rewrites,
            cut_rewrites,
            running,
            next,
            left,
            rng,
        }
    }

    fn draw(&self, below: u64) -> u64 {
        self.rng.lock().unwrap_or_else(PoisonError::into_inner).below(below)
    }

    /// How long a core believes to work between two looks at its tick counter.
    pub(crate) fn tick_ns(&self) -> u64 {
        [0, 30_000, 200_000][self.draw(3) as usize]
    }

    /// The command line of a process that logs here.
    pub(crate) fn options(&self) -> Vec<String> {
        let policy = match self.policy {
            Policy::Always => "always",
            Policy::EverySec => "everysec",
            Policy::No => "no",
        };
        let words = ["--appendonly", "yes", "--appendfsync", policy, "--save", "", "--appenddirname", FOLDER];
        // It is rewritten whenever it has grown.
        let growth = ["--auto-aof-rewrite-percentage", "1", "--auto-aof-rewrite-min-size", "1"];
        words.into_iter().chain(growth).map(str::to_owned).collect()
    }

    /// What the last process left, if it left anything: cut, and ready to be loaded.
    ///
    /// # Errors
    /// It is damaged, which no loss of power may do.
    pub(crate) fn recover(&mut self, torn: Torn) -> Result<Option<Recovered>, RecoverError> {
        let folder = Path::new(FOLDER);
        let manifest = match read_manifest(&mut self.volume, folder, NAME)? {
            None => return Ok(None),
            Some(Ok(manifest)) => manifest,
            Some(Err(_)) => {
                let what = "it is not ours".to_owned();
                return Err(RecoverError::Corrupt { path: folder.into(), offset: None, what });
            }
        };
        recover(&mut self.volume, folder, NAME, manifest, torn).map(Some)
    }

    /// What is to be loaded of what was recovered.
    ///
    /// # Errors
    /// It can't be read.
    pub(crate) fn source(
        &self,
        recovered: &Recovered,
        shards: usize,
    ) -> std::io::Result<LogSource<MemoryVolume>> {
        LogSource::new(self.volume.clone(), Path::new(FOLDER), NAME, recovered, shards)
    }

    /// A process goes on with what was recovered.
    pub(crate) fn open(&mut self, shared: &Shared, recovered: Option<Recovered>, flags: Flags) {
        let wake = move |core: usize| flags.wake(core as u16);
        // As with a ring, or as with epoll.
        if self.draw(3) > 0 {
            shared.logs.let_cores_write();
        }
        #[cfg_attr(not(feature = "faults"), expect(unused_mut, reason = "only a fault changes it"))]
        let mut plane = Plane::new(Arc::clone(&shared.logs), self.volume.clone(), Box::new(wake));
        #[cfg(feature = "faults")]
        {
            plane.faults.removes_first = self.broken == Some(Broken::RemoveFirst);
            plane.faults.lists_too_soon = self.broken == Some(Broken::ListTooSoon);
        }
        self.running = Some((plane, Arc::clone(&shared.logs)));
        self.next = Next::Rung;
        let (folder, name) = (Path::new(FOLDER).to_owned(), NAME.to_owned());
        let (manifest, after) = match recovered {
            Some(recovered) => (recovered.manifest, recovered.after),
            None => {
                let after = last_number(&mut self.volume, &folder, NAME).unwrap_or(0);
                (Manifest::default(), after)
            }
        };
        shared.logs.open(Opening { folder, name, manifest, after, whole: true });
    }

    /// Whether a rewrite is under way.
    fn rewrites_now(&self) -> bool {
        self.running.as_ref().is_some_and(|(_, logs)| logs.status().rewriting_since_ms.is_some())
    }

    /// Whether the base of a rewrite can be written: all shards have said all.
    pub(crate) fn has_base(&self, shared: &Shared) -> bool {
        let job = shared.saving.jobs.current();
        self.storage.has_work() && job.is_some_and(|job| job.said_all() == shared.logs.shards())
    }

    /// Whether a base is written, and the log's plane does not know it yet.
    pub(crate) fn is_rewritten(&self) -> bool {
        self.wrote_base && self.rewrites_now()
    }

    /// Writes the base. False: the power was lost in it.
    pub(crate) fn write_base(&mut self, now_ms: u64) -> bool {
        if let Some(task) = self.storage.pop() {
            task(&|| now_ms);
            self.wrote_base = true;
        }
        self.left.load(Ordering::Relaxed) > 0
    }

    /// Whether the plane would do something now.
    pub(crate) fn is_runnable(&self, now_ms: u64) -> bool {
        self.running.as_ref().is_some_and(|(_, logs)| logs.is_due(self.next, now_ms))
    }

    /// A cycle of the plane. False: the power was lost in it.
    pub(crate) fn step(&mut self, now_ms: u64) -> bool {
        if let Some((plane, _)) = &mut self.running {
            self.next = plane.step(now_ms);
        }
        self.wrote_base &= self.rewrites_now();
        !self.is_dark()
    }

    /// Whether the power was lost.
    pub(crate) fn is_dark(&self) -> bool {
        self.left.load(Ordering::Relaxed) == 0
    }

    /// How far the logs of all shards are, and how far they are committed.
    pub(crate) fn positions(&self) -> (Vec<u64>, Vec<u64>) {
        let Some((_, logs)) = &self.running else { return Default::default() };
        let shards = 0..logs.shards();
        (
            shards.clone().map(|shard| logs.appended(shard)).collect(),
            shards.map(|shard| logs.committed(shard)).collect(),
        )
    }

    /// The power will be lost at one of the next operations: in the middle of a write, before a sync, between two files.
    pub(crate) fn lose_power_soon(&mut self) {
        let most = [2, 6, 20][self.draw(3) as usize];
        self.left.store(1 + self.draw(most), Ordering::Relaxed);
        let (left, rng) = (Arc::clone(&self.left), Arc::clone(&self.rng));
        self.volume.set_faults(move |op| {
            let before = left.load(Ordering::Relaxed);
            left.store(before.saturating_sub(1), Ordering::Relaxed);
            match (before, op) {
                (2.., _) => None,
                (1, Op::Write(len)) => {
                    let some = rng.lock().unwrap_or_else(PoisonError::into_inner).below(len as u64 + 1);
                    Some(Fault::Half(some as usize, std::io::ErrorKind::Other))
                }
                _ => Some(Fault::Refused(std::io::ErrorKind::Other)),
            }
        });
    }

    /// Adds the rewrites of the present process to those of earlier ones.
    pub(crate) fn count_rewrites(&mut self) {
        if let Some((_, logs)) = &self.running {
            self.rewrites += logs.status().rewrites;
        }
    }

    /// The power will not be lost any more.
    pub(crate) fn keep_power(&mut self) {
        self.volume.mend();
        self.left.store(NEVER, Ordering::Relaxed);
    }

    /// The power is lost: of what was not synced, anything may be there.
    pub(crate) fn lose_power(&mut self) {
        self.cut_rewrites += u64::from(self.rewrites_now());
        self.count_rewrites();
        self.wrote_base = false;
        self.running = None;
        self.storage.forget();
        self.volume.mend();
        self.left.store(NEVER, Ordering::Relaxed);
        let mut rng = self.rng.lock().unwrap_or_else(PoisonError::into_inner);
        self.volume.lose_power(|below| rng.below(below as u64) as usize);
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Its work holds the process, which holds the plane.
        self.storage.forget();
    }
}
