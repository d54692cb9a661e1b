//! Logs cut, damaged and written by disks that fail.

use std::path::Path;

use base::random::Rng;
use proptest::prelude::*;

use super::commit::whole;
use super::folder::write_manifest;
use super::head::FILE_HEAD_BYTES;
use super::manifest::{Generation, log_name};
use super::volume::{Fault, MemoryVolume, Op, PlainVolume};
use super::*;

const FOLDER: &str = "aof";

fn frame(group: Option<Group>, body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    put_frame(&mut bytes, &Head { time_ms: 7, group, barrier: false }, body);
    bytes
}

fn path(generation: u64, shard: u16) -> std::path::PathBuf {
    Path::new(FOLDER).join(log_name("a", generation, shard))
}

/// A disk with these logs in the one generation.
fn disk(logs: &[Vec<u8>]) -> (MemoryVolume, Manifest) {
    let shards = logs.len() as u16;
    let disk = MemoryVolume::default();
    for (shard, log) in logs.iter().enumerate() {
        let mut content = head::file_head(shard as u16, shards, 1).to_vec();
        content.extend_from_slice(log);
        disk.put(&path(1, shard as u16), &content);
    }
    let generations = vec![Generation { number: 1, shards, start: true }];
    (disk, Manifest { generations, ..Manifest::default() })
}

/// What a log holds, as bodies of frames.
fn bodies(bytes: &[u8]) -> Vec<(Option<Group>, Vec<u8>)> {
    let mut rest = &bytes[FILE_HEAD_BYTES..];
    let mut found = Vec::new();
    // Zeros at the end are room.
    while rest.iter().any(|&byte| byte != 0) {
        let (frame, len) = next_frame(rest).expect("good").expect("whole");
        found.push((frame.head.group, frame.body.to_vec()));
        rest = &rest[len..];
    }
    found
}

fn recovered(disk: &mut MemoryVolume, manifest: &Manifest, torn: Torn) -> Result<Recovered, RecoverError> {
    recover(disk, Path::new(FOLDER), "a", manifest.clone(), torn)
}

#[test]
fn logs_cut_at_every_byte_keep_whole_groups() {
    let group = |number, parts| Some(Group { core: 1, number, parts });
    let logs: Vec<Vec<Vec<u8>>> = vec![
        vec![frame(None, b"a1"), frame(group(1, 2), b"a2"), frame(group(2, 3), b"a3"), frame(None, b"a4")],
        vec![frame(group(2, 3), b""), frame(None, b"b1"), frame(group(1, 2), b"b2")],
        vec![frame(None, b"c1"), frame(group(2, 3), b"c2")],
    ];
    let whole_logs: Vec<Vec<u8>> = logs.iter().map(|log| log.concat()).collect();
    for shard in 0..3 {
        for end in 0..=whole_logs[shard].len() {
            let mut cut = whole_logs.clone();
            cut[shard].truncate(end);
            let (mut disk, manifest) = disk(&cut);
            let found = recovered(&mut disk, &manifest, Torn::Cut).expect("recovered");
            // The oracle: whole frames that are there, and the cut of their groups.
            let frames: Vec<Vec<(Option<Group>, Vec<u8>)>> = cut
                .iter()
                .zip(&logs)
                .map(|(cut, frames)| {
                    let mut at = 0;
                    let there = frames.iter().take_while(|frame| {
                        at += frame.len();
                        at <= cut.len()
                    });
                    there
                        .map(|bytes| next_frame(bytes).expect("good").expect("whole").0)
                        .map(|f| (f.head.group, f.body.to_vec()))
                        .collect()
                })
                .collect();
            let groups: Vec<Vec<Group>> =
                frames.iter().map(|log| log.iter().filter_map(|frame| frame.0).collect()).collect();
            for (number, count) in whole(&groups).into_iter().enumerate() {
                let mut left = count;
                let expected = frames[number].iter().take_while(|frame| {
                    let stays = frame.0.is_none() || left > 0;
                    left -= usize::from(frame.0.is_some() && stays);
                    stays
                });
                let expected: Vec<_> = expected.cloned().collect();
                let content = disk.content(&path(1, number as u16)).expect("there");
                assert_eq!(bodies(&content), expected, "shard {number}, {shard} cut at {end}");
            }
            let again = recovered(&mut disk, &manifest, Torn::Refuse).expect("nothing is torn any more");
            assert_eq!((again.cuts.len(), again.bytes), (0, found.bytes));
        }
    }
}

