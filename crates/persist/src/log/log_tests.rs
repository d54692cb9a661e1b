//! The plane over real files; see `volume` for disks that fail.

use std::path::PathBuf;
use std::sync::mpsc::channel;

use super::head::FILE_HEAD_BYTES;
use super::manifest::{Generation, log_name, manifest_name};
use super::*;

/// A folder that is removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("anax-log-{}-{name}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        Folder(path)
    }

    fn frames(&self, generation: u64, shard: u16) -> Vec<(Option<Group>, Vec<u8>)> {
        let bytes = std::fs::read(self.0.join(log_name("a.aof", generation, shard))).expect("a log");
        // Room that was made is not used; no frame here ends with a zero.
        let end = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
        let mut rest = &bytes[FILE_HEAD_BYTES..end];
        let mut frames = Vec::new();
        while let Some((frame, len)) = next_frame(rest).expect("good frames") {
            frames.push((frame.head.group, frame.body.to_vec()));
            rest = &rest[len..];
        }
        assert!(rest.is_empty());
        frames
    }

    fn manifest(&self) -> Manifest {
        let bytes = std::fs::read(self.0.join(manifest_name("a.aof"))).expect("a manifest");
        Manifest::parse(&bytes).expect("ours").expect("good")
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn frame(group: Option<Group>, body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    put_frame(&mut bytes, &Head { time_ms: 7, group, barrier: false }, body);
    bytes
}

fn opening(folder: &Folder, whole: bool) -> Opening {
    let (folder, name) = (folder.0.clone(), "a.aof".into());
    Opening { folder, name, manifest: Manifest::default(), after: 0, whole }
}

#[test]
fn frames_are_written_and_groups_committed_whole() {
    let folder = Folder::new("groups");
    let logs = Logs::new(2);
    logs.set_policy(Policy::Always);
    let (sender, woken) = channel();
    let wake = move |shard| sender.send(shard).expect("somebody looks");
    let mut plane = Plane::new(logs.clone(), PlainVolume, Box::new(wake));
    assert_eq!(plane.step(0), Next::Rung);
    logs.open(opening(&folder, true));
    assert!(logs.is_on());
    // The core of the first shard has something to do as soon as its commit point moves, that of the second when both are far on.
    logs.wait_for_commits(0, |shard| (shard == 0).then_some(1), None);
    logs.wait_for_commits(1, |_| None, Some(&[2, 2]));
    let group = Group { core: 1, number: 5, parts: 2 };
    let plain = frame(None, b"plain");
    let part = frame(Some(group), b"part");
    let end = logs.append(0, plain.clone(), &[]);
    assert_eq!(end, plain.len() as u64);
    let first = logs.append(0, part.clone(), &[(group, end + part.len() as u64)]);
    while plane.step(0) == Next::Again {}
    assert_eq!(logs.synced(0), first);
    assert!((end..first).contains(&logs.committed(0)), "the other half of the group is missing");
    assert_eq!(woken.try_iter().collect::<Vec<_>>(), [0]);
    let second = logs.append(1, part.clone(), &[(group, part.len() as u64)]);
    while plane.step(0) == Next::Again {}
    assert_eq!((logs.committed(0), logs.committed(1)), (first, second));
    assert_eq!(woken.try_iter().collect::<Vec<_>>(), [0, 1]);
    assert_eq!(folder.frames(1, 0), [(None, b"plain".to_vec()), (Some(group), b"part".to_vec())]);
    assert_eq!(folder.frames(1, 1), [(Some(group), b"part".to_vec())]);
    assert_eq!(folder.manifest().generations, [Generation { number: 1, shards: 2, start: true }]);
    assert!(logs.recycle(0).capacity() > 0, "buffers come back");
    logs.stop();
    while plane.step(0) == Next::Again {}
    assert_eq!(plane.step(0), Next::Over);
}

#[test]
fn whoever_waits_is_woken_when_the_policy_changes_meanwhile() {
    for (from, to) in
        [(Policy::Always, Policy::No), (Policy::Always, Policy::EverySec), (Policy::No, Policy::Always)]
    {
        let folder = Folder::new("policies");
        let logs = Logs::new(1);
        logs.set_policy(from);
        let (sender, woken) = channel();
        let wake = move |shard| sender.send(shard).expect("somebody looks");
        let mut plane = Plane::new(logs.clone(), PlainVolume, Box::new(wake));
        logs.open(opening(&folder, true));
        while plane.step(0) == Next::Again {}
        let end = logs.append(0, frame(None, b"frame"), &[]);
        if from == Policy::No {
            // It counts as committed, though it is not synced.
            while plane.step(0) == Next::Again {}
            assert!(logs.committed(0) == end && logs.synced(0) < end);
        }
        logs.wait_for_commits(0, |_| Some(end), None);
        assert_eq!(woken.try_iter().count(), 0);
        logs.set_policy(to);
        while plane.step(5000) == Next::Again {}
        assert_eq!(logs.committed(0), end);
        assert!(woken.try_iter().count() > 0, "{from:?} {to:?}");
        logs.force_syncs(true);
        assert_eq!(logs.policy(), Policy::Always);
        logs.set_policy(Policy::EverySec);
        assert_eq!(logs.policy(), Policy::Always);
        logs.force_syncs(false);
        assert_eq!(logs.policy(), Policy::EverySec);
    }
}

#[test]
fn a_rewrite_replaces_what_was_before() {
    let folder = Folder::new("rewrite");
    let logs = Logs::new(2);
    let mut plane = Plane::new(logs.clone(), PlainVolume, Box::new(|_| {}));
    logs.open(opening(&folder, true));
    logs.append(0, frame(None, b"one"), &[]);
    plane.step(0);
    let generation = logs.begin_rewrite(0).expect("none is under way");
    assert_eq!(logs.begin_rewrite(0), Err(Busy));
    let (base_folder, base) = logs.base_file(generation);
    std::fs::write(base_folder.join(&base), b"a snapshot").expect("written");
    logs.append(0, frame(None, b"two"), &[]);
    logs.rotate(0, generation);
    logs.append(0, frame(None, b"three"), &[]);
    logs.end_rewrite(Some(10), 3000);
    while plane.step(1) == Next::Again {}
    let manifest = folder.manifest();
    assert_eq!((manifest.base, manifest.generations.len()), (None, 2), "shard 1 has not come to the cut");
    logs.rotate(1, generation);
    while plane.step(1) == Next::Again {}
    let manifest = folder.manifest();
    assert_eq!((manifest.base.as_deref(), manifest.last()), (Some(&*base), 2));
    assert_eq!(folder.frames(2, 0), [(None, b"three".to_vec())]);
    assert_eq!(folder.frames(2, 1), []);
    assert!(!folder.0.join(log_name("a.aof", 1, 0)).exists());
    let status = logs.status();
    assert_eq!((status.rewrites, status.rewrite_took_ms, status.error), (1, Some(3000), None));
    let frames = frame(None, b"three").len() as u64;
    assert_eq!((status.current_bytes, status.base_bytes), (10 + 48 + frames, 10 + 48 + frames));
}

#[test]
fn a_rewrite_begins_while_logs_are_granted() {
    // A core that has its log, with and without something to write, and one that has not taken it yet.
    for (takes, writes) in [(true, true), (true, false), (false, false)] {
        let folder = Folder::new("granted");
        let logs = Logs::new(1);
        logs.set_policy(Policy::Always);
        logs.let_cores_write();
        let mut plane = Plane::new(logs.clone(), PlainVolume, Box::new(|_| {}));
        logs.open(opening(&folder, true));
        while plane.step(0) == Next::Again {}
        let mut own = Own::new(logs.clone(), 0);
        if takes {
            assert!(own.take(&mut frame(None, b"one"), &mut Vec::new()));
            let write = own.next_write(0).expect("a write");
            let len = write.file.write_synced(write.offset, write.content());
            own.written(write.bytes, len, 0);
        }
        if writes {
            assert!(own.take(&mut frame(None, b"two"), &mut Vec::new()));
        }
        let generation = logs.begin_rewrite(0).expect("none is under way");
        own.give_back();
        logs.rotate(0, generation);
        assert!(!own.take(&mut frame(None, b"three"), &mut Vec::new()), "it goes elsewhere");
        logs.append(0, frame(None, b"three"), &[]);
        std::fs::write(folder.0.join(logs.base_file(generation).1), b"base").expect("written");
        logs.end_rewrite(Some(4), 1);
        while plane.step(0) == Next::Again {}
        assert_eq!(logs.status().rewriting_since_ms, None);
        assert!(folder.manifest().base.is_some());
        assert_eq!(folder.frames(generation, 0), [(None, b"three".to_vec())]);
    }
}

#[test]
fn a_log_that_begins_late_is_listed_with_its_base() {
    let folder = Folder::new("late");
    let logs = Logs::new(1);
    let mut plane = Plane::new(logs.clone(), PlainVolume, Box::new(|_| {}));
    logs.open(opening(&folder, false));
    let before = logs.append(0, frame(None, b"before the cut"), &[]);
    while plane.step(0) == Next::Again {}
    assert_eq!(logs.committed(0), before, "nobody needs to wait");
    let generation = logs.begin_rewrite(0).expect("none is under way");
    logs.rotate(0, generation);
    let end = logs.append(0, frame(None, b"after"), &[]);
    while plane.step(0) == Next::Again {}
    assert!(!folder.0.join(manifest_name("a.aof")).exists());
    std::fs::write(folder.0.join(logs.base_file(generation).1), b"base").expect("written");
    logs.end_rewrite(Some(4), 0);
    while plane.step(2000) == Next::Again {}
    assert_eq!((folder.manifest().base.is_some(), folder.manifest().last()), (true, 1));
    assert_eq!(folder.frames(1, 0), [(None, b"after".to_vec())]);
    assert_eq!(logs.synced(0), end);
    logs.close();
    while plane.step(2000) == Next::Again {}
    assert!(!logs.is_on());
}

#[test]
fn the_plane_sleeps_until_it_is_rung_for() {
    let logs = Logs::new(1);
    let other = logs.clone();
    let (told, tell) = channel();
    let sleeper = std::thread::spawn(move || {
        other.wait(Next::Rung, 0);
        other.heard();
        let _ = told.send(());
        other.wait(Next::Pause(600_000), 0);
        other.heard();
        other.wait(Next::At(5), 0);
    });
    logs.append(0, Vec::new(), &[]);
    tell.recv().expect("woken");
    logs.append(0, Vec::new(), &[]);
    logs.stop();
    sleeper.join().expect("woken");
}

#[test]
fn room_at_the_end_of_a_file_is_no_damage() {
    let folder = Folder::new("room");
    let mut volume = PlainVolume;
    volume.create_folder(&folder.0).expect("made");
    let path = folder.0.join("file");
    let mut file = volume.create(&path).expect("made");
    let mut bytes = super::head::file_head(0, 1, 1).to_vec();
    bytes.extend(frame(None, b"something"));
    volume.make_room(&mut file, bytes.len() as u64);
    assert_eq!(volume.write(&mut file, 0, &[std::io::IoSlice::new(&bytes)]).expect("written"), bytes.len());
    let mut reader = super::reader::LogReader::new(&mut volume, &path, u64::MAX).expect("a file");
    assert!(matches!(reader.next(&mut volume).expect("read"), super::reader::Found::Frame(..)));
    assert_eq!(reader.next(&mut volume).expect("read"), super::reader::Found::End);
    assert_eq!(reader.offset(), bytes.len() as u64, "what follows is not read as frames");
    // Anything in it is damage.
    let at = bytes.len() as u64 + 1000;
    volume.write(&mut file, at, &[std::io::IoSlice::new(b"x")]).expect("written");
    let mut reader = super::reader::LogReader::new(&mut volume, &path, u64::MAX).expect("a file");
    reader.next(&mut volume).expect("read");
    assert!(matches!(reader.next(&mut volume).expect("read"), super::reader::Found::Damaged(_)));
}
