//! DUMP and RESTORE: the value of a key as a payload, and back.

use base::Args;
use persist::value::RestoreError;
use resp::Reply;
use store::Class;

use crate::{CmdError, ShardCtx, words};

/// Most that FREQ can be: a counter of eight bits.
const FREQUENCY_MAX: i64 = 255;

/// DUMP key
pub(super) fn dump(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let key = ctx.routed_key(args.arg(1));
    match ctx.database().get(key) {
        Some(value) => reply.bulk(&persist::dump(value, true)),
        None => reply.null(),
    }
    Ok(())
}

/// What follows the payload.
#[derive(Default)]
struct Options {
    replace: bool,
    absolute: bool,
    frequency: Option<i64>,
    idle_s: Option<i64>,
}

impl Options {
    fn parse(args: Args<'_>) -> Result<Self, CmdError> {
        let mut options = Options::default();
        let mut words = args.tail(4).iter();
        while let Some(word) = words.next() {
            if words::is(word, "REPLACE") {
                options.replace = true;
            } else if words::is(word, "ABSTTL") {
                options.absolute = true;
            } else if words::is(word, "IDLETIME")
                && options.frequency.is_none()
                && let Some(seconds) = words.next()
            {
                let seconds = words::int(seconds)?;
                if seconds < 0 {
                    return Err(CmdError::text_of("ERR Invalid IDLETIME value, must be >= 0"));
                }
                options.idle_s = Some(seconds);
            } else if words::is(word, "FREQ")
                && options.idle_s.is_none()
                && let Some(frequency) = words.next()
            {
                let frequency = words::int(frequency)?;
                if !(0..=FREQUENCY_MAX).contains(&frequency) {
                    return Err(CmdError::text_of("ERR Invalid FREQ value, must be >= 0 and <= 255"));
                }
                options.frequency = Some(frequency);
            } else {
                return Err(CmdError::Syntax);
            }
        }
        Ok(options)
    }
}

/// RESTORE key ttl payload [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]
pub(super) fn restore(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let options = Options::parse(args)?;
    let (key, now_ms) = (ctx.routed_key(args.arg(1)), ctx.now_ms());
    if !options.replace && ctx.database().peek(key).is_some() {
        return Err(CmdError::text_of("BUSYKEY Target key name already exists."));
    }
    let ttl_ms = u64::try_from(words::int(args.arg(2))?)
        .map_err(|_| CmdError::text_of("ERR Invalid TTL value, must be >= 0"))?;
    let value = persist::restore(&mut ctx.database(), args.arg(3)).map_err(|error| match error {
        RestoreError::Footer => CmdError::text_of("ERR DUMP payload version or checksum are wrong"),
        RestoreError::Value => CmdError::text_of("ERR Bad data format"),
    })?;
    let expiry_ms = match ttl_ms {
        0 => None,
        at if options.absolute => Some(at),
        later => Some(now_ms.saturating_add(later)),
    };
    if expiry_ms.is_some_and(|at| at <= now_ms) {
        // Over before it begins: only what was there goes.
        if ctx.database().remove(key) {
            ctx.event(Class::Generic, "del", key.bytes);
        }
    } else {
        let mut db = ctx.database();
        db.put(key, value.with_expiry(expiry_ms));
        db.set_used(key, options.idle_s.map(i64::unsigned_abs), options.frequency.map(|count| count as u8));
        db.event(Class::Generic, "restore", key.bytes);
    }
    reply.ok();
    Ok(())
}
