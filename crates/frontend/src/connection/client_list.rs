//! CLIENT LIST, INFO and KILL: clients of all cores, seen by each core in the order of its inbox.

use std::io::Write;

use base::Args;
use base::conn::ConnId;
use base::num::parse_i64;
use bus::Wake;
use commands::{CmdError, Merge};
use resp::Reply;

use crate::conn::Conn;
use crate::core::{Core, conn_mut};
use crate::route::Call;

/// Clients to list.
enum Wanted {
    All,
    /// Of a class that no client of Anax is in yet.
    None,
    Ids(Vec<i64>),
}

impl Wanted {
    fn parse(args: Args<'_>) -> Result<Self, CmdError> {
        match (args.len(), args.arg(2)) {
            (2, _) => Ok(Wanted::All),
            (4, word) if word.eq_ignore_ascii_case(b"type") => {
                Ok(if is_normal(args.arg(3))? { Wanted::All } else { Wanted::None })
            }
            (4.., word) if word.eq_ignore_ascii_case(b"id") => {
                let ids = args.tail(3).iter().map(parse_i64).collect::<Option<_>>();
                ids.map(Wanted::Ids).ok_or(CmdError::text_of("ERR Invalid client ID"))
            }
            _ => Err(CmdError::Syntax),
        }
    }

    fn has(&self, conn: &Conn) -> bool {
        match self {
            Wanted::All => true,
            Wanted::None => false,
            Wanted::Ids(ids) => ids.contains(&(conn.client_id as i64)),
        }
    }
}

/// Whether a class of clients is that of normal ones.
fn is_normal(class: &[u8]) -> Result<bool, CmdError> {
    match class.to_ascii_lowercase().as_slice() {
        b"normal" => Ok(true),
        b"slave" | b"replica" | b"pubsub" | b"master" => Ok(false),
        _ => Err(CmdError::quoting("ERR Unknown client type '", class, "'")),
    }
}

/// Clients to kill: those that fit all that is given.
#[derive(Default)]
struct Victims {
    /// The form with an address only, which replies otherwise.
    short: bool,
    /// Of a class or user that no client has.
    none: bool,
    id: Option<i64>,
    peer: Option<Vec<u8>>,
    local: Option<Vec<u8>>,
    older_than_s: Option<i64>,
    /// Spare the asking client.
    skip_me: bool,
}

impl Victims {
    fn parse(args: Args<'_>) -> Result<Self, CmdError> {
        let mut victims = Victims { skip_me: true, ..Victims::default() };
        if args.len() == 3 {
            return Ok(Victims { short: true, skip_me: false, peer: Some(args.arg(2).to_vec()), ..victims });
        }
        let mut at = 2;
        while let Some(option) = args.get(at) {
            let value = args.get(at + 1).ok_or(CmdError::Syntax)?;
            match option.to_ascii_lowercase().as_slice() {
                b"id" => {
                    let id = parse_i64(value).filter(|&id| id > 0);
                    victims.id = Some(id.ok_or(CmdError::text_of("ERR client-id should be greater than 0"))?);
                }
                b"maxage" => {
                    let age = parse_i64(value);
                    let age = age.ok_or(CmdError::text_of("ERR maxage is not an integer or out of range"))?;
                    if age <= 0 {
                        return Err(CmdError::text_of("ERR maxage should be greater than 0"));
                    }
                    victims.older_than_s = Some(age);
                }
                b"type" => victims.none |= !is_normal(value)?,
                b"addr" => victims.peer = Some(value.to_vec()),
                b"laddr" => victims.local = Some(value.to_vec()),
                b"user" => {
                    if value != b"default" {
                        return Err(CmdError::quoting("ERR No such user '", value, "'"));
                    }
                }
                b"skipme" => {
                    victims.skip_me = match value.to_ascii_lowercase().as_slice() {
                        b"yes" => true,
                        b"no" => false,
                        _ => return Err(CmdError::Syntax),
                    }
                }
                _ => return Err(CmdError::Syntax),
            }
            at += 2;
        }
        Ok(victims)
    }

    fn has(&self, conn: &Conn, now_ms: u64) -> bool {
        let is = |wanted: &Option<Vec<u8>>, end: &base::conn::Endpoint| {
            wanted.as_ref().is_none_or(|wanted| end.to_string().as_bytes() == wanted.as_slice())
        };
        !self.none
            && self.id.is_none_or(|id| id == conn.client_id as i64)
            && is(&self.peer, &conn.info.peer)
            && is(&self.local, &conn.info.local)
            && self.older_than_s.is_none_or(|age| seconds_since(conn.created_ms, now_ms) >= age as u64)
    }
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    pub(super) fn client_info(&mut self, call: &Call) -> Result<(), CmdError> {
        let mut line = Vec::new();
        if let Some(Some(conn)) = self.conns.get(call.id.index as usize) {
            self.write_client(conn, &mut line);
        }
        self.answer(call, |reply| reply.verbatim(*b"txt", &line));
        Ok(())
    }

    pub(super) fn client_list(&mut self, call: &Call) -> Result<(), CmdError> {
        Wanted::parse(self.call_args(call))?;
        self.inquire_all(call, Merge::Custom(merge_lists));
        Ok(())
    }

    /// The lines of this core's clients, as a bulk string.
    pub(super) fn list_clients(&mut self, args: Args<'_>, _: Option<ConnId>, reply: &mut Reply<'_>) {
        let wanted = Wanted::parse(args).unwrap_or(Wanted::None);
        let mut lines = Vec::new();
        for conn in self.conns.iter().flatten().filter(|conn| wanted.has(conn)) {
            self.write_client(conn, &mut lines);
        }
        reply.bulk(&lines);
    }

