//! Values as they come out of a file, in parts.

/// A text: bytes, or an integer that stands for its canonical decimal form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Text<'a> {
    /// Any bytes.
    Bytes(&'a [u8]),
    /// The decimal text of an integer.
    Int(i64),
}

impl<'a> Text<'a> {
    /// The bytes; an integer's are written to `scratch`.
    pub fn bytes<'b>(self, scratch: &'b mut Vec<u8>) -> &'b [u8]
    where
        'a: 'b,
    {
        match self {
            Text::Bytes(bytes) => bytes,
            Text::Int(int) => {
                scratch.clear();
                base::num::write_i64(scratch, int);
                scratch
            }
        }
    }

    /// The bytes, in memory of their own.
    pub fn to_vec(self) -> Vec<u8> {
        let mut scratch = Vec::new();
        self.bytes(&mut scratch).to_vec()
    }
}

/// Identity of an entry of a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Id {
    /// Milliseconds.
    pub ms: u64,
    /// Number within the millisecond.
    pub seq: u64,
}

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ValueKind {
    /// A string.
    String,
    /// A list.
    List,
    /// A set.
    Set,
    /// A sorted set.
    SortedSet,
    /// A hash.
    Hash,
    /// A stream.
    Stream,
    /// An array.
    Array,
}

/// A part of a value. `T` is a text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Part<T> {
    /// A string, whole.
    String(T),
    /// The next element of a list.
    Item(T),
    /// A member of a set.
    Member(T),
    /// A member of a sorted set with its score, which is not NaN.
    Scored(T, f64),
    /// A field of a hash: name, value, expiry time in ms since 1970.
    Field(T, T, Option<u64>),
    /// An entry of a stream, in order of ids; so many [`Part::EntryField`]s follow.
    Entry {
        /// Its identity.
        id: Id,
        /// How many fields follow.
        fields: u64,
    },
    /// A field of the last entry and its value.
    EntryField(T, T),
    /// What a stream knows of itself; after its entries.
    StreamState(StreamState),
    /// A consumer group; those below follow for it.
    Group {
        /// Its name.
        name: T,
        /// The last entry delivered.
        last_id: Id,
        /// How many entries it has read, if that is known; the format before 7.0 did not say.
        entries_read: Option<u64>,
    },
    /// An entry that was delivered to the group and not acknowledged.
    Pending {
        /// The entry.
        id: Id,
        /// When it was delivered last, in ms since 1970.
        delivered_ms: i64,
        /// How often.
        count: u64,
    },
    /// A consumer of the group.
    Consumer {
        /// Its name.
        name: T,
        /// When it last asked for anything, in ms since 1970.
        seen_ms: i64,
        /// When it last got anything; -1 if never.
        active_ms: i64,
    },
    /// One of the pending entries of the group belongs to the last consumer.
    Owned(Id),
    /// One of the pending entries of the group belongs to nobody.
    Unowned(Id),
    /// How a stream tells entries that were sent twice; producers and names follow.
    Producers {
        /// How long a name is remembered, in ms.
        duration_ms: u64,
        /// How many of a producer are remembered.
        names_max: u64,
    },
    /// A producer.
    Producer(T),
    /// A name that the last producer gave to an entry.
    ProducerName(T, Id),
    /// How many names were ever noted, and met again.
    ProducerCounts {
        /// Noted.
        added: u64,
        /// Met again.
        duplicates: u64,
    },
    /// Where an array inserted last; before its elements.
    ArrayInsert(Option<u64>),
    /// An element of an array, in order of indexes.
    ArrayItem(u64, T),
}

/// What a stream knows of itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamState {
    /// How many entries there are.
    pub len: u64,
    /// The largest identity ever given.
    pub last_id: Id,
    /// The largest identity deleted and the number of entries ever added; the format before 7.0 did not say.
    pub history: Option<(Id, u64)>,
}

impl<T> Part<T> {
    /// The same part with other texts.
    pub fn map<U>(self, mut f: impl FnMut(T) -> U) -> Part<U> {
        match self {
            Part::String(text) => Part::String(f(text)),
            Part::Item(text) => Part::Item(f(text)),
            Part::Member(text) => Part::Member(f(text)),
            Part::Scored(text, score) => Part::Scored(f(text), score),
            Part::Field(name, value, expiry_ms) => Part::Field(f(name), f(value), expiry_ms),
            Part::Entry { id, fields } => Part::Entry { id, fields },
            Part::EntryField(name, value) => Part::EntryField(f(name), f(value)),
            Part::StreamState(state) => Part::StreamState(state),
            Part::Group { name, last_id, entries_read } => {
                Part::Group { name: f(name), last_id, entries_read }
            }
            Part::Pending { id, delivered_ms, count } => Part::Pending { id, delivered_ms, count },
            Part::Consumer { name, seen_ms, active_ms } => {
                Part::Consumer { name: f(name), seen_ms, active_ms }
            }
            Part::Owned(id) => Part::Owned(id),
            Part::Unowned(id) => Part::Unowned(id),
            Part::Producers { duration_ms, names_max } => Part::Producers { duration_ms, names_max },
            Part::Producer(text) => Part::Producer(f(text)),
            Part::ProducerName(text, id) => Part::ProducerName(f(text), id),
            Part::ProducerCounts { added, duplicates } => Part::ProducerCounts { added, duplicates },
            Part::ArrayInsert(index) => Part::ArrayInsert(index),
            Part::ArrayItem(index, text) => Part::ArrayItem(index, f(text)),
        }
    }
}
