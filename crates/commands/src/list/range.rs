//! Looking at elements: LLEN, LINDEX, LRANGE.

use base::Args;
use resp::Reply;
use store::ListRef;

use super::{bulk, index, span};
use crate::{CmdError, ShardCtx, streamed, words};

/// Replies of so many elements get their room at once.
const LONG: usize = 1000;

/// LLEN key
pub(super) fn llen(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let key = ctx.routed_key(args.arg(1));
    let len = ctx.database().list_of(key)?.map_or(0, ListRef::len);
    reply.int(len as i64);
    Ok(())
}

/// LINDEX key index
///
/// The index is looked at only if there is a list, as Redis does.
pub(super) fn lindex(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let key = ctx.routed_key(args.arg(1));
    let mut db = ctx.database();
    let Some(list) = db.list_of(key)? else {
        reply.null();
        return Ok(());
    };
    let at = index(words::int(args.arg(2))?, list.len());
    if at.and_then(|at| list.get(at, |element| bulk(reply, element))).is_none() {
        reply.null();
    }
    Ok(())
}

/// LRANGE key start stop
pub(super) fn lrange(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let (start, end) = (words::int(args.arg(2))?, words::int(args.arg(3))?);
    let key = ctx.routed_key(args.arg(1));
    let mut db = ctx.database();
    let Some(list) = db.list_of(key)? else {
        reply.array(0);
        return Ok(());
    };
    let (first, count) = span(start, end, list.len());
    reply.array(count);
    if list.is_big() && streamed::is_long(reply, 0, list.bytes_per_element().saturating_mul(count)) {
        if let Some(view) = db.view_list(key, first, count) {
            reply.leave(Box::new(streamed::Elements(view)));
        }
        return Ok(());
    }
    if count >= LONG {
        reply.reserve(list.bytes_per_element() * count);
    }
    list.for_each(first, count, |element| bulk(reply, element));
    Ok(())
}
