//! The broken bus, for the simulator: a publish that reaches its targets one by one instead of at one instant.
//!
//! A simulator that cannot tell this bus from the real one checks nothing. While [tearing](Bus::tear_publishes) is on,
//! a publish with several inboxes takes the own one (if asked) and pushes to its first target only; the other batches
//! are held back, and the simulator delivers them one at a time, running other shards in between. FIFO by sender still
//! holds: a core that publishes again first delivers what it still holds back, as a core in a plain loop would have.
#![allow(unsafe_code)]

use std::collections::VecDeque;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::{Bus, Delivery, Port, Wake};

/// The batches that one core holds back, with their targets.
type HeldBack<M> = VecDeque<(u16, Delivery<M>)>;

/// What is held back, by sender.
pub(crate) struct Torn<M> {
    on: AtomicBool,
    held_back: Box<[Mutex<HeldBack<M>>]>,
}

impl<M> Torn<M> {
    pub(crate) fn new(shards: u16) -> Self {
        let held_back = (0..shards).map(|_| Mutex::default()).collect();
        Torn { on: AtomicBool::new(false), held_back }
    }

    pub(crate) fn is_on(&self) -> bool {
        self.on.load(Ordering::Relaxed)
    }

    fn of(&self, from: u16) -> std::sync::MutexGuard<'_, HeldBack<M>> {
        self.held_back[usize::from(from)].lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl<M, R, W: Wake> Bus<M, R, W> {
    /// Makes every publish from now on reach its targets one by one, which breaks B1 (and the equality of stamps in T1).
    /// Switching it off does not deliver what is held back.
    pub fn tear_publishes(&self, on: bool) {
        self.torn.on.store(on, Ordering::Relaxed);
    }

    /// Delivers the next batch that the core of `from` holds back. `false` if there is none.
    pub fn deliver_torn(&self, from: u16) -> bool {
        let next = self.torn.of(from).pop_front();
        let Some((target, delivery)) = next else {
            return false;
        };
        self.push_alone(target, delivery);
        true
    }

    /// A push without regard to other targets.
    fn push_alone(&self, target: u16, mut delivery: Delivery<M>) -> u64 {
        let inbox = &self.shards[usize::from(target)].inbox;
        let prior = inbox.acquire();
        // SAFETY: the lock was taken on the line above, and is released on the last one.
        let stamp = unsafe {
            let stamp = inbox.stamp().max(delivery.now_ms);
            delivery.now_ms = stamp;
            inbox.push_release(stamp, delivery);
            stamp
        };
        if prior.was_asleep() {
            self.wake.wake(target);
        }
        stamp
    }
}

impl<M, R, W: Wake> Port<M, R, W> {
    /// `publish`, torn apart.
    pub(crate) fn publish_torn(
        &mut self,
        now_ms: u64,
        batches: &mut Vec<(u16, M)>,
        own: bool,
        drained: &mut Vec<Delivery<M>>,
    ) -> u64 {
        let from = self.shard();
        while self.bus.deliver_torn(from) {}
        let mut stamp = if own { self.drain(now_ms, drained) } else { now_ms };
        for (index, (target, body)) in batches.drain(..).enumerate() {
            let delivery = self.spend(target, stamp, body);
            if index == 0 {
                stamp = self.bus.push_alone(target, delivery);
            } else {
                self.bus.torn.of(from).push_back((target, delivery));
            }
        }
        stamp
    }
}
