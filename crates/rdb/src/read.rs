//! Reading a file that comes in chunks.

mod blob;
mod cursor;
mod stream;
mod value;

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;

use crate::checksum::Checksum;
use crate::error::{Error, Problem};
use crate::part::{Part, Text, ValueKind};
use crate::{REDIS_VERSION_MAX, VALKEY_VERSION, opcodes};

pub(crate) use cursor::{Cursor, Fail, Span};
use value::ValueFail;
pub(crate) use value::{ValueReader, is_type, kind_of, module_name};

/// Length of the first line of a file.
const HEADER_BYTES: usize = 9;
/// First version with a checksum at the end.
const VERSION_WITH_CHECKSUM: u32 = 5;
/// A time that means that a key does not expire.
const NO_EXPIRY: i64 = -1;

/// What comes next in a file.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Event<'a> {
    /// The format.
    Version {
        /// Whether it is Valkey's own.
        valkey: bool,
        /// Its version.
        version: u32,
    },
    /// Something about the file: name and text.
    Aux(Text<'a>, Text<'a>),
    /// The code of a library of functions.
    Function(Text<'a>),
    /// How many keys follow in the database, and how many of them expire. A hint.
    Sizes {
        /// Keys.
        keys: u64,
        /// Of them, those that expire.
        expires: u64,
    },
    /// A key; the parts of its value follow.
    Key(KeyHead<'a>),
    /// A part of the value of the last key.
    Part(Part<Text<'a>>),
    /// The end of the value of the last key.
    KeyEnd,
    /// The end of the file; nothing follows.
    End,
}

/// A key and what is known before its value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KeyHead<'a> {
    /// Number of the database.
    pub db: u64,
    /// The key.
    pub key: Text<'a>,
    /// The type of its value.
    pub kind: ValueKind,
    /// When it expires, in ms since 1970.
    pub expiry_ms: Option<i64>,
    /// How long nobody had used it when the file was written, in seconds.
    pub idle_s: Option<u64>,
    /// How often it had been used, on a logarithmic scale.
    pub frequency: Option<u8>,
}

/// The answer of [`Reader::next`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Next<'a> {
    /// Something was read.
    Event(Event<'a>),
    /// At least so many more bytes are needed.
    More(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Header,
    Between,
    Value,
    Checksum,
    End,
}

/// An event that borrows nothing.
#[derive(Clone, Copy)]
enum Found {
    Version { valkey: bool, version: u32 },
    Aux(Span, Span),
    Function(Span),
    Sizes { keys: u64, expires: u64 },
    Key { key: Span, kind: ValueKind },
    Part(Part<Span>),
    KeyEnd,
    End,
}

/// What a step did.
enum Step {
    Found(Found),
    Continue,
}

/// What stands before a key.
#[derive(Clone, Copy, Debug, Default)]
struct Pending {
    expiry_ms: Option<i64>,
    idle_s: Option<u64>,
    frequency: Option<u8>,
}

/// Reads a file: it is fed with chunks and gives events. See the [crate documentation](crate).
pub struct Reader {
    buffer: Vec<u8>,
    /// Bytes of the buffer that are read.
    start: usize,
    /// Bytes of the buffer that are in the checksum.
    summed: usize,
    /// Bytes of the file before the buffer.
    offset: u64,
    sum: Checksum,
    verify: bool,
    state: State,
    value: ValueReader,
    blob_offset: u64,
    valkey: bool,
    version: u32,
    db: u64,
    pending: Pending,
}

impl Reader {
    /// A reader at the beginning of a file. With `verify` the checksum at the end must be right, if there is one.
    pub fn new(verify: bool) -> Self {
        Reader {
            buffer: Vec::new(),
            start: 0,
            summed: 0,
            offset: 0,
            sum: Checksum::default(),
            verify,
            state: State::Header,
            value: ValueReader::default(),
            blob_offset: 0,
            valkey: false,
            version: 0,
            db: 0,
            pending: Pending::default(),
        }
    }

    /// Takes the next bytes of the file.
    pub fn feed(&mut self, chunk: &[u8]) {
        if self.start > 0 {
            self.sum_up();
            self.buffer.drain(..self.start);
            self.offset += self.start as u64;
            self.summed -= self.start;
            self.start = 0;
        }
        self.buffer.extend_from_slice(chunk);
    }

    /// How many bytes of the file were read.
    pub fn offset(&self) -> u64 {
        self.offset + self.start as u64
    }

    /// Bytes behind the end of the file that it was fed with.
    pub fn rest(&self) -> &[u8] {
        self.buffer.get(self.start..).unwrap_or_default()
    }

    /// What is wrong if no more bytes come.
    pub fn truncated(&self) -> Error {
        Error { offset: self.offset + self.buffer.len() as u64, problem: Problem::Truncated }
    }

    /// The next event, or how many bytes are missing. After an error nothing more can be read.
    ///
    /// # Errors
    /// What is wrong with the file, and where.
    #[allow(clippy::should_implement_trait, reason = "an iterator could not lend what it returns")]
    pub fn next(&mut self) -> Result<Next<'_>, Error> {
        let found = loop {
            let mut cursor = Cursor { bytes: &self.buffer, at: self.start };
            let step = match self.state {
                State::Value => {
                    let part = self.value.next(&mut cursor);
                    self.start = cursor.at;
                    self.note_blob();
                    part.map(|part| Step::Found(part.map_or(Found::KeyEnd, Found::Part)))
                }
                _ => self.step().map_err(|fail| ValueFail { fail, in_blob: false }),
            };
            match step {
                Ok(Step::Found(found)) => break found,
                Ok(Step::Continue) => {}
                Err(ValueFail { fail: Fail::Short(need), .. }) => {
                    return Ok(Next::More(need.saturating_sub(self.buffer.len()).max(1)));
                }
                Err(ValueFail { fail: Fail::Bad(problem, at), in_blob }) => {
                    let offset = match in_blob {
                        true if self.value.blob_at.plain => self.blob_offset + at as u64,
                        true => self.blob_offset,
                        false => self.offset + at as u64,
                    };
                    return Err(Error { offset, problem });
                }
            }
        };
        if matches!(found, Found::KeyEnd) {
            self.state = State::Between;
            self.pending = Pending::default();
        }
        Ok(Next::Event(self.event(found)))
    }

    /// Notes where in the file the blob of a value begins, if it was just read.
    fn note_blob(&mut self) {
        if std::mem::take(&mut self.value.blob_at.fresh) {
            self.blob_offset = self.offset + self.value.blob_at.begin as u64;
        }
    }

    /// One thing outside values. Nothing is read if bytes are missing.
    fn step(&mut self) -> cursor::Result<Step> {
        self.value.scratch.clear();
        let mut cursor = Cursor { bytes: &self.buffer, at: self.start };
        let found = match self.state {
            State::Header => {
                let (valkey, version) = header(cursor.take(HEADER_BYTES)?)?;
                (self.valkey, self.version, self.state) = (valkey, version, State::Between);
                Step::Found(Found::Version { valkey, version })
            }
            State::Between => {
                let mut outside = Outside {
                    scratch: &mut self.value.scratch,
                    pending: &mut self.pending,
                    db: &mut self.db,
                    valkey: self.valkey,
                };
                match outside.read(&mut cursor)? {
                    Read::Step(step) => step,
                    Read::End => {
                        self.state = State::Checksum;
                        Step::Continue
                    }
                    Read::Key(type_byte, key, kind) => {
                        self.value.begin(type_byte, self.valkey);
                        self.state = State::Value;
                        Step::Found(Found::Key { key, kind })
                    }
                }
            }
            State::Checksum => {
                if self.version >= VERSION_WITH_CHECKSUM {
                    let stored = u64::from_le_bytes(cursor.array()?);
                    self.sum_up();
                    let computed = self.sum.value();
                    if self.verify && stored != 0 && stored != computed {
                        return Err(Fail::Bad(Problem::Checksum { stored, computed }, self.start));
                    }
                    self.start += size_of_val(&stored);
                    self.summed = self.start;
                }
                self.state = State::End;
                return Ok(Step::Found(Found::End));
            }
            State::Value | State::End => return Ok(Step::Found(Found::End)),
        };
        self.start = cursor.at;
        Ok(found)
    }

    /// Brings the checksum up to what was read.
    fn sum_up(&mut self) {
        if self.verify && self.summed < self.start {
            self.sum.update(&self.buffer[self.summed..self.start]);
        }
        self.summed = self.start;
    }

    fn event(&self, found: Found) -> Event<'_> {
        let text = |span| resolve(span, &self.buffer, &self.value);
        match found {
            Found::Version { valkey, version } => Event::Version { valkey, version },
            Found::Aux(name, value) => Event::Aux(text(name), text(value)),
            Found::Function(code) => Event::Function(text(code)),
            Found::Sizes { keys, expires } => Event::Sizes { keys, expires },
            Found::Key { key, kind } => Event::Key(KeyHead {
                db: self.db,
                key: text(key),
                kind,
                expiry_ms: self.pending.expiry_ms,
                idle_s: self.pending.idle_s,
                frequency: self.pending.frequency,
            }),
            Found::Part(part) => Event::Part(part.map(text)),
            Found::KeyEnd => Event::KeyEnd,
            Found::End => Event::End,
        }
    }
}

