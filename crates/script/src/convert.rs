//! Values of the protocol to values of Lua and back.
//!
//! | reply | Lua |
//! | --- | --- |
//! | integer | number |
//! | bulk string | string |
//! | null of RESP2 | false |
//! | null of RESP3 | nil |
//! | status | table with `ok` |
//! | error | table with `err` |
//! | array, push | table |
//! | map, set, double, big number, verbatim string | table with `map`, `set`, `double`, `big_number`, `verbatim_string` |
//! | boolean | boolean |
//!
//! The other way a number loses its fraction, an array ends at its first nil, true is 1 and false is null unless the script has
//! asked for RESP3.

use base::num::{parse_i64, write_f64, write_i64};
use resp::Reply;

use crate::vm::{Stack, StackFull, Type};

/// Integers that a double holds, with a margin that Redis leaves as well: beyond them numbers are written as doubles.
const WHOLE_MAX: f64 = 4_611_686_018_427_387_904.0;

/// Appends the text that a number is as the argument of a command: integers in full, others with as many digits as they need.
pub(crate) fn write_argument(out: &mut Vec<u8>, number: f64) {
    if (-WHOLE_MAX..=WHOLE_MAX).contains(&number) && number.trunc() == number {
        write_i64(out, number as i64);
    } else {
        write_f64(out, number);
    }
}

/// The field of an error that is a command's own, which was counted when the command failed.
pub(crate) const IS_COUNTED: &str = "ignore_error_stats_update";

/// Pushes the table that an error is. Text `has_code` if it begins with one; else it gets `ERR`. So does text of one word.
pub(crate) fn push_error_table(stack: &mut Stack, text: &[u8], has_code: bool) {
    let message = text.trim_ascii_end();
    let has_code = has_code && text.contains(&b' ');
    stack.push_table(0, 2);
    if has_code {
        stack.push_bytes(message);
    } else {
        stack.push_bytes(&[b"ERR ", message].concat());
    }
    stack.raw_set_field(-2, "err");
}

/// Why a reply was not converted.
#[derive(Debug)]
pub(crate) enum Unreadable {
    /// It is not the protocol, or it is not whole.
    Malformed,
    /// It is nested deeper than the stack of the script has room for.
    Full,
}

impl From<StackFull> for Unreadable {
    fn from(_: StackFull) -> Self {
        Self::Full
    }
}

