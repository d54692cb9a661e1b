//! Where the interpreter calls in: primitives and the hook.

use std::ffi::c_int;

use super::sys::{self, PrimitiveNumber};
use super::{Ending, Machine, Memory, Stack};
use crate::api::PRIMITIVES;
use crate::host::{CallOutcome, Tick};

/// What a primitive leaves: how many values on top are its results.
pub(crate) type Results = Result<i32, Raise>;

/// The error of a primitive.
#[derive(Debug)]
pub(crate) enum Raise {
    /// Text, without a place.
    Text(Vec<u8>),
    /// Text behind the place of the caller: `user_script:1: …`.
    At(Vec<u8>),
    /// An argument is wrong: which one, and how.
    Argument(i32, String),
    /// A table with the field `err`, as errors of commands are: text that begins with a code, or gets `ERR`.
    Table(Vec<u8>),
    /// Not an error: the script is left until the host resumes it, or for good.
    Yield,
}

impl From<super::StackFull> for Raise {
    fn from(_: super::StackFull) -> Self {
        Raise::At(b"stack overflow".to_vec())
    }
}

/// A call of a primitive.
pub(crate) struct Call<'a> {
    pub(crate) stack: Stack,
    pub(crate) machine: &'a mut Machine,
}

impl Call<'_> {
    /// Refuses a value of another type than is wanted, in the words of Lua.
    pub(crate) fn wrong_type(&self, position: i32, wanted: &str) -> Raise {
        Raise::Argument(position, format!("{wanted} expected, got {}", self.stack.kind(position).name()))
    }

    /// The bytes of a string argument; numbers are taken for their text.
    pub(crate) fn check_bytes(&self, position: i32) -> Result<&[u8], Raise> {
        self.stack.bytes(position).ok_or_else(|| self.wrong_type(position, "string"))
    }

    /// The number that an argument is; text that is a number is taken for it.
    pub(crate) fn check_number(&self, position: i32) -> Result<f64, Raise> {
        if self.stack.is_number(position) {
            Ok(self.stack.number(position))
        } else {
            Err(self.wrong_type(position, "number"))
        }
    }

    /// An error once the script has used up its memory.
    pub(crate) fn check_memory(&self) -> Result<(), Raise> {
        if self.machine.is_over_memory() { Err(Raise::Text(b"not enough memory".to_vec())) } else { Ok(()) }
    }

    /// Whether this coroutine can be left now: not from within a native function that calls back (a sort of values that compare
    /// themselves, an error handler).
    pub(crate) fn can_yield(&self) -> bool {
        // SAFETY: the state lives.
        unsafe { sys::lua_isyieldable(self.stack.state) != 0 }
    }

    /// Whether the script itself runs, not a coroutine that it has made.
    pub(crate) fn is_main(&self) -> bool {
        self.stack.state == self.machine.current
    }

    /// Ends the run, or suspends it: the coroutine is left if it can be, and an error that the hook repeats until it can be is
    /// raised otherwise.
    pub(crate) fn leave(&mut self, ending: Ending) -> Raise {
        self.machine.ending = ending;
        if self.can_yield() {
            return Raise::Yield;
        }
        if self.machine.ending == Ending::Waiting {
            self.machine.ending = Ending::Stuck;
        }
        self.machine.insist();
        Raise::Text(LEAVING.to_vec())
    }

    /// Runs the command that the arguments on the stack are. `Ok` once there is a reply, which is in the machine's buffer.
    pub(crate) fn run_command(&mut self) -> Result<(), Raise> {
        let count = self.stack.top();
        let machine = &mut *self.machine;
        let mut args = std::mem::take(&mut machine.args);
        // The texts of numbers must not move while they are written.
        machine.numbers.clear();
        let mut are_text = true;
        for index in 1..=count {
            // SAFETY: the place exists. The strings stay on the stack and the numbers in their buffer, which does not grow, until
            // `args` is cleared below.
            unsafe {
                match sys::lua_type(self.stack.state, index) {
                    STRING => {
                        let mut len = 0;
                        let text = sys::lua_tolstring(self.stack.state, index, &raw mut len);
                        args.push(std::slice::from_raw_parts(text.cast::<u8>(), len));
                    }
                    NUMBER => {
                        if machine.numbers.capacity() == 0 {
                            machine.numbers.reserve(ARGUMENTS_MAX * NUMBER_BYTES_MAX);
                        }
                        let start = machine.numbers.len();
                        if machine.numbers.capacity() - start < NUMBER_BYTES_MAX {
                            // More arguments than a stack holds.
                            are_text = false;
                            break;
                        }
                        crate::convert::write_argument(
                            &mut machine.numbers,
                            sys::lua_tonumber(self.stack.state, index),
                        );
                        let text = machine.numbers.get(start..).unwrap_or_default();
                        args.push(std::slice::from_raw_parts(text.as_ptr(), text.len()));
                    }
                    _ => are_text = false,
                }
            }
        }
        machine.reply.clear();
        let outcome = if count == 0 {
            machine
                .reply
                .extend_from_slice(b"-ERR Please specify at least one argument for this redis lib call\r\n");
            CallOutcome::Reply
        } else if !are_text {
            machine
                .reply
                .extend_from_slice(b"-ERR Lua redis lib command arguments must be strings or integers\r\n");
            CallOutcome::Reply
        } else if let Some(mut host) = machine.host {
            // SAFETY: the host is borrowed for as long as the run goes on (see `Machine::resume`).
            unsafe { host.as_mut() }.call(&args, machine.run.resp3, &mut machine.reply)
        } else {
            machine.reply.extend_from_slice(b"-ERR no command can be called now\r\n");
            CallOutcome::Reply
        };
        args.clear();
        machine.args = args;
        match outcome {
            CallOutcome::Reply => Ok(()),
            CallOutcome::Pending => Err(self.leave(Ending::Waiting)),
            CallOutcome::Stop => Err(self.leave(Ending::Stopped)),
        }
    }

    /// Runs `ask` on the host, if there is one.
    pub(crate) fn with_host<T>(&mut self, ask: impl FnOnce(&mut dyn crate::Host) -> T) -> Option<T> {
        // SAFETY: as in `run_command`.
        self.machine.host.map(|mut host| ask(unsafe { host.as_mut() }))
    }

    /// Pushes the `number`th upvalue of the running primitive, counted from 1; the first is its own number.
    pub(crate) fn push_upvalue(&mut self, number: i32) {
        // SAFETY: upvalues that do not exist read as nil.
        unsafe { sys::lua_pushvalue(self.stack.state, sys::GLOBALS - number) }
    }

    /// Pushes a primitive by its number, with the value on top as its second upvalue in place of that value.
    pub(crate) fn push_primitive(&mut self, number: usize) {
        // SAFETY: there is a value on top, and room for one more.
        unsafe { super::push_primitive(self.stack.state, number, true) }
    }

    /// Makes the function on top see the globals of the running script.
    pub(crate) fn set_environment(&mut self) {
        let reference = self.machine.environment();
        // SAFETY: a function is on top; the reference is a table.
        unsafe {
            sys::lua_rawgeti(self.stack.state, sys::REGISTRY, reference);
            sys::lua_setfenv(self.stack.state, -2);
        }
    }

    /// Keeps the value on top, and removes it; gives what it is kept as.
    pub(crate) fn keep(&mut self) -> super::Reference {
        // SAFETY: there is a value on top.
        super::Reference(unsafe { sys::luaL_ref(self.stack.state, sys::REGISTRY) })
    }
}

