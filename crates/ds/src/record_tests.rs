//! The record against a plain pair of a name and a value.

use std::cell::Cell;
use std::rc::Rc;

use proptest::prelude::*;

use super::*;

/// A boxed value that counts how many of its kind are alive.
#[derive(Debug)]
struct Counted {
    value: u64,
    alive: Rc<Cell<i64>>,
}

impl Counted {
    fn boxed(value: u64, alive: &Rc<Cell<i64>>) -> Box<Self> {
        alive.set(alive.get() + 1);
        Box::new(Counted { value, alive: alive.clone() })
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.alive.set(self.alive.get() - 1);
    }
}

/// What a record holds, naively.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Plain {
    Int(i64),
    Bytes(Vec<u8>),
    Packed(Vec<u8>),
    Boxed(u64),
}

impl Plain {
    fn payload<'a>(&'a self, alive: &Rc<Cell<i64>>) -> Payload<'a, Counted> {
        match self {
            Plain::Int(int) => Payload::Int(*int),
            Plain::Bytes(bytes) => Payload::Bytes(bytes),
            Plain::Packed(bytes) => Payload::Packed(bytes),
            Plain::Boxed(value) => Payload::Boxed(Counted::boxed(*value, alive)),
        }
    }

    fn of(payload: PayloadRef<'_, Counted>) -> Plain {
        match payload {
            PayloadRef::Int(int) => Plain::Int(int),
            PayloadRef::Bytes(bytes) => Plain::Bytes(bytes.to_vec()),
            PayloadRef::Packed(bytes) => Plain::Packed(bytes.to_vec()),
            PayloadRef::Boxed(counted) => Plain::Boxed(counted.value),
        }
    }
}

#[derive(Clone, Debug)]
enum Op {
    Overwrite(Option<u64>, Plain),
    InPlace(Plain),
    Bytes(Vec<u8>),
    Word(Option<u64>),
    Resize(usize),
    Fill(u8),
    Hint(bool),
}

fn lengths() -> impl Strategy<Value = usize> {
    prop_oneof![4 => 0..40usize, 2 => 100..140usize, 2 => 245..270usize, 1 => 0..5_000usize]
}

fn words() -> impl Strategy<Value = Option<u64>> {
    prop_oneof![
        Just(None),
        any::<u64>().prop_map(Some),
        (0..1u64 << 48).prop_map(Some),
        Just(Some((1 << 48) - 1)),
        Just(Some(1 << 48))
    ]
}

fn plains() -> impl Strategy<Value = Plain> {
    let ints = (any::<i64>(), 0..64u32).prop_map(|(int, shift)| int >> shift);
    let bytes = (lengths(), any::<u8>())
        .prop_map(|(len, first)| (0..len).map(|i| first.wrapping_add(i as u8)).collect());
    let packed = lengths().prop_map(|len| (0..len).map(|i| i as u8).collect());
    prop_oneof![
        2 => ints.prop_map(Plain::Int),
        3 => bytes.prop_map(Plain::Bytes),
        2 => packed.prop_map(Plain::Packed),
        2 => any::<u64>().prop_map(Plain::Boxed),
    ]
}

fn ops() -> impl Strategy<Value = Op> {
    prop_oneof![
        (words(), plains()).prop_map(|(word, plain)| Op::Overwrite(word, plain)),
        plains().prop_map(Op::InPlace),
        lengths().prop_map(|len| Op::Bytes((0..len).map(|i| i as u8).collect())),
        words().prop_map(Op::Word),
        lengths().prop_map(Op::Resize),
        any::<u8>().prop_map(Op::Fill),
        any::<bool>().prop_map(Op::Hint),
    ]
}

/// The bytes that a record needs, counted apart from the code under test.
fn bytes_needed(name: &[u8], word: Option<u64>, plain: &Plain) -> usize {
    let length = |len: usize| if len < 256 { 1 } else { 4 };
    let word = word.map_or(0, |word| if word < 1 << 48 { 6 } else { 8 });
    let payload = match plain {
        Plain::Int(int) => [1usize, 2, 4, 8]
            .into_iter()
            .find(|width| int << (64 - 8 * width) >> (64 - 8 * width) == *int)
            .unwrap_or(8),
        Plain::Bytes(bytes) | Plain::Packed(bytes) => length(bytes.len()) + bytes.len(),
        Plain::Boxed(_) => 8,
    };
    1 + length(name.len()) + name.len() + word + payload
}

