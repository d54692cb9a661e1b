//! Setting fields together with when they expire: HSETEX.

use base::Args;
use resp::Reply;
use store::{Class, FieldExpiry, Kind};

use super::fields::{self, TimeForm};
use crate::{CmdError, ShardCtx, words};

/// Under which condition HSETEX sets its fields, all or none.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Condition {
    IfNone,
    IfAll,
}

struct Options<'a> {
    condition: Option<Condition>,
    expiry: FieldExpiry,
    /// Fields and values in turn.
    pairs: Args<'a>,
}

impl<'a> Options<'a> {
    fn parse(args: Args<'a>, now_ms: u64) -> Result<Self, CmdError> {
        let (mut condition, mut expiry, mut at) = (None, None, 2);
        loop {
            let word = args.get(at).ok_or(CmdError::Arity("hsetex".into()))?;
            let new_condition = if words::is(word, "FNX") {
                Some(Condition::IfNone)
            } else if words::is(word, "FXX") {
                Some(Condition::IfAll)
            } else {
                None
            };
            let form = TimeForm::of(word);
            if let Some(new) = new_condition {
                if condition.replace(new).is_some() {
                    return Err(CmdError::text_of("ERR Only one of FXX or FNX arguments can be specified"));
                }
                at += 1;
            } else if form.is_some() || words::is(word, "KEEPTTL") {
                if expiry.is_some() {
                    let text = "ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified";
                    return Err(CmdError::text_of(text));
                }
                expiry = Some(match form {
                    Some(form) => FieldExpiry::At(form.at_ms(args.arg(at + 1), now_ms, "hsetex")?),
                    None => FieldExpiry::Keep,
                });
                at += if form.is_some() { 2 } else { 1 };
            } else if words::is(word, "FIELDS") {
                break;
            } else {
                return Err(CmdError::quoting("ERR unknown argument: ", word, ""));
            }
        }
        if args.len() < at + 4 {
            return Err(CmdError::Arity("hsetex".into()));
        }
        let count = words::positive(args.arg(at + 1)).ok();
        let count = count.filter(|count| (1..=i32::MAX as u64).contains(count));
        let count = count.ok_or(CmdError::text_of("ERR invalid number of fields"))?;
        let pairs = args.tail(at + 2);
        if count.checked_mul(2) != Some(pairs.len() as u64) {
            return Err(CmdError::Arity("hsetex".into()));
        }
        Ok(Options { condition, expiry: expiry.unwrap_or(FieldExpiry::Clear), pairs })
    }
}

/// HSETEX key [FNX | FXX] [EX s | PX ms | EXAT s | PXAT ms | KEEPTTL] FIELDS numfields field value [field value …]
pub(super) fn hsetex(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let now_ms = ctx.now_ms();
    let Options { condition, expiry, pairs } = Options::parse(args, now_ms)?;
    let name = args.arg(1);
    let key = ctx.routed_key(name);
    let is_past = matches!(expiry, FieldExpiry::At(at) if at <= now_ms);
    let edited = ctx.database().edit(key, Kind::Hash, |draft| {
        let (is_new, long) = (draft.is_new(), draft.limits.hash_max_listpack_value);
        let mut hash = draft.as_hash();
        let mut names = pairs.iter().step_by(2);
        let holds = match condition {
            None => true,
            Some(Condition::IfNone) => names.all(|field| hash.field(field).is_none()),
            Some(Condition::IfAll) => names.all(|field| hash.field(field).is_some()),
        };
        if !holds {
            return (false, is_new);
        }
        if !(is_new && is_past) {
            hash.expect(pairs.len() / 2);
        }
        for (field, value) in pairs.iter().step_by(2).zip(pairs.tail(1).iter().step_by(2)) {
            if is_past {
                // Also what does not stay decides about the form of a hash.
                if !is_new && field.len().max(value.len()) > long {
                    hash.set(field, value, FieldExpiry::Clear);
                }
                hash.remove(field);
            } else {
                hash.set(field, value, expiry);
            }
        }
        (true, is_new)
    })?;
    let (set, is_new) = edited.result;
    // In Redis a hash without fields was there for a moment.
    let brief = is_new && is_past;
    if set {
        if brief {
            ctx.event(Class::New, "new", name);
        }
        ctx.event(Class::Hash, "hset", name);
        if matches!(expiry, FieldExpiry::At(_)) && !is_past {
            ctx.event(Class::Hash, "hexpire", name);
        }
        fields::removed(ctx, name, is_past, edited.removed || brief);
    }
    reply.int(set.into());
    Ok(())
}
