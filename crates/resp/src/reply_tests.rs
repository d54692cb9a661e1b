//! Replies in both versions of the protocol, as `DEBUG PROTOCOL` of Redis 8.2.3 prints them, and what the readers make of
//! them.

use super::*;
use crate::decode::{Value, decode, decode_all};
use crate::skip_element;
use proptest::prelude::*;

/// What `write` writes in RESP2 and RESP3.
#[track_caller]
fn check(write: impl Fn(&mut Reply<'_>), resp2: &str, resp3: &str) {
    for (version, expect) in [(false, resp2), (true, resp3)] {
        let mut out = b"before".to_vec();
        write(&mut Reply::new(&mut out, version));
        assert_eq!(out[6..].escape_ascii().to_string(), expect.as_bytes().escape_ascii().to_string());
    }
}

#[test]
fn scalars() {
    check(|reply| reply.ok(), "+OK\r\n", "+OK\r\n");
    check(|reply| reply.simple("PONG"), "+PONG\r\n", "+PONG\r\n");
    check(|reply| reply.null(), "$-1\r\n", "_\r\n");
    check(|reply| reply.null_array(), "*-1\r\n", "_\r\n");
    check(|reply| reply.bool(true), ":1\r\n", "#t\r\n");
    check(|reply| reply.bool(false), ":0\r\n", "#f\r\n");
    check(|reply| reply.double(2.75), "$4\r\n2.75\r\n", ",2.75\r\n");
    check(|reply| reply.double(f64::NEG_INFINITY), "$4\r\n-inf\r\n", ",-inf\r\n");
    check(|reply| reply.bulk(b"Hello World"), "$11\r\nHello World\r\n", "$11\r\nHello World\r\n");
    check(|reply| reply.bulk(b""), "$0\r\n\r\n", "$0\r\n\r\n");
    check(|reply| reply.bulk_int(-120), "$4\r\n-120\r\n", "$4\r\n-120\r\n");
    check(
        |reply| reply.big_number("1234567999999999999999999999999999999"),
        "$37\r\n1234567999999999999999999999999999999\r\n",
        "(1234567999999999999999999999999999999\r\n",
    );
    check(
        |reply| reply.verbatim(*b"txt", b"This is a verbatim\nstring"),
        "$25\r\nThis is a verbatim\nstring\r\n",
        "=29\r\ntxt:This is a verbatim\nstring\r\n",
    );
}

#[test]
fn aggregates() {
    check(|reply| reply.array(3), "*3\r\n", "*3\r\n");
    check(|reply| reply.set(3), "*3\r\n", "~3\r\n");
    check(|reply| reply.map(3), "*6\r\n", "%3\r\n");
    check(|reply| reply.push(2), "*2\r\n", ">2\r\n");
    check(|reply| assert_eq!(reply.attribute(1), reply.is_resp3()), "", "|1\r\n");
}

#[test]
fn integers_of_every_width() {
    for value in [0, 1, 9, 10, 99, 100, 999, 1000, -1, -10, -100, i64::MAX, i64::MIN] {
        let expect = format!(":{value}\r\n");
        check(|reply| reply.int(value), &expect, &expect);
    }
    for len in [9usize, 10, 99, 100, 999, 1000, 100_000] {
        let expect = format!("*{len}\r\n");
        check(|reply| reply.array(len), &expect, &expect);
    }
}

#[test]
fn no_line_can_be_injected() {
    check(|reply| reply.error("ERR a\r\nb\r\n\r\n"), "-ERR a  b\r\n", "-ERR a  b\r\n");
    check(|reply| reply.error_bytes(b"ERR x\n+OK"), "-ERR x +OK\r\n", "-ERR x +OK\r\n");
    check(|reply| reply.simple("a\r\nb"), "+a  b\r\n", "+a  b\r\n");
}

#[test]
fn what_was_written_can_be_taken_back() {
    let mut out = Vec::new();
    let mut reply = Reply::new(&mut out, true);
    reply.ok();
    let position = reply.position();
    reply.reborrow().array(3);
    reply.truncate(position);
    reply.raw(b"$1\r\nx\r\n");
    assert_eq!(out, b"+OK\r\n$1\r\nx\r\n");
}

/// Any value that is written and read back as itself in RESP3.
fn any_value() -> impl Strategy<Value = Value> {
    let line = || "[ -~]{0,20}".prop_map(String::into_bytes);
    let leaf = prop_oneof![
        line().prop_map(Value::Simple),
        line().prop_map(Value::Error),
        any::<i64>().prop_map(Value::Int),
        proptest::collection::vec(any::<u8>(), 0..150).prop_map(Value::Bulk),
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        (-1e9..1e9).prop_map(Value::Double),
        (any::<[u8; 3]>(), any::<Vec<u8>>()).prop_map(|(format, text)| Value::Verbatim(format, text)),
        "-?[0-9]{1,40}".prop_map(|text| Value::BigNumber(text.into_bytes())),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        let pairs = || proptest::collection::vec((inner.clone(), inner.clone()), 0..4);
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::Array),
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::Set),
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::Push),
            pairs().prop_map(Value::Map),
            (pairs(), inner.clone()).prop_map(|(pairs, value)| Value::Attribute(pairs, Box::new(value))),
        ]
    })
}

