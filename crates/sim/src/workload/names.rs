//! Names of keys that are known to live where a workload wants them.

use base::slot::{key_slot, shard_of_slot};

/// The first key `prefix:n` that lives in a shard.
///
/// # Panics
/// If there is no such shard.
pub fn key_in(prefix: &str, shard: u16, shards: u16) -> String {
    assert!(shard < shards, "no shard {shard} of {shards}");
    let names = (0..).map(|number| format!("{prefix}:{number}"));
    let mut there = names.filter(|name| shard_of_slot(key_slot(name.as_bytes()), shards) == shard);
    there.next().unwrap_or_default()
}

/// So many keys, each in the shard behind the one before it, the first in shard `first` (or what is left of it).
pub fn spread(prefix: &str, count: usize, first: usize, shards: u16) -> Vec<String> {
    let shard = |at: usize| ((first + at) % usize::from(shards)) as u16;
    (0..count).map(|at| key_in(&format!("{prefix}{at}"), shard(at), shards)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_where_they_should_be() {
        for shards in [1, 2, 3, 7] {
            let keys = spread("k", 9, 5, shards);
            for (at, key) in keys.iter().enumerate() {
                let shard = shard_of_slot(key_slot(key.as_bytes()), shards);
                assert_eq!(usize::from(shard), (5 + at) % usize::from(shards));
            }
        }
    }
}
