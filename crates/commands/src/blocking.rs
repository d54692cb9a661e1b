//! Commands that may block: what they are made of, and what their families share.
//!
//! ```text
//! keys of one shard    handler ─► a reply, or null: then `wait` says what for, and the shard tries the handler again when
//!                                 one of the keys has changed
//! keys of several      rounds  ─► a reply, or null while all keys are still locked: then every shard notes what is waited
//!                                 for before it gives its locks back, and the rounds are tried again
//! ```
//!
//! So a blocking command is a command that is tried again as long as it replies null. In a transaction or a script it is
//! tried once, and null is its reply.

use std::pin::Pin;

use base::Args;
use base::num::LongFloat;
use bytes::Bytes;
use resp::Reply;
use store::Kind;

use crate::{CmdError, Handler, RoundsFn, ShardCtx, Step, StepOut, Tx};

/// How a blocking command is carried out.
#[derive(Debug)]
pub struct Blocking {
    /// Tries the command if all keys are in one shard. A null reply says that there is nothing yet, and that nothing was
    /// taken.
    pub handler: Handler,
    /// Tries it over several shards. If [`Tx::may_block`], a null reply says besides that all locks are still held.
    pub rounds: RoundsFn,
    /// The argument without which it never waits, if there is one.
    pub only_with: Option<&'static str>,
    /// Says what is waited for.
    pub wait: WaitFn,
    /// Puts back what a reply took, if it took something.
    pub put_back: Option<PutBack>,
}

/// Says what a command that found nothing waits for, on the shard of its keys, or on each shard that has some of them;
/// nothing if it doesn't wait after all.
pub type WaitFn = fn(&mut ShardCtx<'_>, Args<'_>) -> Result<Option<Waiting>, CmdError>;

/// Puts the elements back that a command replied with to a client that was gone.
pub type PutBack = fn(&mut ShardCtx<'_>, Args<'_>, &[u8]);

/// What a command waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// How long at most, in ms; `None` for ever.
    pub timeout_ms: Option<u64>,
    /// The arguments that are the keys waited for.
    pub keys: Vec<usize>,
    /// The type of value that serves it.
    pub kind: Kind,
    /// It is tried again too when a key goes or gets another type.
    pub without_key: bool,
    /// Arguments that stand for what is there now, with what they mean: the last id of a stream.
    pub replaced: Vec<(usize, Vec<u8>)>,
}

/// Reads a timeout in seconds; in ms, `None` for ever.
pub(crate) fn timeout(arg: &[u8], now_ms: u64) -> Result<Option<u64>, CmdError> {
    let seconds =
        LongFloat::parse(arg).ok_or(CmdError::text_of("ERR timeout is not a float or out of range"))?;
    limited(seconds.times_rounded_up(1000), seconds.is_negative(), now_ms)
}

/// Reads a timeout in milliseconds; `None` for ever.
pub(crate) fn timeout_ms(arg: &[u8], now_ms: u64) -> Result<Option<u64>, CmdError> {
    let timeout = base::num::parse_i64(arg);
    let timeout = timeout.ok_or(CmdError::text_of("ERR timeout is not an integer or out of range"))?;
    limited(Some(timeout), false, now_ms)
}

fn limited(timeout: Option<i64>, is_negative: bool, now_ms: u64) -> Result<Option<u64>, CmdError> {
    let end = timeout.and_then(|timeout| i64::try_from(now_ms).ok()?.checked_add(timeout));
    match timeout {
        None if is_negative => Err(CmdError::text_of("ERR timeout is negative")),
        Some(..=-1) => Err(CmdError::text_of("ERR timeout is negative")),
        Some(0) => Ok(None),
        Some(timeout) if end.is_some() => Ok(Some(timeout.unsigned_abs())),
        _ => Err(CmdError::text_of("ERR timeout is out of range")),
    }
}

/// Takes something from the key of this name and replies with it; false, and nothing written, if there is nothing.
pub(crate) trait Pop: Fn(&mut ShardCtx<'_>, &[u8], &mut Reply<'_>) -> Result<bool, CmdError> {}

impl<F: Fn(&mut ShardCtx<'_>, &[u8], &mut Reply<'_>) -> Result<bool, CmdError>> Pop for F {}

