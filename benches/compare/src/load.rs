//! Drives one server with one workload.
//!
//! ```text
//! closed loop: a connection sends its pipeline, waits for all its replies, sends the next
//! open loop:   request i is due at start + i/rate, whatever became of the ones before; it goes to the next
//!              connection with room, and its latency counts from when it was due
//!
//! |-- warm-up --|---- measured: latencies, CPU ----|-- drain: nothing new, every reply is still awaited --|
//! ```

use std::collections::VecDeque;
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};

use crate::command::{Draw, Material, Mix};
use crate::keys::{Distribution, Sampler};
use crate::outcome::{Latencies, Outcome, ServerUse, Tally};
use crate::proc::{self, Pinned, Scheduled};
use crate::reply::Malformed;
use crate::ring::Ring;

/// The generator looks at its clock at least this often.
const TICK: Duration = Duration::from_millis(50);
/// Without a single reply for this long, the server counts as hung.
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// Closer than this to the next due request the open loop polls instead of sleeping, to send it on time.
const POLL_WITHIN_NS: u64 = 80_000;
/// Bounds of a receive buffer.
const BUFFER_BYTES: std::ops::RangeInclusive<usize> = 2048..=64 * 1024;
/// Bytes of a bad reply that are quoted.
const QUOTED_BYTES: usize = 60;

/// A workload for one server.
#[derive(Clone, Debug)]
pub struct Load {
    /// The server.
    pub address: SocketAddr,
    /// Its process, to see what it uses.
    pub server_pid: Option<u32>,
    /// CPU to run on.
    pub cpu: Option<usize>,
    /// Connections.
    pub connections: usize,
    /// Closed loop: requests a connection sends at once. Open loop: most unanswered requests of a connection.
    pub pipeline: usize,
    /// Commands.
    pub mix: Mix,
    /// What they are made of.
    pub material: Material,
    /// Number of keys.
    pub keys: u64,
    /// Which of them.
    pub distribution: Distribution,
    /// Seed of the run's randomness.
    pub seed: u64,
    /// When to stop.
    pub bound: Bound,
    /// The open loop; `None` is a closed loop.
    pub rate: Option<Rate>,
}

/// How an open loop sends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate {
    /// Requests a second.
    pub per_second: f64,
    /// Zero: each request leaves when it is due, for which the generator polls and takes a CPU of its own. Else it sleeps so long between
    /// its looks at what is due and what has come, which leaves the CPU to others, adds so much to latencies at most, and sends
    /// what has become due together.
    pub nap: Duration,
}

/// When a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    /// After a warm-up and this time.
    Time {
        /// Time that is not measured, at the start.
        warmup: Duration,
        /// Time that is.
        measured: Duration,
    },
    /// After this many requests, all measured.
    Requests(u64),
}

impl Load {
    /// Writes every key that the workload reads, once.
    ///
    /// # Errors
    /// When a write is not answered as it must be, or the connection breaks.
    pub fn preload(&self) -> Result<()> {
        let Some(mix) = self.mix.preload(&self.material) else { return Ok(()) };
        let requests = mix.population(self.keys);
        let preload = Load {
            mix,
            connections: self.connections.min(20),
            pipeline: 50,
            distribution: Distribution::Sequential(0),
            bound: Bound::Requests(requests),
            rate: None,
            ..self.clone()
        };
        let tally = preload.run()?.tally;
        ensure!(tally.bad() == 0, "preloading failed: {}", tally.first_bad.unwrap_or_default());
        Ok(())
    }

    /// Runs the workload.
    ///
    /// # Errors
    /// When a connection cannot be made or breaks, the server stops answering, or sends what is no reply. Error
    /// replies and wrong replies do not end the run; they are in the outcome's tally.
    pub fn run(&self) -> Result<Outcome> {
        ensure!(self.connections > 0 && self.pipeline > 0, "there must be connections and a pipeline");
        ensure!(self.keys > 0, "there must be keys");
        ensure!(self.rate.is_none_or(|rate| rate.per_second > 0.0), "the rate must be positive");
        let _pinned = self.cpu.map(|cpu| Pinned::to(&[cpu])).transpose()?;
        let sockets = self.connect()?;
        let ring = Ring::new(sockets, self.buffer_bytes()).context("setting up io_uring")?;
        Run::new(self, ring).run()
    }

