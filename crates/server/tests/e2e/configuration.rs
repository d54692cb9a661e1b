//! Configuration files and the command line, as an operator meets them.

use crate::harness::{Server, Setup, folder, root};

/// Starts a server that should not start; the exit code and everything it said.
fn refused(args: &[&str]) -> (Option<i32>, String) {
    let mut server = Server::launch(args, &[]);
    let code = server.wait().code();
    (code, server.log())
}

#[test]
fn a_file_is_read_and_the_command_line_wins() {
    let folder = folder();
    let included = folder.path().join("more.conf");
    std::fs::write(&included, "maxclients 77\ntimeout 5\n").expect("a file");
    let file = folder.path().join("anax.conf");
    let text = format!(
        "# A comment\nport 0\nbind 127.0.0.1\nshards 2\npin-cpus no\ninclude {}\nrequirepass \"two words\"\ntimeout 6\n",
        included.display()
    );
    std::fs::write(&file, text).expect("a file");
    let path = file.to_str().expect("a name");
    let server = Server::start_plain(&[path, "--maxclients", "78"], &[]);
    assert!(server.log().contains(path), "{}", server.log());
    let mut wire = server.connect();
    wire.send(b"AUTH \"two words\"\r\n");
    assert_eq!(wire.reply(), "+OK\r\n");
    let get = |wire: &mut crate::harness::Wire<_>, name: &str| -> String {
        let reply = wire.ask(&format!("CONFIG GET {name}"));
        reply.split("\r\n").nth(4).unwrap_or_default().to_owned()
    };
    assert_eq!(get(&mut wire, "maxclients"), "78");
    assert_eq!(get(&mut wire, "timeout"), "6");
    assert_eq!(get(&mut wire, "port"), server.address().port().to_string(), "the port that was chosen");
    assert_eq!(wire.info("server", "config_file"), path);
}

#[test]
fn what_is_wrong_is_said_and_nothing_starts() {
    let folder = folder();
    let file = folder.path().join("wrong.conf");
    std::fs::write(&file, "port 0\n\nmaxclients many\n").expect("a file");
    let path = file.to_str().expect("a name");
    let (code, said) = refused(&[path]);
    assert_eq!(code, Some(1));
    for part in [
        "*** FATAL CONFIG FILE ERROR (Anax ",
        path,
        "at line 3",
        ">>> 'maxclients many'",
        "argument couldn't be parsed into an integer",
        "maxclients takes a number from 1 to 4294967295, not 'many'",
    ] {
        assert!(said.contains(part), "no {part} in {said}");
    }
    for (args, part) in [
        (&["--prot", "1"][..], "did you mean 'port'?"),
        (&["/no/such/file.conf"], "/no/such/file.conf"),
        (&["--port", "0", "--bind", "203.0.113.7"], "203.0.113.7"),
        (&["--port", "0", "--logfile", "/no/such/folder/log"], "/no/such/folder/log"),
        (&["--port", "0", "--unixsocket", "/no/such/folder/socket"], "/no/such/folder/socket"),
        (&["--port", "0", "--shards", "100000"], "shards"),
        (&["--port", "0", "--rename-command", "nope", "x"], "No such command in rename-command"),
    ] {
        let (code, said) = refused(args);
        assert_eq!(code, Some(1), "{args:?}: {said}");
        assert!(said.contains(part), "{args:?}: {said}");
    }
}

#[test]
fn a_port_in_use_is_an_error() {
    let server = Server::start(Setup::of(1)[0], &[]);
    let port = server.address().port().to_string();
    let (code, said) = refused(&["--port", &port, "--bind", "127.0.0.1", "--shards", "1"]);
    assert_eq!(code, Some(1));
    assert!(said.contains(&port) && said.contains("in use"), "{said}");
}

