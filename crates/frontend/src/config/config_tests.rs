//! The configuration as files and command lines give it.

use super::*;

const BAD: &str = "Bad directive or wrong number of arguments";

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
    assert_eq!(config.log_file(), Some(std::env::current_dir().expect("a folder").join("x")));
    assert_eq!(config.without_effect(), ["maxmemory-policy"]);
    let config = Config::default();
    assert_eq!((config.shards(), config.spin_us(), config.unix_socket()), (None, None, None));
    assert_eq!(config.hot().output.hard_bytes, 0);
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
        let said: Vec<&str> = error.lines().skip(4).collect();
        assert_eq!(said.join("; "), expect, "{line}");
    }
    check(
        "--port|abc",
        "argument couldn't be parsed into an integer; port takes a number from 0 to 65535, not 'abc'",
    );
    check(
        "--port|70000",
        "argument must be between 0 and 65535 inclusive; port takes a number from 0 to 65535, not '70000'",
    );
    check("--port", "wrong number of arguments; port takes a number from 0 to 65535, not nothing");
    check("--port|1|2", "wrong number of arguments; port takes a number from 0 to 65535, not '1' '2'");
    check("--prot|1", &format!("{BAD}; unknown parameter 'prot'; did you mean 'port'?"));
    check("--something-else-entirely|1", &format!("{BAD}; unknown parameter 'something-else-entirely'"));
    check("--redisbloom.x|1", &format!("{BAD}; 'redisbloom.x' belongs to a module; modules can't be loaded"));
    check(
        "--unixsocketperm|1000",
        "argument must be between 0 and 777 inclusive; unixsocketperm takes an octal number from 0 to 777, not '1000'",
    );
    check("--appendonly|maybe", "argument must be 'yes' or 'no'; appendonly takes yes or no, not 'maybe'");
    check(
        "--io-backend|x",
        "argument(s) must be one of the following: auto, io_uring, epoll; \
         io-backend takes one of auto, io_uring, epoll, not 'x'",
    );
    check("--rename-command|a|b", "No such command in rename-command");
    check("--rename-command|get|SET", "Target command name already exists");
    check("--rename-command|get", BAD);
    check("--include", BAD);
    check("--user|x|on", "users of their own (ACL) are not supported yet; `requirepass` is");
    check(
        "--dir|/no/such/folder",
        "No such file or directory; dir takes one word, in quotes if it has spaces, not '/no/such/folder'",
    );
    check(
        "--shutdown-on-sigint|save nosave",
        "shutdown options SAVE and NOSAVE can't be used simultaneously; shutdown-on-sigint takes some of default, save, nosave, now, force, not 'save nosave'",
    );
    check("--appendfilename|a/b", "appendfilename can't be a path, just a filename");
    check("--oom-score-adj-values|1|2", "wrong number of arguments");
    check("--save|60", "Invalid save parameters");
    // A word right behind a name is its value, whatever it looks like.
    let taken = |line: &str, name: &str| shown(&Config::from_args(&args(line)).expect(line), name);
    assert_eq!(taken("--syslog-ident|--my--name|--port|7", "syslog-ident"), "--my--name");
    assert_eq!(taken("--syslog-ident --my--name|--port|7", "syslog-ident"), "--my--name");
    assert_eq!(taken("--save|--port|7", "save"), "");
    assert_eq!(taken("--port|7|--save", "save"), "");
    assert_eq!(taken("--shutdown-on-sigint|nosave force now", "shutdown-on-sigint"), "nosave now force");
}

