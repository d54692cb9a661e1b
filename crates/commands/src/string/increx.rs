//! INCREX (Redis 8.8): a counter with bounds and an expiry, in one step.

use base::Args;
use base::num::LongFloat;
use resp::Reply;
use store::{Class, Entry, Expiry, StringValue};

use super::as_string;
use super::expiry::{Choice, ExpiryOption};
use super::float::number;
use crate::{CmdError, ShardCtx, words};

/// What is counted in.
enum Range {
    Int { by: i64, low: i64, high: i64 },
    Float { by: LongFloat, low: LongFloat, high: LongFloat },
}

/// What the arguments say.
struct Query<'a> {
    range: Range,
    /// A sum out of range becomes the bound; otherwise nothing is done.
    saturate: bool,
    /// The expiry is set only where there is none.
    if_no_expiry: bool,
    expiry: ExpiryOption<'a>,
}

/// The arguments, not yet looked at.
#[derive(Default)]
struct Words<'a> {
    by_int: Option<&'a [u8]>,
    by_float: Option<&'a [u8]>,
    low: Option<&'a [u8]>,
    high: Option<&'a [u8]>,
}

impl<'a> Query<'a> {
    fn parse(args: Args<'a>) -> Result<Self, CmdError> {
        let mut found = Words::default();
        let (mut saturate, mut if_no_expiry, mut expiry) = (false, false, ExpiryOption::default());
        let mut at = 2;
        while at < args.len() {
            let (word, next) = (args.arg(at), args.get(at + 1));
            let flag = match () {
                () if words::is(word, "SATURATE") => Some(&mut saturate),
                () if words::is(word, "ENX") => Some(&mut if_no_expiry),
                () => None,
            };
            if let Some(flag) = flag {
                if std::mem::replace(flag, true) {
                    return Err(CmdError::Syntax);
                }
                at += 1;
                continue;
            }
            if let Some(place) = found.place(word) {
                if place.replace(next.ok_or(CmdError::Syntax)?).is_some() {
                    return Err(CmdError::Syntax);
                }
                at += 2;
                continue;
            }
            let once = expiry.choice.is_none();
            match expiry.take(word, next, ("PERSIST", Choice::Persist))? {
                taken if taken > 0 && once => at += taken,
                _ => return Err(CmdError::Syntax),
            }
        }
        let two_kinds = found.by_int.is_some() && found.by_float.is_some();
        if two_kinds || (if_no_expiry && expiry.choice == Some(Choice::Persist)) {
            return Err(CmdError::Syntax);
        }
        if if_no_expiry && expiry.choice.is_none() {
            return Err(CmdError::text_of("ERR ENX flag requires an expiration"));
        }
        Ok(Query { range: found.range()?, saturate, if_no_expiry, expiry })
    }
}

impl<'a> Words<'a> {
    /// Where the argument of a word goes.
    fn place(&mut self, word: &[u8]) -> Option<&mut Option<&'a [u8]>> {
        match () {
            () if words::is(word, "BYINT") => Some(&mut self.by_int),
            () if words::is(word, "BYFLOAT") => Some(&mut self.by_float),
            () if words::is(word, "LBOUND") => Some(&mut self.low),
            () if words::is(word, "UBOUND") => Some(&mut self.high),
            () => None,
        }
    }

    fn range(self) -> Result<Range, CmdError> {
        let range = match self.by_float {
            Some(by) => Range::Float {
                by: float(by, "Increment", "BYFLOAT increment")?,
                low: self.low.map_or(Ok(LongFloat::min()), |low| float(low, "LBOUND", "LBOUND"))?,
                high: self.high.map_or(Ok(LongFloat::max()), |high| float(high, "UBOUND", "UBOUND"))?,
            },
            None => Range::Int {
                by: self.by_int.map_or(Ok(1), |by| int(by, "Increment"))?,
                low: self.low.map_or(Ok(i64::MIN), |low| int(low, "LBOUND"))?,
                high: self.high.map_or(Ok(i64::MAX), |high| int(high, "UBOUND"))?,
            },
        };
        let is_empty = match &range {
            Range::Int { low, high, .. } => low > high,
            Range::Float { low, high, .. } => low > high,
        };
        if is_empty {
            return Err(CmdError::text_of("ERR LBOUND can't be greater than UBOUND"));
        }
        Ok(range)
    }
}

fn int(text: &[u8], name: &str) -> Result<i64, CmdError> {
    let error = || CmdError::quoting("ERR ", name.as_bytes(), " is not an integer or out of range");
    words::int(text).map_err(|_| error())
}

fn float(text: &[u8], name: &str, long_name: &str) -> Result<LongFloat, CmdError> {
    let value = LongFloat::parse(text)
        .ok_or_else(|| CmdError::quoting("ERR ", name.as_bytes(), " is not a valid float"))?;
    if !value.is_finite() {
        return Err(CmdError::quoting("ERR ", long_name.as_bytes(), " cannot be Infinity"));
    }
    Ok(value)
}

/// The value after the command and what was added, as text; whether the value is to be stored.
struct Outcome {
    value: Number,
    added: Number,
    stored: bool,
}

enum Number {
    Int(i64),
    Float(LongFloat),
}

impl Number {
    /// A double in RESP3, but as long as the value's own text.
    fn write(&self, reply: &mut Reply<'_>) {
        match self {
            Number::Int(int) => reply.int(*int),
            Number::Float(float) => {
                let mut text = Vec::new();
                float.write(&mut text);
                if reply.is_resp3() {
                    reply.raw(&[b",", &text[..], b"\r\n"].concat());
                } else {
                    reply.bulk(&text);
                }
            }
        }
    }
}

