//! Which libraries of functions there are: names, code, flags. Plain data that knows no interpreter: whoever loads a library in one
//! ([`crate::Engine::load_library`]) says here what it has registered, and asks here before.
//!
//! The errors are texts of replies, with their codes, in the order in which Redis finds them.

use std::collections::BTreeMap;
use std::sync::Arc;

use base::glob;
use resp::Reply;

use crate::library::is_valid_name;
use crate::{Flags, LibraryHead, parse_library};

/// The only engine.
const ENGINE: &str = "LUA";
/// The version of the format that payloads of FUNCTION DUMP name.
const DUMP_VERSION: u32 = 12;
/// Bytes behind the libraries of a payload: version and checksum.
const FOOTER_BYTES: usize = 10;
/// What stands before a library in a payload.
const OPCODE_FUNCTION: u8 = 245;
/// What stood there before Redis 7.0 was released.
const OPCODE_FUNCTION_EARLY: u8 = 246;

/// A function, as FUNCTION LIST shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionInfo {
    /// Its name.
    pub name: Vec<u8>,
    /// What its author says about it.
    pub description: Option<Vec<u8>>,
    /// What it declares of itself.
    pub flags: Flags,
}

/// A library, as FUNCTION LIST shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LibraryInfo {
    /// Its name.
    pub name: Vec<u8>,
    /// Its code with its first line.
    pub code: Vec<u8>,
    /// Its functions.
    pub functions: Vec<FunctionInfo>,
}

impl LibraryInfo {
    /// What was loaded from `code`.
    pub fn new(code: &[u8], library: &crate::Library) -> Self {
        let functions = library.functions.iter().map(|function| FunctionInfo {
            name: function.name.clone(),
            description: function.description.clone(),
            flags: function.flags,
        });
        Self { name: library.name.clone(), code: code.to_vec(), functions: functions.collect() }
    }
}

/// What FUNCTION RESTORE does with libraries that are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RestorePolicy {
    /// All go.
    Flush,
    /// They stay; one of the same name is an error.
    Append,
    /// They stay, but for those of the same name.
    Replace,
}

impl RestorePolicy {
    /// The policy that a word of a command names.
    ///
    /// # Errors
    /// The text of the reply.
    pub fn parse(word: &[u8]) -> Result<Self, &'static str> {
        if word.eq_ignore_ascii_case(b"append") {
            Ok(Self::Append)
        } else if word.eq_ignore_ascii_case(b"replace") {
            Ok(Self::Replace)
        } else if word.eq_ignore_ascii_case(b"flush") {
            Ok(Self::Flush)
        } else {
            Err("ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.")
        }
    }
}

/// A function that runs, for FUNCTION STATS.
#[derive(Clone, Copy, Debug)]
pub struct RunningFunction<'a> {
    /// Its name.
    pub name: &'a [u8],
    /// The command that has called it.
    pub command: &'a [&'a [u8]],
    /// For how long it has run.
    pub duration_ms: u64,
}

/// What FUNCTION LIST was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListQuery {
    /// A pattern of names, without regard to case.
    pub pattern: Option<Vec<u8>>,
    /// With the code.
    pub with_code: bool,
}

impl ListQuery {
    /// Reads the words behind `FUNCTION LIST`.
    ///
    /// # Errors
    /// The text of the reply.
    pub fn parse<'a>(words: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, Vec<u8>> {
        let mut query = Self::default();
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            if !query.with_code && word.eq_ignore_ascii_case(b"withcode") {
                query.with_code = true;
            } else if query.pattern.is_none() && word.eq_ignore_ascii_case(b"libraryname") {
                let missing = || b"ERR library name argument was not given".to_vec();
                query.pattern = Some(words.next().ok_or_else(missing)?.to_vec());
            } else {
                return Err([b"ERR Unknown argument ".as_slice(), word].concat());
            }
        }
        Ok(query)
    }
}

/// All libraries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Libraries {
    libraries: BTreeMap<Vec<u8>, Arc<LibraryInfo>>,
    /// The library of each function, by its name in small letters: in the names of functions letters are equal to capital ones.
    functions: BTreeMap<Vec<u8>, Arc<LibraryInfo>>,
}

impl Libraries {
    /// How many libraries there are.
    pub fn len(&self) -> usize {
        self.libraries.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.libraries.is_empty()
    }

