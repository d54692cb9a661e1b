//! Key locks against the order that they promise.

use super::*;

fn keys(names: &[&str]) -> Vec<KeyName> {
    names.iter().map(|name| name.as_bytes().into()).collect()
}

fn task(number: u64) -> TaskId {
    TaskId { core: 0, number }
}

/// Claims for work named `name`; returns it if it may run at once.
fn claim(table: &mut LockTable<&'static str>, claim: Claim, name: &'static str) -> Option<&'static str> {
    match table.claim(claim, 0) {
        None => Some(name),
        Some(pending) => {
            pending.wait(name);
            None
        }
    }
}

fn ready(table: &mut LockTable<&'static str>) -> Vec<&'static str> {
    std::iter::from_fn(|| table.take_ready()).collect()
}

#[test]
fn pieces_wait_for_a_locked_key_in_order_and_others_go_on() {
    let mut table = LockTable::new();
    assert!(table.is_idle());
    assert_eq!(claim(&mut table, Claim::Hold(task(1), keys(&["a", "b"])), "lock"), Some("lock"));
    assert!(!table.is_idle());
    assert_eq!(claim(&mut table, Claim::Keys(keys(&["a"])), "get a"), None);
    assert_eq!(claim(&mut table, Claim::Keys(keys(&["c", "b"])), "mset c b"), None);
    assert_eq!(claim(&mut table, Claim::Keys(keys(&["c"])), "get c"), None, "c is queued behind mset");
    assert_eq!(claim(&mut table, Claim::Keys(keys(&["d", "d"])), "get d"), Some("get d"));
    table.release(task(1));
    let mut got = ready(&mut table);
    assert_eq!(got.iter().position(|&work| work == "mset c b"), Some(1));
    got.sort_unstable();
    assert_eq!(got, ["get a", "get c", "mset c b"]);
    assert!(table.is_idle());
    assert_eq!(table.len(), 0);
}

#[test]
fn tasks_follow_each_other() {
    let mut table = LockTable::new();
    assert_eq!(claim(&mut table, Claim::Hold(task(1), keys(&["a"])), "one"), Some("one"));
    assert_eq!(claim(&mut table, Claim::Hold(task(2), keys(&["a", "b"])), "two"), None);
    assert_eq!(claim(&mut table, Claim::Keys(keys(&["b"])), "get b"), None);
    table.release(task(1));
    assert_eq!(ready(&mut table), ["two"]);
    table.release(task(2));
    assert_eq!(ready(&mut table), ["get b"]);
    assert!(table.is_idle());
}

#[test]
fn a_barrier_waits_for_all_and_everything_waits_behind_it() {
    let mut table = LockTable::new();
    assert_eq!(claim(&mut table, Claim::All, "free"), Some("free"));
    assert_eq!(claim(&mut table, Claim::Hold(task(1), keys(&["a"])), "one"), Some("one"));
    assert_eq!(claim(&mut table, Claim::Keys(keys(&["a"])), "get a"), None);
    assert_eq!(claim(&mut table, Claim::All, "dbsize"), None);
    assert_eq!(claim(&mut table, Claim::Keys(keys(&["z"])), "set z"), None);
    assert_eq!(claim(&mut table, Claim::Hold(task(2), keys(&["z"])), "two"), None);
    assert_eq!(claim(&mut table, Claim::All, "keys"), None);
    assert_eq!(claim(&mut table, Claim::Keys(keys(&["y"])), "get y"), None);
    table.release(task(1));
    assert_eq!(ready(&mut table), ["get a", "dbsize", "set z", "two"]);
    table.release(task(2));
    assert_eq!(ready(&mut table), ["keys", "get y"]);
    assert!(table.is_idle());
}

#[test]
fn stamps_are_kept_until_the_claim_ends() {
    let mut table: LockTable<&'static str> = LockTable::new();
    assert_eq!(table.oldest_ms(), None);
    assert!(table.claim(Claim::Hold(task(1), keys(&["a"])), 5).is_none());
    table.claim(Claim::Keys(keys(&["a"])), 7).expect("must wait").wait("get a");
    table.claim(Claim::All, 8).expect("must wait").wait("dbsize");
    table.claim(Claim::Hold(task(2), keys(&["b"])), 9).expect("must wait").wait("two");
    assert_eq!((table.stamp_ms(task(1)), table.stamp_ms(task(2))), (Some(5), None));
    assert_eq!(table.oldest_ms(), Some(5));
    table.release(task(1));
    assert_eq!(ready(&mut table), ["get a", "dbsize", "two"]);
    assert_eq!((table.stamp_ms(task(1)), table.stamp_ms(task(2))), (None, Some(9)));
    assert_eq!(table.oldest_ms(), Some(9));
}

#[test]
fn a_task_holds_the_whole_shard() {
    let mut table = LockTable::new();
    assert_eq!(claim(&mut table, Claim::HoldAll(task(1)), "sort"), Some("sort"));
    assert!(!table.is_idle());
    assert_eq!((table.stamp_ms(task(1)), table.oldest_ms()), (Some(0), Some(0)));
    assert_eq!(claim(&mut table, Claim::Keys(keys(&["a"])), "get a"), None);
    assert_eq!(claim(&mut table, Claim::Hold(task(2), keys(&["a"])), "two"), None);
    assert_eq!(claim(&mut table, Claim::HoldAll(task(3)), "three"), None);
    assert_eq!(claim(&mut table, Claim::All, "dbsize"), None);
    assert_eq!(claim(&mut table, Claim::Keys(keys(&["b"])), "get b"), None);
    table.release(task(1));
    assert_eq!(ready(&mut table), ["get a", "two"]);
    table.release(task(2));
    assert_eq!(ready(&mut table), ["three"], "and nothing else before it is done");
    assert_eq!(claim(&mut table, Claim::Keys(keys(&["c"])), "get c"), None);
    table.release(task(3));
    assert_eq!(ready(&mut table), ["dbsize", "get b", "get c"]);
    assert!(table.is_idle());
    assert_eq!(table.len(), 0);
}
