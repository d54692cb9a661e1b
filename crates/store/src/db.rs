//! One database of a shard, and the handle through which all commands work on it.

use ds::{Entry as TableEntry, Table};

use crate::access::AccessClock;
use crate::books::Books;
use crate::draft::{Draft, Edited, WrongType, recycle};
use crate::entry::{Entry, Occupied, Vacant, insert_bytes};
use crate::expiry::Deadlines;
use crate::key::TableHasher;
use crate::value::{KeyRecord, TooLong, is_expired};
use crate::{Class, HashRef, Item, Key, Kind, OwnedValue, SetRef, StringValue, Value};

/// A database.
pub(crate) struct Database {
    pub(crate) table: Table<KeyRecord, TableHasher>,
    pub(crate) deadlines: Deadlines,
    /// Whether the shard's list of databases with expiring keys has it.
    pub(crate) listed: bool,
    /// Its number when the snapshot began that is under way, if that has not walked it yet.
    pub(crate) cut: Option<usize>,
}

/// What becomes of a key's expiry when its value is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// The key does not expire any more.
    Clear,
    /// The expiry stays, if there is one.
    Keep,
    /// The key expires after this time, in ms since 1970.
    At(u64),
}

impl Expiry {
    /// The expiry of a key that had `old`.
    #[inline]
    pub(crate) fn apply(self, old: Option<u64>) -> Option<u64> {
        match self {
            Expiry::Clear => None,
            Expiry::Keep => old,
            Expiry::At(ms) => Some(ms),
        }
    }
}

/// What [`Db::replace`] found: the types of the old value, if there was one, and of the new one.
#[derive(Clone, Copy, Debug)]
#[must_use]
pub struct Replaced(Option<(Kind, Kind)>);

/// The handle on one database, made for a command and dropped after it.
///
/// A key whose time is over does not exist for any method, and is removed by those that come upon it.
pub struct Db<'s> {
    pub(crate) database: &'s mut Database,
    pub(crate) books: &'s mut Books,
    pub(crate) hasher: TableHasher,
    index: usize,
    expiring: &'s mut Vec<usize>,
    table_bytes: usize,
}

impl<'s> Db<'s> {
    #[inline]
    pub(crate) fn new(
        database: &'s mut Database,
        books: &'s mut Books,
        hasher: TableHasher,
        index: usize,
        expiring: &'s mut Vec<usize>,
    ) -> Self {
        let table_bytes = database.table.memory_bytes();
        Db { database, books, hasher, index, expiring, table_bytes }
    }

    /// The clock of the shard, in ms since 1970.
    #[inline]
    pub fn now_ms(&self) -> u64 {
        self.books.now_ms
    }