/// Pushes the value that a reply is, and gives whether it is an error. What is unreadable leaves nothing.
pub(crate) fn push_reply(stack: &mut Stack, reply: &[u8]) -> Result<bool, Unreadable> {
    let top = stack.top();
    let mut reader = Reader { bytes: reply, at: 0, depth: 0 };
    match reader.push(stack) {
        Ok(()) => Ok(reply.first() == Some(&b'-')),
        Err(unreadable) => {
            stack.set_top(top);
            Err(unreadable)
        }
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    depth: usize,
}

impl<'a> Reader<'a> {
    fn line(&mut self) -> Result<&'a [u8], Unreadable> {
        let rest = self.bytes.get(self.at..).ok_or(Unreadable::Malformed)?;
        let end = rest.iter().position(|&byte| byte == b'\r').ok_or(Unreadable::Malformed)?;
        self.at += end + 2;
        rest.get(..end).ok_or(Unreadable::Malformed)
    }

    /// A length; `None` where it is -1.
    fn length(&mut self) -> Result<Option<usize>, Unreadable> {
        let line = self.line()?;
        // Short lengths are by far the most frequent.
        if let &[digit @ b'0'..=b'9'] = line {
            return Ok(Some(usize::from(digit - b'0')));
        }
        match parse_i64(line).ok_or(Unreadable::Malformed)? {
            -1 => Ok(None),
            len => usize::try_from(len).map(Some).map_err(|_| Unreadable::Malformed),
        }
    }

    fn text(&mut self, len: usize) -> Result<&'a [u8], Unreadable> {
        let end = self.at.checked_add(len).ok_or(Unreadable::Malformed)?;
        let text = self.bytes.get(self.at..end).ok_or(Unreadable::Malformed)?;
        self.at = end + 2;
        Ok(text)
    }

    fn push(&mut self, stack: &mut Stack) -> Result<(), Unreadable> {
        stack.reserve(5)?;
        let marker = *self.bytes.get(self.at).ok_or(Unreadable::Malformed)?;
        self.at += 1;
        match marker {
            b'$' => match self.length()? {
                Some(len) => stack.push_bytes(self.text(len)?),
                None => stack.push_boolean(false),
            },
            b':' => stack.push_number(parse_i64(self.line()?).ok_or(Unreadable::Malformed)? as f64),
            b'+' => {
                let text = self.line()?;
                stack.push_table(0, 1);
                stack.push_bytes(text);
                stack.raw_set_field(-2, "ok");
            }
            b'-' => {
                let text = self.line()?;
                push_error_table(stack, text, true);
                // As in Redis, where scripts can see it.
                stack.push_boolean(true);
                stack.raw_set_field(-2, IS_COUNTED);
                stack.push_boolean(true);
                stack.raw_set_field(-2, "ignore_error_stats_update");
            }
            b'_' => {
                self.line()?;
                stack.push_nil();
            }
            b'#' => {
                let is_true = self.line()? == b"t";
                stack.push_boolean(is_true);
            }
            b',' => {
                let value = parse_double(self.line()?).ok_or(Unreadable::Malformed)?;
                stack.push_table(0, 1);
                stack.push_number(value);
                stack.raw_set_field(-2, "double");
            }
            b'(' => {
                let text = self.line()?;
                stack.push_table(0, 1);
                stack.push_bytes(text);
                stack.raw_set_field(-2, "big_number");
            }
            b'=' => {
                let len = self.length()?.ok_or(Unreadable::Malformed)?;
                let text = self.text(len)?;
                let (format, text) = text.split_at_checked(4).ok_or(Unreadable::Malformed)?;
                stack.push_table(0, 1);
                stack.push_table(0, 2);
                stack.push_bytes(text);
                stack.raw_set_field(-2, "string");
                stack.push_bytes(format.get(..3).unwrap_or(format));
                stack.raw_set_field(-2, "format");
                stack.raw_set_field(-2, "verbatim_string");
            }
            b'*' | b'>' | b'~' | b'%' | b'|' => self.push_aggregate(stack, marker)?,
            _ => return Err(Unreadable::Malformed),
        }
        Ok(())
    }

    fn push_aggregate(&mut self, stack: &mut Stack, marker: u8) -> Result<(), Unreadable> {
        let Some(len) = self.length()? else {
            stack.push_boolean(false);
            return Ok(());
        };
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(Unreadable::Full);
        }
        match marker {
            b'|' => {
                // Attributes are not shown to scripts.
                for _ in 0..len.saturating_mul(2) {
                    self.at = resp::skip_element(self.bytes, self.at).ok_or(Unreadable::Malformed)?;
                }
                self.push(stack)?;
            }
            b'%' => {
                stack.push_table(0, 1);
                stack.push_table(0, len);
                for _ in 0..len {
                    self.push(stack)?;
                    self.push(stack)?;
                    stack.raw_set(-3);
                }
                stack.raw_set_field(-2, "map");
            }
            b'~' => {
                stack.push_table(0, 1);
                stack.push_table(0, len);
                for _ in 0..len {
                    self.push(stack)?;
                    stack.push_boolean(true);
                    stack.raw_set(-3);
                }
                stack.raw_set_field(-2, "set");
            }
            _ => {
                stack.push_table(len, 0);
                for position in 1..=len {
                    self.push(stack)?;
                    stack.raw_set_index(-2, i32::try_from(position).map_err(|_| Unreadable::Full)?);
                }
            }
        }
        self.depth -= 1;
        Ok(())
    }
}

/// Deepest nesting of a reply that is followed: replies of commands have a few levels.
const DEPTH_MAX: usize = 128;

/// Deepest nesting of a value that is written. Redis goes on until the stack of Lua is full, which only tables that hold
/// themselves are for.
const WRITE_DEPTH_MAX: usize = 500;

fn parse_double(text: &[u8]) -> Option<f64> {
    match text {
        b"nan" | b"-nan" => Some(f64::NAN),
        _ => std::str::from_utf8(text).ok()?.parse().ok(),
    }
}

/// Appends what the value on top of the stack is as a reply to a client, and removes it. `script_resp3` is what the script has
/// asked for with `setresp`.
pub(crate) fn write_value(stack: &mut Stack, script_resp3: bool, reply: &mut Reply<'_>) {
    write_nested(stack, script_resp3, reply, 0);
}

