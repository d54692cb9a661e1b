//! The world of a run: cores, clients, clocks and the seeded scheduler that moves one of them at a time.

mod clients;

use std::collections::VecDeque;
use std::sync::Arc;

use base::Rng;
use base::conn::ConnId;
use bus::Wake;
use frontend::{Now, Shared};
use resp::decode::{DecodeError, decode};

use crate::command::Command;
use crate::disk::Disk;
use crate::history::{Clocks, History, Message, OpIndex, show};
use crate::knobs::Knobs;
use crate::node::{Flags, Node, SimBus, nodes, set_ticks};
use crate::run::{Failure, Fault, Plan};
use crate::session::{Session, SessionState};
use crate::tap::is_message;
use crate::trace::Trace;
use crate::workload::{Asker, Shape, Workload};

/// The time at which every run starts: 2024-01-01, in milliseconds.
const START_MS: u64 = 1_704_067_200_000;
/// A jump of time, at most.
const JUMP_MAX_US: u64 = 60_000;
/// With a disk, time jumps far enough for what is done once a second, once in so many steps.
const SYNC_JUMP_EVERY: u64 = 500;
const SYNC_JUMP_MAX_US: u64 = 1_500_000;
/// Once in so many turns some connection is called quiet.
const QUIET_EVERY: u64 = 20;
/// No deadline of a workload is further away.
const SKIP_MAX_US: u64 = 10_000_000;
/// Nor does a core that takes its log to the disk wait for longer with the next write.
const SKIP_LOG_MAX_US: u64 = 100_000;
/// Turns that cores may take to stop.
const STOP_TURNS_MAX: usize = 10_000;
/// Steps after which a run is taken for endless: far more than the largest shape needs.
const STEPS_MAX: u64 = 20_000_000;

/// Kinds of step, by position in `Knobs::odds`.
const TURN: usize = 0;
const DELIVER: usize = 1;
const READ: usize = 2;
const CALL: usize = 3;
const DISK: usize = 4;
const KINDS: usize = 5;
/// What the disk may do.
const LOG: usize = 0;
const BASE: usize = 1;
/// … and the writes that cores have begun, one a core.
const CORES: usize = 2;

/// See the module page.
pub(crate) struct World {
    pub(crate) rng: Rng,
    pub(crate) knobs: Knobs,
    pub(crate) shape: Shape,
    pub(crate) nodes: Vec<Node>,
    #[cfg_attr(not(feature = "faults"), allow(dead_code, reason = "only a torn bus is asked for anything"))]
    pub(crate) bus: Arc<SimBus>,
    pub(crate) shared: Arc<Shared>,
    pub(crate) flags: Flags,
    pub(crate) sessions: Vec<Session>,
    /// Connections whose clients left and whose bytes or end are still on their way: process, core, id.
    pub(crate) orphans: Vec<(usize, usize, ConnId)>,
    now_us: u64,
    high_ms: u64,
    pub(crate) step: u64,
    losses: usize,
    pub(crate) fault: Option<Fault>,
    /// What the log is written to, in runs that lose power.
    pub(crate) disk: Option<Disk>,
    /// The power was lost in a cycle of the disk.
    pub(crate) is_dark: bool,
    /// How often the power was lost.
    pub(crate) lives: u32,
    /// With a disk: what was answered since it came back, and how far the logs were then.
    pub(crate) answered: Vec<(OpIndex, Vec<u64>)>,
    pub(crate) history: History,
    pub(crate) trace: Trace,
    /// Scratch: what could be moved, by kind of step.
    movable: [Vec<usize>; KINDS],
}

