//! Workloads of the simulator, played by client threads against the real program, and its checkers over what they saw: money
//! is conserved at every atomic look, transactions that append have an order, single keys are linearizable, what is
//! queued is taken once. Clients vanish in the middle, are killed, and are gone while they wait.
//!
//! Instants are those of the clients: a command is called before its bytes are written, and has returned when its reply was
//! read. So what is checked is what clients can tell. `ANAX_HISTORIES=seconds,seed` plays longer, or something else.

use std::collections::VecDeque;
use std::io::ErrorKind;
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use base::Rng;
use resp::decode::decode;
use sim::command::Command;
use sim::history::{Clocks, History, OpIndex};
use sim::workload::{ALL, Asker, Shape, Workload};

use crate::harness::{PATIENCE, Server, Setup, Wire, connect};

/// What is played, in turns.
const WORKLOADS: &[&str] =
    &["bank", "appends", "queues", "registers", "lists", "mixed", "tokens", "groups", "pairs", "keyspace"];
/// For how long each setup is played, and how often at most: a minute for all of them.
const TIME: Duration = Duration::from_secs(9);
const HISTORIES_MAX: usize = 400;
const SEED: u64 = 1;
/// Most commands or transactions in a pipeline: with more of them under way at once, checking takes too long.
const PIPELINE_MAX: usize = 4;
/// Once in so many pipelines a client goes away, as far as the workload can bear it.
const LEAVE_EVERY: u64 = 30;
/// How long a client reads before it looks whether all is over.
const LOOK_EVERY: Duration = Duration::from_millis(20);

/// A history in the making.
struct Play {
    address: SocketAddr,
    database: usize,
    start: Instant,
    shape: Shape,
    workload: Mutex<Box<dyn Workload>>,
    history: Mutex<History>,
    calls: AtomicUsize,
    losses: AtomicUsize,
    is_over: AtomicBool,
    /// Kills connections.
    killer: Mutex<Wire<TcpStream>>,
}

/// A connection of a client.
struct Session {
    wire: Wire<TcpStream>,
    process: usize,
    id: i64,
    unanswered: VecDeque<OpIndex>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Play {
    fn now(&self) -> u64 {
        self.start.elapsed().as_nanos() as u64
    }

    fn open(&self) -> Session {
        let mut wire = Wire::new(connect(self.address));
        assert_eq!(wire.ask(&format!("SELECT {}", self.database)), "+OK\r\n");
        let id = wire.number("CLIENT ID");
        wire.stream.set_read_timeout(Some(LOOK_EVERY)).expect("an option");
        Session { wire, process: lock(&self.history).open(), id, unanswered: VecDeque::new() }
    }

    /// Notes that commands are called; their bytes.
    fn call(&self, session: &mut Session, commands: Vec<Command>) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut history = lock(&self.history);
        let now = self.now();
        for command in commands {
            command.encode(&mut bytes);
            let op = history.call(session.process, command);
            history.arrive(op, now, Clocks::default());
            session.unanswered.push_back(op);
        }
        bytes
    }

