//! `cjson`: JSON, with the options, limits and words of lua-cjson 2.1.

mod decode;
mod encode;

pub(crate) use decode::decode;
pub(crate) use encode::encode;

use crate::vm::{Call, Raise, Results, Type};

/// What the functions `cjson.encode_…` and `cjson.decode_…` set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// Whether arrays with too many holes become objects; else they are refused.
    sparse_convert: i32,
    sparse_ratio: i32,
    sparse_safe: i32,
    encode_max_depth: i32,
    decode_max_depth: i32,
    /// Infinity and NaN: 0 refused, 1 written, 2 written as null.
    encode_invalid: i32,
    decode_invalid: i32,
    keep_buffer: i32,
    precision: i32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            sparse_convert: 0,
            sparse_ratio: 2,
            sparse_safe: 10,
            encode_max_depth: 1000,
            decode_max_depth: 1000,
            encode_invalid: 0,
            decode_invalid: 1,
            keep_buffer: 1,
            precision: 14,
        }
    }
}

impl Options {
    const fn all(&mut self) -> [&mut i32; 9] {
        [
            &mut self.sparse_convert,
            &mut self.sparse_ratio,
            &mut self.sparse_safe,
            &mut self.encode_max_depth,
            &mut self.decode_max_depth,
            &mut self.encode_invalid,
            &mut self.decode_invalid,
            &mut self.keep_buffer,
            &mut self.precision,
        ]
    }

    /// The options of the instance that the running primitive belongs to: those of the machine, or in the table that `cjson.new`
    /// has given it.
    fn of(call: &mut Call<'_>) -> Self {
        let mut options = call.machine.json;
        call.push_upvalue(2);
        if call.stack.kind(-1) == Type::Table {
            for (position, option) in options.all().into_iter().enumerate() {
                call.stack.raw_get_index(-1, position as i32 + 1);
                *option = call.stack.number(-1) as i32;
                call.stack.pop(1);
            }
        }
        call.stack.pop(1);
        options
    }

    fn store(mut self, call: &mut Call<'_>) {
        call.push_upvalue(2);
        if call.stack.kind(-1) == Type::Table {
            for (position, option) in self.all().into_iter().enumerate() {
                call.stack.push_number(f64::from(*option));
                call.stack.raw_set_index(-2, position as i32 + 1);
            }
        } else {
            call.machine.json = self;
        }
        call.stack.pop(1);
    }
}

/// `cjson.new()`: the library once more, with options of its own. The sandbox asks with `true` for the one that all share.
pub(crate) fn new(call: &mut Call<'_>) -> Results {
    const FUNCTIONS: [&str; 9] = [
        "encode",
        "decode",
        "encode_sparse_array",
        "encode_max_depth",
        "decode_max_depth",
        "encode_number_precision",
        "encode_keep_buffer",
        "encode_invalid_numbers",
        "decode_invalid_numbers",
    ];
    let shared = call.stack.truth(1);
    call.push_upvalue(1);
    let own = call.stack.number(-1) as usize;
    call.stack.set_top(0);
    call.stack.push_table(0, FUNCTIONS.len() + 4);
    if shared {
        call.stack.push_nil();
    } else {
        call.stack.push_table(9, 0);
        for (position, option) in Options::default().all().into_iter().enumerate() {
            call.stack.push_number(f64::from(*option));
            call.stack.raw_set_index(-2, position as i32 + 1);
        }
    }
    // The functions follow this one in the list of primitives, in the same order.
    for (number, name) in FUNCTIONS.into_iter().enumerate() {
        call.stack.push_copy(2);
        call.push_primitive(own + 1 + number);
        call.stack.raw_set_field(1, name);
    }
    call.stack.push_nil();
    call.push_primitive(own);
    call.stack.raw_set_field(1, "new");
    call.stack.push_null_pointer();
    call.stack.raw_set_field(1, "null");
    call.stack.push_bytes(b"cjson");
    call.stack.raw_set_field(1, "_NAME");
    call.stack.push_bytes(b"2.1.0");
    call.stack.raw_set_field(1, "_VERSION");
    call.stack.set_top(1);
    Ok(1)
}

