//! The request parser: multibulk frames on a fast path without state, everything else incrementally.
//!
//! ```text
//! next(buf):
//!   no frame begun:
//!     '*'   fast(buf): counts and lengths of up to six digits, all lines ended by \r\n, all arguments there
//!           whatever is different in any way -> slow(buf), from where the fast path stopped
//!     else  inline(buf)
//!   frame begun (an earlier call ran out of bytes): slow or inline, from where that call stopped
//! ```
//!
//! Redis's rules, which the slow path follows to the byte: a count line ends at its first `\r`, and the byte after that is
//! skipped unread; so are the two bytes after an argument. A `\0` before the `\r` hides it (Redis uses `strchr`).

use base::num::parse_i64;
use base::{ArgRange, limits};

use crate::ProtocolError;
use crate::inline::split_line;

/// What a client may send. Built once per configuration and authentication state, passed to each [`Parser::next`].
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Largest bulk argument in bytes (`proto-max-bulk-len`).
    pub max_bulk: u64,
    /// Most arguments of a command.
    pub max_multibulk: u32,
    /// Longest inline command and longest count line in bytes.
    pub inline_max: usize,
    /// Whether the client has authenticated, or need not. Until then much smaller limits hold. The caller must run an
    /// `AUTH` before it parses what follows it.
    pub authenticated: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_bulk: limits::BULK_DEFAULT_MAX_BYTES,
            max_multibulk: limits::MULTIBULK_MAX,
            inline_max: limits::INLINE_MAX_BYTES,
            authenticated: true,
        }
    }
}

/// What [`Parser::next`] found at the start of the buffer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Parsed {
    /// A command. Its arguments (at least one) were appended to `args`, relative to the start of `buf`.
    Frame {
        /// Bytes of the frame.
        consumed: usize,
    },
    /// An inline command. Its arguments (at least one) were appended to `args`, relative to the start of `line`.
    Inline {
        /// Bytes of the line with its end.
        consumed: usize,
        /// The arguments' bytes, unescaped.
        line: Vec<u8>,
    },
    /// Nothing to run: a blank line, `*0` or a negative count.
    Empty {
        /// Bytes to skip.
        consumed: usize,
    },
    /// The frame is not all there. Call again with the same bytes and more after them.
    Incomplete {
        /// At least so many more bytes must come. Inside an argument it counts to the argument's end, so that room for a
        /// large one can be made at once; it is a client's claim, bounded by [`Limits::max_bulk`].
        need: usize,
    },
}

/// Where an unfinished frame stands.
#[derive(Debug, Default)]
enum State {
    /// No frame begun.
    #[default]
    Idle,
    /// A count line `*`, of which `scanned` bytes are known not to end it.
    Count { scanned: usize },
    /// Arguments: `at` is the position of the next argument's `$` line or bytes.
    Arguments { at: usize, missing: u32, scanned: usize, bulk: Option<u32> },
    /// An inline command, of which `scanned` bytes are known not to end it.
    Line { scanned: usize },
}

/// The parser of one connection. Holds state only while a frame is unfinished.
#[derive(Debug, Default)]
pub struct Parser {
    state: State,
    /// Arguments of the unfinished frame.
    partial: Vec<ArgRange>,
}

/// Why the fast path stopped: the arguments that it pushed are good, and the frame goes on at `at`.
struct Stopped {
    at: usize,
    missing: u32,
}

impl Parser {
    /// A parser at the start of a connection.
    pub const fn new() -> Self {
        Self { state: State::Idle, partial: Vec::new() }
    }

    /// Whether a frame has been begun and not finished.
    pub const fn in_frame(&self) -> bool {
        !matches!(self.state, State::Idle)
    }

    /// Finds the next command at the start of `buf`.
    ///
    /// `buf` holds the connection's unconsumed bytes from the start of the current frame: after [`Parsed::Incomplete`],
    /// the same bytes with more behind them; after anything else, the bytes from `consumed` on. Arguments are
    /// appended to `args` when the frame is complete; `args` is unchanged otherwise, also on an error.
    ///
    /// A frame costs time in proportion to its size, however many reads it came in.
    ///
    /// # Errors
    /// The bytes are not the protocol: reply and close.
    #[inline]
    pub fn next(
        &mut self,
        buf: &[u8],
        limits: &Limits,
        args: &mut Vec<ArgRange>,
    ) -> Result<Parsed, ProtocolError> {
        match self.next_usual(buf, limits, args) {
            Some(consumed) => Ok(Parsed::Frame { consumed }),
            None => self.resume(buf, limits, args),
        }
    }

