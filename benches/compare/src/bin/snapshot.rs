//! Snapshots of Anax and Valkey compared on this machine: how long they take, what they do to others, how fast they load; and the
//! price of the log.
//!
//! ```text
//! cargo run --release -p bench-compare --bin snapshot -- --anax target/release/anax --valkey PATH --folder ON-THE-DISK --keys 5000000
//! ```
//!
//! Prints Markdown. Every server is alone on the machine while it is measured; the generator has the same CPUs.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use bench_compare::command::{Material, Mix};
use bench_compare::info::Client;
use bench_compare::keys::Distribution;
use bench_compare::load::{Bound, Load};
use bench_compare::outcome::{Latencies, Latency, Outcome};
use bench_compare::proc::rss_bytes;
use clap::Parser;

/// Longest wait for a server or a snapshot.
const PATIENCE: Duration = Duration::from_secs(600);
/// Commands in one write while a server is filled.
const FILL_PIPELINE: u64 = 500;
/// Connections while latencies are measured.
const CONNECTIONS: usize = 16;
/// Connections of full load.
const FULL_CONNECTIONS: usize = 8;
/// The hash that is written to throughout.
const HASH: &str = "big:hash";

/// Compares snapshots and logs of Anax and Valkey on this machine and prints Markdown.
#[derive(Parser)]
struct Arguments {
    /// Program of Anax
    #[arg(long, default_value = "target/release/anax")]
    anax: PathBuf,
    /// Program of Valkey
    #[arg(long)]
    valkey: Option<PathBuf>,
    /// Folder for the servers' files, on the disk that counts
    #[arg(long, default_value = ".")]
    folder: PathBuf,
    /// Keys
    #[arg(long, default_value_t = 5_000_000)]
    keys: u64,
    /// Bytes of a value
    #[arg(long, default_value_t = 100)]
    value_bytes: usize,
    /// Fields of the hash that is written to throughout
    #[arg(long, default_value_t = 1_000_000)]
    fields: u64,
    /// Shards of Anax
    #[arg(long, default_value_t = 2)]
    shards: usize,
    /// Snapshots and loads of each kind
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Seconds of a measurement of latencies or throughput
    #[arg(long, default_value_t = 10.0)]
    seconds: f64,
    /// What to measure: any of save, load, latency, hash, memory, log
    #[arg(long, value_delimiter = ',', default_value = "save,load,latency,hash,memory,log")]
    parts: Vec<String>,
}

/// What is measured.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Anax { folder: bool },
    Valkey,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Anax { folder: false } => "Anax, one file",
            Kind::Anax { folder: true } => "Anax, folder",
            Kind::Valkey => "Valkey",
        }
    }
}

/// A running server.
struct Server {
    child: Child,
    address: SocketAddr,
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both fail only if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Server {
    fn start(arguments: &Arguments, kind: Kind, folder: &Path, more: &[&str]) -> Result<Server> {
        Server::start_with(arguments, kind, folder, more, arguments.shards)
    }

    fn start_with(
        arguments: &Arguments,
        kind: Kind,
        folder: &Path,
        more: &[&str],
        shards: usize,
    ) -> Result<Server> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        drop(listener);
        let port = address.port().to_string();
        let shards = shards.to_string();
        let program = match kind {
            Kind::Anax { .. } => &arguments.anax,
            Kind::Valkey => arguments.valkey.as_ref().context("no Valkey")?,
        };
        let mut command = Command::new(program);
        command.args(["--port", &port, "--bind", "127.0.0.1", "--save", "", "--rdbcompression", "no"]);
        command.arg("--dir").arg(folder).args(more).stdin(Stdio::null());
        command.stdout(Stdio::null()).stderr(Stdio::null());
        if let Kind::Anax { folder } = kind {
            let format = if folder { "folder" } else { "rdb" };
            command.args(["--shards", &shards, "--pin-cpus", "no", "--snapshot-format", format]);
        }
        let child = command.spawn().with_context(|| format!("starting {}", program.display()))?;
        let server = Server { child, address };
        let began = Instant::now();
        loop {
            let loading = Client::connect(address).and_then(|mut client| client.info("persistence"));
            match loading {
                Ok(fields) if fields.get("loading").is_some_and(|field| field == "0") => return Ok(server),
                _ if began.elapsed() > PATIENCE => bail!("{} does not come up", kind.name()),
                _ => sleep(Duration::from_millis(5)),
            }
        }
    }

    fn client(&self) -> Result<Client> {
        Client::connect(self.address)
    }

    fn persistence(&self, field: &str) -> Result<String> {
        self.client()?.info("persistence")?.remove(field).with_context(|| format!("no {field}"))
    }

