//! DEBUG: what tests want to know and do. What concerns the keys of shards goes on to them (`commands::server`), the rest is
//! done here.
//!
//! Switches of Redis's inner workings that have nothing to switch here are taken and do nothing, so that tests that set them
//! run.

use base::Args;
use base::conn::ConnId;
use base::units::parse_memory;
use bus::Wake;
use commands::{CmdError, Merge, Route};
use resp::Reply;

use super::help;
use crate::core::Core;
use crate::route::Call;

/// The longest sleep of DEBUG SLEEP: a day. Longer ones would look like an end of the world anyway.
const SLEEP_MAX_S: f64 = 86_400.0;

/// The largest threshold of DEBUG QUICKLIST-PACKED-THRESHOLD.
const PACKED_MAX_BYTES: u64 = 4 << 30;

/// Subcommands that cores carry out themselves, with how many arguments.
const OWN: &[(&[u8], usize)] = &[
    (b"help", 2),
    (b"sleep", 3),
    (b"set-active-expire", 3),
    (b"pause-cron", 3),
    (b"error", 3),
    (b"log", 3),
    (b"protocol", 3),
    (b"quicklist-packed-threshold", 3),
    (b"replybuffer", 4),
    (b"set-disable-deny-scripts", 3),
    (b"dict-resizing", 3),
    (b"keysizes-hist-assert", 3),
    (b"set-skip-checksum-validation", 3),
    (b"hashtable-can-abort-shrink", 3),
    (b"client-enforce-reply-list", 3),
    (b"replicate", 3),
    (b"change-repl-id", 2),
    (b"stringmatch-test", 2),
    (b"stringmatch-len", 4),
    (b"structsize", 2),
    (b"client-eviction", 2),
];

/// Whether a script's call of DEBUG is not about shards.
pub(crate) fn is_own_debug(name: &str, args: Args<'_>) -> bool {
    name == "debug"
        && OWN.iter().any(|(own, count)| args.len() == *count && args.arg(1).eq_ignore_ascii_case(own))
}

