//! More cores than processors, real threads, real sleeps: the invariants at a volume that the model checker cannot reach.
//!
//! Each core publishes to random sets of shards, some with own work, answers what it gets, and sleeps whenever it may.
//! Afterwards the histories of all shards are compared. A lost wake-up shows as a test that does not end.
#![cfg(not(loom))]

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{self, Thread};

use bus::{Bus, Credits, Delivery, Port, Wake};

const CORES: u16 = 7;
const PUBLISHES_PER_CORE: u64 = 30_000;
const CREDITS: u16 = 3;

/// Wakes by unparking, which is sticky.
struct Threads(Vec<OnceLock<Thread>>);

struct Alarm(Arc<Threads>);

impl Wake for Alarm {
    fn wake(&self, shard: u16) {
        if let Some(thread) = self.0.0[usize::from(shard)].get() {
            thread.unpark();
        }
    }
}

/// Names a publish: its sender, and its number there.
type Id = (u16, u64);

/// What one shard executed, in order: whose piece, and its stamp.
type History = Vec<(Id, u64)>;

struct Core {
    port: Port<Id, Id, Alarm>,
    history: History,
    drained: Vec<Delivery<Id>>,
    unanswered: u64,
    seed: u64,
}

impl Core {
    fn random(&mut self, below: u64) -> u64 {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 7;
        self.seed ^= self.seed << 17;
        self.seed % below
    }

    /// One publish to a random set of targets, as far as there is credit.
    fn publish(&mut self, number: u64) {
        let id = (self.port.shard(), number);
        let mask = if self.random(8) == 0 { u64::MAX } else { self.random(1 << CORES) };
        let mut batches = Vec::new();
        for target in 0..CORES {
            if target != self.port.shard() && mask >> target & 1 == 1 && self.port.has_credit(target) {
                batches.push((target, id));
            }
        }
        let own = mask >> self.port.shard() & 1 == 1;
        self.unanswered += batches.len() as u64;
        // Clocks of different cores disagree, and stand still for a while.
        let now_ms = number / 16 + self.random(3);
        let mut drained = std::mem::take(&mut self.drained);
        let stamp = self.port.publish(now_ms, &mut batches, own, &mut drained);
        assert!(stamp >= now_ms);
        self.drained = drained;
        self.execute();
        if own {
            self.history.push((id, stamp));
        }
    }

    /// Executes what was drained.
    fn execute(&mut self) {
        for delivery in self.drained.drain(..) {
            assert_eq!(delivery.from, delivery.body.0);
            self.history.push((delivery.body, delivery.now_ms));
            self.port.reply(delivery.from, delivery.body);
        }
    }

    fn take_replies(&mut self) {
        let mut replies = Vec::new();
        self.port.take_replies(&mut replies);
        assert!(replies.len() <= usize::from((CORES - 1) * CREDITS), "the bound of a reply box");
        assert!(replies.iter().all(|reply| reply.body.0 == self.port.shard()));
        self.unanswered -= replies.len() as u64;
    }

    /// Publishes everything, then serves until all cores have got all their replies.
    fn run(mut self, finished: &AtomicU64, threads: &Threads) -> History {
        let mut published = 0;
        let mut reported = false;
        while finished.load(Ordering::Acquire) < u64::from(CORES) {
            self.take_replies();
            if published < PUBLISHES_PER_CORE {
                published += 1;
                self.publish(published);
            } else {
                self.port.drain(0, &mut self.drained);
                assert!(self.drained.len() <= usize::from((CORES - 1) * CREDITS), "the bound of an inbox");
                self.execute();
                if self.unanswered == 0 && !reported {
                    reported = true;
                    if finished.fetch_add(1, Ordering::AcqRel) + 1 == u64::from(CORES) {
                        threads.0.iter().filter_map(OnceLock::get).for_each(Thread::unpark);
                        break;
                    }
                }
            }
            let may_sleep = self.unanswered > 0 || reported;
            if may_sleep && self.random(4) == 0 && self.port.prepare_sleep() {
                // Nothing but a wake-up ends this, except for the very end of the test.
                thread::park();
                self.port.awake();
            }
        }
        self.history
    }
}

#[test]
fn histories_of_all_shards_agree() {
    let threads = Arc::new(Threads((0..CORES).map(|_| OnceLock::new()).collect()));
    let bus = Bus::new(CORES, Credits::per_pair(CREDITS), Alarm(Arc::clone(&threads)));
    let finished = AtomicU64::new(0);
    let histories: Vec<History> = thread::scope(|scope| {
        let running: Vec<_> = (0..CORES)
            .map(|shard| {
                let port = bus.port(shard);
                let (finished, threads) = (&finished, &threads);
                scope.spawn(move || {
                    threads.0[usize::from(shard)].set(thread::current()).unwrap();
                    let seed = 0x9E37_79B9_7F4A_7C15 ^ (u64::from(shard) + 1);
                    let core = Core { port, history: Vec::new(), drained: Vec::new(), unanswered: 0, seed };
                    core.run(finished, threads)
                })
            })
            .collect();
        running.into_iter().map(|core| core.join().unwrap()).collect()
    });
    for history in &histories {
        assert_stamps_rise_and_senders_are_in_order(history);
    }
    for (index, one) in histories.iter().enumerate() {
        for other in &histories[index + 1..] {
            assert_common_publishes_agree(one, other);
        }
    }
    assert_no_cycle(&histories);
}

/// T1 within an inbox, and B2.
fn assert_stamps_rise_and_senders_are_in_order(history: &History) {
    assert!(history.is_sorted_by_key(|&(_, stamp)| stamp));
    let mut last = [0; CORES as usize];
    for &((sender, number), _) in history {
        let last = &mut last[usize::from(sender)];
        assert!(*last < number, "{sender} was heard out of order");
        *last = number;
    }
}

/// B1, and T1 across inboxes: the same publishes in the same order with the same stamps.
fn assert_common_publishes_agree(one: &History, other: &History) {
    let places: HashMap<Id, u64> = other.iter().copied().collect();
    let theirs: HashMap<Id, u64> = one.iter().copied().collect();
    let common: Vec<_> = one.iter().filter(|(id, _)| places.contains_key(id)).collect();
    assert!(!common.is_empty());
    assert!(common.into_iter().eq(other.iter().filter(|(id, _)| theirs.contains_key(id))));
}

/// More than B1: the orders of all shards, and of all senders, fit into one total order.
fn assert_no_cycle(histories: &[History]) {
    let mut waits_for: HashMap<Id, usize> = HashMap::new();
    let mut next: HashMap<Id, Vec<Id>> = HashMap::new();
    let mut before = |earlier: Id, later: Id| {
        next.entry(earlier).or_default().push(later);
        *waits_for.entry(later).or_default() += 1;
    };
    for history in histories {
        history.windows(2).for_each(|pair| before(pair[0].0, pair[1].0));
    }
    for sender in 0..CORES {
        (1..PUBLISHES_PER_CORE).for_each(|number| before((sender, number), (sender, number + 1)));
    }
    let all = u64::from(CORES) * PUBLISHES_PER_CORE;
    let mut ready: Vec<Id> =
        (0..CORES).map(|sender| (sender, 1)).filter(|id| !waits_for.contains_key(id)).collect();
    let mut ordered = 0;
    while let Some(id) = ready.pop() {
        ordered += 1;
        for &later in next.get(&id).into_iter().flatten() {
            let left = waits_for.get_mut(&later).unwrap();
            *left -= 1;
            if *left == 0 {
                ready.push(later);
            }
        }
    }
    assert_eq!(ordered, all, "some publishes wait for each other");
}