#[test]
fn the_log_goes_to_a_file_and_can_be_json() {
    let folder = folder();
    let path = folder.path().join("log");
    let name = path.to_str().expect("a name");
    let log = || std::fs::read_to_string(&path).unwrap_or_default();
    let mut server = Server::launch(
        &["--port", "0", "--bind", "127.0.0.1", "--shards", "1", "--logfile", name, "--log-format", "json"],
        &[],
    );
    crate::harness::eventually("it is ready", || log().contains("\"ready\""));
    assert!(log().lines().all(|line| line.starts_with('{') && line.ends_with('}')), "{}", log());
    let listening = log()
        .lines()
        .find_map(|line| line.split("listening on ").nth(1)?.split('"').next().map(str::to_owned));
    let address = listening.expect("an address").parse().expect("an address");
    let mut wire = crate::harness::Wire::new(crate::harness::connect(address));
    assert_eq!(wire.ask("CONFIG SET loglevel nothing"), "+OK\r\n");
    std::fs::rename(&path, folder.path().join("old")).expect("rotated");
    assert_eq!(wire.ask("CONFIG SET loglevel notice"), "+OK\r\n");
    server.signal(libc::SIGTERM);
    assert!(server.wait().success());
    assert!(log().contains("bye"), "a log that is moved away is begun anew: {}", log());
    assert_eq!(server.log(), "");
}

#[test]
fn the_version_and_the_help_are_shown() {
    for (arg, part) in [("--version", env!("CARGO_PKG_VERSION")), ("--help", "--io-backend")] {
        let output =
            std::process::Command::new(env!("CARGO_BIN_EXE_anax")).arg(arg).output().expect("it runs");
        assert!(output.status.success());
        assert!(String::from_utf8_lossy(&output.stdout).contains(part));
    }
}

#[test]
fn the_sample_files_are_taken() {
    let mut seen = 0;
    for entry in std::fs::read_dir(root().join("configs")).expect("configs") {
        let path = entry.expect("an entry").path();
        let name = path.to_str().expect("a name");
        let args = [
            name,
            "--port",
            "0",
            "--bind",
            "127.0.0.1",
            "--unixsocket",
            "",
            "--logfile",
            "",
            "--log-format",
            "text",
        ];
        let server = Server::start_plain(&[&args[..], &["--shards", "2", "--pin-cpus", "no"]].concat(), &[]);
        assert_eq!(server.log().matches("WARN").count(), 0, "{name}: {}", server.log());
        let reply = server.connect().ask("PING");
        assert!(reply == "+PONG\r\n" || reply.starts_with("-NOAUTH"), "{name}: {reply}");
        seen += 1;
    }
    assert_eq!(seen, 3);
}

#[test]
fn a_file_as_distributions_ship_it_is_taken() {
    let folder = folder();
    let file = root().join("crates/server/tests/configs/distribution.conf");
    let name = file.to_str().expect("a name");
    let dir = folder.path().to_str().expect("a name");
    let mut server = Server::start_plain(&[name, "--dir", dir, "--shards", "2", "--pin-cpus", "no"], &[]);
    assert_eq!(server.log().matches("WARN").count(), 0, "{}", server.log());
    let mut wire = server.connect();
    let pid = std::fs::read_to_string(folder.path().join("anax.pid")).expect("the file of the process id");
    assert_eq!(pid.trim(), server.pid().to_string());
    assert!(wire.ask("FLUSHALL").starts_with("-ERR unknown command 'FLUSHALL'"));
    assert!(wire.ask("DEBUG HELP").starts_with("-ERR unknown command 'DEBUG'"));
    assert_eq!(wire.ask("B840fc02d524045429941cc15f59e41cb7be6c52"), "+OK\r\n");
    assert!(wire.ask("CONFIG GET latency-tracking-info-percentiles").ends_with("50 99 99.9\r\n"));
    assert!(wire.ask("CONFIG GET save").ends_with("$0\r\n\r\n"));
    server.signal(libc::SIGTERM);
    assert!(server.wait().success());
    assert!(!folder.path().join("anax.pid").exists());
}

