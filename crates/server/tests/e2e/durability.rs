//! The append-only log of a running server: what was answered is there after kill -9, with any number of shards; writes over
//! several shards are whole or absent; torn files are cut, damaged ones refused; files of other servers are imported.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::harness::{Server, eventually, folder};

/// How often the server is killed under load; this variable of the environment asks for more.
const KILLS: usize = 6;
const KILLS_VARIABLE: &str = "ANAX_TEST_KILLS";

fn start(folder: &Path, shards: &str, more: &[&str]) -> Server {
    Server::start_in(folder, shards, &[&["--save", "", "--appendonly", "yes"], more].concat())
}

fn ask<T: redis::FromRedisValue>(server: &Server, words: &[&str]) -> T {
    let mut command = redis::cmd(words[0]);
    words[1..].iter().for_each(|word| _ = command.arg(word));
    command.query(&mut server.client()).expect("a reply")
}

fn log_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder.join("appendonlydir")).expect("a folder");
    let files = entries.map(|entry| entry.expect("an entry").path());
    let mut files: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|end| end == "log")).collect();
    files.sort();
    files
}

/// What a client knows when the server is gone: how many of its writes were answered. `name` makes keys of the client's own.
fn write_until_the_end(mut connection: redis::Connection, name: &str) -> [u64; 3] {
    let mut answered = [0; 3];
    for number in 1.. {
        let text = number.to_string();
        let key = |place: usize| format!("{name}:{place}");
        let single = redis::cmd("SET").arg(format!("{name}:one")).arg(&text).query::<()>(&mut connection);
        if single.is_err() {
            break;
        }
        answered[0] = number;
        let mut several = redis::cmd("MSET");
        (0..5).for_each(|place| _ = several.arg(key(place)).arg(&text));
        if several.query::<()>(&mut connection).is_err() {
            break;
        }
        answered[1] = number;
        let mut transaction = redis::pipe();
        transaction.atomic();
        (5..9).for_each(|place| _ = transaction.cmd("SET").arg(key(place)).arg(&text).ignore());
        if transaction.query::<()>(&mut connection).is_err() {
            break;
        }
        answered[2] = number;
    }
    answered
}

#[test]
fn nothing_that_was_answered_is_lost_by_kill() {
    let kills = std::env::var(KILLS_VARIABLE).ok().and_then(|text| text.parse().ok()).unwrap_or(KILLS);
    let folder = folder();
    let mut before = vec![[0u64; 3]; 4];
    for run in 0..=kills {
        let shards = ["2", "1", "7", "2", "3"][run % 5];
        let server = start(folder.path(), shards, &["--appendfsync", "always"]);
        let mut client = server.client();
        let number = |text: Option<String>| text.map_or(0, |text| text.parse::<u64>().expect("a number"));
        for (number_of, answered) in before.iter().enumerate() {
            let one: Option<String> =
                redis::cmd("GET").arg(format!("c{number_of}:one")).query(&mut client).expect("a reply");
            // One write may have been under way, answered or not.
            let one = number(one);
            assert!(
                one == answered[0] || one == answered[0] + 1,
                "run {run}: {one}, and {answered:?} were answered"
            );
            for (places, answered) in [(0..5, answered[1]), (5..9, answered[2])] {
                let mut get = redis::cmd("MGET");
                places.for_each(|place| _ = get.arg(format!("c{number_of}:{place}")));
                let found: Vec<Option<String>> = get.query(&mut client).expect("a reply");
                assert!(
                    found.iter().all(|value| *value == found[0]),
                    "run {run}: a part is missing: {found:?}"
                );
                let found = number(found[0].clone());
                assert!(
                    found == answered || found == answered + 1,
                    "run {run}: {found}, and {answered} was answered"
                );
            }
        }
        if run == kills {
            break;
        }
        redis::cmd("FLUSHALL").query::<()>(&mut client).expect("a reply");
        before = std::thread::scope(|scope| {
            let connections = (0..4).map(|client| (client, server.client())).collect::<Vec<_>>();
            let write = |(client, connection)| {
                scope.spawn(move || write_until_the_end(connection, &format!("c{client}")))
            };
            let threads: Vec<_> = connections.into_iter().map(write).collect();
            // Not to wait for anything: the moment of the end is to differ from run to run.
            std::thread::sleep(Duration::from_millis(20 + 37 * (run as u64 % 11)));
            if run % 3 == 1 {
                let _ = redis::cmd("BGREWRITEAOF").query::<String>(&mut client);
            }
            server.signal(9);
            threads.into_iter().map(|thread| thread.join().expect("a client")).collect()
        });
        // It was killed already.
        server.kill();
    }
}

