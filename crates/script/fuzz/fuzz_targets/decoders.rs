//! Any bytes as JSON, MessagePack, the format and the data of a structure, and as the reply of a command.
//!
//! Run: `cargo +nightly fuzz run decoders` in `crates/script`.

#![no_main]

use std::cell::RefCell;

use libfuzzer_sys::fuzz_target;
use script::{CallOutcome, Engine, Host, Options, Progress, ScriptId};

/// Replies with what it is asked.
struct Echo;

impl Host for Echo {
    fn call(&mut self, args: &[&[u8]], _resp3: bool, out: &mut Vec<u8>) -> CallOutcome {
        out.extend_from_slice(args.last().copied().unwrap_or_default());
        CallOutcome::Reply
    }
}

const TEXT: &str = "
pcall(cjson.decode, ARGV[1])
pcall(cmsgpack.unpack, ARGV[1])
pcall(cmsgpack.unpack_limit, ARGV[1], 3, 1)
pcall(struct.unpack, ARGV[1], ARGV[1])
pcall(struct.unpack, ARGV[1]:sub(1, 8), ARGV[1])
pcall(struct.pack, ARGV[1], 1, -2, 'abc', 4.5, 'x')
pcall(struct.size, ARGV[1])
redis.setresp(3)
return redis.pcall(ARGV[1])";

thread_local! {
    static ENGINE: RefCell<(Engine, ScriptId)> = RefCell::new({
        let mut engine = Engine::new(&Options::default()).expect("an engine");
        let id = engine.load(TEXT.as_bytes()).expect("it compiles");
        (engine, id)
    });
}

fuzz_target!(|data: &[u8]| {
    ENGINE.with_borrow_mut(|(engine, id)| {
        let mut out = Vec::new();
        assert_eq!(engine.run(*id, &[], &[data], true, &mut Echo, &mut out), Progress::Done);
    });
});
