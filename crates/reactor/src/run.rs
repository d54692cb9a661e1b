//! The loop.
//!
//! ```text
//!   wait            one system call: last turn's sends go out, new events come in
//!   adopt           sockets that core 0 handed over
//!   dispatch        each event to the service
//!   timers          quiet and idle connections
//!   service.turn    the protocol works
//!   flush           its output becomes sends, its wishes are carried out
//! ```

use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use base::conn::Flow;
use base::limits::{LINGER_MAX_BYTES, LINGER_MS, LINGERING_MAX};
use sys::listen::Listener;
use sys::{Backend, Chunk, Counters, Event, clock, net};

use crate::seat::{DoorChange, Handed, Seat, Shared};
use crate::service::{Next, Now, Service, TurnIo};
use crate::table::{State, Table};

/// Connections looked at for idleness in one turn.
const TIMERS_MAX: u32 = 256;

/// Pause before accepting again after an error such as too many open files.
const ACCEPT_PAUSE_US: u64 = 100_000;

/// How long the backend may take to let go of closed sockets when the process stops.
const RELEASE_US: u64 = 2_000_000;

/// The loop of one core.
pub(crate) struct Reactor<B, S> {
    backend: B,
    service: S,
    table: Table,
    shared: Arc<Shared>,
    core: usize,
    counters: Arc<Counters>,
    /// By index; none where one was closed while the process runs.
    listeners: Vec<Option<Listener>>,
    /// Listeners that stopped because of an error, and when to try again.
    accept_again: Vec<(u64, u32)>,
    /// Whether the last try to accept failed, and the log says so.
    accept_failing: bool,
    /// The keepalive setting that the listeners have.
    keepalive_s: u32,
    /// Whose turn it is among cores with equally few connections.
    accept_turn: usize,
    now: Now,
    /// Monotonic time of tick 0.
    start_us: u64,
    tick_us: u64,
    /// The timeout setting in ticks, as of the last look.
    timeout_ticks: u32,
    timeout_ms: u64,
    /// There must be another turn before the core sleeps: the service was told something after its turn, or the next
    /// wait will bring something of which it is not woken.
    hurry: bool,
    /// Connections that linger.
    lingering: usize,
    stopping: bool,
}

impl<B: Backend, S: Service> Reactor<B, S> {
    pub(crate) fn open(seat: Seat, service: S) -> io::Result<Self> {
        let backend = B::open(&seat.backend_options(), &seat.waker())?;
        let config = &seat.shared.config;
        let tick_us = u64::from(config.tick_ms.max(1)) * 1000;
        let mut reactor = Reactor {
            backend,
            service,
            table: Table::new(ticks(config.quiet_ms.into(), tick_us)),
            core: seat.core,
            counters: seat.counters(),
            listeners: seat.listeners.into_iter().map(Some).collect(),
            accept_again: Vec::new(),
            accept_failing: false,
            keepalive_s: seat.shared.settings.keepalive_s.load(Relaxed),
            accept_turn: 0,
            now: Now::default(),
            start_us: clock::monotonic_us(),
            tick_us,
            timeout_ticks: 0,
            timeout_ms: 0,
            hurry: false,
            lingering: 0,
            stopping: false,
            shared: seat.shared,
        };
        // So that the first spin does not calibrate.
        clock::ticks();
        for (index, listener) in (0u32..).zip(reactor.listeners.iter().flatten()) {
            listener.set_keepalive(reactor.keepalive_s)?;
            reactor.backend.listen(index, listener.socket())?;
        }
        Ok(reactor)
    }

    pub(crate) fn run(mut self) -> io::Result<S> {
        loop {
            self.counters.turns.add(1);
            self.read_clock();
            self.adopt();
            self.dispatch();
            self.timers();
            self.hurry = false;
            let next = self.service.turn(self.now, &mut TurnIo { table: &mut self.table });
            self.flush();
            if next.stop {
                return self.shut_down();
            }
            self.sleep(next)?;
        }
    }

    fn read_clock(&mut self) {
        self.now = Now { monotonic_us: clock::monotonic_us(), realtime_us: clock::realtime_us() };
        let tick = self.now.monotonic_us.saturating_sub(self.start_us) / self.tick_us;
        self.table.tick = u32::try_from(tick).unwrap_or(u32::MAX);
    }

