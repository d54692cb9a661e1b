//! ZADD and ZINCRBY.

use base::Args;
use base::num::parse_f64;
use resp::Reply;
use store::SortedSetEdit;

use super::edit;
use crate::{CmdError, ShardCtx, words};

/// The options of ZADD.
#[derive(Clone, Copy, Default)]
pub(crate) struct AddOptions {
    /// Only members that are not there.
    pub(crate) nx: bool,
    /// Only members that are there.
    pub(crate) xx: bool,
    /// Only to greater scores.
    pub(crate) gt: bool,
    /// Only to lower scores.
    pub(crate) lt: bool,
    /// Count changed members as well as new ones.
    pub(crate) ch: bool,
    /// Add to the score.
    pub(crate) incr: bool,
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

impl AddOptions {
    /// Parses the options; returns them with the index of the first score.
    fn parse(args: Args<'_>) -> (Self, usize) {
        let mut options = AddOptions::default();
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
        let AddOptions { nx, xx, gt, lt, incr, .. } = self;
        if nx && xx {
            return Err(CmdError::text_of("ERR XX and NX options at the same time are not compatible"));
        }
        if nx && (gt || lt) || gt && lt {
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
    let (options, at) = AddOptions::parse(args);
    add(options, args.arg(1), args.tail(at), ctx, reply)
}

/// ZINCRBY key increment member
pub(super) fn zincrby(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    // What is an option of ZADD is one here too, and leaves too few words.
    if ["NX", "XX", "GT", "LT", "CH", "INCR"].iter().any(|option| words::is(args.arg(2), option)) {
        return Err(CmdError::Syntax);
    }
    add(AddOptions { incr: true, ..AddOptions::default() }, args.arg(1), args.tail(2), ctx, reply)
}

/// Adds pairs of scores and members.
fn add(
    options: AddOptions,
    name: &[u8],
    pairs: Args<'_>,
    ctx: &mut ShardCtx<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    if pairs.is_empty() || !pairs.len().is_multiple_of(2) {
        return Err(CmdError::Syntax);
    }
    options.check(pairs.len() / 2)?;
    let pair = |at: usize| {
        let score = parse_f64(pairs.arg(at)).ok_or(CmdError::NotFloat)?;
        Ok((score, pairs.arg(at + 1)))
    };
    if pairs.len() == 2 {
        return add_all(ctx, name, options, &[pair(0)?], reply);
    }
    let members: Vec<_> = (0..pairs.len()).step_by(2).map(pair).collect::<Result<_, CmdError>>()?;
    add_all(ctx, name, options, &members, reply)
}

/// Adds members, of which there is at least one, to the key that the command was routed by, and replies as ZADD does.
pub(crate) fn add_all(
    ctx: &mut ShardCtx<'_>,
    name: &[u8],
    options: AddOptions,
    members: &[(f64, &[u8])],
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    let (mut added, mut updated) = (0, 0);
    let event = if options.incr { "zincr" } else { "zadd" };
    let key = ctx.routed_key(name);
    let last = edit(ctx, key, event, |set| {
        if !options.xx || !set.view().is_empty() {
            set.expect(members.len(), members.first().map_or(&[], |(_, member)| member));
        }
        let mut last = Change::Refused;
        for &(score, member) in members {
            last = options.apply(set, score, member)?;
            match last {
                Change::Added(_) => added += 1,
                Change::Updated(_) => updated += 1,
                Change::Refused | Change::Same(_) => {}
            }
        }
        Ok::<_, CmdError>(last)
    })??;
    match last {
        _ if !options.incr => reply.int(added + if options.ch { updated } else { 0 }),
        Change::Refused => reply.null(),
        Change::Same(score) | Change::Added(score) | Change::Updated(score) => reply.double(score),
    }
    Ok(())
}
