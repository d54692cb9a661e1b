//! Replays what Redis answered, in every setup. Where Anax means to answer otherwise, [`DIFFERENCES`] says why.

use crate::fixtures::{Mismatch, mismatches, report};
use crate::harness::{Server, Setup};

/// A reply that differs from Redis's on purpose.
struct Difference {
    /// The file of fixtures.
    file: &'static str,
    /// How the command's line begins.
    command: &'static str,
    /// Why.
    reason: &'static str,
}

const DIFFERENCES: &[Difference] = &[];

/// Files that are replayed. Each gets a fresh server, as when it was recorded.
const FILES: &[&str] = &[
    "client",
    "command",
    "config",
    "connection",
    "counter",
    "expire",
    "float",
    "hello",
    "keys",
    "keys-late",
    "large",
    "protocol",
    "quirks",
    "range",
    "scan",
    "server",
    "set",
    "string",
    "unknown",
];

fn check(setup: Setup) {
    let mut failed = Vec::new();
    for file in FILES {
        let path = format!("{}/tests/fixtures/{file}.txt", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let server = Server::start(setup, &[]);
        let found = mismatches(server.address(), &text).unwrap_or_else(|error| panic!("{path}: {error}"));
        let (meant, wrong): (Vec<Mismatch>, Vec<Mismatch>) =
            found.into_iter().partition(|mismatch| difference(file, mismatch).is_some());
        if !wrong.is_empty() {
            failed.push(format!("{file}.txt: {}", report(&wrong)));
        }
        for difference in DIFFERENCES.iter().filter(|difference| difference.file == *file) {
            if !meant.iter().any(|mismatch| mismatch.command.starts_with(difference.command)) {
                failed.push(format!("{file}.txt: no difference any more at {}", difference.command));
            }
        }
    }
    assert!(failed.is_empty(), "{setup:?}\n{}", failed.join("\n\n"));
}

fn difference(file: &str, mismatch: &Mismatch) -> Option<&'static Difference> {
    let fits = |difference: &&Difference| {
        difference.file == file && mismatch.command.starts_with(difference.command)
    };
    DIFFERENCES.iter().find(fits)
}

fn check_shards(shards: usize) {
    for setup in Setup::of(shards) {
        check(setup);
    }
}

#[test]
fn one_shard_answers_as_redis_does() {
    check_shards(1);
}

#[test]
fn two_shards_answer_as_redis_does() {
    check_shards(2);
}

#[test]
fn seven_shards_answer_as_redis_does() {
    check_shards(7);
}

#[test]
fn every_file_is_replayed_and_every_difference_has_a_reason() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");
    for entry in std::fs::read_dir(folder).expect("fixtures") {
        let name = entry.expect("an entry").file_name().into_string().expect("a name");
        let name = name.trim_end_matches(".txt");
        assert!(FILES.contains(&name), "{name} is not replayed");
    }
    assert!(DIFFERENCES.iter().all(|difference| !difference.reason.is_empty()));
}
