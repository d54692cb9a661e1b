//! What streams and groups are like: XINFO and its subcommands.

use base::Args;
use ds::stream::{Group, Stream, StreamId};
use resp::Reply;

use super::{entries_reply, entry_reply, id_bulk, lag, no_such_group, unknown_subcommand};
use crate::{CmdError, ShardCtx, words};

/// Entries that XINFO STREAM FULL shows if it is not told.
const ENTRIES_DEFAULT: usize = 10;

const HELP: &[&str] = &[
    "CONSUMERS <key> <groupname>",
    "    Show consumers of <groupname>.",
    "GROUPS <key>",
    "    Show the stream consumer groups.",
    "STREAM <key> [FULL [COUNT <count>]",
    "    Show information about the stream.",
];

/// XINFO HELP
pub(super) fn help(_: &mut ShardCtx<'_>, _: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    super::help(reply, "XINFO", HELP);
    Ok(())
}

/// XINFO CONSUMERS key group
pub(super) fn consumers(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    let (key, now_ms) = (ctx.routed_key(args.arg(2)), ctx.now_ms() as i64);
    let mut db = ctx.database();
    let stream = db.stream_of(key)?.ok_or(CmdError::NoSuchKey)?;
    let group = stream.groups().get(args.arg(3));
    let group = group.ok_or_else(|| no_such_group(args.arg(2), args.arg(3)))?;
    reply.array(group.consumers_len());
    for (_, consumer) in group.consumers() {
        reply.map(4);
        reply.bulk(b"name");
        reply.bulk(consumer.name());
        int(reply, b"pending", consumer.pending_len() as i64);
        int(reply, b"idle", now_ms.wrapping_sub(consumer.seen_ms).max(0));
        let inactive = if consumer.active_ms == -1 { -1 } else { now_ms.wrapping_sub(consumer.active_ms) };
        int(reply, b"inactive", inactive);
    }
    Ok(())
}

/// XINFO GROUPS key
pub(super) fn groups(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let key = ctx.routed_key(args.arg(2));
    let mut db = ctx.database();
    let stream = db.stream_of(key)?.ok_or(CmdError::NoSuchKey)?;
    reply.array(stream.groups().len());
    for group in stream.groups().iter() {
        reply.map(6);
        reply.bulk(b"name");
        reply.bulk(group.name());
        int(reply, b"consumers", group.consumers_len() as i64);
        int(reply, b"pending", group.pending().len() as i64);
        progress(stream, group, reply);
    }
    Ok(())
}

/// How far a group has read.
fn progress(stream: &Stream, group: &Group, reply: &mut Reply<'_>) {
    reply.bulk(b"last-delivered-id");
    id_bulk(reply, group.last_id());
    reply.bulk(b"entries-read");
    optional(reply, group.entries_read().map(|read| read as i64));
    reply.bulk(b"lag");
    optional(reply, lag(stream, group));
}

fn int(reply: &mut Reply<'_>, name: &[u8], value: i64) {
    reply.bulk(name);
    reply.int(value);
}

fn optional(reply: &mut Reply<'_>, value: Option<i64>) {
    match value {
        Some(value) => reply.int(value),
        None => reply.null(),
    }
}

