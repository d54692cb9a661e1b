//! Where lines of the log end: a file or the standard error output, and syslog.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;

use tracing::Level;

/// A file, or the standard error output. A file is opened anew for each line, so that it can be moved away at any time
/// (log rotation); lines are rare, and one thread writes them.
pub(crate) struct Sink(Option<PathBuf>);

impl Sink {
    /// The file, or without one the standard error output.
    pub(crate) fn new(path: Option<PathBuf>) -> Self {
        Sink(path)
    }

    /// Whether lines go to the standard error output.
    pub(crate) fn is_stderr(&self) -> bool {
        self.0.is_none()
    }

    /// The name for messages.
    pub(crate) fn name(&self) -> String {
        self.0.as_ref().map_or_else(|| "stderr".into(), |path| path.display().to_string())
    }

    /// Opens the file, if it is one.
    ///
    /// # Errors
    /// It can't be opened.
    pub(crate) fn open(&self) -> io::Result<Option<File>> {
        self.0.as_ref().map(|path| OpenOptions::new().append(true).create(true).open(path)).transpose()
    }

    /// Writes a line. Where the file can't be opened any more, the line is better on the standard error output than lost.
    pub(crate) fn write(&self, line: &[u8]) {
        let _ = match self.open() {
            Ok(Some(mut file)) => file.write_all(line),
            _ => io::stderr().write_all(line),
        };
    }
}

/// Where the system's log listens.
const SYSLOG_SOCKET: &str = "/dev/log";

/// The system's log, spoken to in its own protocol (RFC 3164): one datagram a line.
pub(crate) struct Syslog {
    ident: String,
    facility: u8,
    socket: Option<UnixDatagram>,
}

impl Syslog {
    /// The severity of what an operator wants to know.
    pub(crate) const NOTICE: u8 = 5;

    /// With the name and the facility (RFC 3164, section 4.1.1) that lines carry.
    pub(crate) fn new(ident: &str, facility: u8) -> Self {
        Syslog { ident: ident.to_owned(), facility, socket: None }
    }

    /// The severity of a level.
    pub(crate) fn severity(level: Level) -> u8 {
        match level {
            Level::ERROR => 3,
            Level::WARN => 4,
            Level::INFO => Self::NOTICE,
            Level::DEBUG => 6,
            Level::TRACE => 7,
        }
    }

    /// The datagram of a line.
    fn datagram(&self, severity: u8, line: &[u8]) -> Vec<u8> {
        let priority = u32::from(self.facility) * 8 + u32::from(severity);
        let head = format!("<{priority}>{}[{}]: ", self.ident, std::process::id());
        [head.as_bytes(), line.trim_ascii_end()].concat()
    }

    /// Sends a line. Without a system's log, or while that is restarted, it is lost.
    pub(crate) fn send(&mut self, severity: u8, line: &[u8]) {
        let datagram = self.datagram(severity, line);
        if self.socket.is_none() {
            let socket = UnixDatagram::unbound().and_then(|socket| {
                socket.connect(SYSLOG_SOCKET)?;
                socket.set_nonblocking(true)?;
                Ok(socket)
            });
            self.socket = socket.ok();
        }
        if self.socket.as_ref().is_some_and(|socket| socket.send(&datagram).is_err()) {
            // Another try to connect comes with the next line.
            self.socket = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_datagram_has_priority_name_and_process() {
        let syslog = Syslog::new("anax", 16);
        let expect = format!("<132>anax[{}]: full", std::process::id());
        assert_eq!(syslog.datagram(Syslog::severity(Level::WARN), b"full\n"), expect.as_bytes());
    }
}
