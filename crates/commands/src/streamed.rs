//! Long replies: the header now, the elements from a view, bit by bit ([`resp::Rest`]).

use base::limits::STREAMED_REPLY_MIN_BYTES;
use ds::list::ListView;
use ds::rank::RankView;
use ds::stream::{Entry, StreamView};
use resp::{Reply, Rest};
use store::{Element, HashView, SetView};

use crate::elements::bulk;

/// Bytes of a reply beside the text of an element: `$`, a length of a few digits, two line ends.
const HEAD_BYTES: usize = 8;

/// Most elements visited for a slice: some of them may not be shown.
const SLICE_ELEMENTS_MAX: usize = 16 * 1024;

/// Whether a reply of elements that have about so many bytes is to be streamed, if it may be.
#[inline]
pub(crate) fn is_long(reply: &Reply<'_>, elements: usize, bytes: usize) -> bool {
    let about = bytes.saturating_add(elements.saturating_mul(HEAD_BYTES));
    about >= STREAMED_REPLY_MIN_BYTES && bytes > 0 && reply.may_leave()
}

/// Says when a slice is long enough.
struct Slice {
    end: usize,
    left: usize,
}

impl Slice {
    fn new(reply: &mut Reply<'_>, bytes: usize) -> Self {
        if bytes < usize::MAX {
            reply.reserve(bytes + bytes / 8);
        }
        Slice { end: reply.position().saturating_add(bytes), left: SLICE_ELEMENTS_MAX }
    }

    /// Whether another element may be written.
    #[inline]
    fn goes_on(&mut self, reply: &Reply<'_>) -> bool {
        self.left -= 1;
        self.left > 0 && reply.position() < self.end
    }
}

/// Which part of a hash is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Both,
    Names,
    Values,
}

/// Fields of a hash.
#[derive(Debug)]
pub(crate) struct Fields(pub(crate) HashView, pub(crate) Part);

impl Rest for Fields {
    fn write(&mut self, reply: &mut Reply<'_>, bytes: usize) -> bool {
        let (mut slice, part) = (Slice::new(reply, bytes), self.1);
        self.0.visit(|field| {
            if let Some(field) = field {
                if part != Part::Values {
                    bulk(reply, field.name);
                }
                if part != Part::Names {
                    bulk(reply, field.value);
                }
            }
            slice.goes_on(reply)
        })
    }

    fn free_some(&mut self, budget: usize) -> bool {
        self.0.free_some(budget)
    }
}

/// Members of a set.
#[derive(Debug)]
pub(crate) struct Members(pub(crate) SetView);

impl Rest for Members {
    fn write(&mut self, reply: &mut Reply<'_>, bytes: usize) -> bool {
        let mut slice = Slice::new(reply, bytes);
        self.0.visit(|member: Element<'_>| {
            bulk(reply, member);
            slice.goes_on(reply)
        })
    }

    fn free_some(&mut self, budget: usize) -> bool {
        self.0.free_some(budget)
    }
}

/// Elements of a list.
#[derive(Debug)]
pub(crate) struct Elements(pub(crate) ListView);

impl Rest for Elements {
    fn write(&mut self, reply: &mut Reply<'_>, bytes: usize) -> bool {
        let mut slice = Slice::new(reply, bytes);
        self.0.visit(|element| {
            bulk(reply, element);
            slice.goes_on(reply)
        })
    }

    fn free_some(&mut self, budget: usize) -> bool {
        self.0.free_some(budget)
    }
}

/// Members of a sorted set, each written by a function.
#[derive(Debug)]
pub(crate) struct Ranked(pub(crate) RankView, pub(crate) fn(&mut Reply<'_>, f64, &[u8]));

impl Rest for Ranked {
    fn write(&mut self, reply: &mut Reply<'_>, bytes: usize) -> bool {
        let (mut slice, write) = (Slice::new(reply, bytes), self.1);
        self.0.visit(|score, member| {
            write(reply, score, member);
            slice.goes_on(reply)
        })
    }

    fn free_some(&mut self, budget: usize) -> bool {
        self.0.free_some(budget)
    }
}

/// Entries of a stream, each written by a function.
#[derive(Debug)]
pub(crate) struct Entries(pub(crate) StreamView, pub(crate) fn(&mut Reply<'_>, &Entry<'_>));

impl Rest for Entries {
    fn write(&mut self, reply: &mut Reply<'_>, bytes: usize) -> bool {
        let (mut slice, write) = (Slice::new(reply, bytes), self.1);
        self.0.visit(|entry| {
            write(reply, entry);
            slice.goes_on(reply)
        })
    }

    fn free_some(&mut self, budget: usize) -> bool {
        self.0.free_some(budget)
    }
}
