//! The libraries on random values: what is written reads back the same, and no input is too strange.

use proptest::prelude::*;
use script::{CallOutcome, Engine, Host, Options, Progress};

struct Nobody;

impl Host for Nobody {
    fn call(&mut self, args: &[&[u8]], _resp3: bool, out: &mut Vec<u8>) -> CallOutcome {
        // The reply is whatever the script says.
        out.extend_from_slice(args.get(1).copied().unwrap_or(b"+OK\r\n"));
        CallOutcome::Reply
    }
}

fn engine() -> Engine {
    Engine::new(&Options { memory_limit_bytes: 64 << 20, ..Options::default() }).expect("an engine")
}

fn run(text: &str, args: &[&[u8]], resp3: bool) -> String {
    let mut engine = engine();
    let id = engine.load(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {}", error.escape_ascii()));
    let mut out = Vec::new();
    assert_eq!(engine.run(id, &[], args, resp3, &mut Nobody, &mut out), Progress::Done);
    assert!(resp::skip_element(&out, 0).is_none_or(|end| end == out.len()), "{}", out.escape_ascii());
    out.escape_ascii().to_string()
}

/// A string as a literal of Lua.
fn literal(bytes: &[u8]) -> String {
    let escaped: String = bytes.iter().map(|byte| format!("\\{byte:03}")).collect();
    format!("'{escaped}'")
}

/// Literals of values that all formats hold.
fn value() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("true".to_string()),
        Just("false".to_string()),
        any::<i32>().prop_map(|number| number.to_string()),
        // As many digits as cjson writes.
        (-1_000_000_i64..1_000_000).prop_map(|number| format!("{}", number as f64 / 64.0)),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(|bytes| literal(&bytes)),
    ];
    leaf.prop_recursive(4, 40, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..6).prop_map(|items| format!("{{{}}}", items.join(","))),
            prop::collection::btree_map("[a-z]{1,8}", inner, 1..6).prop_map(|fields| {
                let fields: Vec<String> = fields
                    .iter()
                    .map(|(name, value)| format!("[{}]={value}", literal(name.as_bytes())))
                    .collect();
                format!("{{{}}}", fields.join(","))
            }),
        ]
    })
}

const SAME: &str = "
local function same(a, b)
  if type(a) ~= 'table' or type(b) ~= 'table' then return a == b end
  for k, v in pairs(a) do if not same(v, b[k]) then return false end end
  for k in pairs(b) do if a[k] == nil then return false end end
  return true
end
";

/// Formats of `struct` with a value each that fits.
fn field() -> impl Strategy<Value = (String, String)> {
    let order = prop_oneof![Just(""), Just("<"), Just(">"), Just("!4"), Just("!")];
    let one = prop_oneof![
        any::<i8>().prop_map(|number| ("b".to_string(), number.to_string())),
        any::<u8>().prop_map(|number| ("B".to_string(), number.to_string())),
        any::<i16>().prop_map(|number| ("h".to_string(), number.to_string())),
        any::<u16>().prop_map(|number| ("H".to_string(), number.to_string())),
        any::<i32>().prop_map(|number| ("i".to_string(), number.to_string())),
        any::<u32>().prop_map(|number| ("I4".to_string(), number.to_string())),
        (any::<i32>(), 5_u8..9).prop_map(|(number, size)| (format!("i{size}"), number.to_string())),
        any::<i32>().prop_map(|number| ("l".to_string(), number.to_string())),
        any::<i16>().prop_map(|number| ("f".to_string(), number.to_string())),
        any::<i32>().prop_map(|number| ("d".to_string(), format!("{}", f64::from(number) / 8.0))),
        "[a-z]{0,9}".prop_map(|text| ("s".to_string(), literal(text.as_bytes()))),
        "[a-z]{3}".prop_map(|text| ("c3".to_string(), literal(text.as_bytes()))),
    ];
    (order, one).prop_map(|(order, (format, value))| (format!("{order}{format}"), value))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn what_is_packed_comes_back(value in value()) {
        let text = format!("{SAME} local v = {value} return same(v, cmsgpack.unpack(cmsgpack.pack(v)))");
        prop_assert_eq!(run(&text, &[], false), ":1\\r\\n");
    }

    #[test]
    fn what_is_json_comes_back(value in value()) {
        let text = format!("{SAME} local v = {value} return same(v, cjson.decode(cjson.encode(v)))");
        prop_assert_eq!(run(&text, &[], false), ":1\\r\\n");
    }

    #[test]
    fn what_is_a_struct_comes_back(fields in prop::collection::vec(field(), 1..8)) {
        let format: String = fields.iter().map(|(format, _)| format.as_str()).collect();
        let values: Vec<&str> = fields.iter().map(|(_, value)| value.as_str()).collect();
        let text = format!(
            "{SAME} local v = {{{}}} local packed = struct.pack('{format}', unpack(v)) \
             local back = {{struct.unpack('{format}', packed)}} v[#v + 1] = #packed + 1 return same(v, back)",
            values.join(",")
        );
        prop_assert_eq!(run(&text, &[], false), ":1\\r\\n");
    }

    #[test]
    fn no_bytes_are_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
        let text = "local a = {pcall(cjson.decode, ARGV[1])} local b = {pcall(cmsgpack.unpack, ARGV[1])} \
                    local c = {pcall(struct.unpack, ARGV[1], ARGV[1])} local d = {pcall(struct.pack, ARGV[1], 1, 2, 'x', 4)} \
                    local e = {pcall(struct.size, ARGV[1])} local f = {pcall(loadstring, ARGV[1])} return 1";
        prop_assert_eq!(run(text, &[&bytes], false), ":1\\r\\n");
        // Also as the reply of a command: what is malformed is an error.
        run("return redis.pcall('X', ARGV[1])", &[&bytes], true);
        run("redis.setresp(3) return redis.pcall('X', ARGV[1])", &[&bytes], true);
    }

    #[test]
    fn no_script_is_too_strange(words in prop::collection::vec(
        prop::sample::select(vec![
            "local", "x", "=", "return", "function", "end", "(", ")", "{", "}", "redis.call", "'a'", "1", "..", "for",
            "do", "in", "pairs", "if", "then", "else", "nil", ",", "pcall", "error", "setmetatable", "_G", "KEYS", "[", "]",
            ".", ":", "rep", "coroutine.wrap", "coroutine.yield", "string.gsub", "table.sort", "-", "#", "==", "...",
            "getmetatable", "rawset", "next", "tostring", "cjson.encode", "cmsgpack.pack", "while", "break", "not",
        ]), 1..30)) {
        let text = words.join(" ");
        let mut engine = Engine::new(&Options { memory_limit_bytes: 32 << 20, tick_instructions: 1000, ..Options::default() })
            .expect("an engine");
        if let Ok(id) = engine.load(text.as_bytes()) {
            struct Impatient(u32);
            impl Host for Impatient {
                fn call(&mut self, _: &[&[u8]], _: bool, out: &mut Vec<u8>) -> CallOutcome {
                    out.extend_from_slice(b"+OK\r\n");
                    CallOutcome::Reply
                }
                fn tick(&mut self) -> script::Tick {
                    self.0 += 1;
                    if self.0 > 50 { script::Tick::Kill } else { script::Tick::Continue }
                }
            }
            let mut out = Vec::new();
            let progress = engine.run(id, &[], &[], true, &mut Impatient(0), &mut out);
            prop_assert_eq!(progress, Progress::Done);
        }
    }
}
