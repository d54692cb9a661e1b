//! The append-only log: what each shard changed, on the disk, cut at one consistent point when it is read again.
//!
//! ```text
//!   core k ── frames of a turn ──► Logs ──► Plane ──► Volume: <name>.<generation>.shard<k>.incr.log
//!          ◄── commit point, wake ──────────┘ one cycle: write what came, one write a shard; sync all files;
//!                                             move the commit points
//!   under appendfsync always the core may take its log to the disk by itself: see own.rs
//!
//!   at the start: manifest ──► base (a snapshot) + generations of logs ──► cut ──► Feed ──► cores
//! ```
//!
//! **Frames.** A frame ([`frame`]) is what one piece of work changed in one shard. A write over several shards is a *group*: one
//! frame in each of their logs, all with the same name.
//!
//! **The cut.** Logs are synced one by one, so a crash leaves a prefix of each. What counts is the largest set of prefixes in
//! which every group is whole ([`commit`]): a group that has a part missing is cut off, with all behind it in those logs, and what
//! that tears apart falls too. While the process runs, the same function says which frames would survive a crash at that
//! moment: the *commit point* of a shard. Replies of `appendfsync always` are held until it has passed their frames. Commit points
//! only grow, so what was answered survives any crash.
//!
//! **Errors of the disk.** Frames are kept in memory until they are synced (but under `appendfsync no`), and after an error written
//! again at the same offsets: whatever the system made of the failed attempt, no frame is lost or there twice.

pub mod commit;
mod folder;
pub mod frame;
pub mod head;
mod import;
mod logs;
pub mod manifest;
mod own;
mod plane;
mod reader;
mod recover;
mod source;
pub mod volume;

#[cfg(test)]
#[path = "log/recover_tests.rs"]
mod recover_tests;
#[cfg(test)]
#[path = "log/log_tests.rs"]
mod tests;

pub use folder::last_number;
pub use frame::{Broken, Frame, Group, Head, next_frame, put_command, put_frame};
pub use import::parse_foreign;
pub use logs::{Busy, Logs, Opening, Policy, Status};
pub use manifest::{Manifest, manifest_name};
pub use own::{Own, Write};
#[cfg(feature = "sim-faults")]
pub use plane::PlaneFaults;
pub use plane::{Next, Plane};
pub use recover::{Cut, RecoverError, Recovered, Torn, read_manifest, recover};
pub use source::LogSource;
pub use volume::{MemoryVolume, PlainVolume, Volume};