#[test]
fn torn_ends_are_refused_if_they_are_to_be() {
    let (mut disk, manifest) = disk(&[frame(None, b"abc")[..22].to_vec()]);
    let error = recovered(&mut disk, &manifest, Torn::Refuse).expect_err("refused");
    let said = "aof/a.1.shard0.incr.log: 22 bytes at the end, from byte 24 on, do not count: a frame without its end";
    assert_eq!(error.to_string(), said);
    assert_eq!(recovered(&mut disk, &manifest, Torn::Report).expect("reported").cuts.len(), 1);
    assert_eq!(disk.content(&path(1, 0)).map(|content| content.len()), Some(FILE_HEAD_BYTES + 22));
}

#[test]
fn damage_in_the_middle_is_refused_wherever_it_is() {
    let one = frame(None, &[0xa5; 30]);
    let log = [one.clone(), frame(Some(Group { core: 0, number: 1, parts: 1 }), b"x"), one.clone()].concat();
    for at in 0..log.len() {
        let mut damaged = log.clone();
        damaged[at] ^= 0x10;
        let (mut disk, manifest) = disk(&[damaged]);
        let last = at >= log.len() - one.len();
        match recovered(&mut disk, &manifest, Torn::Cut) {
            Ok(found) => assert!(last && found.frames == 2, "{at}"),
            Err(error) => {
                assert!(!last, "{at}");
                let begins = if at < one.len() { 24 } else { 24 + one.len() };
                assert!(error.to_string().ends_with(&format!("at byte {begins}")), "{error}");
            }
        }
    }
}

#[test]
fn missing_sectors_near_the_end_are_torn() {
    let frames = [frame(None, b"first"), frame(None, &[7; 2000]), frame(None, b"last")];
    let mut log = frames.concat();
    log[1000..1600].fill(0);
    let (mut disk, manifest) = disk(&[log]);
    let found = recovered(&mut disk, &manifest, Torn::Cut).expect("torn");
    assert_eq!((found.frames, found.cuts.len()), (1, 1));
}

#[test]
fn a_file_that_is_missing_or_of_another_shard_is_named() {
    let (mut disk, mut manifest) = disk(&[Vec::new(), Vec::new()]);
    manifest.base = Some("a.1.base.rdb".into());
    let error = recovered(&mut disk, &manifest, Torn::Cut).expect_err("missing");
    assert_eq!(error.to_string(), "aof/a.1.base.rdb: the manifest lists it, and it is missing");
    manifest.base = None;
    let other = disk.content(&path(1, 0)).expect("there");
    disk.put(&path(1, 1), &other);
    let error = recovered(&mut disk, &manifest, Torn::Cut).expect_err("of another shard");
    assert!(error.to_string().starts_with("aof/a.1.shard1.incr.log: it does not begin as"), "{error}");
}

/// What a core did: appended frames by shard, with the position of their ends.
#[derive(Default)]
struct Story {
    /// By shard: name of the frame, its group, the position of its end.
    frames: Vec<Vec<(String, Option<Group>, u64)>>,
}