    /// How many functions there are.
    pub fn functions_len(&self) -> usize {
        self.functions.len()
    }

    /// All libraries by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<LibraryInfo>> {
        self.libraries.values()
    }

    /// The library of this name.
    pub fn library(&self, name: &[u8]) -> Option<&Arc<LibraryInfo>> {
        self.libraries.get(name)
    }

    /// A function and its library.
    pub fn function(&self, name: &[u8]) -> Option<(&Arc<LibraryInfo>, &FunctionInfo)> {
        let library = self.functions.get(&name.to_ascii_lowercase())?;
        let function = library.functions.iter().find(|function| function.name.eq_ignore_ascii_case(name))?;
        Some((library, function))
    }

    /// What is to be checked before the code of a library runs.
    ///
    /// # Errors
    /// The text of the reply.
    pub fn check(&self, code: &[u8], replace: bool) -> Result<LibraryHead, Vec<u8>> {
        let head = parse_library(code)?;
        if !is_valid_name(&head.name) {
            return Err(b"ERR Library names can only contain letters, numbers, or underscores(_) and must be at least one character long".to_vec());
        }
        if !head.engine.eq_ignore_ascii_case(ENGINE.as_bytes()) {
            return Err([b"ERR Engine '".as_slice(), &head.engine, b"' not found"].concat());
        }
        if !replace && self.libraries.contains_key(&head.name) {
            return Err([b"ERR Library '".as_slice(), &head.name, b"' already exists"].concat());
        }
        Ok(head)
    }

    /// Adds a library that was loaded, in place of one of the same name.
    ///
    /// # Errors
    /// The text of the reply: a function is another library's. Then nothing changes.
    pub fn insert(&mut self, library: LibraryInfo) -> Result<(), Vec<u8>> {
        let taken = library.functions.iter().find(|function| {
            self.functions
                .get(&function.name.to_ascii_lowercase())
                .is_some_and(|owner| owner.name != library.name)
        });
        if let Some(function) = taken {
            return Err([b"ERR Function ".as_slice(), &function.name, b" already exists"].concat());
        }
        self.remove(&library.name);
        let library = Arc::new(library);
        for function in &library.functions {
            self.functions.insert(function.name.to_ascii_lowercase(), Arc::clone(&library));
        }
        self.libraries.insert(library.name.clone(), library);
        Ok(())
    }

    /// Removes a library, if there is one of this name.
    pub fn remove(&mut self, name: &[u8]) -> Option<Arc<LibraryInfo>> {
        let library = self.libraries.remove(name)?;
        for function in &library.functions {
            self.functions.remove(&function.name.to_ascii_lowercase());
        }
        Some(library)
    }

    /// Removes all.
    pub fn clear(&mut self) {
        self.libraries.clear();
        self.functions.clear();
    }

    /// Puts libraries of a payload to those that are there. To load them one by one before, use an empty `Libraries` for
    /// [`Libraries::check`] and [`Libraries::insert`].
    ///
    /// # Errors
    /// The text of the reply. Then nothing changes.
    pub fn restore(&mut self, restored: Libraries, policy: RestorePolicy) -> Result<(), Vec<u8>> {
        if policy == RestorePolicy::Flush {
            *self = restored;
            return Ok(());
        }
        let mut joined = self.clone();
        for library in restored.libraries.values() {
            let existed = joined.remove(&library.name).is_some();
            if existed && policy == RestorePolicy::Append {
                return Err([b"ERR Library ".as_slice(), &library.name, b" already exists"].concat());
            }
        }
        for library in restored.libraries.into_values() {
            joined.insert(Arc::unwrap_or_clone(library))?;
        }
        *self = joined;
        Ok(())
    }

    /// Writes the reply of FUNCTION LIST.
    pub fn list(&self, query: &ListQuery, reply: &mut Reply<'_>) {
        let matches = |library: &&Arc<LibraryInfo>| match &query.pattern {
            Some(pattern) => glob::glob_match(pattern, &library.name, true),
            None => true,
        };
        let shown: Vec<_> = self.libraries.values().filter(matches).collect();
        reply.array(shown.len());
        for library in shown {
            reply.map(if query.with_code { 4 } else { 3 });
            reply.bulk(b"library_name");
            reply.bulk(&library.name);
            reply.bulk(b"engine");
            reply.bulk(ENGINE.as_bytes());
            reply.bulk(b"functions");
            reply.array(library.functions.len());
            for function in &library.functions {
                reply.map(3);
                reply.bulk(b"name");
                reply.bulk(&function.name);
                reply.bulk(b"description");
                match &function.description {
                    Some(description) => reply.bulk(description),
                    None => reply.null(),
                }
                reply.bulk(b"flags");
                reply.set(function.flags.names().count());
                for name in function.flags.names() {
                    reply.simple(name);
                }
            }
            if query.with_code {
                reply.bulk(b"library_code");
                reply.bulk(&library.code);
            }
        }
    }

    /// Writes the reply of FUNCTION STATS. `running` is the function that runs, if one does.
    pub fn stats(&self, running: Option<RunningFunction<'_>>, reply: &mut Reply<'_>) {
        reply.map(2);
        reply.bulk(b"running_script");
        match running {
            None => reply.null(),
            Some(RunningFunction { name, command, duration_ms }) => {
                reply.map(3);
                reply.bulk(b"name");
                reply.bulk(name);
                reply.bulk(b"command");
                reply.array(command.len());
                command.iter().for_each(|arg| reply.bulk(arg));
                reply.bulk(b"duration_ms");
                reply.uint(duration_ms);
            }
        }
        reply.bulk(b"engines");
        reply.map(1);
        reply.bulk(ENGINE.as_bytes());
        reply.map(2);
        reply.bulk(b"libraries_count");
        reply.uint(self.len() as u64);
        reply.bulk(b"functions_count");
        reply.uint(self.functions_len() as u64);
    }

    /// The libraries as they stand in files and payloads.
    pub fn records(&self, compressed: bool) -> Vec<u8> {
        let mut records = Vec::new();
        let mut style = rdb::write::Style::new(compressed);
        for library in self.libraries.values() {
            rdb::write::put_function(&mut records, &library.code, &mut style);
        }
        records
    }

    /// The payload of FUNCTION DUMP.
    pub fn dump(&self) -> Vec<u8> {
        let mut payload = self.records(true);
        rdb::finish_payload(&mut payload, 0, DUMP_VERSION);
        payload
    }
}

