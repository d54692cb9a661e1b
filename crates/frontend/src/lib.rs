//! Connection state, routing, split and merge, key locks, rounds.
