//! Moving a member from one set to another: SMOVE.

use std::pin::Pin;

use base::Args;
use bytes::Bytes;
use resp::Reply;
use store::{Class, Kind};

use crate::{CmdError, OwnedArgs, ShardCtx, Step, StepOut, Tx};

/// SMOVE source destination member, both keys in one shard
pub(super) fn smove(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let (source, destination, member) = (args.arg(1), args.arg(2), args.arg(3));
    let moves = match has_member(ctx, source, member)? {
        None => false,
        Some(found) => {
            check_type(ctx, destination)?;
            found
        }
    };
    if moves && source != destination {
        remove(ctx, source, member)?;
        add(ctx, destination, member)?;
    }
    reply.int(moves.into());
    Ok(())
}

/// SMOVE over two shards: both look, then one removes and the other adds.
pub(super) fn smove_rounds(tx: Tx, args: OwnedArgs) -> Pin<Box<dyn Future<Output = Result<(), CmdError>>>> {
    Box::pin(async move {
        let mut args = args.into_iter().skip(1);
        let mut next = || args.next().unwrap_or_default();
        let (source, destination, member) = (next(), next(), next());
        let look = {
            let (name, member) = (source.clone(), member.clone());
            step(&tx, &source, move |ctx| match has_member(ctx, &name, &member)? {
                None => Ok(StepOut::Done),
                Some(found) => Ok(StepOut::Flag(found)),
            })
        };
        let name = destination.clone();
        let check = step(&tx, &destination, move |ctx| check_type(ctx, &name).map(|()| StepOut::Done));
        let mut outs = tx.round(vec![look, check]).await.into_iter();
        let moves = match (outs.next(), outs.next()) {
            // No source: nothing else matters.
            (Some(StepOut::Done), _) => false,
            (Some(StepOut::Failed(error)), _) | (_, Some(StepOut::Failed(error))) => return Err(error),
            (found, _) => found.is_some_and(|found| found.is_true()),
        };
        if moves {
            let (from, to, moved) = (source.clone(), destination.clone(), member.clone());
            let take = step(&tx, &source, move |ctx| remove(ctx, &from, &moved).map(|()| StepOut::Done));
            let put = step(&tx, &destination, move |ctx| add(ctx, &to, &member).map(|()| StepOut::Done));
            tx.last_round(vec![take, put]).await;
        }
        tx.reply(|reply| reply.int(moves.into()));
        Ok(())
    })
}

fn step(
    tx: &Tx,
    key: &Bytes,
    run: impl FnOnce(&mut ShardCtx<'_>) -> Result<StepOut, CmdError> + Send + 'static,
) -> (u16, Step) {
    (tx.topology.shard_of(key), Box::new(|ctx| run(ctx).unwrap_or_else(StepOut::Failed)))
}

/// Whether a key's set has a member; `None` if there is no set.
fn has_member(ctx: &mut ShardCtx<'_>, name: &[u8], member: &[u8]) -> Result<Option<bool>, CmdError> {
    let key = ctx.key(name);
    let mut db = ctx.database();
    let set = db.peek(key).map(|item| item.value().as_set()).transpose()?;
    Ok(set.map(|set| set.contains(member)))
}

/// Whether a key is a set or nothing.
fn check_type(ctx: &mut ShardCtx<'_>, name: &[u8]) -> Result<(), CmdError> {
    let key = ctx.key(name);
    match ctx.database().peek(key).map(|item| item.kind()) {
        None | Some(Kind::Set) => Ok(()),
        Some(_) => Err(CmdError::WrongType),
    }
}

fn remove(ctx: &mut ShardCtx<'_>, name: &[u8], member: &[u8]) -> Result<(), CmdError> {
    let key = ctx.key(name);
    let edited = ctx.database().edit(key, Kind::Set, |draft| draft.as_set().remove(member))?;
    ctx.effect(&[b"SREM", name, member]);
    ctx.event(Class::Set, "srem", name);
    if edited.removed {
        ctx.event(Class::Generic, "del", name);
    }
    Ok(())
}

fn add(ctx: &mut ShardCtx<'_>, name: &[u8], member: &[u8]) -> Result<(), CmdError> {
    let key = ctx.key(name);
    if ctx.database().edit(key, Kind::Set, |draft| draft.as_set().add(member, 1))?.changed {
        ctx.effect(&[b"SADD", name, member]);
        ctx.event(Class::Set, "sadd", name);
    }
    Ok(())
}
