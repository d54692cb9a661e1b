//! Taking over what other consumers have pending: XCLAIM, XAUTOCLAIM.

use base::Args;
use base::num;
use ds::stream::{Pending, Stream, StreamId};
use resp::Reply;
use store::Class;

use super::read::attend;
use super::{deferred, edit_read, entry_reply, id, id_bulk, no_group};
use crate::{CmdError, ShardCtx, words};

/// Pending entries that XAUTOCLAIM looks at for each that it may claim.
const ATTEMPTS_PER_ENTRY: u64 = 10;

/// Most entries that XAUTOCLAIM may be asked for. Redis's limit, which comes from the sizes of its buffers.
const COUNT_MAX: u64 = i64::MAX as u64 / 16;

/// What XCLAIM is told.
struct Options {
    min_idle_ms: i64,
    ids: Vec<StreamId>,
    delivered_ms: Option<i64>,
    retry_count: Option<u64>,
    force: bool,
    just_id: bool,
    last_id: StreamId,
}

impl Options {
    fn parse(args: Args<'_>, now_ms: i64) -> Result<Self, CmdError> {
        let number = |arg: &[u8], text: &'static str| num::parse_i64(arg).ok_or(CmdError::text_of(text));
        let min_idle_ms = number(args.arg(4), "ERR Invalid min-idle-time argument for XCLAIM")?.max(0);
        let ids: Vec<StreamId> = args.tail(5).iter().map_while(|arg| id::strict(arg, 0).ok()).collect();
        let mut options = Options {
            min_idle_ms,
            delivered_ms: None,
            retry_count: None,
            force: false,
            just_id: false,
            last_id: StreamId::MIN,
            ids,
        };
        let mut rest = args.tail(5 + options.ids.len()).iter();
        while let Some(word) = rest.next() {
            let mut value = || -> Option<&[u8]> { rest.next() };
            if words::is(word, "FORCE") {
                options.force = true;
            } else if words::is(word, "JUSTID") {
                options.just_id = true;
            } else if words::is(word, "IDLE")
                && let Some(value) = value()
            {
                let idle = number(value, "ERR Invalid IDLE option argument for XCLAIM")?;
                options.delivered_ms = Some(now_ms.wrapping_sub(idle));
            } else if words::is(word, "TIME")
                && let Some(value) = value()
            {
                options.delivered_ms = Some(number(value, "ERR Invalid TIME option argument for XCLAIM")?);
            } else if words::is(word, "RETRYCOUNT")
                && let Some(value) = value()
            {
                let count = number(value, "ERR Invalid RETRYCOUNT option argument for XCLAIM")?;
                options.retry_count = u64::try_from(count).ok();
            } else if words::is(word, "LASTID")
                && let Some(value) = value()
            {
                options.last_id = id::strict(value, 0)?;
            } else {
                return Err(CmdError::quoting("ERR Unrecognized XCLAIM option '", word, "'"));
            }
        }
        Ok(options)
    }
}

/// XCLAIM key group consumer min-idle-time id [id …] [IDLE ms] [TIME ms] [RETRYCOUNT count] [FORCE] [JUSTID] [LASTID id]
///
/// The arguments are looked at only if there is a group, as Redis does.
pub(super) fn xclaim(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let name = args.arg(1);
    let (key, now_ms) = (ctx.routed_key(name), ctx.now_ms() as i64);
    let created = edit_read(ctx, key, |stream| {
        if stream.groups().get(args.arg(2)).is_none() {
            return (Ok(None), 0);
        }
        match Options::parse(args, now_ms) {
            Ok(options) => {
                let (number, created) = {
                    stream.groups_mut().edit(args.arg(2), |group| {
                        if options.last_id > group.last_id() {
                            group.set_last_id(options.last_id, group.entries_read());
                        }
                    });
                    attend(stream, args.arg(2), args.arg(3), now_ms)
                };
                let claimed = claim(stream, args.arg(2), number, &options, now_ms, reply);
                (Ok(Some(created)), claimed + u64::from(created))
            }
            Err(error) => (Err(error), 0),
        }
    })?;
    let created = created.transpose()?.flatten().ok_or_else(|| no_group(name, args.arg(2), ""))?;
    if created {
        ctx.event(Class::Stream, "xgroup-createconsumer", name);
    }
    Ok(())
}

