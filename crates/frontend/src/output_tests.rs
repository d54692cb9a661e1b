//! Clients that do not keep up with their replies.

use crate::harness::Harness;

const VALUE_BYTES: usize = 500_000;
const GETS: usize = 200;

/// Sets some large values, spread over the shards, and returns a pipeline that gets them in turn, and the bytes of its replies.
fn large_values(harness: &mut Harness) -> (Vec<u8>, usize) {
    let (value, keys) = ("v".repeat(VALUE_BYTES), 10);
    let writer = harness.connect(0);
    for key in 0..keys {
        let set = format!("*3\r\n$3\r\nSET\r\n$2\r\nk{key}\r\n${VALUE_BYTES}\r\n{value}\r\n");
        assert_eq!(harness.send(writer, set.as_bytes()), "+OK\r\n");
    }
    let gets: String = (0..GETS).map(|at| format!("GET k{}\r\n", at % keys)).collect();
    (gets.into_bytes(), GETS * (format!("${VALUE_BYTES}\r\n").len() + VALUE_BYTES + 2))
}

#[test]
fn a_pipeline_of_large_replies_holds_little_memory() {
    for shards in [1, 2, 7] {
        let mut harness = Harness::new(shards, "");
        let (gets, all) = large_values(&mut harness);
        let client = harness.connect(0);
        harness.slow_down();
        let (first, most) = harness.send_and_sip(client, &gets, 200_000);
        assert_eq!(first, all);
        // The first burst is let in blindly.
        assert!(most < 18 * VALUE_BYTES, "{most} bytes with {shards} shards");
        let (again, most) = harness.send_and_sip(client, &gets, 200_000);
        assert_eq!(again, all);
        assert!(most < 4 * VALUE_BYTES, "{most} bytes with {shards} shards");
    }
}

#[test]
fn small_replies_earn_a_connection_its_full_window() {
    let mut harness = Harness::new(2, "");
    let client = harness.connect(0);
    let window = |harness: &Harness| harness.window(client);
    assert_eq!(window(&harness), 16);
    harness.send(client, &b"GET nothing\r\n".repeat(10));
    assert!((17..32).contains(&window(&harness)));
    harness.send(client, &b"GET nothing\r\n".repeat(1000));
    assert_eq!(window(&harness), base::limits::REPLIES_OUTSTANDING_MAX as usize);
}

#[test]
fn output_limits_drop_who_does_not_read() {
    for shards in [1, 2, 7] {
        let mut harness = Harness::new(shards, "--client-output-buffer-limit normal 400000 0 0");
        let (gets, _) = large_values(&mut harness);
        let client = harness.connect(0);
        harness.slow_down();
        harness.send_and_sip(client, &gets, 1 << 20);
        assert!(harness.is_closed(client));
    }
}
