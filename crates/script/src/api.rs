//! The primitives: what the sandbox is built of, and `redis.*`.

use crate::convert::{push_error_table, push_reply};
use crate::host::Permission;
use crate::library::{self, Loading};
use crate::libs::{cjson, cmsgpack, random::Random, structs};
use crate::vm::{Call, Ending, Raise, Results, Type};

/// A primitive by its name in the sandbox.
pub(crate) type Primitive = (&'static str, fn(&mut Call<'_>) -> Results);

/// What belongs to one run of a script.
#[derive(Debug, Default)]
pub(crate) struct Run {
    /// Whether the script has asked for RESP3.
    pub(crate) resp3: bool,
    /// A function of a library, or the loading of one; else a script of EVAL.
    pub(crate) is_library: bool,
    /// What a library that is being loaded has registered.
    pub(crate) loading: Option<Loading>,
}

/// All primitives. Their order is their numbers.
pub(crate) const PRIMITIVES: &[Primitive] = &[
    ("call", call),
    ("suspended", suspended),
    ("can_yield", can_yield),
    ("is_main", is_main),
    ("stuck", stuck),
    ("log", log),
    ("setresp", setresp),
    ("sha1hex", sha1hex),
    ("error_reply", error_reply),
    ("status_reply", status_reply),
    ("set_repl", set_repl),
    ("acl_check_cmd", acl_check_cmd),
    ("loadstring", loadstring),
    ("clock", clock),
    ("random", random),
    ("randomseed", random_seed),
    ("struct_pack", structs::pack),
    ("struct_unpack", structs::unpack),
    ("struct_size", structs::size),
    ("cmsgpack_pack", cmsgpack::pack),
    ("cmsgpack_unpack", cmsgpack::unpack),
    ("cmsgpack_unpack_one", cmsgpack::unpack_one),
    ("cmsgpack_unpack_limit", cmsgpack::unpack_limit),
    ("cjson_new", cjson::new),
    ("cjson_encode", cjson::encode),
    ("cjson_decode", cjson::decode),
    ("cjson_encode_sparse_array", cjson::encode_sparse_array),
    ("cjson_encode_max_depth", cjson::encode_max_depth),
    ("cjson_decode_max_depth", cjson::decode_max_depth),
    ("cjson_encode_number_precision", cjson::encode_number_precision),
    ("cjson_encode_keep_buffer", cjson::encode_keep_buffer),
    ("cjson_encode_invalid_numbers", cjson::encode_invalid_numbers),
    ("cjson_decode_invalid_numbers", cjson::decode_invalid_numbers),
    ("register_function", library::register_function),
];

/// Runs a command. Gives its reply, and true behind it where that is an error.
fn call(call: &mut Call<'_>) -> Results {
    call.run_command()?;
    // As many arguments as fit leave no room for the reply.
    call.stack.set_top(0);
    let reply = std::mem::take(&mut call.machine.reply);
    let pushed = push_reply(&mut call.stack, &reply);
    call.machine.reply = reply;
    push_outcome(call, pushed)
}

fn push_outcome(call: &mut Call<'_>, pushed: Result<bool, crate::convert::Unreadable>) -> Results {
    match pushed {
        Ok(false) => Ok(1),
        Ok(true) => {
            call.stack.push_boolean(true);
            Ok(2)
        }
        Err(_) => {
            push_error_table(&mut call.stack, b"the reply of the command cannot be converted", false);
            call.stack.push_boolean(true);
            Ok(2)
        }
    }
}

fn suspended(call: &mut Call<'_>) -> Results {
    let is = call.machine.ending != Ending::None;
    call.stack.push_boolean(is);
    Ok(1)
}

fn can_yield(call: &mut Call<'_>) -> Results {
    let can = call.can_yield();
    call.stack.push_boolean(can);
    Ok(1)
}

fn is_main(call: &mut Call<'_>) -> Results {
    let is = call.is_main();
    call.stack.push_boolean(is);
    Ok(1)
}

/// Some coroutine around the one that was left cannot be left. If that was to be a pause, there is none.
fn stuck(call: &mut Call<'_>) -> Results {
    if call.machine.ending == Ending::Paused {
        call.machine.ending = Ending::None;
        return Ok(0);
    }
    let ending = if call.machine.ending == Ending::Waiting { Ending::Stuck } else { call.machine.ending };
    Err(call.leave(ending))
}

fn table(text: &str) -> Raise {
    Raise::Table(text.as_bytes().to_vec())
}

fn log(call: &mut Call<'_>) -> Results {
    let count = call.stack.top();
    if count < 2 {
        return Err(table("redis.log() requires two arguments or more."));
    }
    if !call.stack.is_number(1) {
        return Err(table("First argument must be a number (log level)."));
    }
    let level = call.stack.number(1) as i64;
    let Some(level) = u8::try_from(level).ok().filter(|level| *level <= 3) else {
        return Err(table("Invalid log level."));
    };
    let mut message = Vec::new();
    for index in 2..=count {
        if let Some(text) = call.stack.bytes(index) {
            if index != 2 {
                message.push(b' ');
            }
            message.extend_from_slice(text);
        }
    }
    call.with_host(|host| host.log(level, &message));
    Ok(0)
}

