//! SLOWLOG and COMMANDLOG: the journals of all cores, as one log.

use base::num::parse_i64;
use bus::Wake;
use commands::CmdError;

use super::help;
use crate::core::Core;
use crate::journal::LogKind;
use crate::route::Call;

/// Entries that SLOWLOG GET shows without being asked for a number.
const COUNT_DEFAULT: i64 = 10;

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// SLOWLOG GET [count]
    pub(super) fn slowlog_get(&mut self, call: &Call) -> Result<(), CmdError> {
        let args = self.call_args(call);
        if args.len() > 3 {
            let before = "ERR unknown subcommand or wrong number of arguments for '";
            return Err(CmdError::quoting(before, args.arg(1), "'. Try SLOWLOG HELP."));
        }
        let count = args.get(2).map_or(Ok(COUNT_DEFAULT), count_of)?;
        self.answer_log(call, LogKind::Slow, count);
        Ok(())
    }

    pub(super) fn slowlog_len(&mut self, call: &Call) -> Result<(), CmdError> {
        self.answer_log_len(call, LogKind::Slow);
        Ok(())
    }

    pub(super) fn slowlog_reset(&mut self, call: &Call) -> Result<(), CmdError> {
        self.shared.journals.clear(LogKind::Slow);
        self.answer(call, |reply| reply.ok());
        Ok(())
    }

    pub(super) fn slowlog_help(&mut self, call: &Call) -> Result<(), CmdError> {
        self.answer(call, |reply| help::write(help::SLOWLOG, reply));
        Ok(())
    }

    /// COMMANDLOG GET count type
    pub(super) fn commandlog_get(&mut self, call: &Call) -> Result<(), CmdError> {
        let args = self.call_args(call);
        let (count, kind) = (count_of(args.arg(2))?, kind_of(args.arg(3))?);
        self.answer_log(call, kind, count);
        Ok(())
    }

    /// COMMANDLOG LEN type
    pub(super) fn commandlog_len(&mut self, call: &Call) -> Result<(), CmdError> {
        let kind = kind_of(self.call_args(call).arg(2))?;
        self.answer_log_len(call, kind);
        Ok(())
    }

    /// COMMANDLOG RESET type
    pub(super) fn commandlog_reset(&mut self, call: &Call) -> Result<(), CmdError> {
        let kind = kind_of(self.call_args(call).arg(2))?;
        self.shared.journals.clear(kind);
        self.answer(call, |reply| reply.ok());
        Ok(())
    }

    pub(super) fn commandlog_help(&mut self, call: &Call) -> Result<(), CmdError> {
        self.answer(call, |reply| help::write(help::COMMANDLOG, reply));
        Ok(())
    }

    /// How many entries of a kind are remembered.
    fn log_max(&self, kind: LogKind) -> usize {
        let log = &self.hot.command_log;
        match kind {
            LogKind::Slow => log.slow_max,
            LogKind::LargeRequest => log.request_max,
            LogKind::LargeReply => log.reply_max,
        }
    }

    fn answer_log_len(&mut self, call: &Call, kind: LogKind) {
        // Each core remembers so many; of all together, the newest count.
        let len = self.shared.journals.len(kind).min(self.log_max(kind));
        self.answer(call, |reply| reply.int(len as i64));
    }

    /// Replies with the newest entries; -1 is all.
    fn answer_log(&mut self, call: &Call, kind: LogKind, count: i64) {
        let count = usize::try_from(count).unwrap_or(usize::MAX).min(self.log_max(kind));
        let entries = self.shared.journals.entries(kind, count);
        self.answer(call, |reply| {
            reply.array(entries.len());
            for entry in &entries {
                reply.array(6);
                reply.int(entry.id as i64);
                reply.int(entry.unix_s as i64);
                reply.int(entry.value as i64);
                reply.array(entry.args.iter().len());
                entry.args.iter().for_each(|arg| reply.bulk(arg));
                reply.bulk(entry.peer.as_bytes());
                reply.bulk(&entry.name);
            }
        });
    }
}

