//! The stream commands.

mod add;
mod claim;
mod delete;
mod group;
mod id;
mod idempotent;
mod info;
mod options;
mod pending;
mod range;
mod read;
mod trim;

use ds::pack::Element;
use ds::stream::{Entry, Group, Stream, StreamId};
use resp::Reply;
use store::{Key, Kind};

use crate::meta::stream as meta;
use crate::meta::stream_new as new;
use crate::{CmdError, CommandSpec, Route, ShardCtx};

/// The specs of this family.
pub static SPECS: &[CommandSpec] = &[
    CommandSpec::new(&meta::XADD, Route::Key(add::xadd)),
    CommandSpec::new(&meta::XLEN, Route::Key(range::xlen)),
    CommandSpec::new(&meta::XRANGE, Route::Key(range::xrange)),
    CommandSpec::new(&meta::XREVRANGE, Route::Key(range::xrevrange)),
    CommandSpec::new(&meta::XDEL, Route::Key(delete::xdel)),
    CommandSpec::new(&meta::XDELEX, Route::Key(delete::xdelex)),
    CommandSpec::new(&meta::XTRIM, Route::Key(trim::xtrim)),
    CommandSpec::new(&meta::XSETID, Route::Key(add::xsetid)),
    CommandSpec::new(&meta::XREAD, Route::Blocking(&read::XREAD)),
    CommandSpec::new(&meta::XREADGROUP, Route::Blocking(&read::XREADGROUP)),
    CommandSpec::new(&meta::XACK, Route::Key(pending::xack)),
    CommandSpec::new(&meta::XACKDEL, Route::Key(delete::xackdel)),
    CommandSpec::new(&new::XCFGSET, Route::Key(idempotent::xcfgset)),
    CommandSpec::new(&new::XIDMPRECORD, Route::Key(idempotent::xidmprecord)),
    CommandSpec::new(&new::XNACK, Route::Key(pending::xnack)),
    CommandSpec::new(&meta::XPENDING, Route::Key(pending::xpending)),
    CommandSpec::new(&meta::XCLAIM, Route::Key(claim::xclaim)),
    CommandSpec::new(&meta::XAUTOCLAIM, Route::Key(claim::xautoclaim)),
    CommandSpec::container(
        &meta::XGROUP,
        &[
            CommandSpec::new(&meta::XGROUP_CREATE, Route::Key(group::create)),
            CommandSpec::new(&meta::XGROUP_CREATECONSUMER, Route::Key(group::createconsumer)),
            CommandSpec::new(&meta::XGROUP_DELCONSUMER, Route::Key(group::delconsumer)),
            CommandSpec::new(&meta::XGROUP_DESTROY, Route::Key(group::destroy)),
            CommandSpec::new(&meta::XGROUP_HELP, Route::OneShard(anywhere, group::help)),
            CommandSpec::new(&meta::XGROUP_SETID, Route::Key(group::setid)),
        ],
    ),
    CommandSpec::container(
        &meta::XINFO,
        &[
            CommandSpec::new(&meta::XINFO_CONSUMERS, Route::Key(info::consumers)),
            CommandSpec::new(&meta::XINFO_GROUPS, Route::Key(info::groups)),
            CommandSpec::new(&meta::XINFO_HELP, Route::OneShard(anywhere, info::help)),
            CommandSpec::new(&meta::XINFO_STREAM, Route::Key(info::stream)),
        ],
    ),
];

/// Chooses a shard for what any shard can answer.
fn anywhere(_: base::Args<'_>, _: crate::Topology) -> Result<u16, CmdError> {
    Ok(0)
}

/// Replies with the lines of a HELP subcommand.
fn help(reply: &mut Reply<'_>, command: &str, lines: &[&str]) {
    reply.array(lines.len() + 3);
    reply.simple(&format!("{command} <subcommand> [<arg> [value] [opt] ...]. Subcommands are:"));
    lines.iter().for_each(|line| reply.simple(line));
    reply.simple("HELP");
    reply.simple("    Print this help.");
}

/// The error of a subcommand whose arguments make no sense.
fn unknown_subcommand(command: &str, subcommand: &[u8]) -> CmdError {
    let shown = subcommand.get(..128).unwrap_or(subcommand);
    let after = format!("'. Try {command} HELP.");
    CmdError::quoting("ERR unknown subcommand or wrong number of arguments for '", shown, &after)
}

/// Changes the stream of a key, if there is one; `change` returns its result and how many changes it made.
fn edit<R>(
    ctx: &mut ShardCtx<'_>,
    key: Key<'_>,
    change: impl FnOnce(&mut Stream) -> (R, u64),
) -> Result<Option<R>, CmdError> {
    let edited = ctx.database().edit(key, Kind::Stream, |draft| {
        let mut draft = draft.as_stream();
        let (result, changes) = change(draft.get()?);
        draft.changed(changes);
        Some(result)
    })?;
    Ok(edited.result)
}

