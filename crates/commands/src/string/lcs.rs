//! LCS: the longest common subsequence of two strings.

use std::pin::Pin;

use base::Args;
use resp::Reply;
use store::{Db, Key};

use super::as_string;
use crate::{CmdError, OwnedArgs, ShardCtx, Step, StepOut, Tx, words};

/// Bytes of a cell of the table.
const CELL_BYTES: u64 = size_of::<u32>() as u64;

#[derive(Clone, Copy, Default)]
struct Options {
    len: bool,
    idx: bool,
    with_match_len: bool,
    min_match_len: u64,
}

impl Options {
    /// Parses what follows the two keys.
    fn parse<'a>(mut args: impl Iterator<Item = &'a [u8]>) -> Result<Self, CmdError> {
        let mut options = Options::default();
        while let Some(word) = args.next() {
            if words::is(word, "IDX") {
                options.idx = true;
            } else if words::is(word, "LEN") {
                options.len = true;
            } else if words::is(word, "WITHMATCHLEN") {
                options.with_match_len = true;
            } else if words::is(word, "MINMATCHLEN")
                && let Some(len) = args.next()
            {
                options.min_match_len = u64::try_from(words::int(len)?).unwrap_or(0);
            } else {
                return Err(CmdError::Syntax);
            }
        }
        if options.len && options.idx {
            return Err(CmdError::text_of(
                "ERR If you want both the length and indexes, please just use IDX.",
            ));
        }
        Ok(options)
    }
}

/// LCS key1 key2 [LEN] [IDX] [MINMATCHLEN len] [WITHMATCHLEN], both keys in one shard
pub(super) fn lcs(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let max = ctx.limits().proto_max_bulk_len;
    let (first, second) = (ctx.routed_key(args.arg(1)), ctx.key(args.arg(2)));
    let mut db = ctx.database();
    let (first, second) = (text(&mut db, first), text(&mut db, second));
    let (first, second) = (first?, second?);
    write(Options::parse(args.tail(3).iter())?, &first, &second, max, reply)
}

/// LCS over two shards: both hand out their strings at one instant.
pub(super) fn lcs_rounds(tx: Tx, args: OwnedArgs) -> Pin<Box<dyn Future<Output = Result<(), CmdError>>>> {
    Box::pin(async move {
        let steps = args.iter().skip(1).take(2).map(|name| {
            let (shard, name) = (tx.topology.shard_of(name), name.clone());
            let step: Step = Box::new(move |ctx| {
                let key = ctx.key(&name);
                text(&mut ctx.database(), key).map_or_else(StepOut::Failed, StepOut::Bytes)
            });
            (shard, step)
        });
        let mut texts = Vec::new();
        for out in tx.last_round(steps.collect()).await {
            match out {
                StepOut::Bytes(text) => texts.push(text),
                StepOut::Failed(error) => return Err(error),
                _ => {}
            }
        }
        let [first, second] = texts.as_slice() else { return Ok(()) };
        let options = Options::parse(args.iter().skip(3).map(AsRef::as_ref))?;
        let mut result = Ok(());
        let max = tx.limits.proto_max_bulk_len;
        tx.reply(|reply| result = write(options, first, second, max, reply));
        result
    })
}

/// The string of a key; empty if there is none.
fn text(db: &mut Db<'_>, key: Key<'_>) -> Result<Vec<u8>, CmdError> {
    let Some(value) = db.get(key) else { return Ok(Vec::new()) };
    let not_strings = CmdError::text_of("ERR The specified keys must contain string values");
    let value = as_string(value).map_err(|_| not_strings)?;
    Ok(value.text(&mut Vec::new()).to_vec())
}

/// Computes and replies. Time and transient memory are proportional to the product of the lengths; `max_bytes` bounds both.
fn write(
    options: Options,
    first: &[u8],
    second: &[u8],
    max_bytes: u64,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    let cells = (first.len() as u64 + 1).checked_mul(second.len() as u64 + 1);
    let bytes = cells.and_then(|cells| cells.checked_mul(CELL_BYTES));
    if bytes.is_none_or(|bytes| bytes > max_bytes) {
        return Err(CmdError::text_of(
            "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len",
        ));
    }
    let table = Table::new(first, second);
    if options.idx {
        let mut matches = table.matches();
        matches.retain(|found| found.len as u64 >= options.min_match_len);
        reply.map(2);
        reply.bulk(b"matches");
        reply.array(matches.len());
        for Match { first, second, len } in matches {
            reply.array(2 + usize::from(options.with_match_len));
            for start in [first, second] {
                reply.array(2);
                reply.int(start as i64);
                reply.int((start + len - 1) as i64);
            }
            if options.with_match_len {
                reply.int(len as i64);
            }
        }
        reply.bulk(b"len");
        reply.int(table.len() as i64);
    } else if options.len {
        reply.int(table.len() as i64);
    } else {
        reply.bulk(&table.text());
    }
    Ok(())
}

