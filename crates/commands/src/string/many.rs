//! Many strings at once: MGET, MSET, MSETNX.

use std::pin::Pin;

use base::Args;
use bytes::Bytes;
use resp::Reply;
use store::{Class, Expiry, StringValue};

use super::bulk;
use crate::{CmdError, OwnedArgs, ShardCtx, Step, StepOut, Tx, by_shard};

/// MGET key [key …]
pub(super) fn mget(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    reply.array(args.len() - 1);
    ctx.for_keys(args.tail(1).iter(), |db, key| {
        let found = db.get(key).is_some_and(|value| bulk(reply, value).is_ok());
        if !found {
            reply.null();
        }
    });
    Ok(())
}

/// MSET key value [key value …]
pub(super) fn mset(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    set_all(ctx, pairs(args, "mset")?);
    reply.ok();
    Ok(())
}

/// MSETNX key value [key value …], all keys in one shard
pub(super) fn msetnx(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let pairs = pairs(args, "msetnx")?;
    let free = !any_exists(ctx, pairs.clone().map(|(name, _)| name));
    if free {
        set_all(ctx, pairs);
    }
    reply.int(free.into());
    Ok(())
}

/// MSETNX over several shards: all look for their keys, then all set them, or none does.
pub(super) fn msetnx_rounds(tx: Tx, args: OwnedArgs) -> Pin<Box<dyn Future<Output = Result<(), CmdError>>>> {
    Box::pin(async move {
        let parts = parts(&tx, args.get(1..).unwrap_or_default());
        let look = parts.iter().map(|(shard, pairs)| {
            let pairs = pairs.clone();
            let step: Step =
                Box::new(move |ctx| StepOut::Flag(any_exists(ctx, pairs.iter().map(|(name, _)| &name[..]))));
            (*shard, step)
        });
        let free = !tx.round(look.collect()).await.iter().any(StepOut::is_true);
        if free {
            let write = parts.into_iter().map(|(shard, pairs)| {
                let step: Step = Box::new(move |ctx| {
                    set_all(ctx, pairs.iter().map(|(name, value)| (&name[..], &value[..])));
                    StepOut::Done
                });
                (shard, step)
            });
            tx.last_round(write.collect()).await;
        }
        tx.reply(|reply| reply.int(free.into()));
        Ok(())
    })
}

/// A key and its value.
pub(super) type Pair = (Bytes, Bytes);

/// Keys with their values, by shard.
pub(super) fn parts(tx: &Tx, pairs: &[Bytes]) -> Vec<(u16, Vec<Pair>)> {
    let (pairs, _) = pairs.as_chunks::<2>();
    by_shard(pairs.iter().map(|[name, value]| (tx.topology.shard_of(name), (name.clone(), value.clone()))))
}

/// Whether any of the keys exists.
pub(super) fn any_exists<'k>(ctx: &mut ShardCtx<'_>, names: impl Iterator<Item = &'k [u8]>) -> bool {
    let mut any = false;
    ctx.for_keys(names, |db, key| any |= db.peek(key).is_some());
    any
}

fn set_all<'k>(ctx: &mut ShardCtx<'_>, pairs: impl Iterator<Item = (&'k [u8], &'k [u8])> + Clone) {
    let mut values = pairs.clone().map(|(_, value)| value);
    ctx.for_keys(pairs.map(|(name, _)| name), |db, key| {
        db.set(key, StringValue::Text(values.next().unwrap_or_default()), Expiry::Clear);
        db.event(Class::String, "set", key.bytes);
    });
}

/// The arguments as keys with their values, or the error if a value is missing.
fn pairs<'a>(
    args: Args<'a>,
    command: &'static str,
) -> Result<impl Iterator<Item = (&'a [u8], &'a [u8])> + Clone, CmdError> {
    if args.len().is_multiple_of(2) {
        return Err(CmdError::Arity(command.into()));
    }
    let names = args.tail(1).iter().step_by(2);
    Ok(names.zip(args.tail(2).iter().step_by(2)))
}
