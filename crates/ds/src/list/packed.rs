//! A small list in one run of bytes: an owner's byte, the number of elements, and the encoded elements.
//!
//! ```text
//!   ┌───────┬───────┬─────────┬─────────┬───
//!   │ owner │ count │ element │ element │ …
//!   │ 1     │ 2     │         │         │
//!   └───────┴───────┴─────────┴─────────┴───
//! ```
//!
//! Every change costs O(bytes): it is for lists of a kilobyte or so.

use super::{Element, Limits, List, Side};
use crate::element::{Elements, Encoded, first, first_len, offset_of, offsets_into};

/// Bytes before the elements.
const HEAD_BYTES: usize = 3;

/// Most elements that the head can count.
pub const COUNT_MAX: usize = u16::MAX as usize;

/// An empty list with the owner's byte.
pub fn empty(owner: u8) -> Vec<u8> {
    vec![owner, 0, 0]
}

/// A packed list to look at.
#[derive(Clone, Copy, Debug)]
pub struct Packed<'a> {
    bytes: &'a [u8],
}

impl<'a> Packed<'a> {
    /// Over all bytes, the owner's first.
    #[inline]
    pub fn new(bytes: &'a [u8]) -> Self {
        Packed { bytes }
    }

    /// The number of elements. O(1).
    #[inline]
    pub fn len(self) -> usize {
        count(self.bytes)
    }

    /// Whether there are no elements. O(1).
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Bytes of the encoded elements.
    pub fn run_bytes(self) -> usize {
        self.run().len()
    }

    /// The elements from a number on.
    #[inline]
    pub fn iter(self, from: usize) -> Elements<'a> {
        Elements::new(self.run()).skip_elements(from.min(self.len()))
    }

    /// The elements from a number on backwards.
    pub fn iter_back(self, from: usize) -> impl Iterator<Item = Element<'a>> {
        let run = self.run();
        let mut starts = Vec::with_capacity(self.len());
        offsets_into(run, &mut starts);
        starts.truncate(if from < self.len() { from + 1 } else { 0 });
        starts
            .into_iter()
            .rev()
            .filter_map(|start| first(run.get(start as usize..)?).map(|(element, _)| element))
    }

    /// The list in chunks.
    pub fn to_list(self, limits: Limits) -> List {
        let mut list = List::new();
        self.iter(0).for_each(|element| list.push(Side::Back, &Encoded::of(element), limits));
        list
    }

    #[inline]
    fn run(self) -> &'a [u8] {
        self.bytes.get(HEAD_BYTES..).unwrap_or_default()
    }
}

/// Writes the elements of a list, at most [`COUNT_MAX`], in packed form.
pub fn of_list(owner: u8, list: &List) -> Vec<u8> {
    let mut bytes = empty(owner);
    list.write_run(&mut bytes);
    set_count(&mut bytes, list.len());
    bytes
}

/// Adds an element at an end.
#[inline]
pub fn push(bytes: &mut Vec<u8>, side: Side, element: &Encoded<'_>) {
    match side {
        Side::Back => element.append(bytes),
        Side::Front => open(bytes, HEAD_BYTES, element),
    }
    add_count(bytes, 1);
}

/// Removes the element at an end, and returns what `read` makes of it.
pub fn pop<R>(bytes: &mut Vec<u8>, side: Side, read: impl FnOnce(Element<'_>) -> R) -> Option<R> {
    let len = count(bytes);
    let start = match side {
        Side::Front => HEAD_BYTES,
        Side::Back => HEAD_BYTES + offset_of(bytes.get(HEAD_BYTES..)?, len.checked_sub(1)?),
    };
    let (element, taken) = first(bytes.get(start..)?)?;
    let result = read(element);
    bytes.drain(start..start + taken);
    set_count(bytes, len - 1);
    Some(result)
}

/// Inserts an element so that it gets the number `index`; at the end if the list is no longer than that.
pub fn insert(bytes: &mut Vec<u8>, index: usize, element: &Encoded<'_>) {
    let at = start_of(bytes, index);
    open(bytes, at, element);
    add_count(bytes, 1);
}

/// Replaces the element with a number. Returns whether there is one.
pub fn set(bytes: &mut Vec<u8>, index: usize, element: &Encoded<'_>) -> bool {
    if index >= count(bytes) {
        return false;
    }
    let at = start_of(bytes, index);
    let old = first_len(&bytes[at..]);
    bytes.drain(at..at + old);
    open(bytes, at, element);
    true
}

/// Removes `count` elements from a number on, or as many as there are.
pub fn remove(bytes: &mut Vec<u8>, index: usize, removed: usize) {
    let len = count(bytes);
    let removed = removed.min(len.saturating_sub(index));
    let start = start_of(bytes, index);
    let end = start + offset_of(&bytes[start..], removed);
    bytes.drain(start..end);
    set_count(bytes, len - removed);
}

/// Removes elements equal to `element`, at most `max`, from one side on. Returns how many.
pub fn remove_equal(bytes: &mut Vec<u8>, element: &Encoded<'_>, side: Side, max: usize) -> usize {
    let Some(run) = bytes.get(HEAD_BYTES..) else { return 0 };
    let mut starts = Vec::new();
    offsets_into(run, &mut starts);
    let equal = |start: u32| {
        let rest = &run[start as usize..];
        element.is(&rest[..first_len(rest)])
    };
    starts.retain(|&start| equal(start));
    match side {
        Side::Front => starts.truncate(max),
        Side::Back => _ = starts.drain(..starts.len().saturating_sub(max)),
    }
    for &start in starts.iter().rev() {
        let start = HEAD_BYTES + start as usize;
        bytes.drain(start..start + element.len());
    }
    add_count(bytes, -(starts.len() as isize));
    starts.len()
}

#[inline]
fn count(bytes: &[u8]) -> usize {
    match bytes {
        [_, low, high, ..] => usize::from(u16::from_le_bytes([*low, *high])),
        _ => 0,
    }
}

#[inline]
fn set_count(bytes: &mut [u8], count: usize) {
    if let Some(place) = bytes.get_mut(1..HEAD_BYTES) {
        place.copy_from_slice(&(count as u16).to_le_bytes());
    }
}

#[inline]
fn add_count(bytes: &mut [u8], change: isize) {
    set_count(bytes, count(bytes).saturating_add_signed(change));
}

fn start_of(bytes: &[u8], index: usize) -> usize {
    HEAD_BYTES + offset_of(bytes.get(HEAD_BYTES..).unwrap_or_default(), index.min(count(bytes)))
}

/// Makes room for an element at `at`, and writes it there.
fn open(bytes: &mut Vec<u8>, at: usize, element: &Encoded<'_>) {
    let (old, len) = (bytes.len(), element.len());
    bytes.resize(old + len, 0);
    bytes.copy_within(at..old, at + len);
    element.write(&mut bytes[at..at + len]);
}
