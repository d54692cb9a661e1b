//! The engine: scripts by their handles, runs, and what becomes of them.

use resp::Reply;

use crate::convert;
use crate::library::Loading;
use crate::shebang::{Flags, parse_library, parse_script};
use crate::vm::{Ending, Machine, Outcome, Place, Reference, SANDBOX_SOURCE, Thread, Type};
use crate::{Host, sha1_hex};

/// How an engine is made.
#[derive(Clone, Debug)]
pub struct Options {
    /// Most bytes that an interpreter holds. A script that wants more gets an error.
    pub memory_limit_bytes: usize,
    /// Instructions between two questions to [`Host::tick`].
    pub tick_instructions: u32,
    /// `redis.REDIS_VERSION`.
    pub version: String,
    /// `redis.REDIS_VERSION_NUM`: a byte each for major, minor and patch.
    pub version_number: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            memory_limit_bytes: 512 << 20,
            tick_instructions: 100_000,
            version: "8.2.3".into(),
            version_number: 0x08_02_03,
        }
    }
}

/// A script that is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ScriptId(usize);

/// A run that waits for a reply.
#[derive(Debug, PartialEq, Eq, Hash)]
pub struct RunId(usize);

/// Why a run was stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    /// [`crate::CallOutcome::Stop`].
    Host,
    /// The host wanted it to wait where it cannot: in a function that a sort or a substitution calls.
    CannotWait,
}

/// How far a run came.
#[derive(Debug, PartialEq, Eq)]
pub enum Progress {
    /// To its end; the reply, which may be an error, was appended.
    Done,
    /// To a place where it was stopped; nothing was appended. Its writes stand.
    Stopped(Stop),
    /// To a call whose reply comes later, by [`Engine::resume`].
    Waiting(RunId),
    /// To a place where its time was over; it gets more by [`Engine::go_on`].
    Paused(RunId),
}

/// A function of a library.
#[derive(Debug, PartialEq, Eq)]
pub struct Function {
    /// Its name, by which FCALL calls it.
    pub name: Vec<u8>,
    /// What its author says about it.
    pub description: Option<Vec<u8>>,
    /// What it declares of itself.
    pub flags: Flags,
    /// To run it.
    pub id: ScriptId,
}

/// A library that was loaded.
#[derive(Debug, PartialEq, Eq)]
pub struct Library {
    /// Its name.
    pub name: Vec<u8>,
    /// Its functions, as they were registered.
    pub functions: Vec<Function>,
}

/// A script in the interpreter.
struct Loaded {
    function: Reference,
    /// What messages call it: the SHA-1 of a script, the name of a function.
    name: Vec<u8>,
    is_library: bool,
}

/// A run that waits.
struct Waiting {
    thread: Thread,
    script: ScriptId,
    client_resp3: bool,
    script_resp3: bool,
    /// The tables KEYS and ARGV of a script of EVAL.
    globals: Option<[Reference; 2]>,
}

/// One interpreter with the scripts that are loaded in it.
pub struct Engine {
    machine: Box<Machine>,
    scripts: Vec<Option<Loaded>>,
    free: Vec<usize>,
    waiting: Vec<Option<Waiting>>,
    /// Whether the error that the last run replied is that of a command.
    failed_by_command: bool,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Engine").field("used_bytes", &self.used_bytes()).finish_non_exhaustive()
    }
}

const GLOBALS: [&str; 2] = ["KEYS", "ARGV"];

impl Engine {
    /// A new interpreter. `None` if there is no memory for it.
    pub fn new(options: &Options) -> Option<Self> {
        let mut machine = Machine::new(options)?;
        // What it took to make it is not needed any more.
        machine.collect();
        Some(Self {
            machine,
            scripts: Vec::new(),
            free: Vec::new(),
            waiting: Vec::new(),
            failed_by_command: false,
        })
    }

    /// Bytes that the interpreter holds.
    pub fn used_bytes(&self) -> usize {
        self.machine.used_bytes()
    }

    /// Whether a run waits in it.
    pub fn is_at_work(&self) -> bool {
        self.waiting.iter().any(Option::is_some)
    }

    /// Whether the last run replied with the error of a command that it had called, not with one of its own.
    pub fn has_failed_by_command(&self) -> bool {
        self.failed_by_command
    }

    /// Collects all garbage.
    pub fn collect(&mut self) {
        self.machine.collect();
    }

    fn add(&mut self, loaded: Loaded) -> ScriptId {
        if let Some(index) = self.free.pop()
            && let Some(place) = self.scripts.get_mut(index)
        {
            *place = Some(loaded);
            return ScriptId(index);
        }
        self.scripts.push(Some(loaded));
        ScriptId(self.scripts.len() - 1)
    }

