//! Connection commands on cores without sockets.

use crate::config::{LogLevel, Setting};
use crate::harness::{Harness, SLEPT_US};

const NOAUTH: &str = "-NOAUTH Authentication required.\r\n";
const WRONGPASS: &str = "-WRONGPASS invalid username-password pair or user is disabled.\r\n";

/// A text as RESP2 and RESP3 reply with it.
fn bulk(text: &str) -> String {
    format!("${}\r\n{text}\r\n", text.len())
}

#[test]
fn simple_commands() {
    let mut harness = Harness::new(1, "");
    let client = harness.connect(0);
    harness.check(client, "PING", "+PONG\r\n");
    harness.check(client, "ping hello", "$5\r\nhello\r\n");
    harness.check(client, "PING a b", "-ERR wrong number of arguments for 'ping' command\r\n");
    harness.check(client, "ECHO a", "$1\r\na\r\n");
    harness.check(client, "SELECT 15", "+OK\r\n");
    harness.check(client, "SELECT 16", "-ERR DB index is out of range\r\n");
    harness.check(client, "SELECT -1", "-ERR DB index is out of range\r\n");
    harness.check(client, "SELECT x", "-ERR value is not an integer or out of range\r\n");
    let text = "-ERR value is out of range, value must between -2147483648 and 2147483647\r\n";
    harness.check(client, "SELECT 2147483648", text);
    harness.check(client, "TIME", "*2\r\n$10\r\n1700000100\r\n$3\r\n123\r\n");
    harness.check(client, "RESET", "+RESET\r\n");
    harness.check(client, "QUIT x", "+OK\r\n");
    assert!(harness.is_closed(client));
}

#[test]
fn hello_changes_the_protocol() {
    let mut harness = Harness::new(1, "");
    let client = harness.connect(0);
    let fields = |map: &str, proto: u8, modules: &str| {
        format!(
            "{map}$6\r\nserver\r\n$5\r\nredis\r\n$7\r\nversion\r\n$5\r\n8.2.3\r\n$5\r\nproto\r\n:{proto}\r\n$2\r\nid\r\n:1\r\n\
             $4\r\nmode\r\n$10\r\nstandalone\r\n$4\r\nrole\r\n$6\r\nmaster\r\n$7\r\nmodules\r\n{modules}"
        )
    };
    harness.check(client, "HELLO", &fields("*14\r\n", 2, "*0\r\n"));
    harness.check(client, "CLIENT GETNAME", "$-1\r\n");
    harness.check(client, "HELLO 3 SETNAME me", &fields("%7\r\n", 3, "*0\r\n"));
    harness.check(client, "CLIENT GETNAME", "$2\r\nme\r\n");
    harness.check(client, "HELLO 3 SETNAME ''", &fields("%7\r\n", 3, "*0\r\n"));
    harness.check(client, "CLIENT GETNAME", "_\r\n");
    harness.check(client, "HELLO 4", "-NOPROTO unsupported protocol version\r\n");
    harness.check(client, "HELLO 03", "-ERR Protocol version is not an integer or out of range\r\n");
    harness.check(client, "HELLO 2 nonsense", "-ERR Syntax error in HELLO option 'nonsense'\r\n");
    harness.check(client, "HELLO 2 SETNAME", "-ERR Syntax error in HELLO option 'SETNAME'\r\n");
    harness.check(client, "HELLO 2 AUTH nobody x", WRONGPASS);
    let text = "-ERR Client names cannot contain spaces, newlines or special characters.\r\n";
    harness.check(client, "HELLO 2 SETNAME 'a b'", text);
    harness.check(client, "CLIENT GETNAME", "_\r\n");
    harness.check(client, "RESET", "+RESET\r\n");
    harness.check(client, "CLIENT GETNAME", "$-1\r\n");
}

