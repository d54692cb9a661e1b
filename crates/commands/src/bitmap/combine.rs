//! Strings combined bit by bit: BITOP.

use std::pin::Pin;

use base::Args;
use resp::Reply;
use store::{Class, Expiry, StringValue};

use crate::string::as_string;
use crate::{CmdError, OwnedArgs, ShardCtx, Step, StepOut, Tx, words};

/// How the source strings X, Y1, Y2 … become one.
#[derive(Clone, Copy)]
enum Operation {
    And,
    Or,
    Xor,
    Not,
    /// X without any Y.
    Diff,
    /// Any Y without X.
    Diff1,
    /// X and any Y.
    AndOr,
    /// In exactly one.
    One,
}

/// BITOP operation destkey key [key …], all keys in one shard
pub(super) fn bitop(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let operation = operation(args.arg(1), args.len() - 3)?;
    let mut sources = Vec::with_capacity(args.len() - 3);
    for name in args.tail(3).iter() {
        sources.push(source(ctx, name)?);
    }
    let combined = combine(operation, &sources);
    reply.int(combined.len() as i64);
    store(ctx, args.arg(2), &combined);
    Ok(())
}

/// BITOP over several shards: all give their strings, then the destination's shard gets the result.
pub(super) fn bitop_rounds(tx: Tx, args: OwnedArgs) -> Pin<Box<dyn Future<Output = Result<(), CmdError>>>> {
    Box::pin(async move {
        let word = args.get(1).cloned().unwrap_or_default();
        let operation = operation(&word, args.len().saturating_sub(3))?;
        let destination = args.get(2).cloned().unwrap_or_default();
        let mut sources = Vec::new();
        for out in tx.each(args.get(3..).unwrap_or_default(), false, text_of).await {
            match out {
                StepOut::Bytes(text) => sources.push(text),
                StepOut::Failed(error) => return Err(error),
                _ => sources.push(Vec::new()),
            }
        }
        let combined = combine(operation, &sources);
        let len = combined.len() as i64;
        let shard = tx.topology.shard_of(&destination);
        let write: Step = Box::new(move |ctx| {
            store(ctx, &destination, &combined);
            StepOut::Done
        });
        tx.last_round(vec![(shard, write)]).await;
        tx.reply(|reply| reply.int(len));
        Ok(())
    })
}

fn text_of(ctx: &mut ShardCtx<'_>, name: &[u8]) -> StepOut {
    source(ctx, name).map_or_else(StepOut::Failed, StepOut::Bytes)
}

fn operation(word: &[u8], sources: usize) -> Result<Operation, CmdError> {
    let operation = match () {
        () if words::is(word, "AND") => Operation::And,
        () if words::is(word, "OR") => Operation::Or,
        () if words::is(word, "XOR") => Operation::Xor,
        () if words::is(word, "NOT") => Operation::Not,
        () if words::is(word, "DIFF") => Operation::Diff,
        () if words::is(word, "DIFF1") => Operation::Diff1,
        () if words::is(word, "ANDOR") => Operation::AndOr,
        () if words::is(word, "ONE") => Operation::One,
        () => return Err(CmdError::Syntax),
    };
    let too_few = |text| if sources < 2 { Err(CmdError::text_of(text)) } else { Ok(operation) };
    match operation {
        Operation::Not if sources != 1 => {
            Err(CmdError::text_of("ERR BITOP NOT must be called with a single source key."))
        }
        Operation::Diff => too_few("ERR BITOP DIFF must be called with at least two source keys."),
        Operation::Diff1 => too_few("ERR BITOP DIFF1 must be called with at least two source keys."),
        Operation::AndOr => too_few("ERR BITOP ANDOR must be called with at least two source keys."),
        _ => Ok(operation),
    }
}

/// The string of a key, empty if there is none.
fn source(ctx: &mut ShardCtx<'_>, name: &[u8]) -> Result<Vec<u8>, CmdError> {
    let key = ctx.key(name);
    match ctx.database().get(key) {
        Some(value) => Ok(as_string(value)?.text(&mut Vec::new()).to_vec()),
        None => Ok(Vec::new()),
    }
}

