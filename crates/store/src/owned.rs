//! A value on its own, without a key: to move or copy to another key, database or shard.

use ds::record::{Payload, PayloadRef, RecordView};

use crate::packed::Packed;
use crate::value::{INLINE_MAX_BYTES, KeyRecord, Large};
use crate::{Kind, StringValue, Structure, Value};

/// A value with its expiry. It can be sent to another thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedValue {
    content: Content,
    /// Changed in place once; see `Item::encoding`.
    pub(crate) changed: bool,
    expiry_ms: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Content {
    Int(i64),
    /// Short enough for a record.
    Bytes(Vec<u8>),
    /// A small collection, short enough for a record: its tag and its bytes.
    Packed(Vec<u8>),
    Large(Box<Large>),
}

const _: () = {
    const fn is_send<T: Send>() {}
    is_send::<OwnedValue>();
};

impl OwnedValue {
    /// A string that never expires.
    pub fn string(value: StringValue<'_>) -> Self {
        let content = match value.payload() {
            Payload::Int(int) => Content::Int(int),
            Payload::Bytes(bytes) | Payload::Packed(bytes) => Content::Bytes(bytes.to_vec()),
            Payload::Boxed(large) => Content::Large(large),
        };
        OwnedValue { content, changed: false, expiry_ms: None }
    }

    /// A collection that never expires: a big one, or the tag and bytes of a small one.
    pub(crate) fn collection(structure: Option<Structure>, packed: Vec<u8>) -> Self {
        let content = match structure {
            Some(structure) => Content::Large(Box::new(Large::Structure(structure))),
            None if packed.len() > INLINE_MAX_BYTES => Content::Large(Box::new(Large::Packed(packed))),
            None => Content::Packed(packed),
        };
        OwnedValue { content, changed: false, expiry_ms: None }
    }

    /// The value.
    pub fn value(&self) -> Value<'_> {
        match &self.content {
            Content::Int(int) => Value::Int(*int),
            Content::Bytes(bytes) => Value::Bytes(bytes),
            Content::Packed(bytes) => Value::Packed(Packed::of(bytes)),
            Content::Large(large) => large.value(),
        }
    }

    /// The type.
    pub fn kind(&self) -> Kind {
        self.value().kind()
    }

    /// When it expires, in ms since 1970.
    pub fn expiry_ms(&self) -> Option<u64> {
        self.expiry_ms
    }

    /// The same with another expiry.
    #[must_use]
    pub fn with_expiry(self, expiry_ms: Option<u64>) -> Self {
        OwnedValue { expiry_ms, ..self }
    }

    /// A copy of what a record holds.
    pub(crate) fn copy_of(record: RecordView<'_, Large>) -> Self {
        let content = match record.payload() {
            PayloadRef::Int(int) => Content::Int(int),
            PayloadRef::Bytes(bytes) => Content::Bytes(bytes.to_vec()),
            PayloadRef::Packed(bytes) => Content::Packed(bytes.to_vec()),
            PayloadRef::Boxed(large) => Content::Large(Box::new(large.clone())),
        };
        OwnedValue { content, changed: record.hint(), expiry_ms: record.word() }
    }

    /// What a record holds, taken out of it.
    pub(crate) fn taken(record: KeyRecord) -> Self {
        if !matches!(record.payload(), PayloadRef::Boxed(_)) {
            return Self::copy_of(record.view());
        }
        let (changed, expiry_ms) = (record.view().hint(), record.word());
        let content = record.into_box().map_or(Content::Int(0), Content::Large);
        OwnedValue { content, changed, expiry_ms }
    }

    /// Passes the value to `f` as it goes into a record.
    pub(crate) fn give<R>(self, f: impl FnOnce(Payload<'_, Large>) -> R) -> R {
        match self.content {
            Content::Int(int) => f(Payload::Int(int)),
            Content::Bytes(bytes) => f(Payload::Bytes(&bytes)),
            Content::Packed(bytes) => f(Payload::Packed(&bytes)),
            Content::Large(large) => f(Payload::Boxed(large)),
        }
    }
}
