//! Data structures of Anax, each one a thing that a stranger could lift out.
//!
//! Now here: the keyspace [`Table`] and the [`record::Record`] of a name and a value that it holds; for collections, the
//! compact [`pack`] of elements, the [`intset`], the paged hash [`pages`], [`list::List`], [`array::Array`], [`sorted`] and
//! [`stream::Stream`] with its consumer groups.
//!
//! **Invariants.** No operation costs more than a bounded slice of work; every byte held on the heap is counted by
//! the structure that holds it; nothing panics on any content of keys or on any cursor that a client makes up.
//!
//! **Must not know:** what a key, a value, an expiry or a reply is. A structure sees bytes, hashes and owned records.

pub mod array;
mod blocks;
pub mod intset;
pub mod list;
pub mod pack;
pub mod pages;
pub mod rank;
pub mod record;
mod run;
pub mod share;
pub mod sorted;
pub mod stream;
pub mod table;

pub use table::{
    Entry, KeyHash, Occupied, Record, RecordRef, SegmentRef, SweepCursor, SweepStats, Table, Vacant,
};
