//! The recorded edges: every command with its odd arguments, each reply that of Redis 8.2.3.

use crate::harness::Keyspace;
use crate::scripts::{edges, show, words};

/// The files of edges, a family each.
pub(crate) const FILES: [(&str, &str); 3] = [
    ("string", include_str!("edges/string.txt")),
    ("generic", include_str!("edges/generic.txt")),
    ("server", include_str!("edges/server.txt")),
];

/// What no server at hand has.
const NEW: (&str, &str) = ("new", include_str!("edges/new.txt"));

fn check(shards: u16) {
    for (name, file) in FILES.into_iter().chain([NEW]) {
        let mut keyspace = Keyspace::new(shards);
        for (command, reply) in edges(file) {
            let got = show(&keyspace.call(&words(command)));
            assert_eq!(got, reply, "{name}, {shards} shards: {command}");
        }
    }
}

#[test]
fn one_shard() {
    check(1);
}

#[test]
fn several_shards() {
    check(2);
    check(3);
    check(7);
}
