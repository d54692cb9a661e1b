//! Snapshots of a running server: what they hold, who can read them, what a damaged one does.

use std::path::Path;

use crate::harness::{Server, Setup, encode, eventually, folder};

fn start(folder: &Path, shards: &str, more: &[&str]) -> Server {
    let dir = folder.to_str().expect("text");
    let args = ["--port", "0", "--bind", "127.0.0.1", "--pin-cpus", "no", "--dir", dir, "--shards", shards];
    Server::start_plain(&[&args[..], more].concat(), &[])
}

/// Fills a server with 20,000 strings and a hash.
fn fill(server: &Server) {
    let mut client = server.client();
    let mut pipe = redis::pipe();
    for i in 0..20_000 {
        pipe.cmd("SET").arg(format!("key:{i}")).arg(format!("value:{i}")).ignore();
    }
    for i in 0..2000 {
        pipe.cmd("HSET").arg("hash").arg(format!("field:{i}")).arg(i).ignore();
    }
    pipe.query::<()>(&mut client).expect("filled");
}

fn ask<T: redis::FromRedisValue>(server: &Server, words: &[&str]) -> T {
    let mut command = redis::cmd(words[0]);
    words[1..].iter().for_each(|word| _ = command.arg(word));
    command.query(&mut server.client()).expect("a reply")
}

fn is_loaded(server: &Server) -> bool {
    ask::<String>(server, &["INFO", "persistence"]).contains("\nloading:0")
}

#[test]
fn a_snapshot_is_there_after_a_restart_with_other_shards() {
    let folder = folder();
    let server = start(folder.path(), "2", &["--save", ""]);
    fill(&server);
    assert_eq!(ask::<String>(&server, &["SAVE"]), "OK");
    drop(server);
    for shards in ["1", "7", "2"] {
        let server = start(folder.path(), shards, &["--save", ""]);
        eventually("loading", || is_loaded(&server));
        assert_eq!(ask::<usize>(&server, &["DBSIZE"]), 20_001);
        assert_eq!(ask::<String>(&server, &["GET", "key:777"]), "value:777");
        assert_eq!(ask::<String>(&server, &["HGET", "hash", "field:1999"]), "1999");
    }
}

/// A snapshot that is being written when the server ends is given up, and doesn't keep it from ending.
#[test]
fn the_end_does_not_wait_for_a_snapshot() {
    for setup in Setup::all() {
        for command in ["BGSAVE", "BGREWRITEAOF"] {
            let folder = folder();
            let dir = folder.path().to_str().expect("text");
            let more = ["--dir", dir, "--appendonly", "yes", "--enable-debug-command", "yes"];
            let mut server = Server::start(setup, &more);
            let mut wire = server.connect();
            eventually("loading", || wire.ask("DEBUG POPULATE 200000") == "+OK\r\n");
            wire.send(&[encode(&[command]), encode(&["SHUTDOWN", "NOSAVE"])].concat());
            wire.read_to_close();
            assert!(server.wait().success(), "{setup:?} {command}");
            for place in [folder.path(), &folder.path().join("appendonlydir")] {
                let names = std::fs::read_dir(place).expect("a folder").map(|entry| entry.expect("an entry"));
                let left: Vec<_> =
                    names.map(|entry| entry.file_name().into_string().expect("text")).collect();
                assert!(!left.iter().any(|name| name.starts_with("temp-")), "{setup:?} {command}: {left:?}");
            }
        }
    }
}

#[test]
fn writes_during_a_snapshot_are_not_in_it() {
    let folder = folder();
    let server = start(folder.path(), "2", &["--save", ""]);
    fill(&server);
    assert_eq!(ask::<String>(&server, &["BGSAVE"]), "Background saving started");
    let mut client = server.client();
    let mut pipe = redis::pipe();
    (0..20_000).for_each(|i| _ = pipe.cmd("SET").arg(format!("key:{i}")).arg("changed").ignore());
    pipe.cmd("DEL").arg("hash").ignore();
    pipe.query::<()>(&mut client).expect("changed");
    eventually("the snapshot", || {
        ask::<String>(&server, &["INFO", "persistence"]).contains("rdb_bgsave_in_progress:0")
    });
    drop(server);
    let server = start(folder.path(), "1", &["--save", ""]);
    eventually("loading", || is_loaded(&server));
    assert_eq!(ask::<String>(&server, &["GET", "key:19999"]), "value:19999");
    assert_eq!(ask::<usize>(&server, &["HLEN", "hash"]), 2000);
}

