//! What a snapshot of one big value costs the core that has it: the longest of its slices, and the longest first changes of the value
//! while it is written.
//!
//! `ANAX_BENCH_KEYS=2000000 cargo bench -p bench-micro --bench snapshot`

use std::io;
use std::path::Path;

use base::KeyHasher;
use ds::stream::{Pending, References, StreamId, Trim, TrimTo};
use persist::files::{File, Files};
use persist::snapshot::{Form, Jobs, Target, write};
use store::{Draft, FieldExpiry, Kind, Shard, ShardOptions, SliceEnd};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Processor time of this thread: what others do on the machine does not count.
fn thread_cpu_ns() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// A disk that forgets.
struct Nowhere;

impl File for Nowhere {
    fn write(&mut self, _: Vec<u8>) -> io::Result<()> {
        Ok(())
    }

    fn write_at_start(&mut self, _: &[u8]) -> io::Result<()> {
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Files for Nowhere {
    fn create(&self, _: &Path) -> io::Result<Box<dyn File>> {
        Ok(Box::new(Nowhere))
    }

    fn rename(&self, _: &Path, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn remove(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn make_folder(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }

    fn list(&self, _: &Path) -> io::Result<Vec<String>> {
        Ok(Vec::new())
    }

    fn sync_folder(&self, _: &Path) -> io::Result<()> {
        Ok(())
    }
}

fn shard() -> Shard {
    let options = ShardOptions { shard: 0, shards: 1, databases: 1, hasher: KeyHasher::new((7, 8)), seed: 1 };
    let mut shard = Shard::new(options);
    shard.set_now(1_000_000);
    shard
}

fn edit(shard: &mut Shard, kind: Kind, change: impl FnOnce(&mut Draft<'_>)) {
    let key = shard.key(b"big");
    let edited = shard.db(0).edit(key, kind, |draft| change(draft));
    assert!(edited.is_ok(), "the key has the type");
}

/// A stream with a group that has a quarter of the entries pending.
fn fill_stream(draft: &mut Draft<'_>, n: u64) {
    let limits = draft.limits.stream_chunk();
    let mut draft = draft.as_stream();
    draft.create();
    let Some(stream) = draft.get() else { return };
    let text = "value";
    for i in 1..=n {
        let value = format!("{text} {i}");
        let fields = [&b"field"[..], value.as_bytes(), b"other", b"17"];
        stream.append(StreamId::new(i / 3, 1 + i % 3), fields.into_iter(), limits);
    }
    stream.groups_mut().add(b"group", StreamId::MIN, None);
    stream.groups_mut().edit(b"group", |group| {
        for i in 1..=n / 4 {
            let consumer = group.add_consumer(format!("consumer {}", i % 5).as_bytes(), 7);
            let pending = Pending { consumer: Some(consumer), delivered_ms: 1_000_000, count: 1 };
            group.assign(StreamId::new(i / 3, 1 + i % 3), pending);
        }
    });
}

fn change_stream(draft: &mut Draft<'_>, random: u64, n: u64) {
    let mut draft = draft.as_stream();
    let Some(stream) = draft.get() else { return };
    let i = 1 + random % n;
    let id = StreamId::new(i / 3, 1 + i % 3);
    match random >> 60 {
        0..4 => _ = stream.delete(id),
        4..8 => {
            _ = stream.groups_mut().edit(b"group", |group| {
                let consumer = group.add_consumer(b"consumer 1", 7);
                group.assign(id, Pending { consumer: Some(consumer), delivered_ms: 1_000_001, count: 2 });
            });
        }
        8 => {
            let to = TrimTo::Len(stream.len() as u64 - 50);
            _ = stream.trim(Trim { to, approximate: false, limit: 0, references: References::Keep });
        }
        _ => _ = stream.groups_mut().edit(b"group", |group| group.acknowledge(id)),
    }
    draft.changed(1);
}

fn fill_hash(draft: &mut Draft<'_>, n: u64) {
    let mut hash = draft.as_hash();
    for i in 0..n / 2 {
        hash.set(format!("field {i}").as_bytes(), b"some value", FieldExpiry::At(2_000_000 + i));
    }
}

fn change_hash(draft: &mut Draft<'_>, random: u64, n: u64) {
    let field = format!("field {}", random % (n / 2));
    let mut hash = draft.as_hash();
    match random >> 62 {
        0 => hash.set_expiry(field.as_bytes(), None),
        1 => hash.set_expiry(field.as_bytes(), Some(3_000_000)),
        2 => _ = hash.remove(field.as_bytes()),
        _ => _ = hash.set(field.as_bytes(), b"other", FieldExpiry::Keep),
    }
}

fn fill_array(draft: &mut Draft<'_>, n: u64) {
    let mut draft = draft.as_array();
    draft.create();
    for i in 0..n {
        draft.get().into_iter().for_each(|array| _ = array.set(i, format!("element {i}").as_bytes()));
    }
    draft.changed(n);
}

fn change_array(draft: &mut Draft<'_>, random: u64, n: u64) {
    let mut draft = draft.as_array();
    let Some(array) = draft.get() else { return };
    match random >> 62 {
        0 => _ = array.delete(random % n),
        _ => _ = array.set(random % n, b"something else"),
    }
    draft.changed(1);
}

/// Fills a value, takes a snapshot of it slice by slice, with changes between slices if asked for; then frees it.
fn measure(
    name: &str,
    kind: Kind,
    n: u64,
    changes_a_slice: u64,
    fill: impl Fn(&mut Draft<'_>, u64),
    change: impl Fn(&mut Draft<'_>, u64, u64),
) {
    let (jobs, mut shard) = (Jobs::new(1), shard());
    edit(&mut shard, kind, |draft| fill(draft, n));
    let bytes = shard.used_bytes();
    let (job, chunks) = jobs.begin(true, 5_000).expect("none is under way");
    shard.set_sinks(jobs.sinks(0, 1));
    let target = Target {
        folder: "/".into(),
        name: "dump.rdb".into(),
        form: Form::File,
        number: 1,
        compressed: true,
        checksum: false,
        shards: 1,
        about: Vec::new(),
    };
    let at_once = |works: Vec<persist::snapshot::Work<'_>>| works.into_iter().for_each(|work| work());
    let (mut slices, mut all_ns, mut longest_ns, mut change_ns, mut most_bytes) = (0u64, 0, 0, 0, bytes);
    let written = std::thread::scope(|scope| {
        let (target, job) = (&target, &job);
        let written = scope.spawn(move || write(&Nowhere, &at_once, target, job, chunks));
        assert!(shard.begin_snapshot(job.number()));
        let mut random = 1u64;
        while shard.has_snapshot() {
            for _ in 0..changes_a_slice {
                random =
                    random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                let start = thread_cpu_ns();
                edit(&mut shard, kind, |draft| change(draft, random, n));
                change_ns = change_ns.max(thread_cpu_ns() - start);
            }
            let start = thread_cpu_ns();
            let end = shard.snapshot_slice();
            let took = thread_cpu_ns() - start;
            most_bytes = most_bytes.max(shard.used_bytes());
            if end == SliceEnd::NoRoom {
                std::thread::yield_now();
            } else {
                slices += 1;
                all_ns += took;
                longest_ns = longest_ns.max(took);
            }
        }
        written.join().expect("no panic")
    });
    let file_bytes = written.expect("written").bytes;
    let key = shard.key(b"big");
    let start = thread_cpu_ns();
    shard.db(0).remove(key);
    let mut free_ns = thread_cpu_ns() - start;
    loop {
        let start = thread_cpu_ns();
        let more = shard.free_slice(64);
        free_ns = free_ns.max(thread_cpu_ns() - start);
        if !more {
            break;
        }
    }
    println!(
        "{name}, {n}, {changes_a_slice} changes a slice: {:.1} MB, file {:.1} MB, slices {slices}, all {:.1} ms, \
         longest slice {:.3} ms, longest change {:.3} ms, memory +{:.1} %, longest freeing {:.3} ms",
        bytes as f64 / 1e6,
        file_bytes as f64 / 1e6,
        all_ns as f64 / 1e6,
        longest_ns as f64 / 1e6,
        change_ns as f64 / 1e6,
        (most_bytes - bytes) as f64 * 100.0 / bytes as f64,
        free_ns as f64 / 1e6,
    );
}

fn main() {
    // As the server does it: otherwise freed pages are given back by whichever slice comes along.
    sys::memory::tune();
    let n = std::env::var("ANAX_BENCH_KEYS").ok().and_then(|text| text.parse().ok()).unwrap_or(20_000u64);
    for changes in [0, 20] {
        measure("stream", Kind::Stream, n, changes, fill_stream, change_stream);
        measure("hash of expiring fields", Kind::Hash, n, changes, fill_hash, change_hash);
        measure("array", Kind::Array, n, changes, fill_array, change_array);
    }
}