/// The text at a span.
pub(crate) fn resolve<'a>(span: Span, input: &'a [u8], value: &'a ValueReader) -> Text<'a> {
    let of = |bytes: &'a [u8], begin, end| Text::Bytes(bytes.get(begin..end).unwrap_or_default());
    match span {
        Span::Input(begin, end) => of(input, begin, end),
        Span::Scratch(begin, end) => of(&value.scratch, begin, end),
        Span::Blob(begin, end) => of(&value.blob, begin, end),
        Span::Int(int) => Text::Int(int),
    }
}

/// Format and version that the first line of a file says.
fn header(line: &[u8]) -> cursor::Result<(bool, u32)> {
    let (valkey, digits) = match (line.strip_prefix(b"REDIS"), line.strip_prefix(b"VALKEY")) {
        (Some(digits), _) => (false, digits),
        (_, Some(digits)) => (true, digits),
        _ => return Err(Fail::expected("the magic word of an RDB file", 0)),
    };
    let version = base::num::parse_u64(digits.trim_ascii_start_zeros()).unwrap_or(0);
    let known = if valkey {
        version == u64::from(VALKEY_VERSION)
    } else {
        (1..=u64::from(REDIS_VERSION_MAX)).contains(&version)
    };
    if !known || !digits.iter().all(u8::is_ascii_digit) {
        let version = String::from_utf8_lossy(line).into_owned();
        return Err(Fail::Bad(Problem::Version(version), 0));
    }
    Ok((valkey, version as u32))
}

