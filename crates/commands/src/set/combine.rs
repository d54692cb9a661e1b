//! Several sets at once: SINTER, SUNION, SDIFF, their STORE and CARD forms.
//!
//! Over several shards, each shard combines its own keys into one set, and the core of the connection, or for a STORE form
//! the shard of the destination, combines those.

use std::pin::Pin;

use base::Args;
use bytes::Bytes;
use resp::Reply;
use store::{Class, Db, Element, Kind, OwnedValue, SetRef};

use crate::{CmdError, OwnedArgs, ShardCtx, Step, StepOut, Tx, by_shard, elements, words};

/// What a rounds function is made into.
type Rounds = Pin<Box<dyn Future<Output = Result<(), CmdError>>>>;

#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    Inter,
    Union,
    /// The first without all others.
    Diff,
}

impl How {
    /// The event of the STORE form.
    fn event(self) -> &'static str {
        match self {
            How::Inter => "sinterstore",
            How::Union => "sunionstore",
            How::Diff => "sdiffstore",
        }
    }

    /// Combines sets (`None`: no such key), and passes each member of the result once to `act` until that says no.
    fn combine(self, sets: &[Option<SetRef<'_>>], mut act: impl FnMut(Element<'_>) -> bool) {
        let mut scratch = Vec::new();
        match self {
            How::Inter => {
                let Some(mut sets) = sets.iter().copied().collect::<Option<Vec<_>>>() else { return };
                sets.sort_by_key(|set| set.len());
                let Some((smallest, others)) = sets.split_first() else { return };
                smallest.all(|member| {
                    !others.iter().all(|set| set.contains_element(member, &mut scratch)) || act(member)
                });
            }
            How::Union => {
                for (number, set) in sets.iter().enumerate() {
                    let before = sets.get(..number).unwrap_or_default();
                    let going_on = set.is_none_or(|set| {
                        set.all(|member| {
                            before.iter().flatten().any(|set| set.contains_element(member, &mut scratch))
                                || act(member)
                        })
                    });
                    if !going_on {
                        return;
                    }
                }
            }
            How::Diff => {
                let Some((Some(first), others)) = sets.split_first() else { return };
                first.all(|member| {
                    others.iter().flatten().any(|set| set.contains_element(member, &mut scratch))
                        || act(member)
                });
            }
        }
    }
}

/// SINTER key [key …], all keys in one shard
pub(super) fn sinter(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    read(How::Inter, ctx, args, reply)
}

/// SUNION key [key …], all keys in one shard
pub(super) fn sunion(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    read(How::Union, ctx, args, reply)
}

/// SDIFF key [key …], all keys in one shard
pub(super) fn sdiff(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    read(How::Diff, ctx, args, reply)
}

/// SINTERSTORE destination key [key …], all keys in one shard
pub(super) fn sinterstore(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    store(How::Inter, ctx, args, reply)
}

/// SUNIONSTORE destination key [key …], all keys in one shard
pub(super) fn sunionstore(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    store(How::Union, ctx, args, reply)
}

/// SDIFFSTORE destination key [key …], all keys in one shard
pub(super) fn sdiffstore(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    store(How::Diff, ctx, args, reply)
}

/// SINTERCARD numkeys key [key …] [LIMIT limit], all keys in one shard
pub(super) fn sintercard(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    count(How::Inter, ctx, args, reply)
}

/// SDIFFCARD numkeys key [key …] [APPROX] [LIMIT limit], all keys in one shard
pub(super) fn sdiffcard(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    count(How::Diff, ctx, args, reply)
}

/// SUNIONCARD numkeys key [key …] [APPROX] [LIMIT limit], all keys in one shard
pub(super) fn sunioncard(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    count(How::Union, ctx, args, reply)
}

/// SINTER over several shards.
pub(super) fn sinter_rounds(tx: Tx, args: OwnedArgs) -> Rounds {
    read_rounds(How::Inter, tx, args)
}

/// SUNION over several shards.
pub(super) fn sunion_rounds(tx: Tx, args: OwnedArgs) -> Rounds {
    read_rounds(How::Union, tx, args)
}

/// SDIFF over several shards.
pub(super) fn sdiff_rounds(tx: Tx, args: OwnedArgs) -> Rounds {
    read_rounds(How::Diff, tx, args)
}

/// SINTERSTORE over several shards.
pub(super) fn sinterstore_rounds(tx: Tx, args: OwnedArgs) -> Rounds {
    store_rounds(How::Inter, tx, args)
}

