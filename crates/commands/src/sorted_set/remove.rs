//! ZREM, ZREMRANGEBYRANK, ZREMRANGEBYSCORE, ZREMRANGEBYLEX.

use std::ops::Range;

use base::Args;
use resp::Reply;
use store::SortedSetRef;

use super::bounds::{LexRange, ScoreRange, ranks_between};
use super::edit;
use crate::{CmdError, ShardCtx, words};

/// ZREM key member [member …]
pub(super) fn zrem(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let removed = edit(ctx, ctx.routed_key(args.arg(1)), "zrem", |set| {
        args.tail(2).iter().map(|member| i64::from(set.remove(member))).sum()
    })?;
    reply.int(removed);
    Ok(())
}

/// ZREMRANGEBYRANK key start stop
pub(super) fn zremrangebyrank(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    let (start, stop) = (words::int(args.arg(2))?, words::int(args.arg(3))?);
    remove_range(ctx, args, reply, "zremrangebyrank", |set| ranks_between(start, stop, set.len()))
}

/// ZREMRANGEBYSCORE key min max
pub(super) fn zremrangebyscore(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    let range = ScoreRange::parse(args.arg(2), args.arg(3))?;
    remove_range(ctx, args, reply, "zremrangebyscore", |set| range.ranks(set))
}

/// ZREMRANGEBYLEX key min max
pub(super) fn zremrangebylex(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    let range = LexRange::parse(args.arg(2), args.arg(3))?;
    remove_range(ctx, args, reply, "zremrangebylex", |set| range.ranks(set))
}

fn remove_range(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
    event: &'static str,
    ranks: impl FnOnce(SortedSetRef<'_>) -> Range<usize>,
) -> Result<(), CmdError> {
    let removed = edit(ctx, ctx.routed_key(args.arg(1)), event, |set| {
        let ranks = ranks(set.view());
        set.remove_range(ranks.clone(), |_, _| {});
        ranks.len()
    })?;
    reply.int(removed as i64);
    Ok(())
}
