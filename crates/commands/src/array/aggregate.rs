//! AROP: a number made of all elements of a range.

use base::Args;
use base::num::{self, LongFloat};
use ds::pack::Element;
use resp::Reply;

use super::index;
use crate::{CmdError, ShardCtx, words};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Operation {
    Sum,
    Min,
    Max,
    And,
    Or,
    Xor,
    Match,
    Used,
}

const OPERATIONS: [(&str, Operation); 8] = [
    ("SUM", Operation::Sum),
    ("MIN", Operation::Min),
    ("MAX", Operation::Max),
    ("AND", Operation::And),
    ("OR", Operation::Or),
    ("XOR", Operation::Xor),
    ("MATCH", Operation::Match),
    ("USED", Operation::Used),
];

/// What the elements so far come to.
struct Total<'a> {
    operation: Operation,
    wanted: &'a [u8],
    count: u64,
    bits: Option<i64>,
    /// The sum, least or greatest; `Some(None)` is not a number, as the sum of opposite infinities.
    number: Option<Option<LongFloat>>,
}

impl Total<'_> {
    fn add(&mut self, element: Element<'_>, scratch: &mut Vec<u8>) {
        match self.operation {
            Operation::Used => self.count += 1,
            Operation::Match => self.count += u64::from(element.text(scratch) == self.wanted),
            Operation::And | Operation::Or | Operation::Xor => {
                let value = element.as_int().or_else(|| number(element)?.truncated());
                let Some(value) = value else { return };
                self.bits = Some(match (self.bits, self.operation) {
                    (None, _) => value,
                    (Some(bits), Operation::And) => bits & value,
                    (Some(bits), Operation::Or) => bits | value,
                    (Some(bits), _) => bits ^ value,
                });
            }
            Operation::Sum | Operation::Min | Operation::Max => {
                let Some(value) = number(element) else { return };
                self.number = Some(match (self.number, self.operation) {
                    (None, _) => Some(value),
                    (Some(total), Operation::Sum) => total.and_then(|total| total.plus(value)),
                    (Some(Some(total)), Operation::Min) if value < total => Some(value),
                    (Some(Some(total)), Operation::Max) if value > total => Some(value),
                    (Some(total), _) => total,
                });
            }
        }
    }

    fn write(&self, reply: &mut Reply<'_>) {
        match (self.operation, self.bits, self.number) {
            (Operation::Match | Operation::Used, ..) => reply.uint(self.count),
            (Operation::And | Operation::Or | Operation::Xor, Some(bits), _) => reply.int(bits),
            (_, _, Some(None)) => reply.bulk(b"-nan"),
            (_, _, Some(Some(total))) => {
                let mut text = Vec::new();
                total.write_general(&mut text);
                reply.bulk(&text);
            }
            _ => reply.null(),
        }
    }
}

/// The number that an element is. Redis keeps texts that are the shortest form of a double with two zero bits at its end as
/// that double, and reads all others with the precision of a `long double`.
fn number(element: Element<'_>) -> Option<LongFloat> {
    let text = match element {
        Element::Int(int) => return Some(LongFloat::from_int(int)),
        Element::Bytes(text) => text,
    };
    let kept = num::parse_f64(text).map(|value| f64::from_bits(value.to_bits() & !3)).filter(|&value| {
        let mut form = Vec::new();
        num::write_f64(&mut form, value);
        text == form || text.strip_suffix(b".0") == Some(&form)
    });
    match kept {
        Some(value) => LongFloat::from_f64(value),
        None => LongFloat::parse(text),
    }
}

/// AROP key start end operation [value]
pub(super) fn arop(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let (start, end) = (index::parse(args.arg(2))?, index::parse(args.arg(3))?);
    let found = OPERATIONS.iter().find(|(name, _)| words::is(args.arg(4), name));
    let &(_, operation) = found.ok_or(CmdError::text_of("ERR unknown operation"))?;
    match (operation, args.len()) {
        (Operation::Match, 6) => {}
        (Operation::Match, _) => return Err(CmdError::text_of("ERR MATCH requires a value argument")),
        (_, 5) => {}
        _ => return Err(CmdError::Arity("arop".into())),
    }
    let key = ctx.routed_key(args.arg(1));
    let mut total = Total { operation, wanted: args.arg(5), count: 0, bits: None, number: None };
    let mut scratch = Vec::new();
    if let Some(array) = ctx.database().array_of(key)? {
        array.visit(start, end, |_, element| {
            total.add(element, &mut scratch);
            true
        });
    }
    total.write(reply);
    Ok(())
}
