//! Values to JSON.

use super::Options;
use crate::vm::{Call, Raise, Results, Type};

/// Deepest nesting whatever the options say: it is followed on the native stack.
const NATIVE_DEPTH_MAX: usize = 2000;

/// `cjson.encode(value)`.
pub(crate) fn encode(call: &mut Call<'_>) -> Results {
    if call.stack.top() != 1 {
        return Err(Raise::Argument(1, "expected 1 argument".into()));
    }
    let options = Options::of(call);
    let mut out = Vec::new();
    write(call, &options, 0, &mut out)?;
    call.stack.push_bytes(&out);
    Ok(1)
}

fn refused(call: &Call<'_>, index: i32, reason: &str) -> Raise {
    Raise::At(format!("Cannot serialise {}: {reason}", call.stack.kind(index).name()).into_bytes())
}

/// Appends the value on top, which stays.
fn write(call: &mut Call<'_>, options: &Options, depth: usize, out: &mut Vec<u8>) -> Result<(), Raise> {
    match call.stack.kind(-1) {
        Type::String => write_string(out, call.stack.bytes(-1).unwrap_or_default()),
        Type::Number => write_number(call, options, -1, out)?,
        Type::Boolean => {
            out.extend_from_slice(if call.stack.truth(-1) { b"true".as_slice() } else { b"false" });
        }
        Type::Table => {
            let depth = depth + 1;
            let allowed = usize::try_from(options.encode_max_depth).unwrap_or(0).min(NATIVE_DEPTH_MAX);
            if depth > allowed || call.stack.reserve(5).is_err() {
                let text = format!("Cannot serialise, excessive nesting ({depth})");
                return Err(Raise::At(text.into_bytes()));
            }
            match array_length(call, options)? {
                Some(len) if len > 0 => write_array(call, options, depth, len, out)?,
                _ => write_object(call, options, depth, out)?,
            }
        }
        Type::Nil => out.extend_from_slice(b"null"),
        _ if call.stack.is_null_pointer(-1) => out.extend_from_slice(b"null"),
        _ => return Err(refused(call, -1, "type not supported")),
    }
    Ok(())
}

/// The length of the array that the table on top is; `None` for an object.
fn array_length(call: &mut Call<'_>, options: &Options) -> Result<Option<i32>, Raise> {
    let mut max: i32 = 0;
    let mut items: i32 = 0;
    call.stack.push_nil();
    while call.stack.next(-2) {
        let key = if call.stack.kind(-2) == Type::Number { call.stack.number(-2) } else { 0.0 };
        if key.floor() != key || key < 1.0 {
            call.stack.pop(2);
            return Ok(None);
        }
        if key > f64::from(max) {
            // Keys beyond the integers are taken as the processors that Redis runs on convert them.
            max = if key <= f64::from(i32::MAX) { key as i32 } else { i32::MIN };
        }
        items = items.wrapping_add(1);
        call.stack.pop(1);
    }
    if options.sparse_ratio > 0 && max > items.wrapping_mul(options.sparse_ratio) && max > options.sparse_safe
    {
        if options.sparse_convert == 0 {
            return Err(refused(call, -1, "excessively sparse array"));
        }
        return Ok(None);
    }
    Ok(Some(max))
}

fn check_room(call: &Call<'_>, out: &[u8]) -> Result<(), Raise> {
    if out.len() > call.machine.memory_left() {
        return Err(Raise::Text(b"not enough memory".to_vec()));
    }
    Ok(())
}

fn write_array(
    call: &mut Call<'_>,
    options: &Options,
    depth: usize,
    len: i32,
    out: &mut Vec<u8>,
) -> Result<(), Raise> {
    out.push(b'[');
    for position in 1..=len {
        if position > 1 {
            out.push(b',');
        }
        call.stack.raw_get_index(-1, position);
        write(call, options, depth, out)?;
        call.stack.pop(1);
        check_room(call, out)?;
    }
    out.push(b']');
    Ok(())
}

fn write_object(
    call: &mut Call<'_>,
    options: &Options,
    depth: usize,
    out: &mut Vec<u8>,
) -> Result<(), Raise> {
    out.push(b'{');
    let mut is_first = true;
    call.stack.push_nil();
    while call.stack.next(-2) {
        if !is_first {
            out.push(b',');
        }
        is_first = false;
        match call.stack.kind(-2) {
            Type::Number => {
                out.push(b'"');
                write_number(call, options, -2, out)?;
                out.extend_from_slice(b"\":");
            }
            Type::String => {
                write_string(out, call.stack.bytes(-2).unwrap_or_default());
                out.push(b':');
            }
            _ => return Err(refused(call, -2, "table key must be a number or string")),
        }
        write(call, options, depth, out)?;
        call.stack.pop(1);
        check_room(call, out)?;
    }
    out.push(b'}');
    Ok(())
}

