//! Starts the servers that are compared, on loopback and free ports, and stops them when dropped.

use std::fs::{self, File};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

use crate::info::Client;
use crate::proc::{self, Pinned};

/// Longest wait for a server to answer PING.
const START_MAX: Duration = Duration::from_secs(20);
/// Pause between two tries.
const START_POLL: Duration = Duration::from_millis(5);
/// Attempts to start, each with another port, in case somebody takes the free one first.
const START_ATTEMPTS: usize = 3;
/// Lines of a failed server's output that are quoted.
const QUOTED_LINES: usize = 5;

/// A program that can be compared.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Its name in reports.
    pub name: String,
    program: PathBuf,
    arguments: Vec<String>,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// Valkey and Redis take the same settings.
    Peer,
    /// Only what its arguments say.
    Plain,
}

/// How to start one.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Shards of a server that has them.
    pub shards: usize,
    /// I/O threads of Valkey and Redis.
    pub io_threads: usize,
    /// CPUs that it may use.
    pub cpus: Vec<usize>,
    /// Connections that it must admit.
    pub clients: usize,
    /// jemalloc to give a peer that was built without it.
    pub jemalloc: Option<PathBuf>,
}

impl Candidate {
    /// Anax.
    pub fn anax(program: &Path) -> Candidate {
        let arguments =
            "--port {port} --shards {shards} --bind 127.0.0.1 --pin-cpus no --save {none}".split_whitespace();
        Self::new("Anax", program, arguments.map(str::to_owned).collect(), Kind::Plain)
    }

    /// Valkey, without persistence.
    pub fn valkey(program: &Path) -> Candidate {
        Self::new("Valkey", program, Self::peer_arguments(), Kind::Peer)
    }

    /// Redis, without persistence.
    pub fn redis(program: &Path) -> Candidate {
        Self::new("Redis", program, Self::peer_arguments(), Kind::Peer)
    }

    /// Any other, as `name=program argument…`, where `{port}` and `{shards}` are filled in.
    ///
    /// # Errors
    /// When the text has no name, no program or no port.
    pub fn parse(text: &str) -> Result<Candidate> {
        let (name, command) = text.split_once('=').context("a server is given as name=program argument…")?;
        let mut words = command.split_whitespace().map(str::to_owned);
        let program = words.next().with_context(|| format!("the program of {name}"))?;
        ensure!(command.contains("{port}"), "the arguments of {name} must hold {{port}}");
        Ok(Self::new(name, Path::new(&program), words.collect(), Kind::Plain))
    }

    fn new(name: &str, program: &Path, arguments: Vec<String>, kind: Kind) -> Candidate {
        Candidate { name: name.to_owned(), program: program.to_owned(), arguments, kind }
    }

    fn peer_arguments() -> Vec<String> {
        let text = "--port {port} --bind 127.0.0.1 --save {none} --appendonly no --io-threads {io-threads} \
                    --maxclients {clients}";
        text.split_whitespace().map(str::to_owned).collect()
    }

    fn filled(&self, setting: &Setting, port: &str) -> Vec<String> {
        let fill = |argument: &String| {
            argument
                .replace("{port}", port)
                .replace("{shards}", &setting.shards.to_string())
                .replace("{io-threads}", &setting.io_threads.to_string())
                .replace("{clients}", &setting.clients.to_string())
                .replace("{none}", "")
        };
        self.arguments.iter().map(fill).collect()
    }

    /// Whether this peer was built with the C library's allocator, which is not its best.
    fn wants_jemalloc(&self) -> bool {
        let version = || Command::new(&self.program).arg("--version").output();
        self.kind == Kind::Peer
            && version().is_ok_and(|o| String::from_utf8_lossy(&o.stdout).contains("malloc=libc"))
    }
}

/// Where Linux distributions put jemalloc.
pub fn find_jemalloc() -> Option<PathBuf> {
    let mut directories = vec![PathBuf::from("/usr/lib"), "/usr/lib64".into(), "/usr/local/lib".into()];
    directories.push(format!("/usr/lib/{}-linux-gnu", std::env::consts::ARCH).into());
    directories.into_iter().map(|directory| directory.join("libjemalloc.so.2")).find(|file| file.exists())
}

/// A running server; dropping it stops it.
pub struct Server {
    child: Child,
    address: SocketAddr,
    description: String,
    /// Its working directory, with its output.
    _directory: TempDir,
}

impl Server {
    /// Starts one and waits until it answers.
    ///
    /// # Errors
    /// When the program cannot be started, ends, or does not answer in time.
    pub fn start(candidate: &Candidate, setting: &Setting) -> Result<Server> {
        // Relative programs must survive the change of directory.
        let program = fs::canonicalize(&candidate.program)
            .with_context(|| format!("the program of {}: {}", candidate.name, candidate.program.display()))?;
        let mut attempt = 0;
        loop {
            attempt += 1;
            match Self::start_once(&program, candidate, setting) {
                Err(_) if attempt < START_ATTEMPTS => continue,
                result => return result.with_context(|| format!("starting {}", candidate.name)),
            }
        }
    }

