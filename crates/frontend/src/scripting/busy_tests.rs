//! Busy scripts of one core, step by step.

use super::*;
use crate::harness::{Client, Harness, TICK};

fn eval(script: &str, keys: &[&str]) -> Vec<u8> {
    let count = keys.len().to_string();
    let words = [&["EVAL", script, &count], keys].concat();
    let mut out = format!("*{}\r\n", words.len()).into_bytes();
    words.iter().for_each(|word| out.extend(format!("${}\r\n{word}\r\n", word.len()).into_bytes()));
    out
}

/// A key of each of so many shards.
fn keys(shards: u16) -> Vec<String> {
    let topology = commands::Topology { shards };
    let names = |shard| move |name: &String| topology.shard_of(name.as_bytes()) == shard;
    let key = |shard| (0..).map(|number| format!("k{number}")).find(names(shard)).expect("a key");
    (0..shards).map(key).collect()
}

/// Has all cores take turns until something is true.
fn run_until(harness: &mut Harness, mut check: impl FnMut(&mut Harness) -> bool) {
    let mut turns = 0;
    while !check(harness) {
        turns += 1;
        assert!(turns < 10_000, "this does not come true");
        (0..3).for_each(|core| _ = harness.turn(core));
    }
}

fn busy(harness: &mut Harness) -> usize {
    harness.core(0).running().busy().len()
}

/// Sends a command and takes turns until there is a reply.
fn ask(harness: &mut Harness, client: Client, bytes: &[u8]) -> String {
    harness.give(client, bytes);
    let mut reply = String::new();
    run_until(harness, |harness| {
        reply = harness.received(client);
        !reply.is_empty()
    });
    reply
}

#[test]
fn a_busy_script_is_known_when_another_of_its_core_has_ended() {
    let mut harness = Harness::new(3, "--busy-reply-threshold 1");
    TICK.set(100);
    let [endless, ends] = [0, 0].map(|core| harness.connect(core));
    let kills = harness.connect(1);
    let keys = keys(3);
    harness.give(endless, &eval("while true do end", &[&keys[1], &keys[2]]));
    run_until(&mut harness, |harness| busy(harness) == 1);
    harness.give(ends, &eval("for i = 1, 1e7 do end return 5", &[&keys[0]]));
    run_until(&mut harness, |harness| busy(harness) == 2);
    let mut reply = String::new();
    run_until(&mut harness, |harness| {
        reply = harness.received(ends);
        !reply.is_empty()
    });
    assert_eq!((&*reply, busy(&mut harness)), (":5\r\n", 1));
    assert_eq!(ask(&mut harness, kills, b"SCRIPT KILL\r\n"), "+OK\r\n");
    run_until(&mut harness, |harness| busy(harness) == 0);
    harness.run();
    let reply = harness.received(endless);
    assert!(reply.starts_with("-ERR Script killed by user with SCRIPT KILL"), "{reply}");
    let reply = ask(&mut harness, kills, b"SCRIPT KILL\r\n");
    assert_eq!(reply, "-NOTBUSY No scripts in execution right now.\r\n");
}

#[test]
fn a_script_that_has_written_since_it_was_to_end_goes_on() {
    let mut harness = Harness::new(1, "");
    let core = harness.core(0);
    core.begin_run(0);
    core.scripting.current.is_busy = true;
    let number = core.scripting.current.number;
    core.note_busy(Runs { number, ..Runs::default() });
    core.running().busy()[0].killed = true;
    assert!(core.is_to_be_killed());
    core.script_writes();
    assert!(!core.is_to_be_killed());
    core.end_busy();
    assert!(core.running().busy().is_empty());
}
