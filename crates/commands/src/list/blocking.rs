//! Taking elements as soon as there are some: BLPOP, BRPOP, BLMPOP. BLMOVE and its kin are in `transfer`.

use base::Args;
use bytes::Bytes;
use ds::list::Side;
use ds::pack::Element;
use resp::Reply;
use resp::decode::{Value, decode};
use store::{Class, Kind};

use super::mpop::{self, Options};
use super::{bulk, pop, push_event};
use crate::blocking::{Blocking, Rounds, Waiting, pop_first, pop_first_rounds, timeout};
use crate::{CmdError, OwnedArgs, ShardCtx, Tx};

/// BLPOP key [key …] timeout
pub(super) static BLPOP: Blocking = Blocking {
    handler: blpop,
    rounds: blpop_rounds,
    only_with: None,
    wait: wait_pop,
    put_back: Some(put_back_front),
};

/// BRPOP key [key …] timeout
pub(super) static BRPOP: Blocking = Blocking {
    handler: brpop,
    rounds: brpop_rounds,
    only_with: None,
    wait: wait_pop,
    put_back: Some(put_back_back),
};

/// BLMPOP timeout numkeys key [key …] LEFT|RIGHT [COUNT count]
pub(super) static BLMPOP: Blocking = Blocking {
    handler: blmpop,
    rounds: blmpop_rounds,
    only_with: None,
    wait: wait_mpop,
    put_back: Some(put_back_many),
};

fn blpop(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    pop_pair_of(ctx, args, reply, Side::Front)
}

fn brpop(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    pop_pair_of(ctx, args, reply, Side::Back)
}

fn pop_pair_of(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
    side: Side,
) -> Result<(), CmdError> {
    let last = args.len() - 1;
    timeout(args.arg(last), ctx.now_ms())?;
    let names = args.head(last).tail(1);
    pop_first(ctx, names.iter(), reply, |ctx, name, reply| pop_pair(ctx, name, side, reply))
}

/// Takes an element and replies with the key's name and it.
fn pop_pair(
    ctx: &mut ShardCtx<'_>,
    name: &[u8],
    side: Side,
    reply: &mut Reply<'_>,
) -> Result<bool, CmdError> {
    let key = ctx.key(name);
    let edited = ctx.database().edit(key, Kind::List, |draft| {
        let mut list = draft.as_list();
        if list.view().is_none() {
            return false;
        }
        reply.array(2);
        reply.bulk(name);
        list.pop(side, |element| bulk(reply, element));
        true
    })?;
    if edited.changed {
        pop::popped_effect(ctx, name, side, 1);
        pop::popped(ctx, key, side, edited.removed);
    }
    Ok(edited.result)
}

fn blmpop(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let words: Vec<&[u8]> = args.tail(2).iter().collect();
    let Options { keys, side, count } = Options::parse(&words)?;
    timeout(args.arg(1), ctx.now_ms())?;
    let names = args.tail(3).head(keys);
    pop_first(ctx, names.iter(), reply, |ctx, name, reply| mpop::pop_named(ctx, name, side, count, reply))
}

fn blpop_rounds(tx: Tx, args: OwnedArgs) -> Rounds {
    pop_pair_rounds(tx, args, Side::Front)
}

fn brpop_rounds(tx: Tx, args: OwnedArgs) -> Rounds {
    pop_pair_rounds(tx, args, Side::Back)
}

fn pop_pair_rounds(tx: Tx, mut args: OwnedArgs, side: Side) -> Rounds {
    Box::pin(async move {
        timeout(&args.pop().unwrap_or_default(), 0)?;
        let names: Vec<Bytes> = args.into_iter().skip(1).collect();
        pop_first_rounds(&tx, names, Kind::List, move |ctx, name, reply| pop_pair(ctx, name, side, reply))
            .await
    })
}

fn blmpop_rounds(tx: Tx, args: OwnedArgs) -> Rounds {
    Box::pin(async move {
        let words: Vec<&[u8]> = args.iter().skip(2).map(AsRef::as_ref).collect();
        let Options { keys, side, count } = Options::parse(&words)?;
        timeout(args.get(1).map(AsRef::as_ref).unwrap_or_default(), 0)?;
        let names: Vec<Bytes> = args.iter().skip(3).take(keys).cloned().collect();
        let pop = move |ctx: &mut ShardCtx<'_>, name: &[u8], reply: &mut Reply<'_>| {
            mpop::pop_named(ctx, name, side, count, reply)
        };
        pop_first_rounds(&tx, names, Kind::List, pop).await
    })
}

fn wait_pop(ctx: &mut ShardCtx<'_>, args: Args<'_>) -> Result<Option<Waiting>, CmdError> {
    let last = args.len() - 1;
    wait(timeout(args.arg(last), ctx.now_ms())?, (1..last).collect())
}

fn wait_mpop(ctx: &mut ShardCtx<'_>, args: Args<'_>) -> Result<Option<Waiting>, CmdError> {
    let words: Vec<&[u8]> = args.tail(2).iter().collect();
    let options = Options::parse(&words)?;
    wait(timeout(args.arg(1), ctx.now_ms())?, (3..3 + options.keys).collect())
}

/// Waiting for a list.
pub(super) fn wait(timeout_ms: Option<u64>, keys: Vec<usize>) -> Result<Option<Waiting>, CmdError> {
    let kind = Kind::List;
    Ok(Some(Waiting { timeout_ms, keys, kind, without_key: false, replaced: Vec::new() }))
}

fn put_back_front(ctx: &mut ShardCtx<'_>, _: Args<'_>, reply: &[u8]) {
    put_back(ctx, Side::Front, reply);
}

fn put_back_back(ctx: &mut ShardCtx<'_>, _: Args<'_>, reply: &[u8]) {
    put_back(ctx, Side::Back, reply);
}

fn put_back_many(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &[u8]) {
    let words: Vec<&[u8]> = args.tail(2).iter().collect();
    if let Ok(options) = Options::parse(&words) {
        put_back(ctx, options.side, reply);
    }
}

/// Puts the elements of a reply back to the side that they were taken from.
fn put_back(ctx: &mut ShardCtx<'_>, side: Side, reply: &[u8]) {
    let Ok((Value::Array(parts), _)) = decode(reply) else { return };
    let (name, texts) = match parts.as_slice() {
        [Value::Bulk(name), Value::Array(texts)] => (name, texts.as_slice()),
        [Value::Bulk(name), text] => (name, std::slice::from_ref(text)),
        _ => return,
    };
    let key = ctx.key(name);
    let edited = ctx.database().edit(key, Kind::List, |draft| {
        let mut list = draft.as_list();
        for text in texts.iter().rev() {
            if let Value::Bulk(text) = text {
                list.push(side, Element::of(text));
            }
        }
    });
    if edited.is_ok() {
        ctx.event(Class::List, push_event(side), name);
    }
}
