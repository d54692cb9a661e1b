//! The middle of a turn: the plan is published, then the inbox and the own part of the plan are executed.

use bus::{Delivery, Wake};

use crate::core::Core;
use crate::message::{Answer, AnswerBody, Batch};

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// Whether all shards that the plan has work for can be sent to.
    pub(crate) fn can_publish(&self) -> bool {
        self.plan.remote == 0
            || self
                .plan
                .batches
                .iter()
                .enumerate()
                .all(|(target, batch)| batch.is_none() || self.port.has_credit(target as u16))
    }

    /// Whether commands may be parsed: every shard can be sent to (C1).
    pub(crate) fn may_parse(&self) -> bool {
        !self.shared.is_stopping()
            && self.shared.logs.has_room()
            && (0..self.topology.shards).all(|target| target == self.id || self.port.has_credit(target))
    }

    /// Publishes the plan, executes what the inbox brought and then the own part of the plan. Without credit it only
    /// executes the inbox.
    pub(crate) fn flush(&mut self) {
        if self.topology.shards == 1 {
            self.shard.set_now(self.now.unix_ms);
            self.pubsub.messages.executing = true;
            if self.shard.wants_events() {
                self.run_own_with_events();
            } else {
                self.run_own();
            }
            self.pubsub.messages.executing = false;
            return;
        }
        if self.pubsub.messages.is_pending() {
            self.plan_pending_messages();
        }
        self.pubsub.messages.executing = true;
        let mut deliveries = std::mem::take(&mut self.deliveries);
        if !self.can_publish() {
            let stamp = self.port.drain(self.now.unix_ms, &mut deliveries);
            self.run_deliveries(&mut deliveries, stamp);
        } else {
            let mut outgoing = std::mem::take(&mut self.outgoing);
            if self.plan.remote > 0 {
                self.pubsub.messages.held_bytes = 0;
                for (target, batch) in self.plan.batches.iter_mut().enumerate() {
                    outgoing.extend(batch.take().map(|batch| (target as u16, batch)));
                }
                self.in_flight += self.plan.remote as u64;
                self.stats().publishes.add(1);
                self.stats().pieces_sent.add(self.plan.remote as u64);
                self.plan.remote = 0;
            }
            let (own, now_ms) = (!self.plan.own.is_empty(), self.now.unix_ms);
            let stamp = if own {
                self.port.publish(now_ms, &mut outgoing, true, &mut deliveries)
            } else {
                // The stamp of a publish without own work says nothing about this shard's clock (T1).
                self.port.publish(now_ms, &mut outgoing, false, &mut deliveries);
                self.port.drain(now_ms, &mut deliveries)
            };
            #[cfg(feature = "sim-faults")]
            if self.faults.own_work_first {
                self.run_own();
            }
            self.run_deliveries(&mut deliveries, stamp);
            self.run_own();
            self.outgoing = outgoing;
        }
        self.deliveries = deliveries;
        if self.shard.has_events() {
            self.publish_events();
        }
        self.pubsub.messages.executing = false;
    }

    /// Answers a batch of another core. What it changed is in the log by then.
    fn reply_batch(&mut self, to: u16, mut batch: Box<Batch>) {
        self.flush_log();
        batch.log_position = self.log.position();
        self.port.reply(to, Answer(AnswerBody::Batch(batch)));
    }

    /// Tells another core something that it does not get with a batch.
    pub(crate) fn reply_late(&mut self, to: u16, answer: Answer) {
        self.flush_log();
        self.port.reply_late(to, answer);
    }

    /// Executes drained batches in order, then sets the clock to the stamp of what follows.
    fn run_deliveries(&mut self, deliveries: &mut Vec<Delivery<Box<Batch>>>, stamp: u64) {
        // What was published after a change of the configuration was answered must find the change.
        self.refresh_config();
        for delivery in deliveries.drain(..) {
            self.shard.set_now(delivery.now_ms);
            let batch = self.run_batch(delivery.from, delivery.body);
            if self.shard.has_events() {
                self.publish_events();
            }
            self.publish_progress();
            self.reply_batch(delivery.from, batch);
        }
        self.shard.set_now(stamp);
    }
}
