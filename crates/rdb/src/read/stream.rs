//! Streams: nodes of entries, then what the stream knows of itself, its groups and its producers.
//!
//! ```text
//!   node    identity, 16 bytes │ listpack: master entry, entries
//!   master  entries │ deleted │ fields │ names … │ 0
//!   entry   flags │ ms and number behind the node's │ [fields] │ [name] value … │ how many of the listpack's entries
//! ```

use super::blob::{Encoding, Walk};
use super::cursor::{Cursor, Fail, Result, Span};
use super::value::{BlobPlace, Step, ValueFail, in_blob, load_blob};
use crate::part::{Id, Part, StreamState};

const FLAG_DELETED: i64 = 1;
const FLAG_SAME_FIELDS: i64 = 2;
/// A group that does not know how many entries it has read.
const ENTRIES_READ_UNKNOWN: u64 = u64::MAX;

#[derive(Debug)]
enum At {
    NodeCount,
    Nodes(u64),
    Node(Node, u64),
    State,
    GroupCount,
    Groups,
    PendingCount,
    Pending(u64),
    ConsumerCount,
    Consumers,
    OwnedCount,
    Owned(u64),
    UnownedCount,
    Unowned(u64),
    ProducersHead,
    ProducerCount,
    Producers,
    NameCount,
    Names(u64),
    ProducerCounts,
    End,
}

/// Reads a stream, one step after the other.
#[derive(Debug)]
pub(super) struct StreamReader {
    version: u8,
    at: At,
    entries: u64,
    last: Option<Id>,
    groups_left: u64,
    consumers_left: u64,
    producers_left: u64,
}

/// A node that is walked.
#[derive(Debug)]
struct Node {
    id: Id,
    walk: Walk,
    names: Vec<Span>,
    live: i64,
    deleted: i64,
    entry: Option<Entry>,
}

/// An entry that is walked.
#[derive(Debug)]
struct Entry {
    same: bool,
    fields: usize,
    next: usize,
    deleted: bool,
}

impl StreamReader {
    pub(super) fn new(version: u8) -> Self {
        StreamReader {
            version,
            at: At::NodeCount,
            entries: 0,
            last: None,
            groups_left: 0,
            consumers_left: 0,
            producers_left: 0,
        }
    }

    pub(super) fn step(
        &mut self,
        cursor: &mut Cursor<'_>,
        scratch: &mut Vec<u8>,
        blob: &mut Vec<u8>,
        place: &mut BlobPlace,
    ) -> std::result::Result<Step, ValueFail> {
        if let At::Node(node, left) = &mut self.at {
            match node.next(blob).map_err(in_blob)? {
                Some(part) => {
                    if let Part::Entry { id, .. } = part {
                        if self.last.is_some_and(|last| last >= id) {
                            return Err(in_blob(Fail::expected(
                                "a later entry than the one before",
                                node.walk.at(),
                            )));
                        }
                        self.last = Some(id);
                        self.entries += 1;
                    }
                    return Ok(Step::Part(part));
                }
                None => {
                    self.at = At::Nodes(*left);
                    return Ok(Step::Continue);
                }
            }
        }
        if let At::Nodes(left @ 1..) = self.at {
            let node = open_node(cursor, scratch, blob, place)?;
            self.at = At::Node(node, left - 1);
            return Ok(Step::Continue);
        }
        self.plain(cursor, scratch).map_err(|fail| ValueFail { fail, in_blob: false })
    }

