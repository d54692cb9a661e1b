//! Snapshots of shards that go on changing, written to files and loaded again.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use store::{Expiry, SliceEnd, StringValue};

use super::*;
use crate::files::{File, Files};
use crate::load::tests::{load, shards};

type Bytes = Arc<Mutex<Vec<u8>>>;

/// Files in memory; writing fails after so many bytes.
#[derive(Default)]
struct MemoryFiles {
    room: Option<usize>,
    files: Mutex<Vec<(PathBuf, Bytes)>>,
}

struct MemoryFile(Bytes, Option<usize>);

impl File for MemoryFile {
    fn write(&mut self, bytes: Vec<u8>) -> io::Result<()> {
        let mut content = self.0.lock().expect("unpoisoned");
        if self.1.is_some_and(|room| content.len() + bytes.len() > room) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        content.extend_from_slice(&bytes);
        Ok(())
    }

    fn write_at_start(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.lock().expect("unpoisoned")[..bytes.len()].copy_from_slice(bytes);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Files for MemoryFiles {
    fn create(&self, path: &Path) -> io::Result<Box<dyn File>> {
        let content = Arc::default();
        self.files.lock().expect("unpoisoned").push((path.into(), Arc::clone(&content)));
        Ok(Box::new(MemoryFile(content, self.room)))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut files = self.files.lock().expect("unpoisoned");
        files.retain(|(path, _)| path != to);
        files.iter_mut().filter(|(path, _)| path == from).for_each(|(path, _)| *path = to.into());
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.files.lock().expect("unpoisoned").retain(|(other, _)| other != path);
        Ok(())
    }

    fn sync_folder(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }
}

fn target(shards: usize) -> Target {
    let about = vec![("redis-ver", "8.2.0".to_owned())];
    Target { folder: "/data".into(), name: "dump.rdb".into(), checksum: true, shards, about }
}

/// Three shards with keys of all kinds, in two databases.
fn filled() -> Vec<store::Shard> {
    let mut shards = shards(3);
    for i in 0..20_000u32 {
        let name = format!("key:{i}").into_bytes();
        let shard = base::slot::shard_of_slot(base::slot::key_slot(&name), 3);
        let shard = &mut shards[usize::from(shard)];
        let key = shard.key(&name);
        let mut db = shard.db(if i % 10 == 0 { 4 } else { 0 });
        let value = "value ".repeat(1 + i as usize % 30);
        match i % 50 {
            0 => {
                let _ = db.edit(key, store::Kind::Hash, |draft| {
                    for field in 0..i % 700 {
                        let expiry = if i % 100 == 0 && field % 3 == 0 {
                            store::FieldExpiry::At(5_000_000)
                        } else {
                            store::FieldExpiry::Clear
                        };
                        draft.as_hash().set(format!("field {field}").as_bytes(), value.as_bytes(), expiry);
                    }
                });
            }
            1 => db.set(key, StringValue::Text(value.as_bytes()), Expiry::At(9_000_000)),
            _ => db.set(key, StringValue::Text(value.as_bytes()), Expiry::Clear),
        }
    }
    shards
}

/// Everything in some shards, in a form that does not depend on where it is.
fn content(shards: &mut [store::Shard]) -> Vec<String> {
    let mut found = Vec::new();
    for shard in shards {
        for db in 0..shard.databases_used() {
            shard.db(db).for_each(|item| {
                let mut value = crate::dump(item.value(), false);
                if let Ok(hash) = item.value().as_hash(0) {
                    let mut fields: Vec<_> = hash.iter().map(|field| format!("{field:?}")).collect();
                    fields.sort();
                    value = fields.concat().into_bytes();
                }
                let sum = rdb::checksum::of(&value);
                found.push(format!("{db} {} {sum} {:?}", item.key().escape_ascii(), item.expiry_ms()));
            });
        }
    }
    found.sort();
    found
}

/// Takes a snapshot while all keys are being changed.
fn snapshot(jobs: &Arc<Jobs>, shards: &mut [store::Shard], files: &MemoryFiles) -> io::Result<Written> {
    let (job, chunks) = jobs.begin(true, 5_000).expect("none is under way");
    for shard in shards.iter_mut() {
        shard.set_sinks(jobs.sinks());
        assert!(shard.begin_snapshot());
    }
    std::thread::scope(|scope| {
        let written = scope.spawn(move || write_file(files, &target(3), &job, &chunks));
        let mut changed = 0;
        while shards.iter().any(store::Shard::has_snapshot) {
            for shard in shards.iter_mut() {
                if shard.snapshot_slice() == SliceEnd::NoRoom {
                    std::thread::yield_now();
                }
                let name = format!("key:{changed}").into_bytes();
                let key = shard.key(&name);
                shard.db(0).remove(key);
                changed += 1;
            }
        }
        let written = written.join().expect("no panic");
        jobs.end(written.is_ok(), 9_000);
        written
    })
}

#[test]
fn a_file_has_what_there_was_at_the_cut() {
    let (jobs, files, mut shards) = (Jobs::new(1), MemoryFiles::default(), filled());
    let expected = content(&mut shards);
    let written = snapshot(&jobs, &mut shards, &files).expect("room");
    assert_eq!(written.version, rdb::VERSION_FIELD_EXPIRY);
    assert!(content(&mut shards) != expected);
    let files = files.files.lock().expect("unpoisoned");
    let [(path, file)] = files.as_slice() else { panic!("{} files", files.len()) };
    assert_eq!(path, Path::new("/data/dump.rdb"));
    let file = file.lock().expect("unpoisoned");
    assert_eq!(file.len() as u64, written.bytes);
    for count in [1, 2, 5] {
        let (mut loaded, _) = load(&file, count, 100_000).expect("a good file");
        assert!(content(&mut loaded) == expected, "{count} shards");
    }
    let saves = jobs.saves();
    assert_eq!((saves.last_unix_s, saves.last_took_s, saves.count, saves.failed), (9, Some(4), 1, false));
}

#[test]
fn a_full_disk_leaves_nothing() {
    let (jobs, mut shards) = (Jobs::new(1), filled());
    let files = MemoryFiles { room: Some(300_000), ..MemoryFiles::default() };
    let error = snapshot(&jobs, &mut shards, &files).expect_err("no room");
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    assert!(files.files.lock().expect("unpoisoned").is_empty());
    assert!(jobs.saves().failed);
    assert_eq!(jobs.saves().last_unix_s, 1);
    // The next one is fine.
    assert!(snapshot(&jobs, &mut shards, &MemoryFiles::default()).is_ok());
    assert!(!jobs.saves().failed);
}
