//! The parameters that decide how a shard keeps values: all of them end in [`store::Limits`].

use super::param::{Effect, INT_MAX, Param, int, memory};
use super::table::{as_int, as_u32, as_usize};

/// Limits of values.
pub(super) static VALUES: &[Param] = &[
    int("hash-max-listpack-entries", 0, i64::MAX, "512").unsigned().alias("hash-max-ziplist-entries").does(
        Effect::Cores(|value, hot| hot.limits.hash_max_listpack_entries = as_usize(value)),
        "Most fields of a hash in its compact form",
    ),
    memory("hash-max-listpack-value", 0, i64::MAX, "64").unsigned().alias("hash-max-ziplist-value").does(
        Effect::Cores(|value, hot| hot.limits.hash_max_listpack_value = as_usize(value)),
        "Longest field or value, in bytes, of a hash in its compact form",
    ),
    memory("hll-sparse-max-bytes", 0, i64::MAX, "3000").unsigned().does(
        Effect::Cores(|value, hot| hot.limits.hll_sparse_max_bytes = as_usize(value)),
        "Longest HyperLogLog, in bytes, in its sparse form",
    ),
    int("list-compress-depth", 0, INT_MAX, "0").does(
        Effect::Cores(|value, hot| hot.limits.list_compress_depth = as_u32(value)),
        "Nodes at both ends of a list that are not compressed; 0 is no compression",
    ),
    int("list-max-listpack-size", i32::MIN as i64, INT_MAX, "-2").alias("list-max-ziplist-size").does(
        Effect::Cores(|value, hot| {
            hot.limits.list_max_listpack_size = i32::try_from(as_int(value)).unwrap_or(-2)
        }),
        "Elements of a node of a list; -1 to -5 for 4, 8, 16, 32, 64 KiB",
    ),
    int("set-max-intset-entries", 0, i64::MAX, "512").unsigned().does(
        Effect::Cores(|value, hot| hot.limits.set_max_intset_entries = as_usize(value)),
        "Most members of a set of integers in its compact form",
    ),
    int("set-max-listpack-entries", 0, i64::MAX, "128").unsigned().does(
        Effect::Cores(|value, hot| hot.limits.set_max_listpack_entries = as_usize(value)),
        "Most members of another set in its compact form",
    ),
    int("set-max-listpack-value", 0, i64::MAX, "64").unsigned().does(
        Effect::Cores(|value, hot| hot.limits.set_max_listpack_value = as_usize(value)),
        "Longest member, in bytes, of a set in its compact form",
    ),
    memory("stream-node-max-bytes", 0, i64::MAX, "4096").unsigned().does(
        Effect::Cores(|value, hot| hot.limits.stream_node_max_bytes = as_usize(value)),
        "Most bytes of a node of a stream; 0 is no limit",
    ),
    int("stream-node-max-entries", 0, i64::MAX, "100").does(
        Effect::Cores(|value, hot| hot.limits.stream_node_max_entries = as_usize(value)),
        "Most entries of a node of a stream; 0 is no limit",
    ),
    int("zset-max-listpack-entries", 0, i64::MAX, "128").unsigned().alias("zset-max-ziplist-entries").does(
        Effect::Cores(|value, hot| hot.limits.zset_max_listpack_entries = as_usize(value)),
        "Most members of a sorted set in its compact form",
    ),
    memory("zset-max-listpack-value", 0, i64::MAX, "64").unsigned().alias("zset-max-ziplist-value").does(
        Effect::Cores(|value, hot| hot.limits.zset_max_listpack_value = as_usize(value)),
        "Longest member, in bytes, of a sorted set in its compact form",
    ),
];
