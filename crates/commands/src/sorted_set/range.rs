//! ZRANGE and its relatives: members by rank, score or name.

use std::ops::Range;
use std::pin::Pin;

use base::Args;
use resp::Reply;
use store::{Limits, SortedSetRef};

use super::bounds::{LexRange, ScoreRange, ranks_between};
use super::members::{Members, element, header};
use super::{members_out, move_members, read, store_members, with_read};
use crate::{CmdError, OwnedArgs, ShardCtx, Step, Tx, streamed, words};

/// What is meant by the two ends of a range.
#[derive(Clone, Copy, PartialEq)]
enum By {
    /// What the options say; ranks if they say nothing.
    Auto,
    Rank,
    Score,
    Lex,
}

enum Between<'a> {
    Ranks(i64, i64),
    Scores(ScoreRange),
    Members(LexRange<'a>),
}

/// A range, as the arguments behind the key give it.
struct Query<'a> {
    between: Between<'a>,
    reverse: bool,
    with_scores: bool,
    offset: i64,
    /// Most members; negative for all.
    limit: i64,
}

impl<'a> Query<'a> {
    /// Parses `min max [BYSCORE | BYLEX] [REV] [LIMIT offset count] [WITHSCORES]`. The command may have decided some of it:
    /// what the ends are, and the direction.
    fn parse(
        mut args: impl Iterator<Item = &'a [u8]>,
        mut by: By,
        mut reverse: Option<bool>,
        store: bool,
    ) -> Result<Self, CmdError> {
        let (first, second) = (args.next().unwrap_or_default(), args.next().unwrap_or_default());
        let (mut with_scores, mut offset, mut limit) = (false, 0, -1);
        while let Some(word) = args.next() {
            if !store && words::is(word, "WITHSCORES") {
                with_scores = true;
            } else if words::is(word, "LIMIT") {
                let (Some(from), Some(most)) = (args.next(), args.next()) else {
                    return Err(CmdError::Syntax);
                };
                (offset, limit) = (words::int(from)?, words::int(most)?);
            } else if reverse.is_none() && words::is(word, "REV") {
                reverse = Some(true);
            } else if by == By::Auto && words::is(word, "BYLEX") {
                by = By::Lex;
            } else if by == By::Auto && words::is(word, "BYSCORE") {
                by = By::Score;
            } else {
                return Err(CmdError::Syntax);
            }
        }
        let reverse = reverse.unwrap_or(false);
        let by_rank = matches!(by, By::Auto | By::Rank);
        if limit != -1 && by_rank {
            return Err(CmdError::text_of(
                "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX",
            ));
        }
        if with_scores && by == By::Lex {
            return Err(CmdError::text_of(
                "ERR syntax error, WITHSCORES not supported in combination with BYLEX",
            ));
        }
        let (min, max) = if reverse && !by_rank { (second, first) } else { (first, second) };
        let between = match by {
            By::Auto | By::Rank => Between::Ranks(words::int(min)?, words::int(max)?),
            By::Score => Between::Scores(ScoreRange::parse(min, max)?),
            By::Lex => Between::Members(LexRange::parse(min, max)?),
        };
        Ok(Query { between, reverse, with_scores, offset, limit })
    }

    /// The ranks that are meant, counted from the first member whatever the direction.
    fn ranks(&self, set: SortedSetRef<'_>) -> Range<usize> {
        let all = match &self.between {
            Between::Ranks(start, stop) => {
                let ranks = ranks_between(*start, *stop, set.len());
                return if self.reverse { set.len() - ranks.end..set.len() - ranks.start } else { ranks };
            }
            Between::Scores(range) => range.ranks(set),
            Between::Members(range) => range.ranks(set),
        };
        let len = all.len();
        // A negative offset skips everything.
        let skipped = usize::try_from(self.offset).unwrap_or(len).min(len);
        let left = len - skipped;
        let taken = usize::try_from(self.limit).unwrap_or(left).min(left);
        if self.reverse {
            all.end - skipped - taken..all.end - skipped
        } else {
            all.start + skipped..all.start + skipped + taken
        }
    }