    fn plain(&mut self, cursor: &mut Cursor<'_>, scratch: &mut Vec<u8>) -> Result<Step> {
        let (next, step) = match self.at {
            At::Node(..) | At::End => return Ok(Step::End),
            At::NodeCount => (At::Nodes(cursor.len()?), Step::Continue),
            At::Nodes(_) => (At::State, Step::Continue),
            At::State => (At::GroupCount, Step::Part(Part::StreamState(self.state(cursor)?))),
            At::GroupCount => {
                self.groups_left = cursor.len()?;
                (At::Groups, Step::Continue)
            }
            At::Groups if self.groups_left == 0 => {
                (if self.version >= 4 { At::ProducersHead } else { At::End }, Step::Continue)
            }
            At::Groups => {
                let (name, last_id) = (cursor.string(scratch)?, cursor.id()?);
                let read = if self.version >= 2 { cursor.len()? } else { ENTRIES_READ_UNKNOWN };
                let entries_read = (read != ENTRIES_READ_UNKNOWN).then_some(read);
                self.groups_left -= 1;
                (At::PendingCount, Step::Part(Part::Group { name, last_id, entries_read }))
            }
            At::PendingCount => (At::Pending(cursor.len()?), Step::Continue),
            At::Pending(0) => (At::ConsumerCount, Step::Continue),
            At::Pending(left) => {
                let (id, delivered_ms, count) = (cursor.raw_id()?, cursor.i64_le()?, cursor.len()?);
                (At::Pending(left - 1), Step::Part(Part::Pending { id, delivered_ms, count }))
            }
            At::ConsumerCount => {
                self.consumers_left = cursor.len()?;
                (At::Consumers, Step::Continue)
            }
            At::Consumers if self.consumers_left == 0 => {
                (if self.version >= 5 { At::UnownedCount } else { At::Groups }, Step::Continue)
            }
            At::Consumers => {
                let (name, seen_ms) = (cursor.string(scratch)?, cursor.i64_le()?);
                let active_ms = if self.version >= 3 { cursor.i64_le()? } else { seen_ms };
                self.consumers_left -= 1;
                (At::OwnedCount, Step::Part(Part::Consumer { name, seen_ms, active_ms }))
            }
            At::OwnedCount => (At::Owned(cursor.len()?), Step::Continue),
            At::Owned(0) => (At::Consumers, Step::Continue),
            At::Owned(left) => (At::Owned(left - 1), Step::Part(Part::Owned(cursor.raw_id()?))),
            At::UnownedCount => (At::Unowned(cursor.len()?), Step::Continue),
            At::Unowned(0) => (At::Groups, Step::Continue),
            At::Unowned(left) => (At::Unowned(left - 1), Step::Part(Part::Unowned(cursor.raw_id()?))),
            At::ProducersHead => {
                let (duration_ms, names_max) = (cursor.len()?, cursor.len()?);
                (At::ProducerCount, Step::Part(Part::Producers { duration_ms, names_max }))
            }
            At::ProducerCount => {
                self.producers_left = cursor.len()?;
                (At::Producers, Step::Continue)
            }
            At::Producers if self.producers_left == 0 => (At::ProducerCounts, Step::Continue),
            At::Producers => {
                let name = cursor.string(scratch)?;
                self.producers_left -= 1;
                (At::NameCount, Step::Part(Part::Producer(name)))
            }
            At::NameCount => (At::Names(cursor.len()?), Step::Continue),
            At::Names(0) => (At::Producers, Step::Continue),
            At::Names(left) => {
                let part = Part::ProducerName(cursor.string(scratch)?, cursor.id()?);
                (At::Names(left - 1), Step::Part(part))
            }
            At::ProducerCounts => {
                let (added, duplicates) = (cursor.len()?, cursor.len()?);
                (At::End, Step::Part(Part::ProducerCounts { added, duplicates }))
            }
        };
        self.at = next;
        Ok(step)
    }

    fn state(&self, cursor: &mut Cursor<'_>) -> Result<StreamState> {
        let at = cursor.at;
        let (len, last_id) = (cursor.len()?, cursor.id()?);
        let history = if self.version >= 2 {
            let _first = cursor.id()?;
            Some((cursor.id()?, cursor.len()?))
        } else {
            None
        };
        if len != self.entries || self.last.is_some_and(|last| last > last_id) {
            return Err(Fail::expected("as many entries as the stream has, and the last of them", at));
        }
        Ok(StreamState { len, last_id, history })
    }
}

fn open_node(
    cursor: &mut Cursor<'_>,
    scratch: &mut Vec<u8>,
    blob: &mut Vec<u8>,
    place: &mut BlobPlace,
) -> std::result::Result<Node, ValueFail> {
    let outside = |fail| ValueFail { fail, in_blob: false };
    let at = cursor.at;
    let id_span = cursor.string(scratch).map_err(outside)?;
    let bytes = match id_span {
        Span::Input(begin, end) => cursor.bytes.get(begin..end),
        Span::Scratch(begin, end) => scratch.get(begin..end),
        _ => None,
    };
    let id = bytes.and_then(|bytes| {
        let (ms, seq) = bytes.split_at_checked(8)?;
        Some(Id {
            ms: u64::from_be_bytes(ms.try_into().ok()?),
            seq: u64::from_be_bytes(seq.try_into().ok()?),
        })
    });
    let id = id.ok_or_else(|| outside(Fail::expected("the identity of a node of a stream", at)))?;
    scratch.clear();
    let at = cursor.at;
    load_blob(cursor, scratch, blob, place).map_err(outside)?;
    let walk = Walk::new(Encoding::Listpack, blob).map_err(|fail| match fail {
        Fail::Bad(problem, _) => outside(Fail::Bad(problem, at)),
        short => outside(short),
    })?;
    Node::new(id, walk, blob).map_err(in_blob)
}

