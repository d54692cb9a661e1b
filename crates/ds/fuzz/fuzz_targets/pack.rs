//! A pack does what a vector of texts does, whatever is asked of it in whatever order; and any bytes are read as elements without
//! looking beyond their end.
//!
//! Input: operations, each of a byte that says what, one that says where, and for some a byte of length and a text.
//! Run: `cargo +nightly fuzz run pack` in `crates/ds`.

#![no_main]

use ds::pack::{Dense, Element, Pack, decode, init, insert, push, remove, replace};
use libfuzzer_sys::fuzz_target;

fn text<'a>(rest: &mut &'a [u8]) -> &'a [u8] {
    let Some((&len, tail)) = rest.split_first() else { return &[] };
    let (text, tail) = tail.split_at(usize::from(len).min(tail.len()));
    *rest = tail;
    text
}

fuzz_target!(|bytes: &[u8]| {
    // As if they were elements.
    if let Some((_, len)) = decode(bytes) {
        assert!(len <= bytes.len());
    }

    let mut rest = bytes;
    let (mut buffer, mut naive): (Vec<u8>, Vec<Vec<u8>>) = (Vec::new(), Vec::new());
    init(&mut buffer);
    while let [what, at, tail @ ..] = rest {
        rest = tail;
        let (pack, index) = (Pack::new(&buffer), usize::from(*at) % (naive.len() + 1));
        let position = pack.position(index).unwrap_or(buffer.len());
        match what % 6 {
            0 => {
                let text = text(&mut rest);
                insert(&mut buffer, 0, position, &Element::of(text).encode());
                naive.insert(index, text.to_vec());
            }
            1 => {
                let text = text(&mut rest);
                push(&mut buffer, 0, &Element::of(text).encode());
                naive.push(text.to_vec());
            }
            2 if index < naive.len() => {
                let text = text(&mut rest);
                replace(&mut buffer, position, &Element::of(text).encode());
                naive[index] = text.to_vec();
            }
            3 if index < naive.len() => {
                let count = usize::from(what / 6) % 4;
                remove(&mut buffer, 0, position, count);
                naive.drain(index..naive.len().min(index + count));
            }
            4 => {
                let text = text(&mut rest);
                let found = pack.find(&Element::of(text).encode(), 1).map(|at| pack.at(at).map(|e| e.0.to_vec()));
                assert_eq!(found.flatten().as_deref(), naive.iter().find(|other| *other == text).map(|t| &**t));
            }
            5 => {
                let text = text(&mut rest);
                assert_eq!(Dense::of(text).to_vec(), text);
                assert_eq!(Dense::of(text).text_len(), text.len());
            }
            _ => {}
        }
    }
    let pack = Pack::new(&buffer);
    assert_eq!(pack.len(), naive.len());
    assert!(pack.iter().map(Element::to_vec).eq(naive));
});
