//! SET and its older kin: SETNX, SETEX, PSETEX, GETSET.

use base::Args;
use resp::Reply;
use store::{Class, Entry, Expiry, StringValue, Value};

use super::bulk;
use super::condition::ValueCondition;
use super::expiry::{self, Choice, ExpiryOption};
use crate::{CmdError, ShardCtx, words};

/// SET key value [NX | XX | IFEQ value | IFNE value | IFDEQ digest | IFDNE digest] [GET]
/// [EX s | PX ms | EXAT s | PXAT ms | KEEPTTL]
#[inline]
pub(super) fn set(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    if args.len() != 3 {
        return set_with_options(ctx, args, reply);
    }
    let key = ctx.routed_key(args.arg(1));
    ctx.database().set(key, StringValue::Text(args.arg(2)), Expiry::Clear);
    ctx.event(Class::String, "set", key.bytes);
    reply.ok();
    Ok(())
}

/// Under which condition SET sets.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Condition<'a> {
    Absent,
    Present,
    Value(ValueCondition<'a>),
}

impl Condition<'_> {
    /// Whether a key with this value fulfils it.
    fn holds(self, value: Value<'_>) -> Result<bool, CmdError> {
        match self {
            Condition::Absent => Ok(false),
            Condition::Present => Ok(true),
            Condition::Value(condition) => condition.holds(value),
        }
    }

    /// Whether a key that does not exist fulfils it.
    fn holds_for_nothing(self) -> bool {
        match self {
            Condition::Absent => true,
            Condition::Present => false,
            Condition::Value(condition) => condition.holds_for_nothing(),
        }
    }
}

#[derive(Default)]
struct Options<'a> {
    condition: Option<Condition<'a>>,
    get: bool,
    expiry: ExpiryOption<'a>,
}

impl<'a> Options<'a> {
    fn parse(args: Args<'a>) -> Result<Self, CmdError> {
        let mut options = Options::default();
        let mut at = 3;
        while at < args.len() {
            let word = args.arg(at);
            if words::is(word, "GET") {
                options.get = true;
                at += 1;
                continue;
            }
            if let Some((condition, taken)) = parse_condition(args, at) {
                // NX or XX may be repeated.
                let fits = match options.condition {
                    None => true,
                    Some(Condition::Value(_)) => false,
                    Some(before) => before == condition,
                };
                if !fits {
                    return Err(CmdError::Syntax);
                }
                options.condition = Some(condition);
                at += taken;
                continue;
            }
            match options.expiry.take(args.arg(at), args.get(at + 1), ("KEEPTTL", Choice::KeepTtl))? {
                0 => return Err(CmdError::Syntax),
                taken => at += taken,
            }
        }
        Ok(options)
    }
}

/// The condition that begins at an argument, and of how many it is made.
fn parse_condition(args: Args<'_>, at: usize) -> Option<(Condition<'_>, usize)> {
    let word = args.arg(at);
    if words::is(word, "NX") {
        return Some((Condition::Absent, 1));
    }
    if words::is(word, "XX") {
        return Some((Condition::Present, 1));
    }
    let condition = ValueCondition::named(word, args.get(at + 1)?)?;
    Some((Condition::Value(condition), 2))
}

fn set_with_options(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let Options { condition, get, expiry } = Options::parse(args)?;
    let at = expiry.at_ms(ctx.now_ms(), "set")?;
    let value = StringValue::Text(args.arg(2));
    let key = ctx.routed_key(args.arg(1));
    let mut db = ctx.database();
    let set = match if get { db.entry_counted(key) } else { db.entry(key) } {
        Entry::Occupied(mut found) => {
            if get {
                bulk(reply, found.value())?;
            }
            let set = condition.map_or(Ok(true), |condition| condition.holds(found.value()))?;
            if set {
                let expiry = match (at, expiry.choice) {
                    (Some(at), _) => Expiry::At(at),
                    (None, Some(Choice::KeepTtl)) => Expiry::Keep,
                    _ => Expiry::Clear,
                };
                found.overwrite(value, expiry);
            }
            set
        }
        Entry::Vacant(place) => {
            if get {
                reply.null();
            }
            let set = condition.is_none_or(Condition::holds_for_nothing);
            if set {
                place.insert(value, at);
            }
            set
        }
    };
    drop(db);
    if set {
        tell_set(ctx, args.arg(1), at.is_some());
    }
    match (get, set) {
        (true, _) => {}
        (false, true) => reply.ok(),
        (false, false) => reply.null(),
    }
    Ok(())
}

/// Tells that a key was set, perhaps with an expiry.
pub(super) fn tell_set(ctx: &mut ShardCtx<'_>, key: &[u8], expires: bool) {
    ctx.event(Class::String, "set", key);
    if expires {
        ctx.event(Class::Generic, "expire", key);
    }
}

/// SETNX key value
pub(super) fn setnx(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let key = ctx.routed_key(args.arg(1));
    let set = match ctx.database().entry(key) {
        Entry::Occupied(_) => 0,
        Entry::Vacant(place) => {
            place.insert(StringValue::Text(args.arg(2)), None);
            1
        }
    };
    if set == 1 {
        ctx.event(Class::String, "set", args.arg(1));
    }
    reply.int(set);
    Ok(())
}

/// SETEX key seconds value
pub(super) fn setex(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    set_for(Choice::Ex, "setex", ctx, args, reply)
}

/// PSETEX key milliseconds value
pub(super) fn psetex(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    set_for(Choice::Px, "psetex", ctx, args, reply)
}

fn set_for(
    unit: Choice,
    command: &'static str,
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    let at = expiry::at_ms(unit, args.arg(2), ctx.now_ms(), command)?;
    let key = ctx.routed_key(args.arg(1));
    ctx.database().set(key, StringValue::Text(args.arg(3)), Expiry::At(at));
    tell_set(ctx, args.arg(1), true);
    reply.ok();
    Ok(())
}

/// GETSET key value
pub(super) fn getset(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let value = StringValue::Text(args.arg(2));
    let key = ctx.routed_key(args.arg(1));
    match ctx.database().entry_counted(key) {
        Entry::Occupied(mut found) => {
            bulk(reply, found.value())?;
            found.overwrite(value, Expiry::Clear);
        }
        Entry::Vacant(place) => {
            reply.null();
            place.insert(value, None);
        }
    }
    ctx.event(Class::String, "set", args.arg(1));
    Ok(())
}
