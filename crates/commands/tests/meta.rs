//! The metadata's replies against what Redis answers.

use commands::meta::{self, Meta};
use resp::Reply;

/// Writes replies for `commands` and compares them with those recorded in `fixtures/`.
fn check(family: &str, commands: &[&Meta]) {
    for (protocol, resp3) in [("resp2", false), ("resp3", true)] {
        let mut out = Vec::new();
        let mut reply = Reply::new(&mut out, resp3);
        reply.array(commands.len());
        commands.iter().for_each(|meta| meta.write_info(&mut reply));
        compare(&out, &format!("{family}.info.{protocol}"));

        out.clear();
        let mut reply = Reply::new(&mut out, resp3);
        reply.map(commands.len());
        commands.iter().for_each(|meta| meta.write_docs(&mut reply));
        compare(&out, &format!("{family}.docs.{protocol}"));
    }
}

fn compare(written: &[u8], fixture: &str) {
    let path = format!("{}/tests/fixtures/{fixture}", env!("CARGO_MANIFEST_DIR"));
    let recorded = std::fs::read(path).unwrap();
    let at = written.iter().zip(&recorded).take_while(|(a, b)| a == b).count();
    let near =
        |bytes: &[u8]| bytes[at.saturating_sub(80)..bytes.len().min(at + 40)].escape_ascii().to_string();
    assert!(
        written == recorded,
        "{fixture} differs at byte {at}:\n written {}\nrecorded {}",
        near(written),
        near(&recorded)
    );
}

#[test]
fn string() {
    check("string", meta::string::ALL);
}

#[test]
fn generic() {
    check("generic", meta::generic::ALL);
}

#[test]
fn transactions() {
    check("transactions", meta::transactions::ALL);
}

#[test]
fn cluster() {
    check("cluster", meta::cluster::ALL);
}

#[test]
fn pubsub() {
    check("pubsub", meta::pubsub::ALL);
}

#[test]
fn connection() {
    check("connection", meta::connection::ALL);
}

#[test]
fn server() {
    check("server", meta::server::ALL);
}

#[test]
fn hash() {
    check("hash", meta::hash::ALL);
}

#[test]
fn set() {
    check("set", meta::set::ALL);
}

#[test]
fn sorted_set() {
    check("sorted_set", meta::sorted_set::ALL);
}

#[test]
fn bitmap() {
    check("bitmap", meta::bitmap::ALL);
}

#[test]
fn hyperloglog() {
    check("hyperloglog", meta::hyperloglog::ALL);
}

#[test]
fn geo() {
    check("geo", meta::geo::ALL);
}

#[test]
fn list() {
    check("list", meta::list::ALL);
}

#[test]
fn stream() {
    check("stream", meta::stream::ALL);
}

#[test]
fn persistence() {
    check("persistence", meta::persistence::ALL);
}

#[test]
fn introspection() {
    check("introspection", meta::introspection::ALL);
}
