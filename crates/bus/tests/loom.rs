//! The bus under the model checker: every interleaving of small situations.
//!
//! Run by `scripts/loom`; `LOOM_MAX_PREEMPTIONS=3` makes it a matter of a second. Each model states the invariant that it checks; the crate page argues them.
#![cfg(loom)]

use std::sync::Arc;

use bus::{Bus, Credits, Delivery, Port, Wake};
use loom::sync::Notify;
use loom::sync::atomic::{AtomicBool, Ordering};
use loom::thread;

/// A sticky wake-up for each core, which the model checker knows: if one is lost, it reports a deadlock.
struct Alarms(Vec<Notify>);

#[derive(Clone)]
struct Alarm(Arc<Alarms>);

type Core = Port<&'static str, &'static str, Alarm>;

impl Wake for Alarm {
    fn wake(&self, shard: u16) {
        self.0.0[usize::from(shard)].notify();
    }
}

impl Alarm {
    fn new(shards: u16) -> Self {
        Alarm(Arc::new(Alarms((0..shards).map(|_| Notify::new()).collect())))
    }

    /// Sleeps until woken, as a core in the ring does.
    fn sleep(&self, core: &mut Core) {
        if core.prepare_sleep() {
            self.0.0[usize::from(core.shard())].wait();
            core.awake();
        }
    }
}

fn cores<const N: usize>(alarm: &Alarm) -> [Core; N] {
    let bus = Bus::new(N as u16, Credits::per_pair(4), alarm.clone());
    std::array::from_fn(|shard| bus.port(shard as u16))
}

/// Publishes `body` to `targets`; with `own`, returns what has to be executed before the own work.
fn publish(
    core: &mut Core,
    now_ms: u64,
    targets: &[u16],
    own: bool,
    body: &'static str,
) -> (u64, Vec<Delivery<&'static str>>) {
    let mut drained = Vec::new();
    let mut batches = targets.iter().map(|&target| (target, body)).collect();
    let stamp = core.publish(now_ms, &mut batches, own, &mut drained);
    (stamp, drained)
}

fn drain(core: &mut Core) -> Vec<Delivery<&'static str>> {
    let mut drained = Vec::new();
    core.drain(0, &mut drained);
    drained
}

