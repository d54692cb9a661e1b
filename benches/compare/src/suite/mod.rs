//! The suites: which workloads are run on which servers, and what is made of the results.

mod atomicity;
mod blocking;
mod core;
mod growth;
mod idle;
mod info;
mod memory;
mod pubsub;
mod samples;
mod shards;
mod types;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};

use crate::command::{Material, Mix};
use crate::keys::{Distribution, KeyFormat};
use crate::load::{Bound, Load};
use crate::report::Report;
use crate::server::{Candidate, Server, Setting, find_jemalloc};

/// Connections that a server must admit beside those of a workload.
const CLIENTS_SPARE: usize = 100;

/// A suite.
pub struct Suite {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it measures.
    pub about: &'static str,
    /// Runs it.
    pub run: fn(&Options) -> Result<Report>,
}

/// All suites.
pub const SUITES: &[Suite] = &[
    core::SUITE,
    shards::SUITE,
    memory::SUITE,
    growth::SUITE,
    idle::SUITE,
    types::SUITE,
    types::BYTES,
    info::SUITE,
    atomicity::SUITE,
    blocking::SUITE,
    pubsub::SUITE,
];

/// What all suites need to know.
#[derive(Clone, Debug)]
pub struct Options {
    /// The servers; the first is the one that the others are compared with.
    pub candidates: Vec<Candidate>,
    /// Measurements of each kind.
    pub rounds: usize,
    /// Length of a measurement.
    pub bound: Bound,
    /// Keys of a small keyspace.
    pub keys: u64,
    /// Keys of a large one.
    pub large_keys: u64,
    /// Keys at which `growth` measures.
    pub growth_keys: [u64; 2],
    /// Connections of `idle`.
    pub idle_connections: usize,
    /// Keys while `info` measures.
    pub info_keys: u64,
    /// Connections while `info` measures.
    pub info_connections: usize,
    /// CPUs for servers: the first for one shard, all for several.
    pub server_cpus: Vec<usize>,
    /// CPU for the generator.
    pub client_cpu: usize,
    /// I/O threads of Valkey and Redis.
    pub io_threads: usize,
    /// jemalloc for peers that were built without it.
    pub jemalloc: Option<PathBuf>,
    /// Memory counts as settled when it has not changed for this long.
    pub settle: Duration,
    /// Seed of the generator.
    pub seed: u64,
    /// Say on standard error what is going on.
    pub verbose: bool,
}

impl Options {
    /// The usual sizes for these servers.
    pub fn new(candidates: Vec<Candidate>) -> Options {
        let cpus = std::thread::available_parallelism().map_or(1, usize::from);
        Options {
            candidates,
            rounds: 5,
            bound: Bound::Time { warmup: Duration::from_millis(300), measured: Duration::from_secs(2) },
            keys: 100_000,
            large_keys: 5_000_000,
            growth_keys: [1_000_000, 20_000_000],
            idle_connections: 10_000,
            info_keys: 10_000_000,
            info_connections: 1_000,
            server_cpus: if cpus > 1 { vec![0, 1] } else { vec![0] },
            client_cpu: cpus.min(2) - 1,
            io_threads: 1,
            jemalloc: find_jemalloc(),
            settle: Duration::from_millis(1500),
            seed: 1,
            verbose: true,
        }
    }

    /// Sizes that make every suite a matter of moments: to see that it works, not to measure. Nothing in them is
    /// bounded by time, so a busy machine only makes them slower.
    pub fn tiny(candidates: Vec<Candidate>) -> Options {
        Options {
            rounds: 1,
            bound: Bound::Requests(1_000),
            keys: 1_000,
            large_keys: 2_000,
            growth_keys: [500, 4_000],
            idle_connections: 50,
            info_keys: 2_000,
            info_connections: 20,
            settle: Duration::from_millis(20),
            verbose: false,
            ..Options::new(candidates)
        }
    }

    fn subject(&self) -> Result<&Candidate> {
        self.candidates.first().context("there is no server to measure")
    }

    fn setting(&self, shards: usize) -> Setting {
        let cpus = if shards > 1 || self.io_threads > 1 { self.server_cpus.len() } else { 1 };
        Setting {
            shards,
            io_threads: self.io_threads,
            cpus: self.server_cpus[..cpus.min(self.server_cpus.len())].to_vec(),
            clients: self.idle_connections.max(self.info_connections).max(1_000) + CLIENTS_SPARE,
            jemalloc: self.jemalloc.clone(),
        }
    }

    /// Starts all candidates with one shard.
    fn start_all(&self) -> Result<Vec<Server>> {
        ensure!(!self.candidates.is_empty(), "there is no server to measure");
        self.candidates.iter().map(|candidate| Server::start(candidate, &self.setting(1))).collect()
    }

    /// A workload for `server`: this many connections, pipeline and mix over `keys` keys.
    fn load(&self, server: &Server, shape: Shape<'_>, keys: u64) -> Result<Load> {
        let material =
            Material { format: shape.format.clone(), value_bytes: shape.value_bytes, misses: false };
        Ok(Load {
            address: server.address(),
            server_pid: Some(server.pid()),
            cpu: Some(self.client_cpu),
            connections: shape.connections,
            pipeline: shape.pipeline,
            mix: Mix::parse(shape.mix, &material)?,
            material,
            keys,
            distribution: Distribution::Uniform,
            seed: self.seed,
            bound: self.bound,
            rate: None,
        })
    }

    fn say(&self, text: &str) {
        if self.verbose {
            eprintln!("{text}");
        }
    }

    /// How a measurement was bounded, for the report.
    fn bound_text(&self) -> String {
        match self.bound {
            Bound::Time { measured, .. } => format!("{} s each", measured.as_secs_f64()),
            Bound::Requests(count) => format!("{count} requests each"),
        }
    }
}

/// What a workload looks like, whichever server it is for.
#[derive(Clone)]
struct Shape<'a> {
    connections: usize,
    pipeline: usize,
    mix: &'a str,
    value_bytes: usize,
    format: KeyFormat,
}

impl<'a> Shape<'a> {
    fn new(connections: usize, pipeline: usize, mix: &'a str) -> Shape<'a> {
        Shape { connections, pipeline, mix, value_bytes: 64, format: KeyFormat::padded("key:", 12) }
    }

    /// 32-byte values under `key:N`, as the memory targets are stated.
    fn compact(connections: usize, pipeline: usize, mix: &'a str) -> Shape<'a> {
        Shape {
            value_bytes: 32,
            format: KeyFormat::unpadded("key:"),
            ..Shape::new(connections, pipeline, mix)
        }
    }
}

/// Runs all suites with tiny sizes on the Anax at `program`: what an ordinary test calls so that none of this rots.
///
/// # Errors
/// When any suite fails.
pub fn run_tiny(program: &Path) -> Result<Vec<Report>> {
    let options = Options::tiny(vec![Candidate::anax(program)]);
    SUITES
        .iter()
        .map(|suite| (suite.run)(&options).with_context(|| format!("the suite {}", suite.name)))
        .collect()
}
