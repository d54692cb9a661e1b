//! Handles on one record: shared ([`RecordRef`]), exclusive ([`Occupied`]), and on the place for one ([`Vacant`]).
#![allow(unsafe_code)]

use std::marker::PhantomData;
use std::mem::ManuallyDrop;
use std::ops::Deref;
use std::ptr::NonNull;

use super::bucket::{Bucket, tag_of};
use super::segment::{Moved, Place};
use super::{At, KeyHash, Record, Table};

/// A shared reference to a record of the table.
pub struct RecordRef<'a, R> {
    record: ManuallyDrop<R>,
    marked: bool,
    table: PhantomData<&'a R>,
}

impl<R: Record> RecordRef<'_, R> {
    /// # Safety
    /// `record` came from `R::into_raw`, and for the lifetime chosen it stays in the table, borrowed shared.
    #[inline(always)]
    pub(super) unsafe fn new(record: NonNull<u8>, marked: bool) -> Self {
        // SAFETY: a second owner of the record for a while, but one that is neither dropped nor mutated, which is
        // what `Record::from_raw` demands of such.
        let record = ManuallyDrop::new(unsafe { R::from_raw(record) });
        RecordRef { record, marked, table: PhantomData }
    }

    /// Whether the record carries the mark of the table's owner.
    #[inline(always)]
    pub fn marked(&self) -> bool {
        self.marked
    }
}

impl<R> Deref for RecordRef<'_, R> {
    type Target = R;

    #[inline(always)]
    fn deref(&self) -> &R {
        &self.record
    }
}

/// What the table holds under a key.
pub enum Entry<'a, R: Record, H: KeyHash> {
    /// A record.
    Occupied(Occupied<'a, R, H>),
    /// Nothing.
    Vacant(Vacant<'a, R, H>),
}

/// Where the record of an [`Occupied`] is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    /// In the table; the handle's copy is only for looking at.
    InTable,
    /// In the handle, which puts it back when dropped; the table's lane is empty. So a handle that is forgotten
    /// leaks the record, and the table never holds a pointer to a record that somebody has swapped out and freed.
    Lent,
    /// With the user; when the handle is dropped, the table removes what it still knows of it.
    Gone,
}

/// Exclusive access to a record of the table.
pub struct Occupied<'a, R: Record, H: KeyHash> {
    table: &'a mut Table<R, H>,
    hash: u64,
    at: At,
    place: Place,
    state: State,
    record: ManuallyDrop<R>,
}

impl<'a, R: Record, H: KeyHash> Occupied<'a, R, H> {
    /// # Safety
    /// `record` lies at `place` of the segment `at`, and its hash is `hash`.
    #[inline(always)]
    pub(super) unsafe fn new(
        table: &'a mut Table<R, H>,
        hash: u64,
        at: At,
        place: Place,
        record: NonNull<u8>,
    ) -> Self {
        // SAFETY: the handle has the table to itself, and drops this second owner only after it has made the table
        // give up the first (see `State`).
        let record = ManuallyDrop::new(unsafe { R::from_raw(record) });
        Occupied { table, hash, at, place, state: State::InTable, record }
    }

    fn bucket(&self) -> &Bucket {
        &self.table.segment(self.at).buckets()[self.place.bucket as usize]
    }

    fn bucket_mut(&mut self) -> &mut Bucket {
        &mut self.table.segment_mut(self.at).buckets_mut()[self.place.bucket as usize]
    }

    /// The record.
    #[inline]
    pub fn record(&self) -> &R {
        &self.record
    }

    /// The record, to be changed in place. Its key must stay the same.
    #[inline]
    pub fn record_mut(&mut self) -> &mut R {
        if self.state == State::InTable {
            let lane = self.place.lane as usize;
            self.bucket_mut().lend(lane);
            self.state = State::Lent;
        }
        &mut self.record
    }

    /// The record, to be changed where it is, without taking it out of the table meanwhile.
    ///
    /// # Safety
    /// The record must not be exchanged for another one.
    #[inline(always)]
    pub(crate) unsafe fn record_in_place(&mut self) -> &mut R {
        &mut self.record
    }

    /// Puts another record of the same key in the place of this one, and returns this one. The mark stays.
    #[inline]
    pub fn replace(&mut self, record: R) -> R {
        self.state = State::Gone;
        // SAFETY: the state says that the table's pointer is no owner any more; `restore` overwrites it, and until
        // then nothing reads `self.record`.
        let old = unsafe { ManuallyDrop::take(&mut self.record) };
        self.restore(record);
        old
    }

