//! The script engine: Lua scripts and libraries of functions, sandboxed, on one interpreter a shard.
//!
//! What a script calls goes to a [`Host`]; who that is, where keys live and what is locked, this crate does not know. Nothing here
//! is shared between threads.
//!
//! Invariants:
//! - No script can end the process, or go on after its host has said that it ends: neither `pcall` nor coroutines hold it.
//! - Scripts share nothing but what the libraries keep on purpose (options of `cjson`, the generator of `math.random`).
//! - A script may wait for a reply ([`Progress::Waiting`]) while others run in the same interpreter.
//! - What scripts see, and what they are told, equals Redis 8.2 unless docs/compatibility.md says otherwise.
//!
//! Unsafe code is in one module, `vm`; conversions and libraries use its safe view of the interpreter's stack.

mod api;
mod bytecode;
mod convert;
mod engine;
mod functions;
mod host;
mod library;
mod libs;
mod shebang;
mod vm;

pub use engine::{Engine, Function, Library, Options, Progress, RunId, ScriptId, Stop};
pub use functions::{FunctionInfo, Libraries, LibraryInfo, ListQuery, RestorePolicy, read_payload};
pub use host::{CallOutcome, Host, Permission, Tick};
pub use shebang::{Flags, LibraryHead, Shebang, parse_library, parse_script};

/// The name of a script: the SHA-1 of its text in hexadecimal.
pub fn sha1_hex(text: &[u8]) -> [u8; 40] {
    use sha1::Digest;
    let mut name = [0; 40];
    for (pair, byte) in name.chunks_exact_mut(2).zip(sha1::Sha1::digest(text)) {
        for (to, digit) in pair.iter_mut().zip([byte >> 4, byte & 0xf]) {
            *to = if digit < 10 { b'0' + digit } else { b'a' + digit - 10 };
        }
    }
    name
}