    /// Waits for the next thing to happen, or does not if there is work.
    fn sleep(&mut self, next: Next) -> io::Result<()> {
        let again = next.again || std::mem::take(&mut self.hurry);
        if again || !self.shared.cores[self.core].handed.is_empty() {
            return self.backend.wait(Some(Duration::ZERO));
        }
        if next.remote_recent && self.spin()? {
            return self.backend.wait(Some(Duration::ZERO));
        }
        if !self.service.before_sleep() {
            return self.backend.wait(Some(Duration::ZERO));
        }
        let result = self.backend.wait(self.patience(next.deadline_us));
        self.service.awake();
        result
    }

    /// Looks around for a moment instead of sleeping; true if something came.
    fn spin(&mut self) -> io::Result<bool> {
        let spin_us = self.shared.settings.spin_us.load(Relaxed);
        if spin_us == 0 {
            return Ok(false);
        }
        self.backend.submit()?;
        let start = clock::ticks();
        loop {
            if self.backend.ready()
                || self.service.work_waiting()
                || !self.shared.cores[self.core].handed.is_empty()
            {
                return Ok(true);
            }
            if clock::ticks_to_ns(clock::ticks().wrapping_sub(start)) > u64::from(spin_us) * 1000 {
                return Ok(false);
            }
            std::hint::spin_loop();
        }
    }

    /// How long the core may sleep: until the service's deadline, the next tick with work, or the next try to accept.
    fn patience(&self, deadline_us: Option<u64>) -> Option<Duration> {
        let tick = self.table.wheel.next_tick();
        // A tick's work is due when the tick begins.
        let tick_us = tick.map(|tick| self.start_us + u64::from(tick) * self.tick_us);
        let accept_us = self.accept_again.iter().map(|(at, _)| *at).min();
        let first = deadline_us.into_iter().chain(tick_us).chain(accept_us).min()?;
        Some(Duration::from_micros(first.saturating_sub(self.now.monotonic_us)))
    }

    /// Takes over the sockets that were handed to this core.
    fn adopt(&mut self) {
        while self.core == 0
            && let Some(change) = self.shared.doors.pop()
        {
            self.change_doors(change);
        }
        while let Some(handed) = self.shared.cores[self.core].handed.pop() {
            self.adopt_one(handed);
        }
    }

    /// Listens elsewhere: first what is new, then what goes.
    fn change_doors(&mut self, change: DoorChange) {
        for listener in change.open {
            let index = self.listeners.len() as u32;
            if let Err(error) = self.backend.listen(index, listener.socket()) {
                tracing::warn!(%error, "listening failed; trying again");
                self.accept_again.push((self.now.monotonic_us + ACCEPT_PAUSE_US, index));
            }
            self.listeners.push(Some(listener));
        }
        for (index, place) in (0u32..).zip(&mut self.listeners) {
            if place.as_ref().is_some_and(|listener| change.close.contains(listener.endpoint())) {
                self.backend.unlisten(index);
                *place = None;
            }
        }
    }

    fn adopt_one(&mut self, handed: Handed) {
        let path = self.shared.unix_paths.get(handed.listener as usize).and_then(Option::as_ref);
        let info = net::describe(&handed.socket, path);
        let id = self.table.insert();
        if let Err(error) = self.backend.adopt(id.index, handed.socket) {
            tracing::warn!(%error, "a connection could not be taken over");
            self.table.release(id.index);
            self.shared.cores[self.core].connections.fetch_sub(1, Relaxed);
            return;
        }
        self.counters.opened.add(1);
        self.service.open(id, info);
    }

    /// Gives an accepted socket to a core, or turns it away.
    fn assign(&mut self, handed: Handed) {
        if self.stopping {
            return;
        }
        self.accept_failing = false;
        self.refresh_keepalive(&handed);
        let Some(core) = self.shared.choose(self.accept_turn) else {
            self.counters.rejected.add(1);
            net::last_word(&handed.socket, &self.shared.config.reject_text);
            return;
        };
        self.accept_turn = core + 1;
        self.counters.accepted.add(1);
        let target = &self.shared.cores[core];
        target.connections.fetch_add(1, Relaxed);
        if core == self.core {
            self.adopt_one(handed);
        } else {
            target.handed.push(handed);
            target.waker.wake();
        }
    }