    fn get(&self, script: ScriptId) -> Option<&Loaded> {
        self.scripts.get(script.0)?.as_ref()
    }

    /// Compiles a script of EVAL.
    ///
    /// # Errors
    /// The text of the reply, with its code.
    pub fn load(&mut self, body: &[u8]) -> Result<ScriptId, Vec<u8>> {
        let shebang = parse_script(body)?;
        let text = body.get(shebang.len..).unwrap_or_default();
        let function = self.machine.compile(text, c"@user_script", false).map_err(|message| {
            [b"ERR Error compiling script (new function): ".as_slice(), &message].concat()
        })?;
        Ok(self.add(Loaded { function, name: sha1_hex(body).to_vec(), is_library: false }))
    }

    /// Lets go of a script or function. Runs of it that wait are not touched.
    pub fn unload(&mut self, script: ScriptId) {
        if let Some(loaded) = self.scripts.get_mut(script.0).and_then(Option::take) {
            self.machine.release(loaded.function);
            self.free.push(script.0);
        }
    }

    /// Loads a library: runs its code, which registers its functions. The host is asked for ticks, and for what the code logs.
    ///
    /// # Errors
    /// The text of the reply, with its code. Then nothing of the library stays.
    pub fn load_library(&mut self, code: &[u8], host: &mut dyn Host) -> Result<Library, Vec<u8>> {
        let head = parse_library(code)?;
        let text = code.get(head.len..).unwrap_or_default();
        let function = self
            .machine
            .compile(text, c"@user_function", true)
            .map_err(|message| [b"ERR Error compiling function: ".as_slice(), &message].concat())?;
        let thread = self.machine.thread();
        self.machine.push(&thread, &function);
        self.machine.release(function);
        self.machine.run.is_library = true;
        self.machine.run.resp3 = false;
        self.machine.run.loading = Some(Loading::default());
        self.machine.set_loading(true);
        let outcome = self.machine.resume(&thread, 0, host);
        self.machine.set_loading(false);
        let loading = self.machine.run.loading.take().unwrap_or_default();
        let failed = match outcome {
            Outcome::Result => None,
            Outcome::Error { .. } => Some(self.load_error(&thread)),
            Outcome::Left(Ending::Killed) => Some(b"ERR FUNCTION LOAD timeout".to_vec()),
            Outcome::Left(_) => Some(b"ERR the library cannot wait while it is loaded".to_vec()),
        };
        self.machine.put_back(thread, failed.is_none());
        if let Some(message) = failed {
            for function in loading.functions {
                self.machine.release(function.callback);
            }
            return Err([b"ERR Error registering functions: ".as_slice(), &message].concat());
        }
        if loading.functions.is_empty() {
            return Err(b"ERR No functions registered".to_vec());
        }
        let functions = loading.functions.into_iter().map(|registered| {
            let loaded =
                Loaded { function: registered.callback, name: registered.name.clone(), is_library: true };
            Function {
                id: self.add(loaded),
                name: registered.name,
                description: registered.description,
                flags: registered.flags,
            }
        });
        let functions = functions.collect();
        Ok(Library { name: head.name, functions })
    }

    /// The message of an error that ended the loading of a library.
    fn load_error(&mut self, thread: &Thread) -> Vec<u8> {
        let mut stack = self.machine.stack(thread);
        if stack.kind(-1) == Type::Table {
            stack.raw_get_field(-1, "err");
            if stack.is_text(-1) {
                return stack.bytes(-1).unwrap_or_default().to_vec();
            }
            return b"ERR unknown error".to_vec();
        }
        [b"ERR ".as_slice(), stack.bytes(-1).unwrap_or(b"unknown error")].concat()
    }

    /// Runs a script or function. Its reply is appended to `out` when it is done, in RESP3 where `client_resp3`.
    pub fn run(
        &mut self,
        script: ScriptId,
        keys: &[&[u8]],
        args: &[&[u8]],
        client_resp3: bool,
        host: &mut dyn Host,
        out: &mut Vec<u8>,
    ) -> Progress {
        if self.get(script).is_none() {
            Reply::new(out, client_resp3).error("ERR the script is not loaded");
            return Progress::Done;
        }
        let thread = self.machine.thread();
        let Some(Some(loaded)) = self.scripts.get(script.0) else { return Progress::Stopped(Stop::Host) };
        let is_library = loaded.is_library;
        self.machine.push(&thread, &loaded.function);
        if is_library {
            self.machine.push_arguments(&thread, keys, args);
        } else {
            self.machine.set_arguments(&thread, keys, args);
        }
        self.machine.run.is_library = is_library;
        self.machine.run.resp3 = false;
        let arguments = if is_library { 2 } else { 0 };
        let outcome = self.machine.resume(&thread, arguments, host);
        self.finish(thread, script, client_resp3, outcome, out)
    }