impl World {
    pub(crate) fn new(plan: Plan, shape: Shape, mut disk: Option<Disk>) -> Self {
        let Plan { seed, fault, .. } = plan;
        let (shards, trace) = (plan.shards(), Trace::new(plan.trace));
        let mut rng = Rng::new(seed);
        let knobs = Knobs::draw(&mut rng, shards, shape.bytes_scale);
        let flags = Flags::new(shards);
        let options = disk.as_ref().map(Disk::options).unwrap_or_default();
        let storage = disk.as_ref().map(|disk| disk.storage.clone());
        set_ticks(disk.as_ref().map_or(0, Disk::tick_ns));
        let (nodes, bus, shared) =
            nodes(shards, knobs.credits, rng.next_u64(), &flags, (&options, storage), 0, |shared| {
                if let Some(disk) = &mut disk {
                    disk.open(shared, None, flags.share());
                }
            });
        let mut world = World {
            rng,
            knobs,
            shape,
            nodes,
            bus,
            shared,
            flags,
            sessions: Vec::new(),
            orphans: Vec::new(),
            now_us: 0,
            high_ms: START_MS,
            step: 0,
            losses: 0,
            fault,
            disk,
            is_dark: false,
            lives: 0,
            answered: Vec::new(),
            history: History::default(),
            trace,
            movable: Default::default(),
        };
        world.break_on_purpose();
        for core in 0..world.nodes.len() {
            world.set_clock(core);
        }
        for client in 0..shape.sessions {
            let session = world.connect(client);
            world.sessions.push(session);
        }
        world
    }

    #[cfg(feature = "faults")]
    pub(crate) fn break_on_purpose(&mut self) {
        match self.fault {
            // Recovery and the disk look at it.
            None
            | Some(Fault::IgnoreGroups | Fault::RemoveFirst | Fault::UnsyncedBase | Fault::ListTooSoon) => {}
            Some(Fault::RotateEarly) => {
                self.nodes.iter_mut().for_each(|node| node.core.faults.rotate_early = true);
            }
            Some(Fault::SkipSync) => {
                self.nodes.iter_mut().for_each(|node| node.core.faults.skip_sync = true);
            }
            Some(Fault::TornPublish) => self.bus.tear_publishes(true),
            Some(Fault::SkipKeyLocks) => {
                self.nodes.iter_mut().for_each(|node| node.core.faults.skip_key_locks = true);
            }
            Some(Fault::SkipWatches) => {
                self.nodes.iter_mut().for_each(|node| node.core.faults.skip_watches = true);
            }
            Some(Fault::SkipUndo) => {
                self.nodes.iter_mut().for_each(|node| node.core.faults.skip_undo = true);
            }
            Some(Fault::SkipWaiters) => {
                self.nodes.iter_mut().for_each(|node| node.core.faults.skip_waiters = true);
            }
            Some(Fault::OwnWorkFirst) => {
                self.nodes.iter_mut().for_each(|node| node.core.faults.own_work_first = true);
            }
        }
    }

    #[cfg(not(feature = "faults"))]
    pub(crate) fn break_on_purpose(&mut self) {
        assert!(self.fault.is_none(), "built without the feature `faults`");
    }

    /// Lets clients call all operations of the shape.
    ///
    /// # Errors
    /// Whatever went wrong besides the replies.
    pub(crate) fn play(&mut self, workload: &mut dyn Workload) -> Result<(), Failure> {
        let goal = self.history.ops.len() + self.shape.ops;
        let mut power = self.schedule();
        while self.history.ops.len() < goal {
            if !self.advance(workload, true)? && !self.is_dark {
                return Err(self.stuck());
            }
            self.look_at_power(workload, &mut power)?;
        }
        self.disk.iter_mut().for_each(Disk::keep_power);
        Ok(())
    }

    /// Lets everything that is under way come to an end.
    ///
    /// # Errors
    /// Whatever went wrong besides the replies; replies that never come, above all.
    pub(crate) fn settle(&mut self, workload: &mut dyn Workload) -> Result<(), Failure> {
        while self.advance(workload, false)? {}
        if self.shape.blocks {
            self.give_up();
            while self.advance(workload, false)? {}
        }
        if self.sessions.iter().any(|session| !session.unanswered.is_empty()) {
            return Err(self.stuck());
        }
        Ok(())
    }

    /// Clients that still wait, and always would, break off.
    fn give_up(&mut self) {
        for at in 0..self.sessions.len() {
            let session = &mut self.sessions[at];
            let Some(&op) = session.unanswered.front() else { continue };
            self.history.still_waiting.push(op);
            session.unanswered.clear();
            session.state = SessionState::Gone;
            self.nodes[session.core].sockets.break_off(session.conn, 0);
        }
    }

