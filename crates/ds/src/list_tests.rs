//! Tests of lists: random operations against a deque of texts.

use std::collections::VecDeque;

use proptest::prelude::*;

use super::*;

type Text = Vec<u8>;

#[derive(Clone, Debug)]
enum Act {
    Push(Side, Text),
    Pop(Side),
    Insert(u8, Text),
    Set(u8, Text),
    Remove(u8, u8),
    RemoveEqual(Text, Side, u8),
    Back,
}

fn text() -> impl Strategy<Value = Text> {
    prop_oneof![
        4 => (0..9i64).prop_map(|int| (int * 7).to_string().into_bytes()),
        4 => prop::collection::vec(prop::sample::select(&b"ab"[..]), 0..12),
        2 => any::<i64>().prop_map(|int| (int >> (int & 63)).to_string().into_bytes()),
        1 => (0..300usize).prop_map(|len| vec![b'x'; len]),
    ]
}

fn side() -> impl Strategy<Value = Side> {
    prop::sample::select(vec![Side::Front, Side::Back])
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        12 => (side(), text()).prop_map(|(side, text)| Act::Push(side, text)),
        8 => side().prop_map(Act::Pop),
        4 => (any::<u8>(), text()).prop_map(|(at, text)| Act::Insert(at, text)),
        3 => (any::<u8>(), text()).prop_map(|(at, text)| Act::Set(at, text)),
        1 => (any::<u8>(), 0..20u8).prop_map(|(at, count)| Act::Remove(at, count)),
        1 => (text(), side(), 0..4u8).prop_map(|(text, side, max)| Act::RemoveEqual(text, side, max)),
        1 => Just(Act::Back),
    ]
}

fn texts(list: &List, from: usize, towards: Side) -> Vec<Text> {
    let mut texts = Vec::new();
    assert!(list.visit(from, towards, |element| {
        texts.push(element.to_vec());
        true
    }));
    texts
}

impl List {
    /// What the accounts must say, by a count of everything.
    fn counted_bytes(&self) -> usize {
        let buffers: usize = self.chunks.iter().map(Chunk::heap_bytes).sum();
        assert_eq!(self.chunks.iter().map(Chunk::count).sum::<usize>(), self.len());
        for chunk in self.chunks.iter() {
            assert!(chunk.count() > 0);
            assert_eq!(Elements::new(chunk.run_in(&mut Vec::new())).count(), chunk.count());
        }
        buffers + self.chunks.counted_bytes() + heap_bytes(self.starts.capacity() * 4)
    }
}

/// Does the same to the model.
fn apply(model: &mut VecDeque<Text>, act: &Act) -> Option<Text> {
    match act.clone() {
        Act::Push(Side::Front, text) => model.push_front(text),
        Act::Push(Side::Back, text) => model.push_back(text),
        Act::Pop(Side::Front) => return model.pop_front(),
        Act::Pop(Side::Back) => return model.pop_back(),
        Act::Insert(at, text) => model.insert(usize::from(at).min(model.len()), text),
        Act::Set(at, text) => {
            if let Some(old) = model.get_mut(usize::from(at)) {
                *old = text;
            }
        }
        Act::Remove(at, count) => {
            let at = usize::from(at).min(model.len());
            model.drain(at..(at + usize::from(count) * 8).min(model.len()));
        }
        Act::RemoveEqual(text, side, max) => {
            let mut found: Vec<usize> = (0..model.len()).filter(|&at| model[at] == text).collect();
            if side == Side::Back {
                found.reverse();
            }
            found.truncate(usize::from(max));
            found.sort_unstable();
            found.iter().rev().for_each(|&at| _ = model.remove(at));
            return Some(found.len().to_string().into_bytes());
        }
        Act::Back => return model.back().cloned(),
    }
    None
}

fn apply_list(list: &mut List, act: &Act, limits: Limits) -> Option<Text> {
    match act {
        Act::Push(side, text) => list.push(*side, &Element::of(text).encode(), limits),
        Act::Pop(side) => return list.pop(*side, |element| element.to_vec()),
        Act::Insert(at, text) => list.insert(usize::from(*at), &Element::of(text).encode(), limits),
        Act::Set(at, text) => {
            let exists = usize::from(*at) < list.len();
            assert_eq!(list.set(usize::from(*at), &Element::of(text).encode(), limits), exists);
        }
        Act::Remove(at, count) => {
            let removed = list.remove(usize::from(*at), usize::from(*count) * 8, limits);
            assert_eq!(removed.memory_bytes(), removed.counted_bytes());
            assert!(removed.len() <= usize::from(*count) * 8);
        }
        Act::RemoveEqual(text, side, max) => {
            let removed = list.remove_equal(&Element::of(text).encode(), *side, usize::from(*max), limits);
            return Some(removed.to_string().into_bytes());
        }
        Act::Back => return list.back().map(Element::to_vec),
    }
    None
}

