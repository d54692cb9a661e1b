//! Unions, intersections and differences of sorted sets and sets: ZUNION, ZINTER, ZDIFF, ZINTERCARD and those that store.

mod compute;
mod query;
mod source;

use std::pin::Pin;

use base::Args;
use resp::Reply;

use super::members::{Members, element, header};
use super::store_members;
use crate::{CmdError, OwnedArgs, ShardCtx, Step, StepOut, Tx};
use compute::{combine, count_common};
use query::{Counted, Query};
use source::{Local, Shipped, Sources, fetch};

/// What is made of the inputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Union,
    Inter,
    Diff,
}

/// A command of this kind.
#[derive(Clone, Copy)]
struct Command {
    name: &'static str,
    op: Op,
    /// Whether the result goes to a key, the first argument.
    store: bool,
    /// Whether only the number of results is asked for.
    count_only: bool,
}

const ZUNION: Command = Command { name: "zunion", op: Op::Union, store: false, count_only: false };
const ZUNIONSTORE: Command = Command { name: "zunionstore", store: true, ..ZUNION };
const ZINTER: Command = Command { name: "zinter", op: Op::Inter, ..ZUNION };
const ZINTERSTORE: Command = Command { name: "zinterstore", store: true, ..ZINTER };
const ZINTERCARD: Command = Command { name: "zintercard", count_only: true, ..ZINTER };
const ZDIFF: Command = Command { name: "zdiff", op: Op::Diff, ..ZUNION };
const ZDIFFSTORE: Command = Command { name: "zdiffstore", store: true, ..ZDIFF };

impl Command {
    /// Where the number of keys is.
    fn count_at(self) -> usize {
        if self.store { 2 } else { 1 }
    }

    /// All keys in one shard.
    fn run(self, ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
        let counted = Counted::parse(args.iter().skip(self.count_at()), self.name)?;
        let keys = args.tail(self.count_at() + 1).head(counted.keys);
        let mut sources = Local::new(ctx, keys)?;
        let rest = args.tail(self.count_at() + 1 + counted.keys).iter();
        let query = Query::parse(rest, counted.keys, self.op, self.store, self.count_only)?;
        if self.count_only {
            reply.int(sources.with_all(|sources| count_common(sources, query.limit)) as i64);
            return Ok(());
        }
        let result = combine(self.op, &query, &mut sources);
        self.reply(reply, &query, &result);
        if self.store {
            store_members(ctx, args.arg(1), &result, self.name);
        }
        Ok(())
    }

    fn reply(self, reply: &mut Reply<'_>, query: &Query, result: &Members) {
        if self.store {
            return reply.int(result.len() as i64);
        }
        header(reply, result.len(), query.with_scores);
        for (score, member) in result.iter() {
            element(reply, score, member, query.with_scores);
        }
    }

    /// Keys in several shards: each sends what its keys hold, all at one instant.
    async fn run_rounds(self, tx: Tx, args: OwnedArgs) -> Result<(), CmdError> {
        let all = || args.iter().map(AsRef::as_ref);
        let counted = Counted::parse(all().skip(self.count_at()), self.name)?;
        let first = self.count_at() + 1;
        let names: Vec<_> = args.iter().skip(first).take(counted.keys).cloned().collect();
        let parts = tx.numbered(&names);
        let order: Vec<usize> =
            parts.iter().flat_map(|(_, part)| part.iter().map(|(number, _)| *number)).collect();
        let steps = parts.into_iter().map(|(shard, part)| {
            let step: Step = Box::new(move |ctx| {
                match part.iter().map(|(_, name)| fetch(ctx, name)).collect::<Result<_, _>>() {
                    Ok(members) => StepOut::Members(members),
                    Err(error) => StepOut::Failed(error),
                }
            });
            (shard, step)
        });
        let steps = steps.collect();
        let outs = if self.store { tx.round(steps).await } else { tx.last_round(steps).await };
        let mut sources = vec![Members::default(); names.len()];
        let mut order = order.into_iter();
        for out in outs {
            match out {
                StepOut::Members(part) => {
                    for (members, number) in part.into_iter().zip(&mut order) {
                        if let Some(source) = sources.get_mut(number) {
                            *source = members;
                        }
                    }
                }
                StepOut::Failed(error) => return Err(error),
                _ => {}
            }
        }
        let rest = all().skip(first + counted.keys);
        let query = Query::parse(rest, counted.keys, self.op, self.store, self.count_only)?;
        let mut sources = Shipped::new(&sources, self.op != Op::Union);
        if self.count_only {
            let count = sources.with_all(|sources| count_common(sources, query.limit));
            tx.reply(|reply| reply.int(count as i64));
            return Ok(());
        }
        let result = combine(self.op, &query, &mut sources);
        tx.reply(|reply| self.reply(reply, &query, &result));
        if self.store {
            let destination = args.get(1).cloned().unwrap_or_default();
            let shard = tx.topology.shard_of(&destination);
            let step: Step = Box::new(move |ctx| {
                store_members(ctx, &destination, &result, self.name);
                StepOut::Done
            });
            tx.last_round(vec![(shard, step)]).await;
        }
        Ok(())
    }
}

