//! Listening sockets: TCP over both IP versions, and unix sockets.

use std::fs;
use std::io;
use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use base::conn::Endpoint;
use rustix::net::{
    AddressFamily, SocketAddrUnix, SocketFlags, SocketType, bind, getsockname, listen, socket_with, sockopt,
};

use crate::net::set_keepalive;

/// Pause between two tries to bind an address that is still in use.
const BIND_RETRY_PAUSE: Duration = Duration::from_millis(50);

/// Tries to bind an address that is in use: after a crash the kernel may hold on to it for a moment.
const BIND_TRIES: u32 = 20;

/// A listening socket. Dropping it closes it, and removes the file of a unix socket.
#[derive(Debug)]
pub struct Listener {
    socket: OwnedFd,
    endpoint: Endpoint,
    file: Option<SocketFile>,
}

/// The file of a unix socket, known by its identity so that a successor's file is left alone.
#[derive(Debug)]
struct SocketFile {
    path: PathBuf,
    device: u64,
    inode: u64,
}

impl Listener {
    /// Listens on a TCP address; port 0 lets the kernel choose, see [`Listener::endpoint`]. Accepted sockets inherit
    /// TCP_NODELAY and the keepalive setting.
    ///
    /// # Errors
    /// The address is in use (after a second of trying), not ours, or forbidden.
    pub fn tcp(address: SocketAddr, backlog: u32, keepalive_s: u32) -> io::Result<Listener> {
        let mut tries = BIND_TRIES;
        loop {
            match tcp_once(address, backlog, keepalive_s) {
                Err(error) if error.kind() == io::ErrorKind::AddrInUse && tries > 1 => tries -= 1,
                result => return result,
            }
            std::thread::sleep(BIND_RETRY_PAUSE);
        }
    }

    /// As [`Listener::tcp`], with one try only.
    ///
    /// # Errors
    /// The address is in use, not ours, or forbidden.
    pub fn tcp_once(address: SocketAddr, backlog: u32, keepalive_s: u32) -> io::Result<Listener> {
        tcp_once(address, backlog, keepalive_s)
    }

    /// Listens on several TCP addresses of one port. If the port is 0, the kernel chooses it for the first address and
    /// the others follow.
    ///
    /// # Errors
    /// As [`Listener::tcp`], for the first address that fails.
    pub fn tcp_all(addresses: &[SocketAddr], backlog: u32, keepalive_s: u32) -> io::Result<Vec<Listener>> {
        let mut listeners: Vec<Listener> = Vec::with_capacity(addresses.len());
        for &address in addresses {
            let mut address = address;
            let first = listeners.first().and_then(Listener::port);
            if let (0, Some(port)) = (address.port(), first) {
                address.set_port(port);
            }
            listeners.push(Listener::tcp(address, backlog, keepalive_s)?);
        }
        Ok(listeners)
    }

    /// Listens on a unix socket, with the file's permissions set to `mode` if given. A socket file on which nobody
    /// listens any more is replaced.
    ///
    /// # Errors
    /// Somebody listens there (`AddrInUse`), the path holds something else than a socket, or is too long.
    pub fn unix(path: &Path, mode: Option<u32>, backlog: u32) -> io::Result<Listener> {
        remove_stale(path)?;
        let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
        bind(&socket, &SocketAddrUnix::new(path)?)?;
        let found = fs::symlink_metadata(path)?;
        let file = Some(SocketFile { path: path.to_path_buf(), device: found.dev(), inode: found.ino() });
        let endpoint = Endpoint::Unix(Arc::from(path.to_string_lossy().as_ref()));
        let listener = Listener { socket, endpoint, file };
        if let Some(mode) = mode {
            // Nobody can connect before listen(), so the mode holds from the first client on.
            fs::set_permissions(path, fs::Permissions::from_mode(mode))?;
        }
        listen(&listener.socket, backlog.min(i32::MAX as u32) as i32)?;
        Ok(listener)
    }

    /// The socket.
    pub fn socket(&self) -> &OwnedFd {
        &self.socket
    }

