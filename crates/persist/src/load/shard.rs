//! One shard's keys out of a file.

use std::fmt;

use base::slot;
use rdb::{Event, KeyHead, Next, Part, Problem, Reader, Text, ValueKind};
use store::{Expiry, Shard, StringValue};

use crate::value::{Assembler, Misfit, kind_of};

/// Why a file cannot be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadError {
    /// At which byte of the file.
    pub offset: u64,
    /// What is wrong there.
    pub problem: String,
    /// Which part of a snapshot in a folder it is.
    pub part: Option<usize>,
}

impl LoadError {
    /// Something that is wrong at a byte of the file.
    pub fn new(offset: u64, problem: String) -> Self {
        LoadError { offset, problem, part: None }
    }

    /// That within an error of reading.
    pub(crate) fn within(error: &std::io::Error) -> Option<Self> {
        error.get_ref()?.downcast_ref::<LoadError>().cloned()
    }
}

impl std::error::Error for LoadError {}

impl fmt::Display for LoadError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} at byte {}", self.problem, self.offset)?;
        self.part.map_or(Ok(()), |part| write!(out, " of part {part}"))
    }
}

impl From<rdb::Error> for LoadError {
    fn from(error: rdb::Error) -> Self {
        LoadError::new(error.offset, error.problem.to_string())
    }
}

/// How far the loader is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// There is more to do.
    More,
    /// It needs more of the file.
    Hungry,
    /// All is loaded.
    End,
}

/// What was loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Keys.
    pub keys: u64,
    /// Keys that were left out because their time was over.
    pub expired: u64,
    /// Keys that were left out because there was nothing in them.
    pub empty: u64,
}

impl Loaded {
    /// Both together.
    #[must_use]
    pub fn plus(self, other: Loaded) -> Loaded {
        Loaded {
            keys: self.keys + other.keys,
            expired: self.expired + other.expired,
            empty: self.empty + other.empty,
        }
    }
}

/// The key that is being read.
enum Current {
    None,
    /// It is not for this shard, or its time is over.
    Skipped,
    Key {
        db: usize,
        name: Vec<u8>,
        kind: ValueKind,
        expiry_ms: Option<u64>,
        used: Used,
    },
}

/// When or how often a key was used, as far as the file says.
type Used = (Option<u64>, Option<u8>);

/// What is done with the keys of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// They are loaded; one that is there already is an error.
    #[default]
    Load,
    /// They are loaded, in the place of those that are there already.
    Merge,
    /// None is loaded: it is looked whether [`Mode::Load`] would go well.
    Look,
}

/// Takes the keys of one shard out of a file.
pub struct ShardLoader {
    reader: Reader,
    shard: u16,
    shards: u16,
    mode: Mode,
    current: Current,
    assembler: Assembler,
    loaded: Loaded,
    /// Some of a file was fed.
    begun: bool,
    /// All of the file was loaded.
    complete: bool,
    /// Codes of libraries of functions, with their places in the file.
    functions: Vec<(u64, Vec<u8>)>,
}

impl ShardLoader {
    /// For a shard of so many. One of them should `verify` the file's checksum.
    pub fn new(shard: u16, shards: u16, verify: bool) -> Self {
        ShardLoader {
            reader: Reader::new(verify),
            shard,
            shards,
            mode: Mode::Load,
            current: Current::None,
            assembler: Assembler::default(),
            loaded: Loaded::default(),
            begun: false,
            complete: false,
            functions: Vec::new(),
        }
    }

    /// What is done with the keys.
    #[must_use]
    pub fn with_mode(self, mode: Mode) -> Self {
        ShardLoader { mode, ..self }
    }

    /// Takes the next bytes of the file.
    pub fn feed(&mut self, chunk: &[u8]) {
        self.begun = true;
        self.reader.feed(chunk);
    }

    /// Whether it has begun with a file and needs more of it.
    pub fn is_inside(&self) -> bool {
        self.begun && !self.complete
    }

    /// What was loaded so far.
    pub fn loaded(&self) -> Loaded {
        self.loaded
    }

    /// Takes the codes of libraries of functions that were read, with their places in the file. Only the first shard has them.
    pub fn take_functions(&mut self) -> Vec<(u64, Vec<u8>)> {
        std::mem::take(&mut self.functions)
    }

    /// What is wrong if no more bytes come.
    pub fn truncated(&self) -> LoadError {
        self.reader.truncated().into()
    }

