//! How one element of a list, or one field or value of a stream entry, is encoded: a tag, and what it announces.
//!
//! ```text
//!   0x00..=0xbf  text of so many bytes, which follow
//!   0xc0..=0xc3  an integer in the 1, 2, 4 or 8 bytes that follow
//!   0xc4, 0xc5   text; its length in the 2 or 4 bytes that follow
//!   0xd0..=0xff  the integers 0 to 47
//! ```
//!
//! An integer is what the canonical decimal text of one is stored as. So there is one encoding of each element, and
//! elements are equal just if their encodings are.

use base::num;

const SHORT_MAX: usize = 0xbf;
const INT: u8 = 0xc0;
const TEXT_2: u8 = 0xc4;
const TEXT_4: u8 = 0xc5;
const SMALL: u8 = 0xd0;
const SMALL_MAX: i64 = (0xff - SMALL) as i64;

/// Longest text that can be an integer.
const INT_TEXT_MAX_BYTES: usize = 20;

/// Longest encoding of an integer, or of a length with its tag.
const HEAD_MAX: usize = 9;

/// An element to look at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element<'a> {
    /// Text.
    Bytes(&'a [u8]),
    /// An integer, standing for its canonical text.
    Int(i64),
}

impl Element<'_> {
    /// Appends the element's text.
    pub fn write_to(self, out: &mut Vec<u8>) {
        match self {
            Element::Bytes(bytes) => out.extend_from_slice(bytes),
            Element::Int(int) => num::write_i64(out, int),
        }
    }

    /// A copy of the element's text.
    pub fn to_vec(self) -> Vec<u8> {
        let mut out = Vec::new();
        self.write_to(&mut out);
        out
    }
}

/// An element on its way into a list.
#[derive(Clone, Copy, Debug)]
pub struct Encoded<'a> {
    head: [u8; HEAD_MAX],
    head_len: u8,
    body: &'a [u8],
}

impl<'a> Encoded<'a> {
    /// The encoding of a text, at most `u32::MAX` bytes long.
    #[inline]
    pub fn new(text: &'a [u8]) -> Self {
        let mut head = [0; HEAD_MAX];
        if let Some(int) = canonical_int(text) {
            let head_len = int_head(int, &mut head);
            return Encoded { head, head_len, body: &[] };
        }
        let head_len = if text.len() <= SHORT_MAX {
            head[0] = text.len() as u8;
            1
        } else if text.len() <= usize::from(u16::MAX) {
            head[0] = TEXT_2;
            head[1..3].copy_from_slice(&(text.len() as u16).to_le_bytes());
            3
        } else {
            head[0] = TEXT_4;
            head[1..5].copy_from_slice(&(text.len() as u32).to_le_bytes());
            5
        };
        Encoded { head, head_len, body: text }
    }

    /// The encoding of an element of another list.
    pub fn of(element: Element<'a>) -> Self {
        match element {
            Element::Bytes(bytes) => Encoded::new(bytes),
            Element::Int(int) => {
                let mut head = [0; HEAD_MAX];
                let head_len = int_head(int, &mut head);
                Encoded { head, head_len, body: &[] }
            }
        }
    }

    /// Bytes of the encoding.
    #[inline]
    #[expect(clippy::len_without_is_empty, reason = "an encoding is never empty")]
    pub fn len(&self) -> usize {
        usize::from(self.head_len) + self.body.len()
    }

    /// Writes the encoding to a place of just its length.
    #[inline]
    pub(crate) fn write(&self, to: &mut [u8]) {
        let (head, body) = to.split_at_mut(usize::from(self.head_len));
        head.copy_from_slice(&self.head[..usize::from(self.head_len)]);
        body.copy_from_slice(self.body);
    }

    /// Appends the encoding.
    pub(crate) fn append(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.head[..usize::from(self.head_len)]);
        out.extend_from_slice(self.body);
    }

    /// Whether these bytes are the encoding.
    #[inline]
    pub(crate) fn is(&self, bytes: &[u8]) -> bool {
        bytes.len() == self.len() && {
            let (head, body) = bytes.split_at(usize::from(self.head_len));
            head == &self.head[..head.len()] && body == self.body
        }
    }
}

fn int_head(int: i64, head: &mut [u8; HEAD_MAX]) -> u8 {
    if (0..=SMALL_MAX).contains(&int) {
        head[0] = SMALL + int as u8;
        return 1;
    }
    let log = match int {
        _ if int == i64::from(int as i8) => 0,
        _ if int == i64::from(int as i16) => 1,
        _ if int == i64::from(int as i32) => 2,
        _ => 3,
    };
    head[0] = INT + log;
    head[1..9].copy_from_slice(&int.to_le_bytes());
    1 + (1 << log)
}

#[inline]
fn canonical_int(text: &[u8]) -> Option<i64> {
    let first = *text.first()?;
    if text.len() > INT_TEXT_MAX_BYTES || !(first.is_ascii_digit() || first == b'-') {
        return None;
    }
    num::parse_i64(text)
}

