//! Random commands, right and wrong ones, from a few bytes each, so that a failing sequence can be made smaller.

/// The bytes that a command is made of.
pub(crate) type Seed = [u8; 8];

/// Units of the times that commands take.
#[derive(Clone, Copy)]
pub(crate) enum Unit {
    /// Seconds from now on.
    Seconds,
    /// Milliseconds from now on.
    Millis,
    /// Seconds since 1970.
    SecondsAt,
    /// Milliseconds since 1970.
    MillisAt,
}

const KEYS: [&str; 7] = ["a", "b", "c", "d", "{x}1", "{x}2", ""];
const VALUES: [&str; 12] = [
    "",
    "0",
    "7",
    "-3",
    "text",
    "9223372036854775807",
    "-9223372036854775808",
    "01",
    "5 ",
    "more text",
    "-0",
    "12345",
];
const NUMBERS: [&str; 9] =
    ["1", "-1", "10", "0", "x", "9223372036854775807", "-9223372036854775808", "", "1.5"];

/// Commands that take one key and nothing else.
const OF_A_KEY: [&str; 12] = [
    "GET",
    "GETDEL",
    "STRLEN",
    "INCR",
    "DECR",
    "TTL",
    "PTTL",
    "EXPIRETIME",
    "PEXPIRETIME",
    "PERSIST",
    "TYPE",
    "EXISTS",
];
/// Commands that take any number of keys.
const OF_KEYS: [&str; 5] = ["DEL", "UNLINK", "EXISTS", "TOUCH", "MGET"];
/// Commands that take a key and a value.
const OF_A_VALUE: [&str; 6] = ["SET", "SET", "GETSET", "SETNX", "APPEND", "APPEND"];
/// Commands that take keys with values.
const OF_VALUES: [&str; 2] = ["MSET", "MSETNX"];
/// Commands that take no key.
const OF_NOTHING: [&str; 5] =
    ["KEYS *", "KEYS {x}*", "KEYS [a-b]", "SCAN 0 COUNT 1000", "SCAN 0 MATCH {* COUNT 1000"];

fn pick<'a>(from: &[&'a str], byte: u8) -> &'a str {
    from[usize::from(byte) % from.len()]
}

/// The command that a seed makes; `time` writes times.
pub(crate) fn command(seed: Seed, time: &mut dyn FnMut(Unit, u8) -> String) -> Vec<Vec<u8>> {
    let [kind, which, key, value, option, argument, more, last] = seed;
    let mut words: Vec<String> = Vec::new();
    let mut push = |word: &str| words.push(word.to_owned());
    match kind % 16 {
        0..=2 => {
            push(pick(&OF_A_KEY, which));
            push(pick(&KEYS, key));
        }
        3..=4 => {
            push(pick(&OF_KEYS, which));
            (0..=last % 4).for_each(|i| push(pick(&KEYS, key.wrapping_add(i.wrapping_mul(more)))));
        }
        5..=6 => {
            push(pick(&OF_A_VALUE, which));
            push(pick(&KEYS, key));
            push(pick(&VALUES, value));
        }
        7 => {
            push(pick(&OF_VALUES, which));
            for i in 0..=last % 4 {
                push(pick(&KEYS, key.wrapping_add(i.wrapping_mul(more))));
                push(pick(&VALUES, value.wrapping_add(i)));
            }
            if argument % 16 == 0 {
                push("odd");
            }
        }
        8..=9 => {
            push("SET");
            push(pick(&KEYS, key));
            push(pick(&VALUES, value));
            options(option, argument, more, last, time).iter().for_each(|word| push(word));
        }
        10 => {
            push("GETEX");
            push(pick(&KEYS, key));
            options(option, argument, more | 0xc0, last, time).iter().for_each(|word| push(word));
        }
        11 => {
            push(pick(&["INCRBY", "DECRBY"], which));
            push(pick(&KEYS, key));
            push(pick(&NUMBERS, value));
        }
        12 => {
            let (name, unit) = [("SETEX", Unit::Seconds), ("PSETEX", Unit::Millis)][usize::from(which % 2)];
            push(name);
            push(pick(&KEYS, key));
            push(&time(unit, argument));
            push(pick(&VALUES, value));
        }
        13 => {
            let (name, unit) = [
                ("EXPIRE", Unit::Seconds),
                ("PEXPIRE", Unit::Millis),
                ("EXPIREAT", Unit::SecondsAt),
                ("PEXPIREAT", Unit::MillisAt),
            ][usize::from(which % 4)];
            push(name);
            push(pick(&KEYS, key));
            push(&time(unit, argument));
            (0..last % 3).for_each(|i| {
                push(pick(&["NX", "XX", "gt", "LT", "GT", "lt"], option.wrapping_add(i * more)))
            });
        }
        14 => {
            let name = pick(&["RENAME", "RENAMENX", "COPY", "COPY"], which);
            push(name);
            push(pick(&KEYS, key));
            push(pick(&KEYS, value));
            if name == "COPY" {
                let more = ["", "REPLACE", "DB 1", "DB 1 REPLACE", "replace db 0", "DB 99", "DB", "DB x"];
                pick(&more, option).split_whitespace().for_each(push);
            }
        }
        _ if more < 16 => push("FLUSHDB"),
        _ if more < 64 => ["SELECT", pick(&["0", "0", "1"], which)].into_iter().for_each(push),
        _ => pick(&OF_NOTHING, which).split_whitespace().for_each(push),
    }
    words.into_iter().map(String::into_bytes).collect()
}

/// Options of SET and GETEX.
fn options(
    option: u8,
    argument: u8,
    more: u8,
    last: u8,
    time: &mut dyn FnMut(Unit, u8) -> String,
) -> Vec<String> {
    let mut words = Vec::new();
    match option % 8 {
        0 => words.extend(["EX".to_owned(), time(Unit::Seconds, argument)]),
        1 => words.extend(["px".to_owned(), time(Unit::Millis, argument)]),
        2 => words.extend(["EXAT".to_owned(), time(Unit::SecondsAt, argument)]),
        3 => words.extend(["PXAT".to_owned(), time(Unit::MillisAt, argument)]),
        4 => words.push("KEEPTTL".to_owned()),
        5 => words.push("PERSIST".to_owned()),
        _ => {}
    }
    if more < 0x80 {
        words.push(pick(&["NX", "XX", "xx"], more).to_owned());
    }
    if more & 0x41 == 1 {
        words.insert(0, "GET".to_owned());
    }
    match last {
        0..4 => words.push("EX".to_owned()),
        4..8 => words.push("nonsense".to_owned()),
        8..12 => words.push("NX".to_owned()),
        12..16 => words.extend(["EX".to_owned(), time(Unit::Seconds, argument)]),
        _ => {}
    }
    words
}
