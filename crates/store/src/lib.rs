//! A shard: its databases, values, expiry, and accounts of memory.
//!
//! ```text
//!   Shard ── databases ── Database ── table ── records (name, expiry, short value) ── large values
//!     │                      └── expiry: when to look for expired keys next, and how fast
//!     └── books: clock, counters, bytes, what waits to be freed
//! ```
//!
//! A handler asks the shard for a [`Db`], the handle on one database, and works with [`Item`]s (to read) and
//! [`Entry`]s (to change what one search has found).
//!
//! **Invariants.**
//! - The clock comes from outside ([`Shard::set_now`]) and never runs backwards; randomness comes from a seed. So the
//!   same calls give the same shard.
//! - No reader ever sees an expired key: whoever comes upon one removes it.
//! - No call does more than a bounded slice of work, however many keys there are, except those that say so.
//! - [`Shard::used_bytes`] is exact at any moment but for the allocator's own overhead, and O(1).
//!
//! **Must not know:** who calls it, connections, replies, other shards.

mod access;
mod aging;
mod array;
mod books;
mod db;
mod draft;
mod entry;
mod events;
mod expiry;
mod fields;
mod graveyard;
mod hash;
mod interest;
mod key;
mod limits;
mod list;
mod owned;
mod packed;
mod set;
mod shard;
mod sizes;
mod snapshot;
mod sorted_set;
mod stream;
mod structure;
mod trail;
mod value;
mod view;
mod walk;
mod watched;

#[cfg(test)]
mod collection_tests;
#[cfg(test)]
mod snapshot_tests;
#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;

pub use access::{AccessClock, AccessPolicy};
pub use array::ArrayDraft;
pub use books::Stats;
pub use db::{Db, Expiry, Replaced};
pub use draft::{Draft, Edited, WrongType};
pub use ds::pack::{Dense, Element};
pub use entry::{Entry, Occupied, Vacant};
pub use events::{Class, Event};
pub use expiry::Progress;
pub use hash::{Field, FieldExpiry, Fields, Hash, HashDraft, HashRef};
pub use interest::Touched;
pub use key::Key;
pub use limits::Limits;
pub use list::{List, ListDraft, ListRef};
pub use owned::OwnedValue;
pub use packed::{Packed, Tag};
pub use set::{Members, Set, SetDraft, SetRef};
pub use shard::{Info, Shard, ShardOptions};
pub use sizes::{SIZE_STEPS, Sizes};
pub use snapshot::{Sink, Sinks, SliceEnd};
pub use sorted_set::{SmallSortedSet, SortedSet, SortedSetEdit, SortedSetRef};
pub use stream::StreamDraft;
pub use structure::{Collection, Structure};
pub use trail::{Effect, Moved, Trail};
pub use value::{Item, Kind, StringValue, TooLong, Value};
pub use view::{HashView, SetView, WholeView};
pub use watched::WatchToken;
