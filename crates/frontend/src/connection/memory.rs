//! MEMORY, but for MEMORY USAGE, which is a matter of shards: how much memory there is, and for what.

use bus::Wake;
use commands::{CmdError, Merge};
use resp::Reply;

use super::help;
use crate::core::Core;
use crate::route::Call;
use crate::shared::Shared;
use crate::stats::{CoreStats, Counter};

/// Below this many bytes in use MEMORY DOCTOR has nothing to say; Redis's number.
const DOCTOR_MIN_BYTES: u64 = 5 * 1024 * 1024;

/// What the memory is used for, as INFO and MEMORY STATS tell it.
pub(super) struct Usage {
    pub(super) used: u64,
    pub(super) peak: u64,
    pub(super) startup: u64,
    pub(super) clients: u64,
    pub(super) tables: u64,
    /// All that is not data: what the process needed at its start, tables, clients.
    pub(super) overhead: u64,
    pub(super) dataset: u64,
    pub(super) keys: u64,
    pub(super) info: crate::process::MemoryInfo,
}

impl Usage {
    pub(super) fn of(shared: &Shared) -> Self {
        let info = shared.process.memory();
        let sum = |counter: fn(&CoreStats) -> &Counter| {
            shared.stats.iter().map(|core| counter(core).get()).sum::<u64>()
        };
        let (records, tables) = (sum(|core| &core.used_bytes), sum(|core| &core.table_bytes));
        let clients = sum(|core| &core.client_bytes);
        let used = info.used_bytes.max(records);
        let overhead = (info.startup_bytes + tables + clients).min(used);
        let keys = shared.stats.iter().flat_map(|core| &core.dbs).map(|db| db.keys.get()).sum();
        Usage {
            used,
            peak: info.peak_bytes.max(used),
            startup: info.startup_bytes,
            clients,
            tables,
            overhead,
            dataset: used - overhead,
            keys,
            info,
        }
    }

    /// What the data takes of all that was added since the start, in percent.
    pub(super) fn dataset_percent(&self) -> f64 {
        let net = self.used.saturating_sub(self.startup);
        percent(self.dataset.min(net), net)
    }

    pub(super) fn peak_percent(&self) -> f64 {
        percent(self.used, self.peak)
    }
}

fn percent(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 * 100.0 / whole as f64 }
}

/// `a` by `b`.
pub(super) fn ratio(a: u64, b: u64) -> f64 {
    if b == 0 { 0.0 } else { a as f64 / b as f64 }
}

/// `a` less `b`.
pub(super) fn difference(a: u64, b: u64) -> i64 {
    a as i64 - b as i64
}

/// A value of MEMORY STATS.
enum Stat {
    Bytes(u64),
    Signed(i64),
    Ratio(f64),
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// MEMORY STATS: all cores are asked to publish their numbers, as for INFO.
    pub(super) fn memory_stats(&mut self, call: &Call) -> Result<(), CmdError> {
        self.inquire_all(call, Merge::Custom(|_, _, _| {}));
        Ok(())
    }

