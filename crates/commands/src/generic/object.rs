//! What is known of a key besides its value: OBJECT ENCODING, FREQ, IDLETIME, REFCOUNT.

use base::Args;
use resp::Reply;
use store::Item;

use crate::{CmdError, ShardCtx};

/// Replies what `tell` says of the key at argument 2, or null if there is none.
fn about(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
    tell: impl FnOnce(Item<'_>, &mut Reply<'_>) -> Result<(), CmdError>,
) -> Result<(), CmdError> {
    let key = ctx.routed_key(args.arg(2));
    match ctx.database().inspect(key) {
        Some(item) => tell(item, reply)?,
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
    about(ctx, args, reply, |item, reply| {
        reply.bulk(item.encoding().as_bytes());
        Ok(())
    })
}

/// OBJECT REFCOUNT key: values are never shared.
pub(super) fn refcount(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    about(ctx, args, reply, |_, reply| {
        reply.int(1);
        Ok(())
    })
}

/// OBJECT IDLETIME key: times of access are not kept, so no key is known to be idle.
pub(super) fn idletime(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    about(ctx, args, reply, |_, reply| {
        reply.int(0);
        Ok(())
    })
}

/// OBJECT FREQ key: accesses are not counted.
pub(super) fn freq(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    about(ctx, args, reply, |_, _| {
        Err(CmdError::text_of(
            "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching \
             between policies at runtime LRU and LFU data will take some time to adjust.",
        ))
    })
}
