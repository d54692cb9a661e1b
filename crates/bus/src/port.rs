//! A core's end of the bus.
#![allow(unsafe_code)]

use core::cell::Cell;
use core::marker::PhantomData;
use std::sync::Arc;

use crate::Wake;
use crate::bus::{Boxes, Bus, mailbox_capacity};

/// A batch as its target finds it.
#[derive(Debug, PartialEq, Eq)]
pub struct Delivery<M> {
    /// The shard whose core published it.
    pub from: u16,
    /// The stamp of its publish, in milliseconds: the *now* of every piece of it (T1).
    pub now_ms: u64,
    /// The batch.
    pub body: M,
}

/// A reply as the sender of the request finds it.
#[derive(Debug, PartialEq, Eq)]
pub struct Reply<R> {
    /// The shard that answers.
    pub from: u16,
    /// Whether it answers a batch, and so returns its credit.
    returns_credit: bool,
    /// The reply.
    pub body: R,
}

/// A core's end of the bus. There is one for each shard; it moves to the core's thread and stays there (not `Clone`,
/// not `Sync`).
pub struct Port<M, R, W> {
    pub(crate) bus: Arc<Bus<M, R, W>>,
    shard: u16,
    /// The stamp of the own inbox, as of the last time that its lock was held here.
    stamp: u64,
    /// By target, how many more batches may be sent.
    credits: Box<[i32]>,
    /// Scratch of `publish`: the targets found asleep.
    asleep: Vec<u16>,
    not_sync: PhantomData<Cell<()>>,
}

impl<M, R, W: Wake> Port<M, R, W> {
    pub(crate) fn new(bus: Arc<Bus<M, R, W>>, shard: u16) -> Self {
        let shards = bus.shards.len();
        let credits = vec![i32::from(bus.credits.count()); shards].into_boxed_slice();
        Port { bus, shard, stamp: 0, credits, asleep: Vec::with_capacity(shards), not_sync: PhantomData }
    }

    /// The shard of this core.
    pub fn shard(&self) -> u16 {
        self.shard
    }

    /// Puts one batch into the inbox of each target, at one instant (B1), and empties `batches`.
    ///
    /// `batches` ascend by target, without the own shard; each target needs a credit ([`Port::has_credit`]). `own`
    /// says that this core has own-shard work in this publish: its inbox is then taken at the same instant and appended
    /// to `drained`; the caller executes `drained` before the own work (B2). Without `own`, `drained` is left alone.
    ///
    /// Returns the stamp that every piece of this publish carries (T1): `now_ms` or later, and no earlier than
    /// anything that the targets (and the own shard, with `own`) were stamped with before.
    ///
    /// Costs one uncontended lock an inbox; `own` work without targets, in a millisecond that the inbox knows already,
    /// costs one load.
    pub fn publish(
        &mut self,
        now_ms: u64,
        batches: &mut Vec<(u16, M)>,
        own: bool,
        drained: &mut Vec<Delivery<M>>,
    ) -> u64 {
        #[cfg(feature = "sim-faults")]
        if self.bus.torn.is_on() {
            return self.publish_torn(now_ms, batches, own, drained);
        }
        match (batches.is_empty(), own) {
            (true, true) => return self.drain(now_ms, drained),
            (true, false) => return now_ms.max(self.stamp),
            _ => {}
        }
        debug_assert!(batches.is_sorted_by(|a, b| a.0 < b.0), "targets ascend");
        debug_assert!(batches.iter().all(|batch| batch.0 != self.shard), "own work goes by `own`");
        debug_assert!(batches.iter().all(|batch| self.has_credit(batch.0)), "a batch needs a credit");
        self.reserve(drained, own);

        // Growing phase: all locks, ascending, the own one in its place. After it, the lock point.
        let mut stamp = now_ms;
        let mut own_to_come = own;
        for &(target, _) in batches.iter() {
            if own_to_come && self.shard < target {
                own_to_come = false;
                stamp = stamp.max(self.lock(self.shard));
            }
            stamp = stamp.max(self.lock(target));
        }
        if own_to_come {
            stamp = stamp.max(self.lock(self.shard));
        }

        // Shrinking phase: each lock goes as soon as its inbox has its batch.
        if own {
            self.stamp = stamp;
            // SAFETY: locked above, and released here only.
            unsafe { self.boxes(self.shard).inbox.take_release(stamp, drained) };
        }
        for (target, body) in batches.drain(..) {
            let delivery = self.spend(target, stamp, body);
            // SAFETY: locked above, and released here only: targets ascend, so each is there once.
            unsafe { self.bus.shards[usize::from(target)].inbox.push_release(stamp, delivery) };
        }
        while let Some(target) = self.asleep.pop() {
            self.bus.wake.wake(target);
        }
        stamp
    }

    /// Takes a credit for a batch and stamps it.
    pub(crate) fn spend(&mut self, target: u16, now_ms: u64, body: M) -> Delivery<M> {
        self.credits[usize::from(target)] -= 1;
        Delivery { from: self.shard, now_ms, body }
    }