/// SUNIONSTORE over several shards.
pub(super) fn sunionstore_rounds(tx: Tx, args: OwnedArgs) -> Rounds {
    store_rounds(How::Union, tx, args)
}

/// SDIFFSTORE over several shards.
pub(super) fn sdiffstore_rounds(tx: Tx, args: OwnedArgs) -> Rounds {
    store_rounds(How::Diff, tx, args)
}

/// SINTERCARD over several shards.
pub(super) fn sintercard_rounds(tx: Tx, args: OwnedArgs) -> Rounds {
    count_rounds(How::Inter, tx, args)
}

/// SDIFFCARD over several shards.
pub(super) fn sdiffcard_rounds(tx: Tx, args: OwnedArgs) -> Rounds {
    count_rounds(How::Diff, tx, args)
}

/// SUNIONCARD over several shards.
pub(super) fn sunioncard_rounds(tx: Tx, args: OwnedArgs) -> Rounds {
    count_rounds(How::Union, tx, args)
}

fn count(how: How, ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let (keys, limit) = counting(how, args.len(), |at| args.arg(at))?;
    let mut db = ctx.database();
    let sets = look_up(&mut db, args.tail(2).head(keys).iter())?;
    reply.int(card(how, &sets, limit));
    Ok(())
}

fn count_rounds(how: How, tx: Tx, args: OwnedArgs) -> Rounds {
    Box::pin(async move {
        let at = |at: usize| args.get(at).map_or(&[][..], |arg| arg);
        let (keys, limit) = counting(how, args.len(), at)?;
        let keys = args.get(2..2 + keys).unwrap_or_default();
        let parts = parts(tx.last_round(part_steps(how, &tx, keys)).await)?;
        tx.reply(|reply| reply.int(card(how, &sets_of(&parts), limit)));
        Ok(())
    })
}

fn read(how: How, ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let mut db = ctx.database();
    let sets = look_up(&mut db, args.tail(1).iter())?;
    write(how, &sets, reply);
    Ok(())
}

fn store(how: How, ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let combined = combine(ctx, how, args.tail(2).iter())?;
    reply.int(put(ctx, how, args.arg(1), combined));
    Ok(())
}

fn read_rounds(how: How, tx: Tx, args: OwnedArgs) -> Rounds {
    Box::pin(async move {
        let keys = args.get(1..).unwrap_or_default();
        let parts = parts(tx.last_round(part_steps(how, &tx, keys)).await)?;
        tx.reply(|reply| write(how, &sets_of(&parts), reply));
        Ok(())
    })
}

fn store_rounds(how: How, tx: Tx, args: OwnedArgs) -> Rounds {
    Box::pin(async move {
        let keys = args.get(2..).unwrap_or_default();
        let parts = parts(tx.round(part_steps(how, &tx, keys)).await)?;
        let destination = args.get(1).cloned().unwrap_or_default();
        let shard = tx.topology.shard_of(&destination);
        let step: Step = Box::new(move |ctx| {
            let combined = build(&mut ctx.database(), how, &sets_of(&parts));
            StepOut::Int(put(ctx, how, &destination, combined))
        });
        let len = match tx.last_round(vec![(shard, step)]).await.pop() {
            Some(StepOut::Int(len)) => len,
            _ => 0,
        };
        tx.reply(|reply| reply.int(len));
        Ok(())
    })
}

/// One step a shard, which combines its keys; the shard of the first key comes first.
fn part_steps(how: How, tx: &Tx, keys: &[Bytes]) -> Vec<(u16, Step)> {
    let parts = by_shard(keys.iter().map(|key| (tx.topology.shard_of(key), key.clone())));
    let step = |(number, (shard, keys)): (usize, (u16, Vec<Bytes>))| {
        // What is taken away from the first key's set is the union of all others.
        let how = if how == How::Diff && number > 0 { How::Union } else { how };
        let run = move |ctx: &mut ShardCtx<'_>| match combine(ctx, how, keys.iter().map(AsRef::as_ref)) {
            Ok(value) => StepOut::Value(value.map(Box::new)),
            Err(error) => StepOut::Failed(error),
        };
        (shard, Box::new(run) as Step)
    };
    parts.into_iter().enumerate().map(step).collect()
}

/// The sets that the steps handed back, or the first error.
fn parts(outs: Vec<StepOut>) -> Result<Vec<Option<Box<OwnedValue>>>, CmdError> {
    let part = |out| match out {
        StepOut::Value(value) => Ok(value),
        StepOut::Failed(error) => Err(error),
        _ => Ok(None),
    };
    outs.into_iter().map(part).collect()
}

