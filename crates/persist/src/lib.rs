//! What outlives the process: values as the RDB format has them, and snapshots.
//!
//! ```text
//!   store::Value ──► value::put_value ──► bytes            DUMP, snapshots
//!   rdb::Part, one after the other ──► Assembler ──► a draft in the store      RESTORE, loading
//! ```
//!
//! **Must not know:** connections, commands.

pub mod value;

pub use value::{Assembler, Misfit, dump, kind_of, put_value, restore};