/// Cores hand what they log to the system before they answer, so it survives the end of the process even if nobody syncs. The keys
/// of a client share a shard: a write over several shards that a kill tears takes with it what came behind it there.
#[test]
fn nothing_that_was_answered_is_lost_by_kill_without_syncs() {
    let folder = folder();
    for (run, shards) in ["1", "2", "7"].into_iter().enumerate() {
        let server = start(folder.path(), shards, &["--appendfsync", "no"]);
        ask::<()>(&server, &["FLUSHALL"]);
        let answered: Vec<[u64; 3]> = std::thread::scope(|scope| {
            let connections = (0..4).map(|client| (client, server.client())).collect::<Vec<_>>();
            let write = |(client, connection)| {
                scope.spawn(move || write_until_the_end(connection, &format!("{{c{client}}}")))
            };
            let threads: Vec<_> = connections.into_iter().map(write).collect();
            // Not to wait for anything: the moment of the end is to differ from run to run.
            std::thread::sleep(Duration::from_millis(200 + 37 * run as u64));
            server.signal(9);
            threads.into_iter().map(|thread| thread.join().expect("a client")).collect()
        });
        server.kill();
        let server = start(folder.path(), "3", &[]);
        for (client, answered) in answered.into_iter().enumerate() {
            let keys = ["one", "0", "5"].map(|place| format!("{{c{client}}}:{place}"));
            let found: Vec<u64> = ask(&server, &["MGET", &keys[0], &keys[1], &keys[2]]);
            for (found, answered) in found.into_iter().zip(answered) {
                assert!(found == answered || found == answered + 1, "{found}, and {answered} was answered");
            }
        }
        server.kill();
    }
}

#[test]
fn a_restart_with_other_shards_has_the_same_data() {
    let folder = folder();
    let debug = ["--enable-debug-command", "local", "--appendfsync", "always"];
    let mut digest: Option<String> = None;
    for (run, shards) in ["1", "2", "7", "1"].iter().enumerate() {
        let server = start(folder.path(), shards, &debug);
        if let Some(digest) = &digest {
            assert_eq!(&ask::<String>(&server, &["DEBUG", "DIGEST"]), digest, "with {shards} shards");
        }
        let run = run.to_string();
        for words in [
            &["SET", "string", &run][..],
            &["MSET", "a", &run, "b", "2", "c", "3", "d", "4"],
            &["SET", "later", "x", "EX", "100000"],
            &["RPUSH", "list", "a", "b", &run],
            &["LMOVE", "list", "other", "LEFT", "RIGHT"],
            &["HSET", "hash", &run, "v"],
            &["SADD", "set", "1", "2", "3", &run],
            &["SPOP", "set"],
            &["SUNIONSTORE", "union", "set", "other-set"],
            &["ZADD", "zset", &run, "m"],
            &["XADD", "stream", "*", "f", &run],
            &["EVAL", "redis.call('incr', KEYS[1]); redis.call('append', KEYS[2], 'x')", "2", "n", "text"],
            &["RENAME", "b", "renamed"],
        ] {
            ask::<redis::Value>(&server, words);
        }
        if run == "1" {
            ask::<redis::Value>(&server, &["FLUSHALL"]);
            ask::<redis::Value>(&server, &["MSET", "a", "1", "b", "2", "c", "3", "d", "4"]);
        }
        digest = Some(ask(&server, &["DEBUG", "DIGEST"]));
        server.kill();
    }
}