    /// Writes the reply of MEMORY STATS.
    pub(super) fn write_memory_stats(&mut self, _: &[u8], reply: &mut Reply<'_>) {
        use Stat::{Bytes, Ratio, Signed};
        let usage = Usage::of(&self.shared);
        let info = &usage.info;
        let net = usage.used.saturating_sub(usage.startup);
        let before = [
            ("peak.allocated", Bytes(usage.peak)),
            ("total.allocated", Bytes(usage.used)),
            ("startup.allocated", Bytes(usage.startup)),
            ("replication.backlog", Bytes(0)),
            ("replica.fullsync.buffer", Bytes(0)),
            ("clients.slaves", Bytes(0)),
            ("clients.normal", Bytes(usage.clients)),
            ("cluster.links", Bytes(0)),
            ("aof.buffer", Bytes(0)),
            ("lua.caches", Bytes(0)),
            ("functions.caches", Bytes(0)),
            ("script.VMs", Bytes(0)),
        ];
        let after = [
            ("overhead.db.hashtable.lut", Bytes(usage.tables)),
            ("overhead.db.hashtable.rehashing", Bytes(0)),
            ("overhead.total", Bytes(usage.overhead)),
            ("db.dict.rehashing.count", Bytes(0)),
            ("keys.count", Bytes(usage.keys)),
            ("keys.bytes-per-key", Bytes(net.checked_div(usage.keys).unwrap_or(0))),
            ("dataset.bytes", Bytes(usage.dataset)),
            ("dataset.percentage", Ratio(usage.dataset_percent())),
            ("peak.percentage", Ratio(usage.peak_percent())),
            ("allocator.allocated", Bytes(info.used_bytes)),
            ("allocator.active", Bytes(info.active_bytes)),
            ("allocator.resident", Bytes(info.resident_bytes)),
            ("allocator.muzzy", Bytes(0)),
            ("allocator-fragmentation.ratio", Ratio(ratio(info.active_bytes, info.used_bytes))),
            ("allocator-fragmentation.bytes", Signed(difference(info.active_bytes, info.used_bytes))),
            ("allocator-rss.ratio", Ratio(ratio(info.resident_bytes, info.active_bytes))),
            ("allocator-rss.bytes", Signed(difference(info.resident_bytes, info.active_bytes))),
            ("rss-overhead.ratio", Ratio(ratio(info.rss_bytes, info.resident_bytes))),
            ("rss-overhead.bytes", Signed(difference(info.rss_bytes, info.resident_bytes))),
            ("fragmentation", Ratio(ratio(info.rss_bytes, usage.used))),
            ("fragmentation.bytes", Signed(difference(info.rss_bytes, usage.used))),
        ];
        let databases = self.databases_with_keys();
        reply.map(before.len() + databases.len() + after.len());
        before.iter().for_each(|stat| write_stat(stat, reply));
        for (db, bytes) in databases {
            reply.bulk(format!("db.{db}").as_bytes());
            reply.map(2);
            reply.bulk(b"overhead.hashtable.main");
            reply.int(bytes as i64);
            // Expiry times lie in the records.
            reply.bulk(b"overhead.hashtable.expires");
            reply.int(0);
        }
        after.iter().for_each(|stat| write_stat(stat, reply));
    }

    /// The databases that have keys, and the bytes of their tables.
    fn databases_with_keys(&self) -> Vec<(usize, u64)> {
        let databases = self.shared.stats.first().map_or(0, |core| core.dbs.len());
        let of_db = |db: usize| {
            let shards = || self.shared.stats.iter().filter_map(move |core| core.dbs.get(db));
            let keys: u64 = shards().map(|db| db.keys.get()).sum();
            (keys > 0).then(|| (db, shards().map(|db| db.table_bytes.get()).sum()))
        };
        (0..databases).filter_map(of_db).collect()
    }

    /// MEMORY DOCTOR
    pub(super) fn memory_doctor(&mut self, call: &Call) -> Result<(), CmdError> {
        let text =
            report(&Usage::of(&self.shared), self.shared.stats.iter().map(|core| core.clients.get()).sum());
        self.answer(call, |reply| reply.verbatim(*b"txt", text.as_bytes()));
        Ok(())
    }

    /// MEMORY MALLOC-STATS
    pub(super) fn memory_malloc_stats(&mut self, call: &Call) -> Result<(), CmdError> {
        let text = self.shared.process.allocator_report();
        self.answer(call, |reply| reply.verbatim(*b"txt", text.as_bytes()));
        Ok(())
    }

    /// MEMORY PURGE
    pub(super) fn memory_purge(&mut self, call: &Call) -> Result<(), CmdError> {
        self.shared.process.purge_memory();
        self.answer(call, |reply| reply.ok());
        Ok(())
    }

    pub(super) fn memory_help(&mut self, call: &Call) -> Result<(), CmdError> {
        self.answer(call, |reply| help::write(help::MEMORY, reply));
        Ok(())
    }
}

