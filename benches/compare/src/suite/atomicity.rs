//! `atomicity`: what scripts and transactions cost, and how often transfers between accounts are aborted.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::{Options, Suite};
use crate::info::Client;
use crate::load::Bound;
use crate::proc::{Pinned, scheduled};
use crate::reply::Reply;
use crate::report::{Report, Table, at_most, decimals, grouped, median};
use crate::server::{Candidate, Server};

pub(super) const SUITE: Suite =
    Suite { name: "atomicity", about: "CPU of scripts and transactions; aborted transfers", run };

const CONNECTIONS: usize = 16;
const VALUE_BYTES: usize = 64;
/// Keys of each workload.
const KEYS: usize = 4096;
/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(60);
/// Most CPU of the first server against the first peer.
const SCRIPT_TARGET: f64 = 0.8;
const TRANSACTION_TARGET: f64 = 0.7;
/// Most CPU of a transaction over two shards against our own over one.
const SHARDS_TARGET: f64 = 1.5;
/// Clients that move money, and how many accounts there are: few enough that transfers meet.
const CLIENTS: usize = 50;
const ACCOUNTS: usize = 1000;
const TRANSFERS: usize = 200;

/// What a request is made of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    /// EVALSHA of a script that reads one key.
    ScriptGet,
    /// EVALSHA of a script that writes one key.
    ScriptSet,
    /// MULTI, four SET, EXEC; all keys have one hash tag.
    FourInOne,
    /// The same with keys of different slots.
    FourApart,
}

impl What {
    fn name(self) -> &'static str {
        match self {
            What::ScriptGet => "EVALSHA with one GET, 16 at a time",
            What::ScriptSet => "EVALSHA with one SET, 16 at a time",
            What::FourInOne => "MULTI, 4 SET, EXEC, keys of one slot, 4 at a time",
            What::FourApart => "MULTI, 4 SET, EXEC, keys of different slots, 4 at a time",
        }
    }

    fn pipeline(self) -> usize {
        match self {
            What::ScriptGet | What::ScriptSet => 16,
            What::FourInOne | What::FourApart => 4,
        }
    }

    fn target(self) -> f64 {
        match self {
            What::ScriptGet | What::ScriptSet => SCRIPT_TARGET,
            What::FourInOne | What::FourApart => TRANSACTION_TARGET,
        }
    }

    fn script(self) -> Option<&'static str> {
        match self {
            What::ScriptGet => Some("return redis.call('GET', KEYS[1])"),
            What::ScriptSet => Some("return redis.call('SET', KEYS[1], ARGV[1])"),
            _ => None,
        }
    }

    /// A request with this number, and its reply.
    fn request(self, number: usize, sha: &str) -> (Vec<u8>, Vec<u8>) {
        let value = "v".repeat(VALUE_BYTES);
        let key = |at: usize| match self {
            What::FourInOne => format!("{{{}}}:{at}", number % KEYS),
            _ => format!("key:{:08}", (number * 7919 + at * 104_729) % KEYS),
        };
        let mut out = Vec::new();
        match self {
            What::ScriptGet => {
                append(&mut out, &["EVALSHA", sha, "1", &key(0)]);
                (out, format!("${VALUE_BYTES}\r\n{value}\r\n").into_bytes())
            }
            What::ScriptSet => {
                append(&mut out, &["EVALSHA", sha, "1", &key(0), &value]);
                (out, b"+OK\r\n".to_vec())
            }
            What::FourInOne | What::FourApart => {
                append(&mut out, &["MULTI"]);
                (0..4).for_each(|at| append(&mut out, &["SET", &key(at), &value]));
                append(&mut out, &["EXEC"]);
                let queued = "+QUEUED\r\n".repeat(4);
                (out, format!("+OK\r\n{queued}*4\r\n{}", "+OK\r\n".repeat(4)).into_bytes())
            }
        }
    }
}

fn append(out: &mut Vec<u8>, words: &[&str]) {
    out.extend_from_slice(format!("*{}\r\n", words.len()).as_bytes());
    for word in words {
        out.extend_from_slice(format!("${}\r\n{word}\r\n", word.len()).as_bytes());
    }
}

/// What a round brought.
#[derive(Clone, Copy)]
struct Outcome {
    per_second: f64,
    cpu_us: f64,
}

/// Connections, with what each sends at a time and what then comes.
struct Party {
    lanes: Vec<(TcpStream, Vec<u8>, Vec<u8>)>,
    requests: usize,
}

