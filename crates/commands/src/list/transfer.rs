//! Moving elements from list to list: LMOVE, RPOPLPUSH, LMOVEM, and the same as soon as there are some: BLMOVE, BRPOPLPUSH,
//! BLMOVEM.

use base::Args;
use bytes::Bytes;
use ds::list::Side;
use ds::pack::Element;
use resp::Reply;
use store::{Class, Kind};

use super::{blocking, pop, push_event, side};
use crate::blocking::{Blocking, Rounds, Waiting, timeout};
use crate::{CmdError, OwnedArgs, ShardCtx, Step, StepOut, Tx, words};

/// How many elements are moved.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Count {
    /// One, which is replied as such.
    One,
    /// So many, or as many as there are.
    UpTo(u64),
    /// So many or none.
    Exactly(u64),
}

/// What is moved where.
#[derive(Clone, Copy)]
struct Move {
    from: Side,
    to: Side,
    count: Count,
    /// One by one, so that their order at the destination is that of single moves.
    one_by_one: bool,
    /// Replies null if there is nothing to move, so that it can be waited for.
    waits: bool,
}

impl Move {
    /// What RPOPLPUSH does.
    const ROTATION: Move =
        Move { from: Side::Back, to: Side::Front, count: Count::One, one_by_one: true, waits: false };

    fn lmove(args: &[&[u8]]) -> Result<Self, CmdError> {
        let [from, to] = args else { return Err(CmdError::Syntax) };
        Ok(Move { from: side(from)?, to: side(to)?, ..Move::ROTATION })
    }

    fn lmovem(args: &[&[u8]]) -> Result<Self, CmdError> {
        let (ends, rest) = args.split_at_checked(2).ok_or(CmdError::Syntax)?;
        let plain = Move { count: Count::UpTo(1), ..Move::lmove(ends)? };
        let [selector, count, order] = rest else {
            return if rest.is_empty() { Ok(plain) } else { Err(CmdError::Syntax) };
        };
        let exactly = words::is(selector, "EXACTLY");
        if !exactly && !words::is(selector, "COUNT") {
            return Err(CmdError::Syntax);
        }
        let count = words::at_least(count, 1, "ERR count should be greater than 0")?;
        let one_by_one = words::is(order, "OBO");
        if !one_by_one && !words::is(order, "BULK") {
            return Err(CmdError::Syntax);
        }
        let count = if exactly { Count::Exactly(count) } else { Count::UpTo(count) };
        Ok(Move { count, one_by_one, ..plain })
    }

    /// BLMOVE, from the sides on: with a timeout behind them.
    fn blmove(args: &[&[u8]]) -> Result<Self, CmdError> {
        let [from, to, limit] = args else { return Err(CmdError::Syntax) };
        let what = Move::lmove(&[from, to])?;
        timeout(limit, 0)?;
        Ok(what)
    }

    fn brpoplpush(args: &[&[u8]]) -> Result<Self, CmdError> {
        let [limit] = args else { return Err(CmdError::Syntax) };
        timeout(limit, 0)?;
        Ok(Move::ROTATION)
    }

    fn blmovem(args: &[&[u8]]) -> Result<Self, CmdError> {
        let [from, to, limit, rest @ ..] = args else { return Err(CmdError::Syntax) };
        let what = Move::blmove(&[from, to, limit])?;
        let more = Move::lmovem(&[&[*from, to], rest].concat())?;
        Ok(Move { waits: true, count: more.count, one_by_one: more.one_by_one, ..what })
    }

    /// How many elements of a list of this length are moved.
    fn count_of(self, len: usize) -> usize {
        let clamped = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
        match self.count {
            Count::One => len.min(1),
            Count::UpTo(count) => len.min(clamped(count)),
            Count::Exactly(count) if clamped(count) > len => 0,
            Count::Exactly(count) => clamped(count),
        }
    }

