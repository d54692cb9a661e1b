//! Replays what Redis answered, in every setup. Where Anax means to answer otherwise, [`DIFFERENCES`] says why.

use crate::fixtures::{Mismatch, mismatches, report};
use crate::harness::{Server, Setup, root};

/// A reply that differs from Redis's on purpose.
struct Difference {
    /// The file of fixtures.
    file: &'static str,
    /// The title of the section, or how the command's line begins.
    place: &'static str,
    /// Why.
    reason: &'static str,
}

impl Difference {
    fn is_at(&self, mismatch: &Mismatch) -> bool {
        mismatch.section == self.place || mismatch.command.starts_with(self.place)
    }
}

const DIFFERENCES: &[Difference] = &[
    Difference { file: "client", place: "help", reason: "Valkey's subcommands and filters are listed too" },
    Difference {
        file: "protocol",
        place: ">> (66000*a)",
        reason: "inline commands end at 64 KiB; in Redis they may be longer if they arrive quickly enough",
    },
    Difference {
        file: "quirks",
        place: "names with a NUL are not looked at further",
        reason: "a NUL is a special character like any other",
    },
];

/// Files that are replayed. Each gets a fresh server, as when it was recorded.
const FILES: &[&str] = &[
    "bitmap",
    "client",
    "command",
    "config",
    "connection",
    "counter",
    "debug",
    "dump",
    "expire",
    "float",
    "functions",
    "geo",
    "hash-expiry",
    "hashes",
    "hello",
    "introspection",
    "hyperloglog",
    "keys",
    "keys-late",
    "large",
    "list",
    "migrate",
    "protocol",
    "pubsub",
    "quirks",
    "range",
    "save",
    "scan",
    "script-accounts",
    "scripts",
    "server",
    "set",
    "sets",
    "sort",
    "sorted-set",
    "sorted-set-combine",
    "sorted-set-range",
    "stream",
    "string",
    "transactions",
    "unknown",
    "wrong-type",
];

/// With what the server is started for a file.
fn options(file: &str) -> &'static [&'static str] {
    match file {
        "debug" => &["--save", "", "--enable-debug-command", "yes"],
        _ => &["--save", ""],
    }
}

fn check(setup: Setup) {
    let mut failed = Vec::new();
    for file in FILES {
        let path = format!("{}/tests/fixtures/{file}.txt", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
        let differences = || DIFFERENCES.iter().filter(|difference| difference.file == *file);
        let mut server = Server::start(setup, options(file));
        let found = mismatches(server.address(), &text).unwrap_or_else(|error| panic!("{path}: {error}"));
        let (meant, wrong): (Vec<Mismatch>, Vec<Mismatch>) = found
            .into_iter()
            .partition(|mismatch| differences().any(|difference| difference.is_at(mismatch)));
        if !wrong.is_empty() {
            failed.push(format!("{file}.txt: {}\n{}", report(&wrong), server.log_so_far()));
        }
        for difference in differences() {
            if !meant.iter().any(|mismatch| difference.is_at(mismatch)) {
                failed.push(format!("{file}.txt: no difference any more at {}", difference.place));
            }
        }
    }
    assert!(failed.is_empty(), "{setup:?}\n{}", failed.join("\n\n"));
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
        // Folders are other tests'.
        let Some(name) = name.strip_suffix(".txt") else { continue };
        assert!(FILES.contains(&name), "{name} is not replayed");
    }
    let page = std::fs::read_to_string(root().join("docs/compatibility.md")).expect("the page");
    for difference in DIFFERENCES {
        assert!(
            page.contains(difference.reason),
            "docs/compatibility.md does not say: {}",
            difference.reason
        );
    }
}
