//! Snapshots of shards that go on changing, written to files and loaded again.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use store::{Expiry, SliceEnd, StringValue};

use super::*;
use crate::files::{File, Files};
use crate::load::tests::{load, shards};
use crate::load::{FeedItem, LoadError, Loader, Step};
use crate::parts::{self, FrameReader, FrameRest, MANIFEST, Manifest};

type Bytes = Arc<Mutex<Vec<u8>>>;

/// What goes wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum Fault {
    #[default]
    Nothing,
    MakeFolder,
    /// The file of this number, counted from 0.
    Create(usize),
    /// The disk is full after so many bytes in a file.
    Full(usize),
    /// The disk takes so many bytes of a file, and then says that it can't.
    Broken(usize),
    Start,
    Sync,
    /// The renaming.
    Rename,
    SyncFolder,
}

/// Files in memory, with something that goes wrong.
#[derive(Default)]
pub(super) struct MemoryFiles {
    fault: Fault,
    files: Mutex<Vec<(PathBuf, Bytes)>>,
    made: AtomicUsize,
}

struct MemoryFile(Bytes, Fault);

fn fault_if(happens: bool) -> io::Result<()> {
    if happens { Err(io::Error::from_raw_os_error(5)) } else { Ok(()) }
}

impl File for MemoryFile {
    fn write(&mut self, bytes: Vec<u8>) -> io::Result<()> {
        let mut content = self.0.lock().expect("unpoisoned");
        match self.1 {
            Fault::Full(room) if content.len() + bytes.len() > room => Err(io::ErrorKind::StorageFull.into()),
            Fault::Broken(room) if content.len() + bytes.len() > room => {
                let some = room - content.len();
                content.extend_from_slice(&bytes[..some]);
                fault_if(true)
            }
            _ => {
                content.extend_from_slice(&bytes);
                Ok(())
            }
        }
    }

    fn write_at_start(&mut self, bytes: &[u8]) -> io::Result<()> {
        fault_if(self.1 == Fault::Start)?;
        self.0.lock().expect("unpoisoned")[..bytes.len()].copy_from_slice(bytes);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        fault_if(self.1 == Fault::Sync)
    }
}

impl Files for MemoryFiles {
    fn create(&self, path: &Path) -> io::Result<Box<dyn File>> {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        fault_if(self.fault == Fault::Create(number))?;
        let content = Arc::default();
        let mut files = self.files.lock().expect("unpoisoned");
        files.retain(|(other, _)| other != path);
        files.push((path.into(), Arc::clone(&content)));
        Ok(Box::new(MemoryFile(content, self.fault)))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        fault_if(self.fault == Fault::Rename)?;
        let mut files = self.files.lock().expect("unpoisoned");
        files.retain(|(path, _)| path != to);
        files.iter_mut().filter(|(path, _)| path == from).for_each(|(path, _)| *path = to.into());
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.files.lock().expect("unpoisoned").retain(|(other, _)| other != path);
        Ok(())
    }

    fn make_folder(&self, _: &Path) -> io::Result<()> {
        fault_if(self.fault == Fault::MakeFolder)
    }

    fn list(&self, path: &Path) -> io::Result<Vec<String>> {
        let files = self.files.lock().expect("unpoisoned");
        let names = files.iter().filter_map(|(file, _)| file.strip_prefix(path).ok());
        Ok(names.map(|name| name.display().to_string()).collect())
    }

    fn sync_folder(&self, _: &Path) -> io::Result<()> {
        fault_if(self.fault == Fault::SyncFolder)
    }
}

impl MemoryFiles {
    /// All files with their content, by name.
    pub(super) fn all(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let files = self.files.lock().expect("unpoisoned");
        let mut all: Vec<_> = files
            .iter()
            .map(|(path, content)| (path.clone(), content.lock().expect("unpoisoned").clone()))
            .collect();
        all.sort();
        all
    }
}

pub(super) fn at_once(works: Vec<Work<'_>>) {
    std::thread::scope(|scope| works.into_iter().for_each(|work| drop(scope.spawn(work))));
}

