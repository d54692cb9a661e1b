//! The command families as a client sees them, over one shard and over several: recorded edges, a naive model, and the
//! real server.

mod collections;
mod edges;
mod harness;
mod lists;
mod model;
mod random;
mod redis;
mod scripts;
mod streams;
mod table;
mod walks;