#[test]
fn the_file_is_rewritten_and_means_the_same_afterwards() {
    for setup in Setup::of(2) {
        let folder = folder();
        let file = folder.path().join("anax.conf");
        let text =
            "# Mine.\n\nport 0\nbind 127.0.0.1\nmaxclients 77\nsave \"\"\nrename-command FLUSHDB \"\"\n";
        std::fs::write(&file, text).expect("a file");
        let name = file.to_str().expect("a name");
        let dir = folder.path().to_str().expect("a name");
        let common = ["--shards", "2", "--io-backend", setup.backend, "--pin-cpus", "no"];
        let args = [&[name, "--dir", dir], &common[..]].concat();
        let server = Server::start_plain(&args, &[]);
        let mut wire = server.connect();
        assert_eq!(
            wire.ask("CONFIG SET maxclients 55 maxmemory 2147483648 hash-max-ziplist-value 9"),
            "+OK\r\n"
        );
        // Replies stay in order, though another thread writes the file.
        wire.send(b"CONFIG REWRITE\r\nPING\r\n");
        assert_eq!((wire.reply().as_str(), wire.reply().as_str()), ("+OK\r\n", "+PONG\r\n"));
        let new = std::fs::read_to_string(&file).expect("the file");
        assert!(new.starts_with("# Mine.\n\nport "), "{new}");
        for line in
            ["maxclients 55", "maxmemory 2gb", "hash-max-listpack-value 9", "rename-command FLUSHDB \"\""]
        {
            assert!(new.lines().any(|other| other == line), "{line}: {new}");
        }
        drop(server);
        let server = Server::start_plain(&[name, "--port", "0"], &[]);
        let mut wire = server.connect();
        assert!(wire.ask("CONFIG GET maxclients").ends_with("55\r\n"));
        assert!(wire.ask("FLUSHDB").starts_with("-ERR unknown command"));
        // A folder that is gone can't take the new file.
        let gone = folder.path().to_path_buf();
        drop(folder);
        assert!(!gone.exists());
        assert_eq!(wire.ask("CONFIG REWRITE"), "-ERR Rewriting config file: No such file or directory\r\n");
    }
}

#[test]
fn the_port_and_the_addresses_change_while_clients_stay() {
    for setup in Setup::of(2) {
        let server = Server::start(setup, &["--enable-protected-configs", "yes"]);
        let (mut wire, old) = (server.connect(), server.address());
        // A port that is free: the system has just chosen it.
        let free =
            std::net::TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address");
        assert_eq!(wire.ask(&format!("CONFIG SET timeout 0 port {}", free.port())), "+OK\r\n");
        let mut new = crate::harness::Wire::new(crate::harness::connect(free));
        assert_eq!(new.ask("PING"), "+PONG\r\n");
        assert_eq!(wire.ask("PING"), "+PONG\r\n");
        crate::harness::eventually("the old port is closed", || std::net::TcpStream::connect(old).is_err());
        assert_eq!(wire.ask("CONFIG SET bind 127.0.0.2"), "+OK\r\n");
        crate::harness::eventually("the other address serves", || {
            std::net::TcpStream::connect(("127.0.0.2", free.port())).is_ok()
        });
        let taken =
            std::net::TcpListener::bind("127.0.0.2:0").expect("a port").local_addr().expect("its address");
        let holder = std::net::TcpListener::bind(taken).expect("a port");
        assert_eq!(
            wire.ask(&format!("CONFIG SET maxmemory 1000000 port {}", taken.port())),
            "-ERR CONFIG SET failed (possibly related to argument 'port') - Unable to listen on this port. Check \
             server logs.\r\n"
        );
        drop(holder);
        assert!(wire.ask("CONFIG GET maxmemory").ends_with("$1\r\n0\r\n"));
        assert!(wire.ask("CONFIG GET port").ends_with(&format!("{}\r\n", free.port())));
        assert_eq!(
            wire.ask("CONFIG SET dir /no/such/folder"),
            "-ERR CONFIG SET failed (possibly related to argument 'dir') - No such file or directory\r\n"
        );
        assert_eq!(wire.ask("CONFIG SET dir /"), "+OK\r\n");
        assert!(wire.ask("CONFIG GET dir").ends_with("$1\r\n/\r\n"));
    }
}
