//! A toy protocol and a server of it, for the tests of the loop.
//!
//! Lines in, answers out, in order:
//!
//! | line | answer |
//! | --- | --- |
//! | `echo TEXT` | `TEXT` and a newline |
//! | `core` | the number of the core, `unix` or `tcp`, the peer, our end |
//! | `take N` and N bytes | `N SUM` of the bytes |
//! | `give N` | N bytes of a pattern |
//! | `later MS` | `later`, that much later |
//! | `spare` | `spared` from the idle timeout |
//! | `quit` | `bye`, then closed after flush |
//! | `drop` | closed at once |

use std::collections::BTreeMap;
use std::net::{SocketAddr, TcpStream};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use reactor::{
    BackendKind, Chunk, CloseMode, Config, ConnId, ConnInfo, Counters, Flow, Listener, Next, Now, Seat,
    Service, Settings, TurnIo, Waker, seats,
};

/// Longest wait for anything; reaching it fails the test.
const PATIENCE: Duration = Duration::from_secs(30);

/// Unsent bytes of a connection at which the toy stops answering and reading it.
pub(crate) const UNSENT_MAX: usize = 512 << 10;

/// What the toys of a server have seen, for tests to wait on.
#[derive(Default)]
pub(crate) struct Seen {
    counts: Mutex<BTreeMap<&'static str, usize>>,
    changed: Condvar,
}

impl Seen {
    fn note(&self, what: &'static str) {
        *self.counts.lock().expect("lock").entry(what).or_default() += 1;
        self.changed.notify_all();
    }

    /// Waits until something has been seen at least so often.
    pub(crate) fn wait(&self, what: &'static str, count: usize) {
        let guard = self.counts.lock().expect("lock");
        let missing =
            |counts: &mut BTreeMap<&'static str, usize>| counts.get(what).copied().unwrap_or(0) < count;
        let (counts, timeout) = self.changed.wait_timeout_while(guard, PATIENCE, missing).expect("lock");
        assert!(!timeout.timed_out(), "waiting for {count} x {what}, got {counts:?}");
    }

    pub(crate) fn count(&self, what: &'static str) -> usize {
        self.counts.lock().expect("lock").get(what).copied().unwrap_or(0)
    }
}

#[derive(Default)]
struct Client {
    id: Option<ConnId>,
    about: String,
    chunks: Vec<Chunk>,
    input: Vec<u8>,
    out: Vec<u8>,
    /// Bytes of a `take` still to come, all of them, and their sum.
    take: Option<(usize, usize, u64)>,
    /// Bytes of a `give` still to be produced, and all of them.
    give: Option<(usize, usize)>,
    blocked: bool,
    ended: bool,
    spared: bool,
    dirty: bool,
}

/// The toy protocol.
pub(crate) struct Toy {
    core: usize,
    clients: Vec<Client>,
    dirty: Vec<u32>,
    timers: Vec<(u64, ConnId)>,
    shared: Arc<Stop>,
    seen: Arc<Seen>,
    remote: bool,
    busy: bool,
    sleeping: bool,
}

#[derive(Default)]
struct Stop {
    stop: AtomicBool,
}

pub(crate) fn pattern(position: usize) -> u8 {
    (position % 251) as u8
}

impl Toy {
    fn client(&mut self, id: ConnId) -> &mut Client {
        let client = &mut self.clients[id.index as usize];
        assert_eq!(client.id, Some(id), "an id that is not valid");
        client
    }

    fn mark(&mut self, id: ConnId) {
        let client = self.client(id);
        if !std::mem::replace(&mut client.dirty, true) {
            self.dirty.push(id.index);
        }
    }

