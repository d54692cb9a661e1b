//! What all databases of a shard share: the clock, counters, accounts of memory, and what waits to be freed.

use base::Rng;
use ds::record::RecordView;

use crate::Limits;
use crate::draft::Surroundings;
use crate::events::Events;
use crate::expiry::Deadlines;
use crate::graveyard::Graveyard;
use crate::interest::Interest;
use crate::key::TableHasher;
use crate::sizes::Place;
use crate::snapshot::Snapshot;
use crate::value::{Large, field_soonest_ms, footprint};

/// Counters of a shard. They only grow, but for the estimate.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Stats {
    /// Counted lookups that found a key.
    pub keyspace_hits: u64,
    /// Counted lookups that found none.
    pub keyspace_misses: u64,
    /// Keys removed because their time was over.
    pub expired_keys: u64,
    /// Fields of hashes removed because their time was over.
    pub expired_fields: u64,
    /// Slices of expiry that ran out of their budget.
    pub expired_time_cap_reached: u64,
    /// An estimate of the expired keys that are still present, in percent of the keys with an expiry.
    pub expired_stale_percent: f64,
    /// Keys removed to make room.
    pub evicted_keys: u64,
    /// Changes of data.
    pub dirty: u64,
}

/// See the [module documentation](self).
pub(crate) struct Books {
    pub(crate) now_ms: u64,
    /// Expired keys stay where they are, though nobody sees them.
    pub(crate) keep_expired: bool,
    pub(crate) stats: Stats,
    /// Heap bytes of all records with what they point to, those in the graveyard too.
    pub(crate) record_bytes: usize,
    /// Heap bytes of all tables, those in the graveyard too.
    pub(crate) table_bytes: usize,
    pub(crate) graveyard: Graveyard,
    pub(crate) rng: Rng,
    /// When a slice of expiry is wanted next; a lower bound between slices.
    pub(crate) expiry_due_ms: u64,
    pub(crate) limits: Limits,
    /// The buffer in which small collections are changed.
    pub(crate) buffer: Vec<u8>,
    pub(crate) events: Events,
    /// Keys that somebody wants to hear of.
    pub(crate) interest: Interest,
    /// The snapshot that is under way.
    pub(crate) snapshot: Option<Box<Snapshot>>,
}

impl Books {
    /// Notes that a record has come.
    #[inline]
    pub(crate) fn admit(&mut self, deadlines: &mut Deadlines, record: RecordView<'_, Large>) {
        self.record_bytes += footprint(record);
        deadlines.sizes.count(Place::of(record));
        if let Some(at) = record.word() {
            deadlines.note(at);
            self.expiry_due_ms = self.expiry_due_ms.min(at.saturating_add(1));
        }
        self.admit_fields(deadlines, record);
    }

    /// Notes that a record may have fields that expire.
    #[inline]
    pub(crate) fn admit_fields(&mut self, deadlines: &mut Deadlines, record: RecordView<'_, Large>) {
        if let Some(at) = field_soonest_ms(record) {
            self.note_fields(deadlines, at, record.name());
        }
    }

    /// What the draft of a collection needs to know.
    #[inline]
    pub(crate) fn surroundings(&mut self, hasher: TableHasher) -> Surroundings<'_> {
        Surroundings { limits: &self.limits, now_ms: self.now_ms, rng: &mut self.rng, hasher }
    }

    /// Notes that a record goes.
    #[inline]
    pub(crate) fn forget(&mut self, deadlines: &mut Deadlines, record: RecordView<'_, Large>) {
        self.record_bytes -= footprint(record);
        deadlines.sizes.discount(Place::of(record));
        if let Some(at) = record.word() {
            deadlines.forget(at);
        }
        if let Some(at) = field_soonest_ms(record) {
            self.forget_fields(deadlines, at, record.name());
        }
    }

    /// Counts a lookup.
    #[inline]
    pub(crate) fn count_lookup(&mut self, hit: bool) {
        if hit {
            self.stats.keyspace_hits += 1;
        } else {
            self.stats.keyspace_misses += 1;
        }
    }

    /// Drops a record that is already forgotten, or has the graveyard do it if that may take long.
    #[inline]
    pub(crate) fn discard(&mut self, large: Option<Box<Large>>) {
        if let Some(large) = large
            && let Some(bytes) = self.graveyard.bury_value(large)
        {
            self.record_bytes += bytes;
        }
    }
}
