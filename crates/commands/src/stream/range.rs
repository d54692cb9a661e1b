//! Looking at entries: XLEN, XRANGE, XREVRANGE.

use base::Args;
use ds::stream::Stream;
use resp::Reply;

use super::{entries_reply, entry_reply, id};
use crate::{CmdError, ShardCtx, streamed, words};

/// XLEN key
pub(super) fn xlen(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let key = ctx.routed_key(args.arg(1));
    let len = ctx.database().stream_of(key)?.map_or(0, Stream::len);
    reply.int(len as i64);
    Ok(())
}

/// XRANGE key start end [COUNT count]
pub(super) fn xrange(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    range(ctx, args, reply, false)
}

/// XREVRANGE key end start [COUNT count]
pub(super) fn xrevrange(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    range(ctx, args, reply, true)
}

fn range(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
    backwards: bool,
) -> Result<(), CmdError> {
    let (from, to) = if backwards { (3, 2) } else { (2, 3) };
    let (from, to) = (id::start(args.arg(from))?, id::end(args.arg(to))?);
    let mut count = None;
    let mut rest = args.tail(4).iter();
    while let Some(word) = rest.next() {
        match rest.next() {
            Some(value) if words::is(word, "COUNT") => count = Some(words::int(value)?.max(0)),
            _ => return Err(CmdError::Syntax),
        }
    }
    let key = ctx.routed_key(args.arg(1));
    let mut db = ctx.database();
    let Some(stream) = db.stream_of(key)? else {
        reply.array(0);
        return Ok(());
    };
    let count = count.map_or(usize::MAX, |count| usize::try_from(count).unwrap_or(usize::MAX));
    let bytes_each = stream.memory_bytes() / stream.len().max(1);
    let is_long = |entries: usize| streamed::is_long(reply, 4 * entries, entries.saturating_mul(bytes_each));
    if is_long(count.min(stream.len())) {
        let entries = stream.count(from, to).min(count);
        if is_long(entries) {
            if let Some(view) = db.view_stream(key, (from, to), backwards, count) {
                reply.array(entries);
                reply.leave(Box::new(streamed::Entries(view, entry_reply)));
            }
            return Ok(());
        }
    }
    let all = from <= stream.first_id() && to >= stream.last_id();
    match (count, backwards) {
        (0, _) => reply.null_array(),
        // The number of entries is known before they are written.
        (_, false) if all => {
            reply.array(count.min(stream.len()));
            stream.range(from, to).take(count).for_each(|entry| entry_reply(reply, &entry));
        }
        (_, true) if all => {
            reply.array(count.min(stream.len()));
            stream.range_back(from, to).take(count).for_each(|entry| entry_reply(reply, &entry));
        }
        (_, false) => _ = entries_reply(reply, stream.range(from, to).take(count)),
        (_, true) => _ = entries_reply(reply, stream.range_back(from, to).take(count)),
    }
    Ok(())
}