fn check(acts: &[Act], limits: Limits) {
    let mut model = VecDeque::new();
    let mut list = List::new();
    for act in acts {
        let expect = apply(&mut model, act);
        assert_eq!(apply_list(&mut list, act, limits), expect, "{act:?}");
        assert_eq!(list.len(), model.len());
        assert_eq!(list.memory_bytes(), list.counted_bytes(), "{act:?}");
    }
    assert_eq!(texts(&list, 0, Side::Back), model.iter().cloned().collect::<Vec<_>>());
    for from in [0, 1, model.len() / 2, model.len().saturating_sub(1), model.len(), model.len() + 3] {
        let forwards: Vec<Text> = model.iter().skip(from).cloned().collect();
        let backwards: Vec<Text> = (0..model.len().min(from + 1)).rev().map(|at| model[at].clone()).collect();
        let backwards = if from < model.len() { backwards } else { Vec::new() };
        assert_eq!(list.get(from, |element| element.to_vec()), forwards.first().cloned());
        assert_eq!(texts(&list, from, Side::Back), forwards);
        assert_eq!(texts(&list, from, Side::Front), backwards);
    }
    assert_eq!(list.clone(), list);
    while !list.free_some(1) {}
    assert_eq!((list.len(), list.counted_bytes()), (0, list.memory_bytes()));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn behaves_as_a_deque(
        acts in prop::collection::vec(act(), 1..400),
        bytes in prop::sample::select(vec![16usize, 64, 200, 4096]),
        count in prop::sample::select(vec![1usize, 3, usize::MAX]),
        open in 0..3usize,
    ) {
        check(&acts, Limits { bytes, count, open });
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: if cfg!(miri) { 4 } else { 300 }, ..ProptestConfig::default() })]

    /// Several views at a time, visited in slices, given up early or seen to the end, while all goes on.
    #[test]
    fn views_stay_as_they_were(
        acts in prop::collection::vec((act(), 0..6u8, any::<u8>(), 1..40usize), 1..300),
        bytes in prop::sample::select(vec![16usize, 64, 200, 4096]),
        open in 0..3usize,
    ) {
        let limits = Limits { bytes, count: usize::MAX, open };
        let (mut list, mut model) = (List::new(), VecDeque::new());
        let mut views: Vec<(ListView, Vec<Text>, Vec<Text>)> = Vec::new();
        let visit = |(view, expect, seen): &mut (ListView, Vec<Text>, Vec<Text>), max: usize| {
            let mut left = max;
            let done = view.visit(|element| {
                seen.push(element.to_vec());
                left -= 1;
                left > 0
            });
            assert_eq!(view.len(), expect.len() - seen.len());
            assert!(!done || seen == expect);
            done
        };
        for (act, what, at, amount) in acts {
            let expect = apply(&mut model, &act);
            prop_assert_eq!(apply_list(&mut list, &act, limits), expect);
            prop_assert_eq!(list.memory_bytes(), list.counted_bytes());
            let at = usize::from(at);
            match what {
                0 => {
                    let expect: Vec<Text> = model.iter().skip(at % 64).take(amount * 8).cloned().collect();
                    views.push((list.view(at % 64, amount * 8), expect, Vec::new()));
                }
                1 if !views.is_empty() => _ = views.swap_remove(at % views.len()),
                2 | 3 if !views.is_empty() => {
                    let at = at % views.len();
                    if visit(&mut views[at], amount) {
                        while !views[at].0.free_some(1) {}
                        views.swap_remove(at);
                    }
                }
                _ => {}
            }
        }
        prop_assert!(texts(&list, 0, Side::Back).iter().eq(model.iter()));
        while !list.free_some(1) {}
        for view in &mut views {
            while !visit(view, 7) {}
        }
        drop((list, views));
        prop_assert_eq!(crate::share::retained_bytes(), 0);
    }
}

const LIMITS: Limits = Limits { bytes: crate::record::frugal_size(8192), count: usize::MAX, open: 0 };

#[test]
fn a_queue_keeps_its_memory_bounded() {
    let mut list = List::new();
    for round in 0..50_000u32 {
        let text = format!("job number {round:09}");
        list.push(Side::Front, &Element::of(text.as_bytes()).encode(), LIMITS);
        if round >= 100 {
            let popped = list.pop(Side::Back, |element| element.to_vec()).unwrap();
            assert_eq!(popped, format!("job number {:09}", round - 100).into_bytes());
        }
    }
    assert_eq!(list.len(), 100);
    assert!(list.memory_bytes() < 20_000, "{}", list.memory_bytes());
}

