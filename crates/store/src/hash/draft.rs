//! Hashes, to be changed.

use ds::pack::{self, Dense, Element, Pack};

use super::expiry::{EXPIRING_START, expiring_pack, packed_soonest_ms, set_soonest};
use super::{Field, Hash, HashRef, expiry_element, field_at, push};
use crate::packed::Tag;
use crate::{Draft, Structure, Value};

/// What becomes of a field's expiry when its value is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldExpiry {
    /// The field does not expire any more.
    Clear,
    /// The expiry stays, if there is one.
    Keep,
    /// The field expires after this time, in ms since 1970.
    At(u64),
}

impl FieldExpiry {
    fn apply(self, old: Option<u64>) -> Option<u64> {
        match self {
            FieldExpiry::Clear => None,
            FieldExpiry::Keep => old,
            FieldExpiry::At(at) => Some(at),
        }
    }
}

/// A hash that is being changed.
pub struct HashDraft<'d, 'a>(&'d mut Draft<'a>);

impl<'a> Draft<'a> {
    /// The draft as that of a hash: the key holds a hash, or nothing.
    #[inline]
    pub fn as_hash(&mut self) -> HashDraft<'_, 'a> {
        HashDraft(self)
    }
}

/// Where a field of a small hash is.
struct Found {
    position: usize,
    /// Bytes before the pack.
    start: usize,
}