    fn start_once(program: &Path, candidate: &Candidate, setting: &Setting) -> Result<Server> {
        let directory = tempfile::tempdir()?;
        let output = directory.path().join("output");
        let file = File::create(&output)?;
        let address = free_address()?;
        let mut command = Command::new(program);
        command.args(candidate.filled(setting, &address.port().to_string()));
        command.current_dir(directory.path()).stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        if let Some(jemalloc) = setting.jemalloc.as_ref().filter(|_| candidate.wants_jemalloc()) {
            command.env("LD_PRELOAD", jemalloc);
        }
        // The child inherits this thread's CPUs.
        let pinned = Pinned::to(&setting.cpus)?;
        let child = command.spawn()?;
        drop(pinned);
        let mut server = Server { child, address, description: String::new(), _directory: directory };
        server.wait_until_it_answers(&output)?;
        server.description = server.describe(candidate, setting);
        Ok(server)
    }

    fn wait_until_it_answers(&mut self, output: &Path) -> Result<()> {
        let deadline = Instant::now() + START_MAX;
        loop {
            if let Some(status) = self.child.try_wait()? {
                let text = fs::read_to_string(output).unwrap_or_default();
                let lines: Vec<&str> = text.lines().collect();
                bail!(
                    "it ended with {status}: {}",
                    lines[lines.len().saturating_sub(QUOTED_LINES)..].join(" / ")
                );
            }
            let answer = Client::connect(self.address).and_then(|mut client| client.ping());
            match answer {
                Ok(()) => return Ok(()),
                Err(e) if Instant::now() > deadline => return Err(e.context("it does not answer")),
                Err(_) => sleep(START_POLL),
            }
        }
    }

    fn describe(&self, candidate: &Candidate, setting: &Setting) -> String {
        let mut client = Client::connect(self.address);
        let mut field = |section: &str, name: &str| client.as_mut().ok()?.info(section).ok()?.remove(name);
        let version = ["anax_version", "valkey_version", "redis_version"];
        let version = version.into_iter().find_map(|name| field("server", name));
        let allocator = match proc::has_mapped(self.pid(), "libjemalloc") {
            true => Some("jemalloc (preloaded)".to_owned()),
            false => field("memory", "mem_allocator"),
        };
        let mut text = candidate.name.clone();
        version.into_iter().for_each(|version| text.push_str(&format!(" {version}")));
        allocator.into_iter().for_each(|allocator| text.push_str(&format!(", {allocator}")));
        let arguments = candidate.filled(setting, "N");
        let shown: Vec<&str> = arguments.iter().map(|a| if a.is_empty() { "\"\"" } else { a }).collect();
        let cpus: Vec<String> = setting.cpus.iter().map(usize::to_string).collect();
        format!("{text}, `{}`, on CPU {}", shown.join(" "), cpus.join(" and "))
    }

    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Version, allocator and settings.
    pub fn description(&self) -> &str {
        &self.description
    }

    /// A connection to it.
    ///
    /// # Errors
    /// When it does not accept.
    pub fn client(&self) -> Result<Client> {
        Client::connect(self.address)
    }

    /// Resident bytes once they have not changed by more than 0.1 % over `window`; the last reading if they still do
    /// after ten times that.
    ///
    /// # Errors
    /// When the process is gone.
    pub fn settled_rss_bytes(&self, window: Duration) -> Result<u64> {
        let deadline = Instant::now() + window * 10;
        let mut reference = (Instant::now(), proc::rss_bytes(self.pid())?);
        loop {
            sleep(window / 10);
            let rss = proc::rss_bytes(self.pid())?;
            if rss.abs_diff(reference.1) > reference.1 / 1000 {
                reference = (Instant::now(), rss);
            }
            if reference.0.elapsed() >= window || Instant::now() > deadline {
                return Ok(rss);
            }
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Nothing it holds is needed, so it need not shut down by itself. Both fail only if it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A loopback address that was free a moment ago.
fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fills_arguments_in() {
        let setting = Setting { shards: 2, io_threads: 1, cpus: vec![0], clients: 50, jemalloc: None };
        let anax = Candidate::anax(Path::new("anax")).filled(&setting, "7");
        assert_eq!(
            anax,
            ["--port", "7", "--shards", "2", "--bind", "127.0.0.1", "--pin-cpus", "no", "--save", ""]
        );
        let valkey = Candidate::valkey(Path::new("valkey-server")).filled(&setting, "7");
        assert_eq!(valkey[4..6], ["--save", ""]);
        let other = Candidate::parse("old=/bin/old port={port}").unwrap();
        assert_eq!((other.name.as_str(), other.filled(&setting, "7")), ("old", vec!["port=7".to_owned()]));
        assert!(Candidate::parse("old=/bin/old").is_err());
    }

    #[test]
    fn says_why_a_server_did_not_start() {
        let setting = Setting { shards: 1, io_threads: 1, cpus: vec![0], clients: 50, jemalloc: None };
        let failing = Candidate::parse("failing=/bin/ls /nonexistent/{port}").unwrap();
        let error = format!("{:#}", Server::start(&failing, &setting).err().unwrap());
        assert!(error.contains("it ended with") && error.contains("nonexistent"), "{error}");
        assert!(Server::start(&Candidate::parse("none=/nonexistent {port}").unwrap(), &setting).is_err());
    }
}