    /// As [`Parser::next`] where it finds a command in the usual form: its length. `None`: what there is instead,
    /// [`Parser::next`] tells, and must be asked.
    #[inline]
    pub fn next_usual(&mut self, buf: &[u8], limits: &Limits, args: &mut Vec<ArgRange>) -> Option<usize> {
        if !matches!(self.state, State::Idle) || !limits.authenticated {
            return None;
        }
        let base = args.len();
        match fast_frame(buf, limits, args) {
            Ok(consumed) => Some(consumed),
            Err(stopped) => {
                self.take_over(&stopped, base, args);
                None
            }
        }
    }

    /// Makes the state what the fast path reached, if it found a frame at all.
    #[cold]
    fn take_over(&mut self, stopped: &Stopped, base: usize, args: &mut Vec<ArgRange>) {
        if stopped.missing > 0 {
            self.partial.extend(args.drain(base..));
            self.state =
                State::Arguments { at: stopped.at, missing: stopped.missing, scanned: 0, bulk: None };
        }
    }

    #[cold]
    fn resume(
        &mut self,
        buf: &[u8],
        limits: &Limits,
        args: &mut Vec<ArgRange>,
    ) -> Result<Parsed, ProtocolError> {
        match self.state {
            State::Idle => match buf.first() {
                None => Ok(Parsed::Incomplete { need: 1 }),
                Some(b'*') => self.count(buf, 0, limits, args),
                Some(_) => self.line(buf, 0, limits, args),
            },
            State::Count { scanned } => self.count(buf, scanned, limits, args),
            State::Arguments { at, missing, scanned, bulk } => {
                self.arguments(buf, at, missing, scanned, bulk, limits, args)
            }
            State::Line { scanned } => self.line(buf, scanned, limits, args),
        }
    }

    /// The `*` line at the start of the frame.
    fn count(
        &mut self,
        buf: &[u8],
        scanned: usize,
        limits: &Limits,
        args: &mut Vec<ArgRange>,
    ) -> Result<Parsed, ProtocolError> {
        let end = match find_count_end(buf, scanned, limits.inline_max) {
            LineEnd::At(end) => end,
            LineEnd::Missing { scanned } => {
                self.state = State::Count { scanned };
                return Ok(Parsed::Incomplete { need: 1 });
            }
            LineEnd::TooFar => return Err(ProtocolError::TooBigMultibulkCount),
        };
        let count = buf.get(1..end).and_then(parse_i64).ok_or(ProtocolError::InvalidMultibulkLength)?;
        if count > i64::from(limits.max_multibulk) {
            return Err(ProtocolError::InvalidMultibulkLength);
        }
        if !limits.authenticated && count > i64::from(limits::UNAUTHENTICATED_MULTIBULK_MAX) {
            return Err(ProtocolError::UnauthenticatedMultibulk);
        }
        if count <= 0 {
            self.state = State::Idle;
            return Ok(Parsed::Empty { consumed: end + 2 });
        }
        self.arguments(buf, end + 2, count as u32, 0, None, limits, args)
    }

    /// The arguments that are still missing, from `at` on.
    #[allow(clippy::too_many_arguments, reason = "the fields of the state, unpacked")]
    fn arguments(
        &mut self,
        buf: &[u8],
        mut at: usize,
        mut missing: u32,
        mut scanned: usize,
        mut bulk: Option<u32>,
        limits: &Limits,
        args: &mut Vec<ArgRange>,
    ) -> Result<Parsed, ProtocolError> {
        while missing > 0 {
            let len = match bulk {
                Some(len) => len,
                None => {
                    let rest = buf.get(at..).unwrap_or(&[]);
                    let end = match find_count_end(rest, scanned, limits.inline_max) {
                        LineEnd::At(end) => end,
                        LineEnd::Missing { scanned } => {
                            self.state = State::Arguments { at, missing, scanned, bulk: None };
                            return Ok(Parsed::Incomplete { need: 1 });
                        }
                        LineEnd::TooFar => return Err(ProtocolError::TooBigBulkCount),
                    };
                    let len = bulk_len(rest, end, limits)?;
                    at += end + 2;
                    scanned = 0;
                    // Ranges are 32 bits wide: a frame that grows beyond is refused like a bulk that is too long.
                    if at as u64 + u64::from(len) + 2 > limits::FRAME_MAX_BYTES {
                        return Err(ProtocolError::InvalidBulkLength);
                    }
                    len
                }
            };
            let end = at + len as usize + 2;
            if buf.len() < end {
                self.state = State::Arguments { at, missing, scanned: 0, bulk: Some(len) };
                return Ok(Parsed::Incomplete { need: end - buf.len() });
            }
            self.partial.push(ArgRange::new(at as u32, len));
            bulk = None;
            at = end;
            missing -= 1;
        }
        self.state = State::Idle;
        args.append(&mut self.partial);
        // Idle connections should hold no memory.
        self.partial = Vec::new();
        Ok(Parsed::Frame { consumed: at })
    }

