//! Random commands on streams: entries against a plain map, and several shards against one.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::harness::{Keyspace, START_MS};

const KEYS: [&str; 4] = ["s", "t", "{x}1", "{x}2"];

/// A command from a few bytes: mostly right, sometimes not.
fn command(seed: [u8; 6]) -> Vec<String> {
    let [what, a, b, c, d, e] = seed.map(usize::from);
    let (key, other) = (KEYS[a % 4], KEYS[b % 4]);
    let id = |at: usize| match at {
        0..=200 => format!("{}-{}", at / 8, at % 3),
        201..=230 => (at % 30).to_string(),
        231..=245 => "-".into(),
        _ => "+".into(),
    };
    let group = ["g", "h", "none"][c % 16 % 3];
    let consumer = ["alice", "bob"][d % 2];
    let count = (e % 5).to_string();
    let text = match what % 24 {
        0..=4 => format!("XADD {key} {}-* f {} g {}", b / 8, c % 9, d),
        5 => format!("XADD {key} MAXLEN {} {}-* f 1", e % 9, b / 8),
        6 => format!("XADD {key} NOMKSTREAM {} other {d}", id(b)),
        7 => format!("XDEL {key} {} {}", id(b), id(c)),
        8 => format!("XTRIM {key} MINID {}", id(b)),
        9 => format!("XRANGE {key} {} {} COUNT {count}", id(b), id(c)),
        10 => format!("XREVRANGE {key} {} {}", id(b), id(c)),
        11 => format!("XLEN {key}"),
        12 => format!("XGROUP CREATE {key} {group} {} MKSTREAM", ["0", "$"][e % 2]),
        13 => format!("XREAD COUNT {count} STREAMS {key} {other} {} {}", id(c), id(d)),
        14 | 15 => format!("XREADGROUP GROUP {group} {consumer} COUNT {count} STREAMS {key} {other} > >"),
        16 => format!("XREADGROUP GROUP {group} {consumer} STREAMS {other} {key} {} >", id(e)),
        17 => format!("XACK {key} {group} {} {}", id(b), id(d)),
        18 => format!("XPENDING {key} {group}"),
        19 => format!("XCLAIM {key} {group} {consumer} 0 {} {} JUSTID", id(b), id(e)),
        20 => format!("XAUTOCLAIM {key} {group} {consumer} 0 {} COUNT 2", id(b)),
        21 => format!("XINFO STREAM {key} FULL"),
        22 => format!("XDELEX {key} {} IDS 1 {}", ["KEEPREF", "DELREF", "ACKED"][e % 3], id(b)),
        _ => format!("XNACK {key} {group} FAIL IDS 1 {}", id(b)),
    };
    text.split(' ').map(str::to_owned).collect()
}

fn show(reply: &[u8]) -> String {
    reply.escape_ascii().to_string()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn several_shards_answer_as_one(seeds in prop::collection::vec(any::<[u8; 6]>(), 1..200)) {
        let mut spaces = [Keyspace::new(1), Keyspace::new(3), Keyspace::new(7)];
        for (step, seed) in (0..).zip(seeds) {
            let command = command(seed);
            spaces.iter_mut().for_each(|space| space.set_now(START_MS + step));
            let [one, rest @ ..] = &mut spaces;
            let expect = one.call(&command);
            for space in rest {
                assert_eq!(show(&space.call(&command)), show(&expect), "{command:?}");
            }
        }
    }

    #[test]
    fn entries_are_as_in_a_map(acts in prop::collection::vec((0..12u8, 0..40u64, 0..5usize), 1..200)) {
        let mut space = Keyspace::new(1);
        let mut model: BTreeMap<(u64, u64), Vec<String>> = BTreeMap::new();
        let mut last = (0, 0);
        for (what, number, len) in acts {
            match what {
                0..=6 => {
                    let ms = last.0.max(number);
                    let id = if ms == last.0 { (ms, last.1 + 1) } else { (ms, 0) };
                    let fields: Vec<String> =
                        (0..=len).flat_map(|at| [format!("f{}", at % 2), format!("{}", number * 3)]).collect();
                    let mut command = vec!["XADD".to_owned(), "s".to_owned(), format!("{ms}-*")];
                    command.extend(fields.iter().cloned());
                    let text = format!("{}-{}", id.0, id.1);
                    assert_eq!(space.call(&command), format!("${}\r\n{text}\r\n", text.len()).into_bytes());
                    model.insert(id, fields);
                    last = id;
                }
                7..=9 => {
                    let id = model.keys().nth(number as usize).copied().unwrap_or((number, 99));
                    let deleted = model.remove(&id).is_some();
                    let reply = space.call(&["XDEL", "s", &format!("{}-{}", id.0, id.1)]);
                    assert_eq!(reply, format!(":{}\r\n", u8::from(deleted)).into_bytes());
                }
                _ => {
                    let removed = model.len().saturating_sub(number as usize);
                    (0..removed).for_each(|_| _ = model.pop_first());
                    let reply = space.call(&["XTRIM", "s", "MAXLEN", &number.to_string()]);
                    assert_eq!(reply, format!(":{removed}\r\n").into_bytes());
                }
            }
        }
        let bulk = |text: &str| format!("${}\r\n{text}\r\n", text.len());
        let entry = |(id, fields): (&(u64, u64), &Vec<String>)| {
            let fields_text: String = fields.iter().map(|field| bulk(field)).collect();
            format!("*2\r\n{}*{}\r\n{fields_text}", bulk(&format!("{}-{}", id.0, id.1)), fields.len())
        };
        let forwards: String = model.iter().map(entry).collect();
        let backwards: String = model.iter().rev().map(entry).collect();
        let expect = |all: String| show(format!("*{}\r\n{all}", model.len()).as_bytes());
        assert_eq!(show(&space.call(&["XRANGE", "s", "-", "+"])), expect(forwards));
        assert_eq!(show(&space.call(&["XREVRANGE", "s", "+", "-"])), expect(backwards));
    }
}