/// XINFO STREAM key [FULL [COUNT count]]
///
/// The options are looked at only if there is a stream, as Redis does.
pub(super) fn stream(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let key = ctx.routed_key(args.arg(2));
    let mut db = ctx.database();
    let stream = db.stream_of(key)?.ok_or(CmdError::NoSuchKey)?;
    let full = full(args)?;
    let producers = stream.producers();
    let own = if full.is_some() { 9 } else { 10 };
    reply.map(own + if producers.is_some() { 6 } else { 0 });
    int(reply, b"length", stream.len() as i64);
    int(reply, b"radix-tree-keys", stream.chunks() as i64);
    int(reply, b"radix-tree-nodes", tree_nodes(stream));
    for (name, id) in
        [(&b"last-generated-id"[..], stream.last_id()), (b"max-deleted-entry-id", stream.max_deleted_id())]
    {
        reply.bulk(name);
        id_bulk(reply, id);
    }
    int(reply, b"entries-added", stream.entries_added() as i64);
    reply.bulk(b"recorded-first-entry-id");
    id_bulk(reply, stream.first_id());
    if let Some(producers) = producers {
        int(reply, b"idmp-duration", (producers.duration_ms() / 1000) as i64);
        int(reply, b"idmp-maxsize", producers.names_max() as i64);
        int(reply, b"pids-tracked", producers.producers() as i64);
        int(reply, b"iids-tracked", producers.names() as i64);
        int(reply, b"iids-added", producers.added() as i64);
        int(reply, b"iids-duplicates", producers.duplicates() as i64);
    }
    match full {
        None => {
            int(reply, b"groups", stream.groups().len() as i64);
            for (name, entry) in [(&b"first-entry"[..], stream.first()), (b"last-entry", stream.last())] {
                reply.bulk(name);
                match entry {
                    Some(entry) => entry_reply(reply, &entry),
                    None => reply.null(),
                }
            }
        }
        Some(count) => {
            reply.bulk(b"entries");
            entries_reply(reply, stream.range(StreamId::MIN, StreamId::MAX).take(count));
            reply.bulk(b"groups");
            reply.array(stream.groups().len());
            stream.groups().iter().for_each(|group| full_group(stream, group, count, reply));
        }
    }
    Ok(())
}

/// The nodes that Redis's radix tree would have, about: what a client can do with the number is nothing.
fn tree_nodes(stream: &Stream) -> i64 {
    stream.chunks() as i64 + 1
}

/// How many entries are to be shown in full, if any.
fn full(args: Args<'_>) -> Result<Option<usize>, CmdError> {
    let unknown = || unknown_subcommand("XINFO", args.arg(1));
    match args.len() {
        3 => return Ok(None),
        4 | 6 if words::is(args.arg(3), "FULL") => {}
        _ => return Err(unknown()),
    }
    if args.len() == 4 {
        return Ok(Some(ENTRIES_DEFAULT));
    }
    if !words::is(args.arg(4), "COUNT") {
        return Err(unknown());
    }
    Ok(Some(match words::int(args.arg(5))? {
        0 => usize::MAX,
        count => usize::try_from(count).unwrap_or(ENTRIES_DEFAULT),
    }))
}

fn full_group(stream: &Stream, group: &Group, count: usize, reply: &mut Reply<'_>) {
    let pending = group.pending();
    reply.map(7);
    reply.bulk(b"name");
    reply.bulk(group.name());
    progress(stream, group, reply);
    int(reply, b"pel-count", pending.len() as i64);
    reply.bulk(b"pending");
    reply.array(pending.len().min(count));
    for (id, state) in pending.iter().take(count) {
        reply.array(4);
        id_bulk(reply, id);
        let owner = state.consumer.and_then(|number| group.consumer(number));
        reply.bulk(owner.map_or(&[], |consumer| consumer.name()));
        reply.int(state.delivered_ms);
        reply.int(state.count as i64);
    }
    reply.bulk(b"consumers");
    reply.array(group.consumers_len());
    for (_, consumer) in group.consumers() {
        reply.map(5);
        reply.bulk(b"name");
        reply.bulk(consumer.name());
        int(reply, b"seen-time", consumer.seen_ms);
        int(reply, b"active-time", consumer.active_ms);
        int(reply, b"pel-count", consumer.pending_len() as i64);
        reply.bulk(b"pending");
        reply.array(consumer.pending_len().min(count));
        for id in consumer.pending_from(StreamId::MIN).take(count) {
            let Some(state) = pending.get(id) else { continue };
            reply.array(3);
            id_bulk(reply, id);
            reply.int(state.delivered_ms);
            reply.int(state.count as i64);
        }
    }
}
