//! COPY: a value with its expiry to another key, or to another database.

use std::pin::Pin;

use base::Args;
use resp::Reply;
use store::{Class, OwnedValue};

use crate::{CmdError, OwnedArgs, ShardCtx, StepOut, Tx, words};

struct Options {
    database: usize,
    replace: bool,
}

impl Options {
    /// Parses what follows the two keys, and refuses a copy of a key onto itself.
    fn parse<'a>(
        args: impl Iterator<Item = &'a [u8]>,
        database: usize,
        databases: usize,
    ) -> Result<Self, CmdError> {
        let mut args = args.skip(1);
        let (source, destination) = (args.next(), args.next());
        let mut options = Options { database, replace: false };
        while let Some(word) = args.next() {
            if words::is(word, "REPLACE") {
                options.replace = true;
            } else if words::is(word, "DB")
                && let Some(index) = args.next()
            {
                let index = usize::try_from(words::int32(index)?).ok().filter(|&index| index < databases);
                options.database = index.ok_or(CmdError::DbOutOfRange)?;
            } else {
                return Err(CmdError::Syntax);
            }
        }
        if options.database == database && source == destination {
            return Err(CmdError::SameObject);
        }
        Ok(options)
    }
}

/// COPY source destination [DB index] [REPLACE], both keys in one shard
pub(super) fn copy(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let options = Options::parse(args.iter(), ctx.db, ctx.shard.databases_max())?;
    let (source, destination) = (ctx.routed_key(args.arg(1)), ctx.key(args.arg(2)));
    let mut copied = ctx.database().exists(source)
        && (options.replace || ctx.shard.db(options.database).peek(destination).is_none());
    if copied {
        let value = ctx.database().clone_value(source);
        copied = value.is_some();
        value.into_iter().for_each(|value| put(ctx, options.database, destination.bytes, value));
    }
    reply.int(copied.into());
    Ok(())
}

/// COPY over two shards: one hands out a copy while the other looks whether there is a place for it.
pub(super) fn copy_rounds(tx: Tx, args: OwnedArgs) -> Pin<Box<dyn Future<Output = Result<(), CmdError>>>> {
    Box::pin(async move {
        let options = Options::parse(args.iter().map(AsRef::as_ref), tx.db, tx.databases)?;
        let Options { database, replace } = options;
        let mut names = args.into_iter().skip(1);
        let (source, destination) = (names.next().unwrap_or_default(), names.next().unwrap_or_default());
        let (from, to) = (tx.topology.shard_of(&source), tx.topology.shard_of(&destination));
        let looked_up = destination.clone();
        let mut outs = tx
            .round(vec![
                (
                    from,
                    Box::new(move |ctx: &mut ShardCtx<'_>| {
                        let key = ctx.key(&source);
                        let mut db = ctx.database();
                        let value = if db.exists(key) { db.clone_value(key) } else { None };
                        StepOut::Value(value.map(Box::new))
                    }),
                ),
                (
                    to,
                    Box::new(move |ctx: &mut ShardCtx<'_>| {
                        let key = ctx.key(&looked_up);
                        StepOut::Flag(replace || ctx.shard.db(database).peek(key).is_none())
                    }),
                ),
            ])
            .await;
        let free = outs.pop().is_some_and(|out| out.is_true());
        let copied = match outs.pop() {
            Some(StepOut::Value(Some(value))) if free => {
                let put = move |ctx: &mut ShardCtx<'_>| {
                    put(ctx, database, &destination, *value);
                    StepOut::Done
                };
                tx.last_round(vec![(to, Box::new(put))]).await;
                true
            }
            _ => false,
        };
        tx.reply(|reply| reply.int(copied.into()));
        Ok(())
    })
}

/// Gives the destination its copy.
fn put(ctx: &mut ShardCtx<'_>, database: usize, destination: &[u8], value: OwnedValue) {
    let mut db = ctx.shard.db(database);
    let key = db.key(destination);
    let replaced = db.replace(key, value);
    db.event(Class::Generic, "copy_to", destination);
    db.tell_replaced(destination, replaced);
}
