//! What a core makes visible of its shard to the others, for INFO.

use bus::Wake;

use crate::core::Core;

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// Makes visible what other cores are about to hear of, so that INFO is never behind a reply.
    pub(crate) fn publish_progress(&mut self) {
        if self.stats().dirty.get() == self.shard.stats().dirty {
            self.publish_lookups();
        } else {
            self.publish_stats();
        }
    }

    fn publish_lookups(&self) {
        let (stats, shard) = (self.stats(), self.shard.stats());
        stats.keyspace_hits.set(shard.keyspace_hits);
        stats.keyspace_misses.set(shard.keyspace_misses);
    }

    /// Makes the shard's counters visible to other cores.
    pub(crate) fn publish_stats(&mut self) {
        self.publish_lookups();
        let (stats, shard) = (self.stats(), self.shard.stats());
        stats.expired_keys.set(shard.expired_keys);
        stats.expired_fields.set(shard.expired_fields);
        stats.dirty.set(shard.dirty);
        stats.used_bytes.set(self.shard.used_bytes() as u64);
        stats.table_bytes.set(self.shard.table_bytes() as u64);
        stats.expired_stale.set((shard.expired_stale_percent * 100.0) as u64);
        stats.expire_caps.set(shard.expired_time_cap_reached);
        stats.evicted_keys.set(shard.evicted_keys);
        stats.blocking_keys.set(self.waiters.keys() as u64);
        stats.blocking_keys_without_key.set(self.waiters.keys_without_key() as u64);
        for (db, counters) in stats.dbs.iter().enumerate().take(self.shard.databases_used()) {
            let info = self.shard.db_info(db);
            counters.keys.set(info.keys as u64);
            counters.expires.set(info.expires as u64);
            counters.expiring_hashes.set(info.expiring_hashes as u64);
            counters.avg_ttl_ms.set(info.avg_ttl_ms);
            counters.table_bytes.set(info.table_bytes as u64);
        }
    }

    /// Makes visible to other cores how large the values of the shard are.
    pub(crate) fn publish_sizes(&mut self) {
        let stats = &self.shared.stats[usize::from(self.id)];
        for (db, counters) in stats.dbs.iter().enumerate().take(self.shard.databases_used()) {
            let Some(sizes) = self.shard.sizes(db) else { continue };
            let counters = counters.sizes.get_or_init(|| sizes.iter().map(|_| Default::default()).collect());
            counters.iter().zip(sizes.iter()).for_each(|(counter, count)| counter.set(count));
        }
    }
}
