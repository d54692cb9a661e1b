//! The tree against a sorted vector.

use proptest::prelude::*;

use super::run::Run;
use super::{RankTree, RankView};

impl Run {
    /// Checks that entries are in order and the allocation has the size of its class.
    pub(super) fn check(&self) {
        let entry = |i: usize| (self.score(i), self.member(i));
        for i in 1..self.len() {
            assert!(entry(i - 1) < entry(i), "{:?} {:?}", entry(i - 1), entry(i));
        }
    }
}

/// The naive form: a sorted vector.
#[derive(Default)]
struct Oracle(Vec<(f64, Vec<u8>)>);

impl Oracle {
    fn place(&self, score: f64, member: &[u8]) -> Result<usize, usize> {
        self.0.binary_search_by(|(s, m)| {
            s.partial_cmp(&score).expect("no NaN").then_with(|| m.as_slice().cmp(member))
        })
    }

    fn insert(&mut self, score: f64, member: &[u8]) -> bool {
        let place = self.place(score, member);
        if let Err(at) = place {
            self.0.insert(at, (score, member.to_vec()));
        }
        place.is_err()
    }

    fn remove(&mut self, score: f64, member: &[u8]) -> bool {
        let place = self.place(score, member);
        if let Ok(at) = place {
            self.0.remove(at);
        }
        place.is_ok()
    }
}

#[derive(Clone, Debug)]
enum Op {
    Insert(f64, Vec<u8>),
    Remove(usize),
    RemoveMissing(f64, Vec<u8>),
    RemoveRange(usize, usize),
    Rank(usize),
    Borders(f64, Vec<u8>),
    Visit(usize, usize, bool),
    FreeSome,
}

fn scores() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => (-20i32..20).prop_map(f64::from),
        2 => any::<i32>().prop_map(f64::from),
        1 => Just(f64::INFINITY),
        1 => Just(f64::NEG_INFINITY),
        1 => Just(0.0),
        1 => Just(-0.0),
        1 => any::<f64>().prop_filter("no NaN", |score| !score.is_nan()),
    ]
}

fn members() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        6 => (0u32..5000).prop_map(|i| format!("member:{i:05}").into_bytes()),
        2 => prop::collection::vec(any::<u8>(), 0..8),
        2 => (any::<u8>(), 150usize..700).prop_map(|(byte, len)| vec![byte; len]),
    ]
}

fn ops(len: usize) -> impl Strategy<Value = Vec<Op>> {
    let op = prop_oneof![
        40 => (scores(), members()).prop_map(|(s, m)| Op::Insert(s, m)),
        12 => any::<usize>().prop_map(Op::Remove),
        1 => (scores(), members()).prop_map(|(s, m)| Op::RemoveMissing(s, m)),
        1 => (any::<usize>(), 0usize..60).prop_map(|(at, n)| Op::RemoveRange(at, n)),
        2 => any::<usize>().prop_map(Op::Rank),
        2 => (scores(), members()).prop_map(|(s, m)| Op::Borders(s, m)),
        2 => (any::<usize>(), 0usize..200, any::<bool>()).prop_map(|(at, n, b)| Op::Visit(at, n, b)),
        1 => Just(Op::FreeSome),
    ];
    prop::collection::vec(op, 0..len)
}

fn visited(tree: &RankTree, range: std::ops::Range<usize>, backwards: bool) -> Vec<(f64, Vec<u8>)> {
    let mut seen = Vec::new();
    tree.visit(range, backwards, |score, member| {
        seen.push((score, member.to_vec()));
        true
    });
    seen
}

/// A view, and what it must show from now on.
type Watched = (RankView, Vec<(f64, Vec<u8>)>);

