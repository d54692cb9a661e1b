//! Hashes: a pack of fields and values, or pages; each with or without fields that expire.
//!
//! ```text
//!   Tag::Hash           tag │ pack: field value  field value  …
//!   Tag::ExpiringHash   tag │ 6 bytes: soonest │ pack: field value expiry  field value expiry  …     expiry 0: never
//!   Structure::Hash     pages: field ─► value, stamp = expiry;   deadlines: (expiry, hash of field) in order
//! ```
//!
//! A field whose time is over is not seen by any reader, but counts until somebody removes it: the next change of the hash or
//! active expiry, as in Redis.

mod draft;
mod expiry;

use std::collections::BTreeSet;

use ds::pack::{self, Dense, Element, Pack};
use ds::pages::{Entry, Pages, PagesView};

pub use draft::{FieldExpiry, HashDraft};
pub(crate) use expiry::{expiring_pack, packed_soonest_ms};

use crate::key::TableHasher;
use crate::packed::{Packed, Tag};
use crate::structure::Collection;
use crate::{Structure, Value, WrongType};

/// Heap bytes that an entry of the ordered deadlines takes: 16, in nodes of 6 to 11 with 16 bytes more; a good guess is all
/// that can be had.
const DEADLINE_BYTES: usize = 24;

/// Random draws before fields are counted off, so as to find one that has not expired.
const SAMPLE_TRIES_MAX: usize = 100;

/// A hash too big for a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hash {
    fields: Pages<TableHasher>,
    /// Expiry time and hash of each field that expires.
    deadlines: BTreeSet<(u64, u64)>,
}

impl Hash {
    fn new(hasher: TableHasher) -> Self {
        Hash { fields: Pages::new(hasher, true), deadlines: BTreeSet::new() }
    }

    /// When the first field expires, in ms since 1970.
    #[inline]
    pub(crate) fn soonest_ms(&self) -> Option<u64> {
        self.deadlines.first().map(|&(at, _)| at)
    }

    /// The fields as they are, to be looked at later.
    pub(crate) fn view(&mut self) -> PagesView<TableHasher> {
        self.fields.view()
    }

    fn set(&mut self, field: &[u8], value: Dense<'_>, expiry_ms: Option<u64>) -> bool {
        if !self.deadlines.is_empty() || expiry_ms.is_some() {
            let hash = self.fields.hash(field);
            if let Some(old) = self.fields.get(field).and_then(|entry| entry.stamp) {
                self.deadlines.remove(&(old, hash));
            }
            if let Some(at) = expiry_ms {
                self.deadlines.insert((at, hash));
            }
        }
        self.fields.insert(field, value, expiry_ms)
    }

    fn remove(&mut self, field: &[u8]) -> bool {
        if !self.deadlines.is_empty()
            && let Some(old) = self.fields.get(field).and_then(|entry| entry.stamp)
        {
            self.deadlines.remove(&(old, self.fields.hash(field)));
        }
        self.fields.remove(field)
    }
}

impl Collection for Hash {
    fn encoding(&self) -> &'static str {
        "hashtable"
    }

    fn len(&self) -> usize {
        self.fields.len()
    }

    fn memory_bytes(&self) -> usize {
        self.fields.memory_bytes() + self.deadlines.len() * DEADLINE_BYTES
    }

    fn free_some(&mut self, budget: usize) -> bool {
        for _ in 0..budget {
            if self.deadlines.pop_last().is_none() {
                break;
            }
        }
        self.deadlines.is_empty() && self.fields.free_some(budget)
    }
}

/// A field of a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field<'a> {
    /// Its name.
    pub name: Element<'a>,
    /// Its value.
    pub value: Dense<'a>,
    /// When it expires, in ms since 1970; `None` if never.
    pub expiry_ms: Option<u64>,
}

impl<'a> Field<'a> {
    #[inline]
    pub(crate) fn of(entry: Entry<'a>) -> Self {
        Field { name: entry.key, value: entry.value, expiry_ms: entry.stamp }
    }

    /// Whether its time is over.
    #[inline]
    pub fn is_expired(&self, now_ms: u64) -> bool {
        self.expiry_ms.is_some_and(|at| at < now_ms)
    }
}

#[derive(Clone, Copy, Debug)]
enum Form<'a> {
    /// Two elements a field, or three.
    Pack(Pack<'a>, usize),
    Big(&'a Hash),
}

/// A hash, to look at.
#[derive(Clone, Copy, Debug)]
pub struct HashRef<'a> {
    form: Form<'a>,
    now_ms: u64,
}

impl<'a> Value<'a> {
    /// The hash that the value is, as it looks at a time.
    #[inline]
    pub fn as_hash(self, now_ms: u64) -> Result<HashRef<'a>, WrongType> {
        let form = match self {
            Value::Packed(Packed { tag: Tag::Hash, bytes }) => Form::Pack(Pack::new(bytes), 2),
            Value::Packed(Packed { tag: Tag::ExpiringHash, bytes }) => Form::Pack(expiring_pack(bytes), 3),
            Value::Structure(Structure::Hash(hash)) => Form::Big(hash),
            _ => return Err(WrongType),
        };
        Ok(HashRef { form, now_ms })
    }
}

impl<'a> HashRef<'a> {
    /// The number of fields, among them expired ones that nobody has removed yet. O(1).
    #[inline]
    pub fn len(self) -> usize {
        match self.form {
            Form::Pack(pack, step) => pack.len() / step,
            Form::Big(hash) => hash.fields.len(),
        }
    }

