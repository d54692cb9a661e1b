//! Writing: functions that append to a buffer, for files and payloads alike.
//!
//! A value is its type ([`type_byte`]), in files the key, then a head with the number of elements, then the elements one by one.
//! So nothing needs more memory than one element; who writes a big collection in slices makes sure that as many elements follow
//! as its head says.

mod listpack;
mod stream;

#[cfg(test)]
#[path = "write_tests.rs"]
mod tests;

use crate::lzf::Compressor;
use crate::part::{Text, ValueKind};
use crate::{VALKEY_VERSION, VERSION_FIELD_EXPIRY, VERSION_NEWEST, VERSION_PLAIN, opcodes, types};

pub use stream::{
    NodeWriter, put_consumer, put_group, put_pending, put_producer_name, put_raw_id, put_stream_state,
};

/// Shortest text that is compressed.
const COMPRESSED_MIN_BYTES: usize = 21;
/// Longest text that can be one of the integers with an encoding of their own.
const INT_TEXT_MAX_BYTES: usize = 11;

/// How values are written.
#[derive(Default)]
pub struct Style {
    compressor: Option<Box<Compressor>>,
}

impl Style {
    /// A style with strings compressed or as they are.
    pub fn new(compressed: bool) -> Self {
        Style { compressor: compressed.then(Box::default) }
    }
}

/// A kind of value as it is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// What needs no newer version.
    Plain(ValueKind),
    /// A hash with fields that expire.
    ExpiringHash,
    /// A stream with producers, or with pending entries that belong to nobody.
    NewStream,
}

/// The byte that says what a value is, and the version of the format that has it.
pub fn type_byte(form: Form) -> (u8, u32) {
    match form {
        Form::Plain(ValueKind::String) => (types::STRING, VERSION_PLAIN),
        Form::Plain(ValueKind::List) => (types::LIST, VERSION_PLAIN),
        Form::Plain(ValueKind::Set) => (types::SET, VERSION_PLAIN),
        Form::Plain(ValueKind::SortedSet) => (types::ZSET_2, VERSION_PLAIN),
        Form::Plain(ValueKind::Hash) => (types::HASH, VERSION_PLAIN),
        Form::Plain(ValueKind::Stream) => (types::STREAM_3, VERSION_PLAIN),
        Form::Plain(ValueKind::Array) => (types::ARRAY, VERSION_NEWEST),
        Form::ExpiringHash => (types::HASH_METADATA, VERSION_FIELD_EXPIRY),
        Form::NewStream => (types::STREAM_5, VERSION_NEWEST),
    }
}

/// The first line of a file.
pub fn put_header(out: &mut Vec<u8>, version: u32) {
    let line =
        if version == VALKEY_VERSION { format!("VALKEY{version:03}") } else { format!("REDIS{version:04}") };
    out.extend_from_slice(line.as_bytes());
}

/// Something about the file.
pub fn put_aux(out: &mut Vec<u8>, name: &str, text: &[u8]) {
    out.push(opcodes::AUX);
    put_text(out, Text::Bytes(name.as_bytes()), &mut Style::default());
    put_text(out, Text::Bytes(text), &mut Style::default());
}

/// A library of functions.
pub fn put_function(out: &mut Vec<u8>, code: &[u8], style: &mut Style) {
    out.push(opcodes::FUNCTION_2);
    put_text(out, Text::Bytes(code), style);
}

/// From now on keys belong to this database.
pub fn put_select_db(out: &mut Vec<u8>, db: u64) {
    out.push(opcodes::SELECT_DB);
    put_len(out, db);
}

/// How many keys a database has, and how many of them expire.
pub fn put_sizes(out: &mut Vec<u8>, keys: u64, expires: u64) {
    out.push(opcodes::RESIZE_DB);
    put_len(out, keys);
    put_len(out, expires);
}

/// A key; its value must follow.
pub fn put_key(out: &mut Vec<u8>, form: Form, key: &[u8], expiry_ms: Option<u64>, style: &mut Style) {
    if let Some(expiry_ms) = expiry_ms {
        out.push(opcodes::EXPIRE_MS);
        out.extend_from_slice(&expiry_ms.to_le_bytes());
    }
    out.push(type_byte(form).0);
    put_text(out, Text::Bytes(key), style);
}

/// The end of a file but for the checksum, which is eight bytes, little-endian; zeros if there is none.
pub fn put_end(out: &mut Vec<u8>) {
    out.push(opcodes::END);
}

