//! MEMORY USAGE.

use base::Args;
use resp::Reply;

use crate::{CmdError, ShardCtx, words};

/// MEMORY USAGE key [SAMPLES count]: the key's bytes, which the shard knows exactly, so nothing is sampled.
pub(super) fn usage(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let mut at = 3;
    while let Some(option) = args.get(at) {
        let count = args.get(at + 1).filter(|_| words::is(option, "SAMPLES")).ok_or(CmdError::Syntax)?;
        if words::int(count)? < 0 {
            return Err(CmdError::Syntax);
        }
        at += 2;
    }
    let key = ctx.routed_key(args.arg(2));
    match ctx.database().inspect(key) {
        Some(item) => reply.int(item.memory_bytes() as i64),
        None => reply.null(),
    }
    Ok(())
}