fn write(reply: &mut Reply<'_>, value: &Value) {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    match value {
        Value::Simple(line) => reply.simple(&text(line)),
        Value::Error(line) => reply.error_bytes(line),
        Value::Int(value) => reply.int(*value),
        Value::Bulk(bytes) => reply.bulk(bytes),
        Value::Null => reply.null(),
        Value::Bool(value) => reply.bool(*value),
        Value::Double(value) => reply.double(*value),
        Value::Verbatim(format, text) => reply.verbatim(*format, text),
        Value::BigNumber(digits) => reply.big_number(&text(digits)),
        Value::Array(values) => write_all(reply, values, |reply, len| reply.array(len)),
        Value::Set(values) => write_all(reply, values, |reply, len| reply.set(len)),
        Value::Push(values) => write_all(reply, values, |reply, len| reply.push(len)),
        Value::Map(pairs) => {
            reply.map(pairs.len());
            write_pairs(reply, pairs);
        }
        Value::Attribute(pairs, value) => {
            if reply.attribute(pairs.len()) {
                write_pairs(reply, pairs);
            }
            write(reply, value);
        }
    }
}

fn write_all(reply: &mut Reply<'_>, values: &[Value], header: impl Fn(&mut Reply<'_>, usize)) {
    header(reply, values.len());
    values.iter().for_each(|value| write(reply, value));
}

fn write_pairs(reply: &mut Reply<'_>, pairs: &[(Value, Value)]) {
    for (key, value) in pairs {
        write(reply, key);
        write(reply, value);
    }
}

proptest! {
    #[test]
    fn values_are_read_as_they_were_written(values in proptest::collection::vec(any_value(), 1..4)) {
        let mut out = Vec::new();
        let mut ends = Vec::new();
        for value in &values {
            write(&mut Reply::new(&mut out, true), value);
            ends.push(out.len());
        }
        prop_assert_eq!(decode_all(&out), Ok(values));
        let mut at = 0;
        for end in ends {
            prop_assert_eq!(skip_element(&out, at), Some(end));
            for cut in [at, (at + end) / 2, end - 1] {
                prop_assert_eq!(skip_element(&out[..cut], at), None);
            }
            at = end;
        }
    }

    #[test]
    fn older_clients_get_elements_too(value in any_value()) {
        let mut out = Vec::new();
        write(&mut Reply::new(&mut out, false), &value);
        prop_assert_eq!(skip_element(&out, 0), Some(out.len()));
        prop_assert!(decode(&out).is_ok_and(|(_, len)| len == out.len()));
    }

    #[test]
    fn noise_is_no_danger(bytes in "[*$%~|>,:+#_=(!-][0-9\r\n$*-]{0,30}") {
        if let Ok((_, len)) = decode(bytes.as_bytes()) {
            prop_assert_eq!(skip_element(bytes.as_bytes(), 0), Some(len));
        }
    }
}

#[test]
fn depth_is_bounded() {
    use base::limits::REPLY_DEPTH_MAX;
    let nested = |depth: usize| [&b"*1\r\n".repeat(depth)[..], b":1\r\n"].concat();
    let deepest = nested(REPLY_DEPTH_MAX);
    assert_eq!(skip_element(&deepest, 0), Some(deepest.len()));
    assert!(decode(&deepest).is_ok());
    let deeper = nested(REPLY_DEPTH_MAX + 1);
    assert_eq!(skip_element(&deeper, 0), None);
    assert!(decode(&deeper).is_err());
    assert_eq!(skip_element(b"*9223372036854775807\r\n:1\r\n", 0), None);
    assert_eq!(skip_element(b":1\r\n", 9), None);
}