/// Does the same to both.
fn apply(op: Op, tree: &mut RankTree, oracle: &mut Oracle) {
    let len = oracle.0.len();
    match op {
        Op::Insert(score, member) => {
            assert_eq!(tree.insert(score, &member), oracle.insert(score, &member));
        }
        Op::Remove(at) if len > 0 => {
            let (score, member) = oracle.0[at % len].clone();
            assert!(tree.remove(score, &member) && oracle.remove(score, &member));
        }
        Op::RemoveMissing(score, member) => {
            assert_eq!(tree.remove(score, &member), oracle.remove(score, &member));
        }
        Op::RemoveRange(at, n) => {
            let from = at % (len + 1);
            let to = (from + n).min(len);
            let mut gone = Vec::new();
            tree.remove_range(from..from + n, |score, member| gone.push((score, member.to_vec())));
            assert_eq!(gone, oracle.0.drain(from..to).collect::<Vec<_>>());
        }
        Op::Rank(at) if len > 0 => {
            let (score, member) = &oracle.0[at % len];
            assert_eq!(tree.rank(*score, member), Some(at % len));
            assert_eq!(tree.rank_of_present(*score, member), at % len);
            assert_eq!(tree.get(at % len), Some((*score, member.as_slice())));
            assert_eq!(tree.get(len), None);
        }
        Op::Borders(score, member) => {
            let place = oracle.place(score, &member);
            assert_eq!(tree.rank(score, &member), place.ok());
            let before = |s: f64, m: &[u8]| (s, m) < (score, member.as_slice());
            assert_eq!(tree.partition(before), oracle.0.partition_point(|(s, m)| before(*s, m)));
            let below = |s: f64| s <= score;
            assert_eq!(tree.partition_by_score(below), oracle.0.partition_point(|(s, _)| below(*s)));
        }
        Op::Visit(at, n, backwards) => {
            let from = at % (len + 1);
            let mut expected = oracle.0[from..(from + n).min(len)].to_vec();
            if backwards {
                expected.reverse();
            }
            assert_eq!(visited(tree, from..from + n, backwards), expected);
        }
        Op::FreeSome if len > 0 => {
            tree.free_some(1);
            oracle.0.truncate(tree.len());
        }
        Op::Remove(_) | Op::Rank(_) | Op::FreeSome => {}
    }
    assert_eq!(tree.len(), oracle.0.len());
}

fn run(ops: Vec<Op>) {
    let (mut tree, mut oracle) = (RankTree::new(), Oracle::default());
    for op in ops {
        apply(op, &mut tree, &mut oracle);
    }
    tree.check();
    assert_eq!(visited(&tree, 0..usize::MAX, false), oracle.0);
    let built = RankTree::from_sorted(oracle.0.iter().map(|(score, member)| (*score, &member[..])));
    built.check();
    assert_eq!(visited(&built, 0..usize::MAX, false), oracle.0);
    while !tree.free_some(3) {
        tree.check();
    }
    assert_eq!((tree.len(), tree.memory_bytes()), (0, 0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 3 } else { 150 }))]

    #[test]
    fn does_what_a_sorted_vector_does(ops in ops(3000)) {
        run(ops);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(miri) { 2 } else { 60 }))]

    /// Several views at a time, visited in slices, given up early or seen to the end, while all goes on.
    #[test]
    fn views_stay_as_they_were(ops in ops(1500), whats in prop::collection::vec((0..60u8, any::<usize>()), 1500)) {
        let (mut tree, mut oracle) = (RankTree::new(), Oracle::default());
        let mut views: Vec<Watched> = Vec::new();
        let visit = |(view, expect): &mut Watched, max: usize| {
            let (mut left, mut seen) = (max, 0);
            let done = view.visit(|score, member| {
                assert_eq!((score, member), (expect[seen].0, &expect[seen].1[..]));
                seen += 1;
                left -= 1;
                left > 0
            });
            expect.drain(..seen);
            assert_eq!((view.len(), done), (expect.len(), expect.is_empty()));
            done
        };
        for (op, (what, amount)) in ops.into_iter().zip(whats) {
            apply(op, &mut tree, &mut oracle);
            match what {
                0 | 1 => {
                    let from = amount % (oracle.0.len() + 1) / 3;
                    let to = if what == 0 { usize::MAX } else { from + amount % 100 };
                    let mut expect = oracle.0[from..to.min(oracle.0.len())].to_vec();
                    if amount % 2 == 0 {
                        expect.reverse();
                    }
                    views.push((tree.view(from..to, amount % 2 == 0), expect));
                }
                2 if !views.is_empty() => _ = views.swap_remove(amount % views.len()),
                3..10 if !views.is_empty() => {
                    let at = amount % views.len();
                    if visit(&mut views[at], amount % 100 + 1) {
                        while !views[at].0.free_some(1) {}
                        views.swap_remove(at);
                    }
                }
                _ => {}
            }
        }
        tree.check();
        prop_assert_eq!(visited(&tree, 0..usize::MAX, false), oracle.0);
        while !tree.free_some(3) {}
        for view in &mut views {
            while !visit(view, 70) {}
        }
        drop((tree, views));
        prop_assert_eq!(crate::share::retained_bytes(), 0);
    }
}

