//! The tools of Redis against Anax, where this host has them.

use std::process::{Command, Output};

use crate::harness::{Server, Setup};

/// Runs a tool against the server; `None` if the host doesn't have it.
fn run(server: &Server, tool: &str, args: &[&str]) -> Option<Output> {
    let port = server.address().port().to_string();
    match Command::new(tool).args(["-h", "127.0.0.1", "-p", &port]).args(args).output() {
        Ok(output) => Some(output),
        Err(error) => {
            eprintln!("skipped: {tool}: {error}");
            None
        }
    }
}

#[test]
fn redis_cli_and_valkey_cli_work() {
    let server = Server::start(Setup::of(2)[0], &[]);
    for tool in ["redis-cli", "valkey-cli"] {
        for (args, reply) in [
            (&["SET", "a", "two words"][..], "OK\n"),
            (&["GET", "a"], "two words\n"),
            (&["-3", "GET", "a"], "two words\n"),
            (&["MGET", "a", "none"], "two words\n\n"),
        ] {
            let Some(output) = run(&server, tool, args) else { break };
            assert_eq!(String::from_utf8_lossy(&output.stdout), reply, "{tool} {args:?}");
        }
    }
}

#[test]
fn redis_benchmark_and_valkey_benchmark_work() {
    for setup in Setup::of(2) {
        let server = Server::start(setup, &[]);
        for tool in ["redis-benchmark", "valkey-benchmark"] {
            let args = ["-n", "2000", "-c", "10", "-P", "16", "-t", "ping,set,get,incr,mset", "-q"];
            let Some(output) = run(&server, tool, &args) else { continue };
            let text = String::from_utf8_lossy(&output.stdout);
            assert!(output.status.success() && text.contains("GET"), "{tool}: {text}");
        }
    }
}
