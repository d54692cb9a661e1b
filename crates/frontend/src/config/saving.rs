//! The parameters of snapshots.

use super::check::{check_db_file, check_save};
use super::param::{Effect, Param, Words, checked, choice, flag};

/// The parameters of snapshots.
pub(super) static SAVING: &[Param] = &[
    choice("snapshot-format", &["rdb", "folder"], "rdb").does(
        Effect::Read,
        "How snapshots look: rdb is one standard file, folder one file a shard, written and loaded at the same time",
    ),
    choice("storage-io", &["auto", "plain"], "auto").fixed().does(
        Effect::Read,
        "How files are written; auto takes io_uring without the page cache where the system allows it",
    ),
    checked("dbfilename", check_db_file, Words::One, "dump.rdb")
        .protected()
        .does(Effect::Read, "Name of the file of snapshots, in the folder `dir`"),
    flag("rdbchecksum", "yes").at_start().does(Effect::Read, "End snapshots with a checksum, and look at it"),
    flag("rdbcompression", "yes").does(Effect::Read, "Compress strings in snapshots"),
    checked("save", check_save, Words::AddUp, "3600 1 300 100 60 10000")
        .does(Effect::Read, "Take a snapshot after so many seconds if so many changes were made; pairs"),
    flag("stop-writes-on-bgsave-error", "yes")
        .does(Effect::Read, "Refuse commands that write while the last snapshot has failed"),
];
