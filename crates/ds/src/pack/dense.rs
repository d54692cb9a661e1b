//! Elements in the form that takes the fewest bytes, for those that nobody searches for: the values of hashes.
//!
//! Beside integers these are short texts of digits and of what stands between digits (`12.34`, `2026-11-21`, `192.168.0.1`),
//! two characters a byte.

use super::{Element, Encoded, HEAD_MAX_BYTES, MEDIUM, SHORT, SYMBOLS, SYMBOLS_FIRST};

/// Lengths of texts that are kept as symbols. The length and its symbols fit in 64 bits.
const LEN_MIN: usize = 3;
const LEN_MAX: usize = 15;

/// The characters, by their code of four bits.
const CHARACTERS: [u8; 16] = *b"0123456789.-:/, ";

/// No code.
const NO_CODE: u8 = 0xff;

/// The code of each byte.
static CODES: [u8; 256] = {
    let mut codes = [NO_CODE; 256];
    let mut code = 0;
    while code < CHARACTERS.len() {
        codes[CHARACTERS[code] as usize] = code as u8;
        code += 1;
    }
    codes
};

/// The two characters of each byte.
static PAIRS: [[u8; 2]; 256] = {
    let mut pairs = [[0; 2]; 256];
    let mut byte = 0;
    while byte < pairs.len() {
        pairs[byte] = [CHARACTERS[byte >> 4], CHARACTERS[byte & 15]];
        byte += 1;
    }
    pairs
};

/// A text of 3 to 15 of the characters `0123456789.-:/, `.
///
/// From the highest bits on: the codes of the characters, then zeros; in the lowest four bits the length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Symbols(u64);

impl Symbols {
    /// The text, if it is one of these and begins with a digit or a minus sign.
    #[inline]
    fn of(text: &[u8]) -> Option<Self> {
        match text {
            [b'0'..=b'9' | b'-', ..] if (LEN_MIN..=LEN_MAX).contains(&text.len()) => Self::of_likely(text),
            _ => None,
        }
    }

    fn of_likely(text: &[u8]) -> Option<Self> {
        let (mut bits, mut shift) = (text.len() as u64, 64);
        for &byte in text {
            let code = CODES[usize::from(byte)];
            if code == NO_CODE {
                return None;
            }
            shift -= 4;
            bits |= u64::from(code) << shift;
        }
        Some(Symbols(bits))
    }

    /// The length of the text.
    #[inline]
    fn text_len(self) -> usize {
        (self.0 & 15) as usize
    }

    /// The text, written to the beginning of `buffer`.
    #[inline]
    pub fn text(self, buffer: &mut [u8; 16]) -> &[u8] {
        let (pairs, _) = buffer.as_chunks_mut::<2>();
        for (pair, byte) in pairs.iter_mut().zip(self.0.to_be_bytes()) {
            *pair = PAIRS[usize::from(byte)];
        }
        buffer.get(..self.text_len()).unwrap_or_default()
    }

    /// How many bytes a text of a length takes.
    #[inline]
    pub(super) const fn packed_len(len: usize) -> usize {
        len.div_ceil(2)
    }

    fn encode(self) -> Encoded<'static> {
        let mut head = [0; HEAD_MAX_BYTES];
        head[0] = SYMBOLS + self.text_len() as u8;
        head[1..].copy_from_slice(&(self.0 & !15).to_be_bytes());
        Encoded { head, head_len: 1 + Symbols::packed_len(self.text_len()) as u8, body: &[] }
    }

    /// The text of `len` characters that `bytes` begin with.
    #[inline]
    fn decode(len: usize, bytes: &[u8]) -> Option<Self> {
        let packed = Symbols::packed_len(len);
        let bits = match bytes.first_chunk::<8>() {
            // What follows is cut off.
            Some(bytes) => u64::from_be_bytes(*bytes) & u64::MAX << (64 - 8 * packed),
            None => {
                let last = bytes.get(..packed)?.iter();
                last.fold(0, |bits, &byte| bits << 8 | u64::from(byte)) << (64 - 8 * packed)
            }
        };
        Some(Symbols(bits & !15 | len as u64))
    }
}

