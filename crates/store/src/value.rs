//! Values: how they go in, how they lie in a record, and how they look from outside.

use base::num;
use ds::record::{Payload, PayloadRef, Record, RecordView, size_class};

use crate::Structure;
use crate::access::AccessClock;
use crate::hash::packed_soonest_ms;
use crate::packed::Packed;

/// Longest value that lies in its record; longer ones get an allocation of their own, with room to grow. One page: what
/// a command on a record may have to move when the record is reallocated.
pub(crate) const INLINE_MAX_BYTES: usize = 4096;

/// Longest string whatever is configured: arguments and replies have 32-bit lengths.
const STRING_MAX_BYTES: usize = u32::MAX as usize;

/// Longest text that can be a canonical integer.
const INT_TEXT_MAX_BYTES: usize = 20;

/// Longest string that Redis 8.2 calls `embstr`, with its key: both and their headers in one cache line.
const EMBSTR_MAX_BYTES: usize = 41;
/// How much of that an expiry takes.
const EMBSTR_EXPIRY_BYTES: usize = 8;

/// Table bytes of an entry at the usual fill, for the memory of one key.
const TABLE_SHARE_BYTES: usize = 12;

/// The record type of the keyspace. Its word is the expiry time in ms, its hint means "changed in place", which
/// `OBJECT ENCODING` shows as `raw`.
pub(crate) type KeyRecord = Record<Large>;

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A string, integers included.
    String,
    /// A list.
    List,
    /// A set.
    Set,
    /// A sorted set.
    SortedSet,
    /// A hash.
    Hash,
    /// A stream.
    Stream,
    /// An array.
    Array,
}

impl Kind {
    /// What `TYPE` answers.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::String => "string",
            Kind::List => "list",
            Kind::Set => "set",
            Kind::SortedSet => "zset",
            Kind::Hash => "hash",
            Kind::Stream => "stream",
            Kind::Array => "array",
        }
    }
}

/// A value that does not fit in its record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Large {
    /// A string.
    Bytes(Vec<u8>),
    /// A small collection with long elements: its tag and its bytes.
    Packed(Vec<u8>),
    /// A big collection.
    Structure(Structure),
}

impl Large {
    /// Heap bytes, the box of the value included.
    pub(crate) fn memory_bytes(&self) -> usize {
        let content = match self {
            Large::Bytes(bytes) | Large::Packed(bytes) if bytes.capacity() == 0 => 0,
            Large::Bytes(bytes) | Large::Packed(bytes) => size_class(bytes.capacity()),
            Large::Structure(structure) => structure.collection().memory_bytes(),
        };
        size_class(size_of::<Large>()) + content
    }

    /// The value to look at. Out of the way of short strings.
    #[inline(never)]
    pub(crate) fn value(&self) -> Value<'_> {
        match self {
            Large::Bytes(bytes) => Value::Bytes(bytes),
            Large::Packed(bytes) => Value::Packed(Packed::of(bytes)),
            Large::Structure(structure) => Value::Structure(structure),
        }
    }

    /// When the first field of a hash expires, if any does.
    fn soonest_ms(&self) -> Option<u64> {
        match self {
            Large::Structure(structure) => structure.soonest_ms(),
            Large::Packed(bytes) => packed_soonest_ms(bytes),
            _ => None,
        }
    }
}

/// A string on its way into the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StringValue<'a> {
    /// Text from a client: stored as an integer if it is the canonical text of one.
    Text(&'a [u8]),
    /// Stored as these bytes whatever they look like.
    Bytes(&'a [u8]),
    /// An integer.
    Int(i64),
}

impl<'a> StringValue<'a> {
    /// How it is stored.
    #[inline]
    pub(crate) fn payload(self) -> Payload<'a, Large> {
        match self {
            StringValue::Text(text) => match canonical_int(text) {
                Some(int) => Payload::Int(int),
                None => bytes_payload(text),
            },
            StringValue::Bytes(bytes) => bytes_payload(bytes),
            StringValue::Int(int) => Payload::Int(int),
        }
    }

    /// The bytes that it is stored as, if it is not as an integer and they are few.
    #[inline(always)]
    pub(crate) fn short_bytes(self) -> Option<&'a [u8]> {
        let (bytes, may_be_int) = match self {
            StringValue::Text(text) => (text, true),
            StringValue::Bytes(bytes) => (bytes, false),
            StringValue::Int(_) => return None,
        };
        let is_short = bytes.len() <= INLINE_MAX_BYTES && !(may_be_int && canonical_int(bytes).is_some());
        is_short.then_some(bytes)
    }
}

#[inline]
fn bytes_payload(bytes: &[u8]) -> Payload<'_, Large> {
    if bytes.len() <= INLINE_MAX_BYTES {
        return Payload::Bytes(bytes);
    }
    Payload::Boxed(Box::new(Large::Bytes(bytes.to_vec())))
}

/// The integer that a text is the canonical form of.
#[inline]
fn canonical_int(text: &[u8]) -> Option<i64> {
    let first = *text.first()?;
    if text.len() > INT_TEXT_MAX_BYTES || !(first.is_ascii_digit() || first == b'-') {
        return None;
    }
    num::parse_i64(text)
}

/// A string would be longer than any reply could carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

/// The end of `len` bytes at `offset`.
pub(crate) fn checked_end(offset: usize, len: usize) -> Result<usize, TooLong> {
    offset.checked_add(len).filter(|&end| end <= STRING_MAX_BYTES).ok_or(TooLong)
}

