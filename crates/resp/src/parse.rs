//! The request parser: multibulk frames on a fast path without state, everything else incrementally.
//!
//! ```text
//! next(buf):
//!   no frame begun:
//!     '*'   fast(buf): counts of one or two digits, lengths of up to four, all lines ended by \r\n, all arguments there
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
        if matches!(self.state, State::Idle) && buf.first() == Some(&b'*') && limits.authenticated {
            let base = args.len();
            match fast_frame(buf, limits, args) {
                Ok(consumed) => return Ok(Parsed::Frame { consumed }),
                Err(stopped) => self.take_over(&stopped, base, args),
            }
        }
        self.resume(buf, limits, args)
    }

    /// Makes the state what the fast path reached.
    #[cold]
    fn take_over(&mut self, stopped: &Stopped, base: usize, args: &mut Vec<ArgRange>) {
        self.partial.extend(args.drain(base..));
        self.state = if stopped.missing == 0 {
            State::Count { scanned: 0 }
        } else {
            State::Arguments { at: stopped.at, missing: stopped.missing, scanned: 0, bulk: None }
        };
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
            CountEnd::At(end) => end,
            CountEnd::Missing { scanned, need } => {
                self.state = State::Count { scanned };
                return Ok(Parsed::Incomplete { need });
            }
            CountEnd::TooFar => return Err(ProtocolError::TooBigMultibulkCount),
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
                        CountEnd::At(end) => end,
                        CountEnd::Missing { scanned, need } => {
                            self.state = State::Arguments { at, missing, scanned, bulk: None };
                            return Ok(Parsed::Incomplete { need });
                        }
                        CountEnd::TooFar => return Err(ProtocolError::TooBigBulkCount),
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
        let window = buf.get(..buf.len().min(limits.inline_max.saturating_add(1))).unwrap_or(buf);
        let Some(end) = find_from(window, scanned, |byte| byte == b'\n') else {
            if buf.len() > limits.inline_max {
                return Err(ProtocolError::TooBigInline);
            }
            self.state = State::Line { scanned: buf.len() };
            return Ok(Parsed::Incomplete { need: 1 });
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

/// The frame at the start of `buf` (which begins with `*`), if it is all there and has nothing unusual.
#[inline]
fn fast_frame(buf: &[u8], limits: &Limits, args: &mut Vec<ArgRange>) -> Result<usize, Stopped> {
    const NOTHING: Stopped = Stopped { at: 0, missing: 0 };
    let Some((count, mut at)) = fast_count(buf, 0, b'*') else { return Err(NOTHING) };
    if count == 0 || count > limits.max_multibulk {
        return Err(NOTHING);
    }
    args.reserve(count as usize);
    let mut missing = count;
    while missing > 0 {
        let Some((len, start)) = fast_count(buf, at, b'$') else { return Err(Stopped { at, missing }) };
        let end = start + len as usize + 2;
        if end > buf.len() || u64::from(len) > limits.max_bulk || end > u32::MAX as usize {
            return Err(Stopped { at, missing });
        }
        args.push(ArgRange::new(start as u32, len));
        at = end;
        missing -= 1;
    }
    Ok(at)
}

/// A count line of the usual form at `at`: `marker`, one to four digits without leading zero, `\r\n`. Gives the count and
/// the position after the line.
#[inline(always)]
fn fast_count(buf: &[u8], at: usize, marker: u8) -> Option<(u32, usize)> {
    let rest = buf.get(at..)?;
    let &[first, a, b, c] = rest.first_chunk::<4>()?;
    if first != marker {
        return None;
    }
    let tens = u32::from(a.wrapping_sub(b'0'));
    if tens > 9 {
        return None;
    }
    if b == b'\r' {
        return (c == b'\n').then_some((tens, at + 4));
    }
    let ones = u32::from(b.wrapping_sub(b'0'));
    if ones > 9 || tens == 0 {
        return None;
    }
    let mut value = tens * 10 + ones;
    let mut width = 3;
    let mut byte = c;
    while byte != b'\r' {
        let digit = u32::from(byte.wrapping_sub(b'0'));
        if digit > 9 || width > 8 {
            return None;
        }
        value = value * 10 + digit;
        width += 1;
        byte = *rest.get(width)?;
    }
    (rest.get(width + 1) == Some(&b'\n')).then_some((value, at + width + 2))
}

enum CountEnd {
    /// Position of the `\r`, with a byte behind it.
    At(usize),
    /// Not there yet; `scanned` bytes need no second look.
    Missing { scanned: usize, need: usize },
    /// More bytes than a count line may have.
    TooFar,
}

/// Finds the end of the count line at the start of `rest`.
fn find_count_end(rest: &[u8], scanned: usize, limit: usize) -> CountEnd {
    let window = rest.get(..rest.len().min(limit.saturating_add(1))).unwrap_or(rest);
    match find_from(window, scanned, |byte| byte == b'\r') {
        Some(end) if end + 2 <= rest.len() => CountEnd::At(end),
        Some(end) => CountEnd::Missing { scanned: end, need: end + 2 - rest.len() },
        None if rest.len() > limit => CountEnd::TooFar,
        None => CountEnd::Missing { scanned: rest.len(), need: 1 },
    }
}

fn find_from(bytes: &[u8], from: usize, is_wanted: impl Fn(u8) -> bool) -> Option<usize> {
    let found = bytes.get(from..)?.iter().position(|&byte| is_wanted(byte))?;
    Some(from + found)
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
