//! Strings as counters: INCR, DECR, INCRBY, DECRBY.

use base::Args;
use resp::Reply;
use store::{Class, Entry, Expiry, StringValue};

use super::as_string;
use crate::{CmdError, ShardCtx, words};

/// INCR key
pub(super) fn incr(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    add(ctx, args, 1, reply)
}

/// DECR key
pub(super) fn decr(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    add(ctx, args, -1, reply)
}

/// INCRBY key increment
pub(super) fn incrby(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    add(ctx, args, words::int(args.arg(2))?, reply)
}

/// DECRBY key decrement
pub(super) fn decrby(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let by = words::int(args.arg(2))?.checked_neg().ok_or(CmdError::DecrementOverflow)?;
    add(ctx, args, by, reply)
}

#[inline]
fn add(ctx: &mut ShardCtx<'_>, args: Args<'_>, by: i64, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let key = ctx.routed_key(args.arg(1));
    let sum = match ctx.database().entry(key) {
        Entry::Occupied(mut found) => {
            let old = as_string(found.value())?.as_int().ok_or(CmdError::NotInteger)?;
            let sum = old.checked_add(by).ok_or(CmdError::Overflow)?;
            found.set(StringValue::Int(sum), Expiry::Keep);
            sum
        }
        Entry::Vacant(place) => {
            place.insert(StringValue::Int(by), None);
            by
        }
    };
    ctx.event(Class::String, "incrby", args.arg(1));
    reply.int(sum);
    Ok(())
}