const NUMBER: c_int = 3;
const STRING: c_int = 4;
/// Most arguments that fit on the stack of a call.
const ARGUMENTS_MAX: usize = 8000;
/// Longest text of a number.
const NUMBER_BYTES_MAX: usize = 32;

/// What a script that is being left gets from calls that cannot be left.
const LEAVING: &[u8] = b"the script is being ended";

const RAISE: c_int = -1;
const YIELD: c_int = -2;

/// Calls a primitive; `shim.c` calls it for every call of one.
#[unsafe(no_mangle)]
unsafe extern "C" fn anax_script_dispatch(state: *mut sys::State, primitive: PrimitiveNumber) -> c_int {
    // SAFETY: the interpreter calls with a living state, and the machine outlives it. No other reference to the machine is used
    // while the interpreter runs (see `Machine::resume`).
    let (memory, machine) = unsafe {
        let memory = Memory::of(state);
        (memory, &mut *memory.machine.get())
    };
    let could_fail = memory.set_may_fail(false);
    // SAFETY: the state lives.
    let mut call = Call { stack: unsafe { Stack::new(state) }, machine };
    let found = usize::try_from(primitive).ok().and_then(|number| PRIMITIVES.get(number));
    let result = match found {
        _ if call.machine.ending != Ending::None && !call.may_run_while_ending(found) => {
            let ending = call.machine.ending;
            Err(call.leave(ending))
        }
        _ if memory.is_over() => Err(Raise::Text(b"not enough memory".to_vec())),
        Some((_, run)) => run(&mut call),
        None => Ok(0),
    };
    let verdict = match result {
        Ok(count) => count.min(call.stack.top()),
        Err(Raise::Yield) => YIELD,
        Err(raise) => {
            call.push_error(raise);
            RAISE
        }
    };
    memory.set_may_fail(could_fail);
    verdict
}