#[test]
fn a_password_keeps_strangers_out() {
    let mut harness = Harness::new(2, "--requirepass secret");
    let [a, b] = [harness.connect(0), harness.connect(1)];
    harness.check(a, "PING", NOAUTH);
    harness.check(a, "NOPE", "-ERR unknown command 'NOPE', with args beginning with: \r\n");
    harness.check(a, "AUTH wrong", WRONGPASS);
    harness.check(a, "AUTH nobody secret", WRONGPASS);
    harness.check(a, "AUTH secrets", WRONGPASS);
    harness.check(a, "AUTH a b c", "-ERR syntax error\r\n");
    assert!(harness.ask(a, "HELLO 3").starts_with("-NOAUTH HELLO must be called with the client already"));
    harness.check(a, "AUTH secret", "+OK\r\n");
    harness.check(a, "AUTH wrong", WRONGPASS);
    harness.check(a, "PING", "+PONG\r\n");
    harness.check(a, "RESET", "+RESET\r\n");
    harness.check(a, "PING", NOAUTH);
    assert!(harness.ask(a, "HELLO 3 AUTH default secret").starts_with("%7\r\n"));
    harness.check(b, "PING", NOAUTH);
    harness.check(a, "CONFIG SET requirepass ''", "+OK\r\n");
    harness.check(b, "PING", "+PONG\r\n");
    let text = "-ERR AUTH <password> called without any password configured for the default user. Are you sure your \
                configuration is correct?\r\n";
    harness.check(b, "AUTH x", text);
    harness.check(b, "AUTH default x", "+OK\r\n");
    harness.check(a, "CONFIG SET requirepass other", "+OK\r\n");
    let c = harness.connect(1);
    harness.check(c, "PING", NOAUTH);
    harness.check(a, "PING", "+PONG\r\n");
}

#[test]
fn protected_mode_turns_strangers_away() {
    let mut harness = Harness::new(1, "");
    let stranger = harness.connect_from(0, "10.1.2.3");
    harness.run();
    assert!(harness.received(stranger).starts_with("-DENIED Redis is running in protected mode because"));
    assert!(harness.is_closed(stranger));
    let client = harness.connect_from(0, "127.9.9.9");
    harness.check(client, "CONFIG SET protected-mode no", "+OK\r\n");
    let stranger = harness.connect_from(0, "10.1.2.3");
    harness.check(stranger, "PING", "+PONG\r\n");
    harness.check(client, "CONFIG SET protected-mode yes requirepass x", "+OK\r\n");
    let stranger = harness.connect_from(0, "10.1.2.3");
    harness.check(stranger, "AUTH x", "+OK\r\n");
}

#[test]
fn clients_are_listed_over_all_cores() {
    let mut harness = Harness::new(2, "");
    let [a, b] = [harness.connect(1), harness.connect(0)];
    harness.check(a, "CLIENT SETNAME one", "+OK\r\n");
    harness.check(a, "CLIENT SETINFO LIB-NAME lib", "+OK\r\n");
    harness.check(a, "CLIENT SETINFO lib-ver 1.0", "+OK\r\n");
    harness.check(a, "CLIENT SETINFO other x", "-ERR Unrecognized option 'other'\r\n");
    let text = "-ERR LIB-NAME cannot contain spaces, newlines or special characters.\r\n";
    harness.check(a, "CLIENT SETINFO LIB-NAME 'a b'", text);
    harness.check(b, "CLIENT ID", ":2\r\n");
    harness.now.unix_ms += 5000;
    let list = harness.ask(b, "CLIENT LIST");
    let lines: Vec<&str> = list.lines().skip(1).collect();
    assert!(lines[0].starts_with(
        "id=1 addr=127.0.0.1:50001 laddr=127.0.0.1:6379 fd=9 name=one age=5 idle=5 flags=N db=0 "
    ));
    assert!(
        lines[0].contains(
            " cmd=client|setinfo user=default redir=-1 resp=2 lib-name=lib lib-ver=1.0 io-thread=1 "
        )
    );
    assert!(
        lines[1].starts_with("id=2 ")
            && lines[1].contains(" idle=0 ")
            && lines[1].contains(" cmd=client|list ")
    );
    assert_eq!(lines.len(), 3);
    let names = "id addr laddr fd name age idle flags db sub psub ssub multi watch qbuf qbuf-free argv-mem multi-mem rbs \
                 rbp obl oll omem tot-mem events cmd user redir resp lib-name lib-ver io-thread tot-net-in tot-net-out \
                 tot-cmds";
    let info = harness.ask(b, "CLIENT INFO");
    let line = info.lines().nth(1).expect("a line");
    let fields = line.split(' ').map(|field| field.split('=').next().unwrap_or_default());
    assert_eq!(fields.collect::<Vec<_>>(), names.split(' ').collect::<Vec<_>>());
    let list = harness.ask(b, "CLIENT LIST ID 2 77");
    assert!(list.contains("\r\nid=2 ") && !list.contains("id=1 "));
    harness.check(b, "CLIENT LIST TYPE pubsub", "$0\r\n\r\n");
    harness.check(b, "CLIENT LIST TYPE x", "-ERR Unknown client type 'x'\r\n");
    harness.check(b, "CLIENT LIST ID x", "-ERR Invalid client ID\r\n");
    harness.check(b, "CLIENT LIST TYPE normal x", "-ERR syntax error\r\n");
    harness.check(b, "CLIENT NOPE", "-ERR unknown subcommand 'NOPE'. Try CLIENT HELP.\r\n");
    assert!(harness.ask(b, "CLIENT HELP").starts_with("*112\r\n+CLIENT <subcommand> "));
    assert!(harness.ask(b, "HELLO 3").starts_with('%'));
    harness.check(b, "CLIENT LIST TYPE pubsub", "=4\r\ntxt:\r\n");
}

