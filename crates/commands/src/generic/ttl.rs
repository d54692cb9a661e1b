//! When a key expires: TTL, PTTL, EXPIRETIME, PEXPIRETIME; and making it stay: PERSIST.

use base::Args;
use resp::Reply;
use store::Class;

use crate::{CmdError, ShardCtx};

/// The reply for a key that doesn't exist.
const NO_KEY: i64 = -2;
/// The reply for a key that never expires.
const NEVER: i64 = -1;

/// TTL key
pub(super) fn ttl(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let now_ms = ctx.now_ms();
    time(ctx, args, reply, |at| seconds(at.saturating_sub(now_ms)))
}

/// PTTL key
pub(super) fn pttl(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let now_ms = ctx.now_ms();
    time(ctx, args, reply, |at| at.saturating_sub(now_ms))
}

/// EXPIRETIME key
pub(super) fn expiretime(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    time(ctx, args, reply, seconds)
}

/// PEXPIRETIME key
pub(super) fn pexpiretime(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    time(ctx, args, reply, |at| at)
}

/// Milliseconds as seconds, rounded to the nearest.
fn seconds(ms: u64) -> u64 {
    ms.saturating_add(500) / 1000
}

/// Replies what `convert` makes of the time at which the key expires.
fn time(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
    convert: impl Fn(u64) -> u64,
) -> Result<(), CmdError> {
    let key = ctx.routed_key(args.arg(1));
    reply.int(match ctx.database().examine(key) {
        None => NO_KEY,
        Some(item) => item.expiry_ms().map_or(NEVER, |at| convert(at).cast_signed()),
    });
    Ok(())
}

/// PERSIST key
pub(super) fn persist(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let key = ctx.routed_key(args.arg(1));
    let persisted = ctx.database().persist(key);
    if persisted {
        ctx.event(Class::Generic, "persist", args.arg(1));
    }
    reply.int(persisted.into());
    Ok(())
}