    /// An inline command.
    fn line(
        &mut self,
        buf: &[u8],
        scanned: usize,
        limits: &Limits,
        args: &mut Vec<ArgRange>,
    ) -> Result<Parsed, ProtocolError> {
        let end = match find_end(buf, scanned, b'\n', limits.inline_max) {
            LineEnd::At(end) => end,
            LineEnd::Missing { scanned } => {
                self.state = State::Line { scanned };
                return Ok(Parsed::Incomplete { need: 1 });
            }
            LineEnd::TooFar => return Err(ProtocolError::TooBigInline),
        };
        self.state = State::Idle;
        let line = buf.get(..end).unwrap_or(&[]);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let base = args.len();
        let mut text = Vec::with_capacity(line.len());
        if split_line(line, &mut text, args).is_err() {
            args.truncate(base);
            return Err(ProtocolError::UnbalancedQuotes);
        }
        let consumed = end + 1;
        if args.len() == base {
            Ok(Parsed::Empty { consumed })
        } else {
            Ok(Parsed::Inline { consumed, line: text })
        }
    }
}

/// The frame at the start of `buf`, if it is all there and has nothing unusual.
#[inline]
fn fast_frame(buf: &[u8], limits: &Limits, args: &mut Vec<ArgRange>) -> Result<usize, Stopped> {
    const NOTHING: Stopped = Stopped { at: 0, missing: 0 };
    // Checked once, so that no argument needs to be checked against them.
    if limits.max_bulk < FAST_MAX
        || limits.max_multibulk < FAST_MAX as u32
        || buf.len() as u64 > limits::FRAME_MAX_BYTES
    {
        return Err(NOTHING);
    }
    let (count, start) = match fast_count(buf, b'*') {
        Some((count @ 1.., start)) => (count, start),
        _ => return Err(NOTHING),
    };
    let Some(mut rest) = buf.get(start..) else { return Err(NOTHING) };
    let mut missing = count as u32;
    // No room is made for `count` arguments: it is only a claim.
    while missing > 0 {
        let at = buf.len() - rest.len();
        let Some((len, start)) = fast_count(rest, b'$') else { return Err(Stopped { at, missing }) };
        let Some(after) = rest.get(start + len + 2..) else { return Err(Stopped { at, missing }) };
        args.push(ArgRange::new((at + start) as u32, len as u32));
        rest = after;
        missing -= 1;
    }
    Ok(buf.len() - rest.len())
}

/// Largest count and length on the fast path.
const FAST_MAX: u64 = 999_999;
const _: () = assert!(FAST_MAX < limits::BULK_CONFIG_MIN_BYTES);

/// A count line of the usual form at the start of `rest`: `marker`, one to six digits without leading zero, `\r\n`. Gives the
/// count and the length of the line.
///
/// The line is read as one word of eight bytes, compared and converted as a whole.
#[inline(always)]
fn fast_count(rest: &[u8], marker: u8) -> Option<(usize, usize)> {
    // A byte `0x30` to `0x3f` of a digit's place passes the first comparison of each form; the second refuses `:` to `?`.
    const DIGIT: u8 = b'0';
    let Some(word) = rest.first_chunk::<8>() else { return short_count(rest, marker) };
    let word = u64::from_le_bytes(*word);
    if word as u32 & 0xffff_f0ff == u32::from_le_bytes([marker, DIGIT, b'\r', b'\n']) {
        let value = (word >> 8 & 0x0f) as usize;
        return (value <= 9).then_some((value, 4));
    }
    if word & 0xff_fff0_f0ff == u64::from_le_bytes([marker, DIGIT, DIGIT, b'\r', b'\n', 0, 0, 0]) {
        let digits = word as u32 >> 8 & 0x0f0f;
        // Tens are in the low byte, ones in the next, which the product leaves holding 10 × tens + ones.
        let value = (digits * (10 << 8 | 1)) >> 8 & 0xff;
        let decimal = (digits + 0x0606) & 0x1010 == 0;
        return (decimal && value >= 10).then_some((value as usize, 5));
    }
    long_count(rest, marker)
}

