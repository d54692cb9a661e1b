//! Random commands against a naive model: a map from keys to values and their expiry.

use std::collections::BTreeMap;

use base::glob::glob_match;
use proptest::prelude::*;

use crate::harness::{DATABASES, Keyspace, START_MS, elements};
use crate::random::{Seed, Unit, command};
use crate::scripts::show;

type Text = Vec<u8>;

#[derive(Clone)]
struct Value {
    text: Text,
    expiry_ms: Option<i64>,
}

struct Model {
    databases: Vec<BTreeMap<Text, Value>>,
    db: usize,
    now_ms: i64,
}

enum Answer {
    Ok,
    Nil,
    Int(i64),
    Bulk(Text),
    Simple(&'static str),
    Array(Vec<Answer>),
}

use Answer::{Array, Bulk, Int, Nil, Ok as Fine, Simple};

const SYNTAX: &str = "ERR syntax error";
const NOT_INTEGER: &str = "ERR value is not an integer or out of range";

fn line(answer: Answer) -> String {
    match answer {
        Fine => "+OK".into(),
        Nil => "$-1".into(),
        Int(value) => format!(":{value}"),
        Bulk(text) => format!("${} {}", text.len(), String::from_utf8(text).unwrap()),
        Simple(text) => format!("+{text}"),
        Array(items) => {
            let mut all = format!("*{}", items.len());
            items.into_iter().for_each(|item| all += &format!(" {}", line(item)));
            all
        }
    }
}

fn int(text: &[u8]) -> Result<i64, String> {
    let text = std::str::from_utf8(text).unwrap();
    text.parse().ok().filter(|value: &i64| value.to_string() == text).ok_or(NOT_INTEGER.into())
}

fn one(yes: bool) -> Answer {
    Int(yes.into())
}

impl Model {
    fn map(&mut self) -> &mut BTreeMap<Text, Value> {
        let now_ms = self.now_ms;
        let map = &mut self.databases[self.db];
        map.retain(|_, value| value.expiry_ms.is_none_or(|at| at >= now_ms));
        map
    }

    fn get(&mut self, key: &[u8]) -> Answer {
        self.map().get(key).map_or(Nil, |value| Bulk(value.text.clone()))
    }

    fn set(&mut self, key: &[u8], text: &[u8], expiry_ms: Option<i64>) {
        self.map().insert(key.to_vec(), Value { text: text.to_vec(), expiry_ms });
    }

    /// The time of SET and its kin.
    fn time(&self, option: &str, time: &[u8], command: &str) -> Result<Option<i64>, String> {
        let invalid = format!("ERR invalid expire time in '{command}' command");
        let time = i128::from(int(time)?);
        let ms = if option.starts_with('E') { time * 1000 } else { time };
        let at = if option.ends_with("AT") { ms } else { ms + i128::from(self.now_ms) };
        if time <= 0 || at > i128::from(i64::MAX) { Err(invalid) } else { Ok(Some(at as i64)) }
    }