fn write_nested(stack: &mut Stack, script_resp3: bool, reply: &mut Reply<'_>, depth: usize) {
    if depth > WRITE_DEPTH_MAX || stack.reserve(6).is_err() {
        reply.error("ERR reached lua stack limit");
        stack.pop(1);
        return;
    }
    match stack.kind(-1) {
        Type::String => reply.bulk(stack.bytes(-1).unwrap_or_default()),
        Type::Boolean if script_resp3 => reply.bool(stack.truth(-1)),
        Type::Boolean if stack.truth(-1) => reply.int(1),
        Type::Number => reply.int(truncated(stack.number(-1))),
        Type::Table => return write_table(stack, script_resp3, reply, depth),
        _ => reply.null(),
    }
    stack.pop(1);
}

/// The integer that is left without the fraction, as the processors that Redis runs on convert: what does not fit becomes the
/// least integer.
fn truncated(value: f64) -> i64 {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if (-LIMIT..LIMIT).contains(&value) { value as i64 } else { i64::MIN }
}

fn write_table(stack: &mut Stack, script_resp3: bool, reply: &mut Reply<'_>, depth: usize) {
    let is = |stack: &mut Stack, field: &str, wanted: Type| {
        stack.raw_get_field(-1, field);
        let found = stack.kind(-1) == wanted;
        if !found {
            stack.pop(1);
        }
        found
    };
    if is(stack, "err", Type::String) {
        reply.error_bytes(stack.bytes(-1).unwrap_or_default());
        stack.pop(2);
    } else if is(stack, "ok", Type::String) {
        // Redis takes it for a text that ends with a zero byte.
        let text = stack.bytes(-1).unwrap_or_default();
        let end = text.iter().position(|&byte| byte == 0).unwrap_or(text.len());
        reply.simple_bytes(text.get(..end).unwrap_or(text));
        stack.pop(2);
    } else if is(stack, "double", Type::Number) {
        reply.double(stack.number(-1));
        stack.pop(2);
    } else if is(stack, "big_number", Type::String) {
        reply.big_number_bytes(stack.bytes(-1).unwrap_or_default());
        stack.pop(2);
    } else if is(stack, "verbatim_string", Type::Table) {
        stack.raw_get_field(-1, "format");
        stack.raw_get_field(-2, "string");
        let written = match (stack.kind(-2), stack.bytes(-2), stack.kind(-1), stack.bytes(-1)) {
            (Type::String, Some(format), Type::String, Some(text)) => {
                // Formats have three bytes; shorter ones are filled as the rest of a C string would be.
                let at = |index: usize| format.get(index).copied().unwrap_or(b' ');
                reply.verbatim([at(0), at(1), at(2)], text);
                true
            }
            _ => false,
        };
        stack.pop(3);
        if written {
            stack.pop(1);
        } else {
            write_aggregate(stack, script_resp3, reply, depth);
        }
    } else {
        write_aggregate(stack, script_resp3, reply, depth);
    }
}

fn write_aggregate(stack: &mut Stack, script_resp3: bool, reply: &mut Reply<'_>, depth: usize) {
    stack.raw_get_field(-1, "map");
    if stack.kind(-1) == Type::Table {
        let start = reply.position();
        let mut len = 0;
        stack.push_nil();
        while stack.next(-2) {
            // The table, the key, its value: the key is needed again.
            stack.push_copy(-2);
            write_nested(stack, script_resp3, reply, depth + 1);
            write_nested(stack, script_resp3, reply, depth + 1);
            len += 1;
        }
        reply.insert_map(start, len);
        stack.pop(2);
        return;
    }
    stack.pop(1);
    stack.raw_get_field(-1, "set");
    if stack.kind(-1) == Type::Table {
        let start = reply.position();
        let mut len = 0;
        stack.push_nil();
        while stack.next(-2) {
            stack.pop(1);
            stack.push_copy(-1);
            write_nested(stack, script_resp3, reply, depth + 1);
            len += 1;
        }
        reply.insert_set(start, len);
        stack.pop(2);
        return;
    }
    stack.pop(1);
    let start = reply.position();
    let mut len: i32 = 0;
    loop {
        stack.raw_get_index(-1, len.saturating_add(1));
        if stack.kind(-1) == Type::Nil {
            stack.pop(1);
            break;
        }
        write_nested(stack, script_resp3, reply, depth + 1);
        len += 1;
    }
    reply.insert_array(start, usize::try_from(len).unwrap_or(0));
    stack.pop(1);
}
