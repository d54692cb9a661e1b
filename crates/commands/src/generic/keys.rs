//! Whether keys exist, what they are, and removing them: DEL, UNLINK, EXISTS, TOUCH, TYPE.

use base::Args;
use resp::Reply;
use store::{Class, Db, Key};

use crate::{CmdError, ShardCtx};

/// DEL key [key …]; UNLINK too, because the store frees large values in slices whoever removes them.
pub(super) fn del(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    count(ctx, args, reply, |db, key| {
        let removed = db.remove(key);
        if removed {
            db.event(Class::Generic, "del", key.bytes);
        }
        removed
    })
}

/// EXISTS key [key …]; a key named twice counts twice.
pub(super) fn exists(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    count(ctx, args, reply, |db, key| db.exists(key))
}

/// TOUCH key [key …]: uses keys, for a client that leaves no trace otherwise too.
pub(super) fn touch(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    ctx.shard.pause_touches(false);
    count(ctx, args, reply, |db, key| db.read(key).is_some())
}

/// Replies for how many keys `act` says yes.
#[inline]
fn count(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
    act: impl Fn(&mut Db<'_>, Key<'_>) -> bool,
) -> Result<(), CmdError> {
    let mut count = 0;
    if args.len() == 2 {
        let key = ctx.routed_key(args.arg(1));
        count = i64::from(act(&mut ctx.database(), key));
    } else {
        ctx.for_keys(args.tail(1).iter(), |db, key| count += i64::from(act(db, key)));
    }
    reply.int(count);
    Ok(())
}

/// TYPE key
pub(super) fn type_of(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let key = ctx.routed_key(args.arg(1));
    reply.simple(ctx.database().examine(key).map_or("none", |item| item.kind().name()));
    Ok(())
}
