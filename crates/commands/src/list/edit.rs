//! Changes within a list: LSET, LINSERT, LREM, LTRIM.

use base::Args;
use ds::list::Side;
use ds::pack::Element;
use resp::Reply;
use store::{Class, Kind};

use super::{index, span};
use crate::{CmdError, ShardCtx, words};

/// LSET key index element
///
/// The index is looked at only if there is a list, as Redis does.
pub(super) fn lset(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let name = args.arg(1);
    let key = ctx.routed_key(name);
    let edited = ctx.database().edit(key, Kind::List, |draft| {
        let mut list = draft.as_list();
        if list.view().is_none() {
            return Err(CmdError::NoSuchKey);
        }
        let at = index(words::int(args.arg(2))?, list.len());
        let set = at.is_some_and(|at| list.set(at, Element::of(args.arg(3))));
        if set { Ok(()) } else { Err(CmdError::IndexOutOfRange) }
    })?;
    edited.result?;
    ctx.event(Class::List, "lset", name);
    reply.ok();
    Ok(())
}

/// LINSERT key BEFORE|AFTER pivot element
pub(super) fn linsert(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let after = if words::is(args.arg(2), "AFTER") {
        1
    } else if words::is(args.arg(2), "BEFORE") {
        0
    } else {
        return Err(CmdError::Syntax);
    };
    let name = args.arg(1);
    let key = ctx.routed_key(name);
    let edited = ctx.database().edit(key, Kind::List, |draft| {
        let mut list = draft.as_list();
        let Some(view) = list.view() else { return 0 };
        let pivot = Element::of(args.arg(3));
        let Some(at) = view.position(pivot) else { return -1 };
        list.insert(at + after, Element::of(args.arg(4)));
        list.len() as i64
    })?;
    if edited.changed {
        ctx.event(Class::List, "linsert", name);
    }
    reply.int(edited.result);
    Ok(())
}

/// LREM key count element
pub(super) fn lrem(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let count = words::symmetric(args.arg(2))?;
    let side = if count < 0 { Side::Back } else { Side::Front };
    let max = match usize::try_from(count.unsigned_abs()) {
        Ok(max @ 1..) => max,
        _ => usize::MAX,
    };
    let name = args.arg(1);
    let key = ctx.routed_key(name);
    let edited = ctx.database().edit(key, Kind::List, |draft| {
        let mut list = draft.as_list();
        if list.view().is_none() { 0 } else { list.remove_equal(Element::of(args.arg(3)), side, max) }
    })?;
    if edited.changed {
        ctx.event(Class::List, "lrem", name);
        if edited.removed {
            ctx.event(Class::Generic, "del", name);
        }
    }
    reply.int(edited.result as i64);
    Ok(())
}

/// LTRIM key start stop
pub(super) fn ltrim(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let (start, end) = (words::int(args.arg(2))?, words::int(args.arg(3))?);
    let name = args.arg(1);
    let key = ctx.routed_key(name);
    let edited = ctx.database().edit(key, Kind::List, |draft| {
        let mut list = draft.as_list();
        let len = list.len();
        if len == 0 {
            return false;
        }
        let (first, count) = span(start, end, len);
        if count == 0 {
            list.remove(0, len);
        } else {
            list.remove(first + count, len);
            list.remove(0, first);
        }
        true
    })?;
    if edited.result {
        ctx.event(Class::List, "ltrim", name);
        if edited.removed {
            ctx.event(Class::Generic, "del", name);
        }
    }
    reply.ok();
    Ok(())
}
