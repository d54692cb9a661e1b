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
    for part in [path, "line 3", "maxclients many", "argument couldn't be parsed into an integer"] {
        assert!(said.contains(part), "no {part} in {said}");
    }
    for (args, part) in [
        (&["--prot", "1"][..], "did you mean 'port'?"),
        (&["/no/such/file.conf"], "/no/such/file.conf"),
        (&["--port", "0", "--bind", "203.0.113.7"], "203.0.113.7"),
        (&["--port", "0", "--logfile", "/no/such/folder/log"], "/no/such/folder/log"),
        (&["--port", "0", "--unixsocket", "/no/such/folder/socket"], "/no/such/folder/socket"),
        (&["--port", "0", "--shards", "100000"], "shards"),
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
