//! Cores without sockets, threads or clocks, for tests: connections are numbers, and time stands still until it is moved.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use base::conn::{CloseMode, ConnId, ConnInfo, Endpoint};
use base::hash::KeyHasher;
use bus::{Credits, Wake};

use crate::config::{Config, Setting};
use crate::core::{Core, CoreBus, CoreOptions, Io, Next, Now};
use crate::errand::ErrandCall;
use crate::process::{CpuInfo, Facts, MemoryInfo, Process};
use crate::shared::Shared;

/// Cores are run in turns, so nobody sleeps.
pub(crate) struct NoWake;

impl Wake for NoWake {
    fn wake(&self, _: u16) {}
}

/// What the cores told the process.
#[derive(Default)]
pub(crate) struct Told {
    pub(crate) settings: Mutex<Vec<Setting>>,
    pub(crate) errands: Mutex<Vec<ErrandCall>>,
    pub(crate) shutdown: AtomicBool,
}

struct TestProcess {
    facts: Facts,
    told: Arc<Told>,
}

impl Process for TestProcess {
    fn facts(&self) -> &Facts {
        &self.facts
    }
    fn memory(&self) -> MemoryInfo {
        MemoryInfo { used_bytes: 1 << 20, rss_bytes: 3 << 20, ..MemoryInfo::default() }
    }
    fn cpu(&self) -> CpuInfo {
        CpuInfo { user_us: 1_500_000, ..CpuInfo::default() }
    }
    fn rejected_connections(&self) -> u64 {
        7
    }
    fn ticks_to_ns(&self, ticks: u64) -> u64 {
        ticks * 1000
    }
    fn apply(&self, setting: Setting) -> Result<(), String> {
        if setting == Setting::MaxClients(u32::MAX) {
            return Err("too many".into());
        }
        self.told.settings.lock().expect("the lock").push(setting);
        Ok(())
    }
    fn errand(&self, errand: ErrandCall) {
        self.told.errands.lock().expect("the lock").push(errand);
    }
    fn shutdown(&self, _: Option<bool>) {
        self.told.shutdown.store(true, Ordering::SeqCst);
    }
    fn wake_all(&self) {}
}

thread_local! {
    /// Each look at the tick counter moves it on by one, so each command takes one tick; sleeping, by a microsecond each.
    static TICKS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
    /// By how many it moves, for tests of what takes long.
    pub(crate) static TICK: std::cell::Cell<u64> = const { std::cell::Cell::new(1) };
    /// How long cores of this test were held up.
    pub(crate) static SLEPT_US: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// A connection.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Client {
    core: usize,
    id: ConnId,
}

#[derive(Default)]
struct Sockets {
    core: usize,
    output: BTreeMap<(usize, ConnId), Vec<u8>>,
    closed: Vec<(usize, ConnId, CloseMode)>,
    /// Whether output stays unsent until it is received.
    slow: bool,
}

impl Io for Sockets {
    fn output(&mut self, conn: ConnId, bytes: &mut Vec<u8>) -> usize {
        self.output.entry((self.core, conn)).or_default().append(bytes);
        self.unsent(conn)
    }
    fn unsent(&self, conn: ConnId) -> usize {
        let output = self.output.get(&(self.core, conn)).filter(|_| self.slow);
        output.map_or(0, Vec::len)
    }
    fn close(&mut self, conn: ConnId, mode: CloseMode) {
        self.closed.push((self.core, conn, mode));
    }
    fn pause(&mut self, _: ConnId) {}
    fn resume(&mut self, _: ConnId) {}
    /// No test lets cores write.
    fn write_file(&mut self, _: persist::log::Write) {}
}

/// Some cores and their connections.
pub(crate) struct Harness {
    shared: Arc<Shared>,
    cores: Vec<Core<Vec<u8>, NoWake>>,
    sockets: Sockets,
    connections: u32,
    pub(crate) now: Now,
    pub(crate) told: Arc<Told>,
    gone: Vec<Client>,
}