impl Call<'_> {
    /// What coroutines around the one that was left ask must be answered.
    fn may_run_while_ending(&self, found: Option<&crate::api::Primitive>) -> bool {
        found.is_some_and(|(name, _)| matches!(*name, "suspended" | "can_yield" | "stuck" | "is_main"))
    }

    fn push_error(&mut self, raise: Raise) {
        if self.stack.reserve(4).is_err() {
            self.stack.set_top(0);
        }
        match raise {
            Raise::Text(text) => self.stack.push_bytes(&text),
            Raise::At(text) => self.push_text_at(&text),
            Raise::Argument(position, message) => {
                let text = match self.stack.called_as() {
                    Some((name, true)) if position == 1 => {
                        format!("calling '{name}' on bad self ({message})")
                    }
                    Some((name, true)) => format!("bad argument #{} to '{name}' ({message})", position - 1),
                    Some((name, false)) => format!("bad argument #{position} to '{name}' ({message})"),
                    None => format!("bad argument #{position} to '?' ({message})"),
                };
                self.push_text_at(text.as_bytes());
            }
            Raise::Table(text) => crate::convert::push_error_table(&mut self.stack, &text, false),
            Raise::Yield => self.stack.push_nil(),
        }
    }

    fn push_text_at(&mut self, text: &[u8]) {
        let mut whole = Vec::with_capacity(text.len() + 20);
        if let Some(place) = self.stack.place(1).filter(|place| place.line > 0) {
            whole.extend_from_slice(&place.short_source);
            whole.extend_from_slice(format!(":{}: ", place.line).as_bytes());
        }
        whole.extend_from_slice(text);
        self.stack.push_bytes(&whole);
    }
}

/// Asks the host whether the script may go on; `shim.c` calls it once in so many instructions.
#[unsafe(no_mangle)]
unsafe extern "C" fn anax_script_tick(state: *mut sys::State, _frame: *mut sys::Debug) -> c_int {
    // SAFETY: as in `anax_script_dispatch`.
    let (memory, machine) = unsafe {
        let memory = Memory::of(state);
        (memory, &mut *memory.machine.get())
    };
    let could_fail = memory.set_may_fail(false);
    // SAFETY: the state lives.
    let mut call = Call { stack: unsafe { Stack::new(state) }, machine };
    let tick = match call.machine.ending {
        Ending::None => call.with_host(|host| host.tick()).unwrap_or(Tick::Continue),
        _ => Tick::Continue,
    };
    let mut pauses = false;
    match tick {
        Tick::Pause if call.can_yield() => {
            call.machine.ending = Ending::Paused;
            pauses = true;
        }
        Tick::Continue | Tick::Pause => {}
        Tick::Kill => {
            call.machine.killed_at = (0..4)
                .map_while(|level| call.stack.place(level))
                .find(|place| !place.is_native && place.source != super::SANDBOX_SOURCE);
            call.machine.ending = Ending::Killed;
        }
    }
    let verdict = match call.machine.ending {
        // While it waits, or pauses already: the coroutines around the one that was left are being left.
        Ending::None | Ending::Waiting => 0,
        Ending::Paused if !pauses => 0,
        ending => match call.leave(ending) {
            Raise::Yield => YIELD,
            raise => {
                call.push_error(raise);
                RAISE
            }
        },
    };
    memory.set_may_fail(could_fail);
    verdict
}
