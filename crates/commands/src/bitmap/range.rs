//! Bits of a range: BITCOUNT, BITPOS.

use base::Args;
use resp::Reply;

use super::bits;
use crate::string::as_string;
use crate::{CmdError, ShardCtx, words};

/// A range of bytes with the bits of its first and last byte that lie outside.
struct Range {
    first: usize,
    last: usize,
    first_outside: u8,
    last_outside: u8,
}

/// The range `start..=end` of a string of `len` bytes; negative numbers count from its end, and mean its beginning where they
/// are before it. `None` if it is empty.
fn range(len: usize, start: i64, end: Option<i64>, in_bits: bool) -> Option<Range> {
    let total = if in_bits { len as i64 * 8 } else { len as i64 };
    let from_end = |at: i64| if at < 0 { total.saturating_add(at).max(0) } else { at };
    let (start, end) = match end {
        Some(end) => (from_end(start), from_end(end).min(total - 1)),
        None => (from_end(start), total - 1),
    };
    if start > end {
        return None;
    }
    if !in_bits {
        return Some(Range { first: start as usize, last: end as usize, first_outside: 0, last_outside: 0 });
    }
    Some(Range {
        first: (start >> 3) as usize,
        last: (end >> 3) as usize,
        first_outside: !(0xff >> (start & 7)),
        last_outside: ((1u16 << (7 - (end & 7))) - 1) as u8,
    })
}

/// BIT or BYTE
fn unit(arg: &[u8]) -> Result<bool, CmdError> {
    match () {
        () if words::is(arg, "BIT") => Ok(true),
        () if words::is(arg, "BYTE") => Ok(false),
        () => Err(CmdError::Syntax),
    }
}

/// BITCOUNT key [start [end [BYTE | BIT]]]
pub(super) fn bitcount(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    let (start, end, in_bits) = match args.len() {
        2 => (0, -1, false),
        // Without an end as Valkey 9 takes it; Redis refuses it.
        3 => (words::int(args.arg(2))?, -1, false),
        4 | 5 => {
            let (start, end) = (words::int(args.arg(2))?, words::int(args.arg(3))?);
            (start, end, args.get(4).map_or(Ok(false), unit)?)
        }
        _ => return Err(CmdError::Syntax),
    };
    let key = ctx.routed_key(args.arg(1));
    let mut scratch = Vec::new();
    let count = match ctx.database().get(key) {
        Some(value) => {
            let text = as_string(value)?.text(&mut scratch);
            // So says Redis of BITCOUNT, and not of BITPOS.
            let is_empty = start < 0 && end < 0 && start > end;
            let range = if is_empty { None } else { range(text.len(), start, Some(end), in_bits) };
            range.map_or(0, |range| count_in(text, &range))
        }
        None => 0,
    };
    reply.int(count as i64);
    Ok(())
}

fn count_in(text: &[u8], range: &Range) -> u64 {
    let inside = text.get(range.first..=range.last).unwrap_or_default();
    let (Some(first), Some(last)) = (inside.first(), inside.last()) else { return 0 };
    let outside = (first & range.first_outside).count_ones() + (last & range.last_outside).count_ones();
    bits::count(inside) - u64::from(outside)
}

/// BITPOS key bit [start [end [BYTE | BIT]]]
pub(super) fn bitpos(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let bit = match words::int(args.arg(2))? {
        0 => false,
        1 => true,
        _ => return Err(CmdError::text_of("ERR The bit argument must be 1 or 0.")),
    };
    if args.len() > 6 {
        return Err(CmdError::Syntax);
    }
    let start = args.get(3).map_or(Ok(0), words::int)?;
    let in_bits = args.get(5).map_or(Ok(false), unit)?;
    let end = args.get(4).map(words::int).transpose()?;
    let key = ctx.routed_key(args.arg(1));
    let mut scratch = Vec::new();
    let at = match ctx.database().get(key) {
        Some(value) => {
            let text = as_string(value)?.text(&mut scratch);
            range(text.len(), start, end, in_bits).and_then(|range| find_in(text, &range, bit, end.is_some()))
        }
        None if bit => None,
        None => Some(0),
    };
    reply.int(at.map_or(-1, |at| at as i64));
    Ok(())
}

/// Where the bit is first. The bits behind a string whose end was not given count as zeros.
fn find_in(text: &[u8], range: &Range, bit: bool, end_given: bool) -> Option<u64> {
    let inside = text.get(range.first..=range.last)?;
    let base = range.first as u64 * 8;
    let masked = |at: usize| -> Option<u64> {
        // The bits outside are made the opposite of what is looked for.
        let mut byte = *inside.get(at)?;
        let mut outside = if at == 0 { range.first_outside } else { 0 };
        if at + 1 == inside.len() {
            outside |= range.last_outside;
        }
        byte = if bit { byte & !outside } else { byte | outside };
        bits::find(&[byte], bit).map(|found| at as u64 * 8 + found)
    };
    let last = inside.len() - 1;
    let middle = || bits::find(inside.get(1..last)?, bit).map(|found| found + 8);
    let found = masked(0).or_else(middle).or_else(|| masked(last));
    match found {
        Some(found) => Some(base + found),
        None if !bit && !end_given => Some(base + inside.len() as u64 * 8),
        None => None,
    }
}
