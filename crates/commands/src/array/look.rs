//! Looking at elements: ARGET, ARMGET, ARLEN, ARCOUNT, ARGETRANGE, ARSCAN.

use base::Args;
use ds::array::{Array, INDEX_MAX};
use resp::Reply;

use super::{REPLY_POSITIONS_MAX, bulk_or_null, index, stretch, stretch_back};
use crate::{CmdError, ShardCtx, elements, words};

const RANGE_TOO_LONG: CmdError = CmdError::text_of("ERR range exceeds maximum of 1000000 items");

/// ARGET key index
pub(super) fn arget(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let key = ctx.routed_key(args.arg(1));
    let mut db = ctx.database();
    let array = db.array_of(key)?;
    let at = index::parse(args.arg(2))?;
    bulk_or_null(reply, array.and_then(|array| array.get(at)));
    Ok(())
}

/// ARMGET key index [index …]
pub(super) fn armget(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let key = ctx.routed_key(args.arg(1));
    let mut db = ctx.database();
    let array = db.array_of(key)?;
    let wanted = args.tail(2).iter().map(index::parse).collect::<Result<Vec<u64>, _>>()?;
    reply.array(wanted.len());
    wanted.into_iter().for_each(|at| bulk_or_null(reply, array.and_then(|array| array.get(at))));
    Ok(())
}

/// ARLEN key
pub(super) fn arlen(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let key = ctx.routed_key(args.arg(1));
    reply.uint(ctx.database().array_of(key)?.map_or(0, Array::len));
    Ok(())
}

/// ARCOUNT key
pub(super) fn arcount(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let key = ctx.routed_key(args.arg(1));
    reply.uint(ctx.database().array_of(key)?.map_or(0, Array::count) as u64);
    Ok(())
}

/// ARGETRANGE key start end
pub(super) fn argetrange(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    let (start, end) = (index::parse(args.arg(2))?, index::parse(args.arg(3))?);
    let key = ctx.routed_key(args.arg(1));
    let mut db = ctx.database();
    let array = db.array_of(key)?;
    // Neither end is the greatest number, so this cannot overflow.
    let count = start.abs_diff(end) + 1;
    if count > REPLY_POSITIONS_MAX {
        return Err(RANGE_TOO_LONG);
    }
    reply.array(count as usize);
    match array {
        None => (0..count).for_each(|_| reply.null()),
        Some(array) if start <= end => stretch(reply, array, start, count),
        Some(array) => stretch_back(reply, array, start, count),
    }
    Ok(())
}

/// ARSCAN key start end [LIMIT count]
pub(super) fn arscan(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let (start, end) = (index::parse(args.arg(2))?, index::parse(args.arg(3))?);
    let limit = match args.len() {
        4 => u64::MAX,
        6 if words::is(args.arg(4), "LIMIT") => limit(args.arg(5))?,
        6 => return Err(CmdError::Syntax),
        _ => return Err(CmdError::Arity("arscan".into())),
    };
    let key = ctx.routed_key(args.arg(1));
    let mut db = ctx.database();
    let (position, mut count) = (reply.position(), 0u64);
    if let Some(array) = db.array_of(key)? {
        array.visit(start.min(INDEX_MAX), end.min(INDEX_MAX), |index, element| {
            reply.array(2);
            reply.uint(index);
            elements::bulk(reply, element);
            count += 1;
            count < limit
        });
    }
    reply.insert_array(position, count as usize);
    Ok(())
}

/// The argument of LIMIT.
pub(super) fn limit(arg: &[u8]) -> Result<u64, CmdError> {
    let limit = u64::try_from(words::int(arg)?).ok().filter(|&limit| limit > 0);
    limit.ok_or(CmdError::text_of("ERR LIMIT must be positive"))
}
