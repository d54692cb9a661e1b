//! The interpreter behind a safe surface: the only module of the crate with unsafe code.
//!
//! # How errors travel
//!
//! The interpreter raises errors by unwinding the native stack, and Rust frames must not be unwound. So no frame of Rust is ever
//! above one of the interpreter when it raises:
//!
//! - A primitive (`calls.rs`) returns what is to be raised; the C frame below it (`shim.c`) raises it when Rust is gone.
//! - Rust calls only such functions of the interpreter as cannot raise with the arguments that they get: no metamethods, no
//!   keys that are nil, and stack space is asked for first.
//! - Allocations do not fail while Rust is above (`memory.rs`).
//!
//! A script ends for good (kill, restart) by leaving its coroutine and never coming back, which no `pcall` sees. Where it cannot be
//! left, because a sort or a substitution calls back, an error is raised on each instruction until it can be.

#![allow(unsafe_code)]

mod calls;
mod memory;
mod stack;
mod sys;

use std::ffi::{CStr, c_int};
use std::ptr::NonNull;

pub(crate) use calls::{Call, Raise, Results};
use memory::Memory;
pub(crate) use stack::{Place, Stack, StackFull, Type};

use crate::Host;
use crate::api::{PRIMITIVES, Run};
use crate::bytecode;

/// The chunk that builds the sandbox, as it is seen by whoever looks for a script's place.
pub(crate) const SANDBOX_SOURCE: &[u8] = b"=sandbox";

/// Most coroutines that are kept for the next runs.
const IDLE_MAX: usize = 16;

/// A value that the interpreter keeps for us.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Reference(pub(super) c_int);

/// Why a run is being left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// It is not.
    None,
    /// For a reply that comes later.
    Waiting,
    /// Until it gets more time.
    Paused,
    /// For good, because the host said so.
    Stopped,
    /// For good, because a reply comes later where the script cannot be left.
    Stuck,
    /// For good, because it took too long.
    Killed,
}

/// How [`Machine::resume`] came back.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// With the result on the coroutine's stack.
    Result,
    /// With an error on the coroutine's stack.
    Error { memory: bool },
    /// Left, see [`Ending`].
    Left(Ending),
}

/// A coroutine in which a script runs.
#[derive(Debug)]
pub(crate) struct Thread {
    state: *mut sys::State,
    reference: Reference,
}

/// The tables that the sandbox is built of.
#[derive(Debug)]
struct Tables {
    eval: c_int,
    eval_globals: c_int,
    run: c_int,
    load: c_int,
    library_globals: c_int,
    library_meta: c_int,
}

/// One interpreter with its sandbox, and what its primitives need.
pub(crate) struct Machine {
    main: *mut sys::State,
    memory: Box<Memory>,
    tables: Tables,
    /// The strings KEYS and ARGV.
    argument_names: [c_int; 2],
    idle: Vec<Thread>,
    host: Option<NonNull<dyn Host>>,
    /// The coroutine of the script that runs.
    current: *mut sys::State,
    pub(crate) ending: Ending,
    pub(crate) killed_at: Option<Place>,
    /// What belongs to the script that runs.
    pub(crate) run: Run,
    /// The reply of the last command.
    pub(crate) reply: Vec<u8>,
    args: Vec<&'static [u8]>,
    numbers: Vec<u8>,
    pub(crate) random: crate::libs::random::Random,
    pub(crate) json: crate::libs::cjson::Options,
    hook_instructions: c_int,
}

impl Machine {
    /// An interpreter with its sandbox. `None` if there is no memory for it.
    pub(crate) fn new(options: &crate::Options) -> Option<Box<Self>> {
        // SAFETY: a new interpreter, its own allocator behind the account.
        let (main, memory) = unsafe {
            let main = sys::luaL_newstate();
            if main.is_null() {
                return None;
            }
            (main, Memory::install(main, options.memory_limit_bytes))
        };
        let mut machine = Box::new(Self {
            main,
            memory,
            tables: Tables { eval: 0, eval_globals: 0, run: 0, load: 0, library_globals: 0, library_meta: 0 },
            argument_names: [0; 2],
            idle: Vec::new(),
            host: None,
            current: std::ptr::null_mut(),
            ending: Ending::None,
            killed_at: None,
            run: Run::default(),
            reply: Vec::new(),
            args: Vec::new(),
            numbers: Vec::new(),
            random: crate::libs::random::Random::default(),
            json: crate::libs::cjson::Options::default(),
            hook_instructions: c_int::try_from(options.tick_instructions.max(1)).unwrap_or(c_int::MAX),
        });
        let pointer = &raw mut *machine;
        machine.memory.machine.set(pointer);
        machine.build_sandbox(options);
        Some(machine)
    }