    /// Takes the lock of an inbox, notes whether its owner has to be woken, and returns its last stamp.
    fn lock(&mut self, target: u16) -> u64 {
        let inbox = &self.bus.shards[usize::from(target)].inbox;
        if inbox.acquire().was_asleep() && target != self.shard {
            self.asleep.push(target);
        }
        // SAFETY: the lock was taken on the lines above.
        unsafe { inbox.stamp() }
    }

    /// Appends the own inbox to `drained`, in order, and returns the clock of this shard: `now_ms`, or the last stamp
    /// of the inbox if that is later. No later publish will be stamped below it (T1).
    pub fn drain(&mut self, now_ms: u64, drained: &mut Vec<Delivery<M>>) -> u64 {
        // While the inbox is empty, its stamp is the one that was left there by this core.
        if now_ms <= self.stamp && self.boxes(self.shard).inbox.is_empty_in_total_order() {
            return self.stamp;
        }
        self.reserve(drained, true);
        let inbox = &self.boxes(self.shard).inbox;
        let _ = inbox.acquire();
        // SAFETY: the lock was taken on the line above, and is released on the last one.
        let stamp = unsafe {
            let stamp = inbox.stamp().max(now_ms);
            inbox.take_release(stamp, drained);
            stamp
        };
        self.stamp = stamp;
        stamp
    }

    /// Whether a batch may be sent to `target` now (C1). If not, the core leaves its clients' bytes unread until
    /// [`Port::take_replies`] has brought a credit back.
    ///
    /// A publish without a credit is a mistake, found by a debug assertion. In a release build the batch is sent
    /// (dropping it would tear a publish apart, waiting could deadlock) and the count goes below zero, so whoever asks
    /// before planning a batch is bounded all the same.
    pub fn has_credit(&self, target: u16) -> bool {
        self.credits[usize::from(target)] > 0
    }

    /// Answers a batch, once, when it was executed, and so returns its credit. Pieces of it that wait for a key lock
    /// answer by [`Port::reply_late`].
    pub fn reply(&mut self, to: u16, body: R) {
        self.push_reply(to, body, true);
    }

    /// Answers a piece that waited beyond the reply of its batch. Returns no credit; see C1 on the crate page for what
    /// bounds the room that it takes.
    pub fn reply_late(&mut self, to: u16, body: R) {
        self.push_reply(to, body, false);
    }

    fn push_reply(&mut self, to: u16, body: R, returns_credit: bool) {
        let reply = Reply { from: self.shard, returns_credit, body };
        if self.boxes(to).replies.push(reply).was_asleep() {
            self.bus.wake.wake(to);
        }
    }

    /// Appends the replies that came back to `out`, those of one shard in the order in which it sent them, and takes
    /// their credits back. Costs one load if there are none.
    pub fn take_replies(&mut self, out: &mut Vec<Reply<R>>) {
        if !self.boxes(self.shard).replies.is_pending() {
            return;
        }
        let before = out.len();
        out.reserve(mailbox_capacity(self.bus.shards(), self.bus.credits));
        self.boxes(self.shard).replies.take(out);
        for reply in &out[before..] {
            self.credits[usize::from(reply.from)] += i32::from(reply.returns_credit);
        }
    }

    /// Whether a batch or a reply is here, or just arriving. Costs two loads; for spinning before a sleep.
    pub fn pending(&self) -> bool {
        let boxes = self.boxes(self.shard);
        boxes.inbox.is_pending() || boxes.replies.is_pending()
    }

    /// Declares that this core is about to sleep. `true`: from now on the first push to each of its boxes wakes it.
    /// `false`: there is work, don't sleep (and no need to call [`Port::awake`]).
    pub fn prepare_sleep(&mut self) -> bool {
        let boxes = self.boxes(self.shard);
        if !boxes.inbox.doze() {
            return false;
        }
        if !boxes.replies.doze() {
            boxes.inbox.rouse();
            return false;
        }
        true
    }

    /// Declares that this core is awake, for whatever reason: pushes no longer wake it. Costs two compare-exchanges
    /// on own lines; to be called once after each sleep.
    pub fn awake(&mut self) {
        let boxes = self.boxes(self.shard);
        boxes.inbox.rouse();
        boxes.replies.rouse();
    }

    fn boxes(&self, shard: u16) -> &Boxes<M, R> {
        &self.bus.shards[usize::from(shard)]
    }

    /// Makes sure, before a lock is taken, that draining into `drained` leaves the inbox a vector of full capacity.
    fn reserve(&self, drained: &mut Vec<Delivery<M>>, own: bool) {
        if own {
            drained.reserve(mailbox_capacity(self.bus.shards(), self.bus.credits));
        }
    }
}

#[cfg(all(test, not(loom)))]
#[path = "port_tests.rs"]
mod tests;