    /// One more client calls one pipeline, with nobody else around, gets its replies and leaves.
    ///
    /// # Errors
    /// As [`World::settle`].
    pub(crate) fn alone(
        &mut self,
        workload: &mut dyn Workload,
        commands: Vec<Command>,
    ) -> Result<(), Failure> {
        if commands.is_empty() {
            return Ok(());
        }
        let at = self.sessions.len();
        let session = self.connect(at);
        self.sessions.push(session);
        self.send(at, commands);
        self.settle(workload)?;
        let session = self.sessions.swap_remove(at);
        self.nodes[session.core].sockets.shut_down(session.conn);
        self.orphans.push((session.process, session.core, session.conn));
        Ok(())
    }

    /// True once in `n`.
    pub(crate) fn chance(&mut self, n: u64) -> bool {
        self.rng.one_in(n)
    }

    /// Tells all cores to stop, whatever they are at, and waits until they have.
    ///
    /// # Errors
    /// They don't.
    pub(crate) fn stop(&mut self) -> Result<(), Failure> {
        self.shared.stop();
        self.flags.raise_all();
        for _ in 0..STOP_TURNS_MAX {
            self.step += 1;
            self.pass_time();
            self.deliver_held_back();
            self.write_log();
            (0..self.nodes.len()).for_each(|at| self.write_file(at));
            let is_able =
                |&at: &usize| !self.nodes[at].stopped && self.nodes[at].is_runnable(self.now_us, &self.flags);
            let able: Vec<usize> = (0..self.nodes.len()).filter(is_able).collect();
            if able.is_empty() {
                break;
            }
            let which = self.rng.below(able.len() as u64) as usize;
            self.turn(able[which]);
        }
        match self.nodes.iter().position(|node| !node.stopped) {
            Some(core) => Err(Failure::NotStopped { core }),
            None => Ok(()),
        }
    }

    fn stuck(&self) -> Failure {
        Failure::Stuck(self.sessions.iter().flat_map(|session| session.unanswered.iter().copied()).collect())
    }

    /// One step. False: nothing can move but time.
    fn advance(&mut self, workload: &mut dyn Workload, calls: bool) -> Result<bool, Failure> {
        self.step += 1;
        if self.step > STEPS_MAX {
            return Err(Failure::Endless);
        }
        self.pass_time();
        self.look_at_log_growth();
        self.look_around(calls);
        let odds: u64 =
            (0..KINDS).filter(|&kind| !self.movable[kind].is_empty()).map(|kind| self.knobs.odds[kind]).sum();
        let soon_us = if self.shape.blocks { SKIP_MAX_US } else { SKIP_LOG_MAX_US };
        if odds == 0 && (self.shape.blocks || self.disk.is_some()) && self.skip_to_deadline(soon_us) {
            return Ok(true);
        }
        if odds == 0 {
            return Ok(self.deliver_held_back());
        }
        let mut draw = self.rng.below(odds);
        for kind in 0..KINDS {
            if self.movable[kind].is_empty() {
                continue;
            }
            if draw >= self.knobs.odds[kind] {
                draw -= self.knobs.odds[kind];
                continue;
            }
            let which = self.movable[kind][self.rng.below(self.movable[kind].len() as u64) as usize];
            match kind {
                TURN => self.turn(which),
                DELIVER => self.deliver(which),
                READ => self.read(which, workload)?,
                DISK if which == BASE => self.write_base(),
                DISK if which >= CORES => self.write_file(which - CORES),
                DISK => self.write_log(),
                _ => self.call(which, workload),
            }
            break;
        }
        if self.rng.one_in(3) {
            self.deliver_held_back();
        }
        self.look_for_failures()?;
        Ok(true)
    }

    /// The log's plane does a cycle, if there is anything for it to do.
    fn write_log(&mut self) {
        let (step, now_ms) = (self.step, self.clocks().low_ms);
        if let Some(disk) = self.disk.as_mut().filter(|disk| disk.is_runnable(now_ms)) {
            self.is_dark |= !disk.step(now_ms);
            let (appended, committed) = disk.positions();
            self.trace.event(&committed, &[], || {
                format!("{step:>7} the log is written: of {appended:?} {committed:?} is committed")
            });
        }
    }