trait TrimZeros {
    fn trim_ascii_start_zeros(&self) -> &Self;
}

impl TrimZeros for [u8] {
    fn trim_ascii_start_zeros(&self) -> &Self {
        let zeros = self.iter().take_while(|&&digit| digit == b'0').count();
        &self[zeros.min(self.len().saturating_sub(1))..]
    }
}

/// What reading between values needs.
struct Outside<'a> {
    scratch: &'a mut Vec<u8>,
    pending: &'a mut Pending,
    db: &'a mut u64,
    valkey: bool,
}

/// What was read between values.
enum Read {
    Step(Step),
    Key(u8, Span, ValueKind),
    End,
}

impl Outside<'_> {
    fn read(&mut self, cursor: &mut Cursor<'_>) -> cursor::Result<Read> {
        let at = cursor.at;
        let byte = cursor.u8()?;
        let found = match byte {
            opcodes::END => return Ok(Read::End),
            opcodes::SELECT_DB => {
                *self.db = cursor.len()?;
                return Ok(Read::Step(Step::Continue));
            }
            opcodes::EXPIRE_S | opcodes::EXPIRE_MS => {
                let expiry_ms = match byte {
                    opcodes::EXPIRE_S => i64::from(i32::from_le_bytes(cursor.array()?)).saturating_mul(1000),
                    _ => cursor.i64_le()?,
                };
                self.pending.expiry_ms = (expiry_ms != NO_EXPIRY).then_some(expiry_ms);
                return Ok(Read::Step(Step::Continue));
            }
            opcodes::IDLE => {
                self.pending.idle_s = Some(cursor.len()?);
                return Ok(Read::Step(Step::Continue));
            }
            opcodes::FREQ => {
                self.pending.frequency = Some(cursor.u8()?);
                return Ok(Read::Step(Step::Continue));
            }
            opcodes::RESIZE_DB => Found::Sizes { keys: cursor.len()?, expires: cursor.len()? },
            opcodes::AUX => Found::Aux(cursor.string(self.scratch)?, cursor.string(self.scratch)?),
            opcodes::FUNCTION_2 => Found::Function(cursor.string(self.scratch)?),
            opcodes::SLOT_INFO => {
                let _slot_keys_expires = (cursor.len()?, cursor.len()?, cursor.len()?);
                return Ok(Read::Step(Step::Continue));
            }
            opcodes::KEY_META if self.valkey => {
                skip_slot_import(cursor, self.scratch)?;
                return Ok(Read::Step(Step::Continue));
            }
            opcodes::FUNCTION_OLD => {
                return Err(unsupported("functions of Redis 7.0 before its release", at));
            }
            opcodes::KEY_META => return Err(unsupported("metadata of modules on keys", at)),
            opcodes::HASH_TEMPLATE => return Err(unsupported("hashes with templates", at)),
            opcodes::MODULE_AUX => {
                return Err(Fail::Bad(Problem::ModuleData(module_name(cursor.len()?)), at));
            }
            type_byte => {
                let key = cursor.string(self.scratch)?;
                let Some(kind) = kind_of(type_byte, self.valkey) else {
                    return Err(self.refused(type_byte, cursor, at));
                };
                return Ok(Read::Key(type_byte, key, kind));
            }
        };
        Ok(Read::Step(Step::Found(found)))
    }

    /// Why a type cannot be read. Its name may need more bytes.
    fn refused(&self, type_byte: u8, cursor: &mut Cursor<'_>, at: usize) -> Fail {
        if !is_type(type_byte) {
            return Fail::Bad(Problem::Unknown(type_byte), at);
        }
        let mut value = ValueReader::default();
        value.begin(type_byte, self.valkey);
        match value.next(cursor) {
            Err(ValueFail { fail, .. }) => fail,
            Ok(_) => Fail::Bad(Problem::Unknown(type_byte), at),
        }
    }
}

fn unsupported(what: &'static str, at: usize) -> Fail {
    Fail::Bad(Problem::Unsupported(what), at)
}

/// Slots that were being imported into the node that wrote the file: name of the job, then ranges.
fn skip_slot_import(cursor: &mut Cursor<'_>, scratch: &mut Vec<u8>) -> cursor::Result<()> {
    /// Slots of a cluster.
    const RANGES_MAX: u64 = 16_384;
    cursor.string(scratch)?;
    let at = cursor.at;
    let ranges = cursor.len()?;
    if ranges > RANGES_MAX {
        return Err(Fail::expected("a number of ranges of slots", at));
    }
    for _ in 0..ranges {
        let _first_last = (cursor.len()?, cursor.len()?);
    }
    Ok(())
}