proptest! {
    #[test]
    fn equals_the_naive_record(
        name in lengths().prop_map(|len| (0..len).map(|i| i as u8).collect::<Vec<u8>>()),
        word in words(),
        first in plains(),
        ops in proptest::collection::vec(ops(), 0..20),
    ) {
        let alive = Rc::new(Cell::new(0));
        let (mut word, mut plain, mut hint) = (word, first, false);
        let mut record = Record::new(&name, word, plain.payload(&alive));
        for op in ops.into_iter().map(Some).chain([None]) {
            prop_assert_eq!(record.name(), &name[..]);
            prop_assert_eq!(record.word(), word);
            prop_assert_eq!(record.view().has_word(), word.is_some());
            prop_assert_eq!(record.view().hint(), hint);
            prop_assert_eq!(&Plain::of(record.payload()), &plain);
            prop_assert_eq!(record.bytes_allocated(), size_class(bytes_needed(&name, word, &plain)));
            prop_assert_eq!(alive.get(), i64::from(matches!(plain, Plain::Boxed(_))));
            match op {
                None => {}
                Some(Op::Overwrite(new_word, new)) => {
                    let (new_record, old) = record.overwrite(new_word, new.payload(&alive));
                    record = new_record;
                    prop_assert_eq!(old.map(|old| Plain::Boxed(old.value)), match plain {
                        Plain::Boxed(_) => Some(plain),
                        _ => None,
                    });
                    (word, plain, hint) = (new_word, new, false);
                }
                Some(Op::InPlace(new)) => {
                    let boxed = [&plain, &new].into_iter().any(|plain| matches!(plain, Plain::Boxed(_)));
                    let class = |plain| size_class(bytes_needed(&name, word, plain));
                    let fits = !boxed && class(&plain) == class(&new);
                    let address = record.p;
                    prop_assert_eq!(record.overwrite_in_place(new.payload(&alive)).is_ok(), fits);
                    prop_assert_eq!(record.p, address);
                    if fits {
                        (plain, hint) = (new, false);
                    }
                }
                Some(Op::Bytes(bytes)) => {
                    let short = name.len() < 256 && word.is_none() && bytes.len() < 256;
                    let old = match &plain {
                        Plain::Bytes(old) if short && old.len() < 256 => Some(old.len()),
                        _ => None,
                    };
                    let new = Plain::Bytes(bytes.clone());
                    let class = |plain| size_class(bytes_needed(&name, word, plain));
                    let old = old.filter(|_| class(&plain) == class(&new));
                    let address = record.p;
                    prop_assert_eq!(record.overwrite_bytes(&bytes), old);
                    prop_assert_eq!(record.p, address);
                    if old.is_some() {
                        (plain, hint) = (new, false);
                    }
                }
                Some(Op::Word(new_word)) => {
                    record = record.with_word(new_word);
                    word = new_word;
                }
                Some(Op::Resize(len)) => {
                    record = record.resize_bytes(len);
                    if let Plain::Bytes(bytes) = &mut plain {
                        bytes.resize(len, 0);
                    }
                }
                Some(Op::Fill(byte)) => {
                    if let Plain::Bytes(bytes) = &mut plain {
                        bytes.fill(byte);
                    }
                    if let Some(bytes) = record.bytes_mut() {
                        bytes.fill(byte);
                    }
                    if let (Plain::Boxed(value), Some(counted)) = (&mut plain, record.boxed_mut()) {
                        (*value, counted.value) = (byte.into(), byte.into());
                    }
                }
                Some(Op::Hint(new_hint)) => {
                    record.set_hint(new_hint);
                    hint = new_hint;
                }
            }
        }
        match plain {
            Plain::Boxed(value) => prop_assert_eq!(record.into_box().map(|counted| counted.value), Some(value)),
            _ => drop(record),
        }
        prop_assert_eq!(alive.get(), 0);
    }
}

#[test]
fn the_typical_record_fits_48_bytes() {
    let record = Record::<()>::new(b"key:1234567", None, Payload::Bytes(&[b'x'; 32]));
    assert_eq!(record.bytes_allocated(), 48);
    let counter = Record::<()>::new(b"key:1234567", None, Payload::Int(7));
    assert_eq!(counter.bytes_allocated(), 16);
    assert_eq!(size_of::<Option<Record<()>>>(), 8);
}

#[test]
fn a_change_within_the_class_keeps_the_address() {
    let record = Record::<()>::new(b"key:1234567", None, Payload::Bytes(&[b'x'; 32]));
    let address = record.p;
    let (record, _) = record.overwrite(None, Payload::Bytes(&[b'y'; 20]));
    let record = record.with_word(Some(1)).with_word(None).resize_bytes(34);
    let (record, _) = record.overwrite(Some(5), Payload::Bytes(&[b'z'; 28]));
    assert_eq!(record.p, address);
    let record = record.resize_bytes(40);
    assert_eq!(record.bytes_allocated(), 64);
    assert_eq!(record.payload(), PayloadRef::Bytes(&[[b'z'; 28].as_slice(), &[0; 12]].concat()));
}

#[test]
fn size_classes_are_those_of_the_allocator() {
    let classes = [
        8, 16, 32, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 640, 768, 896, 1024,
        1280, 1536, 1792, 2048, 2560, 3072, 3584, 4096, 5120, 6144, 7168, 8192, 10240, 12288, 14336, 16384,
        20480,
    ];
    let mut class = classes.iter();
    let mut next = 0;
    for bytes in 0..=20480 {
        if bytes > next || bytes == 0 {
            next = *class.next().unwrap_or(&0);
        }
        assert_eq!(size_class(bytes), next, "{bytes}");
    }
    assert_eq!(size_class(usize::MAX), usize::MAX);
}
