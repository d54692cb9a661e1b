//! Strings as floats: INCRBYFLOAT.

use base::Args;
use base::num::LongFloat;
use resp::Reply;
use store::{Class, Entry, Expiry, StringValue, Value};

use super::as_string;
use crate::{CmdError, ShardCtx};

/// The number that a string is.
pub(super) fn number(value: Value<'_>) -> Result<LongFloat, CmdError> {
    match as_string(value)? {
        Value::Int(int) => Ok(LongFloat::from_int(int)),
        value => LongFloat::parse(value.text(&mut Vec::new())).ok_or(CmdError::NotFloat),
    }
}

/// INCRBYFLOAT key increment
pub(super) fn incrbyfloat(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    let key = ctx.routed_key(args.arg(1));
    // As in Redis, the value is looked at first: WRONGTYPE goes before an increment that is no number.
    let by = LongFloat::parse(args.arg(2)).ok_or(CmdError::NotFloat);
    let add = |old: LongFloat| {
        let sum = old.plus(by?).filter(|sum| sum.is_finite());
        let sum = sum.ok_or(CmdError::text_of("ERR increment would produce NaN or Infinity"))?;
        let mut text = Vec::new();
        sum.write(&mut text);
        Ok::<_, CmdError>(text)
    };
    let text = match ctx.database().entry(key) {
        Entry::Occupied(mut found) => {
            let text = add(number(found.value())?)?;
            found.set(StringValue::Bytes(&text), Expiry::Keep);
            text
        }
        Entry::Vacant(place) => {
            let text = add(LongFloat::from_int(0))?;
            place.insert(StringValue::Bytes(&text), None);
            text
        }
    };
    ctx.event(Class::String, "incrbyfloat", args.arg(1));
    reply.bulk(&text);
    Ok(())
}