/// Runs a plane over a disk that fails, with random work, and loses the power. Returns the story and the commit points.
fn tell(seed: u64, disk: &MemoryVolume, faults: bool, policy: Policy) -> (Story, Vec<u64>, Vec<String>) {
    let mut rng = Rng::new(seed);
    let shards = 1 + rng.below(3) as usize;
    let logs = Logs::new(shards);
    logs.set_policy(policy);
    if rng.below(2) == 0 {
        logs.let_cores_write();
    }
    let mut cores: Vec<Core> =
        (0..shards).map(|shard| Core { own: Own::new(logs.clone(), shard), under_way: None }).collect();
    let mut plane = Plane::new(logs.clone(), disk.clone(), Box::new(|_| {}));
    let opening = Opening {
        folder: FOLDER.into(),
        name: "a".into(),
        manifest: Manifest::default(),
        after: 0,
        whole: true,
    };
    logs.open(opening);
    plane.step(0);
    if faults {
        let mut rng = Rng::new(seed ^ 77);
        disk.set_faults(move |op| {
            if rng.below(4) != 0 {
                return None;
            }
            let kind = std::io::ErrorKind::StorageFull;
            Some(match (op, rng.below(3)) {
                (Op::Write(len), 0) => Fault::Short(rng.below(len as u64 + 1) as usize),
                (Op::Write(len), 1) => Fault::Half(rng.below(len as u64 + 1) as usize, kind),
                (Op::Sync, 0) => Fault::Half(0, kind),
                _ => Fault::Refused(kind),
            })
        });
    }
    let mut story = Story { frames: vec![Vec::new(); shards] };
    let mut pending: Vec<Vec<(String, Option<Group>)>> = vec![Vec::new(); shards];
    let mut now_ms = 0;
    let mut generation = 1;
    for number in 0..rng.below(60) {
        if rng.below(3) == 0 && shards > 1 {
            let first = rng.below(shards as u64) as usize;
            let members: Vec<usize> =
                (0..shards).filter(|&shard| shard == first || rng.below(2) == 0).collect();
            let parts = members.len() as u16;
            for shard in members {
                pending[shard].push((format!("g{number}s{shard}"), Some(Group { core: 2, number, parts })));
            }
        } else {
            pending[rng.below(shards as u64) as usize].push((format!("f{number}"), None));
        }
        if rng.below(20) == 0 {
            // A cut: everything before it is appended.
            generation += 1;
            (0..shards).for_each(|shard| flush(&logs, &mut cores, &mut story, &mut pending, shard));
            for (shard, core) in cores.iter_mut().enumerate() {
                core.own.give_back();
                logs.rotate(shard, generation);
            }
        }
        if rng.below(20) == 0 {
            logs.set_policy([Policy::Always, Policy::EverySec][rng.below(2) as usize]);
        }
        let shard = rng.below(shards as u64) as usize;
        if rng.below(2) == 0 {
            flush(&logs, &mut cores, &mut story, &mut pending, shard);
        }
        // The core's turn, and perhaps the end of its write.
        cores[shard].turn(now_ms * 1000);
        if rng.below(2) == 0 {
            cores[shard].written(now_ms * 1000);
        }
        if rng.below(3) == 0 {
            now_ms += rng.below(500);
            plane.step(now_ms);
        }
    }
    disk.mend();
    if rng.below(4) == 0 {
        (0..shards).for_each(|shard| flush(&logs, &mut cores, &mut story, &mut pending, shard));
        logs.set_policy(Policy::Always);
        for _ in 0..20 {
            now_ms += 1000;
            plane.step(now_ms);
            for core in &mut cores {
                core.turn(now_ms * 1000);
                core.written(now_ms * 1000);
            }
        }
        assert!(!logs.is_failed());
        for shard in 0..shards {
            assert_eq!(logs.committed(shard), logs.appended(shard), "all groups are whole");
        }
    }
    let committed = (0..shards).map(|shard| logs.committed(shard)).collect();
    disk.lose_power(|max| rng.below(max as u64) as usize);
    let manifest = read_manifest(&mut disk.clone(), Path::new(FOLDER), "a")
        .expect("good")
        .expect("there")
        .expect("ours");
    let found = recover(&mut disk.clone(), Path::new(FOLDER), "a", manifest.clone(), Torn::Cut);
    let found = found.unwrap_or_else(|error| panic!("seed {seed}: {error}"));
    let kept = manifest
        .generations
        .iter()
        .flat_map(|generation| (0..shards as u16).map(|shard| (generation.number, shard)));
    let mut names = Vec::new();
    for (generation, shard) in kept {
        let content = disk.content(&path(generation, shard)).expect("listed");
        names.extend(
            bodies(&content)
                .into_iter()
                .map(|(_, body)| format!("{shard}:{}", String::from_utf8(body).expect("text"))),
        );
    }
    assert!(found.frames as usize >= names.len());
    (story, committed, names)
}