    /// Applies a changed keepalive setting to the listeners, and to this socket, which still has the old one.
    fn refresh_keepalive(&mut self, handed: &Handed) {
        let wanted = self.shared.settings.keepalive_s.load(Relaxed);
        if wanted == self.keepalive_s {
            return;
        }
        self.keepalive_s = wanted;
        for listener in self.listeners.iter().flatten() {
            let _ = listener.set_keepalive(wanted);
        }
        // What was opened while the process runs is TCP.
        if self.shared.unix_paths.get(handed.listener as usize).is_none_or(Option::is_none) {
            let _ = net::set_keepalive(&handed.socket, wanted);
        }
    }

    /// Works through what the last wait brought.
    fn dispatch(&mut self) {
        while let Some(event) = self.backend.next_event() {
            match event {
                Event::Received { slot, chunk } => self.received(slot, chunk),
                Event::Sent { slot, buffer, slow } => self.sent(slot, buffer, slow),
                Event::Progress { slot, unsent } => self.progress(slot, unsent),
                Event::Ended { slot } => self.ended(slot),
                Event::Failed { slot } => self.give_up(slot),
                Event::Released { slot } => self.table.release(slot),
                Event::FileWritten { buffer, result } => self.service.file_written(buffer, result),
                Event::Accepted { listener, socket } => self.assign(Handed { socket, listener }),
                Event::AcceptStopped { listener, error } => {
                    if !std::mem::replace(&mut self.accept_failing, true) {
                        tracing::warn!(%error, "accepting connections fails; trying again and again");
                    }
                    self.accept_again.push((self.now.monotonic_us + ACCEPT_PAUSE_US, listener));
                }
            }
        }
    }

    #[inline]
    fn received(&mut self, slot: u32, chunk: Chunk) {
        let Some(conn) = self.table.at(slot) else { return };
        if conn.state != State::Open {
            conn.discarded += chunk.bytes().len();
            if conn.state == State::Lingering && conn.discarded > LINGER_MAX_BYTES {
                self.give_up(slot);
            }
            return;
        }
        self.table.touch(slot);
        let id = self.table.id(slot);
        if self.service.receive(id, chunk) == Flow::Pause
            && let Some(conn) = self.table.at(slot)
            && !conn.paused
        {
            conn.paused = true;
            conn.pause_applied = true;
            self.backend.pause(slot);
        }
    }

    fn ended(&mut self, slot: u32) {
        let Some(conn) = self.table.at(slot) else { return };
        conn.ended = true;
        match conn.state {
            State::Open => self.service.ended(self.table.id(slot)),
            State::Lingering => self.give_up(slot),
            _ => {}
        }
    }

    #[inline]
    fn sent(&mut self, slot: u32, buffer: Vec<u8>, slow: bool) {
        self.table.recycle(buffer);
        let Some(conn) = self.table.at(slot) else { return };
        let notice = conn.sent(slow);
        let (state, unsent) = (conn.state, conn.out.len());
        if unsent > 0 {
            self.table.mark_dirty(slot);
        } else if state == State::Flushing {
            self.finish(slot);
        }
        if notice && state == State::Open {
            self.table.touch(slot);
            self.service.sent(self.table.id(slot), unsent);
            self.hurry = true;
        }
    }

    fn progress(&mut self, slot: u32, in_flight: usize) {
        let Some(conn) = self.table.at(slot) else { return };
        conn.in_flight = in_flight;
        let (state, unsent) = (conn.state, conn.unsent());
        self.table.touch(slot);
        if state == State::Open {
            self.service.sent(self.table.id(slot), unsent);
        }
    }