    fn build_sandbox(&mut self, options: &crate::Options) {
        const INTERPRET_ONLY: c_int = 0;
        let main = self.main;
        // SAFETY: a new interpreter with an empty stack. The libraries' functions are called by it, and what they need is there; the
        // chunk is ours and does not fail.
        unsafe {
            sys::luaJIT_setmode(main, 0, INTERPRET_ONLY);
            for open in [
                sys::luaopen_base,
                sys::luaopen_table,
                sys::luaopen_string,
                sys::luaopen_math,
                sys::luaopen_bit,
            ] {
                sys::lua_pushcclosure(main, open, 0);
                sys::lua_pcall(main, 0, 0, 0);
            }
            let mut stack = Stack::new(main);
            let loaded = stack.load_text(include_bytes!("../sandbox.lua"), c"=sandbox");
            debug_assert!(loaded, "{:?}", stack.bytes(-1).map(String::from_utf8_lossy));
            stack.push_table(0, PRIMITIVES.len() + 2);
            for (number, (name, _)) in PRIMITIVES.iter().enumerate() {
                push_primitive(main, number, false);
                stack.raw_set_field(-2, name);
            }
            stack.push_bytes(options.version.as_bytes());
            stack.raw_set_field(-2, "version");
            stack.push_number(f64::from(options.version_number));
            stack.raw_set_field(-2, "version_number");
            let status = sys::lua_pcall(main, 1, 6, 0);
            debug_assert_eq!(status, sys::OK, "{:?}", stack.bytes(-1).map(String::from_utf8_lossy));
            // The tables are kept in the order in which the chunk returns them, from the last to the first.
            let keep = || sys::luaL_ref(main, sys::REGISTRY);
            let (library_meta, library_globals, load) = (keep(), keep(), keep());
            let (run, eval_globals, eval) = (keep(), keep(), keep());
            self.tables = Tables { eval, eval_globals, run, load, library_globals, library_meta };
            self.argument_names = ["KEYS", "ARGV"].map(|name| {
                stack.push_bytes(name.as_bytes());
                keep()
            });
            sys::lua_settop(main, 0);
            sys::lua_sethook(main, Some(sys::anax_script_hook), sys::MASK_COUNT, self.hook_instructions);
        }
    }

    /// Bytes that the interpreter holds.
    pub(crate) fn used_bytes(&self) -> usize {
        self.memory.used()
    }

    pub(crate) fn is_over_memory(&self) -> bool {
        self.memory.is_over()
    }

    /// Bytes that the script may still get.
    pub(crate) fn memory_left(&self) -> usize {
        self.memory.left()
    }

    /// Collects all garbage.
    pub(crate) fn collect(&mut self) {
        // SAFETY: nothing runs.
        unsafe { sys::lua_gc(self.main, sys::GC_COLLECT, 0) };
    }

    /// Raises the hook on each instruction from now on.
    pub(crate) fn insist(&mut self) {
        // SAFETY: the state lives.
        unsafe { sys::lua_sethook(self.main, Some(sys::anax_script_hook), sys::MASK_COUNT, 1) };
    }

    /// The reference of the globals that the running script sees.
    fn environment(&self) -> c_int {
        if self.run.is_library { self.tables.library_globals } else { self.tables.eval_globals }
    }

    /// Compiles a script. Calls in tail position that Lua 5.1 would leave a trace of are made ordinary ones (see [`bytecode`]).
    pub(crate) fn compile(
        &mut self,
        text: &[u8],
        name: &CStr,
        is_library: bool,
    ) -> Result<Reference, Vec<u8>> {
        let globals = if is_library { self.tables.library_globals } else { self.tables.eval_globals };
        self.memory.set_may_fail(true);
        // SAFETY: nothing runs, the stack of the main coroutine is empty; compiling catches its errors.
        let compiled = unsafe {
            let mut stack = Stack::new(self.main);
            if stack.load_text(text, name) {
                let mut dumped: Vec<u8> = Vec::new();
                self.memory.set_may_fail(false);
                sys::lua_dump(self.main, append, (&raw mut dumped).cast());
                if let Some(changed) = bytecode::keep_callers(&dumped)
                    && stack.load(&changed, name, c"b")
                {
                    stack.remove(-2);
                } else {
                    stack.set_top(1);
                }
                sys::lua_rawgeti(self.main, sys::REGISTRY, globals);
                sys::lua_setfenv(self.main, -2);
                Ok(Reference(sys::luaL_ref(self.main, sys::REGISTRY)))
            } else {
                Err(stack.bytes(-1).unwrap_or(b"not enough memory").to_vec())
            }
        };
        self.memory.set_may_fail(false);
        // SAFETY: as above.
        unsafe { sys::lua_settop(self.main, 0) };
        compiled
    }

