//! What outlives the process: values as the RDB format has them, snapshots, and the append-only log.
//!
//! ```text
//!   store::Value ──► value::put_value ──► bytes            DUMP, snapshots
//!   rdb::Part, one after the other ──► Assembler ──► a draft in the store      RESTORE, loading
//! ```
//!
//! Nothing here starts a thread or looks at a clock; what blocks (writing files) is called on the storage plane.
//!
//! **Must not know:** connections, commands.

pub mod files;
pub mod load;
pub mod log;
pub mod parts;
pub mod snapshot;
pub mod value;

pub use value::{Assembler, Misfit, dump, kind_of, put_value, restore};