/// Bytes of the first element of a run; 0 where there is none.
#[inline]
pub(crate) fn first_len(run: &[u8]) -> usize {
    let Some(&tag) = run.first() else { return 0 };
    match tag {
        0..=0xbf => usize::from(tag) + 1,
        SMALL..=0xff => 1,
        INT..=0xc3 => 1 + (1 << (tag - INT)),
        _ => {
            let (start, len) = long_text(run);
            start + len
        }
    }
}

/// The first element of a run and its length in bytes.
#[inline]
pub(crate) fn first(run: &[u8]) -> Option<(Element<'_>, usize)> {
    let &tag = run.first()?;
    let (start, len) = match tag {
        0..=0xbf => (1, usize::from(tag)),
        SMALL..=0xff => return Some((Element::Int(i64::from(tag - SMALL)), 1)),
        INT..=0xc3 => {
            let len = 1 << (tag - INT);
            let (bytes, shift) = (run.get(1..=len)?, 64 - 8 * len as u32);
            let mut wide = [0; 8];
            wide[..len].copy_from_slice(bytes);
            // Sign extension of the narrow form.
            return Some((Element::Int(i64::from_le_bytes(wide) << shift >> shift), len + 1));
        }
        _ => long_text(run),
    };
    Some((Element::Bytes(run.get(start..start + len)?), start + len))
}

/// Where a long text begins, and its length.
#[cold]
fn long_text(run: &[u8]) -> (usize, usize) {
    match run {
        [TEXT_2, a, b, ..] => (3, usize::from(u16::from_le_bytes([*a, *b]))),
        [_, a, b, c, d, ..] => (5, u32::from_le_bytes([*a, *b, *c, *d]) as usize),
        _ => (run.len(), 0),
    }
}

/// The elements of a run.
#[derive(Clone, Debug)]
pub struct Elements<'a> {
    run: &'a [u8],
}

impl<'a> Elements<'a> {
    /// Over a run of encoded elements.
    #[inline]
    pub(crate) fn new(run: &'a [u8]) -> Self {
        Elements { run }
    }

    /// Passes over elements.
    #[inline]
    pub(crate) fn skip_elements(mut self, count: usize) -> Self {
        for _ in 0..count {
            self.run = self.run.get(first_len(self.run)..).unwrap_or_default();
        }
        self
    }
}

impl<'a> Iterator for Elements<'a> {
    type Item = Element<'a>;

    #[inline]
    fn next(&mut self) -> Option<Element<'a>> {
        let (element, len) = first(self.run)?;
        self.run = self.run.get(len..).unwrap_or_default();
        Some(element)
    }
}

/// Where an element of a run begins: the run's length if there are not so many.
#[inline]
pub(crate) fn offset_of(run: &[u8], index: usize) -> usize {
    let mut at = 0;
    for _ in 0..index {
        at += first_len(run.get(at..).unwrap_or_default());
    }
    at
}

/// Where all elements of a run begin, appended to `offsets`.
#[inline]
pub(crate) fn offsets_into(run: &[u8], offsets: &mut Vec<u32>) {
    let mut at = 0;
    while let Some(rest) = run.get(at..)
        && !rest.is_empty()
    {
        offsets.push(at as u32);
        at += first_len(rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &[u8], len: usize) {
        let encoded = Encoded::new(text);
        assert_eq!(encoded.len(), len, "{}", text.escape_ascii());
        let mut run = Vec::new();
        encoded.append(&mut run);
        assert!(encoded.is(&run) && run.len() == len);
        let (element, read) = first(&run).unwrap();
        assert_eq!((element.to_vec(), read, first_len(&run)), (text.to_vec(), len, len));
        let mut again = vec![0; len];
        Encoded::of(element).write(&mut again);
        assert_eq!(again, run);
    }

    #[test]
    fn encodings() {
        check(b"", 1);
        check(b"a", 2);
        check(b"0", 1);
        check(b"47", 1);
        check(b"48", 2);
        check(b"-1", 2);
        check(b"-129", 3);
        check(b"32768", 5);
        check(b"-9223372036854775808", 9);
        check(b"9223372036854775808", 20);
        check(b"007", 4);
        check(&[b'x'; 191], 192);
        check(&[b'x'; 192], 195);
        check(&[b'x'; 65535], 65538);
        check(&[b'x'; 65536], 65541);
    }

    #[test]
    fn nothing_panics_on_a_truncated_run() {
        for tag in 0..=255 {
            for len in 0..9 {
                let run = [tag, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0];
                let _ = first(&run[..len]);
                let _ = Elements::new(&run[..len]).count();
                let _ = offset_of(&run[..len], 3);
            }
        }
    }

    proptest! {
        #[test]
        fn integers_come_back(int in any::<i64>()) {
            check(int.to_string().as_bytes(), Encoded::of(Element::Int(int)).len());
        }
    }
}