impl Party {
    fn new(server: &Server, what: What) -> Result<Party> {
        let mut client = server.client()?;
        let mut sha = String::new();
        if let Some(script) = what.script() {
            sha = client.call(&["SCRIPT", "LOAD", script], text_of)?;
            let value = "v".repeat(VALUE_BYTES);
            for number in 0..KEYS {
                client.call(&["SET", &format!("key:{number:08}"), &value], |_| Some(()))?;
            }
        }
        let mut lanes = Vec::new();
        for lane in 0..CONNECTIONS {
            let socket = TcpStream::connect(server.address())?;
            socket.set_nodelay(true)?;
            socket.set_read_timeout(Some(PATIENCE))?;
            let (mut out, mut back) = (Vec::new(), Vec::new());
            for number in 0..what.pipeline() {
                let (request, reply) = what.request(lane * 1000 + number, &sha);
                out.extend(request);
                back.extend(reply);
            }
            lanes.push((socket, out, back));
        }
        Ok(Party { lanes, requests: CONNECTIONS * what.pipeline() })
    }

    /// All send, then all read.
    fn once(&mut self) -> Result<()> {
        for (socket, out, _) in &mut self.lanes {
            socket.write_all(out)?;
        }
        for (socket, _, back) in &mut self.lanes {
            let mut got = vec![0; back.len()];
            socket.read_exact(&mut got)?;
            ensure!(got == *back, "got {:?}", String::from_utf8_lossy(&got));
        }
        Ok(())
    }

    fn run_for(&mut self, time: Duration) -> Result<u64> {
        let end = Instant::now() + time;
        let mut times = 0;
        while Instant::now() < end {
            self.once()?;
            times += 1;
        }
        Ok(times)
    }

    fn measure(&mut self, server: &Server, bound: Bound) -> Result<Outcome> {
        if let Bound::Time { warmup, .. } = bound {
            self.run_for(warmup)?;
        }
        let (start, before) = (Instant::now(), scheduled(server.pid())?);
        let times = match bound {
            Bound::Time { measured, .. } => self.run_for(measured)?,
            Bound::Requests(count) => {
                let times = count / self.requests as u64 + 1;
                (0..times).try_for_each(|_| self.once())?;
                times
            }
        };
        let count = (times * self.requests as u64) as f64;
        let ran = scheduled(server.pid())?.since(before).ran_ns as f64 / 1000.0;
        Ok(Outcome { per_second: count / start.elapsed().as_secs_f64(), cpu_us: ran / count })
    }
}

fn text_of(reply: &Reply<'_>) -> Option<String> {
    match reply {
        Reply::Bulk(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        _ => None,
    }
}

/// A step of a small generator of numbers.
fn draw(state: &mut u64, below: usize) -> usize {
    *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*state >> 33) as usize % below
}

/// So many transfers of a client; returns how many were aborted on the way.
fn transfer(client: &mut Client, seed: u64, count: usize) -> Result<u64> {
    let (mut state, mut aborted) = (seed, 0);
    for _ in 0..count {
        let (from, to) = (draw(&mut state, ACCOUNTS), draw(&mut state, ACCOUNTS));
        let (from, to) =
            (format!("account:{from}"), format!("account:{}", if from == to { to + 1 } else { to }));
        loop {
            client.call(&["WATCH", &from, &to], |_| Some(()))?;
            client.call(&["GET", &from], |_| Some(()))?;
            client.call(&["GET", &to], |_| Some(()))?;
            client.call(&["MULTI"], |_| Some(()))?;
            client.call(&["SET", &from, "1"], |_| Some(()))?;
            client.call(&["SET", &to, "1"], |_| Some(()))?;
            let done = client.call(&["EXEC"], |reply| Some(matches!(reply, Reply::Array(_))))?;
            if done {
                break;
            }
            aborted += 1;
        }
    }
    Ok(aborted)
}

/// The part of EXECs that is aborted when many clients move money at once.
fn aborts(server: &Server, count: usize, seed: u64) -> Result<f64> {
    let clients: Vec<Client> = (0..CLIENTS).map(|_| server.client()).collect::<Result<_>>()?;
    let aborted: u64 = std::thread::scope(|scope| {
        let handles: Vec<_> = clients
            .into_iter()
            .zip(1u64..)
            .map(|(mut client, number)| {
                scope.spawn(move || transfer(&mut client, seed.wrapping_add(number * 0x9E37_79B9), count))
            })
            .collect();
        handles
            .into_iter()
            .map(|handle| handle.join().map_err(|_| anyhow::anyhow!("a client panicked"))?)
            .sum::<Result<u64>>()
    })?;
    Ok(aborted as f64 / (aborted as f64 + (CLIENTS * count) as f64))
}

