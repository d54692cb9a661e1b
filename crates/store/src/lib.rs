//! A shard: databases, values, expiry, memory accounts.
