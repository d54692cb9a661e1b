//! Snapshots out of any bytes, as a shard takes them in: a file, a payload of DUMP, a manifest, frames of a part. An error or
//! keys, never a panic; and whatever value came of it can be dumped and restored to the same.
//!
//! Run: `cargo +nightly fuzz run load ../rdb/tests/files` in `crates/persist`.

#![no_main]

use std::sync::OnceLock;

use base::KeyHasher;
use libfuzzer_sys::fuzz_target;
use persist::load::{ShardLoader, Step};
use persist::parts::{FrameReader, FrameRest, Manifest, content};
use store::{Shard, ShardOptions};

/// What a slice loads at most.
const SLICE: usize = 50;
/// Made once, since it is never freed.
static HASHER: OnceLock<KeyHasher> = OnceLock::new();

fn shard(number: u16, shards: u16) -> Shard {
    let hasher = *HASHER.get_or_init(|| KeyHasher::new((7, 8)));
    let options = ShardOptions { shard: number, shards, databases: 16, hasher, seed: 1 };
    let mut shard = Shard::new(options);
    shard.set_now(1_000_000);
    shard
}

/// What the shard holds, dumped.
fn dumps(shard: &mut Shard) -> Vec<(usize, Vec<u8>, Vec<u8>)> {
    let mut dumps = Vec::new();
    for db in 0..shard.databases_used() {
        shard.db(db).for_each(|item| {
            dumps.push((db, item.key().to_vec(), persist::dump(item.value(), false)));
        });
    }
    dumps.sort();
    dumps
}

fn load(file: &[u8], number: u16, shards: u16, chunk: usize) -> Option<Vec<(usize, Vec<u8>, Vec<u8>)>> {
    let (mut shard, mut loader) = (shard(number, shards), ShardLoader::new(number, shards, false));
    let mut chunks = file.chunks(chunk);
    let loaded = loop {
        match loader.work(&mut shard, SLICE) {
            Ok(Step::More) => {}
            Ok(Step::Hungry) => match chunks.next() {
                Some(chunk) => loader.feed(chunk),
                None => break false,
            },
            Ok(Step::End) => break true,
            Err(_) => break false,
        }
    };
    let dumps = dumps(&mut shard);
    for (_, _, payload) in &dumps {
        let value = persist::restore(&mut shard.db(0), payload).expect("it was dumped");
        drop(value);
    }
    loaded.then_some(dumps)
}

fuzz_target!(|bytes: &[u8]| {
    let whole = load(bytes, 0, 1, usize::MAX);
    let cut = load(bytes, 0, 1, 7);
    assert_eq!(whole, cut);
    let both = load(bytes, 0, 2, 1000).zip(load(bytes, 1, 2, 1000));
    // A shard may pass over the damaged value of another one, but what both take is what one would.
    if let (Some(whole), Some((first, second))) = (whole, both) {
        assert_eq!(whole.len(), first.len() + second.len());
    }

    let mut payload = bytes.to_vec();
    rdb::finish_payload(&mut payload, 0, if bytes.len() % 2 == 0 { 12 } else { 80 });
    let mut shard = shard(0, 1);
    drop(persist::restore(&mut shard.db(0), &payload));

    if let Ok(text) = std::str::from_utf8(bytes)
        && let Ok(manifest) = Manifest::parse(text)
    {
        assert_eq!(Manifest::parse(&manifest.to_text()), Ok(manifest));
    }
    let _ = content(bytes, 0);
    let mut frames = FrameReader::new(bytes, bytes.len() as u64);
    while let Ok(FrameRest::Frame(frame, at)) = frames.read_frame() {
        let _ = content(&frame, at);
    }
});
