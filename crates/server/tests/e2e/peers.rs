//! Files of snapshots both ways between Anax and real servers, where there are any: `ANAX_REDIS` and `ANAX_VALKEY` name programs; without them
//! `redis-server-8` and `valkey-server` are looked for in `PATH`. Without a program nothing is tested; files recorded from both
//! are read in the tests of `rdb` and `persist`.

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::harness::{Server, eventually, folder};

/// A peer; it is killed when this is dropped.
pub(crate) struct Peer {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program of a peer, if there is any.
pub(crate) fn program(variable: &str, name: &str) -> Option<PathBuf> {
    if let Some(path) = std::env::var_os(variable) {
        return Some(PathBuf::from(path));
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|at| at.exists())
}

impl Peer {
    /// Starts one that saves nothing by itself.
    pub(crate) fn start(program: &Path, dir: &Path) -> Peer {
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let address = free.expect("a port");
        let child = Command::new(program)
            .args(["--port", &address.port().to_string(), "--bind", "127.0.0.1", "--save", "", "--dir"])
            .arg(dir)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the peer starts");
        let peer = Peer { child, address };
        eventually("the peer", || {
            let client = redis::Client::open(format!("redis://{}/", peer.address)).expect("an address");
            client.get_connection().is_ok_and(|mut client| {
                let info = redis::cmd("INFO").arg("persistence").query::<String>(&mut client);
                info.is_ok_and(|info| info.contains("\nloading:0"))
            })
        });
        peer
    }

    /// A client of it.
    pub(crate) fn client(&self) -> redis::Connection {
        let client = redis::Client::open(format!("redis://{}/", self.address)).expect("an address");
        client.get_connection().expect("it listens")
    }
}

fn anax(dir: &Path, shards: &str) -> Server {
    let dir = dir.to_str().expect("text");
    let args = [
        "--port",
        "0",
        "--bind",
        "127.0.0.1",
        "--pin-cpus",
        "no",
        "--dir",
        dir,
        "--shards",
        shards,
        "--save",
        "",
    ];
    let server = Server::start_plain(&args, &[]);
    eventually("loading", || {
        let info = redis::cmd("INFO").arg("persistence").query::<String>(&mut server.client());
        info.is_ok_and(|info| info.contains("\nloading:0"))
    });
    server
}

/// Values of all types, small and big, that all of them have.
pub(crate) fn fill(client: &mut redis::Connection) {
    let mut pipe = redis::pipe();
    let mut run = |line: &str| {
        let mut words = line.split(' ');
        let mut command = redis::cmd(words.next().expect("a command"));
        words.for_each(|word| _ = command.arg(word));
        pipe.add_command(command).ignore();
    };
    for i in 0..2000 {
        run(&format!("SET string:{i} value:{i}"));
        run(&format!("SET number:{i} {}", i * 1000 - 500_000));
        run(&format!("HSET big:hash field:{i} {i}"));
        run(&format!("SADD big:set member:{i}"));
        run(&format!("ZADD big:zset {}.5 member:{i}", i % 7));
        run(&format!("RPUSH big:list item:{i} {i}"));
        run(&format!("XADD big:stream 1-{} field value:{i} n {i}", i + 1));
    }
    for line in [
        "HSET small:hash a 1 b two",
        "SADD small:set a b c",
        "SADD small:integers 1 2 300000",
        "ZADD small:zset 1 a 2.25 b -inf c",
        "RPUSH small:list a b 3",
        "SET expiring value PX 9999999999",
        "EXPIREAT small:hash 9999999999",
        "SETBIT bits 100000 1",
        "PFADD log a b c d",
        "XGROUP CREATE big:stream group 1-10",
        "XREADGROUP GROUP group me COUNT 5 STREAMS big:stream >",
        "SELECT 3",
        "SET elsewhere value",
        "SELECT 0",
    ] {
        run(line);
    }
    pipe.query::<()>(client).expect("filled");
}

/// All that is there, in words.
pub(crate) fn content(client: &mut redis::Connection) -> Vec<String> {
    let mut all = Vec::new();
    for line in [
        "DBSIZE",
        "GET string:1999",
        "GET number:3",
        "STRLEN bits",
        "BITCOUNT bits",
        "PFCOUNT log",
        "TYPE big:stream",
        "HGETALL big:hash",
        "HGETALL small:hash",
        "SMEMBERS big:set",
        "SMEMBERS small:set",
        "SMEMBERS small:integers",
        "ZRANGE big:zset 0 -1 WITHSCORES",
        "ZRANGE small:zset 0 -1 WITHSCORES",
        "LRANGE big:list 0 -1",
        "LRANGE small:list 0 -1",
        "XRANGE big:stream - +",
        "XINFO STREAM big:stream FULL COUNT 3",
        "XPENDING big:stream group",
        "PEXPIRETIME small:hash",
        "OBJECT ENCODING small:integers",
        "OBJECT ENCODING big:hash",
    ] {
        let mut words = line.split(' ');
        let name = words.next().expect("a command");
        let mut command = redis::cmd(name);
        words.for_each(|word| _ = command.arg(word));
        let value: redis::Value = command.query(client).expect("a reply");
        let mut text = vec![format!("{value:?}")];
        if let (true, redis::Value::Array(items)) = (name == "SMEMBERS", &value) {
            text = items.iter().map(|item| format!("{item:?}")).collect();
        } else if let (true, redis::Value::Array(items)) = (name == "HGETALL", &value) {
            text = items.chunks(2).map(|pair| format!("{pair:?}")).collect();
        }
        text.sort();
        // Nodes and how consumers were seen differ between servers, and are not data.
        let line_text = format!("{line}: {}", text.join(" "));
        all.push(if name == "XINFO" { line.to_owned() } else { line_text });
    }
    all
}

fn both_ways(variable: &str, name: &str) {
    let Some(program) = program(variable, name) else {
        eprintln!("skipped: there is no {name} here, and {variable} names none");
        return;
    };
    let folder = folder();
    // From the peer to Anax …
    let peer = Peer::start(&program, folder.path());
    fill(&mut peer.client());
    let expected = content(&mut peer.client());
    redis::cmd("SAVE").query::<()>(&mut peer.client()).expect("saved");
    drop(peer);
    let server = anax(folder.path(), "2");
    assert_eq!(content(&mut server.client()), expected);
    // … and back, after changes that Anax made.
    redis::cmd("SET").arg("string:1999").arg("changed").query::<()>(&mut server.client()).expect("set");
    let expected = content(&mut server.client());
    redis::cmd("SAVE").query::<()>(&mut server.client()).expect("saved");
    drop(server);
    let peer = Peer::start(&program, folder.path());
    assert_eq!(content(&mut peer.client()), expected);
}

#[test]
fn redis_reads_what_anax_writes_and_the_other_way_round() {
    both_ways("ANAX_REDIS", "redis-server-8");
}

#[test]
fn valkey_reads_what_anax_writes_and_the_other_way_round() {
    both_ways("ANAX_VALKEY", "valkey-server");
}
