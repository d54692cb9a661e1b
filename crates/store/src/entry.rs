//! The place of a key: one search, then any looks and changes.

mod collection;

use ds::record::{Payload, PayloadRef};
use ds::{Occupied as TableOccupied, Vacant as TableVacant};

use crate::books::Books;
use crate::expiry::Deadlines;
use crate::key::TableHasher;
use crate::packed::Tag;
use crate::sizes::Place as Size;
use crate::value::{INLINE_MAX_BYTES, KeyRecord, Large, TooLong, checked_end, field_soonest_ms, is_expired};
use crate::{Class, Expiry, Item, Key, Kind, OwnedValue, StringValue, Value};

/// A growing string doubles while it is shorter than this; then it gets this much room, or an eighth of its length.
const SPARE_MAX_BYTES: usize = 1024 * 1024;

/// A set reuses the buffer of a large string if no more than this part of it would stay empty: a quarter.
const REUSE_SPARE_MAX: usize = 4;

/// The place of a key.
pub enum Entry<'a> {
    /// The key exists.
    Occupied(Occupied<'a>),
    /// It does not.
    Vacant(Vacant<'a>),
}

impl<'a> Entry<'a> {
    /// The place of a key that the table has, though its time may be over.
    #[inline]
    pub(crate) fn found(
        key: Key<'a>,
        place: TableOccupied<'a, KeyRecord, TableHasher>,
        deadlines: &'a mut Deadlines,
        books: &'a mut Books,
    ) -> Self {
        if !is_expired(place.record().view(), books.now_ms) {
            return Entry::Occupied(Occupied::new(place, deadlines, books));
        }
        if !books.keep_expired {
            books.stats.expired_keys += 1;
            books.events.push(Class::Expired, "expired", deadlines.db, key.bytes);
        }
        Entry::Vacant(Vacant::stale(key, place, deadlines, books))
    }

    /// Sets the key to a string, whatever it was before.
    pub(crate) fn set(self, value: StringValue<'_>, expiry: Expiry) {
        match self {
            Entry::Occupied(mut found) => found.overwrite(value, expiry),
            Entry::Vacant(place) => place.insert(value, expiry.apply(None)),
        }
    }

    /// Counts the lookup as a hit or a miss.
    #[inline]
    pub(crate) fn count(&mut self) {
        match self {
            Entry::Occupied(found) => found.books.count_lookup(true),
            Entry::Vacant(place) => {
                place.books.count_lookup(false);
                place.books.events.push(Class::KeyMiss, "keymiss", place.deadlines.db, place.key.bytes);
            }
        }
    }
}

/// A key that exists.
pub struct Occupied<'a> {
    place: TableOccupied<'a, KeyRecord, TableHasher>,
    deadlines: &'a mut Deadlines,
    books: &'a mut Books,
}

impl<'a> Occupied<'a> {
    #[inline(always)]
    pub(crate) fn new(
        place: TableOccupied<'a, KeyRecord, TableHasher>,
        deadlines: &'a mut Deadlines,
        books: &'a mut Books,
    ) -> Self {
        Occupied { place, deadlines, books }
    }