    /// Takes a snapshot and waits for its end.
    fn save(&self) -> Result<Duration> {
        let began = Instant::now();
        self.client()?.call(&["BGSAVE"], |_| Some(()))?;
        while self.persistence("rdb_bgsave_in_progress")? != "0" {
            ensure!(began.elapsed() < PATIENCE, "a snapshot does not end");
            sleep(Duration::from_millis(5));
        }
        ensure!(self.persistence("rdb_last_bgsave_status")? == "ok", "a snapshot failed");
        Ok(began.elapsed())
    }

    /// Sends commands `from..to` in long pipelines.
    fn fill(&self, from: u64, to: u64, command: impl Fn(u64) -> Vec<String>) -> Result<()> {
        let mut client = self.client()?;
        let mut at = from;
        while at < to {
            let until = (at + FILL_PIPELINE).min(to);
            let commands: Vec<Vec<String>> = (at..until).map(&command).collect();
            let words: Vec<Vec<&str>> =
                commands.iter().map(|words| words.iter().map(String::as_str).collect()).collect();
            let slices: Vec<&[&str]> = words.iter().map(Vec::as_slice).collect();
            client.send(&slices)?;
            client.receive(slices.len())?;
            at = until;
        }
        Ok(())
    }
}

fn key(number: u64) -> String {
    format!("key:{number:012}")
}

fn value(number: u64, bytes: usize) -> String {
    let mut random = fastrand::Rng::with_seed(number);
    (0..bytes).map(|_| random.alphanumeric()).collect()
}

fn set(number: u64, bytes: usize) -> Vec<String> {
    vec!["SET".into(), key(number), value(number, bytes)]
}

/// One command of the mixed load: half GET, half SET; or a write to the big hash among them.
fn mixed(random: &mut fastrand::Rng, arguments: &Arguments, hash: bool) -> Vec<String> {
    let number = random.u64(0..arguments.keys.max(1));
    match random.u8(0..if hash { 3 } else { 2 }) {
        0 => vec!["GET".into(), key(number)],
        1 => set(number, arguments.value_bytes),
        _ => {
            let field = format!("field:{}", random.u64(0..arguments.fields.max(1)));
            vec!["HSET".into(), HASH.into(), field, "changed".into()]
        }
    }
}

/// Runs connections, each with commands one at a time, until time is over; each `pause` after the last, if there is one. Latencies
/// count from when a command was due.
fn run(
    server: &Server,
    connections: usize,
    pipeline: usize,
    pause: Option<Duration>,
    time: Duration,
    command: &(dyn Fn(&mut fastrand::Rng) -> Vec<String> + Sync),
) -> Result<(u64, Latency)> {
    let (count, all) = (AtomicU64::new(0), std::sync::Mutex::new(Latencies::default()));
    let began = Instant::now();
    std::thread::scope(|scope| -> Result<()> {
        let mut threads = Vec::new();
        for number in 0..connections {
            let (count, all) = (&count, &all);
            threads.push(scope.spawn(move || -> Result<()> {
                let mut client = server.client()?;
                let mut random = fastrand::Rng::with_seed(number as u64);
                let mut own = Latencies::default();
                let phase = pause.unwrap_or_default().mul_f64(random.f64());
                let mut due = Instant::now() + phase;
                while began.elapsed() < time {
                    let commands: Vec<Vec<String>> = (0..pipeline).map(|_| command(&mut random)).collect();
                    let words: Vec<Vec<&str>> =
                        commands.iter().map(|words| words.iter().map(String::as_str).collect()).collect();
                    let slices: Vec<&[&str]> = words.iter().map(Vec::as_slice).collect();
                    // Who is late because the last answer was late counts from when the command was due; the generator's own
                    // oversleeping is not the server's.
                    let early = due.saturating_duration_since(Instant::now());
                    sleep(early);
                    let sent = if early.is_zero() && pause.is_some() { due } else { Instant::now() };
                    client.send(&slices)?;
                    client.receive(pipeline)?;
                    let took = sent.elapsed();
                    own.record(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX), pipeline as u64);
                    count.fetch_add(pipeline as u64, Ordering::Relaxed);
                    due = pause.map_or_else(Instant::now, |pause| due + pause);
                }
                all.lock().expect("unpoisoned").add(&own);
                Ok(())
            }));
        }
        threads.into_iter().try_for_each(|thread| thread.join().expect("no panic"))
    })?;
    let summary = all.lock().expect("unpoisoned").summary();
    Ok((count.into_inner(), summary))
}

/// Takes snapshots one after the other until the flag is set, at least one.
fn save_until(server: &Server, stop: &AtomicBool) -> Result<usize> {
    let mut saves = 0;
    while !stop.load(Ordering::Relaxed) {
        server.save()?;
        saves += 1;
    }
    Ok(saves)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::NAN)
}

