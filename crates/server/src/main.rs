//! The `anax` server.

fn main() {}
