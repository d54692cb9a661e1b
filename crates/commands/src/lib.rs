//! One folder a family: specs and shard-side handlers.

pub mod docs;
pub mod meta;
