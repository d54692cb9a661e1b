//! The only writer of replies. Each method appends one element, or the header of an aggregate whose elements follow, in
//! the protocol version of the connection.

use base::num::{write_f64, write_i64, write_u64};

use crate::Rest;

/// Writes replies to the end of a buffer.
#[derive(Debug)]
pub struct Reply<'a> {
    out: &'a mut Vec<u8>,
    resp3: bool,
    /// Where the rest of a long reply may be left.
    rest: Option<&'a mut Option<Box<dyn Rest>>>,
}

impl<'a> Reply<'a> {
    /// A writer to the end of `out`, for RESP3 where `resp3`, else RESP2.
    #[inline]
    pub const fn new(out: &'a mut Vec<u8>, resp3: bool) -> Self {
        Self { out, resp3, rest: None }
    }

    /// As [`Reply::new`], where the one reply that is written may end with a rest that is left in `rest`, to be written
    /// later.
    #[inline]
    pub const fn with_rest(out: &'a mut Vec<u8>, resp3: bool, rest: &'a mut Option<Box<dyn Rest>>) -> Self {
        Self { out, resp3, rest: Some(rest) }
    }

    /// Whether the reply may be left unfinished with [`Reply::leave`]. If not, it is to be written in full.
    #[inline]
    pub const fn may_leave(&self) -> bool {
        self.rest.is_some()
    }

    /// Leaves the rest of the reply to be written later; nothing else of it is written now. Only where
    /// [`Reply::may_leave`]; otherwise the rest is written at once.
    pub fn leave(&mut self, mut rest: Box<dyn Rest>) {
        match &mut self.rest {
            Some(place) => **place = Some(rest),
            None => while !rest.write(self, usize::MAX) {},
        }
    }

    /// Whether the client speaks RESP3.
    #[inline]
    pub const fn is_resp3(&self) -> bool {
        self.resp3
    }

    /// Bytes in the buffer, to come back to with [`Reply::truncate`] or to patch a deferred header.
    #[inline]
    pub const fn position(&self) -> usize {
        self.out.len()
    }

    /// Takes back everything written since [`Reply::position`] was `position`.
    #[inline]
    pub fn truncate(&mut self, position: usize) {
        self.out.truncate(position);
    }

    /// Makes room for so many bytes, so that a long reply is not moved while it grows.
    pub fn reserve(&mut self, bytes: usize) {
        self.out.reserve(bytes);
    }

