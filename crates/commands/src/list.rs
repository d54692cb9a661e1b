//! The list commands.

mod blocking;
mod edit;
mod find;
mod mpop;
mod pop;
mod push;
mod range;
mod transfer;

use ds::list::Side;
use ds::pack::Element;
use resp::Reply;

use crate::meta::list as meta;
use crate::meta::list_new as new;
use crate::{CmdError, CommandSpec, Route, words};

/// The specs of this family.
pub static SPECS: &[CommandSpec] = &[
    CommandSpec::new(&meta::LPUSH, Route::Key(push::lpush)),
    CommandSpec::new(&meta::RPUSH, Route::Key(push::rpush)),
    CommandSpec::new(&meta::LPUSHX, Route::Key(push::lpushx)),
    CommandSpec::new(&meta::RPUSHX, Route::Key(push::rpushx)),
    CommandSpec::new(&meta::LPOP, Route::Key(pop::lpop)),
    CommandSpec::new(&meta::RPOP, Route::Key(pop::rpop)),
    CommandSpec::new(&meta::LLEN, Route::Key(range::llen)),
    CommandSpec::new(&meta::LINDEX, Route::Key(range::lindex)),
    CommandSpec::new(&meta::LRANGE, Route::Key(range::lrange)),
    CommandSpec::new(&meta::LSET, Route::Key(edit::lset)),
    CommandSpec::new(&meta::LINSERT, Route::Key(edit::linsert)),
    CommandSpec::new(&meta::LREM, Route::Key(edit::lrem)),
    CommandSpec::new(&meta::LTRIM, Route::Key(edit::ltrim)),
    CommandSpec::new(&meta::LPOS, Route::Key(find::lpos)),
    CommandSpec::new(&meta::LMOVE, Route::Rounds(transfer::lmove, transfer::lmove_rounds)),
    CommandSpec::new(&meta::RPOPLPUSH, Route::Rounds(transfer::rpoplpush, transfer::rpoplpush_rounds)),
    CommandSpec::new(&new::LMOVEM, Route::Rounds(transfer::lmovem, transfer::lmovem_rounds)),
    CommandSpec::new(&meta::LMPOP, Route::Rounds(mpop::lmpop, mpop::lmpop_rounds)),
    CommandSpec::new(&meta::BLPOP, Route::Blocking(&blocking::BLPOP)),
    CommandSpec::new(&meta::BRPOP, Route::Blocking(&blocking::BRPOP)),
    CommandSpec::new(&meta::BLMPOP, Route::Blocking(&blocking::BLMPOP)),
    CommandSpec::new(&meta::BLMOVE, Route::Blocking(&transfer::BLMOVE)),
    CommandSpec::new(&meta::BRPOPLPUSH, Route::Blocking(&transfer::BRPOPLPUSH)),
    CommandSpec::new(&new::BLMOVEM, Route::Blocking(&transfer::BLMOVEM)),
];

/// Replies with an element.
#[inline]
fn bulk(reply: &mut Reply<'_>, element: Element<'_>) {
    match element {
        Element::Bytes(bytes) => reply.bulk(bytes),
        Element::Int(int) => reply.bulk_int(int),
    }
}

/// LEFT or RIGHT.
fn side(arg: &[u8]) -> Result<Side, CmdError> {
    if words::is(arg, "LEFT") {
        Ok(Side::Front)
    } else if words::is(arg, "RIGHT") {
        Ok(Side::Back)
    } else {
        Err(CmdError::Syntax)
    }
}

/// The event of a removal at a side.
const fn pop_event(side: Side) -> &'static str {
    match side {
        Side::Front => "lpop",
        Side::Back => "rpop",
    }
}

/// The event of an addition at a side.
const fn push_event(side: Side) -> &'static str {
    match side {
        Side::Front => "lpush",
        Side::Back => "rpush",
    }
}

/// The number of an element, counted from the end if negative; `None` before the beginning.
fn index(index: i64, len: usize) -> Option<usize> {
    match usize::try_from(index) {
        Ok(index) => Some(index),
        Err(_) => usize::try_from(index.unsigned_abs()).ok().and_then(|back| len.checked_sub(back)),
    }
}

/// The elements from `start` to `end`, both counted from the end if negative: the first, and how many.
fn span(start: i64, end: i64, len: usize) -> (usize, usize) {
    let start = index(start, len).unwrap_or(0);
    let end = index(end, len).map_or(0, |end| end.saturating_add(1).min(len));
    (start, end.saturating_sub(start))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans() {
        fn check(start: i64, end: i64, expect: (usize, usize)) {
            assert_eq!(span(start, end, 5).1, expect.1, "{start} {end}");
            if expect.1 > 0 {
                assert_eq!(span(start, end, 5), expect);
            }
        }
        check(0, -1, (0, 5));
        check(1, 2, (1, 2));
        check(-2, -1, (3, 2));
        check(-100, 100, (0, 5));
        check(3, 2, (0, 0));
        check(5, 9, (0, 0));
        check(0, -6, (0, 0));
        check(0, -5, (0, 1));
        check(i64::MIN, i64::MAX, (0, 5));
    }
}
