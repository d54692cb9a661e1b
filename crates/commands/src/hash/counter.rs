//! Fields as counters: HINCRBY, HINCRBYFLOAT.

use base::Args;
use base::num::LongFloat;
use resp::Reply;
use store::{Class, Dense, FieldExpiry, Kind};

use crate::{CmdError, ShardCtx, words};

/// HINCRBY key field increment
pub(super) fn hincrby(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let (name, field) = (args.arg(1), args.arg(2));
    let by = words::int(args.arg(3))?;
    let key = ctx.routed_key(name);
    let sum = ctx.database().edit(key, Kind::Hash, |draft| {
        let mut hash = draft.as_hash();
        let old = match hash.field(field) {
            Some(field) => {
                field.value.as_int().ok_or(CmdError::text_of("ERR hash value is not an integer"))?
            }
            None => 0,
        };
        let sum = old.checked_add(by).ok_or(CmdError::Overflow)?;
        hash.set_value(field, Dense::Int(sum), FieldExpiry::Keep);
        Ok::<_, CmdError>(sum)
    })?;
    let sum = sum.result?;
    ctx.event(Class::Hash, "hincrby", name);
    reply.int(sum);
    Ok(())
}

/// HINCRBYFLOAT key field increment
pub(super) fn hincrbyfloat(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    let (name, field) = (args.arg(1), args.arg(2));
    let by = LongFloat::parse(args.arg(3)).ok_or(CmdError::NotFloat)?;
    if !by.is_finite() {
        return Err(CmdError::text_of("ERR value is NaN or Infinity"));
    }
    let key = ctx.routed_key(name);
    let sum = ctx.database().edit(key, Kind::Hash, |draft| {
        let mut hash = draft.as_hash();
        let old = match hash.field(field).map(|field| field.value) {
            Some(Dense::Int(int)) => LongFloat::from_int(int),
            Some(value) => LongFloat::parse(value.text(&mut Vec::new()))
                .ok_or(CmdError::text_of("ERR hash value is not a float"))?,
            None => LongFloat::from_int(0),
        };
        let sum = old.plus(by).filter(|sum| sum.is_finite());
        let sum = sum.ok_or(CmdError::text_of("ERR increment would produce NaN or Infinity"))?;
        let mut text = Vec::new();
        sum.write(&mut text);
        hash.set(field, &text, FieldExpiry::Keep);
        Ok::<_, CmdError>(text)
    })?;
    let text = sum.result?;
    ctx.event(Class::Hash, "hincrbyfloat", name);
    reply.bulk(&text);
    Ok(())
}