    /// Whether there is none; never so in the store.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Whether any field may have an expiry.
    #[inline]
    pub fn may_expire(self) -> bool {
        match self.form {
            Form::Pack(_, step) => step == 3,
            Form::Big(hash) => !hash.deadlines.is_empty(),
        }
    }

    /// When the first field expires, in ms since 1970, if any does. O(1), or O(number of fields) of a pack.
    pub fn soonest_ms(self) -> Option<u64> {
        match self.form {
            Form::Pack(_, 3) => {
                HashRef { now_ms: 0, ..self }.iter().filter_map(|field| field.expiry_ms).min()
            }
            Form::Pack(..) => None,
            Form::Big(hash) => hash.soonest_ms(),
        }
    }

    /// The number of fields that have not expired. O(expired fields), or O(number of fields) of a pack.
    pub fn live_len(self) -> usize {
        match self.form {
            Form::Pack(_, 3) => self.iter().count(),
            Form::Pack(..) => self.len(),
            Form::Big(hash) => hash.fields.len() - hash.deadlines.range(..(self.now_ms, 0)).count(),
        }
    }

    /// About how many bytes names and values have; 0 for a pack.
    pub fn big_bytes(self) -> usize {
        match self.form {
            Form::Pack(..) => 0,
            Form::Big(hash) => hash.fields.memory_bytes(),
        }
    }

    /// The field with a name. O(1), or O(number of fields) of a pack.
    #[inline]
    pub fn field(self, name: &[u8]) -> Option<Field<'a>> {
        let field = match self.form {
            Form::Pack(pack, step) => {
                let position = pack.find(&Element::of(name).encode(), step)?;
                field_at(pack, position, step)?.0
            }
            Form::Big(hash) => Field::of(hash.fields.get(name)?),
        };
        (!field.is_expired(self.now_ms)).then_some(field)
    }

    /// The value of a field.
    #[inline]
    pub fn get(self, name: &[u8]) -> Option<Dense<'a>> {
        self.field(name).map(|field| field.value)
    }

    /// The fields, in no particular order.
    pub fn iter(self) -> Fields<'a> {
        let now_ms = self.now_ms;
        match self.form {
            Form::Pack(pack, step) => Fields::Pack { pack, position: pack.first(), step, now_ms },
            Form::Big(hash) => {
                let live = move |field: &Field<'_>| !field.is_expired(now_ms);
                Fields::Big(Box::new(hash.fields.iter().map(Field::of).filter(live)))
            }
        }
    }

    /// A random field; each is equally likely.
    pub fn sample(self, rnd: &mut impl FnMut() -> u64) -> Option<Field<'a>> {
        let index = |len: usize, random: u64| ((u128::from(random) * len as u128) >> 64) as usize;
        for _ in 0..SAMPLE_TRIES_MAX {
            let field = match self.form {
                Form::Pack(pack, step) => {
                    let position = pack.position(index(self.len(), rnd()) * step)?;
                    field_at(pack, position, step)?.0
                }
                Form::Big(hash) => Field::of(hash.fields.sample(rnd)?),
            };
            if !field.is_expired(self.now_ms) {
                return Some(field);
            }
        }
        self.iter().next()
    }

    /// Visits some fields at or after `cursor`, and returns the cursor to go on with; 0 means the end. A small hash is
    /// visited whole. See [`Pages::scan`] for what is guaranteed.
    pub fn scan(self, cursor: u64, mut visit: impl FnMut(Field<'_>)) -> u64 {
        match self.form {
            Form::Big(hash) => hash.fields.scan(cursor, |entry| {
                let field = Field::of(entry);
                if !field.is_expired(self.now_ms) {
                    visit(field);
                }
            }),
            Form::Pack(..) => {
                self.iter().for_each(visit);
                0
            }
        }
    }
}

/// The fields of a hash that have not expired.
pub enum Fields<'a> {
    /// Of a pack.
    Pack {
        /// The pack.
        pack: Pack<'a>,
        /// Of the next field.
        position: usize,
        /// Elements a field.
        step: usize,
        /// The time.
        now_ms: u64,
    },
    /// Of pages.
    Big(Box<dyn Iterator<Item = Field<'a>> + 'a>),
}

impl<'a> Iterator for Fields<'a> {
    type Item = Field<'a>;

    #[inline]
    fn next(&mut self) -> Option<Field<'a>> {
        match self {
            Fields::Pack { pack, position, step, now_ms } => loop {
                let (field, next) = field_at(*pack, *position, *step)?;
                *position = next;
                if !field.is_expired(*now_ms) {
                    return Some(field);
                }
            },
            Fields::Big(fields) => fields.next(),
        }
    }
}

/// The field at a position of a pack, and the position of the next one.
#[inline]
fn field_at(pack: Pack<'_>, position: usize, step: usize) -> Option<(Field<'_>, usize)> {
    let (name, at) = pack.at(position)?;
    let (value, at) = pack.dense_at(at)?;
    let field = Field { name, value, expiry_ms: None };
    if step == 2 {
        return Some((field, at));
    }
    let (expiry, at) = pack.at(at)?;
    let expiry_ms = expiry.as_int().and_then(|at| u64::try_from(at).ok()).filter(|&at| at != 0);
    Some((Field { expiry_ms, ..field }, at))
}

/// How the expiry of a field lies in a pack.
fn expiry_element(expiry_ms: Option<u64>) -> Element<'static> {
    Element::Int(expiry_ms.map_or(0, |at| i64::try_from(at).unwrap_or(i64::MAX)))
}

fn push(buffer: &mut Vec<u8>, start: usize, element: Element<'_>) {
    pack::push(buffer, start, &element.encode());
}
