//! Inline commands: one line of words, split as Redis's `sdssplitargs` does.
//!
//! ```text
//! word    = (plain | "..." | '...')*, ended by a space; a closing quote must be followed by a space or the end
//! "..."   \xHH a byte, \n \r \t \b \a control bytes, \c the byte c
//! '...'   \' a quote, everything else as it is
//! ```

use base::ArgRange;

/// A line has a quote that is not closed, or text right after a closing quote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unbalanced;

/// Splits `line` (without its line end) into words. Their bytes are appended to `text`, their ranges in it to `args`. On an
/// error both may hold part of the words.
///
/// # Errors
/// [`Unbalanced`] quotes.
pub fn split_line(line: &[u8], text: &mut Vec<u8>, args: &mut Vec<ArgRange>) -> Result<(), Unbalanced> {
    let mut rest = line;
    loop {
        let blanks = rest.iter().take_while(|&&byte| is_space(byte)).count();
        rest = rest.get(blanks..).unwrap_or(&[]);
        if rest.is_empty() {
            return Ok(());
        }
        let start = text.len();
        rest = take_word(rest, text)?;
        args.push(ArgRange::new(start as u32, (text.len() - start) as u32));
    }
}

/// Appends a byte of a word in double quotes, escaped if it needs to be, so that [`split_line`] reads it back; as Redis's
/// `sdscatrepr` does.
pub fn write_escaped(byte: u8, out: &mut Vec<u8>) {
    match byte {
        b'\\' | b'"' => out.extend_from_slice(&[b'\\', byte]),
        b'\n' => out.extend_from_slice(b"\\n"),
        b'\r' => out.extend_from_slice(b"\\r"),
        b'\t' => out.extend_from_slice(b"\\t"),
        0x07 => out.extend_from_slice(b"\\a"),
        0x08 => out.extend_from_slice(b"\\b"),
        b' '..=b'~' => out.push(byte),
        _ => out.extend_from_slice(format!("\\x{byte:02x}").as_bytes()),
    }
}

/// C's `isspace` in the C locale.
fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | 0x0b | 0x0c | b'\r')
}

/// Appends the word at the start of `rest` to `text` and returns what follows it.
fn take_word<'a>(mut rest: &'a [u8], text: &mut Vec<u8>) -> Result<&'a [u8], Unbalanced> {
    loop {
        match *rest {
            [] => return Ok(rest),
            // Vertical tab and form feed separate words only between them: inside they are part of the word.
            [b' ' | b'\n' | b'\r' | b'\t', ref after @ ..] => return Ok(after),
            [b'"', ref after @ ..] => return close_quote(take_double_quoted(after, text)?),
            [b'\'', ref after @ ..] => return close_quote(take_single_quoted(after, text)?),
            [byte, ref after @ ..] => {
                text.push(byte);
                rest = after;
            }
        }
    }
}

/// After a closing quote: the word ends, with a space or the line.
fn close_quote(rest: &[u8]) -> Result<&[u8], Unbalanced> {
    match rest.first() {
        Some(&byte) if !is_space(byte) => Err(Unbalanced),
        _ => Ok(rest),
    }
}

fn take_double_quoted<'a>(mut rest: &'a [u8], text: &mut Vec<u8>) -> Result<&'a [u8], Unbalanced> {
    loop {
        match *rest {
            [] => return Err(Unbalanced),
            [b'"', ref after @ ..] => return Ok(after),
            [b'\\', b'x', high, low, ref after @ ..]
                if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() =>
            {
                text.push(hex(high) << 4 | hex(low));
                rest = after;
            }
            [b'\\', escaped, ref after @ ..] => {
                text.push(match escaped {
                    b'n' => b'\n',
                    b'r' => b'\r',
                    b't' => b'\t',
                    b'b' => 0x08,
                    b'a' => 0x07,
                    other => other,
                });
                rest = after;
            }
            [byte, ref after @ ..] => {
                text.push(byte);
                rest = after;
            }
        }
    }
}

fn take_single_quoted<'a>(mut rest: &'a [u8], text: &mut Vec<u8>) -> Result<&'a [u8], Unbalanced> {
    loop {
        match *rest {
            [] => return Err(Unbalanced),
            [b'\'', ref after @ ..] => return Ok(after),
            [b'\\', b'\'', ref after @ ..] => {
                text.push(b'\'');
                rest = after;
            }
            [byte, ref after @ ..] => {
                text.push(byte);
                rest = after;
            }
        }
    }
}

fn hex(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        _ => (digit | 0x20).wrapping_sub(b'a').wrapping_add(10),
    }
}
