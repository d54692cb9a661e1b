//! The shard: its databases by number, its clock, its background work.

use base::{KeyHasher, Rng, slots_of_shard};
use ds::Table;

use crate::access::AccessClock;
use crate::aging::Walk;
use crate::books::{Books, Stats};
use crate::db::{Database, Db};
use crate::events::{Class, Event, Events};
use crate::expiry::{Deadlines, Progress};
use crate::graveyard::Graveyard;
use crate::interest::{Interest, Touched};
use crate::key::TableHasher;
use crate::snapshot::Sinks;
use crate::trail::{Moved, Trail};
use crate::value::Item;
use crate::watched::Watches;
use crate::{Key, Limits, Sizes};

/// Databases that a shard can have: the most that Redis's own tests ask for, and few enough to be looked at one by one.
const DATABASES_MAX: usize = 16_384;

/// How a shard is made.
#[derive(Clone, Copy, Debug)]
pub struct ShardOptions {
    /// Number of the shard.
    pub shard: u16,
    /// Number of shards.
    pub shards: u16,
    /// Number of databases, 1 to 16384. An unused one costs nothing.
    pub databases: usize,
    /// The hasher of the process.
    pub hasher: KeyHasher,
    /// Seed of all random choices.
    pub seed: u64,
}

/// The numbers of a database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Info {
    /// Keys, among them expired ones that nobody has come upon yet.
    pub keys: usize,
    /// Keys with an expiry.
    pub expires: usize,
    /// Hashes with fields that expire.
    pub expiring_hashes: usize,
    /// Mean time to live of those, in ms.
    pub avg_ttl_ms: u64,
    /// Heap bytes of the table.
    pub table_bytes: usize,
}

/// See the [crate documentation](crate).
pub struct Shard {
    options: ShardOptions,
    hasher: TableHasher,
    /// As many as have been used.
    pub(crate) databases: Vec<Option<Box<Database>>>,
    /// The walk that keeps the times of accesses.
    pub(crate) walk: Walk,
    /// Numbers of databases that may have keys with an expiry, each once.
    expiring: Vec<usize>,
    /// Which of them the next slice of expiry begins with.
    expiring_next: usize,
    /// Whether nothing expires but what somebody comes upon; for tests.
    expiry_paused: bool,
    in_script: bool,
    pub(crate) books: Books,
    /// Where the sinks of snapshots come from.
    pub(crate) sinks: Option<Box<dyn Sinks>>,
    /// Who watches keys.
    pub(crate) watches: Watches,
}

impl Shard {
    /// A shard without keys, its clock at 0.
    pub fn new(options: ShardOptions) -> Self {
        let options = ShardOptions { databases: options.databases.clamp(1, DATABASES_MAX), ..options };
        Shard {
            options,
            hasher: TableHasher(options.hasher),
            databases: Vec::new(),
            walk: Walk::default(),
            expiring: Vec::new(),
            watches: Watches::default(),
            expiring_next: 0,
            expiry_paused: false,
            in_script: false,
            books: Books {
                now_ms: 0,
                access: AccessClock::new(),
                keep_expired: false,
                stats: Stats::default(),
                record_bytes: 0,
                table_bytes: 0,
                graveyard: Graveyard::default(),
                rng: Rng::new(options.seed),
                expiry_due_ms: u64::MAX,
                limits: Limits::default(),
                buffer: Vec::new(),
                events: Events::default(),
                interest: Interest::default(),
                snapshot: None,
            },
            sinks: None,
        }
    }

    /// The clock, in ms since 1970.
    #[inline]
    pub fn now_ms(&self) -> u64 {
        self.books.now_ms
    }

    /// Sets the clock, which never runs backwards (invariant T1).
    #[inline]
    pub fn set_now(&mut self, now_ms: u64) {
        self.books.now_ms = self.books.now_ms.max(now_ms);
        if self.books.now_ms >= self.books.access.due_ms {
            self.advance_access();
        }
    }

    /// Turns the clock back to an earlier time, for work that was due then and had to wait for keys that nobody else could
    /// touch meanwhile; [`Shard::set_now`] with the former time must follow it.
    pub fn rewind(&mut self, now_ms: u64) {
        self.books.now_ms = self.books.now_ms.min(now_ms);
    }

