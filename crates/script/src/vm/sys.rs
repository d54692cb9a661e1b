//! The C interface of the interpreter, as much of it as is used.
//!
//! Declared here as plain C, not as C that may unwind: errors of the interpreter never pass a frame of ours but those of
//! `shim.c` (see the module above for how), so the compiler need not prepare for it.

use std::ffi::{c_char, c_int, c_long, c_void};

// The library is built and linked by this crate.
use mlua_sys as _;

#[repr(C)]
pub(super) struct State {
    _opaque: [u8; 0],
}

/// What the interpreter tells about a frame. Its layout is part of the interface of Lua 5.1.
#[repr(C)]
pub(super) struct Debug {
    event: c_int,
    pub(super) name: *const c_char,
    pub(super) name_what: *const c_char,
    pub(super) what: *const c_char,
    pub(super) source: *const c_char,
    pub(super) current_line: c_int,
    upvalues: c_int,
    line_defined: c_int,
    last_line_defined: c_int,
    pub(super) short_source: [c_char; 60],
    frame: c_int,
}

pub(super) type Function = unsafe extern "C" fn(*mut State) -> c_int;
pub(super) type Hook = unsafe extern "C" fn(*mut State, *mut Debug);
pub(super) type Alloc = unsafe extern "C" fn(*mut c_void, *mut c_void, usize, usize) -> *mut c_void;
pub(super) type Writer = unsafe extern "C" fn(*mut State, *const c_void, usize, *mut c_void) -> c_int;

pub(super) const REGISTRY: c_int = -10000;
pub(super) const GLOBALS: c_int = -10002;
pub(super) const OK: c_int = 0;
pub(super) const YIELD: c_int = 1;
pub(super) const ERROR_MEMORY: c_int = 4;
pub(super) const MASK_COUNT: c_int = 1 << 3;
pub(super) const GC_COLLECT: c_int = 2;
pub(super) const GC_COUNT: c_int = 3;

unsafe extern "C" {
    pub(super) fn luaL_newstate() -> *mut State;
    pub(super) fn lua_close(state: *mut State);
    pub(super) fn lua_newthread(state: *mut State) -> *mut State;
    pub(super) fn lua_getallocf(state: *mut State, data: *mut *mut c_void) -> Alloc;
    pub(super) fn lua_setallocf(state: *mut State, alloc: Alloc, data: *mut c_void);
    pub(super) fn lua_gc(state: *mut State, what: c_int, data: c_int) -> c_int;
    pub(super) fn luaJIT_setmode(state: *mut State, index: c_int, mode: c_int) -> c_int;

    pub(super) fn lua_gettop(state: *mut State) -> c_int;
    pub(super) fn lua_settop(state: *mut State, index: c_int);
    pub(super) fn lua_pushvalue(state: *mut State, index: c_int);
    pub(super) fn lua_remove(state: *mut State, index: c_int);
    pub(super) fn lua_insert(state: *mut State, index: c_int);
    pub(super) fn lua_checkstack(state: *mut State, more: c_int) -> c_int;

    pub(super) fn lua_type(state: *mut State, index: c_int) -> c_int;
    pub(super) fn lua_tonumber(state: *mut State, index: c_int) -> f64;
    pub(super) fn lua_isnumber(state: *mut State, index: c_int) -> c_int;
    pub(super) fn lua_toboolean(state: *mut State, index: c_int) -> c_int;
    pub(super) fn lua_tolstring(state: *mut State, index: c_int, len: *mut usize) -> *const c_char;
    pub(super) fn lua_touserdata(state: *mut State, index: c_int) -> *mut c_void;

    pub(super) fn lua_pushnil(state: *mut State);
    pub(super) fn lua_pushnumber(state: *mut State, value: f64);
    pub(super) fn lua_pushboolean(state: *mut State, value: c_int);
    pub(super) fn lua_pushlstring(state: *mut State, text: *const c_char, len: usize);
    pub(super) fn lua_pushcclosure(state: *mut State, function: Function, upvalues: c_int);
    pub(super) fn lua_pushlightuserdata(state: *mut State, pointer: *mut c_void);

    pub(super) fn lua_createtable(state: *mut State, array: c_int, hash: c_int);
    pub(super) fn lua_rawget(state: *mut State, index: c_int);
    pub(super) fn lua_rawgeti(state: *mut State, index: c_int, position: c_int);
    pub(super) fn lua_rawset(state: *mut State, index: c_int);
    pub(super) fn lua_rawseti(state: *mut State, index: c_int, position: c_int);
    pub(super) fn lua_next(state: *mut State, index: c_int) -> c_int;
    pub(super) fn lua_setfenv(state: *mut State, index: c_int) -> c_int;

    pub(super) fn lua_pcall(state: *mut State, arguments: c_int, results: c_int, handler: c_int) -> c_int;
    pub(super) fn lua_resume(state: *mut State, arguments: c_int) -> c_int;
    pub(super) fn lua_isyieldable(state: *mut State) -> c_int;
    pub(super) fn lua_dump(state: *mut State, writer: Writer, data: *mut c_void) -> c_int;
    pub(super) fn luaL_loadbufferx(
        state: *mut State,
        text: *const c_char,
        len: usize,
        name: *const c_char,
        mode: *const c_char,
    ) -> c_int;
    pub(super) fn luaL_ref(state: *mut State, table: c_int) -> c_int;
    pub(super) fn luaL_unref(state: *mut State, table: c_int, reference: c_int);

    pub(super) fn lua_getstack(state: *mut State, level: c_int, frame: *mut Debug) -> c_int;
    pub(super) fn lua_getinfo(state: *mut State, what: *const c_char, frame: *mut Debug) -> c_int;
    pub(super) fn lua_sethook(state: *mut State, hook: Option<Hook>, mask: c_int, count: c_int) -> c_int;

    pub(super) fn luaopen_base(state: *mut State) -> c_int;
    pub(super) fn luaopen_table(state: *mut State) -> c_int;
    pub(super) fn luaopen_string(state: *mut State) -> c_int;
    pub(super) fn luaopen_math(state: *mut State) -> c_int;
    pub(super) fn luaopen_bit(state: *mut State) -> c_int;

    /// Of `shim.c`.
    pub(super) fn anax_script_call(state: *mut State) -> c_int;
    /// Of `shim.c`.
    pub(super) fn anax_script_hook(state: *mut State, frame: *mut Debug);
}

impl Debug {
    pub(super) const fn new() -> Self {
        Self {
            event: 0,
            name: std::ptr::null(),
            name_what: std::ptr::null(),
            what: std::ptr::null(),
            source: std::ptr::null(),
            current_line: -1,
            upvalues: 0,
            line_defined: 0,
            last_line_defined: 0,
            short_source: [0; 60],
            frame: 0,
        }
    }
}

/// The type of the numbers that primitives have.
pub(super) type PrimitiveNumber = c_long;