    fn call(&mut self, args: &[Text]) -> Result<Answer, String> {
        let name = String::from_utf8(args[0].clone()).unwrap();
        let key = args.get(1).cloned().unwrap_or_default();
        let last = args.last().unwrap().clone();
        let old = self.map().get(&key).cloned();
        let text = old.as_ref().map(|value| value.text.clone());
        let expiry_ms = old.as_ref().and_then(|value| value.expiry_ms);
        Ok(match name.as_str() {
            "GET" => self.get(&key),
            "GETDEL" => {
                let got = self.get(&key);
                self.map().remove(&key);
                got
            }
            "GETSET" => {
                let got = self.get(&key);
                self.set(&key, &last, None);
                got
            }
            "STRLEN" => Int(text.unwrap_or_default().len() as i64),
            "APPEND" => {
                let all = [text.unwrap_or_default(), last].concat();
                self.set(&key, &all, expiry_ms);
                Int(all.len() as i64)
            }
            "SETNX" => {
                if old.is_none() {
                    self.set(&key, &last, None);
                }
                one(old.is_none())
            }
            "INCR" => self.add(&key, 1)?,
            "DECR" => self.add(&key, -1)?,
            "INCRBY" => {
                let by = int(&last)?;
                self.add(&key, by)?
            }
            "DECRBY" => {
                let by = int(&last)?.checked_neg().ok_or("ERR decrement would overflow")?;
                self.add(&key, by)?
            }
            "SET" => self.set_with_options(args)?,
            "GETEX" => self.getex(args)?,
            "SETEX" | "PSETEX" => {
                let unit = if name == "SETEX" { "EX" } else { "PX" };
                let at = self.time(unit, &args[2], &name.to_lowercase())?;
                self.set(&key, &args[3], at);
                Fine
            }
            "MGET" => Array(args[1..].iter().map(|key| self.get(key)).collect()),
            "MSET" | "MSETNX" => {
                if args.len().is_multiple_of(2) {
                    return Err(format!(
                        "ERR wrong number of arguments for '{}' command",
                        name.to_lowercase()
                    ));
                }
                let pairs: Vec<&[Text]> = args[1..].chunks(2).collect();
                let free = name == "MSET" || pairs.iter().all(|pair| !self.map().contains_key(&pair[0]));
                if free {
                    pairs.iter().for_each(|pair| self.set(&pair[0], &pair[1], None));
                }
                if name == "MSET" { Fine } else { one(free) }
            }
            "DEL" | "UNLINK" => {
                Int(args[1..].iter().filter(|key| self.map().remove(*key).is_some()).count() as i64)
            }
            "EXISTS" | "TOUCH" => {
                Int(args[1..].iter().filter(|key| self.map().contains_key(*key)).count() as i64)
            }
            "TYPE" => Simple(if old.is_some() { "string" } else { "none" }),
            "TTL" | "PTTL" | "EXPIRETIME" | "PEXPIRETIME" => match (old, expiry_ms) {
                (None, _) => Int(-2),
                (_, None) => Int(-1),
                (_, Some(at)) => {
                    let ms = if name.ends_with("TTL") { at - self.now_ms } else { at };
                    Int(if name.starts_with('P') { ms } else { ((i128::from(ms) + 500) / 1000) as i64 })
                }
            },
            "PERSIST" => {
                self.map().entry(key).and_modify(|value| value.expiry_ms = None);
                one(expiry_ms.is_some())
            }
            "EXPIRE" | "PEXPIRE" | "EXPIREAT" | "PEXPIREAT" => self.expire(&name, args)?,
            "RENAME" | "RENAMENX" => {
                let value = old.ok_or("ERR no such key")?;
                let free = !self.map().contains_key(&last);
                if name == "RENAME" || free {
                    self.map().remove(&key);
                    self.map().insert(last, value);
                }
                if name == "RENAME" { Fine } else { one(free) }
            }
            "COPY" => self.copy(args)?,
            "FLUSHDB" => {
                self.map().clear();
                Fine
            }
            "SELECT" => {
                self.db = int(&last)? as usize;
                Fine
            }
            "KEYS" => self.matching(&key),
            "SCAN" if args.len() == 6 => self.matching(&args[3]),
            "SCAN" => self.matching(b"*"),
            _ => unreachable!("{name}"),
        })
    }

    fn add(&mut self, key: &[u8], by: i64) -> Result<Answer, String> {
        let old = self.map().get(key).cloned();
        let (text, expiry_ms) = old.map_or((b"0".to_vec(), None), |value| (value.text, value.expiry_ms));
        let sum = int(&text)?.checked_add(by).ok_or("ERR increment or decrement would overflow")?;
        self.set(key, sum.to_string().as_bytes(), expiry_ms);
        Ok(Int(sum))
    }