    /// Sets the clock to the time of something that happened before, while it is done once more at the start.
    pub fn replay_at(&mut self, now_ms: u64) {
        self.books.now_ms = now_ms;
    }

    /// The configured limits of values.
    #[inline]
    pub fn limits(&self) -> Limits {
        self.books.limits
    }

    /// From now on these limits hold for values that are changed.
    pub fn set_limits(&mut self, limits: Limits) {
        self.books.limits = limits;
    }

    /// Whether keys of this slot live here.
    pub fn has_slot(&self, slot: u16) -> bool {
        slots_of_shard(self.options.shard, self.options.shards).contains(&slot)
    }

    /// Somebody has an interest in a key: from now on it is listed when it is touched, until the interest is taken back.
    pub fn add_interest(&mut self, db: usize, name: &[u8]) {
        self.books.interest.add(db, name);
    }

    /// Takes one interest in a key back.
    pub fn remove_interest(&mut self, db: usize, name: &[u8]) {
        self.books.interest.remove(db, name);
    }

    /// Whether a key of interest was touched.
    #[inline]
    pub fn has_touched(&self) -> bool {
        self.books.interest.has_touched()
    }

    /// The keys of interest that were touched since the last call, in the order in which that happened first: changed, made
    /// or removed, for whatever reason, or exchanged with their database.
    pub fn take_touched(&mut self) -> Vec<Touched> {
        let touched = self.books.interest.take();
        self.watches.mark(&touched);
        touched
    }

    /// A generator of its own for a command that picks at random.
    pub fn fork_rng(&mut self) -> Rng {
        self.books.rng.fork()
    }

    /// From now on events of these classes, a mask of [`Class`]es, are kept for [`Shard::take_events`].
    pub fn want_events(&mut self, classes: u32) {
        self.books.events.wanted = classes;
    }

    /// Whether any events are kept.
    #[inline]
    pub fn wants_events(&self) -> bool {
        self.books.events.are_wanted()
    }

    /// Whether [`Shard::take_events`] has anything to give.
    #[inline]
    pub fn has_events(&self) -> bool {
        !self.books.events.happened.is_empty()
    }

    /// Notes that a key was changed. Costs nothing but a look at the mask while nobody wants such events.
    #[inline]
    pub fn event(&mut self, class: Class, name: &'static str, db: usize, key: &[u8]) {
        self.books.events.push(class, name, db, key);
    }