    fn connect(&self) -> Result<Vec<TcpStream>> {
        let connect = || {
            let socket = TcpStream::connect(self.address)?;
            socket.set_nodelay(true)?;
            Ok(socket)
        };
        (0..self.connections).map(|_| connect()).collect::<std::io::Result<_>>().context("connecting")
    }

    /// Room for all replies of a pipeline, within bounds.
    fn buffer_bytes(&self) -> usize {
        let reply = self.mix.commands().iter().map(|c| c.expected().size_hint()).max().unwrap_or(0);
        (reply * self.pipeline).next_power_of_two().clamp(*BUFFER_BYTES.start(), *BUFFER_BYTES.end())
    }
}

/// A request whose reply is awaited.
#[derive(Clone, Copy)]
struct Pending {
    command: u16,
    /// When it was sent (closed loop) or due (open loop).
    since_ns: u64,
}

#[derive(Default)]
struct Conn {
    pending: VecDeque<Pending>,
    /// The start of a reply whose rest has not come.
    partial: Vec<u8>,
}

/// A run in progress.
struct Run<'a> {
    load: &'a Load,
    ring: Ring,
    conns: Vec<Conn>,
    source: Source<'a>,
    replies: Replies,
    /// Connections that something was written for in this turn (open loop) or that may send again (closed loop).
    ready: Vec<usize>,
    clock: Instant,
    /// Requests that may still be issued.
    budget: u64,
    /// Requests issued by the open loop so far.
    issued: u64,
    unanswered: u64,
    next_conn: usize,
}

/// Where requests come from.
struct Source<'a> {
    mix: &'a Mix,
    material: &'a Material,
    sampler: Sampler,
    random: fastrand::Rng,
    scratch: Vec<u8>,
    turn: usize,
}

impl Source<'_> {
    fn append(&mut self, out: &mut Vec<u8>) -> u16 {
        let rotation = self.mix.rotation();
        let command = rotation[self.turn];
        self.turn = if self.turn + 1 == rotation.len() { 0 } else { self.turn + 1 };
        let mut draw = Draw {
            format: &self.material.format,
            sampler: &mut self.sampler,
            random: &mut self.random,
            scratch: &mut self.scratch,
        };
        self.mix.commands()[command as usize].append(out, &mut draw);
        command
    }
}

/// Where replies go.
struct Replies {
    latencies: Latencies,
    tally: Tally,
}

/// The state of the counters at one moment.
struct Mark {
    at_ns: u64,
    replies: u64,
    server: Option<Scheduled>,
    own: Scheduled,
}