    /// Closes a connection whose output is sent, once its peer has ended too, or that takes too long: what it sends until it
    /// has read our last words must not reset the connection. When the core stops, only peers that are known to be sending
    /// are waited for.
    fn finish(&mut self, slot: u32) {
        let tick = self.table.tick;
        let Some(conn) = self.table.at(slot) else { return };
        let discarded = conn.discarded > 0;
        if conn.ended || self.lingering >= LINGERING_MAX {
            return self.give_up(slot);
        }
        let Some(sending) = self.backend.hang_up(slot) else { return self.give_up(slot) };
        if self.stopping && !sending && !discarded {
            return self.give_up(slot);
        }
        let Some(conn) = self.table.at(slot) else { return };
        conn.state = State::Lingering;
        conn.active = tick;
        let paused = conn.pause_applied;
        let patience = ticks(LINGER_MS, self.tick_us);
        self.table.wheel.insert(slot, tick + 1 + patience);
        self.lingering += 1;
        self.part(slot);
        if paused {
            self.backend.resume(slot);
        }
    }

    /// Closes a connection at once and tells the service, if that has not been done.
    fn give_up(&mut self, slot: u32) {
        let Some(conn) = self.table.at(slot) else { return };
        match std::mem::replace(&mut conn.state, State::Closing) {
            State::Closing => return,
            State::Lingering => self.lingering -= 1,
            _ => {
                conn.out = Vec::new();
                conn.in_flight = 0;
                self.part(slot);
            }
        }
        self.table.wheel.remove(slot);
        self.shared.cores[self.core].connections.fetch_sub(1, Relaxed);
        if self.backend.close(slot) {
            self.table.release(slot);
        }
    }

    /// Tells the service that a connection is gone.
    fn part(&mut self, slot: u32) {
        self.counters.closed.add(1);
        self.service.closed(self.table.id(slot));
        self.hurry = true;
    }

    /// Carries out what the turn asked for.
    fn flush(&mut self) {
        if let Some((file, offset, buffer, skip)) = self.table.file_write.take() {
            self.backend.write_file(file, offset, buffer, skip);
        }
        while let Some(slot) = self.table.pop_dirty() {
            self.start_send(slot);
        }
        while let Some(slot) = self.table.pop_changed() {
            let Some(conn) = self.table.at(slot) else { continue };
            match conn.state {
                State::Dropping => self.give_up(slot),
                State::Flushing if conn.sending => {
                    // The send may need no more than the next wait, which would not tell of it.
                    self.hurry = true;
                    // From now on the wheel watches that the peer takes its output.
                    let tick = self.table.tick.saturating_add(1);
                    self.table.wheel.insert(slot, tick);
                }
                State::Flushing => self.finish(slot),
                State::Open if conn.paused != conn.pause_applied => {
                    conn.pause_applied = conn.paused;
                    if conn.paused { self.backend.pause(slot) } else { self.backend.resume(slot) }
                }
                _ => {}
            }
        }
    }

    /// Sends the connection's output if nothing of it is in flight.
    #[inline]
    fn start_send(&mut self, slot: u32) {
        let Some(conn) = self.table.at(slot) else { return };
        if conn.sending || conn.out.is_empty() || !matches!(conn.state, State::Open | State::Flushing) {
            return;
        }
        let buffer = std::mem::take(&mut conn.out);
        conn.sending = true;
        conn.in_flight = buffer.len();
        // The send may need no more than the next wait, which would not tell of it.
        let awaited = conn.state == State::Flushing || conn.awaits_notice();
        if let Some(buffer) = self.backend.send(slot, buffer) {
            self.sent(slot, buffer, false);
        } else {
            self.hurry |= awaited;
        }
    }

    /// Looks at connections that may have been idle for long, and accepts again where that had failed.
    fn timers(&mut self) {
        let timeout_ms = self.shared.settings.timeout_ms.load(Relaxed);
        if timeout_ms != self.timeout_ms {
            self.timeout_ms = timeout_ms;
            self.timeout_ticks = if timeout_ms == 0 { 0 } else { ticks(timeout_ms, self.tick_us).max(1) };
            // Every connection is looked at anew, over the next ticks.
            for slot in self.table.live() {
                self.table.wheel.insert(slot, self.table.tick + 1 + slot % 8);
            }
        }
        for _ in 0..TIMERS_MAX {
            let Some(slot) = self.table.wheel.pop_due(self.table.tick) else { break };
            self.look_at(slot);
        }
        if !self.accept_again.is_empty() {
            self.accept_later();
        }
    }

