//! MONITOR: clients that see every command.
//!
//! ```text
//! core A   GET k ─┬─► piece for its shard          one publish: the line takes its place in the order of commands
//!                 └─► line for core B, where a client monitors ──► its output
//! ```
//!
//! The line of a command travels in the publish of the command's pieces, so clients in MONITOR mode see commands in an order
//! in which they may have taken effect. While nobody monitors, this costs nothing: monitoring takes all commands off the
//! hot path.

use std::io::Write;
use std::sync::atomic::Ordering;

use base::conn::{ConnId, Endpoint};
use base::{ArgRange, Args};
use bus::Wake;
use bytes::Bytes;
use commands::meta::{Flag, Meta};
use commands::{CmdError, CommandId};
use resp::Reply;

use crate::core::{Core, conn_mut};
use crate::message::{Dest, Op, Piece, Source};
use crate::route::Call;

/// Unsent output at which a client in MONITOR mode is dropped, whatever the limits of its class allow: there is no pausing
/// all others until it reads.
const MONITOR_OUTPUT_MAX_BYTES: usize = 64 * 1024 * 1024;

/// Lines of what scripts call in a turn; those of a script that calls more are left out.
const LINES_MAX_BYTES: usize = 16 * 1024 * 1024;

/// Longest line. What is left out of a longer one is counted at its end.
const LINE_MAX_BYTES: usize = 4 * 1024 * 1024;

/// A client in MONITOR mode.
pub(crate) struct Monitor {
    pub(crate) id: ConnId,
    /// The number of the reply to MONITOR: lines come behind it.
    seq: u32,
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    pub(super) fn monitor(&mut self, call: &Call) -> Result<(), CmdError> {
        if call.inner.is_some() {
            return Err(CmdError::text_of("ERR MONITOR isn't allowed for DENY BLOCKING client"));
        }
        let Some(conn) = conn_mut(&mut self.conns, call.id) else { return Ok(()) };
        if std::mem::replace(&mut conn.monitor, true) {
            // As in Redis: one who monitors already gets no reply.
            self.answer(call, |_| {});
            return Ok(());
        }
        let seq = if call.muted { conn.next_seq.wrapping_sub(1) } else { call.seq };
        self.detour.monitors.push(Monitor { id: call.id, seq });
        self.count_monitors();
        self.answer(call, |reply| reply.ok());
        Ok(())
    }

    /// A client leaves MONITOR mode, or is gone.
    #[cold]
    pub(crate) fn end_monitor(&mut self, id: ConnId) {
        if let Some(conn) = conn_mut(&mut self.conns, id) {
            conn.monitor = false;
        }
        self.detour.monitors.retain(|monitor| monitor.id != id);
        self.count_monitors();
    }

    /// Lets all cores know whether this one has clients in MONITOR mode. A core looks at the start of each turn, so it knows
    /// before it parses what was sent after the reply to MONITOR.
    fn count_monitors(&mut self) {
        let count = self.detour.monitors.len() as u64;
        self.shared.monitors[usize::from(self.id)].store(count, Ordering::Release);
        self.shared.raise_epoch();
        self.refresh_config();
    }

    /// Takes over which cores have clients in MONITOR mode.
    pub(crate) fn refresh_monitored(&mut self) {
        let counts = self.shared.monitors.iter().map(|count| count.load(Ordering::Acquire));
        let monitored: Vec<u16> =
            counts.enumerate().filter(|&(_, count)| count > 0).map(|(core, _)| core as u16).collect();
        if monitored != self.detour.monitored {
            self.detour.monitored = monitored;
            self.refresh_hot_specs();
        }
    }

    /// The arguments of a command as clients in MONITOR mode see them; `None` if they do not see it.
    #[cold]
    pub(crate) fn monitored_text(&self, call: &Call) -> Option<Vec<u8>> {
        line_of(self.table().spec(call.command).meta, self.call_args(call))
    }

    /// Keeps the line of a command that a script calls; it comes behind that of the script.
    #[cold]
    pub(crate) fn note_line(&mut self, command: CommandId, args: Args<'_>, db: u16) {
        if self.detour.line_bytes < LINES_MAX_BYTES
            && let Some(text) = line_of(self.table().spec(command).meta, args)
        {
            let mut line = self.stamp();
            let _ = write!(line, "[{db} lua]");
            line.extend_from_slice(&text);
            self.detour.line_bytes += line.len();
            self.detour.lines.push(line);
        }
    }

    /// Sends the lines of what scripts have called.
    #[cold]
    pub(crate) fn feed_lines(&mut self) {
        self.detour.line_bytes = 0;
        for line in std::mem::take(&mut self.detour.lines) {
            self.feed_line(line);
        }
    }

    /// The beginning of a line: the time.
    fn stamp(&self) -> Vec<u8> {
        let now = self.now;
        let micros = now.unix_ms % 1000 * 1000 + u64::from(now.unix_rest_us);
        let mut line = Vec::with_capacity(128);
        let _ = write!(line, "+{}.{micros:06} ", now.unix_ms / 1000);
        line
    }

    /// Sends the line of a command to all cores with clients in MONITOR mode.
    #[cold]
    pub(crate) fn feed(&mut self, id: ConnId, text: &[u8]) {
        let Some(conn) = conn_mut(&mut self.conns, id) else { return };
        let db = conn.db;
        let place = match &conn.info.local {
            Endpoint::Unix(path) => format!("[{db} unix:{path}]"),
            Endpoint::Tcp(_) => format!("[{db} {}]", conn.info.peer),
        };
        let mut line = self.stamp();
        line.extend_from_slice(place.as_bytes());
        line.extend_from_slice(text);
        self.feed_line(line);
    }