impl<'a> Run<'a> {
    fn new(load: &'a Load, ring: Ring) -> Run<'a> {
        let source = Source {
            mix: &load.mix,
            material: &load.material,
            sampler: Sampler::new(load.distribution, load.mix.population(load.keys)),
            random: fastrand::Rng::with_seed(load.seed),
            scratch: Vec::new(),
            turn: 0,
        };
        Run {
            load,
            ring,
            conns: (0..load.connections).map(|_| Conn::default()).collect(),
            source,
            replies: Replies { latencies: Latencies::default(), tally: Tally::default() },
            ready: (0..load.connections).collect(),
            clock: Instant::now(),
            budget: if let Bound::Requests(count) = load.bound { count } else { u64::MAX },
            issued: 0,
            unanswered: 0,
            next_conn: 0,
        }
    }

    fn run(mut self) -> Result<Outcome> {
        let outcome = match self.load.bound {
            Bound::Requests(_) => {
                let start = self.mark()?;
                self.turns_until(u64::MAX)?;
                self.outcome(&start)?
            }
            Bound::Time { warmup, measured } => {
                self.turns_until(warmup.as_nanos() as u64)?;
                self.replies.latencies.clear();
                let start = self.mark()?;
                let end_ns = start.at_ns + measured.as_nanos() as u64;
                self.turns_until(end_ns)?;
                // A server whose CPU something else had gets more time, for without a reply there is no result.
                let patience_ns = end_ns + SILENCE_MAX.as_nanos() as u64;
                while self.replies.tally.replies == start.replies && self.now_ns() < patience_ns {
                    self.turns_until(self.now_ns() + TICK.as_nanos() as u64)?;
                }
                let outcome = self.outcome(&start)?;
                self.budget = 0;
                self.turns_until(u64::MAX)?;
                outcome
            }
        };
        Ok(Outcome { tally: self.replies.tally, ..outcome })
    }

    /// Turns until the clock passes `end_ns`, or nothing is left to issue and all replies are there.
    fn turns_until(&mut self, end_ns: u64) -> Result<()> {
        let mut heard_ns = self.now_ns();
        loop {
            let now = self.now_ns();
            let sleep = match self.load.rate {
                None => self.refill(now)?,
                Some(rate) => self.issue_due(now, rate)?,
            };
            if now >= end_ns || (self.budget == 0 && self.unanswered == 0) {
                return Ok(());
            }
            let before = self.replies.tally.replies;
            self.turn(sleep)?;
            if self.replies.tally.replies > before || self.unanswered == 0 {
                heard_ns = now;
            }
            let silence = Duration::from_nanos(now.saturating_sub(heard_ns));
            ensure!(silence < SILENCE_MAX, "the server has not answered for {} s", silence.as_secs());
        }
    }

    /// Closed loop: the next pipeline for each connection whose replies are all there.
    fn refill(&mut self, now: u64) -> Result<Duration> {
        while let Some(conn) = self.ready.pop() {
            let count = (self.load.pipeline as u64).min(self.budget);
            for _ in 0..count {
                self.issue(conn, now);
            }
            self.ring.send(conn)?;
        }
        Ok(TICK)
    }

    /// Open loop: all requests that are due, as far as the connections have room. Returns how long to wait for more.
    fn issue_due(&mut self, now: u64, rate: Rate) -> Result<Duration> {
        self.ready.clear();
        let due = |request: u64| (request as f64 * 1e9 / rate.per_second) as u64;
        let room = (self.load.connections * self.load.pipeline) as u64;
        while self.budget > 0 && due(self.issued) <= now && self.unanswered < room {
            while self.conns[self.next_conn].pending.len() >= self.load.pipeline {
                self.next_conn = (self.next_conn + 1) % self.conns.len();
            }
            self.issue(self.next_conn, due(self.issued));
            self.ready.push(self.next_conn);
            self.issued += 1;
            self.next_conn = (self.next_conn + 1) % self.conns.len();
        }
        for &conn in &self.ready {
            self.ring.send(conn)?;
        }
        self.ready.clear();
        if self.budget == 0 || self.unanswered >= room {
            return Ok(TICK);
        }
        let ahead = due(self.issued).saturating_sub(now);
        Ok(Duration::from_nanos(ahead.saturating_sub(POLL_WITHIN_NS)).min(TICK))
    }

    fn issue(&mut self, conn: usize, since_ns: u64) {
        let command = self.source.append(self.ring.outbox(conn));
        self.conns[conn].pending.push_back(Pending { command, since_ns });
        self.budget -= 1;
        self.unanswered += 1;
    }

    /// One turn of the ring: what was queued goes out, what came in is checked and counted.
    fn turn(&mut self, sleep: Duration) -> Result<()> {
        let nap = self.load.rate.map_or(Duration::ZERO, |rate| rate.nap);
        if !nap.is_zero() {
            // What was queued goes out first.
            self.ring.flush()?;
            std::thread::sleep(nap);
        }
        let Run { ring, conns, source, replies, ready, clock, unanswered, .. } = self;
        let mut now = None;
        let mut result = Ok(());
        ring.wait(sleep, |conn, bytes| {
            // One reading of the clock serves all completions of a turn: that is when they were seen.
            let now = *now.get_or_insert_with(|| clock.elapsed().as_nanos() as u64);
            match replies.receive(&mut conns[conn], bytes, source.mix, now) {
                Ok(count) => *unanswered -= count,
                Err(e) => result = Err(e),
            }
            if conns[conn].pending.is_empty() {
                ready.push(conn);
            }
        })?;
        result
    }

    fn now_ns(&self) -> u64 {
        self.clock.elapsed().as_nanos() as u64
    }

    fn mark(&self) -> Result<Mark> {
        Ok(Mark {
            server: self.load.server_pid.map(proc::scheduled).transpose()?,
            own: proc::own_scheduled(),
            replies: self.replies.tally.replies,
            at_ns: self.now_ns(),
        })
    }

    fn outcome(&self, start: &Mark) -> Result<Outcome> {
        let end = self.mark()?;
        let wall_ns = (end.at_ns - start.at_ns).max(1) as f64;
        let requests = end.replies - start.replies;
        if requests == 0 {
            bail!("no request was answered while measuring");
        }
        let own = end.own.since(start.own);
        let mut waited_ns = own.waited_ns;
        let server = match (self.load.server_pid, start.server, end.server) {
            (Some(pid), Some(from), Some(to)) => {
                let used = to.since(from);
                waited_ns += used.waited_ns;
                Some(ServerUse {
                    cpu_us: used.ran_ns as f64 / 1000.0 / requests as f64,
                    cpus: used.ran_ns as f64 / wall_ns,
                    rss_bytes: proc::rss_bytes(pid)?,
                })
            }
            _ => None,
        };
        Ok(Outcome {
            requests,
            seconds: wall_ns / 1e9,
            per_second: requests as f64 * 1e9 / wall_ns,
            latency: self.replies.latencies.summary(),
            server,
            generator_cpu: own.ran_ns as f64 / wall_ns,
            disturbance: waited_ns as f64 / wall_ns,
            tally: Tally::default(),
        })
    }
}

impl Replies {
    /// Takes all complete replies off what has come for a connection; returns how many.
    fn receive(&mut self, conn: &mut Conn, bytes: &[u8], mix: &Mix, now_ns: u64) -> Result<u64> {
        if conn.partial.is_empty() {
            let (count, used) = self.take_all(&mut conn.pending, bytes, mix, now_ns)?;
            conn.partial.extend_from_slice(&bytes[used..]);
            return Ok(count);
        }
        conn.partial.extend_from_slice(bytes);
        let (count, used) = self.take_all(&mut conn.pending, &conn.partial, mix, now_ns)?;
        conn.partial.drain(..used);
        Ok(count)
    }

