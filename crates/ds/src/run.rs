//! Runs: encoded elements ([`crate::pack`]) one after the other, without a count.

use crate::pack::{self, Element, Encoded};

/// The first element of a run and its length in bytes.
#[inline]
pub(crate) fn first(run: &[u8]) -> Option<(Element<'_>, usize)> {
    pack::decode(run)
}

/// Bytes of the first element of a run; at least 1.
#[inline]
pub(crate) fn first_len(run: &[u8]) -> usize {
    pack::element_len(run)
}

/// The elements of a run.
#[derive(Clone, Debug)]
pub(crate) struct Elements<'a> {
    run: &'a [u8],
}

impl<'a> Elements<'a> {
    /// Over a run of encoded elements.
    #[inline]
    pub(crate) fn new(run: &'a [u8]) -> Self {
        Elements { run }
    }

    /// Passes over elements.
    #[inline]
    pub(crate) fn skip_elements(mut self, count: usize) -> Self {
        for _ in 0..count {
            self.run = self.run.get(first_len(self.run)..).unwrap_or_default();
        }
        self
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    #[inline]
    fn next(&mut self) -> Option<Element<'a>> {
        let (element, len) = first(self.run)?;
        self.run = self.run.get(len..).unwrap_or_default();
        Some(element)
    }
}

/// Whether an element is in a run.
pub(crate) fn contains(run: &[u8], element: &Encoded<'_>) -> bool {
    let mut rest = run;
    while !rest.is_empty() {
        if element.is_at(rest) {
            return true;
        }
        rest = rest.get(first_len(rest)..).unwrap_or_default();
    }
    false
}

/// Where an element of a run begins.
#[inline]
pub(crate) fn offset_of(run: &[u8], index: usize) -> usize {
    let mut at = 0;
    for _ in 0..index {
        at += first_len(run.get(at..).unwrap_or_default());
    }
    at.min(run.len())
}

/// Where all elements of a run begin, appended to `offsets`.
#[inline]
pub(crate) fn offsets_into(run: &[u8], offsets: &mut Vec<u32>) {
    let mut at = 0;
    while let Some(rest) = run.get(at..)
        && !rest.is_empty()
    {
        offsets.push(at as u32);
        at += first_len(rest);
    }
}
