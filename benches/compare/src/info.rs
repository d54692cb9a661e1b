//! A plain blocking client for the few questions that are put to a server outside of a run.

use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::reply::{Reply, append_bulk, parse};

/// Longest wait for an answer.
const ANSWER_MAX: Duration = Duration::from_secs(60);

/// A connection.
pub struct Client {
    socket: TcpStream,
    received: Vec<u8>,
}

impl Client {
    /// Connects.
    ///
    /// # Errors
    /// When nobody listens.
    pub fn connect(address: SocketAddr) -> Result<Client> {
        let socket = TcpStream::connect(address)?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(ANSWER_MAX))?;
        Ok(Client { socket, received: Vec::new() })
    }

    /// Sends a command and hands its reply to `read`.
    ///
    /// # Errors
    /// When the connection breaks, the answer takes too long or is an error reply.
    pub fn call<T>(&mut self, arguments: &[&str], read: impl FnOnce(&Reply<'_>) -> Option<T>) -> Result<T> {
        let mut request = format!("*{}\r\n", arguments.len()).into_bytes();
        arguments.iter().for_each(|argument| append_bulk(&mut request, argument.as_bytes()));
        self.socket.write_all(&request)?;
        self.received.clear();
        let mut chunk = [0; 16 * 1024];
        loop {
            if let Some((reply, _)) = parse(&self.received).map_err(|e| anyhow::anyhow!(e.0))? {
                if let Reply::Error(text) = &reply {
                    bail!("{} answered {}", arguments[0], String::from_utf8_lossy(text));
                }
                return read(&reply).with_context(|| format!("{} answered {reply:?}", arguments[0]));
            }
            match self.socket.read(&mut chunk) {
                Ok(0) => bail!("the server closed the connection"),
                Ok(count) => self.received.extend_from_slice(&chunk[..count]),
                // What is left to do of a ring that is gone can interrupt its thread.
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(e.into()),
            }
        }
    }

    /// Sends commands in one write.
    ///
    /// # Errors
    /// When the connection breaks.
    pub fn send(&mut self, commands: &[&[&str]]) -> Result<()> {
        let mut request = Vec::new();
        for arguments in commands {
            request.extend_from_slice(format!("*{}\r\n", arguments.len()).as_bytes());
            arguments.iter().for_each(|argument| append_bulk(&mut request, argument.as_bytes()));
        }
        self.received.clear();
        Ok(self.socket.write_all(&request)?)
    }

    /// Waits for so many replies to what was sent.
    ///
    /// # Errors
    /// When the connection breaks, the answer takes too long or is an error reply.
    pub fn receive(&mut self, replies: usize) -> Result<()> {
        let mut chunk = [0; 1024];
        let (mut at, mut left) = (0, replies);
        loop {
            while let Some((reply, len)) =
                parse(self.received.get(at..).unwrap_or_default()).map_err(|e| anyhow::anyhow!(e.0))?
            {
                if let Reply::Error(text) = &reply {
                    bail!("the answer is {}", String::from_utf8_lossy(text));
                }
                at += len;
                left -= 1;
                if left == 0 {
                    return Ok(());
                }
            }
            match self.socket.read(&mut chunk) {
                Ok(0) => bail!("the server closed the connection"),
                Ok(count) => self.received.extend_from_slice(&chunk[..count]),
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(e.into()),
            }
        }
    }

    /// Whether the server answers PING.
    pub fn ping(&mut self) -> Result<()> {
        self.call(&["PING"], |reply| (*reply == Reply::Simple(b"PONG")).then_some(()))
    }

    /// Number of keys, for a server that has DBSIZE.
    pub fn dbsize(&mut self) -> Result<u64> {
        self.call(&["DBSIZE"], |reply| match reply {
            Reply::Integer(count) => u64::try_from(*count).ok(),
            _ => None,
        })
    }

    /// The fields of a section of INFO, for a server that has it.
    pub fn info(&mut self, section: &str) -> Result<BTreeMap<String, String>> {
        self.call(&["INFO", section], |reply| match reply {
            Reply::Bulk(text) => Some(fields(&String::from_utf8_lossy(text))),
            _ => None,
        })
    }

    /// The longest that the server itself took for one call of `command`, in microseconds, if it keeps that:
    /// the field `max_usec` of the command's line in `INFO commandmax`, a section of Anax's own.
    pub fn longest_call_us(&mut self, command: &str) -> Option<f64> {
        let stats = self.info("commandmax").ok()?;
        subfield(stats.get(&format!("cmdmax_{command}"))?, "max_usec")?.parse().ok()
    }
}

/// `name:value` lines; comments and everything else are skipped.
fn fields(text: &str) -> BTreeMap<String, String> {
    let pairs = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(':'));
    pairs.map(|(name, value)| (name.to_owned(), value.trim().to_owned())).collect()
}

/// One of `name=value,name=value`.
fn subfield<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.split(',').filter_map(|pair| pair.split_once('=')).find(|(n, _)| *n == name).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_info() {
        let text = "# Commandstats\r\ncmdstat_set:calls=2,usec=9,rejected_calls=0\r\n# Commandmax\r\ncmdmax_set:max_usec=7.5\r\n";
        let fields = fields(text);
        assert_eq!(subfield(&fields["cmdmax_set"], "max_usec"), Some("7.5"));
        assert_eq!(subfield(&fields["cmdstat_set"], "usec"), Some("9"));
        assert_eq!(subfield(&fields["cmdstat_set"], "p99"), None);
    }
}