    fn feed_line(&mut self, line: Vec<u8>) {
        let range = ArgRange::new(0, line.len() as u32);
        let source = Source::Shared(self.plan.shared.len() as u32);
        self.plan.shared.push(Bytes::from(line));
        for at in 0..self.detour.monitored.len() {
            let core = self.detour.monitored[at];
            let first_range = self.plan.own_ranges();
            self.plan.ranges.truncate(first_range as usize);
            self.plan.ranges.push(range);
            let piece = Piece {
                dest: Dest::NOBODY,
                op: Op::Inquiry(self.detour.monitor_command),
                source,
                base: 0,
                first_range,
                argc: 1,
                hash: 0,
                slot: 0,
                db: 0,
                resp3: false,
                no_touch: false,
                group: 0,
                parts: 0,
            };
            if core == self.id {
                self.plan.own.push(piece);
            } else {
                self.send_remote(core, piece);
                self.plan.ranges.truncate(first_range as usize);
            }
        }
    }

    /// Gives a line to the clients of this core in MONITOR mode.
    pub(super) fn show_line(&mut self, args: Args<'_>, _: Option<ConnId>, _: &mut Reply<'_>) {
        for at in 0..self.detour.monitors.len() {
            let Monitor { id, seq } = self.detour.monitors[at];
            let Some(conn) = conn_mut(&mut self.conns, id) else { continue };
            // Not in front of the reply to MONITOR itself.
            let answered = conn.head_seq.wrapping_sub(seq).cast_signed() > 0;
            if !answered || conn.closing {
                continue;
            }
            conn.push_plain(args.arg(0));
            if conn.out.len() + conn.stashed_bytes() + conn.unsent_bytes > MONITOR_OUTPUT_MAX_BYTES {
                conn.closing = true;
                conn.killed = true;
                self.stats().output_limit_drops.add(1);
            }
            self.mark_dirty(id.index);
        }
    }
}

/// The arguments of a command as clients in MONITOR mode see them; `None` if they do not see it.
fn line_of(meta: &Meta, args: Args<'_>) -> Option<Vec<u8>> {
    // Scripts are shown, in front of what they call.
    let is_skipped = meta.flags.contains(Flag::SkipMonitor) && !crate::scripting::is_script(meta.name);
    if is_skipped || meta.flags.contains(Flag::Admin) {
        return None;
    }
    let secret = secrets(meta.name, args);
    let mut text = Vec::new();
    for (at, arg) in args.iter().enumerate() {
        text.push(b' ');
        if secret.contains(&at) {
            text.extend_from_slice(b"\"(redacted)\"");
        } else if text.len() >= LINE_MAX_BYTES {
            let _ = write!(text, "\"... ({} more arguments)\"", args.len() - at);
            break;
        } else {
            quote(arg, LINE_MAX_BYTES - text.len(), &mut text);
        }
    }
    text.extend_from_slice(b"\r\n");
    Some(text)
}

/// Positions of arguments that nobody but the server is to read.
pub(crate) fn secrets(name: &str, args: Args<'_>) -> Vec<usize> {
    match name {
        "auth" => (1..args.len().min(3)).collect(),
        "hello" => {
            let mut found = Vec::new();
            let mut at = 2;
            while let Some(option) = args.get(at) {
                let more = args.len() - at - 1;
                if option.eq_ignore_ascii_case(b"auth") && more >= 2 {
                    found.extend([at + 1, at + 2]);
                    at += 3;
                } else if option.eq_ignore_ascii_case(b"setname") && more >= 1 {
                    at += 2;
                } else {
                    break;
                }
            }
            found
        }
        _ => Vec::new(),
    }
}

/// Writes text in quotes, with escapes for what is not printable, as Redis's `sdscatrepr` does; about `max` bytes of it.
fn quote(text: &[u8], max: usize, out: &mut Vec<u8>) {
    let start = out.len();
    out.push(b'"');
    for (at, &byte) in text.iter().enumerate() {
        if out.len() - start >= max {
            let _ = write!(out, "... ({} more bytes)", text.len() - at);
            break;
        }
        resp::write_escaped(byte, out);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_quoted_as_redis_does() {
        let mut out = Vec::new();
        quote(b"a b\"\\\n\r\t\x07\x08\0\xff~", usize::MAX, &mut out);
        assert_eq!(out, br#""a b\"\\\n\r\t\a\b\x00\xff~""#);
        out.clear();
        quote(&[b'x'; 100], 11, &mut out);
        assert_eq!(out, br#""xxxxxxxxxx... (90 more bytes)""#);
    }

    #[test]
    fn passwords_are_hidden() {
        let check = |line: &str, expect: &[usize]| {
            let words: Vec<Vec<u8>> = line.split(' ').map(|word| word.as_bytes().to_vec()).collect();
            let name = line.split(' ').next().unwrap_or_default();
            super::super::with_args(&words, |args| assert_eq!(secrets(name, args), expect, "{line}"));
        };
        check("auth x", &[1]);
        check("auth u x", &[1, 2]);
        check("auth u x y", &[1, 2]);
        check("hello 3 setname auth auth u p", &[5, 6]);
        check("hello 3 auth u", &[]);
        check("get auth x", &[]);
    }
}
