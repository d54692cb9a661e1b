//! From database to database: MOVE, SWAPDB.

use base::Args;
use resp::Reply;
use store::Class;

use crate::{CmdError, ShardCtx, words};

/// The number of a database.
fn index(ctx: &ShardCtx<'_>, arg: &[u8]) -> Result<usize, CmdError> {
    let index = usize::try_from(words::int32(arg)?).ok();
    index.filter(|&index| index < ctx.shard.databases_max()).ok_or(CmdError::DbOutOfRange)
}

/// MOVE key db. A name has the same shard in all databases, and is locked in all of them at once.
pub(super) fn move_key(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    let to = index(ctx, args.arg(2))?;
    if to == ctx.db {
        return Err(CmdError::SameObject);
    }
    let key = ctx.routed_key(args.arg(1));
    let moves = ctx.database().peek(key).is_some() && ctx.shard.db(to).peek(key).is_none();
    if moves {
        ctx.as_one_change(|ctx| {
            let value = ctx.database().take(key);
            value.into_iter().for_each(|value| ctx.shard.db(to).put(key, value));
        });
        ctx.event(Class::Generic, "move_from", key.bytes);
        ctx.shard.event(Class::Generic, "move_to", to, key.bytes);
    }
    reply.int(moves.into());
    Ok(())
}

/// SWAPDB index1 index2, on each shard
pub(super) fn swapdb(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let number = |arg, error| words::int32(arg).map_err(|_| CmdError::text_of(error)).map(|_| arg);
    let first = number(args.arg(1), "ERR invalid first DB index")?;
    let second = number(args.arg(2), "ERR invalid second DB index")?;
    let (first, second) = (index(ctx, first)?, index(ctx, second)?);
    ctx.shard.swap(first, second);
    reply.ok();
    Ok(())
}
