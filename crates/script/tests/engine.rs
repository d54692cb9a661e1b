//! Scripts over a host that answers from a table.

use script::{CallOutcome, Engine, Host, Options, Progress, Stop, Tick};

/// Answers `GET k` and a few more; `WAIT …` comes later, `STOP` stops.
#[derive(Default)]
struct Fake {
    calls: Vec<String>,
    ticks: u32,
    kill_at: Option<u32>,
    /// It is suspended at each tick.
    pauses: bool,
}

impl Host for Fake {
    fn call(&mut self, args: &[&[u8]], resp3: bool, out: &mut Vec<u8>) -> CallOutcome {
        let texts: Vec<String> = args.iter().map(|arg| String::from_utf8_lossy(arg).into_owned()).collect();
        self.calls.push(texts.join(" "));
        let answer: &[u8] = match texts.first().map(String::as_str).unwrap_or_default() {
            "GET" => b"$5\r\nvalue\r\n",
            "NIL" if resp3 => b"_\r\n",
            "NIL" => b"$-1\r\n",
            "OK" => b"+OK\r\n",
            "INT" => b":42\r\n",
            "FAIL" => b"-WRONGTYPE no\r\n",
            "MAP" => b"%1\r\n$1\r\na\r\n:1\r\n",
            "LIST" => b"*2\r\n$1\r\na\r\n*1\r\n:1\r\n",
            "WAIT" => return CallOutcome::Pending,
            "STOP" => return CallOutcome::Stop,
            _ => b"-ERR Unknown Redis command called from script\r\n",
        };
        out.extend_from_slice(answer);
        CallOutcome::Reply
    }

    fn tick(&mut self) -> Tick {
        self.ticks += 1;
        match self.kill_at {
            Some(at) if self.ticks >= at => Tick::Kill,
            _ if self.pauses => Tick::Pause,
            _ => Tick::Continue,
        }
    }
}

fn engine() -> Engine {
    Engine::new(&Options { memory_limit_bytes: 64 << 20, tick_instructions: 1000, ..Options::default() })
        .expect("an engine")
}

fn run(
    engine: &mut Engine,
    host: &mut Fake,
    text: &str,
    keys: &[&[u8]],
    args: &[&[u8]],
) -> (Progress, String) {
    let id = match engine.load(text.as_bytes()) {
        Ok(id) => id,
        Err(message) => return (Progress::Done, format!("-{}", String::from_utf8_lossy(&message))),
    };
    let mut out = Vec::new();
    let progress = engine.run(id, keys, args, false, host, &mut out);
    (progress, String::from_utf8_lossy(&out).into_owned())
}

#[track_caller]
fn check(text: &str, expected: &str) {
    let (progress, reply) = run(&mut engine(), &mut Fake::default(), text, &[b"k1", b"k2"], &[b"a1"]);
    assert_eq!(progress, Progress::Done, "{text}");
    let sha = String::from_utf8(script::sha1_hex(text.as_bytes()).to_vec()).expect("hex");
    assert_eq!(reply, expected.replace("SHA", &sha), "{text}");
}

/// Runs a script that is suspended at each tick, while another one runs in between. Returns how often, and its reply.
fn run_in_slices(host: &mut Fake, text: &str) -> (usize, String) {
    let mut engine = engine();
    let id = engine.load(text.as_bytes()).expect("a script");
    let other = engine.load(b"return {KEYS[1], redis.call('GET', 'x')}").expect("a script");
    let (mut out, mut pauses) = (Vec::new(), 0);
    let mut progress = engine.run(id, &[b"k1"], &[b"a1"], false, host, &mut out);
    while let Progress::Paused(run) = progress {
        pauses += 1;
        let mut between = Vec::new();
        let done = engine.run(other, &[b"other"], &[], false, &mut Fake::default(), &mut between);
        assert_eq!(done, Progress::Done);
        assert_eq!(between, b"*2\r\n$5\r\nother\r\n$5\r\nvalue\r\n");
        progress = engine.go_on(run, host, &mut out);
    }
    assert_eq!(progress, Progress::Done);
    (pauses, String::from_utf8_lossy(&out).into_owned())
}