    /// Answers what can be answered. Returns how the connection is to be closed, if it is.
    fn answer(&mut self, index: u32, now: Now, room: usize) -> Option<CloseMode> {
        let client = &mut self.clients[index as usize];
        let id = client.id?;
        for chunk in client.chunks.drain(..) {
            client.input.extend_from_slice(chunk.as_ref());
        }
        let mut used = 0;
        let close = loop {
            if client.out.len() > room {
                break None;
            }
            if let Some((left, all)) = client.give {
                let some = left.min(64 << 10);
                client.out.extend((all - left..all - left + some).map(pattern));
                client.give = Some((left - some, all)).filter(|(left, _)| *left > 0);
                continue;
            }
            let rest = &client.input[used..];
            if let Some((left, all, sum)) = client.take {
                let some = left.min(rest.len());
                let sum = rest[..some].iter().fold(sum, |sum, &byte| sum + u64::from(byte));
                used += some;
                client.take = Some((left - some, all, sum)).filter(|(left, ..)| *left > 0);
                if client.take.is_some() {
                    break None;
                }
                client.out.extend_from_slice(format!("{all} {sum}\n").as_bytes());
                continue;
            }
            let Some(end) = rest.iter().position(|&byte| byte == b'\n') else { break None };
            let line = String::from_utf8_lossy(&rest[..end]).into_owned();
            used += end + 1;
            let (word, rest) = line.split_once(' ').unwrap_or((&line, ""));
            let number = || rest.parse::<usize>().expect("a number");
            match word {
                "echo" => client.out.extend_from_slice(format!("{rest}\n").as_bytes()),
                "core" => {
                    let text = format!("{} {}\n", self.core, client.about);
                    client.out.extend_from_slice(text.as_bytes());
                }
                "take" => client.take = Some((number(), number(), 0)),
                "give" => client.give = Some((number(), number())),
                "later" => self.timers.push((now.monotonic_us + number() as u64 * 1000, id)),
                "spare" => {
                    client.spared = true;
                    client.out.extend_from_slice(b"spared\n");
                }
                "quit" => {
                    client.out.extend_from_slice(b"bye\n");
                    break Some(CloseMode::AfterFlush);
                }
                "drop" => break Some(CloseMode::Now),
                other => panic!("unknown line {other:?}"),
            }
        };
        client.input.drain(..used);
        if close.is_none() && client.ended && client.out.len() <= room {
            return Some(CloseMode::AfterFlush);
        }
        close
    }
}

impl Service for Toy {
    fn open(&mut self, conn: ConnId, info: ConnInfo) {
        self.seen.note("open");
        let index = conn.index as usize;
        if self.clients.len() <= index {
            self.clients.resize_with(index + 1, Client::default);
        }
        assert!(self.clients[index].id.is_none(), "opened twice");
        let kind = if info.is_unix() { "unix" } else { "tcp" };
        let about = format!("{kind} {} {}", info.peer, info.local);
        let dirty = self.clients[index].dirty;
        self.clients[index] = Client { id: Some(conn), about, dirty, ..Client::default() };
    }

    fn receive(&mut self, conn: ConnId, chunk: Chunk) -> Flow {
        assert!(!chunk.bytes().is_empty());
        self.mark(conn);
        let client = self.client(conn);
        client.chunks.push(chunk);
        if client.blocked { Flow::Pause } else { Flow::Continue }
    }

    fn ended(&mut self, conn: ConnId) {
        self.seen.note("ended");
        self.client(conn).ended = true;
        self.mark(conn);
    }

    fn closed(&mut self, conn: ConnId) {
        let dirty = self.client(conn).dirty;
        self.clients[conn.index as usize] = Client { dirty, ..Client::default() };
        self.seen.note("closed");
    }

    fn sent(&mut self, conn: ConnId, unsent_bytes: usize) {
        self.seen.note("slow");
        if unsent_bytes < UNSENT_MAX / 2 {
            self.mark(conn);
        }
    }

    fn quiet(&mut self, conn: ConnId) {
        let client = self.client(conn);
        // Lines may wait in it: a core that was not scheduled for a while finds connections quiet that it keeps waiting.
        client.out.shrink_to_fit();
        client.input.shrink_to_fit();
        self.seen.note("quiet");
    }

    fn may_time_out(&mut self, conn: ConnId) -> bool {
        let spared = self.client(conn).spared;
        self.seen.note(if spared { "spared" } else { "timed out" });
        !spared
    }

    fn turn(&mut self, now: Now, io: &mut TurnIo<'_>) -> Next {
        let mut due = Vec::new();
        self.timers.retain(|&(at, id)| {
            if at <= now.monotonic_us {
                due.push(id);
            }
            at > now.monotonic_us
        });
        for id in due {
            if self.clients[id.index as usize].id == Some(id) {
                self.client(id).out.extend_from_slice(b"later\n");
                self.mark(id);
            }
        }
        for index in std::mem::take(&mut self.dirty) {
            self.clients[index as usize].dirty = false;
            let Some(id) = self.clients[index as usize].id else { continue };
            let close = self.answer(index, now, UNSENT_MAX.saturating_sub(io.unsent(id)));
            let client = &mut self.clients[index as usize];
            let blocked = io.output(id, &mut client.out) >= UNSENT_MAX;
            match close {
                Some(mode) => io.close(id, mode),
                None if blocked && !client.blocked => {
                    self.seen.note("paused");
                    io.pause(id);
                }
                None if !blocked && client.blocked => io.resume(id),
                None => {}
            }
            client.blocked = blocked;
        }
        let deadline_us = self.timers.iter().map(|(at, _)| *at).min();
        Next {
            deadline_us,
            stop: self.shared.stop.load(SeqCst),
            remote_recent: self.remote,
            again: self.busy,
        }
    }

