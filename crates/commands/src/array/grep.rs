//! ARGREP: the elements of a range whose texts match.

use base::Args;
use base::glob::glob_match;
use regex::bytes::Regex;
use resp::Reply;

use super::{expression, index, look};
use crate::{CmdError, ShardCtx, elements, words};

/// Most predicates of a call.
const PREDICATES_MAX: usize = 250;
/// Longest regular expression that is looked at.
const EXPRESSION_MAX_BYTES: usize = 2048;

/// An end of the range.
#[derive(Clone, Copy)]
enum Bound {
    Index(u64),
    First,
    Last,
}

impl Bound {
    fn parse(arg: &[u8]) -> Result<Self, CmdError> {
        match arg {
            b"-" => Ok(Bound::First),
            b"+" => Ok(Bound::Last),
            arg => index::parse(arg).map(Bound::Index),
        }
    }

    fn resolve(self, last: u64) -> u64 {
        match self {
            Bound::Index(index) => index,
            Bound::First => 0,
            Bound::Last => last,
        }
    }
}

enum Predicate<'a> {
    Exact(&'a [u8]),
    Contains(&'a [u8]),
    Glob(&'a [u8]),
    Expression(Regex),
}

impl Predicate<'_> {
    fn holds(&self, text: &[u8], any_case: bool) -> bool {
        let same = |a: &[u8], b: &[u8]| if any_case { a.eq_ignore_ascii_case(b) } else { a == b };
        match self {
            Predicate::Exact(wanted) => same(text, wanted),
            Predicate::Contains(wanted) => {
                wanted.is_empty() || text.windows(wanted.len()).any(|part| same(part, wanted))
            }
            Predicate::Glob(pattern) => glob_match(pattern, text, any_case),
            Predicate::Expression(expression) => expression.is_match(text),
        }
    }
}

struct Plan<'a> {
    predicates: Vec<Predicate<'a>>,
    all: bool,
    any_case: bool,
    with_values: bool,
    limit: u64,
}

impl<'a> Plan<'a> {
    fn parse(args: Args<'a>) -> Result<Self, CmdError> {
        let mut plan =
            Plan { predicates: Vec::new(), all: false, any_case: false, with_values: false, limit: u64::MAX };
        let mut expressions = Vec::new();
        let mut words = args.iter();
        while let Some(word) = words.next() {
            let kinds = ["EXACT", "MATCH", "GLOB", "RE"];
            if let Some(kind) = kinds.iter().position(|kind| words::is(word, kind)) {
                let pattern = words.next().ok_or(CmdError::Syntax)?;
                if plan.predicates.len() >= PREDICATES_MAX {
                    return Err(CmdError::text_of("ERR too many predicates, maximum is 250"));
                }
                plan.predicates.push(match kind {
                    0 => Predicate::Exact(pattern),
                    1 => Predicate::Contains(pattern),
                    2 => Predicate::Glob(pattern),
                    _ if pattern.len() > EXPRESSION_MAX_BYTES => {
                        return Err(CmdError::text_of(
                            "ERR regular expression is too long, maximum is 2048 bytes",
                        ));
                    }
                    _ if pattern.is_empty() => {
                        return Err(CmdError::text_of("ERR regular expression is empty"));
                    }
                    _ => {
                        // Whether letters have a case is known when all words are.
                        expressions.push(plan.predicates.len());
                        Predicate::Exact(pattern)
                    }
                });
            } else if words::is(word, "LIMIT") {
                plan.limit = look::limit(words.next().ok_or(CmdError::Syntax)?)?;
            } else if words::is(word, "WITHVALUES") {
                plan.with_values = true;
            } else if words::is(word, "NOCASE") {
                plan.any_case = true;
            } else if words::is(word, "AND") {
                plan.all = true;
            } else if words::is(word, "OR") {
                plan.all = false;
            } else {
                return Err(CmdError::Syntax);
            }
        }
        if plan.predicates.is_empty() {
            return Err(CmdError::Syntax);
        }
        for at in expressions {
            if let Some(predicate) = plan.predicates.get_mut(at)
                && let Predicate::Exact(pattern) = *predicate
            {
                *predicate = Predicate::Expression(expression::compile(pattern, plan.any_case)?);
            }
        }
        Ok(plan)
    }

    fn matches(&self, text: &[u8]) -> bool {
        let holds = |predicate: &Predicate<'_>| predicate.holds(text, self.any_case);
        if self.all { self.predicates.iter().all(holds) } else { self.predicates.iter().any(holds) }
    }
}

/// ARGREP key start end predicate … [options]
pub(super) fn argrep(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let (start, end) = (Bound::parse(args.arg(2))?, Bound::parse(args.arg(3))?);
    let plan = Plan::parse(args.tail(4))?;
    let key = ctx.routed_key(args.arg(1));
    let mut db = ctx.database();
    let (position, mut count) = (reply.position(), 0u64);
    if let Some(array) = db.array_of(key)? {
        let last = array.len().saturating_sub(1);
        let mut scratch = Vec::new();
        array.visit(start.resolve(last), end.resolve(last), |index, element| {
            if plan.matches(element.text(&mut scratch)) {
                if plan.with_values {
                    reply.array(2);
                }
                reply.uint(index);
                if plan.with_values {
                    elements::bulk(reply, element);
                }
                count += 1;
            }
            count < plan.limit
        });
    }
    reply.insert_array(position, count as usize);
    Ok(())
}
