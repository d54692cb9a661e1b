//! Libraries of functions: what `redis.register_function` takes down while one is loaded, and the first line of a library.

use crate::shebang::{FLAGS, Flags};
use crate::vm::{Call, Raise, Reference, Results, Type};

/// A function that a library has registered.
#[derive(Debug)]
pub(crate) struct Registered {
    pub(crate) name: Vec<u8>,
    pub(crate) description: Option<Vec<u8>>,
    pub(crate) flags: Flags,
    pub(crate) callback: Reference,
}

/// A library while it is loaded.
#[derive(Debug, Default)]
pub(crate) struct Loading {
    pub(crate) functions: Vec<Registered>,
}

fn refused(text: &str) -> Raise {
    Raise::Table(text.as_bytes().to_vec())
}

/// Whether a name of a library or function has letters, digits and underscores only, and at least one.
pub(crate) fn is_valid_name(name: &[u8]) -> bool {
    !name.is_empty() && name.iter().all(|&byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// What a call of `register_function` names.
#[derive(Default)]
struct Given {
    name: Option<Vec<u8>>,
    description: Option<Vec<u8>>,
    flags: Flags,
    callback: Option<Reference>,
}

/// `redis.register_function(name, callback)` or `redis.register_function{…}`.
pub(crate) fn register_function(call: &mut Call<'_>) -> Results {
    if call.machine.run.loading.is_none() {
        return Err(refused("redis.register_function can only be called on FUNCTION LOAD command"));
    }
    let mut given = Given::default();
    let read = match call.stack.top() {
        1 => read_named(call, &mut given),
        2 => read_positional(call, &mut given),
        _ => Err("wrong number of arguments to redis.register_function"),
    };
    let result = read.map_err(str::to_owned).and_then(|()| add(call, &mut given));
    if let Some(callback) = given.callback.take() {
        call.machine.release(callback);
    }
    result.map(|()| 0).map_err(|text| refused(&text))
}

fn add(call: &mut Call<'_>, given: &mut Given) -> Result<(), String> {
    let name = given.name.take().unwrap_or_default();
    if !is_valid_name(&name) {
        let text = "Library names can only contain letters, numbers, or underscores(_) and must be at least one character long";
        return Err(text.into());
    }
    let Some(loading) = &mut call.machine.run.loading else { return Ok(()) };
    if loading.functions.iter().any(|function| function.name.eq_ignore_ascii_case(&name)) {
        return Err("Function already exists in the library".into());
    }
    if let Some(callback) = given.callback.take() {
        let (description, flags) = (given.description.take(), given.flags);
        loading.functions.push(Registered { name, description, flags, callback });
    }
    Ok(())
}

/// The bytes of a string, or the text of a number.
fn string(call: &Call<'_>, index: i32) -> Option<Vec<u8>> {
    call.stack.bytes(index).map(<[u8]>::to_vec)
}

fn read_positional(call: &mut Call<'_>, given: &mut Given) -> Result<(), &'static str> {
    let name = string(call, 1).ok_or("first argument to redis.register_function must be a string")?;
    given.name = Some(name);
    if call.stack.kind(2) != Type::Function {
        return Err("second argument to redis.register_function must be a function");
    }
    given.callback = Some(call.keep());
    Ok(())
}

fn read_named(call: &mut Call<'_>, given: &mut Given) -> Result<(), &'static str> {
    if call.stack.kind(1) != Type::Table {
        return Err(
            "calling redis.register_function with a single argument is only applicable to Lua table (representing named arguments).",
        );
    }
    call.stack.push_nil();
    while call.stack.next(1) {
        if !call.stack.is_text(-2) {
            return Err("named argument key given to redis.register_function is not a string");
        }
        // Numbers are no names either, but have a text: it is looked at in a copy, the key itself must not change.
        call.stack.push_copy(-2);
        let key = call.stack.bytes(-1).unwrap_or_default().to_ascii_lowercase();
        call.stack.pop(1);
        match key.as_slice() {
            b"function_name" => {
                given.name = Some(
                    string(call, -1)
                        .ok_or("function_name argument given to redis.register_function must be a string")?,
                );
            }
            b"description" => {
                given.description = Some(
                    string(call, -1)
                        .ok_or("description argument given to redis.register_function must be a string")?,
                );
            }
            b"callback" => {
                if call.stack.kind(-1) != Type::Function {
                    return Err("callback argument given to redis.register_function must be a function");
                }
                let callback = call.keep();
                if let Some(old) = given.callback.replace(callback) {
                    call.machine.release(old);
                }
                continue;
            }
            b"flags" => {
                if call.stack.kind(-1) != Type::Table {
                    return Err(
                        "flags argument to redis.register_function must be a table representing function flags",
                    );
                }
                given.flags = read_flags(call)?;
            }
            _ => return Err("unknown argument given to redis.register_function"),
        }
        call.stack.pop(1);
    }
    if given.name.is_none() {
        return Err("redis.register_function must get a function name argument");
    }
    if given.callback.is_none() {
        return Err("redis.register_function must get a callback argument");
    }
    Ok(())
}

/// The flags that the table on top lists.
fn read_flags(call: &mut Call<'_>) -> Result<Flags, &'static str> {
    let mut flags = Flags::default();
    let mut position = 1;
    loop {
        call.stack.raw_get_index(-1, position);
        if call.stack.kind(-1) == Type::Nil {
            call.stack.pop(1);
            return Ok(flags);
        }
        let word = call.stack.bytes(-1).unwrap_or_default();
        let found = FLAGS.iter().find(|(name, _)| name.as_bytes().eq_ignore_ascii_case(word));
        call.stack.pop(1);
        flags = flags | found.ok_or("unknown flag given")?.1;
        position += 1;
    }
}
