//! Where clients connect: addresses of `bind` and `port`, and the unix socket.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};

use frontend::Config;
use frontend::config::BindAddress;
use reactor::{Endpoint, Listener};

/// With a port that the system chooses: tries to find one that is free on all addresses.
const FREE_PORT_TRIES: u32 = 8;

/// Opens all listening sockets.
///
/// `port 0` means no TCP if there is a unix socket; otherwise, where Redis would have nothing to listen on, the system
/// chooses a free port.
///
/// # Errors
/// An address that can't be listened on, in words for the operator.
pub(crate) fn open(config: &Config) -> Result<Vec<Listener>, String> {
    let backlog = u32::try_from(config.tcp_backlog()).unwrap_or(511);
    let mut listeners = Vec::new();
    if let Some((path, mode)) = config.unix_socket() {
        let listener = Listener::unix(&path, (mode != 0).then_some(mode), backlog);
        let refused = |error| format!("can't listen on the unix socket {}: {error}", path.display());
        listeners.push(listener.map_err(refused)?);
        if let Some(group) = config.unix_socket_group() {
            let given = group_id(&group).and_then(|id| std::os::unix::fs::chown(&path, None, Some(id)));
            given.map_err(|error| format!("can't give {} to the group {group}: {error}", path.display()))?;
        }
    }
    match config.port() {
        None if !listeners.is_empty() => {}
        None => listeners.extend(on_a_free_port(config, backlog)?),
        Some(port) => listeners.extend(tcp(config, port, backlog).map_err(|(_, text)| text)?),
    }
    Ok(listeners)
}

/// Opens the TCP addresses that `config` asks for and that are not in `now`, and names those of `now` that it doesn't ask
/// for. With a port of 0 there are none.
///
/// # Errors
/// An address that can't be listened on, in words for the log.
pub(crate) fn reopen(config: &Config, now: &[Endpoint]) -> Result<(Vec<Endpoint>, Vec<Listener>), String> {
    let backlog = u32::try_from(config.tcp_backlog()).unwrap_or(511);
    let (mut wanted, mut open) = (Vec::new(), Vec::new());
    let Some(port) = config.port() else { return Ok((now.to_vec(), open)) };
    for address in addresses(config) {
        let refused = |error| format!("can't listen on {} port {port}: {error}", address.host);
        let socket = match resolve(&address.host, port) {
            Err(error) if may_be_absent(&error, address.optional) => continue,
            socket => socket.map_err(refused)?,
        };
        let endpoint = Endpoint::Tcp(socket);
        if !now.contains(&endpoint) && !wanted.contains(&endpoint) {
            match Listener::tcp_once(socket, backlog, config.keepalive_s()) {
                Err(error) if may_be_absent(&error, address.optional) => continue,
                listener => open.push(listener.map_err(refused)?),
            }
        }
        wanted.push(endpoint);
    }
    if wanted.is_empty() {
        return Err("none of the addresses of `bind` exists here".into());
    }
    let close = now.iter().filter(|endpoint| !wanted.contains(endpoint)).cloned().collect();
    Ok((close, open))
}

/// The number of a group, by its name or number.
fn group_id(group: &str) -> io::Result<u32> {
    if let Ok(id) = group.parse() {
        return Ok(id);
    }
    let groups = std::fs::read_to_string("/etc/group")?;
    let id = groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next() == Some(group)).then(|| fields.nth(1)?.parse().ok()).flatten()
    });
    id.ok_or_else(|| io::ErrorKind::NotFound.into())
}

/// The TCP port listened on, 0 if none.
pub(crate) fn port_of(listeners: &[Listener]) -> u16 {
    listeners.iter().find_map(Listener::port).unwrap_or(0)
}

/// An address as the log names it.
pub(crate) fn name_of(listener: &Listener) -> String {
    endpoint_name(listener.endpoint())
}

/// The same of an address alone.
pub(crate) fn endpoint_name(endpoint: &Endpoint) -> String {
    match endpoint {
        Endpoint::Tcp(address) => address.to_string(),
        Endpoint::Unix(path) => format!("unix:{path}"),
    }
}

