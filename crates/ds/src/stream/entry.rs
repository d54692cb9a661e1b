//! Entries of a stream, to look at.

use super::StreamId;
use super::chunk::read_varint;
use crate::pack::Element;
use crate::run::Elements;

/// An entry.
#[derive(Clone, Debug)]
pub struct Entry<'a> {
    /// Its id.
    pub id: StreamId,
    pairs: usize,
    names: Option<Elements<'a>>,
    values: Values<'a>,
}

/// The values of an entry, or its names and values in turn.
#[derive(Clone, Debug)]
pub(super) enum Values<'a> {
    /// Encoded.
    Elements(Elements<'a>),
    /// Lengths, each one more than it is, and texts.
    Texts(&'a [u8], &'a [u8]),
}

impl<'a> Iterator for Values<'a> {
    type Item = Element<'a>;

    #[inline]
    fn next(&mut self) -> Option<Element<'a>> {
        match self {
            Values::Elements(elements) => elements.next(),
            Values::Texts(lengths, texts) => {
                let mut at = 0;
                let len = read_varint(lengths, &mut at).checked_sub(1)?;
                *lengths = lengths.get(at..)?;
                let (text, rest) = texts.split_at_checked(len as usize)?;
                *texts = rest;
                Some(Element::Bytes(text))
            }
        }
    }
}

impl<'a> Entry<'a> {
    #[inline]
    pub(super) fn new(id: StreamId, pairs: usize, names: Option<Elements<'a>>, values: Values<'a>) -> Self {
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
