//! The pack against a plain vector of texts.

use proptest::prelude::*;

use super::*;

fn texts() -> impl Strategy<Value = Vec<u8>> {
    let ints = (any::<i64>(), 0..64u32).prop_map(|(int, shift)| (int >> shift).to_string().into_bytes());
    let lengths = prop_oneof![6 => 0..40usize, 2 => 60..70usize, 1 => 4090..4100usize];
    let bytes = (lengths, any::<u8>()).prop_map(|(len, byte)| vec![byte; len]);
    prop_oneof![ints, bytes, "-?0?[0-9]{0,21}".prop_map(String::into_bytes)]
}

#[derive(Clone, Debug)]
enum Op {
    Insert(usize, Vec<u8>),
    Push(Vec<u8>),
    Replace(usize, Vec<u8>),
    Remove(usize, usize),
    Fill(usize),
}

fn ops() -> impl Strategy<Value = Op> {
    prop_oneof![
        4 => (any::<usize>(), texts()).prop_map(|(at, text)| Op::Insert(at, text)),
        4 => texts().prop_map(Op::Push),
        4 => (any::<usize>(), texts()).prop_map(|(at, text)| Op::Replace(at, text)),
        3 => (any::<usize>(), 0..4usize).prop_map(|(at, count)| Op::Remove(at, count)),
        1 => (0..300usize).prop_map(Op::Fill),
    ]
}

proptest! {
    #[test]
    fn equals_a_vector(ops in proptest::collection::vec(ops(), 0..40), start in 0..3usize) {
        let mut buffer = vec![7; start];
        init(&mut buffer);
        let mut naive: Vec<Vec<u8>> = Vec::new();
        for op in ops {
            match op {
                Op::Insert(at, text) => {
                    let at = at % (naive.len() + 1);
                    let pack = Pack::new(&buffer[start..]);
                    let position = start + pack.position(at).unwrap_or(buffer.len() - start);
                    let position = insert(&mut buffer, start, position, &Element::of(&text).encode());
                    prop_assert_eq!(decode(&buffer[position..]).unwrap().0.to_vec(), text.clone());
                    naive.insert(at, text);
                }
                Op::Push(text) => {
                    push(&mut buffer, start, &Element::of(&text).encode());
                    naive.push(text);
                }
                Op::Replace(at, text) if !naive.is_empty() => {
                    let at = at % naive.len();
                    let position = start + Pack::new(&buffer[start..]).position(at).unwrap();
                    replace(&mut buffer, position, &Element::of(&text).encode());
                    naive[at] = text;
                }
                Op::Remove(at, count) if !naive.is_empty() => {
                    let at = at % naive.len();
                    let position = start + Pack::new(&buffer[start..]).position(at).unwrap();
                    let position = remove(&mut buffer, start, position, count);
                    naive.drain(at..naive.len().min(at + count));
                    prop_assert_eq!(
                        decode(&buffer[position..]).map(|(element, _)| element.to_vec()),
                        naive.get(at).cloned()
                    );
                }
                Op::Fill(count) => {
                    for i in 0..count {
                        push(&mut buffer, start, &Element::Int(i as i64).encode());
                        naive.push(i.to_string().into_bytes());
                    }
                }
                _ => {}
            }
            let pack = Pack::new(&buffer[start..]);
            prop_assert_eq!(pack.len(), naive.len());
            prop_assert!(pack.iter().map(Element::to_vec).eq(naive.iter().cloned()));
            prop_assert!(buffer[..start].iter().all(|&byte| byte == 7));
        }
        let pack = Pack::new(&buffer[start..]);
        for step in 1..4 {
            for (i, text) in naive.iter().enumerate() {
                let found = pack.find(&Element::of(text).encode(), step);
                let first = naive.iter().step_by(step).position(|other| other == text).map(|at| at * step);
                prop_assert_eq!(found, first.and_then(|at| pack.position(at)), "{} {}", step, i);
            }
        }
        prop_assert_eq!(pack.nth(naive.len()), None);
    }

    #[test]
    fn elements_are_canonical(text in texts()) {
        let element = Element::of(&text);
        prop_assert_eq!(element.as_int(), num::parse_i64(&text));
        prop_assert_eq!(element.text_len(), text.len());
        let mut encoded = Vec::new();
        element.encode().append_to(&mut encoded);
        prop_assert_eq!(element_len(&encoded), encoded.len());
        prop_assert_eq!(decode(&encoded), Some((element, encoded.len())));
    }

    #[test]
    fn dense_elements_are_texts(text in prop_oneof![texts(), "[-0-9][0-9.:/, -]{0,17}".prop_map(String::into_bytes)]) {
        let value = Dense::of(&text);
        prop_assert_eq!(value.as_int(), num::parse_i64(&text));
        prop_assert_eq!(value.text_len(), text.len());
        let mut scratch = b"before".to_vec();
        prop_assert_eq!(value.text(&mut scratch), &text[..]);
        prop_assert_eq!(value.to_vec(), text.clone());
        let mut buffer = vec![7];
        init(&mut buffer);
        push(&mut buffer, 1, &Element::of(b"name").encode());
        push(&mut buffer, 1, &value.encode());
        push(&mut buffer, 1, &Element::of(b"last").encode());
        let pack = Pack::new(&buffer[1..]);
        let (read, next) = pack.dense_at(pack.skip(pack.first(), 1)).unwrap();
        prop_assert_eq!(read, value);
        prop_assert_eq!(pack.at(next).unwrap().0.to_vec(), b"last");
        prop_assert_eq!(pack.skip(pack.first(), 2), next);
        prop_assert!(value.encode().bytes_len() <= Element::of(&text).encode().bytes_len());
    }

    #[test]
    fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..50), text in texts()) {
        let pack = Pack::new(&bytes);
        pack.iter().for_each(drop);
        pack.find(&Element::of(&text).encode(), 2);
        pack.nth(3);
        (0..bytes.len()).for_each(|at| drop(pack.dense_at(at).map(|(value, _)| value.to_vec())));
        let mut buffer = bytes.clone();
        remove(&mut buffer, 0, 1, 2);
        let mut buffer = bytes.clone();
        replace(&mut buffer, 1, &Element::of(&text).encode());
        let mut buffer = bytes;
        insert(&mut buffer, 0, 1, &Element::of(&text).encode());
    }
}

#[test]
fn small_things_are_small() {
    let bytes = |text: &[u8]| Element::of(text).encode().bytes_len();
    assert_eq!(bytes(b"0"), 1);
    assert_eq!(bytes(b"127"), 1);
    assert_eq!(bytes(b"-2048"), 2);
    assert_eq!(bytes(b"32767"), 3);
    assert_eq!(bytes(b"1700000000000"), 7);
    assert_eq!(bytes(i64::MIN.to_string().as_bytes()), 9);
    assert_eq!(bytes(&[b'x'; 63]), 64);
    assert_eq!(bytes(&[b'x'; 64]), 66);
    let bytes = |text: &[u8]| Dense::of(text).encode().bytes_len();
    assert_eq!(bytes(b"12"), 1);
    assert_eq!(bytes(b"1.5"), 3);
    assert_eq!(bytes(b"12.34567"), 5);
    assert_eq!(bytes(b"-0.25"), 4);
    assert_eq!(bytes(b"2026-11-21"), 6);
    assert_eq!(bytes(b"192.168.100.100"), 9);
    assert_eq!(bytes(b"2026-11-21 12:30"), 17);
}
