//! `cmsgpack`: MessagePack. Tables whose keys are 1 to n become arrays, others maps; numbers without a fraction become integers.

use crate::vm::{Call, Raise, Results, Type};

/// Tables nested deeper than this are written as nil.
const ENCODE_DEPTH_MAX: usize = 16;
/// Deepest nesting that is read. Redis goes on until the stack of Lua is full.
const DECODE_DEPTH_MAX: usize = 500;

fn at(text: impl Into<Vec<u8>>) -> Raise {
    Raise::At(text.into())
}

/// `cmsgpack.pack(…)`.
pub(crate) fn pack(call: &mut Call<'_>) -> Results {
    let count = call.stack.top();
    if count == 0 {
        return Err(Raise::Argument(0, "MessagePack pack needs input.".into()));
    }
    let mut out = Vec::new();
    for index in 1..=count {
        call.stack.reserve(1)?;
        call.stack.push_copy(index);
        encode(call, &mut out, 0)?;
    }
    call.stack.push_bytes(&out);
    Ok(1)
}

/// Appends the value on top, and removes it.
fn encode(call: &mut Call<'_>, out: &mut Vec<u8>, depth: usize) -> Result<(), Raise> {
    match call.stack.kind(-1) {
        Type::String => {
            let text = call.stack.bytes(-1).unwrap_or_default();
            encode_text(out, text);
        }
        Type::Boolean => out.push(if call.stack.truth(-1) { 0xc3 } else { 0xc2 }),
        Type::Number => encode_number(out, call.stack.number(-1)),
        Type::Table if depth < ENCODE_DEPTH_MAX => encode_table(call, out, depth)?,
        _ => out.push(0xc0),
    }
    call.stack.pop(1);
    Ok(())
}

/// A length behind the marker of the least width that holds it; `short` is the widest that the first marker holds itself.
fn encode_length(out: &mut Vec<u8>, len: usize, fixed: (u8, usize), markers: [u8; 3]) {
    let [eight, sixteen, thirty_two] = markers;
    if len <= fixed.1 {
        out.push(fixed.0 | len as u8);
    } else if len <= 0xff && eight != 0 {
        out.extend_from_slice(&[eight, len as u8]);
    } else if len <= 0xffff {
        out.push(sixteen);
        out.extend_from_slice(&(len as u16).to_be_bytes());
    } else {
        out.push(thirty_two);
        out.extend_from_slice(&(len as u32).to_be_bytes());
    }
}

fn encode_text(out: &mut Vec<u8>, text: &[u8]) {
    encode_length(out, text.len(), (0xa0, 31), [0xd9, 0xda, 0xdb]);
    out.extend_from_slice(text);
}

fn encode_number(out: &mut Vec<u8>, number: f64) {
    const LIMIT: f64 = 9_223_372_036_854_775_808.0;
    if (-LIMIT..LIMIT).contains(&number) && number.trunc() == number {
        encode_integer(out, number as i64);
    } else if f64::from(number as f32) == number {
        out.push(0xca);
        out.extend_from_slice(&(number as f32).to_be_bytes());
    } else {
        out.push(0xcb);
        out.extend_from_slice(&number.to_be_bytes());
    }
}

fn encode_integer(out: &mut Vec<u8>, number: i64) {
    let mut marked = |marker: u8, bytes: &[u8]| {
        out.push(marker);
        out.extend_from_slice(bytes);
    };
    match number {
        -32..=0x7f => marked(number as u8, &[]),
        0x80..=0xff => marked(0xcc, &[number as u8]),
        0x100..=0xffff => marked(0xcd, &(number as u16).to_be_bytes()),
        0x1_0000..=0xffff_ffff => marked(0xce, &(number as u32).to_be_bytes()),
        0x1_0000_0000.. => marked(0xcf, &number.to_be_bytes()),
        -0x80..=-33 => marked(0xd0, &[number as u8]),
        -0x8000..=-0x81 => marked(0xd1, &(number as i16).to_be_bytes()),
        -0x8000_0000..=-0x8001 => marked(0xd2, &(number as i32).to_be_bytes()),
        _ => marked(0xd3, &number.to_be_bytes()),
    }
}