#[test]
fn a_rewrite_replaces_the_log() {
    let folder = folder();
    let server = start(folder.path(), "2", &["--appendfsync", "always"]);
    let mut pipe = redis::pipe();
    for number in 0..300 {
        pipe.cmd("SET").arg(format!("k{}", number % 10)).arg(number).ignore();
    }
    pipe.query::<()>(&mut server.client()).expect("replies");
    assert_eq!(ask::<String>(&server, &["BGREWRITEAOF"]), "Background append only file rewriting started");
    eventually("the rewrite", || {
        let manifest = std::fs::read_to_string(folder.path().join("appendonlydir/appendonly.aof.manifest"));
        manifest.expect("a manifest").contains("base ")
    });
    ask::<()>(&server, &["SET", "after", "1"]);
    server.kill();
    let server = start(folder.path(), "3", &[]);
    assert_eq!(ask::<usize>(&server, &["DBSIZE"]), 11);
    assert_eq!(ask::<String>(&server, &["GET", "k9"]), "299");
}

#[test]
fn a_log_that_is_switched_on_holds_what_is_there() {
    let folder = folder();
    let server = start(folder.path(), "2", &["--appendonly", "no"]);
    ask::<()>(&server, &["MSET", "a", "1", "b", "2", "c", "3"]);
    ask::<()>(&server, &["CONFIG", "SET", "appendonly", "yes"]);
    eventually("the first base", || folder.path().join("appendonlydir/appendonly.aof.manifest").exists());
    ask::<()>(&server, &["CONFIG", "SET", "appendfsync", "always"]);
    ask::<()>(&server, &["SET", "d", "4"]);
    server.kill();
    let server = start(folder.path(), "1", &[]);
    assert_eq!(ask::<usize>(&server, &["DBSIZE"]), 4);
}

/// A file of the log without the room at its end that was made and not used; no frame here ends with a zero.
fn frames_of(path: &Path) -> Vec<u8> {
    let mut bytes = std::fs::read(path).expect("a log");
    bytes.truncate(bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1));
    bytes
}

