//! Elements of the first list of several that there is: LMPOP.

use base::Args;
use bytes::Bytes;
use ds::list::Side;
use resp::Reply;
use store::Kind;

use super::{pop, side};
use crate::blocking::{Rounds, pop_first, pop_first_rounds};
use crate::{CmdError, OwnedArgs, ShardCtx, Tx, words};

/// What follows the keys.
pub(super) struct Options {
    pub(super) keys: usize,
    pub(super) side: Side,
    pub(super) count: u64,
}

impl Options {
    /// Parses the arguments from the number of keys on.
    pub(super) fn parse(args: &[&[u8]]) -> Result<Self, CmdError> {
        let keys = words::at_least(
            args.first().copied().unwrap_or_default(),
            1,
            "ERR numkeys should be greater than 0",
        )?;
        let keys = usize::try_from(keys).map_err(|_| CmdError::Syntax)?;
        let rest = keys.checked_add(1).and_then(|at| args.get(at..)).unwrap_or_default();
        let [from, rest @ ..] = rest else { return Err(CmdError::Syntax) };
        let side = side(from)?;
        let count = match rest {
            [] => 1,
            [word, count, more @ ..] if words::is(word, "COUNT") => {
                let count = words::at_least(count, 1, "ERR count should be greater than 0")?;
                if !more.is_empty() {
                    return Err(CmdError::Syntax);
                }
                count
            }
            _ => return Err(CmdError::Syntax),
        };
        Ok(Options { keys, side, count })
    }
}

/// LMPOP numkeys key [key …] LEFT|RIGHT [COUNT count], all keys in one shard
pub(super) fn lmpop(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let words: Vec<&[u8]> = args.tail(1).iter().collect();
    let Options { keys, side, count } = Options::parse(&words)?;
    let names = args.tail(2).head(keys);
    pop_first(ctx, names.iter(), reply, |ctx, name, reply| pop_named(ctx, name, side, count, reply))
}

/// Takes elements of a list and replies with its name and them. Returns false, and has written nothing, if there is none.
pub(super) fn pop_named(
    ctx: &mut ShardCtx<'_>,
    name: &[u8],
    side: Side,
    count: u64,
    reply: &mut Reply<'_>,
) -> Result<bool, CmdError> {
    let key = ctx.key(name);
    let popped = pop::take(ctx, key, side, count, reply, |reply, _| {
        reply.array(2);
        reply.bulk(name);
    })?;
    if popped {
        pop::popped_effect(ctx, name, side, count);
    }
    Ok(popped)
}

/// LMPOP over several shards
pub(super) fn lmpop_rounds(tx: Tx, args: OwnedArgs) -> Rounds {
    Box::pin(async move {
        let words: Vec<&[u8]> = args.iter().skip(1).map(AsRef::as_ref).collect();
        let Options { keys, side, count } = Options::parse(&words)?;
        let names: Vec<Bytes> = args.iter().skip(2).take(keys).cloned().collect();
        let pop = move |ctx: &mut ShardCtx<'_>, name: &[u8], reply: &mut Reply<'_>| {
            pop_named(ctx, name, side, count, reply)
        };
        pop_first_rounds(&tx, names, Kind::List, pop).await
    })
}
