//! HyperLogLog: PFADD, PFCOUNT, PFMERGE, PFDEBUG, PFSELFTEST.
//!
//! A HyperLogLog is a string that clients may read and write as such, so its bytes are those of Redis: a header, then
//! 16,384 registers, either packed (dense) or as runs (sparse).
//!
//! ```text
//!   "HYLL" | encoding 1 | unused 3 | cardinality 8 | registers
//! ```
//!
//! The cardinality is that of the last count, little-endian; its highest bit says that it is out of date.

mod add;
mod count;
mod debug;
mod dense;
mod estimate;
mod hash;
mod merge;
mod sparse;

use store::{Kind, Value};

use crate::meta::hyperloglog as meta;
use crate::{CmdError, CommandSpec, Route, ShardCtx};

/// The specs of this family.
pub static SPECS: &[CommandSpec] = &[
    CommandSpec::new(&meta::PFADD, Route::Key(add::pfadd)),
    CommandSpec::new(&meta::PFCOUNT, Route::Rounds(count::pfcount, count::pfcount_rounds)),
    CommandSpec::new(&meta::PFMERGE, Route::Rounds(merge::pfmerge, merge::pfmerge_rounds)),
    CommandSpec::new(&meta::PFDEBUG, Route::Key(debug::pfdebug)),
    CommandSpec::new(&meta::PFSELFTEST, Route::OneShard(|_, _| Ok(0), debug::pfselftest)),
];

/// Binary logarithm of the number of registers.
const INDEX_BITS: u32 = 14;
const REGISTERS: usize = 1 << INDEX_BITS;
/// Bits of a hash behind the index; the largest value of a register is one more.
const VALUE_BITS: u32 = 64 - INDEX_BITS;
const HEADER_BYTES: usize = 16;
const MAGIC: &[u8] = b"HYLL";
const DENSE: u8 = 0;
const SPARSE: u8 = 1;
/// Position of the encoding.
const ENCODING_AT: usize = 4;
/// Position of the cardinality.
const CARDINALITY_AT: usize = 8;
/// Position of the byte whose highest bit says that the cardinality is out of date.
const STALE_AT: usize = 15;
const STALE: u8 = 0x80;

const NOT_ONE: CmdError = CmdError::text_of("WRONGTYPE Key is not a valid HyperLogLog string value.");
const CORRUPT: CmdError = CmdError::text_of("INVALIDOBJ Corrupted HLL object detected");

/// One byte a register: what counting and merging work on.
type Registers = [u8; REGISTERS];

/// The bytes of a value that is a HyperLogLog, its header checked.
fn sketch(value: Value<'_>) -> Result<&[u8], CmdError> {
    match value {
        Value::Bytes(bytes) => {
            let dense = bytes.get(ENCODING_AT) == Some(&DENSE);
            let valid = bytes.len() >= HEADER_BYTES
                && bytes.starts_with(MAGIC)
                && bytes.get(ENCODING_AT).is_some_and(|&encoding| encoding <= SPARSE)
                && (!dense || bytes.len() == HEADER_BYTES + dense::BYTES);
            if valid { Ok(bytes) } else { Err(NOT_ONE) }
        }
        other if other.kind() == Kind::String => Err(NOT_ONE),
        _ => Err(CmdError::WrongType),
    }
}

fn is_dense(sketch: &[u8]) -> bool {
    sketch.get(ENCODING_AT) == Some(&DENSE)
}

/// The registers' part of a sketch.
fn body(sketch: &[u8]) -> &[u8] {
    sketch.get(HEADER_BYTES..).unwrap_or_default()
}

/// A header, its cardinality 0 and valid.
fn header(encoding: u8) -> Vec<u8> {
    let mut bytes = MAGIC.to_vec();
    bytes.push(encoding);
    bytes.resize(HEADER_BYTES, 0);
    bytes
}

/// A new, empty sketch.
fn empty() -> Vec<u8> {
    let mut bytes = header(SPARSE);
    sparse::push_zeros(&mut bytes, REGISTERS);
    bytes
}

/// The same registers, dense.
fn to_dense(sketch: &[u8]) -> Result<Vec<u8>, CmdError> {
    if is_dense(sketch) {
        return Ok(sketch.to_vec());
    }
    let mut registers = [0; REGISTERS];
    sparse::merge_into(&mut registers, body(sketch))?;
    let mut bytes = header(DENSE);
    if let (Some(to), Some(from)) =
        (bytes.get_mut(CARDINALITY_AT..), sketch.get(CARDINALITY_AT..HEADER_BYTES))
    {
        to.copy_from_slice(from);
    }
    dense::pack(&registers, &mut bytes);
    Ok(bytes)
}

/// Raises registers to those of a sketch where these are greater.
fn merge_into(registers: &mut Registers, sketch: &[u8]) -> Result<(), CmdError> {
    if is_dense(sketch) {
        dense::merge_into(registers, body(sketch));
        return Ok(());
    }
    sparse::merge_into(registers, body(sketch))
}

/// Raises registers to those of a key's sketch, if there is one. Returns whether it is dense.
fn merge_key(ctx: &mut ShardCtx<'_>, name: &[u8], registers: &mut Registers) -> Result<bool, CmdError> {
    let key = ctx.key(name);
    let mut db = ctx.database();
    let Some(value) = db.get(key) else { return Ok(false) };
    let sketch = sketch(value)?;
    merge_into(registers, sketch)?;
    Ok(is_dense(sketch))
}

/// A change of a sketch: what its bytes become.
enum Change {
    None,
    /// These bytes at this position.
    Patch(usize, [u8; 2]),
    /// All of it.
    Whole(Vec<u8>),
}

/// Raises one register to a value if it is lower.
fn raise(sketch: &[u8], index: usize, value: u8, sparse_max_bytes: usize) -> Result<Change, CmdError> {
    if is_dense(sketch) {
        return Ok(match dense::raised(body(sketch), index, value) {
            Some((at, bytes)) => Change::Patch(HEADER_BYTES + at, bytes),
            None => Change::None,
        });
    }
    let mut bytes = sketch.to_vec();
    match sparse::raise(&mut bytes, index, value, sparse_max_bytes)? {
        sparse::Raised::No => Ok(Change::None),
        sparse::Raised::Yes => Ok(Change::Whole(bytes)),
        sparse::Raised::TooDense => {
            let mut bytes = to_dense(sketch)?;
            if let Some((at, patch)) = dense::raised(body(&bytes), index, value)
                && let Some(place) = bytes.get_mut(HEADER_BYTES + at..HEADER_BYTES + at + 2)
            {
                place.copy_from_slice(&patch);
            }
            Ok(Change::Whole(bytes))
        }
    }
}
