//! The log: to the standard error output or to `logfile`, as text or as one JSON object a line.

use std::fs::{File, OpenOptions};
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use frontend::Config;
use frontend::config::{LogFormat, LogLevel};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, Registry, reload};

/// Changes how much is logged while the process runs.
pub(crate) struct LevelHandle(reload::Handle<LevelFilter, Registry>);

impl LevelHandle {
    /// From now on this much is logged.
    pub(crate) fn set(&self, level: LogLevel) {
        // Fails only when the log is gone.
        let _ = self.0.reload(filter(level));
    }
}

/// Starts the log.
///
/// # Errors
/// The log file can't be opened.
pub(crate) fn start(config: &Config) -> Result<LevelHandle, String> {
    let (level, handle) = reload::Layer::new(filter(config.log_level()));
    let target = Target(config.log_file());
    target.open().map_err(|error| format!("can't open the log file {}: {error}", target.name()))?;
    let colours = target.0.is_none() && io::stderr().is_terminal();
    let format = tracing_subscriber::fmt::layer().with_writer(target).with_ansi(colours).with_target(false);
    let format = match config.log_format() {
        LogFormat::Text => format.boxed(),
        LogFormat::Json => format.json().flatten_event(true).boxed(),
    };
    let started = tracing_subscriber::registry().with(level).with(format).try_init();
    started.map_err(|error| format!("can't start the log: {error}"))?;
    Ok(LevelHandle(handle))
}

/// Lets a panic of any thread end the whole process: a server with one core missing would answer some clients and leave
/// others waiting for ever.
pub(crate) fn abort_on_panic() {
    std::panic::set_hook(Box::new(|panic| {
        let backtrace = std::backtrace::Backtrace::force_capture();
        let thread = std::thread::current();
        let name = thread.name().unwrap_or("unnamed");
        tracing::error!("thread {name} {panic}; this is a bug, please report it\n{backtrace}");
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

/// Where the log goes. A file is opened anew for each line, so that it can be moved away at any time (log rotation);
/// lines are rare.
struct Target(Option<PathBuf>);

impl Target {
    fn name(&self) -> String {
        self.0.as_ref().map_or_else(|| "stderr".into(), |path| path.display().to_string())
    }

    fn open(&self) -> io::Result<Option<File>> {
        self.0.as_ref().map(|path| OpenOptions::new().append(true).create(true).open(path)).transpose()
    }
}

impl<'a> MakeWriter<'a> for Target {
    type Writer = Line;

    fn make_writer(&'a self) -> Line {
        // Where the file can't be opened any more, the line is better on the standard error output than lost.
        self.open().ok().flatten().map_or(Line::Stderr, Line::File)
    }
}

/// The place of one line.
enum Line {
    Stderr,
    File(File),
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Line::Stderr => io::stderr().write(bytes),
            Line::File(file) => file.write(bytes),
        }
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
