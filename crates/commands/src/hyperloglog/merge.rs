//! PFMERGE.

use std::pin::Pin;

use base::Args;
use resp::Reply;
use store::{Class, Entry, Expiry, StringValue};

use super::sparse::{self, Raised};
use super::{
    CARDINALITY_AT, DENSE, HEADER_BYTES, REGISTERS, Registers, STALE, STALE_AT, dense, empty, header,
    is_dense, merge_into, merge_key, sketch, to_dense,
};
use crate::{CmdError, OwnedArgs, ShardCtx, Step, StepOut, Tx};

/// PFMERGE destkey [sourcekey [sourcekey …]], all keys in one shard
pub(super) fn pfmerge(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let mut registers = [0; REGISTERS];
    let mut dense = false;
    for name in args.tail(1).iter() {
        dense |= merge_key(ctx, name, &mut registers)?;
    }
    write(ctx, args.arg(1), &registers, dense)?;
    reply.ok();
    Ok(())
}

/// PFMERGE over several shards: all give their sketches, then the destination's shard gets the registers.
pub(super) fn pfmerge_rounds(tx: Tx, args: OwnedArgs) -> Pin<Box<dyn Future<Output = Result<(), CmdError>>>> {
    Box::pin(async move {
        let mut registers = Box::new([0; REGISTERS]);
        let mut dense = false;
        for out in tx.each(args.get(1..).unwrap_or_default(), false, copy_of).await {
            match out {
                StepOut::Failed(error) => return Err(error),
                StepOut::Bytes(sketch) => {
                    merge_into(&mut registers, &sketch)?;
                    dense |= is_dense(&sketch);
                }
                _ => {}
            }
        }
        let destination = args.get(1).cloned().unwrap_or_default();
        let shard = tx.topology.shard_of(&destination);
        let write: Step = Box::new(move |ctx| match write(ctx, &destination, &registers, dense) {
            Ok(()) => StepOut::Done,
            Err(error) => StepOut::Failed(error),
        });
        if let Some(StepOut::Failed(error)) = tx.last_round(vec![(shard, write)]).await.pop() {
            return Err(error);
        }
        tx.reply(|reply| reply.ok());
        Ok(())
    })
}

/// A copy of a key's sketch.
fn copy_of(ctx: &mut ShardCtx<'_>, name: &[u8]) -> StepOut {
    let key = ctx.key(name);
    let mut db = ctx.database();
    match db.get(key).map(sketch) {
        None => StepOut::Done,
        Some(Ok(bytes)) => StepOut::Bytes(bytes.to_vec()),
        Some(Err(error)) => StepOut::Failed(error),
    }
}

/// Gives the destination these registers, which are nowhere lower than its own.
fn write(ctx: &mut ShardCtx<'_>, name: &[u8], registers: &Registers, dense: bool) -> Result<(), CmdError> {
    let key = ctx.key(name);
    let sparse_max_bytes = ctx.limits().hll_sparse_max_bytes;
    match ctx.database().entry(key) {
        Entry::Occupied(mut found) => {
            let bytes = merged(sketch(found.value())?, registers, dense, sparse_max_bytes)?;
            found.set(StringValue::Bytes(&bytes), Expiry::Keep);
            // Changed in place, which OBJECT ENCODING shows as Redis does.
            found.set_range(0, bytes.get(..1).unwrap_or_default())?;
        }
        Entry::Vacant(place) => {
            let bytes = merged(&empty(), registers, dense, sparse_max_bytes)?;
            place.set_range(0, &bytes)?;
        }
    }
    ctx.event(Class::String, "pfadd", name);
    Ok(())
}

/// A sketch with these registers, dense if it has to be; its cardinality is out of date.
fn merged(
    old: &[u8],
    registers: &Registers,
    dense: bool,
    sparse_max_bytes: usize,
) -> Result<Vec<u8>, CmdError> {
    let mut bytes = old.to_vec();
    let mut dense = dense || is_dense(old);
    if !dense {
        for (index, &value) in registers.iter().enumerate().filter(|(_, value)| **value > 0) {
            if let Raised::TooDense = sparse::raise(&mut bytes, index, value, sparse_max_bytes)? {
                dense = true;
                break;
            }
        }
    }
    if dense {
        let old = to_dense(&bytes)?;
        bytes = header(DENSE);
        if let (Some(to), Some(from)) =
            (bytes.get_mut(CARDINALITY_AT..), old.get(CARDINALITY_AT..HEADER_BYTES))
        {
            to.copy_from_slice(from);
        }
        dense::pack(registers, &mut bytes);
    }
    if let Some(byte) = bytes.get_mut(STALE_AT) {
        *byte |= STALE;
    }
    Ok(bytes)
}
