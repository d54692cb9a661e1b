//! Setting and removing fields: HSET, HMSET, HSETNX, HDEL, HGETDEL.

use base::Args;
use resp::Reply;
use store::{Class, FieldExpiry, Kind};

use super::fields::{self, Fields};
use crate::{CmdError, ShardCtx, elements};

/// HSET key field value [field value …]
pub(super) fn hset(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let created = set_all(ctx, args, "hset")?;
    reply.int(created);
    Ok(())
}

/// HMSET key field value [field value …]
pub(super) fn hmset(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    set_all(ctx, args, "hmset")?;
    reply.ok();
    Ok(())
}

/// Sets fields; returns how many are new.
#[inline]
fn set_all(ctx: &mut ShardCtx<'_>, args: Args<'_>, command: &'static str) -> Result<i64, CmdError> {
    if !args.len().is_multiple_of(2) {
        return Err(CmdError::Arity(command.into()));
    }
    let name = args.arg(1);
    let key = ctx.routed_key(name);
    let edited = ctx.database().edit(key, Kind::Hash, |draft| {
        let mut hash = draft.as_hash();
        hash.expect(args.len() / 2 - 1);
        let pairs = args.tail(2).iter().step_by(2).zip(args.tail(3).iter().step_by(2));
        pairs.fold(0, |created, (field, value)| {
            created + i64::from(hash.set(field, value, FieldExpiry::Clear))
        })
    })?;
    ctx.event(Class::Hash, "hset", name);
    Ok(edited.result)
}

/// HSETNX key field value
pub(super) fn hsetnx(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let (name, field) = (args.arg(1), args.arg(2));
    let key = ctx.routed_key(name);
    let edited = ctx.database().edit(key, Kind::Hash, |draft| {
        let mut hash = draft.as_hash();
        hash.field(field).is_none() && {
            hash.set(field, args.arg(3), FieldExpiry::Clear);
            true
        }
    })?;
    if edited.result {
        ctx.event(Class::Hash, "hset", name);
    }
    reply.int(edited.result.into());
    Ok(())
}

/// HDEL key field [field …]
pub(super) fn hdel(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let name = args.arg(1);
    let key = ctx.routed_key(name);
    let edited = ctx.database().edit(key, Kind::Hash, |draft| {
        let mut hash = draft.as_hash();
        args.tail(2).iter().fold(0, |removed, field| removed + i64::from(hash.remove(field)))
    })?;
    fields::removed(ctx, name, edited.result > 0, edited.removed);
    reply.int(edited.result);
    Ok(())
}

/// HGETDEL key FIELDS numfields field [field …]
pub(super) fn hgetdel(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let name = args.arg(1);
    fields::check_type(ctx, name)?;
    let names = Fields::parse(args, 2)?;
    let key = ctx.routed_key(name);
    reply.array(names.len());
    let edited = ctx.database().edit(key, Kind::Hash, |draft| {
        let mut hash = draft.as_hash();
        names.iter().fold(false, |removed, field| {
            match hash.field(field) {
                Some(found) => elements::bulk(reply, found.value),
                None => reply.null(),
            }
            hash.remove(field) || removed
        })
    })?;
    fields::removed(ctx, name, edited.result, edited.removed);
    Ok(())
}