    /// Decides what a connection's idleness means, and when to look again.
    fn look_at(&mut self, slot: u32) {
        let (tick, quiet_ticks) = (self.table.tick, self.table.quiet_ticks);
        let id = self.table.id(slot);
        let Some(conn) = self.table.at(slot) else { return };
        let idle = tick.saturating_sub(conn.active);
        if conn.state == State::Flushing {
            let patience = ticks(self.shared.config.flush_ms.into(), self.tick_us);
            if idle > patience {
                return self.give_up(slot);
            }
            return self.table.wheel.insert(slot, tick + 1 + patience.saturating_sub(idle));
        }
        if conn.state == State::Lingering {
            let patience = ticks(LINGER_MS, self.tick_us);
            if idle > patience {
                return self.give_up(slot);
            }
            return self.table.wheel.insert(slot, tick + 1 + patience - idle);
        }
        if conn.state != State::Open {
            return;
        }
        let mut look = conn.active.saturating_add(quiet_ticks).max(tick + 1);
        if idle >= quiet_ticks && !conn.quiet && conn.unsent() == 0 {
            conn.quiet = true;
            self.service.quiet(id);
        }
        let timeout = self.timeout_ticks;
        if timeout > 0 && idle >= timeout {
            if self.service.may_time_out(id) {
                self.counters.timed_out.add(1);
                return self.give_up(slot);
            }
            look = tick.saturating_add(timeout);
        }
        let Some(conn) = self.table.at(slot) else { return };
        if conn.quiet && timeout == 0 {
            return; // The next activity brings it back.
        }
        if timeout > 0 && idle < timeout {
            let end = conn.active.saturating_add(timeout);
            look = if conn.quiet { end } else { look.min(end) };
        }
        self.table.wheel.insert(slot, look);
    }

    fn accept_later(&mut self) {
        let now_us = self.now.monotonic_us;
        for position in (0..self.accept_again.len()).rev() {
            let (at_us, index) = self.accept_again[position];
            if at_us > now_us {
                continue;
            }
            self.accept_again.swap_remove(position);
            let Some(Some(listener)) = self.listeners.get(index as usize) else { continue };
            if let Err(error) = self.backend.listen(index, listener.socket()) {
                tracing::warn!(%error, "listening failed; trying again");
                self.accept_again.push((now_us + ACCEPT_PAUSE_US, index));
            }
        }
    }

    /// Ends: no new connections, a bounded time for the last output, everything closed.
    fn shut_down(mut self) -> io::Result<S> {
        self.stopping = true;
        for (index, listener) in (0u32..).zip(std::mem::take(&mut self.listeners)) {
            self.backend.unlisten(index);
            drop(listener);
        }
        while let Some(handed) = self.shared.cores[self.core].handed.pop() {
            drop(handed);
            self.shared.cores[self.core].connections.fetch_sub(1, Relaxed);
        }
        for slot in self.table.live() {
            let Some(conn) = self.table.at(slot) else { continue };
            if conn.state == State::Open {
                conn.state = State::Flushing;
            }
            if conn.state == State::Flushing && !conn.sending && conn.out.is_empty() {
                self.finish(slot);
            }
        }
        let flush_us = u64::from(self.shared.config.shutdown_flush_ms) * 1000;
        let flush_end = clock::monotonic_us() + flush_us;
        // The first wait only finds out which of the last turn's sends are done.
        self.backend.wait(Some(Duration::ZERO))?;
        loop {
            self.dispatch();
            self.flush();
            let now_us = clock::monotonic_us();
            if now_us >= flush_end {
                self.table.live().for_each(|slot| self.give_up(slot));
            }
            if self.table.live_count() == 0 || now_us >= flush_end + RELEASE_US {
                return Ok(self.service);
            }
            let end = if now_us < flush_end { flush_end } else { flush_end + RELEASE_US };
            let hurry = std::mem::take(&mut self.hurry);
            let patience = if hurry { Duration::ZERO } else { Duration::from_micros(end - now_us) };
            self.backend.wait(Some(patience))?;
        }
    }
}

/// Milliseconds in ticks, rounded up.
fn ticks(ms: u64, tick_us: u64) -> u32 {
    u32::try_from((ms.saturating_mul(1000)).div_ceil(tick_us)).unwrap_or(u32::MAX)
}
