//! Keys of calls that no command of the table is needed for.

use base::ArgRange;

use super::*;
use crate::meta::META;

const FLAGS: KeyFlags = KeyFlags::of(&[KeyFlag::ReadOnly]);

const fn spec(begin: Begin, find: Find) -> KeySpec {
    KeySpec { notes: None, flags: FLAGS, begin, find }
}

static ZUNION: Meta =
    Meta { key_specs: &[spec(Begin::Index(1), Find::KeyNum { at: 0, first: 1, step: 1 })], ..META };
static ZUNIONSTORE: Meta = Meta {
    key_specs: &[
        spec(Begin::Index(1), Find::Range { last: 0, step: 1, limit: 0 }),
        spec(Begin::Index(2), Find::KeyNum { at: 0, first: 1, step: 1 }),
    ],
    ..META
};
static MSETEX: Meta =
    Meta { key_specs: &[spec(Begin::Index(1), Find::KeyNum { at: 0, first: 1, step: 2 })], ..META };
static XREAD: Meta = Meta {
    key_specs: &[spec(Begin::Keyword("STREAMS", 1), Find::Range { last: -1, step: 1, limit: 2 })],
    ..META
};
static KEYS: Meta = Meta {
    key_specs: &[spec(Begin::Keyword("KEYS", -2), Find::Range { last: -1, step: 1, limit: 0 })],
    ..META
};
static SORT: Meta = Meta {
    name: "sort",
    key_specs: &[
        spec(Begin::Index(1), Find::Range { last: 0, step: 1, limit: 0 }),
        spec(Begin::Unknown, Find::Unknown),
    ],
    ..META
};

/// The words of a line as arguments.
fn with_args<R>(line: &str, f: impl FnOnce(Args<'_>) -> R) -> R {
    let at = |word: &str| word.as_ptr().addr() - line.as_ptr().addr();
    let ranges: Vec<ArgRange> =
        line.split_whitespace().map(|word| ArgRange::new(at(word) as u32, word.len() as u32)).collect();
    f(Args::new(line.as_bytes(), &ranges))
}

#[track_caller]
fn check(meta: &Meta, line: &str, expect: Option<&[usize]>) {
    let found = with_args(line, |args| meta.keys(args));
    let found: Option<Vec<usize>> = found.map(|keys| keys.into_iter().map(|key| key.at).collect());
    assert_eq!(found.as_deref(), expect, "{line}");
}

#[test]
fn counted_keys() {
    check(&ZUNION, "ZUNION 2 a b WITHSCORES", Some(&[2, 3]));
    check(&ZUNION, "ZUNION 0 a b", Some(&[]));
    for bad in
        ["ZUNION 3 a b", "ZUNION -1 a", "ZUNION x a", "ZUNION 01 a", "ZUNION 9223372036854775807 a", "ZUNION"]
    {
        check(&ZUNION, bad, None);
    }
    check(&ZUNIONSTORE, "ZUNIONSTORE d 2 a b WEIGHTS 1 2", Some(&[1, 3, 4]));
    check(&MSETEX, "MSETEX 2 a 1 b 2 EX 10", Some(&[2, 4]));
    check(&MSETEX, "MSETEX 2 a 1", None);
}

#[test]
fn keys_behind_a_word() {
    check(&XREAD, "XREAD COUNT 2 STREAMS a b 0 0", Some(&[4, 5]));
    check(&XREAD, "XREAD COUNT 2", Some(&[]));
    check(&KEYS, "MIGRATE host port (empty) 0 10 KEYS a b c", Some(&[7, 8, 9]));
    check(&KEYS, "MIGRATE host port key 0 10", Some(&[]));
}

#[test]
fn keys_of_migrate() {
    let migrate = &crate::meta::persistence::MIGRATE;
    check(migrate, "MIGRATE host port key 0 10", Some(&[3]));
    check(migrate, "MIGRATE host port key 0 10 COPY AUTH keys AUTH2 keys keys", Some(&[3]));
    check(migrate, "MIGRATE host port key 0 10 KEYS a", None);
    let words: [&[u8]; 10] =
        [b"MIGRATE", b"host", b"port", b"", b"0", b"10", b"AUTH", b"keys", b"keys", b"keys"];
    let (mut bytes, mut ranges) = (Vec::new(), Vec::new());
    for word in words {
        ranges.push(ArgRange::new(bytes.len() as u32, word.len() as u32));
        bytes.extend_from_slice(word);
    }
    let keys = migrate.keys(Args::new(&bytes, &ranges)).expect("keys");
    assert_eq!(keys.iter().map(|key| key.at).collect::<Vec<_>>(), [9]);
}

#[test]
fn destination_of_sort() {
    check(&SORT, "SORT l", Some(&[1]));
    check(&SORT, "SORT l STORE d", Some(&[1, 3]));
    check(&SORT, "SORT l BY store GET store LIMIT 0 store DESC store d", Some(&[1, 11]));
    check(&SORT, "SORT l STORE a STORE b", Some(&[1, 5]));
    check(&SORT, "SORT l STORE", Some(&[1]));
}

#[test]
fn patterns_of_sort() {
    fn check(line: &str, expect: bool) {
        let (mut bytes, mut ranges) = (Vec::new(), Vec::new());
        for word in line.split(' ') {
            ranges.push(ArgRange::new(bytes.len() as u32, word.len() as u32));
            bytes.extend_from_slice(word.as_bytes());
        }
        assert_eq!(sort_patterns(Args::new(&bytes, &ranges)), expect, "{line:?}");
    }
    check("SORT l", false);
    check("SORT l BY nosort GET # STORE *", false);
    check("SORT l BY w_*", true);
    check("SORT l LIMIT 0 1 STORE by GET h*->f", true);
    check("SORT l by\0 w_*", true);
    check("SORT l BY", false);
}
