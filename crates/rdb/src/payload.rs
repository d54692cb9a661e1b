//! Payloads of DUMP: a type, a value, and a footer of ten bytes.
//!
//! ```text
//!   │ type, 1 │ value … │ version, 2 │ checksum of all before, 8 │       both little-endian
//! ```

use crate::checksum;
use crate::error::{Error, Problem};
use crate::part::{Part, Text, ValueKind};
use crate::read::{Cursor, Fail, ValueReader, kind_of, resolve};
use crate::{REDIS_VERSION_MAX, VALKEY_VERSION};

const FOOTER_BYTES: usize = 10;

/// Why a payload cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DumpError {
    /// Its version is not known, or its checksum wrong.
    Footer,
    /// The value is damaged.
    Value(Error),
}

/// Appends the footer to a type and a value, which are all of `out` from `begin` on.
pub fn finish_payload(out: &mut Vec<u8>, begin: usize, version: u32) {
    out.extend_from_slice(&(version as u16).to_le_bytes());
    let sum = checksum::of(out.get(begin..).unwrap_or_default());
    out.extend_from_slice(&sum.to_le_bytes());
}

/// A payload that is read.
#[derive(Debug)]
pub struct Payload<'a> {
    bytes: &'a [u8],
    at: usize,
    kind: ValueKind,
    value: ValueReader,
    blob_begin: usize,
}

impl<'a> Payload<'a> {
    /// Checks the footer and finds out the type.
    ///
    /// # Errors
    /// A version or checksum that is wrong; a type that cannot be read.
    pub fn new(payload: &'a [u8]) -> Result<Self, DumpError> {
        let (bytes, footer) = payload.split_last_chunk::<FOOTER_BYTES>().ok_or(DumpError::Footer)?;
        let version = u32::from(u16::from_le_bytes([footer[0], footer[1]]));
        let valkey = version == VALKEY_VERSION;
        let sum = checksum::of(&payload[..payload.len() - size_of::<u64>()]).to_le_bytes();
        if !(valkey || version <= REDIS_VERSION_MAX) || footer[2..] != sum {
            return Err(DumpError::Footer);
        }
        let type_byte = *bytes.first().ok_or(DumpError::Value(truncated(bytes)))?;
        let mut value = ValueReader::default();
        value.begin(type_byte, valkey);
        let mut payload = Payload { bytes, at: 1, kind: ValueKind::String, value, blob_begin: 0 };
        match kind_of(type_byte, valkey) {
            Some(kind) => payload.kind = kind,
            None => {
                payload.next().map_err(DumpError::Value)?;
                return Err(DumpError::Value(Error { offset: 0, problem: Problem::Unknown(type_byte) }));
            }
        }
        Ok(payload)
    }

    /// The type of the value.
    pub fn kind(&self) -> ValueKind {
        self.kind
    }

    /// The next part of the value, at its end none.
    ///
    /// # Errors
    /// What is wrong with the payload, and where.
    #[allow(clippy::should_implement_trait, reason = "an iterator could not lend what it returns")]
    pub fn next(&mut self) -> Result<Option<Part<Text<'_>>>, Error> {
        let mut cursor = Cursor { bytes: self.bytes, at: self.at };
        let part = self.value.next(&mut cursor);
        self.at = cursor.at;
        if std::mem::take(&mut self.value.blob_at.fresh) {
            self.blob_begin = self.value.blob_at.begin;
        }
        match part {
            Ok(Some(part)) => Ok(Some(part.map(|span| resolve(span, self.bytes, &self.value)))),
            Ok(None) if self.at < self.bytes.len() => {
                Err(Error { offset: self.at as u64, problem: Problem::Expected("the end of the payload") })
            }
            Ok(None) => Ok(None),
            Err(failure) => Err(match failure.fail {
                Fail::Short(_) => truncated(self.bytes),
                Fail::Bad(problem, at) => {
                    let at = match failure.in_blob {
                        true if self.value.blob_at.plain => self.blob_begin + at,
                        true => self.blob_begin,
                        false => at,
                    };
                    Error { offset: at as u64, problem }
                }
            }),
        }
    }
}

fn truncated(bytes: &[u8]) -> Error {
    Error { offset: bytes.len() as u64, problem: Problem::Truncated }
}