fn count_of(arg: &[u8]) -> Result<i64, CmdError> {
    let count = parse_i64(arg).filter(|&count| count >= -1);
    count.ok_or(CmdError::text_of("ERR count should be greater than or equal to -1"))
}

fn kind_of(arg: &[u8]) -> Result<LogKind, CmdError> {
    match arg.to_ascii_lowercase().as_slice() {
        b"slow" => Ok(LogKind::Slow),
        b"large-request" => Ok(LogKind::LargeRequest),
        b"large-reply" => Ok(LogKind::LargeReply),
        _ => Err(CmdError::text_of(
            "ERR type should be one of the following: slow, large-request, large-reply",
        )),
    }
}

#[cfg(test)]
mod tests {
    use crate::harness::Harness;

    /// The commands in a log, the newest first.
    fn logged(harness: &mut Harness, client: crate::harness::Client, kind: &str) -> Vec<String> {
        let reply = harness.ask(client, &format!("COMMANDLOG GET -1 {kind}"));
        let (resp::decode::Value::Array(entries), _) =
            resp::decode::decode(reply.as_bytes()).expect("a reply")
        else {
            panic!("{reply}");
        };
        let text = |value: &resp::decode::Value| match value {
            resp::decode::Value::Bulk(text) => String::from_utf8_lossy(text).into_owned(),
            other => panic!("{other:?}"),
        };
        let words = |entry: &resp::decode::Value| match entry {
            resp::decode::Value::Array(fields) => match &fields[3] {
                resp::decode::Value::Array(words) => words.iter().map(text).collect::<Vec<_>>().join(" "),
                other => panic!("{other:?}"),
            },
            other => panic!("{other:?}"),
        };
        entries.iter().map(words).collect()
    }

    #[test]
    fn every_way_of_a_command_is_logged_once() {
        for shards in [1, 2, 7] {
            let mut harness = Harness::new(shards, "--slowlog-log-slower-than 0");
            let client = harness.connect(0);
            let commands = [
                "PING x",
                "SET a 1",
                "GET b",
                "MSET a 1 b 2 c 3",
                "MGET a b c d e",
                "MSETNX x 1 y 2 z 3",
                "RENAME a q",
                "DBSIZE",
                "SCAN 0",
                "CLIENT LIST",
                "INFO nope",
                "INCR none:of:this",
                "CONFIG SET requirepass ''",
            ];
            harness.check(client, "SLOWLOG RESET", "+OK\r\n");
            for command in commands {
                harness.ask(client, command);
            }
            let mut expect: Vec<&str> = commands.to_vec();
            expect[12] = "CONFIG SET requirepass (redacted)";
            expect.insert(0, "SLOWLOG RESET");
            expect.reverse();
            assert_eq!(logged(&mut harness, client, "slow"), expect, "{shards} shards");
            harness.check(client, "CONFIG SET slowlog-max-len 3", "+OK\r\n");
            harness.check(client, "SLOWLOG LEN", ":3\r\n");
            assert_eq!(logged(&mut harness, client, "slow").len(), 3);
            harness.check(client, "CONFIG SET slowlog-log-slower-than -1", "+OK\r\n");
            harness.check(client, "SLOWLOG RESET", "+OK\r\n");
            harness.check(client, "PING", "+PONG\r\n");
            harness.check(client, "SLOWLOG LEN", ":0\r\n");
        }
    }

