//! One thread plays all cores: what each call does, without races (those are for `tests/loom.rs`, `tests/stress.rs`).

use std::sync::{Arc, Mutex};

use super::{Delivery, Port};
use crate::{Bus, Credits};

type Woken = Arc<Mutex<Vec<u16>>>;
type Core = Port<&'static str, &'static str, Box<dyn Fn(u16) + Send + Sync>>;

fn cores(shards: u16, credits: u16) -> (Vec<Core>, Woken) {
    let woken = Woken::default();
    let seen = Arc::clone(&woken);
    let wake: Box<dyn Fn(u16) + Send + Sync> = Box::new(move |shard| seen.lock().unwrap().push(shard));
    let bus = Bus::new(shards, Credits::per_pair(credits), wake);
    ((0..shards).map(|shard| bus.port(shard)).collect(), woken)
}

/// Publishes to `targets` without own work.
fn send(core: &mut Core, now_ms: u64, targets: &[u16], body: &'static str) -> u64 {
    let mut batches = targets.iter().map(|&target| (target, body)).collect();
    let mut drained = Vec::new();
    let stamp = core.publish(now_ms, &mut batches, false, &mut drained);
    assert!(batches.is_empty() && drained.is_empty());
    stamp
}

fn drain(core: &mut Core, now_ms: u64) -> (u64, Vec<(u16, u64, &'static str)>) {
    let mut drained = Vec::new();
    let stamp = core.drain(now_ms, &mut drained);
    (stamp, drained.into_iter().map(|d| (d.from, d.now_ms, d.body)).collect())
}

#[test]
fn batches_arrive_in_order_with_the_stamp_of_their_publish() {
    let (mut cores, _) = cores(3, 4);
    assert_eq!(send(&mut cores[0], 10, &[1, 2], "a"), 10);
    assert_eq!(send(&mut cores[2], 7, &[1], "b"), 10, "a late clock is lifted to the inbox's stamp");
    assert_eq!(send(&mut cores[0], 12, &[1], "c"), 12);
    assert_eq!(drain(&mut cores[1], 11), (12, vec![(0, 10, "a"), (2, 10, "b"), (0, 12, "c")]));
    assert_eq!(drain(&mut cores[2], 3), (10, vec![(0, 10, "a")]));
    assert_eq!(drain(&mut cores[1], 0), (12, vec![]));
}

#[test]
fn own_work_takes_the_own_inbox_at_the_same_instant() {
    let (mut cores, _) = cores(3, 4);
    send(&mut cores[0], 20, &[1], "before");
    let mut drained = vec![Delivery { from: 9, now_ms: 1, body: "kept" }];
    let stamp = cores[1].publish(5, &mut vec![(0, "x"), (2, "x")], true, &mut drained);
    assert_eq!(stamp, 20);
    assert_eq!(drained.iter().map(|d| d.body).collect::<Vec<_>>(), ["kept", "before"]);
    assert_eq!(drain(&mut cores[0], 0).1, [(1, 20, "x")]);
    assert_eq!(drain(&mut cores[2], 0).1, [(1, 20, "x")]);
}

#[test]
fn own_work_alone_advances_the_clock_of_its_shard() {
    let (mut cores, _) = cores(2, 4);
    let mut drained = Vec::new();
    assert_eq!(cores[1].publish(30, &mut Vec::new(), true, &mut drained), 30);
    assert_eq!(cores[1].publish(29, &mut Vec::new(), true, &mut drained), 30);
    assert_eq!(send(&mut cores[0], 25, &[1], "a"), 30, "no publish may be stamped before work that was done");
    assert_eq!(cores[1].publish(29, &mut Vec::new(), true, &mut drained), 30);
    assert_eq!(drained.len(), 1, "with nothing to advance, the inbox is still looked at");
}

#[test]
fn credits_are_spent_by_batches_and_returned_by_their_replies() {
    let (mut cores, _) = cores(2, 2);
    send(&mut cores[0], 1, &[1], "a");
    assert!(cores[0].has_credit(1));
    send(&mut cores[0], 1, &[1], "b");
    assert!(!cores[0].has_credit(1));
    cores[1].reply_late(0, "late");
    let mut replies = Vec::new();
    cores[0].take_replies(&mut replies);
    assert!(!cores[0].has_credit(1), "a late reply returns no credit");
    cores[1].reply(0, "a");
    cores[0].take_replies(&mut replies);
    assert!(cores[0].has_credit(1));
    assert_eq!(replies.iter().map(|r| (r.from, r.body)).collect::<Vec<_>>(), [(1, "late"), (1, "a")]);
}

#[test]
fn only_a_sleeper_is_woken_and_only_once() {
    let (mut cores, woken) = cores(3, 4);
    send(&mut cores[0], 1, &[1], "awake");
    assert!(cores[1].pending());
    assert!(!cores[1].prepare_sleep(), "there is work");
    drain(&mut cores[1], 1);
    assert!(!cores[1].pending());
    assert!(cores[1].prepare_sleep());
    assert!(!cores[1].pending(), "sleeping is not work");
    send(&mut cores[0], 1, &[1, 2], "first");
    send(&mut cores[2], 1, &[1], "second");
    assert_eq!(*woken.lock().unwrap(), [1]);
    cores[1].awake();
    drain(&mut cores[1], 1);
    assert!(cores[1].prepare_sleep());
    cores[0].reply(1, "reply");
    assert_eq!(*woken.lock().unwrap(), [1, 1]);
    cores[1].awake();
    assert!(!cores[1].prepare_sleep(), "a reply is work, too");
    cores[1].take_replies(&mut Vec::new());
    assert!(cores[1].prepare_sleep());
    cores[1].awake();
    send(&mut cores[0], 1, &[1], "awake again");
    assert_eq!(*woken.lock().unwrap(), [1, 1]);
}

#[test]
fn one_shard_needs_no_bus() {
    let (mut cores, _) = cores(1, 1);
    let mut drained = Vec::new();
    assert_eq!(cores[0].publish(5, &mut Vec::new(), true, &mut drained), 5);
    assert_eq!(cores[0].publish(6, &mut Vec::new(), false, &mut drained), 6);
    assert!(drained.is_empty() && cores[0].prepare_sleep());
}

#[test]
#[should_panic(expected = "handed out twice")]
fn a_port_is_handed_out_once() {
    let bus = Bus::<(), (), _>::new(1, Credits::per_pair(1), |_: u16| ());
    let _first = bus.port(0);
    bus.port(0);
}

#[cfg(feature = "sim-faults")]
#[test]
fn a_torn_publish_reaches_its_targets_one_by_one() {
    let (mut cores, _) = cores(3, 4);
    let bus = Arc::clone(&cores[0].bus);
    bus.tear_publishes(true);
    send(&mut cores[0], 1, &[1, 2], "a");
    send(&mut cores[1], 1, &[2], "b");
    assert!(bus.deliver_torn(0) && !bus.deliver_torn(0));
    assert_eq!(drain(&mut cores[1], 0).1, [(0, 1, "a")]);
    assert_eq!(drain(&mut cores[2], 0).1, [(1, 1, "b"), (0, 1, "a")]);
}
