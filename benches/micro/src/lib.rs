//! Micro-benchmarks of the crates.