type Rounds = Pin<Box<dyn Future<Output = Result<(), CmdError>>>>;

/// ZUNION numkeys key [key …] [WEIGHTS weight …] [AGGREGATE SUM | MIN | MAX | COUNT] [WITHSCORES]
pub(super) fn zunion(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    ZUNION.run(ctx, args, reply)
}

/// ZUNION over several shards.
pub(super) fn zunion_rounds(tx: Tx, args: OwnedArgs) -> Rounds {
    Box::pin(ZUNION.run_rounds(tx, args))
}

/// ZUNIONSTORE destination numkeys key [key …] [WEIGHTS weight …] [AGGREGATE SUM | MIN | MAX | COUNT]
pub(super) fn zunionstore(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    ZUNIONSTORE.run(ctx, args, reply)
}

/// ZUNIONSTORE over several shards.
pub(super) fn zunionstore_rounds(tx: Tx, args: OwnedArgs) -> Rounds {
    Box::pin(ZUNIONSTORE.run_rounds(tx, args))
}

/// ZINTER numkeys key [key …] [WEIGHTS weight …] [AGGREGATE SUM | MIN | MAX | COUNT] [WITHSCORES]
pub(super) fn zinter(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    ZINTER.run(ctx, args, reply)
}

/// ZINTER over several shards.
pub(super) fn zinter_rounds(tx: Tx, args: OwnedArgs) -> Rounds {
    Box::pin(ZINTER.run_rounds(tx, args))
}

/// ZINTERSTORE destination numkeys key [key …] [WEIGHTS weight …] [AGGREGATE SUM | MIN | MAX | COUNT]
pub(super) fn zinterstore(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    ZINTERSTORE.run(ctx, args, reply)
}

/// ZINTERSTORE over several shards.
pub(super) fn zinterstore_rounds(tx: Tx, args: OwnedArgs) -> Rounds {
    Box::pin(ZINTERSTORE.run_rounds(tx, args))
}

/// ZINTERCARD numkeys key [key …] [LIMIT limit]
pub(super) fn zintercard(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    ZINTERCARD.run(ctx, args, reply)
}

/// ZINTERCARD over several shards.
pub(super) fn zintercard_rounds(tx: Tx, args: OwnedArgs) -> Rounds {
    Box::pin(ZINTERCARD.run_rounds(tx, args))
}

/// ZDIFF numkeys key [key …] [WITHSCORES]
pub(super) fn zdiff(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    ZDIFF.run(ctx, args, reply)
}

/// ZDIFF over several shards.
pub(super) fn zdiff_rounds(tx: Tx, args: OwnedArgs) -> Rounds {
    Box::pin(ZDIFF.run_rounds(tx, args))
}

/// ZDIFFSTORE destination numkeys key [key …]
pub(super) fn zdiffstore(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    ZDIFFSTORE.run(ctx, args, reply)
}

/// ZDIFFSTORE over several shards.
pub(super) fn zdiffstore_rounds(tx: Tx, args: OwnedArgs) -> Rounds {
    Box::pin(ZDIFFSTORE.run_rounds(tx, args))
}
