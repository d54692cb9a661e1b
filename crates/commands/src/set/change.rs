//! Adding and removing members: SADD, SREM.

use base::Args;
use resp::Reply;
use store::{Class, Kind};

use crate::{CmdError, ShardCtx};

/// SADD key member [member …]
pub(super) fn sadd(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let name = args.arg(1);
    let key = ctx.routed_key(name);
    let members = args.tail(2).iter();
    let edited = ctx.database().edit(key, Kind::Set, |draft| {
        let (mut set, hint) = (draft.as_set(), members.len());
        set.expect(hint);
        members.fold(0, |added, member| added + i64::from(set.add(member, hint)))
    })?;
    if edited.changed {
        ctx.event(Class::Set, "sadd", name);
    }
    reply.int(edited.result);
    Ok(())
}

/// SREM key member [member …]
pub(super) fn srem(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let name = args.arg(1);
    let key = ctx.routed_key(name);
    let members = args.tail(2).iter();
    let edited = ctx.database().edit(key, Kind::Set, |draft| {
        let mut set = draft.as_set();
        members.fold(0, |removed, member| removed + i64::from(set.remove(member)))
    })?;
    if edited.changed {
        ctx.event(Class::Set, "srem", name);
    }
    if edited.removed {
        ctx.event(Class::Generic, "del", name);
    }
    reply.int(edited.result);
    Ok(())
}