/// [`fast_count`] where fewer than eight bytes are left: the last argument of a frame, when it has one byte or none. (One of
/// two bytes makes eight with its lines, and a length of two digits stands before at least ten bytes.)
fn short_count(rest: &[u8], marker: u8) -> Option<(usize, usize)> {
    match *rest {
        [first, digit @ b'0'..=b'9', b'\r', b'\n', ..] if first == marker => {
            Some((usize::from(digit - b'0'), 4))
        }
        _ => None,
    }
}

/// [`fast_count`] for three to six digits.
#[inline]
fn long_count(rest: &[u8], marker: u8) -> Option<(usize, usize)> {
    const DIGITS_MAX: usize = 6;
    let (&first, rest) = rest.split_first()?;
    if first != marker {
        return None;
    }
    let mut value = 0;
    for (width, &byte) in rest.iter().take(DIGITS_MAX + 1).enumerate() {
        let digit = usize::from(byte.wrapping_sub(b'0'));
        if digit > 9 {
            return (byte == b'\r' && width >= 3 && rest.get(width + 1) == Some(&b'\n'))
                .then_some((value, width + 3));
        }
        if width > 0 && value == 0 {
            return None;
        }
        value = value * 10 + digit;
    }
    None
}

/// Where a line ends.
enum LineEnd {
    /// Position of the byte that ends it.
    At(usize),
    /// Not there yet; `scanned` bytes need no second look.
    Missing { scanned: usize },
    /// Not within the limit.
    TooFar,
}

/// Finds the byte `end` in the line at the start of `rest`, of which `scanned` bytes are known to hold neither it nor a
/// `\0`. A `\0` hides all that follows it, as `strchr` does in Redis: such a line never ends, and is too long once the
/// client has sent enough.
fn find_end(rest: &[u8], scanned: usize, end: u8, limit: usize) -> LineEnd {
    let window = rest.get(..rest.len().min(limit.saturating_add(1))).unwrap_or(rest);
    let unseen = window.get(scanned..).unwrap_or(&[]);
    let found = unseen.iter().position(|&byte| byte == end || byte == 0).map(|found| scanned + found);
    match found {
        Some(found) if window.get(found) == Some(&end) => LineEnd::At(found),
        _ if rest.len() > limit => LineEnd::TooFar,
        Some(nul) => LineEnd::Missing { scanned: nul },
        None => LineEnd::Missing { scanned: rest.len() },
    }
}

/// Finds the `\r` of the count line at the start of `rest`, once the byte behind it, which is part of the line, is there too.
fn find_count_end(rest: &[u8], scanned: usize, limit: usize) -> LineEnd {
    match find_end(rest, scanned, b'\r', limit) {
        LineEnd::At(end) if end + 2 > rest.len() => LineEnd::Missing { scanned: end },
        other => other,
    }
}

/// The length that the `$` line at the start of `rest`, ending at `end`, announces.
fn bulk_len(rest: &[u8], end: usize, limits: &Limits) -> Result<u32, ProtocolError> {
    match rest.first() {
        Some(b'$') => {}
        Some(&other) => return Err(ProtocolError::ExpectedDollar(other)),
        None => return Err(ProtocolError::InvalidBulkLength),
    }
    let len = rest.get(1..end).and_then(parse_i64).ok_or(ProtocolError::InvalidBulkLength)?;
    let len = u64::try_from(len).map_err(|_| ProtocolError::InvalidBulkLength)?;
    if len > limits.max_bulk {
        return Err(ProtocolError::InvalidBulkLength);
    }
    if !limits.authenticated && len > limits::UNAUTHENTICATED_BULK_MAX_BYTES {
        return Err(ProtocolError::UnauthenticatedBulk);
    }
    u32::try_from(len).map_err(|_| ProtocolError::InvalidBulkLength)
}

#[cfg(test)]
#[path = "parse_tests.rs"]
mod tests;