/// Runs `check-aof`; returns whether it is content, and what it said.
fn check(folder: &Path, fix: Option<&str>) -> (bool, String) {
    use std::io::Write;
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_anax"));
    command.arg("check-aof").args(fix.map(|_| "--fix")).arg(folder.join("appendonlydir"));
    let piped = std::process::Stdio::piped;
    let mut child = command.stdin(piped()).stdout(piped()).stderr(piped()).spawn().expect("it starts");
    let mut input = child.stdin.take().expect("its input");
    let _ = input.write_all(fix.unwrap_or_default().as_bytes());
    drop(input);
    let output = child.wait_with_output().expect("it ends");
    (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

#[test]
fn torn_ends_are_cut_and_damage_is_refused() {
    let folder = folder();
    let server = start(folder.path(), "2", &["--appendfsync", "always"]);
    for number in 0..20 {
        ask::<()>(&server, &["SET", &format!("k{number}"), "a value"]);
    }
    server.kill();
    let (good, said) = check(folder.path(), None);
    assert!(good && said.contains("20 frames") && said.contains("no errors"), "{said}");
    let file = log_files(folder.path())[0].clone();
    let whole = frames_of(&file);
    std::fs::write(&file, &whole[..whole.len() - 3]).expect("written");
    let (good, said) = check(folder.path(), None);
    assert!(!good && said.contains("a frame without its end"), "{said}");
    let dir = folder.path().to_str().expect("text");
    let refusing = ["--port", "0", "--dir", dir, "--appendonly", "yes", "--aof-load-truncated", "no"];
    let mut server = Server::launch(&refusing, &[]);
    assert!(!server.wait().success() && server.log().contains("do not count"), "{}", server.log());
    let (good, said) = check(folder.path(), Some("n\n"));
    assert!(!good && said.contains("nothing was changed"), "{said}");
    let (good, said) = check(folder.path(), Some("y\n"));
    assert!(good && said.contains("1 files were cut"), "{said}");
    let server = start(folder.path(), "2", &[]);
    assert_eq!(ask::<usize>(&server, &["DBSIZE"]), 19);
    server.kill();
    let mut damaged = std::fs::read(&file).expect("a log");
    damaged[60] ^= 4;
    std::fs::write(&file, &damaged).expect("written");
    let mut server = Server::launch(&["--port", "0", "--dir", dir, "--appendonly", "yes"], &[]);
    assert!(!server.wait().success());
    assert!(
        server.log().contains("shard0.incr.log") && server.log().contains("at byte 24"),
        "{}",
        server.log()
    );
    assert_eq!(std::fs::read(&file).expect("a log"), damaged, "it is left as it is");
}

#[test]
fn files_of_redis_and_valkey_are_imported() {
    for name in ["redis", "valkey"] {
        for shards in ["1", "3"] {
            let folder = folder();
            let to = folder.path().join("appendonlydir");
            std::fs::create_dir(&to).expect("made");
            let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/aof").join(name);
            for entry in std::fs::read_dir(from).expect("recorded") {
                let entry = entry.expect("an entry");
                std::fs::copy(entry.path(), to.join(entry.file_name())).expect("copied");
            }
            for _ in 0..2 {
                let server = start(folder.path(), shards, &["--appendfsync", "always"]);
                assert_eq!(ask::<usize>(&server, &["DBSIZE"]), 9, "of {name}");
                assert_eq!(ask::<String>(&server, &["GET", "n"]), "2");
                assert_eq!(ask::<Vec<String>>(&server, &["LRANGE", "list", "0", "-1"]), ["z", "a", "b", "c"]);
                assert_eq!(ask::<usize>(&server, &["SCARD", "s"]), 2);
                assert!(ask::<i64>(&server, &["TTL", "b"]) > 1_000_000);
                ask::<()>(&server, &["SET", "a", "again"]);
                server.kill();
            }
            assert!(to.join("appendonly.aof.manifest.redis").exists());
        }
    }
}

/// A file of commands.
fn commands(lines: &[&str]) -> Vec<u8> {
    lines.iter().flat_map(|line| crate::harness::encode(&line.split(' ').collect::<Vec<_>>())).collect()
}

#[test]
fn one_file_of_an_old_redis_is_imported() {
    let tail =
        commands(&["SELECT 0", "SET a 1", "MSET b 2 c 3", "MULTI", "INCR a", "DEL c", "EXEC", "SET torn"]);
    let tail = &tail[..tail.len() - 1];
    for (mixed, name) in [(false, "appendonly.aof"), (true, "old log.aof")] {
        for shards in ["1", "3"] {
            let folder = folder();
            let mut bytes = Vec::new();
            if mixed {
                let dir = folder.path().to_str().expect("text");
                let plain = ["--port", "0", "--bind", "127.0.0.1", "--dir", dir, "--save", ""];
                let server = Server::start_plain(&plain, &[]);
                ask::<()>(&server, &["MSET", "of:rdb", "x", "a", "9"]);
                ask::<()>(&server, &["SAVE"]);
                drop(server);
                let snapshot = folder.path().join("dump.rdb");
                bytes = std::fs::read(&snapshot).expect("saved");
                std::fs::remove_file(snapshot).expect("removed");
            }
            bytes.extend_from_slice(tail);
            std::fs::write(folder.path().join(name), &bytes).expect("written");
            let named = ["--appendfilename", name, "--appendfsync", "always"];
            for round in 0..2 {
                let server = start(folder.path(), shards, &named);
                assert_eq!(
                    ask::<usize>(&server, &["DBSIZE"]),
                    if mixed { 3 } else { 2 } + round,
                    "{name} {shards}"
                );
                assert_eq!(ask::<Vec<String>>(&server, &["MGET", "a", "b"]), ["2", "2"]);
                ask::<()>(&server, &["SET", "new", "1"]);
                server.kill();
            }
            assert!(!folder.path().join(name).exists(), "it has moved");
            let dir = folder.path().to_str().expect("text");
            let refusing = ["--port", "0", "--dir", dir, "--appendonly", "yes", "--aof-load-truncated", "no"];
            let mut server = Server::launch(&[&refusing[..], &named].concat(), &[]);
            assert!(!server.wait().success() && server.log().contains("unexpected end"), "{}", server.log());
        }
    }
}

#[test]
fn commands_over_several_shards_are_imported() {
    let file = commands(&[
        "SELECT 0",
        "MSET a 1 b 2 c 3 weight_2 20 weight_1 10",
        "SADD s1 1 2 3",
        "SADD s2 2 3 4",
        "SINTERSTORE both s1 s2",
        "RENAME a renamed",
        "MULTI",
        "INCR b",
        "COPY b copied",
        "SMOVE s1 s2 1",
        "DEL c",
        "EXEC",
        "RPUSH list 2 1",
        "SORT list BY weight_* STORE sorted",
        "LMOVE list list2 LEFT RIGHT",
        "PFADD h1 x y",
        "PFADD h2 z",
        "PFMERGE h3 h1 h2",
        "BITOP NOT bits b",
        "MSETNX n1 1 n2 2 n3 3",
        "MSETNX n1 9 n4 9",
        "SELECT 2",
        "SET there 1",
        "RENAME there elsewhere",
        "SELECT 0",
        "INCR last",
    ]);
    for shards in ["1", "2", "7"] {
        let folder = folder();
        std::fs::write(folder.path().join("appendonly.aof"), &file).expect("written");
        for _ in 0..2 {
            let options = ["--appendfsync", "always", "--enable-debug-command", "yes"];
            let server = start(folder.path(), shards, &options);
            for _ in 0..2 {
                let strings: Vec<Option<String>> = ask(
                    &server,
                    &["MGET", "a", "renamed", "b", "copied", "c", "n1", "n2", "n3", "n4", "last"],
                );
                let strings: Vec<&str> = strings.iter().map(|text| text.as_deref().unwrap_or("-")).collect();
                assert_eq!(strings, ["-", "1", "3", "3", "-", "1", "2", "3", "-", "1"], "{shards}");
                assert_eq!(ask::<usize>(&server, &["SCARD", "both"]), 2);
                assert_eq!(ask::<usize>(&server, &["SCARD", "s2"]), 4);
                assert_eq!(ask::<Vec<String>>(&server, &["LRANGE", "sorted", "0", "-1"]), ["1", "2"]);
                assert_eq!(ask::<Vec<String>>(&server, &["LRANGE", "list2", "0", "-1"]), ["2"]);
                assert_eq!(ask::<usize>(&server, &["PFCOUNT", "h3"]), 3);
                assert_eq!(ask::<usize>(&server, &["STRLEN", "bits"]), 1);
                ask::<()>(&server, &["DEBUG", "LOADAOF"]);
            }
            server.kill();
        }
    }
}

#[test]
fn a_log_cut_at_any_byte_keeps_writes_whole() {
    let folder = folder();
    let server = start(folder.path(), "2", &["--appendfsync", "always"]);
    for words in
        [&["SET", "first", "1"][..], &["MSET", "a", "1", "b", "1", "c", "1", "d", "1"], &["SET", "last", "1"]]
    {
        ask::<()>(&server, words);
    }
    server.kill();
    let keep = |path: &PathBuf| (path.clone(), frames_of(path));
    let manifest = folder.path().join("appendonlydir/appendonly.aof.manifest");
    let files: Vec<(PathBuf, Vec<u8>)> =
        log_files(folder.path()).iter().chain([&manifest]).map(keep).collect();
    for (cut, whole) in files.iter().take(2) {
        for end in 24..whole.len() {
            log_files(folder.path()).iter().for_each(|path| std::fs::remove_file(path).expect("removed"));
            files.iter().for_each(|(path, bytes)| std::fs::write(path, bytes).expect("written"));
            std::fs::write(cut, &whole[..end]).expect("written");
            let server = start(folder.path(), ["1", "2", "3"][end % 3], &[]);
            let values: Vec<Option<String>> = ask(&server, &["MGET", "a", "b", "c", "d"]);
            assert!(values.iter().all(|value| *value == values[0]), "cut at {end}: {values:?}");
        }
    }
}