fn costs(options: &Options, lanes: &[(String, Server)]) -> Result<Table> {
    let subject = lanes.first().map_or("", |(name, _)| name);
    let peer = lanes.get(2);
    let mut head = vec!["workload".to_owned()];
    head.extend(lanes.iter().flat_map(|(name, _)| [format!("{name} req/s"), format!("{name} CPU us")]));
    head.extend(lanes.iter().skip(1).map(|(name, _)| format!("{subject}/{name} CPU")));
    head.push("target".to_owned());
    let mut table = Table { head, rows: Vec::new() };
    let _pinned = Pinned::to(&[options.client_cpu])?;
    for what in [What::ScriptGet, What::ScriptSet, What::FourInOne, What::FourApart] {
        let mut rounds: Vec<Vec<Outcome>> = Vec::new();
        for round in 1..=options.rounds {
            let mut outcomes = Vec::new();
            for (name, server) in lanes {
                let mut party = Party::new(server, what)?;
                let outcome = party.measure(server, options.bound).with_context(|| name.clone())?;
                options.say(&format!("{}, round {round}, {name}: {:.2} us", what.name(), outcome.cpu_us));
                outcomes.push(outcome);
            }
            rounds.push(outcomes);
        }
        let mut row = vec![what.name().to_owned()];
        for lane in 0..lanes.len() {
            row.push(grouped(median(rounds.iter().map(|round| round[lane].per_second))));
            row.push(decimals(median(rounds.iter().map(|round| round[lane].cpu_us)), 2));
        }
        let ratio = |other: usize| median(rounds.iter().map(|round| round[0].cpu_us / round[other].cpu_us));
        row.extend((1..lanes.len()).map(|other| decimals(ratio(other), 2)));
        let mut targets = Vec::new();
        if let Some((name, _)) = peer {
            targets.push(format!("{name}: {}", at_most(ratio(2), what.target())));
        }
        if what == What::FourApart {
            let own = median(rounds.iter().map(|round| round[1].cpu_us / round[0].cpu_us));
            targets.push(format!("2 shards: {}", at_most(own, SHARDS_TARGET)));
        }
        row.push(targets.join("; "));
        table.rows.push(row);
    }
    Ok(table)
}

fn run(options: &Options) -> Result<Report> {
    let count = match options.bound {
        Bound::Requests(_) => 2,
        Bound::Time { .. } => TRANSFERS,
    };
    // The first server with one shard, the same with two, then the peers.
    let mut lanes: Vec<(String, Server)> = Vec::new();
    for (number, candidate) in options.candidates.iter().enumerate() {
        lanes.push((candidate.name.clone(), Server::start(candidate, &options.setting(1))?));
        if number == 0 {
            lanes.push((format!("{}, 2 shards", candidate.name), start_two(options, candidate)?));
        }
    }
    let costs = costs(options, &lanes)?;
    let mut transfers = Table::new(&["server", "EXECs aborted, %"]);
    let mut shares: Vec<Vec<f64>> = vec![Vec::new(); lanes.len()];
    for round in 0..options.rounds {
        for ((name, server), shares) in lanes.iter().zip(&mut shares) {
            options.say(&format!("transfers, round {}, {name}", round + 1));
            shares.push(100.0 * aborts(server, count, options.seed + round as u64)?);
        }
    }
    for ((name, _), shares) in lanes.iter().zip(&shares) {
        transfers.rows.push(vec![name.clone(), decimals(median(shares.iter().copied()), 2)]);
    }
    Ok(Report {
        title: "Scripts and transactions".to_owned(),
        method: format!(
            "{CONNECTIONS} connections, {VALUE_BYTES}-byte values, {KEYS} keys; all connections send, then all read, every byte \
             checked. {} rounds, servers in turn within a round, {}; medians, and medians of the ratios within a round. Server \
             CPU of a script or a whole transaction as the scheduler counted it. Transfers: {CLIENTS} clients, each {count} \
             times WATCH, GET, GET, MULTI, SET, SET, EXEC over two of {ACCOUNTS} accounts, again until it is done.",
            options.rounds,
            options.bound_text()
        ),
        servers: lanes.iter().map(|(_, server)| server.description().to_owned()).collect(),
        tables: vec![
            ("CPU ratios below 1.00 speak for the first server.".to_owned(), costs),
            ("Transfers between accounts; less is better.".to_owned(), transfers),
        ],
        notes: Vec::new(),
    })
}

fn start_two(options: &Options, candidate: &Candidate) -> Result<Server> {
    Server::start(candidate, &options.setting(2))
}
