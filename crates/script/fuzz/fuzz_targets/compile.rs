//! Any bytes as a script, a library and a payload of FUNCTION RESTORE; what compiles is run for a while.
//!
//! Run: `cargo +nightly fuzz run compile` in `crates/script`.

#![no_main]

use libfuzzer_sys::fuzz_target;
use script::{CallOutcome, Engine, Host, Options, Tick};

struct Impatient(u32);

impl Host for Impatient {
    fn call(&mut self, args: &[&[u8]], _resp3: bool, out: &mut Vec<u8>) -> CallOutcome {
        out.extend_from_slice(b"+OK\r\n");
        match args.len() {
            2 => CallOutcome::Pending,
            3 => CallOutcome::Stop,
            _ => CallOutcome::Reply,
        }
    }

    fn tick(&mut self) -> Tick {
        self.0 += 1;
        if self.0 > 20 { Tick::Kill } else { Tick::Continue }
    }
}

fuzz_target!(|data: &[u8]| {
    let options = Options { memory_limit_bytes: 16 << 20, tick_instructions: 500, ..Options::default() };
    let mut engine = Engine::new(&options).expect("an engine");
    let mut out = Vec::new();
    if let Ok(id) = engine.load(data) {
        let mut host = Impatient(0);
        let mut progress = engine.run(id, &[b"k"], &[b"a"], true, &mut host, &mut out);
        while let script::Progress::Waiting(run) = progress {
            progress = engine.resume(run, b"$1\r\nx\r\n", &mut host, &mut out);
        }
    }
    let _ = engine.load_library(data, &mut Impatient(0));
    let _ = script::read_payload(data);
});
