//! The command families as a client sees them, over one shard and over several: recorded edges, a naive model, and the
//! real server.

mod collections;
mod edges;
mod events;
mod geo;
mod grammar;
mod harness;
mod lists;
mod model;
mod random;
mod redis;
mod scripts;
mod sorted_sets;
mod streams;
mod table;
mod walks;