impl Node {
    fn new(id: Id, mut walk: Walk, blob: &[u8]) -> Result<Self> {
        const WHAT: &str = "the head of a node of a stream";
        let at = walk.at();
        let (live, deleted) = (walk.int(blob, WHAT)?, walk.int(blob, WHAT)?);
        let fields = walk.int(blob, WHAT)?;
        if live < 0 || deleted < 0 || fields < 0 || live.checked_add(deleted).is_none() {
            return Err(Fail::expected(WHAT, at));
        }
        let mut names = Vec::new();
        for _ in 0..fields {
            names.push(walk.more(blob, "the name of a field of a stream")?);
        }
        if walk.int(blob, WHAT)? != 0 {
            return Err(Fail::expected(WHAT, at));
        }
        Ok(Node { id, walk, names, live, deleted, entry: None })
    }

    /// The next part, `None` at the end of the node.
    fn next(&mut self, blob: &[u8]) -> Result<Option<Part<Span>>> {
        loop {
            match self.entry {
                Some(_) => {
                    if let Some(part) = self.field(blob)? {
                        return Ok(Some(part));
                    }
                }
                None if self.live + self.deleted == 0 => {
                    let at = self.walk.at();
                    return match self.walk.next(blob)? {
                        None => Ok(None),
                        Some(_) => Err(Fail::expected("the end of a node of a stream", at)),
                    };
                }
                None => {
                    if let Some(part) = self.head(blob)? {
                        return Ok(Some(part));
                    }
                }
            }
        }
    }

    /// The head of the next entry; `None` if it is deleted.
    fn head(&mut self, blob: &[u8]) -> Result<Option<Part<Span>>> {
        const WHAT: &str = "an entry of a stream";
        let at = self.walk.at();
        let walk = &mut self.walk;
        let flags = walk.int(blob, WHAT)?;
        let (ms, seq) = (walk.int(blob, WHAT)?, walk.int(blob, WHAT)?);
        let same = flags & FLAG_SAME_FIELDS != 0;
        let fields = if same { self.names.len() as i64 } else { walk.int(blob, WHAT)? };
        let deleted = flags & FLAG_DELETED != 0;
        let left = if deleted { &mut self.deleted } else { &mut self.live };
        *left -= 1;
        // Differences wrap around, as the servers have it; that ids ascend is looked at elsewhere.
        let (ms, seq) = (self.id.ms.wrapping_add_signed(ms), self.id.seq.wrapping_add_signed(seq));
        let (Ok(fields), 0..) = (usize::try_from(fields), *left) else {
            return Err(Fail::expected(WHAT, at));
        };
        self.entry = Some(Entry { same, fields, next: 0, deleted });
        let part = Part::Entry { id: Id { ms, seq }, fields: fields as u64 };
        Ok((!deleted).then_some(part))
    }

    /// The next field of the entry; `None` at its end, or if it is deleted.
    fn field(&mut self, blob: &[u8]) -> Result<Option<Part<Span>>> {
        const WHAT: &str = "a field of an entry of a stream";
        let Some(entry) = &mut self.entry else { return Ok(None) };
        if entry.next == entry.fields {
            let at = self.walk.at();
            let count = if entry.same { entry.fields + 3 } else { 2 * entry.fields + 4 };
            if self.walk.int(blob, "the end of an entry of a stream")? != count as i64 {
                return Err(Fail::expected("the end of an entry of a stream", at));
            }
            self.entry = None;
            return Ok(None);
        }
        let name = match self.names.get(entry.next) {
            Some(&name) if entry.same => name,
            _ => self.walk.more(blob, WHAT)?,
        };
        let value = self.walk.more(blob, WHAT)?;
        entry.next += 1;
        Ok((!entry.deleted).then_some(Part::EntryField(name, value)))
    }
}
