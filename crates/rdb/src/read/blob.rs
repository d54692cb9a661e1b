//! Compact blobs: small collections in one string, walked entry by entry and checked on the way.

mod intset;
mod listpack;
mod ziplist;
mod zipmap;

use super::cursor::{Fail, Result, Span};
use intset::IntSet;
use listpack::Listpack;
use ziplist::Ziplist;
use zipmap::Zipmap;

/// The encodings of blobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Listpack,
    Ziplist,
    Zipmap,
    IntSet,
}

/// A walk over the entries of a blob, which the caller keeps.
#[derive(Clone, Debug)]
pub(crate) enum Walk {
    Listpack(Listpack),
    Ziplist(Ziplist),
    Zipmap(Zipmap),
    IntSet(IntSet),
}

impl Walk {
    /// A walk from the first entry on, or what is wrong with the head of the blob.
    pub(crate) fn new(encoding: Encoding, blob: &[u8]) -> Result<Self> {
        Ok(match encoding {
            Encoding::Listpack => Walk::Listpack(Listpack::new(blob)?),
            Encoding::Ziplist => Walk::Ziplist(Ziplist::new(blob)?),
            Encoding::Zipmap => Walk::Zipmap(Zipmap::new(blob)?),
            Encoding::IntSet => Walk::IntSet(IntSet::new(blob)?),
        })
    }

    /// The next entry, at the end none.
    pub(crate) fn next(&mut self, blob: &[u8]) -> Result<Option<Span>> {
        match self {
            Walk::Listpack(walk) => walk.next(blob),
            Walk::Ziplist(walk) => walk.next(blob),
            Walk::Zipmap(walk) => walk.next(blob),
            Walk::IntSet(walk) => walk.next(blob),
        }
    }

    /// The next entry, which there must be.
    pub(crate) fn more(&mut self, blob: &[u8], what: &'static str) -> Result<Span> {
        let at = self.at();
        self.next(blob)?.ok_or(Fail::expected(what, at))
    }

    /// The next entry, which must be an integer.
    pub(crate) fn int(&mut self, blob: &[u8], what: &'static str) -> Result<i64> {
        let at = self.at();
        match self.next(blob)? {
            Some(Span::Int(int)) => Ok(int),
            _ => Err(Fail::expected(what, at)),
        }
    }

    /// The position of the next entry in the blob.
    pub(crate) fn at(&self) -> usize {
        match self {
            Walk::Listpack(walk) => walk.at,
            Walk::Ziplist(walk) => walk.at,
            Walk::Zipmap(walk) => walk.at,
            Walk::IntSet(walk) => walk.at,
        }
    }
}

/// Bytes of a blob at a position.
fn bytes<const N: usize>(blob: &[u8], at: usize, what: &'static str) -> Result<[u8; N]> {
    let found = at.checked_add(N).and_then(|end| blob.get(at..end));
    found.and_then(|bytes| bytes.try_into().ok()).ok_or(Fail::expected(what, at))
}

/// The end of a text of a blob, if there are as many bytes.
fn text_end(blob: &[u8], begin: usize, len: usize, what: &'static str) -> Result<usize> {
    begin.checked_add(len).filter(|&end| end <= blob.len()).ok_or(Fail::expected(what, begin))
}
