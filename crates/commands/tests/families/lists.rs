//! Random commands on lists against plain deques, over one shard and over several.

use std::collections::{BTreeMap, VecDeque};

use proptest::prelude::*;

use crate::harness::Keyspace;

type Lists = BTreeMap<&'static str, VecDeque<String>>;

const KEYS: [&str; 4] = ["a", "b", "{x}1", "{x}2"];

#[derive(Clone, Debug)]
enum Act {
    Push {
        left: bool,
        only_existing: bool,
        key: usize,
        values: Vec<String>,
    },
    Pop {
        left: bool,
        key: usize,
        count: Option<usize>,
    },
    Insert {
        after: bool,
        key: usize,
        pivot: String,
        value: String,
    },
    Set {
        key: usize,
        at: i64,
        value: String,
    },
    Remove {
        key: usize,
        count: i64,
        value: String,
    },
    Trim {
        key: usize,
        start: i64,
        end: i64,
    },
    Move {
        from: usize,
        to: usize,
        left: bool,
        to_left: bool,
    },
    MoveMany {
        from: usize,
        to: usize,
        left: bool,
        to_left: bool,
        count: usize,
        exactly: bool,
        one_by_one: bool,
    },
    PopFirst {
        keys: Vec<usize>,
        left: bool,
        count: usize,
    },
    Position {
        key: usize,
        value: String,
        rank: i64,
    },
    Index {
        key: usize,
        at: i64,
    },
    Range {
        key: usize,
        start: i64,
        end: i64,
    },
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => (0..6i64).prop_map(|value| value.to_string()),
        2 => prop::sample::select(vec!["", "x", "007", "-12345678", "9223372036854775807"]).prop_map(str::to_owned),
        1 => (0..300usize).prop_map(|len| "v".repeat(len)),
    ]
}

fn key() -> impl Strategy<Value = usize> {
    0..KEYS.len()
}

fn act() -> impl Strategy<Value = Act> {
    let at = || -12i64..12;
    let sides = || any::<(bool, bool)>();
    prop_oneof![
        6 => (any::<bool>(), prop::bool::weighted(0.1), key(), prop::collection::vec(value(), 1..6))
            .prop_map(|(left, only_existing, key, values)| Act::Push { left, only_existing, key, values }),
        2 => (any::<bool>(), key(), prop::option::of(0..5usize))
            .prop_map(|(left, key, count)| Act::Pop { left, key, count }),
        1 => (any::<bool>(), key(), value(), value())
            .prop_map(|(after, key, pivot, value)| Act::Insert { after, key, pivot, value }),
        1 => (key(), at(), value()).prop_map(|(key, at, value)| Act::Set { key, at, value }),
        1 => (key(), -2..3i64, value()).prop_map(|(key, count, value)| Act::Remove { key, count, value }),
        1 => (key(), at(), at()).prop_map(|(key, start, end)| Act::Trim { key, start, end }),
        2 => (key(), key(), sides()).prop_map(|(from, to, (left, to_left))| Act::Move { from, to, left, to_left }),
        2 => (key(), key(), sides(), 1..5usize, sides()).prop_map(
            |(from, to, (left, to_left), count, (exactly, one_by_one))| Act::MoveMany {
                from, to, left, to_left, count, exactly, one_by_one
            }
        ),
        1 => (prop::collection::vec(key(), 1..4), any::<bool>(), 1..4usize)
            .prop_map(|(keys, left, count)| Act::PopFirst { keys, left, count }),
        1 => (key(), value(), prop::sample::select(vec![1i64, 2, -1, -2]))
            .prop_map(|(key, value, rank)| Act::Position { key, value, rank }),
        1 => (key(), at()).prop_map(|(key, at)| Act::Index { key, at }),
        2 => (key(), at(), at()).prop_map(|(key, start, end)| Act::Range { key, start, end }),
    ]
}

fn bulk(text: Option<&String>) -> String {
    text.map_or("$-1\r\n".into(), |text| format!("${}\r\n{text}\r\n", text.len()))
}

fn array<'a>(texts: impl IntoIterator<Item = &'a String>) -> String {
    let texts: Vec<String> = texts.into_iter().map(|text| bulk(Some(text))).collect();
    format!("*{}\r\n{}", texts.len(), texts.concat())
}

fn int(value: impl TryInto<i64>) -> String {
    format!(":{}\r\n", value.try_into().unwrap_or(-1))
}