    /// Texts in the order in which they were taken, in the order that they have at the destination.
    fn arrange(self, texts: &mut [Vec<u8>]) {
        let reversed = if self.one_by_one { self.to == Side::Front } else { self.from == Side::Back };
        if reversed {
            texts.reverse();
        }
    }

    /// Replies with what was moved.
    fn reply(self, texts: &[Vec<u8>], reply: &mut Reply<'_>) {
        match (self.count, texts) {
            (Count::One, [text]) => reply.bulk(text),
            (Count::One, _) => reply.null(),
            (Count::Exactly(_), []) => reply.null_array(),
            (_, []) if self.waits => reply.null_array(),
            _ => {
                reply.array(texts.len());
                texts.iter().for_each(|text| reply.bulk(text));
            }
        }
    }
}

/// LMOVE source destination LEFT|RIGHT LEFT|RIGHT, both keys in one shard
pub(super) fn lmove(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let step = Move::lmove(&[args.arg(3), args.arg(4)])?;
    transfer(ctx, args, reply, step)
}

/// RPOPLPUSH source destination, both keys in one shard
pub(super) fn rpoplpush(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    transfer(ctx, args, reply, Move::ROTATION)
}

/// LMOVEM source destination LEFT|RIGHT LEFT|RIGHT [COUNT count|EXACTLY count OBO|BULK], both keys in one shard
pub(super) fn lmovem(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let words: Vec<&[u8]> = args.tail(3).iter().collect();
    let step = Move::lmovem(&words)?;
    transfer(ctx, args, reply, step)
}

/// BLMOVE source destination LEFT|RIGHT LEFT|RIGHT timeout
pub(super) static BLMOVE: Blocking = Blocking {
    handler: |ctx, args, reply| transfer_words(ctx, args, reply, Move::blmove),
    rounds: |tx, args| rounds(tx, args, Move::blmove),
    only_with: None,
    wait: |ctx, args| wait(ctx, args.arg(5)),
    put_back: None,
};

/// BRPOPLPUSH source destination timeout
pub(super) static BRPOPLPUSH: Blocking = Blocking {
    handler: |ctx, args, reply| transfer_words(ctx, args, reply, Move::brpoplpush),
    rounds: |tx, args| rounds(tx, args, Move::brpoplpush),
    only_with: None,
    wait: |ctx, args| wait(ctx, args.arg(3)),
    put_back: None,
};

/// BLMOVEM source destination LEFT|RIGHT LEFT|RIGHT timeout [COUNT count|EXACTLY count OBO|BULK]
pub(super) static BLMOVEM: Blocking = Blocking {
    handler: |ctx, args, reply| transfer_words(ctx, args, reply, Move::blmovem),
    rounds: |tx, args| rounds(tx, args, Move::blmovem),
    only_with: None,
    wait: |ctx, args| wait(ctx, args.arg(5)),
    put_back: None,
};

fn transfer_words(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
    parse: fn(&[&[u8]]) -> Result<Move, CmdError>,
) -> Result<(), CmdError> {
    let words: Vec<&[u8]> = args.tail(3).iter().collect();
    transfer(ctx, args, reply, parse(&words)?)
}

/// Waits for the source.
fn wait(ctx: &mut ShardCtx<'_>, limit: &[u8]) -> Result<Option<Waiting>, CmdError> {
    blocking::wait(timeout(limit, ctx.now_ms())?, vec![1])
}

fn transfer(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
    what: Move,
) -> Result<(), CmdError> {
    match what.count {
        Count::One => ctx.as_one_change(|ctx| transfer_here(ctx, args, reply, what)),
        _ => transfer_here(ctx, args, reply, what),
    }
}

