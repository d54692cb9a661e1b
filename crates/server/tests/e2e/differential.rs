//! The same command lines to Anax and to Redis 8.2, where that is there: replies have to be the same, byte for byte.
//!
//! `ANAX_REDIS` names the program; without it `redis-server-8` is looked for in `PATH`. The recorded fixtures hold the
//! same promise where there is none. The lines come from a fixed seed; `ANAX_DIFFERENTIAL=seed,lines` asks for others.

mod generate;
mod shapes;

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use generate::{Generator, SETUP};

use crate::harness::{PATIENCE, Server, Setup, Wire, connect, encode, folder, root};

/// Lines for each protocol.
const LINES: usize = 6000;
const SEED: u64 = 1;
/// The test ends early on a host that is too slow for all of them.
const TIME_MAX: Duration = Duration::from_secs(60);
/// Lines after which keys and connections are as at the beginning.
const ROUND: usize = 200;
/// Differences that are shown.
const SHOWN_MAX: usize = 20;
/// How far apart two times to live may be, in the unit of the command.
const TIME_SLACK: u64 = 5000;

/// A difference that is meant.
struct Difference {
    /// With what the command begins.
    command: &'static str,
    /// As docs/compatibility.md says it.
    reason: &'static str,
}

const DIFFERENCES: &[Difference] = &[
    Difference { command: "CLIENT LIST", reason: "all filters of Valkey 9 as well" },
    Difference { command: "CLIENT KILL", reason: "all filters of Valkey 9 as well" },
    Difference { command: "CLIENT HELP", reason: "Valkey's subcommands and filters are listed too" },
    Difference { command: "DEBUG HELP", reason: "`DEBUG HELP` lists them" },
];

/// Commands whose replies are numbers, texts and orders of the server's own: compared only where they are errors.
const OWN: &[&str] = &[
    "SCAN",
    "KEYS",
    "RANDOMKEY",
    "INFO",
    "TIME",
    "LOLWUT",
    "HELLO",
    "CLIENT ID",
    "CLIENT INFO",
    "CLIENT LIST",
    "CONFIG GET",
    "SLOWLOG GET",
    "SLOWLOG LEN",
    "LATENCY DOCTOR",
    "LATENCY HISTOGRAM",
    "LATENCY HISTORY",
    "LATENCY LATEST",
    "LATENCY RESET",
    "MEMORY USAGE",
    "MEMORY STATS",
    "MEMORY DOCTOR",
    "MEMORY MALLOC-STATS",
    "COMMAND COUNT",
    "COMMAND DOCS",
    "COMMAND LIST",
    "OBJECT IDLETIME",
];

/// Commands that tell times.
const TIMED: &[&str] = &["TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME"];

/// Redis; it is killed when this is dropped.
struct Redis {
    child: Child,
    address: SocketAddr,
    _folder: tempfile::TempDir,
}