/// A value to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// A string that is stored as an integer.
    Int(i64),
    /// A string.
    Bytes(&'a [u8]),
    /// A small collection.
    Packed(Packed<'a>),
    /// A big collection.
    Structure(&'a Structure),
}

impl<'a> Value<'a> {
    /// The type.
    pub fn kind(self) -> Kind {
        match self {
            Value::Int(_) | Value::Bytes(_) => Kind::String,
            Value::Packed(packed) => packed.tag.kind(),
            Value::Structure(structure) => structure.kind(),
        }
    }

    /// The string's bytes; an integer's text is written to `scratch`. Other types have none.
    #[inline]
    pub fn text<'b>(self, scratch: &'b mut Vec<u8>) -> &'b [u8]
    where
        'a: 'b,
    {
        match self {
            Value::Bytes(bytes) => bytes,
            Value::Int(int) => {
                scratch.clear();
                num::write_i64(scratch, int);
                scratch
            }
            Value::Packed(_) | Value::Structure(_) => &[],
        }
    }

    /// The string's length in bytes.
    pub fn text_len(self) -> usize {
        match self {
            Value::Bytes(bytes) => bytes.len(),
            Value::Int(int) => {
                let digits = int.unsigned_abs().checked_ilog10().map_or(1, |log| log as usize + 1);
                digits + usize::from(int < 0)
            }
            Value::Packed(_) | Value::Structure(_) => 0,
        }
    }

    /// The size that INFO keysizes counts: bytes of a string, elements of a collection, expired ones among them.
    #[inline]
    pub(crate) fn size(self) -> usize {
        match self {
            Value::Bytes(bytes) => bytes.len(),
            Value::Int(_) => self.text_len(),
            Value::Packed(packed) => packed.len(),
            Value::Structure(structure) => structure.collection().len(),
        }
    }

    /// The integer that the string is, if it is one in canonical form.
    #[inline]
    pub fn as_int(self) -> Option<i64> {
        match self {
            Value::Int(int) => Some(int),
            Value::Bytes(bytes) => num::parse_i64(bytes),
            Value::Packed(_) | Value::Structure(_) => None,
        }
    }
}

/// A key with its value and expiry, to look at.
#[derive(Clone, Copy)]
pub struct Item<'a>(pub(crate) RecordView<'a, Large>);

impl<'a> Item<'a> {
    /// The key.
    #[inline]
    pub fn key(self) -> &'a [u8] {
        self.0.name()
    }

    /// The value.
    #[inline(always)]
    pub fn value(self) -> Value<'a> {
        match self.0.payload() {
            PayloadRef::Int(int) => Value::Int(int),
            PayloadRef::Bytes(bytes) => Value::Bytes(bytes),
            PayloadRef::Packed(bytes) => Value::Packed(Packed::of(bytes)),
            PayloadRef::Boxed(large) => large.value(),
        }
    }

    /// The type of the value.
    pub fn kind(self) -> Kind {
        self.value().kind()
    }

    /// When the key expires, in ms since 1970; `None` if never.
    #[inline]
    pub fn expiry_ms(self) -> Option<u64> {
        self.0.word()
    }

    /// How many seconds ago the key was used, where that is noted.
    pub fn idle_s(self, access: &AccessClock) -> u64 {
        access.idle_of(self.0.stamp())
    }

    /// The second in which the key was used last, of Redis's clock of 24 bits.
    pub fn used_s(self, access: &AccessClock) -> u64 {
        access.used_s(self.0.stamp())
    }

    /// The logarithm of how often the key is used, where that is counted.
    pub fn frequency(self, access: &AccessClock) -> u8 {
        access.frequency_of(self.0.stamp())
    }

    /// What `OBJECT ENCODING` answers.
    pub fn encoding(self) -> &'static str {
        match self.value() {
            Value::Int(_) => "int",
            Value::Bytes(bytes) => {
                let expiry = if self.expiry_ms().is_some() { EMBSTR_EXPIRY_BYTES } else { 0 };
                let fits = self.key().len() + bytes.len() + expiry <= EMBSTR_MAX_BYTES;
                if fits && !self.0.hint() { "embstr" } else { "raw" }
            }
            Value::Packed(packed) => packed.tag.encoding(),
            Value::Structure(structure) => structure.collection().encoding(),
        }
    }

    /// Heap bytes of the key and its value, with its share of the table.
    pub fn memory_bytes(self) -> usize {
        footprint(self.0) + TABLE_SHARE_BYTES
    }

    /// Whether the key has expired by `now_ms`.
    #[inline]
    pub(crate) fn expired(self, now_ms: u64) -> bool {
        is_expired(self.0, now_ms)
    }
}

/// Whether a record's time is over. As in Redis, the millisecond of the expiry itself still belongs to the key.
#[inline(always)]
pub(crate) fn is_expired(record: RecordView<'_, Large>, now_ms: u64) -> bool {
    record.word().is_some_and(|at| at < now_ms)
}

/// Heap bytes of a record and what it points to.
#[inline]
pub(crate) fn footprint(record: RecordView<'_, Large>) -> usize {
    let boxed = match record.payload() {
        PayloadRef::Boxed(large) => large.memory_bytes(),
        _ => 0,
    };
    record.bytes_allocated() + boxed
}

/// When the first field of a record's hash expires, if it is one and any does.
#[inline]
pub(crate) fn field_soonest_ms(record: RecordView<'_, Large>) -> Option<u64> {
    match record.payload() {
        PayloadRef::Packed(bytes) => packed_soonest_ms(bytes),
        PayloadRef::Boxed(large) => large.soonest_ms(),
        _ => None,
    }
}