    /// Passes the record through `f`, which may return it reallocated. Its key must stay the same. If `f` panics,
    /// the entry is removed.
    #[inline]
    pub fn update(&mut self, f: impl FnOnce(R) -> R) {
        self.state = State::Gone;
        // SAFETY: as in `replace`; should `f` unwind, the drop of the handle removes the table's pointer.
        let old = unsafe { ManuallyDrop::take(&mut self.record) };
        let new = f(old);
        self.restore(new);
    }

    /// Notes that the snapshot of the current epoch has the record as it is. True if it still wanted it.
    pub fn pass(&mut self) -> bool {
        let (epoch, lane) = (self.table.epoch, self.place.lane as usize);
        if self.table.segment(self.at).version() == epoch {
            return false;
        }
        let bucket = self.bucket_mut();
        let wanted = !bucket.is_passed(lane, epoch);
        bucket.set_passed(lane, epoch);
        wanted
    }

    /// Whether the record is marked.
    #[inline]
    pub fn marked(&self) -> bool {
        self.bucket().marked(self.place.lane as usize)
    }

    /// Marks the record or clears its mark.
    pub fn set_marked(&mut self, marked: bool) {
        let was = self.marked();
        let lane = self.place.lane as usize;
        self.bucket_mut().set_marked(lane, marked);
        self.table.count(self.at, 0, i64::from(marked) - i64::from(was));
    }

    /// Takes the record out of the table.
    #[inline]
    pub fn remove(mut self) -> R {
        self.state = State::Gone;
        // SAFETY: the table gives up its pointer when `self` is dropped, at the end of this function.
        unsafe { ManuallyDrop::take(&mut self.record) }
    }

    /// Writes a record into the table at the place of the one that is gone.
    fn restore(&mut self, record: R) {
        let (tag, lane, raw) = (tag_of(self.hash), self.place.lane as usize, record.into_raw());
        self.bucket_mut().put(lane, tag, raw);
        // SAFETY: the table owns the record; this second owner is for looking at, as in `new`.
        self.record = ManuallyDrop::new(unsafe { R::from_raw(raw) });
        self.state = State::InTable;
    }
}

impl<R: Record, H: KeyHash> Drop for Occupied<'_, R, H> {
    #[inline(always)]
    fn drop(&mut self) {
        if self.state != State::InTable {
            self.put_back();
        }
    }
}

impl<R: Record, H: KeyHash> Occupied<'_, R, H> {
    /// Gives back what the handle has of the table.
    fn put_back(&mut self) {
        match self.state {
            State::InTable => {}
            State::Lent => {
                // SAFETY: the handle is the owner, and nothing reads `self.record` after this.
                let record = unsafe { ManuallyDrop::take(&mut self.record) };
                let (tag, lane) = (tag_of(self.hash), self.place.lane as usize);
                self.bucket_mut().put(lane, tag, record.into_raw());
            }
            State::Gone => self.table.remove_at(self.at, self.hash, self.place),
        }
    }
}

/// The place for a record whose key is absent.
pub struct Vacant<'a, R: Record, H: KeyHash> {
    pub(super) table: &'a mut Table<R, H>,
    pub(super) slot: u16,
    pub(super) hash: u64,
}

impl<'a, R: Record, H: KeyHash> Vacant<'a, R, H> {
    /// Puts a record with the key asked for into the table. May move the records of one segment.
    #[inline]
    pub fn insert(self, record: R, marked: bool) {
        self.table.insert_absent(self.slot, self.hash, record.into_raw(), marked);
    }

    /// As [`Vacant::insert`], and returns the handle on the record.
    #[inline]
    pub fn insert_entry(self, record: R, marked: bool) -> Occupied<'a, R, H> {
        let Vacant { table, slot, hash } = self;
        let raw = record.into_raw();
        let (at, place) = table.insert_absent(slot, hash, raw, marked);
        // SAFETY: it was just put there, with this hash.
        unsafe { Occupied::new(table, hash, at, place, raw) }
    }
}

impl<R: Record> RecordRef<'_, R> {
    /// Turns what [`super::segment::Segment::find`] found into a reference.
    ///
    /// # Safety
    /// As for [`RecordRef::new`].
    #[inline(always)]
    pub(super) unsafe fn at(buckets: &[Bucket], place: Place, record: NonNull<u8>) -> Self {
        let marked = buckets[place.bucket as usize].marked(place.lane as usize);
        // SAFETY: passed on to the caller.
        unsafe { Self::new(record, marked) }
    }
}

impl Moved {
    /// A look at the record for reading its key.
    ///
    /// # Safety
    /// The record is of type `R` and is not dropped or changed during `'a`.
    #[inline(always)]
    pub(super) unsafe fn look<'a, R: Record>(&self) -> RecordRef<'a, R> {
        // SAFETY: passed on to the caller.
        unsafe { RecordRef::new(self.record, self.marked) }
    }
}
