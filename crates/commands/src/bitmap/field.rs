//! Integers of any width in a string: BITFIELD, BITFIELD_RO.

use base::Args;
use resp::Reply;
use store::{Class, Entry, Occupied, Value};

use super::offset;
use crate::string::as_string;
use crate::{CmdError, ShardCtx, words};

/// An integer's width and whether it has a sign.
#[derive(Clone, Copy)]
struct Type {
    signed: bool,
    bits: u32,
}

/// What happens when an integer leaves the range of its type.
#[derive(Clone, Copy)]
enum Overflow {
    Wrap,
    Saturate,
    Fail,
}

#[derive(Clone, Copy)]
enum Action {
    Get,
    Set(i64),
    Increment(i64),
}

#[derive(Clone, Copy)]
struct Operation {
    action: Action,
    integer: Type,
    offset: u64,
    overflow: Overflow,
}

/// BITFIELD key [GET type offset | [OVERFLOW WRAP | SAT | FAIL] SET type offset value | INCRBY type offset increment …]
pub(super) fn bitfield(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    let operations = parse(ctx, args)?;
    match needed_bytes(&operations) {
        None => read(ctx, args, &operations, reply),
        Some(bytes) => write(ctx, args, &operations, bytes, reply),
    }
}

/// BITFIELD_RO key [GET type offset …]
pub(super) fn bitfield_ro(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    let operations = parse(ctx, args)?;
    if needed_bytes(&operations).is_some() {
        return Err(CmdError::text_of("ERR BITFIELD_RO only supports the GET subcommand"));
    }
    read(ctx, args, &operations, reply)
}

fn parse(ctx: &ShardCtx<'_>, args: Args<'_>) -> Result<Vec<Operation>, CmdError> {
    let mut operations = Vec::new();
    let mut overflow = Overflow::Wrap;
    let mut at = 2;
    while let Some(word) = args.get(at) {
        let left = args.len() - at - 1;
        if words::is(word, "OVERFLOW") && left >= 1 {
            let how = args.arg(at + 1);
            overflow = match () {
                () if words::is(how, "WRAP") => Overflow::Wrap,
                () if words::is(how, "SAT") => Overflow::Saturate,
                () if words::is(how, "FAIL") => Overflow::Fail,
                () => return Err(CmdError::text_of("ERR Invalid OVERFLOW type specified")),
            };
            at += 2;
            continue;
        }
        let get = words::is(word, "GET") && left >= 2;
        let set = words::is(word, "SET") && left >= 3;
        if !(get || set || words::is(word, "INCRBY") && left >= 3) {
            return Err(CmdError::Syntax);
        }
        let integer = type_of(args.arg(at + 1))?;
        let offset = offset(ctx, args.arg(at + 2), Some(integer.bits.into()))?;
        let number = || words::int(args.arg(at + 3));
        let action = match (get, set) {
            (true, _) => Action::Get,
            (_, true) => Action::Set(number()?),
            _ => Action::Increment(number()?),
        };
        operations.push(Operation { action, integer, offset, overflow });
        at += if get { 3 } else { 4 };
    }
    Ok(operations)
}

fn type_of(arg: &[u8]) -> Result<Type, CmdError> {
    let bad = CmdError::text_of(
        "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.",
    );
    let (signed, digits) = match arg.split_first() {
        Some((b'i', digits)) => (true, digits),
        Some((b'u', digits)) => (false, digits),
        _ => return Err(bad),
    };
    match base::num::parse_i64(digits) {
        Some(bits @ 1..=63) => Ok(Type { signed, bits: bits as u32 }),
        Some(64) if signed => Ok(Type { signed, bits: 64 }),
        _ => Err(bad),
    }
}

/// How long the string must be for all that is written; `None` if nothing is.
fn needed_bytes(operations: &[Operation]) -> Option<usize> {
    let writes = operations.iter().filter(|operation| !matches!(operation.action, Action::Get));
    let last_bit = writes.map(|operation| operation.offset + u64::from(operation.integer.bits) - 1).max()?;
    Some((last_bit >> 3) as usize + 1)
}

fn read(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    operations: &[Operation],
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    let key = ctx.routed_key(args.arg(1));
    let mut scratch = Vec::new();
    let mut db = ctx.database();
    let text = match db.get(key) {
        Some(value) => as_string(value)?.text(&mut scratch),
        None => &[],
    };
    reply.array(operations.len());
    for operation in operations {
        reply.int(operation.integer.read(&Window::load(text, operation)));
    }
    Ok(())
}

fn write(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    operations: &[Operation],
    needed: usize,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    let key = ctx.routed_key(args.arg(1));
    let mut db = ctx.database();
    let mut changed = true;
    match db.entry(key) {
        Entry::Occupied(mut found) => {
            changed = apply(&mut found, operations, needed, reply)?;
            if matches!(found.value(), Value::Int(_)) {
                let mut scratch = Vec::new();
                let text = as_string(found.value())?.text(&mut scratch).to_vec();
                found.set_range(0, &text)?;
            }
            found.mark_changed();
        }
        Entry::Vacant(place) => {
            let mut text = Vec::new();
            apply(&mut text, operations, needed, reply)?;
            place.set_range(0, &text)?;
        }
    }
    drop(db);
    if changed {
        ctx.event(Class::String, "setbit", args.arg(1));
    }
    Ok(())
}