    /// The write that a core's loop has begun ends.
    fn write_file(&mut self, at: usize) {
        let node = &mut self.nodes[at];
        let (Some(disk), Some(write)) = (&self.disk, node.sockets.file_write.take()) else { return };
        let result = write.file.write_synced(write.offset, write.content());
        self.is_dark |= disk.is_dark();
        node.core.file_written(write.bytes, result, self.now_us);
        self.flags.wake(at as u16);
        let (step, (appended, committed)) = (self.step, disk.positions());
        self.trace.event(&committed, &[], || {
            format!("{step:>7} core {at} has written its log: of {appended:?} {committed:?} is committed")
        });
    }

    /// The storage plane writes the base of a rewrite.
    fn write_base(&mut self) {
        let (step, now_ms) = (self.step, self.clocks().low_ms);
        if let Some(disk) = &mut self.disk {
            self.is_dark |= !disk.write_base(now_ms);
            self.trace
                .event(&[DISK as u64, step], &[], || format!("{step:>7} the base of a rewrite is written"));
        }
    }

    /// The control plane looks whether the log is to be rewritten.
    fn look_at_log_growth(&mut self) {
        let every = self.disk.as_ref().map_or(0, |disk| disk.rewrite_every);
        if every > 0 && self.rng.one_in(every) {
            self.shared.look_at_log_growth(self.clocks().low_ms);
        }
    }

    /// Takes it apart.
    pub(crate) fn end(mut self) -> (History, Trace) {
        if let Some(disk) = &mut self.disk {
            disk.count_rewrites();
            self.history.rewrites = (disk.rewrites, disk.cut_rewrites);
        }
        (self.history, self.trace)
    }

    /// Lets the time pass until a core wants a turn. False if none does soon: what cores do every few minutes never ends.
    fn skip_to_deadline(&mut self, soon_us: u64) -> bool {
        let deadline_us = self.nodes.iter().filter_map(Node::deadline_us).min();
        let deadline_us = deadline_us.filter(|&at_us| at_us < self.now_us + soon_us);
        self.now_us = deadline_us.map_or(self.now_us, |at_us| at_us.max(self.now_us));
        deadline_us.is_some()
    }

    /// Finds what could move now.
    fn look_around(&mut self, calls: bool) {
        self.movable.iter_mut().for_each(Vec::clear);
        for (at, node) in self.nodes.iter().enumerate() {
            if node.is_runnable(self.now_us, &self.flags) {
                self.movable[TURN].push(at);
            }
            if node.sockets.file_write.is_some() {
                self.movable[DISK].push(CORES + at);
            }
        }
        let now_ms = self.clocks().low_ms;
        if let Some(disk) = &self.disk {
            if disk.is_runnable(now_ms) {
                self.movable[DISK].push(LOG);
            }
            if disk.has_base(&self.shared) {
                self.movable[DISK].push(BASE);
            }
        }
        for (at, session) in self.sessions.iter().enumerate() {
            let sockets = &self.nodes[session.core].sockets;
            let (bytes, end) = sockets.deliverable(session.conn);
            if bytes > 0 || end {
                self.movable[DELIVER].push(at);
            }
            if session.state != SessionState::Gone
                && (sockets.readable(session.conn) > 0 || sockets.is_over(session.conn))
            {
                self.movable[READ].push(at);
            }
            let may_call = match session.state {
                SessionState::Open => {
                    session.unanswered.len() <= self.knobs.unanswered_max.min(self.shape.unanswered_max)
                }
                SessionState::Leaving => false,
                SessionState::Gone => true,
            };
            if calls && may_call {
                self.movable[CALL].push(at);
            }
        }
        for (at, &(_, core, conn)) in self.orphans.iter().enumerate() {
            if self.nodes[core].sockets.deliverable(conn) != (0, false) {
                self.movable[DELIVER].push(self.sessions.len() + at);
            }
        }
    }

