//! Small things about connected sockets.

use std::io;
use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd};
use std::sync::Arc;
use std::time::Duration;

use base::conn::{ConnInfo, Endpoint};
use rustix::io::Errno;
use rustix::net::{
    RecvFlags, SendFlags, Shutdown, SocketAddrAny, getpeername, getsockname, recv, send, shutdown, sockopt,
};

/// How many probes an idle connection may leave unanswered before it counts as broken (as Redis has it).
const KEEPALIVE_PROBES: u32 = 3;

/// Both ends of a connected socket. `unix` is the path of the listener it came through, if that was a unix socket.
pub fn describe(socket: impl AsFd, unix: Option<&Arc<str>>) -> ConnInfo {
    let socket = socket.as_fd();
    let fd = socket.as_raw_fd();
    if let Some(path) = unix {
        let endpoint = Endpoint::Unix(Arc::clone(path));
        return ConnInfo { peer: endpoint.clone(), local: endpoint, fd };
    }
    let peer = endpoint(getpeername(socket).ok().flatten());
    let local = endpoint(getsockname(socket).ok());
    ConnInfo { peer, local, fd }
}

/// An address that cannot be read (the peer is gone already) shows as `0.0.0.0:0`.
fn endpoint(address: Option<SocketAddrAny>) -> Endpoint {
    let address = address.and_then(|any| SocketAddr::try_from(any).ok());
    Endpoint::Tcp(address.unwrap_or_else(|| SocketAddr::from(([0, 0, 0, 0], 0))))
}

/// Sends a last word without waiting, as far as the socket takes it.
pub fn last_word(socket: impl AsFd, text: &[u8]) {
    let _ = send(socket, text, SendFlags::NOSIGNAL | SendFlags::DONTWAIT);
}

/// Reads of [`hang_up`] at most, 256 KiB together.
const DISCARDS_MAX: u32 = 16;

/// Ends our half of a connection and throws away what the peer has sent, without waiting. Returns whether there was
/// something, or nothing if the peer has ended its half too. Until it has, what it sends would reset a closed connection,
/// perhaps before it has read our last words.
pub fn hang_up(socket: impl AsFd) -> Option<bool> {
    let socket = socket.as_fd();
    shutdown(socket, Shutdown::Write).ok()?;
    let mut buffer = [0; 16 << 10];
    for reads in 0..DISCARDS_MAX {
        match recv(socket, &mut buffer, RecvFlags::DONTWAIT) {
            Ok((0, _)) => return None,
            Ok(_) | Err(Errno::INTR) => {}
            Err(Errno::AGAIN) => return Some(reads > 0),
            Err(_) => return None,
        }
    }
    Some(true)
}

/// Probes an idle TCP connection after `seconds` and then every third of that; 0 turns probing off. Sockets accepted
/// from a listener inherit this.
///
/// # Errors
/// The socket is not a TCP socket.
pub fn set_keepalive(socket: impl AsFd, seconds: u32) -> io::Result<()> {
    let socket = socket.as_fd();
    sockopt::set_socket_keepalive(socket, seconds > 0)?;
    if seconds > 0 {
        // The kernel takes 1 … 32,767.
        let idle = seconds.min(32_767);
        sockopt::set_tcp_keepidle(socket, Duration::from_secs(idle.into()))?;
        sockopt::set_tcp_keepintvl(socket, Duration::from_secs((idle / 3).max(1).into()))?;
        sockopt::set_tcp_keepcnt(socket, KEEPALIVE_PROBES)?;
    }
    Ok(())
}