/// All of one server.
fn measure(arguments: &Arguments, kind: Kind) -> Result<()> {
    let wants = |part: &str| arguments.parts.iter().any(|wanted| wanted == part);
    let folder = tempfile::tempdir_in(&arguments.folder)?;
    let time = Duration::from_secs_f64(arguments.seconds);
    let name = kind.name();
    let mut server = Server::start(arguments, kind, folder.path(), &[])?;
    server.fill(0, arguments.keys, |number| set(number, arguments.value_bytes))?;
    if wants("save") || wants("load") {
        let times = (0..arguments.rounds).map(|_| Ok(server.save()?.as_secs_f64())).collect::<Result<_>>()?;
        println!("| {name} | BGSAVE, idle | {:.2} s |", median(times));
    }
    if wants("load") {
        let mut times = Vec::new();
        for _ in 0..arguments.rounds {
            drop(server);
            let began = Instant::now();
            server = Server::start(arguments, kind, folder.path(), &[])?;
            times.push(began.elapsed().as_secs_f64());
            ensure!(server.client()?.dbsize()? == arguments.keys, "{name} has not loaded all keys");
        }
        println!("| {name} | start with load | {:.2} s |", median(times));
    }
    for (part, hash) in [("latency", false), ("hash", true)] {
        if !wants(part) {
            continue;
        }
        if hash {
            let field =
                |number: u64| vec!["HSET".into(), HASH.into(), format!("field:{number}"), "value".into()];
            server.fill(0, arguments.fields, field)?;
        }
        let command = |random: &mut fastrand::Rng| mixed(random, arguments, hash);
        let (count, _) = run(&server, CONNECTIONS, 1, None, time / 2, &command)?;
        let full = count as f64 / (arguments.seconds / 2.0);
        let pause = Some(Duration::from_secs_f64(CONNECTIONS as f64 / (full / 2.0)));
        let (_, without) = run(&server, CONNECTIONS, 1, pause, time, &command)?;
        let stop = AtomicBool::new(false);
        let (during, saves) = std::thread::scope(|scope| -> Result<_> {
            let saves = scope.spawn(|| save_until(&server, &stop));
            let during = run(&server, CONNECTIONS, 1, pause, time, &command);
            stop.store(true, Ordering::Relaxed);
            Ok((during?.1, saves.join().expect("no panic")?))
        })?;
        let with = if hash { ", a hash among them" } else { "" };
        println!(
            "| {name} | p99.9 at half load{with}: without, during snapshots, ratio | {:.2} ms, {:.2} ms, {:.2} |",
            without.p999_us / 1000.0,
            during.p999_us / 1000.0,
            during.p999_us / without.p999_us
        );
        println!(
            "| {name} | slowest at half load{with}: without, during {saves} snapshots | {:.2} ms, {:.2} ms |",
            without.max_us / 1000.0,
            during.max_us / 1000.0
        );
    }
    if wants("memory") {
        memory(arguments, name, &server, kind)?;
    }
    drop(server);
    Ok(())
}

/// What a snapshot under full load costs in memory.
fn memory(arguments: &Arguments, name: &str, server: &Server, kind: Kind) -> Result<()> {
    let (stop, done) = (AtomicBool::new(false), AtomicBool::new(false));
    let command =
        |random: &mut fastrand::Rng| set(random.u64(0..arguments.keys.max(1)), arguments.value_bytes);
    let warm = Duration::from_secs_f64(arguments.seconds);
    run(server, FULL_CONNECTIONS, 16, None, warm, &command)?;
    let before = rss_bytes(server.child.id())?;
    let (peak, took) = std::thread::scope(|scope| -> Result<_> {
        let load = scope.spawn(|| -> Result<()> {
            while !stop.load(Ordering::Relaxed) {
                run(server, FULL_CONNECTIONS, 16, None, Duration::from_millis(200), &command)?;
            }
            Ok(())
        });
        let watch = scope.spawn(|| -> Result<u64> {
            let mut peak = before;
            while !done.load(Ordering::Relaxed) {
                peak = peak.max(rss_bytes(server.child.id())?);
                sleep(Duration::from_millis(5));
            }
            Ok(peak)
        });
        let took = server.save();
        done.store(true, Ordering::Relaxed);
        stop.store(true, Ordering::Relaxed);
        load.join().expect("no panic")?;
        Ok((watch.join().expect("no panic")?, took?))
    })?;
    let mut extra = peak.saturating_sub(before);
    if kind == Kind::Valkey {
        // What the child and the parent no longer share.
        extra += server.persistence("rdb_last_cow_size")?.parse::<u64>()?;
    }
    let percent = extra as f64 * 100.0 / before as f64;
    println!(
        "| {name} | BGSAVE under full load: time, extra memory | {:.2} s, {:.1} MB = {percent:.1} % |",
        took.as_secs_f64(),
        extra as f64 / 1e6
    );
    Ok(())
}

