//! Looking at a set: SISMEMBER, SMISMEMBER, SMEMBERS, SCARD, SSCAN.

use base::Args;
use resp::Reply;
use store::SetRef;

use crate::elements::{self, ScanOptions};
use crate::{CmdError, ShardCtx, streamed};

/// SISMEMBER key member
pub(super) fn sismember(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    let key = ctx.routed_key(args.arg(1));
    let found = ctx.database().set_of(key)?.is_some_and(|set| set.contains(args.arg(2)));
    reply.int(found.into());
    Ok(())
}

/// SMISMEMBER key member [member …]
pub(super) fn smismember(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    let key = ctx.routed_key(args.arg(1));
    let mut db = ctx.database();
    let set = db.set_of(key)?;
    let members = args.tail(2).iter();
    reply.array(members.len());
    for member in members {
        reply.int(set.is_some_and(|set| set.contains(member)).into());
    }
    Ok(())
}

/// SMEMBERS key
pub(super) fn smembers(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    let key = ctx.routed_key(args.arg(1));
    let mut db = ctx.database();
    match db.set_of(key)? {
        Some(set) => {
            reply.set(set.len());
            if streamed::is_long(reply, set.len(), set.big_bytes()) {
                if let Some(view) = db.view_set(key) {
                    reply.leave(Box::new(streamed::Members(view)));
                }
                return Ok(());
            }
            set.all(|member| {
                elements::bulk(reply, member);
                true
            });
        }
        None => reply.set(0),
    }
    Ok(())
}

/// SCARD key
pub(super) fn scard(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let key = ctx.routed_key(args.arg(1));
    let len = ctx.database().set_of(key)?.map_or(0, SetRef::len);
    reply.int(len as i64);
    Ok(())
}

/// SSCAN key cursor [MATCH pattern] [COUNT count]
///
/// Options are looked at only if there is a set, as Redis does.
pub(super) fn sscan(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let cursor = elements::cursor(args)?;
    let key = ctx.routed_key(args.arg(1));
    let mut db = ctx.database();
    let Some(set) = db.set_of(key)? else {
        elements::scan_reply(reply, 0, 0, &[]);
        return Ok(());
    };
    let options = ScanOptions::parse(args, false)?;
    let (mut out, mut found, mut scratch) = (Vec::new(), 0, Vec::new());
    let mut page = Reply::new(&mut out, reply.is_resp3());
    let cursor = options.run(cursor, |cursor| {
        let mut seen = 0;
        let next = set.scan(cursor, |member| {
            seen += 1;
            if options.wants(member, &mut scratch) {
                found += 1;
                elements::bulk(&mut page, member);
            }
        });
        (next, seen)
    });
    elements::scan_reply(reply, cursor, found, &out);
    Ok(())
}