    /// Lets go of a value.
    pub(crate) fn release(&mut self, reference: Reference) {
        // SAFETY: it was kept in this interpreter.
        unsafe { sys::luaL_unref(self.main, sys::REGISTRY, reference.0) };
    }

    /// A coroutine with an empty stack.
    pub(crate) fn thread(&mut self) -> Thread {
        if let Some(thread) = self.idle.pop() {
            return thread;
        }
        // SAFETY: nothing runs; the main stack has room.
        unsafe {
            let state = sys::lua_newthread(self.main);
            Thread { state, reference: Reference(sys::luaL_ref(self.main, sys::REGISTRY)) }
        }
    }

    /// Puts a coroutine back that has ended well; one that has not is let go.
    pub(crate) fn put_back(&mut self, thread: Thread, has_ended_well: bool) {
        if has_ended_well && self.idle.len() < IDLE_MAX {
            // SAFETY: it lives (the reference keeps it).
            unsafe { sys::lua_settop(thread.state, 0) };
            self.idle.push(thread);
        } else {
            self.release(thread.reference);
        }
        // What a script has left of the memory that it could get must not be what the next one lacks.
        if self.memory.left() < self.memory.used() {
            self.collect();
        }
    }

    /// The stack of a coroutine.
    pub(crate) fn stack(&mut self, thread: &Thread) -> Stack {
        // SAFETY: the reference keeps the coroutine.
        unsafe { Stack::new(thread.state) }
    }

    /// Pushes a kept value to a coroutine.
    pub(crate) fn push(&mut self, thread: &Thread, reference: &Reference) {
        // SAFETY: both are of this interpreter.
        unsafe { sys::lua_rawgeti(thread.state, sys::REGISTRY, reference.0) };
    }

    /// Keeps the value on top of a coroutine, and removes it.
    pub(crate) fn keep(&mut self, thread: &Thread) -> Reference {
        // SAFETY: there is a value on top, else nil is kept.
        Reference(unsafe { sys::luaL_ref(thread.state, sys::REGISTRY) })
    }

    /// Pushes the arguments of a function of a library to a coroutine: a table of keys, one of the other arguments.
    pub(crate) fn push_arguments(&mut self, thread: &Thread, keys: &[&[u8]], args: &[&[u8]]) {
        push_texts(thread.state, keys);
        push_texts(thread.state, args);
    }

    /// Sets the globals KEYS and ARGV of EVAL scripts, with a coroutine's stack for the way.
    pub(crate) fn set_arguments(&mut self, thread: &Thread, keys: &[&[u8]], args: &[&[u8]]) {
        let state = thread.state;
        // SAFETY: the coroutine has little on its stack yet; the references are a table and two strings.
        unsafe {
            sys::lua_rawgeti(state, sys::REGISTRY, self.tables.eval);
            for (name, texts) in self.argument_names.into_iter().zip([keys, args]) {
                sys::lua_rawgeti(state, sys::REGISTRY, name);
                push_texts(state, texts);
                sys::lua_rawset(state, -3);
            }
            sys::lua_settop(state, -2);
        }
    }

    /// Sets a global of EVAL scripts to the value on top of a coroutine, and removes it.
    pub(crate) fn set_global(&mut self, thread: &Thread, name: &str) {
        let mut stack = self.stack(thread);
        // SAFETY: the reference is a table.
        unsafe { sys::lua_rawgeti(thread.state, sys::REGISTRY, self.tables.eval) };
        stack.insert(-2);
        stack.raw_set_field(-2, name);
        stack.pop(1);
    }

    /// Pushes a global of EVAL scripts to a coroutine.
    pub(crate) fn push_global(&mut self, thread: &Thread, name: &str) {
        let mut stack = self.stack(thread);
        // SAFETY: the reference is a table.
        unsafe { sys::lua_rawgeti(thread.state, sys::REGISTRY, self.tables.eval) };
        stack.raw_get_field(-1, name);
        stack.remove(-2);
    }

