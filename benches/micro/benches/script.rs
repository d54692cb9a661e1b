//! The engine's share of a script: KEYS and ARGV, the run, calls with their conversions, the reply.
//!
//! `cargo bench -p bench-micro --bench script`. The host answers from a constant, so nothing of a store is in the numbers.

use divan::{Bencher, black_box};
use script::{CallOutcome, Engine, Host, Options};

fn main() {
    divan::main();
}

/// Replies with the same short string to everything.
struct Constant;

impl Host for Constant {
    fn call(&mut self, args: &[&[u8]], _resp3: bool, out: &mut Vec<u8>) -> CallOutcome {
        black_box(args);
        out.extend_from_slice(b"$5\r\nvalue\r\n");
        CallOutcome::Reply
    }
}

const SCRIPTS: &[(&str, &str)] = &[
    ("nothing", "return 1"),
    ("get", "return redis.call('GET', KEYS[1])"),
    ("set", "return redis.call('SET', KEYS[1], ARGV[1])"),
    ("100 gets", "for i = 1, 100 do redis.call('GET', KEYS[1]) end"),
    ("10,000 instructions", "local sum = 0 for i = 1, 2500 do sum = sum + i % 7 end return sum"),
    ("cjson.encode", "return cjson.encode({a = 1, b = {1, 2, 3}, c = 'hello'})"),
    ("cjson.decode", "return cjson.decode('{\"a\":1,\"b\":[1,2,3],\"c\":\"hello\"}').c"),
    ("cmsgpack", "return cmsgpack.unpack(cmsgpack.pack({a = 1, b = {1, 2, 3}})).a"),
    ("an error caught", "return pcall(error, 'x')"),
];

#[divan::bench(args = SCRIPTS.iter().map(|(name, _)| *name))]
fn warm(bencher: Bencher<'_, '_>, name: &str) {
    let text = SCRIPTS.iter().find(|(known, _)| *known == name).map_or("", |(_, text)| *text);
    let mut engine = Engine::new(&Options::default()).expect("an engine");
    let id = engine.load(text.as_bytes()).expect("it compiles");
    let mut out = Vec::new();
    bencher.bench_local(|| {
        out.clear();
        black_box(engine.run(id, &[b"key:1"], &[b"a value"], false, &mut Constant, &mut out));
    });
}

#[divan::bench]
fn compile(bencher: Bencher<'_, '_>) {
    let mut engine = Engine::new(&Options::default()).expect("an engine");
    bencher.bench_local(|| {
        let id = engine.load(b"return redis.call('GET', KEYS[1])").expect("it compiles");
        engine.unload(id);
    });
}

#[divan::bench]
fn make_an_engine() -> Option<Engine> {
    Engine::new(&Options::default())
}
