//! Random commands on sets and hashes against plain ones, over one shard and over several.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use crate::harness::{Keyspace, elements, integer};

type Text = Vec<u8>;

#[derive(Clone, Debug, PartialEq)]
enum Value {
    Set(BTreeSet<Text>),
    Hash(BTreeMap<Text, Text>),
}

/// What is to be replied: exactly this, or these elements in any order.
enum Answer {
    Exact(String),
    Elements(Vec<Text>),
}

use Answer::{Elements, Exact};

#[derive(Default)]
struct Model {
    keys: BTreeMap<Text, Value>,
}

const WRONG_TYPE: &str = "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n";

fn number(value: usize) -> Answer {
    Exact(format!(":{value}\r\n"))
}

fn wrong_type() -> Answer {
    Exact(WRONG_TYPE.into())
}

fn bulk(text: Option<&Text>) -> Answer {
    Exact(match text {
        Some(text) => format!("${}\r\n{}\r\n", text.len(), String::from_utf8_lossy(text)),
        None => "$-1\r\n".into(),
    })
}

impl Model {
    fn set(&self, key: &[u8]) -> Result<BTreeSet<Text>, ()> {
        match self.keys.get(key) {
            None => Ok(BTreeSet::new()),
            Some(Value::Set(set)) => Ok(set.clone()),
            Some(Value::Hash(_)) => Err(()),
        }
    }

    fn hash(&self, key: &[u8]) -> Result<BTreeMap<Text, Text>, ()> {
        match self.keys.get(key) {
            None => Ok(BTreeMap::new()),
            Some(Value::Hash(hash)) => Ok(hash.clone()),
            Some(Value::Set(_)) => Err(()),
        }
    }

    fn put_set(&mut self, key: &[u8], set: BTreeSet<Text>) {
        self.keys.remove(key);
        if !set.is_empty() {
            self.keys.insert(key.to_vec(), Value::Set(set));
        }
    }

    fn put_hash(&mut self, key: &[u8], hash: BTreeMap<Text, Text>) {
        self.keys.remove(key);
        if !hash.is_empty() {
            self.keys.insert(key.to_vec(), Value::Hash(hash));
        }
    }

    fn combine(&self, how: &str, keys: &[Text]) -> Result<BTreeSet<Text>, ()> {
        let sets = keys.iter().map(|key| self.set(key)).collect::<Result<Vec<_>, ()>>()?;
        let combined = sets.into_iter().reduce(|a, b| match how {
            "SINTER" => a.intersection(&b).cloned().collect(),
            "SUNION" => a.union(&b).cloned().collect(),
            _ => a.difference(&b).cloned().collect(),
        });
        Ok(combined.unwrap_or_default())
    }

    fn call(&mut self, args: &[Text]) -> Answer {
        self.answer(args).unwrap_or_else(|()| wrong_type())
    }

    fn answer(&mut self, args: &[Text]) -> Result<Answer, ()> {
        let name = String::from_utf8(args[0].clone()).unwrap();
        let (key, rest) = (&args[1], &args[2..]);
        Ok(match name.as_str() {
            "DEL" => number(self.keys.remove(key).is_some().into()),
            "TYPE" => Exact(match self.keys.get(key) {
                None => "+none\r\n".into(),
                Some(Value::Set(_)) => "+set\r\n".into(),
                Some(Value::Hash(_)) => "+hash\r\n".into(),
            }),
            "RENAME" => match self.keys.remove(key) {
                None => Exact("-ERR no such key\r\n".into()),
                Some(value) => {
                    self.keys.insert(rest[0].clone(), value);
                    Exact("+OK\r\n".into())
                }
            },
            "SADD" => {
                let mut set = self.set(key)?;
                let added = rest.iter().filter(|&member| set.insert(member.clone())).count();
                self.put_set(key, set);
                number(added)
            }
            "SREM" => {
                let mut set = self.set(key)?;
                let removed = rest.iter().filter(|&member| set.remove(member)).count();
                self.put_set(key, set);
                number(removed)
            }
            "SISMEMBER" => number(self.set(key)?.contains(&rest[0]).into()),
            "SCARD" => number(self.set(key)?.len()),
            "SMEMBERS" => Elements(self.set(key)?.into_iter().collect()),
            "SMOVE" => {
                let (to, member) = (&rest[0], &rest[1]);
                if !self.keys.contains_key(key) {
                    return Ok(number(0));
                }
                let (mut source, target) = (self.set(key)?, self.set(to)?);
                let moves = source.remove(member);
                if moves && key != to {
                    let mut target = target;
                    target.insert(member.clone());
                    self.put_set(key, source);
                    self.put_set(to, target);
                }
                number(moves.into())
            }
            "SINTER" | "SUNION" | "SDIFF" => Elements(self.combine(&name, &args[1..])?.into_iter().collect()),
            "SINTERSTORE" | "SUNIONSTORE" | "SDIFFSTORE" => {
                let set = self.combine(&name[..name.len() - 5], rest)?;
                let len = set.len();
                self.put_set(key, set);
                number(len)
            }
            "SINTERCARD" => number(self.combine("SINTER", rest)?.len()),
            "HSET" => {
                let mut hash = self.hash(key)?;
                let pairs = rest.chunks(2);
                let created =
                    pairs.filter(|pair| hash.insert(pair[0].clone(), pair[1].clone()).is_none()).count();
                self.put_hash(key, hash);
                number(created)
            }
            "HDEL" => {
                let mut hash = self.hash(key)?;
                let removed = rest.iter().filter(|&field| hash.remove(field).is_some()).count();
                self.put_hash(key, hash);
                number(removed)
            }
            "HGET" => bulk(self.hash(key)?.get(&rest[0])),
            "HLEN" => number(self.hash(key)?.len()),
            "HKEYS" => Elements(self.hash(key)?.into_keys().collect()),
            "HGETALL" => {
                // In any order, so each pair as one text.
                Elements(
                    self.hash(key)?.into_iter().map(|(field, value)| [field, value].join(&b'=')).collect(),
                )
            }
            other => panic!("{other}"),
        })
    }
}

