//! What growing costs: the longest single inserts on the way to `ANAX_BENCH_KEYS` keys, bytes of table per key at
//! sizes on the way, and the same for `hashbrown`.
//!
//! `ANAX_BENCH_KEYS=5000000 cargo bench -p bench-micro --bench table_growth`

#[path = "support/record.rs"]
mod record;

use base::key_slot;
use ds::{Entry, KeyHash};
use record::{Item, VALUE_BYTES, empty, hasher, write_key};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

/// Processor time of this thread: what others do on the machine does not count.
fn thread_cpu_ns() -> u64 {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// The longest of many durations, in nanoseconds.
#[derive(Default)]
struct Longest {
    over_ns: [u64; 6],
    longest_ns: u64,
    total: u64,
}

/// Bounds of the counts that are printed.
const BOUNDS_NS: [u64; 6] = [5_000, 10_000, 25_000, 50_000, 100_000, 1_000_000];

impl Longest {
    fn time(&mut self, f: impl FnOnce()) {
        let start = thread_cpu_ns();
        f();
        let took = thread_cpu_ns() - start;
        for (count, bound) in self.over_ns.iter_mut().zip(BOUNDS_NS) {
            *count += u64::from(took > bound);
        }
        self.longest_ns = self.longest_ns.max(took);
        self.total += took;
    }

    fn print(&self, name: &str, n: u64) {
        println!(
            "{name}: {n} inserts, mean {} ns, longest {} us",
            self.total / n.max(1),
            self.longest_ns / 1000
        );
        for (count, bound) in self.over_ns.iter().zip(BOUNDS_NS) {
            println!("  over {:>5} us: {count}", bound / 1000);
        }
    }
}

fn main() {
    // As the server does it: otherwise freed pages are given back by whichever insert comes along.
    sys::memory::tune();
    let n = std::env::var("ANAX_BENCH_KEYS").ok().and_then(|text| text.parse().ok()).unwrap_or(20_000u64);
    let one_slot = std::env::var("ANAX_BENCH_ONE_SLOT").is_ok();

    let (mut table, hasher, mut buffer, mut longest) = (empty(), hasher(), Vec::new(), Longest::default());
    let mut next_print = n as f64 / 100.0;
    println!("bytes of table per key");
    for i in 0..n {
        write_key(i, &mut buffer);
        let slot = if one_slot { 0 } else { key_slot(&buffer) };
        let (hash, item) = (hasher.hash(&buffer), Item::new(&buffer));
        longest.time(|| {
            if let Entry::Vacant(vacant) = table.entry(slot, hash, &buffer) {
                vacant.insert(item, false);
            }
        });
        debug_assert!(table.get(slot, hash, &buffer).is_some_and(|item| item.value_byte() == b'v'));
        if table.len() as f64 >= next_print {
            println!("  {:>10} {:.2}", table.len(), table.memory_bytes() as f64 / table.len() as f64);
            next_print *= 1.26;
        }
    }
    println!("  {:>10} {:.2}", table.len(), table.memory_bytes() as f64 / table.len() as f64);
    longest.print("table", n);

    let mut map = hashbrown::HashMap::with_hasher(foldhash::quality::FixedState::default());
    let mut longest = Longest::default();
    for i in 0..n {
        write_key(i, &mut buffer);
        let (key, value): (Box<[u8]>, Box<[u8]>) =
            (buffer.as_slice().into(), [b'v'; VALUE_BYTES].as_slice().into());
        longest.time(|| {
            map.insert(key, value);
        });
    }
    longest.print("hashbrown", n);
}