fn write_stat((name, stat): &(&str, Stat), reply: &mut Reply<'_>) {
    reply.bulk(name.as_bytes());
    match *stat {
        Stat::Bytes(bytes) => reply.int(bytes as i64),
        Stat::Signed(bytes) => reply.int(bytes),
        Stat::Ratio(ratio) => reply.double(ratio),
    }
}

/// What looks unusual about the memory, in words. The limits are those of Redis.
fn report(usage: &Usage, clients: u64) -> String {
    if usage.used < DOCTOR_MIN_BYTES {
        return "Too little memory is in use to tell anything from it.\n".into();
    }
    let (info, mut text) = (&usage.info, String::new());
    let mut find = |found: bool, what: String| {
        if found {
            text += &what;
        }
    };
    find(
        ratio(usage.peak, usage.used) > 1.5,
        format!(" * Peak: {} bytes were in use once, now {}.\n", usage.peak, usage.used),
    );
    let fragmentation = ratio(info.rss_bytes, usage.used);
    find(
        fragmentation > 1.4 && difference(info.rss_bytes, usage.used) > 10 << 20,
        format!(
            " * Fragmentation: the process takes {fragmentation:.2} times of what is in use. MEMORY PURGE may help.\n"
        ),
    );
    let allocator = ratio(info.active_bytes, info.used_bytes);
    find(
        allocator > 1.1 && difference(info.active_bytes, info.used_bytes) > 10 << 20,
        format!(" * Allocator: pages in use are {allocator:.2} times of what is allocated in them.\n"),
    );
    let each = usage.clients.checked_div(clients).unwrap_or(0);
    find(
        each > 200 * 1024,
        format!(" * Clients: {each} bytes of buffers each on average; CLIENT LIST shows whose.\n"),
    );
    if text.is_empty() { "Nothing looks unusual.\n".into() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::Harness;
    use crate::process::MemoryInfo;

    #[test]
    fn stats_over_all_shards() {
        for shards in [1, 2, 7] {
            let mut harness = Harness::new(shards, "");
            let client = harness.connect(0);
            harness.ask(client, "MSET a 1 b 2 c 3 d 4");
            harness.ask(client, "SELECT 3");
            harness.ask(client, "SET a 1 EX 100");
            harness.ask(client, "HELLO 3");
            let reply = harness.ask(client, "MEMORY STATS");
            assert!(reply.starts_with("%35\r\n$14\r\npeak.allocated\r\n:"), "{reply}");
            for part in ["$10\r\nkeys.count\r\n:5\r\n", "$4\r\ndb.0\r\n%2\r\n", "$4\r\ndb.3\r\n%2\r\n"] {
                assert!(reply.contains(part), "{part} in {reply}");
            }
            assert!(harness.ask(client, "MEMORY DOCTOR").contains("Too little"));
            harness.check(client, "MEMORY PURGE", "+OK\r\n");
            assert!(harness.ask(client, "MEMORY MALLOC-STATS").starts_with("=49\r\ntxt:Stats"));
            harness.check(client, "MEMORY USAGE nope", "_\r\n");
            assert!(harness.ask(client, "MEMORY USAGE a SAMPLES 0 samples 7").starts_with(':'));
        }
    }

    #[test]
    fn what_looks_unusual() {
        let mut usage = Usage {
            used: 100 << 20,
            peak: 100 << 20,
            startup: 1 << 20,
            clients: 1000,
            tables: 0,
            overhead: 2 << 20,
            dataset: 98 << 20,
            keys: 9,
            info: MemoryInfo {
                used_bytes: 100 << 20,
                active_bytes: 101 << 20,
                rss_bytes: 110 << 20,
                ..Default::default()
            },
        };
        assert_eq!(report(&usage, 1), "Nothing looks unusual.\n");
        usage.peak = 300 << 20;
        usage.clients = 1 << 30;
        usage.info.rss_bytes = 400 << 20;
        usage.info.active_bytes = 200 << 20;
        let text = report(&usage, 10);
        assert_eq!(text.lines().count(), 4, "{text}");
    }
}
