//! A safe view of the stack of one coroutine: what conversions and libraries use.
//!
//! Indices count from 1 at the bottom of the running function's part, or from -1 downwards from the top, as in Lua's own
//! interface. Reading where there is nothing gives "nothing"; what would raise an error of the interpreter (keys that are nil
//! or NaN) is refused here instead, because no error may pass these frames.

use std::ffi::{CStr, c_char, c_int};

use super::sys;

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Type {
    /// There is no such place on the stack.
    None,
    Nil,
    Boolean,
    LightUserdata,
    Number,
    String,
    Table,
    Function,
    Userdata,
    Thread,
    /// Numbers of the interpreter's own that are no Lua 5.1 values.
    Foreign,
}

impl Type {
    /// The name that messages of errors use.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Type::None => "no value",
            Type::Nil => "nil",
            Type::Boolean => "boolean",
            Type::LightUserdata | Type::Userdata => "userdata",
            Type::Number => "number",
            Type::String => "string",
            Type::Table => "table",
            Type::Function => "function",
            Type::Thread => "thread",
            Type::Foreign => "cdata",
        }
    }
}

/// Room for more values could not be made: the stack of the coroutine is at its limit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct StackFull;

/// The stack of a coroutine.
#[derive(Debug)]
pub(crate) struct Stack {
    pub(super) state: *mut sys::State,
}

/// Slots that are kept free beyond what is asked for, so that single pushes need no check each.
const SLACK: c_int = 4;

impl Stack {
    /// # Safety
    /// `state` must be a living coroutine, and stay so for as long as the view is used.
    pub(super) const unsafe fn new(state: *mut sys::State) -> Self {
        Self { state }
    }

    /// Values on the stack.
    pub(crate) fn top(&self) -> i32 {
        // SAFETY: the state lives (contract of `new`).
        unsafe { sys::lua_gettop(self.state) }
    }

    /// Makes sure that there is room for `more` values. Every push needs it, but for the first few of a function.
    pub(crate) fn reserve(&mut self, more: i32) -> Result<(), StackFull> {
        // SAFETY: the state lives. The interpreter refuses, and does not raise, where the limit is reached.
        if unsafe { sys::lua_checkstack(self.state, more + SLACK) } == 0 { Err(StackFull) } else { Ok(()) }
    }

    /// Whether `index` is a place of the stack.
    fn has(&self, index: i32) -> bool {
        let top = self.top();
        index != 0 && index.abs() <= top
    }

    /// Removes `count` values from the top.
    pub(crate) fn pop(&mut self, count: i32) {
        let top = self.top();
        // SAFETY: never below the bottom.
        unsafe { sys::lua_settop(self.state, (top - count).max(0)) }
    }

    /// Cuts, or fills with nil, to `count` values.
    pub(crate) fn set_top(&mut self, count: i32) {
        if count <= self.top() || self.reserve(count - self.top()).is_ok() {
            // SAFETY: there is room.
            unsafe { sys::lua_settop(self.state, count.max(0)) }
        }
    }

    /// The type of the value at `index`.
    pub(crate) fn kind(&self, index: i32) -> Type {
        if !self.has(index) {
            return Type::None;
        }
        // SAFETY: the place exists.
        match unsafe { sys::lua_type(self.state, index) } {
            0 => Type::Nil,
            1 => Type::Boolean,
            2 => Type::LightUserdata,
            3 => Type::Number,
            4 => Type::String,
            5 => Type::Table,
            6 => Type::Function,
            7 => Type::Userdata,
            8 => Type::Thread,
            _ => Type::Foreign,
        }
    }

    /// The bytes of the string at `index`; a number there becomes its text.
    pub(crate) fn bytes(&self, index: i32) -> Option<&[u8]> {
        if !self.has(index) {
            return None;
        }
        let mut len = 0;
        // SAFETY: the place exists. The bytes live as long as the value is on the stack, and `self` is borrowed meanwhile.
        unsafe {
            let text = sys::lua_tolstring(self.state, index, &raw mut len);
            if text.is_null() { None } else { Some(std::slice::from_raw_parts(text.cast::<u8>(), len)) }
        }
    }

    /// The number at `index`, or that the text there is; else 0.
    pub(crate) fn number(&self, index: i32) -> f64 {
        // SAFETY: the place exists where it is read.
        if self.has(index) { unsafe { sys::lua_tonumber(self.state, index) } } else { 0.0 }
    }

