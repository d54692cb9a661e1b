//! Scripts that take long, scripts that are run again, and what clients in MONITOR mode see of scripts; through real sockets.

use redis::{RedisResult, cmd};

use crate::harness::{Server, Setup, eventually};

const BUSY: &str = "Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.";

/// The text behind the code of an error.
fn refused<T: std::fmt::Debug>(result: RedisResult<T>) -> String {
    let error = result.expect_err("an error");
    format!("{} {}", error.code().unwrap_or_default(), error.detail().unwrap_or_default())
}

/// For each shard of so many, a key that lives there.
fn keys(shards: usize) -> Vec<String> {
    let shard = |key: &str| usize::from(base::slot::key_slot(key.as_bytes())) * shards / 16384;
    let key_in = |wanted| (0..).map(|number| format!("key:{number}")).find(|key| shard(key) == wanted);
    (0..shards).map(|wanted| key_in(wanted).unwrap_or_default()).collect()
}

/// Waits until a script is busy, as a key of its shard shows.
fn await_busy(client: &mut redis::Connection, key: &str) {
    eventually("a busy script", || cmd("GET").arg(key).query::<Option<String>>(client).is_err());
}

#[test]
fn a_script_that_takes_long_is_busy_until_it_is_killed() {
    for (shards, setup) in
        [1, 2].into_iter().flat_map(|shards| Setup::of(shards).into_iter().map(move |of| (shards, of)))
    {
        let server = Server::start(setup, &["--busy-reply-threshold", "50"]);
        let keys = keys(shards);
        let mut other = server.client();
        for script in [
            "while true do pcall(function() while true do end end) end",
            "while true do redis.pcall('GET', KEYS[1]) end",
        ] {
            let mut client = server.client();
            std::thread::scope(|scope| {
                let first = &keys[0];
                let running =
                    scope.spawn(move || cmd("EVAL").arg(script).arg(1).arg(first).query::<()>(&mut client));
                await_busy(&mut other, first);
                assert_eq!(
                    refused(cmd("SET").arg(first).arg(1).query::<()>(&mut other)),
                    format!("BUSY {BUSY}")
                );
                for key in keys.iter().skip(1) {
                    cmd("SET").arg(key).arg(1).query::<()>(&mut other).expect("another shard serves");
                }
                assert_eq!(refused(cmd("MGET").arg(&keys).query::<()>(&mut other)), format!("BUSY {BUSY}"));
                assert_eq!(
                    refused(cmd("FUNCTION").arg("KILL").query::<()>(&mut other)),
                    format!("BUSY {BUSY}")
                );
                cmd("SCRIPT").arg("KILL").query::<()>(&mut other).expect("SCRIPT KILL");
                let text = refused(running.join().expect("a thread"));
                assert!(text.starts_with("ERR Script killed by user with SCRIPT KILL..."), "{text}");
                cmd("SET").arg(first).arg(1).query::<()>(&mut other).expect("the shard serves again");
            });
        }
        let text = refused(cmd("SCRIPT").arg("KILL").query::<()>(&mut other));
        assert_eq!(text, "NOTBUSY No scripts in execution right now.");
    }
}

#[test]
fn a_script_that_has_written_is_not_killed() {
    for setup in Setup::of(2) {
        let server = Server::start(setup, &["--busy-reply-threshold", "20"]);
        let (mut client, mut other) = (server.client(), server.client());
        let script = "redis.call('SET', KEYS[1], 'x') local from = os.clock() while os.clock() - from < 0.5 do end return 'end'";
        std::thread::scope(|scope| {
            let running =
                scope.spawn(move || cmd("EVAL").arg(script).arg(1).arg("k").query::<String>(&mut client));
            await_busy(&mut other, "k");
            let text = refused(cmd("SCRIPT").arg("KILL").query::<()>(&mut other));
            assert!(text.starts_with("UNKILLABLE "), "{text}");
            assert_eq!(running.join().expect("a thread").expect("a reply"), "end");
        });
        assert_eq!(cmd("GET").arg("k").query::<String>(&mut other).expect("GET"), "x");
    }
}

#[test]
fn scripts_over_shards_are_run_again_when_they_stray() {
    for setup in Setup::of(7) {
        let server = Server::start(setup, &[]);
        let mut client = server.client();
        let keys = keys(7);
        let script = "for _, key in ipairs(KEYS) do redis.call('INCR', key) end \
                      for _, key in ipairs(ARGV) do redis.call('INCR', key) end return redis.call('DBSIZE')";
        for declared in [7, 3, 1, 0] {
            let (names, others) = keys.split_at(declared);
            let script = format!("{script} -- {declared}");
            let size: i64 = cmd("EVAL")
                .arg(script)
                .arg(declared)
                .arg(names)
                .arg(others)
                .query(&mut client)
                .expect("EVAL");
            assert_eq!(size, 7);
        }
        let values: Vec<i64> = cmd("MGET").arg(&keys).query(&mut client).expect("MGET");
        assert_eq!(values, [4; 7], "each key was counted up once a script");
        let text = server.connect().text("INFO shards");
        let counts = text.split("script_restarts=").skip(1);
        let restarts: u64 = counts
            .map(|rest| rest.split(|letter: char| !letter.is_ascii_digit()).next().unwrap_or_default())
            .map(|digits| digits.parse::<u64>().expect("a number"))
            .sum();
        assert!(restarts > 0, "scripts that stray are run again: {text}");
    }
}

#[test]
fn monitors_see_what_scripts_call() {
    for setup in Setup::of(2) {
        let server = Server::start(setup, &[]);
        let mut monitor = server.connect();
        assert_eq!(monitor.ask("MONITOR"), "+OK\r\n");
        let mut client = server.client();
        let script = "redis.call('SET', KEYS[1], 'a b') return redis.call('GET', KEYS[1])";
        cmd("EVAL").arg(script).arg(1).arg("k").query::<String>(&mut client).expect("EVAL");
        let mut lines = Vec::new();
        while lines.len() < 2 {
            let line = monitor.reply().trim_end().to_owned();
            if line.contains(" lua] ") {
                lines.push(line.split_once(' ').map(|(_, rest)| rest.to_owned()).unwrap_or_default());
            } else {
                assert!(lines.is_empty(), "the script stands in front of its calls");
            }
        }
        assert_eq!(lines, ["[0 lua] \"SET\" \"k\" \"a b\"", "[0 lua] \"GET\" \"k\""]);
    }
}
