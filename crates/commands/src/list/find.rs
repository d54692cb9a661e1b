//! Where an element is: LPOS.

use base::Args;
use ds::list::Side;
use ds::pack::Element;
use resp::Reply;

use crate::{CmdError, ShardCtx, words};

/// What LPOS looks for.
struct Options {
    /// Which match comes first: 1 is the first of all.
    rank: u64,
    backwards: bool,
    /// How many matches at most, 0 for all, if the reply is an array.
    count: Option<u64>,
    /// How many elements to look at, 0 for all.
    maxlen: u64,
}

impl Options {
    fn parse(args: Args<'_>) -> Result<Self, CmdError> {
        let mut options = Options { rank: 1, backwards: false, count: None, maxlen: 0 };
        let mut args = args.tail(3).iter();
        while let Some(word) = args.next() {
            let value = args.next().ok_or(CmdError::Syntax)?;
            if words::is(word, "RANK") {
                let rank = words::symmetric(value)?;
                if rank == 0 {
                    return Err(CmdError::text_of(
                        "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... \
                         or use negative to start from the end of the list",
                    ));
                }
                (options.rank, options.backwards) = (rank.unsigned_abs(), rank < 0);
            } else if words::is(word, "COUNT") {
                options.count = Some(words::at_least(value, 0, "ERR COUNT can't be negative")?);
            } else if words::is(word, "MAXLEN") {
                options.maxlen = words::at_least(value, 0, "ERR MAXLEN can't be negative")?;
            } else {
                return Err(CmdError::Syntax);
            }
        }
        Ok(options)
    }
}

/// LPOS key element [RANK rank] [COUNT matches] [MAXLEN len]
pub(super) fn lpos(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let options = Options::parse(args)?;
    let key = ctx.routed_key(args.arg(1));
    let mut db = ctx.database();
    let list = db.list_of(key)?;
    let mut found: Vec<usize> = Vec::new();
    if let Some(list) = list {
        let wanted = Element::of(args.arg(2));
        let last = list.len().saturating_sub(1);
        let (from, towards) = if options.backwards { (last, Side::Front) } else { (0, Side::Back) };
        let looked_at = if options.maxlen == 0 { usize::MAX } else { clamped(options.maxlen) };
        let wanted_count = match options.count {
            Some(0) => usize::MAX,
            Some(count) => clamped(count),
            None => 1,
        };
        let (mut at, mut skipped) = (0, clamped(options.rank - 1));
        list.visit(from, towards, |element| {
            if element == wanted {
                if skipped == 0 {
                    found.push(if options.backwards { last - at } else { at });
                } else {
                    skipped -= 1;
                }
            }
            at += 1;
            at < looked_at && found.len() < wanted_count
        });
    }
    match (options.count, found.first()) {
        (Some(_), _) => {
            reply.array(found.len());
            found.iter().for_each(|&at| reply.int(at as i64));
        }
        (None, Some(&at)) => reply.int(at as i64),
        (None, None) => reply.null(),
    }
    Ok(())
}

fn clamped(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}
