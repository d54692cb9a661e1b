//! The parser gives the same commands and errors however the stream is cut into reads, and never panics.
//!
//! Input: a byte of options, a byte that seeds the cutting, then the stream.
//! Run: `cargo +nightly fuzz run parser` in `crates/resp`.

#![no_main]

use base::{ArgRange, Rng};
use libfuzzer_sys::fuzz_target;
use resp::{Limits, Parsed, Parser, ProtocolError};

type Outcome = (Vec<Vec<Vec<u8>>>, Option<ProtocolError>, usize);

/// Feeds `stream` in reads of lengths from `next_len` and collects what comes out.
fn feed(stream: &[u8], limits: &Limits, mut next_len: impl FnMut() -> usize) -> Outcome {
    let mut parser = Parser::new();
    let mut commands = Vec::new();
    let mut args: Vec<ArgRange> = Vec::new();
    let (mut start, mut available) = (0, 0);
    while available < stream.len() {
        available = stream.len().min(available + next_len().max(1));
        loop {
            let buf = &stream[start..available];
            args.clear();
            match parser.next(buf, limits, &mut args) {
                Err(error) => return (commands, Some(error), 0),
                Ok(Parsed::Incomplete { need }) => {
                    assert!(need > 0 && args.is_empty());
                    break;
                }
                Ok(Parsed::Empty { consumed }) => {
                    assert!(args.is_empty());
                    start += consumed;
                }
                Ok(Parsed::Frame { consumed }) => {
                    assert!(args.iter().all(|arg| arg.end() <= consumed));
                    commands.push(args.iter().map(|arg| arg.slice(buf).to_vec()).collect());
                    start += consumed;
                }
                Ok(Parsed::Inline { consumed, line }) => {
                    assert!(args.iter().all(|arg| arg.end() <= line.len()));
                    commands.push(args.iter().map(|arg| arg.slice(&line).to_vec()).collect());
                    start += consumed;
                }
            }
            assert!(start <= available && !parser.in_frame());
        }
    }
    (commands, None, stream.len() - start)
}

fuzz_target!(|data: &[u8]| {
    let [options, seed, stream @ ..] = data else { return };
    let limits = Limits {
        authenticated: options & 1 == 0,
        inline_max: if options & 2 == 0 { 24 } else { base::limits::INLINE_MAX_BYTES },
        max_bulk: if options & 4 == 0 { base::limits::BULK_DEFAULT_MAX_BYTES } else { 50 },
        ..Limits::default()
    };
    let whole = feed(stream, &limits, || stream.len());
    let mut rng = Rng::new(u64::from(*seed));
    assert_eq!(feed(stream, &limits, || rng.below(12) as usize), whole);
    assert_eq!(feed(stream, &limits, || 1), whole);
});
