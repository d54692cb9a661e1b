//! PFADD.

use base::Args;
use resp::Reply;
use store::{Class, Entry, Expiry, Occupied, StringValue};

use super::{CARDINALITY_AT, Change, STALE, STALE_AT, empty, hash, raise, sketch};
use crate::{CmdError, ShardCtx};

/// PFADD key [element [element …]]
pub(super) fn pfadd(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let key = ctx.routed_key(args.arg(1));
    let sparse_max_bytes = ctx.limits().hll_sparse_max_bytes;
    let places = args.tail(2);
    let places = places.iter().map(hash::place);
    let changed = match ctx.database().entry(key) {
        Entry::Occupied(mut found) => {
            let mut changed = false;
            sketch(found.value())?;
            for (index, value) in places {
                let change = raise(sketch(found.value())?, index, value, sparse_max_bytes)?;
                changed |= !matches!(change, Change::None);
                apply(&mut found, change)?;
            }
            if changed {
                mark_stale(&mut found)?;
            }
            changed
        }
        Entry::Vacant(place) => {
            let mut bytes = empty();
            for (index, value) in places {
                match raise(&bytes, index, value, sparse_max_bytes)? {
                    Change::None => {}
                    Change::Whole(whole) => bytes = whole,
                    Change::Patch(at, patch) => {
                        if let Some(place) = bytes.get_mut(at..at + patch.len()) {
                            place.copy_from_slice(&patch);
                        }
                    }
                }
            }
            if let Some(byte) = bytes.get_mut(STALE_AT) {
                *byte |= STALE;
            }
            place.set_range(0, &bytes)?;
            true
        }
    };
    if changed {
        ctx.event(Class::String, "pfadd", args.arg(1));
    }
    reply.int(changed.into());
    Ok(())
}

fn apply(found: &mut Occupied<'_>, change: Change) -> Result<(), CmdError> {
    match change {
        Change::None => {}
        Change::Patch(at, bytes) => _ = found.set_range(at, &bytes)?,
        Change::Whole(bytes) => found.set(StringValue::Bytes(&bytes), Expiry::Keep),
    }
    Ok(())
}

/// Says that the cardinality is out of date.
fn mark_stale(found: &mut Occupied<'_>) -> Result<(), CmdError> {
    let byte = sketch(found.value())?.get(STALE_AT).copied().unwrap_or(0);
    found.set_range(STALE_AT, &[byte | STALE])?;
    Ok(())
}

/// Notes a cardinality in a sketch.
pub(super) fn note_cardinality(found: &mut Occupied<'_>, cardinality: u64) -> Result<(), CmdError> {
    found.set_range(CARDINALITY_AT, &cardinality.to_le_bytes())?;
    Ok(())
}