/// A core, as far as it takes its log to the disk by itself.
struct Core {
    own: Own,
    under_way: Option<Write>,
}

impl Core {
    fn turn(&mut self, now_us: u64) {
        if let Some(write) = self.own.next_write(now_us) {
            assert!(self.under_way.replace(write).is_none(), "one write at a time");
        }
    }

    fn written(&mut self, now_us: u64) {
        if let Some(write) = self.under_way.take() {
            let result = write.file.write_synced(write.offset, write.content());
            self.own.written(write.bytes, result, now_us);
        }
    }
}

fn flush(
    logs: &Logs,
    cores: &mut [Core],
    story: &mut Story,
    pending: &mut [Vec<(String, Option<Group>)>],
    shard: usize,
) {
    let (mut bytes, mut groups) = (Vec::new(), Vec::new());
    let start = logs.appended(shard);
    for (name, group) in pending[shard].drain(..) {
        bytes.extend(frame(group, name.as_bytes()));
        let end = start + bytes.len() as u64;
        groups.extend(group.map(|group| (group, end)));
        story.frames[shard].push((name, group, end));
    }
    if !bytes.is_empty() && !cores[shard].own.take(&mut bytes, &mut groups) {
        logs.append(shard, bytes, &groups);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// Whatever the disk does and whenever the power is lost: what is recovered is a prefix of each log, in order, nothing twice;
    /// groups are whole or absent; and all that was committed is there.
    #[test]
    fn nothing_committed_is_lost(seed in any::<u64>(), faults in any::<bool>(), everysec in any::<bool>()) {
        let policy = if everysec { Policy::EverySec } else { Policy::Always };
        let (story, committed, names) = tell(seed, &MemoryVolume::default(), faults, policy);
        let mut kept = Vec::new();
        for (shard, frames) in story.frames.iter().enumerate() {
            let of_shard = format!("{shard}:");
            let found: Vec<&str> = names.iter().filter_map(|name| name.strip_prefix(&of_shard)).collect();
            let expected: Vec<&str> = frames.iter().take(found.len()).map(|frame| &*frame.0).collect();
            prop_assert_eq!(&found, &expected, "a prefix");
            let must = frames.iter().filter(|frame| frame.2 <= committed[shard]).count();
            prop_assert!(found.len() >= must, "{} of {} committed frames of shard {}", found.len(), must, shard);
            kept.extend(frames.iter().take(found.len()).filter_map(|frame| frame.1));
        }
        for group in &kept {
            prop_assert_eq!(kept.iter().filter(|other| *other == group).count(), usize::from(group.parts));
        }
    }
}

#[test]
fn a_manifest_on_a_plain_disk_is_read_again() {
    let folder = std::env::temp_dir().join(format!("anax-manifest-{}", std::process::id()));
    let mut volume = PlainVolume;
    volume.create_folder(&folder).expect("made");
    assert!(read_manifest(&mut volume, &folder, "a").expect("good").is_none());
    let manifest = Manifest { base: Some("x".into()), ..Manifest::default() };
    write_manifest(&mut volume, &folder, "a", &manifest).expect("written");
    assert_eq!(read_manifest(&mut volume, &folder, "a").expect("good"), Some(Ok(manifest)));
    std::fs::remove_dir_all(&folder).expect("removed");
}