fn setresp(call: &mut Call<'_>) -> Results {
    if call.stack.top() != 1 {
        return Err(table("redis.setresp() requires one argument."));
    }
    match call.stack.number(1) as i64 {
        2 => call.machine.run.resp3 = false,
        3 => call.machine.run.resp3 = true,
        _ => return Err(table("RESP version must be 2 or 3.")),
    }
    Ok(0)
}

fn sha1hex(call: &mut Call<'_>) -> Results {
    if call.stack.top() != 1 {
        return Err(table("wrong number of arguments"));
    }
    let digest = crate::sha1_hex(call.stack.bytes(1).unwrap_or_default());
    call.stack.push_bytes(&digest);
    Ok(1)
}

/// The text of the one argument that must be a string.
fn only_string<'a>(call: &'a Call<'_>) -> Option<&'a [u8]> {
    if call.stack.top() == 1 && call.stack.kind(1) == Type::String { call.stack.bytes(1) } else { None }
}

fn error_reply(call: &mut Call<'_>) -> Results {
    match only_string(call).map(<[u8]>::to_vec) {
        Some(text) => {
            // The text is taken for one that ends with a zero byte, and may begin with the dash that errors have.
            let end = text.iter().position(|&byte| byte == 0).unwrap_or(text.len());
            let text = text.get(..end).unwrap_or(&text);
            push_error_table(&mut call.stack, text.strip_prefix(b"-").unwrap_or(text), true);
        }
        None => push_error_table(&mut call.stack, b"wrong number or type of arguments", false),
    }
    Ok(1)
}

fn status_reply(call: &mut Call<'_>) -> Results {
    if only_string(call).is_some() {
        call.stack.push_table(0, 1);
        call.stack.push_copy(1);
        call.stack.raw_set_field(-2, "ok");
    } else {
        push_error_table(&mut call.stack, b"wrong number or type of arguments", false);
    }
    Ok(1)
}

fn set_repl(call: &mut Call<'_>) -> Results {
    if call.stack.top() != 1 {
        return Err(table("redis.set_repl() requires one argument."));
    }
    let Some(flags) = u8::try_from(call.stack.number(1) as i64).ok().filter(|flags| *flags <= 3) else {
        return Err(table("Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE."));
    };
    call.with_host(|host| host.set_replication(flags));
    Ok(0)
}

fn acl_check_cmd(call: &mut Call<'_>) -> Results {
    let count = call.stack.top();
    if count == 0 {
        return Err(table("Please specify at least one argument for this redis lib call"));
    }
    let mut args = Vec::new();
    for index in 1..=count {
        match call.stack.kind(index) {
            Type::Number => {
                let mut text = Vec::new();
                crate::convert::write_argument(&mut text, call.stack.number(index));
                args.push(text);
            }
            Type::String => args.push(call.stack.bytes(index).unwrap_or_default().to_vec()),
            _ => return Err(table("Lua redis lib command arguments must be strings or integers")),
        }
    }
    let args: Vec<&[u8]> = args.iter().map(Vec::as_slice).collect();
    let allowed = match call.with_host(|host| host.permission(&args)) {
        Some(Permission::Allowed) => true,
        Some(Permission::Denied) => false,
        Some(Permission::Unknown) | None => {
            return Err(table("Invalid command passed to redis.acl_check_cmd()"));
        }
    };
    call.stack.push_boolean(allowed);
    Ok(1)
}

/// Compiles text, never a binary chunk. Gives the function, or nil and why not.
fn loadstring(call: &mut Call<'_>) -> Results {
    let text = call.check_bytes(1)?.to_vec();
    let name = match call.stack.kind(2) {
        Type::None | Type::Nil => text.clone(),
        _ => call.check_bytes(2)?.to_vec(),
    };
    let name: Vec<u8> = name.into_iter().take_while(|&byte| byte != 0).take(NAME_MAX).collect();
    let name = std::ffi::CString::new(name).unwrap_or_default();
    if call.stack.load_text(&text, &name) {
        call.set_environment();
        Ok(1)
    } else {
        call.stack.push_nil();
        call.stack.insert(-2);
        Ok(2)
    }
}

/// Longest name of a chunk that is kept: messages show its beginning.
const NAME_MAX: usize = 512;

fn clock(call: &mut Call<'_>) -> Results {
    let seconds = call.with_host(|host| host.clock_seconds()).unwrap_or(0.0);
    call.stack.push_number(seconds);
    Ok(1)
}

fn random(call: &mut Call<'_>) -> Results {
    let unit = call.machine.random.unit();
    let int = |call: &Call<'_>, position| -> Result<f64, Raise> {
        Ok(f64::from(call.check_number(position)? as i32))
    };
    let value = match call.stack.top() {
        0 => unit,
        1 => {
            let upper = int(call, 1)?;
            if upper < 1.0 {
                return Err(Raise::Argument(1, "interval is empty".into()));
            }
            (unit * upper).floor() + 1.0
        }
        2 => {
            let (lower, upper) = (int(call, 1)?, int(call, 2)?);
            if lower > upper {
                return Err(Raise::Argument(2, "interval is empty".into()));
            }
            (unit * (upper - lower + 1.0)).floor() + lower
        }
        _ => return Err(Raise::At(b"wrong number of arguments".to_vec())),
    };
    call.stack.push_number(value);
    Ok(1)
}

fn random_seed(call: &mut Call<'_>) -> Results {
    let seed = call.check_number(1)?;
    call.machine.random = Random::new(seed as i64 as u32);
    Ok(0)
}