fn on_a_free_port(config: &Config, backlog: u32) -> Result<Vec<Listener>, String> {
    let mut tries = FREE_PORT_TRIES;
    loop {
        tries -= 1;
        match tcp(config, 0, backlog) {
            // Free on the first address and taken on another.
            Err((io::ErrorKind::AddrInUse, _)) if tries > 0 => {}
            result => return result.map_err(|(_, text)| text),
        }
    }
}

fn tcp(config: &Config, port: u16, backlog: u32) -> Result<Vec<Listener>, (io::ErrorKind, String)> {
    let mut listeners: Vec<Listener> = Vec::new();
    for address in &addresses(config) {
        // Port 0 is chosen once, by the first address.
        let port = if port == 0 { port_of(&listeners) } else { port };
        let listener = resolve(&address.host, port)
            .and_then(|socket| Listener::tcp(socket, backlog, config.keepalive_s()));
        match listener {
            Ok(listener) => listeners.push(listener),
            Err(error) if may_be_absent(&error, address.optional) => {
                tracing::debug!("not listening on {}: {error}", address.host);
            }
            Err(error) => {
                return Err((error.kind(), format!("can't listen on {} port {port}: {error}", address.host)));
            }
        }
    }
    if listeners.is_empty() {
        return Err((io::ErrorKind::AddrNotAvailable, "none of the addresses of `bind` exists here".into()));
    }
    Ok(listeners)
}

/// The addresses of `bind`; without any, all.
fn addresses(config: &Config) -> Vec<BindAddress> {
    let mut bind = config.bind();
    if bind.is_empty() {
        bind.push(BindAddress { host: "*".into(), optional: false });
        bind.push(BindAddress { host: "::*".into(), optional: true });
    }
    bind
}

/// As in Redis: a protocol that the system lacks is never an error, an address that it lacks only if it isn't optional.
fn may_be_absent(error: &io::Error, optional: bool) -> bool {
    let lacks_protocol =
        [libc::EAFNOSUPPORT, libc::EPROTONOSUPPORT, libc::ESOCKTNOSUPPORT, libc::EPFNOSUPPORT];
    error.raw_os_error().is_some_and(|code| lacks_protocol.contains(&code))
        || optional && error.kind() == io::ErrorKind::AddrNotAvailable
}

fn resolve(host: &str, port: u16) -> io::Result<SocketAddr> {
    match host {
        "*" => Ok((IpAddr::from(Ipv4Addr::UNSPECIFIED), port).into()),
        "::*" => Ok((IpAddr::from(Ipv6Addr::UNSPECIFIED), port).into()),
        _ => (host, port).to_socket_addrs()?.next().ok_or_else(|| io::ErrorKind::AddrNotAvailable.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn config(line: &str) -> Config {
        let words: Vec<String> = line.split(' ').map(String::from).collect();
        Config::from_args(&words).expect("a configuration")
    }

    #[test]
    fn several_addresses_share_a_chosen_port() {
        let listeners = open(&config("--port 0 --bind 127.0.0.1 127.0.0.2 -203.0.113.7")).expect("listeners");
        assert_eq!(listeners.len(), 2, "the optional address is not ours");
        assert_ne!(port_of(&listeners), 0);
        assert_eq!(listeners[0].port(), listeners[1].port());
        assert_eq!(name_of(&listeners[1]), format!("127.0.0.2:{}", port_of(&listeners)));
    }

    #[test]
    fn a_required_address_that_is_not_ours_is_an_error() {
        for line in [
            "--port 0 --bind 203.0.113.7",
            "--port 0 --bind -203.0.113.7",
            "--port 0 --bind no.such.host.invalid",
        ] {
            let error = open(&config(line)).expect_err("refused");
            assert!(
                error.contains("203.0.113.7") || error.contains("bind") || error.contains("invalid"),
                "{error}"
            );
        }
    }
}
