//! Drives one server with one workload and prints what it cost: a line for people, a line of JSON for programs.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, ensure};
use bench_compare::command::{Material, Mix};
use bench_compare::keys::{Distribution, KeyFormat};
use bench_compare::load::{Bound, Load, Rate};
use clap::Parser;

/// Drives one server with one workload and prints what it cost.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Address of the server
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    host: IpAddr,
    /// Port of the server
    #[arg(long, default_value_t = 6379)]
    port: u16,
    /// Process of the server, to report its CPU and memory
    #[arg(long)]
    pid: Option<u32>,
    /// CPU to run on
    #[arg(long)]
    cpu: Option<usize>,
    /// Connections
    #[arg(long, short, default_value_t = 50)]
    connections: usize,
    /// Requests a connection sends before it waits; with --rate, most unanswered requests of a connection
    #[arg(long, short = 'P', default_value_t = 1)]
    pipeline: usize,
    /// Commands and weights: set, get, incr, mset10, mget10 (-tag: all keys on one shard); e.g. set:get=1:10
    #[arg(long, short, default_value = "set:get", conflicts_with = "command")]
    mix: String,
    /// A command, perhaps with a weight ("3*LPUSH l:__key__ __value__"); repeatable
    ///
    /// Placeholders: __value__, __key__, __int__ (a plain number), __member__ (16 bytes), __score__ (two decimals),
    /// __lon__ and __lat__. Keys and numbers are drawn from --keys by --distribution; with a bound as in __int:20__
    /// they are uniform below it.
    #[arg(long, verbatim_doc_comment)]
    command: Vec<String>,
    /// Bytes of a value
    #[arg(long, short, default_value_t = 64)]
    value_size: usize,
    /// Number of keys
    #[arg(long, short, default_value_t = 100_000)]
    keys: u64,
    /// Key names: a prefix and N (unpadded) or %012d or another width
    #[arg(long, default_value = "key:%012d")]
    key_format: KeyFormat,
    /// Which keys: uniform, zipf:THETA or sequential
    #[arg(long, short, default_value = "uniform")]
    distribution: Distribution,
    /// Seed of the run's randomness
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Do not write the keys first that the mix reads: they are there already
    #[arg(long)]
    no_preload: bool,
    /// Reads may find nothing (implies --no-preload)
    #[arg(long)]
    allow_misses: bool,
    /// Seconds to measure
    #[arg(long, short = 's', default_value_t = 2.5)]
    seconds: f64,
    /// Seconds before that
    #[arg(long, default_value_t = 0.5)]
    warmup: f64,
    /// Stop after this many requests instead, without a warm-up
    #[arg(long, short = 'n')]
    requests: Option<u64>,
    /// Open loop: requests a second, latency counted from when each was due
    #[arg(long, short)]
    rate: Option<f64>,
    /// Open loop: microseconds to sleep between looks instead of polling for the next request
    #[arg(long, default_value_t = 0)]
    nap_us: u64,
    /// Print the JSON line only
    #[arg(long)]
    json: bool,
}

impl Arguments {
    fn load(&self) -> Result<Load> {
        let material = Material {
            format: self.key_format.clone(),
            value_bytes: self.value_size,
            misses: self.allow_misses,
        };
        let mix = match self.command.as_slice() {
            [] => Mix::parse(&self.mix, &material)?,
            templates => Mix::from_templates(templates, &material)?,
        };
        let bound = match self.requests {
            Some(count) => Bound::Requests(count),
            None => Bound::Time {
                warmup: Duration::try_from_secs_f64(self.warmup)?,
                measured: Duration::try_from_secs_f64(self.seconds)?,
            },
        };
        Ok(Load {
            address: SocketAddr::new(self.host, self.port),
            server_pid: self.pid,
            cpu: self.cpu,
            connections: self.connections,
            pipeline: self.pipeline,
            mix,
            material,
            keys: self.keys,
            distribution: self.distribution,
            seed: self.seed,
            bound,
            rate: self.rate.map(|per_second| Rate { per_second, nap: Duration::from_micros(self.nap_us) }),
        })
    }
}

fn run() -> Result<()> {
    let arguments = Arguments::parse();
    let load = arguments.load()?;
    if !arguments.no_preload && !arguments.allow_misses {
        load.preload()?;
    }
    let outcome = load.run()?;
    if !arguments.json {
        println!("{}: {outcome}", load.mix.text());
    }
    println!("{}", serde_json::to_string(&outcome)?);
    ensure!(outcome.tally.bad() == 0, "{} replies were not as they should be", outcome.tally.bad());
    Ok(())
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("load: {e:#}");
            ExitCode::FAILURE
        }
    }
}