    fn work_waiting(&mut self) -> bool {
        self.shared.stop.load(SeqCst)
    }

    fn before_sleep(&mut self) -> bool {
        assert!(!self.sleeping);
        self.sleeping = !self.shared.stop.load(SeqCst);
        self.sleeping
    }

    fn awake(&mut self) {
        assert!(std::mem::take(&mut self.sleeping));
    }
}

/// What a test server is like.
pub(crate) struct Setup {
    pub(crate) config: Config,
    pub(crate) settings: Settings,
    pub(crate) addresses: Vec<SocketAddr>,
    pub(crate) unix: Option<PathBuf>,
    /// Whether the toys say that messages from other cores are expected.
    pub(crate) remote: bool,
    /// Whether the toys always say that they have more work.
    pub(crate) busy: bool,
}

impl Setup {
    pub(crate) fn new(backend: BackendKind) -> Setup {
        Setup {
            config: Config {
                backend,
                tick_ms: 10,
                quiet_ms: 50,
                reject_text: b"-ERR too many\r\n".to_vec(),
                ..Config::default()
            },
            settings: Settings::default(),
            addresses: vec!["127.0.0.1:0".parse().expect("address")],
            unix: None,
            remote: false,
            busy: false,
        }
    }

    pub(crate) fn cores(mut self, cores: usize) -> Setup {
        self.config.cores = cores;
        self
    }

    pub(crate) fn start(self) -> Server {
        let mut listeners = Listener::tcp_all(&self.addresses, 4096, 300).expect("listen");
        let addresses = listeners.iter().map(|listener| listener.endpoint().to_string()).collect();
        if let Some(path) = &self.unix {
            listeners.push(Listener::unix(path, Some(0o600), 128).expect("listen"));
        }
        let settings = Arc::new(self.settings);
        let seats = seats(self.config, Arc::clone(&settings), listeners).expect("seats");
        let (stop, seen) = (Arc::<Stop>::default(), Arc::<Seen>::default());
        let wakers = seats.iter().map(Seat::waker).collect();
        let counters = seats.iter().map(Seat::counters).collect();
        let run = |seat: Seat| {
            let (shared, seen) = (Arc::clone(&stop), Arc::clone(&seen));
            let (remote, busy) = (self.remote, self.busy);
            // The toy holds chunks, which stay on their core, so it is made there.
            std::thread::spawn(move || {
                let toy = Toy {
                    core: seat.core(),
                    clients: Vec::new(),
                    dirty: Vec::new(),
                    timers: Vec::new(),
                    shared,
                    seen,
                    remote,
                    busy,
                    sleeping: false,
                };
                drop(seat.run(toy).expect("run"));
            })
        };
        let threads = seats.into_iter().map(run).collect();
        Server { addresses, settings, wakers, counters, stop, seen, threads }
    }
}

/// A running server; stopped when dropped.
pub(crate) struct Server {
    pub(crate) addresses: Vec<String>,
    pub(crate) settings: Arc<Settings>,
    pub(crate) wakers: Vec<Waker>,
    pub(crate) counters: Vec<Arc<Counters>>,
    pub(crate) seen: Arc<Seen>,
    stop: Arc<Stop>,
    threads: Vec<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn connect(&self) -> TcpStream {
        connect(&self.addresses[0])
    }

    /// Stops the server and waits for its end.
    pub(crate) fn stop(&mut self) {
        self.stop.stop.store(true, SeqCst);
        self.wakers.iter().for_each(Waker::wake);
        for thread in self.threads.drain(..) {
            thread.join().expect("a reactor panicked");
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.stop();
        }
    }
}

pub(crate) fn connect(address: &str) -> TcpStream {
    let stream = TcpStream::connect(address).expect("connect");
    stream.set_read_timeout(Some(PATIENCE)).expect("timeout");
    stream.set_write_timeout(Some(PATIENCE)).expect("timeout");
    stream.set_nodelay(true).expect("nodelay");
    stream
}