    fn set_with_options(&mut self, args: &[Text]) -> Result<Answer, String> {
        let (key, text) = (&args[1], &args[2]);
        let (nx, xx, get, expiry) = parse(&args[3..], &["NX", "XX", "GET", "KEEPTTL"])?;
        let mut at = match &expiry {
            Some((option, Some(time))) => self.time(option, time, "set")?,
            _ => None,
        };
        let old = self.map().get(key).cloned();
        if expiry.is_some_and(|(option, _)| option == "KEEPTTL") {
            at = old.as_ref().and_then(|value| value.expiry_ms);
        }
        let set = !(nx && old.is_some() || xx && old.is_none());
        if set {
            self.set(key, text, at);
        }
        Ok(match old {
            Some(old) if get => Bulk(old.text),
            None if get => Nil,
            _ if set => Fine,
            _ => Nil,
        })
    }

    fn getex(&mut self, args: &[Text]) -> Result<Answer, String> {
        let (_, _, _, expiry) = parse(&args[2..], &["PERSIST"])?;
        let Some(old) = self.map().get(&args[1]).cloned() else { return Ok(Nil) };
        match expiry {
            Some((_, None)) => self.set(&args[1], &old.text, None),
            Some((option, Some(time))) => {
                let at = self.time(&option, &time, "getex")?;
                if at.unwrap() <= self.now_ms {
                    self.map().remove(&args[1]);
                } else {
                    self.set(&args[1], &old.text, at);
                }
            }
            None => {}
        }
        Ok(Bulk(old.text))
    }

    fn expire(&mut self, name: &str, args: &[Text]) -> Result<Answer, String> {
        let options: Vec<String> =
            args[3..].iter().map(|word| String::from_utf8(word.to_ascii_uppercase()).unwrap()).collect();
        let has = |option: &str| options.iter().any(|word| word == option);
        if has("NX") && (has("XX") || has("GT") || has("LT")) {
            return Err("ERR NX and XX, GT or LT options at the same time are not compatible".into());
        }
        if has("GT") && has("LT") {
            return Err("ERR GT and LT options at the same time are not compatible".into());
        }
        let unit = if name.starts_with('P') { 1 } else { 1000 };
        let base = if name.ends_with("AT") { 0 } else { self.now_ms };
        let at = i128::from(int(&args[2])?) * unit + i128::from(base);
        let at = i64::try_from(at)
            .map_err(|_| format!("ERR invalid expire time in '{}' command", name.to_lowercase()))?;
        let now_ms = self.now_ms;
        let Some(value) = self.map().get_mut(&args[1]) else { return Ok(Int(0)) };
        // Never is later than any time.
        let current = value.expiry_ms.map_or(i128::MAX, i128::from);
        let refused = has("NX") && value.expiry_ms.is_some()
            || has("XX") && value.expiry_ms.is_none()
            || has("GT") && i128::from(at) <= current
            || has("LT") && i128::from(at) >= current;
        if refused {
            return Ok(Int(0));
        }
        if at <= now_ms {
            self.map().remove(&args[1]);
        } else {
            value.expiry_ms = Some(at);
        }
        Ok(Int(1))
    }

    fn copy(&mut self, args: &[Text]) -> Result<Answer, String> {
        let (mut to, mut replace, mut words) = (self.db, false, args[3..].iter());
        while let Some(word) = words.next() {
            match (word.to_ascii_uppercase().as_slice(), words.as_slice().first()) {
                (b"REPLACE", _) => replace = true,
                (b"DB", Some(index)) => {
                    let index = int(index)?;
                    if !(0..DATABASES as i64).contains(&index) {
                        return Err("ERR DB index is out of range".into());
                    }
                    (to, _) = (index as usize, words.next());
                }
                _ => return Err(SYNTAX.into()),
            }
        }
        if to == self.db && args[1] == args[2] {
            return Err("ERR source and destination objects are the same".into());
        }
        let Some(value) = self.map().get(&args[1]).cloned() else { return Ok(Int(0)) };
        let from = std::mem::replace(&mut self.db, to);
        let free = replace || !self.map().contains_key(&args[2]);
        if free {
            self.map().insert(args[2].clone(), value);
        }
        self.db = from;
        Ok(one(free))
    }

