//! Tests of connections to other servers.

use std::net::TcpListener;
use std::thread;

use super::*;

/// A server that reads as much as it is told to, and answers; one entry a connection.
fn target(script: Vec<(usize, &'static [u8])>) -> (u16, thread::JoinHandle<Vec<Vec<u8>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("an address").port();
    let run = move || {
        let mut heard = Vec::new();
        for (len, answer) in script {
            let (mut stream, _) = listener.accept().expect("a connection");
            let mut bytes = vec![0; len];
            stream.read_exact(&mut bytes).expect("the parcel");
            heard.push(bytes);
            stream.write_all(answer).expect("read");
        }
        heard
    };
    (port, thread::spawn(run))
}

fn parcel(port: u16, count: usize) -> Parcel {
    let commands = b"*1\r\n$4\r\nPING\r\n".repeat(count);
    Parcel { host: "127.0.0.1".into(), port, db: 3, timeout_ms: 60_000, commands, count, ..Parcel::default() }
}

fn text(delivered: &Delivered) -> String {
    let text = delivered.error.as_ref().map(|error| error.text().into_owned()).unwrap_or_default();
    String::from_utf8_lossy(&text).into_owned()
}

const SELECT: &str = "*2\r\n$6\r\nSELECT\r\n$1\r\n3\r\n";

#[test]
fn each_command_is_answered_for_itself() {
    let links = Links::default();
    let (port, target) = target(vec![(SELECT.len() + 3 * 14, b"+OK\r\n+OK\r\n-BUSYKEY is there\r\n+OK\r\n")]);
    let delivered = links.carry(&parcel(port, 3));
    assert_eq!(delivered.accepted, [true, false, true]);
    assert_eq!(text(&delivered), "ERR Target instance replied with error: BUSYKEY is there");
    let heard = target.join().expect("done");
    assert!(heard[0].starts_with(SELECT.as_bytes()));
    assert_eq!(links.len(), 1);
}

#[test]
fn credentials_come_first_and_their_refusal_is_the_answer() {
    let auth = "*3\r\n$4\r\nAUTH\r\n$1\r\nu\r\n$1\r\np\r\n";
    let (port, target) =
        target(vec![(auth.len() + SELECT.len() + 14, b"-WRONGPASS no\r\n-NOAUTH x\r\n-NOAUTH y\r\n")]);
    let mut parcel = parcel(port, 1);
    parcel.credentials = Some((Some("u".into()), "p".into()));
    let delivered = Links::default().carry(&parcel);
    assert_eq!(delivered.accepted, [false]);
    assert_eq!(text(&delivered), "ERR Target instance replied with error: WRONGPASS no");
    assert!(target.join().expect("done")[0].starts_with(auth.as_bytes()));
}

#[test]
fn a_connection_that_ended_is_made_anew_once() {
    let links = Links::default();
    let len = SELECT.len() + 14;
    let (port, target) =
        target(vec![(len, b"+OK\r\n+OK\r\n"), (len, b"+OK\r\n+OK\r\n"), (len, b"+OK\r\n"), (len, b"")]);
    assert_eq!(links.carry(&parcel(port, 1)), Delivered { accepted: vec![true], error: None });
    assert_eq!(links.carry(&parcel(port, 1)), Delivered { accepted: vec![true], error: None });
    // The kept one has ended, then one that ends behind SELECT; after that it is enough.
    let delivered = links.carry(&parcel(port, 1));
    assert_eq!(text(&delivered), READING);
    assert!(delivered.accepted.is_empty());
    drop(TcpStream::connect(("127.0.0.1", port)).and_then(|mut stream| stream.write_all(&vec![b' '; len])));
    target.join().expect("done");
    assert_eq!(links.len(), 0);
    assert_eq!(text(&links.carry(&parcel(port, 1))), WRITING);
    let nowhere = Parcel { host: "not a name".into(), timeout_ms: 1, ..parcel(port, 1) };
    assert_eq!(text(&links.carry(&nowhere)), CONNECTING);
}

#[test]
fn what_was_answered_counts_though_the_connection_ends() {
    let (port, target) = target(vec![(SELECT.len() + 28, b"+OK\r\n+OK\r\n")]);
    let delivered = Links::default().carry(&parcel(port, 2));
    assert_eq!(delivered.accepted, [true]);
    assert_eq!(text(&delivered), READING);
    target.join().expect("done");
}

#[test]
fn what_does_not_speak_the_protocol_has_taken_nothing() {
    let (port, target) = target(vec![
        (SELECT.len() + 14, b"HTTP/1.1 400 Bad Request\r\n\r\n"),
        (SELECT.len() + 14, b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    ]);
    let delivered = Links::default().carry(&parcel(port, 1));
    assert!(delivered.accepted.is_empty());
    assert_eq!(text(&delivered), READING);
    target.join().expect("done");
}

#[test]
fn silence_ends_with_the_timeout() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let mut parcel = parcel(listener.local_addr().expect("an address").port(), 1);
    parcel.timeout_ms = 20;
    let links = Links::default();
    assert_eq!(text(&links.carry(&parcel)), READING);
    // More than sockets hold: the write does not end.
    parcel.commands = vec![b' '; 64 << 20];
    assert_eq!(text(&links.carry(&parcel)), WRITING);
    assert_eq!(links.len(), 0);
}