#[test]
fn a_script_goes_on_after_pauses() {
    let text = "local sum = 0
        for i = 1, 10000 do
            local ok, failure = pcall(function() sum = sum + i; if i % 1000 == 0 then error('x') end end)
            if i % 100 == 0 then redis.call('GET', KEYS[1]) end
        end
        return {sum, KEYS[1], ARGV[1]}";
    let mut host = Fake { pauses: true, ..Fake::default() };
    let (pauses, reply) = run_in_slices(&mut host, text);
    assert!(pauses > 20, "{pauses}");
    assert_eq!(reply, "*3\r\n:50005000\r\n$2\r\nk1\r\n$2\r\na1\r\n");
    assert_eq!(host.calls.len(), 100);
}

#[test]
fn a_script_is_paused_wherever_it_is() {
    for text in [
        "return coroutine.wrap(function() local n = 0 for i = 1, 1e5 do n = n + 1 end return n end)()",
        "local function f() local n = 0 for i = 1, 1e5 do n = n + 1 end coroutine.yield(n) return 'no' end
         return coroutine.wrap(function() return coroutine.wrap(f)() end)()",
        "local n = 0 string.gsub(string.rep('a', 1000), 'a', function() for i = 1, 100 do n = n + 1 end end) return n",
        "local n = 0 local t = {} for i = 1, 64 do t[i] = i % 7 end
         table.sort(t, function(a, b) for i = 1, 1000 do n = n + 1 end return a < b end)
         for i = 2, 64 do if t[i] < t[i - 1] then return 'not sorted' end end
         return n > 1e5 and 100000 or n",
        "local co = coroutine.create(function() string.gsub('ab', '.', function(c) coroutine.yield(c) end) return 100000 end)
         local s = '' for i = 1, 2 do local _, c = coroutine.resume(co) s = s .. c end
         local n = 0 for i = 1, 1e5 do n = n + 1 end
         return s == 'ab' and select(2, coroutine.resume(co))",
    ] {
        let mut host = Fake { pauses: true, ..Fake::default() };
        let (pauses, reply) = run_in_slices(&mut host, text);
        assert!(pauses > 10, "{text}: {pauses}");
        assert_eq!(reply, ":100000\r\n", "{text}");
    }
    // It cannot be left here, but goes on to its end.
    let text = "local m = {} m.__lt = function() return coroutine.wrap(function() for i = 1, 1e5 do end return false end)() end
        local function v() return setmetatable({}, m) end table.sort({v(), v()}) return 1";
    let (_, reply) = run_in_slices(&mut Fake { pauses: true, ..Fake::default() }, text);
    assert_eq!(reply, ":1\r\n");
}

