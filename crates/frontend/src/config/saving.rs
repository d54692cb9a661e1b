//! The parameters of snapshots.

use super::check::{check_aof_file, check_aof_folder, check_db_file, check_save};
use super::param::{Effect, Param, Words, checked, choice, flag, int, memory};

/// The parameters of snapshots.
pub(super) static SAVING: &[Param] = &[
    choice("snapshot-format", &["rdb", "folder"], "rdb").does(
        Effect::Read,
        "How snapshots look: rdb is one standard file, folder one file a shard, written and loaded at the same time",
    ),
    flag("aof-load-truncated", "yes").does(
        Effect::Read,
        "Load a log that ends in the middle, without its torn end; else the server does not start",
    ),
    flag("aof-use-rdb-preamble", "yes")
        .does(Effect::Read, "A rewritten log begins with a snapshot; there is no other way"),
    checked("appenddirname", check_aof_folder, Words::One, "appendonlydir")
        .at_start()
        .does(Effect::Read, "Folder of the log, in the folder `dir`"),
    checked("appendfilename", check_aof_file, Words::One, "appendonly.aof")
        .at_start()
        .does(Effect::Read, "What the names of the log's files begin with"),
    choice("appendfsync", &["everysec", "always", "no"], "everysec")
        .does(Effect::Read, "When the log is synced to the disk; `always`: before a reply"),
    flag("appendonly", "no").does(Effect::Read, "Log all changes, so that nothing is lost"),
    memory("auto-aof-rewrite-min-size", 0, i64::MAX, "67108864")
        .does(Effect::Read, "A shorter log is not rewritten by itself"),
    int("auto-aof-rewrite-percentage", 0, i32::MAX as i64, "100")
        .does(Effect::Read, "Rewrite the log when it has grown by so much since the last time; 0 is never"),
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
