//! Starts servers and talks to them.

use std::io::{BufRead, BufReader, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// How long anything that must happen may take before a test fails. Only failing tests wait so long.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// How a server is set up: how many shards, and which way sockets are served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Setup {
    pub(crate) shards: usize,
    pub(crate) backend: &'static str,
}

impl Setup {
    /// The setups that this host can run: 1, 2 and 7 shards with io_uring, where it is allowed, and with epoll.
    pub(crate) fn all() -> Vec<Setup> {
        let setups = |backend: &'static str| [1, 2, 7].map(|shards| Setup { shards, backend });
        backends().iter().flat_map(|&backend| setups(backend)).collect()
    }

    /// One setup a backend, with this many shards.
    pub(crate) fn of(shards: usize) -> Vec<Setup> {
        backends().iter().map(|&backend| Setup { shards, backend }).collect()
    }
}

fn backends() -> &'static [&'static str] {
    match sys::probe() {
        Ok(()) => &["io_uring", "epoll"],
        Err(refusal) => {
            eprintln!("skipped with io_uring: {refusal}");
            &["epoll"]
        }
    }
}

/// A running server; it is killed when this is dropped.
pub(crate) struct Server {
    child: Child,
    lines: Receiver<String>,
    log: Vec<String>,
    _folder: tempfile::TempDir,
}

impl Server {
    /// Starts a server on a free port of loopback, with more arguments.
    pub(crate) fn start(setup: Setup, args: &[&str]) -> Server {
        let shards = setup.shards.to_string();
        let common =
            ["--port", "0", "--bind", "127.0.0.1", "--shards", &shards, "--io-backend", setup.backend];
        let all: Vec<&str> = common.iter().chain(&["--pin-cpus", "no"]).chain(args).copied().collect();
        Server::start_plain(&all, &[])
    }

    /// Starts a server with just these arguments and environment variables, and waits until it is ready.
    pub(crate) fn start_plain(args: &[&str], environment: &[(&str, &str)]) -> Server {
        let mut server = Server::launch(args, environment);
        assert!(server.wait_for_line("ready"), "the server does not start:\n{}", server.log.join("\n"));
        server
    }

    /// Starts a server with so many shards on what a folder holds, with more arguments, and waits until it is loaded.
    pub(crate) fn start_in(folder: &Path, shards: &str, more: &[&str]) -> Server {
        let dir = folder.to_str().expect("text");
        let common =
            ["--port", "0", "--bind", "127.0.0.1", "--pin-cpus", "no", "--dir", dir, "--shards", shards];
        let server = Server::start_plain(&[&common[..], more].concat(), &[]);
        // Each core learns by itself that all is loaded.
        eventually("loading", || {
            let get = |_| redis::cmd("EXISTS").arg("a").query::<u8>(&mut server.client()).is_ok();
            (0..16).all(get)
        });
        server
    }

    /// Ends the server without warning.
    pub(crate) fn kill(mut self) {
        self.signal(9);
        self.wait();
    }

    /// Starts a server and does not wait.
    pub(crate) fn launch(args: &[&str], environment: &[(&str, &str)]) -> Server {
        // Each has a folder of its own, so that none finds what another has saved.
        let folder = folder();
        let mut child = Command::new(env!("CARGO_BIN_EXE_anax"))
            .current_dir(folder.path())
            .args(args)
            .envs(environment.iter().copied())
            .env_remove("RUST_BACKTRACE")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server's program starts");
        let stderr = child.stderr.take().expect("its log");
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines() {
                let Ok(line) = line else { break };
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        Server { child, lines, log: Vec::new(), _folder: folder }
    }

    /// Waits for a line of the log that contains this; false if the server ends without.
    pub(crate) fn wait_for_line(&mut self, part: &str) -> bool {
        if self.log.iter().any(|line| line.contains(part)) {
            return true;
        }
        let end = Instant::now() + PATIENCE;
        loop {
            match self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    self.log.push(line);
                    if self.log.last().is_some_and(|line| line.contains(part)) {
                        return true;
                    }
                }
                Err(RecvTimeoutError::Disconnected) => return false,
                Err(RecvTimeoutError::Timeout) => panic!("no {part:?} in the log:\n{}", self.log.join("\n")),
            }
        }
    }

    /// What was logged so far, as far as it was waited for.
    pub(crate) fn log(&self) -> String {
        self.log.join("\n")
    }

    /// All that has come of the log.
    pub(crate) fn log_so_far(&mut self) -> String {
        self.log.extend(self.lines.try_iter());
        self.log()
    }

    /// The addresses that the log names.
    pub(crate) fn addresses(&self) -> Vec<String> {
        let named = self.log.iter().filter_map(|line| line.split_once("listening on "));
        named.map(|(_, address)| address.trim().to_owned()).collect()
    }

    /// The first TCP address.
    pub(crate) fn address(&self) -> SocketAddr {
        let found = self.addresses().iter().find_map(|address| address.parse().ok());
        found.expect("the server listens on TCP")
    }

    /// A new connection.
    pub(crate) fn connect(&self) -> Wire<TcpStream> {
        Wire::new(connect(self.address()))
    }

    /// A client of the `redis` crate.
    pub(crate) fn client(&self) -> redis::Connection {
        let client = redis::Client::open(format!("redis://{}/", self.address())).expect("an address");
        client.get_connection_with_timeout(PATIENCE).expect("a connection")
    }

    /// The process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: i32) {
        let pid = rustix::process::Pid::from_child(&self.child);
        let signal = rustix::process::Signal::from_named_raw(signal).expect("a signal");
        rustix::process::kill_process(pid, signal).expect("the server is there");
    }

    /// Waits for the end of the process, reads its log to the end and returns how it ended.
    pub(crate) fn wait(&mut self) -> ExitStatus {
        let end = Instant::now() + PATIENCE;
        // The log ends when the process does.
        while let Ok(line) = self.lines.recv_timeout(end.saturating_duration_since(Instant::now())) {
            self.log.push(line);
        }
        assert!(Instant::now() < end, "the server does not end:\n{}", self.log.join("\n"));
        self.child.wait().expect("the server is our child")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            let rest: Vec<String> = self.lines.try_iter().collect();
            eprintln!("log of the server:\n{}\n{}", self.log.join("\n"), rest.join("\n"));
        }
    }
}

