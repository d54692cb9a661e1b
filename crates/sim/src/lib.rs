//! Seeded simulator: N shards and M clients on one thread, and the history checkers.
