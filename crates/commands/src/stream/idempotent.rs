//! Messages that their producers name, so that they are added only once: XCFGSET, XIDMPRECORD.

use base::Args;
use resp::Reply;

use super::{edit, id};
use crate::{CmdError, ShardCtx, words};

/// Longest time that names are remembered: a day, in seconds.
const DURATION_MAX_S: i64 = 86_400;
/// Most names of a producer.
const NAMES_MAX: i64 = 10_000;

/// XCFGSET key [IDMP-DURATION seconds] [IDMP-MAXSIZE names]
pub(super) fn xcfgset(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let (mut duration_s, mut names) = (None, None);
    let mut rest = args.tail(2).iter();
    while let Some(word) = rest.next() {
        let value = rest.next().ok_or(CmdError::Syntax)?;
        if words::is(word, "IDMP-DURATION") {
            duration_s = Some(within(value, DURATION_MAX_S, "ERR invalid duration")?);
        } else if words::is(word, "IDMP-MAXSIZE") {
            names = Some(within(value, NAMES_MAX, "ERR invalid maxsize")?);
        } else {
            return Err(CmdError::Syntax);
        }
    }
    if duration_s.is_none() && names.is_none() {
        return Err(CmdError::Syntax);
    }
    let key = ctx.routed_key(args.arg(1));
    let set = edit(ctx, key, |stream| {
        let producers = stream.producers_mut();
        let duration_ms = duration_s.map_or(producers.duration_ms(), |seconds| seconds * 1000);
        let names = names.and_then(|names| usize::try_from(names).ok()).unwrap_or(producers.names_max());
        producers.configure(duration_ms, names);
        ((), 1)
    })?;
    set.ok_or(CmdError::NoSuchKey)?;
    reply.ok();
    Ok(())
}

/// A number from 1 to `max`.
fn within(arg: &[u8], max: i64, text: &'static str) -> Result<u64, CmdError> {
    let value = words::int(arg)?;
    u64::try_from(value).ok().filter(|_| (1..=max).contains(&value)).ok_or(CmdError::text_of(text))
}

/// XIDMPRECORD key producer name id
pub(super) fn xidmprecord(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    let (producer, name) = (args.arg(2), args.arg(3));
    if producer.is_empty() || name.is_empty() {
        return Err(CmdError::text_of("ERR producer ID and idempotent ID must not be empty"));
    }
    let id = id::strict(args.arg(4), 0)?;
    let (key, now_ms) = (ctx.routed_key(args.arg(1)), ctx.now_ms());
    let recorded = edit(ctx, key, |stream| {
        if !stream.contains(id) {
            return (Err(CmdError::text_of("ERR no such stream entry")), 0);
        }
        match stream.producers_mut().find(producer, name, now_ms) {
            Some(other) if other == id => (Ok(()), 0),
            Some(_) => (Err(CmdError::text_of("ERR idempotent ID already maps to another entry")), 0),
            None => {
                stream.producers_mut().note(producer, name, id, now_ms);
                (Ok(()), 1)
            }
        }
    })?;
    recorded.ok_or(CmdError::NoSuchKey)??;
    reply.ok();
    Ok(())
}