#[test]
fn clients_are_killed_on_all_cores() {
    let mut harness = Harness::new(2, "");
    let [a, b, c] = [harness.connect(0), harness.connect(1), harness.connect(1)];
    harness.check(a, "CLIENT KILL 127.0.0.1:50002", "+OK\r\n");
    assert!(harness.is_closed(b) && !harness.is_closed(c));
    harness.check(a, "CLIENT KILL 127.0.0.1:50002", "-ERR No such client\r\n");
    harness.check(a, "CLIENT KILL ID x", "-ERR client-id should be greater than 0\r\n");
    harness.check(a, "CLIENT KILL ID 3 TYPE pubsub", ":0\r\n");
    harness.check(a, "CLIENT KILL ID 3 USER default MAXAGE 1", ":0\r\n");
    harness.check(a, "CLIENT KILL TYPE normal", ":1\r\n");
    assert!(harness.is_closed(c) && !harness.is_closed(a));
    harness.check(a, "CLIENT KILL TYPE normal SKIPME no", ":1\r\n");
    assert!(harness.is_closed(a));
}

#[test]
fn replies_can_be_turned_off() {
    let mut harness = Harness::new(2, "");
    let client = harness.connect(0);
    harness.check(client, "CLIENT REPLY ON", "+OK\r\n");
    harness.check(client, "CLIENT REPLY SKIP", "");
    harness.check(client, "PING", "");
    harness.check(client, "PING", "+PONG\r\n");
    harness.check(client, "CLIENT REPLY OFF", "");
    for command in
        ["PING", "SET k v", "MSET a 1 b 2 c 3", "NOPE", "GET", "DBSIZE", "CLIENT REPLY SKIP", "CLIENT LIST"]
    {
        harness.check(client, command, "");
    }
    harness.check(client, "CLIENT REPLY ON", "+OK\r\n");
    harness.check(client, "MGET k a b c", "*4\r\n$1\r\nv\r\n$1\r\n1\r\n$1\r\n2\r\n$1\r\n3\r\n");
    harness.check(client, "CLIENT REPLY nonsense", "-ERR syntax error\r\n");
    let pipeline = b"CLIENT REPLY SKIP\r\nGET a\r\nGET b\r\nGET k\r\n";
    assert_eq!(harness.send(client, pipeline), "$1\r\n2\r\n$1\r\nv\r\n");
}

