//! A keyspace of some shards that carries out commands: the plainest thing that does what routing and merging do.

use std::cell::RefCell;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use base::{ArgRange, Args, KeyHasher, key_slot};
use commands::{
    CmdError, CommandId, CommandSpec, CommandTable, FAMILIES, Handler, Merge, OwnedArgs, RoundsFn, Route,
    ShardCtx, Topology, Tx, TxState,
};
use resp::{Reply, skip_element};
use store::{Limits, Shard, ShardOptions};

/// The clock at the start, in ms since 1970.
pub(crate) const START_MS: u64 = 1_700_000_000_000;
/// The number of databases.
pub(crate) const DATABASES: usize = 16;

/// See the [module documentation](self).
pub(crate) struct Keyspace {
    table: CommandTable,
    shards: Vec<Shard>,
    topology: Topology,
    db: usize,
    random: u64,
}

impl Keyspace {
    pub(crate) fn new(shards: u16) -> Self {
        let hasher = KeyHasher::new((1, 2));
        let shard = |shard| {
            let seed = u64::from(shard);
            let mut shard = Shard::new(ShardOptions { shard, shards, databases: DATABASES, hasher, seed });
            shard.set_now(START_MS);
            shard
        };
        Keyspace {
            table: CommandTable::new(FAMILIES),
            shards: (0..shards).map(shard).collect(),
            topology: Topology { shards },
            db: 0,
            random: 0,
        }
    }

    /// Sets the clock of all shards.
    pub(crate) fn set_now(&mut self, now_ms: u64) {
        self.shards.iter_mut().for_each(|shard| shard.set_now(now_ms));
    }

    /// Carries out a command and returns the names of the events that it brings about, in order, with their keys.
    pub(crate) fn events<A: AsRef<[u8]>>(&mut self, args: &[A]) -> Vec<String> {
        use store::Class;
        let always = [Class::New, Class::Overwritten, Class::TypeChanged, Class::KeyMiss];
        self.want_events(always.iter().fold(u32::MAX, |classes, &class| classes & !(class as u32)));
        self.call(args);
        self.take_events()
    }

    /// From now on these classes of events are wanted.
    pub(crate) fn want_events(&mut self, classes: u32) {
        self.shards.iter_mut().for_each(|shard| shard.want_events(classes));
    }

    /// The names of the events since the last call, in order, with their keys and databases other than 0.
    pub(crate) fn take_events(&mut self) -> Vec<String> {
        let show = |event: store::Event| {
            let db = if event.db == 0 { String::new() } else { format!("@{}", event.db) };
            format!("{}:{}{db}", event.name, event.key.escape_ascii())
        };
        self.shards.iter_mut().flat_map(Shard::take_events).map(show).collect()
    }

    /// Lets time pass, and what has expired go if `expire`.
    pub(crate) fn pass(&mut self, ms: u64, expire: bool) {
        for shard in &mut self.shards {
            shard.set_now(shard.now_ms() + ms);
            while expire && shard.expire_slice(1_000_000).next_ms.is_some_and(|due| due <= shard.now_ms()) {}
        }
    }

    /// Sets the limits of all shards.
    pub(crate) fn set_limits(&mut self, limits: Limits) {
        self.shards.iter_mut().for_each(|shard| shard.set_limits(limits));
    }

    /// Carries out a command and returns its reply.
    pub(crate) fn call<A: AsRef<[u8]>>(&mut self, args: &[A]) -> Vec<u8> {
        let args: Vec<&[u8]> = args.iter().map(AsRef::as_ref).collect();
        self.execute(&args).unwrap_or_else(|error| error_reply(&error))
    }

