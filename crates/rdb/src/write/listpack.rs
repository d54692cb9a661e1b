//! Building listpacks; see the reader of them for how they look.

use crate::part::Text;

const HEAD_BYTES: usize = 6;
const COUNT_UNKNOWN: usize = u16::MAX as usize;

/// A listpack that is being built in a buffer which is used again and again.
#[derive(Debug, Default)]
pub(super) struct Builder {
    bytes: Vec<u8>,
    count: usize,
}

impl Builder {
    /// Begins a new one.
    pub(super) fn begin(&mut self) {
        self.bytes.clear();
        self.bytes.resize(HEAD_BYTES, 0);
        self.count = 0;
    }

    /// Appends the entries of another one that is not finished.
    pub(super) fn extend(&mut self, other: &Builder) {
        self.bytes.extend_from_slice(other.bytes.get(HEAD_BYTES..).unwrap_or_default());
        self.count += other.count;
    }

    pub(super) fn int(&mut self, int: i64) {
        let begin = self.bytes.len();
        let bytes = int.to_le_bytes();
        let out = &mut self.bytes;
        match int {
            0..=127 => out.push(int as u8),
            -4096..=4095 => {
                let raw = int as u16 & 0x1fff;
                out.extend_from_slice(&[0xc0 | (raw >> 8) as u8, raw as u8]);
            }
            _ if i16::try_from(int).is_ok() => put(out, 0xf1, &bytes[..2]),
            -0x80_0000..=0x7f_ffff => put(out, 0xf2, &bytes[..3]),
            _ if i32::try_from(int).is_ok() => put(out, 0xf3, &bytes[..4]),
            _ => put(out, 0xf4, &bytes),
        }
        self.end(begin);
    }

    /// Any text; the canonical form of an integer becomes one.
    pub(super) fn element(&mut self, text: Text<'_>) {
        match text {
            Text::Int(int) => self.int(int),
            Text::Bytes(bytes) => match base::num::parse_i64(bytes) {
                Some(int) => self.int(int),
                None => self.text(bytes),
            },
        }
    }

    fn text(&mut self, text: &[u8]) {
        let begin = self.bytes.len();
        let (out, len) = (&mut self.bytes, text.len());
        match len {
            0..=63 => out.push(0x80 | len as u8),
            64..=4095 => out.extend_from_slice(&[0xe0 | (len >> 8) as u8, len as u8]),
            _ => put(out, 0xf0, &(len as u32).to_le_bytes()),
        }
        out.extend_from_slice(text);
        self.end(begin);
    }

    /// Writes the length behind an entry.
    fn end(&mut self, begin: usize) {
        let len = self.bytes.len() - begin;
        // One less than would fit: so do the servers, and they must agree when they walk backwards.
        let width = match len {
            0..=127 => 1,
            128..0x3fff => 2,
            0x3fff..0x1f_ffff => 3,
            0x1f_ffff..0xfff_ffff => 4,
            _ => 5,
        };
        for i in (0..width).rev() {
            let more = if i + 1 == width { 0 } else { 0x80 };
            self.bytes.push((len >> (7 * i)) as u8 & 0x7f | more);
        }
        self.count += 1;
    }

    /// The finished listpack.
    pub(super) fn finish(&mut self) -> &[u8] {
        self.bytes.push(0xff);
        let (total, count) = (self.bytes.len() as u32, self.count.min(COUNT_UNKNOWN) as u16);
        self.bytes[..4].copy_from_slice(&total.to_le_bytes());
        self.bytes[4..HEAD_BYTES].copy_from_slice(&count.to_le_bytes());
        &self.bytes
    }
}

fn put(out: &mut Vec<u8>, head: u8, bytes: &[u8]) {
    out.push(head);
    out.extend_from_slice(bytes);
}