    /// The value of a key, as a read command looks it up: counted as a hit or a miss.
    #[inline]
    pub fn get(&mut self, key: Key<'_>) -> Option<Value<'_>> {
        self.read(key).map(Item::value)
    }

    /// As [`Db::get`], with everything about the key.
    #[inline]
    pub fn read(&mut self, key: Key<'_>) -> Option<Item<'_>> {
        self.find(key, true, true)
    }

    /// As [`Db::read`], but the key is not used by it: its idle time and frequency stay.
    #[inline]
    pub fn examine(&mut self, key: Key<'_>) -> Option<Item<'_>> {
        self.find(key, true, false)
    }

    /// As [`Db::examine`], but a miss is nobody's business.
    pub fn examine_quietly(&mut self, key: Key<'_>) -> Option<Item<'_>> {
        let exists = self.inspect(key).is_some();
        self.books.count_lookup(exists);
        if exists { self.inspect(key) } else { None }
    }

    /// Everything about a key, not counted.
    #[inline]
    pub fn peek(&mut self, key: Key<'_>) -> Option<Item<'_>> {
        self.find(key, false, true)
    }

    /// As [`Db::peek`], but the key is not used by it.
    #[inline]
    pub fn inspect(&mut self, key: Key<'_>) -> Option<Item<'_>> {
        self.find(key, false, false)
    }

    /// As [`Db::inspect`], but a key that has expired and is still there is found, too.
    pub fn inspect_even_expired(&self, key: Key<'_>) -> Option<Item<'_>> {
        let found = self.database.table.get(key.slot, key.hash, key.bytes)?;
        Some(Item(found.view()))
    }

    /// Whether a key exists; counted, but it is not used by it.
    #[inline]
    pub fn exists(&mut self, key: Key<'_>) -> bool {
        self.examine(key).is_some()
    }

    /// What gives the accesses of items their meaning.
    pub fn access(&self) -> AccessClock {
        self.books.access
    }

    #[inline(never)]
    fn find(&mut self, key: Key<'_>, counted: bool, used: bool) -> Option<Item<'_>> {
        self.preserve_expired(key);
        let found = self.database.table.find(key.slot, key.hash, key.bytes);
        let (books, deadlines) = (&mut *self.books, &mut self.database.deadlines);
        let found = match found {
            Some(found) if is_expired(found.record().view(), books.now_ms) => {
                if !books.keep_expired {
                    books.stats.expired_keys += 1;
                    books.events.push(Class::Expired, "expired", deadlines.db, key.bytes);
                    Occupied::new(found, deadlines, books).delete();
                }
                None
            }
            found => found.map(|found| Item(found.into_view())),
        };
        if counted {
            let books = &mut *self.books;
            books.count_lookup(found.is_some());
            if found.is_none() {
                books.events.push(Class::KeyMiss, "keymiss", self.index, key.bytes);
            }
        }
        if used && let Some(item) = &found {
            self.books.touch(item.0);
        }
        found
    }

    /// Everything about a key, not counted, and without removing it if it has expired: for several keys at a time.
    pub fn look(&self, key: Key<'_>) -> Option<Item<'_>> {
        let found = self.database.table.get(key.slot, key.hash, key.bytes)?;
        let item = Item(found.view());
        (!item.expired(self.books.now_ms)).then_some(item)
    }

    /// The place of a key, to look and then change with one search. Not counted as a lookup.
    pub fn entry<'e>(&'e mut self, key: Key<'e>) -> Entry<'e> {
        self.preserve(key);
        let (books, deadlines) = (&mut *self.books, &mut self.database.deadlines);
        match self.database.table.entry(key.slot, key.hash, key.bytes) {
            TableEntry::Occupied(found) => Entry::found(key, found, deadlines, books),
            TableEntry::Vacant(place) => Entry::Vacant(Vacant::empty(key, place, deadlines, books)),
        }
    }

    /// As [`Db::entry`], counted as a hit or a miss: for commands that read what they change.
    #[inline]
    pub fn entry_counted<'e>(&'e mut self, key: Key<'e>) -> Entry<'e> {
        let mut entry = self.entry(key);
        entry.count();
        entry
    }

    /// The place of a key that exists.
    #[inline]
    pub fn occupied<'e>(&'e mut self, key: Key<'e>) -> Option<Occupied<'e>> {
        match self.entry(key) {
            Entry::Occupied(found) => Some(found),
            Entry::Vacant(_) => None,
        }
    }

    /// Sets a key to a string, whatever it was before.
    #[inline]
    pub fn set(&mut self, key: Key<'_>, value: StringValue<'_>, expiry: Expiry) {
        let Some(bytes) = value.short_bytes() else { return self.set_any(key, value, expiry) };
        self.preserve(key);
        let (books, deadlines) = (&mut *self.books, &mut self.database.deadlines);
        match self.database.table.entry(key.slot, key.hash, key.bytes) {
            TableEntry::Occupied(mut found) => {
                // A string over a string of about its length, neither of which expires: what most writes are.
                if !matches!(expiry, Expiry::At(_))
                    && !books.events.are_wanted()
                    && let Some(old_len) = found.overwrite_bytes(bytes)
                {
                    books.touch(found.record().view());
                    deadlines.sizes.shift_string(old_len, bytes.len());
                    books.stats.dirty += 1;
                    books.interest.touch(deadlines.db, key.bytes);
                    return;
                }
                Entry::found(key, found, deadlines, books).set(value, expiry);
            }
            TableEntry::Vacant(place) if matches!(expiry, Expiry::At(_)) => {
                Vacant::empty(key, place, deadlines, books).insert(value, expiry.apply(None));
            }
            TableEntry::Vacant(place) => insert_bytes(key, place, bytes, deadlines, books),
        }
    }

    /// As [`Db::set`], for any value.
    #[inline(never)]
    fn set_any(&mut self, key: Key<'_>, value: StringValue<'_>, expiry: Expiry) {
        self.entry(key).set(value, expiry);
    }

    /// Appends to a string, or makes one of the text. Returns the new length. Amortised O(length of `text`).
    pub fn append(&mut self, key: Key<'_>, text: &[u8]) -> Result<usize, TooLong> {
        match self.entry(key) {
            Entry::Occupied(mut found) => found.append(text),
            Entry::Vacant(place) => {
                place.insert(StringValue::Text(text), None);
                Ok(text.len())
            }
        }
    }

    /// Passes the collection of a key, which is of this type or does not exist, to `f`, which may change it. The key's expiry
    /// stays. Not counted as a lookup.
    #[inline]
    pub fn edit<R>(
        &mut self,
        key: Key<'_>,
        kind: Kind,
        f: impl FnOnce(&mut Draft<'_>) -> R,
    ) -> Result<Edited<R>, WrongType> {
        let (mut buffer, hasher) = (std::mem::take(&mut self.books.buffer), self.hasher);
        let edited = match self.entry(key) {
            Entry::Occupied(found) if found.item().kind() != kind => Err(WrongType),
            Entry::Occupied(mut found) => {
                let (result, outcome) = found.edit_collection(hasher, &mut buffer, f);
                if outcome.empty {
                    found.delete();
                }
                Ok(Edited { result, changed: outcome.changes > 0, removed: outcome.empty })
            }
            Entry::Vacant(place) => {
                let (result, outcome) = place.edit_collection(hasher, &mut buffer, f);
                Ok(Edited { result, changed: outcome.changes > 0, removed: false })
            }
        };
        self.books.buffer = recycle(buffer);
        edited
    }

    /// A collection made by `f`, to be put to a key; `None` if it is empty.
    pub fn build(&mut self, f: impl FnOnce(&mut Draft<'_>)) -> Option<OwnedValue> {
        Draft::build(self.books.surroundings(self.hasher), f)
    }

    /// The set of a key, as a read command looks it up: counted as a hit or a miss.
    #[inline]
    pub fn set_of(&mut self, key: Key<'_>) -> Result<Option<SetRef<'_>>, WrongType> {
        self.get(key).map(Value::as_set).transpose()
    }

    /// The hash of a key, as a read command looks it up: counted as a hit or a miss.
    #[inline]
    pub fn hash_of(&mut self, key: Key<'_>) -> Result<Option<HashRef<'_>>, WrongType> {
        let now_ms = self.books.now_ms;
        self.get(key).map(|value| value.as_hash(now_ms)).transpose()
    }

    /// Removes a key; returns whether it existed.
    pub fn remove(&mut self, key: Key<'_>) -> bool {
        self.occupied(key).map(Occupied::remove).is_some()
    }

    /// Removes a key and returns what it held.
    pub fn take(&mut self, key: Key<'_>) -> Option<OwnedValue> {
        self.occupied(key).map(Occupied::take)
    }

    /// Sets a key to a value with its expiry, whatever it was before.
    pub fn put(&mut self, key: Key<'_>, value: OwnedValue) {
        match self.entry(key) {
            Entry::Occupied(mut found) => {
                found.tell_overwritten(value.kind());
                found.put(value);
            }
            Entry::Vacant(place) => place.put(value),
        }
    }

    /// As [`Db::put`] after removing the key, and told as that: the key is a new one. Afterwards the caller tells what it did, and
    /// then passes what this returns to [`Db::tell_replaced`].
    pub fn replace(&mut self, key: Key<'_>, value: OwnedValue) -> Replaced {
        let kind = value.kind();
        match self.entry(key) {
            Entry::Occupied(mut found) => {
                let old = found.item().kind();
                found.tell_new();
                found.put(value);
                Replaced(Some((old, kind)))
            }
            Entry::Vacant(place) => {
                place.put(value);
                Replaced(None)
            }
        }
    }

    /// Tells that a key had another value before, if it had one.
    pub fn tell_replaced(&mut self, key: &[u8], replaced: Replaced) {
        if let Some((old, new)) = replaced.0 {
            self.books.events.overwritten(self.index, key, old, new);
        }
    }

    /// Sets when or how often a key was used, whichever is noted: how many seconds ago, or on a logarithmic scale.
    pub fn set_used(&mut self, key: Key<'_>, idle_s: Option<u64>, frequency: Option<u8>) {
        let counted = self.books.access.policy().counted;
        if (counted && frequency.is_none()) || (!counted && idle_s.is_none()) {
            return;
        }
        if let Some(mut found) = self.occupied(key) {
            match (counted, idle_s, frequency) {
                (true, _, Some(frequency)) => found.set_frequency(frequency),
                (false, Some(idle_s), _) => found.set_idle_s(idle_s),
                _ => {}
            }
        }
    }

    /// A copy of what a key holds.
    pub fn clone_value(&mut self, key: Key<'_>) -> Option<OwnedValue> {
        self.peek(key).map(|item| OwnedValue::copy_of(item.0))
    }

    /// Sets when a key expires (`None`: never). Returns whether the key exists.
    pub fn expire_at(&mut self, key: Key<'_>, expiry_ms: Option<u64>) -> bool {
        self.occupied(key).map(|mut found| found.set_expiry(expiry_ms)).is_some()
    }

    /// Makes a key stay for ever. Returns whether it had an expiry.
    pub fn persist(&mut self, key: Key<'_>) -> bool {
        self.occupied(key).is_some_and(|mut found| {
            let had = found.expiry_ms().is_some();
            if had {
                found.set_expiry(None);
            }
            had
        })
    }

    /// Notes that a key was changed; see [`crate::Shard::event`].
    #[inline]
    pub fn event(&mut self, class: Class, name: &'static str, key: &[u8]) {
        self.books.events.push(class, name, self.index, key);
    }

    /// The number of keys, among them expired ones that nobody has come upon yet. O(1).
    pub fn len(&self) -> usize {
        self.database.table.len()
    }

    /// Whether there are no keys. O(1).
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of keys with an expiry. O(1).
    pub fn expires_len(&self) -> usize {
        self.database.table.marked_len()
    }

    /// The number of keys of a slot, counted as [`Db::len`] does. O(1).
    pub fn slot_len(&self, slot: u16) -> usize {
        self.database.table.slot_len(slot)
    }

    /// A key with slot and hash.
    pub fn key<'k>(&self, bytes: &'k [u8]) -> Key<'k> {
        Key::new(&self.hasher.0, bytes)
    }
}

impl Drop for Db<'_> {
    /// Books what the table has grown or shrunk by, and lists the database if keys in it expire now.
    #[inline]
    fn drop(&mut self) {
        let bytes = self.database.table.memory_bytes();
        self.books.table_bytes = self.books.table_bytes + bytes - self.table_bytes;
        if !self.database.listed && self.database.may_expire() {
            self.database.listed = true;
            self.expiring.push(self.index);
        }
    }
}
