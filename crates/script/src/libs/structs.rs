//! `struct`: C structures as strings. A format is letters (`b` `h` `l` `i` `T` and their unsigned capitals, `f` `d` `c` `s` `x`) with sizes, byte
//! order (`<` `>`) and alignment (`!`).

use crate::vm::{Call, Raise, Results};

/// Most bytes of an integer.
const INTEGER_MAX: usize = 32;
/// Alignment that a lone `!` means.
const ALIGN_DEFAULT: usize = 8;

/// A format on its way: what is left of it, byte order and alignment.
struct Format {
    text: Vec<u8>,
    at: usize,
    big_endian: bool,
    align: usize,
}

fn at(text: impl Into<Vec<u8>>) -> Raise {
    Raise::At(text.into())
}

impl Format {
    fn of(call: &Call<'_>) -> Result<Self, Raise> {
        let text: Vec<u8> = call.check_bytes(1)?.iter().copied().take_while(|&byte| byte != 0).collect();
        Ok(Self { text, at: 0, big_endian: cfg!(target_endian = "big"), align: 1 })
    }

    fn next(&mut self) -> Option<u8> {
        let option = *self.text.get(self.at)?;
        self.at += 1;
        Some(option)
    }

    /// The number that follows, or `default`.
    fn number(&mut self, default: usize) -> Result<usize, Raise> {
        let mut number: Option<usize> = None;
        while let Some(digit @ b'0'..=b'9') = self.text.get(self.at) {
            let grown = number.unwrap_or(0) * 10 + usize::from(digit - b'0');
            if grown > i32::MAX as usize {
                return Err(at("integral size overflow"));
            }
            number = Some(grown);
            self.at += 1;
        }
        Ok(number.unwrap_or(default))
    }

    fn size(&mut self, option: u8) -> Result<usize, Raise> {
        Ok(match option {
            b'B' | b'b' | b'x' => 1,
            b'H' | b'h' => 2,
            b'L' | b'l' | b'T' | b'd' => 8,
            b'f' => 4,
            b'c' => self.number(1)?,
            b'i' | b'I' => {
                let size = self.number(4)?;
                if size > INTEGER_MAX {
                    let text = format!("integral size {size} is larger than limit of {INTEGER_MAX}");
                    return Err(at(text));
                }
                size
            }
            _ => 0,
        })
    }

    /// Bytes to skip so that an element of `size` bytes is aligned at `position`.
    const fn padding(&self, position: usize, option: u8, size: usize) -> usize {
        if size == 0 || option == b'c' {
            return 0;
        }
        let size = if size > self.align { self.align } else { size };
        // As it is computed for powers of two, also where the size is none.
        size.wrapping_sub(position & (size - 1)) & (size - 1)
    }

    fn control(&mut self, option: u8) -> Result<(), Raise> {
        match option {
            b' ' => {}
            b'>' => self.big_endian = true,
            b'<' => self.big_endian = false,
            b'!' => {
                let align = self.number(ALIGN_DEFAULT)?;
                if !align.is_power_of_two() {
                    return Err(at(format!("alignment {align} is not a power of 2")));
                }
                self.align = align;
            }
            other => {
                return Err(Raise::Argument(1, format!("invalid format option '{}'", char::from(other))));
            }
        }
        Ok(())
    }
}

/// Appends the low `size` bytes of an integer; beyond eight there are zeros.
fn write_integer(out: &mut Vec<u8>, value: u64, size: usize, big_endian: bool) {
    let byte = |index: usize| value.checked_shr(8 * index as u32).unwrap_or(0) as u8;
    if big_endian {
        out.extend((0..size).rev().map(byte));
    } else {
        out.extend((0..size).map(byte));
    }
}

fn integer_bits(number: f64) -> u64 {
    if number < 0.0 {
        if number >= -9_223_372_036_854_775_808.0 { number as i64 as u64 } else { 1 << 63 }
    } else if number.is_nan() {
        1 << 63
    } else {
        number as u64
    }
}

/// `struct.pack(format, …)`.
pub(crate) fn pack(call: &mut Call<'_>) -> Results {
    let mut format = Format::of(call)?;
    let mut out: Vec<u8> = Vec::new();
    // An argument that is missing counts as nil.
    call.stack.push_nil();
    let mut argument = 2;
    while let Some(option) = format.next() {
        let size = format.size(option)?;
        let padding = format.padding(out.len(), option, size);
        out.resize(out.len() + padding, 0);
        match option {
            b'b' | b'B' | b'h' | b'H' | b'l' | b'L' | b'T' | b'i' | b'I' => {
                let value = integer_bits(call.check_number(argument)?);
                write_integer(&mut out, value, size, format.big_endian);
                argument += 1;
            }
            b'x' => out.push(0),
            b'f' => {
                let value = call.check_number(argument)? as f32;
                let bytes = if format.big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
                out.extend_from_slice(&bytes);
                argument += 1;
            }
            b'd' => {
                let value = call.check_number(argument)?;
                let bytes = if format.big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
                out.extend_from_slice(&bytes);
                argument += 1;
            }
            b'c' | b's' => {
                let text = call.check_bytes(argument)?;
                argument += 1;
                let size = if size == 0 { text.len() } else { size };
                let Some(part) = text.get(..size) else {
                    return Err(Raise::Argument(argument, "string too short".into()));
                };
                out.extend_from_slice(part);
                if option == b's' {
                    out.push(0);
                }
            }
            other => format.control(other)?,
        }
    }
    call.stack.push_bytes(&out);
    Ok(1)
}