#[test]
fn the_end_saves_if_so_configured() {
    let folder = folder();
    let mut server = start(folder.path(), "2", &["--save", "3600 1"]);
    fill(&server);
    server.signal(15);
    assert!(server.wait().success());
    let mut server = start(folder.path(), "3", &["--save", ""]);
    eventually("loading", || is_loaded(&server));
    assert_eq!(ask::<usize>(&server, &["DBSIZE"]), 20_001);
    ask::<()>(&server, &["FLUSHALL"]);
    server.signal(15);
    assert!(server.wait().success());
    let server = start(folder.path(), "1", &["--save", ""]);
    eventually("loading", || is_loaded(&server));
    assert_eq!(ask::<usize>(&server, &["DBSIZE"]), 20_001);
}

#[test]
fn save_points_save() {
    let folder = folder();
    let server = start(folder.path(), "2", &["--save", "1 10"]);
    fill(&server);
    eventually("a snapshot", || folder.path().join("dump.rdb").exists());
    eventually("the count", || ask::<String>(&server, &["INFO", "persistence"]).contains("rdb_saves:1"));
}

#[test]
fn a_damaged_file_stops_the_start_and_stays() {
    let folder = folder();
    let path = folder.path().join("dump.rdb");
    std::fs::write(&path, b"REDIS0011\x00\x03key").expect("written");
    let dir = folder.path().to_str().expect("text");
    let mut server =
        Server::launch(&["--port", "0", "--bind", "127.0.0.1", "--dir", dir, "--shards", "2"], &[]);
    assert!(!server.wait().success());
    assert!(server.log().contains("unexpected end at byte 14"), "{}", server.log());
    assert_eq!(std::fs::read(&path).expect("there").len(), 14);
}

#[test]
fn a_failed_snapshot_stops_writes() {
    let folder = folder();
    let server = start(folder.path(), "2", &["--save", "3600 1"]);
    // A folder where the file should go.
    std::fs::create_dir(folder.path().join("dump.rdb")).expect("made");
    fill(&server);
    let mut client = server.client();
    let error = redis::cmd("SAVE").query::<()>(&mut client).expect_err("refused");
    assert!(error.to_string().contains("ERR") || !error.to_string().is_empty());
    eventually("MISCONF", || {
        let set = redis::cmd("SET").arg("a").arg("b").query::<()>(&mut client);
        set.is_err_and(|error| error.to_string().to_lowercase().contains("misconf"))
    });
    assert_eq!(ask::<String>(&server, &["GET", "key:1"]), "value:1");
    ask::<()>(&server, &["CONFIG", "SET", "stop-writes-on-bgsave-error", "no"]);
    eventually("writes", || redis::cmd("SET").arg("a").arg("b").query::<()>(&mut client).is_ok());
}

#[test]
fn both_forms_fit_any_number_of_shards_in_turn() {
    let folder = folder();
    let mut digest = String::new();
    for (turn, shards) in ["1", "2", "7", "1", "2"].into_iter().enumerate() {
        // Each start loads what the one before wrote, and writes the other form.
        let form = if turn % 2 == 0 { "folder" } else { "rdb" };
        let compression = if turn < 2 { "yes" } else { "no" };
        let more = [
            "--save",
            "",
            "--snapshot-format",
            form,
            "--rdbcompression",
            compression,
            "--enable-debug-command",
            "yes",
        ];
        let server = start(folder.path(), shards, &more);
        if turn == 0 {
            fill(&server);
            digest = ask(&server, &["DEBUG", "DIGEST"]);
        }
        eventually("loading", || is_loaded(&server));
        assert_eq!(ask::<usize>(&server, &["DBSIZE"]), 20_001);
        assert_eq!(ask::<String>(&server, &["DEBUG", "DIGEST"]), digest, "turn {turn}");
        assert_eq!(ask::<String>(&server, &["SAVE"]), "OK");
    }
    let parts = std::fs::read_dir(folder.path().join("dump.snapshot")).expect("there").count();
    assert_eq!(parts, 2 + 1, "the parts of the last snapshot, and the manifest");
}

#[test]
fn a_damaged_part_stops_the_start_with_its_place() {
    let folder = folder();
    let server = start(folder.path(), "2", &["--save", "", "--snapshot-format", "folder"]);
    fill(&server);
    assert_eq!(ask::<String>(&server, &["SAVE"]), "OK");
    drop(server);
    let snapshot = folder.path().join("dump.snapshot");
    let part = std::fs::read_dir(&snapshot).expect("there").flatten().map(|entry| entry.path());
    let part = part.into_iter().find(|path| path.to_string_lossy().ends_with(".1.part")).expect("a part");
    let good = std::fs::read(&part).expect("read");
    let refused = |content: &[u8], expected: &str| {
        std::fs::write(&part, content).expect("written");
        let dir = folder.path().to_str().expect("text");
        let args = ["--port", "0", "--bind", "127.0.0.1", "--dir", dir, "--shards", "3"];
        let mut server = Server::launch(&args, &[]);
        assert!(!server.wait().success());
        assert!(server.log().contains(expected), "{}", server.log());
        assert!(std::fs::read(&part).expect("read") == content, "it is left as it is");
    };
    let mut flipped = good.clone();
    flipped[1000] ^= 1;
    refused(&flipped, "checksum is wrong at byte 0 of part 1");
    refused(&good[..good.len() - 1], &format!("it ends at byte {}", good.len() - 1));
}