    /// Everything about the key.
    #[inline]
    pub fn item(&self) -> Item<'_> {
        Item(self.place.record().view())
    }

    /// As [`Occupied::item`], for as long as the database is borrowed.
    #[inline]
    pub fn into_item(self) -> Item<'a> {
        Item(self.place.into_view())
    }

    /// The value.
    #[inline]
    pub fn value(&self) -> Value<'_> {
        self.item().value()
    }

    /// When the key expires.
    #[inline]
    pub fn expiry_ms(&self) -> Option<u64> {
        self.item().expiry_ms()
    }

    /// Sets the key to a string, in place where it fits.
    #[inline]
    pub fn set(&mut self, value: StringValue<'_>, expiry: Expiry) {
        let word = expiry.apply(self.expiry_ms());
        if let StringValue::Text(bytes) | StringValue::Bytes(bytes) = value
            && bytes.len() > INLINE_MAX_BYTES
        {
            let before = Size::of(self.place.record().view());
            if self.refill(bytes) {
                self.deadlines.sizes.shift(before, Size::of(self.place.record().view()));
                return self.change(|record| record.with_word(word));
            }
        }
        self.write(word, value.payload());
    }

    /// As [`Occupied::set`], for commands that don't care what the key held before: told as such.
    #[inline]
    pub fn overwrite(&mut self, value: StringValue<'_>, expiry: Expiry) {
        self.tell_overwritten(Kind::String);
        self.set(value, expiry);
    }

    /// Tells that the key gets another value, of this type.
    #[inline]
    pub(crate) fn tell_overwritten(&mut self, kind: Kind) {
        if self.books.events.are_wanted() {
            let item = Item(self.place.record().view());
            self.books.events.overwritten(self.deadlines.db, item.0.name(), item.kind(), kind);
        }
    }

    /// Tells that the key is a new one.
    pub(crate) fn tell_new(&mut self) {
        let name = self.place.record().view().name();
        self.books.events.push(Class::New, "new", self.deadlines.db, name);
    }

    /// Has OBJECT ENCODING show the string as one that was changed in place, as Redis does for some that it makes so.
    pub fn mark_changed(&mut self) {
        self.place.record_mut().set_hint(true);
    }

    /// Sets or clears the expiry.
    pub fn set_expiry(&mut self, expiry_ms: Option<u64>) {
        self.change(|record| record.with_word(expiry_ms));
    }

    /// Sets the key to a value with its expiry.
    pub fn put(&mut self, value: OwnedValue) {
        let (word, changed) = (value.expiry_ms(), value.changed);
        value.give(|payload| self.write(word, payload));
        if changed {
            self.place.record_mut().set_hint(true);
        }
    }

    /// Appends to the string. Returns the new length. Amortised O(length of `text`).
    pub fn append(&mut self, text: &[u8]) -> Result<usize, TooLong> {
        let old = self.value().text_len();
        let len = checked_end(old, text.len())?;
        self.edit(old, text, len);
        Ok(len)
    }

    /// Overwrites part of the string, filled up with zero bytes to `offset` if it is shorter. Returns the new length.
    pub fn set_range(&mut self, offset: usize, bytes: &[u8]) -> Result<usize, TooLong> {
        let end = checked_end(offset, bytes.len())?;
        let len = self.value().text_len();
        if bytes.is_empty() {
            return Ok(len);
        }
        let len = len.max(end);
        self.edit(offset, bytes, len);
        Ok(len)
    }

    /// Removes the key.
    #[inline]
    pub fn remove(self) {
        self.books.stats.dirty += 1;
        self.delete();
    }

    /// Removes the key and returns what it held.
    pub fn take(self) -> OwnedValue {
        let Occupied { place, deadlines, books } = self;
        let old = place.record().view();
        books.forget(deadlines, old);
        books.interest.touch(deadlines.db, old.name());
        books.stats.dirty += 1;
        OwnedValue::taken(place.remove())
    }

    /// Removes the key without counting a change.
    pub(crate) fn delete(self) {
        let Occupied { place, deadlines, books } = self;
        let old = place.record().view();
        books.forget(deadlines, old);
        books.interest.touch(deadlines.db, old.name());
        let record = place.remove();
        if let PayloadRef::Boxed(_) = record.payload() {
            books.discard(record.into_box());
        }
    }

    /// Writes word and payload.
    fn write(&mut self, word: Option<u64>, mut payload: Payload<'_, Large>) {
        if word == self.expiry_ms()
            && field_soonest_ms(self.place.record().view()).is_none()
            && !may_expire(&payload)
        {
            // Neither the record's bytes nor its expiry change, so the books need no other entry.
            let before = Size::of(self.place.record().view());
            match self.place.record_mut().overwrite_in_place(payload) {
                Ok(()) => {
                    self.deadlines.sizes.shift(before, Size::of(self.place.record().view()));
                    self.changed();
                    return;
                }
                Err(unwritten) => payload = unwritten,
            }
        }
        let mut old_large = None;
        self.change(|record| {
            let (record, large) = record.overwrite(word, payload);
            old_large = large;
            record
        });
        self.books.discard(old_large);
    }

    /// Passes the record through `f` and keeps the books.
    #[inline]
    fn change(&mut self, f: impl FnOnce(KeyRecord) -> KeyRecord) {
        let old = self.place.record().view();
        let had_word = old.has_word();
        self.books.forget(self.deadlines, old);
        self.place.update(f);
        let new = self.place.record().view();
        self.books.admit(self.deadlines, new);
        if new.has_word() != had_word {
            let marked = new.has_word();
            self.place.set_marked(marked);
        }
        self.changed();
    }

    /// Notes that the key was changed.
    #[inline(always)]
    fn changed(&mut self) {
        self.books.stats.dirty += 1;
        self.touch();
    }

    #[inline(always)]
    fn touch(&mut self) {
        self.books.interest.touch(self.deadlines.db, self.place.record().view().name());
    }

    /// Overwrites a large string in its own buffer, if there is one and it is neither too small nor far too big.
    fn refill(&mut self, bytes: &[u8]) -> bool {
        let PayloadRef::Boxed(Large::Bytes(old)) = self.place.record().payload() else { return false };
        if bytes.len() > old.capacity() || bytes.len() < old.capacity() - old.capacity() / REUSE_SPARE_MAX {
            return false;
        }
        let record = self.place.record_mut();
        record.set_hint(false);
        if let Some(Large::Bytes(old)) = record.boxed_mut() {
            old.clear();
            old.extend_from_slice(bytes);
        }
        true
    }

    /// Makes the string `len` long, filled up with zeros, and writes `bytes`, which end within it, at `offset`.
    fn edit(&mut self, offset: usize, bytes: &[u8], len: usize) {
        let mut text = match self.place.record().payload() {
            PayloadRef::Int(int) => Value::Int(int).text(&mut Vec::new()).to_vec(),
            // Callers have looked at the type.
            PayloadRef::Packed(_) => return,
            PayloadRef::Bytes(old) if len > INLINE_MAX_BYTES => old.to_vec(),
            PayloadRef::Bytes(_) => {
                return self.change(|record| {
                    let mut record = record.resize_bytes(len);
                    record.set_hint(true);
                    patch(record.bytes_mut().unwrap_or_default(), offset, bytes);
                    record
                });
            }
            PayloadRef::Boxed(_) => {
                return self.change(|mut record| {
                    if let Some(Large::Bytes(text)) = record.boxed_mut() {
                        resize(text, len);
                        patch(text, offset, bytes);
                    }
                    record.set_hint(true);
                    record
                });
            }
        };
        resize(&mut text, len);
        patch(&mut text, offset, bytes);
        let word = self.expiry_ms();
        with_payload(text, |payload| self.write(word, payload));
        self.place.record_mut().set_hint(true);
    }
}

