//! Taking members as soon as there are some: BZPOPMIN, BZPOPMAX, BZMPOP.

use base::Args;
use bytes::Bytes;
use resp::Reply;
use resp::decode::{Value, decode};
use store::Kind;

use super::edit;
use super::pop::{self, End, Pop};
use crate::blocking::{Blocking, Rounds, Waiting, pop_first, pop_first_rounds, timeout};
use crate::{CmdError, OwnedArgs, ShardCtx, Tx};

/// BZPOPMIN key [key …] timeout
pub(super) static BZPOPMIN: Blocking = Blocking {
    handler: |ctx, args, reply| pop_one_of(ctx, args, reply, End::Min),
    rounds: |tx, args| pop_one_rounds(tx, args, End::Min),
    only_with: None,
    wait: wait_pop,
    put_back: Some(put_back),
};

/// BZPOPMAX key [key …] timeout
pub(super) static BZPOPMAX: Blocking = Blocking {
    handler: |ctx, args, reply| pop_one_of(ctx, args, reply, End::Max),
    rounds: |tx, args| pop_one_rounds(tx, args, End::Max),
    only_with: None,
    wait: wait_pop,
    put_back: Some(put_back),
};

/// BZMPOP timeout numkeys key [key …] MIN|MAX [COUNT count]
pub(super) static BZMPOP: Blocking = Blocking {
    handler: bzmpop,
    rounds: bzmpop_rounds,
    only_with: None,
    wait: wait_mpop,
    put_back: Some(put_back),
};

fn pop_one_of(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
    end: End,
) -> Result<(), CmdError> {
    let last = args.len() - 1;
    timeout(args.arg(last), ctx.now_ms())?;
    let names = args.head(last).tail(1);
    pop_first(ctx, names.iter(), reply, |ctx, name, reply| pop_one(ctx, name, end, reply))
}

/// Takes a member and replies with the key's name, it, and its score.
fn pop_one(ctx: &mut ShardCtx<'_>, name: &[u8], end: End, reply: &mut Reply<'_>) -> Result<bool, CmdError> {
    let key = ctx.key(name);
    let members = pop::take(ctx, key, end, 1)?;
    let Some((score, member)) = members.get(0) else { return Ok(false) };
    reply.array(3);
    pop::popped_effect(ctx, name, end, 1);
    reply.bulk(name);
    reply.bulk(member);
    reply.double(score);
    Ok(true)
}

fn bzmpop(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let Pop { keys, end, count } = Pop::parse(args.tail(2).iter())?;
    timeout(args.arg(1), ctx.now_ms())?;
    let names = args.tail(3).head(keys);
    pop_first(ctx, names.iter(), reply, |ctx, name, reply| pop::pop_named(ctx, name, end, count, reply))
}

fn pop_one_rounds(tx: Tx, mut args: OwnedArgs, end: End) -> Rounds {
    Box::pin(async move {
        timeout(&args.pop().unwrap_or_default(), 0)?;
        let names: Vec<Bytes> = args.into_iter().skip(1).collect();
        let pop =
            move |ctx: &mut ShardCtx<'_>, name: &[u8], reply: &mut Reply<'_>| pop_one(ctx, name, end, reply);
        pop_first_rounds(&tx, names, Kind::SortedSet, pop).await
    })
}

fn bzmpop_rounds(tx: Tx, args: OwnedArgs) -> Rounds {
    Box::pin(async move {
        let Pop { keys, end, count } = Pop::parse(args.iter().skip(2).map(AsRef::as_ref))?;
        timeout(args.get(1).map(AsRef::as_ref).unwrap_or_default(), 0)?;
        let names: Vec<Bytes> = args.into_iter().skip(3).take(keys).collect();
        let pop = move |ctx: &mut ShardCtx<'_>, name: &[u8], reply: &mut Reply<'_>| {
            pop::pop_named(ctx, name, end, count, reply)
        };
        pop_first_rounds(&tx, names, Kind::SortedSet, pop).await
    })
}

fn wait_pop(ctx: &mut ShardCtx<'_>, args: Args<'_>) -> Result<Option<Waiting>, CmdError> {
    let last = args.len() - 1;
    wait(timeout(args.arg(last), ctx.now_ms())?, (1..last).collect())
}

fn wait_mpop(ctx: &mut ShardCtx<'_>, args: Args<'_>) -> Result<Option<Waiting>, CmdError> {
    let pop = Pop::parse(args.tail(2).iter())?;
    wait(timeout(args.arg(1), ctx.now_ms())?, (3..3 + pop.keys).collect())
}

fn wait(timeout_ms: Option<u64>, keys: Vec<usize>) -> Result<Option<Waiting>, CmdError> {
    let kind = Kind::SortedSet;
    Ok(Some(Waiting { timeout_ms, keys, kind, without_key: false, replaced: Vec::new() }))
}

/// Adds the members of a reply again.
fn put_back(ctx: &mut ShardCtx<'_>, _: Args<'_>, reply: &[u8]) {
    let Ok((Value::Array(parts), _)) = decode(reply) else { return };
    let (name, pairs) = match parts.as_slice() {
        [Value::Bulk(name), Value::Array(pairs)] => (name, pairs.iter().filter_map(pair).collect()),
        [Value::Bulk(name), member, score] => {
            (name, member_of(member, score).into_iter().collect::<Vec<_>>())
        }
        _ => return,
    };
    let key = ctx.key(name);
    // It is there already if somebody has added it meanwhile.
    let _ = edit(ctx, key, "zadd", |set| {
        for (member, score) in &pairs {
            if set.view().score(member).is_none() {
                set.add(*score, member);
            }
        }
    });
}

fn pair(value: &Value) -> Option<(&[u8], f64)> {
    match value {
        Value::Array(pair) => match pair.as_slice() {
            [member, score] => member_of(member, score),
            _ => None,
        },
        _ => None,
    }
}

fn member_of<'a>(member: &'a Value, score: &Value) -> Option<(&'a [u8], f64)> {
    let Value::Bulk(member) = member else { return None };
    let score = match score {
        Value::Double(score) => *score,
        Value::Bulk(text) => base::num::parse_f64(text)?,
        _ => return None,
    };
    Some((member, score))
}