/// The state of a server that nobody writes to equals that of a snapshot which was taken while it was written to without pause,
/// at the moment of the cut: the writers stop for that moment only.
#[test]
fn a_snapshot_under_load_is_the_state_at_the_cut() {
    for form in ["rdb", "folder"] {
        let folder = folder();
        let more = ["--save", "", "--snapshot-format", form, "--enable-debug-command", "yes"];
        let server = start(folder.path(), "2", &more);
        fill(&server);
        let digest: String = ask(&server, &["DEBUG", "DIGEST"]);
        assert_eq!(ask::<String>(&server, &["BGSAVE"]), "Background saving started");
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let mut client = server.client();
                scope.spawn(move || {
                    for round in 0..20 {
                        let mut pipe = redis::pipe();
                        for i in 0..1000 {
                            let number = (i * 7 + writer * 5003 + round * 977) % 25_000;
                            match number % 4 {
                                0 => pipe.cmd("DEL").arg(format!("key:{number}")).ignore(),
                                1 => pipe
                                    .cmd("HSET")
                                    .arg("hash")
                                    .arg(format!("field:{number}"))
                                    .arg(round)
                                    .ignore(),
                                2 => pipe.cmd("APPEND").arg(format!("key:{number}")).arg("more").ignore(),
                                _ => pipe
                                    .cmd("RENAME")
                                    .arg(format!("key:{}", number + 1))
                                    .arg("other")
                                    .ignore(),
                            };
                        }
                        // RENAME of a key that is gone is an error, which is fine.
                        let _ = pipe.query::<()>(&mut client);
                    }
                });
            }
        });
        eventually("the snapshot", || {
            ask::<String>(&server, &["INFO", "persistence"]).contains("rdb_bgsave_in_progress:0")
        });
        assert_ne!(ask::<String>(&server, &["DEBUG", "DIGEST"]), digest);
        drop(server);
        let server = start(folder.path(), "3", &more);
        eventually("loading", || is_loaded(&server));
        assert_eq!(ask::<String>(&server, &["DEBUG", "DIGEST"]), digest, "{form}");
    }
}

/// What `check-rdb` says, and whether it is content.
fn check_rdb(path: &Path) -> (bool, String) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_anax")).arg("check-rdb").arg(path).output();
    let output = output.expect("it runs");
    (output.status.success(), String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned())
}

#[test]
fn snapshots_of_both_forms_are_checked() {
    for (form, name) in [("rdb", "dump.rdb"), ("folder", "dump.snapshot")] {
        let folder = folder();
        let dir = folder.path().to_str().expect("text");
        let server = Server::start(Setup::of(2)[0], &["--dir", dir, "--save", "", "--snapshot-format", form]);
        let mut wire = server.connect();
        for number in 0..500 {
            wire.ask(&format!("SET key:{number} value PX 100000000"));
            wire.ask(&format!("HSET hash field:{number} value"));
        }
        assert_eq!(wire.ask("SAVE"), "+OK\r\n");
        drop(server);
        let path = folder.path().join(name);
        let (good, said) = check_rdb(&path);
        assert!(
            good && said.contains("501 keys (500 expire), 1000 elements") && said.contains("no errors"),
            "{said}"
        );
        let victim = match form {
            "rdb" => path.clone(),
            _ => {
                let (good, said) = check_rdb(&path.join("manifest"));
                assert!(good && said.contains("in 2 parts"), "{said}");
                let entries = std::fs::read_dir(&path).expect("a folder").flatten().map(|entry| entry.path());
                let mut parts: Vec<_> = entries.filter(|path| path.extension().is_some()).collect();
                parts.sort();
                parts.remove(1)
            }
        };
        let whole = std::fs::read(&victim).expect("a file");
        let mut damaged = whole.clone();
        damaged[whole.len() / 2] ^= 1;
        for bytes in [&damaged[..], &whole[..whole.len() - 9]] {
            std::fs::write(&victim, bytes).expect("written");
            let (good, said) = check_rdb(&path);
            assert!(!good && (form == "rdb" || said.contains(".1.part: ")), "{said}");
        }
        std::fs::remove_file(&victim).expect("removed");
        assert!(!check_rdb(&path).0);
    }
}