/// As [`edit`], counted as a lookup, for commands that Redis takes for readers until they find something to do.
fn edit_read<R>(
    ctx: &mut ShardCtx<'_>,
    key: Key<'_>,
    change: impl FnOnce(&mut Stream) -> (R, u64),
) -> Result<Option<R>, CmdError> {
    if ctx.database().read(key).is_none() {
        return Ok(None);
    }
    edit(ctx, key, change)
}

/// Longest text of an id: two numbers of twenty digits.
const ID_TEXT_MAX_BYTES: usize = 41;

/// Replies with an id.
fn id_bulk(reply: &mut Reply<'_>, id: StreamId) {
    let mut text = [0; ID_TEXT_MAX_BYTES];
    let mut start = text.len();
    start = write_back(&mut text, start, id.seq);
    start -= 1;
    text[start] = b'-';
    start = write_back(&mut text, start, id.ms);
    reply.bulk(text.get(start..).unwrap_or_default());
}

/// Writes a number so that it ends before `end`; returns where it begins.
fn write_back(text: &mut [u8; ID_TEXT_MAX_BYTES], mut end: usize, mut number: u64) -> usize {
    loop {
        end -= 1;
        text[end] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            return end;
        }
    }
}

/// Replies with an element.
#[inline]
fn bulk(reply: &mut Reply<'_>, element: Element<'_>) {
    match element {
        Element::Bytes(bytes) => reply.bulk(bytes),
        Element::Int(int) => reply.bulk_int(int),
    }
}

/// Replies with an entry: its id, and its fields.
fn entry_reply(reply: &mut Reply<'_>, entry: &Entry<'_>) {
    reply.array(2);
    id_bulk(reply, entry.id);
    reply.array(entry.pairs() * 2);
    entry.for_each(|element| bulk(reply, element));
}

/// Replies with entries, whose number is known only in the end; returns it.
fn entries_reply<'e>(reply: &mut Reply<'_>, entries: impl Iterator<Item = Entry<'e>>) -> usize {
    deferred(reply, |reply| {
        let mut count = 0;
        for entry in entries {
            entry_reply(reply, &entry);
            count += 1;
        }
        count
    })
}

/// Replies with an array of as many elements as `write` says that it wrote; returns their number.
fn deferred(reply: &mut Reply<'_>, write: impl FnOnce(&mut Reply<'_>) -> usize) -> usize {
    let start = reply.position();
    let count = write(reply);
    reply.insert_array(start, count);
    count
}

/// The error where a group is needed and there is none.
fn no_group(key: &[u8], group: &[u8], after: &str) -> CmdError {
    let (key, group) = (c_string(key), c_string(group));
    let parts = [b"NOGROUP No such key '", key, b"' or consumer group '", group, b"'", after.as_bytes()];
    CmdError::Text(parts.concat().into())
}

/// The error where the key is there but the group is not.
fn no_such_group(key: &[u8], group: &[u8]) -> CmdError {
    let (key, group) = (c_string(key), c_string(group));
    let parts = [b"NOGROUP No such consumer group '", group, b"' for key name '", key, b"'"];
    CmdError::Text(parts.concat().into())
}

/// What Redis prints of an argument: it ends at the first NUL.
fn c_string(text: &[u8]) -> &[u8] {
    text.split(|&byte| byte == 0).next().unwrap_or_default()
}

/// Whether an entry was deleted by its id at or after `from`, as far as the stream remembers.
fn has_gap_after(stream: &Stream, from: StreamId) -> bool {
    !stream.is_empty() && stream.max_deleted_id() != StreamId::MIN && from <= stream.max_deleted_id()
}

/// How many entries a group has still to read, if that can be known.
fn lag(stream: &Stream, group: &Group) -> Option<i64> {
    let added = stream.entries_added() as i64;
    if added == 0 || stream.is_empty() {
        return Some(0);
    }
    let first = stream.first_id();
    if group.last_id() < first && stream.max_deleted_id() < first {
        return Some(stream.len() as i64);
    }
    match group.entries_read() {
        Some(read) if group.last_id() >= first && !has_gap_after(stream, group.last_id()) => {
            Some(added.wrapping_sub(read as i64))
        }
        _ => stream.added_until(group.last_id()).map(|read| added.wrapping_sub(read as i64)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_written_in_full() {
        fn check(id: StreamId, expect: &str) {
            let mut out = Vec::new();
            id_bulk(&mut Reply::new(&mut out, false), id);
            assert_eq!(String::from_utf8(out).unwrap(), expect);
        }
        check(StreamId::MIN, "$3\r\n0-0\r\n");
        check(StreamId::new(1_700_000_000_000, 10), "$16\r\n1700000000000-10\r\n");
        check(StreamId::MAX, "$41\r\n18446744073709551615-18446744073709551615\r\n");
    }
}