fn transfer_here(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
    what: Move,
) -> Result<(), CmdError> {
    let (source, destination) = (args.arg(1), args.arg(2));
    let len = len_of(ctx, source)?;
    if len > 0 {
        check(ctx, destination)?;
    }
    let count = what.count_of(len);
    if count == 0 {
        what.reply(&[], reply);
        return Ok(());
    }
    let (mut texts, removed) = if source == destination {
        (rotate(ctx, source, what, count)?, false)
    } else {
        take(ctx, source, what.from, count)?
    };
    what.arrange(&mut texts);
    if source != destination {
        put(ctx, destination, what.to, &texts)?;
    }
    ctx.event(Class::List, push_event(what.to), destination);
    let key = ctx.key(source);
    pop::popped(ctx, key, what.from, removed);
    what.reply(&texts, reply);
    Ok(())
}

/// The length of a list, 0 if there is none.
fn len_of(ctx: &mut ShardCtx<'_>, name: &[u8]) -> Result<usize, CmdError> {
    let key = ctx.key(name);
    let mut db = ctx.database();
    let Some(item) = db.peek(key) else { return Ok(0) };
    Ok(item.value().as_list()?.len())
}

/// Whether the key holds a list or nothing.
fn check(ctx: &mut ShardCtx<'_>, name: &[u8]) -> Result<(), CmdError> {
    let key = ctx.key(name);
    match ctx.database().peek(key) {
        Some(item) if item.kind() != Kind::List => Err(CmdError::WrongType),
        _ => Ok(()),
    }
}

/// Takes elements, in the order of taking; and whether the key is gone with them.
fn take(
    ctx: &mut ShardCtx<'_>,
    name: &[u8],
    side: Side,
    count: usize,
) -> Result<(Vec<Vec<u8>>, bool), CmdError> {
    let key = ctx.key(name);
    let edited = ctx.database().edit(key, Kind::List, |draft| {
        let mut list = draft.as_list();
        (0..count).map_while(|_| list.pop(side, |element| element.to_vec())).collect()
    })?;
    pop::popped_effect(ctx, name, side, count as u64);
    Ok((edited.result, edited.removed))
}

/// Puts texts, which are in the order of the list, to one of its ends.
fn put(ctx: &mut ShardCtx<'_>, name: &[u8], side: Side, texts: &[Vec<u8>]) -> Result<(), CmdError> {
    let key = ctx.key(name);
    ctx.database().edit(key, Kind::List, |draft| {
        let mut list = draft.as_list();
        match side {
            Side::Front => texts.iter().rev().for_each(|text| list.push(side, Element::of(text))),
            Side::Back => texts.iter().for_each(|text| list.push(side, Element::of(text))),
        }
    })?;
    pushed_effect(ctx, name, side, texts);
    Ok(())
}

/// Moves elements within a list. Returns them in the order of taking.
fn rotate(ctx: &mut ShardCtx<'_>, name: &[u8], what: Move, count: usize) -> Result<Vec<Vec<u8>>, CmdError> {
    let key = ctx.key(name);
    let edited = ctx.database().edit(key, Kind::List, |draft| {
        let mut list = draft.as_list();
        let taken: Vec<Vec<u8>> =
            (0..count).map_while(|_| list.pop(what.from, |element| element.to_vec())).collect();
        let mut texts = taken.clone();
        what.arrange(&mut texts);
        if what.to == Side::Front {
            texts.reverse();
        }
        texts.iter().for_each(|text| list.push(what.to, Element::of(text)));
        taken
    })?;
    if ctx.shard.has_trail() {
        pop::popped_effect(ctx, name, what.from, count as u64);
        let mut texts = edited.result.clone();
        what.arrange(&mut texts);
        pushed_effect(ctx, name, what.to, &texts);
    }
    Ok(edited.result)
}

/// Logs that texts, which are in the order of the list, were put to one of its ends.
fn pushed_effect(ctx: &mut ShardCtx<'_>, name: &[u8], side: Side, texts: &[Vec<u8>]) {
    if !ctx.shard.has_trail() {
        return;
    }
    let texts = texts.iter().map(Vec::as_slice);
    let words: Vec<&[u8]> = match side {
        Side::Front => [b"LPUSH".as_slice(), name].into_iter().chain(texts.rev()).collect(),
        Side::Back => [b"RPUSH".as_slice(), name].into_iter().chain(texts).collect(),
    };
    ctx.effect(&words);
}