    /// Whether there is a number at `index`, or text that is one.
    pub(crate) fn is_number(&self, index: i32) -> bool {
        // SAFETY: the place exists where it is read.
        self.has(index) && unsafe { sys::lua_isnumber(self.state, index) } != 0
    }

    /// Whether there is a string at `index`, or a number.
    pub(crate) fn is_text(&self, index: i32) -> bool {
        matches!(self.kind(index), Type::String | Type::Number)
    }

    /// Whether the value at `index` is neither nil nor false.
    pub(crate) fn truth(&self, index: i32) -> bool {
        // SAFETY: the place exists where it is read.
        self.has(index) && unsafe { sys::lua_toboolean(self.state, index) } != 0
    }

    /// Whether the light userdata at `index` is the null pointer: the null of cjson.
    pub(crate) fn is_null_pointer(&self, index: i32) -> bool {
        // SAFETY: the place exists where it is read.
        self.kind(index) == Type::LightUserdata && unsafe { sys::lua_touserdata(self.state, index) }.is_null()
    }

    pub(crate) fn push_nil(&mut self) {
        // SAFETY: pushes have room (see `reserve`).
        unsafe { sys::lua_pushnil(self.state) }
    }

    pub(crate) fn push_number(&mut self, value: f64) {
        // SAFETY: as above.
        unsafe { sys::lua_pushnumber(self.state, value) }
    }

    pub(crate) fn push_boolean(&mut self, value: bool) {
        // SAFETY: as above.
        unsafe { sys::lua_pushboolean(self.state, c_int::from(value)) }
    }

    pub(crate) fn push_bytes(&mut self, value: &[u8]) {
        // Longer strings than 2 GB cannot be made; nothing that we push is.
        let value = value.get(..STRING_MAX).unwrap_or(value);
        // SAFETY: as above; the bytes are copied.
        unsafe { sys::lua_pushlstring(self.state, value.as_ptr().cast::<c_char>(), value.len()) }
    }

    pub(crate) fn push_null_pointer(&mut self) {
        // SAFETY: as above.
        unsafe { sys::lua_pushlightuserdata(self.state, std::ptr::null_mut()) }
    }

    /// Pushes a copy of the value at `index`.
    pub(crate) fn push_copy(&mut self, index: i32) {
        if self.has(index) {
            // SAFETY: the place exists.
            unsafe { sys::lua_pushvalue(self.state, index) }
        } else {
            self.push_nil();
        }
    }

    /// Pushes a new table with room for so many values and fields.
    pub(crate) fn push_table(&mut self, array: usize, hash: usize) {
        let bounded = |count: usize| c_int::try_from(count.min(TABLE_HINT_MAX)).unwrap_or(0);
        // SAFETY: as above.
        unsafe { sys::lua_createtable(self.state, bounded(array), bounded(hash)) }
    }

    /// Moves the value on top below the `index`th.
    pub(crate) fn insert(&mut self, index: i32) {
        if self.has(index) {
            // SAFETY: the place exists.
            unsafe { sys::lua_insert(self.state, index) }
        }
    }

    /// Removes the value at `index`.
    pub(crate) fn remove(&mut self, index: i32) {
        if self.has(index) {
            // SAFETY: the place exists.
            unsafe { sys::lua_remove(self.state, index) }
        }
    }

    fn is_table(&self, index: i32) -> bool {
        self.kind(index) == Type::Table
    }

    /// Replaces the key on top by the value of that key in the table at `table`, without its metatable.
    pub(crate) fn raw_get(&mut self, table: i32) {
        if self.is_table(table) && self.top() > 0 {
            // SAFETY: a table and a key.
            unsafe { sys::lua_rawget(self.state, table) }
        } else {
            self.pop(1);
            self.push_nil();
        }
    }

    /// Pushes the `position`th value of the table at `table`.
    pub(crate) fn raw_get_index(&mut self, table: i32, position: i32) {
        if self.is_table(table) {
            // SAFETY: it is a table.
            unsafe { sys::lua_rawgeti(self.state, table, position) }
        } else {
            self.push_nil();
        }
    }

    /// Pushes the value of a field of the table at `table`.
    pub(crate) fn raw_get_field(&mut self, table: i32, name: &str) {
        let table = self.absolute(table);
        self.push_bytes(name.as_bytes());
        self.raw_get(table);
    }