fn sets_of(values: &[Option<Box<OwnedValue>>]) -> Vec<Option<SetRef<'_>>> {
    values.iter().map(|value| value.as_ref().and_then(|value| value.value().as_set().ok())).collect()
}

/// The sets of keys, counted as looked up; an error if any key is of another type.
fn look_up<'d, 'k>(
    db: &'d mut Db<'_>,
    names: impl Iterator<Item = &'k [u8]> + Clone,
) -> Result<Vec<Option<SetRef<'d>>>, CmdError> {
    for name in names.clone() {
        db.set_of(db.key(name))?;
    }
    let db = &*db;
    Ok(names.map(|name| db.look(db.key(name)).and_then(|item| item.value().as_set().ok())).collect())
}

/// The combination of the sets of some keys; `None` if it is empty.
fn combine<'k>(
    ctx: &mut ShardCtx<'_>,
    how: How,
    names: impl Iterator<Item = &'k [u8]> + Clone,
) -> Result<Option<OwnedValue>, CmdError> {
    let mut db = ctx.database();
    let mut members = Vec::new();
    let sets = look_up(&mut db, names)?;
    how.combine(&sets, |member| {
        members.push(member.to_vec());
        true
    });
    Ok(db.build(|draft| {
        let mut set = draft.as_set();
        members.iter().for_each(|member| {
            set.add(member, 1);
        });
    }))
}

/// As [`combine`], of sets at hand.
fn build(db: &mut Db<'_>, how: How, sets: &[Option<SetRef<'_>>]) -> Option<OwnedValue> {
    db.build(|draft| {
        let (mut set, mut text) = (draft.as_set(), Vec::new());
        how.combine(sets, |member| {
            set.add(member.text(&mut text), 1);
            true
        });
    })
}

/// Puts a set to its key, or removes the key if the set is empty. Returns the number of members.
fn put(ctx: &mut ShardCtx<'_>, how: How, name: &[u8], set: Option<OwnedValue>) -> i64 {
    let key = ctx.key(name);
    let Some(set) = set else {
        if ctx.database().remove(key) {
            ctx.event(Class::Generic, "del", name);
        }
        return 0;
    };
    debug_assert_eq!(set.kind(), Kind::Set);
    let len = set.value().as_set().map_or(0, SetRef::len);
    ctx.database().put(key, set);
    ctx.event(Class::Set, how.event(), name);
    len as i64
}

/// Replies with a combination of sets.
fn write(how: How, sets: &[Option<SetRef<'_>>], reply: &mut Reply<'_>) {
    let (mut out, mut count) = (Vec::new(), 0);
    let mut members = Reply::new(&mut out, reply.is_resp3());
    how.combine(sets, |member| {
        count += 1;
        elements::bulk(&mut members, member);
        true
    });
    reply.set(count);
    reply.raw(&out);
}

/// How many members a combination has, at most `limit` unless that is 0.
fn card(how: How, sets: &[Option<SetRef<'_>>], limit: u64) -> i64 {
    let mut count = 0u64;
    how.combine(sets, |_| {
        count += 1;
        count != limit
    });
    count as i64
}

/// The number of keys of a command that counts members, and its limit. An approximate count may be exact, so it is.
fn counting<'a>(how: How, argc: usize, arg: impl Fn(usize) -> &'a [u8]) -> Result<(usize, u64), CmdError> {
    const TOO_FEW: CmdError = CmdError::text_of("ERR numkeys should be greater than 0");
    let keys = words::positive(arg(1)).ok().filter(|&keys| keys > 0).ok_or(TOO_FEW)?;
    let keys = usize::try_from(keys).ok().filter(|&keys| keys <= argc - 2);
    let keys = keys.ok_or(CmdError::text_of("ERR Number of keys can't be greater than number of args"))?;
    let (mut limit, mut at) = (0, 2 + keys);
    while at < argc {
        if how != How::Inter && words::is(arg(at), "APPROX") {
            at += 1;
            continue;
        }
        if !words::is(arg(at), "LIMIT") || at + 1 >= argc {
            return Err(CmdError::Syntax);
        }
        limit = words::positive(arg(at + 1)).map_err(|_| CmdError::text_of("ERR LIMIT can't be negative"))?;
        at += 2;
    }
    Ok((keys, limit))
}
