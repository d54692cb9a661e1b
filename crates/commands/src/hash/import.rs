//! Making whole hashes: the shard's half of HIMPORT SET. Which fields a fieldset has is known to the connection, which puts them
//! in.

use base::Args;
use resp::Reply;
use store::{Class, FieldExpiry, Kind};

use crate::{CmdError, ShardCtx};

/// HIMPORT SET key field value [field value …], as the connection sends it on. Replaces a hash, and nothing else.
pub(super) fn himport_set(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    let name = args.arg(2);
    let key = ctx.routed_key(name);
    let pairs = args.tail(3);
    let mut db = ctx.database();
    if db.peek(key).is_some_and(|item| item.kind() != Kind::Hash) {
        return Err(CmdError::WrongType);
    }
    let hash = db.build(|draft| {
        let mut hash = draft.as_hash();
        for (field, value) in pairs.iter().step_by(2).zip(pairs.tail(1).iter().step_by(2)) {
            hash.set(field, value, FieldExpiry::Clear);
        }
    });
    if let Some(hash) = hash {
        db.put(key, hash);
        db.event(Class::Hash, "hset", name);
    }
    reply.ok();
    Ok(())
}
