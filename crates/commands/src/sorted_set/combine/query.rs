//! The arguments of unions, intersections and differences.

use base::num::parse_f64;

use super::Op;
use crate::{CmdError, words};

/// How the scores of a member become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aggregate {
    Sum,
    Min,
    Max,
    /// Weights are added; scores do not matter.
    Count,
}

impl Aggregate {
    /// What a score counts in an input of some weight.
    #[inline]
    pub(super) fn weigh(self, weight: f64, score: f64) -> f64 {
        if self == Aggregate::Count { weight } else { weight * score }
    }

    /// Takes another score into account.
    #[inline]
    pub(super) fn add(self, total: &mut f64, score: f64) {
        match self {
            Aggregate::Sum | Aggregate::Count => {
                *total += score;
                // Both infinities together count nothing.
                if total.is_nan() {
                    *total = 0.0;
                }
            }
            Aggregate::Min if score < *total => *total = score,
            Aggregate::Max if score > *total => *total = score,
            Aggregate::Min | Aggregate::Max => {}
        }
    }
}

/// The number of keys.
pub(super) struct Counted {
    pub(super) keys: usize,
}

impl Counted {
    /// Parses the number of keys, which the arguments begin with.
    pub(super) fn parse<'a>(
        mut args: impl ExactSizeIterator<Item = &'a [u8]>,
        command: &str,
    ) -> Result<Self, CmdError> {
        let keys = words::int(args.next().unwrap_or_default())?;
        if keys < 1 {
            let text = format!("ERR at least 1 input key is needed for '{command}' command");
            return Err(CmdError::Text(text.into_bytes().into()));
        }
        match usize::try_from(keys) {
            Ok(keys) if keys <= args.len() => Ok(Counted { keys }),
            _ => Err(CmdError::Syntax),
        }
    }
}

/// What follows the keys.
#[derive(Debug)]
pub(super) struct Query {
    /// The weights of the inputs; empty if all are 1.
    pub(super) weights: Vec<f64>,
    pub(super) aggregate: Aggregate,
    pub(super) with_scores: bool,
    /// Most results that are counted; 0 for all.
    pub(super) limit: usize,
}

impl Query {
    /// Parses what follows the keys; Redis does so after it has looked at their types.
    pub(super) fn parse<'a>(
        mut args: impl ExactSizeIterator<Item = &'a [u8]>,
        keys: usize,
        op: Op,
        store: bool,
        count_only: bool,
    ) -> Result<Self, CmdError> {
        let mut query =
            Query { weights: Vec::new(), aggregate: Aggregate::Sum, with_scores: false, limit: 0 };
        let weighted = op != Op::Diff && !count_only;
        while let Some(word) = args.next() {
            if weighted && args.len() >= keys && words::is(word, "WEIGHTS") {
                let weight =
                    |text| parse_f64(text).ok_or(CmdError::text_of("ERR weight value is not a float"));
                query.weights = args.by_ref().take(keys).map(weight).collect::<Result<_, _>>()?;
            } else if weighted && args.len() >= 1 && words::is(word, "AGGREGATE") {
                query.aggregate = match args.next().unwrap_or_default() {
                    word if words::is(word, "SUM") => Aggregate::Sum,
                    word if words::is(word, "MIN") => Aggregate::Min,
                    word if words::is(word, "MAX") => Aggregate::Max,
                    word if words::is(word, "COUNT") => Aggregate::Count,
                    _ => return Err(CmdError::Syntax),
                };
            } else if !store && !count_only && words::is(word, "WITHSCORES") {
                query.with_scores = true;
            } else if count_only && args.len() >= 1 && words::is(word, "LIMIT") {
                let limit = words::positive(args.next().unwrap_or_default());
                let limit = limit.map_err(|_| CmdError::text_of("ERR LIMIT can't be negative"))?;
                query.limit = usize::try_from(limit).unwrap_or(usize::MAX);
            } else {
                return Err(CmdError::Syntax);
            }
        }
        Ok(query)
    }

    /// The weight of an input.
    pub(super) fn weight(&self, input: usize) -> f64 {
        self.weights.get(input).copied().unwrap_or(1.0)
    }
}