    /// Goes on with a run that waits: `reply` is what the command has replied, in the protocol that the call asked for.
    pub fn resume(&mut self, run: RunId, reply: &[u8], host: &mut dyn Host, out: &mut Vec<u8>) -> Progress {
        let Some(waiting) = self.waiting.get_mut(run.0).and_then(Option::take) else {
            return Progress::Stopped(Stop::Host);
        };
        let (thread, script, client_resp3) = self.take_up(waiting);
        let mut stack = self.machine.stack(&thread);
        let arguments = match convert::push_reply(&mut stack, reply) {
            Ok(false) => 1,
            outcome => {
                if outcome.is_err() {
                    let text = b"the reply of the command cannot be converted";
                    convert::push_error_table(&mut stack, text, false);
                }
                stack.push_boolean(true);
                2
            }
        };
        let outcome = self.machine.resume(&thread, arguments, host);
        self.finish(thread, script, client_resp3, outcome, out)
    }

    /// Gives more time to a run that was suspended when its time was over.
    pub fn go_on(&mut self, run: RunId, host: &mut dyn Host, out: &mut Vec<u8>) -> Progress {
        let Some(waiting) = self.waiting.get_mut(run.0).and_then(Option::take) else {
            return Progress::Stopped(Stop::Host);
        };
        let (thread, script, client_resp3) = self.take_up(waiting);
        let outcome = self.machine.resume(&thread, 0, host);
        self.finish(thread, script, client_resp3, outcome, out)
    }

    /// Has the host asked for a tick at the next instruction of whatever runs next.
    pub fn ask_soon(&mut self) {
        self.machine.insist();
    }

    /// Puts back what belongs to a run that waits.
    fn take_up(&mut self, waiting: Waiting) -> (Thread, ScriptId, bool) {
        let Waiting { thread, script, client_resp3, script_resp3, globals } = waiting;
        self.machine.run.is_library = globals.is_none();
        self.machine.run.resp3 = script_resp3;
        for (reference, name) in globals.into_iter().flatten().zip(GLOBALS) {
            self.machine.push(&thread, &reference);
            self.machine.set_global(&thread, name);
            self.machine.release(reference);
        }
        (thread, script, client_resp3)
    }

    /// Forgets a run that waits.
    pub fn abandon(&mut self, run: RunId) {
        if let Some(waiting) = self.waiting.get_mut(run.0).and_then(Option::take) {
            for reference in waiting.globals.into_iter().flatten() {
                self.machine.release(reference);
            }
            self.machine.put_back(waiting.thread, false);
        }
    }

    fn finish(
        &mut self,
        thread: Thread,
        script: ScriptId,
        client_resp3: bool,
        outcome: Outcome,
        out: &mut Vec<u8>,
    ) -> Progress {
        let mut reply = Reply::new(out, client_resp3);
        self.failed_by_command = false;
        if let Outcome::Result | Outcome::Error { memory: false } = outcome {
            let mut stack = self.machine.stack(&thread);
            if matches!(outcome, Outcome::Result) {
                // The first result counts; a script without any has returned nil.
                stack.set_top(1);
            }
            if stack.kind(-1) == Type::Table {
                stack.raw_get_field(-1, convert::IS_COUNTED);
                self.failed_by_command = stack.kind(-1) == Type::Boolean && stack.truth(-1);
                stack.pop(1);
            }
        }
        let (progress, ended_well) = match outcome {
            Outcome::Result => {
                let mut stack = self.machine.stack(&thread);
                convert::write_value(&mut stack, self.machine.run.resp3, &mut reply);
                (Progress::Done, true)
            }
            Outcome::Error { memory } => {
                let text = self.error_text(&thread, script, memory);
                reply.error_bytes(&text);
                (Progress::Done, false)
            }
            Outcome::Left(Ending::Killed) => {
                let place = self.machine.killed_at.take();
                let is_library = self.get(script).is_some_and(|loaded| loaded.is_library);
                let command: &[u8] = if is_library { b"FUNCTION" } else { b"SCRIPT" };
                let message = [b"ERR Script killed by user with ", command, b" KILL..."].concat();
                reply.error_bytes(&self.with_place(message, script, place));
                (Progress::Done, false)
            }
            Outcome::Left(Ending::Stuck) => (Progress::Stopped(Stop::CannotWait), false),
            Outcome::Left(Ending::Waiting) => {
                return Progress::Waiting(self.suspend(thread, script, client_resp3));
            }
            Outcome::Left(Ending::Paused) => {
                return Progress::Paused(self.suspend(thread, script, client_resp3));
            }
            Outcome::Left(Ending::Stopped | Ending::None) => (Progress::Stopped(Stop::Host), false),
        };
        self.machine.put_back(thread, ended_well);
        progress
    }

