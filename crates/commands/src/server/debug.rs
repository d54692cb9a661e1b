//! DEBUG, as far as shards are concerned: POPULATE, and what looks into keys.
//!
//! A subcommand is parsed once, sent to the shards that it is about, and its parts are put together. Parts are bytes, which
//! the subcommand itself writes and reads.

mod digest;
mod look;
mod populate;

use std::pin::Pin;

use base::Args;
use resp::Reply;

use self::digest::Digest;
use self::populate::Populate;
use crate::{CmdError, OwnedArgs, ShardCtx, Step, StepOut, Topology, Tx, words};

/// How much of an unknown subcommand an error repeats.
const QUOTE_MAX_BYTES: usize = 128;

/// DEBUG subcommand, by the only shard there is
pub(super) fn debug(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let args: Vec<&[u8]> = args.iter().collect();
    let work = Work::parse(&args, ctx.shard.databases_max())?;
    let part = work.run(ctx, 0, Topology { shards: 1 })?;
    work.conclude(&[part], reply);
    Ok(())
}

/// DEBUG subcommand, over several shards
pub(super) fn debug_rounds(tx: Tx, args: OwnedArgs) -> Pin<Box<dyn Future<Output = Result<(), CmdError>>>> {
    Box::pin(async move {
        let words: Vec<&[u8]> = args.iter().map(AsRef::as_ref).collect();
        let work = Work::parse(&words, tx.databases)?;
        let topology = tx.topology;
        let steps = work.shards(topology).map(|shard| {
            let work = work.clone();
            let step: Step = Box::new(move |ctx| match work.run(ctx, shard, topology) {
                Ok(part) => StepOut::Bytes(part),
                Err(error) => StepOut::Failed(error),
            });
            (shard, step)
        });
        let mut parts = Vec::new();
        for out in tx.last_round(steps.collect()).await {
            match out {
                StepOut::Bytes(part) => parts.push(part),
                StepOut::Failed(error) => return Err(error),
                _ => {}
            }
        }
        tx.reply(|reply| work.conclude(&parts, reply));
        Ok(())
    })
}

/// What is to be done.
#[derive(Clone)]
enum Work {
    Populate(Populate),
    /// DIGEST
    Digest,
    /// DIGEST-VALUE key …
    DigestValue(Vec<Vec<u8>>),
    /// A look at one key.
    Look(look::What, Vec<u8>),
    /// HTSTATS db
    Table(usize),
    /// SET-ACTIVE-EXPIRE
    ActiveExpiry(bool),
}

impl Work {
    fn parse(args: &[&[u8]], databases: usize) -> Result<Self, CmdError> {
        let name = args.get(1).copied().unwrap_or_default();
        let is = |word: &str| words::is(name, word);
        let key = || args.get(2).copied().unwrap_or_default().to_vec();
        match args.len() {
            3..=5 if is("POPULATE") => Populate::parse(args).map(Work::Populate),
            2 if is("DIGEST") => Ok(Work::Digest),
            2.. if is("DIGEST-VALUE") => {
                Ok(Work::DigestValue(args.iter().skip(2).map(|key| key.to_vec()).collect()))
            }
            3 if is("SET-ACTIVE-EXPIRE") => Ok(Work::ActiveExpiry(args.get(2) != Some(&&b"0"[..]))),
            3 | 4 if is("OBJECT") => Ok(Work::Look(look::What::Object, key())),
            3 if is("SDSLEN") => Ok(Work::Look(look::What::Lengths, key())),
            3 if is("LISTPACK") => Ok(Work::Look(look::What::Packed, key())),
            3 | 4 if is("QUICKLIST") => Ok(Work::Look(look::What::List, key())),
            3 | 4 if is("HTSTATS-KEY") => Ok(Work::Look(look::What::Table, key())),
            3 | 4 if is("HTSTATS") => {
                let db = usize::try_from(words::int(args[2])?).ok().filter(|&db| db < databases);
                db.map(Work::Table).ok_or(CmdError::text_of("ERR Out of range database"))
            }
            _ => Err(CmdError::quoting(
                "ERR unknown subcommand or wrong number of arguments for '",
                name.get(..QUOTE_MAX_BYTES).unwrap_or(name),
                "'. Try DEBUG HELP.",
            )),
        }
    }

    /// The shards that it is about.
    fn shards(&self, topology: Topology) -> std::ops::Range<u16> {
        match self {
            Work::Look(_, key) => {
                let shard = topology.shard_of(key);
                shard..shard + 1
            }
            _ => 0..topology.shards,
        }
    }

    /// The part of a shard.
    fn run(&self, ctx: &mut ShardCtx<'_>, shard: u16, topology: Topology) -> Result<Vec<u8>, CmdError> {
        match self {
            Work::Populate(populate) => {
                populate.run(ctx, shard, topology);
                Ok(Vec::new())
            }
            Work::ActiveExpiry(active) => {
                ctx.shard.pause_expiry(!active);
                Ok(Vec::new())
            }
            Work::Digest => Ok(Digest::of_shard(ctx).to_bytes()),
            Work::DigestValue(keys) => {
                let mine = |key: &&Vec<u8>| topology.shard_of(key) == shard;
                Ok(keys.iter().filter(mine).flat_map(|key| Digest::of_value(ctx, key).to_bytes()).collect())
            }
            Work::Look(what, key) => look::at_key(*what, ctx, key),
            Work::Table(db) => Ok(look::at_table(ctx, *db)),
        }
    }

    /// Writes the reply.
    fn conclude(&self, parts: &[Vec<u8>], reply: &mut Reply<'_>) {
        match self {
            Work::Populate(_) | Work::ActiveExpiry(_) => reply.ok(),
            Work::Digest => reply.simple(&Digest::sum(parts).to_string()),
            Work::DigestValue(keys) => {
                let topology = Topology { shards: parts.len() as u16 };
                let mut digests: Vec<_> = parts.iter().map(|part| Digest::all(part)).collect();
                reply.array(keys.len());
                for key in keys {
                    let digest =
                        digests.get_mut(usize::from(topology.shard_of(key))).and_then(Iterator::next);
                    reply.simple(&digest.unwrap_or_default().to_string());
                }
            }
            Work::Look(what, _) => look::write(*what, &parts.concat(), reply),
            Work::Table(_) => look::write_table(parts, reply),
        }
    }
}
