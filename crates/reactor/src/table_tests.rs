//! Tests of the table of connections.

use super::*;

fn table() -> Table {
    Table::new(10)
}

#[test]
fn indices_are_dense_and_reused_under_a_new_generation() {
    let mut table = table();
    let (first, second) = (table.insert(), table.insert());
    assert_eq!((first.index, second.index), (0, 1));
    table.release(0);
    table.release(0);
    let third = table.insert();
    assert_eq!(third, ConnId { index: 0, generation: 1 });
    assert_eq!(table.live_count(), 2);
    assert_eq!(table.live().collect::<Vec<_>>(), [0, 1]);
    assert!(table.at(2).is_none());

    // The old id means nothing any more.
    let mut bytes = b"late".to_vec();
    assert_eq!(table.output(first, &mut bytes), 0);
    assert!(bytes.is_empty() && table.pop_dirty().is_none());
    table.close(first, CloseMode::Now);
    table.set_paused(first, true);
    assert!(table.pop_changed().is_none());
}

#[test]
fn output_swaps_buffers_and_gathers_behind_what_is_in_flight() {
    let mut table = table();
    let id = table.insert();
    let mut bytes = b"one".to_vec();
    assert_eq!(table.output(id, &mut bytes), 3);
    assert!(bytes.is_empty() && bytes.capacity() >= OUTPUT_BYTES_START);
    bytes.extend_from_slice(b"two");
    assert_eq!(table.output(id, &mut bytes), 6);
    assert_eq!((table.pop_dirty(), table.pop_dirty()), (Some(0), None));
    let conn = table.at(0).expect("live");
    assert_eq!(conn.out, b"onetwo");
    conn.in_flight = std::mem::take(&mut conn.out).len();
    bytes.extend_from_slice(b"!");
    assert_eq!(table.output(id, &mut bytes), 7);
    assert_eq!(table.unsent(id), 7);
}

#[test]
fn big_buffers_are_not_kept() {
    let mut table = table();
    table.recycle(Vec::with_capacity(SPARE_BYTES_MAX + 1));
    table.recycle(Vec::new());
    assert_eq!(table.buffer().capacity(), OUTPUT_BYTES_START);
    table.recycle(Vec::with_capacity(5000));
    assert_eq!(table.buffer().capacity(), 5000);
}

#[test]
fn closing_takes_no_more_output_and_can_only_get_harsher() {
    let mut table = table();
    let id = table.insert();
    table.close(id, CloseMode::AfterFlush);
    let mut bytes = b"late".to_vec();
    table.output(id, &mut bytes);
    assert_eq!(table.unsent(id), 0);
    table.close(id, CloseMode::Now);
    assert_eq!(table.at(0).expect("live").state, State::Dropping);
    table.close(id, CloseMode::AfterFlush);
    assert_eq!(table.at(0).expect("live").state, State::Dropping);
    assert_eq!((table.pop_changed(), table.pop_changed()), (Some(0), None));
}

#[test]
fn activity_brings_a_quiet_connection_back_into_the_wheel() {
    let mut table = table();
    let id = table.insert();
    assert_eq!(table.wheel.pop_due(10), Some(id.index));
    table.at(id.index).expect("live").quiet = true;
    table.tick = 50;
    table.touch(id.index);
    assert_eq!(table.wheel.next_tick(), Some(60));
    assert!(!table.at(id.index).expect("live").quiet);
}

#[test]
fn a_notice_stays_due_until_all_is_sent() {
    let mut table = table();
    let id = table.insert();
    table.output(id, &mut vec![1; NOTICE_BYTES]);
    let conn = table.at(id.index).expect("open");
    assert!(!conn.notice);
    conn.in_flight = std::mem::take(&mut conn.out).len();
    // Behind what is in flight, more than it.
    assert!(table.output(id, &mut vec![2; 3 * NOTICE_BYTES]) > NOTICE_BYTES);
    let conn = table.at(id.index).expect("open");
    assert!(conn.sent(true) && conn.notice, "told, and to be told again");
    conn.in_flight = std::mem::take(&mut conn.out).len();
    assert!(conn.sent(false) && !conn.notice, "told although it left in one go");
    assert!(!conn.sent(false));
}
