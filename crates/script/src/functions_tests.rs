//! Libraries without an interpreter.

use super::{FunctionInfo, Libraries, LibraryInfo, ListQuery, RestorePolicy, read_payload};
use crate::Flags;

fn library(name: &str, functions: &[&str]) -> LibraryInfo {
    let functions = functions.iter().map(|function| FunctionInfo {
        name: function.as_bytes().to_vec(),
        description: None,
        flags: Flags::NO_WRITES,
    });
    LibraryInfo {
        name: name.as_bytes().to_vec(),
        code: format!("#!lua name={name}\n").into_bytes(),
        functions: functions.collect(),
    }
}

fn libraries(of: &[(&str, &[&str])]) -> Libraries {
    let mut libraries = Libraries::default();
    for (name, functions) in of {
        libraries.insert(library(name, functions)).expect("no function twice");
    }
    libraries
}

#[test]
fn a_function_has_one_library() {
    let mut all = libraries(&[("a", &["f", "g"]), ("b", &["h"])]);
    assert_eq!(all.insert(library("c", &["x", "h"])), Err(b"ERR Function h already exists".to_vec()));
    assert_eq!((all.len(), all.functions_len()), (2, 3));
    all.insert(library("a", &["f"])).expect("in its own place");
    assert!(all.function(b"g").is_none());
    assert_eq!(all.function(b"f").map(|(library, _)| library.name.as_slice()), Some(b"a".as_slice()));
    all.remove(b"a");
    assert!(all.function(b"f").is_none());
}

#[test]
fn heads_are_checked_in_order() {
    let all = libraries(&[("a", &["f"])]);
    let check = |code: &str, expected: &str| {
        let error = all.check(code.as_bytes(), false).expect_err(code);
        assert_eq!(String::from_utf8_lossy(&error), expected);
    };
    check("x", "ERR Missing library metadata");
    check("#!lua name=a", "ERR Invalid library metadata");
    check("#!lua\n", "ERR Library name was not given");
    check("#!lua name=x name=y\n", "ERR Invalid metadata value, name argument was given multiple times");
    check("#!lua nam=x\n", "ERR Invalid metadata value given: nam=x");
    check("#!js name=x\n", "ERR Engine 'js' not found");
    check("#!lua name=a\n", "ERR Library 'a' already exists");
    assert!(all.check(b"#!LUA NAME=a\n", true).is_ok());
}

#[test]
fn payloads_come_back() {
    let all = libraries(&[("a", &["f"]), ("b", &["g"])]);
    let payload = all.dump();
    let codes = read_payload(&payload).expect("our own");
    assert_eq!(codes, [b"#!lua name=a\n".to_vec(), b"#!lua name=b\n".to_vec()]);
    assert_eq!(read_payload(&Libraries::default().dump()), Ok(Vec::new()));
    for cut in 0..payload.len() {
        assert_eq!(read_payload(&payload[..cut]), Err("ERR DUMP payload version or checksum are wrong"));
    }
    let with = |body: &[u8]| {
        let mut payload = body.to_vec();
        rdb::finish_payload(&mut payload, 0, 12);
        read_payload(&payload)
    };
    assert_eq!(with(&[246, 1, b'x']), Err("ERR Pre-GA function format not supported"));
    assert_eq!(with(&[0, 1, b'x']), Err("ERR given type is not a function"));
    assert_eq!(with(&[245, 9, b'x']), Err("ERR Failed loading library payload"));
    assert_eq!(with(&[245, 1, b'x', 7]), Err("ERR given type is not a function"));
}

#[test]
fn a_payload_of_redis_is_read() {
    // FUNCTION DUMP of Redis 8.2.3: one library, compressed.
    let dump: &[u8] = &[
        0xf5, 0xc3, 0x40, 0x81, 0x40, 0x8c, 0x1f, 0x23, 0x21, 0x6c, 0x75, 0x61, 0x20, 0x6e, 0x61, 0x6d, 0x65,
        0x3d, 0x61, 0x0a, 0x72, 0x65, 0x64, 0x69, 0x73, 0x2e, 0x72, 0x65, 0x67, 0x69, 0x73, 0x74, 0x65, 0x72,
        0x5f, 0x66, 0x75, 0x6e, 0x63, 0x04, 0x74, 0x69, 0x6f, 0x6e, 0x7b, 0xc0, 0x08, 0x00, 0x5f, 0x60, 0x27,
        0x0e, 0x22, 0x66, 0x66, 0x22, 0x2c, 0x20, 0x63, 0x61, 0x6c, 0x6c, 0x62, 0x61, 0x63, 0x6b, 0x3d, 0xc0,
        0x1c, 0x13, 0x28, 0x6b, 0x2c, 0x61, 0x29, 0x20, 0x72, 0x65, 0x74, 0x75, 0x72, 0x6e, 0x20, 0x6b, 0x5b,
        0x31, 0x5d, 0x2e, 0x2e, 0x61, 0x20, 0x05, 0x0c, 0x20, 0x65, 0x6e, 0x64, 0x2c, 0x20, 0x64, 0x65, 0x73,
        0x63, 0x72, 0x69, 0x70, 0x40, 0x4d, 0x02, 0x3d, 0x22, 0x64, 0x20, 0x3e, 0x13, 0x66, 0x6c, 0x61, 0x67,
        0x73, 0x3d, 0x7b, 0x22, 0x6e, 0x6f, 0x2d, 0x77, 0x72, 0x69, 0x74, 0x65, 0x73, 0x22, 0x7d, 0x7d, 0x0c,
        0x00, 0xfb, 0x7e, 0x5f, 0x47, 0x65, 0x43, 0xd0, 0x4a,
    ];
    let codes = read_payload(dump).expect("readable");
    let code = "#!lua name=a\nredis.register_function{function_name=\"ff\", callback=function(k,a) return k[1]..a[1] end, \
                description=\"d\", flags={\"no-writes\"}}";
    assert_eq!(codes, [code.as_bytes().to_vec()]);
}

#[test]
fn restoring_is_all_or_nothing() {
    let before = libraries(&[("a", &["f"]), ("b", &["g"])]);
    let mut all = before.clone();
    let same_name = libraries(&[("a", &["x"]), ("c", &["y"])]);
    let error = all.restore(same_name.clone(), RestorePolicy::Append).expect_err("a is there");
    assert_eq!(error, b"ERR Library a already exists");
    assert_eq!(all, before);
    let error = all.restore(libraries(&[("c", &["g"])]), RestorePolicy::Replace).expect_err("g is of b");
    assert_eq!(error, b"ERR Function g already exists");
    assert_eq!(all, before);
    all.restore(same_name, RestorePolicy::Replace).expect("a is replaced");
    assert_eq!((all.len(), all.functions_len()), (3, 3));
    all.restore(libraries(&[("z", &["z"])]), RestorePolicy::Flush).expect("nothing is left");
    assert_eq!(all.len(), 1);
}

#[test]
fn lists_are_asked_for_in_any_order() {
    let parse = |words: &[&str]| ListQuery::parse(words.iter().map(|word| word.as_bytes()));
    let query = parse(&["WithCode", "LIBRARYNAME", "x*"]).expect("valid");
    assert!(query.with_code && query.pattern == Some(b"x*".to_vec()));
    assert_eq!(parse(&["libraryname"]), Err(b"ERR library name argument was not given".to_vec()));
    assert_eq!(parse(&["withcode", "withcode"]), Err(b"ERR Unknown argument withcode".to_vec()));
}
