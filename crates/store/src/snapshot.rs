//! What a shard held at one moment, while it goes on changing.
//!
//! ```text
//!   begin ──► every table gets a new epoch: records of segments with an older one are what they were at the cut
//!   slice ──► walk:    what is left of the next such segment ─► sink, and it is stamped
//!   change ─► before:  the record of the key, if it is in such a segment ─► sink, and is flagged; new ones are flagged too
//! ```
//!
//! So each record goes to the sink exactly once, as it was at the cut, by whichever comes first. A change costs one look
//! at whether there is a snapshot; during one, the first change of a record costs passing it to the sink, and never its
//! neighbours: writers all over the keyspace cannot make the walk's work their own.
//!
//! A database that is emptied meanwhile leaves its table here until that is walked. Keys that expire are not looked for
//! meanwhile; who comes upon one removes it as ever.

use ds::{KeyHash, Table};

use crate::books::Books;
use crate::db::Database;
use crate::key::TableHasher;
use crate::value::{KeyRecord, Large};
use crate::{Db, Item, Key, Shard, WholeView};

/// Takes what a shard held at the cut, in no particular order.
pub trait Sink: Send {
    /// A key that was in a database; it may have expired.
    fn item(&mut self, db: usize, item: Item<'_>);

    /// Whether a key had better come as [`Sink::view`], since its value is big.
    fn wants_view(&self, _item: Item<'_>) -> bool {
        false
    }

    /// A key that was in a database, with a view of its value; the value may change as soon as this returns.
    fn view(&mut self, _db: usize, _item: Item<'_>, _view: WholeView) {}

    /// Does some of the work that [`Sink::item`] left for later; returns whether there is more.
    fn work(&mut self) -> bool {
        false
    }

    /// Whether the walk may go on now. If not, it is asked again later.
    fn has_room(&self) -> bool {
        true
    }

    /// Lets go of some of what it holds, since nobody wants the rest; returns whether nothing is left that takes long.
    fn give_up(&mut self) -> bool {
        true
    }

    /// Whether nobody wants the rest any more.
    fn is_cancelled(&self) -> bool {
        false
    }

    /// All is said.
    fn finish(&mut self);
}

/// Makes the sinks of snapshots that are begun by [`Shard::begin_snapshot`].
pub trait Sinks: Send {
    /// The sink of the snapshot of this number, which is beginning; `None` if nobody wants it any more.
    fn begin(&mut self, shard: &Shard, number: u64) -> Option<Box<dyn Sink>>;
}

/// A snapshot that is under way.
pub(crate) struct Snapshot {
    sink: Box<dyn Sink>,
    /// The databases there were at the cut, which are not walked to the end yet, the one that is walked last.
    databases: Vec<usize>,
    /// Where the walk of that one goes on.
    cursor: u64,
    /// Tables of databases that were emptied since the cut, and what they were the tables of.
    retired: Vec<(usize, Table<KeyRecord, TableHasher>)>,
    walked: bool,
}

/// What a slice did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SliceEnd {
    /// There is more to do.
    More,
    /// There is more to do, but not now.
    NoRoom,
    /// There is, or was, nothing more to do.
    Done,
}

impl Shard {
    /// Says where the sinks of snapshots come from.
    pub fn set_sinks(&mut self, sinks: Box<dyn Sinks>) {
        self.sinks = Some(sinks);
    }

    /// Begins the snapshot of this number, of all databases as they are now. Returns false, and does nothing, if one is under way that somebody wants, or nobody
    /// wants this one. O(number of databases used).
    pub fn begin_snapshot(&mut self, number: u64) -> bool {
        if let Some(before) = self.books.snapshot.take() {
            // One that failed, or was given up, since the last slice is in nobody's way.
            if !before.sink.is_cancelled() {
                self.books.snapshot = Some(before);
                return false;
            }
            self.end_snapshot(*before);
        }
        let Some(mut sinks) = self.sinks.take() else { return false };
        let sink = sinks.begin(self, number);
        self.sinks = Some(sinks);
        let Some(sink) = sink else { return false };
        let mut databases = Vec::new();
        for (index, database) in self.databases.iter_mut().enumerate() {
            if let Some(database) = database {
                let epoch = database.table.epoch() + 1;
                database.table.set_epoch(epoch);
                database.cut = Some(index);
                databases.push(index);
            }
        }
        databases.reverse();
        let snapshot = Snapshot { sink, databases, cursor: 0, retired: Vec::new(), walked: false };
        self.books.snapshot = Some(Box::new(snapshot));
        true
    }

    /// Whether a snapshot is under way.
    #[inline]
    pub fn has_snapshot(&self) -> bool {
        self.books.snapshot.is_some()
    }

