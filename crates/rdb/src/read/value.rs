//! The value of a key, part by part.

use super::blob::{Encoding, Walk};
use super::cursor::{Cursor, Fail, Result, Span};
use super::stream::StreamReader;
use crate::part::{Part, ValueKind};
use crate::{Problem, types};

/// What the elements of a collection are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Elements {
    Items,
    Members,
    ScoredText,
    Scored,
    Pairs,
    /// Expiry (relative to the soonest, and one more), field, value.
    Metadata {
        soonest_ms: u64,
    },
    /// Expiry, field, value.
    MetadataOld,
    /// Field, value, expiry: Valkey's.
    Triples,
    /// The same in a listpack.
    PackedTriples,
}

/// What comes next.
#[derive(Debug)]
enum State {
    Done,
    String,
    /// How many elements there are.
    Count(Elements),
    Elements(Elements, u64),
    /// How many nodes a list has.
    NodeCount(Encoding),
    Nodes(Encoding, u64),
    /// A time that says nothing new, then a blob.
    TimedBlob(Elements, Encoding),
    Blob(Elements, Encoding),
    Walk(Elements, Walk, Nodes),
    Stream(StreamReader),
    ArrayHead,
    Array(u64),
    Refused,
}

/// The nodes that follow the one that is walked.
type Nodes = Option<(Encoding, u64)>;

/// A node of a list that is one element.
const NODE_PLAIN: u64 = 1;
/// A node of a list that is a listpack.
const NODE_PACKED: u64 = 2;

/// Latest time at which a field can expire, as Redis has it.
const FIELD_EXPIRY_MAX_MS: u64 = (1 << 48) - 2;

/// Reads values, one after the other.
#[derive(Debug)]
pub(crate) struct ValueReader {
    state: State,
    type_byte: u8,
    /// What was decompressed in this step.
    pub(crate) scratch: Vec<u8>,
    /// The blob that is being walked.
    pub(crate) blob: Vec<u8>,
    /// Where that blob begins in the input that it came from, as the caller counts; `None` if it was compressed, and where.
    pub(crate) blob_at: BlobPlace,
}

/// Where a blob came from.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct BlobPlace {
    /// Position of its string in the cursor when it was read.
    pub(crate) begin: usize,
    /// Whether positions in it are positions behind `begin`.
    pub(crate) plain: bool,
    /// Whether it was read since the caller last looked.
    pub(crate) fresh: bool,
}

impl Default for ValueReader {
    fn default() -> Self {
        ValueReader {
            state: State::Done,
            type_byte: 0,
            scratch: Vec::new(),
            blob: Vec::new(),
            blob_at: BlobPlace::default(),
        }
    }
}

/// A failure, and whether its position is in the blob.
pub(crate) struct ValueFail {
    pub(crate) fail: Fail,
    pub(crate) in_blob: bool,
}

fn kind_and_state(type_byte: u8, valkey: bool) -> Option<(ValueKind, State)> {
    use Encoding::{IntSet, Listpack, Ziplist, Zipmap};
    use ValueKind::{Array, Hash, List, Set, SortedSet, Stream};
    Some(match type_byte {
        types::STRING => (ValueKind::String, State::String),
        types::LIST => (List, State::Count(Elements::Items)),
        types::SET => (Set, State::Count(Elements::Members)),
        types::ZSET => (SortedSet, State::Count(Elements::ScoredText)),
        types::HASH => (Hash, State::Count(Elements::Pairs)),
        types::ZSET_2 => (SortedSet, State::Count(Elements::Scored)),
        types::HASH_ZIPMAP => (Hash, State::Blob(Elements::Pairs, Zipmap)),
        types::LIST_ZIPLIST => (List, State::Blob(Elements::Items, Ziplist)),
        types::SET_INTSET => (Set, State::Blob(Elements::Members, IntSet)),
        types::ZSET_ZIPLIST => (SortedSet, State::Blob(Elements::Scored, Ziplist)),
        types::HASH_ZIPLIST => (Hash, State::Blob(Elements::Pairs, Ziplist)),
        types::LIST_QUICKLIST => (List, State::NodeCount(Ziplist)),
        types::STREAM => (Stream, State::Stream(StreamReader::new(1))),
        types::HASH_LISTPACK => (Hash, State::Blob(Elements::Pairs, Listpack)),
        types::ZSET_LISTPACK => (SortedSet, State::Blob(Elements::Scored, Listpack)),
        types::LIST_QUICKLIST_2 => (List, State::NodeCount(Listpack)),
        types::STREAM_2 => (Stream, State::Stream(StreamReader::new(2))),
        types::SET_LISTPACK => (Set, State::Blob(Elements::Members, Listpack)),
        types::STREAM_3 => (Stream, State::Stream(StreamReader::new(3))),
        types::HASH_METADATA_OLD if valkey => (Hash, State::Count(Elements::Triples)),
        types::HASH_METADATA_OLD => (Hash, State::Count(Elements::MetadataOld)),
        types::HASH_LISTPACK_EX_OLD if !valkey => (Hash, State::Blob(Elements::PackedTriples, Listpack)),
        types::HASH_METADATA if !valkey => (Hash, State::Count(Elements::Metadata { soonest_ms: 0 })),
        types::HASH_LISTPACK_EX if !valkey => (Hash, State::TimedBlob(Elements::PackedTriples, Listpack)),
        types::STREAM_4 if !valkey => (Stream, State::Stream(StreamReader::new(4))),
        types::STREAM_5 if !valkey => (Stream, State::Stream(StreamReader::new(5))),
        types::ARRAY if !valkey => (Array, State::ArrayHead),
        _ => return None,
    })
}