    /// Loads on, for about so many keys and elements.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn work(&mut self, shard: &mut Shard, mut budget: usize) -> Result<Step, LoadError> {
        if self.complete {
            return Ok(Step::End);
        }
        while budget > 0 {
            let step = match &self.current {
                Current::None => self.between(shard)?,
                Current::Skipped => self.skip(&mut budget)?,
                Current::Key { kind: ValueKind::String, .. } => self.string(shard)?,
                Current::Key { .. } => self.collection(shard, &mut budget)?,
            };
            match step {
                Step::More => budget = budget.saturating_sub(1),
                other => return Ok(other),
            }
        }
        Ok(Step::More)
    }

    /// What stands between values.
    fn between(&mut self, shard: &mut Shard) -> Result<Step, LoadError> {
        let offset = self.reader.offset();
        let head = match self.reader.next()? {
            Next::More(_) => return Ok(Step::Hungry),
            Next::Event(Event::End) => {
                self.complete = true;
                return Ok(Step::End);
            }
            Next::Event(Event::Key(head)) => head,
            Next::Event(Event::Function(code)) => {
                if self.shard == 0 {
                    self.functions.push((offset, code.bytes(&mut Vec::new()).to_vec()));
                }
                return Ok(Step::More);
            }
            Next::Event(_) => return Ok(Step::More),
        };
        let KeyHead { db, key, kind, expiry_ms, idle_s, frequency } = head;
        let mut scratch = Vec::new();
        let name = key.bytes(&mut scratch);
        if slot::shard_of_slot(slot::key_slot(name), self.shards) != self.shard {
            self.current = Current::Skipped;
            return Ok(Step::More);
        }
        let expiry_ms = expiry_ms.map(|at| u64::try_from(at).unwrap_or(0));
        if expiry_ms.is_some_and(|at| at < shard.now_ms()) {
            self.loaded.expired += 1;
            self.current = Current::Skipped;
            return Ok(Step::More);
        }
        let max = shard.databases_max();
        let Some(db) = usize::try_from(db).ok().filter(|&db| db < max) else {
            let problem = format!("database {db}, and there are only {max}");
            return Err(LoadError::new(offset, problem));
        };
        let name = name.to_vec();
        let found = shard.key(&name);
        if self.mode == Mode::Merge {
            shard.db(db).remove(found);
        } else if shard.db(db).look(found).is_some() {
            let problem = format!("a key that is there twice: {}", name.escape_ascii());
            return Err(LoadError::new(offset, problem));
        }
        if self.mode == Mode::Look {
            self.current = Current::Skipped;
            return Ok(Step::More);
        }
        let used = (idle_s, frequency);
        self.current = Current::Key { db, name, kind, expiry_ms, used };
        Ok(Step::More)
    }

    fn skip(&mut self, budget: &mut usize) -> Result<Step, LoadError> {
        while *budget > 0 {
            match self.reader.next()? {
                Next::More(_) => return Ok(Step::Hungry),
                Next::Event(Event::KeyEnd) => {
                    self.current = Current::None;
                    return Ok(Step::More);
                }
                Next::Event(_) => *budget -= 1,
            }
        }
        Ok(Step::More)
    }

    fn string(&mut self, shard: &mut Shard) -> Result<Step, LoadError> {
        let Current::Key { db, name, expiry_ms, used, .. } = &self.current else { return Ok(Step::More) };
        match self.reader.next()? {
            Next::More(_) => Ok(Step::Hungry),
            Next::Event(Event::Part(Part::String(text))) => {
                let value = match text {
                    Text::Int(int) => StringValue::Int(int),
                    Text::Bytes(bytes) => StringValue::Text(bytes),
                };
                let key = shard.key(name);
                let mut db = shard.db(*db);
                db.set(key, value, expiry_ms.map_or(Expiry::Clear, Expiry::At));
                db.set_used(key, used.0, used.1);
                self.loaded.keys += 1;
                Ok(Step::More)
            }
            Next::Event(_) => {
                self.current = Current::None;
                Ok(Step::More)
            }
        }
    }

    fn collection(&mut self, shard: &mut Shard, budget: &mut usize) -> Result<Step, LoadError> {
        let Current::Key { db, name, kind, expiry_ms, used } = &self.current else { return Ok(Step::More) };
        let key = shard.key(name);
        let (reader, assembler) = (&mut self.reader, &mut self.assembler);
        let mut db = shard.db(*db);
        let edited = db.edit(key, kind_of(*kind), |draft| {
            while *budget > 0 {
                *budget -= 1;
                let offset = reader.offset();
                let misfit = |Misfit(what)| LoadError::new(offset, Problem::Expected(what).to_string());
                match reader.next()? {
                    Next::More(_) => return Ok((Step::Hungry, false)),
                    Next::Event(Event::Part(part)) => assembler.add(draft, part).map_err(misfit)?,
                    Next::Event(_) => {
                        assembler.finish().map_err(misfit)?;
                        return Ok((Step::More, true));
                    }
                }
            }
            Ok::<_, LoadError>((Step::More, false))
        });
        let (step, ended) = match edited {
            Ok(edited) => edited.result?,
            Err(store::WrongType) => {
                return Err(LoadError::new(reader.offset(), "a key of another type".into()));
            }
        };
        if ended {
            if db.look(key).is_some() {
                self.loaded.keys += 1;
                if expiry_ms.is_some() {
                    db.expire_at(key, *expiry_ms);
                }
                db.set_used(key, used.0, used.1);
            } else {
                self.loaded.empty += 1;
            }
            self.current = Current::None;
        }
        Ok(step)
    }
}