#[test]
fn a_long_list_costs_little_more_than_its_elements() {
    let mut list = List::new();
    for number in 0..100_000u32 {
        list.push(Side::Back, &Element::of(format!("value:{number:014}").as_bytes()).encode(), LIMITS);
    }
    let per_element = list.memory_bytes() as f64 / 100_000.0;
    assert!(per_element < 21.4, "{per_element}");
    for at in [0, 1, 4999, 50_000, 99_999] {
        assert_eq!(list.get(at, |element| element.to_vec()).unwrap(), format!("value:{at:014}").into_bytes());
    }
    drop(list.remove(10, 99_980, LIMITS));
    assert_eq!(list.len(), 20);
    assert!(list.memory_bytes() < 40_000, "{}", list.memory_bytes());
}

#[test]
fn a_list_that_was_long_gives_its_memory_back() {
    for side in [Side::Front, Side::Back] {
        let mut list = List::new();
        for number in 0..100_000u32 {
            list.push(Side::Back, &Element::of(format!("value:{number:014}").as_bytes()).encode(), LIMITS);
        }
        while list.len() > 3 {
            list.pop(side, |_| ()).unwrap();
        }
        assert!(list.memory_bytes() < 1000, "{}", list.memory_bytes());
        assert_eq!(list.memory_bytes(), list.counted_bytes());
    }
}

#[test]
fn elements_longer_than_a_chunk_are_alone() {
    let mut list = List::new();
    let long = vec![b'x'; 100_000];
    for side in [Side::Front, Side::Back, Side::Front] {
        list.push(side, &Element::of(&long).encode(), LIMITS);
        list.push(side, &Element::of(b"short").encode(), LIMITS);
    }
    list.insert(3, &Element::of(&long).encode(), LIMITS);
    assert_eq!(list.len(), 7);
    assert!(list.memory_bytes() < 4 * 120_000);
    assert!(list.set(3, &Element::of(b"now short").encode(), LIMITS));
    assert!(list.memory_bytes() < 3 * 120_000);
    assert_eq!(texts(&list, 0, Side::Back).iter().filter(|&text| *text == long).count(), 3);
    assert_eq!(list.remove_equal(&Element::of(&long).encode(), Side::Back, 2, LIMITS), 2);
    assert_eq!(list.pop(Side::Back, |element| element.to_vec()).unwrap(), b"short");
}

#[test]
fn chunks_away_from_the_ends_are_closed() {
    let limits = Limits { open: 1, ..LIMITS };
    let text = |number: u32| format!("{{\"job\":\"mail\",\"number\":{number:09}}}").into_bytes();
    let (mut list, mut plain) = (List::new(), List::new());
    for number in 0..20_000 {
        list.push(Side::Back, &Element::of(&text(number)).encode(), limits);
        plain.push(Side::Back, &Element::of(&text(number)).encode(), LIMITS);
    }
    let closed = |list: &List| list.chunks.iter().filter(|chunk| chunk.is_closed()).count();
    assert_eq!((closed(&list), closed(&plain)), (list.chunks() - 2, 0));
    assert!(list.memory_bytes() * 3 < plain.memory_bytes(), "{}", list.memory_bytes());
    assert_eq!(list, plain);
    // A change in the middle leaves things as they were; so does a list that turns out to be a queue.
    assert!(list.set(10_000, &Element::of(b"other").encode(), limits));
    list.insert(5_000, &Element::of(b"new").encode(), limits);
    drop(list.remove(15_000, 1, limits));
    assert!(closed(&list) >= list.chunks() - 2);
    assert_eq!(list.remove_equal(&Element::of(b"other").encode(), Side::Back, 9, limits), 1);
    for number in 0..5_000 {
        assert_eq!(list.pop(Side::Front, |element| element.to_vec()), Some(text(number)));
    }
    assert_eq!(list.pop(Side::Front, |element| element.to_vec()).unwrap(), b"new");
    assert_eq!(list.pop(Side::Back, |element| element.to_vec()), Some(text(19_999)));
    assert_eq!(list.memory_bytes(), list.counted_bytes());
}

#[test]
fn noise_stays_as_it_is() {
    let limits = Limits { open: 1, ..LIMITS };
    let (mut list, mut noise) = (List::new(), 1u64);
    for _ in 0..5_000 {
        noise = noise.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(0x1405_7b7e_f767_814f);
        list.push(Side::Front, &Element::Bytes(&noise.swap_bytes().to_le_bytes()).encode(), limits);
    }
    assert!(list.chunks.iter().all(|chunk| !chunk.is_closed()));
}