    /// The events since the last call, in order.
    pub fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.books.events.happened)
    }

    /// A key with slot and hash.
    #[inline]
    pub fn key<'k>(&self, bytes: &'k [u8]) -> Key<'k> {
        Key::new(&self.options.hasher, bytes)
    }

    /// The handle on a database. Numbers past the last database mean the last; whoever takes a number from a client
    /// refuses those.
    #[inline]
    pub fn db(&mut self, index: usize) -> Db<'_> {
        let index = self.prepare(index);
        let Shard { databases, books, hasher, expiring, options, .. } = self;
        let database = databases[index].get_or_insert_with(|| new_database(options, index));
        Db::new(database, books, *hasher, index, expiring)
    }

    /// Loads what a lookup touches first into the cache: stage one of two for a batch of lookups.
    #[inline]
    pub fn prefetch(&self, db: usize, slot: u16, hash: u64) {
        if let Some(Some(database)) = self.databases.get(db) {
            database.table.prefetch(slot, hash);
        }
    }

    /// Loads the record that a lookup compares into the cache: stage two, some time after [`Shard::prefetch`].
    #[inline]
    pub fn prefetch_record(&self, db: usize, slot: u16, hash: u64) {
        if let Some(Some(database)) = self.databases.get(db) {
            database.table.prefetch_record(slot, hash);
        }
    }

    /// Has the store note what commands change, for a log; or stops that.
    pub fn leave_trail(&mut self, on: bool) {
        self.books.interest.leave_trail(on);
    }

    /// Whether what commands change is noted.
    #[inline(always)]
    pub fn has_trail(&self) -> bool {
        self.books.interest.has_trail()
    }

    /// What was noted of changes.
    pub fn trail(&mut self) -> &mut Trail {
        self.books.interest.trail()
    }

    /// Whether anything has changed since the last call.
    pub fn has_moved(&mut self) -> Moved {
        let dirty = self.books.stats.dirty;
        self.books.interest.trail().has_moved(dirty)
    }

    /// For handlers whose effect cannot be had again by the same call: leaves a command that has it. All effects of the call
    /// must be left so, or none.
    pub fn leave_effect(&mut self, db: usize, words: &[&[u8]]) {
        if self.has_trail() {
            self.books.interest.trail().leave(db, words);
        }
    }

    /// Makes two databases change their numbers. O(1).
    pub fn swap(&mut self, a: usize, b: usize) {
        let (a, b) = (self.prepare(a), self.prepare(b));
        if a != b && self.books.interest.is_active() {
            self.touch_all(&[a, b]);
        }
        self.databases.swap(a, b);
        self.walk.restart();
        for index in [a, b] {
            if let Some(Some(database)) = self.databases.get_mut(index) {
                database.deadlines.db = index;
            }
        }
        for listed in &mut self.expiring {
            if *listed == a {
                *listed = b;
            } else if *listed == b {
                *listed = a;
            }
        }
    }

    /// Empties a database; returns how many keys it had. O(1): [`Shard::free_slice`] gives the memory back.
    pub fn flush(&mut self, db: usize) -> usize {
        let index = self.prepare(db);
        if self.books.interest.is_active() {
            self.touch_all(&[index]);
        }
        let Some(Some(database)) = self.databases.get_mut(index) else { return 0 };
        let listed = database.listed;
        let old = std::mem::replace(database, new_database(&self.options, index));
        database.listed = listed;
        let keys = old.table.len();
        self.books.record_bytes -= old.deadlines.fields.memory_bytes();
        self.books.retire_table(*old);
        self.books.stats.dirty += keys as u64;
        keys
    }

    /// Counts changes of data that are not of this shard's keys.
    pub fn count_changes(&mut self, changes: u64) {
        self.books.stats.dirty += changes;
    }

    /// Says whether a script calls the commands that run now.
    pub fn set_in_script(&mut self, is: bool) {
        self.in_script = is;
    }

    /// Whether a script calls the command that runs: some order what they reply then.
    pub fn is_in_script(&self) -> bool {
        self.in_script
    }

    /// How many changes there were.
    pub fn changes(&self) -> u64 {
        self.books.stats.dirty
    }

    /// Counts all changes since there were `before` as one.
    pub fn count_as_one_change(&mut self, before: u64) {
        let dirty = &mut self.books.stats.dirty;
        *dirty = (*dirty).min(before + 1);
    }

    /// Empties all databases; returns how many keys they had. O(number of databases used).
    pub fn flush_all(&mut self) -> usize {
        (0..self.databases.len()).map(|db| self.flush(db)).sum()
    }

    /// Frees deleted memory: one big value or about `records_max` records. Returns whether there is more.
    pub fn free_slice(&mut self, records_max: usize) -> bool {
        self.books.free_some(records_max)
    }

    /// Whether anything waits for [`Shard::free_slice`].
    #[inline]
    pub fn has_garbage(&self) -> bool {
        !self.books.graveyard.is_empty()
    }

    /// While `keep`, expired keys are not seen, but stay: nothing is removed that no command removes.
    pub fn keep_expired(&mut self, keep: bool) {
        self.books.keep_expired = keep;
    }

    /// When [`Shard::expire_slice`] wants to be called next, in ms since 1970; `None` while no key has an expiry. O(1),
    /// and up to date after every command.
    #[inline]
    pub fn expire_due_ms(&self) -> Option<u64> {
        if self.expiring.is_empty() || self.books.keep_expired || self.expiry_paused || self.has_snapshot() {
            None
        } else {
            Some(self.books.expiry_due_ms.max(self.books.now_ms))
        }
    }

    /// Stops [`Shard::expire_slice`] from removing anything, or lets it go on; for tests of what readers see.
    pub fn pause_expiry(&mut self, paused: bool) {
        self.expiry_paused = paused;
    }

    /// Removes expired keys that nobody comes upon, working for about `budget_us` (by a fixed model of the costs, not by
    /// a clock). Call it when [`Shard::expire_due_ms`] says so; later does no harm but memory, sooner does nothing.
    pub fn expire_slice(&mut self, budget_us: u64) -> Progress {
        let mut progress = Progress::default();
        if self.expire_due_ms().is_some_and(|due| due <= self.books.now_ms) {
            self.expire_databases(budget_us, &mut progress);
        }
        progress.next_ms = self.expire_due_ms();
        progress
    }

    fn expire_databases(&mut self, budget_us: u64, progress: &mut Progress) {
        let Shard { databases, expiring, books, hasher, .. } = self;
        let mut left_ns = budget_us.saturating_mul(1000);
        books.expiry_due_ms = u64::MAX;
        let count = expiring.len();
        self.expiring_next = if self.expiring_next < count { self.expiring_next + 1 } else { 0 };
        for turn in 0..count {
            let index = expiring[(self.expiring_next + turn) % count];
            if let Some(Some(database)) = databases.get_mut(index) {
                let fields_due_ms = database.expire_fields(books, *hasher, index, &mut left_ns, progress);
                let due_ms = database.expire(books, &mut left_ns, progress).min(fields_due_ms);
                books.expiry_due_ms = books.expiry_due_ms.min(due_ms);
            }
        }
        expiring.retain(|&index| {
            let Some(Some(database)) = databases.get_mut(index) else { return false };
            database.listed = database.may_expire();
            database.listed
        });
    }

    /// Heap bytes of tables, records and values, and of what views retain, by the allocator's size classes. O(1).
    #[inline]
    pub fn used_bytes(&self) -> usize {
        let retained = usize::try_from(ds::share::retained_bytes()).unwrap_or(0);
        self.books.record_bytes + self.books.table_bytes + retained
    }

    /// Heap bytes of tables, a part of [`Shard::used_bytes`]. O(1).
    pub fn table_bytes(&self) -> usize {
        self.books.table_bytes
    }

    /// The counters.
    #[inline]
    pub fn stats(&self) -> &Stats {
        &self.books.stats
    }

    /// Sets the counters of lookups and expiry to 0, as `CONFIG RESETSTAT` does. The number of changes stays.
    pub fn reset_stats(&mut self) {
        self.books.stats = Stats { dirty: self.books.stats.dirty, ..Stats::default() };
    }

    /// One more than the highest number of a database ever used.
    pub fn databases_used(&self) -> usize {
        self.databases.len()
    }

    /// The number of databases.
    pub fn databases_max(&self) -> usize {
        self.options.databases
    }

    /// The numbers of a database. O(1).
    pub fn db_info(&self, db: usize) -> Info {
        let Some(Some(database)) = self.databases.get(db) else { return Info::default() };
        let expires = database.table.marked_len();
        Info {
            keys: database.table.len(),
            expires,
            expiring_hashes: database.deadlines.fields.len(),
            avg_ttl_ms: database.deadlines.avg_ttl_ms(expires, self.books.now_ms),
            table_bytes: database.table.memory_bytes(),
        }
    }

    /// How large the values of a database are; `None` if it was never used.
    pub fn sizes(&self, db: usize) -> Option<&Sizes> {
        self.databases.get(db)?.as_ref().map(|database| &*database.deadlines.sizes)
    }

    /// Touches the keys of interest in some databases, which lose or exchange all their keys, as far as there are keys of
    /// that name in one of them. What has expired is not there.
    #[cold]
    fn touch_all(&mut self, dbs: &[usize]) {
        let now_ms = self.books.now_ms;
        for &db in dbs {
            for name in self.books.interest.names(db) {
                let key = Key::new(&self.options.hasher, &name);
                let exists = |db: &usize| {
                    let database = self.databases.get(*db).and_then(Option::as_deref);
                    let found =
                        database.and_then(|database| database.table.get(key.slot, key.hash, key.bytes));
                    found.is_some_and(|found| !Item(found.view()).expired(now_ms))
                };
                if dbs.iter().any(exists) {
                    self.books.interest.touch(db, &name);
                }
            }
        }
    }

    /// Makes room for the number of a database, and returns it, or that of the last database if it is past that.
    #[inline]
    fn prepare(&mut self, db: usize) -> usize {
        let index = db.min(self.options.databases - 1);
        if index >= self.databases.len() {
            self.databases.resize_with(index + 1, || None);
        }
        index
    }
}

#[cold]
fn new_database(options: &ShardOptions, index: usize) -> Box<Database> {
    let slots = slots_of_shard(options.shard, options.shards);
    let count = slots.end - slots.start;
    let table = Table::new(slots.start, count, TableHasher(options.hasher));
    let mut database = Database { table, deadlines: Deadlines::default(), listed: false, cut: None };
    database.deadlines.db = index;
    Box::new(database)
}