/// LMOVE over two shards.
pub(super) fn lmove_rounds(tx: Tx, args: OwnedArgs) -> Rounds {
    rounds(tx, args, Move::lmove)
}

/// RPOPLPUSH over two shards.
pub(super) fn rpoplpush_rounds(tx: Tx, args: OwnedArgs) -> Rounds {
    rounds(tx, args, |_| Ok(Move::ROTATION))
}

/// LMOVEM over two shards.
pub(super) fn lmovem_rounds(tx: Tx, args: OwnedArgs) -> Rounds {
    rounds(tx, args, Move::lmovem)
}

/// Over two shards: one hands out a copy of the elements while the other looks whether it can take them; then one removes
/// them and the other adds them.
fn rounds(tx: Tx, args: OwnedArgs, parse: fn(&[&[u8]]) -> Result<Move, CmdError>) -> Rounds {
    Box::pin(async move {
        let words: Vec<&[u8]> = args.iter().skip(3).map(AsRef::as_ref).collect();
        let what = parse(&words)?;
        let name = |at: usize| args.get(at).cloned().unwrap_or_default();
        let (source, destination) = (name(1), name(2));
        let (from, to) = (tx.topology.shard_of(&source), tx.topology.shard_of(&destination));
        let first = vec![(from, copy(source.clone(), what)), (to, look(destination.clone()))];
        let mut outs = tx.round(first).await.into_iter();
        let mut texts = match outs.next() {
            Some(StepOut::Texts(texts)) => texts,
            Some(StepOut::Failed(error)) => return Err(error),
            _ => None,
        };
        if texts.is_some()
            && let Some(StepOut::Failed(error)) = outs.next()
        {
            return Err(error);
        }
        if let Some(texts) = texts.as_mut().filter(|texts| !texts.is_empty()) {
            what.arrange(texts);
            let (count, moved) = (texts.len(), texts.clone());
            let remove: Step = Box::new(move |ctx| {
                let removed = take(ctx, &source, what.from, count).is_ok_and(|(_, removed)| removed);
                let key = ctx.key(&source);
                pop::popped(ctx, key, what.from, removed);
                StepOut::Done
            });
            let add: Step = Box::new(move |ctx| {
                // The type was looked at while the key was locked.
                if put(ctx, &destination, what.to, &moved).is_ok() {
                    ctx.event(Class::List, push_event(what.to), &destination);
                }
                StepOut::Done
            });
            tx.last_round(vec![(from, remove), (to, add)]).await;
        }
        tx.reply(|reply| what.reply(&texts.unwrap_or_default(), reply));
        Ok(())
    })
}

/// A step that copies the elements that are going to be moved, in the order of taking; `None` if there is no list.
fn copy(name: Bytes, what: Move) -> Step {
    Box::new(move |ctx| {
        let key = ctx.key(&name);
        let mut db = ctx.database();
        let Some(item) = db.peek(key) else { return StepOut::Texts(None) };
        let Ok(list) = item.value().as_list() else { return StepOut::Failed(CmdError::WrongType) };
        let count = what.count_of(list.len());
        let (from, towards) = match what.from {
            Side::Front => (0, Side::Back),
            Side::Back => (list.len().saturating_sub(1), Side::Front),
        };
        let mut texts = Vec::with_capacity(count);
        list.visit(from, towards, |element| {
            if texts.len() < count {
                texts.push(element.to_vec());
            }
            texts.len() < count
        });
        StepOut::Texts(Some(texts))
    })
}

/// A step that fails if the key holds something else than a list.
fn look(name: Bytes) -> Step {
    Box::new(move |ctx| match check(ctx, &name) {
        Ok(()) => StepOut::Done,
        Err(error) => StepOut::Failed(error),
    })
}