fn encode_table(call: &mut Call<'_>, out: &mut Vec<u8>, depth: usize) -> Result<(), Raise> {
    call.stack.reserve(4)?;
    if out.len() > call.machine.memory_left() {
        return Err(Raise::Text(b"not enough memory".to_vec()));
    }
    let (len, is_array) = shape(call);
    if is_array {
        encode_length(out, len, (0x90, 15), [0, 0xdc, 0xdd]);
        for position in 1..=len {
            call.stack.raw_get_index(-1, i32::try_from(position).unwrap_or(i32::MAX));
            encode(call, out, depth + 1)?;
        }
    } else {
        encode_length(out, len, (0x80, 15), [0, 0xde, 0xdf]);
        call.stack.push_nil();
        while call.stack.next(-2) {
            // The key, then its value: the key is needed again.
            call.stack.push_copy(-2);
            encode(call, out, depth + 1)?;
            encode(call, out, depth + 1)?;
        }
    }
    Ok(())
}

/// How many entries the table on top has, and whether their keys are 1 to that number.
fn shape(call: &mut Call<'_>) -> (usize, bool) {
    let (mut count, mut max, mut is_array) = (0, 0.0, true);
    call.stack.push_nil();
    while call.stack.next(-2) {
        call.stack.pop(1);
        count += 1;
        let key = call.stack.number(-1);
        is_array &= call.stack.kind(-1) == Type::Number
            && key > 0.0
            && key <= f64::from(i32::MAX)
            && key.trunc() == key;
        max = f64::max(max, key);
    }
    (count, is_array && max == count as f64)
}

/// `cmsgpack.unpack(text)`: all values that are in it.
pub(crate) fn unpack(call: &mut Call<'_>) -> Results {
    unpack_some(call, 0, 0)
}

/// `cmsgpack.unpack_one(text [, offset])`: the offset of what follows, and a value.
pub(crate) fn unpack_one(call: &mut Call<'_>) -> Results {
    let offset = optional_integer(call, 2)?;
    call.stack.set_top(1);
    unpack_some(call, 1, offset)
}

/// `cmsgpack.unpack_limit(text, limit [, offset])`: the offset of what follows, and at most so many values.
pub(crate) fn unpack_limit(call: &mut Call<'_>) -> Results {
    let limit = call.check_number(2)? as i64;
    let offset = optional_integer(call, 3)?;
    call.stack.set_top(1);
    unpack_some(call, limit, offset)
}

fn optional_integer(call: &Call<'_>, position: i32) -> Result<i64, Raise> {
    match call.stack.kind(position) {
        Type::None | Type::Nil => Ok(0),
        _ => Ok(call.check_number(position)? as i64),
    }
}

fn unpack_some(call: &mut Call<'_>, limit: i64, offset: i64) -> Results {
    let everything = limit == 0 && offset == 0;
    let text = call.check_bytes(1)?.to_vec();
    if offset < 0 || limit < 0 {
        // The text names the length where it says limit, as Redis's does.
        let (offset, len) = (offset as i32, text.len() as i32);
        return Err(at(format!("Invalid request to unpack with offset of {offset} and limit of {len}.")));
    }
    let Some(start) = usize::try_from(offset).ok().filter(|start| *start <= text.len()) else {
        let (offset, len) = (offset as i32, text.len() as i32);
        return Err(at(format!("Start offset {offset} greater than input length {len}.")));
    };
    let limit = if everything { i64::from(i32::MAX) } else { limit };
    let mut cursor = Cursor { text: &text, at: start, depth: 0 };
    let mut count = 0;
    while cursor.at < text.len() && i64::from(count) < limit {
        cursor.decode(call)?;
        count += 1;
    }
    if !everything {
        call.stack.reserve(1)?;
        call.stack.push_number(if cursor.at == text.len() { -1.0 } else { cursor.at as f64 });
        call.stack.insert(2);
        count += 1;
    }
    Ok(count)
}

struct Cursor<'a> {
    text: &'a [u8],
    at: usize,
    depth: usize,
}

