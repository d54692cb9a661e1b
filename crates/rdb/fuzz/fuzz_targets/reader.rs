//! A file gives the same events however it is cut into chunks, a payload never panics, and neither takes more memory than its
//! bytes justify.
//!
//! Run: `cargo +nightly fuzz run reader tests/files` in `crates/rdb`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use rdb::{Next, Payload, Reader};

fn read(file: &[u8], chunk: usize) -> (Vec<String>, Option<rdb::Error>) {
    let mut reader = Reader::new(false);
    let mut chunks = file.chunks(chunk);
    let mut events = Vec::new();
    loop {
        match reader.next() {
            Err(error) => return (events, Some(error)),
            Ok(Next::Event(rdb::Event::End)) => return (events, None),
            Ok(Next::Event(event)) => events.push(format!("{event:?}")),
            Ok(Next::More(_)) => match chunks.next() {
                Some(chunk) => reader.feed(chunk),
                None => return (events, Some(reader.truncated())),
            },
        }
    }
}

fuzz_target!(|data: &[u8]| {
    assert_eq!(read(data, usize::MAX), read(data, 3));
    let mut payload = data.to_vec();
    rdb::finish_payload(&mut payload, 0, if data.len() % 2 == 0 { 12 } else { 80 });
    if let Ok(mut payload) = Payload::new(&payload) {
        while let Ok(Some(_)) = payload.next() {}
    }
});