/// What a number in C's way begins with, or 0: `atoi`.
fn leading_int(text: &[u8]) -> i64 {
    let sign = usize::from(text.first() == Some(&b'-'));
    let digits = text.iter().skip(sign).take_while(|byte| byte.is_ascii_digit()).count();
    text.get(..sign + digits).and_then(base::num::parse_i64).unwrap_or(0)
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    pub(super) fn debug(&mut self, call: &Call) -> Result<(), CmdError> {
        if !self.permits(call.id, self.hot.debug_command) {
            return Err(CmdError::text_of(
                "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it \
                 from a local connection, otherwise you need to set this option in the configuration file, and then \
                 restart the server.",
            ));
        }
        let args = self.call_args(call);
        match (args.arg(1).to_ascii_lowercase().as_slice(), args.len()) {
            (b"help", 2) => self.answer(call, |reply| help::write(help::DEBUG, reply)),
            (b"sleep" | b"set-active-expire" | b"pause-cron", 3) => self.inquire_all(call, Merge::AllOk),
            (b"error", 3) => {
                // Line ends become spaces, also at the end.
                let line_end = |byte: u8| matches!(byte, b'\r' | b'\n');
                let text: Vec<u8> =
                    args.arg(2).iter().map(|&byte| if line_end(byte) { b' ' } else { byte }).collect();
                self.answer(call, |reply| reply.error_bytes(&text));
            }
            (b"log", 3) => {
                self.shared.process.log(&String::from_utf8_lossy(args.arg(2)));
                self.answer(call, |reply| reply.ok());
            }
            (b"protocol", 3) => {
                let kind = args.arg(2).to_ascii_lowercase();
                return self.debug_protocol(call, &kind);
            }
            (b"quicklist-packed-threshold", 3) => {
                let bytes = parse_memory(args.arg(2)).filter(|&bytes| bytes < PACKED_MAX_BYTES);
                bytes.ok_or(CmdError::text_of(
                    "ERR argument must be a memory value bigger than 1 and smaller than 4gb",
                ))?;
                self.answer(call, |reply| reply.ok());
            }
            (b"replybuffer", 4) => {
                check_reply_buffer(args)?;
                self.answer(call, |reply| reply.ok());
            }
            (b"set-disable-deny-scripts", 3) => {
                let allowed = base::num::parse_i64(args.arg(2)).is_some_and(|value| value != 0);
                self.shared.scripts.allow_all(allowed);
                self.answer(call, |reply| reply.ok());
            }
            (
                b"dict-resizing"
                | b"keysizes-hist-assert"
                | b"set-skip-checksum-validation"
                | b"hashtable-can-abort-shrink"
                | b"client-enforce-reply-list"
                | b"replicate",
                3,
            ) => self.answer(call, |reply| reply.ok()),
            (b"reload", _) | (b"loadaof", 2) => return self.reload(call),
            (b"config-rewrite-force-all", 2) => return self.rewrite_config(call, true),
            (b"change-repl-id", 2) => {
                let mut digits = || format!("{:016x}", self.rng.next_u64());
                let id: String = [digits(), digits(), digits()].concat().chars().take(40).collect();
                self.shared.set_replication_id(id);
                self.answer(call, |reply| reply.ok());
            }
            (b"stringmatch-test", 2) => {
                self.answer(call, |reply| reply.simple("Apparently Redis did not crash: test passed"));
            }
            (b"stringmatch-len", 4) => {
                // Whether a pattern matches so many letters `a`; of those, as many as the longest match that matters.
                let count = base::num::parse_i64(args.arg(2)).ok_or(CmdError::NotInteger)?;
                let text = vec![b'a'; usize::try_from(count).unwrap_or(0).min(1 << 20)];
                let fits = base::glob::glob_match(args.arg(3), &text, false);
                self.answer(call, |reply| reply.int(i64::from(fits)));
            }
            (b"structsize", 2) => {
                let sizes = format!("bits:{} conn:{}", usize::BITS, size_of::<crate::conn::Conn>());
                self.answer(call, |reply| reply.simple(&sizes));
            }
            (b"client-eviction", 2) => {
                return Err(CmdError::text_of("ERR maxmemory-clients is disabled."));
            }
            _ => {
                // The others are about shards, and are counted there.
                if let Route::Rounds(_, function) = self.table().spec(call.command).route {
                    self.stats().commands[usize::from(call.command)].calls.add(1u64.wrapping_neg());
                    self.asked = true;
                    self.route_rounds(call, function);
                }
            }
        }
        Ok(())
    }

    /// DEBUG PROTOCOL kind: a reply of each kind.
    fn debug_protocol(&mut self, call: &Call, kind: &[u8]) -> Result<(), CmdError> {
        const KINDS: &[&[u8]] = &[
            b"string",
            b"integer",
            b"double",
            b"bignum",
            b"null",
            b"array",
            b"set",
            b"map",
            b"attrib",
            b"push",
            b"verbatim",
            b"true",
            b"false",
        ];
        if !KINDS.contains(&kind) {
            return Err(CmdError::text_of(
                "ERR Wrong protocol type name. Please use one of the following: \
                 string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false",
            ));
        }
        if kind == b"push" && !call.resp3 {
            return Err(CmdError::text_of("ERR RESP2 is not supported by this command"));
        }
        self.answer(call, |reply| match kind {
            b"string" => reply.bulk(b"Hello World"),
            b"integer" => reply.int(12345),
            #[allow(clippy::approx_constant, reason = "the number that Redis sends")]
            b"double" => reply.double(3.141),
            b"bignum" => reply.big_number("1234567999999999999999999999999999999"),
            b"null" => reply.null(),
            b"array" => {
                reply.array(3);
                (0..3).for_each(|number| reply.int(number));
            }
            b"set" => {
                reply.set(3);
                (0..3).for_each(|number| reply.int(number));
            }
            b"map" => {
                reply.map(3);
                for number in 0..3 {
                    reply.int(number);
                    reply.bool(number == 1);
                }
            }
            b"attrib" => {
                if reply.attribute(1) {
                    reply.bulk(b"key-popularity");
                    reply.array(2);
                    reply.bulk(b"key:123");
                    reply.int(90);
                }
                reply.bulk(b"Some real reply following the attribute");
            }
            b"push" => {
                reply.bulk(b"Some real reply following the push reply");
                reply.push(2);
                reply.bulk(b"server-cpu-usage");
                reply.int(42);
            }
            b"verbatim" => reply.verbatim(*b"txt", b"This is a verbatim\nstring"),
            other => reply.bool(other == b"true"),
        });
        Ok(())
    }

    /// What every core does for DEBUG. All cores are asked at one instant, so that SLEEP holds the whole process up, as in
    /// Redis.
    pub(super) fn debug_core(&mut self, args: Args<'_>, _: Option<ConnId>, reply: &mut Reply<'_>) {
        match args.arg(1).to_ascii_lowercase().as_slice() {
            b"sleep" => {
                let seconds = base::num::parse_f64(args.arg(2)).unwrap_or(0.0).clamp(0.0, SLEEP_MAX_S);
                (self.sleep_us)((seconds * 1e6) as u64);
            }
            b"set-active-expire" => self.active_expire = leading_int(args.arg(2)) != 0,
            b"pause-cron" => self.paused_cron = leading_int(args.arg(2)) != 0,
            _ => {}
        }
        reply.ok();
    }
}