/// Refuses more arguments than `count`, and fills up to it with nil.
fn arguments(call: &mut Call<'_>, count: i32) -> Result<(), Raise> {
    if call.stack.top() > count {
        return Err(Raise::Argument(count + 1, "found too many arguments".into()));
    }
    call.stack.set_top(count);
    Ok(())
}

/// Sets an integer if one is given, and pushes what is set.
fn integer(
    call: &mut Call<'_>,
    position: i32,
    setting: &mut i32,
    least: i32,
    most: i32,
) -> Result<(), Raise> {
    if call.stack.kind(position) != Type::Nil {
        let value = call.check_number(position)? as i64 as i32;
        if !(least..=most).contains(&value) {
            return Err(Raise::Argument(1, format!("expected integer between {least} and {most}")));
        }
        *setting = value;
    }
    call.stack.push_number(f64::from(*setting));
    Ok(())
}

/// Sets one of several words if one is given, or a boolean for the first two; pushes what is set.
fn choice(call: &mut Call<'_>, position: i32, setting: &mut i32, words: &[&str]) -> Result<(), Raise> {
    match call.stack.kind(position) {
        Type::Nil => {}
        Type::Boolean => *setting = i32::from(call.stack.truth(position)),
        _ => {
            let given = call.check_bytes(position)?;
            let Some(found) = words.iter().position(|word| word.as_bytes() == given) else {
                let text = format!("invalid option '{}'", String::from_utf8_lossy(given));
                return Err(Raise::Argument(position, text));
            };
            *setting = found as i32;
        }
    }
    match *setting {
        0 | 1 => call.stack.push_boolean(*setting == 1),
        other => {
            let word = usize::try_from(other).ok().and_then(|other| words.get(other)).unwrap_or(&"");
            call.stack.push_bytes(word.as_bytes());
        }
    }
    Ok(())
}

const OFF_ON: &[&str] = &["off", "on"];

/// Options of arrays with holes: whether they become objects, from how many holes an element, and up to which index never.
pub(crate) fn encode_sparse_array(call: &mut Call<'_>) -> Results {
    arguments(call, 3)?;
    let mut options = Options::of(call);
    let set = choice(call, 1, &mut options.sparse_convert, OFF_ON)
        .and_then(|()| integer(call, 2, &mut options.sparse_ratio, 0, i32::MAX))
        .and_then(|()| integer(call, 3, &mut options.sparse_safe, 0, i32::MAX));
    options.store(call);
    set.map(|()| 3)
}

/// Deepest nesting that is written.
pub(crate) fn encode_max_depth(call: &mut Call<'_>) -> Results {
    arguments(call, 1)?;
    let mut options = Options::of(call);
    integer(call, 1, &mut options.encode_max_depth, 1, i32::MAX)?;
    options.store(call);
    Ok(1)
}

/// Deepest nesting that is read.
pub(crate) fn decode_max_depth(call: &mut Call<'_>) -> Results {
    arguments(call, 1)?;
    let mut options = Options::of(call);
    integer(call, 1, &mut options.decode_max_depth, 1, i32::MAX)?;
    options.store(call);
    Ok(1)
}

/// Significant digits of numbers.
pub(crate) fn encode_number_precision(call: &mut Call<'_>) -> Results {
    arguments(call, 1)?;
    let mut options = Options::of(call);
    integer(call, 1, &mut options.precision, 1, 14)?;
    options.store(call);
    Ok(1)
}

/// Without effect here, but remembered.
pub(crate) fn encode_keep_buffer(call: &mut Call<'_>) -> Results {
    arguments(call, 1)?;
    let mut options = Options::of(call);
    choice(call, 1, &mut options.keep_buffer, OFF_ON)?;
    options.store(call);
    Ok(1)
}

/// Whether infinity and NaN are written.
pub(crate) fn encode_invalid_numbers(call: &mut Call<'_>) -> Results {
    arguments(call, 1)?;
    let mut options = Options::of(call);
    choice(call, 1, &mut options.encode_invalid, &["off", "on", "null"])?;
    options.store(call);
    Ok(1)
}

/// Whether numbers that are none in JSON are read.
pub(crate) fn decode_invalid_numbers(call: &mut Call<'_>) -> Results {
    arguments(call, 1)?;
    let mut options = Options::of(call);
    choice(call, 1, &mut options.decode_invalid, OFF_ON)?;
    options.store(call);
    Ok(1)
}
