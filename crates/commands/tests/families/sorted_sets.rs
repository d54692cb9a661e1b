//! Random commands on sorted sets against plain maps, over one shard and over several.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base::num::write_f64;
use proptest::prelude::*;

use crate::harness::{Keyspace, bulk, elements};

type Text = String;
type Set = BTreeMap<Text, f64>;

#[derive(Default)]
struct Model {
    keys: BTreeMap<Text, Set>,
}

#[derive(Clone, Debug)]
enum Op {
    Add {
        options: &'static str,
        key: Text,
        pairs: Vec<(f64, Text)>,
    },
    Increment(Text, f64, Text),
    Remove(Text, Vec<Text>),
    Look(&'static str, Text, Text),
    Range {
        command: &'static str,
        key: Text,
        start: i64,
        stop: i64,
    },
    Scores {
        command: &'static str,
        key: Text,
        min: f64,
        max: f64,
        open: bool,
        offset: i64,
        limit: i64,
    },
    Pop(&'static str, Text, usize),
    PopOf(Vec<Text>, bool, usize),
    Combine {
        command: &'static str,
        destination: Text,
        keys: Vec<Text>,
        weights: Option<Vec<i8>>,
        aggregate: &'static str,
    },
    RangeStore(Text, Text, i64, i64),
}

fn score_text(score: f64) -> Text {
    let mut text = Vec::new();
    write_f64(&mut text, score);
    String::from_utf8(text).unwrap()
}

fn string(text: &str) -> Text {
    format!("${}\r\n{text}\r\n", text.len())
}

fn array(elements: &[Text]) -> Text {
    format!("*{}\r\n{}", elements.len(), elements.concat())
}

fn sorted(set: &Set) -> Vec<(f64, Text)> {
    let mut all: Vec<_> = set.iter().map(|(member, &score)| (score, member.clone())).collect();
    all.sort_by(|a, b| a.partial_cmp(b).unwrap());
    all
}

fn flat(members: &[(f64, Text)]) -> Text {
    let elements: Vec<Text> =
        members.iter().flat_map(|(score, member)| [string(member), string(&score_text(*score))]).collect();
    array(&elements)
}

fn between<T>(all: &[T], start: i64, stop: i64) -> &[T] {
    let len = all.len() as i64;
    let at = |index: i64| if index < 0 { index + len } else { index };
    let (from, to) = (at(start).max(0), (at(stop) + 1).min(len));
    if from >= to { &[] } else { &all[from as usize..to as usize] }
}

impl Model {
    fn get(&self, key: &str) -> Set {
        self.keys.get(key).cloned().unwrap_or_default()
    }

    fn put(&mut self, key: &str, set: Set) {
        self.keys.remove(key);
        if !set.is_empty() {
            self.keys.insert(key.to_owned(), set);
        }
    }

    fn reply(&mut self, op: &Op) -> Text {
        match op {
            Op::Add { options, key, pairs } => {
                let has = |option| options.split(' ').any(|word| word == option);
                let mut set = self.get(key);
                let (mut added, mut changed) = (0, 0);
                for (score, member) in pairs {
                    match set.get(member) {
                        None if !has("XX") => added += 1,
                        Some(old)
                            if !(has("NX") || has("GT") && score <= old || has("LT") && score >= old) =>
                        {
                            changed += i32::from(score != old);
                        }
                        _ => continue,
                    }
                    set.insert(member.clone(), *score);
                }
                self.put(key, set);
                format!(":{}\r\n", added + if has("CH") { changed } else { 0 })
            }
            Op::Increment(key, by, member) => {
                let mut set = self.get(key);
                let score = set.entry(member.clone()).or_default();
                *score += by;
                let text = score_text(*score);
                self.put(key, set);
                string(&text)
            }
            Op::Remove(key, members) => {
                let mut set = self.get(key);
                let removed = members.iter().filter(|member| set.remove(*member).is_some()).count();
                self.put(key, set);
                format!(":{removed}\r\n")
            }
            Op::Look(command, key, member) => {
                let set = self.get(key);
                let all = sorted(&set);
                let rank = all.iter().position(|(_, name)| name == member);
                match *command {
                    "ZCARD" => format!(":{}\r\n", set.len()),
                    "ZSCORE" => set.get(member).map_or("$-1\r\n".into(), |&score| string(&score_text(score))),
                    "ZRANK" => rank.map_or("$-1\r\n".into(), |rank| format!(":{rank}\r\n")),
                    _ => rank.map_or("$-1\r\n".into(), |rank| format!(":{}\r\n", all.len() - 1 - rank)),
                }
            }
            Op::Range { command, key, start, stop } => {
                let mut set = self.get(key);
                let mut all = sorted(&set);
                if *command == "ZREVRANGE" {
                    all.reverse();
                }
                let part = between(&all, *start, *stop);
                if *command == "ZREMRANGEBYRANK" {
                    part.iter().for_each(|(_, member)| _ = set.remove(member));
                    self.put(key, set);
                    return format!(":{}\r\n", part.len());
                }
                flat(part)
            }
            Op::Scores { command, key, min, max, open, offset, limit } => {
                let mut set = self.get(key);
                let fits = |score: f64| (if *open { score > *min } else { score >= *min }) && score <= *max;
                let mut all: Vec<_> = sorted(&set).into_iter().filter(|(score, _)| fits(*score)).collect();
                match *command {
                    "ZCOUNT" => format!(":{}\r\n", all.len()),
                    "ZREMRANGEBYSCORE" => {
                        all.iter().for_each(|(_, member)| _ = set.remove(member));
                        self.put(key, set);
                        format!(":{}\r\n", all.len())
                    }
                    _ => {
                        if *command == "ZREVRANGEBYSCORE" {
                            all.reverse();
                        }
                        let limit = usize::try_from(*limit).unwrap_or(usize::MAX);
                        let all: Vec<_> = match usize::try_from(*offset) {
                            Ok(offset) => all.into_iter().skip(offset).take(limit).collect(),
                            Err(_) => Vec::new(),
                        };
                        flat(&all)
                    }
                }
            }
            Op::Pop(command, key, count) => flat(&self.pop(key, *command == "ZPOPMAX", *count)),
            Op::PopOf(keys, max, count) => match keys.iter().find(|key| self.keys.contains_key(*key)) {
                None => "*-1\r\n".into(),
                Some(key) => {
                    let pairs = self.pop(key, *max, *count);
                    let pairs: Vec<Text> = pairs.into_iter().map(|pair| flat(&[pair])).collect();
                    array(&[string(key), array(&pairs)])
                }
            },
            Op::Combine { command, destination, keys, weights, aggregate } => {
                let sets: Vec<Set> = keys.iter().map(|key| self.get(key)).collect();
                let set = combine(command, &sets, weights.as_deref(), aggregate);
                if !command.ends_with("STORE") {
                    return flat(&sorted(&set));
                }
                let len = set.len();
                self.put(destination, set);
                format!(":{len}\r\n")
            }
            Op::RangeStore(destination, key, start, stop) => {
                let part = between(&sorted(&self.get(key)), *start, *stop).to_vec();
                let len = part.len();
                self.put(destination, part.into_iter().map(|(score, member)| (member, score)).collect());
                format!(":{len}\r\n")
            }
        }
    }

    fn pop(&mut self, key: &str, max: bool, count: usize) -> Vec<(f64, Text)> {
        let mut set = self.get(key);
        let mut all = sorted(&set);
        if max {
            all.reverse();
        }
        all.truncate(count);
        all.iter().for_each(|(_, member)| _ = set.remove(member));
        self.put(key, set);
        all
    }
}

fn combine(command: &str, sets: &[Set], weights: Option<&[i8]>, aggregate: &str) -> Set {
    if command.starts_with("ZDIFF") {
        let others = |member: &Text| sets[1..].iter().any(|set| set.contains_key(member));
        return sets[0].iter().filter(|(member, _)| !others(member)).map(|(m, s)| (m.clone(), *s)).collect();
    }
    let mut scores: BTreeMap<Text, Vec<f64>> = BTreeMap::new();
    for (input, set) in sets.iter().enumerate() {
        let weight = weights.map_or(1.0, |weights| f64::from(weights[input]));
        for (member, score) in set {
            let counted = if aggregate == "COUNT" { weight } else { score * weight };
            scores.entry(member.clone()).or_default().push(counted);
        }
    }
    if command.starts_with("ZINTER") {
        scores.retain(|_, all| all.len() == sets.len());
    }
    let total = |all: Vec<f64>| match aggregate {
        "MIN" => all.into_iter().fold(f64::INFINITY, f64::min),
        "MAX" => all.into_iter().fold(f64::NEG_INFINITY, f64::max),
        _ => all.into_iter().sum(),
    };
    scores.into_iter().map(|(member, all)| (member, total(all))).collect()
}

/// The command as a client sends it.
fn words(op: &Op) -> Vec<Text> {
    let mut text = String::new();
    let _ = match op {
        Op::Add { options, key, pairs } => {
            let _ = write!(text, "ZADD {key} {options}");
            pairs.iter().try_for_each(|(score, member)| write!(text, " {} {member}", score_text(*score)))
        }
        Op::Increment(key, by, member) => write!(text, "ZINCRBY {key} {} {member}", score_text(*by)),
        Op::Remove(key, members) => write!(text, "ZREM {key} {}", members.join(" ")),
        Op::Look("ZCARD", key, _) => write!(text, "ZCARD {key}"),
        Op::Look(command, key, member) => write!(text, "{command} {key} {member}"),
        Op::Range { command, key, start, stop } => {
            let scores = if *command == "ZREMRANGEBYRANK" { "" } else { "WITHSCORES" };
            write!(text, "{command} {key} {start} {stop} {scores}")
        }
        Op::Scores { command, key, min, max, open, offset, limit } => {
            let (min, max) = (score_text(*min), score_text(*max));
            let min = if *open { format!("({min}") } else { min };
            match *command {
                "ZCOUNT" | "ZREMRANGEBYSCORE" => write!(text, "{command} {key} {min} {max}"),
                "ZRANGEBYSCORE" => {
                    write!(text, "{command} {key} {min} {max} WITHSCORES LIMIT {offset} {limit}")
                }
                _ => write!(text, "{command} {key} {max} {min} WITHSCORES LIMIT {offset} {limit}"),
            }
        }
        Op::Pop(command, key, count) => write!(text, "{command} {key} {count}"),
        Op::PopOf(keys, max, count) => {
            let end = if *max { "MAX" } else { "MIN" };
            write!(text, "ZMPOP {} {} {end} COUNT {count}", keys.len(), keys.join(" "))
        }
        Op::Combine { command, destination, keys, weights, aggregate } => {
            let destination = if command.ends_with("STORE") { destination } else { "" };
            let _ = write!(text, "{command} {destination} {} {}", keys.len(), keys.join(" "));
            if !command.starts_with("ZDIFF") {
                if let Some(weights) = weights {
                    let _ = write!(text, " WEIGHTS");
                    weights.iter().for_each(|weight| _ = write!(text, " {weight}"));
                }
                let _ = write!(text, " AGGREGATE {aggregate}");
            }
            if command.ends_with("STORE") { Ok(()) } else { write!(text, " WITHSCORES") }
        }
        Op::RangeStore(destination, key, start, stop) => {
            write!(text, "ZRANGESTORE {destination} {key} {start} {stop}")
        }
    };
    text.split_whitespace().map(str::to_owned).collect()
}

fn ops() -> impl Strategy<Value = Op> {
    let key = || prop::sample::select(vec!["a", "b", "c", "{x}1", "{x}2"]).prop_map(str::to_owned);
    let member = || {
        prop_oneof![
            6 => (0..9u8).prop_map(|n| n.to_string()),
            6 => (0..9u8).prop_map(|n| format!("m{n}")),
            1 => Just("long".repeat(20)),
        ]
    };
    let score = || (-8..8i32).prop_map(|n| f64::from(n) / 2.0);
    let options = prop::sample::select(vec!["", "", "", "CH", "NX", "XX CH", "GT CH", "LT", "XX GT CH"]);
    let pairs = prop::collection::vec((score(), member()), 1..6);
    let (index, count) = (|| -5..12i64, || 1..4usize);
    let keys = || prop::collection::vec(key(), 1..4);
    let looks = prop::sample::select(vec!["ZCARD", "ZSCORE", "ZRANK", "ZREVRANK"]);
    let ranges = prop::sample::select(vec!["ZRANGE", "ZREVRANGE", "ZREMRANGEBYRANK"]);
    let scores =
        prop::sample::select(vec!["ZCOUNT", "ZRANGEBYSCORE", "ZREVRANGEBYSCORE", "ZREMRANGEBYSCORE"]);
    let combines =
        prop::sample::select(vec!["ZUNION", "ZINTER", "ZDIFF", "ZUNIONSTORE", "ZINTERSTORE", "ZDIFFSTORE"]);
    let aggregates = prop::sample::select(vec!["SUM", "MIN", "MAX", "COUNT"]);
    prop_oneof![
        10 => (options, key(), pairs).prop_map(|(options, key, pairs)| Op::Add { options, key, pairs }),
        2 => (key(), score(), member()).prop_map(|(key, by, member)| Op::Increment(key, by, member)),
        3 => (key(), prop::collection::vec(member(), 1..4)).prop_map(|(key, members)| Op::Remove(key, members)),
        4 => (looks, key(), member()).prop_map(|(command, key, member)| Op::Look(command, key, member)),
        3 => (ranges, key(), index(), index())
            .prop_map(|(command, key, start, stop)| Op::Range { command, key, start, stop }),
        4 => (scores, key(), score(), score(), any::<bool>(), -1..4i64, -1..5i64).prop_map(
            |(command, key, min, max, open, offset, limit)| Op::Scores { command, key, min, max, open, offset, limit }
        ),
        2 => (prop::sample::select(vec!["ZPOPMIN", "ZPOPMAX"]), key(), count())
            .prop_map(|(command, key, count)| Op::Pop(command, key, count)),
        2 => (keys(), any::<bool>(), count()).prop_map(|(keys, max, count)| Op::PopOf(keys, max, count)),
        6 => (combines, key(), keys(), prop::option::of(prop::collection::vec(-2..3i8, 3)), aggregates).prop_map(
            |(command, destination, keys, weights, aggregate)| {
                let weights = weights.map(|all| all[..keys.len()].to_vec());
                Op::Combine { command, destination, keys, weights, aggregate }
            }
        ),
        2 => (key(), key(), index(), index())
            .prop_map(|(destination, key, start, stop)| Op::RangeStore(destination, key, start, stop)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn sorted_sets_equal_plain_ones(ops in prop::collection::vec(ops(), 0..60)) {
        for shards in [1, 3] {
            let (mut keyspace, mut model) = (Keyspace::new(shards), Model::default());
            for op in &ops {
                let words = words(op);
                let reply = keyspace.call(&words);
                let expected = model.reply(op).replace("$2\r\n-0\r\n", "$1\r\n0\r\n");
                let reply = String::from_utf8_lossy(&reply).replace("$2\r\n-0\r\n", "$1\r\n0\r\n");
                prop_assert_eq!(reply, expected, "{}", words.join(" "));
            }
        }
    }
}

/// How far counts are from an even spread, in standard deviations of chi-square.
fn unevenness(counts: &BTreeMap<Text, usize>) -> f64 {
    let draws: usize = counts.values().sum();
    let (expect, freedom) = (draws as f64 / counts.len() as f64, counts.len() as f64 - 1.0);
    let chi: f64 = counts.values().map(|&count| (count as f64 - expect).powi(2) / expect).sum();
    (chi - freedom) / (2.0 * freedom).sqrt()
}

#[test]
fn random_members_are_even() {
    for size in [10, 100, 1000] {
        let mut keyspace = Keyspace::new(1);
        let names: Vec<Text> = (0..size).map(|n| format!("m{n}")).collect();
        for (score, name) in names.iter().enumerate() {
            keyspace.call(&["ZADD", "z", &score.to_string(), name]);
        }
        for count in [1, -5, 4] {
            let mut counts: BTreeMap<Text, usize> = names.iter().map(|name| (name.clone(), 0)).collect();
            for _ in 0..size * 40 / i32::abs(count) {
                let reply = keyspace.call(&["ZRANDMEMBER", "z", &count.to_string()]);
                for element in elements(&reply) {
                    *counts.get_mut(std::str::from_utf8(bulk(element)).unwrap()).unwrap() += 1;
                }
            }
            assert!(unevenness(&counts).abs() < 4.0, "{count} of {size}: {}", unevenness(&counts));
        }
    }
}

#[test]
fn scans_see_every_member() {
    for size in [5, 600, 5000] {
        let mut keyspace = Keyspace::new(1);
        for n in 0..size {
            keyspace.call(&["ZADD", "z", &n.to_string(), &format!("m{n}")]);
        }
        let (mut cursor, mut seen) = ("0".to_owned(), Vec::new());
        loop {
            let reply = keyspace.call(&["ZSCAN", "z", &cursor, "COUNT", "50"]);
            let page = elements(&reply);
            seen.extend(
                elements(page[1]).chunks(2).map(|pair| (bulk(pair[0]).to_vec(), bulk(pair[1]).to_vec())),
            );
            cursor = String::from_utf8(bulk(page[0]).to_vec()).unwrap();
            if cursor == "0" {
                break;
            }
        }
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), size);
        assert!(seen.iter().all(|(member, score)| member[1..] == score[..]));
    }
}