    /// Walks on: one segment, or some of what the sink left for later.
    pub fn snapshot_slice(&mut self) -> SliceEnd {
        let Some(mut snapshot) = self.books.snapshot.take() else { return SliceEnd::Done };
        if snapshot.sink.is_cancelled() {
            if snapshot.sink.give_up() {
                self.end_snapshot(*snapshot);
                return SliceEnd::Done;
            }
            self.books.snapshot = Some(snapshot);
            return SliceEnd::More;
        }
        if !snapshot.sink.has_room() {
            self.books.snapshot = Some(snapshot);
            return SliceEnd::NoRoom;
        }
        if !snapshot.sink.work() {
            if snapshot.walked {
                snapshot.sink.finish();
                self.end_snapshot(*snapshot);
                return SliceEnd::Done;
            }
            self.walk(&mut snapshot);
        }
        self.books.snapshot = Some(snapshot);
        SliceEnd::More
    }

    /// Passes the next segment to the sink.
    fn walk(&mut self, snapshot: &mut Snapshot) {
        let Some(&index) = snapshot.databases.last() else {
            snapshot.walked = true;
            return;
        };
        let own = self.databases.iter_mut().flatten().find(|database| database.cut == Some(index));
        let table = match own {
            Some(database) => Some(&mut database.table),
            None => snapshot.retired.iter_mut().find(|(of, _)| *of == index).map(|(_, table)| table),
        };
        if let Some(table) = table
            && let Some(next) = pass_segment(table, index, snapshot.cursor, &mut *snapshot.sink)
        {
            snapshot.cursor = next;
            if next != 0 {
                return;
            }
        }
        snapshot.databases.pop();
        snapshot.cursor = 0;
        for database in self.databases.iter_mut().flatten().filter(|database| database.cut == Some(index)) {
            database.cut = None;
        }
        if let Some(at) = snapshot.retired.iter().position(|(of, _)| *of == index) {
            let (_, table) = snapshot.retired.swap_remove(at);
            self.books.bury_table(table);
        }
    }

    fn end_snapshot(&mut self, snapshot: Snapshot) {
        for database in self.databases.iter_mut().flatten() {
            database.cut = None;
        }
        for (_, table) in snapshot.retired {
            self.books.bury_table(table);
        }
    }
}

/// Passes the segment at a cursor to the sink, unless it has been already. Returns where to go on; `None` and 0 mean the end.
fn pass_segment(
    table: &mut Table<KeyRecord, TableHasher>,
    db: usize,
    cursor: u64,
    sink: &mut dyn Sink,
) -> Option<u64> {
    let segment = table.segment_at(cursor)?;
    let (start, next) = (segment.start(), segment.next());
    if segment.version() != table.epoch() {
        let mut big = Vec::new();
        segment.for_each_left(|record| {
            let item = Item(record.view());
            if sink.wants_view(item) { big.push(item.key().to_vec()) } else { sink.item(db, item) }
        });
        table.stamp_segment(start);
        for name in big {
            let (slot, hash) = (base::key_slot(&name), table.hasher().hash(&name));
            if let Some(found) = table.find(slot, hash, &name) {
                pass_record(found, db, sink);
            }
        }
    }
    Some(next)
}

/// Passes a record to the sink, or a view of its value if the sink prefers that.
fn pass_record(mut found: ds::Occupied<'_, KeyRecord, TableHasher>, db: usize, sink: &mut dyn Sink) {
    if !sink.wants_view(Item(found.record().view())) {
        return sink.item(db, Item(found.record().view()));
    }
    let view = match found.record_mut().boxed_mut() {
        Some(Large::Structure(structure)) => Some(WholeView::of(structure)),
        _ => None,
    };
    let item = Item(found.record().view());
    match view {
        Some(view) => sink.view(db, item, view),
        None => sink.item(db, item),
    }
}

impl Books {
    /// Takes the table of a database that is being emptied: it is freed in slices, after the snapshot has seen it.
    pub(crate) fn retire_table(&mut self, old: Database) {
        match (&mut self.snapshot, old.cut) {
            (Some(snapshot), Some(index)) => snapshot.retired.push((index, old.table)),
            _ => self.bury_table(old.table),
        }
    }
}

impl Db<'_> {
    /// To be called before anything that may change the record of a key.
    #[inline(always)]
    pub(crate) fn preserve(&mut self, key: Key<'_>) {
        if self.books.snapshot.is_some() {
            self.database.preserve(self.books, key);
        }
    }
}

impl Db<'_> {
    /// As [`Db::preserve`], for what changes nothing unless the key has expired.
    #[inline(always)]
    pub(crate) fn preserve_expired(&mut self, key: Key<'_>) {
        if self.books.snapshot.is_some() && self.database.table.marked_len() > 0 && self.look(key).is_none() {
            self.database.preserve(self.books, key);
        }
    }
}

impl Database {
    /// Passes the record of a key, if there is one, to the sink of the snapshot, unless it has been already.
    #[cold]
    pub(crate) fn preserve(&mut self, books: &mut Books, key: Key<'_>) {
        let (Some(snapshot), Some(index)) = (&mut books.snapshot, self.cut) else { return };
        if let Some(mut found) = self.table.find(key.slot, key.hash, key.bytes)
            && found.pass()
        {
            pass_record(found, index, &mut *snapshot.sink);
        }
    }
}