fn write_number(call: &Call<'_>, options: &Options, index: i32, out: &mut Vec<u8>) -> Result<(), Raise> {
    let number = call.stack.number(index);
    if !number.is_finite() {
        match options.encode_invalid {
            0 => return Err(refused(call, index, "must not be NaN or Inf")),
            1 if number.is_nan() => out.extend_from_slice(b"nan"),
            1 => out.extend_from_slice(if number > 0.0 { b"inf".as_slice() } else { b"-inf" }),
            _ => out.extend_from_slice(b"null"),
        }
        return Ok(());
    }
    write_general(out, number, usize::try_from(options.precision).unwrap_or(14).clamp(1, 17));
    Ok(())
}

/// Appends what C's `%.{digits}g` prints of a finite number.
fn write_general(out: &mut Vec<u8>, number: f64, digits: usize) {
    // Whole numbers that have no more digits than are wanted are the frequent case.
    if number.trunc() == number
        && number.abs() < 1e14
        && digits == 14
        && (number != 0.0 || number.is_sign_positive())
    {
        base::num::write_i64(out, number as i64);
        return;
    }
    let text = format!("{:.*e}", digits - 1, number);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let (sign, mantissa) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    out.extend_from_slice(sign.as_bytes());
    let figures: Vec<u8> = mantissa.bytes().filter(u8::is_ascii_digit).collect();
    let kept = figures.iter().rposition(|&figure| figure != b'0').map_or(1, |last| last + 1);
    let figures = figures.get(..kept).unwrap_or(&figures);
    let (first, rest) = figures.split_first().map_or((b'0', figures), |(first, rest)| (*first, rest));
    if exponent < -4 || exponent >= digits as i32 {
        out.push(first);
        if !rest.is_empty() {
            out.push(b'.');
            out.extend_from_slice(rest);
        }
        let sign = if exponent < 0 { '-' } else { '+' };
        out.extend_from_slice(format!("e{sign}{:02}", exponent.abs()).as_bytes());
    } else if exponent < 0 {
        out.extend_from_slice(b"0.");
        out.resize(out.len() + (-exponent - 1) as usize, b'0');
        out.extend_from_slice(figures);
    } else {
        let whole = exponent as usize + 1;
        let (before, after) = figures.split_at_checked(whole).unwrap_or((figures, &[]));
        out.extend_from_slice(before);
        out.resize(out.len() + (whole - before.len()), b'0');
        if !after.is_empty() {
            out.push(b'.');
            out.extend_from_slice(after);
        }
    }
}

fn write_string(out: &mut Vec<u8>, text: &[u8]) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    out.reserve(text.len() + 2);
    out.push(b'"');
    for &byte in text {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'/' => out.extend_from_slice(b"\\/"),
            0x08 => out.extend_from_slice(b"\\b"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            0x0c => out.extend_from_slice(b"\\f"),
            b'\r' => out.extend_from_slice(b"\\r"),
            0..=0x1f | 0x7f => {
                let digit = |value: u8| HEX.get(usize::from(value)).copied().unwrap_or(b'0');
                out.extend_from_slice(&[b'\\', b'u', b'0', b'0', digit(byte >> 4), digit(byte & 0xf)]);
            }
            _ => out.push(byte),
        }
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::write_general;

    #[test]
    fn numbers_are_printed_as_c_does() {
        let check = |number: f64, digits: usize, expected: &str| {
            let mut out = Vec::new();
            write_general(&mut out, number, digits);
            assert_eq!(String::from_utf8_lossy(&out), expected);
        };
        check(0.0, 14, "0");
        check(-0.0, 14, "-0");
        check(1e14, 14, "1e+14");
        check(99_999_999_999_999.0, 14, "99999999999999");
        check(0.1, 14, "0.1");
        check(1.0 / 3.0, 14, "0.33333333333333");
        check(1e-5, 14, "1e-05");
        check(1.5e-5, 14, "1.5e-05");
        check(0.0001, 14, "0.0001");
        check(1e300, 14, "1e+300");
        check(123.456, 3, "123");
        check(1234.0, 3, "1.23e+03");
        check(-2.5, 1, "-2");
    }
}