impl Cursor<'_> {
    fn take(&mut self, len: usize) -> Result<&[u8], Raise> {
        let missing = || at("Missing bytes in input.");
        let end = self.at.checked_add(len).ok_or_else(missing)?;
        let taken = self.text.get(self.at..end).ok_or_else(missing)?;
        self.at = end;
        Ok(taken)
    }

    /// An unsigned integer of `len` bytes.
    fn unsigned(&mut self, len: usize) -> Result<u64, Raise> {
        Ok(self.take(len)?.iter().fold(0, |value, &byte| value << 8 | u64::from(byte)))
    }

    fn length(&mut self, len: usize) -> Result<usize, Raise> {
        self.unsigned(len).map(|length| length as usize)
    }

    /// Pushes the value that comes next.
    fn decode(&mut self, call: &mut Call<'_>) -> Result<(), Raise> {
        let full =
            || at("stack overflow (too many return values at once; use unpack_one or unpack_limit instead.)");
        if self.depth > DECODE_DEPTH_MAX {
            return Err(full());
        }
        call.stack.reserve(3).map_err(|_| full())?;
        let marker = self.unsigned(1)? as u8;
        match marker {
            0x00..=0x7f => call.stack.push_number(f64::from(marker)),
            0xe0..=0xff => call.stack.push_number(f64::from(marker as i8)),
            0xcc => call.stack.push_number(self.unsigned(1)? as f64),
            0xcd => call.stack.push_number(self.unsigned(2)? as f64),
            0xce => call.stack.push_number(self.unsigned(4)? as f64),
            // Also what has no sign is taken for signed when it has 64 bits.
            0xcf | 0xd3 => call.stack.push_number(self.unsigned(8)? as i64 as f64),
            0xd0 => call.stack.push_number(f64::from(self.unsigned(1)? as i8)),
            0xd1 => call.stack.push_number(f64::from(self.unsigned(2)? as i16)),
            0xd2 => call.stack.push_number(f64::from(self.unsigned(4)? as i32)),
            0xca => call.stack.push_number(f64::from(f32::from_bits(self.unsigned(4)? as u32))),
            0xcb => call.stack.push_number(f64::from_bits(self.unsigned(8)?)),
            0xc0 => call.stack.push_nil(),
            0xc2 | 0xc3 => call.stack.push_boolean(marker == 0xc3),
            0xa0..=0xbf => {
                let len = usize::from(marker & 0x1f);
                call.stack.push_bytes(self.take(len)?);
            }
            0xd9..=0xdb => {
                let len = self.length(1 << (marker - 0xd9))?;
                call.stack.push_bytes(self.take(len)?);
            }
            0x90..=0x9f => self.decode_array(call, usize::from(marker & 0xf))?,
            0xdc | 0xdd => {
                let len = self.length(2 << (marker - 0xdc))?;
                self.decode_array(call, len)?;
            }
            0x80..=0x8f => self.decode_map(call, usize::from(marker & 0xf))?,
            0xde | 0xdf => {
                let len = self.length(2 << (marker - 0xde))?;
                self.decode_map(call, len)?;
            }
            _ => return Err(at("Bad data format in input.")),
        }
        Ok(())
    }

    fn decode_array(&mut self, call: &mut Call<'_>, len: usize) -> Result<(), Raise> {
        call.check_memory()?;
        call.stack.push_table(len.min(self.text.len()), 0);
        self.depth += 1;
        for position in 1..=len {
            self.decode(call)?;
            call.stack.raw_set_index(-2, i32::try_from(position).unwrap_or(i32::MAX));
        }
        self.depth -= 1;
        Ok(())
    }

    fn decode_map(&mut self, call: &mut Call<'_>, len: usize) -> Result<(), Raise> {
        call.check_memory()?;
        call.stack.push_table(0, len.min(self.text.len()));
        self.depth += 1;
        for _ in 0..len {
            self.decode(call)?;
            self.decode(call)?;
            if !call.stack.raw_set(-3) {
                return Err(Raise::Text(b"table index is nil".to_vec()));
            }
        }
        self.depth -= 1;
        Ok(())
    }
}
