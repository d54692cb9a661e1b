//! CLIENT LIST, INFO and KILL: clients of all cores, seen by each core in the order of its inbox.

use std::io::Write;

use base::Args;
use base::conn::ConnId;
use base::num::parse_i64;
use bus::Wake;
use commands::{CmdError, Merge};
use resp::Reply;

use super::client_filter::Filter;
use super::with_args;
use crate::conn::Conn;
use crate::core::{Core, Io, conn_mut};
use crate::pubsub::Kind;
use crate::route::Call;
use crate::transaction::Multi;

/// A list of clients that is wanted.
pub(crate) struct Listing {
    /// The words of the command.
    words: Vec<Vec<u8>>,
    /// The asking client, if it is one of this core.
    me: Option<ConnId>,
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    pub(super) fn client_info(&mut self, call: &Call) -> Result<(), CmdError> {
        let mut line = Vec::new();
        let argv = self.call_args(call).iter().map(<[u8]>::len).sum();
        if let Some(Some(conn)) = self.conns.get(call.id.index as usize) {
            // What is unsent is known while it holds the client back.
            let is_slow = conn.stalled || conn.over_soft_since_ms.is_some();
            self.write_client(conn, argv, if is_slow { conn.unsent_bytes } else { 0 }, &mut line);
        }
        self.answer(call, |reply| reply.verbatim(*b"txt", &line));
        Ok(())
    }

    pub(super) fn client_list(&mut self, call: &Call) -> Result<(), CmdError> {
        Filter::parse_list(self.call_args(call), self.hot.databases)?;
        self.inquire_all(call, Merge::Custom(merge_lists));
        Ok(())
    }

    /// Notes that a list of this core's clients is wanted. It is made at the end of the turn, when the sockets can be asked
    /// what is unsent.
    pub(super) fn list_clients(&mut self, args: Args<'_>, me: Option<ConnId>, _: &mut Reply<'_>) {
        let words = args.iter().map(<[u8]>::to_vec).collect();
        self.detour.listing = Some(Listing { words, me });
    }

    /// Makes the lists of clients that are wanted.
    #[cold]
    pub(crate) fn answer_listings(&mut self, io: &impl Io) {
        for conn in self.conns.iter_mut().flatten() {
            conn.unsent_bytes = io.unsent(conn.id);
        }
        for (dest, from, listing) in std::mem::take(&mut self.detour.listings) {
            let lines = with_args(&listing.words, |args| self.lines_of(args, listing.me));
            let mut reply = Vec::new();
            Reply::new(&mut reply, false).bulk(&lines);
            self.answer_late(dest, from, &reply);
        }
    }

    /// The lines of this core's clients. In front of each line is what it is sorted by.
    fn lines_of(&self, args: Args<'_>, me: Option<ConnId>) -> Vec<u8> {
        let filter = Filter::parse_list(args, self.hot.databases).unwrap_or_else(|_| Filter::nobody());
        let argv = args.iter().map(<[u8]>::len).sum();
        let mut lines = Vec::new();
        for conn in self.conns.iter().flatten().filter(|conn| filter.has(conn, me, self.now.unix_ms)) {
            let argv = if me == Some(conn.id) { argv } else { 0 };
            if filter.order.is_empty() {
                let _ = write!(lines, "{} ", conn.client_id);
                self.write_client(conn, argv, conn.unsent_bytes, &mut lines);
            }
            // Asked for by their numbers, clients are shown as often and in the order in which they are asked for.
            let places = filter.order.iter().enumerate();
            for (at, _) in places.filter(|&(_, &id)| id == conn.client_id.cast_signed()) {
                let _ = write!(lines, "{at} ");
                self.write_client(conn, argv, conn.unsent_bytes, &mut lines);
            }
        }
        lines
    }

    pub(super) fn client_kill(&mut self, call: &Call) -> Result<(), CmdError> {
        let args = self.call_args(call);
        // The form with an address only replies otherwise.
        let short = args.len() == 3;
        if !short {
            Filter::parse_kill(args, self.hot.databases)?;
        }
        self.inquire_all(call, Merge::Custom(if short { merge_kill } else { merge_kills }));
        Ok(())
    }

