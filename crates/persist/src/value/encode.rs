//! Values of the store as the format has them.

use ds::array::{Array, INDEX_MAX};
use rdb::write::{
    Form, Style, put_array_head, put_array_item, put_expiring_hash_head, put_field_expiry, put_len,
    put_score, put_text,
};
use rdb::{Text, ValueKind};
use store::{Dense, Element, Field, HashRef, Kind, Structure, Value};

use super::stream::{StreamWriter, is_new_stream};

/// The time for which nothing has expired: a snapshot has what is there, not what readers see.
const NEVER_MS: u64 = 0;

/// How a value is written.
pub fn form_of(value: Value<'_>) -> Form {
    match value.kind() {
        Kind::String => Form::Plain(ValueKind::String),
        Kind::List => Form::Plain(ValueKind::List),
        Kind::Set => Form::Plain(ValueKind::Set),
        Kind::SortedSet => Form::Plain(ValueKind::SortedSet),
        Kind::Array => Form::Plain(ValueKind::Array),
        Kind::Hash => match value.as_hash(NEVER_MS) {
            Ok(hash) if hash.soonest_ms().is_some() => Form::ExpiringHash,
            _ => Form::Plain(ValueKind::Hash),
        },
        Kind::Stream => match value.as_stream() {
            Ok(stream) if is_new_stream(stream) => Form::NewStream,
            _ => Form::Plain(ValueKind::Stream),
        },
    }
}

/// A text of the store as the format takes it.
pub(crate) fn text(element: Element<'_>) -> Text<'_> {
    match element {
        Element::Int(int) => Text::Int(int),
        Element::Bytes(bytes) => Text::Bytes(bytes),
    }
}

/// The value of a field as the format takes it; `buffer` is for one that does not lie there as a text.
pub(crate) fn text_of_value<'a>(value: Dense<'a>, buffer: &'a mut [u8; 16]) -> Text<'a> {
    match value {
        Dense::Int(int) => Text::Int(int),
        Dense::Bytes(bytes) => Text::Bytes(bytes),
        Dense::Symbols(symbols) => Text::Bytes(symbols.text(buffer)),
    }
}

/// Appends a value, without its type and key. O(size of the value).
pub fn put_value(out: &mut Vec<u8>, value: Value<'_>, style: &mut Style) {
    match value {
        Value::Int(int) => put_text(out, Text::Int(int), style),
        Value::Bytes(bytes) => put_text(out, Text::Bytes(bytes), style),
        Value::Structure(Structure::Stream(stream)) => {
            StreamWriter::default().put_some(out, stream, usize::MAX, style);
        }
        Value::Structure(Structure::Array(array)) => {
            put_array_head(out, array.count() as u64, array.last_insert());
            put_items(out, array, &mut 0, usize::MAX, style);
        }
        collection => put_collection(out, collection, style),
    }
}

fn put_collection(out: &mut Vec<u8>, value: Value<'_>, style: &mut Style) {
    if let Ok(hash) = value.as_hash(NEVER_MS) {
        put_hash(out, hash, style);
    } else if let Ok(set) = value.as_set() {
        put_len(out, set.len() as u64);
        set.all(|member| {
            put_text(out, text(member), style);
            true
        });
    } else if let Ok(set) = value.as_sorted_set() {
        put_len(out, set.len() as u64);
        set.for_each(|score, member| {
            put_text(out, Text::Bytes(member), style);
            put_score(out, score);
        });
    } else if let Ok(list) = value.as_list() {
        put_len(out, list.len() as u64);
        list.for_each(0, list.len(), |item| put_text(out, text(item), style));
    }
}

/// Appends elements of an array from an index on, until `out` is so long; returns whether none are left. The index is set to where
/// to go on.
pub(crate) fn put_items(
    out: &mut Vec<u8>,
    array: &Array,
    from: &mut u64,
    until_bytes: usize,
    style: &mut Style,
) -> bool {
    let mut ended = true;
    array.visit(*from, INDEX_MAX, |index, item| {
        put_array_item(out, index, text(item), style);
        *from = index + 1;
        ended = out.len() < until_bytes;
        ended
    });
    ended || *from >= array.len()
}

/// Appends what stands before the fields of a hash.
pub(crate) fn put_hash_head(out: &mut Vec<u8>, soonest_ms: Option<u64>, fields: usize) {
    match soonest_ms {
        Some(soonest_ms) => put_expiring_hash_head(out, soonest_ms, fields as u64),
        None => put_len(out, fields as u64),
    }
}

/// Appends a field of a hash.
#[inline]
pub(crate) fn put_field(out: &mut Vec<u8>, soonest_ms: Option<u64>, field: Field<'_>, style: &mut Style) {
    if let Some(soonest_ms) = soonest_ms {
        put_field_expiry(out, soonest_ms, field.expiry_ms);
    }
    put_text(out, text(field.name), style);
    put_text(out, text_of_value(field.value, &mut [0; 16]), style);
}

fn put_hash(out: &mut Vec<u8>, hash: HashRef<'_>, style: &mut Style) {
    let soonest_ms = hash.soonest_ms();
    put_hash_head(out, soonest_ms, hash.len());
    hash.iter().for_each(|field| put_field(out, soonest_ms, field, style));
}
