//! ZADD and ZINCRBY.

use base::Args;
use base::num::parse_f64;
use resp::Reply;
use store::SortedSetEdit;

use super::edit;
use crate::{CmdError, ShardCtx, words};

/// The options of ZADD.
#[derive(Clone, Copy, Default)]
struct Options {
    /// Only members that are not there.
    nx: bool,
    /// Only members that are there.
    xx: bool,
    /// Only to greater scores.
    gt: bool,
    /// Only to lower scores.
    lt: bool,
    /// Count changed members as well as new ones.
    ch: bool,
    /// Add to the score.
    incr: bool,
}

/// What became of a member.
#[derive(Clone, Copy)]
enum Change {
    /// The options left it out.
    Refused,
    /// It has this score already.
    Same(f64),
    Added(f64),
    Updated(f64),
}

impl Options {
    /// Parses the options; returns them with the index of the first score.
    fn parse(args: Args<'_>) -> (Self, usize) {
        let mut options = Options::default();
        let mut at = 2;
        while let Some(word) = args.get(at) {
            let option = match word.first().map(u8::to_ascii_lowercase) {
                Some(b'n') if words::is(word, "NX") => &mut options.nx,
                Some(b'x') if words::is(word, "XX") => &mut options.xx,
                Some(b'g') if words::is(word, "GT") => &mut options.gt,
                Some(b'l') if words::is(word, "LT") => &mut options.lt,
                Some(b'c') if words::is(word, "CH") => &mut options.ch,
                Some(b'i') if words::is(word, "INCR") => &mut options.incr,
                _ => break,
            };
            *option = true;
            at += 1;
        }
        (options, at)
    }

    fn check(self, pairs: usize) -> Result<(), CmdError> {
        let Options { nx, xx, gt, lt, incr, .. } = self;
        if nx && xx {
            return Err(CmdError::text_of(
                "ERR XX and NX options at the same time are not compatible",
            ));
        }
        if (gt && nx) || (lt && nx) || (gt && lt) {
            return Err(CmdError::text_of(
                "ERR GT, LT, and/or NX options at the same time are not compatible",
            ));
        }
        if incr && pairs > 1 {
            return Err(CmdError::text_of("ERR INCR option supports a single increment-element pair"));
        }
        Ok(())
    }

    /// Adds a member or changes its score, as the options say.
    fn apply(self, set: &mut SortedSetEdit<'_, '_>, score: f64, member: &[u8]) -> Result<Change, CmdError> {
        let Some(old) = set.view().score(member) else {
            if self.xx {
                return Ok(Change::Refused);
            }
            set.add(score, member);
            return Ok(Change::Added(score));
        };
        if self.nx {
            return Ok(Change::Refused);
        }
        let score = if self.incr { old + score } else { score };
        if score.is_nan() {
            return Err(CmdError::text_of("ERR resulting score is not a number (NaN)"));
        }
        if (self.lt && score >= old) || (self.gt && score <= old) {
            return Ok(Change::Refused);
        }
        if score == old {
            return Ok(Change::Same(score));
        }
        set.update(old, score, member);
        Ok(Change::Updated(score))
    }
}

/// ZADD key [NX | XX] [GT | LT] [CH] [INCR] score member [score member …]
pub(super) fn zadd(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let (options, at) = Options::parse(args);
    add(options, args.arg(1), args.tail(at), ctx, reply)
}

/// ZINCRBY key increment member
pub(super) fn zincrby(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    add(Options { incr: true, ..Options::default() }, args.arg(1), args.tail(2), ctx, reply)
}

fn add(
    options: Options,
    key: &[u8],
    pairs: Args<'_>,
    ctx: &mut ShardCtx<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    if pairs.is_empty() || !pairs.len().is_multiple_of(2) {
        return Err(CmdError::Syntax);
    }
    let count = pairs.len() / 2;
    options.check(count)?;
    let first = parse_f64(pairs.arg(0)).ok_or(CmdError::NotFloat)?;
    let rest = pairs.tail(2).iter().step_by(2).map(|text| parse_f64(text).ok_or(CmdError::NotFloat));
    let rest: Vec<f64> = rest.collect::<Result<_, _>>()?;
    let scores = std::iter::once(first).chain(rest);
    let members = pairs.tail(1).iter().step_by(2);
    let (mut added, mut updated) = (0, 0);
    let event = if options.incr { "zincr" } else { "zadd" };
    let last = edit(ctx, key, Some(event), |set| {
        if !options.xx || !set.view().is_empty() {
            set.expect(count, pairs.arg(1));
        }
        let mut last = Change::Refused;
        for (score, member) in scores.zip(members) {
            last = options.apply(set, score, member)?;
            match last {
                Change::Added(_) => added += 1,
                Change::Updated(_) => updated += 1,
                Change::Refused | Change::Same(_) => {}
            }
        }
        Ok(last)
    })??;
    match last {
        _ if !options.incr => reply.int(added + if options.ch { updated } else { 0 }),
        Change::Refused => reply.null(),
        Change::Same(score) | Change::Added(score) | Change::Updated(score) => reply.double(score),
    }
    Ok(())
}
