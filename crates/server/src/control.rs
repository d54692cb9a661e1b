//! The control of the process, on the main thread: it waits for signals, SHUTDOWN and the ends of cores, and looks at
//! slow-moving numbers now and then.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use frontend::{ErrandCall, Shared};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::Signals;

use crate::daemon::{self, PidFile};
use crate::log_writer::LogWriter;

/// How often numbers are sampled that INFO shows as rates or peaks.
const SAMPLE_EVERY: Duration = Duration::from_millis(100);

/// How often it is looked whether a snapshot is done that the end waits for.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// How long cores may take to finish what is in flight, before the process ends without them.
const SHUTDOWN_PATIENCE: Duration = Duration::from_secs(10);

/// Something for the control to act on.
#[derive(Debug)]
pub(crate) enum Event {
    /// The core's loop runs.
    Started,
    /// The core's loop ended.
    Ended {
        /// Which core.
        core: usize,
        /// Whether it was asked to.
        result: io::Result<()>,
    },
    /// SIGTERM or SIGINT came.
    Signal(i32),
    /// A client asked for the end, with or without a last snapshot, or left that to the configuration.
    Shutdown(Option<bool>),
    /// The file of snapshots is loaded, or can't be.
    Loaded(Result<(), String>),
    /// A command that opens files or sockets.
    Errand(ErrandCall),
}

/// Sends SIGTERM and SIGINT as events. SIGHUP is ignored, as in Redis; SIGPIPE is ignored by Rust's runtime. SIGXFSZ is ignored so
/// that a file which must not grow is an error of the write, like a disk that is full.
///
/// # Errors
/// The system refuses the handlers or the thread.
pub(crate) fn watch_signals(events: Sender<Event>) -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP, SIGXFSZ])?;
    let watch = move || {
        for signal in signals.forever().filter(|signal| ![SIGHUP, SIGXFSZ].contains(signal)) {
            if events.send(Event::Signal(signal)).is_err() {
                return;
            }
        }
    };
    std::thread::Builder::new().name("signals".into()).spawn(watch).map(drop)
}

/// The running server.
pub(crate) struct Server {
    pub(crate) shared: Arc<Shared>,
    pub(crate) cores: Vec<JoinHandle<()>>,
    pub(crate) events: Receiver<Event>,
    /// What to log when all cores run: one line an address.
    pub(crate) listening: Vec<String>,
    /// Whether the process ends with a snapshot.
    pub(crate) saves_last: bool,
    /// Nothing keeps that snapshot from being taken.
    pub(crate) last_prepared: bool,
    /// It goes with the process.
    pub(crate) pid_file: Option<PidFile>,
    /// Ends last: what cores have logged goes to the disk.
    pub(crate) log_writer: LogWriter,
}

impl Server {
    /// Waits until the server has ended.
    ///
    /// # Errors
    /// A core failed, or did not finish in time.
    pub(crate) fn run(mut self) -> Result<(), String> {
        let (mut starting, mut running) = (self.cores.len(), self.cores.len());
        let mut stop_by: Option<Instant> = None;
        while running > 0 {
            match self.next_event(stop_by) {
                Some(Event::Started) => {
                    starting -= 1;
                    if starting == 0 {
                        self.shared.process.started();
                        self.shared.sample_memory();
                        self.listening.iter().for_each(|address| tracing::info!("listening on {address}"));
                        tracing::info!("ready");
                        daemon::notify(&self.shared.config(), "READY=1");
                    }
                }
                Some(Event::Ended { core, result }) => {
                    let word = if starting > 0 { "can't start" } else { "failed" };
                    result.map_err(|error| format!("core {core} {word}: {error}"))?;
                    running -= 1;
                }
                Some(Event::Signal(_)) if stop_by.is_some() => {
                    return Err("stopped at once, by a second signal".into());
                }
                Some(Event::Signal(signal)) => {
                    let name = signal_hook::low_level::signal_name(signal).unwrap_or("a signal");
                    tracing::info!("{name} received, shutting down");
                    stop_by = Some(self.stop(None));
                }
                Some(Event::Shutdown(save)) if stop_by.is_none() => {
                    tracing::info!("a client asks for shutdown");
                    stop_by = Some(self.stop(save));
                }
                Some(Event::Shutdown(_)) => {}
                Some(Event::Loaded(result)) => result?,
                Some(Event::Errand(errand)) => errand.run(&self.shared),
                None if stop_by.is_some_and(|by| Instant::now() >= by) && !self.is_saving() => {
                    return Err(format!("{running} cores did not finish in time"));
                }
                None => {
                    self.shared.look_at_save_points(sys::clock::realtime_ms());
                    self.shared.look_at_log_growth(sys::clock::realtime_ms());
                    self.shared.process.sample();
                    self.shared.sample_memory();
                }
            }
        }
        for core in self.cores.drain(..) {
            // A panic would have ended the process.
            let _ = core.join();
        }
        if !self.saves_last {
            // A snapshot or a rewrite whose walks ended with the cores.
            self.shared.saving.jobs.cancel();
        }
        while self.is_saving() {
            std::thread::sleep(LOOK_EVERY);
        }
        self.log_writer.finish()?;
        if self.saves_last && (!self.last_prepared || self.shared.saving.jobs.saves().failed) {
            return Err("the last snapshot failed: what was changed since the one before is lost".into());
        }
        drop(self.pid_file);
        tracing::info!("bye");
        Ok(())
    }

    /// Whether a snapshot is being written.
    fn is_saving(&self) -> bool {
        self.shared.saving.jobs.saves().began_ms.is_some()
    }

    fn stop(&mut self, save: Option<bool>) -> Instant {
        self.saves_last = save.unwrap_or_else(|| self.shared.saves_at_end()) && !self.shared.feed.is_active();
        if self.saves_last {
            let by = Instant::now() + SHUTDOWN_PATIENCE;
            loop {
                self.last_prepared = self.shared.prepare_last_save(sys::clock::realtime_ms());
                if self.last_prepared || Instant::now() >= by {
                    break;
                }
                std::thread::sleep(LOOK_EVERY);
            }
        }
        daemon::notify(&self.shared.config(), "STOPPING=1");
        self.shared.stop();
        self.shared.process.wake_all();
        Instant::now() + SHUTDOWN_PATIENCE
    }

    /// The next event; none when it is time to look at other things.
    fn next_event(&self, stop_by: Option<Instant>) -> Option<Event> {
        let left = stop_by.map_or(SAMPLE_EVERY, |by| by.saturating_duration_since(Instant::now()));
        // The senders live as long as the cores and their shared state: only time can run out.
        self.events.recv_timeout(left.min(SAMPLE_EVERY)).ok()
    }
}
