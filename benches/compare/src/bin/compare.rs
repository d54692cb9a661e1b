//! Compares Anax with its peers on this machine and prints Markdown.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use bench_compare::load::Bound;
use bench_compare::proc::raise_open_files;
use bench_compare::server::Candidate;
use bench_compare::suite::{Options, SUITES, Suite};
use clap::{CommandFactory, FromArgMatches, Parser};

/// Where Anax is when no other place is named.
const ANAX: &str = "target/release/anax";

/// Compares Anax with its peers on this machine and prints Markdown.
///
/// The first server is the one that the others are compared with: Anax unless it is missing, then the first --server.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// Suites to run
    #[arg(required = true)]
    suites: Vec<String>,
    /// Program of Anax [default: target/release/anax, if it is there]
    #[arg(long)]
    anax: Option<PathBuf>,
    /// Program of Valkey
    #[arg(long)]
    valkey: Option<PathBuf>,
    /// Program of Redis
    #[arg(long)]
    redis: Option<PathBuf>,
    /// Another server as "name=program argument…", with {port} and, if it has them, {shards}; repeatable
    #[arg(long)]
    server: Vec<String>,
    /// Rounds
    #[arg(long)]
    rounds: Option<usize>,
    /// Seconds of a measurement
    #[arg(long)]
    seconds: Option<f64>,
    /// Seconds before it
    #[arg(long, default_value_t = 0.3)]
    warmup: f64,
    /// Keys of the small keyspace
    #[arg(long)]
    keys: Option<u64>,
    /// Keys of the large keyspace
    #[arg(long)]
    large_keys: Option<u64>,
    /// Keys at which growth measures GET, as few,many
    #[arg(long, value_delimiter = ',', value_name = "FEW,MANY")]
    growth_keys: Option<Vec<u64>>,
    /// Connections of idle
    #[arg(long)]
    idle_connections: Option<usize>,
    /// Keys of info
    #[arg(long)]
    info_keys: Option<u64>,
    /// Connections of info
    #[arg(long)]
    info_connections: Option<usize>,
    /// CPUs for servers: the first alone for one core, all for several shards or I/O threads
    #[arg(long, value_delimiter = ',')]
    server_cpus: Option<Vec<usize>>,
    /// CPU for the generator
    #[arg(long)]
    client_cpu: Option<usize>,
    /// I/O threads of Valkey and Redis
    #[arg(long, default_value_t = 1)]
    io_threads: usize,
    /// jemalloc to preload into a peer that was built without it [default: the system's]
    #[arg(long)]
    jemalloc: Option<PathBuf>,
    /// Seed of the generator
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Tiny sizes, to see that everything works
    #[arg(long)]
    tiny: bool,
    /// Keep the report as DATE-RECORD.md in the directory of records (with several suites, -SUITE is added)
    #[arg(long)]
    record: Option<String>,
    /// Directory of records
    #[arg(long, default_value = "benches/record")]
    record_directory: PathBuf,
}

impl Arguments {
    fn candidates(&self) -> Result<Vec<Candidate>> {
        let anax = self.anax.clone().or_else(|| Some(PathBuf::from(ANAX)).filter(|program| program.exists()));
        let mut candidates: Vec<Candidate> = anax.iter().map(|program| Candidate::anax(program)).collect();
        for text in &self.server {
            candidates.push(Candidate::parse(text)?);
        }
        candidates.extend(self.valkey.iter().map(|program| Candidate::valkey(program)));
        candidates.extend(self.redis.iter().map(|program| Candidate::redis(program)));
        ensure!(!candidates.is_empty(), "no server: {ANAX} is not there, and no other was named");
        Ok(candidates)
    }

    fn options(&self) -> Result<Options> {
        let candidates = self.candidates()?;
        let mut options = if self.tiny { Options::tiny(candidates) } else { Options::new(candidates) };
        if let Some(measured) = self.seconds {
            let warmup = Duration::try_from_secs_f64(self.warmup)?;
            options.bound = Bound::Time { warmup, measured: Duration::try_from_secs_f64(measured)? };
        }
        match self.growth_keys.as_deref() {
            None => {}
            Some(&[few, many]) if 0 < few && few < many => options.growth_keys = [few, many],
            Some(_) => bail!("--growth-keys takes two numbers, the smaller one first"),
        }
        if let Some(cpus) = &self.server_cpus {
            options.server_cpus.clone_from(cpus);
        }
        options.rounds = self.rounds.unwrap_or(options.rounds).max(1);
        options.keys = self.keys.unwrap_or(options.keys).max(1);
        options.large_keys = self.large_keys.unwrap_or(options.large_keys).max(1);
        options.idle_connections = self.idle_connections.unwrap_or(options.idle_connections);
        options.info_keys = self.info_keys.unwrap_or(options.info_keys).max(1);
        options.info_connections = self.info_connections.unwrap_or(options.info_connections);
        options.client_cpu = self.client_cpu.unwrap_or(options.client_cpu);
        options.io_threads = self.io_threads;
        options.jemalloc = self.jemalloc.clone().or(options.jemalloc);
        options.seed = self.seed;
        Ok(options)
    }

    fn suites(&self) -> Result<Vec<&'static Suite>> {
        let find = |name: &String| SUITES.iter().find(|suite| suite.name == name);
        let names = || SUITES.iter().map(|suite| suite.name).collect::<Vec<_>>().join(", ");
        self.suites
            .iter()
            .map(|name| find(name).with_context(|| format!("no suite {name}: known are {}", names())))
            .collect()
    }
}

fn run() -> Result<()> {
    let about = SUITES.iter().map(|suite| format!("  {:<8} {}", suite.name, suite.about)).collect::<Vec<_>>();
    let command = Arguments::command().after_help(format!("Suites:\n{}", about.join("\n")));
    let arguments = Arguments::from_arg_matches(&command.get_matches())?;
    let (suites, options) = (arguments.suites()?, arguments.options()?);
    // Before any server starts, so that they inherit it.
    raise_open_files();
    for suite in &suites {
        let report = (suite.run)(&options).with_context(|| format!("the suite {}", suite.name))?;
        println!("{}", report.markdown());
        if let Some(what) = &arguments.record {
            let what = if suites.len() > 1 { format!("{what}-{}", suite.name) } else { what.clone() };
            eprintln!("recorded in {}", report.record(&arguments.record_directory, &what)?.display());
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(e) => {
            eprintln!("compare: {e:#}");
            ExitCode::FAILURE
        }
    }
}
