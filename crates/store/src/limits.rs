//! The thresholds of the configuration that decide how values are kept, as a shard sees them.

/// Limits of values: up to which size a collection stays in its compact form, and how large a string may become. Named as
/// the parameters of the configuration; the defaults are Redis's. A change counts for values that are changed afterwards.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Most fields of a compact hash.
    pub hash_max_listpack_entries: usize,
    /// Longest field or value of a compact hash, in bytes.
    pub hash_max_listpack_value: usize,
    /// Most members of a set of integers.
    pub set_max_intset_entries: usize,
    /// Most members of another compact set.
    pub set_max_listpack_entries: usize,
    /// Longest member of a compact set, in bytes.
    pub set_max_listpack_value: usize,
    /// Most members of a compact sorted set.
    pub zset_max_listpack_entries: usize,
    /// Longest member of a compact sorted set, in bytes.
    pub zset_max_listpack_value: usize,
    /// Size of a node of a list as configured: so many elements where positive, -1 to -5 for 4, 8, 16, 32 or 64 KiB.
    pub list_max_listpack_size: i32,
    /// Nodes at both ends of a list that are never compressed; 0 is no compression.
    pub list_compress_depth: u32,
    /// Most bytes of a node of a stream; 0 is no limit.
    pub stream_node_max_bytes: usize,
    /// Most entries of a node of a stream; 0 is no limit.
    pub stream_node_max_entries: usize,
    /// Longest sparse HyperLogLog, in bytes.
    pub hll_sparse_max_bytes: usize,
    /// Longest string, in bytes.
    pub proto_max_bulk_len: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Limits {
            hash_max_listpack_entries: 512,
            hash_max_listpack_value: 64,
            set_max_intset_entries: 512,
            set_max_listpack_entries: 128,
            set_max_listpack_value: 64,
            zset_max_listpack_entries: 128,
            zset_max_listpack_value: 64,
            list_max_listpack_size: -2,
            list_compress_depth: 0,
            stream_node_max_bytes: 4096,
            stream_node_max_entries: 100,
            hll_sparse_max_bytes: 3000,
            proto_max_bulk_len: base::limits::BULK_DEFAULT_MAX_BYTES,
        }
    }
}