fn keys() -> impl Strategy<Value = Text> {
    (0..5u8).prop_map(|n| vec![b'a' + n])
}

fn members() -> impl Strategy<Value = Text> {
    prop_oneof![
        6 => (0..30u32).prop_map(|n| n.to_string().into_bytes()),
        2 => (0..10u32).prop_map(|n| format!("m{n}").into_bytes()),
        1 => Just(vec![b'x'; 70]),
    ]
}

fn commands() -> impl Strategy<Value = Vec<Text>> {
    let name = |name: &'static str| Just(name.as_bytes().to_vec());
    let one_of = |names: &'static [&'static str]| (0..names.len()).prop_map(|n| names[n].as_bytes().to_vec());
    let many = || proptest::collection::vec(members(), 1..6);
    let on_members = (one_of(&["SADD", "SADD", "SREM", "HDEL"]), keys(), many())
        .prop_map(|(name, key, rest)| [vec![name, key], rest].concat());
    let on_one =
        (one_of(&["SISMEMBER", "HGET"]), keys(), members()).prop_map(|(name, key, one)| vec![name, key, one]);
    let on_key = (one_of(&["SCARD", "SMEMBERS", "HLEN", "HKEYS", "HGETALL", "TYPE", "DEL"]), keys())
        .prop_map(|(name, key)| vec![name, key]);
    let on_keys = (
        one_of(&["SINTER", "SUNION", "SDIFF", "SINTERSTORE", "SUNIONSTORE", "SDIFFSTORE"]),
        proptest::collection::vec(keys(), 2..5),
    )
        .prop_map(|(name, keys)| [vec![name], keys].concat());
    let card = proptest::collection::vec(keys(), 1..4)
        .prop_map(|keys| [vec![b"SINTERCARD".to_vec(), keys.len().to_string().into_bytes()], keys].concat());
    let smove = (name("SMOVE"), keys(), keys(), members()).prop_map(|(name, a, b, m)| vec![name, a, b, m]);
    let rename = (name("RENAME"), keys(), keys()).prop_map(|(name, a, b)| vec![name, a, b]);
    let hset = (name("HSET"), keys(), proptest::collection::vec((members(), members()), 1..5)).prop_map(
        |(name, key, pairs)| {
            [vec![name, key], pairs.into_iter().flat_map(|(f, v)| [f, v]).collect()].concat()
        },
    );
    prop_oneof![8 => on_members, 3 => on_one, 3 => on_key, 5 => on_keys, 1 => card, 3 => smove, 1 => rename, 3 => hset]
}