#[test]
fn errors_say_where() {
    let folder = Folder::new("where");
    let inner = folder.file("inner.conf", "\nfoo bar\n");
    let outer = folder.file("outer.conf", &format!("port 1\ninclude {inner}\n"));
    let error = Config::from_args(&args(&outer)).expect_err("an error").to_string();
    let version = env!("CARGO_PKG_VERSION");
    let expect = format!(
        "\n*** FATAL CONFIG FILE ERROR (Anax {version}) ***\nReading the configuration file {inner}, at line 2\n\
         >>> 'foo bar'\n{BAD}\nunknown parameter 'foo'"
    );
    assert_eq!(error, expect);
    let quotes = folder.file("quotes.conf", "maxmemory \"1mb\n");
    let error = Config::from_args(&args(&quotes)).expect_err("an error").to_string();
    assert!(
        error.ends_with("line 1\n>>> 'maxmemory \"1mb'\nUnbalanced quotes in configuration line"),
        "{error}"
    );
    let error = Config::from_args(&args("--timeout|1|--port|x")).expect_err("an error").to_string();
    assert!(error.contains("Reading the command line, at option 2\n>>> 'port \"x\"'"), "{error}");
    let own = folder.file("own.conf", "");
    std::fs::write(&own, format!("include {own}\n")).expect("a file");
    let error = Config::from_args(&args(&own)).expect_err("an error").to_string();
    assert!(error.ends_with("files within files"), "{error}");
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
    check("--notify-keyspace-events|Elg$szxetdmn", "notify-keyspace-events", "g$lszxetdnEm");
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
fn a_rewritten_configuration_means_the_same() {
    let folder = Folder::new("rewrite");
    let old = "# first\n\n\n\nport 1\n  # indented\nsave 1 2\nsave 3 4\nsave 5 6\nrequirepass x\nfoo bar\nTIMEOUT 7\n\
               hash-max-ziplist-entries 20\nrename-command GET \"\"\nmaxclients 3\nmaxclients 4\n\
               client-output-buffer-limit pubsub 1mb 2 3\n";
    let without_foo = folder.file("a.conf", &old.replace("foo bar\n", ""));
    let line = format!("{without_foo}|--save|7 8|--save|9 10|--requirepass||--maxmemory|2gb|--dir|/");
    let config = Config::from_args(&line.split('|').map(String::from).collect::<Vec<_>>());
    let mut config = config.expect("a configuration");
    config.replace(find(b"requirepass").expect("known").0, Value::Text(Vec::new()));
    config.replace(find(b"save").expect("known").0, Value::Text(b"7 8".to_vec()));
    let new = String::from_utf8(config.rewritten(old.as_bytes(), false)).expect("text");
    let expect = "# first\n\nport 1\n# indented\nsave 7 8\n\n# ??? foo bar\ntimeout 7\nhash-max-listpack-entries 20\n\
                  rename-command GET \"\"\nmaxclients 4\n\nclient-output-buffer-limit pubsub 1mb 2 3\n\
                  # Generated by CONFIG REWRITE\nmaxmemory 2gb\ndir \"/\"\n";
    assert_eq!(new, expect);
    assert_eq!(
        String::from_utf8(config.rewritten(new.as_bytes(), false)).expect("text"),
        expect,
        "once is enough"
    );
    // With all parameters written, and read back.
    let all = folder.file("all.conf", &String::from_utf8(config.rewritten(b"", true)).expect("text"));
    let again = Config::from_args(&args(&all)).expect("a configuration");
    for param in params() {
        assert_eq!(shown(&again, param.name), shown(&config, param.name), "{}", param.name);
    }
}

#[test]
fn files_are_rewritten_as_a_whole() {
    let folder = Folder::new("replace");
    let path = PathBuf::from(folder.file("a.conf", "port 1"));
    let config = Config::from_args(&args("--port|9|--dir|/")).expect("a configuration");
    config.rewrite(&path, false).expect("written");
    let signature = "# Generated by CONFIG REWRITE";
    assert_eq!(std::fs::read_to_string(&path).expect("there"), format!("port 9\n{signature}\ndir \"/\"\n"));
    let new = folder.0.join("new.conf");
    config.rewrite(&new, false).expect("written");
    assert!(new.exists());
    assert!(config.rewrite(&folder.0.join("none/x.conf"), false).is_err());
    assert_eq!(std::fs::read_dir(&folder.0).expect("a folder").count(), 2, "nothing is left over");
}

#[test]
fn includes_take_wildcards_anywhere() {
    let folder = Folder::new("include");
    for (name, text) in [("1", "timeout 1\n"), ("2", "timeout 2\n")] {
        std::fs::create_dir_all(folder.0.join(name)).expect("a folder");
        std::fs::write(folder.0.join(name).join("x.conf"), text).expect("a file");
    }
    folder.file(".hidden.conf", "nonsense\n");
    let base = folder.0.display();
    let file = folder.file(
        "main.conf",
        &format!("include {base}/?/*.conf\ninclude {base}/none/*.conf\ndir {base}/1\ninclude x.conf\ninclude {base}/*.no\n"),
    );
    let config = Config::from_args(&args(&file)).expect("a configuration");
    assert_eq!(config.timeout_ms(), 1000, "a path begins in `dir`");
}

#[test]
fn cpus_are_listed_with_ranges() {
    let cpus =
        |list: &str| Config::from_args(&args(&format!("--pin-cpus|{list}"))).map(|config| config.pin_cpus());
    assert_eq!(cpus("0,2,4-6").expect("a list"), PinCpus::List(vec![0, 2, 4, 5, 6]));
    assert_eq!(cpus("AUTO").expect("a word"), PinCpus::Auto);
    assert!(cpus("x").is_err());
}
