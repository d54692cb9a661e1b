//! Setting when a key expires: EXPIRE, PEXPIRE, EXPIREAT, PEXPIREAT.

use base::Args;
use resp::Reply;
use store::Class;

use crate::{CmdError, ShardCtx, words};

/// How a command counts time.
#[derive(Clone, Copy)]
struct Clock {
    command: &'static str,
    unit_ms: i64,
    /// From now on, not from 1970.
    relative: bool,
}

/// EXPIRE key seconds [NX | XX | GT | LT]
pub(super) fn expire(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    set_expiry(Clock { command: "expire", unit_ms: 1000, relative: true }, ctx, args, reply)
}

/// PEXPIRE key milliseconds [NX | XX | GT | LT]
pub(super) fn pexpire(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    set_expiry(Clock { command: "pexpire", unit_ms: 1, relative: true }, ctx, args, reply)
}

/// EXPIREAT key seconds-since-1970 [NX | XX | GT | LT]
pub(super) fn expireat(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    set_expiry(Clock { command: "expireat", unit_ms: 1000, relative: false }, ctx, args, reply)
}

/// PEXPIREAT key milliseconds-since-1970 [NX | XX | GT | LT]
pub(super) fn pexpireat(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    set_expiry(Clock { command: "pexpireat", unit_ms: 1, relative: false }, ctx, args, reply)
}

fn set_expiry(
    clock: Clock,
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    let condition = Condition::parse(args.tail(3))?;
    let now_ms = ctx.now_ms().cast_signed();
    let when = clock.when(args.arg(2), now_ms)?;
    let key = ctx.routed_key(args.arg(1));
    let mut db = ctx.database();
    let event = match db.occupied(key) {
        Some(mut found) if condition.allows(found.expiry_ms().map(u64::cast_signed), when) => {
            if when <= now_ms {
                found.remove();
                Some("del")
            } else {
                found.set_expiry(Some(when.cast_unsigned()));
                Some("expire")
            }
        }
        _ => None,
    };
    event.into_iter().for_each(|event| db.event(Class::Generic, event, key.bytes));
    reply.int(event.is_some().into());
    Ok(())
}

impl Clock {
    /// The time that an argument means, in ms since 1970. It may lie in the past, and before 1970.
    fn when(self, time: &[u8], now_ms: i64) -> Result<i64, CmdError> {
        let base = if self.relative { now_ms } else { 0 };
        let when = words::int(time)?.checked_mul(self.unit_ms).and_then(|ms| ms.checked_add(base));
        when.ok_or(CmdError::InvalidExpire(self.command))
    }
}

/// The options.
#[derive(Default)]
struct Condition {
    /// NX: the key has no expiry.
    if_none: bool,
    /// XX: the key has one.
    if_some: bool,
    /// GT: the new one is later; never is the latest.
    if_later: bool,
    /// LT: the new one is earlier.
    if_earlier: bool,
}

impl Condition {
    fn parse(options: Args<'_>) -> Result<Self, CmdError> {
        let mut condition = Condition::default();
        for word in options.iter() {
            let flag = if words::is(word, "NX") {
                &mut condition.if_none
            } else if words::is(word, "XX") {
                &mut condition.if_some
            } else if words::is(word, "GT") {
                &mut condition.if_later
            } else if words::is(word, "LT") {
                &mut condition.if_earlier
            } else {
                return Err(CmdError::quoting("ERR Unsupported option ", word, ""));
            };
            *flag = true;
        }
        let Condition { if_none, if_some, if_later, if_earlier } = condition;
        if if_none && (if_some || if_later || if_earlier) {
            return Err(CmdError::text_of(
                "ERR NX and XX, GT or LT options at the same time are not compatible",
            ));
        }
        if if_later && if_earlier {
            return Err(CmdError::text_of("ERR GT and LT options at the same time are not compatible"));
        }
        Ok(condition)
    }

    fn allows(&self, current: Option<i64>, when: i64) -> bool {
        (!self.if_none || current.is_none())
            && (!self.if_some || current.is_some())
            && (!self.if_later || current.is_some_and(|current| when > current))
            && (!self.if_earlier || current.is_none_or(|current| when < current))
    }
}