    pub(super) fn client_kill(&mut self, call: &Call) -> Result<(), CmdError> {
        let victims = Victims::parse(self.call_args(call))?;
        self.inquire_all(call, Merge::Custom(if victims.short { merge_kill } else { merge_kills }));
        Ok(())
    }

    /// Closes connections of this core and says how many.
    pub(super) fn kill_clients(&mut self, args: Args<'_>, me: Option<ConnId>, reply: &mut Reply<'_>) {
        let victims = Victims::parse(args).unwrap_or(Victims { none: true, ..Victims::default() });
        let now_ms = self.now.unix_ms;
        let is_victim = |conn: &&Conn| {
            !conn.killed && victims.has(conn, now_ms) && !(victims.skip_me && me == Some(conn.id))
        };
        let ids: Vec<ConnId> = self.conns.iter().flatten().filter(is_victim).map(|conn| conn.id).collect();
        for &id in &ids {
            if let Some(conn) = conn_mut(&mut self.conns, id) {
                conn.closing = true;
                conn.killed = me != Some(id);
            }
            self.mark_dirty(id.index);
        }
        reply.int(ids.len() as i64);
    }

    /// Appends the line of a client. Fields and their order are Redis's; those that have no meaning here are as Redis
    /// shows them for a client without.
    fn write_client(&self, conn: &Conn, out: &mut Vec<u8>) {
        let now_ms = self.now.unix_ms;
        let (name, lib_name, lib_version, no_evict, no_touch) = match conn.client.as_deref() {
            Some(client) => (
                client.name.as_slice(),
                client.lib_name.as_slice(),
                client.lib_version.as_slice(),
                client.no_evict,
                client.no_touch,
            ),
            None => Default::default(),
        };
        let command = match conn.last_command {
            u16::MAX => "NULL",
            id => self.table().spec(id).meta.name,
        };
        let flags: String = [
            (conn.closing, 'c'),
            (conn.killed, 'A'),
            (conn.info.is_unix(), 'U'),
            (no_evict, 'e'),
            (no_touch, 'T'),
        ]
        .iter()
        .filter(|(on, _)| *on)
        .map(|(_, letter)| *letter)
        .collect();
        let flags = if flags.is_empty() { "N" } else { &flags };
        let query_free = conn.query.capacity() - conn.query.len();
        let output = conn.out.len() + conn.stashed_bytes();
        // What is unsent is looked at while it holds the client back; otherwise it is on its way.
        let is_slow = conn.stalled || conn.over_soft_since_ms.is_some();
        let unsent = if is_slow { conn.unsent_bytes } else { 0 };
        let held = conn.query.capacity() + conn.out.capacity() + conn.stashed_bytes() + unsent;
        let events = if conn.paused { "" } else { "r" };
        // Writing into a vector cannot fail.
        let _ = write!(
            out,
            "id={} addr={} laddr={} fd={} name=",
            conn.client_id, conn.info.peer, conn.info.local, conn.info.fd
        );
        out.extend_from_slice(name);
        let _ = write!(
            out,
            " age={} idle={} flags={flags} db={} sub=0 psub=0 ssub=0 multi=-1 watch=0 qbuf={} qbuf-free={query_free} \
             argv-mem=0 multi-mem=0 rbs={} rbp={} obl={output} oll=0 omem={} tot-mem={} events={events}{} \
             cmd={command} user=default redir=-1 resp={} lib-name=",
            seconds_since(conn.created_ms, now_ms),
            seconds_since(conn.last_active_ms, now_ms),
            conn.db,
            conn.query.len(),
            conn.out.capacity(),
            conn.out.capacity(),
            unsent,
            held + size_of::<Conn>(),
            if unsent > 0 { "w" } else { "" },
            if conn.resp3 { 3 } else { 2 },
        );
        out.extend_from_slice(lib_name);
        out.extend_from_slice(b" lib-ver=");
        out.extend_from_slice(lib_version);
        let _ = writeln!(
            out,
            " io-thread={} tot-net-in={} tot-net-out={} tot-cmds={}",
            self.id, conn.input_bytes, conn.output_bytes, conn.commands
        );
    }
}

fn seconds_since(then_ms: u64, now_ms: u64) -> u64 {
    now_ms.saturating_sub(then_ms) / 1000
}

/// The text of a bulk string.
pub(super) fn bulk_text(part: &[u8]) -> &[u8] {
    let start = part.iter().position(|&byte| byte == b'\n').map_or(part.len(), |at| at + 1);
    part.get(start..part.len().saturating_sub(2)).unwrap_or_default()
}

/// The clients of all cores, oldest first as in Redis.
fn merge_lists(parts: &[&[u8]], _: u64, reply: &mut Reply<'_>) {
    let lines = parts.iter().flat_map(|part| bulk_text(part).split_inclusive(|&byte| byte == b'\n'));
    let id = |line: &[u8]| {
        let digits = line.strip_prefix(b"id=").unwrap_or_default();
        let end = digits.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(0);
        base::num::parse_u64(&digits[..end])
    };
    let mut lines: Vec<&[u8]> = lines.collect();
    lines.sort_by_key(|line| id(line));
    reply.verbatim(*b"txt", &lines.concat());
}

/// How many clients were killed on all cores.
fn killed(parts: &[&[u8]]) -> i64 {
    let count = |part: &&[u8]| parse_i64(part.strip_prefix(b":")?.strip_suffix(b"\r\n")?);
    parts.iter().filter_map(count).sum()
}

fn merge_kills(parts: &[&[u8]], _: u64, reply: &mut Reply<'_>) {
    reply.int(killed(parts));
}

fn merge_kill(parts: &[&[u8]], _: u64, reply: &mut Reply<'_>) {
    match killed(parts) {
        0 => reply.error("ERR No such client"),
        _ => reply.ok(),
    }
}
