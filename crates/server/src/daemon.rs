//! What a service of the system does besides serving: it goes into the background, leaves its process id in a file, and
//! tells systemd how it does.

use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

use frontend::Config;

/// Set in the process that runs in the background.
const VARIABLE: &str = "ANAX_IN_BACKGROUND";

/// The file of the process id of a daemon that has none configured.
const DEFAULT_PID_FILE: &str = "/var/run/anax.pid";

/// With `daemonize yes`, starts this program again in the background; the code to end with is that of the process that
/// was started by hand. `None` in the process that is to serve.
pub(crate) fn into_background(config: &Config) -> Option<ExitCode> {
    if !config.daemonize() {
        return None;
    }
    if std::env::var_os(VARIABLE).is_some() {
        // A session of its own: the terminal's end is not ours. It fails only where there is one already.
        let _ = rustix::process::setsid();
        return None;
    }
    let started = std::env::current_exe().and_then(|program| {
        let mut again = Command::new(program);
        again.args(std::env::args_os().skip(1)).env(VARIABLE, "1");
        again.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()
    });
    Some(match started {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("anax: can't go into the background: {error}");
            ExitCode::FAILURE
        }
    })
}

/// The file with the process id; it goes when this is dropped.
#[derive(Debug)]
pub(crate) struct PidFile(PathBuf);

impl PidFile {
    /// Writes the file if one is configured, or if the process is in the background.
    pub(crate) fn write(config: &Config) -> Option<PidFile> {
        let default = || config.daemonize().then(|| PathBuf::from(DEFAULT_PID_FILE));
        let path = config.pid_file().or_else(default)?;
        match std::fs::write(&path, format!("{}\n", std::process::id())) {
            Ok(()) => Some(PidFile(path)),
            Err(error) => {
                tracing::warn!("can't write the process id to {}: {error}", path.display());
                None
            }
        }
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Tells the service manager something, if it listens: `READY=1`, `STOPPING=1` (sd_notify).
pub(crate) fn notify(config: &Config, state: &str) {
    if !config.is_supervised() {
        return;
    }
    if let Some(name) = std::env::var_os("NOTIFY_SOCKET")
        && let Err(error) = send(&name, state)
    {
        tracing::warn!("can't tell the service manager {state}: {error}");
    }
}

fn send(name: &OsStr, state: &str) -> io::Result<()> {
    let address = match name.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
        path => SocketAddr::from_pathname(OsStr::from_bytes(path))?,
    };
    UnixDatagram::unbound()?.send_to_addr(state.as_bytes(), &address).map(drop)
}