    fn matching(&mut self, pattern: &[u8]) -> Answer {
        let all = pattern == b"*";
        let keys = self.map().keys().filter(|key| all || glob_match(pattern, key, false));
        Array(keys.map(|key| Bulk(key.clone())).collect())
    }
}

/// NX, XX, GET, and the option of the expiry with its time; only the `plain` words are known beside the times.
#[expect(clippy::type_complexity, reason = "four things")]
fn parse(
    words: &[Text],
    plain: &[&str],
) -> Result<(bool, bool, bool, Option<(String, Option<Text>)>), String> {
    let (mut nx, mut xx, mut get, mut expiry) = (false, false, false, None);
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let word = String::from_utf8(word.to_ascii_uppercase()).unwrap();
        let timed = ["EX", "PX", "EXAT", "PXAT"].contains(&word.as_str());
        if !timed && !plain.contains(&word.as_str()) {
            return Err(SYNTAX.into());
        }
        match word.as_str() {
            "NX" => nx = true,
            "XX" => xx = true,
            "GET" => get = true,
            _ => {
                let time = if timed { Some(words.next().ok_or(SYNTAX)?.clone()) } else { None };
                if expiry.replace((word.clone(), time)).is_some_and(|(before, _)| before != word) {
                    return Err(SYNTAX.into());
                }
            }
        }
    }
    if nx && xx { Err(SYNTAX.into()) } else { Ok((nx, xx, get, expiry)) }
}

/// The reply in one line; keys in order, because KEYS and SCAN give them in any.
pub(crate) fn normalized(command: &[Text], reply: &[u8]) -> String {
    let keys = match &command[0][..] {
        _ if reply[0] == b'-' => return show(reply),
        b"SCAN" => elements(reply)[1],
        b"KEYS" => reply,
        _ => return show(reply),
    };
    let mut keys: Vec<String> = elements(keys).into_iter().map(show).collect();
    keys.sort();
    format!("{keys:?}")
}

fn check(shards: u16, seeds: &[(Seed, u8)]) {
    let mut keyspace = Keyspace::new(shards);
    let databases = vec![BTreeMap::new(); DATABASES];
    let mut model = Model { databases, db: 0, now_ms: START_MS as i64 };
    for &(seed, wait) in seeds {
        // Times are short, and pass.
        model.now_ms += [0, 0, 0, 1, 20, 500][usize::from(wait % 6)];
        keyspace.set_now(model.now_ms as u64);
        let now_ms = model.now_ms;
        let args = command(seed, &mut |unit, byte| {
            let few = i64::from(byte % 32) - 2;
            match (unit, byte) {
                (_, 255) => "x".into(),
                (_, 254) => i64::MAX.to_string(),
                (_, 253) => i64::MIN.to_string(),
                (_, 252) => (i64::MAX / 1000).to_string(),
                (Unit::Seconds, _) => few.to_string(),
                (Unit::Millis, _) => (few * 10).to_string(),
                (Unit::SecondsAt, _) => (now_ms / 1000 + few).to_string(),
                (Unit::MillisAt, _) => (now_ms + few * 10).to_string(),
            }
        });
        let reply = normalized(&args, &keyspace.call(&args));
        let expected = match model.call(&args) {
            Err(text) => format!("-{text}"),
            Ok(Array(keys)) if matches!(&args[0][..], b"KEYS" | b"SCAN") => {
                let mut keys: Vec<String> = keys.into_iter().map(line).collect();
                keys.sort();
                format!("{keys:?}")
            }
            Ok(answer) => line(answer),
        };
        let command: Vec<_> = args.iter().map(|arg| arg.escape_ascii().to_string()).collect();
        assert_eq!(reply, expected, "{shards} shards: {command:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn one_shard(seeds in prop::collection::vec(any::<(Seed, u8)>(), 1..150)) {
        check(1, &seeds);
    }

    #[test]
    fn three_shards(seeds in prop::collection::vec(any::<(Seed, u8)>(), 1..150)) {
        check(3, &seeds);
    }
}