    /// The members that are meant, in the order of the range, to be stored.
    fn members(&self, set: SortedSetRef<'_>, limits: &Limits) -> Members {
        let ranks = self.ranks(set);
        // Redis stores them one after the other, in a small set until they are too many or too long for one, unless it has
        // known from the beginning how many they are. It shows: a small set does not keep the sign of zero.
        let most = limits.zset_max_listpack_entries;
        let mut small = !matches!(self.between, Between::Ranks(..)) || ranks.len() <= most;
        let mut members = Members::default();
        set.visit(ranks, self.reverse, |score, member| {
            small &= members.len() < most && member.len() <= limits.zset_max_listpack_value;
            members.push(if small && score == 0.0 { 0.0 } else { score }, member);
            true
        });
        members
    }
}

fn reply_range(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
    by: By,
    reverse: Option<bool>,
) -> Result<(), CmdError> {
    let query = Query::parse(args.tail(2).iter(), by, reverse, false)?;
    let mut long = None;
    with_read(ctx, args.arg(1), |set| {
        let ranks = query.ranks(set);
        header(reply, ranks.len(), query.with_scores);
        if streamed::is_long(reply, ranks.len(), ranks.len().saturating_mul(set.big_bytes_each())) {
            long = Some(ranks);
            return;
        }
        set.visit(ranks, query.reverse, |score, member| {
            element(reply, score, member, query.with_scores);
            true
        });
    })?;
    if let Some(ranks) = long {
        let key = ctx.routed_key(args.arg(1));
        if let Some(view) = ctx.database().view_sorted_set(key, ranks, query.reverse) {
            let write = match query.with_scores {
                true => |reply: &mut Reply<'_>, score, member: &[u8]| element(reply, score, member, true),
                false => |reply: &mut Reply<'_>, _, member: &[u8]| reply.bulk(member),
            };
            reply.leave(Box::new(streamed::Ranked(view, write)));
        }
    }
    Ok(())
}

/// ZRANGE key min max [BYSCORE | BYLEX] [REV] [LIMIT offset count] [WITHSCORES]
pub(super) fn zrange(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    reply_range(ctx, args, reply, By::Auto, None)
}

/// ZREVRANGE key start stop [WITHSCORES]
pub(super) fn zrevrange(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    reply_range(ctx, args, reply, By::Rank, Some(true))
}

/// ZRANGEBYSCORE key min max [WITHSCORES] [LIMIT offset count]
pub(super) fn zrangebyscore(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    reply_range(ctx, args, reply, By::Score, Some(false))
}

/// ZREVRANGEBYSCORE key max min [WITHSCORES] [LIMIT offset count]
pub(super) fn zrevrangebyscore(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    reply_range(ctx, args, reply, By::Score, Some(true))
}

/// ZRANGEBYLEX key min max [LIMIT offset count]
pub(super) fn zrangebylex(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    reply_range(ctx, args, reply, By::Lex, Some(false))
}

/// ZREVRANGEBYLEX key max min [LIMIT offset count]
pub(super) fn zrevrangebylex(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    reply_range(ctx, args, reply, By::Lex, Some(true))
}

/// The members that ZRANGESTORE stores; the arguments from the source on.
fn selected<'a>(
    ctx: &mut ShardCtx<'_>,
    mut args: impl Iterator<Item = &'a [u8]>,
) -> Result<Members, CmdError> {
    let source = args.next().unwrap_or_default();
    let query = Query::parse(args, By::Auto, None, true)?;
    let (key, limits) = (ctx.key(source), ctx.limits());
    Ok(query.members(read(&mut ctx.database(), key)?, &limits))
}

/// ZRANGESTORE destination source min max [BYSCORE | BYLEX] [REV] [LIMIT offset count], both keys in one shard
pub(super) fn zrangestore(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    let members = selected(ctx, args.tail(2).iter())?;
    reply.int(members.len() as i64);
    store_members(ctx, args.arg(1), &members, "zrangestore");
    Ok(())
}

/// ZRANGESTORE over two shards.
pub(super) fn zrangestore_rounds(
    tx: Tx,
    args: OwnedArgs,
) -> Pin<Box<dyn Future<Output = Result<(), CmdError>>>> {
    Box::pin(async move {
        let destination = args.get(1).cloned().unwrap_or_default();
        let source = args.get(2).cloned().unwrap_or_default();
        let find: Step =
            Box::new(move |ctx| members_out(selected(ctx, args.iter().skip(2).map(AsRef::as_ref))));
        move_members(&tx, &source, destination, "zrangestore", find).await
    })
}