fn bodies(deliveries: &[Delivery<&'static str>]) -> Vec<&'static str> {
    deliveries.iter().map(|delivery| delivery.body).collect()
}

/// No lost wake-up: both cores sleep whenever they may; the request and the reply get through. A loss is a deadlock.
#[test]
fn a_sleeper_is_woken_by_a_batch_and_by_a_reply() {
    loom::model(|| {
        let alarm = Alarm::new(2);
        let [mut asker, mut server] = cores(&alarm);
        let server_alarm = alarm.clone();
        let serving = thread::spawn(move || {
            loop {
                let batches = drain(&mut server);
                if !batches.is_empty() {
                    server.reply(batches[0].from, "pong");
                    return;
                }
                server_alarm.sleep(&mut server);
            }
        });
        publish(&mut asker, 1, &[1], false, "ping");
        let mut replies = Vec::new();
        while replies.is_empty() {
            alarm.sleep(&mut asker);
            asker.take_replies(&mut replies);
        }
        assert_eq!(replies[0].body, "pong");
        serving.join().unwrap();
    });
}

/// No lost wake-up when a batch and a reply come from two cores at once: the sleeper gets both.
#[test]
fn a_sleeper_is_woken_by_several_at_once() {
    loom::model(|| {
        let alarm = Alarm::new(3);
        let [mut sleeper, mut publisher, mut replier] = cores(&alarm);
        let publishing = thread::spawn(move || publish(&mut publisher, 1, &[0], false, "batch"));
        let replying = thread::spawn(move || replier.reply_late(0, "reply"));
        let (mut batches, mut replies) = (Vec::new(), Vec::new());
        while batches.is_empty() || replies.is_empty() {
            alarm.sleep(&mut sleeper);
            sleeper.drain(0, &mut batches);
            sleeper.take_replies(&mut replies);
        }
        publishing.join().unwrap();
        replying.join().unwrap();
    });
}

/// B1, and T1 across inboxes: two publishers with two common targets, one of which drains meanwhile.
#[test]
fn two_publishes_are_seen_in_one_order_with_equal_and_rising_stamps() {
    loom::model(|| {
        let [mut zero, mut one, mut two, mut three] = cores(&Alarm::new(4));
        let first = thread::spawn(move || publish(&mut two, 5, &[0, 1], false, "a").0);
        let second = thread::spawn(move || publish(&mut three, 3, &[0, 1], false, "b").0);
        let mut at_zero = drain(&mut zero);
        let stamps = [first.join().unwrap(), second.join().unwrap()];
        at_zero.extend(drain(&mut zero));
        let at_one = drain(&mut one);
        assert_eq!(at_zero, at_one);
        assert_eq!(at_zero.len(), 2);
        assert!(at_zero.is_sorted_by_key(|delivery| delivery.now_ms));
        for delivery in at_zero {
            assert_eq!(delivery.now_ms, stamps[usize::from(delivery.body == "b")]);
        }
    });
}

/// B1 and B2 with own work in both: two cores that each publish to the other and work for themselves agree on who came
/// first, so exactly one finds the other's batch before its own work.
#[test]
fn own_work_and_batches_of_one_publish_are_one_instant() {
    loom::model(|| {
        let [mut zero, mut one] = cores(&Alarm::new(2));
        let other = thread::spawn(move || publish(&mut one, 1, &[0], true, "one").1.len());
        let at_zero = publish(&mut zero, 1, &[1], true, "zero").1.len();
        assert_eq!(at_zero + other.join().unwrap(), 1);
    });
}

/// B2: two publishes of one sender stay in order, whatever the drains in between.
#[test]
fn a_sender_is_heard_in_order() {
    loom::model(|| {
        let [mut sender, mut target] = cores(&Alarm::new(2));
        let sending = thread::spawn(move || {
            publish(&mut sender, 2, &[1], false, "first");
            publish(&mut sender, 1, &[1], false, "second");
        });
        let mut heard = drain(&mut target);
        heard.extend(publish(&mut target, 1, &[], true, "").1);
        sending.join().unwrap();
        heard.extend(drain(&mut target));
        assert_eq!(bodies(&heard), ["first", "second"]);
        assert!(heard.is_sorted_by_key(|delivery| delivery.now_ms));
    });
}

/// The own-order rule: who saw a publish to {0, 1} at shard 1 and then does own work at shard 0 finds it there, though
/// own work alone may skip the lock (the clock does not advance here, so it does).
#[test]
fn own_work_sees_what_was_seen_elsewhere() {
    loom::model(|| {
        let [mut zero, mut one, mut two] = cores(&Alarm::new(3));
        publish(&mut zero, 1, &[], true, "");
        let seen = Arc::new(AtomicBool::new(false));
        let told = Arc::clone(&seen);
        let publishing = thread::spawn(move || publish(&mut two, 1, &[0, 1], false, "mset"));
        let observing = thread::spawn(move || {
            let found = !drain(&mut one).is_empty();
            told.store(found, Ordering::Release);
        });
        let must_see = seen.load(Ordering::Acquire);
        let own = publish(&mut zero, 1, &[], true, "").1;
        assert!(!must_see || bodies(&own) == ["mset"]);
        publishing.join().unwrap();
        observing.join().unwrap();
    });
}

/// Pipelines: two cores that each publish to the other and *then* do own work alone cannot both be first.
#[test]
fn own_work_does_not_overtake_an_earlier_publish() {
    loom::model(|| {
        let [mut zero, mut one] = cores(&Alarm::new(2));
        publish(&mut zero, 1, &[], true, "");
        publish(&mut one, 1, &[], true, "");
        let turn = |core: &mut Core, other: u16| {
            publish(core, 1, &[other], false, "remote");
            publish(core, 1, &[], true, "").1.len()
        };
        let other = thread::spawn(move || turn(&mut one, 0));
        let at_zero = turn(&mut zero, 1);
        assert!(at_zero + other.join().unwrap() >= 1);
    });
}

/// T1 for own work: whatever a shard executes, own work or batch, bears a stamp no smaller than the one before.
#[test]
fn the_clock_of_a_shard_never_runs_backwards() {
    loom::model(|| {
        let [mut zero, mut one, mut two] = cores(&Alarm::new(3));
        let early = thread::spawn(move || publish(&mut one, 3, &[0], false, "early"));
        let late = thread::spawn(move || publish(&mut two, 5, &[0], false, "late"));
        let mut clock = 0;
        for now_ms in [4, 4, 2] {
            let (stamp, drained) = publish(&mut zero, now_ms, &[], true, "");
            for executed in drained.iter().map(|delivery| delivery.now_ms).chain([stamp]) {
                assert!(clock <= executed);
                clock = executed;
            }
        }
        early.join().unwrap();
        late.join().unwrap();
        for delivery in drain(&mut zero) {
            assert!(clock <= delivery.now_ms);
        }
    });
}