/// Elements in an order that a seed gives.
fn shuffled(count: u64, seed: u64) -> Vec<u64> {
    let mut rng = base::Rng::new(seed);
    let mut all: Vec<u64> = (0..count).collect();
    for i in (1..all.len()).rev() {
        all.swap(i, rng.below(i as u64 + 1) as usize);
    }
    all
}

fn member(i: u64) -> Vec<u8> {
    format!("member:{i:09}").into_bytes()
}

#[test]
fn a_big_tree_keeps_its_shape() {
    let order = shuffled(60_000, 7);
    let mut tree = RankTree::new();
    for &i in &order {
        assert!(tree.insert(0.0, &member(i)));
    }
    tree.check();
    for &i in order.iter().take(1000) {
        assert_eq!(tree.rank(0.0, &member(i)), Some(i as usize));
        assert_eq!(tree.get(i as usize), Some((0.0, member(i).as_slice())));
    }
    let full = tree.memory_bytes();
    for (n, &i) in order.iter().enumerate() {
        assert!(tree.remove(0.0, &member(i)));
        if n % 9_000 == 0 {
            tree.check();
        }
        if n == 50_000 {
            assert!(tree.memory_bytes() < full / 3, "{} of {full}", tree.memory_bytes());
        }
    }
    assert_eq!(tree.memory_bytes(), 0);
}

#[test]
fn a_tree_can_be_built_at_once() {
    for count in [0, 1, 60, 90, 5_000, 6_000, 300_000] {
        let members: Vec<Vec<u8>> = (0..count).map(member).collect();
        let elements = members.iter().enumerate().map(|(i, member)| ((i / 3) as f64, &member[..]));
        let mut tree = RankTree::from_sorted(elements.clone());
        tree.check();
        assert_eq!(tree.len() as u64, count);
        for (i, (score, member)) in elements.enumerate().step_by(997) {
            assert_eq!(tree.rank(score, member), Some(i));
            assert!(tree.remove(score, member) && tree.insert(score, member));
        }
        tree.check();
    }
}

#[test]
fn ranges_go_at_once() {
    let mut tree = RankTree::new();
    for i in 0..50_000 {
        tree.insert(f64::from(i), b"m");
    }
    let mut gone = 0;
    tree.remove_range(10..49_990, |_, _| gone += 1);
    tree.check();
    assert_eq!((gone, tree.len()), (49_980, 20));
    tree.remove_range(0..usize::MAX, |_, _| gone += 1);
    assert_eq!((gone, tree.len(), tree.memory_bytes()), (50_000, 0, 0));
}

#[test]
fn an_element_of_16_bytes_takes_30_bytes() {
    let per_element = |order: &[u64], score: &dyn Fn(u64) -> f64| {
        let mut tree = RankTree::new();
        for &i in order {
            tree.insert(score(i), &member(i));
        }
        tree.check();
        tree.memory_bytes() as f64 / order.len() as f64
    };
    let ascending: Vec<u64> = (0..100_000).collect();
    let descending: Vec<u64> = (0..100_000).rev().collect();
    let random = shuffled(100_000, 1);
    for (order, most) in [(&ascending, 27.5), (&descending, 27.5), (&random, 31.0)] {
        let own = per_element(order, &|i| i as f64);
        let equal = per_element(order, &|_| 1.0);
        println!("{own:.2} {equal:.2}");
        assert!(own < most && equal < most + 0.5, "{own} {equal}");
    }
}
