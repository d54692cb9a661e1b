//! One folder a family: specs and shard-side handlers.
