//! The element skipper and the value decoder agree on where a reply ends, and neither panics.
//!
//! Run: `cargo +nightly fuzz run element` in `crates/resp`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use resp::{decode::decode, skip_element};

fuzz_target!(|data: &[u8]| {
    if let Ok((_, len)) = decode(data) {
        assert_eq!(skip_element(data, 0), Some(len));
    }
    if let Some(end) = skip_element(data, 0) {
        assert!(end <= data.len());
        assert_eq!(skip_element(&data[..end], 0), Some(end));
        assert_eq!(skip_element(&data[..end - 1], 0), None);
    }
});