    #[test]
    fn what_scripts_call_is_logged_before_them() {
        for shards in [1, 2, 7] {
            let mut harness = Harness::new(shards, "");
            let client = harness.connect(0);
            harness.check(client, "CLIENT SETNAME me", "+OK\r\n");
            let one = "EVAL \"redis.call('set', KEYS[1], 1) redis.call('ping') return redis.call('get', KEYS[1])\" 1";
            let keys: Vec<String> = (0..10).map(|key| format!("k{key}")).collect();
            for key in &keys {
                harness.check(client, &format!("{one} {key}"), "$1\r\n1\r\n");
            }
            harness.check(client, "CONFIG SET slowlog-log-slower-than 0", "+OK\r\n");
            let mut check = |script: &str, called: &[&str]| {
                harness.check(client, "SLOWLOG RESET", "+OK\r\n");
                harness.check(client, "CONFIG RESETSTAT", "+OK\r\n");
                let reply = harness.ask(client, script);
                assert!(!reply.starts_with('-'), "{script}: {reply}");
                let words = logged(&mut harness, client, "slow");
                let mut expect =
                    vec![script.replace('"', ""), "CONFIG RESETSTAT".into(), "SLOWLOG RESET".into()];
                called.iter().for_each(|call| expect.insert(1, (*call).to_string()));
                assert_eq!(words, expect, "{shards} shards");
                let log = harness.ask(client, "SLOWLOG GET");
                assert_eq!(log.matches("$2\r\nme\r\n").count(), expect.len() + 1, "{log}");
                let info = harness.ask(client, "INFO commandstats");
                for call in called.iter().copied().chain(["eval"]) {
                    let name = call.split(' ').next().unwrap_or_default();
                    let count = called.iter().filter(|other| other.split(' ').next() == Some(name)).count();
                    let field = format!("cmdstat_{name}:calls={},", count.max(1));
                    assert!(info.contains(&field), "{shards} shards: {field} in {info}");
                }
                let info = harness.ask(client, "INFO latencystats");
                for call in called {
                    let name = call.split(' ').next().unwrap_or_default();
                    assert!(info.contains(&format!("latency_percentiles_usec_{name}:")), "{name}: {info}");
                }
            };
            for key in &keys {
                let (set, get) = (format!("set {key} 1"), format!("get {key}"));
                check(&format!("{one} {key}"), &[&set, "ping", &get]);
            }
            // Keys that are declared, over several shards; then keys that are not, twice.
            let all = "EVAL \"redis.call('mset', 'k1', 1, 'k2', 2, 'k3', 3) return 1\" 3 k1 k2 k3";
            check(all, &["mset k1 1 k2 2 k3 3"]);
            let strays =
                "EVAL \"redis.call('incr', 'k1') redis.call('incr', 'k2') return redis.call('dbsize')\" 1 k1";
            check(strays, &["incr k1", "incr k2", "dbsize"]);
            check(strays, &["incr k1", "incr k2", "dbsize"]);
        }
    }

    #[test]
    fn large_requests_and_replies_are_logged() {
        for shards in [1, 7] {
            let options = "--commandlog-request-larger-than 100 --commandlog-reply-larger-than 100";
            let mut harness = Harness::new(shards, options);
            let client = harness.connect(0);
            let long = "x".repeat(100);
            for key in ["a", "b", "c"] {
                harness.check(client, &format!("SET {key} {long}"), "+OK\r\n");
                harness.ask(client, &format!("GET {key}"));
            }
            harness.ask(client, "MGET a b c");
            harness.ask(client, "GET small");
            harness.ask(client, &format!("ECHO {long}"));
            let requests = logged(&mut harness, client, "large-request");
            let set = |key| format!("SET {key} {long}");
            assert_eq!(requests, [format!("ECHO {long}"), set("c"), set("b"), set("a")]);
            // The log of requests was a large reply, too.
            let replies = logged(&mut harness, client, "large-reply");
            let get = |key| format!("GET {key}");
            let log = "COMMANDLOG GET -1 large-request".to_string();
            let expect = [log, format!("ECHO {long}"), "MGET a b c".into(), get("c"), get("b"), get("a")];
            assert_eq!(replies, expect);
            harness.check(client, "COMMANDLOG RESET large-reply", "+OK\r\n");
            harness.check(client, "COMMANDLOG LEN large-reply", ":0\r\n");
            harness.check(client, "COMMANDLOG LEN slow", ":0\r\n");
        }
    }
}
