//! `pubsub`: what PUBLISH costs a server with many subscribers.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};

use super::{Options, Suite};
use crate::load::Bound;
use crate::proc::{Pinned, scheduled};
use crate::report::{Report, Table, at_most, decimals, grouped, median};
use crate::server::Server;

pub(super) const SUITE: Suite =
    Suite { name: "pubsub", about: "CPU of PUBLISH to no, one and a hundred subscribers", run };

/// Most CPU of the first server for a message to a hundred subscribers, as a part of the peer's.
const TARGET: f64 = 0.7;
/// Subscribers, and messages that the publisher sends at a time.
const WORKLOADS: &[(usize, usize)] = &[(0, 16), (1, 1), (100, 1), (100, 16), (1000, 1)];
const CHANNEL: &str = "channel:of:news";
const MESSAGE_BYTES: usize = 64;
/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a round brought.
#[derive(Clone, Copy)]
struct Outcome {
    per_second: f64,
    cpu_us: f64,
}

/// A publisher and its subscribers.
struct Party {
    publisher: TcpStream,
    subscribers: Vec<TcpStream>,
    /// What is sent at a time, and what then comes: to the publisher, and to each subscriber.
    request: Vec<u8>,
    reply: Vec<u8>,
    messages: Vec<u8>,
    pipeline: usize,
}

impl Party {
    fn new(server: &Server, subscribers: usize, pipeline: usize) -> Result<Party> {
        let connect = || -> Result<TcpStream> {
            let socket = TcpStream::connect(server.address())?;
            socket.set_nodelay(true)?;
            socket.set_read_timeout(Some(PATIENCE))?;
            Ok(socket)
        };
        let bulk = |text: &str| format!("${}\r\n{text}\r\n", text.len());
        let message = bulk(&"m".repeat(MESSAGE_BYTES));
        let subscribe = format!("*2\r\n{}{}", bulk("SUBSCRIBE"), bulk(CHANNEL));
        let confirmed = format!("*3\r\n{}{}:1\r\n", bulk("subscribe"), bulk(CHANNEL)).into_bytes();
        let mut all = Vec::new();
        for _ in 0..subscribers {
            let mut socket = connect().context("connecting a subscriber")?;
            socket.write_all(subscribe.as_bytes())?;
            expect(&mut socket, &confirmed)?;
            all.push(socket);
        }
        // Those of the round before may not have left yet. PUBSUB NUMSUB is of no use: Valkey 9.1.2 answers it with a wrong
        // number when there are a thousand.
        let (mut client, start) = (server.client()?, Instant::now());
        while client.info("clients")?.get("pubsub_clients") != Some(&subscribers.to_string()) {
            ensure!(start.elapsed() < PATIENCE, "subscribers of the round before stay");
        }
        let publish = format!("*3\r\n{}{}{message}", bulk("PUBLISH"), bulk(CHANNEL));
        let pushed = format!("*3\r\n{}{}{message}", bulk("message"), bulk(CHANNEL));
        Ok(Party {
            publisher: connect()?,
            subscribers: all,
            request: publish.repeat(pipeline).into_bytes(),
            reply: format!(":{subscribers}\r\n").repeat(pipeline).into_bytes(),
            messages: pushed.repeat(pipeline).into_bytes(),
            pipeline,
        })
    }

    /// Publishes once, and waits until everybody has what is theirs.
    fn publish(&mut self) -> Result<()> {
        self.publisher.write_all(&self.request)?;
        expect(&mut self.publisher, &self.reply)?;
        self.subscribers.iter_mut().try_for_each(|socket| expect(socket, &self.messages))
    }

    fn publish_for(&mut self, time: Duration) -> Result<u64> {
        let end = Instant::now() + time;
        let mut times = 0;
        while Instant::now() < end {
            self.publish()?;
            times += 1;
        }
        Ok(times)
    }

    fn measure(&mut self, server: &Server, bound: Bound) -> Result<Outcome> {
        if let Bound::Time { warmup, .. } = bound {
            self.publish_for(warmup)?;
        }
        let (start, before) = (Instant::now(), scheduled(server.pid())?);
        let times = match bound {
            Bound::Time { measured, .. } => self.publish_for(measured)?,
            Bound::Requests(count) => {
                let times = count / 100 + 1;
                (0..times).try_for_each(|_| self.publish())?;
                times
            }
        };
        let count = (times * self.pipeline as u64) as f64;
        let ran = scheduled(server.pid())?.since(before).ran_ns as f64 / 1000.0;
        Ok(Outcome { per_second: count / start.elapsed().as_secs_f64(), cpu_us: ran / count })
    }
}

/// Reads exactly these bytes.
fn expect(socket: &mut TcpStream, expected: &[u8]) -> Result<()> {
    let mut got = vec![0; expected.len()];
    socket.read_exact(&mut got)?;
    ensure!(got == expected, "got {:?}", String::from_utf8_lossy(&got));
    Ok(())
}

fn run(options: &Options) -> Result<Report> {
    let servers = options.start_all()?;
    let names: Vec<&str> = options.candidates.iter().map(|candidate| candidate.name.as_str()).collect();
    let head = ["workload".to_owned()].into_iter();
    let head = head.chain(names.iter().flat_map(|name| [format!("{name} msg/s"), format!("{name} CPU us")]));
    let ratios = names.iter().skip(1).map(|peer| format!("{}/{peer} CPU", names[0]));
    let limit = format!("100 subscribers: at most {TARGET}");
    let mut table =
        Table { head: head.chain(ratios).chain([limit]).collect::<Vec<String>>(), rows: Vec::new() };
    let _pinned = Pinned::to(&[options.client_cpu])?;
    for &(subscribers, pipeline) in WORKLOADS {
        let what = format!("{subscribers} subscribers, {pipeline} at a time");
        let mut rounds: Vec<Vec<Outcome>> = Vec::new();
        for round in 1..=options.rounds {
            let mut outcomes = Vec::new();
            for (server, name) in servers.iter().zip(&names) {
                let mut party = Party::new(server, subscribers, pipeline)?;
                let outcome = party.measure(server, options.bound).with_context(|| (*name).to_owned())?;
                options.say(&format!("{what}, round {round}, {name}: {:.2} us", outcome.cpu_us));
                outcomes.push(outcome);
            }
            rounds.push(outcomes);
        }
        let mut row = vec![what];
        for lane in 0..servers.len() {
            row.push(grouped(median(rounds.iter().map(|round| round[lane].per_second))));
            row.push(decimals(median(rounds.iter().map(|round| round[lane].cpu_us)), 2));
        }
        let mut best = f64::NAN;
        for peer in 1..servers.len() {
            let ratio = median(rounds.iter().map(|round| round[0].cpu_us / round[peer].cpu_us));
            best = if peer == 1 { ratio } else { best };
            row.push(decimals(ratio, 2));
        }
        row.push(if subscribers == 100 { at_most(best, TARGET) } else { "–".to_owned() });
        table.rows.push(row);
    }
    Ok(Report {
        title: "Publish and subscribe".to_owned(),
        method: format!(
            "One channel, {MESSAGE_BYTES}-byte messages, one publisher that waits until every subscriber has read what was \
             published. {} rounds, servers in turn within a round, {}; medians, and medians of the ratios within a \
             round. Server CPU of a PUBLISH as the scheduler counted it; every byte checked.",
            options.rounds,
            options.bound_text()
        ),
        servers: servers.iter().map(|server| server.description().to_owned()).collect(),
        tables: vec![("CPU ratios below 1.00 speak for the first server.".to_owned(), table)],
        notes: Vec::new(),
    })
}
