//! Moving a value with its expiry to another key: RENAME, RENAMENX.

use std::pin::Pin;

use base::Args;
use bytes::Bytes;
use resp::Reply;
use store::{Class, OwnedValue};

use crate::{CmdError, OwnedArgs, ShardCtx, Step, StepOut, Tx};

/// RENAME key newkey, both in one shard
pub(super) fn rename(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    ctx.as_one_change(|ctx| rename_here(ctx, args, reply))
}

fn rename_here(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let (source, destination) = (ctx.routed_key(args.arg(1)), ctx.key(args.arg(2)));
    let mut db = ctx.database();
    if source.bytes == destination.bytes {
        db.peek(source).ok_or(CmdError::NoSuchKey)?;
        reply.ok();
        return Ok(());
    }
    let value = db.take(source).ok_or(CmdError::NoSuchKey)?;
    let replaced = db.replace(destination, value);
    db.event(Class::Generic, "rename_from", source.bytes);
    db.event(Class::Generic, "rename_to", destination.bytes);
    db.tell_replaced(destination.bytes, replaced);
    reply.ok();
    Ok(())
}

/// RENAMENX key newkey, both in one shard
pub(super) fn renamenx(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    let (source, destination) = (ctx.routed_key(args.arg(1)), ctx.key(args.arg(2)));
    if ctx.database().peek(source).is_none() {
        return Err(CmdError::NoSuchKey);
    }
    // The same name twice ends here too.
    let moves = ctx.database().peek(destination).is_none();
    if moves {
        ctx.as_one_change(|ctx| {
            let mut db = ctx.database();
            let Some(value) = db.take(source) else { return };
            db.put(destination, value);
            db.event(Class::Generic, "rename_from", source.bytes);
            db.event(Class::Generic, "rename_to", destination.bytes);
        });
    }
    reply.int(moves.into());
    Ok(())
}

/// What a rounds function is made into.
type Rounds = Pin<Box<dyn Future<Output = Result<(), CmdError>>>>;

/// RENAME over two shards: the value is taken from one, then put into the other.
pub(super) fn rename_rounds(tx: Tx, args: OwnedArgs) -> Rounds {
    Box::pin(async move {
        let (source, destination) = names(args);
        let taken = value_of(tx.round(vec![take(&tx, source)]).await).ok_or(CmdError::NoSuchKey)?;
        tx.last_round(vec![put(&tx, destination, taken)]).await;
        tx.reply(|reply| reply.ok());
        Ok(())
    })
}

/// RENAMENX over two shards: both look, then as RENAME.
pub(super) fn renamenx_rounds(tx: Tx, args: OwnedArgs) -> Rounds {
    Box::pin(async move {
        let (source, destination) = names(args);
        let found = tx.round(vec![look(&tx, source.clone()), look(&tx, destination.clone())]).await;
        let moves = match found.as_slice() {
            [source, _] if !source.is_true() => return Err(CmdError::NoSuchKey),
            [_, destination] => !destination.is_true(),
            _ => false,
        };
        if moves && let Some(taken) = value_of(tx.round(vec![take(&tx, source)]).await) {
            tx.last_round(vec![put(&tx, destination, taken)]).await;
        }
        tx.reply(|reply| reply.int(moves.into()));
        Ok(())
    })
}

fn names(args: OwnedArgs) -> (Bytes, Bytes) {
    let mut args = args.into_iter().skip(1);
    (args.next().unwrap_or_default(), args.next().unwrap_or_default())
}

/// The value that the only step of a round handed back.
fn value_of(mut outs: Vec<StepOut>) -> Option<Box<OwnedValue>> {
    match outs.pop() {
        Some(StepOut::Value(value)) => value,
        _ => None,
    }
}

fn look(tx: &Tx, name: Bytes) -> (u16, Step) {
    let shard = tx.topology.shard_of(&name);
    let step: Step = Box::new(move |ctx| {
        let key = ctx.key(&name);
        StepOut::Flag(ctx.database().peek(key).is_some())
    });
    (shard, step)
}

fn take(tx: &Tx, name: Bytes) -> (u16, Step) {
    let shard = tx.topology.shard_of(&name);
    let step: Step = Box::new(move |ctx| {
        let key = ctx.key(&name);
        let taken = ctx.database().take(key).map(Box::new);
        if taken.is_some() {
            ctx.event(Class::Generic, "rename_from", &name);
        }
        StepOut::Value(taken)
    });
    (shard, step)
}

fn put(tx: &Tx, name: Bytes, value: Box<OwnedValue>) -> (u16, Step) {
    let shard = tx.topology.shard_of(&name);
    let step: Step = Box::new(move |ctx| {
        let key = ctx.key(&name);
        let mut db = ctx.database();
        let replaced = db.replace(key, *value);
        db.event(Class::Generic, "rename_to", &name);
        db.tell_replaced(&name, replaced);
        StepOut::Done
    });
    (shard, step)
}