impl Harness {
    /// So many shards with this command line, whose words are separated by blanks.
    pub(crate) fn new(shards: u16, options: &str) -> Self {
        let args: Vec<String> = options.split_whitespace().map(String::from).collect();
        let config = Config::from_args(&args).expect("options");
        let told = Arc::new(Told::default());
        let facts = Facts {
            pid: 42,
            run_id: "r".repeat(40),
            io_backend: "io_uring",
            started_ms: 1_700_000_000_000,
            ..Facts::default()
        };
        let process = TestProcess { facts, told: Arc::clone(&told) };
        let shared = Arc::new(Shared::new(shards, config, Box::new(process)));
        let bus = CoreBus::new(shards, Credits::per_pair(2), NoWake);
        let core = |shard| {
            let options = CoreOptions {
                shard,
                shards,
                hasher: KeyHasher::new((1, 2)),
                seed: u64::from(shard),
                ticks: || TICKS.replace(TICKS.get() + TICK.get()),
                sleep_us: |us| {
                    SLEPT_US.set(SLEPT_US.get() + us);
                    TICKS.set(TICKS.get() + us);
                },
            };
            Core::new(options, Arc::clone(&shared), bus.port(shard))
        };
        let now = Now { monotonic_us: 1_000_000, unix_ms: 1_700_000_100_000, unix_rest_us: 123 };
        let mut harness = Harness {
            cores: (0..shards).map(core).collect(),
            sockets: Sockets::default(),
            connections: 0,
            now,
            shared,
            told,
            gone: Vec::new(),
        };
        harness.run();
        harness
    }

    /// A client of this host, at a core.
    pub(crate) fn connect(&mut self, core: usize) -> Client {
        self.connect_from(core, "127.0.0.1")
    }

    /// A client from an address.
    pub(crate) fn connect_from(&mut self, core: usize, address: &str) -> Client {
        self.connections += 1;
        let id = ConnId { index: self.connections, generation: 0 };
        let end = |text: String| Endpoint::Tcp(text.parse().expect("an address"));
        let info = ConnInfo {
            peer: end(format!("{address}:{}", 50_000 + self.connections)),
            local: end("127.0.0.1:6379".into()),
            fd: 9,
        };
        self.cores[core].open(id, info);
        Client { core, id }
    }

    /// Takes turns until nothing is left to do.
    pub(crate) fn run(&mut self) {
        let mut quiet = 0;
        while quiet < 2 {
            quiet += 1;
            for (at, core) in self.cores.iter_mut().enumerate() {
                self.sockets.core = at;
                let next = core.turn(self.now, &mut self.sockets);
                if next.again || next.remote_recent || core.work_waiting() {
                    quiet = 0;
                }
            }
            // The control plane's turn.
            for errand in std::mem::take(&mut *self.told.errands.lock().expect("the lock")) {
                errand.run(&self.shared);
                quiet = 0;
            }
            if self.cores.iter().any(Core::work_waiting) {
                quiet = 0;
            }
        }
        for (core, id, _) in self.sockets.closed.drain(..) {
            self.cores[core].closed(id);
            self.gone.push(Client { core, id });
        }
    }

    /// A client's bytes arrive; its core takes no turn yet.
    pub(crate) fn give(&mut self, client: Client, bytes: &[u8]) {
        self.cores[client.core].receive(client.id, bytes.to_vec());
    }

    /// A core takes a turn.
    pub(crate) fn turn(&mut self, core: usize) -> Next {
        self.sockets.core = core;
        self.cores[core].turn(self.now, &mut self.sockets)
    }

    /// A core, to look into it.
    pub(crate) fn core(&mut self, core: usize) -> &mut Core<Vec<u8>, NoWake> {
        &mut self.cores[core]
    }

    /// Cores take turns as long as they have a reason to: something has arrived, or they said that there is more to do. All others sleep.
    pub(crate) fn run_awake(&mut self) {
        let mut again = vec![false; self.cores.len()];
        while let Some(core) = (0..again.len()).find(|&at| {
            let core = &self.cores[at];
            again[at] || core.work_waiting() || !core.arrived.is_empty()
        }) {
            again[core] = self.turn(core).again;
        }
    }

    /// Sends bytes and returns what comes back.
    pub(crate) fn send(&mut self, client: Client, bytes: &[u8]) -> String {
        self.cores[client.core].receive(client.id, bytes.to_vec());
        self.run();
        self.received(client)
    }

