//! The configuration as files and command lines give it.

use super::*;

fn args(line: &str) -> Vec<String> {
    line.split('|').filter(|word| !word.is_empty()).map(String::from).collect()
}

fn shown(config: &Config, name: &str) -> String {
    let (at, param, _) = find(name.as_bytes()).expect("a parameter");
    let mut out = Vec::new();
    config.value(at).expect("its value").write(&param.kind, &mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// A folder that goes when the test is over.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("anax-config-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        Folder(path)
    }

    fn file(&self, name: &str, text: &str) -> String {
        let path = self.0.join(name);
        std::fs::write(&path, text).expect("a file");
        path.to_string_lossy().into_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn every_default_is_a_value_and_is_shown_as_it_is_written() {
    let config = Config::default();
    for param in params() {
        assert_eq!(shown(&config, param.name), param.default, "{}", param.name);
    }
}

#[test]
fn names_are_unique() {
    let mut names: Vec<&str> = params().flat_map(|param| [Some(param.name), param.alias]).flatten().collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}

#[test]
fn every_getter_finds_its_parameter() {
    let line = "--bind|127.0.0.1|-::1|--port|7000|--unixsocket|/run/a|--unixsocketperm|700|--tcp-backlog|9|--shards|2|\
                --pin-cpus|yes|--io-backend|epoll|--spin-us|7|--timeout|8|--tcp-keepalive|6|--maxclients|5|\
                --maxmemory|1kb|--maxmemory-policy|allkeys-lru|--hz|4000|--loglevel|WARNING|--logfile|x";
    let config = Config::from_args(&args(line)).expect("a configuration");
    let address = |host: &str, optional| BindAddress { host: host.into(), optional };
    assert_eq!(config.bind(), [address("127.0.0.1", false), address("::1", true)]);
    assert_eq!((config.port(), config.unix_socket()), (Some(7000), Some(("/run/a".into(), 0o700))));
    assert_eq!((config.tcp_backlog(), config.shards()), (9, Some(2)));
    assert_eq!((config.pin_cpus(), config.io_backend()), (PinCpus::Yes, IoBackend::Epoll));
    assert_eq!((config.spin_us(), config.timeout_ms(), config.keepalive_s()), (Some(7), 8000, 6));
    assert_eq!((config.max_clients(), config.max_memory_bytes(), config.hz()), (5, 1024, 500));
    assert_eq!((config.max_memory_policy(), config.log_level()), (&b"allkeys-lru"[..], LogLevel::Warning));
    assert_eq!(config.log_file(), Some("x".into()));
    assert_eq!(config.without_effect(), ["maxmemory-policy"]);
    let config = Config::default();
    assert_eq!((config.shards(), config.spin_us(), config.unix_socket()), (None, None, None));
    assert_eq!(config.hot().output_hard_bytes, 0);
}

#[test]
fn the_command_line_wins_over_the_file_and_includes_are_read_in_place() {
    let folder = Folder::new("order");
    folder.file("b.inc", "timeout 5\nmaxclients 3\n");
    folder.file("a.inc", "timeout 4\n");
    let include = folder.0.join("*.inc").to_string_lossy().into_owned();
    let text = format!(
        "# comment\n\n  port 1 \nmaxclients 2\ninclude {include}\nrequirepass \"a b\\x21\"\nsave 1 2\nsave 3 4\n"
    );
    let file = folder.file("anax.conf", &text);
    let config =
        Config::from_args(&args(&format!("{file}|--port|2|--save|5|6|--slaveof|no|one"))).expect("fine");
    assert_eq!(config.port(), Some(2));
    assert_eq!((config.timeout_ms(), config.max_clients()), (5000, 3));
    assert_eq!(config.hot().password, b"a b!");
    assert_eq!(shown(&config, "save"), "1 2 3 4 5 6");
    assert_eq!(config.file(), Some(Path::new(&file)));
    let config = Config::from_args(&args(&format!("{file}|--save|"))).expect("fine");
    assert_eq!(shown(&config, "save"), "");
    let mut quiet = args("--save");
    quiet.push(String::new());
    assert_eq!(shown(&Config::from_args(&quiet).expect("fine"), "save"), "");
}

#[test]
fn wrong_lines_are_named() {
    fn check(line: &str, expect: &str) {
        let error = Config::from_args(&args(line)).expect_err("an error").to_string();
        assert_eq!(error.lines().last(), Some(expect), "{line}");
    }
    check("--port|abc", "argument couldn't be parsed into an integer");
    check("--port|70000", "argument must be between 0 and 65535 inclusive");
    check("--port", "wrong number of arguments");
    check("--port|1|2", "wrong number of arguments");
    check("--prot|1", "unknown parameter 'prot'; did you mean 'port'?");
    check("--something-else-entirely|1", "unknown parameter 'something-else-entirely'");
    check("--unixsocketperm|999", "argument couldn't be parsed as an octal number");
    check("--unixsocketperm|1000", "argument must be between 0 and 777 inclusive");
    check("--databases|0", "argument must be between 1 and 2147483647 inclusive");
    check("--appendonly|maybe", "argument must be 'yes' or 'no'");
    check("--io-backend|x", "argument(s) must be one of the following: auto, io_uring, epoll");
    check("--rename-command|a|b", "commands can't be renamed yet");
    check(
        "--port|1|--client-output-buffer-limit|normal|1",
        "Wrong number of arguments in buffer limit configuration.",
    );
    check("--port|1|--|2", "unknown parameter ''");
    check("--port|1|--include", "wrong number of arguments");
}

#[test]
fn errors_say_where() {
    let folder = Folder::new("where");
    let inner = folder.file("inner.conf", "\nfoo bar\n");
    let outer = folder.file("outer.conf", &format!("port 1\ninclude {inner}\n"));
    let error = Config::from_args(&args(&outer)).expect_err("an error").to_string();
    let expect =
        format!("error in the configuration, {inner}, line 2:\n>>> 'foo bar'\nunknown parameter 'foo'");
    assert_eq!(error, expect);
    let quotes = folder.file("quotes.conf", "maxmemory \"1mb\n");
    let error = Config::from_args(&args(&quotes)).expect_err("an error").to_string();
    assert!(
        error.ends_with("line 1:\n>>> 'maxmemory \"1mb'\nUnbalanced quotes in configuration line"),
        "{error}"
    );
    let error = Config::from_args(&args("--timeout|1|--port|x")).expect_err("an error").to_string();
    assert!(error.starts_with("error in the configuration, option 2 of the command line:\n>>> '--port x'"));
    let own = folder.file("own.conf", "");
    std::fs::write(&own, format!("include {own}\n")).expect("a file");
    assert!(
        Config::from_args(&args(&own)).expect_err("an error").to_string().ends_with("files within files")
    );
    assert!(matches!(Config::from_args(&args("/nonexistent/x")), Err(ConfigError::Read { .. })));
}

#[test]
fn help_lists_every_parameter_with_an_effect() {
    let Err(ConfigError::Show(help)) = Config::from_args(&args("--help")) else { panic!("no help") };
    for param in params().filter(|param| !matches!(param.effect, Effect::None)) {
        assert!(help.contains(&format!("--{} ", param.name)), "{}", param.name);
        assert!(!param.help.is_empty());
    }
    assert!(matches!(Config::from_args(&args("-v")), Err(ConfigError::Show(_))));
}

#[test]
fn values_are_brought_into_their_normal_form() {
    fn check(line: &str, name: &str, expect: &str) {
        assert_eq!(shown(&Config::from_args(&args(line)).expect(line), name), expect, "{line}");
    }
    check("--notify-keyspace-events|KEA", "notify-keyspace-events", "AKE");
    check("--notify-keyspace-events|Elg$szxetdmn", "notify-keyspace-events", "g$lszxetdEmn");
    check(
        "--client-output-buffer-limit|replica|1mb|2|3",
        "client-output-buffer-limit",
        "normal 0 0 0 slave 1048576 2 3 pubsub 33554432 8388608 60",
    );
    check("--shutdown-on-sigint|now|save", "shutdown-on-sigint", "save now");
    check("--maxmemory-clients|5%", "maxmemory-clients", "5%");
    check("--latency-tracking-info-percentiles|50|99.99", "latency-tracking-info-percentiles", "50 99.99");
    check("--hz|0", "hz", "1");
    check("--maxmemory|100MB", "maxmemory", "104857600");
    check("--loglevel|Debug", "loglevel", "debug");
}

#[test]
fn cpus_are_listed_with_ranges() {
    let cpus =
        |list: &str| Config::from_args(&args(&format!("--pin-cpus|{list}"))).map(|config| config.pin_cpus());
    assert_eq!(cpus("0,2,4-6").expect("a list"), PinCpus::List(vec![0, 2, 4, 5, 6]));
    assert_eq!(cpus("AUTO").expect("a word"), PinCpus::Auto);
    for wrong in ["1-", "-1", "3-2", "0,,1", "x", "0-99999999999"] {
        assert!(cpus(wrong).is_err(), "{wrong}");
    }
}
