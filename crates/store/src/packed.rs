//! Small collections: bytes in the record of their key, the first of which says what they are.

use ds::intset::IntSet;
use ds::pack::Pack;

use crate::hash::expiring_pack;
use crate::{Kind, Value};

/// What the bytes of a small collection are. The first byte of the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Tag {
    /// A hash: a [`ds::pack`] of fields and values in turn.
    Hash = 1,
    /// A set: a [`ds::pack`] of members.
    Set = 2,
    /// A set of integers: a [`ds::intset`].
    IntSet = 3,
    /// A sorted set: its own affair.
    SortedSet = 4,
    /// A list: its own affair.
    List = 5,
    /// A hash with fields that expire: six bytes that say when the first one does, then a [`ds::pack`] of fields, values
    /// and expiry times in turn.
    ExpiringHash = 6,
}

impl Tag {
    /// The tag that a byte is. A record is written by nobody else, so any other byte is never met.
    #[inline]
    fn of(byte: u8) -> Tag {
        match byte {
            1 => Tag::Hash,
            2 => Tag::Set,
            3 => Tag::IntSet,
            4 => Tag::SortedSet,
            6 => Tag::ExpiringHash,
            _ => Tag::List,
        }
    }

    /// The type of the value.
    #[inline]
    pub const fn kind(self) -> Kind {
        match self {
            Tag::Hash | Tag::ExpiringHash => Kind::Hash,
            Tag::Set | Tag::IntSet => Kind::Set,
            Tag::SortedSet => Kind::SortedSet,
            Tag::List => Kind::List,
        }
    }

    /// What `OBJECT ENCODING` answers.
    pub const fn encoding(self) -> &'static str {
        match self {
            Tag::IntSet => "intset",
            Tag::ExpiringHash => "listpackex",
            _ => "listpack",
        }
    }
}

/// A small collection, to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packed<'a> {
    /// What it is.
    pub tag: Tag,
    /// Its bytes without the tag.
    pub bytes: &'a [u8],
}

impl<'a> Packed<'a> {
    /// The number of elements, expired fields among them. O(1).
    pub(crate) fn len(self) -> usize {
        let elements = |bytes| Pack::new(bytes).len();
        match self.tag {
            Tag::IntSet => IntSet::new(self.bytes).len(),
            Tag::Set => elements(self.bytes),
            Tag::Hash => elements(self.bytes) / 2,
            Tag::List => Value::Packed(self).as_list().map_or(0, |list| list.len()),
            Tag::SortedSet => Value::Packed(self).as_sorted_set().map_or(0, |set| set.len()),
            Tag::ExpiringHash => expiring_pack(self.bytes).len() / 3,
        }
    }

    /// The collection in the payload of a record. Out of the way of short strings.
    #[inline(never)]
    pub(crate) fn of(payload: &'a [u8]) -> Self {
        match payload {
            [tag, bytes @ ..] => Packed { tag: Tag::of(*tag), bytes },
            [] => Packed { tag: Tag::List, bytes: &[] },
        }
    }
}