    /// What a client received since it was last asked.
    pub(crate) fn received(&mut self, client: Client) -> String {
        let bytes = self.sockets.output.remove(&(client.core, client.id)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// How many commands a connection without any may have outstanding.
    pub(crate) fn window(&self, client: Client) -> usize {
        let conn = self.cores[client.core].conns.get(client.id.index as usize).and_then(Option::as_ref);
        conn.map_or(0, crate::conn::Conn::window)
    }

    /// From now on clients take their output when they are asked for it, and not before.
    pub(crate) fn slow_down(&mut self) {
        self.sockets.slow = true;
    }

    /// Sends bytes and returns how many come back, and the most that waited to be taken, by a client that takes `step` bytes
    /// at a time.
    pub(crate) fn send_and_sip(&mut self, client: Client, bytes: &[u8], step: usize) -> (usize, usize) {
        self.cores[client.core].receive(client.id, bytes.to_vec());
        let (mut all, mut most) = (0, 0);
        loop {
            self.run();
            let Some(output) = self.sockets.output.get_mut(&(client.core, client.id)) else {
                return (all, most);
            };
            if output.is_empty() {
                return (all, most);
            }
            most = most.max(output.len());
            let take = step.min(output.len());
            output.drain(..take);
            all += take;
            let unsent = output.len();
            self.cores[client.core].sent(client.id, unsent);
        }
    }

    /// Sends bytes without taking what comes back.
    pub(crate) fn send_only(&mut self, client: Client, bytes: &[u8]) {
        self.cores[client.core].receive(client.id, bytes.to_vec());
        self.run();
    }

    /// A slow client takes some bytes of what came back.
    pub(crate) fn sip(&mut self, client: Client, step: usize) -> Vec<u8> {
        let Some(output) = self.sockets.output.get_mut(&(client.core, client.id)) else { return Vec::new() };
        let taken = output.drain(..step.min(output.len())).collect();
        let unsent = output.len();
        self.cores[client.core].sent(client.id, unsent);
        self.run();
        taken
    }

    /// How many bytes wait to be taken.
    pub(crate) fn waiting(&self, client: Client) -> usize {
        self.sockets.output.get(&(client.core, client.id)).map_or(0, Vec::len)
    }

    /// The client is gone.
    pub(crate) fn hang_up(&mut self, client: Client) {
        self.sockets.output.remove(&(client.core, client.id));
        self.cores[client.core].closed(client.id);
        self.run();
    }

    /// Cores log what they do from now on.
    pub(crate) fn keep_logs(&mut self) {
        self.cores.iter_mut().for_each(|core| core.shard.leave_trail(true));
    }

    /// What was logged, by shard.
    pub(crate) fn logs(&mut self) -> Vec<Vec<u8>> {
        self.cores.iter_mut().map(|core| std::mem::take(&mut core.log.kept)).collect()
    }

    /// Runs a log on one core, or on all, of which each takes what is its own.
    pub(crate) fn replay(&mut self, shard: Option<usize>, log: &[u8]) {
        for (at, core) in self.cores.iter_mut().enumerate() {
            if shard.is_none_or(|shard| shard == at) {
                core.replay(log).expect("a good log");
            }
        }
    }

    /// How many replies are being written bit by bit, over all shards.
    pub(crate) fn streams(&self) -> usize {
        self.cores.iter().map(|core| core.rests.len()).sum()
    }

    /// Sends a command in the inline form and returns its reply.
    pub(crate) fn ask(&mut self, client: Client, command: &str) -> String {
        self.send(client, format!("{command}\r\n").as_bytes())
    }

    /// Sends a command and compares its reply.
    #[track_caller]
    pub(crate) fn check(&mut self, client: Client, command: &str, expect: &str) {
        let got = self.ask(client, command);
        assert_eq!(got, expect, "reply to: {command}");
    }

    /// Time passes.
    pub(crate) fn pass_ms(&mut self, ms: u64) {
        self.now.monotonic_us += ms * 1000;
        self.now.unix_ms += ms;
        self.run();
    }

    /// A client's connection breaks.
    pub(crate) fn cut(&mut self, client: Client) {
        self.cores[client.core].closed(client.id);
        self.run();
    }

    /// A client's connection breaks, but its core does not take a turn yet.
    pub(crate) fn cut_soon(&mut self, client: Client) {
        self.cores[client.core].closed(client.id);
    }

    /// A client says that it sends nothing more.
    pub(crate) fn end(&mut self, client: Client) {
        self.cores[client.core].ended(client.id);
        self.run();
    }

    /// Whether the server closed a connection.
    pub(crate) fn is_closed(&self, client: Client) -> bool {
        self.gone.contains(&client)
    }
}
