//! GEOSEARCH, GEOSEARCHSTORE, GEORADIUS, GEORADIUSBYMEMBER and their read-only forms.

use std::cmp::Ordering;
use std::pin::Pin;

use base::Args;
use resp::Reply;
use store::SortedSetRef;

use super::cell::Position;
use super::points::{reply_distance, reply_position};
use super::query::{Form, Grammar, Order, Query};
use crate::sorted_set::{Members, ScoreRange, members_out, move_members, read, store_members, with_key};
use crate::{CmdError, OwnedArgs, ShardCtx, Tx};

/// A command of this family.
#[derive(Clone, Copy)]
struct Command {
    form: Form,
    /// Whether STORE and STOREDIST with a key are options.
    may_store: bool,
    /// Where the key is that is searched; behind a destination if it is the second.
    source: usize,
    /// The event of storing.
    event: &'static str,
}

const GEORADIUS: Command =
    Command { form: Form::Radius, may_store: true, source: 1, event: "georadiusstore" };
const GEORADIUS_RO: Command = Command { may_store: false, ..GEORADIUS };
const GEORADIUSBYMEMBER: Command = Command { form: Form::RadiusByMember, ..GEORADIUS };
const GEORADIUSBYMEMBER_RO: Command = Command { may_store: false, ..GEORADIUSBYMEMBER };
const GEOSEARCH: Command =
    Command { form: Form::Search, may_store: false, source: 1, event: "geosearchstore" };
const GEOSEARCHSTORE: Command = Command { source: 2, ..GEOSEARCH };

/// A member in the shape.
struct Found {
    /// From the centre, in metres.
    distance: f64,
    at: Position,
    score: f64,
    /// Where the member is in the text.
    start: usize,
    end: usize,
}

/// All members in the shape.
#[derive(Default)]
struct Results {
    found: Vec<Found>,
    text: Vec<u8>,
}

impl Results {
    fn search(query: &Query<'_>, set: SortedSetRef<'_>) -> Self {
        let mut results = Results::default();
        let Some(shape) = &query.shape else { return results };
        let limit = if query.any { query.count } else { usize::MAX };
        for cell in shape.cells() {
            if results.found.len() >= limit {
                break;
            }
            let scores = cell.scores();
            let range = ScoreRange { min: scores.start, max: scores.end, min_open: false, max_open: true };
            set.visit(range.ranks(set), false, |score, member| {
                let at = Position::of_score(score);
                if let Some(distance) = shape.distance_within(at) {
                    results.push(distance, at, score, member);
                }
                results.found.len() < limit
            });
        }
        results.sort(query);
        results
    }

    fn push(&mut self, distance: f64, at: Position, score: f64, member: &[u8]) {
        let start = self.text.len();
        self.text.extend_from_slice(member);
        self.found.push(Found { distance, at, score, start, end: self.text.len() });
    }

    /// Puts those that are wanted in order, and drops the others.
    fn sort(&mut self, query: &Query<'_>) {
        let found = &mut self.found;
        let wanted = if query.count == 0 { found.len() } else { query.count.min(found.len()) };
        // Where distances are equal, what was found first comes first.
        let by_distance = |a: &Found, b: &Found| a.distance.total_cmp(&b.distance);
        let compare = |a: &Found, b: &Found| -> Ordering {
            let order = if query.order == Order::Far { by_distance(b, a) } else { by_distance(a, b) };
            order.then(a.start.cmp(&b.start)).then(a.end.cmp(&b.end))
        };
        if query.order != Order::None {
            if wanted < found.len() && wanted > 0 {
                found.select_nth_unstable_by(wanted - 1, compare);
                found.truncate(wanted);
            }
            found.sort_unstable_by(compare);
        }
        found.truncate(wanted);
    }

    fn member(&self, found: &Found) -> &[u8] {
        self.text.get(found.start..found.end).unwrap_or_default()
    }

    fn reply(&self, query: &Query<'_>, reply: &mut Reply<'_>) {
        let options = [query.with_distance, query.with_hash, query.with_position];
        let options = options.into_iter().filter(|&option| option).count();
        reply.array(self.found.len());
        for found in &self.found {
            if options > 0 {
                reply.array(1 + options);
            }
            reply.bulk(self.member(found));
            if query.with_distance {
                reply_distance(reply, found.distance / query.metres);
            }
            if query.with_hash {
                reply.int(found.score as i64);
            }
            if query.with_position {
                reply_position(reply, found.at);
            }
        }
    }

    /// The members as they are stored.
    fn members(&self, query: &Query<'_>) -> Members {
        let distances = query.target.is_some_and(|target| target.distances);
        let mut members = Members::default();
        for found in &self.found {
            let score = if distances { found.distance / query.metres } else { found.score };
            members.push(score, self.member(found));
        }
        members
    }
}