    /// Closes connections of this core and says how many.
    pub(super) fn kill_clients(&mut self, args: Args<'_>, me: Option<ConnId>, reply: &mut Reply<'_>) {
        let filter = match args.len() {
            3 => Filter::of_peer(args.arg(2)),
            _ => Filter::parse_kill(args, self.hot.databases).unwrap_or_else(|_| Filter::nobody()),
        };
        let now_ms = self.now.unix_ms;
        let is_victim = |conn: &&Conn| !conn.killed && filter.has(conn, me, now_ms);
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
    fn write_client(&self, conn: &Conn, argv: usize, unsent: usize, out: &mut Vec<u8>) {
        let now_ms = self.now.unix_ms;
        let (name, lib_name, lib_version) = match conn.client.as_deref() {
            Some(client) => {
                (client.name.as_slice(), client.lib_name.as_slice(), client.lib_version.as_slice())
            }
            None => Default::default(),
        };
        let command = match conn.last_command {
            u16::MAX => "NULL",
            id => self.table().spec(id).meta.name,
        };
        let flags = flags_of(conn);
        let query_free = conn.query.capacity() - conn.query.len();
        let output = conn.out.len() + conn.stashed_bytes();
        let texts = conn.client.as_deref().map_or(0, |client| {
            size_of_val(client)
                + client.name.capacity()
                + client.lib_name.capacity()
                + client.lib_version.capacity()
                + client.fieldsets.memory_bytes()
        });
        let held = conn.query.capacity() + conn.out.capacity() + conn.stashed_bytes() + unsent + argv + texts;
        let subscriptions = conn.subscriptions.as_deref();
        let subscribed = |kind| subscriptions.map_or(0, |all| all.count(kind));
        let multi = conn.multi.as_deref();
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
            " age={} idle={} flags={flags} db={} sub={} psub={} ssub={} multi={} watch={} qbuf={} qbuf-free={query_free} \
             argv-mem={argv} multi-mem={} rbs={} rbp={} obl={output} oll={} omem={} tot-mem={} events={events}{} \
             cmd={command} user=default redir=-1 resp={} lib-name=",
            seconds_since(conn.created_ms, now_ms),
            seconds_since(conn.last_active_ms, now_ms),
            conn.db,
            subscribed(Kind::Channel),
            subscribed(Kind::Pattern),
            subscribed(Kind::ShardChannel),
            multi.map_or(-1, |multi| multi.len() as i64),
            conn.watched.as_ref().map_or(0, |watched| watched.keys.len()),
            conn.query.len(),
            multi.map_or(0, Multi::argument_bytes),
            conn.out.capacity(),
            conn.out.capacity(),
            u8::from(unsent > 0),
            unsent,
            held + size_of::<Conn>() + size_of_val(&*conn.info),
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

/// The letters of the `flags` field.
pub(super) fn flags_of(conn: &Conn) -> String {
    let client = conn.client.as_deref();
    let letters: String = [
        (conn.monitor, 'O'),
        (conn.subscriptions.is_some(), 'P'),
        (conn.multi.is_some(), 'x'),
        (conn.postponed || conn.shown_blocked, 'b'),
        (conn.closing, 'c'),
        (conn.killed, 'A'),
        (conn.info.is_unix(), 'U'),
        (client.is_some_and(|client| client.no_evict), 'e'),
        (conn.no_touch, 'T'),
    ]
    .iter()
    .filter(|(on, _)| *on)
    .map(|(_, letter)| *letter)
    .collect();
    if letters.is_empty() { "N".into() } else { letters }
}

pub(super) fn seconds_since(then_ms: u64, now_ms: u64) -> u64 {
    now_ms.saturating_sub(then_ms) / 1000
}

/// The text of a bulk string.
pub(super) fn bulk_text(part: &[u8]) -> &[u8] {
    let start = part.iter().position(|&byte| byte == b'\n').map_or(part.len(), |at| at + 1);
    part.get(start..part.len().saturating_sub(2)).unwrap_or_default()
}

/// The clients of all cores, oldest first as in Redis, or as they were asked for.
fn merge_lists(parts: &[&[u8]], _: u64, reply: &mut Reply<'_>) {
    let lines = parts.iter().flat_map(|part| bulk_text(part).split_inclusive(|&byte| byte == b'\n'));
    let split = |line: &'_ [u8]| {
        let digits = line.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(0);
        (base::num::parse_u64(&line[..digits]), digits + 1)
    };
    let mut lines: Vec<(Option<u64>, &[u8])> = lines
        .map(|line| {
            let (order, start) = split(line);
            (order, line.get(start..).unwrap_or_default())
        })
        .collect();
    lines.sort_by_key(|(order, _)| *order);
    let lines: Vec<&[u8]> = lines.into_iter().map(|(_, line)| line).collect();
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
