//! The array commands: texts at indexes of 64 bits, as Redis 8.8 has them.
//!
//! Differences from Redis: ARGREP knows no RE, and ARINFO describes the chunks of [`ds::array`], which are not Redis's slices.

mod aggregate;
mod change;
mod cursor;
mod expression;
mod grep;
mod index;
mod info;
mod look;
mod ring;

use ds::array::Array;
use ds::pack::Element;
use resp::Reply;

use crate::meta::array as meta;
use crate::{CommandSpec, Route};

/// The specs of this family.
pub static SPECS: &[CommandSpec] = &[
    CommandSpec::new(&meta::ARGET, Route::Key(look::arget)),
    CommandSpec::new(&meta::ARMGET, Route::Key(look::armget)),
    CommandSpec::new(&meta::ARLEN, Route::Key(look::arlen)),
    CommandSpec::new(&meta::ARCOUNT, Route::Key(look::arcount)),
    CommandSpec::new(&meta::ARGETRANGE, Route::Key(look::argetrange)),
    CommandSpec::new(&meta::ARSCAN, Route::Key(look::arscan)),
    CommandSpec::new(&meta::ARGREP, Route::Key(grep::argrep)),
    CommandSpec::new(&meta::AROP, Route::Key(aggregate::arop)),
    CommandSpec::new(&meta::ARINFO, Route::Key(info::arinfo)),
    CommandSpec::new(&meta::ARSET, Route::Key(change::arset)),
    CommandSpec::new(&meta::ARMSET, Route::Key(change::armset)),
    CommandSpec::new(&meta::ARDEL, Route::Key(change::ardel)),
    CommandSpec::new(&meta::ARDELRANGE, Route::Key(change::ardelrange)),
    CommandSpec::new(&meta::ARINSERT, Route::Key(cursor::arinsert)),
    CommandSpec::new(&meta::ARNEXT, Route::Key(cursor::arnext)),
    CommandSpec::new(&meta::ARSEEK, Route::Key(cursor::arseek)),
    CommandSpec::new(&meta::ARLASTITEMS, Route::Key(cursor::arlastitems)),
    CommandSpec::new(&meta::ARRING, Route::Key(ring::arring)),
];

/// Most positions of a reply that may be empty ones.
const REPLY_POSITIONS_MAX: u64 = 1_000_000;

/// Replies with an element, or null where there is none.
fn bulk_or_null(reply: &mut Reply<'_>, element: Option<Element<'_>>) {
    match element {
        Some(element) => crate::elements::bulk(reply, element),
        None => reply.null(),
    }
}

/// Replies with the elements at so many indexes from one on, upwards, going on at 0 behind the last index of `span`.
fn positions(reply: &mut Reply<'_>, array: &Array, start: u64, count: u64, span: u64) {
    let first = count.min(span - start);
    stretch(reply, array, start, first);
    stretch(reply, array, 0, count - first);
}

/// Replies with the elements at so many indexes from one on, null where there is none.
fn stretch(reply: &mut Reply<'_>, array: &Array, start: u64, count: u64) {
    if count == 0 {
        return;
    }
    let mut next = start;
    array.visit(start, start + (count - 1), |index, element| {
        (next..index).for_each(|_| reply.null());
        crate::elements::bulk(reply, element);
        next = index + 1;
        true
    });
    (next..start + count).for_each(|_| reply.null());
}

/// As [`stretch`], downwards from the last index.
fn stretch_back(reply: &mut Reply<'_>, array: &Array, last: u64, count: u64) {
    if count == 1 {
        return bulk_or_null(reply, array.get(last));
    }
    if count == 0 {
        return;
    }
    let (low, mut left) = (last - (count - 1), count);
    array.visit(last, low, |index, element| {
        let behind = index - low + 1;
        (behind..left).for_each(|_| reply.null());
        crate::elements::bulk(reply, element);
        left = behind - 1;
        true
    });
    (0..left).for_each(|_| reply.null());
}
