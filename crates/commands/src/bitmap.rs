//! Strings as arrays of bits: SETBIT, GETBIT, BITCOUNT, BITPOS, BITOP, BITFIELD, BITFIELD_RO.
//!
//! As in Redis, bit 0 is the highest bit of the first byte.

mod bits;
mod combine;
mod field;
mod range;
mod single;

use crate::meta::bitmap as meta;
use crate::{CmdError, CommandSpec, Route, ShardCtx};

/// The specs of this family.
pub static SPECS: &[CommandSpec] = &[
    CommandSpec::new(&meta::SETBIT, Route::Key(single::setbit)),
    CommandSpec::new(&meta::GETBIT, Route::Key(single::getbit)),
    CommandSpec::new(&meta::BITCOUNT, Route::Key(range::bitcount)),
    CommandSpec::new(&meta::BITPOS, Route::Key(range::bitpos)),
    CommandSpec::new(&meta::BITOP, Route::Rounds(combine::bitop, combine::bitop_rounds)),
    CommandSpec::new(&meta::BITFIELD, Route::Key(field::bitfield)),
    CommandSpec::new(&meta::BITFIELD_RO, Route::Key(field::bitfield_ro)),
];

const BAD_OFFSET: CmdError = CmdError::text_of("ERR bit offset is not an integer or out of range");

/// The offset of a bit. With a width of fields, `#n` means the n-th field.
fn offset(ctx: &ShardCtx<'_>, arg: &[u8], width: Option<u64>) -> Result<u64, CmdError> {
    let (text, scale) = match (arg.strip_prefix(b"#"), width) {
        (Some(text), Some(width)) => (text, width as i64),
        _ => (arg, 1),
    };
    let at = base::num::parse_i64(text).ok_or(BAD_OFFSET)?.wrapping_mul(scale);
    match u64::try_from(at) {
        Ok(at) if at >> 3 < ctx.limits().proto_max_bulk_len => Ok(at),
        _ => Err(BAD_OFFSET),
    }
}