/// The lengths of the longest common subsequences of all beginnings of two strings.
struct Table<'a> {
    first: &'a [u8],
    second: &'a [u8],
    /// Row by row, a row for each length of `first`.
    cells: Vec<u32>,
}

/// A run of equal bytes: where it starts in each string.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Match {
    first: usize,
    second: usize,
    len: usize,
}

impl<'a> Table<'a> {
    fn new(first: &'a [u8], second: &'a [u8]) -> Self {
        let width = second.len() + 1;
        let mut cells = vec![0u32; (first.len() + 1) * width];
        for (row, &byte) in first.iter().enumerate() {
            let (above, below) = cells.split_at_mut((row + 1) * width);
            let above = above.get(row * width..).unwrap_or_default();
            let mut left = 0;
            for ((&other, pair), cell) in second.iter().zip(above.windows(2)).zip(below.iter_mut().skip(1)) {
                let &[diagonal, up] = pair else { continue };
                left = if byte == other { diagonal + 1 } else { up.max(left) };
                *cell = left;
            }
        }
        Table { first, second, cells }
    }

    fn cell(&self, row: usize, column: usize) -> u32 {
        self.cells.get(row * (self.second.len() + 1) + column).copied().unwrap_or(0)
    }

    fn len(&self) -> usize {
        self.cells.last().copied().unwrap_or(0) as usize
    }

    /// Walks back from the ends; gives the places of each byte that both have, last first.
    fn walk(&self, mut visit: impl FnMut(usize, usize)) {
        let (mut row, mut column) = (self.first.len(), self.second.len());
        while row > 0 && column > 0 {
            if self.first.get(row - 1) == self.second.get(column - 1) {
                (row, column) = (row - 1, column - 1);
                visit(row, column);
            } else if self.cell(row - 1, column) > self.cell(row, column - 1) {
                row -= 1;
            } else {
                column -= 1;
            }
        }
    }

    fn text(&self) -> Vec<u8> {
        let mut text = Vec::with_capacity(self.len());
        self.walk(|row, _| text.extend(self.first.get(row)));
        text.reverse();
        text
    }

    /// The runs, last first.
    fn matches(&self) -> Vec<Match> {
        let mut matches: Vec<Match> = Vec::new();
        self.walk(|row, column| match matches.last_mut() {
            Some(last) if last.first == row + 1 && last.second == column + 1 => {
                *last = Match { first: row, second: column, len: last.len + 1 };
            }
            _ => matches.push(Match { first: row, second: column, len: 1 }),
        });
        matches
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Match, Table};

    /// The length by its definition.
    fn len(first: &[u8], second: &[u8]) -> usize {
        match (first, second) {
            ([a, first @ ..], [b, second @ ..]) if a == b => 1 + len(first, second),
            ([_, shorter_first @ ..], [_, shorter_second @ ..]) => {
                len(shorter_first, second).max(len(first, shorter_second))
            }
            _ => 0,
        }
    }

    fn is_subsequence(part: &[u8], of: &[u8]) -> bool {
        let mut of = of.iter();
        part.iter().all(|byte| of.any(|other| other == byte))
    }

    #[test]
    fn example_of_the_documentation() {
        let table = Table::new(b"ohmytext", b"mynewtext");
        assert_eq!((table.len(), &table.text()[..]), (6, &b"mytext"[..]));
        let run = |first, second, len| Match { first, second, len };
        assert_eq!(table.matches(), [run(4, 5, 4), run(2, 0, 2)]);
    }

    proptest! {
        #[test]
        fn what_is_found_is_common_and_longest(first in "[abc]{0,8}", second in "[abc]{0,8}") {
            let (first, second) = (first.as_bytes(), second.as_bytes());
            let table = Table::new(first, second);
            let text = table.text();
            prop_assert_eq!(table.len(), len(first, second));
            prop_assert_eq!(text.len(), table.len());
            prop_assert!(is_subsequence(&text, first) && is_subsequence(&text, second));
            let mut runs = table.matches();
            runs.reverse();
            let joined: Vec<u8> = runs.iter().flat_map(|run| &first[run.first..run.first + run.len]).copied().collect();
            prop_assert_eq!(&joined, &text);
            for run in runs {
                prop_assert_eq!(&first[run.first..run.first + run.len], &second[run.second..run.second + run.len]);
            }
        }
    }
}