fn side(left: bool) -> &'static str {
    if left { "LEFT" } else { "RIGHT" }
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

fn pop(list: &mut VecDeque<String>, left: bool) -> Option<String> {
    if left { list.pop_front() } else { list.pop_back() }
}

fn push(list: &mut VecDeque<String>, left: bool, value: String) {
    if left { list.push_front(value) } else { list.push_back(value) }
}

/// The elements from `start` to `end`, as Redis counts: the first, and one behind the last.
fn span(start: i64, end: i64, len: usize) -> (usize, usize) {
    let len = len as i64;
    let from_end = |at: i64| if at < 0 { at + len } else { at };
    let (start, end) = (from_end(start).max(0), from_end(end).min(len - 1));
    if start > end { (0, 0) } else { (start as usize, end as usize + 1) }
}

fn at_index(at: i64, len: usize) -> Option<usize> {
    let at = if at < 0 { at + len as i64 } else { at };
    usize::try_from(at).ok().filter(|&at| at < len)
}

/// The command of an act, and what it replies.
fn call(lists: &mut Lists, act: &Act) -> (Vec<String>, String) {
    let result = apply(lists, act);
    lists.retain(|_, list| !list.is_empty());
    result
}

fn apply(lists: &mut Lists, act: &Act) -> (Vec<String>, String) {
    match act {
        Act::Push { left, only_existing, key, values } => {
            let name =
                format!("{}PUSH{}", if *left { "L" } else { "R" }, if *only_existing { "X" } else { "" });
            let command = [words(&[&name, KEYS[*key]]), values.clone()].concat();
            if *only_existing && !lists.contains_key(KEYS[*key]) {
                return (command, int(0));
            }
            let list = lists.entry(KEYS[*key]).or_default();
            values.iter().for_each(|value| push(list, *left, value.clone()));
            (command, int(list.len()))
        }
        Act::Pop { left, key, count } => {
            let mut command = words(&[if *left { "LPOP" } else { "RPOP" }, KEYS[*key]]);
            command.extend(count.map(|count| count.to_string()));
            let exists = lists.contains_key(KEYS[*key]);
            let list = lists.entry(KEYS[*key]).or_default();
            let Some(count) = count else {
                let popped = pop(list, *left);
                return (command, bulk(popped.as_ref()));
            };
            let popped: Vec<String> = (0..*count).map_while(|_| pop(list, *left)).collect();
            (command, if exists { array(&popped) } else { "*-1\r\n".into() })
        }
        Act::Insert { after, key, pivot, value } => {
            let place = if *after { "AFTER" } else { "BEFORE" };
            let command = words(&["LINSERT", KEYS[*key], place, pivot, value]);
            let Some(list) = lists.get_mut(KEYS[*key]) else { return (command, int(0)) };
            let Some(at) = list.iter().position(|other| other == pivot) else { return (command, int(-1)) };
            list.insert(at + usize::from(*after), value.clone());
            (command, int(list.len()))
        }
        Act::Set { key, at, value } => {
            let command = words(&["LSET", KEYS[*key], &at.to_string(), value]);
            let Some(list) = lists.get_mut(KEYS[*key]) else {
                return (command, "-ERR no such key\r\n".into());
            };
            let Some(at) = at_index(*at, list.len()) else {
                return (command, "-ERR index out of range\r\n".into());
            };
            list[at].clone_from(value);
            (command, "+OK\r\n".into())
        }
        Act::Remove { key, count, value } => {
            let command = words(&["LREM", KEYS[*key], &count.to_string(), value]);
            let list = lists.entry(KEYS[*key]).or_default();
            let mut found: Vec<usize> = (0..list.len()).filter(|&at| list[at] == *value).collect();
            if *count < 0 {
                found.reverse();
            }
            if *count != 0 {
                found.truncate(count.unsigned_abs() as usize);
            }
            found.sort_unstable();
            found.iter().rev().for_each(|&at| _ = list.remove(at));
            (command, int(found.len()))
        }
        Act::Trim { key, start, end } => {
            let command = words(&["LTRIM", KEYS[*key], &start.to_string(), &end.to_string()]);
            let list = lists.entry(KEYS[*key]).or_default();
            let (start, end) = span(*start, *end, list.len());
            *list = list.range(start..end).cloned().collect();
            (command, "+OK\r\n".into())
        }
        Act::Move { from, to, left, to_left } => {
            let command = words(&["LMOVE", KEYS[*from], KEYS[*to], side(*left), side(*to_left)]);
            let moved = lists.get_mut(KEYS[*from]).and_then(|list| pop(list, *left));
            if let Some(moved) = &moved {
                push(lists.entry(KEYS[*to]).or_default(), *to_left, moved.clone());
            }
            (command, bulk(moved.as_ref()))
        }
        Act::MoveMany { from, to, left, to_left, count, exactly, one_by_one } => {
            let selector = if *exactly { "EXACTLY" } else { "COUNT" };
            let order = if *one_by_one { "OBO" } else { "BULK" };
            let sides = [side(*left), side(*to_left)];
            let mut command = words(&["LMOVEM", KEYS[*from], KEYS[*to], sides[0], sides[1], selector]);
            command.extend([count.to_string(), order.to_owned()]);
            let len = lists.get(KEYS[*from]).map_or(0, VecDeque::len);
            if *exactly && len < *count {
                return (command, "*-1\r\n".into());
            }
            let count = len.min(*count);
            let source = lists.entry(KEYS[*from]).or_default();
            let mut moved: Vec<String> = (0..count).filter_map(|_| pop(source, *left)).collect();
            if if *one_by_one { *to_left } else { !*left } {
                moved.reverse();
            }
            let destination = lists.entry(KEYS[*to]).or_default();
            if *to_left {
                moved.iter().rev().for_each(|value| destination.push_front(value.clone()));
            } else {
                destination.extend(moved.iter().cloned());
            }
            (command, array(&moved))
        }
        Act::PopFirst { keys, left, count } => {
            let mut command = words(&["LMPOP", &keys.len().to_string()]);
            command.extend(keys.iter().map(|&key| KEYS[key].to_owned()));
            command.extend(words(&[side(*left), "COUNT", &count.to_string()]));
            let Some(&key) = keys.iter().find(|&&key| lists.contains_key(KEYS[key])) else {
                return (command, "*-1\r\n".into());
            };
            let list = lists.entry(KEYS[key]).or_default();
            let popped: Vec<String> = (0..*count).map_while(|_| pop(list, *left)).collect();
            (command, format!("*2\r\n{}{}", bulk(Some(&KEYS[key].to_owned())), array(&popped)))
        }
        Act::Position { key, value, rank } => {
            let command = words(&["LPOS", KEYS[*key], value, "RANK", &rank.to_string()]);
            let list = lists.entry(KEYS[*key]).or_default();
            let mut found: Vec<usize> = (0..list.len()).filter(|&at| list[at] == *value).collect();
            if *rank < 0 {
                found.reverse();
            }
            let found = found.get(rank.unsigned_abs() as usize - 1);
            (command, found.map_or("$-1\r\n".into(), |&at| int(at)))
        }
        Act::Index { key, at } => {
            let command = words(&["LINDEX", KEYS[*key], &at.to_string()]);
            let list = lists.entry(KEYS[*key]).or_default();
            (command, bulk(at_index(*at, list.len()).map(|at| &list[at])))
        }
        Act::Range { key, start, end } => {
            let command = words(&["LRANGE", KEYS[*key], &start.to_string(), &end.to_string()]);
            let list = lists.entry(KEYS[*key]).or_default();
            let (start, end) = span(*start, *end, list.len());
            (command, array(list.range(start..end)))
        }
    }
}

fn check(shards: u16, acts: &[Act]) {
    let mut keyspace = Keyspace::new(shards);
    let mut lists = Lists::new();
    for act in acts {
        let (command, expect) = call(&mut lists, act);
        let reply = String::from_utf8(keyspace.call(&command)).unwrap();
        assert_eq!(reply, expect, "{command:?}");
    }
    for key in KEYS {
        let all = keyspace.call(&["LRANGE", key, "0", "-1"]);
        assert_eq!(String::from_utf8(all).unwrap(), array(lists.get(key).into_iter().flatten()));
        let exists = keyspace.call(&["EXISTS", key]);
        assert_eq!(String::from_utf8(exists).unwrap(), int(usize::from(lists.contains_key(key))));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn lists_behave_as_deques(shards in prop::sample::select(vec![1u16, 3]), acts in prop::collection::vec(act(), 1..150)) {
        check(shards, &acts);
    }
}