/// The codes of the libraries in a payload of FUNCTION DUMP.
///
/// # Errors
/// The text of the reply.
pub fn read_payload(payload: &[u8]) -> Result<Vec<Vec<u8>>, &'static str> {
    const WRONG_FOOTER: &str = "ERR DUMP payload version or checksum are wrong";
    const WRONG_TEXT: &str = "ERR Failed loading library payload";
    let (body, footer) = payload.split_last_chunk::<FOOTER_BYTES>().ok_or(WRONG_FOOTER)?;
    let version = u32::from(u16::from_le_bytes([footer[0], footer[1]]));
    let sum = rdb::checksum::of(payload.get(..payload.len() - size_of::<u64>()).unwrap_or_default());
    let is_known = version <= rdb::REDIS_VERSION_MAX || version == rdb::VALKEY_VERSION;
    if !is_known || footer.get(2..) != Some(sum.to_le_bytes().as_slice()) {
        return Err(WRONG_FOOTER);
    }
    // What is left is what stands in a file, behind its first line.
    let mut reader = rdb::Reader::new(false);
    let mut header = Vec::new();
    rdb::write::put_header(&mut header, DUMP_VERSION);
    reader.feed(&header);
    let header_len = header.len() as u64;
    reader.feed(body);
    let mut codes = Vec::new();
    loop {
        let at = reader.offset();
        if let Some(at) = at.checked_sub(header_len).and_then(|at| usize::try_from(at).ok()) {
            match body.get(at) {
                None => return Ok(codes),
                Some(&OPCODE_FUNCTION) => {}
                Some(&OPCODE_FUNCTION_EARLY) => return Err("ERR Pre-GA function format not supported"),
                Some(_) => return Err("ERR given type is not a function"),
            }
        }
        match reader.next() {
            Ok(rdb::Next::Event(rdb::Event::Function(code))) => codes.push(code.to_vec()),
            Ok(rdb::Next::Event(rdb::Event::Version { .. })) => {}
            Ok(_) | Err(_) => return Err(WRONG_TEXT),
        }
    }
}

#[cfg(test)]
#[path = "functions_tests.rs"]
mod tests;
