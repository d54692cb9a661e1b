//! Inserting at a cursor, and looking back from it: ARINSERT, ARNEXT, ARSEEK, ARLASTITEMS.

use base::{Args, num};
use ds::array::INDEX_MAX;
use resp::Reply;
use store::{Class, Kind};

use super::{REPLY_POSITIONS_MAX, index, positions, stretch_back};
use crate::{CmdError, ShardCtx, words};

const OVERFLOW: CmdError = CmdError::text_of("ERR insert index overflow");

/// ARINSERT key value [value …]
pub(super) fn arinsert(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    let key = ctx.routed_key(args.arg(1));
    let values = args.tail(2);
    let edited = ctx.database().edit(key, Kind::Array, |draft| {
        let mut draft = draft.as_array();
        draft.create();
        let Some(array) = draft.get() else { return Ok(0) };
        let start = array.last_insert().map_or(0, |last| last.saturating_add(1));
        let last = start.checked_add(values.len() as u64 - 1).filter(|&last| last <= INDEX_MAX);
        let last = last.ok_or(OVERFLOW)?;
        for (index, value) in (start..=last).zip(values.iter()) {
            array.set(index, value);
        }
        array.set_last_insert(Some(last));
        draft.changed(values.len() as u64);
        Ok::<u64, CmdError>(last)
    })?;
    let last = edited.result?;
    ctx.event(Class::Array, "arinsert", args.arg(1));
    reply.uint(last);
    Ok(())
}

/// ARNEXT key
pub(super) fn arnext(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let key = ctx.routed_key(args.arg(1));
    match ctx.database().array_of(key)?.and_then(|array| array.last_insert()) {
        Some(INDEX_MAX) => reply.null(),
        last => reply.uint(last.map_or(0, |last| last + 1)),
    }
    Ok(())
}

/// ARSEEK key index
pub(super) fn arseek(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let next = index::parse_cursor(args.arg(2))?;
    let key = ctx.routed_key(args.arg(1));
    let edited = ctx.database().edit(key, Kind::Array, |draft| {
        let mut draft = draft.as_array();
        if let Some(array) = draft.get() {
            array.set_last_insert(next.checked_sub(1));
            draft.changed(1);
        }
    })?;
    if edited.changed {
        ctx.event(Class::Array, "arseek", args.arg(1));
    }
    reply.int(edited.changed.into());
    Ok(())
}

/// ARLASTITEMS key count [REV]
pub(super) fn arlastitems(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    let count = num::parse_i64(args.arg(2)).ok_or(CmdError::text_of("ERR invalid COUNT"))?;
    let Some(count) = u64::try_from(count).ok().filter(|&count| count > 0) else {
        reply.array(0);
        return Ok(());
    };
    let newest_first = match args.len() {
        3 => false,
        4 if words::is(args.arg(3), "REV") => true,
        4 => return Err(CmdError::Syntax),
        _ => return Err(CmdError::Arity("arlastitems".into())),
    };
    let key = ctx.routed_key(args.arg(1));
    let mut db = ctx.database();
    let Some(array) = db.array_of(key)? else {
        reply.array(0);
        return Ok(());
    };
    let len = array.len();
    let count = count.min(len);
    if count > array.count() as u64 && count > REPLY_POSITIONS_MAX {
        return Err(CmdError::text_of("ERR count exceeds maximum of 1000000 items"));
    }
    reply.array(count as usize);
    if count == 0 {
        return Ok(());
    }
    // From the last insertion backwards, and on from the end.
    let newest = array.last_insert().filter(|&last| last < len).unwrap_or(len - 1);
    let before = count.min(newest + 1);
    let around = count - before;
    if newest_first {
        stretch_back(reply, array, newest, before);
        stretch_back(reply, array, len - 1, around);
    } else {
        let oldest = if around > 0 { len - around } else { newest + 1 - before };
        positions(reply, array, oldest, count, len);
    }
    Ok(())
}
