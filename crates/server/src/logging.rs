//! The log: to the standard error output or to `logfile`, as text, as one JSON object a line or as pairs, and to syslog.
//!
//! ```text
//! any thread ── a line ──► queue, bounded ──► thread "log" ──► file or standard error
//!                                                         └──► syslog
//! ```
//!
//! A thread that logs never waits for a disk, and no core opens a file. If the queue is full the line is lost, and how
//! many were lost is said when there is room again.

use std::io::{self, IsTerminal, Write};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use frontend::Config;
use frontend::config::{LogFormat, LogLevel};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, reload};

use crate::log_pairs::Pairs;
use crate::log_sink::{Sink, Syslog};

/// Lines that wait to be written at most: more than any burst of a start or of failing clients, and a megabyte at worst.
const QUEUE_MAX: usize = 4096;

/// How long the end of the process waits for the last lines to be written.
const FINISH_PATIENCE: Duration = Duration::from_secs(1);

/// The way to the thread that writes.
static QUEUE: OnceLock<SyncSender<Entry>> = OnceLock::new();

/// Lines that found the queue full, and that nothing was said of yet.
static LOST: AtomicU64 = AtomicU64::new(0);

/// What goes to the thread that writes.
enum Entry {
    /// A line for the log.
    Line(Vec<u8>),
    /// A line for syslog, and how urgent it is.
    Syslog(u8, Vec<u8>),
    /// All lines before this are to be written; then the sender hears of it.
    Finish(SyncSender<()>),
}

/// Changes how much is logged while the process runs.
pub(crate) struct LevelHandle(reload::Handle<LevelFilter, Registry>);

impl LevelHandle {
    /// From now on this much is logged.
    pub(crate) fn set(&self, level: LogLevel) {
        // Fails only when the log is gone.
        let _ = self.0.reload(filter(level));
    }
}

/// Looks whether there can be a log, while there is still somebody to tell.
///
/// # Errors
/// The log file can't be opened.
pub(crate) fn check(config: &Config) -> Result<(), String> {
    let sink = Sink::new(config.log_file());
    sink.open().map(drop).map_err(|error| format!("Can't open the log file {}: {error}", sink.name()))
}

/// Starts the log.
///
/// # Errors
/// It can't be started.
pub(crate) fn start(config: &Config) -> Result<LevelHandle, String> {
    let (level, handle) = reload::Layer::new(filter(config.log_level()));
    let sink = Sink::new(config.log_file());
    let colours = sink.is_stderr() && io::stderr().is_terminal();
    let format = tracing_subscriber::fmt::layer().with_writer(Log).with_ansi(colours).with_target(false);
    let format = match config.log_format() {
        LogFormat::Text => format.boxed(),
        LogFormat::Json => format.json().flatten_event(true).boxed(),
        LogFormat::Pairs => format.event_format(Pairs).boxed(),
    };
    let syslog = config.syslog().map(|(ident, facility)| Syslog::new(&ident, facility));
    let to_syslog = syslog.is_some().then(|| {
        let plain = tracing_subscriber::fmt::layer().without_time().with_level(false).with_ansi(false);
        plain.with_target(false).with_writer(ToSyslog)
    });
    let (queue, lines) = sync_channel(QUEUE_MAX);
    std::thread::Builder::new()
        .name("log".into())
        .spawn(move || write_lines(&lines, &sink, syslog))
        .map_err(|error| format!("can't start the thread of the log: {error}"))?;
    let _ = QUEUE.set(queue);
    let started = tracing_subscriber::registry().with(level).with(format).with(to_syslog).try_init();
    started.map_err(|error| format!("can't start the log: {error}"))?;
    Ok(LevelHandle(handle))
}

/// Waits until what was logged is written, but not for ever.
pub(crate) fn finish() {
    let Some(queue) = QUEUE.get() else { return };
    let (done, written) = sync_channel(1);
    if queue.send(Entry::Finish(done)).is_ok() {
        let _ = written.recv_timeout(FINISH_PATIENCE);
    }
}

/// Lets a panic of any thread end the whole process: a server with one core missing would answer some clients and leave
/// others waiting for ever.
pub(crate) fn abort_on_panic() {
    std::panic::set_hook(Box::new(|panic| {
        let backtrace = std::backtrace::Backtrace::force_capture();
        let thread = std::thread::current();
        let name = thread.name().unwrap_or("unnamed");
        tracing::error!("thread {name} {panic}; this is a bug, please report it\n{backtrace}");
        if name != "log" {
            finish();
        }
        std::process::abort();
    }));
}

fn filter(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Debug => LevelFilter::TRACE,
        LogLevel::Verbose => LevelFilter::DEBUG,
        LogLevel::Notice => LevelFilter::INFO,
        LogLevel::Warning => LevelFilter::WARN,
        LogLevel::Nothing => LevelFilter::OFF,
    }
}

/// The thread that writes, for as long as the process lives.
fn write_lines(lines: &Receiver<Entry>, sink: &Sink, mut syslog: Option<Syslog>) {
    while let Ok(entry) = lines.recv() {
        match entry {
            Entry::Line(line) => sink.write(&line),
            Entry::Syslog(priority, line) => {
                syslog.iter_mut().for_each(|syslog| syslog.send(priority, &line));
            }
            Entry::Finish(done) => drop(done.try_send(())),
        }
        let lost = LOST.swap(0, Relaxed);
        if lost > 0 {
            sink.write(format!("{lost} lines of the log were lost: they came too fast\n").as_bytes());
        }
    }
}

fn enqueue(entry: Entry) {
    if QUEUE.get().is_none_or(|queue| queue.try_send(entry).is_err()) {
        LOST.fetch_add(1, Relaxed);
    }
}

/// Gives lines to the log.
struct Log;

impl<'a> MakeWriter<'a> for Log {
    type Writer = Log;

    fn make_writer(&'a self) -> Log {
        Log
    }
}

impl Write for Log {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        enqueue(Entry::Line(line.to_vec()));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Gives lines to syslog.
struct ToSyslog;

/// A line for syslog with its urgency.
struct SyslogLine(u8);

impl<'a> MakeWriter<'a> for ToSyslog {
    type Writer = SyslogLine;

    fn make_writer(&'a self) -> SyslogLine {
        SyslogLine(Syslog::NOTICE)
    }

    fn make_writer_for(&'a self, meta: &tracing::Metadata<'_>) -> SyslogLine {
        SyslogLine(Syslog::severity(*meta.level()))
    }
}

impl Write for SyslogLine {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        enqueue(Entry::Syslog(self.0, line.to_vec()));
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::Command;

    use super::*;

    /// Set in the process that is to panic.
    const VARIABLE: &str = "ANAX_TEST_PANIC";

    #[test]
    fn a_panic_of_any_thread_ends_the_process() {
        if std::env::var_os(VARIABLE).is_some() {
            start(&Config::default()).expect("a log");
            abort_on_panic();
            let thread =
                std::thread::Builder::new().name("anax-7".into()).spawn(|| panic!("something is wrong"));
            let _ = thread.expect("a thread").join();
            return;
        }
        // The same test again, in a process of its own.
        let name = "logging::tests::a_panic_of_any_thread_ends_the_process";
        let mut again = Command::new(std::env::current_exe().expect("this program"));
        let output =
            again.args(["--exact", name, "--nocapture"]).env(VARIABLE, "1").output().expect("it runs");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.signal(), Some(libc::SIGABRT), "{said}");
        assert!(said.contains("anax-7") && said.contains("something is wrong"), "{said}");
    }
}
