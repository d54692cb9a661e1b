//! Setting and deleting elements: ARSET, ARMSET, ARDEL, ARDELRANGE.

use base::Args;
use ds::array::{Array, INDEX_MAX};
use resp::Reply;
use store::{Class, Kind};

use super::index;
use crate::{CmdError, ShardCtx};

/// ARSET key index value [value …]
pub(super) fn arset(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let start = index::parse(args.arg(2))?;
    let values = args.tail(3);
    let last = start.checked_add(values.len() as u64 - 1).filter(|&last| last <= INDEX_MAX);
    let last = last.ok_or(CmdError::text_of("ERR array index overflow"))?;
    let new = set(ctx, args.arg(1), (start..=last).zip(values.iter()))?;
    ctx.event(Class::Array, "arset", args.arg(1));
    reply.uint(new);
    Ok(())
}

/// ARMSET key index value [index value …]
pub(super) fn armset(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let rest = args.tail(2);
    if !rest.len().is_multiple_of(2) {
        return Err(CmdError::Arity("armset".into()));
    }
    let indexes = rest.iter().step_by(2).map(index::parse).collect::<Result<Vec<u64>, _>>()?;
    let new = set(ctx, args.arg(1), indexes.into_iter().zip(rest.iter().skip(1).step_by(2)))?;
    ctx.event(Class::Array, "armset", args.arg(1));
    reply.uint(new);
    Ok(())
}

/// Sets elements. Returns how many there had not been.
fn set<'a>(
    ctx: &mut ShardCtx<'_>,
    name: &[u8],
    items: impl Iterator<Item = (u64, &'a [u8])>,
) -> Result<u64, CmdError> {
    let key = ctx.routed_key(name);
    let edited = ctx.database().edit(key, Kind::Array, |draft| {
        let mut draft = draft.as_array();
        draft.create();
        let (mut new, mut changes) = (0, 0);
        if let Some(array) = draft.get() {
            for (index, value) in items {
                new += u64::from(array.set(index, value));
                changes += 1;
            }
        }
        draft.changed(changes);
        new
    })?;
    Ok(edited.result)
}

/// ARDEL key index [index …]
pub(super) fn ardel(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let indexes = args.tail(2).iter().map(index::parse).collect::<Result<Vec<u64>, _>>()?;
    let deleted = delete(ctx, args.arg(1), "ardel", |array| {
        indexes.iter().map(|&index| u64::from(array.delete(index))).sum()
    })?;
    reply.uint(deleted);
    Ok(())
}

/// ARDELRANGE key start end [start end …]
pub(super) fn ardelrange(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    if !args.len().is_multiple_of(2) {
        return Err(CmdError::Arity("ardelrange".into()));
    }
    let ends = args.tail(2).iter().map(index::parse).collect::<Result<Vec<u64>, _>>()?;
    let deleted = delete(ctx, args.arg(1), "ardelrange", |array| {
        let ranges = ends.as_chunks::<2>().0.iter();
        ranges.map(|&[start, end]| array.delete_range(start.min(end), start.max(end))).sum()
    })?;
    reply.uint(deleted);
    Ok(())
}

/// Deletes elements, and the key if none is left. Returns how many.
fn delete(
    ctx: &mut ShardCtx<'_>,
    name: &[u8],
    event: &'static str,
    delete: impl FnOnce(&mut Array) -> u64,
) -> Result<u64, CmdError> {
    let key = ctx.routed_key(name);
    let edited = ctx.database().edit(key, Kind::Array, |draft| {
        let mut draft = draft.as_array();
        let deleted = draft.get().map_or(0, delete);
        draft.changed(deleted);
        deleted
    })?;
    if edited.changed {
        ctx.event(Class::Array, event, name);
        if edited.removed {
            ctx.event(Class::Generic, "del", name);
        }
    }
    Ok(edited.result)
}
