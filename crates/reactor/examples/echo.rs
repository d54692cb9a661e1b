//! The smallest useful service: SET, GET and PING over one core, to measure what the loop itself costs.
//!
//! `echo [port=7000] [cpu=0] [backend=uring|epoll] [run=coop|defer] [spin=US]`

use std::collections::HashMap as Arguments;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use hashbrown::HashMap;
use reactor::{
    BackendKind, Chunk, Config, ConnId, ConnInfo, Counters, Flow, Listener, Next, Now, Service, Settings,
    TaskRun, TurnIo, seats,
};

/// What the example keeps of a connection.
#[derive(Default)]
struct Client {
    /// The beginning of a command whose end has not arrived.
    partial: Vec<u8>,
    out: Vec<u8>,
    dirty: bool,
}

struct Store {
    map: HashMap<Vec<u8>, Vec<u8>>,
    clients: Vec<Client>,
    chunks: Vec<(ConnId, Chunk)>,
    dirty: Vec<ConnId>,
    ended: Vec<ConnId>,
    counters: Arc<Counters>,
    commands: u64,
}

/// Reads a decimal number that ends in CR LF; returns it and where the next thing begins.
fn number(bytes: &[u8], mut at: usize) -> Option<(usize, usize)> {
    let mut number = 0usize;
    loop {
        match *bytes.get(at)? {
            b'\r' => return (at + 1 < bytes.len()).then_some((number, at + 2)),
            digit => number = number.wrapping_mul(10).wrapping_add(usize::from(digit.wrapping_sub(b'0'))),
        }
        at += 1;
    }
}

/// Takes one command of at most three words off the front; returns the words and the command's length.
fn command(bytes: &[u8]) -> Option<(usize, [&[u8]; 3], usize)> {
    let mut words: [&[u8]; 3] = [&[]; 3];
    if *bytes.first()? != b'*' {
        return Some((0, words, bytes.len()));
    }
    let (count, mut at) = number(bytes, 1)?;
    for position in 0..count {
        let (length, start) = number(bytes, at + 1)?;
        let end = start.checked_add(length)?;
        let word = bytes.get(start..end)?;
        bytes.get(end + 1)?;
        if let Some(slot) = words.get_mut(position) {
            *slot = word;
        }
        at = end + 2;
    }
    Some((count, words, at))
}

impl Store {
    /// Executes all complete commands; returns how many bytes they were.
    fn execute(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> usize {
        let mut used = 0;
        while let Some((count, [name, key, value], length)) = command(&bytes[used..]) {
            used += length;
            self.commands += 1;
            if count == 2 && name.eq_ignore_ascii_case(b"GET") {
                match self.map.get(key) {
                    Some(value) => bulk(out, value),
                    None => out.extend_from_slice(b"$-1\r\n"),
                }
            } else if count == 3 && name.eq_ignore_ascii_case(b"SET") {
                match self.map.get_mut(key) {
                    Some(old) => {
                        old.clear();
                        old.extend_from_slice(value);
                    }
                    None => {
                        self.map.insert(key.to_vec(), value.to_vec());
                    }
                }
                out.extend_from_slice(b"+OK\r\n");
            } else if name.eq_ignore_ascii_case(b"PING") {
                out.extend_from_slice(b"+PONG\r\n");
            } else if name.eq_ignore_ascii_case(b"STATS") {
                let counters = &self.counters;
                let numbers = [&counters.turns, &counters.enters, &counters.receives, &counters.sends];
                let [turns, enters, receives, sends] = numbers.map(|counter| counter.get());
                let (starved, slow) = (counters.starved.get(), counters.slow_sends.get());
                let text = format!("{turns} {enters} {receives} {sends} {} {starved} {slow}", self.commands);
                bulk(out, text.as_bytes());
            } else {
                out.extend_from_slice(b"-ERR unknown command\r\n");
            }
        }
        used
    }
}

fn bulk(out: &mut Vec<u8>, value: &[u8]) {
    let mut digits = [0u8; 20];
    let (mut at, mut rest) = (digits.len(), value.len());
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.reserve(value.len() + 24);
    out.push(b'$');
    out.extend_from_slice(&digits[at..]);
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(value);
    out.extend_from_slice(b"\r\n");
}

impl Service for Store {
    fn open(&mut self, conn: ConnId, _info: ConnInfo) {
        let index = conn.index as usize;
        if self.clients.len() <= index {
            self.clients.resize_with(index + 1, Client::default);
        }
        self.clients[index] = Client::default();
    }

    fn receive(&mut self, conn: ConnId, chunk: Chunk) -> Flow {
        self.chunks.push((conn, chunk));
        Flow::Continue
    }

    fn ended(&mut self, conn: ConnId) {
        self.ended.push(conn);
    }

    fn closed(&mut self, _conn: ConnId) {}

    fn quiet(&mut self, conn: ConnId) {
        self.clients[conn.index as usize] = Client::default();
    }

    fn turn(&mut self, _now: Now, io: &mut TurnIo<'_>) -> Next {
        let mut chunks = std::mem::take(&mut self.chunks);
        for (conn, chunk) in chunks.drain(..) {
            let mut client = std::mem::take(&mut self.clients[conn.index as usize]);
            if client.partial.is_empty() {
                let used = self.execute(chunk.bytes(), &mut client.out);
                client.partial.extend_from_slice(&chunk.bytes()[used..]);
            } else {
                client.partial.extend_from_slice(chunk.bytes());
                let used = self.execute(&client.partial, &mut client.out);
                client.partial.drain(..used);
            }
            if !std::mem::replace(&mut client.dirty, true) {
                self.dirty.push(conn);
            }
            self.clients[conn.index as usize] = client;
        }
        self.chunks = chunks;
        for conn in self.dirty.drain(..) {
            let client = &mut self.clients[conn.index as usize];
            client.dirty = false;
            io.output(conn, &mut client.out);
        }
        for conn in self.ended.drain(..) {
            io.close(conn, reactor::CloseMode::AfterFlush);
        }
        Next::default()
    }
}

fn main() -> io::Result<()> {
    let arguments: Arguments<String, String> = std::env::args()
        .skip(1)
        .filter_map(|word| word.split_once('=').map(|(name, value)| (name.into(), value.into())))
        .collect();
    let text = |name: &str, default: &str| arguments.get(name).cloned().unwrap_or(default.into());
    let number = |name: &str, default: u32| text(name, "").parse().unwrap_or(default);
    sys::cpu::pin(number("cpu", 0) as usize)?;
    let config = Config {
        backend: if text("backend", "uring") == "epoll" { BackendKind::Epoll } else { BackendKind::Uring },
        task_run: if text("run", "coop") == "defer" { TaskRun::Deferred } else { TaskRun::Cooperative },
        ..Config::default()
    };
    let settings = Settings { spin_us: number("spin", 0).into(), ..Settings::default() };
    let address = SocketAddr::from(([127, 0, 0, 1], number("port", 7000) as u16));
    let listeners = Listener::tcp_all(&[address], 1024, 0)?;
    let mut seats = seats(config, Arc::new(settings), listeners)?;
    let seat = seats.remove(0);
    let store = Store {
        map: HashMap::with_capacity(1 << 17),
        clients: Vec::new(),
        chunks: Vec::new(),
        dirty: Vec::new(),
        ended: Vec::new(),
        counters: seat.counters(),
        commands: 0,
    };
    seat.run(store).map(drop)
}