impl Command {
    fn grammar<'a>(self, args: &[&'a [u8]]) -> Grammar<'a> {
        let arg = |at: usize| args.get(at).copied().unwrap_or_default();
        Grammar {
            form: self.form,
            command: arg(0),
            may_store: self.may_store,
            destination: (self.source > 1).then(|| arg(1)),
        }
    }

    /// All keys in one shard.
    fn run(self, ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
        let all: Vec<&[u8]> = args.iter().collect();
        let rest = all.get(self.source + 1..).unwrap_or_default();
        let name = args.arg(self.source);
        let key = if self.source == 1 { ctx.routed_key(name) } else { ctx.key(name) };
        let stored = with_key(ctx, key, |set| {
            let query = Query::parse(rest, self.grammar(&all), set)?;
            let results = Results::search(&query, set);
            match query.target {
                Some(target) => {
                    self.check_target(&all, target.key)?;
                    Ok::<_, CmdError>(Some((target.key, results.members(&query))))
                }
                None => {
                    results.reply(&query, reply);
                    Ok(None)
                }
            }
        })??;
        if let Some((key, members)) = stored {
            reply.int(members.len() as i64);
            store_members(ctx, key, &members, self.event);
        }
        Ok(())
    }

    /// The destination must be the key that the command is routed by. With STORE given twice, or as the name of a key, it
    /// might not be.
    fn check_target(self, args: &[&[u8]], target: &[u8]) -> Result<(), CmdError> {
        if self.source > 1 {
            return Ok(());
        }
        // As the key specifications find them: the first argument that is the word, and the one behind it.
        let first = if self.form == Form::Radius { 6 } else { 5 };
        let named = |word: &str| {
            let at = (first..args.len())
                .find(|&at| args.get(at).is_some_and(|arg| crate::words::is(arg, word)))?;
            args.get(at + 1).copied()
        };
        match [named("STORE"), named("STOREDIST")].contains(&Some(target)) {
            true => Ok(()),
            false => Err(CmdError::Syntax),
        }
    }

    /// Source and destination in different shards.
    async fn run_rounds(self, tx: Tx, args: OwnedArgs) -> Result<(), CmdError> {
        let source = args.get(self.source).cloned().unwrap_or_default();
        let all: Vec<&[u8]> = args.iter().map(AsRef::as_ref).collect();
        let destination = match self.source {
            1 => self.named_target(&all),
            _ => args.get(1).cloned(),
        };
        let shared = args.clone();
        let search = move |ctx: &mut ShardCtx<'_>| {
            let all: Vec<&[u8]> = shared.iter().map(AsRef::as_ref).collect();
            let rest = all.get(self.source + 1..).unwrap_or_default();
            let key = ctx.key(all.get(self.source).copied().unwrap_or_default());
            let found = read(&mut ctx.database(), key).and_then(|set| {
                let query = Query::parse(rest, self.grammar(&all), set)?;
                self.check_target(&all, query.target.map_or(&b""[..], |target| target.key))?;
                Ok(Results::search(&query, set).members(&query))
            });
            members_out(found)
        };
        move_members(&tx, &source, destination.unwrap_or_default(), self.event, Box::new(search)).await
    }

    /// The key behind the last STORE or STOREDIST.
    fn named_target(self, args: &[&[u8]]) -> Option<bytes::Bytes> {
        let first = if self.form == Form::Radius { 6 } else { 5 };
        let is_store = |arg: &[u8]| crate::words::is(arg, "STORE") || crate::words::is(arg, "STOREDIST");
        let at =
            (first..args.len()).rev().skip(1).find(|&at| args.get(at).is_some_and(|arg| is_store(arg)))?;
        args.get(at + 1).map(|key| bytes::Bytes::copy_from_slice(key))
    }
}

type Rounds = Pin<Box<dyn Future<Output = Result<(), CmdError>>>>;

/// GEOSEARCH key (FROMMEMBER member | FROMLONLAT longitude latitude) (BYRADIUS radius unit | BYBOX width height unit) …
pub(super) fn geosearch(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    GEOSEARCH.run(ctx, args, reply)
}

/// GEOSEARCHSTORE destination source … [STOREDIST], both keys in one shard
pub(super) fn geosearchstore(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    GEOSEARCHSTORE.run(ctx, args, reply)
}

/// GEOSEARCHSTORE over two shards.
pub(super) fn geosearchstore_rounds(tx: Tx, args: OwnedArgs) -> Rounds {
    Box::pin(GEOSEARCHSTORE.run_rounds(tx, args))
}

/// GEORADIUS key longitude latitude radius unit … [STORE key | STOREDIST key], all keys in one shard
pub(super) fn georadius(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    GEORADIUS.run(ctx, args, reply)
}

/// GEORADIUS with a destination in another shard.
pub(super) fn georadius_rounds(tx: Tx, args: OwnedArgs) -> Rounds {
    Box::pin(GEORADIUS.run_rounds(tx, args))
}

/// GEORADIUS_RO key longitude latitude radius unit …
pub(super) fn georadius_ro(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    GEORADIUS_RO.run(ctx, args, reply)
}

/// GEORADIUSBYMEMBER key member radius unit … [STORE key | STOREDIST key], all keys in one shard
pub(super) fn georadiusbymember(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    GEORADIUSBYMEMBER.run(ctx, args, reply)
}

/// GEORADIUSBYMEMBER with a destination in another shard.
pub(super) fn georadiusbymember_rounds(tx: Tx, args: OwnedArgs) -> Rounds {
    Box::pin(GEORADIUSBYMEMBER.run_rounds(tx, args))
}

/// GEORADIUSBYMEMBER_RO key member radius unit …
pub(super) fn georadiusbymember_ro(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    GEORADIUSBYMEMBER_RO.run(ctx, args, reply)
}
