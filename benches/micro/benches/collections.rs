//! Handlers of commands on collections, one key each: what a command costs beside its request and its way.
//!
//! `cargo bench -p bench-micro --bench collections`, with `ANAX_BENCH_ELEMENTS=100000` for the size of the large ones.

use base::{ArgRange, Args, KeyHasher};
use commands::{CommandTable, FAMILIES, Handler, Route, ShardCtx};
use divan::{Bencher, black_box};
use ds::stream::StreamId;
use resp::Reply;
use store::{Kind, Shard, ShardOptions};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() {
    divan::main();
}

/// Elements of a large collection.
fn large() -> u64 {
    std::env::var("ANAX_BENCH_ELEMENTS").ok().and_then(|text| text.parse().ok()).unwrap_or(2000)
}

/// A shard and its commands.
struct Server {
    shard: Shard,
    table: CommandTable,
    out: Vec<u8>,
}

/// A command in one piece, to be called again and again.
struct Call {
    handler: Handler,
    bytes: Vec<u8>,
    ranges: Vec<ArgRange>,
}

impl Server {
    fn new() -> Server {
        let hasher = KeyHasher::new((1, 2));
        let mut shard = Shard::new(ShardOptions { shard: 0, shards: 1, databases: 1, hasher, seed: 7 });
        shard.set_now(1_700_000_000_000);
        Server { shard, table: CommandTable::new(FAMILIES), out: Vec::new() }
    }

    /// A command whose arguments are the words of a line.
    fn call(&self, line: &str) -> Call {
        let (mut bytes, mut ranges) = (Vec::new(), Vec::new());
        for word in line.split_whitespace() {
            ranges.push(ArgRange::new(bytes.len() as u32, word.len() as u32));
            bytes.extend_from_slice(word.as_bytes());
        }
        let name = line.split_whitespace().next().unwrap_or_default();
        let command = self.table.find(name.as_bytes()).expect("a command");
        let (Route::Key(handler) | Route::Keys(handler, _) | Route::Rounds(handler, _)) =
            self.table.spec(command).route
        else {
            panic!("no command of one shard: {line}")
        };
        Call { handler, bytes, ranges }
    }

    fn run(&mut self, call: &Call) {
        self.out.clear();
        let (mut reply, args) = (Reply::new(&mut self.out, false), Args::new(&call.bytes, &call.ranges));
        let key = self.shard.key(args.arg(1));
        let mut ctx = ShardCtx { slot: key.slot, hash: key.hash, shard: &mut self.shard, db: 0 };
        assert!((call.handler)(&mut ctx, args, &mut reply).is_ok(), "no error");
        black_box(&self.out);
    }

    fn line(&mut self, line: &str) {
        let call = self.call(line);
        self.run(&call);
    }
}

/// Members in no order: a step that is no factor of their number.
fn members(count: u64) -> impl Iterator<Item = String> {
    (0..count).map(move |n| format!("member:{:09}", n * 7919 % count))
}

/// Runs calls in turn.
fn measure(bencher: Bencher<'_, '_>, server: &mut Server, calls: &[Call]) {
    let mut next = 0;
    bencher.bench_local(|| {
        server.run(&calls[next]);
        next = (next + 1) % calls.len();
    });
}

/// Commands on a large set all of whose members are there.
#[divan::bench(args = ["SADD set", "SISMEMBER set"])]
fn large_set(bencher: Bencher<'_, '_>, command: &str) {
    let mut server = Server::new();
    members(large()).for_each(|member| server.line(&format!("SADD set {member}")));
    let calls: Vec<Call> =
        members(large()).map(|member| server.call(&format!("{command} {member}"))).collect();
    measure(bencher, &mut server, &calls);
}

/// Values of fields.
const VALUES: [&str; 2] = ["12.34567", "Helsinki"];

fn hash(value: &str) -> String {
    let fields: String = (0..20).map(|field| format!(" field:{field} {value}")).collect();
    format!("HSET hash{fields}")
}

#[divan::bench(args = VALUES)]
fn hset_of_20(bencher: Bencher<'_, '_>, value: &str) {
    let mut server = Server::new();
    server.line(&hash(value));
    let calls: Vec<Call> =
        (0..20).map(|field| server.call(&format!("HSET hash field:{field} {value}"))).collect();
    measure(bencher, &mut server, &calls);
}

#[divan::bench(args = VALUES)]
fn hget_of_20(bencher: Bencher<'_, '_>, value: &str) {
    let mut server = Server::new();
    server.line(&hash(value));
    let calls: Vec<Call> = (0..20).map(|field| server.call(&format!("HGET hash field:{field}"))).collect();
    measure(bencher, &mut server, &calls);
}