    fn suspend(&mut self, thread: Thread, script: ScriptId, client_resp3: bool) -> RunId {
        let globals = if self.machine.run.is_library {
            None
        } else {
            Some(GLOBALS.map(|name| {
                self.machine.push_global(&thread, name);
                self.machine.keep(&thread)
            }))
        };
        let waiting = Waiting { thread, script, client_resp3, script_resp3: self.machine.run.resp3, globals };
        let index = self.waiting.iter().position(Option::is_none).unwrap_or(self.waiting.len());
        match self.waiting.get_mut(index) {
            Some(place) => *place = Some(waiting),
            None => self.waiting.push(Some(waiting)),
        }
        RunId(index)
    }

    /// The text of the reply for an error that ended a run.
    fn error_text(&mut self, thread: &Thread, script: ScriptId, memory: bool) -> Vec<u8> {
        let mut stack = self.machine.stack(thread);
        if memory {
            let name = self.get(script).map(|loaded| loaded.name.as_slice()).unwrap_or_default();
            return [b"ERR Error running script ", name, b", not enough memory"].concat();
        }
        let message = match stack.kind(-1) {
            Type::Table => {
                stack.raw_get_field(-1, "err");
                if stack.is_text(-1) {
                    stack.bytes(-1).unwrap_or_default().to_vec()
                } else {
                    b"ERR unknown error".to_vec()
                }
            }
            Type::Boolean => format!("ERR {}", stack.truth(-1)).into_bytes(),
            Type::String | Type::Number => [b"ERR ".as_slice(), stack.bytes(-1).unwrap_or_default()].concat(),
            kind => format!("ERR {}", kind.name()).into_bytes(),
        };
        let place = place_of_error(&stack, &message);
        let message = with_script_place(message, place.as_ref());
        self.with_place(message, script, place)
    }

    fn with_place(&self, mut message: Vec<u8>, script: ScriptId, place: Option<Place>) -> Vec<u8> {
        if let (Some(place), Some(loaded)) = (place, self.get(script)) {
            message.extend_from_slice(b" script: ");
            message.extend_from_slice(&loaded.name);
            message.extend_from_slice(b", on ");
            message.extend_from_slice(&place.source);
            message.extend_from_slice(format!(":{}.", place.line).as_bytes());
        }
        message
    }
}

/// The message with the script's place for that of a wrapper in the sandbox, or where it ought to have one.
fn with_script_place(message: Vec<u8>, place: Option<&Place>) -> Vec<u8> {
    let Some(place) = place.filter(|place| place.line > 0) else { return message };
    let rest = match message.strip_prefix(b"ERR sandbox:") {
        Some(rest) => rest.splitn(2, |&byte| byte == b' ').nth(1).unwrap_or_default(),
        None if message == b"ERR stack overflow" => b"stack overflow",
        None => return message,
    };
    let at = format!(":{}: ", place.line);
    [b"ERR ".as_slice(), &place.short_source, at.as_bytes(), rest].concat()
}

/// The line that a message begins with: `ERR user_script:3: …`.
fn line_in(message: &[u8], source: &[u8]) -> Option<i32> {
    let rest = message.strip_prefix(b"ERR ")?.strip_prefix(source)?.strip_prefix(b":")?;
    let end = rest.iter().position(|&byte| byte == b':')?;
    base::num::parse_i64(rest.get(..end)?).and_then(|line| i32::try_from(line).ok())
}

/// Where an error was raised: the function itself, or who called it where it is not Lua. Frames of the sandbox and of the
/// interpreter's own library do not count.
fn place_of_error(stack: &crate::vm::Stack, message: &[u8]) -> Option<Place> {
    let mut level = 0;
    if stack.place(0).is_some_and(|place| place.is_native) {
        level = 1;
    }
    loop {
        let mut place = stack.place(level)?;
        if place.line < 0 && !place.is_native {
            // Where the script itself has failed, only the message knows the line.
            place.line = line_in(message, &place.short_source).unwrap_or(-1);
        }
        if place.source != SANDBOX_SOURCE && (place.line >= 0 || place.is_native) {
            return Some(place);
        }
        level += 1;
    }
}
