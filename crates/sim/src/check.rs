//! The checkers: from a history to a verdict, whatever the workload was.

pub mod graph;
pub mod keyspace;
mod needs;
pub mod order;