/// Connects, however long the queue of the listener is.
pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect_timeout(&address, PATIENCE).expect("the server accepts");
    stream.set_nodelay(true).expect("an option");
    stream.set_read_timeout(Some(PATIENCE)).expect("an option");
    stream
}

/// A connection that counts replies and shows them as they are on the wire.
pub(crate) struct Wire<S> {
    pub(crate) stream: S,
    rest: Vec<u8>,
}

impl<S: Read + Write> Wire<S> {
    pub(crate) fn new(stream: S) -> Self {
        Wire { stream, rest: Vec::new() }
    }

    /// Sends bytes.
    pub(crate) fn send(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).expect("the server reads");
    }

    /// Sends a command, its words separated by spaces.
    pub(crate) fn command(&mut self, line: &str) {
        self.send(&encode(&line.split(' ').collect::<Vec<_>>()));
    }

    /// The next reply as text, or why there is none.
    pub(crate) fn try_reply(&mut self) -> Result<String, ErrorKind> {
        self.try_reply_bytes().map(|reply| String::from_utf8_lossy(&reply).into_owned())
    }

    /// The next reply as it is on the wire, or why there is none.
    pub(crate) fn try_reply_bytes(&mut self) -> Result<Vec<u8>, ErrorKind> {
        loop {
            if let Some(end) = resp::skip_element(&self.rest, 0) {
                let rest = self.rest.split_off(end);
                return Ok(std::mem::replace(&mut self.rest, rest));
            }
            let mut chunk = [0; 1 << 16];
            match self.stream.read(&mut chunk) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof),
                Ok(len) => self.rest.extend_from_slice(&chunk[..len]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(error.kind()),
            }
        }
    }

    /// The next reply as text.
    pub(crate) fn reply(&mut self) -> String {
        self.try_reply().expect("a reply")
    }

    /// Sends a command and returns its reply.
    pub(crate) fn ask(&mut self, line: &str) -> String {
        self.command(line);
        self.reply()
    }

    /// The text of a bulk string that a command replies with.
    pub(crate) fn text(&mut self, line: &str) -> String {
        let reply = self.ask(line);
        let (_, text) = reply.split_once("\r\n").unwrap_or_else(|| panic!("{line}: {reply}"));
        text.trim_end().to_owned()
    }

    /// A number that a command replies with.
    pub(crate) fn number(&mut self, line: &str) -> i64 {
        let reply = self.ask(line);
        reply.trim_start_matches(':').trim_end().parse().unwrap_or_else(|_| panic!("{line}: {reply}"))
    }

    /// Reads until the server closes the connection; the bytes that still came.
    pub(crate) fn read_to_close(&mut self) -> Vec<u8> {
        let mut bytes = std::mem::take(&mut self.rest);
        match self.stream.read_to_end(&mut bytes) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::ConnectionReset => {}
            Err(error) => panic!("the server does not close the connection: {error}"),
        }
        bytes
    }

    /// A field of INFO.
    pub(crate) fn info(&mut self, section: &str, field: &str) -> String {
        let text = self.text(&format!("INFO {section}"));
        let found = text.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
        found.unwrap_or_else(|| panic!("no {field} in {text}")).trim().to_owned()
    }
}

/// A command as an array of bulk strings.
pub(crate) fn encode(words: &[impl AsRef<[u8]>]) -> Vec<u8> {
    let mut out = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        let word = word.as_ref();
        out.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        out.extend_from_slice(word);
        out.extend_from_slice(b"\r\n");
    }
    out
}

/// Tries again and again until it is true. For things that happen soon, such as the end of a connection.
pub(crate) fn eventually(what: &str, mut check: impl FnMut() -> bool) {
    let end = Instant::now() + PATIENCE;
    while !check() {
        assert!(Instant::now() < end, "this does not come true: {what}");
        std::thread::yield_now();
    }
}

/// A folder for the files of a test.
pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a folder for temporary files")
}

/// The root of the source tree.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../..")
}