/// Whether values of a type can be read; if not, `None` too for those of modules, whose name comes with the value.
pub(crate) fn kind_of(type_byte: u8, valkey: bool) -> Option<ValueKind> {
    kind_and_state(type_byte, valkey).map(|(kind, _)| kind)
}

/// Whether a byte stands for a type at all, be it one that cannot be read.
pub(crate) fn is_type(type_byte: u8) -> bool {
    type_byte <= types::RATE_LIMIT && type_byte != 8
}

impl ValueReader {
    /// Begins a value of a type.
    pub(crate) fn begin(&mut self, type_byte: u8, valkey: bool) {
        self.type_byte = type_byte;
        self.state = kind_and_state(type_byte, valkey).map_or(State::Refused, |(_, state)| state);
    }

    /// The next part, `None` at the end of the value. What was read for good is behind the cursor also if there is a failure.
    pub(crate) fn next(
        &mut self,
        cursor: &mut Cursor<'_>,
    ) -> std::result::Result<Option<Part<Span>>, ValueFail> {
        loop {
            let begin = cursor.at;
            self.scratch.clear();
            match self.step(cursor) {
                Ok(Step::Part(part)) => return Ok(Some(part)),
                Ok(Step::Continue) => {}
                Ok(Step::End) => {
                    self.state = State::Done;
                    return Ok(None);
                }
                Err(ValueFail { fail: fail @ Fail::Short(_), in_blob: false }) => {
                    cursor.at = begin;
                    return Err(ValueFail { fail, in_blob: false });
                }
                Err(fail) => return Err(fail),
            }
        }
    }

    fn step(&mut self, cursor: &mut Cursor<'_>) -> std::result::Result<Step, ValueFail> {
        match &mut self.state {
            State::Walk(elements, walk, nodes) => {
                let part = walked(*elements, walk, &self.blob).map_err(in_blob)?;
                match (part, *nodes) {
                    (Some(part), _) => return Ok(Step::Part(part)),
                    (None, Some((encoding, left))) => self.state = State::Nodes(encoding, left),
                    (None, None) => return Ok(Step::End),
                }
                Ok(Step::Continue)
            }
            State::Stream(stream) => {
                stream.step(cursor, &mut self.scratch, &mut self.blob, &mut self.blob_at)
            }
            _ => self.plain_step(cursor).map_err(|fail| ValueFail { fail, in_blob: false }),
        }
    }

