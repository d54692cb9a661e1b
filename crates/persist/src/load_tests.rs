//! Files of real servers fill shards, whatever their number; see `snapshot_tests` for what was written here.

use base::KeyHasher;
use store::ShardOptions;

use super::*;

pub(crate) fn shards(count: u16) -> Vec<store::Shard> {
    let new = |shard| {
        let hasher = KeyHasher::new((7, 8));
        let mut shard =
            store::Shard::new(ShardOptions { shard, shards: count, databases: 16, hasher, seed: 1 });
        shard.set_now(1_000_000);
        shard
    };
    (0..count).map(new).collect()
}

/// Loads a file that comes in chunks; a slice does little.
pub(crate) fn load(file: &[u8], count: u16, chunk: usize) -> Result<(Vec<store::Shard>, Loaded), LoadError> {
    let mut shards = shards(count);
    let mut sum = Loaded::default();
    for (number, shard) in shards.iter_mut().enumerate() {
        let mut loader = ShardLoader::new(number as u16, count, true);
        let mut chunks = file.chunks(chunk);
        loop {
            match loader.work(shard, 50)? {
                Step::More => {}
                Step::Hungry => match chunks.next() {
                    Some(chunk) => loader.feed(chunk),
                    None => return Err(loader.truncated()),
                },
                Step::End => break,
            }
        }
        sum.keys += loader.loaded().keys;
        sum.expired += loader.loaded().expired;
        sum.empty += loader.loaded().empty;
    }
    Ok((shards, sum))
}

const REDIS: &[u8] = include_bytes!("../../rdb/tests/files/redis-8.2.rdb");
const VALKEY: &[u8] = include_bytes!("../../rdb/tests/files/valkey-9.1.rdb");

#[test]
fn files_of_real_servers_fill_any_number_of_shards() {
    for file in [REDIS, VALKEY] {
        for (count, chunk) in [(1, 1 << 20), (2, 1000), (7, 77)] {
            let (mut shards, loaded) = load(file, count, chunk).expect("a good file");
            assert_eq!((loaded.keys, loaded.empty, loaded.expired), (31, 0, 0));
            let keys: usize = shards.iter().map(|shard| shard.db_info(0).keys).sum();
            assert_eq!(keys, 30);
            let elsewhere: usize = shards.iter().map(|shard| shard.db_info(9).keys).sum();
            assert_eq!(elsewhere, 1);
            let fields = shards.iter_mut().find_map(|shard| {
                let key = shard.key(b"hash:ttl");
                Some(shard.db(0).look(key)?.value().as_hash(0).expect("a hash").len())
            });
            assert_eq!(fields, Some(3));
        }
    }
}

#[test]
fn a_damaged_file_is_refused() {
    for end in [20, 1000, REDIS.len() - 1] {
        let error = load(&REDIS[..end], 2, 300).err().expect("truncated");
        assert_eq!((error.offset, error.problem.as_str()), (end as u64, "unexpected end"));
    }
    let twice = b"REDIS0011\x00\x01a\x01b\x00\x01a\x01b\xff\0\0\0\0\0\0\0\0";
    let error = load(twice, 1, 300).err().expect("refused");
    assert_eq!(error.to_string(), "a key that is there twice: a at byte 14");
    let elsewhere = b"REDIS0011\xfe\x20\x00\x01a\x01b\xff\0\0\0\0\0\0\0\0";
    let error = load(elsewhere, 1, 300).err().expect("refused");
    assert_eq!(error.problem, "database 32, and there are only 16");
}

#[test]
fn a_pass_that_follows_at_once_is_another_one() {
    let feed = Feed::default();
    assert_eq!(feed.pass(), None);
    feed.begin(2, 0, 0);
    let first = feed.pass().expect("begun");
    assert!(
        feed.run(&mut SnapshotSource::new(&b""[..]), || {
            feed.finished(first, 0, Err(LoadError::new(7, "wrong".to_owned())));
        })
        .is_err()
    );
    feed.end();
    assert_eq!(feed.pass(), None);
    feed.begin(2, 0, 0);
    let second = feed.pass().expect("begun");
    assert_ne!(first, second);
    // A core that has not seen the end of the first is not heard, and takes nothing of the second's.
    let loaded = feed.run(&mut SnapshotSource::new(&b"file"[..]), || {
        assert_eq!(feed.next(first, 1).ok(), Some(None));
        feed.note(first, 1, Loaded { keys: 5, ..Loaded::default() });
        feed.finished(first, 1, Err(LoadError::new(7, "wrong".to_owned())));
        for shard in 0..2 {
            while let Ok(Some(_)) = feed.next(second, shard) {}
            if feed.next(second, shard).is_err() {
                feed.finished(second, shard, Ok(Loaded { keys: 3, ..Loaded::default() }));
            }
        }
    });
    assert_eq!(loaded.expect("loaded").keys, 6);
    // Whether or not somebody has said that it is over.
    feed.begin(2, 0, 0);
    assert!(feed.pass().is_some_and(|third| third != second));
    feed.end();
    feed.end();
    assert_eq!(feed.pass(), None);
}
