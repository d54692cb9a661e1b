//! The thread that takes the append-only log to the disk.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use persist::log::{Logs, Next, Plane, Policy};
use reactor::Waker;

use crate::log_volume::LogVolume;

/// How long the end of the process waits for a disk that refuses what is left.
const FINISH_PATIENCE: Duration = Duration::from_secs(10);
/// A sync that takes less long than this is not worth waiting for others.
const GATHER_MIN: Duration = Duration::from_micros(100);
/// How often it is looked whether it is done.
const LOOK_EVERY: Duration = Duration::from_millis(1);
/// A sync under `everysec` that takes longer is counted (`aof_delayed_fsync`): Redis waits so long before it writes on regardless.
const DELAYED: Duration = Duration::from_secs(2);

/// The running thread.
pub(crate) struct LogWriter {
    logs: Arc<Logs>,
    thread: JoinHandle<()>,
    given_up: Arc<AtomicBool>,
}

impl LogWriter {
    /// Starts the thread, which sleeps while nothing is logged.
    ///
    /// # Errors
    /// No thread can be had.
    pub(crate) fn start(logs: &Arc<Logs>, wakers: Vec<Waker>) -> io::Result<Self> {
        let given_up = Arc::new(AtomicBool::new(false));
        let (of_thread, until) = (Arc::clone(logs), Arc::clone(&given_up));
        let run = move || run(&of_thread, wakers, &until);
        let thread = std::thread::Builder::new().name("log-writer".into()).spawn(run)?;
        Ok(LogWriter { logs: Arc::clone(logs), thread, given_up })
    }

    /// Waits until all that was appended is on the disk. Cores append nothing more.
    ///
    /// # Errors
    /// The disk does not take it.
    pub(crate) fn finish(self) -> Result<(), String> {
        self.logs.stop();
        let by = Instant::now() + FINISH_PATIENCE;
        while !self.thread.is_finished() {
            if Instant::now() >= by && self.logs.is_failed() {
                self.given_up.store(true, Ordering::Relaxed);
                let error = self.logs.status().error.unwrap_or_default();
                return Err(format!("the end of the append-only log is not written: {error}"));
            }
            std::thread::sleep(LOOK_EVERY);
        }
        // A panic would have ended the process.
        let _ = self.thread.join();
        Ok(())
    }
}

fn run(logs: &Arc<Logs>, wakers: Vec<Waker>, given_up: &AtomicBool) {
    let wake = move |core: usize| {
        if let Some(waker) = wakers.get(core) {
            waker.wake();
        }
    };
    let mut plane = Plane::new(Arc::clone(logs), LogVolume::default(), Box::new(wake));
    let (mut failed, mut taken) = (false, 0);
    while !given_up.load(Ordering::Relaxed) {
        let (began, group) = (Instant::now(), logs.all_appended() - taken);
        taken += group;
        let next = plane.step(sys::clock::realtime_ms());
        let took = began.elapsed();
        if took >= DELAYED && logs.policy() == Policy::EverySec {
            logs.count_delayed_sync();
            tracing::warn!(
                "syncing the append-only log took {} ms: the disk is busy, and a crash loses as much",
                took.as_millis()
            );
        }
        if logs.is_failed() != failed {
            failed = !failed;
            match logs.status().error {
                Some(error) => tracing::error!("the append-only log can't be written: {error}; trying again"),
                None => tracing::info!("the append-only log is written again"),
            }
        }
        if next == Next::Over {
            return;
        }
        // What came meanwhile, and once more what this step has let go on.
        let goal = logs.all_appended() + group;
        logs.wait(next, sys::clock::realtime_ms());
        if logs.policy() == Policy::Always && next == Next::Rung {
            gather(logs, took, goal);
        }
    }
}

/// Waits for those whom the last sync let go on: they write again soon, and would wait for two syncs if the next one began with
/// the first of them. Until as much came as they had written, but no longer than a sync takes, or than more comes. Whoever
/// writes alone waits for nobody.
fn gather(logs: &Logs, sync: Duration, goal: u64) {
    if sync < GATHER_MIN {
        return;
    }
    let (until, mut seen) = (Instant::now() + sync, logs.all_appended());
    while seen < goal && Instant::now() < until {
        std::thread::sleep(sync / 32);
        let now = logs.all_appended();
        if now == seen {
            return;
        }
        seen = now;
    }
}
