//! PFCOUNT.

use std::pin::Pin;

use base::Args;
use resp::Reply;
use store::Entry;

use super::add::note_cardinality;
use super::{CARDINALITY_AT, HEADER_BYTES, REGISTERS, STALE, estimate, merge_into, merge_key, sketch};
use crate::{CmdError, OwnedArgs, ShardCtx, StepOut, Tx};

/// PFCOUNT key [key …], all keys in one shard
pub(super) fn pfcount(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let count = if args.len() == 2 {
        count_one(ctx, args.arg(1))?
    } else {
        let mut registers = [0; REGISTERS];
        for name in args.tail(1).iter() {
            merge_key(ctx, name, &mut registers)?;
        }
        estimate::cardinality(&registers)
    };
    reply.int(count as i64);
    Ok(())
}

/// The cardinality of one key: the noted one, or a new one that is noted.
fn count_one(ctx: &mut ShardCtx<'_>, name: &[u8]) -> Result<u64, CmdError> {
    let key = ctx.routed_key(name);
    let mut db = ctx.database();
    let Entry::Occupied(mut found) = db.entry_counted(key) else { return Ok(0) };
    let sketch = sketch(found.value())?;
    let noted = sketch.get(CARDINALITY_AT..HEADER_BYTES).and_then(|bytes| bytes.first_chunk::<8>());
    let noted = noted.copied().unwrap_or_default();
    if noted[7] & STALE == 0 {
        return Ok(u64::from_le_bytes(noted));
    }
    let mut registers = [0; REGISTERS];
    merge_into(&mut registers, sketch)?;
    let count = estimate::cardinality(&registers);
    note_cardinality(&mut found, count)?;
    Ok(count)
}

/// PFCOUNT over several shards: each key's registers at one instant.
pub(super) fn pfcount_rounds(tx: Tx, args: OwnedArgs) -> Pin<Box<dyn Future<Output = Result<(), CmdError>>>> {
    Box::pin(async move {
        let mut registers = [0; REGISTERS];
        for out in tx.each(args.get(1..).unwrap_or_default(), true, registers_of).await {
            match out {
                StepOut::Failed(error) => return Err(error),
                StepOut::Bytes(others) => {
                    let pairs = registers.iter_mut().zip(others);
                    pairs.for_each(|(register, other)| *register = other.max(*register));
                }
                _ => {}
            }
        }
        let count = estimate::cardinality(&registers);
        tx.reply(|reply| reply.int(count as i64));
        Ok(())
    })
}

fn registers_of(ctx: &mut ShardCtx<'_>, name: &[u8]) -> StepOut {
    let mut registers = [0; REGISTERS];
    match merge_key(ctx, name, &mut registers) {
        Ok(_) => StepOut::Bytes(registers.to_vec()),
        Err(error) => StepOut::Failed(error),
    }
}