    /// Says what libraries see as globals: what is for loading, or what is for running.
    pub(crate) fn set_loading(&mut self, loading: bool) {
        // SAFETY: the references are tables, the main stack is empty.
        unsafe {
            let mut stack = Stack::new(self.main);
            sys::lua_rawgeti(self.main, sys::REGISTRY, self.tables.library_meta);
            let index = if loading { self.tables.load } else { self.tables.run };
            sys::lua_rawgeti(self.main, sys::REGISTRY, index);
            stack.raw_set_field(-2, "__index");
            sys::lua_settop(self.main, 0);
        }
    }

    /// Runs what is on the stack of a coroutine (a function with `arguments` values, or values for a call that waits) until it ends
    /// or is left. Calls go to `host`.
    pub(crate) fn resume(&mut self, thread: &Thread, arguments: i32, host: &mut dyn Host) -> Outcome {
        // SAFETY: only the lifetime changes; the pointer is gone before this returns.
        let host = unsafe {
            std::mem::transmute::<NonNull<dyn Host + '_>, NonNull<dyn Host + 'static>>(NonNull::from(host))
        };
        self.host = Some(host);
        self.current = thread.state;
        self.ending = Ending::None;
        self.memory.set_may_fail(true);
        let machine: *mut Self = self;
        self.memory.machine.set(machine);
        // SAFETY: the coroutine is of this interpreter. Primitives that it calls use the machine by the pointer above; nothing here
        // touches it meanwhile.
        let status = unsafe { sys::lua_resume(thread.state, arguments) };
        self.memory.set_may_fail(false);
        self.host = None;
        self.current = std::ptr::null_mut();
        let ending = self.ending;
        if !matches!(ending, Ending::None | Ending::Waiting | Ending::Paused) {
            // SAFETY: the state lives. What was insisted on has happened.
            unsafe {
                sys::lua_sethook(
                    self.main,
                    Some(sys::anax_script_hook),
                    sys::MASK_COUNT,
                    self.hook_instructions,
                )
            };
        }
        match (status, ending) {
            // Left, or ended by the error that stands for it.
            (_, Ending::Stopped | Ending::Stuck | Ending::Killed) => Outcome::Left(ending),
            (sys::YIELD, Ending::Paused) => Outcome::Left(Ending::Paused),
            (sys::YIELD, _) => Outcome::Left(Ending::Waiting),
            (sys::OK, _) => Outcome::Result,
            (status, _) => Outcome::Error { memory: status == sys::ERROR_MEMORY },
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // SAFETY: nothing runs, and nothing refers to the interpreter any more.
        unsafe {
            self.memory.remove(self.main);
            sys::lua_close(self.main);
        }
    }
}

/// Pushes a table of strings.
fn push_texts(state: *mut sys::State, texts: &[&[u8]]) {
    let hint = c_int::try_from(texts.len()).unwrap_or(c_int::MAX);
    // SAFETY: the state lives (a thread of the machine) and has room for two values.
    unsafe {
        sys::lua_createtable(state, hint, 0);
        for (position, text) in (1..).zip(texts) {
            sys::lua_pushlstring(state, text.as_ptr().cast(), text.len());
            sys::lua_rawseti(state, -2, position);
        }
    }
}

/// Pushes a primitive; with an upvalue it takes the value on top for it.
///
/// # Safety
/// `state` lives and has room for two values; with `with_upvalue` there is a value on top.
unsafe fn push_primitive(state: *mut sys::State, number: usize, with_upvalue: bool) {
    // SAFETY: contract of this function.
    unsafe {
        sys::lua_pushnumber(state, number as f64);
        if with_upvalue {
            sys::lua_insert(state, -2);
        }
        sys::lua_pushcclosure(state, sys::anax_script_call, 1 + c_int::from(with_upvalue));
    }
}

/// Appends a piece of a dumped function to a vector.
unsafe extern "C" fn append(
    _state: *mut sys::State,
    piece: *const std::ffi::c_void,
    len: usize,
    data: *mut std::ffi::c_void,
) -> c_int {
    // SAFETY: the data is the vector, the piece is readable (contract of the interpreter).
    unsafe {
        let into = &mut *data.cast::<Vec<u8>>();
        into.extend_from_slice(std::slice::from_raw_parts(piece.cast::<u8>(), len));
    }
    0
}
