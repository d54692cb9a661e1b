//! ZPOPMIN, ZPOPMAX, ZMPOP.

use base::Args;
use bytes::Bytes;
use resp::Reply;
use store::{Key, Kind};

use super::members::{Members, element};
use super::{edit, peek};
use crate::blocking::{Rounds, pop_first, pop_first_rounds};
use crate::{CmdError, OwnedArgs, ShardCtx, Tx, words};

/// Logs that so many members, or as many as there were, were taken from an end of a sorted set.
pub(super) fn popped_effect(ctx: &mut ShardCtx<'_>, name: &[u8], end: End, count: usize) {
    if ctx.shard.has_trail() {
        let command: &[u8] = if end == End::Min { b"ZPOPMIN" } else { b"ZPOPMAX" };
        ctx.effect(&[command, name, count.to_string().as_bytes()]);
    }
}

/// Which end members are taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    /// The lowest scores.
    Min,
    /// The highest scores.
    Max,
}

/// Takes up to `count` members from an end, the outermost first.
pub(crate) fn take(
    ctx: &mut ShardCtx<'_>,
    key: Key<'_>,
    end: End,
    count: usize,
) -> Result<Members, CmdError> {
    let event = match end {
        End::Min => "zpopmin",
        End::Max => "zpopmax",
    };
    edit(ctx, key, event, |set| {
        let len = set.view().len();
        let count = count.min(len);
        let range = match end {
            End::Min => 0..count,
            End::Max => len - count..len,
        };
        let mut taken = Members::default();
        set.view().visit(range.clone(), end == End::Max, |score, member| {
            taken.push(score, member);
            true
        });
        set.remove_range(range, |_, _| {});
        taken
    })
}

/// ZPOPMIN key [count]
pub(super) fn zpopmin(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    pop(ctx, args, reply, End::Min)
}

/// ZPOPMAX key [count]
pub(super) fn zpopmax(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    pop(ctx, args, reply, End::Max)
}

fn pop(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>, end: End) -> Result<(), CmdError> {
    if args.len() > 3 {
        return Err(CmdError::Syntax);
    }
    let count = args.get(2).map(words::positive).transpose()?;
    let members = take(ctx, ctx.routed_key(args.arg(1)), end, count.map_or(1, |count| count as usize))?;
    let nested = count.is_some() && reply.is_resp3();
    reply.array(if nested { members.len() } else { members.len() * 2 });
    for (score, member) in members.iter() {
        if nested {
            reply.array(2);
        }
        reply.bulk(member);
        reply.double(score);
    }
    Ok(())
}

/// ZMPOP numkeys key [key …] MIN | MAX [COUNT count]
pub(crate) struct Pop {
    /// How many keys there are.
    pub(crate) keys: usize,
    /// Where from.
    pub(crate) end: End,
    /// How many members.
    pub(crate) count: usize,
}

impl Pop {
    /// Parses the number of keys, the keys and what follows.
    pub(crate) fn parse<'a>(mut args: impl ExactSizeIterator<Item = &'a [u8]>) -> Result<Self, CmdError> {
        let at_least_1 = |text: &[u8], error| {
            let value = base::num::parse_i64(text).filter(|&value| value >= 1);
            value.map(|value| value as usize).ok_or(CmdError::text_of(error))
        };
        let keys = at_least_1(args.next().unwrap_or_default(), "ERR numkeys should be greater than 0")?;
        let end = match args.nth(keys) {
            Some(word) if words::is(word, "MIN") => End::Min,
            Some(word) if words::is(word, "MAX") => End::Max,
            _ => return Err(CmdError::Syntax),
        };
        let mut count = None;
        while let Some(word) = args.next() {
            match args.next() {
                Some(text) if count.is_none() && words::is(word, "COUNT") => {
                    count = Some(at_least_1(text, "ERR count should be greater than 0")?);
                }
                _ => return Err(CmdError::Syntax),
            }
        }
        Ok(Pop { keys, end, count: count.unwrap_or(1) })
    }
}

/// Writes what was taken from a key: its name and pairs.
pub(crate) fn reply_popped(reply: &mut Reply<'_>, key: &[u8], members: &Members) {
    reply.array(2);
    reply.bulk(key);
    reply.array(members.len());
    for (score, member) in members.iter() {
        if !reply.is_resp3() {
            reply.array(2);
        }
        element(reply, score, member, true);
    }
}

/// Takes members of a sorted set and replies with its name and them; false, and nothing written, if there is none.
pub(super) fn pop_named(
    ctx: &mut ShardCtx<'_>,
    name: &[u8],
    end: End,
    count: usize,
    reply: &mut Reply<'_>,
) -> Result<bool, CmdError> {
    let key = ctx.key(name);
    if peek(&mut ctx.database(), key)?.is_empty() {
        return Ok(false);
    }
    let members = take(ctx, key, end, count)?;
    popped_effect(ctx, name, end, count);
    reply_popped(reply, name, &members);
    Ok(true)
}

/// ZMPOP, all keys in one shard
pub(super) fn zmpop(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let Pop { keys, end, count } = Pop::parse(args.tail(1).iter())?;
    let names = args.tail(2).head(keys);
    pop_first(ctx, names.iter(), reply, |ctx, name, reply| pop_named(ctx, name, end, count, reply))
}

/// ZMPOP over several shards
pub(super) fn zmpop_rounds(tx: Tx, args: OwnedArgs) -> Rounds {
    Box::pin(async move {
        let Pop { keys, end, count } = Pop::parse(args.iter().skip(1).map(AsRef::as_ref))?;
        let names: Vec<Bytes> = args.into_iter().skip(2).take(keys).collect();
        let pop = move |ctx: &mut ShardCtx<'_>, name: &[u8], reply: &mut Reply<'_>| {
            pop_named(ctx, name, end, count, reply)
        };
        pop_first_rounds(&tx, names, Kind::SortedSet, pop).await
    })
}
