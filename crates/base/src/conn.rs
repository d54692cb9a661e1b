//! What a connection is to the layers that never see a socket: an id, two addresses, and the few words that the loop
//! of a core (crate `reactor`) and the protocol (crate `frontend`) exchange about it.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;

/// Names one connection of one core.
///
/// `index` is dense and reused, so it can index a plain vector; `generation` is raised each time that the index is
/// reused, so an id that was kept too long is recognised instead of naming a stranger.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ConnId {
    /// Position in the core's table of connections.
    pub index: u32,
    /// How often the index has been reused.
    pub generation: u32,
}

/// One end of a connection, as CLIENT LIST shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Endpoint {
    /// An IP address and a port: `127.0.0.1:6379`, `[::1]:6379`.
    Tcp(SocketAddr),
    /// A socket of the file system: its path, shown with port 0 as Redis does (`/run/anax.sock:0`).
    Unix(Arc<str>),
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Endpoint::Tcp(address) => write!(f, "{address}"),
            Endpoint::Unix(path) => write!(f, "{path}:0"),
        }
    }
}

/// What is known of a connection when it opens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConnInfo {
    /// The client's end.
    pub peer: Endpoint,
    /// Our end.
    pub local: Endpoint,
    /// The file descriptor, for display only.
    pub fd: i32,
}

impl ConnInfo {
    /// Whether the client came through a unix socket.
    pub fn is_unix(&self) -> bool {
        matches!(self.local, Endpoint::Unix(_))
    }
}

/// Whether a connection goes on being read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flow {
    /// Go on reading.
    Continue,
    /// Read no more until the connection is resumed. What was already in flight is still delivered.
    Pause,
}

/// How a connection is closed by our side.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CloseMode {
    /// Once the output handed over so far is sent.
    AfterFlush,
    /// At once; unsent output is dropped.
    Now,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_read_as_redis_shows_them() {
        let tcp = |text: &str| Endpoint::Tcp(text.parse().expect("address")).to_string();
        assert_eq!(tcp("127.0.0.1:6379"), "127.0.0.1:6379");
        assert_eq!(tcp("[::1]:80"), "[::1]:80");
        assert_eq!(Endpoint::Unix("/run/a.sock".into()).to_string(), "/run/a.sock:0");
    }
}
