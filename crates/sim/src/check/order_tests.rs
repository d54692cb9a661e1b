//! Small histories, good and bad.

use resp::decode::decode;

use super::*;
use crate::command::Command;
use crate::history::Clocks;

/// A history from lines `connection called returned command -> reply`; `lost` for an operation that never returned.
pub(crate) fn history(text: &str) -> History {
    let mut history = History::default();
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    for line in lines {
        let (call, reply) = line.split_once("->").expect("an arrow");
        let words: Vec<&str> = call.split_whitespace().collect();
        let process: usize = words[0].parse().expect("a connection");
        while history.processes.len() <= process {
            history.open();
        }
        let command = Command::new(&words[3..]);
        let op = history.call(process, command);
        history.arrive(op, words[1].parse().expect("an instant"), Clocks::default());
        if words[2] != "lost" {
            let reply = reply.trim().replace('/', "\r\n");
            let (value, _) = decode(reply.as_bytes()).expect("a reply");
            history.finish(op, value, words[2].parse().expect("an instant"), Clocks::default());
        }
    }
    history
}

fn check(text: &str, is_ordered: bool) {
    match search(&history(text), |_| true) {
        Verdict::Ordered(_) => assert!(is_ordered, "an order was found for\n{text}"),
        Verdict::Impossible(violation) => assert!(!is_ordered, "{}", violation.explain(&history(text))),
        Verdict::Undecided => panic!("undecided"),
    }
}

#[test]
fn a_read_returns_what_was_written_before() {
    check("0 1 2 SET a 1 -> +OK/\n 1 3 4 GET a -> $1/1/", true);
    check("0 1 2 SET a 1 -> +OK/\n 1 3 4 GET a -> $-1/", false);
    check("0 1 4 SET a 1 -> +OK/\n 1 2 3 GET a -> $-1/", true);
}

#[test]
fn a_value_does_not_come_back() {
    check(
        "0 1 9 SET a 1 -> +OK/
         1 2 3 GET a -> $1/1/
         1 4 5 GET a -> $-1/",
        false,
    );
}

#[test]
fn a_write_is_seen_whole() {
    check("0 1 9 MSET a 1 b 1 -> +OK/\n 1 2 3 MGET a b -> *2/$1/1/$-1/", false);
    check("0 1 9 MSET a 1 b 1 -> +OK/\n 1 2 3 MGET a b -> *2/$1/1/$1/1/", true);
}

#[test]
fn pipelined_commands_keep_their_order() {
    check(
        "0 1 8 SET a 1 -> +OK/
         0 1 9 SET b 1 -> +OK/
         1 2 3 MGET b a -> *2/$1/1/$-1/",
        false,
    );
}

#[test]
fn a_lost_operation_happens_or_not() {
    check("0 1 lost SET a 1 -> \n 1 2 3 GET a -> $-1/", true);
    check("0 1 lost SET a 1 -> \n 1 2 3 GET a -> $1/1/\n 1 4 5 GET a -> $1/1/", true);
    check("0 1 lost SET a 1 -> \n 1 2 3 GET a -> $1/1/\n 1 4 5 GET a -> $-1/", false);
    // The second of a pipeline happened, so the first did.
    check("0 1 lost SET a 1 -> \n 0 1 lost SET b 1 ->\n 1 2 3 MGET b a -> *2/$1/1/$-1/", false);
}

#[test]
fn whole_keyspace() {
    check("0 1 2 MSET a 1 b 2 -> +OK/\n 0 3 4 DBSIZE -> :2/\n 0 5 6 KEYS * -> *2/$1/b/$1/a/", true);
    check("0 1 2 SET a 1 -> +OK/\n 1 3 9 RENAME a b -> +OK/\n 2 4 5 DBSIZE -> :2/", false);
    check("0 1 2 SET a 1 -> +OK/\n 1 3 4 RANDOMKEY -> $1/b/", false);
}

#[test]
fn what_the_loss_of_power_cut_off_happened_before_it_or_never() {
    let check = |text: &str, is_ordered: bool| {
        let mut history = history(text);
        history.lose_power(5, Vec::new());
        let found = matches!(search(&history, |_| true), Verdict::Ordered(_));
        assert_eq!(found, is_ordered, "{text}");
    };
    let two = "0 1 lost SET a 1 ->\n 0 2 lost SET b 1 ->\n";
    for (a, b) in [("$-1/", "$-1/"), ("$1/1/", "$-1/"), ("$-1/", "$1/1/"), ("$1/1/", "$1/1/")] {
        check(&format!("{two} 1 6 7 GET a -> {a}\n 1 8 9 GET b -> {b}"), true);
    }
    check("0 1 lost SET a 1 ->\n 1 6 7 GET a -> $-1/\n 1 8 9 GET a -> $1/1/", false);
    check("0 1 2 SET a 1 -> +OK/\n 1 6 7 GET a -> $-1/", false);
}