    fn execute(&mut self, args: &[&[u8]]) -> Result<Vec<u8>, CmdError> {
        if args[0].eq_ignore_ascii_case(b"SELECT") {
            self.db = std::str::from_utf8(args[1]).unwrap().parse().unwrap();
            return Ok(b"+OK\r\n".to_vec());
        }
        let spec = self.table.spec(self.resolve(args));
        let arity = usize::from(spec.meta.arity.unsigned_abs());
        if args.len() < arity || (spec.meta.arity > 0 && args.len() != arity) {
            return Err(CmdError::Arity(spec.meta.name.into()));
        }
        Ok(match spec.route {
            Route::Key(handler) => {
                let key = key_positions(spec, args).first().map_or(&b""[..], |&at| args[at]);
                self.run(self.topology.shard_of(key), handler, args)
            }
            Route::Keys(handler, merge) => self.split(spec, handler, merge, args),
            Route::AllShards(handler, merge) => {
                let parts = (0..self.topology.shards).map(|shard| self.run(shard, handler, args)).collect();
                self.merge(merge, &[], parts)
            }
            Route::OneShard(pick, handler) => {
                self.run(pick(to_args(&mut Vec::new(), &mut Vec::new(), args), self.topology)?, handler, args)
            }
            Route::Rounds(handler, function) => {
                let keys = key_positions(spec, args);
                let mut shards: Vec<u16> = keys.iter().map(|&at| self.topology.shard_of(args[at])).collect();
                shards.dedup();
                let step = usize::from(spec.meta.step.unsigned_abs()).max(1);
                let odd = !(args.len() - 1).is_multiple_of(step);
                let unnamed = spec.meta.has_unnamed_keys(to_args(&mut Vec::new(), &mut Vec::new(), args));
                match shards[..] {
                    _ if self.topology.shards == 1 => self.run(0, handler, args),
                    _ if unnamed => self.rounds(function, args),
                    [] if !spec.meta.key_specs.is_empty() => {
                        let first = usize::from(spec.meta.first_key.unsigned_abs()).max(1);
                        self.run(self.topology.shard_of(args.get(first).unwrap_or(&&b""[..])), handler, args)
                    }
                    [shard] => self.run(shard, handler, args),
                    [shard, ..] if odd => self.run(shard, handler, args),
                    _ => self.rounds(function, args),
                }
            }
            Route::Blocking(blocking) => {
                let shards = key_positions(spec, args).into_iter().map(|at| self.topology.shard_of(args[at]));
                let shards: std::collections::BTreeSet<u16> = shards.collect();
                match shards.len() {
                    0 | 1 => self.run(shards.first().copied().unwrap_or(0), blocking.handler, args),
                    _ => self.rounds(blocking.rounds, args),
                }
            }
            Route::Walk(function) | Route::Task(function) => self.rounds(function, args),
            Route::Connection | Route::Container => panic!("not a command of shards"),
        })
    }

    /// The command, or the subcommand of a container.
    fn resolve(&self, args: &[&[u8]]) -> CommandId {
        let id = self.table.find(args[0]);
        let id = id.unwrap_or_else(|| panic!("no command {}", args[0].escape_ascii()));
        let subcommand = args.get(1).and_then(|name| self.table.find_subcommand(id, name));
        subcommand.unwrap_or(id)
    }

    /// Runs a handler on a shard.
    fn run(&mut self, shard: u16, handler: Handler, args: &[&[u8]]) -> Vec<u8> {
        let (mut bytes, mut ranges, mut out) = (Vec::new(), Vec::new(), Vec::new());
        let key = key_positions(self.table.spec(self.resolve(args)), args).first().copied();
        let shard = &mut self.shards[usize::from(shard)];
        let key = shard.key(args.get(key.unwrap_or(1)).copied().unwrap_or_default());
        let mut ctx = ShardCtx { db: self.db, slot: key.slot, hash: key.hash, shard };
        match handler(&mut ctx, to_args(&mut bytes, &mut ranges, args), &mut Reply::new(&mut out, false)) {
            Ok(()) => out,
            Err(error) => error_reply(&error),
        }
    }

    fn split(&mut self, spec: &CommandSpec, handler: Handler, merge: Merge, args: &[&[u8]]) -> Vec<u8> {
        let keys = key_positions(spec, args);
        let step = usize::from(spec.meta.step.unsigned_abs());
        let shard_of = |at: usize| self.topology.shard_of(args[at]);
        if !(args.len() - 1).is_multiple_of(step) || keys.iter().all(|&at| shard_of(at) == shard_of(1)) {
            return self.run(shard_of(1), handler, args);
        }
        let mut shards: Vec<u16> = keys.iter().map(|&at| shard_of(at)).collect();
        let order = shards.clone();
        shards.sort_unstable();
        shards.dedup();
        let order: Vec<usize> = order.iter().map(|shard| shards.binary_search(shard).unwrap()).collect();
        let mut parts = Vec::new();
        for shard in shards {
            let mut part = vec![args[0]];
            for &at in keys.iter().filter(|&&at| self.topology.shard_of(args[at]) == shard) {
                part.extend_from_slice(&args[at..at + step]);
            }
            parts.push(self.run(shard, handler, &part));
        }
        self.merge(merge, &order, parts)
    }