/// A string to be changed: one that a key holds, or one that it will hold.
trait Target {
    fn text<'b>(&'b self, scratch: &'b mut Vec<u8>) -> Result<&'b [u8], CmdError>;
    /// Writes bytes, filled up with zeros before them.
    fn write(&mut self, at: usize, bytes: &[u8]) -> Result<(), CmdError>;
}

impl Target for Occupied<'_> {
    fn text<'b>(&'b self, scratch: &'b mut Vec<u8>) -> Result<&'b [u8], CmdError> {
        Ok(as_string(self.value())?.text(scratch))
    }

    fn write(&mut self, at: usize, bytes: &[u8]) -> Result<(), CmdError> {
        self.set_range(at, bytes)?;
        Ok(())
    }
}

impl Target for Vec<u8> {
    fn text<'b>(&'b self, _: &'b mut Vec<u8>) -> Result<&'b [u8], CmdError> {
        Ok(self)
    }

    fn write(&mut self, at: usize, bytes: &[u8]) -> Result<(), CmdError> {
        let end = at.saturating_add(bytes.len());
        self.resize(self.len().max(end), 0);
        if let Some(place) = self.get_mut(at..end) {
            place.copy_from_slice(bytes);
        }
        Ok(())
    }
}

/// Carries out operations and makes the string long enough for all of them. Returns whether anything changed.
fn apply(
    target: &mut impl Target,
    operations: &[Operation],
    needed: usize,
    reply: &mut Reply<'_>,
) -> Result<bool, CmdError> {
    let mut scratch = Vec::new();
    let mut changed = false;
    target.text(&mut scratch)?;
    reply.array(operations.len());
    for operation in operations {
        let text = target.text(&mut scratch)?;
        let window = Window::load(text, operation);
        let grows = window.first + window.len > text.len();
        let old = operation.integer.read(&window);
        let (new, answer) = match operation.action {
            Action::Get => {
                reply.int(old);
                continue;
            }
            Action::Set(value) => {
                (operation.integer.fit(i128::from(value), true, operation.overflow), Some(old))
            }
            Action::Increment(by) => {
                (operation.integer.fit(i128::from(old) + i128::from(by), false, operation.overflow), None)
            }
        };
        let Some(new) = new else {
            reply.null();
            continue;
        };
        reply.int(answer.unwrap_or(new));
        // An increment counts as a change even if it is one by 0, as in Redis.
        if grows || answer != Some(new) {
            let bytes = window.bytes_with(new as u64);
            target.write(window.first, bytes.get(16 - window.len..).unwrap_or_default())?;
            changed = true;
        }
    }
    if target.text(&mut scratch)?.len() < needed {
        target.write(needed - 1, &[0])?;
        changed = true;
    }
    Ok(changed)
}

impl Type {
    fn bounds(self) -> (i128, i128) {
        if self.signed {
            (-(1 << (self.bits - 1)), (1 << (self.bits - 1)) - 1)
        } else {
            (0, (1 << self.bits) - 1)
        }
    }

    /// The integer in a window.
    fn read(self, window: &Window) -> i64 {
        let raw = window.get();
        let unused = 64 - self.bits;
        if self.signed { ((raw << unused) as i64) >> unused } else { raw as i64 }
    }

    /// A value as this type holds it; `None` if it overflows and must not. A value to be set to an unsigned type is taken
    /// for 64 unsigned bits, as in Redis.
    fn fit(self, value: i128, set: bool, overflow: Overflow) -> Option<i64> {
        let (min, max) = self.bounds();
        let value = if set && !self.signed { i128::from(value as i64 as u64) } else { value };
        // Redis compares 0 with the distance to the greatest value, which wraps around for the least numbers.
        let wraps = set && self.signed && self.bits < 64 && max - value > i128::from(i64::MAX);
        if (min..=max).contains(&value) {
            return Some(value as i64);
        }
        match overflow {
            Overflow::Fail => None,
            Overflow::Saturate => Some(if value > max || wraps { max } else { min } as i64),
            Overflow::Wrap => {
                let unused = 64 - self.bits;
                let raw = (value as u64) << unused;
                Some(if self.signed { (raw as i64) >> unused } else { (raw >> unused) as i64 })
            }
        }
    }
}

/// The bytes of a string that an integer lies in: at most nine.
struct Window {
    /// Position of the first byte.
    first: usize,
    len: usize,
    /// The bytes as one number, the last in the lowest bits.
    number: u128,
    /// Bits of the integer.
    bits: u32,
    /// Bits behind the integer.
    behind: u32,
}

impl Window {
    fn load(text: &[u8], operation: &Operation) -> Window {
        let (first, skip) = ((operation.offset >> 3) as usize, (operation.offset & 7) as u32);
        let bits = operation.integer.bits;
        let len = (skip + bits).div_ceil(8);
        let byte = |at: usize| u128::from(text.get(first + at).copied().unwrap_or(0));
        let number = (0..len as usize).fold(0, |number, at| number << 8 | byte(at));
        Window { first, len: len as usize, number, bits, behind: len * 8 - skip - bits }
    }

    fn mask(&self) -> u128 {
        ((1u128 << self.bits) - 1) << self.behind
    }

    fn get(&self) -> u64 {
        ((self.number & self.mask()) >> self.behind) as u64
    }

    /// The bytes with another integer in them: the last `len` of these.
    fn bytes_with(&self, value: u64) -> [u8; 16] {
        (self.number & !self.mask() | (u128::from(value) << self.behind) & self.mask()).to_be_bytes()
    }
}
