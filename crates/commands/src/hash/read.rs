//! Looking at a hash: HGET, HMGET, HGETALL, HKEYS, HVALS, HLEN, HSTRLEN, HEXISTS, HSCAN.

use base::Args;
use resp::Reply;
use store::HashRef;

use crate::elements::{self, ScanOptions};
use crate::streamed::{self, Part};
use crate::{CmdError, ShardCtx};

/// HGET key field
#[inline]
pub(super) fn hget(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let key = ctx.routed_key(args.arg(1));
    match ctx.database().hash_of(key)?.and_then(|hash| hash.get(args.arg(2))) {
        Some(value) => elements::bulk(reply, value),
        None => reply.null(),
    }
    Ok(())
}

/// HMGET key field [field …]
pub(super) fn hmget(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let key = ctx.routed_key(args.arg(1));
    let mut db = ctx.database();
    let hash = db.hash_of(key)?;
    let fields = args.tail(2).iter();
    reply.array(fields.len());
    for field in fields {
        match hash.and_then(|hash| hash.get(field)) {
            Some(value) => elements::bulk(reply, value),
            None => reply.null(),
        }
    }
    Ok(())
}

/// HGETALL key
pub(super) fn hgetall(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    fields(ctx, args, reply, Part::Both)
}

/// HKEYS key
pub(super) fn hkeys(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    fields(ctx, args, reply, Part::Names)
}

/// HVALS key
pub(super) fn hvals(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    fields(ctx, args, reply, Part::Values)
}

/// Replies with all fields that have not expired, or a part of each.
#[inline]
fn fields(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>, part: Part) -> Result<(), CmdError> {
    let key = ctx.routed_key(args.arg(1));
    let mut db = ctx.database();
    let hash = db.hash_of(key)?;
    let len = hash.map_or(0, HashRef::live_len);
    match part {
        Part::Both => reply.map(len),
        Part::Names | Part::Values => reply.array(len),
    }
    let Some(hash) = hash else { return Ok(()) };
    if streamed::is_long(reply, hash.len(), hash.big_bytes()) {
        if let Some(view) = db.view_hash(key) {
            reply.leave(Box::new(streamed::Fields(view, part)));
        }
        return Ok(());
    }
    for field in hash.iter() {
        if part != Part::Values {
            elements::bulk(reply, field.name);
        }
        if part != Part::Names {
            elements::bulk(reply, field.value);
        }
    }
    Ok(())
}

/// HLEN key. As in Redis, expired fields count until somebody removes them.
pub(super) fn hlen(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let key = ctx.routed_key(args.arg(1));
    let len = ctx.database().hash_of(key)?.map_or(0, HashRef::len);
    reply.int(len as i64);
    Ok(())
}

/// HSTRLEN key field
pub(super) fn hstrlen(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let key = ctx.routed_key(args.arg(1));
    let len = ctx
        .database()
        .hash_of(key)?
        .and_then(|hash| hash.get(args.arg(2)))
        .map_or(0, |value| value.text_len());
    reply.int(len as i64);
    Ok(())
}

/// HEXISTS key field
pub(super) fn hexists(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let key = ctx.routed_key(args.arg(1));
    let found = ctx.database().hash_of(key)?.is_some_and(|hash| hash.get(args.arg(2)).is_some());
    reply.int(found.into());
    Ok(())
}

/// HSCAN key cursor [MATCH pattern] [COUNT count] [NOVALUES]
///
/// Options are looked at only if there is a hash, as Redis does.
pub(super) fn hscan(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let cursor = elements::cursor(args)?;
    let key = ctx.routed_key(args.arg(1));
    let mut db = ctx.database();
    let Some(hash) = db.hash_of(key)? else {
        elements::scan_reply(reply, 0, 0, &[]);
        return Ok(());
    };
    let options = ScanOptions::parse(args, true)?;
    let (mut out, mut found, mut scratch) = (Vec::new(), 0, Vec::new());
    let mut page = Reply::new(&mut out, reply.is_resp3());
    let cursor = options.run(cursor, |cursor| {
        let mut seen = 0;
        let next = hash.scan(cursor, |field| {
            seen += 1;
            if options.wants(field.name, &mut scratch) {
                found += 1;
                elements::bulk(&mut page, field.name);
                if !options.no_values {
                    found += 1;
                    elements::bulk(&mut page, field.value);
                }
            }
        });
        (next, seen)
    });
    elements::scan_reply(reply, cursor, found, &out);
    Ok(())
}