/// A length, or another number that is kept in the same way.
#[inline]
pub fn put_len(out: &mut Vec<u8>, len: u64) {
    match len {
        0..=63 => out.push(len as u8),
        64..=0x3fff => out.extend_from_slice(&[0x40 | (len >> 8) as u8, len as u8]),
        0x4000..=0xffff_ffff => {
            out.push(0x80);
            out.extend_from_slice(&(len as u32).to_be_bytes());
        }
        _ => {
            out.push(0x81);
            out.extend_from_slice(&len.to_be_bytes());
        }
    }
}

/// A text: an integer in few bytes, compressed if that pays, or as it is.
#[inline]
pub fn put_text(out: &mut Vec<u8>, text: Text<'_>, style: &mut Style) {
    match text {
        Text::Int(int) => put_int(out, int),
        Text::Bytes(bytes) => {
            if bytes.len() <= INT_TEXT_MAX_BYTES
                && let Some(int) = base::num::parse_i64(bytes)
                && i32::try_from(int).is_ok()
            {
                return put_int(out, int);
            }
            if bytes.len() >= COMPRESSED_MIN_BYTES
                && let Some(compressor) = &mut style.compressor
                && put_compressed(out, bytes, compressor)
            {
                return;
            }
            put_len(out, bytes.len() as u64);
            out.extend_from_slice(bytes);
        }
    }
}

fn put_int(out: &mut Vec<u8>, int: i64) {
    if let Ok(int) = i8::try_from(int) {
        out.extend_from_slice(&[0xc0, int as u8]);
    } else if let Ok(int) = i16::try_from(int) {
        out.push(0xc1);
        out.extend_from_slice(&int.to_le_bytes());
    } else if let Ok(int) = i32::try_from(int) {
        out.push(0xc2);
        out.extend_from_slice(&int.to_le_bytes());
    } else {
        let begin = out.len();
        out.push(0);
        base::num::write_i64(out, int);
        out[begin] = (out.len() - begin - 1) as u8;
    }
}

/// Appends the text compressed, if that makes it shorter.
fn put_compressed(out: &mut Vec<u8>, bytes: &[u8], compressor: &mut Compressor) -> bool {
    /// Longest encodings of the two lengths and the byte before them.
    const HEAD_MAX_BYTES: usize = 19;
    let begin = out.len();
    out.resize(begin + HEAD_MAX_BYTES, 0);
    if !compressor.compress(bytes, out) {
        out.truncate(begin);
        return false;
    }
    let compressed = out.len() - begin - HEAD_MAX_BYTES;
    let mut head = Vec::with_capacity(HEAD_MAX_BYTES);
    head.push(0xc3);
    put_len(&mut head, compressed as u64);
    put_len(&mut head, bytes.len() as u64);
    out.copy_within(begin + HEAD_MAX_BYTES.., begin + head.len());
    out.truncate(begin + head.len() + compressed);
    out[begin..begin + head.len()].copy_from_slice(&head);
    true
}

/// A score.
pub fn put_score(out: &mut Vec<u8>, score: f64) {
    out.extend_from_slice(&score.to_le_bytes());
}

/// The head of a hash with fields that expire: the time of the first that does, and the number of fields.
pub fn put_expiring_hash_head(out: &mut Vec<u8>, soonest_ms: u64, fields: u64) {
    out.extend_from_slice(&soonest_ms.to_le_bytes());
    put_len(out, fields);
}

/// What stands before a field of such a hash.
pub fn put_field_expiry(out: &mut Vec<u8>, soonest_ms: u64, expiry_ms: Option<u64>) {
    put_len(out, expiry_ms.map_or(0, |expiry_ms| expiry_ms.saturating_sub(soonest_ms) + 1));
}

/// The head of an array.
pub fn put_array_head(out: &mut Vec<u8>, count: u64, last_insert: Option<u64>) {
    put_len(out, count);
    put_len(out, u64::from(last_insert.is_some()));
    if let Some(index) = last_insert {
        put_len(out, index);
    }
}

/// An element of an array.
pub fn put_array_item(out: &mut Vec<u8>, index: u64, text: Text<'_>, style: &mut Style) {
    /// Integers that Redis keeps as such have two bits less than a word.
    const INT_MAX: i64 = (1 << 61) - 1;
    put_len(out, index);
    match text {
        Text::Int(int) if (-INT_MAX - 1..=INT_MAX).contains(&int) => {
            put_len(out, 1);
            out.extend_from_slice(&int.to_le_bytes());
        }
        text => {
            put_len(out, 0);
            put_text(out, text, style);
        }
    }
}