#[divan::bench(args = VALUES)]
fn hgetall_of_20(bencher: Bencher<'_, '_>, value: &str) {
    let mut server = Server::new();
    server.line(&hash(value));
    let calls = [server.call("HGETALL hash")];
    measure(bencher, &mut server, &calls);
}

/// A list of JSON texts, its inner chunks compressed or not.
fn jobs(depth: u32) -> Server {
    let mut server = Server::new();
    let limits = store::Limits { list_compress_depth: depth, ..store::Limits::default() };
    server.shard.set_limits(limits);
    for number in 0..large() {
        server.line(&format!("RPUSH list {{\"job\":\"mail\",\"to\":{number:09},\"retries\":0}}"));
    }
    server
}

#[divan::bench(args = [0, 1])]
fn lpush_rpop(bencher: Bencher<'_, '_>, depth: u32) {
    let mut server = jobs(depth);
    let calls = [
        server.call("LPUSH list {\"job\":\"mail\",\"to\":123456789,\"retries\":0}"),
        server.call("RPOP list"),
    ];
    measure(bencher, &mut server, &calls);
}

#[divan::bench(args = [0, 1])]
fn lrange_100_of_the_middle(bencher: Bencher<'_, '_>, depth: u32) {
    let mut server = jobs(depth);
    let middle = large() / 2;
    let calls = [server.call(&format!("LRANGE list {middle} {}", middle + 99))];
    measure(bencher, &mut server, &calls);
}

#[divan::bench(args = [0, 1])]
fn lrange_100_of_the_front(bencher: Bencher<'_, '_>, depth: u32) {
    let mut server = jobs(depth);
    let calls = [server.call("LRANGE list 0 99")];
    measure(bencher, &mut server, &calls);
}

#[divan::bench]
fn xadd(bencher: Bencher<'_, '_>) {
    let mut server = Server::new();
    let calls =
        [server.call("XADD stream MAXLEN ~ 10000 * first xxxxxxxxxxxxxxxxxxxx second xxxxxxxxxxxxxxxxxxxx")];
    measure(bencher, &mut server, &calls);
}

#[divan::bench]
fn xrange_10(bencher: Bencher<'_, '_>) {
    let mut server = Server::new();
    for number in 1..=large() {
        server
            .line(&format!("XADD stream {number}-1 first xxxxxxxxxxxxxxxxxxxx second xxxxxxxxxxxxxxxxxxxx"));
    }
    let calls: Vec<Call> = (1..=large())
        .step_by(37)
        .map(|from| server.call(&format!("XRANGE stream {from} + COUNT 10")))
        .collect();
    measure(bencher, &mut server, &calls);
}

/// A stream whose entries are all pending, by five consumers.
fn pending() -> Server {
    let mut server = Server::new();
    let key = server.shard.key(b"stream");
    let edited = server.shard.db(0).edit(key, Kind::Stream, |draft| {
        let mut draft = draft.as_stream();
        draft.create();
        draft.get().is_some_and(|stream| stream.groups_mut().add(b"group", StreamId::MIN, None))
    });
    assert!(edited.is_ok_and(|edited| edited.result), "the group is made");
    for number in 1..=large() {
        server.line(&format!("XADD stream {number}-1 name value"));
        server.line(&format!("XCLAIM stream group consumer:{} 0 {number}-1 FORCE JUSTID", number % 5));
    }
    server
}

/// Entries in no order are acknowledged and claimed again.
#[divan::bench]
fn xack_xclaim(bencher: Bencher<'_, '_>) {
    let mut server = pending();
    let calls: Vec<Call> = (0..large())
        .flat_map(|n| {
            let number = 1 + n * 7919 % large();
            [
                server.call(&format!("XACK stream group {number}-1")),
                server.call(&format!("XCLAIM stream group consumer:{} 0 {number}-1 FORCE JUSTID", n % 5)),
            ]
        })
        .collect();
    measure(bencher, &mut server, &calls);
}

/// As [`xack_xclaim`], in the order of ids.
#[divan::bench]
fn xack_xclaim_in_order(bencher: Bencher<'_, '_>) {
    let mut server = pending();
    let calls: Vec<Call> = (1..=large())
        .flat_map(|number| {
            [
                server.call(&format!("XACK stream group {number}-1")),
                server
                    .call(&format!("XCLAIM stream group consumer:{} 0 {number}-1 FORCE JUSTID", number % 5)),
            ]
        })
        .collect();
    measure(bencher, &mut server, &calls);
}
