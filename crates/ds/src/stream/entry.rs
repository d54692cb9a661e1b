//! Entries of a stream, to look at.

use super::StreamId;
use crate::pack::Element;
use crate::run::Elements;

/// An entry.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// Its id.
    pub id: StreamId,
    pairs: usize,
    names: Option<Elements<'a>>,
    values: Elements<'a>,
}

impl<'a> Entry<'a> {
    #[inline]
    pub(super) fn new(id: StreamId, pairs: usize, names: Option<Elements<'a>>, values: Elements<'a>) -> Self {
        Entry { id, pairs, names, values }
    }

    /// How many fields it has: pairs of name and value.
    #[inline]
    pub fn pairs(&self) -> usize {
        self.pairs
    }

    /// Passes names and values in turn to `each`.
    #[inline]
    pub fn for_each(&self, mut each: impl FnMut(Element<'a>)) {
        let mut values = self.values.clone();
        match self.names.clone() {
            Some(mut names) => {
                for _ in 0..self.pairs {
                    let (Some(name), Some(value)) = (names.next(), values.next()) else { return };
                    each(name);
                    each(value);
                }
            }
            None => values.for_each(each),
        }
    }
}
