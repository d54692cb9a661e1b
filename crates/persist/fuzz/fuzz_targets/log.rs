//! Frames, manifests and whole logs out of any bytes: an error or what is there, never a panic, and what was recovered once is
//! recovered again.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use persist::load::Source;
use persist::log::manifest::{Generation, log_name};
use persist::log::{LogSource, Manifest, MemoryVolume, Torn, head, next_frame, parse_foreign, recover};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(Some((frame, len))) = next_frame(bytes) {
        assert!(len <= bytes.len());
        assert!(frame.commands().count() <= frame.body.len() + 1);
    }
    if let Some(Ok(manifest)) = Manifest::parse(bytes) {
        assert_eq!(Manifest::parse(manifest.render().as_bytes()), Some(Ok(manifest)));
    }
    let _ = parse_foreign(bytes);

    // Two logs: the first byte says where one ends.
    let Some((&cut, rest)) = bytes.split_first() else { return };
    let (first, second) = rest.split_at(usize::from(cut).min(rest.len()));
    let folder = Path::new("f");
    let mut disk = MemoryVolume::default();
    for (shard, log) in [first, second].into_iter().enumerate() {
        let content = [&head::file_head(shard as u16, 2, 1), log].concat();
        disk.put(&folder.join(log_name("a", 1, shard as u16)), &content);
    }
    disk.put(&folder.join("commands.aof"), rest);
    let generations = vec![Generation { number: 1, shards: 2, start: true }];
    let manifest = Manifest { generations, imported: vec!["commands.aof".into()], base: None };
    if let Ok(found) = recover(&mut disk, folder, "a", manifest.clone(), Torn::Cut) {
        let again = recover(&mut disk, folder, "a", manifest, Torn::Refuse).expect("nothing is torn any more");
        assert_eq!((found.frames >= again.frames, found.bytes), (true, again.bytes));
        for shards in [2, 3] {
            let mut source = LogSource::new(disk.clone(), folder, "a", &again, shards).expect("there is no base");
            while let Ok(Some(_)) = source.next(&vec![0; shards]) {}
        }
    }
});