pub(super) fn target(shards: usize) -> Target {
    let about = vec![("redis-ver", "8.2.0".to_owned())];
    Target {
        folder: "/data".into(),
        name: "dump.rdb".into(),
        form: Form::File,
        number: 17,
        compressed: true,
        checksum: true,
        shards,
        about,
    }
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
                if let Ok(set) = item.value().as_set() {
                    let mut members = Vec::new();
                    set.all(|member| {
                        members.push(format!("{member:?}"));
                        true
                    });
                    members.sort();
                    value = members.concat().into_bytes();
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
fn snapshot(
    jobs: &Arc<Jobs>,
    shards: &mut [store::Shard],
    files: &dyn Files,
    target: &Target,
) -> io::Result<Written> {
    let (job, chunks) = jobs.begin(true, 5_000).expect("none is under way");
    for (number, shard) in shards.iter_mut().enumerate() {
        shard.set_sinks(jobs.sinks(number as u16, 3));
        assert!(shard.begin_snapshot(job.number()));
    }
    std::thread::scope(|scope| {
        let written = scope.spawn(move || write(files, &at_once, target, &job, chunks));
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
    let written = snapshot(&jobs, &mut shards, &files, &target(3)).expect("room");
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

/// Adds to three shards big collections of all types that are viewed, each to every shard.
fn add_big(shards: &mut [store::Shard]) {
    for (number, shard) in shards.iter_mut().enumerate() {
        for i in 0..400 {
            let name = format!("big:{i}").into_bytes();
            if usize::from(base::slot::shard_of_slot(base::slot::key_slot(&name), 3)) != number {
                continue;
            }
            let kinds = [store::Kind::Hash, store::Kind::Set, store::Kind::SortedSet, store::Kind::List];
            let key = shard.key(&name);
            let mut db = shard.db(0);
            let kind = kinds[i % 4];
            let count = if i < 12 { 20_000 } else { 10 };
            let _ = db.edit(key, kind, |draft| {
                for element in 0..count {
                    let text = format!("element {element}");
                    match kind {
                        store::Kind::Hash => {
                            draft.as_hash().set(text.as_bytes(), b"value", store::FieldExpiry::Clear);
                        }
                        store::Kind::Set => {
                            draft.as_set().add(text.as_bytes(), 0);
                        }
                        store::Kind::SortedSet => {
                            draft.as_sorted_set().add(f64::from(element % 1000), text.as_bytes());
                        }
                        _ => {
                            draft.as_list().push(ds::list::Side::Back, store::Element::Bytes(text.as_bytes()))
                        }
                    }
                }
            });
        }
    }
}

/// Changes some of each big collection.
fn change_big(shards: &mut [store::Shard], turn: u32) {
    for (number, shard) in shards.iter_mut().enumerate() {
        for i in 0..12 {
            let name = format!("big:{i}").into_bytes();
            if usize::from(base::slot::shard_of_slot(base::slot::key_slot(&name), 3)) != number {
                continue;
            }
            let key = shard.key(&name);
            let mut db = shard.db(0);
            let text = format!("element {}", (turn * 37) % 20_000);
            match i % 4 {
                0 => {
                    let _ = db.edit(key, store::Kind::Hash, |draft| {
                        draft.as_hash().set(text.as_bytes(), b"changed", store::FieldExpiry::Clear);
                    });
                }
                1 => {
                    let _ = db.edit(key, store::Kind::Set, |draft| {
                        draft.as_set().remove(text.as_bytes());
                    });
                }
                _ if turn % 100 == 99 => {
                    db.remove(key);
                }
                _ => {}
            }
        }
    }
}

#[test]
fn big_values_are_written_as_they_were_though_they_change() {
    for form in [Form::File, Form::Folder] {
        let (jobs, files, mut shards) = (Jobs::new(1), MemoryFiles::default(), filled());
        add_big(&mut shards);
        let expected = content(&mut shards);
        let target = Target { form, ..target(3) };
        let (job, chunks) = jobs.begin(false, 5_000).expect("none is under way");
        for (number, shard) in shards.iter_mut().enumerate() {
            shard.set_sinks(jobs.sinks(number as u16, 3));
            assert!(shard.begin_snapshot(job.number()));
        }
        std::thread::scope(|scope| {
            let (files, target) = (&files, &target);
            let written = scope.spawn(move || write(files, &at_once, target, &job, chunks));
            let mut turn = 0;
            while shards.iter().any(store::Shard::has_snapshot) && !written.is_finished() {
                for shard in shards.iter_mut() {
                    if shard.snapshot_slice() == SliceEnd::NoRoom {
                        std::thread::yield_now();
                    }
                }
                change_big(&mut shards, turn);
                turn += 1;
            }
            written.join().expect("no panic").expect("room");
        });
        assert!(content(&mut shards) != expected);
        let all = files.all();
        for count in [1, 5] {
            let mut loaded = match form {
                Form::File => load(&all[0].1, count, 100_000).expect("a good file").0,
                Form::Folder => load_folder(&all, count).expect("a good folder"),
            };
            assert!(content(&mut loaded) == expected, "{form:?}, {count} shards");
        }
    }
}

/// Loads a snapshot in a folder.
fn load_folder(files: &[(PathBuf, Vec<u8>)], count: u16) -> Result<Vec<store::Shard>, LoadError> {
    let content = |name: &str| {
        let found = files.iter().find(|(path, _)| path.ends_with(name));
        found.map(|(_, content)| content.as_slice()).expect("the file is there")
    };
    let text = std::str::from_utf8(content(MANIFEST)).expect("text");
    let manifest = Manifest::parse(text).expect("a good manifest");
    let mut shards = shards(count);
    for (number, shard) in shards.iter_mut().enumerate() {
        let mut loader = Loader::new(number as u16, count, true);
        let mut run = |loader: &mut Loader, item: FeedItem| -> Result<(), LoadError> {
            loader.feed(&item)?;
            while loader.work(shard, 100)? != Step::Hungry {}
            Ok(())
        };
        for (part, at) in manifest.parts.iter().enumerate() {
            if !parts::overlap((part, manifest.parts.len()), (number, count.into())) {
                continue;
            }
            let mut frames = FrameReader::new(content(&at.name), at.bytes);
            run(&mut loader, FeedItem::PartBegin(part, manifest.version))?;
            loop {
                let rest = frames.read_frame().map_err(|error| LoadError::within(&error).expect("damage"))?;
                match rest {
                    FrameRest::Frame(frame, at) => {
                        run(&mut loader, FeedItem::PartFrame(part, frame.into(), at))?
                    }
                    FrameRest::End => break,
                }
            }
            run(&mut loader, FeedItem::PartEnd(part))?;
        }
        assert_eq!(loader.inside(), None);
    }
    Ok(shards)
}

fn folder_target() -> Target {
    Target { form: Form::Folder, ..target(3) }
}

#[test]
fn a_folder_has_what_there_was_at_the_cut_and_fits_any_number_of_shards() {
    let (jobs, files, mut shards) = (Jobs::new(1), MemoryFiles::default(), filled());
    let expected = content(&mut shards);
    let written = snapshot(&jobs, &mut shards, &files, &folder_target()).expect("room");
    let all = files.all();
    let names: Vec<_> = all.iter().map(|(path, _)| path.display().to_string()).collect();
    let folder = "/data/dump.snapshot/";
    let expected_names = ["17.0.part", "17.1.part", "17.2.part", "manifest"];
    assert_eq!(names, expected_names.map(|name| format!("{folder}{name}")));
    assert_eq!(written.bytes, all.iter().map(|(_, content)| content.len() as u64).sum::<u64>());
    for count in [1, 2, 3, 7] {
        let mut loaded = load_folder(&all, count).expect("a good folder");
        assert!(content(&mut loaded) == expected, "{count} shards");
    }
    // The next one takes its place.
    let later = content(&mut shards);
    snapshot(&jobs, &mut shards, &files, &Target { number: 18, ..folder_target() }).expect("room");
    let all = files.all();
    assert_eq!(all.len(), 4);
    assert!(content(&mut load_folder(&all, 2).expect("a good folder")) == later);
}

#[test]
fn damage_of_a_folder_is_found_where_it_is() {
    let (jobs, files, mut shards) = (Jobs::new(1), MemoryFiles::default(), filled());
    snapshot(&jobs, &mut shards, &files, &folder_target()).expect("room");
    let all = files.all();
    let len = all[1].1.len();
    for at in (0..len).step_by(len / 50) {
        let mut flipped = all.clone();
        flipped[1].1[at] ^= 4;
        let error = load_folder(&flipped, 2).err().expect("refused");
        assert!(error.offset <= at as u64, "{at}: {error}");
        let mut cut = all.clone();
        cut[1].1.truncate(at);
        let error = load_folder(&cut, 2).err().expect("refused");
        assert!(error.offset <= at as u64 && error.problem == "unexpected end", "{at}: {error}");
    }
}

#[test]
fn whatever_goes_wrong_the_old_snapshot_stays_and_the_next_one_is_fine() {
    let faults = [
        Fault::Create(0),
        Fault::Create(2),
        Fault::Create(3),
        Fault::Full(0),
        Fault::Full(100_000),
        Fault::Full(300_000),
        Fault::Broken(1),
        Fault::Broken(280_000),
        Fault::Start,
        Fault::Sync,
        Fault::Rename,
        Fault::SyncFolder,
        Fault::MakeFolder,
    ];
    for form in [Form::File, Form::Folder] {
        let (jobs, mut files, mut shards) = (Jobs::new(1), MemoryFiles::default(), filled());
        let mut number = 0;
        let mut take = |files: &MemoryFiles, shards: &mut [store::Shard]| {
            number += 1;
            snapshot(&jobs, shards, files, &Target { form, number, ..target(3) })
        };
        take(&files, &mut shards).expect("room");
        let mut old = files.all();
        for fault in faults {
            files.fault = fault;
            files.made = AtomicUsize::new(0);
            let result = take(&files, &mut shards);
            let meets = match fault {
                Fault::Create(number) => form == Form::Folder || number == 0,
                Fault::Start => form == Form::File,
                // Each part has a third of the bytes.
                Fault::Full(room) | Fault::Broken(room) => form == Form::File || room < 200_000,
                Fault::MakeFolder => form == Form::Folder,
                _ => true,
            };
            assert_eq!(result.is_err(), meets, "{form:?} {fault:?}: {result:?}");
            assert_eq!(jobs.saves().failed, meets);
            if let Err(error) = result {
                assert_ne!(error.kind(), io::ErrorKind::Interrupted, "{form:?} {fault:?}: {error}");
            }
            // When the name of a folder's manifest, or of a file, may not be on the disk, the new one is there nevertheless.
            let is_old = !meets || fault == Fault::SyncFolder || files.all() == old;
            assert!(is_old, "{form:?} {fault:?}: the old snapshot is gone");
            files.fault = Fault::Nothing;
            assert!(take(&files, &mut shards).is_ok(), "{form:?} {fault:?}: the next one");
            assert!(!jobs.saves().failed);
            old = files.all();
            assert_eq!(old.len(), if form == Form::File { 1 } else { 4 }, "{form:?} {fault:?}: leftovers");
        }
    }
}

#[test]
fn a_full_disk_leaves_nothing() {
    let (jobs, mut shards) = (Jobs::new(1), filled());
    let files = MemoryFiles { fault: Fault::Full(300_000), ..MemoryFiles::default() };
    let error = snapshot(&jobs, &mut shards, &files, &target(3)).expect_err("no room");
    assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    assert!(files.files.lock().expect("unpoisoned").is_empty());
    assert!(jobs.saves().failed);
    assert_eq!(jobs.saves().last_unix_s, 1);
    // The next one is fine.
    assert!(snapshot(&jobs, &mut shards, &MemoryFiles::default(), &target(3)).is_ok());
    assert!(!jobs.saves().failed);
}