impl<'a> HashDraft<'_, 'a> {
    #[inline]
    pub(super) fn draft(&mut self) -> &mut Draft<'a> {
        self.0
    }

    /// The hash as it is; `None` if there is none yet.
    #[inline]
    pub fn view(&self) -> Option<HashRef<'_>> {
        let value = match (self.0.structure(), self.0.packed()) {
            (Some(structure), _) => Value::Structure(structure),
            (None, Some(packed)) => Value::Packed(packed),
            (None, None) => return None,
        };
        value.as_hash(self.0.now_ms).ok()
    }

    /// The number of fields.
    pub fn len(&self) -> usize {
        self.view().map_or(0, HashRef::len)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The field with a name.
    #[inline]
    pub fn field(&self, name: &[u8]) -> Option<Field<'_>> {
        self.view()?.field(name)
    }

    /// Chooses the full form if so many fields at once are too many for the compact one, as Redis does even if some of them are
    /// there already.
    #[inline]
    pub fn expect(&mut self, fields: usize) {
        if fields > self.0.limits.hash_max_listpack_entries && !self.0.is_big() {
            if self.0.is_new() {
                self.0.begin_pack(Tag::Hash);
            }
            self.upgrade();
        }
    }

    /// Sets a field. Returns whether it is new.
    #[inline]
    pub fn set(&mut self, name: &[u8], value: &[u8], expiry: FieldExpiry) -> bool {
        self.set_value(name, Dense::of(value), expiry)
    }

    /// As [`HashDraft::set`].
    pub fn set_value(&mut self, name: &[u8], value: Dense<'_>, expiry: FieldExpiry) -> bool {
        self.0.changed(1);
        if self.0.is_new() {
            self.0.begin_pack(Tag::Hash);
        }
        let max = self.0.limits.hash_max_listpack_value;
        if !self.0.is_big() && (name.len() > max || value.text_len() > max) {
            self.upgrade();
        }
        if let Some(Structure::Hash(_)) = self.0.structure() {
            return self.set_big(name, value, expiry);
        }
        if matches!(expiry, FieldExpiry::At(_)) && !self.is_expiring() {
            self.make_expiring();
        }
        let created = self.set_packed(name, value, expiry);
        if created && self.len() > self.0.limits.hash_max_listpack_entries {
            self.upgrade();
        }
        created
    }

    /// Removes a field; returns whether it was there.
    #[inline]
    pub fn remove(&mut self, name: &[u8]) -> bool {
        let now_ms = self.0.now_ms;
        if let Some(Structure::Hash(hash)) = self.0.structure_mut() {
            let live = hash.deadlines.is_empty()
                || hash.fields.get(name).is_some_and(|entry| !Field::of(entry).is_expired(now_ms));
            let removed = hash.remove(name);
            self.0.changed(removed.into());
            return removed && live;
        }
        let found = self.find(name).map(|(field, found)| (!field.is_expired(now_ms), found));
        let Some((live, Found { position, start })) = found else { return false };
        pack::remove(self.0.buffer(), start, position, if start == 1 { 2 } else { 3 });
        self.0.changed(1);
        live
    }

    /// Sets or clears the expiry of a field, if it is there.
    pub fn set_expiry(&mut self, name: &[u8], expiry_ms: Option<u64>) {
        let Some(field) = self.field(name) else { return };
        if field.expiry_ms == expiry_ms {
            return;
        }
        self.0.changed(1);
        if let Some(Structure::Hash(hash)) = self.0.structure_mut() {
            let hashed = hash.fields.hash(name);
            if let Some(old) = hash.fields.get(name).and_then(|entry| entry.stamp) {
                hash.deadlines.remove(&(old, hashed));
            }
            hash.deadlines.extend(expiry_ms.map(|at| (at, hashed)));
            hash.fields.set_stamp(name, expiry_ms);
            return;
        }
        if !self.is_expiring() {
            self.make_expiring();
        }
        if let Some(Found { position, start }) = self.find(name).map(|(_, found)| found) {
            let buffer = self.0.buffer();
            let at = Pack::new(buffer.get(start..).unwrap_or_default()).skip(position - start, 2) + start;
            pack::replace(buffer, at, &expiry_element(expiry_ms).encode());
            note_soonest(buffer, expiry_ms);
        }
    }

    fn is_expiring(&self) -> bool {
        self.0.packed().is_some_and(|packed| packed.tag == Tag::ExpiringHash)
    }

    /// A field of a small hash, expired or not, and where it is.
    fn find(&self, name: &[u8]) -> Option<(Field<'_>, Found)> {
        let packed = self.0.packed()?;
        let (start, step, pack) = match packed.tag {
            Tag::ExpiringHash => (EXPIRING_START, 3, expiring_pack(packed.bytes)),
            _ => (1, 2, Pack::new(packed.bytes)),
        };
        let position = pack.find(&Element::of(name).encode(), step)?;
        let (field, _) = field_at(pack, position, step)?;
        Some((field, Found { position: position + start, start }))
    }

    fn set_packed(&mut self, name: &[u8], value: Dense<'_>, expiry: FieldExpiry) -> bool {
        let now_ms = self.0.now_ms;
        let found = self.find(name).map(|(field, found)| (field.expiry_ms, field.is_expired(now_ms), found));
        let (old_expiry, was_expired) = match found {
            Some((expiry_ms, expired, _)) => (expiry_ms.filter(|_| !expired), expired),
            None => (None, false),
        };
        let expiry_ms = expiry.apply(old_expiry);
        let is_expiring = self.is_expiring();
        let buffer = self.0.buffer();
        match found {
            Some((_, _, Found { position, start })) => {
                let at = |buffer: &[u8], elements| {
                    Pack::new(buffer.get(start..).unwrap_or_default()).skip(position - start, elements)
                        + start
                };
                let value_at = at(buffer, 1);
                pack::replace(buffer, value_at, &value.encode());
                if is_expiring {
                    let expiry_at = at(buffer, 2);
                    pack::replace(buffer, expiry_at, &expiry_element(expiry_ms).encode());
                }
            }
            None => {
                let start = if is_expiring { EXPIRING_START } else { 1 };
                push(buffer, start, Element::of(name));
                pack::push(buffer, start, &value.encode());
                if is_expiring {
                    push(buffer, start, expiry_element(expiry_ms));
                }
            }
        }
        note_soonest(buffer, expiry_ms);
        found.is_none() || was_expired
    }

    fn set_big(&mut self, name: &[u8], value: Dense<'_>, expiry: FieldExpiry) -> bool {
        let now_ms = self.0.now_ms;
        let Some(Structure::Hash(hash)) = self.0.structure_mut() else { return false };
        let mut was_expired = false;
        let expiry_ms = if hash.deadlines.is_empty() {
            expiry.apply(None)
        } else {
            let old = hash.fields.get(name).map(Field::of);
            was_expired = old.is_some_and(|field| field.is_expired(now_ms));
            expiry.apply(old.and_then(|field| field.expiry_ms).filter(|_| !was_expired))
        };
        hash.set(name, value, expiry_ms) || was_expired
    }

    /// Makes a small hash a big one.
    fn upgrade(&mut self) {
        let mut hash = Hash::new(self.0.hasher);
        let step = if self.is_expiring() { 3 } else { 2 };
        let start = if step == 3 { EXPIRING_START } else { 1 };
        let pack = Pack::new(self.0.buffer().get(start..).unwrap_or_default());
        let (mut position, mut name) = (pack.first(), Vec::new());
        while let Some((field, next)) = field_at(pack, position, step) {
            hash.set(field.name.text(&mut name), field.value, field.expiry_ms);
            position = next;
        }
        self.0.upgrade(Structure::Hash(hash));
    }
}

/// Notes that a field of a small hash expires, if it does.
fn note_soonest(buffer: &mut [u8], expiry_ms: Option<u64>) {
    if let Some(at) = expiry_ms {
        let soonest = packed_soonest_ms(buffer).map_or(at, |soonest| soonest.min(at));
        set_soonest(buffer, Some(soonest));
    }
}