    /// Sets the key below the top to the value on top in the table at `table`, and removes both. Keys that no table can have
    /// are refused: then nothing is set.
    pub(crate) fn raw_set(&mut self, table: i32) -> bool {
        let possible = match self.kind(-2) {
            Type::None | Type::Nil => false,
            Type::Number => !self.number(-2).is_nan(),
            _ => true,
        };
        if possible && self.is_table(table) {
            // SAFETY: a table, a key that it can have, and a value.
            unsafe { sys::lua_rawset(self.state, table) }
        } else {
            self.pop(2);
        }
        possible
    }

    /// Sets the `position`th value of the table at `table` to the value on top, and removes it.
    pub(crate) fn raw_set_index(&mut self, table: i32, position: i32) {
        if self.is_table(table) && self.top() > 1 {
            // SAFETY: a table and a value.
            unsafe { sys::lua_rawseti(self.state, table, position) }
        } else {
            self.pop(1);
        }
    }

    /// Sets a field of the table at `table` to the value on top, and removes it.
    pub(crate) fn raw_set_field(&mut self, table: i32, name: &str) {
        let table = self.absolute(table);
        self.push_bytes(name.as_bytes());
        self.insert(-2);
        self.raw_set(table);
    }

    /// Replaces the key on top by the next key of the table at `table` and its value; at the end removes it and gives false.
    /// The key must be nil or come from the last call, and the table must not have changed since.
    pub(crate) fn next(&mut self, table: i32) -> bool {
        if !self.is_table(table) || self.top() < 2 {
            self.pop(1);
            return false;
        }
        // SAFETY: a table and a key of it (contract of this function), for which it does not raise.
        unsafe { sys::lua_next(self.state, table) != 0 }
    }

    /// The index from the bottom of the place that `index` names.
    pub(crate) fn absolute(&self, index: i32) -> i32 {
        if index < 0 { self.top() + index + 1 } else { index }
    }

    /// Compiles text and pushes the function, or the message of the error. Binary chunks are refused.
    pub(crate) fn load_text(&mut self, text: &[u8], name: &CStr) -> bool {
        self.load(text, name, c"t")
    }

    pub(super) fn load(&mut self, text: &[u8], name: &CStr, mode: &CStr) -> bool {
        // SAFETY: the text is read during the call only. The function catches its own errors.
        let status = unsafe {
            sys::luaL_loadbufferx(self.state, text.as_ptr().cast(), text.len(), name.as_ptr(), mode.as_ptr())
        };
        status == sys::OK
    }

    /// Where the function at `level` is (0: the running one, 1: its caller): the chunk's name and line, where it is Lua.
    pub(crate) fn place(&self, level: i32) -> Option<Place> {
        let mut frame = sys::Debug::new();
        // SAFETY: the frame is filled by the first call; the strings it points to live as long as the function does, and are
        // copied here.
        unsafe {
            if sys::lua_getstack(self.state, level, &raw mut frame) == 0
                || sys::lua_getinfo(self.state, c"Sl".as_ptr(), &raw mut frame) == 0
                || frame.source.is_null()
            {
                return None;
            }
            let short = CStr::from_ptr(frame.short_source.as_ptr());
            Some(Place {
                source: CStr::from_ptr(frame.source).to_bytes().to_vec(),
                short_source: short.to_bytes().to_vec(),
                line: frame.current_line,
                is_native: frame.what.is_null() || CStr::from_ptr(frame.what).to_bytes() == b"C",
            })
        }
    }

    /// The name by which the running function was called, and whether as a method.
    pub(crate) fn called_as(&self) -> Option<(String, bool)> {
        let mut frame = sys::Debug::new();
        // SAFETY: as in `place`.
        unsafe {
            if sys::lua_getstack(self.state, 0, &raw mut frame) == 0
                || sys::lua_getinfo(self.state, c"n".as_ptr(), &raw mut frame) == 0
                || frame.name.is_null()
            {
                return None;
            }
            let name = CStr::from_ptr(frame.name).to_string_lossy().into_owned();
            let is_method =
                !frame.name_what.is_null() && CStr::from_ptr(frame.name_what).to_bytes() == b"method";
            Some((name, is_method))
        }
    }
}

/// A place in a script.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The chunk's name with its `@`.
    pub(crate) source: Vec<u8>,
    /// The name as messages show it.
    pub(crate) short_source: Vec<u8>,
    /// Or -1.
    pub(crate) line: i32,
    /// Not Lua.
    pub(crate) is_native: bool,
}

/// Longest string that the interpreter can hold, with a margin.
const STRING_MAX: usize = 0x7fff_0000;

/// Most places that a table is made with before anything is in it: lengths may be what a client claims.
const TABLE_HINT_MAX: usize = 4096;
