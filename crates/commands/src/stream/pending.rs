//! Entries that were delivered and are not acknowledged: XACK, XPENDING.

use base::Args;
use ds::stream::{Group, StreamId};
use resp::Reply;

use super::{deferred, edit, id, id_bulk, no_group};
use crate::{CmdError, ShardCtx, words};

/// XACK key group id [id …]
///
/// The ids are looked at only if there is a group, as Redis does.
pub(super) fn xack(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let key = ctx.routed_key(args.arg(1));
    let acknowledged = edit(ctx, key, |stream| {
        let result = stream.groups_mut().edit(args.arg(2), |group| {
            let ids = args.tail(3).iter().map(|arg| id::strict(arg, 0)).collect::<Result<Vec<_>, _>>()?;
            Ok(ids.into_iter().filter(|&id| group.acknowledge(id)).count() as u64)
        });
        let count: Result<u64, CmdError> = result.unwrap_or(Ok(0));
        let changes = count.clone().unwrap_or(0);
        (count, changes)
    })?;
    reply.int(acknowledged.transpose()?.unwrap_or(0) as i64);
    Ok(())
}

/// Which pending entries XPENDING lists.
struct Listing<'a> {
    min_idle_ms: i64,
    start: StreamId,
    end: StreamId,
    count: usize,
    consumer: Option<&'a [u8]>,
}

impl<'a> Listing<'a> {
    fn parse(args: Args<'a>) -> Result<Option<Self>, CmdError> {
        match args.len() {
            3 => return Ok(None),
            6..=9 => {}
            _ => return Err(CmdError::Syntax),
        }
        let mut at = 3;
        let mut min_idle_ms = 0;
        if words::is(args.arg(3), "IDLE") {
            min_idle_ms = words::int(args.arg(4))?;
            if args.len() < 8 {
                return Err(CmdError::Syntax);
            }
            at += 2;
        }
        let count = words::int(args.arg(at + 2))?.max(0);
        let (start, end) = (id::start(args.arg(at))?, id::end(args.arg(at + 1))?);
        let count = usize::try_from(count).unwrap_or(usize::MAX);
        Ok(Some(Listing { min_idle_ms, start, end, count, consumer: args.get(at + 3) }))
    }
}

/// XPENDING key group [[IDLE min-idle-time] start end count [consumer]]
pub(super) fn xpending(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    let listing = Listing::parse(args)?;
    let (key, now_ms) = (ctx.routed_key(args.arg(1)), ctx.now_ms() as i64);
    let mut db = ctx.database();
    let stream = db.stream_of(key)?;
    let group = stream.and_then(|stream| stream.groups().get(args.arg(2)));
    let group = group.ok_or_else(|| no_group(args.arg(1), args.arg(2), ""))?;
    match listing {
        None => summary(group, reply),
        Some(listing) => list(group, &listing, now_ms, reply),
    }
    Ok(())
}

fn summary(group: &Group, reply: &mut Reply<'_>) {
    let pending = group.pending();
    reply.array(4);
    reply.int(pending.len() as i64);
    let (Some((first, _)), Some((last, _))) = (pending.first(), pending.last()) else {
        reply.null();
        reply.null();
        return reply.null_array();
    };
    id_bulk(reply, first);
    id_bulk(reply, last);
    deferred(reply, |reply| {
        let with_pending = group.consumers().filter(|(_, consumer)| consumer.pending_len() > 0);
        let mut count = 0;
        for (_, consumer) in with_pending {
            reply.array(2);
            reply.bulk(consumer.name());
            reply.bulk_int(consumer.pending_len() as i64);
            count += 1;
        }
        count
    });
}

fn list(group: &Group, listing: &Listing<'_>, now_ms: i64, reply: &mut Reply<'_>) {
    let one = |id: StreamId, reply: &mut Reply<'_>| {
        let Some(state) = group.pending().get(id) else { return false };
        let idle = now_ms.wrapping_sub(state.delivered_ms);
        if listing.min_idle_ms != 0 && idle < listing.min_idle_ms {
            return false;
        }
        reply.array(4);
        id_bulk(reply, id);
        let owner = state.consumer.and_then(|number| group.consumer(number));
        reply.bulk(owner.map_or(&[], |consumer| consumer.name()));
        reply.int(idle.max(0));
        reply.int(state.count as i64);
        true
    };
    let write = |ids: &mut dyn Iterator<Item = StreamId>, reply: &mut Reply<'_>| {
        let mut left = listing.count;
        while left > 0
            && let Some(id) = ids.next()
            && id <= listing.end
        {
            left -= usize::from(one(id, reply));
        }
        listing.count - left
    };
    let Some(name) = listing.consumer else {
        let mut ids = group.pending().iter_from(listing.start).map(|(id, _)| id);
        deferred(reply, |reply| write(&mut ids, reply));
        return;
    };
    match group.find_consumer(name).and_then(|number| group.consumer(number)) {
        Some(consumer) => {
            let mut ids = consumer.pending_from(listing.start);
            deferred(reply, |reply| write(&mut ids, reply));
        }
        None => reply.array(0),
    }
}