fn read_integer(bytes: &[u8], is_signed: bool, big_endian: bool) -> f64 {
    let fold = |value: u64, &byte: &u8| value << 8 | u64::from(byte);
    let value = if big_endian { bytes.iter().fold(0, fold) } else { bytes.iter().rev().fold(0, fold) };
    if !is_signed {
        return value as f64;
    }
    let sign = u64::MAX.wrapping_shl((bytes.len() as u32).wrapping_mul(8).wrapping_sub(1));
    (if value & sign == 0 { value } else { value | sign }) as i64 as f64
}

fn array<const N: usize>(bytes: &[u8], big_endian: bool) -> [u8; N] {
    let mut array = [0; N];
    for (to, from) in array.iter_mut().zip(bytes) {
        *to = *from;
    }
    if big_endian {
        array.reverse();
    }
    array
}

/// `struct.unpack(format, data [, position])`.
pub(crate) fn unpack(call: &mut Call<'_>) -> Results {
    let mut format = Format::of(call)?;
    call.check_bytes(2)?;
    let position = match call.stack.kind(3) {
        crate::vm::Type::None | crate::vm::Type::Nil => 1,
        _ => call.check_number(3)? as i64,
    };
    if position == 0 {
        return Err(Raise::Argument(3, "offset must be 1 or greater".into()));
    }
    let short = || Raise::Argument(2, "data string too short".into());
    let mut position = position.wrapping_sub(1) as u64 as usize;
    let mut count = 0;
    while let Some(option) = format.next() {
        let mut size = format.size(option)?;
        position = position.saturating_add(format.padding(position, option, size));
        let end = position.checked_add(size).ok_or_else(short)?;
        let data = call.check_bytes(2)?;
        let Some(bytes) = data.get(position..end) else { return Err(short()) };
        let value = match option {
            b'b' | b'B' | b'h' | b'H' | b'l' | b'L' | b'T' | b'i' | b'I' => {
                Some(read_integer(bytes, option.is_ascii_lowercase(), format.big_endian))
            }
            b'f' => Some(f64::from(f32::from_le_bytes(array(bytes, format.big_endian)))),
            b'd' => Some(f64::from_le_bytes(array(bytes, format.big_endian))),
            _ => None,
        };
        call.stack.reserve(2).map_err(|_| at("stack overflow (too many results)"))?;
        if let Some(value) = value {
            call.stack.push_number(value);
            count += 1;
            position += size;
            continue;
        }
        match option {
            b'x' => {}
            b'c' => {
                if size == 0 {
                    if count == 0 || !call.stack.is_number(-1) {
                        return Err(at("format 'c0' needs a previous size"));
                    }
                    let wanted = call.stack.number(-1);
                    call.stack.pop(1);
                    count -= 1;
                    size = if wanted >= 0.0 { wanted as usize } else { usize::MAX };
                }
                let end = position.checked_add(size).ok_or_else(short)?;
                let text = call.check_bytes(2)?.get(position..end).ok_or_else(short)?.to_vec();
                call.stack.push_bytes(&text);
                count += 1;
            }
            b's' => {
                let rest = call.check_bytes(2)?.get(position..).unwrap_or_default();
                let Some(end) = rest.iter().position(|&byte| byte == 0) else {
                    return Err(at("unfinished string in data"));
                };
                let text = rest.get(..end).unwrap_or_default().to_vec();
                call.stack.push_bytes(&text);
                count += 1;
                size = end + 1;
            }
            other => format.control(other)?,
        }
        position += size;
    }
    call.stack.push_number(position.wrapping_add(1) as i64 as f64);
    Ok(count + 1)
}

/// `struct.size(format)`.
pub(crate) fn size(call: &mut Call<'_>) -> Results {
    let mut format = Format::of(call)?;
    let mut position: usize = 0;
    while let Some(option) = format.next() {
        let size = format.size(option)?;
        position = position.wrapping_add(format.padding(position, option, size));
        if option == b's' {
            return Err(Raise::Argument(1, "option 's' has no fixed size".into()));
        }
        if option == b'c' && size == 0 {
            return Err(Raise::Argument(1, "option 'c0' has no fixed size".into()));
        }
        if !option.is_ascii_alphanumeric() {
            format.control(option)?;
        }
        position = position.wrapping_add(size);
    }
    call.stack.push_number(position as i64 as f64);
    Ok(1)
}