    fn merge(&mut self, merge: Merge, order: &[usize], parts: Vec<Vec<u8>>) -> Vec<u8> {
        if let Some(error) = parts.iter().find(|part| part[0] == b'-') {
            return error.clone();
        }
        let mut out = Vec::new();
        let mut reply = Reply::new(&mut out, false);
        match merge {
            Merge::AllOk => reply.ok(),
            Merge::Sum => reply.int(parts.iter().map(|part| integer(part)).sum()),
            Merge::Concat => {
                let parts: Vec<Vec<&[u8]>> = parts.iter().map(|part| elements(part)).collect();
                reply.array(parts.iter().map(Vec::len).sum());
                parts.iter().flatten().for_each(|element| reply.raw(element));
            }
            Merge::Interleave => {
                let mut parts: Vec<_> = parts.iter().map(|part| elements(part).into_iter()).collect();
                reply.array(order.len());
                order.iter().for_each(|&part| reply.raw(parts[part].next().unwrap()));
            }
            Merge::Custom(merge) => {
                self.random = self.random.wrapping_add(0x9e37_79b9_7f4a_7c15);
                let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
                merge(&parts, self.random, &mut reply);
            }
        }
        out
    }

    /// Lets a rounds function run to its end. Steps that it sends together have different shards.
    fn rounds(&mut self, function: RoundsFn, args: &[&[u8]]) -> Vec<u8> {
        let state = Rc::new(RefCell::new(TxState::default()));
        let args: OwnedArgs = args.iter().map(|arg| arg.to_vec().into()).collect();
        let tx = Tx::new(Rc::clone(&state), self.db, DATABASES, Limits::default(), self.topology, false);
        let mut future = pin!(function(tx, args));
        loop {
            match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(Ok(())) => return state.take().reply,
                Poll::Ready(Err(error)) => return error_reply(&error),
                Poll::Pending => {
                    let steps = state.borrow_mut().outgoing.take().expect("a round to send");
                    let mut seen = Vec::new();
                    let mut results = Vec::new();
                    for (shard, step) in steps {
                        assert!(!seen.contains(&shard), "two steps for one shard");
                        seen.push(shard);
                        let shard = &mut self.shards[usize::from(shard)];
                        results.push(step(&mut ShardCtx { shard, db: self.db, slot: 0, hash: 0 }));
                    }
                    state.borrow_mut().results = Some(results);
                }
            }
        }
    }
}

/// Positions of a command's keys.
fn key_positions(spec: &CommandSpec, args: &[&[u8]]) -> Vec<usize> {
    let keys = spec.meta.keys(to_args(&mut Vec::new(), &mut Vec::new(), args)).unwrap_or_default();
    keys.into_iter().map(|key| key.at).collect()
}

fn to_args<'a>(bytes: &'a mut Vec<u8>, ranges: &'a mut Vec<ArgRange>, args: &[&[u8]]) -> Args<'a> {
    for arg in args {
        ranges.push(ArgRange::new(bytes.len() as u32, arg.len() as u32));
        bytes.extend_from_slice(arg);
    }
    Args::new(bytes, ranges)
}

fn error_reply(error: &CmdError) -> Vec<u8> {
    let mut out = Vec::new();
    Reply::new(&mut out, false).error_bytes(&error.text());
    out
}

/// The number of an integer reply.
pub(crate) fn integer(reply: &[u8]) -> i64 {
    let text = reply.strip_prefix(b":").and_then(|rest| rest.strip_suffix(b"\r\n")).expect("an integer");
    std::str::from_utf8(text).unwrap().parse().unwrap()
}

/// The elements of an array reply, each as protocol.
pub(crate) fn elements(reply: &[u8]) -> Vec<&[u8]> {
    assert_eq!(reply[0], b'*');
    let mut at = reply.iter().position(|&byte| byte == b'\n').unwrap() + 1;
    let mut elements = Vec::new();
    while at < reply.len() {
        let end = skip_element(reply, at).unwrap();
        elements.push(&reply[at..end]);
        at = end;
    }
    elements
}

/// The text of a bulk string.
pub(crate) fn bulk(reply: &[u8]) -> &[u8] {
    assert_eq!(reply[0], b'$');
    let start = reply.iter().position(|&byte| byte == b'\n').unwrap() + 1;
    &reply[start..reply.len() - 2]
}

#[test]
fn keys_are_spread_over_shards() {
    let topology = Topology { shards: 3 };
    let shards: Vec<u16> = [b"a", b"b", b"c"].iter().map(|key| topology.shard_of(&key[..])).collect();
    assert!(shards.windows(2).any(|pair| pair[0] != pair[1]), "{shards:?}");
    assert_eq!(key_slot(b"{x}1"), key_slot(b"{x}2"));
}