/// Who logs.
#[derive(Clone, Copy)]
enum Logger {
    /// Anax with so many shards.
    Anax(usize),
    Valkey,
}

/// What a log costs, for each setting and pipeline: medians of rounds in which everybody takes turns.
fn logs(arguments: &Arguments) -> Result<()> {
    let settings: [(&str, &[&str]); 3] = [
        ("no log", &[]),
        ("everysec", &["--appendonly", "yes", "--appendfsync", "everysec"]),
        ("always", &["--appendonly", "yes", "--appendfsync", "always"]),
    ];
    let mut loggers = vec![Logger::Anax(arguments.shards), Logger::Anax(1)];
    loggers.extend(arguments.valkey.as_ref().map(|_| Logger::Valkey));
    println!(
        "\n| log | pipeline | server | requests a second | CPU us | p99 ms |\n| --- | ---: | --- | ---: | ---: | ---: |"
    );
    for (setting, more) in settings {
        for pipeline in [1, 16] {
            let mut outcomes: Vec<Vec<Outcome>> = loggers.iter().map(|_| Vec::new()).collect();
            for _ in 0..arguments.rounds.max(1) {
                for (logger, outcomes) in loggers.iter().zip(&mut outcomes) {
                    outcomes.push(log(arguments, *logger, more, pipeline)?);
                }
            }
            for (logger, outcomes) in loggers.iter().zip(&outcomes) {
                let name = match logger {
                    Logger::Anax(shards) => format!("Anax, shards: {shards}"),
                    Logger::Valkey => "Valkey".to_owned(),
                };
                let of = |figure: fn(&Outcome) -> f64| median(outcomes.iter().map(figure).collect());
                println!(
                    "| {setting} | {pipeline} | {name} | {:.0} | {:.2} | {:.2} |",
                    of(|outcome| outcome.per_second),
                    of(Outcome::server_cpu_us),
                    of(|outcome| outcome.latency.p99_us) / 1000.0
                );
            }
        }
    }
    Ok(())
}

/// One round of one server. Logs are not rewritten meanwhile: Valkey would do that in a process that nobody counts.
fn log(arguments: &Arguments, logger: Logger, more: &[&str], pipeline: usize) -> Result<Outcome> {
    let folder = tempfile::tempdir_in(&arguments.folder)?;
    let (kind, shards) = match logger {
        Logger::Anax(shards) => (Kind::Anax { folder: false }, shards),
        Logger::Valkey => (Kind::Valkey, 1),
    };
    let more = [more, &["--auto-aof-rewrite-percentage", "0"]].concat();
    let server = Server::start_with(arguments, kind, folder.path(), &more, shards)?;
    let material = Material {
        format: "key:%012d".parse().map_err(|error| anyhow::anyhow!("{error}"))?,
        value_bytes: arguments.value_bytes,
        misses: true,
    };
    let load = Load {
        address: server.address,
        server_pid: Some(server.child.id()),
        cpu: None,
        connections: 50,
        pipeline,
        mix: Mix::parse("set", &material)?,
        material,
        keys: 100_000,
        distribution: Distribution::Uniform,
        seed: 1,
        bound: Bound::Time {
            warmup: Duration::from_millis(300),
            measured: Duration::from_secs_f64(arguments.seconds),
        },
        rate: None,
    };
    load.run()
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    println!(
        "{} keys of {} bytes, {} fields, {} shards, {} rounds, {} s\n\n| server | what | figure |\n| --- | --- | --- |",
        arguments.keys,
        arguments.value_bytes,
        arguments.fields,
        arguments.shards,
        arguments.rounds,
        arguments.seconds
    );
    let mut kinds = vec![Kind::Anax { folder: false }, Kind::Anax { folder: true }];
    kinds.extend(arguments.valkey.as_ref().map(|_| Kind::Valkey));
    let others = arguments.parts.iter().any(|part| part != "log");
    for kind in kinds.into_iter().filter(|_| others) {
        if let Err(error) = measure(&arguments, kind) {
            eprintln!("snapshot: {}: {error:#}", kind.name());
            return ExitCode::FAILURE;
        }
    }
    if arguments.parts.iter().any(|part| part == "log")
        && let Err(error) = logs(&arguments)
    {
        eprintln!("snapshot: logs: {error:#}");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
