//! What a sorted set says about itself and single members: ZCARD, ZCOUNT, ZLEXCOUNT, ZSCORE, ZMSCORE, ZRANK, ZREVRANK.

use base::Args;
use resp::Reply;

use super::bounds::{LexRange, ScoreRange};
use super::with_read;
use crate::{CmdError, ShardCtx, words};

/// ZCARD key
pub(super) fn zcard(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    with_read(ctx, args.arg(1), |set| reply.int(set.len() as i64))
}

/// ZCOUNT key min max
pub(super) fn zcount(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let range = ScoreRange::parse(args.arg(2), args.arg(3))?;
    with_read(ctx, args.arg(1), |set| reply.int(range.ranks(set).len() as i64))
}

/// ZLEXCOUNT key min max
pub(super) fn zlexcount(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    let range = LexRange::parse(args.arg(2), args.arg(3))?;
    with_read(ctx, args.arg(1), |set| reply.int(range.ranks(set).len() as i64))
}

/// ZSCORE key member
pub(super) fn zscore(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    with_read(ctx, args.arg(1), |set| match set.score(args.arg(2)) {
        Some(score) => reply.double(score),
        None => reply.null(),
    })
}

/// ZMSCORE key member [member …]
pub(super) fn zmscore(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    with_read(ctx, args.arg(1), |set| {
        reply.array(args.len() - 2);
        for member in args.tail(2).iter() {
            match set.score(member) {
                Some(score) => reply.double(score),
                None => reply.null(),
            }
        }
    })
}

/// ZRANK key member [WITHSCORE]
pub(super) fn zrank(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    rank("zrank", false, ctx, args, reply)
}

/// ZREVRANK key member [WITHSCORE]
pub(super) fn zrevrank(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    rank("zrevrank", true, ctx, args, reply)
}

fn rank(
    command: &'static str,
    reverse: bool,
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    if args.len() > 4 {
        return Err(CmdError::Arity(command.into()));
    }
    let with_score = match args.get(3) {
        Some(word) if !words::is(word, "WITHSCORE") => return Err(CmdError::Syntax),
        word => word.is_some(),
    };
    with_read(ctx, args.arg(1), |set| match (set.rank(args.arg(2)), with_score) {
        (None, false) => reply.null(),
        (None, true) => reply.null_array(),
        (Some((rank, score)), with_score) => {
            let rank = if reverse { set.len() - 1 - rank } else { rank };
            if with_score {
                reply.array(2);
            }
            reply.int(rank as i64);
            if with_score {
                reply.double(score);
            }
        }
    })
}