/// Takes something from the first key that has it, all in one shard; replies null if none has.
pub(crate) fn pop_first<'a>(
    ctx: &mut ShardCtx<'_>,
    names: impl Iterator<Item = &'a [u8]>,
    reply: &mut Reply<'_>,
    pop: impl Pop,
) -> Result<(), CmdError> {
    for name in names {
        if pop(ctx, name, reply)? {
            return Ok(());
        }
    }
    reply.null_array();
    Ok(())
}

/// What a rounds function is made into.
pub(crate) type Rounds = Pin<Box<dyn Future<Output = Result<(), CmdError>>>>;

/// The same over several shards: all look which of their keys exist, then the shard of the first one takes something.
pub(crate) async fn pop_first_rounds(
    tx: &Tx,
    names: Vec<Bytes>,
    kind: Kind,
    pop: impl Pop + Send + 'static,
) -> Result<(), CmdError> {
    let looks = tx.numbered(&names).into_iter().map(|(shard, part)| {
        let step: Step = Box::new(move |ctx| StepOut::First(first(ctx, &part, kind)));
        (shard, step)
    });
    let outs = tx.round(looks.collect()).await;
    let firsts = outs.into_iter().filter_map(|out| match out {
        StepOut::First(first) => first,
        _ => None,
    });
    let Some((number, fits)) = firsts.min() else {
        tx.reply(|reply| reply.null_array());
        return Ok(());
    };
    if !fits {
        return Err(CmdError::WrongType);
    }
    let name = names.get(number).cloned().unwrap_or_default();
    let (shard, resp3) = (tx.topology.shard_of(&name), tx.is_resp3());
    let step: Step = Box::new(move |ctx| {
        let mut bytes = Vec::new();
        match pop(ctx, &name, &mut Reply::new(&mut bytes, resp3)) {
            Ok(_) => StepOut::Reply(bytes),
            Err(error) => StepOut::Failed(error),
        }
    });
    match tx.last_round(vec![(shard, step)]).await.pop() {
        Some(StepOut::Reply(bytes)) => tx.reply(|reply| reply.raw(&bytes)),
        Some(StepOut::Failed(error)) => return Err(error),
        _ => {}
    }
    Ok(())
}

/// The first of some keys that exists, and whether it holds a value of this type.
fn first(ctx: &mut ShardCtx<'_>, keys: &[(usize, Bytes)], kind: Kind) -> Option<(usize, bool)> {
    keys.iter().find_map(|(number, name)| {
        let key = ctx.key(name);
        ctx.database().peek(key).map(|item| (*number, item.kind() == kind))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts() {
        fn check(arg: &str, expect: Result<Option<u64>, &'static str>) {
            let expect = expect.map_err(CmdError::text_of);
            assert_eq!(timeout(arg.as_bytes(), 1_700_000_000_000), expect, "{arg}");
        }
        check("0", Ok(None));
        check("-0.0", Ok(None));
        check("0.0001", Ok(Some(1)));
        check("0.01", Ok(Some(10)));
        check("1.5", Ok(Some(1500)));
        check("0x10", Ok(Some(16_000)));
        check("-1", Err("ERR timeout is negative"));
        check("-0.01", Err("ERR timeout is negative"));
        check("-0.0001", Ok(None));
        check("-inf", Err("ERR timeout is negative"));
        check("inf", Err("ERR timeout is out of range"));
        check("9223372036854775", Err("ERR timeout is out of range"));
        check("9223372036854776", Err("ERR timeout is out of range"));
        check("1e4000", Err("ERR timeout is out of range"));
        for wrong in ["", "x", "nan", "1 ", " 1", "1.2.3"] {
            check(wrong, Err("ERR timeout is not a float or out of range"));
        }
        assert_eq!(timeout_ms(b"0", 5), Ok(None));
        assert_eq!(timeout_ms(b"7", 5), Ok(Some(7)));
        assert_eq!(timeout_ms(b"-7", 5), Err(CmdError::text_of("ERR timeout is negative")));
        assert_eq!(
            timeout_ms(b"9223372036854775807", 5),
            Err(CmdError::text_of("ERR timeout is out of range"))
        );
    }
}