/// A key that does not exist, and the place where it would.
pub struct Vacant<'a> {
    key: Key<'a>,
    place: Place<'a>,
    deadlines: &'a mut Deadlines,
    books: &'a mut Books,
}

/// What the table has at the place of a vacant key.
enum Place<'a> {
    Empty(TableVacant<'a, KeyRecord, TableHasher>),
    /// A record whose time is over, to be overwritten, or removed when the handle is dropped.
    Stale(TableOccupied<'a, KeyRecord, TableHasher>),
    /// Used up.
    Done,
}

impl<'a> Vacant<'a> {
    #[inline(always)]
    pub(crate) fn empty(
        key: Key<'a>,
        place: TableVacant<'a, KeyRecord, TableHasher>,
        deadlines: &'a mut Deadlines,
        books: &'a mut Books,
    ) -> Self {
        Vacant { key, place: Place::Empty(place), deadlines, books }
    }

    /// The place of an expired key.
    pub(crate) fn stale(
        key: Key<'a>,
        place: TableOccupied<'a, KeyRecord, TableHasher>,
        deadlines: &'a mut Deadlines,
        books: &'a mut Books,
    ) -> Self {
        Vacant { key, place: Place::Stale(place), deadlines, books }
    }

    /// Makes the key, a string.
    #[inline]
    pub fn insert(self, value: StringValue<'_>, expiry_ms: Option<u64>) {
        self.write(expiry_ms, value.payload(), false);
    }

    /// Makes the key, with a value and its expiry.
    pub fn put(self, value: OwnedValue) {
        let (word, changed) = (value.expiry_ms(), value.changed);
        value.give(|payload| self.write(word, payload, changed));
    }

    /// Makes the key, a string of zero bytes up to `offset` and then `bytes`; nothing if these are none. Returns the
    /// length.
    pub fn set_range(self, offset: usize, bytes: &[u8]) -> Result<usize, TooLong> {
        let len = checked_end(offset, bytes.len())?;
        if bytes.is_empty() {
            return Ok(0);
        }
        let mut text = vec![0; len];
        patch(&mut text, offset, bytes);
        with_payload(text, |payload| self.write(None, payload, true));
        Ok(len)
    }

    #[inline]
    fn write(mut self, word: Option<u64>, payload: Payload<'_, Large>, changed: bool) {
        self.books.events.push(Class::New, "new", self.deadlines.db, self.key.bytes);
        match std::mem::replace(&mut self.place, Place::Done) {
            Place::Empty(place) => {
                let mut record = KeyRecord::new(self.key.bytes, word, payload);
                if changed {
                    record.set_hint(true);
                }
                self.books.admit(self.deadlines, record.view());
                self.books.interest.touch(self.deadlines.db, self.key.bytes);
                self.books.stats.dirty += 1;
                place.insert(record, word.is_some());
            }
            Place::Stale(place) => {
                let mut found = Occupied::new(place, self.deadlines, self.books);
                found.write(word, payload);
                if changed {
                    found.place.record_mut().set_hint(true);
                }
            }
            Place::Done => {}
        }
    }
}

/// Makes a key, a short string without an expiry. As [`Vacant::insert`], for what most new keys are.
#[inline]
pub(crate) fn insert_bytes(
    key: Key<'_>,
    place: TableVacant<'_, KeyRecord, TableHasher>,
    bytes: &[u8],
    deadlines: &mut Deadlines,
    books: &mut Books,
) {
    books.events.push(Class::New, "new", deadlines.db, key.bytes);
    let record = KeyRecord::new(key.bytes, None, Payload::Bytes(bytes));
    books.record_bytes += record.bytes_allocated();
    deadlines.sizes.count(Size::of_string(bytes.len()));
    books.interest.touch(deadlines.db, key.bytes);
    books.stats.dirty += 1;
    place.insert(record, false);
}

impl Drop for Vacant<'_> {
    /// Removes the expired key that nobody has overwritten.
    #[inline]
    fn drop(&mut self) {
        if let Place::Stale(place) = std::mem::replace(&mut self.place, Place::Done)
            && !self.books.keep_expired
        {
            Occupied::new(place, self.deadlines, self.books).delete();
        }
    }
}

/// Whether a payload is a small hash with fields that expire.
#[inline]
fn may_expire(payload: &Payload<'_, Large>) -> bool {
    matches!(payload, Payload::Packed([tag, ..]) if *tag == Tag::ExpiringHash as u8)
}

/// Writes `bytes` at `offset`; nothing if they do not end within the target.
fn patch(target: &mut [u8], offset: usize, bytes: &[u8]) {
    if let Some(target) = target.get_mut(offset..offset.saturating_add(bytes.len())) {
        target.copy_from_slice(bytes);
    }
}

/// Gives a string a length, filled up with zeros. Growing by small pieces costs amortised O(1) a byte.
fn resize(text: &mut Vec<u8>, len: usize) {
    if len > text.capacity() {
        let spare = len.min(SPARE_MAX_BYTES).max(len / 8);
        text.reserve_exact(len + spare - text.len());
    }
    text.resize(len, 0);
}

/// Passes a string to `f` as it goes into a record, without copying a long one.
fn with_payload(text: Vec<u8>, f: impl FnOnce(Payload<'_, Large>)) {
    if text.len() <= INLINE_MAX_BYTES {
        f(Payload::Bytes(&text));
    } else {
        f(Payload::Boxed(Box::new(Large::Bytes(text))));
    }
}
