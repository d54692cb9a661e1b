//! What is known of a key besides its value: OBJECT ENCODING, FREQ, IDLETIME, REFCOUNT.

use base::Args;
use resp::Reply;
use store::{AccessClock, Item};

use crate::{CmdError, ShardCtx};

/// Replies what `tell` says of the key at argument 2, or null if there is none.
fn about(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
    tell: impl FnOnce(Item<'_>, AccessClock, &mut Reply<'_>) -> Result<(), CmdError>,
) -> Result<(), CmdError> {
    let key = ctx.routed_key(args.arg(2));
    let access = ctx.shard.access();
    match ctx.database().examine_quietly(key) {
        Some(item) => tell(item, access, reply)?,
        None => reply.null(),
    }
    Ok(())
}

/// OBJECT ENCODING key
pub(super) fn encoding(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    about(ctx, args, reply, |item, _, reply| {
        reply.bulk(item.encoding().as_bytes());
        Ok(())
    })
}

/// OBJECT REFCOUNT key: values are never shared, nor are they in Redis 8.2.
pub(super) fn refcount(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    about(ctx, args, reply, |_, _, reply| {
        reply.int(1);
        Ok(())
    })
}

/// OBJECT IDLETIME key, where accesses are timed
pub(super) fn idletime(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    about(ctx, args, reply, |item, access, reply| {
        if access.policy().counted {
            return Err(CmdError::text_of(
                "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between \
                 policies at runtime LRU and LFU data will take some time to adjust.",
            ));
        }
        reply.int(item.idle_s(&access).cast_signed());
        Ok(())
    })
}

/// OBJECT FREQ key, where accesses are counted
pub(super) fn freq(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    about(ctx, args, reply, |item, access, reply| {
        if !access.policy().counted {
            return Err(CmdError::text_of(
                "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching \
                 between policies at runtime LRU and LFU data will take some time to adjust.",
            ));
        }
        reply.int(item.frequency(&access).into());
        Ok(())
    })
}
