//! The primitives of the format, read from bytes that may end too early.

use crate::Problem;
use crate::lzf;
use crate::part::Id;

/// Why something could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fail {
    /// So many bytes are needed at least, counted from the first that there is.
    Short(usize),
    /// Something is wrong at a position.
    Bad(Problem, usize),
}

impl Fail {
    /// Something else was expected at a position.
    pub(crate) fn expected(what: &'static str, at: usize) -> Self {
        Fail::Bad(Problem::Expected(what), at)
    }
}

pub(crate) type Result<T> = std::result::Result<T, Fail>;

/// Where a text lies, without borrowing it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Span {
    /// In the bytes that are read.
    Input(usize, usize),
    /// In the scratch buffer of the current step.
    Scratch(usize, usize),
    /// In the compact blob that is being walked.
    Blob(usize, usize),
    /// Nowhere: an integer.
    Int(i64),
}

impl Span {
    /// Whether it is a text without a byte.
    pub(crate) fn is_empty(self) -> bool {
        match self {
            Span::Input(begin, end) | Span::Scratch(begin, end) | Span::Blob(begin, end) => begin == end,
            Span::Int(_) => false,
        }
    }
}

/// What a byte at the head of a length says.
enum Head {
    Len(u64),
    Encoded(u8),
}

const ENCODED_INT_8: u8 = 0;
const ENCODED_INT_16: u8 = 1;
const ENCODED_INT_32: u8 = 2;
const ENCODED_LZF: u8 = 3;

/// A position in bytes.
pub(crate) struct Cursor<'a> {
    pub(crate) bytes: &'a [u8],
    pub(crate) at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn take(&mut self, len: usize) -> Result<&'a [u8]> {
        let end = self.at.saturating_add(len);
        let taken = self.bytes.get(self.at..end).ok_or(Fail::Short(end))?;
        self.at = end;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        let at = self.at;
        self.take(N)?.try_into().map_err(|_| Fail::Short(at + N))
    }

    pub(crate) fn u8(&mut self) -> Result<u8> {
        Ok(self.array::<1>()?[0])
    }

    pub(crate) fn i64_le(&mut self) -> Result<i64> {
        Ok(i64::from_le_bytes(self.array()?))
    }

    fn head(&mut self) -> Result<Head> {
        let at = self.at;
        let first = self.u8()?;
        Ok(match (first >> 6, first) {
            (0, _) => Head::Len(u64::from(first & 63)),
            (1, _) => Head::Len(u64::from(first & 63) << 8 | u64::from(self.u8()?)),
            (_, 0x80) => Head::Len(u64::from(u32::from_be_bytes(self.array()?))),
            (_, 0x81) => Head::Len(u64::from_be_bytes(self.array()?)),
            (3, _) => Head::Encoded(first & 63),
            _ => return Err(Fail::expected("a length", at)),
        })
    }

    /// A length, or another number that is kept in the same way.
    pub(crate) fn len(&mut self) -> Result<u64> {
        let at = self.at;
        match self.head()? {
            Head::Len(len) => Ok(len),
            Head::Encoded(_) => Err(Fail::expected("a length", at)),
        }
    }

    /// The identity of an entry as two lengths.
    pub(crate) fn id(&mut self) -> Result<Id> {
        Ok(Id { ms: self.len()?, seq: self.len()? })
    }

    /// The identity of an entry as sixteen bytes.
    pub(crate) fn raw_id(&mut self) -> Result<Id> {
        Ok(Id { ms: u64::from_be_bytes(self.array()?), seq: u64::from_be_bytes(self.array()?) })
    }

    /// A string. What was compressed is appended to `scratch`.
    pub(crate) fn string(&mut self, scratch: &mut Vec<u8>) -> Result<Span> {
        let at = self.at;
        match self.head()? {
            Head::Len(len) => {
                let len = usize::try_from(len).map_err(|_| Fail::expected("a shorter string", at))?;
                let begin = self.at;
                self.take(len)?;
                Ok(Span::Input(begin, self.at))
            }
            Head::Encoded(ENCODED_INT_8) => Ok(Span::Int(i64::from(self.u8()? as i8))),
            Head::Encoded(ENCODED_INT_16) => Ok(Span::Int(i64::from(i16::from_le_bytes(self.array()?)))),
            Head::Encoded(ENCODED_INT_32) => Ok(Span::Int(i64::from(i32::from_le_bytes(self.array()?)))),
            Head::Encoded(ENCODED_LZF) => {
                let (compressed, len) = (self.len()?, self.len()?);
                let too_long = |_| Fail::expected("a shorter string", at);
                let (compressed, len) =
                    (usize::try_from(compressed).map_err(too_long)?, usize::try_from(len).map_err(too_long)?);
                let compressed = self.take(compressed)?;
                let begin = scratch.len();
                if len == 0 || !lzf::decompress(compressed, len, scratch) {
                    return Err(Fail::expected("LZF that gives as many bytes as it says", at));
                }
                Ok(Span::Scratch(begin, scratch.len()))
            }
            Head::Encoded(_) => Err(Fail::expected("a string", at)),
        }
    }

    /// A score in eight bytes.
    pub(crate) fn binary_score(&mut self) -> Result<f64> {
        let at = self.at;
        let score = f64::from_le_bytes(self.array()?);
        if score.is_nan() { Err(Fail::expected("a score", at)) } else { Ok(score) }
    }

    /// A score as text.
    pub(crate) fn text_score(&mut self) -> Result<f64> {
        let at = self.at;
        match self.u8()? {
            254 => Ok(f64::INFINITY),
            255 => Ok(f64::NEG_INFINITY),
            253 => Err(Fail::expected("a score", at)),
            len => {
                let text = self.take(usize::from(len))?;
                base::num::parse_f64(text)
                    .filter(|score| !score.is_nan())
                    .ok_or(Fail::expected("a score", at))
            }
        }
    }
}
