//! Dense registers: six bits each, the first in the lowest bits of the first byte.

use super::{REGISTERS, Registers};

const BITS: usize = 6;
/// Bytes of all registers.
pub(super) const BYTES: usize = REGISTERS * BITS / 8;

/// Position, shift and value of the two bytes that hold a register; the second is 0 where there is none.
fn window(bytes: &[u8], index: usize) -> (usize, usize, u16) {
    let (at, shift) = (index * BITS / 8, index * BITS % 8);
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(0);
    (at, shift, u16::from_le_bytes([byte(at), byte(at + 1)]))
}

/// What a register is raised to: the position and content of two bytes, or nothing if it is not lower.
///
/// The last register ends in the last byte; then the two bytes are the last two.
pub(super) fn raised(bytes: &[u8], index: usize, value: u8) -> Option<(usize, [u8; 2])> {
    let (at, shift, word) = window(bytes, index);
    if (word >> shift) as u8 & 0x3f >= value {
        return None;
    }
    let word = word & !(0x3f << shift) | u16::from(value) << shift;
    let [low, high] = word.to_le_bytes();
    if at + 2 <= BYTES { Some((at, [low, high])) } else { Some((at - 1, [*bytes.get(at - 1)?, low])) }
}

/// Raises registers to those that are greater here.
pub(super) fn merge_into(registers: &mut Registers, bytes: &[u8]) {
    let (groups, _) = bytes.as_chunks::<3>();
    let (fours, _) = registers.as_chunks_mut::<4>();
    for (&[a, b, c], four) in groups.iter().zip(fours) {
        let word = u32::from_le_bytes([a, b, c, 0]);
        for (at, register) in four.iter_mut().enumerate() {
            *register = (*register).max((word >> (at * BITS)) as u8 & 0x3f);
        }
    }
}

/// Appends registers in their dense form.
pub(super) fn pack(registers: &Registers, out: &mut Vec<u8>) {
    let (fours, _) = registers.as_chunks::<4>();
    for four in fours {
        let word = four.iter().rev().fold(0u32, |word, &register| word << BITS | u32::from(register & 0x3f));
        out.extend_from_slice(word.to_le_bytes().get(..3).unwrap_or_default());
    }
}
