//! Sparse registers: runs of equal ones.
//!
//! ```text
//!   ZERO   00nnnnnn            n + 1 registers are 0
//!   XZERO  01nnnnnn nnnnnnnn   n + 1 registers are 0
//!   VAL    1vvvvvnn            n + 1 registers are v + 1
//! ```

use super::{CORRUPT, HEADER_BYTES, REGISTERS, Registers};
use crate::CmdError;

const ZERO_MAX: usize = 64;
const XZERO: u8 = 0x40;
const VAL: u8 = 0x80;
const VAL_MAX: u8 = 32;
const VAL_RUN_MAX: usize = 4;
/// How many runs around a change are looked at for two that can be one.
const MERGE_SCAN: usize = 5;

/// A run and how many bytes its code has.
#[derive(Clone, Copy)]
pub(super) struct Run {
    pub(super) value: u8,
    pub(super) len: usize,
    pub(super) bytes: usize,
}

/// The run whose code begins here.
pub(super) fn run(code: &[u8]) -> Option<Run> {
    let &first = code.first()?;
    Some(if first & VAL != 0 {
        Run { value: (first >> 2 & 0x1f) + 1, len: usize::from(first & 3) + 1, bytes: 1 }
    } else if first & XZERO != 0 {
        let len = usize::from(first & 0x3f) << 8 | usize::from(*code.get(1)?);
        Run { value: 0, len: len + 1, bytes: 2 }
    } else {
        Run { value: 0, len: usize::from(first) + 1, bytes: 1 }
    })
}

/// Appends a run of zeros.
pub(super) fn push_zeros(out: &mut Vec<u8>, len: usize) {
    if len > ZERO_MAX {
        let n = (len - 1) as u16;
        out.extend([XZERO | (n >> 8) as u8, n as u8]);
    } else if len > 0 {
        out.push((len - 1) as u8);
    }
}

fn val(value: u8, len: usize) -> u8 {
    VAL | (value - 1) << 2 | (len - 1) as u8
}

/// Appends a run of any value; at most four registers if that is not 0.
fn push(out: &mut Vec<u8>, value: u8, len: usize) {
    match value {
        0 => push_zeros(out, len),
        _ if len > 0 => out.push(val(value, len)),
        _ => {}
    }
}

/// Raises registers to those that are greater here.
///
/// # Errors
/// If the runs do not cover all registers exactly.
pub(super) fn merge_into(registers: &mut Registers, mut code: &[u8]) -> Result<(), CmdError> {
    let mut index = 0;
    while let Some(run) = run(code) {
        let part = registers.get_mut(index..index + run.len).ok_or(CORRUPT)?;
        part.iter_mut().for_each(|register| *register = (*register).max(run.value));
        index += run.len;
        code = code.get(run.bytes..).unwrap_or_default();
    }
    if code.is_empty() && index == REGISTERS { Ok(()) } else { Err(CORRUPT) }
}

/// What became of a register that should be raised.
pub(super) enum Raised {
    /// It was not lower.
    No,
    Yes,
    /// It would need more than is allowed, or a value that no run can have.
    TooDense,
}

/// Raises a register of a sketch, header included.
///
/// The result is the one that Redis gives, byte for byte: the run is split in up to three, then equal neighbours among the
/// few runs around it are joined.
pub(super) fn raise(
    sketch: &mut Vec<u8>,
    index: usize,
    value: u8,
    max_bytes: usize,
) -> Result<Raised, CmdError> {
    if value > VAL_MAX {
        return Ok(Raised::TooDense);
    }
    // Find the run with the register: where its code is, where the code before it is, and which register it begins with.
    let (mut at, mut before, mut first) = (HEADER_BYTES, HEADER_BYTES, 0);
    let found = loop {
        let run = run(sketch.get(at..).unwrap_or_default()).ok_or(CORRUPT)?;
        if index < first + run.len {
            break run;
        }
        (before, first) = (at, first + run.len);
        at += run.bytes;
    };
    if found.value >= value {
        return Ok(Raised::No);
    }
    let mut codes = Vec::with_capacity(MERGE_SCAN);
    push(&mut codes, found.value, index - first);
    codes.push(val(value, 1));
    push(&mut codes, found.value, first + found.len - 1 - index);
    if codes.len() > found.bytes && sketch.len() + codes.len() - found.bytes > max_bytes {
        return Ok(Raised::TooDense);
    }
    sketch.splice(at..at + found.bytes, codes);
    join_neighbours(sketch, before);
    Ok(Raised::Yes)
}

/// Joins equal runs that follow each other, among a few from a position on.
fn join_neighbours(sketch: &mut Vec<u8>, mut at: usize) {
    for _ in 0..MERGE_SCAN {
        let Some(this) = run(sketch.get(at..).unwrap_or_default()) else { return };
        if this.value == 0 {
            at += this.bytes;
            continue;
        }
        let next = run(sketch.get(at + 1..).unwrap_or_default());
        match next {
            Some(next) if next.value == this.value && next.len + this.len <= VAL_RUN_MAX => {
                sketch.splice(at..at + 2, [val(this.value, this.len + next.len)]);
            }
            _ => at += 1,
        }
    }
}