#[test]
fn substitutions_and_sorts_that_ask_functions_are_those_of_lua() {
    // The native ones are at work where a plain table replaces, and where a table with a metatable is sorted.
    let text = r#"
        local seed = tonumber(ARGV[1])
        math.randomseed(seed)
        local function word(letters, most)
          local t = {}
          for i = 1, math.random(0, most) do
            local at = math.random(1, #letters)
            t[i] = letters:sub(at, at)
          end
          return table.concat(t)
        end
        local map = setmetatable({}, {__mode = ''})
        local plain = {a = 'x', b = 7, ab = '', ba = false, [''] = '-', aa = 1.5, [1] = 'one', [3] = 'three'}
        for key, value in pairs(plain) do rawset(map, key, value) end
        for i = 1, 200 do
          local text, pattern = word('abc ', 12), word('ab.%*+-?()[]^$ac', 5)
          local most = ({nil, 0, 1, 3})[math.random(1, 4)]
          local function run(by)
            local result = {pcall(string.gsub, text, pattern, by, most)}
            result[2] = tostring(result[2]):gsub('^.-: ', '')
            return tostring(result[1]) .. '|' .. result[2] .. '|' .. tostring(result[3])
          end
          local native = run(plain)
          local asked = run(function(first) return plain[first] end)
          local looked = run(map)
          if native ~= asked or native ~= looked then
            return text .. ' / ' .. pattern .. ': ' .. native .. ' / ' .. asked .. ' / ' .. looked
          end
        end
        for i = 1, 100 do
          local one, other = {}, setmetatable({}, {})
          for k = 1, math.random(0, 60) do
            one[k] = {math.random(1, 10), k}
            rawset(other, k, one[k])
          end
          local function before(a, b) return a[1] < b[1] end
          table.sort(one, before)
          table.sort(other, before)
          for k = 1, #one do
            if one[k] ~= other[k] then return 'sorts differ' end
          end
        end
        return 'equal'"#;
    for seed in 0..20 {
        let seed = seed.to_string();
        let (_, reply) = run(&mut engine(), &mut Fake::default(), text, &[], &[seed.as_bytes()]);
        assert_eq!(reply, "$5\r\nequal\r\n", "{seed}");
    }
    for (text, expect) in [
        ("return ('abc'):gsub('(%w)(%w)', function(a, b) return b .. a end)", "bac"),
        ("return ('abc'):gsub('()', function(at) return at end)", "1a2b3c4"),
        ("return ('abc'):gsub('%w', function() return nil end)", "abc"),
        (
            "return (select(2, pcall(string.gsub, 'a', '%', function() end)))",
            "malformed pattern (ends with '%')",
        ),
        (
            "return (select(2, pcall(string.gsub, 'a', 'a', function() return {} end)))",
            "invalid replacement value (a table)",
        ),
    ] {
        let (_, reply) = run(&mut engine(), &mut Fake::default(), text, &[], &[]);
        assert!(reply.contains(expect), "{text}: {reply}");
    }
}

#[test]
fn a_script_with_pauses_can_be_killed() {
    for text in [
        "while true do pcall(function() while true do end end) end",
        "local function f() pcall(f) end while true do pcall(f) end",
        "table.sort({1, 2, 3}, function() while true do pcall(error) end end)",
        "coroutine.wrap(function() while true do pcall(error) end end)()",
    ] {
        let mut host = Fake { pauses: true, kill_at: Some(50), ..Fake::default() };
        let (_, reply) = run_in_slices(&mut host, text);
        assert!(reply.starts_with("-ERR Script killed by user with SCRIPT KILL"), "{text}: {reply}");
    }
}

#[test]
fn values_become_replies() {
    check("return 1", ":1\r\n");
    check("return 3.99", ":3\r\n");
    check("return 'x'", "$1\r\nx\r\n");
    check("return", "$-1\r\n");
    check("return false", "$-1\r\n");
    check("return true", ":1\r\n");
    check("return {1,'a',{2}}", "*3\r\n:1\r\n$1\r\na\r\n*1\r\n:2\r\n");
    check("return {1,nil,3}", "*1\r\n:1\r\n");
    check("return {ok='fine'}", "+fine\r\n");
    check("return {err='MY bad'}", "-MY bad\r\n");
    check("return {double=3.5}", "$3\r\n3.5\r\n");
    check("return KEYS[2]..ARGV[1]", "$4\r\nk2a1\r\n");
    check("return 1, 2", ":1\r\n");
}

#[test]
fn replies_become_values() {
    check("return redis.call('GET', KEYS[1])", "$5\r\nvalue\r\n");
    check("return redis.call('INT') + 1", ":43\r\n");
    check("return type(redis.call('NIL'))", "$7\r\nboolean\r\n");
    check("redis.setresp(3) return type(redis.call('NIL'))", "$3\r\nnil\r\n");
    check("return redis.call('OK').ok", "$2\r\nOK\r\n");
    check("return redis.call('LIST')[2][1]", ":1\r\n");
    check("redis.setresp(3) return redis.call('MAP').map.a", ":1\r\n");
    check("return redis.pcall('FAIL').err", "$12\r\nWRONGTYPE no\r\n");
    check("return {pcall(redis.call, 'FAIL')}", "*2\r\n$-1\r\n$12\r\nWRONGTYPE no\r\n");
}

#[test]
fn errors_name_their_place() {
    check("redis.call('FAIL')", "-WRONGTYPE no script: SHA, on @user_script:1.\r\n");
    check("\n\nerror('x')", "-ERR user_script:3: x script: SHA, on @user_script:3.\r\n");
    check(
        "local x = nil; return x.y",
        "-ERR user_script:1: attempt to index local 'x' (a nil value) script: SHA, on @user_script:1.\r\n",
    );
    check(
        "x = 1",
        "-ERR user_script:1: Attempt to modify a readonly table script: SHA, on @user_script:1.\r\n",
    );
    check(
        "local a = print",
        "-ERR user_script:1: Script attempted to access nonexistent global variable 'print' script: SHA, on @user_script:1.\r\n",
    );
    check(
        "return {1,2",
        "-ERR Error compiling script (new function): user_script:1: '}' expected near '<eof>'",
    );
    check("return redis.call('FAIL')", "-WRONGTYPE no script: SHA, on @user_script:1.\r\n");
    check("return\n redis.call('FAIL')", "-WRONGTYPE no script: SHA, on @user_script:2.\r\n");
}

#[test]
fn a_run_waits_and_goes_on() {
    let (mut engine, mut host) = (engine(), Fake::default());
    let text = "local a = redis.call('WAIT') local ok, b = pcall(redis.call, 'WAIT') return {a, tostring(ok), b, KEYS[1]}";
    let first = engine.load(text.as_bytes()).expect("compiles");
    let mut out = Vec::new();
    let Progress::Waiting(one) = engine.run(first, &[b"one"], &[], false, &mut host, &mut out) else {
        panic!()
    };
    let Progress::Waiting(two) = engine.run(first, &[b"two"], &[], false, &mut host, &mut out) else {
        panic!()
    };
    let Progress::Waiting(one) = engine.resume(one, b"$1\r\nx\r\n", &mut host, &mut out) else { panic!() };
    let Progress::Waiting(two) = engine.resume(two, b"$1\r\ny\r\n", &mut host, &mut out) else { panic!() };
    assert_eq!(engine.resume(one, b"-ERR no\r\n", &mut host, &mut out), Progress::Done);
    assert_eq!(out, b"*4\r\n$1\r\nx\r\n$5\r\nfalse\r\n$6\r\nERR no\r\n$3\r\none\r\n");
    out.clear();
    assert_eq!(engine.resume(two, b":7\r\n", &mut host, &mut out), Progress::Done);
    assert_eq!(out, b"*4\r\n$1\r\ny\r\n$4\r\ntrue\r\n:7\r\n$3\r\ntwo\r\n");
}

#[test]
fn a_coroutine_of_the_script_waits_as_well() {
    let (mut engine, mut host) = (engine(), Fake::default());
    let text = "local co = coroutine.wrap(function() local a = redis.call('WAIT') coroutine.yield(a) return 'end' end)
        return {co(), co()}";
    let id = engine.load(text.as_bytes()).expect("compiles");
    let mut out = Vec::new();
    let Progress::Waiting(run) = engine.run(id, &[], &[], false, &mut host, &mut out) else { panic!() };
    assert_eq!(engine.resume(run, b"$1\r\nx\r\n", &mut host, &mut out), Progress::Done);
    assert_eq!(out, b"*2\r\n$1\r\nx\r\n$3\r\nend\r\n");
}

#[test]
fn nothing_holds_a_script_that_is_stopped() {
    for text in [
        "redis.call('STOP') return 1",
        "pcall(redis.call, 'STOP') redis.call('GET', 'x') return 1",
        "while true do pcall(redis.call, 'STOP') end",
        "local co = coroutine.create(function() redis.call('STOP') end) coroutine.resume(co) redis.call('GET', 'x') return 1",
        "local t = {3,2,1} table.sort(t, function(a, b) pcall(redis.call, 'STOP') return a < b end) redis.call('GET','x') return 1",
        "string.gsub('aaa', 'a', function() pcall(redis.call, 'STOP') end) redis.call('GET','x') return 1",
    ] {
        let mut host = Fake::default();
        let (progress, reply) = run(&mut engine(), &mut host, text, &[], &[]);
        assert_eq!((progress, reply.as_str()), (Progress::Stopped(Stop::Host), ""), "{text}");
        assert_eq!(host.calls, ["STOP"], "{text}");
    }
}

#[test]
fn nothing_holds_a_script_that_is_killed() {
    for text in [
        "while true do end",
        "while true do pcall(function() while true do end end) end",
        "while true do pcall(redis.call, 'GET', 'x') end",
        "local co = coroutine.wrap(function() while true do end end) while true do pcall(co) end",
        "local function f() while true do pcall(f) end end f()",
        "while true do local t = {3,2,1} table.sort(t, function(a, b) pcall(error) return a < b end) end",
        "while true do string.gsub('aaaaaaaa', 'a', function() pcall(error) end) end",
    ] {
        let mut host = Fake { kill_at: Some(3), ..Fake::default() };
        let (progress, reply) = run(&mut engine(), &mut host, text, &[], &[]);
        assert_eq!(progress, Progress::Done, "{text}");
        assert!(
            reply.starts_with("-ERR Script killed by user with SCRIPT KILL... script: "),
            "{text}: {reply}"
        );
    }
}

#[test]
fn a_wait_where_the_script_cannot_be_left_stops_it() {
    let text =
        "local m = {} m.__lt = function() pcall(redis.call, 'WAIT') end local function v() return setmetatable({}, m) end
         table.sort({v(), v()}) redis.call('GET', 'x') return 1";
    let mut host = Fake::default();
    let (progress, _) = run(&mut engine(), &mut host, text, &[], &[]);
    assert_eq!(progress, Progress::Stopped(Stop::CannotWait));
    assert_eq!(host.calls, ["WAIT"]);
}

#[test]
fn bombs_end_with_an_error() {
    let mut engine = engine();
    for text in [
        "local s = 'x' while true do s = s .. s end",
        "local t = {} while true do t[#t + 1] = {} end",
        "return string.rep('x', 2000000000)",
        "local function f() return f() + 1 end return f()",
        "local function f() f() end f()",
        "local t = {} for i = 1, 1e9 do t[i] = redis.call('LIST') end",
        "return cjson.encode({[2000000000] = 1})",
        "cjson.encode_sparse_array(true, 0) local t = {} t[2000000000] = 1 return cjson.encode(t)",
        "local t = {} for i = 1, 100000 do t = {t} end return cjson.encode(t)",
        "local s = string.rep('[', 100000) return cjson.decode(s)",
        "return cmsgpack.unpack(string.rep('\\145', 100000))",
        "return ('x'):rep(1e8):rep(1e8)",
        "local s = string.rep('a', 1000000) return s:find(string.rep('a?', 100000) .. 'b')",
        "return unpack({}, 1, 1e8)",
        "return loadstring(string.rep('(', 100000))",
        "error(setmetatable({}, {__tostring = function() error('x') end}))",
        "local t = setmetatable({}, {}) getmetatable(t).__index = t return t.x",
        "local function f(...) return f(1, ...) end return f()",
        "local function f(n) return ('a'):gsub('a', function() return f(n + 1) end) end f(1)",
        "local function f(n) table.sort({2, 1}, function(a, b) f(n + 1) return a < b end) end f(1)",
        "local m = {} m.__lt = function(a, b) table.sort({setmetatable({}, m), setmetatable({}, m)}) return false end m.__lt()",
        "local m = {} m.__tostring = function(s) return string.format('%s', setmetatable({}, m)) end return tostring(setmetatable({}, m))",
        "local m = {} m.__index = function(t, k) return ('a'):gsub('a', setmetatable({}, m)) end return setmetatable({}, m).x",
        "local m = {} m.__concat = function(t, k) return setmetatable({}, m) .. setmetatable({}, m) end return setmetatable({}, m) .. 'x'",
        "local function f() return xpcall(error, f) end return f()",
        "local function f() return pcall(f) end return f()",
        "local function f() pcall(f) pcall(f) end f()",
        "return coroutine.wrap(function() local function g() return coroutine.wrap(g)() end return g() end)()",
    ] {
        let mut host = Fake { kill_at: Some(3000), ..Fake::default() };
        let (progress, _) = run(&mut engine, &mut host, text, &[], &[]);
        assert_eq!(progress, Progress::Done, "{text}");
    }
    let (_, reply) = run(&mut engine, &mut Fake::default(), "return 'alive'", &[], &[]);
    assert_eq!(reply, "$5\r\nalive\r\n");
}
