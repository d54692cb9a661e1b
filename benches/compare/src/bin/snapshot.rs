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
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use bench_compare::command::{Material, Mix};
use bench_compare::info::Client;
use bench_compare::keys::Distribution;
use bench_compare::load::{Bound, Load, Rate};
use bench_compare::outcome::{Latency, Outcome};
use bench_compare::proc::rss_bytes;
use clap::Parser;

/// Longest wait for a server or a snapshot.
const PATIENCE: Duration = Duration::from_secs(600);
/// Commands in one write while a server is filled.
const FILL_PIPELINE: u64 = 500;
/// Connections while latencies are measured.
const CONNECTIONS: usize = 16;
/// How long the generator sleeps between its looks at half load: it must leave the CPUs to the servers.
const NAP: Duration = Duration::from_micros(100);
/// Connections of full load.
const FULL_CONNECTIONS: usize = 8;
/// The hash that is written to throughout.
const HASH: &str = "big:hash";

/// Compares snapshots and logs of Anax and Valkey on this machine and prints Markdown.
#[derive(Parser, Clone)]
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

/// What goes through a server: as fast as it can, or at a rate.
fn load(arguments: &Arguments, server: &Server, commands: &[&str]) -> Result<Load> {
    let material = Material {
        format: "key:%012d".parse().map_err(|error| anyhow::anyhow!("{error}"))?,
        value_bytes: arguments.value_bytes,
        misses: true,
    };
    let commands: Vec<String> = commands.iter().map(|&command| command.to_owned()).collect();
    Ok(Load {
        address: server.address,
        server_pid: Some(server.child.id()),
        cpu: None,
        connections: CONNECTIONS,
        pipeline: 16,
        mix: Mix::from_templates(&commands, &material)?,
        material,
        keys: arguments.keys,
        distribution: Distribution::Uniform,
        seed: 1,
        bound: Bound::Time {
            warmup: Duration::from_millis(300),
            measured: Duration::from_secs_f64(arguments.seconds),
        },
        rate: None,
    })
}

/// CPU time that the host took from this machine since it started, in seconds.
fn stolen() -> Result<f64> {
    let stat = std::fs::read_to_string("/proc/stat")?;
    let ticks: u64 = stat.split_ascii_whitespace().nth(8).context("no such field")?.parse()?;
    // In hundredths of a second, whatever the kernel counts in.
    Ok(ticks as f64 / 100.0)
}

/// A time of half load.
struct Sample {
    latency: Latency,
    /// The longest turn of the server's event loops, by its own account.
    turn_ms: f64,
    /// What the host took meanwhile.
    stolen_s: f64,
}

fn sample(server: &Server, load: &Load) -> Result<Sample> {
    server.client()?.call(&["CONFIG", "RESETSTAT"], |_| Some(()))?;
    let before = stolen()?;
    let outcome = load.run()?;
    let turn_us: f64 =
        server.client()?.info("debug")?.get("eventloop_duration_max").context("no longest turn")?.parse()?;
    Ok(Sample { latency: outcome.latency, turn_ms: turn_us / 1000.0, stolen_s: stolen()? - before })
}

/// What snapshots do to latencies at half load, without them and with them in turn; `hash`: a big one is written to among the rest.
fn latencies(arguments: &Arguments, name: &str, server: &Server, hash: bool) -> Result<()> {
    let mut commands = vec!["GET __key__", "SET __key__ __value__"];
    let write_field = format!("HSET {HASH} field:__int:{}__ changed", arguments.fields.max(1));
    if hash {
        commands.push(&write_field);
    }
    let mut load = load(arguments, server, &commands)?;
    let (mut without, mut during, mut saves) = (Vec::new(), Vec::new(), 0);
    for _ in 0..arguments.rounds.max(1) {
        let full = Load { pipeline: 1, rate: None, ..load.clone() }.run()?.per_second;
        load.rate = Some(Rate { per_second: full / 2.0, nap: NAP });
        without.push(sample(server, &load)?);
        let stop = AtomicBool::new(false);
        during.push(std::thread::scope(|scope| -> Result<Sample> {
            let saving = scope.spawn(|| save_until(server, &stop));
            let sample = sample(server, &load);
            stop.store(true, Ordering::Relaxed);
            saves += saving.join().expect("no panic")?;
            sample
        })?);
    }
    type Figure = fn(&Sample) -> f64;
    let with = if hash { ", a hash among them" } else { "" };
    let of = |samples: &[Sample], figure: Figure| median(samples.iter().map(figure).collect());
    let ratios =
        without.iter().zip(&during).map(|(without, during)| during.latency.p999_us / without.latency.p999_us);
    let ratios: Vec<f64> = ratios.collect();
    let most = ratios.iter().copied().fold(0.0, f64::max);
    let figures: [(&str, Figure); 4] = [
        ("p99.9", |sample| sample.latency.p999_us / 1000.0),
        ("slowest", |sample| sample.latency.max_us / 1000.0),
        ("longest turn of a loop", |sample| sample.turn_ms),
        ("taken by the host, s", |sample| sample.stolen_s),
    ];
    for (what, figure) in figures {
        println!(
            "| {name} | {what}, half load{with}: without, during | {:.2}, {:.2} |",
            of(&without, figure),
            of(&during, figure)
        );
    }
    println!(
        "| {name} | ratio of p99.9{with}: median of {} rounds with {saves} snapshots, highest | {:.2}, {most:.2} |",
        ratios.len(),
        median(ratios)
    );
    Ok(())
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
        latencies(arguments, name, &server, hash)?;
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
    let full = Load { connections: FULL_CONNECTIONS, ..load(arguments, server, &["SET __key__ __value__"])? };
    full.run()?;
    let piece = Bound::Time { warmup: Duration::ZERO, measured: Duration::from_millis(200) };
    let before = rss_bytes(server.child.id())?;
    let (peak, took) = std::thread::scope(|scope| -> Result<_> {
        let load = scope.spawn(|| -> Result<()> {
            let mut seed = 2;
            while !stop.load(Ordering::Relaxed) {
                Load { bound: piece, seed, ..full.clone() }.run()?;
                seed += 1;
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
    let few = Arguments { keys: 100_000, ..arguments.clone() };
    let load = load(&few, &server, &["SET __key__ __value__"])?;
    Load { connections: 50, pipeline, ..load }.run()
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
