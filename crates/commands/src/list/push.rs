//! Adding elements at an end: LPUSH, RPUSH, LPUSHX, RPUSHX.

use base::Args;
use ds::list::Side;
use ds::pack::Element;
use resp::Reply;
use store::{Class, Kind};

use super::push_event;
use crate::{CmdError, ShardCtx};

/// LPUSH key element [element …]
pub(super) fn lpush(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    push(ctx, args, reply, Side::Front, true)
}

/// RPUSH key element [element …]
pub(super) fn rpush(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    push(ctx, args, reply, Side::Back, true)
}

/// LPUSHX key element [element …]
pub(super) fn lpushx(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    push(ctx, args, reply, Side::Front, false)
}

/// RPUSHX key element [element …]
pub(super) fn rpushx(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    push(ctx, args, reply, Side::Back, false)
}

#[inline]
fn push(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
    side: Side,
    create: bool,
) -> Result<(), CmdError> {
    let name = args.arg(1);
    let key = ctx.routed_key(name);
    let edited = ctx.database().edit(key, Kind::List, |draft| {
        let mut list = draft.as_list();
        if !create && list.is_empty() {
            return 0;
        }
        args.tail(2).iter().for_each(|text| list.push(side, Element::of(text)));
        list.len()
    })?;
    if edited.changed {
        ctx.event(Class::List, push_event(side), name);
    }
    reply.int(edited.result as i64);
    Ok(())
}
