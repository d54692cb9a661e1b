//! A look inside: PFDEBUG, PFSELFTEST.

use base::Args;
use resp::Reply;
use store::{Entry, Expiry, Occupied, StringValue};

use super::{
    HEADER_BYTES, REGISTERS, Registers, body, dense, estimate, hash, is_dense, sketch, sparse, to_dense,
};
use crate::{CmdError, ShardCtx, words};

/// Elements that the self test counts.
const TEST_ELEMENTS: u32 = 100_000;

/// PFDEBUG GETREG | DECODE | ENCODING | TODENSE key
pub(super) fn pfdebug(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let word = args.arg(1);
    let key = ctx.key(args.arg(2));
    let mut db = ctx.database();
    let Entry::Occupied(mut found) = db.entry(key) else {
        return Err(CmdError::text_of("ERR The specified key does not exist"));
    };
    let sketch = sketch(found.value())?;
    match () {
        () if words::is(word, "GETREG") => {
            let registers = registers(&mut found)?;
            reply.array(REGISTERS);
            registers.iter().for_each(|&register| reply.int(register.into()));
        }
        () if words::is(word, "DECODE") => {
            if is_dense(sketch) {
                return Err(CmdError::text_of("ERR HLL encoding is not sparse"));
            }
            reply.bulk(decode(body(sketch)).as_bytes());
        }
        () if words::is(word, "ENCODING") => {
            reply.simple(if is_dense(sketch) { "dense" } else { "sparse" });
        }
        () if words::is(word, "TODENSE") => {
            let converts = !is_dense(sketch);
            if converts {
                registers(&mut found)?;
            }
            reply.int(converts.into());
        }
        () => return Err(CmdError::quoting("ERR Unknown PFDEBUG subcommand '", word, "'")),
    }
    Ok(())
}

/// The registers of a key, whose sketch is made dense.
fn registers(found: &mut Occupied<'_>) -> Result<Registers, CmdError> {
    let old = sketch(found.value())?;
    let bytes = to_dense(old)?;
    let mut registers = [0; REGISTERS];
    dense::merge_into(&mut registers, body(&bytes));
    if !is_dense(old) {
        found.set(StringValue::Bytes(&bytes), Expiry::Keep);
    }
    Ok(registers)
}

/// The runs of a sparse sketch as text.
fn decode(mut code: &[u8]) -> String {
    let mut words = Vec::new();
    while let Some(run) = sparse::run(code) {
        words.push(match run {
            sparse::Run { value: 0, len, bytes: 1 } => format!("z:{len}"),
            sparse::Run { value: 0, len, .. } => format!("Z:{len}"),
            sparse::Run { value, len, .. } => format!("v:{value},{len}"),
        });
        code = code.get(run.bytes..).unwrap_or_default();
    }
    words.join(" ")
}

/// PFSELFTEST
pub(super) fn pfselftest(_: &mut ShardCtx<'_>, _: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let mut registers = [0; REGISTERS];
    let mut packed = vec![0; HEADER_BYTES + dense::BYTES];
    for element in 0..TEST_ELEMENTS {
        let (index, value) = hash::place(&element.to_le_bytes());
        if let Some(register) = registers.get_mut(index) {
            *register = value.max(*register);
        }
        if let Some((at, bytes)) = dense::raised(body(&packed), index, value)
            && let Some(place) = packed.get_mut(HEADER_BYTES + at..HEADER_BYTES + at + 2)
        {
            place.copy_from_slice(&bytes);
        }
    }
    let mut unpacked = [0; REGISTERS];
    dense::merge_into(&mut unpacked, body(&packed));
    if unpacked != registers {
        return Err(CmdError::text_of("ERR TESTFAILED dense registers differ from plain ones"));
    }
    // The standard error is 1.04 / sqrt(registers), 0.8 %; six times that does not happen.
    let error = (estimate::cardinality(&registers) as f64 - f64::from(TEST_ELEMENTS)).abs();
    if error > f64::from(TEST_ELEMENTS) * 6.0 * 1.04 / (REGISTERS as f64).sqrt() {
        return Err(CmdError::text_of("ERR TESTFAILED the estimate is too far off"));
    }
    reply.ok();
    Ok(())
}