fn store(ctx: &mut ShardCtx<'_>, name: &[u8], text: &[u8]) {
    let key = ctx.key(name);
    if text.is_empty() {
        if ctx.database().remove(key) {
            ctx.event(Class::Generic, "del", name);
        }
    } else {
        let mut db = ctx.database();
        db.set(key, StringValue::Bytes(text), Expiry::Clear);
        if let Some(mut found) = db.occupied(key) {
            found.mark_changed();
        }
        drop(db);
        ctx.event(Class::String, "set", name);
    }
}

/// The result, as long as the longest source; shorter ones end in zeros. O(sum of lengths).
fn combine(operation: Operation, sources: &[Vec<u8>]) -> Vec<u8> {
    let len = sources.iter().map(Vec::len).max().unwrap_or(0);
    let Some((first, others)) = sources.split_first() else { return Vec::new() };
    let mut result = first.clone();
    result.resize(len, 0);
    match operation {
        Operation::Not => result.iter_mut().for_each(|byte| *byte = !*byte),
        Operation::And => {
            for other in others {
                apply(&mut result, other, |a, b| a & b);
                result.get_mut(other.len()..).unwrap_or_default().fill(0);
            }
        }
        Operation::Or => others.iter().for_each(|other| apply(&mut result, other, |a, b| a | b)),
        Operation::Xor => others.iter().for_each(|other| apply(&mut result, other, |a, b| a ^ b)),
        Operation::Diff => others.iter().for_each(|other| apply(&mut result, other, |a, b| a & !b)),
        Operation::Diff1 => apply(&mut result, &union(others, len), |a, b| !a & b),
        Operation::AndOr => apply(&mut result, &union(others, len), |a, b| a & b),
        Operation::One => {
            let mut twice = vec![0; len];
            for other in others {
                for ((once, twice), byte) in result.iter_mut().zip(&mut twice).zip(other) {
                    *twice |= *once & byte;
                    *once ^= byte;
                    *once &= !*twice;
                }
            }
        }
    }
    result
}

fn union(sources: &[Vec<u8>], len: usize) -> Vec<u8> {
    let mut union = vec![0; len];
    for source in sources {
        apply(&mut union, source, |a, b| a | b);
    }
    union
}

/// Combines the bytes that both have.
fn apply(result: &mut [u8], other: &[u8], f: impl Fn(u8, u8) -> u8) {
    result.iter_mut().zip(other).for_each(|(a, &b)| *a = f(*a, b));
}

#[cfg(test)]
mod tests {
    use base::Rng;

    use super::*;

    /// By the definitions, a bit at a time.
    fn naive(operation: Operation, sources: &[Vec<u8>], at: usize) -> bool {
        let bit = |source: &Vec<u8>| source.get(at / 8).is_some_and(|byte| byte & (0x80 >> (at % 8)) != 0);
        let x = bit(&sources[0]);
        let any = sources[1..].iter().any(bit);
        match operation {
            Operation::And => sources.iter().all(bit),
            Operation::Or => x || any,
            Operation::Xor => sources.iter().filter(|source| bit(source)).count() % 2 == 1,
            Operation::Not => !x,
            Operation::Diff => x && !any,
            Operation::Diff1 => !x && any,
            Operation::AndOr => x && any,
            Operation::One => sources.iter().filter(|source| bit(source)).count() == 1,
        }
    }

    #[test]
    fn as_bit_by_bit() {
        use Operation::*;
        let mut rng = Rng::new(11);
        for operation in [And, Or, Xor, Not, Diff, Diff1, AndOr, One] {
            for _ in 0..300 {
                let count = if matches!(operation, Not) { 1 } else { 2 + rng.below(3) };
                let sources: Vec<Vec<u8>> =
                    (0..count).map(|_| (0..rng.below(12)).map(|_| rng.below(256) as u8).collect()).collect();
                let combined = combine(operation, &sources);
                assert_eq!(combined.len(), sources.iter().map(Vec::len).max().unwrap());
                for at in 0..combined.len() * 8 {
                    let bit = combined[at / 8] & (0x80 >> (at % 8)) != 0;
                    assert_eq!(bit, naive(operation, &sources, at), "{sources:?} {at}");
                }
            }
        }
    }
}