    fn look_for_failures(&self) -> Result<(), Failure> {
        for (core, node) in self.nodes.iter().enumerate() {
            if let Some(conn) = node.sockets.garbage {
                let is_it = |session: &&Session| session.core == core && session.conn == conn;
                let process = self.sessions.iter().find(is_it).map_or(usize::MAX, |session| session.process);
                return Err(Failure::Garbage { process });
            }
        }
        match self.nodes.iter().position(|node| node.sleeps_over_work(&self.flags)) {
            Some(core) => Err(Failure::LostWakeUp { core, step: self.step }),
            None => Ok(()),
        }
    }

    /// Time passes, and clocks are set.
    pub(crate) fn pass_time(&mut self) {
        self.now_us += 1 + self.rng.below(self.knobs.step_us);
        if self.rng.one_in(self.knobs.jump_every) {
            self.now_us += self.rng.below(JUMP_MAX_US);
        }
        if self.disk.is_some() && self.rng.one_in(SYNC_JUMP_EVERY) {
            self.now_us += self.rng.below(SYNC_JUMP_MAX_US);
        }
        if self.rng.one_in(self.knobs.clock_set_every) {
            let core = self.rng.below(self.nodes.len() as u64) as usize;
            self.set_clock(core);
        }
        for node in &self.nodes {
            self.high_ms = self.high_ms.max(START_MS + self.now_us / 1000 + node.ahead_ms);
        }
    }

    /// Lets the time pass until all clocks show more than any has shown.
    pub(crate) fn catch_up(&mut self) {
        self.now_us = self.now_us.max((self.high_ms + 1 - START_MS) * 1000);
        self.high_ms = self.high_ms.max(START_MS + self.now_us / 1000);
    }

    pub(crate) fn set_clock(&mut self, core: usize) {
        self.nodes[core].ahead_ms = self.rng.below(self.knobs.skew_max_ms + 1);
    }

    pub(crate) fn clocks(&self) -> Clocks {
        Clocks { low_ms: START_MS + self.now_us / 1000, high_ms: self.high_ms }
    }

    pub(crate) fn turn(&mut self, core: usize) {
        if !self.rng.one_in(self.knobs.laziness[core]) {
            return;
        }
        let node = &mut self.nodes[core];
        let unix_ms = START_MS + self.now_us / 1000 + node.ahead_ms;
        let now = Now { monotonic_us: self.now_us, unix_ms, unix_rest_us: (self.now_us % 1000) as u16 };
        let eager = self.rng.one_in(self.knobs.sleep_every);
        if self.rng.one_in(QUIET_EVERY) {
            let which = self.rng.below(self.sessions.len() as u64) as usize;
            if let Some(session) = self.sessions.get(which).filter(|session| session.core == core) {
                node.quiet(session.conn);
            }
        }
        node.iterate(now, &self.flags, eager);
        let (step, now_us) = (self.step, self.now_us);
        self.trace.event(&[TURN as u64, step, now_us, core as u64], &[], || {
            format!("{step:>7} {now_us:>9} us  core {core} takes a turn at {unix_ms}")
        });
        let clocks = self.clocks();
        let answered = std::mem::take(&mut self.nodes[core].sockets.answered);
        if let Some(disk) = self.disk.as_ref().filter(|_| !answered.is_empty()) {
            let (need, _) = disk.positions();
            self.answered.extend(answered.iter().map(|(op, _)| (*op, need.clone())));
        }
        for (op, reply) in answered {
            let text = &self.history.ops[op];
            self.trace.event(&[step, op as u64], &[], || {
                format!(
                    "{step:>7} core {core} answers conn {}: {} -> {}",
                    text.process,
                    text.command,
                    show(&reply)
                )
            });
            self.history.finish(op, reply, step, clocks);
        }
        let messages = std::mem::take(&mut self.nodes[core].sockets.messages);
        for (op, value) in messages {
            let process = self.history.ops[op].process;
            self.trace.event(&[step, op as u64], &[], || {
                format!("{step:>7} core {core} pushes to conn {process}: {}", show(&value))
            });
            self.history.messages.push(Message { after: op, value });
        }
    }
}