    fn take_all(
        &mut self,
        pending: &mut VecDeque<Pending>,
        bytes: &[u8],
        mix: &Mix,
        now_ns: u64,
    ) -> Result<(u64, usize)> {
        let (mut count, mut used) = (0, 0);
        // Requests of one pipeline have the same age and are recorded together.
        let (mut since, mut alike) = (0, 0);
        while used < bytes.len() {
            let rest = &bytes[used..];
            let Some(&Pending { command, since_ns }) = pending.front() else {
                bail!("a reply that nothing asked for: {}", quote(rest));
            };
            let command = &mix.commands()[command as usize];
            let taken = command.expected().take(rest).map_err(|Malformed(why)| {
                anyhow!("not a reply to {}, {why}: {}", command.name(), quote(rest))
            })?;
            let Some((length, verdict)) = taken else { break };
            self.tally.count(verdict, || format!("{} answered {}", command.name(), quote(&rest[..length])));
            pending.pop_front();
            if since_ns != since {
                self.latencies.record(now_ns.saturating_sub(since), alike);
                (since, alike) = (since_ns, 0);
            }
            alike += 1;
            count += 1;
            used += length;
        }
        self.latencies.record(now_ns.saturating_sub(since), alike);
        Ok((count, used))
    }
}

/// The start of some bytes, for a message.
fn quote(bytes: &[u8]) -> String {
    let shown = &bytes[..bytes.len().min(QUOTED_BYTES)];
    format!("\"{}\"{}", shown.escape_ascii(), if shown.len() < bytes.len() { "…" } else { "" })
}
