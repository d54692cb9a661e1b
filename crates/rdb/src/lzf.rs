//! LZF, the compression of strings in RDB files.
//!
//! ```text
//!   000lllll  l+1 bytes                 so many bytes as they are
//!   lllooooo  oooooooo                  l+2 bytes again from o+1 bytes before, l from 1 to 6
//!   111ooooo  llllllll  oooooooo        l+9 bytes
//! ```
//!
//! Our own and not a library because a snapshot compresses millions of short strings: the table of places is kept from one string
//! to the next and needs no clearing, since every string has positions of its own in it.

/// Bits of an index into the table of places.
const TABLE_BITS: u32 = 13;
/// Farthest distance that can be said.
const DISTANCE_MAX: usize = 1 << 13;
/// Longest stretch that can be repeated.
const REPEAT_MAX: usize = 264;
/// Longest stretch of bytes as they are.
const LITERAL_MAX: usize = 32;
/// Longest text that is worth trying: positions are 32 bits.
const TEXT_MAX_BYTES: usize = 1 << 30;
/// No more than so many bytes come out of one.
const RATIO_MAX: usize = 132;

/// A compressor with its table.
pub struct Compressor {
    /// Last position of each hash of three bytes, counted from `base`.
    table: Box<[u32]>,
    /// Positions below this belong to earlier texts.
    base: u32,
}

impl Default for Compressor {
    fn default() -> Self {
        Compressor { table: vec![0; 1 << TABLE_BITS].into_boxed_slice(), base: 1 }
    }
}

impl Compressor {
    /// Appends the compressed text to `out`, if it is shorter than the text by at least four bytes; else appends nothing and
    /// returns false.
    pub fn compress(&mut self, text: &[u8], out: &mut Vec<u8>) -> bool {
        if text.len() <= 4 || text.len() > TEXT_MAX_BYTES {
            return false;
        }
        if (u32::MAX - self.base) as usize <= text.len() {
            self.table.fill(0);
            self.base = 1;
        }
        let begin = out.len();
        let limit = begin + text.len() - 4;
        self.run(text, out, limit);
        self.base += text.len() as u32;
        if out.len() > limit {
            out.truncate(begin);
            return false;
        }
        true
    }

    fn run(&mut self, text: &[u8], out: &mut Vec<u8>, limit: usize) {
        let (mut at, mut literal) = (0, 0);
        while at + 3 <= text.len() {
            if out.len() + (at - literal) > limit {
                // No use: let the caller see that it is too long.
                out.resize(limit + 1, 0);
                return;
            }
            let place = &mut self.table[hash(&text[at..at + 3])];
            let seen = std::mem::replace(place, self.base + at as u32);
            let from = seen.wrapping_sub(self.base) as usize;
            if seen < self.base || at - from > DISTANCE_MAX || text[from..from + 3] != text[at..at + 3] {
                at += 1;
                continue;
            }
            let most = REPEAT_MAX.min(text.len() - at);
            let same = (3..most).take_while(|&i| text[from + i] == text[at + i]).count() + 3;
            put_literal(out, &text[literal..at]);
            put_repeat(out, at - from - 1, same - 2);
            at += same;
            literal = at;
        }
        put_literal(out, &text[literal..]);
    }
}

#[inline]
fn hash(three: &[u8]) -> usize {
    let word = u32::from(three[0]) << 16 | u32::from(three[1]) << 8 | u32::from(three[2]);
    (word.wrapping_mul(0x9e37_79b1) >> (32 - TABLE_BITS)) as usize
}

fn put_literal(out: &mut Vec<u8>, bytes: &[u8]) {
    for piece in bytes.chunks(LITERAL_MAX) {
        out.push(piece.len() as u8 - 1);
        out.extend_from_slice(piece);
    }
}

fn put_repeat(out: &mut Vec<u8>, distance: usize, len: usize) {
    let high = (distance >> 8) as u8;
    if len < 7 {
        out.push((len as u8) << 5 | high);
    } else {
        out.extend_from_slice(&[7 << 5 | high, (len - 7) as u8]);
    }
    out.push(distance as u8);
}

/// Appends what `compressed` stands for to `out`. False if that is not exactly `len` bytes, or no LZF at all.
pub fn decompress(compressed: &[u8], len: usize, out: &mut Vec<u8>) -> bool {
    if len > compressed.len().saturating_mul(RATIO_MAX) {
        return false;
    }
    let begin = out.len();
    out.reserve(len);
    let mut rest = compressed;
    while let [head, tail @ ..] = rest {
        let fits = if *head < 32 {
            literal(usize::from(*head) + 1, tail, out)
        } else {
            repeat(*head, tail, begin, out)
        };
        let Some(next) = fits else { return false };
        if out.len() - begin > len {
            return false;
        }
        rest = next;
    }
    out.len() - begin == len
}

#[inline]
fn literal<'a>(count: usize, rest: &'a [u8], out: &mut Vec<u8>) -> Option<&'a [u8]> {
    let (bytes, rest) = rest.split_at_checked(count)?;
    out.extend_from_slice(bytes);
    Some(rest)
}

#[inline]
fn repeat<'a>(head: u8, mut rest: &'a [u8], begin: usize, out: &mut Vec<u8>) -> Option<&'a [u8]> {
    let mut len = usize::from(head >> 5);
    if len == 7 {
        let (more, tail) = rest.split_first()?;
        len += usize::from(*more);
        rest = tail;
    }
    let (low, rest) = rest.split_first()?;
    let distance = (usize::from(head & 31) << 8 | usize::from(*low)) + 1;
    let from = out.len().checked_sub(distance).filter(|&from| from >= begin)?;
    let len = len + 2;
    if distance >= len {
        out.extend_from_within(from..from + len);
    } else {
        for i in 0..len {
            out.push(out[from + i]);
        }
    }
    Some(rest)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn agrees_with_the_library(
            texts in prop::collection::vec(
                prop::collection::vec(prop_oneof![3 => 0u8..3, 1 => any::<u8>()], 0..2000), 1..8)
        ) {
            let mut compressor = Compressor::default();
            for text in texts {
                let mut out = vec![1, 2, 3];
                if compressor.compress(&text, &mut out) {
                    prop_assert!(out.len() - 3 <= text.len() - 4);
                    prop_assert_eq!(&lzf::decompress(&out[3..], text.len()).expect("LZF"), &text);
                    let mut back = vec![9];
                    prop_assert!(decompress(&out[3..], text.len(), &mut back));
                    prop_assert_eq!(&back[1..], &text);
                } else {
                    prop_assert_eq!(out, vec![1, 2, 3]);
                }
                if let Ok(theirs) = lzf::compress(&text) {
                    let mut back = Vec::new();
                    prop_assert!(decompress(&theirs, text.len(), &mut back));
                    prop_assert_eq!(back, text);
                }
            }
        }

        #[test]
        fn takes_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200), len in 0usize..2000) {
            let mut out = Vec::new();
            if decompress(&bytes, len, &mut out) {
                prop_assert_eq!(out.len(), len);
            }
            prop_assert!(out.len() <= len + 300);
        }
    }

    #[test]
    fn long_repeats_come_back() {
        let mut out = Vec::new();
        let text = vec![b'a'; 100_000];
        assert!(Compressor::default().compress(&text, &mut out));
        assert!(out.len() < 1300);
        let mut back = Vec::new();
        assert!(decompress(&out, text.len(), &mut back));
        assert_eq!(back, text);
    }
}