    fn plain_step(&mut self, cursor: &mut Cursor<'_>) -> Result<Step> {
        let next = match self.state {
            State::Done | State::Walk(..) | State::Stream(_) => return Ok(Step::End),
            State::String => {
                let part = Part::String(cursor.string(&mut self.scratch)?);
                self.state = State::Done;
                return Ok(Step::Part(part));
            }
            State::Count(Elements::Metadata { .. }) => {
                let at = cursor.at;
                let soonest_ms = u64::try_from(cursor.i64_le()?)
                    .map_err(|_| Fail::expected("the expiry time of a field", at))?;
                State::Elements(Elements::Metadata { soonest_ms }, cursor.len()?)
            }
            State::Count(elements) => State::Elements(elements, cursor.len()?),
            State::Elements(_, 0) | State::Array(0) | State::Nodes(_, 0) => return Ok(Step::End),
            State::Elements(elements, left) => {
                let part = plain_element(elements, cursor, &mut self.scratch)?;
                self.state = State::Elements(elements, left - 1);
                return Ok(Step::Part(part));
            }
            State::NodeCount(encoding) => State::Nodes(encoding, cursor.len()?),
            State::Nodes(Encoding::Listpack, left) => {
                let at = cursor.at;
                match cursor.len()? {
                    NODE_PLAIN => {
                        let text = cursor.string(&mut self.scratch)?;
                        // Redis refuses it too: nobody writes an empty element so.
                        if text.is_empty() {
                            return Err(Fail::expected("an element of a list", at));
                        }
                        let part = Part::Item(text);
                        self.state = State::Nodes(Encoding::Listpack, left - 1);
                        return Ok(Step::Part(part));
                    }
                    NODE_PACKED => self.open(
                        Elements::Items,
                        Encoding::Listpack,
                        cursor,
                        Some((Encoding::Listpack, left - 1)),
                    )?,
                    _ => return Err(Fail::expected("a kind of node of a list", at)),
                }
            }
            State::Nodes(encoding, left) => {
                self.open(Elements::Items, encoding, cursor, Some((encoding, left - 1)))?
            }
            State::TimedBlob(elements, encoding) => {
                cursor.i64_le()?;
                self.open(elements, encoding, cursor, None)?
            }
            State::Blob(elements, encoding) => self.open(elements, encoding, cursor, None)?,
            State::ArrayHead => {
                let (count, at) = (cursor.len()?, cursor.at);
                let insert = match cursor.len()? {
                    0 => None,
                    1 => Some(cursor.len()?),
                    _ => return Err(Fail::expected("whether an array has an insert cursor", at)),
                };
                self.state = State::Array(count);
                return Ok(Step::Part(Part::ArrayInsert(insert)));
            }
            State::Array(left) => {
                let part = array_item(cursor, &mut self.scratch)?;
                self.state = State::Array(left - 1);
                return Ok(Step::Part(part));
            }
            State::Refused => return Err(refused(self.type_byte, cursor)?),
        };
        self.state = next;
        Ok(Step::Continue)
    }

    /// Reads a string that is a blob and begins to walk it.
    fn open(
        &mut self,
        elements: Elements,
        encoding: Encoding,
        cursor: &mut Cursor<'_>,
        nodes: Nodes,
    ) -> Result<State> {
        let at = cursor.at;
        load_blob(cursor, &mut self.scratch, &mut self.blob, &mut self.blob_at)?;
        let walk = Walk::new(encoding, &self.blob).map_err(|fail| match fail {
            Fail::Bad(problem, _) => Fail::Bad(problem, at),
            short => short,
        })?;
        Ok(State::Walk(elements, walk, nodes))
    }
}

/// What a step did.
pub(super) enum Step {
    Part(Part<Span>),
    Continue,
    End,
}

pub(super) fn in_blob(fail: Fail) -> ValueFail {
    ValueFail { fail, in_blob: true }
}

/// Copies the string at the cursor to `blob`.
pub(super) fn load_blob(
    cursor: &mut Cursor<'_>,
    scratch: &mut Vec<u8>,
    blob: &mut Vec<u8>,
    place: &mut BlobPlace,
) -> Result<()> {
    let at = cursor.at;
    match cursor.string(scratch)? {
        Span::Input(begin, end) => {
            blob.clear();
            blob.extend_from_slice(&cursor.bytes[begin..end]);
            *place = BlobPlace { begin, plain: true, fresh: true };
        }
        Span::Scratch(begin, end) => {
            debug_assert!(begin == 0 && end == scratch.len(), "the scratch buffer was cleared");
            std::mem::swap(blob, scratch);
            *place = BlobPlace { begin: at, plain: false, fresh: true };
        }
        _ => return Err(Fail::expected("a string of bytes", at)),
    }
    Ok(())
}

fn plain_element(elements: Elements, cursor: &mut Cursor<'_>, scratch: &mut Vec<u8>) -> Result<Part<Span>> {
    Ok(match elements {
        Elements::Items => Part::Item(cursor.string(scratch)?),
        Elements::Members => Part::Member(cursor.string(scratch)?),
        Elements::ScoredText => Part::Scored(cursor.string(scratch)?, cursor.text_score()?),
        Elements::Scored => Part::Scored(cursor.string(scratch)?, cursor.binary_score()?),
        Elements::Pairs => Part::Field(cursor.string(scratch)?, cursor.string(scratch)?, None),
        Elements::Metadata { .. } | Elements::MetadataOld => {
            let at = cursor.at;
            let expiry_ms = match (elements, cursor.len()?) {
                (_, 0) => None,
                (Elements::Metadata { soonest_ms }, later) => Some(soonest_ms.saturating_add(later - 1)),
                (_, expiry_ms) => Some(expiry_ms),
            };
            let expiry_ms = checked_expiry(expiry_ms, at)?;
            Part::Field(cursor.string(scratch)?, cursor.string(scratch)?, expiry_ms)
        }
        Elements::Triples | Elements::PackedTriples => {
            let (name, value, at) = (cursor.string(scratch)?, cursor.string(scratch)?, cursor.at);
            let expiry_ms = match cursor.i64_le()? {
                -1 => None,
                at_ms => {
                    Some(u64::try_from(at_ms).map_err(|_| Fail::expected("the expiry time of a field", at))?)
                }
            };
            Part::Field(name, value, expiry_ms)
        }
    })
}

