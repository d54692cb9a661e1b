//! MSETEX (Redis 8.4): many strings at once, with one expiry and one condition for all.

use std::pin::Pin;

use base::Args;
use bytes::Bytes;
use resp::Reply;
use store::{Class, Expiry, StringValue};

use super::expiry::{Choice, ExpiryOption};
use super::many::{Pair, any_exists, parts};
use crate::{CmdError, OwnedArgs, ShardCtx, Step, StepOut, Tx, words};

/// Where the keys begin.
const KEYS_AT: usize = 2;

/// Under which condition the keys are set.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Condition {
    NoneExists,
    AllExist,
}

/// What the arguments say.
struct Query<'a> {
    /// How many arguments are keys and values.
    pairs: usize,
    condition: Option<Condition>,
    expiry: ExpiryOption<'a>,
}

impl<'a> Query<'a> {
    /// Parses all arguments, the command's name among them.
    fn parse(args: &[&'a [u8]]) -> Result<Self, CmdError> {
        let count = args.get(1).copied().unwrap_or_default();
        let keys = words::int(count).ok().and_then(|keys| i32::try_from(keys).ok());
        let keys = keys.and_then(|keys| usize::try_from(keys).ok()).filter(|&keys| keys > 0);
        let pairs = 2 * keys.ok_or(CmdError::text_of("ERR invalid numkeys value"))?;
        let mut options = match args.get(KEYS_AT + pairs..) {
            Some(options) => options,
            None => return Err(CmdError::text_of("ERR wrong number of key-value pairs")),
        };
        let mut query = Query { pairs, condition: None, expiry: ExpiryOption::default() };
        while let [word, rest @ ..] = options {
            let condition = if words::is(word, "NX") {
                Condition::NoneExists
            } else if words::is(word, "XX") {
                Condition::AllExist
            } else {
                let taken = query.expiry.take(word, rest.first().copied(), ("KEEPTTL", Choice::KeepTtl))?;
                options = options.get(taken..).filter(|_| taken > 0).ok_or(CmdError::Syntax)?;
                continue;
            };
            if query.condition.replace(condition).is_some_and(|before| before != condition) {
                return Err(CmdError::Syntax);
            }
            options = rest;
        }
        Ok(query)
    }

    /// What becomes of the keys' expiry.
    fn expiry(&self, now_ms: u64) -> Result<Expiry, CmdError> {
        Ok(match (self.expiry.at_ms(now_ms, "msetex")?, self.expiry.choice) {
            (Some(at), _) => Expiry::At(at),
            (None, Some(Choice::KeepTtl)) => Expiry::Keep,
            (None, _) => Expiry::Clear,
        })
    }
}

/// MSETEX numkeys key value [key value …] [NX | XX] [EX s | PX ms | EXAT s | PXAT ms | KEEPTTL], all keys in one shard
pub(super) fn msetex(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let all: Vec<&[u8]> = args.iter().collect();
    let query = Query::parse(&all)?;
    let expiry = query.expiry(ctx.now_ms())?;
    let pairs = args.head(KEYS_AT + query.pairs).tail(KEYS_AT);
    let names = pairs.iter().step_by(2);
    let values = pairs.tail(1).iter().step_by(2);
    let holds = holds(ctx, query.condition, names.clone());
    if holds {
        set_all(ctx, names.zip(values), expiry);
    }
    reply.int(holds.into());
    Ok(())
}

/// MSETEX over several shards: all look for their keys, then all set them, or none does.
pub(super) fn msetex_rounds(tx: Tx, args: OwnedArgs) -> Pin<Box<dyn Future<Output = Result<(), CmdError>>>> {
    Box::pin(async move {
        let all: Vec<&[u8]> = args.iter().map(AsRef::as_ref).collect();
        let Query { pairs, condition, expiry } = Query::parse(&all)?;
        // Times count from the instant at which the command takes effect, which only the shards know.
        let (choice, time) = (expiry.choice, Bytes::copy_from_slice(expiry.time));
        let check = ExpiryOption { choice, time: &time }.at_ms(0, "msetex");
        check?;
        let pairs = args.get(KEYS_AT..KEYS_AT + pairs).unwrap_or_default();
        let parts = parts(&tx, pairs);
        if condition.is_some() {
            let look = parts.iter().map(|(shard, pairs)| {
                let pairs = pairs.clone();
                let step: Step = Box::new(move |ctx| {
                    StepOut::Flag(holds(ctx, condition, pairs.iter().map(|(name, _)| &name[..])))
                });
                (*shard, step)
            });
            if !tx.round(look.collect()).await.iter().all(StepOut::is_true) {
                tx.reply(|reply| reply.int(0));
                return Ok(());
            }
        }
        let write = parts.into_iter().map(|(shard, pairs)| (shard, write(pairs, choice, time.clone())));
        for out in tx.last_round(write.collect()).await {
            if let StepOut::Failed(error) = out {
                return Err(error);
            }
        }
        tx.reply(|reply| reply.int(1));
        Ok(())
    })
}

/// A step that sets pairs.
fn write(pairs: Vec<Pair>, choice: Option<Choice>, time: Bytes) -> Step {
    Box::new(move |ctx| {
        let query = Query { pairs: 0, condition: None, expiry: ExpiryOption { choice, time: &time } };
        match query.expiry(ctx.now_ms()) {
            Ok(expiry) => {
                set_all(ctx, pairs.iter().map(|(name, value)| (&name[..], &value[..])), expiry);
                StepOut::Done
            }
            Err(error) => StepOut::Failed(error),
        }
    })
}

/// Whether the keys fulfil a condition.
fn holds<'k>(
    ctx: &mut ShardCtx<'_>,
    condition: Option<Condition>,
    names: impl Iterator<Item = &'k [u8]>,
) -> bool {
    match condition {
        None => true,
        Some(Condition::NoneExists) => !any_exists(ctx, names),
        Some(Condition::AllExist) => {
            let mut all = true;
            ctx.for_keys(names, |db, key| all &= db.peek(key).is_some());
            all
        }
    }
}

/// Sets all keys. A time in the past removes them, as it does with SET.
fn set_all<'k>(
    ctx: &mut ShardCtx<'_>,
    pairs: impl Iterator<Item = (&'k [u8], &'k [u8])> + Clone,
    expiry: Expiry,
) {
    let mut values = pairs.clone().map(|(_, value)| value);
    ctx.for_keys(pairs.map(|(name, _)| name), |db, key| {
        db.set(key, StringValue::Text(values.next().unwrap_or_default()), expiry);
        db.event(Class::String, "set", key.bytes);
        if matches!(expiry, Expiry::At(_)) {
            db.event(Class::Generic, "expire", key.bytes);
        }
    });
}
