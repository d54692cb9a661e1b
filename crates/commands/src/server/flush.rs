//! Counting and dropping all keys: DBSIZE, FLUSHDB, FLUSHALL.

use base::Args;
use resp::Reply;

use crate::{CmdError, ShardCtx, words};

/// DBSIZE: counts expired keys that nobody has come upon yet, as Redis does.
pub(super) fn dbsize(ctx: &mut ShardCtx<'_>, _: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    reply.int(ctx.shard.db_info(ctx.db).keys as i64);
    Ok(())
}

/// FLUSHDB [ASYNC | SYNC]
pub(super) fn flushdb(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    check_mode(args)?;
    ctx.shard.flush(ctx.db);
    reply.ok();
    Ok(())
}

/// FLUSHALL [ASYNC | SYNC]
pub(super) fn flushall(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    check_mode(args)?;
    ctx.shard.flush_all();
    reply.ok();
    Ok(())
}

/// ASYNC and SYNC mean the same here: the keys are gone at once, their memory is given back in slices.
fn check_mode(args: Args<'_>) -> Result<(), CmdError> {
    match args.len() {
        1 => Ok(()),
        2 if words::is(args.arg(1), "ASYNC") || words::is(args.arg(1), "SYNC") => Ok(()),
        _ => Err(CmdError::Syntax),
    }
}