#[test]
fn http_is_not_understood() {
    let mut harness = Harness::new(1, "");
    let client = harness.connect(0);
    assert_eq!(harness.send(client, b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\nFLUSHALL\r\n"), "");
    assert!(harness.is_closed(client));
}

#[test]
fn commands_are_described() {
    let mut harness = Harness::new(1, "");
    let client = harness.connect(0);
    let all = harness.ask(client, "COMMAND");
    let count = harness.ask(client, "COMMAND COUNT");
    assert_eq!(all.lines().next().map(|line| line.replace('*', ":")), count.lines().next().map(String::from));
    let info = harness.ask(client, "COMMAND INFO echo nope client|id");
    assert!(info.starts_with("*3\r\n*10\r\n$4\r\necho\r\n:2\r\n"));
    assert!(info.contains("$-1\r\n*10\r\n$9\r\nclient|id\r\n"));
    // A container shows those subcommands that there are.
    let info = harness.ask(client, "COMMAND INFO client");
    assert!(info.contains("client|list") && info.contains("client|tracking"));
    assert!(harness.ask(client, "COMMAND DOCS ping nope").starts_with("*2\r\n$4\r\nping\r\n*"));
    harness.check(client, "COMMAND LIST FILTERBY PATTERN client|getn*", "*1\r\n$14\r\nclient|getname\r\n");
    harness.check(client, "COMMAND LIST FILTERBY ACLCAT nope", "*0\r\n");
    harness.check(client, "COMMAND LIST FILTERBY x y", "-ERR syntax error\r\n");
    harness.check(client, "COMMAND GETKEYS PING", "-ERR The command has no key arguments\r\n");
    harness.check(client, "COMMAND GETKEYS NOPE", "-ERR Invalid command specified\r\n");
    harness.check(client, "COMMAND NOPE", "-ERR unknown subcommand 'NOPE'. Try COMMAND HELP.\r\n");
    assert!(harness.ask(client, "COMMAND HELP").starts_with("*21\r\n+COMMAND <subcommand> "));
}

#[test]
fn parameters_are_shown() {
    let mut harness = Harness::new(1, "--maxmemory 1mb");
    let client = harness.connect(0);
    harness.check(client, "CONFIG GET maxmemory", "*2\r\n$9\r\nmaxmemory\r\n$7\r\n1048576\r\n");
    harness.check(client, "CONFIG GET MAXMEMORY maxmemor?", "*2\r\n$9\r\nMAXMEMORY\r\n$7\r\n1048576\r\n");
    harness.check(client, "CONFIG GET nope", "*0\r\n");
    harness.check(client, "CONFIG GET slave-prio*", "*2\r\n$14\r\nslave-priority\r\n$3\r\n100\r\n");
    let all = harness.ask(client, "CONFIG GET *");
    let names = crate::config::params().count();
    let count: usize = all[1..].lines().next().and_then(|line| line.parse().ok()).expect("a count");
    assert!(count > 2 * names && count > 400, "older names count too: {count}");
    assert!(harness.ask(client, "HELLO 3").starts_with('%'));
    harness.check(client, "CONFIG GET maxmemory nope", "%1\r\n$9\r\nmaxmemory\r\n$7\r\n1048576\r\n");
    harness.check(client, "CONFIG GET", "-ERR wrong number of arguments for 'config|get' command\r\n");
}

#[test]
fn parameters_are_changed_all_or_none() {
    let mut harness = Harness::new(2, "");
    let client = harness.connect(0);
    harness.check(client, "CONFIG SET timeout 5 maxclients 9 loglevel debug", "+OK\r\n");
    let told = harness.told.settings.lock().expect("the lock").clone();
    assert_eq!(told, [Setting::TimeoutMs(5000), Setting::MaxClients(9), Setting::LogLevel(LogLevel::Debug)]);
    let failed = |name: &str, problem: &str| {
        format!("-ERR CONFIG SET failed (possibly related to argument '{name}') - {problem}\r\n")
    };
    let integer = "argument couldn't be parsed into an integer";
    harness.check(client, "CONFIG SET timeout 7 port abc", &failed("port", integer));
    harness.check(client, "CONFIG GET timeout", "*2\r\n$7\r\ntimeout\r\n$1\r\n5\r\n");
    let immutable = "can't set immutable config";
    harness.check(client, "CONFIG SET maxmemory abc databases 3", &failed("databases", immutable));
    harness.check(client, "CONFIG SET dir /tmp", &failed("dir", "can't set protected config"));
    harness.check(client, "CONFIG SET timeout 1 timeout 2", &failed("timeout", "duplicate parameter"));
    harness.check(client, "CONFIG SET port 6379", "+OK\r\n");
    let listen = "Unable to listen on this port. Check server logs.";
    harness.check(client, "CONFIG SET port 6380", &failed("port", listen));
    harness.check(client, "CONFIG SET timeout 9 port 6380 maxclients 8", &failed("port", listen));
    harness.check(client, "CONFIG SET timeout 9 maxclients 4294967295", &failed("maxclients", "too many"));
    harness.check(client, "CONFIG GET timeout", "*2\r\n$7\r\ntimeout\r\n$1\r\n5\r\n");
    assert_eq!(harness.told.settings.lock().expect("the lock").last(), Some(&Setting::TimeoutMs(5000)));
    harness.check(client, "CONFIG SET io-backend auto shards 0", "+OK\r\n");
    harness.check(client, "CONFIG SET timeout 3 shards 1", &failed("shards", immutable));
    harness.check(client, "CONFIG SET a b c", "-ERR syntax error\r\n");
    let unknown = "-ERR Unknown option or number of arguments for CONFIG SET - 'nope'\r\n";
    harness.check(client, "CONFIG SET timeout 1 nope 2", unknown);
    harness.check(client, "CONFIG SET client-output-buffer-limit 'normal 1mb 2 3'", "+OK\r\n");
    let limits = bulk("normal 1048576 2 3 slave 268435456 67108864 60 pubsub 33554432 8388608 60");
    let name = bulk("client-output-buffer-limit");
    harness.check(client, "CONFIG GET client-output-buffer-limit", &format!("*2\r\n{name}{limits}"));
    harness.check(client, "CONFIG SET save '10 1' SAVE ''", &failed("SAVE", "duplicate parameter"));
    harness.check(client, "CONFIG SET save '10 1'", "+OK\r\n");
    harness.check(client, "CONFIG SET save '20 2'", "+OK\r\n");
    harness.check(client, "CONFIG GET save", "*2\r\n$4\r\nsave\r\n$4\r\n20 2\r\n");
    harness.check(client, "CONFIG REWRITE", "-ERR The server is running without a config file\r\n");
    assert!(harness.ask(client, "CONFIG HELP").starts_with("*11\r\n+CONFIG <subcommand> "));
}

/// The value of a field of INFO.
fn field(info: &str, name: &str) -> String {
    let value = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    value.unwrap_or_default().to_string()
}

#[test]
fn info_has_its_sections() {
    let mut harness = Harness::new(2, "--port 7000");
    let [client, _other] = [harness.connect(0), harness.connect(1)];
    let titles = |info: &str| -> Vec<String> {
        info.lines().filter_map(|line| line.strip_prefix("# ")).map(String::from).collect()
    };
    let info = harness.ask(client, "INFO");
    assert_eq!(
        titles(&info),
        "Server Clients Memory Persistence Threads Stats Replication CPU Modules Errorstats Cluster Shards Keyspace Keysizes"
            .split(' ')
            .collect::<Vec<_>>()
    );
    assert_eq!(titles(&harness.ask(client, "INFO all")).len(), 17);
    assert_eq!(titles(&harness.ask(client, "INFO CLIENTS server clients")), ["Server", "Clients"]);
    harness.check(client, "INFO nope", "$0\r\n\r\n");
    harness.check(client, "INFO ''", "$0\r\n\r\n");
    harness.check(client, "INFO keyspace", "$12\r\n# Keyspace\r\n\r\n");
    let expect = [
        ("redis_version", "8.2.3"),
        ("tcp_port", "7000"),
        ("process_id", "42"),
        ("uptime_in_seconds", "100"),
        ("server_time_usec", "1700000100000123"),
        ("multiplexing_api", "io_uring"),
        ("connected_clients", "2"),
        ("total_connections_received", "2"),
        ("used_memory_human", "1.00M"),
        ("mem_fragmentation_ratio", "3.00"),
        ("used_cpu_user", "1.500000"),
        ("rejected_connections", "7"),
        ("role", "master"),
        ("loading", "0"),
        ("cluster_enabled", "0"),
    ];
    for (name, value) in expect {
        assert_eq!(field(&info, name), value, "{name}");
    }
    assert!(field(&info, "shard1").starts_with("keys=0,expires=0,used_bytes="));
}

#[test]
fn info_tells_of_what_came_before_it() {
    for shards in [1, 2, 7] {
        let mut harness = Harness::new(shards, "");
        let client = harness.connect(0);
        let replies = harness.send(client, b"MSET a 1 b 2 c 3 d 4 e 5\r\nINFO keyspace\r\n");
        assert!(replies.contains("db0:keys=5,expires=0,avg_ttl=0,subexpiry=0"), "{replies}");
        let info = harness.ask(client, "INFO all");
        let total: u64 = field(&info, "total_commands_processed").parse().expect("a number");
        assert!((2..=3).contains(&total), "with or without this INFO: {total}");
        assert!(field(&info, "cmdstat_mset").starts_with("calls=1,"));
    }
}

#[test]
fn statistics_count_and_are_reset() {
    let mut harness = Harness::new(2, "");
    let [a, b] = [harness.connect(0), harness.connect(1)];
    for client in [a, b] {
        harness.check(client, "ECHO x", "$1\r\nx\r\n");
        let _ = harness.ask(client, "ECHO");
        let _ = harness.ask(client, "NOPE");
        let _ = harness.ask(client, "SELECT 99");
    }
    let info = harness.ask(a, "INFO all");
    let echo = field(&info, "cmdstat_echo");
    assert!(
        echo.starts_with("calls=2,usec=") && echo.ends_with(",rejected_calls=2,failed_calls=0"),
        "{echo}"
    );
    assert!(field(&info, "cmdstat_select").ends_with(",rejected_calls=0,failed_calls=2"));
    assert!(field(&info, "cmdmax_echo").starts_with("max_usec="));
    assert_eq!(
        (field(&info, "errorstat_ERR"), field(&info, "total_error_replies")),
        ("count=6".into(), "6".into())
    );
    harness.check(a, "CONFIG RESETSTAT", "+OK\r\n");
    let info = harness.ask(b, "INFO all");
    assert_eq!((field(&info, "cmdstat_echo"), field(&info, "errorstat_ERR")), (String::new(), String::new()));
    assert_eq!(
        (field(&info, "total_error_replies"), field(&info, "connected_clients")),
        ("0".into(), "2".into())
    );
    assert_eq!(field(&info, "rejected_connections"), "0");
}

#[test]
fn operations_per_second_follow_the_load() {
    let mut harness = Harness::new(1, "");
    let client = harness.connect(0);
    for _ in 0..20 {
        let _ = harness.send(client, &b"PING\r\n".repeat(50));
        harness.now.unix_ms += 100;
    }
    let rate: u64 =
        field(&harness.ask(client, "INFO stats"), "instantaneous_ops_per_sec").parse().expect("a number");
    assert!((400..=520).contains(&rate), "{rate}");
    harness.now.unix_ms += 10_000;
    harness.run();
    assert_eq!(field(&harness.ask(client, "INFO stats"), "instantaneous_ops_per_sec"), "0");
}

#[test]
fn debug_is_for_those_who_may() {
    let refused = "-ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it \
                   from a local connection, otherwise you need to set this option in the configuration file, and then \
                   restart the server.\r\n";
    let mut harness = Harness::new(2, "");
    let client = harness.connect(0);
    harness.check(client, "DEBUG SLEEP 0", refused);
    let mut harness = Harness::new(2, "--enable-debug-command local --protected-mode no");
    let stranger = harness.connect_from(0, "10.0.0.1");
    harness.check(stranger, "DEBUG SLEEP 0", refused);
    let client = harness.connect(0);
    SLEPT_US.set(0);
    harness.check(client, "DEBUG SLEEP 1.5", "+OK\r\n");
    assert_eq!(SLEPT_US.get(), 3_000_000, "every core is held up");
    harness.check(client, "DEBUG SLEEP abc", "+OK\r\n");
    let text = "-ERR unknown subcommand or wrong number of arguments for 'nope'. Try DEBUG HELP.\r\n";
    harness.check(client, "DEBUG nope", text);
    harness.check(client, "DEBUG ERROR 'ERR some text'", "-ERR some text\r\n");
}

#[test]
fn shutdown_tells_the_process() {
    let mut harness = Harness::new(2, "");
    let client = harness.connect(1);
    harness.check(client, "SHUTDOWN nonsense", "-ERR syntax error\r\n");
    harness.check(client, "SHUTDOWN SAVE NOSAVE", "-ERR syntax error\r\n");
    harness.check(client, "SHUTDOWN ABORT", "-ERR No shutdown in progress.\r\n");
    harness.check(client, "SHUTDOWN NOW ABORT", "-ERR syntax error\r\n");
    assert!(!harness.told.shutdown.load(std::sync::atomic::Ordering::SeqCst));
    harness.check(client, "SHUTDOWN NOSAVE NOW", "");
    assert!(harness.told.shutdown.load(std::sync::atomic::Ordering::SeqCst) && harness.is_closed(client));
}