const NO_ROOM: CmdError = CmdError::text_of("ERR applied increment would overflow");

/// An integer's outcome.
fn add_int(old: i64, (by, low, high): (i64, i64, i64), saturate: bool) -> Result<Outcome, CmdError> {
    let exact = i128::from(old) + i128::from(by);
    let kept = exact.clamp(low.into(), high.into());
    let outcome = |value: i64, added: i64, stored| Outcome {
        value: Number::Int(value),
        added: Number::Int(added),
        stored,
    };
    if exact != kept && !saturate {
        return Ok(outcome(old, 0, false));
    }
    // Within the bounds, which have 64 bits.
    let value = kept as i64;
    Ok(outcome(value, value.checked_sub(old).ok_or(NO_ROOM)?, true))
}

/// A float's outcome.
fn add_float(
    old: LongFloat,
    (by, low, high): (LongFloat, LongFloat, LongFloat),
    saturate: bool,
) -> Result<Outcome, CmdError> {
    if !old.is_finite() {
        return Err(CmdError::text_of("ERR value cannot be Infinity"));
    }
    // Two finite numbers: never a NaN.
    let sum = old.plus(by).unwrap_or(old);
    let (value, added, stored) = if sum >= low && sum <= high {
        (sum, by, true)
    } else if saturate {
        let bound = if sum > high { high } else { low };
        let added = bound.minus(old).filter(|added| added.is_finite()).ok_or(NO_ROOM)?;
        (bound, added, true)
    } else {
        (old, LongFloat::from_int(0), false)
    };
    Ok(Outcome { value: Number::Float(value), added: Number::Float(added), stored })
}

/// INCREX key [BYINT increment | BYFLOAT increment] [LBOUND bound] [UBOUND bound] [SATURATE]
/// [EX s | PX ms | EXAT s | PXAT ms | PERSIST] [ENX]
///
/// Replies with the value and with what was added to it. A sum out of bounds changes nothing, expiry included, unless it is to
/// saturate.
pub(super) fn increx(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let Query { range, saturate, if_no_expiry, expiry } = Query::parse(args)?;
    let now_ms = ctx.now_ms();
    let at = expiry.at_ms(now_ms, "increx")?;
    let key = ctx.routed_key(args.arg(1));
    let mut db = ctx.database();
    let entry = db.entry(key);
    let outcome = match range {
        Range::Int { by, low, high } => {
            let old = match &entry {
                Entry::Occupied(found) => as_string(found.value())?.as_int().ok_or(CmdError::NotInteger)?,
                Entry::Vacant(_) => 0,
            };
            add_int(old, (by, low, high), saturate)?
        }
        Range::Float { by, low, high } => {
            let old = match &entry {
                Entry::Occupied(found) => number(found.value())?,
                Entry::Vacant(_) => LongFloat::from_int(0),
            };
            add_float(old, (by, low, high), saturate)?
        }
    };
    reply.array(2);
    outcome.value.write(reply);
    outcome.added.write(reply);
    if !outcome.stored {
        return Ok(());
    }
    let mut text = Vec::new();
    let value = match outcome.value {
        Number::Int(int) => StringValue::Int(int),
        Number::Float(float) => {
            float.write(&mut text);
            StringValue::Bytes(&text)
        }
    };
    let count_event = if matches!(value, StringValue::Int(_)) { "incrby" } else { "incrbyfloat" };
    let choice = expiry.choice;
    let (counted, expiry_event) = store(entry, value, When { at, choice, if_no_expiry, now_ms });
    if counted {
        db.event(Class::String, count_event, key.bytes);
    }
    expiry_event.into_iter().for_each(|event| db.event(Class::Generic, event, key.bytes));
    Ok(())
}

/// What is to become of the expiry.
struct When {
    at: Option<u64>,
    choice: Option<Choice>,
    if_no_expiry: bool,
    now_ms: u64,
}

/// Stores the value and sets the expiry; a key whose time is over already goes. Tells whether there is a new value, and what
/// happened to the key besides.
fn store(entry: Entry<'_>, value: StringValue<'_>, when: When) -> (bool, Option<&'static str>) {
    let When { at, choice, if_no_expiry, now_ms } = when;
    match entry {
        Entry::Occupied(mut found) => {
            let had_expiry = found.expiry_ms().is_some();
            let (expiry, event) = match (at, choice) {
                (Some(_), _) if if_no_expiry && had_expiry => (Expiry::Keep, None),
                (Some(at), _) if at <= now_ms => {
                    found.remove();
                    return (false, Some("del"));
                }
                (Some(at), _) => (Expiry::At(at), Some("expire")),
                (None, Some(Choice::Persist)) => (Expiry::Clear, had_expiry.then_some("persist")),
                (None, _) => (Expiry::Keep, None),
            };
            found.set(value, expiry);
            (true, event)
        }
        Entry::Vacant(place) if at.is_none_or(|at| at > now_ms) => {
            place.insert(value, at);
            (true, at.map(|_| "expire"))
        }
        Entry::Vacant(_) => (false, None),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Number, add_int};

    proptest! {
        #[test]
        fn integers_stay_in_bounds(old: i64, by: i64, a: i64, b: i64, saturate: bool) {
            let (low, high) = (a.min(b), a.max(b));
            match add_int(old, (by, low, high), saturate) {
                Ok(outcome) => {
                    let (Number::Int(value), Number::Int(added)) = (outcome.value, outcome.added) else { panic!() };
                    prop_assert_eq!(old.checked_add(added), Some(value));
                    prop_assert!(!outcome.stored || (low..=high).contains(&value));
                    prop_assert!(outcome.stored || (value == old && added == 0 && !saturate));
                }
                Err(_) => prop_assert!(saturate),
            }
        }
    }
}
