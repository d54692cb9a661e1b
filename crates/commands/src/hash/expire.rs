//! When fields expire: HEXPIRE and its kin, HTTL and its kin, HPERSIST.

use base::Args;
use resp::Reply;
use store::{Class, Kind};

use super::fields::{self, Fields, TimeForm};
use crate::{CmdError, ShardCtx, words};

/// The answer for a field that is not there.
const NO_FIELD: i64 = -2;
/// The answer for a field that does not expire.
const NO_EXPIRY: i64 = -1;

/// HEXPIRE key seconds [NX | XX | GT | LT] FIELDS numfields field [field …]
pub(super) fn hexpire(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    set_expiry(TimeForm::EX, "hexpire", ctx, args, reply)
}

/// HPEXPIRE key milliseconds [NX | XX | GT | LT] FIELDS numfields field [field …]
pub(super) fn hpexpire(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    set_expiry(TimeForm::PX, "hpexpire", ctx, args, reply)
}

/// HEXPIREAT key unix-time-seconds [NX | XX | GT | LT] FIELDS numfields field [field …]
pub(super) fn hexpireat(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    set_expiry(TimeForm::EXAT, "hexpireat", ctx, args, reply)
}

/// HPEXPIREAT key unix-time-milliseconds [NX | XX | GT | LT] FIELDS numfields field [field …]
pub(super) fn hpexpireat(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    set_expiry(TimeForm::PXAT, "hpexpireat", ctx, args, reply)
}

/// Under which condition a field gets its expiry.
#[derive(Clone, Copy)]
enum Condition {
    Always,
    IfNone,
    IfAny,
    IfLater,
    IfSooner,
}

impl Condition {
    fn of(word: &[u8]) -> Self {
        const WORDS: [(&str, Condition); 4] = [
            ("NX", Condition::IfNone),
            ("XX", Condition::IfAny),
            ("GT", Condition::IfLater),
            ("LT", Condition::IfSooner),
        ];
        WORDS.into_iter().find(|(name, _)| words::is(word, name)).map_or(Condition::Always, |(_, it)| it)
    }

    /// Whether it holds; never is later than any time.
    fn holds(self, old: Option<u64>, new: u64) -> bool {
        match self {
            Condition::Always => true,
            Condition::IfNone => old.is_none(),
            Condition::IfAny => old.is_some(),
            Condition::IfLater => old.is_some_and(|old| new > old),
            Condition::IfSooner => old.is_none_or(|old| new < old),
        }
    }
}

fn set_expiry(
    form: TimeForm,
    command: &'static str,
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    let name = args.arg(1);
    fields::check_type(ctx, name)?;
    let now_ms = ctx.now_ms();
    let at = form.at_ms(args.arg(2), now_ms, command)?;
    let condition = Condition::of(args.arg(3));
    let position = if matches!(condition, Condition::Always) { 3 } else { 4 };
    let no_count = CmdError::text_of("ERR Parameter `numFields` should be greater than 0");
    let names = Fields::parse_with(args, position, no_count)?;
    let key = ctx.routed_key(name);
    reply.array(names.len());
    let (mut updated, mut deleted) = (false, false);
    let edited = ctx.database().edit(key, Kind::Hash, |draft| {
        let mut hash = draft.as_hash();
        for field in names.iter() {
            reply.int(match hash.field(field).map(|field| field.expiry_ms) {
                None => NO_FIELD,
                Some(old) if !condition.holds(old, at) => 0,
                Some(_) if at <= now_ms => {
                    deleted = true;
                    hash.remove(field);
                    2
                }
                Some(_) => {
                    updated = true;
                    hash.set_expiry(field, Some(at));
                    1
                }
            });
        }
    })?;
    if updated && !deleted {
        ctx.event(Class::Hash, "hexpire", name);
    }
    fields::removed(ctx, name, deleted, edited.removed);
    Ok(())
}

/// HTTL key FIELDS numfields field [field …]
pub(super) fn httl(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    get_expiry(TimeForm::EX, ctx, args, reply)
}

/// HPTTL key FIELDS numfields field [field …]
pub(super) fn hpttl(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    get_expiry(TimeForm::PX, ctx, args, reply)
}

/// HEXPIRETIME key FIELDS numfields field [field …]
pub(super) fn hexpiretime(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    get_expiry(TimeForm::EXAT, ctx, args, reply)
}

/// HPEXPIRETIME key FIELDS numfields field [field …]
pub(super) fn hpexpiretime(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    get_expiry(TimeForm::PXAT, ctx, args, reply)
}

fn get_expiry(
    form: TimeForm,
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    let key = ctx.routed_key(args.arg(1));
    let base = if form.absolute { 0 } else { ctx.now_ms() };
    let mut db = ctx.database();
    let hash = db.hash_of(key)?;
    let names = Fields::parse(args, 2)?;
    reply.array(names.len());
    for name in names.iter() {
        reply.int(match hash.and_then(|hash| hash.field(name)).map(|field| field.expiry_ms) {
            None => NO_FIELD,
            Some(None) => NO_EXPIRY,
            Some(Some(at)) => {
                let ms = at.saturating_sub(base);
                (if form.seconds { ms.div_ceil(1000) } else { ms }) as i64
            }
        });
    }
    Ok(())
}

/// HPERSIST key FIELDS numfields field [field …]
pub(super) fn hpersist(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    let name = args.arg(1);
    fields::check_type(ctx, name)?;
    let names = Fields::parse(args, 2)?;
    let key = ctx.routed_key(name);
    reply.array(names.len());
    let edited = ctx.as_one_change(|ctx| {
        ctx.database().edit(key, Kind::Hash, |draft| {
            let mut hash = draft.as_hash();
            for field in names.iter() {
                reply.int(match hash.field(field).map(|field| field.expiry_ms) {
                    None => NO_FIELD,
                    Some(None) => NO_EXPIRY,
                    Some(Some(_)) => {
                        hash.set_expiry(field, None);
                        1
                    }
                });
            }
        })
    })?;
    if edited.changed {
        ctx.event(Class::Hash, "hpersist", name);
    }
    Ok(())
}
