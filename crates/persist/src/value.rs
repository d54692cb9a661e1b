//! Values of the store in the terms of the format, both ways.

mod assemble;
mod encode;
mod stream;

#[cfg(test)]
#[path = "value_tests.rs"]
mod tests;

use rdb::{DumpError, Part, Payload, ValueKind};
use store::{Db, Kind, OwnedValue, StringValue, Value};

pub use assemble::{Assembler, Misfit};
pub use encode::{form_of, put_value};
pub(crate) use encode::{put_field, put_hash_head, put_items, text};
pub(crate) use stream::StreamWriter;

/// The store's name for a type of value.
pub fn kind_of(kind: ValueKind) -> Kind {
    match kind {
        ValueKind::String => Kind::String,
        ValueKind::List => Kind::List,
        ValueKind::Set => Kind::Set,
        ValueKind::SortedSet => Kind::SortedSet,
        ValueKind::Hash => Kind::Hash,
        ValueKind::Stream => Kind::Stream,
        ValueKind::Array => Kind::Array,
    }
}

/// The payload of DUMP for a value. O(size of the value).
pub fn dump(value: Value<'_>, compressed: bool) -> Vec<u8> {
    let mut out = Vec::new();
    let (byte, version) = rdb::write::type_byte(form_of(value));
    out.push(byte);
    put_value(&mut out, value, &mut rdb::write::Style::new(compressed));
    rdb::finish_payload(&mut out, 0, version);
    out
}

/// Why a payload cannot be restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RestoreError {
    /// Its version is not known, or its checksum wrong.
    Footer,
    /// The value is damaged, or empty.
    Value,
}

/// The value in a payload of DUMP, without expiry. The database is not changed. O(size of the payload).
///
/// # Errors
/// A payload that is damaged in any way.
pub fn restore(db: &mut Db<'_>, payload: &[u8]) -> Result<OwnedValue, RestoreError> {
    let mut payload = Payload::new(payload).map_err(|error| match error {
        DumpError::Footer => RestoreError::Footer,
        DumpError::Value(_) => RestoreError::Value,
    })?;
    if payload.kind() == ValueKind::String {
        let mut text = Vec::new();
        while let Some(part) = payload.next().map_err(|_| RestoreError::Value)? {
            if let Part::String(string) = part {
                text = string.to_vec();
            }
        }
        return Ok(OwnedValue::string(StringValue::Text(&text)));
    }
    let mut sound = true;
    let value = db.build(|draft| {
        let mut assembler = Assembler::default();
        sound = loop {
            match payload.next() {
                Ok(Some(part)) => {
                    if assembler.add(draft, part).is_err() {
                        break false;
                    }
                }
                Ok(None) => break assembler.finish().is_ok(),
                Err(_) => break false,
            }
        };
    });
    value.filter(|_| sound).ok_or(RestoreError::Value)
}
