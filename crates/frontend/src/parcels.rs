//! What tasks wait for outside of the shards: parcels, which are keys on their way to another server (MIGRATE), and other work that may
//! take long. Threads of their own do it.
//!
//! ```text
//! core                                      a thread
//! task: Turn ──► so many at a time
//! task: Parcel ──Process::beside──────────► Process::carry: connects, writes, reads replies
//!   turn: the task goes on  ◄──desk of the core, wake-up──┘
//! ```
//!
//! A task that waits for its turn has its locks already, and one that has its turn waits for no locks. So turns come round.
//!
//! When the process is to end, what is under way gets a little time; then its task is told that there was no answer.

use std::collections::VecDeque;
use std::sync::Arc;

use base::limits::PARCELS_MAX;
use bus::Wake;
use commands::{CmdError, Delivered, Outside, StepOut};

use crate::core::Core;
use crate::message::Dest;

/// How long parcels that are under way may hold up the end of the process.
const GIVE_UP_US: u64 = 2_000_000;

/// What a core knows of parcels.
#[derive(Default)]
pub(crate) struct Parcels {
    /// Tasks that have their turn.
    turns: Vec<u32>,
    /// Tasks that wait for it.
    queue: VecDeque<u32>,
    /// Parcels under way: the task, and the number of the parcel.
    under_way: Vec<(u32, u64)>,
    next: u64,
    /// Since when the process is to end.
    ends_since_us: Option<u64>,
}

/// The desk of a core: what became of which parcel or work.
pub(crate) type Answers = Vec<(u64, StepOut)>;

/// The answer where there is nobody who could carry a parcel.
pub(crate) fn unreachable() -> Delivered {
    let error = CmdError::text_of("IOERR error or timeout connecting to the client");
    Delivered { accepted: Vec::new(), error: Some(error) }
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// Does what the function of task `at` waits for.
    pub(crate) fn go_outside(&mut self, at: u32, outside: Outside) {
        let Some(task) = self.tasks.get_mut(at) else { return };
        task.await_one();
        let holds = task.holds();
        match outside {
            // One without locks may have to wait for some later, and must not keep others from giving theirs back.
            Outside::Turn if !holds => self.outside_done(at, StepOut::Done),
            Outside::Turn if self.parcels.turns.len() >= PARCELS_MAX => self.parcels.queue.push_back(at),
            Outside::Turn => {
                self.parcels.turns.push(at);
                self.outside_done(at, StepOut::Done);
            }
            Outside::Parcel(parcel) => {
                let shared = Arc::clone(&self.shared);
                self.do_beside(at, Box::new(move || StepOut::Delivered(shared.process.carry(&parcel))));
            }
            Outside::Work(work) => self.do_beside(at, work),
        }
    }

    fn do_beside(&mut self, at: u32, work: Box<dyn FnOnce() -> StepOut + Send>) {
        self.parcels.next += 1;
        let number = self.parcels.next;
        let (core, shared) = (self.id, Arc::clone(&self.shared));
        self.parcels.under_way.push((at, number));
        let carried = self.shared.process.beside(Box::new(move || {
            let out = work();
            shared.delivered(core).push((number, out));
            shared.process.wake_all();
        }));
        if !carried {
            self.parcel_done(number, StepOut::Delivered(unreachable()));
            self.give_turns();
        }
    }

    /// Lets tasks go on whose parcels were delivered, or not.
    #[inline]
    pub(crate) fn take_delivered(&mut self) {
        if !self.parcels.under_way.is_empty() {
            self.take_answers_to_parcels();
        }
    }

    #[cold]
    fn take_answers_to_parcels(&mut self) {
        let mut answers = std::mem::take(&mut *self.shared.delivered(self.id));
        if self.shared.is_stopping() {
            let now_us = self.now.monotonic_us;
            if now_us.saturating_sub(*self.parcels.ends_since_us.get_or_insert(now_us)) >= GIVE_UP_US {
                let error = CmdError::text_of("IOERR error or timeout reading to target instance");
                let silence =
                    || StepOut::Delivered(Delivered { accepted: Vec::new(), error: Some(error.clone()) });
                answers.extend(self.parcels.under_way.iter().map(|&(_, number)| (number, silence())));
            }
        }
        for (number, out) in answers {
            self.parcel_done(number, out);
        }
        self.give_turns();
    }

    /// What is under way with this number is done: its task goes on.
    fn parcel_done(&mut self, number: u64, out: StepOut) {
        let Some(place) = self.parcels.under_way.iter().position(|&(_, other)| other == number) else {
            return;
        };
        let (at, _) = self.parcels.under_way.swap_remove(place);
        self.parcels.turns.retain(|&other| other != at);
        self.outside_done(at, out);
    }

    /// Tasks that wait for their turn have it, as far as there is room.
    fn give_turns(&mut self) {
        while self.parcels.turns.len() < PARCELS_MAX
            && let Some(at) = self.parcels.queue.pop_front()
        {
            self.parcels.turns.push(at);
            self.outside_done(at, StepOut::Done);
        }
    }

    /// When to look whether to give up what is under way.
    pub(crate) fn parcels_deadline_us(&self) -> Option<u64> {
        let waits = !self.parcels.under_way.is_empty() && self.shared.is_stopping();
        let since_us = self.parcels.ends_since_us.unwrap_or(self.now.monotonic_us);
        waits.then_some(since_us + GIVE_UP_US)
    }

    fn outside_done(&mut self, at: u32, out: StepOut) {
        self.step_done(Dest::Step { task: at, step: 0 }, out);
    }
}

#[cfg(test)]
mod tests {
    use crate::harness::Harness;

    #[test]
    fn without_a_thread_the_client_has_an_answer_at_once() {
        let mut harness = Harness::new(1, "");
        let client = harness.connect(0);
        harness.check(client, "SET a 1", "+OK\r\n");
        harness.give(client, b"MIGRATE 127.0.0.1 1 a 0 1000\r\n");
        harness.run_awake();
        assert_eq!(harness.received(client), "-IOERR error or timeout connecting to the client\r\n");
        harness.check(client, "GET a", "$1\r\n1\r\n");
    }
}