    /// A writer to the same buffer for a shorter time, which leaves nothing for later.
    #[inline]
    pub const fn reborrow(&mut self) -> Reply<'_> {
        Reply { out: &mut *self.out, resp3: self.resp3, rest: None }
    }

    /// Bytes that are already protocol: one or more whole elements, or a part of one that other calls complete.
    #[inline]
    pub fn raw(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// `+OK`.
    #[inline]
    pub fn ok(&mut self) {
        self.out.extend_from_slice(b"+OK\r\n");
    }

    /// A simple string. Line ends within are replaced by spaces.
    #[inline]
    pub fn simple(&mut self, text: &str) {
        self.line(b'+', text.as_bytes());
    }

    /// As [`Reply::simple`], for text with bytes that a client sent.
    pub fn simple_bytes(&mut self, text: &[u8]) {
        self.line(b'+', text);
    }

    /// An error: `text` begins with its code, such as `ERR ` or `WRONGTYPE `. Line ends at its end are dropped, those within
    /// replaced by spaces.
    #[inline]
    pub fn error(&mut self, text: &str) {
        self.error_bytes(text.as_bytes());
    }

    /// As [`Reply::error`], for text with bytes that a client sent.
    pub fn error_bytes(&mut self, text: &[u8]) {
        let is_line_end = |byte: &u8| matches!(byte, b'\r' | b'\n');
        let len = text.iter().rposition(|byte| !is_line_end(byte)).map_or(0, |last| last + 1);
        self.line(b'-', text.get(..len).unwrap_or(text));
    }

    /// An integer.
    #[inline]
    pub fn int(&mut self, value: i64) {
        match u64::try_from(value) {
            Ok(value) => self.header(b':', value),
            Err(_) => {
                self.out.push(b':');
                write_i64(self.out, value);
                self.end();
            }
        }
    }

    /// An integer that may be too large for a signed one.
    #[inline]
    pub fn uint(&mut self, value: u64) {
        self.header(b':', value);
    }

    /// A bulk string.
    #[inline]
    pub fn bulk(&mut self, value: &[u8]) {
        self.out.reserve(value.len() + HEADER_MAX + 2);
        self.header(b'$', value.len() as u64);
        self.out.extend_from_slice(value);
        self.end();
    }

    /// An integer as a bulk string.
    pub fn bulk_int(&mut self, value: i64) {
        self.number_as_bulk(|out| write_i64(out, value));
    }

    /// No value: RESP2 `$-1`, RESP3 `_`.
    #[inline]
    pub fn null(&mut self) {
        self.out.extend_from_slice(if self.resp3 { b"_\r\n" } else { b"$-1\r\n" });
    }

    /// No value where an array is expected: RESP2 `*-1`, RESP3 `_`.
    #[inline]
    pub fn null_array(&mut self) {
        self.out.extend_from_slice(if self.resp3 { b"_\r\n" } else { b"*-1\r\n" });
    }

    /// An array of `len` elements, which follow.
    #[inline]
    pub fn array(&mut self, len: usize) {
        self.header(b'*', len as u64);
    }

    /// Makes an array of the `len` elements that were written since [`Reply::position`] was `position`. Costs a move of them.
    pub fn insert_array(&mut self, position: usize, len: usize) {
        self.insert_header(position, |reply| reply.array(len));
    }

    /// As [`Reply::insert_array`], a map of `len` pairs.
    pub fn insert_map(&mut self, position: usize, len: usize) {
        self.insert_header(position, |reply| reply.map(len));
    }

    /// As [`Reply::insert_array`], a set of `len` elements.
    pub fn insert_set(&mut self, position: usize, len: usize) {
        self.insert_header(position, |reply| reply.set(len));
    }

    /// Moves what was written since `position` behind what `write` writes.
    fn insert_header(&mut self, position: usize, write: impl FnOnce(&mut Self)) {
        let end = self.out.len();
        write(self);
        if let Some(moved) = self.out.get_mut(position..) {
            moved.rotate_left(end.saturating_sub(position));
        }
    }

    /// A map of `len` pairs, which follow; RESP2: an array of twice as many elements.
    #[inline]
    pub fn map(&mut self, len: usize) {
        if self.resp3 { self.header(b'%', len as u64) } else { self.header(b'*', 2 * len as u64) }
    }

    /// A set of `len` elements, which follow; RESP2: an array.
    #[inline]
    pub fn set(&mut self, len: usize) {
        self.header(if self.resp3 { b'~' } else { b'*' }, len as u64);
    }

    /// A push message of `len` elements, which follow; RESP2: an array.
    #[inline]
    pub fn push(&mut self, len: usize) {
        self.header(if self.resp3 { b'>' } else { b'*' }, len as u64);
    }

    /// Attributes of the element after them: `len` pairs, which follow. RESP3 only: in RESP2 there is no such thing, and the
    /// caller must not write the pairs either. Gives whether they are to be written.
    #[inline]
    #[must_use]
    pub fn attribute(&mut self, len: usize) -> bool {
        if self.resp3 {
            self.header(b'|', len as u64);
        }
        self.resp3
    }

    /// A double; RESP2: its text as a bulk string.
    pub fn double(&mut self, value: f64) {
        if self.resp3 {
            self.out.push(b',');
            write_f64(self.out, value);
            self.end();
        } else {
            self.number_as_bulk(|out| write_f64(out, value));
        }
    }

    /// A truth value; RESP2: the integer 1 or 0.
    #[inline]
    pub fn bool(&mut self, value: bool) {
        self.out.extend_from_slice(match (self.resp3, value) {
            (true, true) => b"#t\r\n",
            (true, false) => b"#f\r\n",
            (false, true) => b":1\r\n",
            (false, false) => b":0\r\n",
        });
    }

    /// Text with its format, three bytes such as `txt` or `mkd`; RESP2: the text as a bulk string.
    pub fn verbatim(&mut self, format: [u8; 3], text: &[u8]) {
        if !self.resp3 {
            return self.bulk(text);
        }
        self.out.reserve(text.len() + HEADER_MAX + 6);
        self.header(b'=', text.len() as u64 + 4);
        self.out.extend_from_slice(&format);
        self.out.push(b':');
        self.out.extend_from_slice(text);
        self.end();
    }

    /// An integer of any size, given as its decimal text; RESP2: the text as a bulk string.
    pub fn big_number(&mut self, text: &str) {
        if self.resp3 { self.line(b'(', text.as_bytes()) } else { self.bulk(text.as_bytes()) }
    }

    /// As [`Reply::big_number`], for text that a client sent: line ends within are replaced by spaces.
    pub fn big_number_bytes(&mut self, text: &[u8]) {
        if self.resp3 {
            self.line(b'(', text);
        } else {
            let one_line: Vec<u8> =
                text.iter().map(|&byte| if matches!(byte, b'\r' | b'\n') { b' ' } else { byte }).collect();
            self.bulk(&one_line);
        }
    }

    /// One line, with `\r` and `\n` within replaced by spaces so that nobody can inject a reply.
    fn line(&mut self, marker: u8, text: &[u8]) {
        self.out.reserve(text.len() + 3);
        self.out.push(marker);
        let start = self.out.len();
        self.out.extend_from_slice(text);
        if let Some(written) = self.out.get_mut(start..) {
            for byte in written {
                if matches!(*byte, b'\r' | b'\n') {
                    *byte = b' ';
                }
            }
        }
        self.end();
    }

    #[inline]
    fn end(&mut self) {
        self.out.extend_from_slice(b"\r\n");
    }

    /// `marker`, a number and the line end.
    #[inline]
    fn header(&mut self, marker: u8, value: u64) {
        if value < 10 {
            self.out.extend_from_slice(&[marker, b'0' + value as u8, b'\r', b'\n']);
        } else if value < 100 {
            let (tens, ones) = (value as u8 / 10, value as u8 % 10);
            self.out.extend_from_slice(&[marker, b'0' + tens, b'0' + ones, b'\r', b'\n']);
        } else {
            self.long_header(marker, value);
        }
    }

    fn long_header(&mut self, marker: u8, value: u64) {
        self.out.reserve(HEADER_MAX);
        self.out.push(marker);
        write_u64(self.out, value);
        self.end();
    }

    /// A bulk string of 1 to 99 bytes, whose length is known only after `write` has written it.
    fn number_as_bulk(&mut self, write: impl FnOnce(&mut Vec<u8>)) {
        let start = self.out.len();
        self.out.extend_from_slice(b"$00\r\n");
        let text = self.out.len();
        write(self.out);
        let len = (self.out.len() - text) as u8;
        self.end();
        if let Some([tens, ones]) = self.out.get_mut(start + 1..start + 3) {
            (*tens, *ones) = (b'0' + len / 10, b'0' + len % 10);
        }
        if len < 10 {
            self.out.remove(start + 1);
        }
    }
}

/// Longest header: marker, 20 digits, line end.
const HEADER_MAX: usize = 23;

#[cfg(test)]
#[path = "reply_tests.rs"]
mod tests;
