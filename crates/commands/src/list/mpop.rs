//! Elements of the first list of several that there is: LMPOP.

use std::pin::Pin;

use base::Args;
use bytes::Bytes;
use ds::list::Side;
use resp::Reply;
use store::Kind;

use super::{pop, side};
use crate::{CmdError, OwnedArgs, ShardCtx, Step, StepOut, Tx, words};

/// What follows the keys.
struct Options {
    keys: usize,
    side: Side,
    count: u64,
}

impl Options {
    /// Parses the arguments from the number of keys on.
    fn parse(args: &[&[u8]]) -> Result<Self, CmdError> {
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
    let options = Options::parse(&words)?;
    for name in args.tail(2).head(options.keys).iter() {
        if pop_named(ctx, name, options.side, options.count, reply)? {
            return Ok(());
        }
    }
    reply.null_array();
    Ok(())
}

/// Takes elements of a list and replies with its name and them. Returns false, and has written nothing, if there is none.
fn pop_named(
    ctx: &mut ShardCtx<'_>,
    name: &[u8],
    side: Side,
    count: u64,
    reply: &mut Reply<'_>,
) -> Result<bool, CmdError> {
    let key = ctx.key(name);
    pop::take(ctx, key, side, count, reply, |reply, _| {
        reply.array(2);
        reply.bulk(name);
    })
}

/// LMPOP over several shards: all look which of their keys exist, then the shard of the first one takes elements.
pub(super) fn lmpop_rounds(tx: Tx, args: OwnedArgs) -> Pin<Box<dyn Future<Output = Result<(), CmdError>>>> {
    Box::pin(async move {
        let words: Vec<&[u8]> = args.iter().skip(1).map(AsRef::as_ref).collect();
        let Options { keys, side, count } = Options::parse(&words)?;
        let names: Vec<Bytes> = args.iter().skip(2).take(keys).cloned().collect();
        let outs = tx.round(look(&tx, &names)).await;
        let mut first: Option<(usize, bool)> = None;
        for out in outs {
            if let StepOut::First(Some(found)) = out
                && first.is_none_or(|first| found.0 < first.0)
            {
                first = Some(found);
            }
        }
        let Some((at, right)) = first else {
            tx.reply(|reply| reply.null_array());
            return Ok(());
        };
        if !right {
            return Err(CmdError::WrongType);
        }
        let name = names.get(at).cloned().unwrap_or_default();
        let (shard, resp3) = (tx.topology.shard_of(&name), tx.is_resp3());
        let step: Step = Box::new(move |ctx| {
            let mut bytes = Vec::new();
            match pop_named(ctx, &name, side, count, &mut Reply::new(&mut bytes, resp3)) {
                Ok(_) => StepOut::Reply(bytes),
                Err(error) => StepOut::Failed(error),
            }
        });
        match tx.last_round(vec![(shard, step)]).await.pop() {
            Some(StepOut::Reply(bytes)) => tx.reply(|reply| reply.raw(&bytes)),
            Some(StepOut::Failed(error)) => return Err(error),
            _ => tx.reply(|reply| reply.null_array()),
        }
        Ok(())
    })
}

/// One step a shard: which of its keys exists first, and whether it is a list.
fn look(tx: &Tx, names: &[Bytes]) -> Vec<(u16, Step)> {
    let step = |part: Vec<(usize, Bytes)>| -> Step {
        Box::new(move |ctx| {
            let found = part.iter().find_map(|(at, name)| {
                let key = ctx.key(name);
                ctx.database().peek(key).map(|item| (*at, item.kind() == Kind::List))
            });
            StepOut::First(found)
        })
    };
    tx.numbered(names).into_iter().map(|(shard, part)| (shard, step(part))).collect()
}