fn checked_expiry(expiry_ms: Option<u64>, at: usize) -> Result<Option<u64>> {
    if expiry_ms.is_some_and(|expiry_ms| expiry_ms > FIELD_EXPIRY_MAX_MS) {
        return Err(Fail::expected("the expiry time of a field", at));
    }
    Ok(expiry_ms)
}

/// The next element of a blob.
fn walked(elements: Elements, walk: &mut Walk, blob: &[u8]) -> Result<Option<Part<Span>>> {
    let Some(first) = walk.next(blob)? else { return Ok(None) };
    Ok(Some(match elements {
        Elements::Items => Part::Item(first),
        Elements::Members => Part::Member(first),
        Elements::Pairs => Part::Field(first, walk.more(blob, "a value of a field")?, None),
        Elements::Scored | Elements::ScoredText => {
            let at = walk.at();
            let score = match walk.more(blob, "a score")? {
                Span::Int(int) => int as f64,
                Span::Blob(begin, end) => {
                    let text = blob.get(begin..end).unwrap_or_default();
                    base::num::parse_f64(text)
                        .filter(|score| !score.is_nan())
                        .ok_or(Fail::expected("a score", at))?
                }
                _ => return Err(Fail::expected("a score", at)),
            };
            Part::Scored(first, score)
        }
        Elements::PackedTriples | Elements::Triples | Elements::Metadata { .. } | Elements::MetadataOld => {
            let value = walk.more(blob, "a value of a field")?;
            let at = walk.at();
            let expiry_ms = u64::try_from(walk.int(blob, "the expiry time of a field")?)
                .map_err(|_| Fail::expected("the expiry time of a field", at))?;
            Part::Field(first, value, checked_expiry((expiry_ms != 0).then_some(expiry_ms), at)?)
        }
    }))
}

/// How an element of an array lies there.
mod array_tags {
    pub(super) const TEXT: u64 = 0;
    pub(super) const INT: u64 = 1;
    pub(super) const FLOAT: u64 = 2;
    pub(super) const SHORT_TEXT: u64 = 3;
}

fn array_item(cursor: &mut Cursor<'_>, scratch: &mut Vec<u8>) -> Result<Part<Span>> {
    let (index, at) = (cursor.len()?, cursor.at);
    let text = match cursor.len()? {
        array_tags::TEXT | array_tags::SHORT_TEXT => cursor.string(scratch)?,
        array_tags::INT => Span::Int(cursor.i64_le()?),
        array_tags::FLOAT => {
            let float = f64::from_le_bytes(cursor.array()?);
            if !float.is_finite() {
                return Err(Fail::expected("a number of an array", at));
            }
            let begin = scratch.len();
            base::num::write_f64(scratch, float);
            if !scratch[begin..].iter().any(|byte| b".eE".contains(byte)) {
                scratch.extend_from_slice(b".0");
            }
            Span::Scratch(begin, scratch.len())
        }
        _ => return Err(Fail::expected("a kind of element of an array", at)),
    };
    Ok(Part::ArrayItem(index, text))
}

/// Why a type is refused: an error once enough is read to name it.
fn refused(type_byte: u8, cursor: &mut Cursor<'_>) -> Result<Fail> {
    let at = cursor.at;
    let problem = match type_byte {
        types::MODULE_OLD | types::MODULE_2 => Problem::Module(module_name(cursor.len()?)),
        types::HASH_TEMPLATE_FIRST..=types::HASH_TEMPLATE_LAST => {
            Problem::Unsupported("hashes with templates")
        }
        types::RATE_LIMIT => Problem::Unsupported("rate limiters"),
        other => Problem::Unknown(other),
    };
    Ok(Fail::Bad(problem, at))
}

/// The name of a module's type, nine letters in the upper 54 bits of its number.
pub(crate) fn module_name(id: u64) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    (0..9).map(|i| char::from(LETTERS[(id >> (58 - 6 * i) & 63) as usize])).collect()
}
