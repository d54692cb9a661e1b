//! Data structures: the keyspace table.