/// The texts of an array of bulk strings.
fn texts(reply: &[u8]) -> Vec<Text> {
    elements(reply).into_iter().map(|element| crate::harness::bulk(element).to_vec()).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn sets_and_hashes_equal_plain_ones(commands in proptest::collection::vec(commands(), 0..60)) {
        for shards in [1, 3] {
            let (mut keyspace, mut model) = (Keyspace::new(shards), Model::default());
            for command in &commands {
                let reply = keyspace.call(command);
                match model.call(command) {
                    Exact(text) => prop_assert_eq!(
                        String::from_utf8_lossy(&reply), text, "{:?}", String::from_utf8_lossy(&command.join(&b' '))
                    ),
                    Elements(mut expected) => {
                        let mut got = texts(&reply);
                        if command[0] == b"HGETALL" {
                            got = got.chunks(2).map(|pair| pair.join(&b'=')).collect();
                        }
                        got.sort();
                        expected.sort();
                        prop_assert_eq!(got, expected, "{:?}", String::from_utf8_lossy(&command.join(&b' ')));
                    }
                }
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
fn random_elements_are_even() {
    for size in [10, 100, 1000] {
        let mut keyspace = Keyspace::new(1);
        let names: Vec<Text> = (0..size).map(|n| format!("m{n}").into_bytes()).collect();
        for name in &names {
            keyspace.call(&[&b"SADD"[..], b"s", name]);
            keyspace.call(&[&b"HSET"[..], b"h", name, b"v"]);
        }
        let draws = size * 40;
        for (command, count) in [
            ("SRANDMEMBER s", 1),
            ("SRANDMEMBER s", -5),
            ("SRANDMEMBER s", 4),
            ("HRANDFIELD h", 4),
            ("HRANDFIELD h", -7),
        ] {
            let mut counts: BTreeMap<Text, usize> = names.iter().map(|name| (name.clone(), 0)).collect();
            for _ in 0..draws / usize::try_from(i64::abs(count)).unwrap() {
                let command: Vec<Text> = command.split(' ').map(|word| word.as_bytes().to_vec()).collect();
                let reply = keyspace.call(&[command, vec![count.to_string().into_bytes()]].concat());
                for text in texts(&reply) {
                    *counts.get_mut(&text).unwrap() += 1;
                }
            }
            assert!(unevenness(&counts).abs() < 4.0, "{command} {count} of {size}: {}", unevenness(&counts));
        }
    }
}

#[test]
fn popping_empties_a_set() {
    for size in [20, 2000] {
        let mut keyspace = Keyspace::new(1);
        for n in 0..size {
            keyspace.call(&["SADD", "s", &format!("m{n}")]);
        }
        let mut popped = BTreeSet::new();
        while integer(&keyspace.call(&["SCARD", "s"])) > 0 {
            popped.extend(texts(&keyspace.call(&["SPOP", "s", "7"])));
        }
        assert_eq!(popped.len(), size);
        assert_eq!(keyspace.call(&["EXISTS", "s"]), b":0\r\n");
    }
}

#[test]
fn scans_see_everything() {
    for size in [5, 600, 5000] {
        let mut keyspace = Keyspace::new(1);
        for n in 0..size {
            keyspace.call(&["SADD", "s", &format!("m{n}")]);
            keyspace.call(&["HSET", "h", &format!("m{n}"), "v"]);
        }
        for (command, per_element) in [(vec!["SSCAN", "s"], 1), (vec!["HSCAN", "h"], 2)] {
            let (mut cursor, mut seen) = ("0".to_owned(), Vec::new());
            loop {
                let reply = keyspace.call(&[command[0], command[1], &cursor, "COUNT", "50"]);
                let page = elements(&reply);
                seen.extend(texts(page[1]).chunks(per_element).map(|element| element[0].clone()));
                cursor = String::from_utf8(crate::harness::bulk(page[0]).to_vec()).unwrap();
                if cursor == "0" {
                    break;
                }
            }
            assert_eq!(seen.len(), size);
            assert_eq!(seen.into_iter().collect::<BTreeSet<_>>().len(), size);
        }
    }
}

#[test]
fn fields_expire() {
    let mut keyspace = Keyspace::new(1);
    for fields in [3, 700] {
        let start = crate::harness::START_MS + fields * 1000;
        keyspace.set_now(start);
        for n in 0..fields {
            keyspace.call(&["HSET", "h", &format!("f{n}"), "v"]);
        }
        assert_eq!(keyspace.call(&["HPEXPIRE", "h", "50", "FIELDS", "2", "f0", "f1"]), b"*2\r\n:1\r\n:1\r\n");
        keyspace.set_now(start + 50);
        assert_eq!(keyspace.call(&["HGET", "h", "f0"]), b"$1\r\nv\r\n");
        keyspace.set_now(start + 51);
        assert_eq!(keyspace.call(&["HGET", "h", "f0"]), b"$-1\r\n");
        assert_eq!(elements(&keyspace.call(&["HKEYS", "h"])).len() as u64, fields - 2);
        assert_eq!(integer(&keyspace.call(&["HLEN", "h"])) as u64, fields);
        // An expired field is as good as none.
        assert_eq!(keyspace.call(&["HSET", "h", "f0", "w"]), b":1\r\n");
        assert_eq!(keyspace.call(&["HDEL", "h", "f1"]), b":0\r\n");
        assert_eq!(integer(&keyspace.call(&["HLEN", "h"])) as u64, fields - 1);
        keyspace.call(&["DEL", "h"]);
    }
}
