//! ARRING: an array as a ring of the latest elements.

use base::{Args, num};
use ds::array::Array;
use resp::Reply;
use store::{Class, Kind};

use crate::{CmdError, ShardCtx};

/// ARRING key size value [value …]
pub(super) fn arring(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let size = num::parse_i64(args.arg(2)).ok_or(CmdError::text_of("ERR invalid size"))?;
    let size = u64::try_from(size).ok().filter(|&size| size > 0);
    let size = size.ok_or(CmdError::text_of("ERR size must be positive"))?;
    let values = args.tail(3);
    let key = ctx.routed_key(args.arg(1));
    let edited = ctx.database().edit(key, Kind::Array, |draft| {
        let mut draft = draft.as_array();
        draft.create();
        let Some(array) = draft.get() else { return 0 };
        let kept = kept_by_resize(array, size);
        if kept > 0 {
            *array = rebuilt(array, kept);
        }
        let mut at = 0;
        for value in values.iter() {
            at = array.last_insert().map_or(0, |last| last.saturating_add(1)) % size;
            array.set(at, value);
            array.set_last_insert(Some(at));
        }
        draft.changed(values.len() as u64);
        at
    })?;
    ctx.event(Class::Array, "arring", args.arg(1));
    reply.uint(edited.result);
    Ok(())
}

/// How many positions may be kept where the ring has to be built anew for its size; 0 where it need not be: neither smaller
/// than its span, nor larger after it went around. ARSEEK 0 before growing means what it says.
fn kept_by_resize(array: &Array, size: u64) -> u64 {
    let span = array.len();
    if size < span {
        return size;
    }
    let went_around = array.last_insert().is_some_and(|last| last.saturating_add(1) < span);
    if size > span && went_around { span } else { 0 }
}

/// Passes the indexes of elements from one down to another to `act` until it says false.
fn visit_down(array: &Array, from: u64, to: u64, mut act: impl FnMut(u64) -> bool) {
    if from == to {
        if array.get(from).is_some() {
            act(from);
        }
        return;
    }
    array.visit(from, to, |index, _| act(index));
}

/// The latest elements without a gap, at most `kept`, from index 0 on.
fn rebuilt(array: &Array, kept: u64) -> Array {
    let span = array.len();
    let newest = array.last_insert().map_or(span - 1, |last| last % span);
    let mut count = 0;
    // Backwards from the newest one, and around; until the first gap.
    let mut expected = newest;
    let mut count_back = |from: u64, to: u64, count: &mut u64| {
        expected = from;
        let mut whole = false;
        visit_down(array, from, to, |index| {
            if index != expected || *count == kept {
                return false;
            }
            *count += 1;
            whole = index == to;
            expected = index.wrapping_sub(1);
            true
        });
        whole && *count < kept
    };
    if count_back(newest, 0, &mut count) && newest + 1 < span {
        count_back(span - 1, newest + 1, &mut count);
    }
    let mut new = Array::new();
    let oldest = if count <= newest + 1 { newest + 1 - count } else { span - (count - newest - 1) };
    let mut next = 0;
    let mut copy = |from: u64, to: u64| {
        array.visit(from, to, |_, element| {
            new.set(next, &element.to_vec());
            next += 1;
            true
        });
    };
    if count > 0 && oldest <= newest {
        copy(oldest, newest);
    } else if count > 0 {
        copy(oldest, span - 1);
        copy(0, newest);
    }
    new.set_last_insert(count.checked_sub(1));
    new
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(items: &[(u64, &str)], last: Option<u64>) -> Array {
        let mut array = Array::new();
        items.iter().for_each(|(index, text)| _ = array.set(*index, text.as_bytes()));
        array.set_last_insert(last);
        array
    }

    #[test]
    fn the_latest_are_kept() {
        fn check(items: &[(u64, &str)], last: Option<u64>, kept: u64, expect: &[(u64, &str)]) {
            let last_after = (expect.len() as u64).checked_sub(1);
            assert_eq!(rebuilt(&array(items, last), kept), array(expect, last_after), "{items:?} {last:?}");
        }
        let full = [(0, "d"), (1, "e"), (2, "c")];
        check(&full, Some(1), 3, &[(0, "c"), (1, "d"), (2, "e")]);
        check(&full, Some(1), 2, &[(0, "d"), (1, "e")]);
        check(&full, Some(1), 1, &[(0, "e")]);
        check(&full, Some(2), 2, &[(0, "e"), (1, "c")]);
        check(&full, None, 2, &[(0, "e"), (1, "c")]);
        check(&full, Some(7), 2, &[(0, "d"), (1, "e")]);
        let gap = [(0, "a"), (2, "c"), (3, "d")];
        check(&gap, Some(3), 4, &[(0, "c"), (1, "d")]);
        check(&gap, Some(0), 4, &[(0, "c"), (1, "d"), (2, "a")]);
        check(&gap, Some(1), 4, &[]);
    }

    /// Position by position, as the documentation tells it.
    fn naive(array: &Array, kept: u64) -> Array {
        let span = array.len();
        let mut at = array.last_insert().map_or(span - 1, |last| last % span);
        let mut texts = Vec::new();
        while let Some(element) = array.get(at).filter(|_| (texts.len() as u64) < kept) {
            texts.insert(0, element.to_vec());
            at = at.checked_sub(1).unwrap_or(span - 1);
        }
        let mut new = Array::new();
        texts.iter().enumerate().for_each(|(at, text)| _ = new.set(at as u64, text));
        new.set_last_insert((texts.len() as u64).checked_sub(1));
        new
    }

    #[test]
    fn as_position_by_position() {
        let mut rng = base::Rng::new(7);
        for round in 0..2000 {
            let mut array = Array::new();
            let span = 1 + rng.below(if round % 4 == 0 { 200 } else { 8 });
            let gaps = rng.one_in(2);
            for at in 0..span {
                if at + 1 == span || !gaps || !rng.one_in(6) {
                    array.set(at, at.to_string().as_bytes());
                }
            }
            array.set_last_insert(if rng.one_in(5) { None } else { Some(rng.below(span * 2)) });
            let kept = 1 + rng.below(span);
            assert_eq!(rebuilt(&array, kept), naive(&array, kept), "{array:?} {kept}");
        }
    }
}