/// Claims entries for a consumer and replies with them. Returns how many changes that made.
fn claim(
    stream: &mut Stream,
    name: &[u8],
    consumer: u32,
    options: &Options,
    now_ms: i64,
    reply: &mut Reply<'_>,
) -> u64 {
    // A time that makes no sense is that of now: clients compute it from their own clocks.
    let delivered_ms = match options.delivered_ms {
        Some(ms) if (0..=now_ms).contains(&ms) => ms,
        _ => now_ms,
    };
    let mut changes = 0;
    deferred(reply, |reply| {
        let mut count = 0;
        for &id in &options.ids {
            let exists = stream.contains(id);
            let claimed = stream.groups_mut().edit(name, |group| {
                let state = group.pending().get(id);
                if !exists {
                    changes += u64::from(group.acknowledge(id));
                    return false;
                }
                let Some(state) = state.or(options.force.then_some(UNCLAIMED)) else { return false };
                let idle = now_ms.wrapping_sub(state.delivered_ms);
                if state.consumer.is_some() && options.min_idle_ms != 0 && idle < options.min_idle_ms {
                    return false;
                }
                let count = match options.retry_count {
                    Some(count) => count,
                    None => state.count.wrapping_add(u64::from(!options.just_id)),
                };
                group.assign(id, Pending { consumer: Some(consumer), delivered_ms, count });
                if let Some(consumer) = group.consumer_mut(consumer) {
                    consumer.active_ms = now_ms;
                }
                true
            });
            if claimed == Some(true) {
                entry_or_id(stream, id, options.just_id, reply);
                changes += 1;
                count += 1;
            }
        }
        count
    });
    changes
}

/// What an entry that nobody had pending begins with.
const UNCLAIMED: Pending = Pending { consumer: None, delivered_ms: 0, count: 1 };

fn entry_or_id(stream: &Stream, id: StreamId, just_id: bool, reply: &mut Reply<'_>) {
    match stream.get(id).filter(|_| !just_id) {
        Some(entry) => entry_reply(reply, &entry),
        None => id_bulk(reply, id),
    }
}

/// XAUTOCLAIM key group consumer min-idle-time start [COUNT count] [JUSTID]
pub(super) fn xautoclaim(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    let min_idle_ms = num::parse_i64(args.arg(4))
        .ok_or(CmdError::text_of("ERR Invalid min-idle-time argument for XAUTOCLAIM"))?
        .max(0);
    let start = id::start(args.arg(5))?;
    let (mut count, mut just_id) = (100, false);
    let mut rest = args.tail(6).iter();
    while let Some(word) = rest.next() {
        if words::is(word, "COUNT")
            && let Some(value) = rest.next()
        {
            count = words::at_least(value, 1, "ERR COUNT must be > 0")?;
            if count > COUNT_MAX {
                return Err(CmdError::text_of("ERR COUNT must be > 0"));
            }
        } else if words::is(word, "JUSTID") {
            just_id = true;
        } else {
            return Err(CmdError::Syntax);
        }
    }
    let name = args.arg(1);
    let (key, now_ms) = (ctx.routed_key(name), ctx.now_ms() as i64);
    let created = edit_read(ctx, key, |stream| {
        if stream.groups().get(args.arg(2)).is_none() {
            return (None, 0);
        }
        let (number, created) = attend(stream, args.arg(2), args.arg(3), now_ms);
        let what = AutoClaim { consumer: number, min_idle_ms, start, count, just_id };
        let claimed = autoclaim(stream, args.arg(2), &what, now_ms, reply);
        (Some(created), claimed + u64::from(created))
    })?;
    let created = created.flatten().ok_or_else(|| no_group(name, args.arg(2), ""))?;
    if created {
        ctx.event(Class::Stream, "xgroup-createconsumer", name);
    }
    Ok(())
}

/// What XAUTOCLAIM is told.
struct AutoClaim {
    consumer: u32,
    min_idle_ms: i64,
    start: StreamId,
    count: u64,
    just_id: bool,
}

fn autoclaim(stream: &mut Stream, name: &[u8], what: &AutoClaim, now_ms: i64, reply: &mut Reply<'_>) -> u64 {
    let Some(group) = stream.groups().get(name) else { return 0 };
    let mut left = what.count;
    let mut attempts = what.count.saturating_mul(ATTEMPTS_PER_ENTRY);
    let (mut claimed, mut deleted, mut next) = (Vec::new(), Vec::new(), StreamId::MIN);
    for (id, state) in group.pending().iter_from(what.start) {
        if attempts == 0 || left == 0 {
            next = id;
            break;
        }
        attempts -= 1;
        if !stream.contains(id) {
            deleted.push(id);
            left -= 1;
        } else if what.min_idle_ms == 0 || now_ms.wrapping_sub(state.delivered_ms) >= what.min_idle_ms {
            let count = state.count.wrapping_add(u64::from(!what.just_id));
            claimed.push((id, count));
            left -= 1;
        }
    }
    stream.groups_mut().edit(name, |group| {
        deleted.iter().for_each(|&id| _ = group.acknowledge(id));
        for &(id, count) in &claimed {
            group.assign(id, Pending { consumer: Some(what.consumer), delivered_ms: now_ms, count });
        }
        if !claimed.is_empty()
            && let Some(consumer) = group.consumer_mut(what.consumer)
        {
            consumer.active_ms = now_ms;
        }
    });
    reply.array(3);
    id_bulk(reply, next);
    reply.array(claimed.len());
    claimed.iter().for_each(|&(id, _)| entry_or_id(stream, id, what.just_id, reply));
    reply.array(deleted.len());
    deleted.iter().for_each(|&id| id_bulk(reply, id));
    (claimed.len() + deleted.len()) as u64
}