impl Redis {
    /// Where the program is, if it is here.
    fn program() -> Option<PathBuf> {
        if let Some(path) = std::env::var_os("ANAX_REDIS") {
            return Some(PathBuf::from(path));
        }
        let path = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&path).map(|folder| folder.join("redis-server-8")).find(|at| at.exists())
    }

    fn start(program: &PathBuf) -> Redis {
        // Somebody else may take the port meanwhile, but hardly each time.
        for _ in 0..5 {
            let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
            let (address, folder) = (free.expect("a port"), folder());
            let child = Command::new(program)
                .args(["--port", &address.port().to_string(), "--bind", "127.0.0.1", "--save", ""])
                .args(["--enable-debug-command", "yes", "--dir"])
                .arg(folder.path())
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .expect("Redis starts");
            let mut redis = Redis { child, address, _folder: folder };
            let end = Instant::now() + PATIENCE;
            while redis.child.try_wait().expect("our child").is_none() && Instant::now() < end {
                if TcpStream::connect(address).is_ok() {
                    return redis;
                }
                std::thread::yield_now();
            }
        }
        panic!("{} does not start", program.display());
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A connection that is opened anew for each round.
struct Peer {
    address: SocketAddr,
    protocol: usize,
    wire: Wire<TcpStream>,
}

impl Peer {
    fn new(address: SocketAddr, protocol: usize) -> Self {
        let mut peer = Peer { address, protocol, wire: Wire::new(connect(address)) };
        peer.begin();
        peer
    }

    fn begin(&mut self) {
        self.wire = Wire::new(connect(self.address));
        self.wire.ask(&format!("HELLO {}", self.protocol));
        self.wire
            .ask("CONFIG SET maxmemory-policy noeviction hash-max-listpack-entries 512 slowlog-max-len 128");
        for line in SETUP {
            self.wire.ask(line);
        }
    }

    /// The reply; none if the connection was closed.
    fn ask(&mut self, words: &[Vec<u8>]) -> Option<Vec<u8>> {
        self.wire.send(&encode(words));
        self.wire.try_reply_bytes().ok()
    }
}

/// Whether a line begins with the words of a command.
fn is(words: &[Vec<u8>], command: &str) -> bool {
    let mut words = words.iter();
    command.split(' ').all(|word| words.next().is_some_and(|is| is.eq_ignore_ascii_case(word.as_bytes())))
}

/// False for lines that would leave nothing to compare: they ask for silence or a pause, for hundreds of megabytes, or for
/// all commands that a server has.
fn is_sent(words: &[Vec<u8>]) -> bool {
    let number = |at: usize| {
        let text = words.get(at).and_then(|word| std::str::from_utf8(word).ok());
        text.and_then(|text| text.trim().parse::<f64>().ok())
    };
    let much = is(words, "SETRANGE") && number(2).is_some_and(|at| (1e6..1e12).contains(&at));
    let mute = is(words, "CLIENT REPLY OFF") || is(words, "CLIENT REPLY SKIP");
    let pause = is(words, "CLIENT PAUSE") && number(2).is_some_and(|ms| ms != 0.0);
    let all = ["COMMAND", "COMMAND INFO", "COMMAND DOCS"];
    let all = all.iter().any(|command| is(words, command) && words.len() == command.split(' ').count());
    !(much || mute || pause || all)
}

fn is_same(words: &[Vec<u8>], ours: Option<&[u8]>, theirs: Option<&[u8]>) -> bool {
    let (Some(ours), Some(theirs)) = (ours, theirs) else { return ours == theirs };
    if ours == theirs {
        return true;
    }
    let int =
        |reply: &[u8]| std::str::from_utf8(reply).ok()?.strip_prefix(':')?.trim_end().parse::<i64>().ok();
    if TIMED.iter().any(|command| is(words, command)) {
        return matches!((int(ours), int(theirs)), (Some(a), Some(b)) if a.abs_diff(b) < TIME_SLACK);
    }
    let is_error = |reply: &[u8]| reply.starts_with(b"-");
    OWN.iter().any(|command| is(words, command)) && !is_error(ours) && !is_error(theirs)
}

fn shown(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string().chars().take(300).collect()
}

/// Sends lines to both. Returns how many, and what differs: one line of each command and subcommand.
fn compare(
    ours: SocketAddr,
    redis: SocketAddr,
    protocol: usize,
    seed: u64,
    lines: usize,
) -> (usize, Vec<String>) {
    let mut generator = Generator::new(seed);
    let (mut anax, mut redis) = (Peer::new(ours, protocol), Peer::new(redis, protocol));
    let (mut differences, mut sent) = (BTreeMap::<String, String>::new(), 0);
    let end = Instant::now() + TIME_MAX;
    for number in 1..=lines {
        let words = generator.next();
        if !is_sent(&words) {
            continue;
        }
        sent += 1;
        let (a, b) = (anax.ask(&words), redis.ask(&words));
        let is_meant = DIFFERENCES.iter().any(|difference| is(&words, difference.command));
        if !is_meant && !is_same(&words, a.as_deref(), b.as_deref()) {
            let kind: Vec<String> = words.iter().take(2).map(|word| shown(word).to_uppercase()).collect();
            let reply =
                |reply: &Option<Vec<u8>>| reply.as_ref().map_or("(closed)".into(), |reply| shown(reply));
            let text =
                format!("{}\n    Anax   {}\n    Redis  {}", shown(&words.join(&b' ')), reply(&a), reply(&b));
            differences.entry(kind.join(" ")).or_insert(text);
        }
        if number % ROUND == 0 || a.is_none() || b.is_none() {
            anax.begin();
            redis.begin();
        }
        if Instant::now() > end {
            eprintln!("stopped after {number} lines");
            break;
        }
    }
    (sent, differences.into_values().collect())
}

#[test]
fn command_lines_are_answered_as_redis_answers_them() {
    let Some(program) = Redis::program() else {
        eprintln!("skipped: there is no redis-server-8 here, and ANAX_REDIS names none");
        return;
    };
    let redis = Redis::start(&program);
    let version = Wire::new(connect(redis.address)).info("server", "redis_version");
    if !version.starts_with("8.2.") {
        eprintln!("skipped: this is Redis {version}, not 8.2");
        return;
    }
    let asked = std::env::var("ANAX_DIFFERENTIAL").unwrap_or_default();
    let (seed, lines) = asked.split_once(',').map_or((SEED, LINES), |(seed, lines)| {
        (seed.parse().expect("a seed"), lines.parse().expect("lines"))
    });
    for (protocol, shards) in [(2, 1), (3, 2)] {
        let setup = *Setup::of(shards).last().expect("a backend");
        let mut anax = Server::start(setup, &["--save", "", "--enable-debug-command", "yes"]);
        let (sent, differences) = compare(anax.address(), redis.address, protocol, seed, lines);
        eprintln!("RESP{protocol}, {shards} shards: {sent} lines");
        assert!(
            differences.is_empty(),
            "{} differences under RESP{protocol} with {shards} shards, seed {seed}\n{}\n{}",
            differences.len(),
            differences.iter().take(SHOWN_MAX).cloned().collect::<Vec<_>>().join("\n"),
            anax.log_so_far(),
        );
    }
}

#[test]
fn every_difference_that_is_meant_is_on_the_page() {
    let page = std::fs::read_to_string(root().join("docs/compatibility.md")).expect("the page");
    for difference in DIFFERENCES {
        assert!(
            page.contains(difference.reason),
            "docs/compatibility.md does not say: {}",
            difference.reason
        );
    }
}