/// An element that nobody searches for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dense<'a> {
    /// Text that is the canonical form of an integer.
    Int(i64),
    /// Other text of a few digits and the like.
    Symbols(Symbols),
    /// Any other bytes.
    Bytes(&'a [u8]),
}

impl<'a> From<Element<'a>> for Dense<'a> {
    /// Bytes stay bytes.
    #[inline]
    fn from(element: Element<'a>) -> Self {
        match element {
            Element::Int(int) => Dense::Int(int),
            Element::Bytes(bytes) => Dense::Bytes(bytes),
        }
    }
}

impl<'a> Dense<'a> {
    /// The element for a text.
    #[inline]
    pub fn of(text: &'a [u8]) -> Self {
        match Element::of(text) {
            Element::Int(int) => Dense::Int(int),
            Element::Bytes(text) => Symbols::of(text).map_or(Dense::Bytes(text), Dense::Symbols),
        }
    }

    /// The text; one that does not lie there as such is written to `scratch`.
    #[inline]
    pub fn text<'b>(self, scratch: &'b mut Vec<u8>) -> &'b [u8]
    where
        'a: 'b,
    {
        match self {
            Dense::Int(int) => Element::Int(int).text(scratch),
            Dense::Bytes(bytes) => bytes,
            Dense::Symbols(_) => {
                scratch.clear();
                self.append_to(scratch);
                scratch
            }
        }
    }

    /// The length of the text in bytes.
    pub fn text_len(self) -> usize {
        match self {
            Dense::Int(int) => Element::Int(int).text_len(),
            Dense::Bytes(bytes) => bytes.len(),
            Dense::Symbols(symbols) => symbols.text_len(),
        }
    }

    /// Appends the text.
    pub fn append_to(self, out: &mut Vec<u8>) {
        match self {
            Dense::Int(int) => Element::Int(int).append_to(out),
            Dense::Bytes(bytes) => out.extend_from_slice(bytes),
            Dense::Symbols(symbols) => out.extend_from_slice(symbols.text(&mut [0; 16])),
        }
    }

    /// The text in a buffer of its own.
    pub fn to_vec(self) -> Vec<u8> {
        let mut text = Vec::new();
        self.append_to(&mut text);
        text
    }

    /// The integer that the text is, if it is one.
    #[inline]
    pub fn as_int(self) -> Option<i64> {
        match self {
            Dense::Int(int) => Some(int),
            Dense::Bytes(_) | Dense::Symbols(_) => None,
        }
    }

    /// How it is written.
    #[inline]
    pub fn encode(self) -> Encoded<'a> {
        match self {
            Dense::Int(int) => Element::Int(int).encode(),
            Dense::Bytes(bytes) => Element::Bytes(bytes).encode(),
            Dense::Symbols(symbols) => symbols.encode(),
        }
    }
}

/// The element that `bytes` begin with, and how many bytes it takes.
#[inline]
pub fn decode(bytes: &[u8]) -> Option<(Dense<'_>, usize)> {
    let &head = bytes.first()?;
    if (SHORT..MEDIUM).contains(&head) {
        let end = 1 + usize::from(head - SHORT);
        return Some((Dense::Bytes(bytes.get(1..end)?), end));
    }
    decode_other(head, bytes)
}

fn decode_other(head: u8, bytes: &[u8]) -> Option<(Dense<'_>, usize)> {
    if head < SYMBOLS_FIRST {
        return super::decode(bytes).map(|(element, len)| (element.into(), len));
    }
    let len = usize::from(head - SYMBOLS);
    if len > LEN_MAX {
        return None;
    }
    let symbols = Symbols::decode(len, bytes.get(1..)?)?;
    Some((Dense::Symbols(symbols), 1 + Symbols::packed_len(len)))
}
