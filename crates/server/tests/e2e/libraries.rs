//! Libraries of functions and the append-only log: what many connections load at the same time is there after kill -9, and the last one of
//! a name has won, with any number of shards.

use std::path::Path;

use redis::cmd;

use crate::harness::{Server, folder};

/// How many clients there are: more than cores, so that they are at different ones.
const CLIENTS: usize = 12;

fn start(folder: &Path, shards: &str) -> Server {
    Server::start_in(folder, shards, &["--save", "", "--appendonly", "yes", "--appendfsync", "always"])
}

fn library(name: &str, number: usize) -> String {
    format!("#!lua name={name}\nredis.register_function('{name}', function() return {number} end)")
}

fn load(connection: &mut redis::Connection, name: &str, number: usize) {
    let code = library(name, number);
    cmd("FUNCTION").arg("LOAD").arg("REPLACE").arg(code).query::<()>(connection).expect("loaded");
}

#[test]
fn libraries_are_there_after_kill_and_the_last_has_won() {
    let folder = folder();
    let mut expected: Vec<(String, usize)> = Vec::new();
    for (run, shards) in ["3", "3", "2", "5", "1", "4", "4", "3"].into_iter().enumerate() {
        let server = start(folder.path(), shards);
        let mut clients: Vec<redis::Connection> = (0..CLIENTS).map(|_| server.client()).collect();
        let listed: Vec<redis::Value> =
            cmd("FUNCTION").arg("LIST").query(&mut clients[0]).expect("a list of libraries");
        assert_eq!(listed.len(), expected.len(), "run {run}");
        for (name, number) in &expected {
            let found: usize = cmd("FCALL").arg(name).arg(0).query(&mut clients[0]).expect(name);
            assert_eq!(found, *number, "run {run}, {shards} shards, {name}");
        }
        // All at the same time, each its own; one takes turns.
        std::thread::scope(|scope| {
            for (number, client) in clients.iter_mut().enumerate() {
                scope.spawn(move || load(client, &format!("own{number}"), run * CLIENTS + number));
            }
        });
        expected = (0..CLIENTS).map(|number| (format!("own{number}"), run * CLIENTS + number)).collect();
        for turn in 0..=CLIENTS + run {
            load(&mut clients[turn % CLIENTS], "turns", turn);
        }
        expected.push(("turns".into(), CLIENTS + run));
        // As a part of a transaction that concerns everything, and gone again by another client.
        let mut transaction = redis::pipe();
        transaction
            .atomic()
            .cmd("FLUSHALL")
            .cmd("FUNCTION")
            .arg("LOAD")
            .arg("REPLACE")
            .arg(library("whole", run));
        transaction.cmd("SET").arg("whole").arg(run);
        transaction.query::<()>(&mut clients[run]).expect("a transaction");
        expected.push(("whole".into(), run));
        load(&mut clients[1], "gone", run);
        cmd("FUNCTION").arg("DELETE").arg("gone").query::<()>(&mut clients[2]).expect("deleted");
        server.kill();
        drop(clients);
    }
}
