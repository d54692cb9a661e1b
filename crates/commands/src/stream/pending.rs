//! Entries that were delivered and are not acknowledged: XACK, XNACK, XPENDING.

use base::Args;
use ds::stream::{Group, Pending, StreamId};
use resp::Reply;

use super::{deferred, edit, edit_read, id, id_bulk, no_group};
use crate::{CmdError, ShardCtx, words};

/// XACK key group id [id …]
///
/// The ids are looked at only if there is a group, as Redis does.
pub(super) fn xack(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let key = ctx.routed_key(args.arg(1));
    let acknowledged = edit_read(ctx, key, |stream| {
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

/// How the number of deliveries changes when an entry is given back.
#[derive(Clone, Copy)]
enum GivenBack {
    /// As if the last delivery had not been.
    Silent,
    /// It stays.
    Fail,
    /// It is the greatest that there is: nobody is to try again.
    Fatal,
}

/// XNACK key group SILENT|FAIL|FATAL IDS count id [id …] [RETRYCOUNT count] [FORCE]
pub(super) fn xnack(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let word = args.arg(3);
    let modes = [("SILENT", GivenBack::Silent), ("FAIL", GivenBack::Fail), ("FATAL", GivenBack::Fatal)];
    let mode = modes.into_iter().find(|(name, _)| words::is(word, name)).map(|(_, mode)| mode);
    let mode = mode.ok_or(CmdError::Syntax)?;
    if !words::is(args.arg(4), "IDS") {
        return Err(CmdError::Syntax);
    }
    let ids = super::delete::counted_ids(args.tail(5))?;
    let (mut retry_count, mut force) = (None, false);
    let mut rest = args.tail(6 + ids.len()).iter();
    while let Some(word) = rest.next() {
        if words::is(word, "FORCE") {
            force = true;
        } else if words::is(word, "RETRYCOUNT")
            && let Some(value) = rest.next()
        {
            let count = u64::try_from(words::int(value)?);
            retry_count = Some(count.map_err(|_| CmdError::text_of("ERR RETRYCOUNT must be >= 0"))?);
        } else {
            return Err(CmdError::Syntax);
        }
    }
    let name = args.arg(1);
    let key = ctx.routed_key(name);
    let given_back = edit(ctx, key, |stream| {
        let ids: Result<Vec<StreamId>, CmdError> = ids.iter().map(|arg| id::strict(arg, 0)).collect();
        let ids: Vec<(StreamId, bool)> = match ids {
            Ok(ids) => ids.into_iter().map(|id| (id, force && stream.contains(id))).collect(),
            Err(error) => return (Err(error), 0),
        };
        let count = stream.groups_mut().edit(args.arg(2), |group| {
            let given = ids.iter().filter(|&&(id, make)| give_back(group, id, make, mode, retry_count));
            given.count() as u64
        });
        let changes = count.unwrap_or(0);
        (Ok(count), changes)
    })?;
    let count = given_back.transpose()?.flatten().ok_or_else(|| no_group(name, args.arg(2), ""))?;
    reply.int(count as i64);
    Ok(())
}

/// Gives a pending entry back to its group. Returns whether it is pending; `make` makes it so.
fn give_back(group: &mut Group, id: StreamId, make: bool, mode: GivenBack, retry_count: Option<u64>) -> bool {
    let count = match group.pending().get(id) {
        Some(state) => state.count,
        None if make => 0,
        None => return false,
    };
    let count = retry_count.unwrap_or(match mode {
        GivenBack::Silent => count.saturating_sub(1),
        GivenBack::Fail => count,
        GivenBack::Fatal => i64::MAX as u64,
    });
    group.assign(id, Pending { consumer: None, delivered_ms: 0, count });
    true
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
        // What nobody owns any more was never delivered to anybody.
        reply.int(if owner.is_some() { idle.max(0) } else { -1 });
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
