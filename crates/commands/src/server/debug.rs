//! DEBUG, as far as shards are concerned: POPULATE.

use std::pin::Pin;

use base::limits::BULK_DEFAULT_MAX_BYTES;
use base::{Args, key_slot, shard_of_slot};
use resp::Reply;
use store::{Entry, StringValue};

use crate::{CmdError, OwnedArgs, ShardCtx, Step, StepOut, Topology, Tx, words};

/// Longest key that POPULATE makes; Redis's buffer.
const POPULATE_KEY_MAX_BYTES: usize = 127;

/// Most keys that POPULATE is asked for: more than memory holds, and Redis's reply where that is so.
const POPULATE_KEYS_MAX: u64 = 1 << 40;

/// DEBUG subcommand, by the only shard there is
pub(super) fn debug(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    Populate::parse(args.iter())?.run(ctx, 0, Topology { shards: 1 });
    reply.ok();
    Ok(())
}

/// DEBUG subcommand, over several shards
pub(super) fn debug_rounds(tx: Tx, args: OwnedArgs) -> Pin<Box<dyn Future<Output = Result<(), CmdError>>>> {
    Box::pin(async move {
        let populate = Populate::parse(args.iter().map(AsRef::as_ref))?;
        let topology = tx.topology;
        let steps = (0..topology.shards).map(|shard| {
            let populate = populate.clone();
            let step: Step = Box::new(move |ctx| {
                populate.run(ctx, shard, topology);
                StepOut::Done
            });
            (shard, step)
        });
        tx.last_round(steps.collect()).await;
        tx.reply(|reply| reply.ok());
        Ok(())
    })
}

/// POPULATE count [prefix] [size]: keys `prefix:N` with values `value:N`, which are cut or filled up with zero bytes to the
/// size unless that is 0. Keys that exist stay as they are.
#[derive(Clone)]
struct Populate {
    count: u64,
    prefix: Vec<u8>,
    size: usize,
}

impl Populate {
    fn parse<'a>(args: impl ExactSizeIterator<Item = &'a [u8]>) -> Result<Self, CmdError> {
        let argc = args.len();
        let mut args = args.skip(1);
        let subcommand = args.next().unwrap_or_default();
        if !words::is(subcommand, "POPULATE") || !(3..=5).contains(&argc) {
            return Err(CmdError::quoting(
                "ERR unknown subcommand or wrong number of arguments for '",
                subcommand,
                "'. Try DEBUG HELP.",
            ));
        }
        let count = words::positive(args.next().unwrap_or_default())?;
        if count > POPULATE_KEYS_MAX {
            return Err(CmdError::text_of("ERR OOM in dictTryExpand"));
        }
        let prefix = args.next().unwrap_or(b"key").split(|&byte| byte == 0).next().unwrap_or_default();
        let size = args.next().map_or(Ok(0), words::positive)?;
        if size > BULK_DEFAULT_MAX_BYTES {
            return Err(CmdError::StringTooLong);
        }
        Ok(Populate { count, prefix: prefix.to_vec(), size: size as usize })
    }

    /// Makes the keys that live in a shard.
    fn run(&self, ctx: &mut ShardCtx<'_>, shard: u16, topology: Topology) {
        let mut name = self.prefix.clone();
        name.push(b':');
        let prefix_len = name.len();
        let mut value = Vec::new();
        for number in 0..self.count {
            name.truncate(prefix_len);
            base::num::write_u64(&mut name, number);
            name.truncate(POPULATE_KEY_MAX_BYTES);
            if shard_of_slot(key_slot(&name), topology.shards) != shard {
                continue;
            }
            let key = ctx.key(&name);
            if let Entry::Vacant(place) = ctx.database().entry(key) {
                value.clear();
                value.extend_from_slice(b"value:");
                base::num::write_u64(&mut value, number);
                if self.size > 0 {
                    value.resize(self.size, 0);
                }
                place.insert(StringValue::Text(&value), None);
            }
        }
    }
}
