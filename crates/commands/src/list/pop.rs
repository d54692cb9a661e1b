//! Taking elements from an end: LPOP, RPOP.

use base::Args;
use ds::list::Side;
use resp::Reply;
use store::{Class, Key, Kind};

use super::{bulk, pop_event};
use crate::{CmdError, ShardCtx, words};

/// Logs that so many elements, or as many as there were, were taken from an end of a list.
pub(super) fn popped_effect(ctx: &mut ShardCtx<'_>, name: &[u8], side: Side, count: u64) {
    if ctx.shard.has_trail() {
        let command: &[u8] = if side == Side::Front { b"LPOP" } else { b"RPOP" };
        ctx.effect(&[command, name, count.to_string().as_bytes()]);
    }
}

/// LPOP key [count]
pub(super) fn lpop(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    pop(ctx, args, reply, Side::Front, "lpop")
}

/// RPOP key [count]
pub(super) fn rpop(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    pop(ctx, args, reply, Side::Back, "rpop")
}

#[inline]
fn pop(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
    side: Side,
    command: &'static str,
) -> Result<(), CmdError> {
    if args.len() > 3 {
        return Err(CmdError::Arity(command.into()));
    }
    let count = args.get(2).map(words::positive).transpose()?;
    let key = ctx.routed_key(args.arg(1));
    let Some(count) = count else {
        let edited = ctx.database().edit(key, Kind::List, |draft| {
            let mut list = draft.as_list();
            if list.view().is_none() || list.pop(side, |element| bulk(reply, element)).is_none() {
                reply.null();
            }
        })?;
        if edited.changed {
            popped(ctx, key, side, edited.removed);
        }
        return Ok(());
    };
    let found = take(ctx, key, side, count, reply, |_, _| {})?;
    if !found {
        reply.null_array();
    }
    Ok(())
}

/// Takes up to `count` elements and replies with them as an array, after what `before` writes. Returns false, and has
/// written nothing, if there is no list.
pub(super) fn take(
    ctx: &mut ShardCtx<'_>,
    key: Key<'_>,
    side: Side,
    count: u64,
    reply: &mut Reply<'_>,
    before: impl FnOnce(&mut Reply<'_>, usize),
) -> Result<bool, CmdError> {
    let edited = ctx.database().edit(key, Kind::List, |draft| {
        let mut list = draft.as_list();
        if list.view().is_none() {
            return false;
        }
        let count = list.len().min(usize::try_from(count).unwrap_or(usize::MAX));
        before(reply, count);
        reply.array(count);
        for _ in 0..count {
            list.pop(side, |element| bulk(reply, element));
        }
        true
    })?;
    if edited.changed {
        popped(ctx, key, side, edited.removed);
    }
    Ok(edited.result)
}

/// Tells that elements were taken from a side.
pub(super) fn popped(ctx: &mut ShardCtx<'_>, key: Key<'_>, side: Side, removed: bool) {
    ctx.event(Class::List, pop_event(side), key.bytes);
    if removed {
        ctx.event(Class::Generic, "del", key.bytes);
    }
}