/// DEBUG REPLYBUFFER PEAK-RESET-TIME | RESIZING value
fn check_reply_buffer(args: Args<'_>) -> Result<(), CmdError> {
    let value = args.arg(3);
    match args.arg(2).to_ascii_lowercase().as_slice() {
        b"resizing" => Ok(()),
        b"peak-reset-time" => {
            let named = [b"never", b"reset"].iter().any(|name| value.eq_ignore_ascii_case(*name));
            let is_number = base::num::parse_i64(value).is_some();
            if named || is_number { Ok(()) } else { Err(CmdError::NotInteger) }
        }
        _ => Err(CmdError::quoting(
            "ERR unknown subcommand or wrong number of arguments for '",
            args.arg(1),
            "'. Try DEBUG HELP.",
        )),
    }
}

#[cfg(test)]
mod tests {
    use crate::harness::Harness;

    #[test]
    fn data_sets_have_digests() {
        let mut digests = Vec::new();
        for shards in [1, 2, 7] {
            let mut harness = Harness::new(shards, "--enable-debug-command yes");
            let client = harness.connect(0);
            let nothing = format!("+{}\r\n", "0".repeat(40));
            harness.check(client, "DEBUG DIGEST", &nothing);
            for command in ["MSET a 1 b two c 3 d 4", "SELECT 3", "SET a 1", "SELECT 0"] {
                harness.ask(client, command);
            }
            let digest = harness.ask(client, "DEBUG DIGEST");
            assert_ne!(digest, nothing);
            harness.ask(client, "EXPIRE a 100");
            assert_ne!(harness.ask(client, "DEBUG DIGEST"), digest);
            harness.ask(client, "PERSIST a");
            harness.check(client, "DEBUG DIGEST", &digest);
            let values = harness.ask(client, "DEBUG DIGEST-VALUE a b nope c");
            assert!(values.starts_with("*4\r\n+"), "{values}");
            let lines: Vec<&str> = values.lines().collect();
            assert_eq!(lines[3], nothing.trim_end());
            assert!(lines[1] != lines[2] && lines[2] != lines[4], "{values}");
            harness.check(client, "DEBUG DIGEST-VALUE", "*0\r\n");
            harness.ask(client, "SELECT 3");
            let other = harness.ask(client, "DEBUG DIGEST-VALUE a");
            assert_eq!(other.lines().nth(1), Some(lines[1]));
            digests.push((digest, values));
        }
        assert!(digests.windows(2).all(|pair| pair[0] == pair[1]), "{digests:?}");
    }

    #[test]
    fn expiry_can_be_stopped() {
        for (switch, on, off) in [("SET-ACTIVE-EXPIRE", "1", "0"), ("PAUSE-CRON", "0", "1")] {
            let mut harness = Harness::new(2, "--enable-debug-command local");
            let client = harness.connect(0);
            harness.check(client, &format!("DEBUG {switch} {off}"), "+OK\r\n");
            for key in 0..20 {
                harness.ask(client, &format!("SET key:{key} x PX 10"));
            }
            for _ in 0..50 {
                harness.now.unix_ms += 100;
                harness.now.monotonic_us += 100_000;
                harness.run();
            }
            harness.check(client, "DBSIZE", ":20\r\n");
            harness.check(client, &format!("DEBUG {switch} {on}"), "+OK\r\n");
            for _ in 0..50 {
                harness.now.unix_ms += 100;
                harness.now.monotonic_us += 100_000;
                harness.run();
            }
            harness.check(client, "DBSIZE", ":0\r\n");
        }
    }

    #[test]
    fn looks_at_keys_and_tables() {
        for shards in [1, 7] {
            let mut harness = Harness::new(shards, "--enable-debug-command yes");
            let client = harness.connect(0);
            harness.ask(client, "MSET a 1 b two c 3");
            let object = harness.ask(client, "DEBUG OBJECT b");
            assert!(object.starts_with("+Value at:0x") && object.contains(" encoding:embstr "), "{object}");
            harness.check(client, "DEBUG OBJECT nope", "-ERR no such key\r\n");
            harness.check(client, "DEBUG SDSLEN a", "-ERR Not an sds encoded string.\r\n");
            assert!(harness.ask(client, "DEBUG SDSLEN b").contains("val_sds_len:3, "));
            assert!(harness.ask(client, "DEBUG HTSTATS 0").contains(" number of elements: 3\n[Expires HT]"));
            harness.check(client, "DEBUG HTSTATS 99", "-ERR Out of range database\r\n");
            let text = "-ERR unknown subcommand or wrong number of arguments for 'JMAP'. Try DEBUG HELP.\r\n";
            harness.check(client, "DEBUG JMAP", text);
            let before = harness.ask(client, "INFO replication");
            harness.check(client, "DEBUG CHANGE-REPL-ID", "+OK\r\n");
            assert_ne!(harness.ask(client, "INFO replication"), before);
            harness.check(client, "DEBUG STRINGMATCH-LEN 5 a*", ":1\r\n");
            harness.check(client, "DEBUG REPLYBUFFER RESIZING 0", "+OK\r\n");
        }
    }
}