    /// The address listened on, with the actual port.
    pub fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// The TCP port.
    pub fn port(&self) -> Option<u16> {
        match self.endpoint {
            Endpoint::Tcp(address) => Some(address.port()),
            Endpoint::Unix(_) => None,
        }
    }

    /// The path of a unix socket.
    pub fn unix_path(&self) -> Option<&Arc<str>> {
        match &self.endpoint {
            Endpoint::Tcp(_) => None,
            Endpoint::Unix(path) => Some(path),
        }
    }

    /// Changes the keepalive setting that sockets accepted from now on inherit; nothing for unix sockets.
    ///
    /// # Errors
    /// The kernel refuses.
    pub fn set_keepalive(&self, seconds: u32) -> io::Result<()> {
        if self.file.is_some() { Ok(()) } else { set_keepalive(&self.socket, seconds) }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let Some(file) = &self.file else { return };
        let ours = |found: fs::Metadata| found.dev() == file.device && found.ino() == file.inode;
        if fs::symlink_metadata(&file.path).is_ok_and(ours) {
            let _ = fs::remove_file(&file.path);
        }
    }
}

fn tcp_once(address: SocketAddr, backlog: u32, keepalive_s: u32) -> io::Result<Listener> {
    let family = if address.is_ipv4() { AddressFamily::INET } else { AddressFamily::INET6 };
    let socket = socket_with(family, SocketType::STREAM, SocketFlags::CLOEXEC, None)?;
    sockopt::set_socket_reuseaddr(&socket, true)?;
    if address.is_ipv6() {
        // So that 0.0.0.0 and :: can be bound side by side.
        sockopt::set_ipv6_v6only(&socket, true)?;
    }
    sockopt::set_tcp_nodelay(&socket, true)?;
    set_keepalive(&socket, keepalive_s)?;
    bind(&socket, &address)?;
    listen(&socket, backlog.min(i32::MAX as u32) as i32)?;
    let actual = SocketAddr::try_from(getsockname(&socket)?)?;
    Ok(Listener { socket, endpoint: Endpoint::Tcp(actual), file: None })
}

/// Removes a socket file on which nobody listens.
fn remove_stale(path: &Path) -> io::Result<()> {
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => found?,
    };
    if !found.file_type().is_socket() {
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, "the path exists and is not a socket"));
    }
    match UnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => fs::remove_file(path),
        _ => Err(io::Error::new(io::ErrorKind::AddrInUse, "another process listens on the socket")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_zero_is_chosen_once_for_all_addresses() {
        let addresses = ["127.0.0.1:0", "127.0.0.2:0"].map(|text| text.parse().expect("address"));
        let listeners = Listener::tcp_all(&addresses, 16, 300).expect("listen");
        let ports: Vec<_> = listeners.iter().map(|listener| listener.port().expect("tcp")).collect();
        assert!(ports[0] != 0 && ports[0] == ports[1]);
        listeners[0].set_keepalive(0).expect("keepalive");
    }

    #[test]
    fn unix_sockets_replace_stale_files_only() {
        let path = std::env::temp_dir().join(format!("anax-listen-{}.sock", std::process::id()));
        let listener = Listener::unix(&path, Some(0o700), 16).expect("listen");
        assert_eq!(fs::metadata(&path).expect("file").permissions().mode() & 0o777, 0o700);
        let busy = Listener::unix(&path, None, 16).expect_err("in use");
        assert_eq!(busy.kind(), io::ErrorKind::AddrInUse);
        drop(listener);
        assert!(!path.exists());

        // A crashed process leaves its file behind.
        drop(std::os::unix::net::UnixListener::bind(&path).expect("bind"));
        assert!(path.exists());
        drop(Listener::unix(&path, None, 16).expect("replaces the stale file"));

        fs::write(&path, "precious").expect("write");
        assert!(Listener::unix(&path, None, 16).is_err());
        assert_eq!(fs::read(&path).expect("kept"), b"precious");
        fs::remove_file(&path).expect("clean up");
    }
}