    /// Reads a reply. False: the connection has ended, or all is over.
    fn read(&self, session: &mut Session) -> bool {
        let bytes = loop {
            match session.wire.try_reply_bytes() {
                Ok(bytes) => break bytes,
                Err(ErrorKind::WouldBlock | ErrorKind::TimedOut) if self.is_over.load(Ordering::SeqCst) => {
                    return false;
                }
                Err(ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(_) => return false,
            }
        };
        let now = self.now();
        let (reply, _) = decode(&bytes).expect("a reply");
        let op = session.unanswered.pop_front().expect("a reply too many");
        let command = {
            let mut history = lock(&self.history);
            history.finish(op, reply.clone(), now, Clocks::default());
            history.ops[op].command.clone()
        };
        lock(&self.workload).replied(session.process, &command, &reply);
        true
    }

    /// Calls commands and reads their replies, with nobody else around.
    fn alone(&self, commands: Vec<Command>) {
        if commands.is_empty() {
            return;
        }
        let mut session = self.open();
        let bytes = self.call(&mut session, commands);
        session.wire.send(&bytes);
        while !session.unanswered.is_empty() {
            assert!(self.read(&mut session), "the connection has ended");
        }
    }

    /// A client, until enough was called.
    fn client(&self, client: usize, mut rng: Rng) {
        let mut session = self.open();
        while self.calls.load(Ordering::SeqCst) < self.shape.ops {
            let max = 1 + rng.below(self.shape.pipeline_max.min(PIPELINE_MAX) as u64) as usize;
            let asker = Asker { client, process: session.process, max, low_ms: 0 };
            let commands = lock(&self.workload).pipeline(asker, &mut rng);
            self.calls.fetch_add(commands.len(), Ordering::SeqCst);
            let bytes = self.call(&mut session, commands);
            let may_leave = |losses: usize| (losses < self.shape.losses_max).then_some(losses + 1);
            if rng.one_in(LEAVE_EVERY)
                && self.losses.fetch_update(Ordering::SeqCst, Ordering::SeqCst, may_leave).is_ok()
            {
                self.leave(&mut session, &bytes, &mut rng);
                session = self.open();
                continue;
            }
            session.wire.send(&bytes);
            while !session.unanswered.is_empty() {
                if !self.read(&mut session) {
                    assert!(self.is_over.load(Ordering::SeqCst), "the server closed a connection");
                    return;
                }
            }
        }
    }

    /// Goes away in the middle of a pipeline, behind it, or is killed.
    fn leave(&self, session: &mut Session, bytes: &[u8], rng: &mut Rng) {
        lock(&self.history).left.insert(session.process);
        match rng.below(3) {
            0 => session.wire.send(&bytes[..rng.below(bytes.len() as u64) as usize]),
            1 => session.wire.send(bytes),
            _ => {
                session.wire.send(bytes);
                lock(&self.killer).ask(&format!("CLIENT KILL ID {}", session.id));
                // What was answered before counts.
                while !session.unanswered.is_empty() && self.read(session) {}
            }
        }
    }

    /// The verdict, in words if it is bad, of the history so far with the last words behind it.
    fn verdict(&self) -> Result<(u64, u64), String> {
        let mut history = lock(&self.history).clone();
        // What was called behind a command that waits has not begun.
        let first = |ops: &Vec<OpIndex>| ops.iter().copied().find(|&op| history.ops[op].returned.is_none());
        let there =
            history.processes.iter().enumerate().filter(|(process, _)| !history.left.contains(process));
        history.still_waiting = there.filter_map(|(_, ops)| first(ops)).collect();
        let mut wire = Wire::new(connect(self.address));
        assert_eq!(wire.ask(&format!("SELECT {}", self.database)), "+OK\r\n");
        let process = history.open();
        for command in lock(&self.workload).last_words() {
            let mut bytes = Vec::new();
            command.encode(&mut bytes);
            let op = history.call(process, command);
            history.arrive(op, self.now(), Clocks::default());
            wire.send(&bytes);
            let (reply, _) = decode(&wire.try_reply_bytes().expect("a reply")).expect("a reply");
            history.finish(op, reply, self.now(), Clocks::default());
        }
        let checked = lock(&self.workload).check(&history);
        checked
            .map(|checked| (checked.facts, checked.undecided))
            .map_err(|violation| violation.explain(&history))
    }

    /// Whether all commands that were called and not answered wait at the server. They are served and end a little later
    /// than what serves them, so the verdict counts as soon as it is good, or when nothing happens any more.
    fn wait_for_verdict(
        &self,
        clients: &AtomicUsize,
        wire: &mut Wire<TcpStream>,
    ) -> Result<(u64, u64), String> {
        let end = Instant::now() + PATIENCE / 4;
        loop {
            let left = clients.load(Ordering::SeqCst);
            let is_quiet = left == 0
                || self.calls.load(Ordering::SeqCst) >= self.shape.ops
                    && self.shape.blocks
                    && wire.info("clients", "blocked_clients") == left.to_string();
            if is_quiet {
                let verdict = self.verdict();
                if verdict.is_ok() || left == 0 {
                    return verdict;
                }
                if Instant::now() > end {
                    return verdict;
                }
            } else if Instant::now() > end {
                let blocked = wire.info("clients", "blocked_clients");
                let list = wire.text("CLIENT LIST");
                return Err(format!("{left} clients do not come to an end, {blocked} are blocked:\n{list}"));
            }
            thread::yield_now();
        }
    }
}

/// Plays a workload in a database of its own.
fn play(server: &Server, setup: Setup, name: &str, database: usize, seed: u64) -> Result<(u64, u64), String> {
    let mut rng = Rng::new(seed);
    let (_, make) = ALL.iter().find(|(other, _)| *other == name).expect("a workload");
    let workload = make(setup.shards as u16, &mut rng);
    let play = Play {
        address: server.address(),
        database,
        start: Instant::now(),
        shape: workload.shape(),
        workload: Mutex::new(workload),
        history: Mutex::new(History::default()),
        calls: AtomicUsize::new(0),
        losses: AtomicUsize::new(0),
        is_over: AtomicBool::new(false),
        killer: Mutex::new(server.connect()),
    };
    let first_words = lock(&play.workload).first_words();
    play.alone(first_words);
    let clients = AtomicUsize::new(play.shape.sessions);
    thread::scope(|scope| {
        for client in 0..play.shape.sessions {
            let (play, clients, rng) = (&play, &clients, Rng::new(rng.next_u64()));
            scope.spawn(move || {
                play.client(client, rng);
                clients.fetch_sub(1, Ordering::SeqCst);
            });
        }
        let verdict = play.wait_for_verdict(&clients, &mut server.connect());
        play.is_over.store(true, Ordering::SeqCst);
        verdict
    })
}

/// How long to play, and the first seed.
fn wishes() -> (Duration, u64) {
    let Ok(text) = std::env::var("ANAX_HISTORIES") else { return (TIME, SEED) };
    let (seconds, seed) = text.split_once(',').unwrap_or((&text, "1"));
    (Duration::from_secs(seconds.parse().expect("seconds")), seed.parse().expect("a seed"))
}

fn check(shards: usize) {
    let (time, first_seed) = wishes();
    for setup in Setup::of(shards) {
        let databases = HISTORIES_MAX.to_string();
        let server = Server::start(setup, &["--save", "", "--databases", &databases]);
        let start = Instant::now();
        let (mut facts, mut undecided, mut played) = (0, 0, 0);
        for database in 0..HISTORIES_MAX {
            if start.elapsed() > time {
                break;
            }
            let (name, seed) = (WORKLOADS[database % WORKLOADS.len()], first_seed + database as u64);
            match play(&server, setup, name, database, seed) {
                Ok((more, given_up)) => {
                    facts += more;
                    undecided += u64::from(given_up > 0);
                    played += 1;
                }
                Err(text) => panic!("{setup:?}, {name}, seed {seed}: {text}"),
            }
        }
        eprintln!("{setup:?}: {played} histories, {facts} facts, {undecided} searches given up");
        assert!(facts > 0 && undecided * 3 <= played, "{setup:?}: {undecided} of {played} undecided");
    }
}

#[test]
fn one_shard_has_no_anomaly() {
    check(1);
}

#[test]
fn two_shards_have_no_anomaly() {
    check(2);
}

#[test]
fn seven_shards_have_no_anomaly() {
    check(7);
}
