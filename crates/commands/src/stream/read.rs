//! Reading several streams at once: XREAD, XREADGROUP.

use base::Args;
use ds::stream::{Entry, Group, Pending, Stream, StreamId};
use resp::Reply;
use store::{Class, Kind};

use super::{bulk, deferred, entries_reply, entry_reply, has_gap_after, id, id_bulk, no_group};
use crate::blocking::{Blocking, Rounds, Waiting, timeout_ms};
use crate::{CmdError, OwnedArgs, ShardCtx, Step, StepOut, Tx, by_shard, words};

/// The arguments of XREAD or XREADGROUP.
#[derive(Clone, Copy, Default)]
struct Options<'a> {
    /// How long to wait for data, if it does; as it was given.
    block: Option<&'a [u8]>,
    count: usize,
    no_ack: bool,
    /// Pending entries that were delivered so long ago are read too.
    claim_idle_ms: Option<i64>,
    /// Group and consumer.
    group: Option<(&'a [u8], &'a [u8])>,
    /// All words down to STREAMS.
    head: &'a [&'a [u8]],
    /// The keys, then as many ids.
    streams: &'a [&'a [u8]],
}

/// From where a stream is read.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Start {
    /// What was never delivered to the group.
    New,
    /// What has a greater id.
    After(StreamId),
}

impl<'a> Options<'a> {
    /// Parses all words of the command.
    fn parse(words: &'a [&'a [u8]], in_group: bool) -> Result<Self, CmdError> {
        let mut options = Options { count: usize::MAX, ..Options::default() };
        let mut at = 1;
        while let Some(word) = words.get(at) {
            let more = words.len() - at - 1;
            if more > 0 && words::is(word, "BLOCK") {
                timeout_ms(words[at + 1], 0)?;
                options.block = Some(words[at + 1]);
                at += 2;
            } else if more > 0 && words::is(word, "COUNT") {
                let count = words::int(words[at + 1])?;
                options.count = usize::try_from(count).ok().filter(|&count| count > 0).unwrap_or(usize::MAX);
                at += 2;
            } else if more > 0 && words::is(word, "STREAMS") {
                options.streams = words.get(at + 1..).unwrap_or_default();
                options.head = words.get(..=at).unwrap_or_default();
                break;
            } else if more > 1 && words::is(word, "GROUP") {
                if !in_group {
                    return Err(only_in_group("GROUP"));
                }
                options.group = Some((words[at + 1], words[at + 2]));
                at += 3;
            } else if more > 0 && in_group && words::is(word, "CLAIM") {
                options.claim_idle_ms = Some(claim(words[at + 1])?);
                at += 2;
            } else if words::is(word, "NOACK") {
                if !in_group {
                    return Err(only_in_group("NOACK"));
                }
                options.no_ack = true;
                at += 1;
            } else {
                return Err(CmdError::Syntax);
            }
        }
        if !options.streams.len().is_multiple_of(2) {
            let (command, symbol) =
                if in_group { ("xreadgroup", "ID or '>'") } else { ("xread", "ID, '+', or '$'") };
            let text = format!(
                "ERR Unbalanced '{command}' list of streams: for each stream key an {symbol} must be specified."
            );
            return Err(CmdError::Text(text.into_bytes().into()));
        }
        if options.streams.is_empty() {
            return Err(CmdError::Syntax);
        }
        if in_group && options.group.is_none() {
            return Err(CmdError::text_of("ERR Missing GROUP option for XREADGROUP"));
        }
        Ok(options)
    }

    fn len(&self) -> usize {
        self.streams.len() / 2
    }

    fn name(&self, at: usize) -> &'a [u8] {
        self.streams.get(at).copied().unwrap_or_default()
    }

    fn id(&self, at: usize) -> &'a [u8] {
        self.streams.get(self.len() + at).copied().unwrap_or_default()
    }
}

fn only_in_group(option: &str) -> CmdError {
    let text = format!("ERR The {option} option is only supported by XREADGROUP. You called XREAD instead.");
    CmdError::Text(text.into_bytes().into())
}

/// How long an entry must have been pending to be claimed, in ms.
fn claim(arg: &[u8]) -> Result<i64, CmdError> {
    let idle = words::int(arg)
        .map_err(|_| CmdError::text_of("ERR min-idle-time is not an integer or out of range"))?;
    if idle < 0 { Err(CmdError::text_of("ERR min-idle-time must be a positive integer")) } else { Ok(idle) }
}

/// Finds out from where a stream is to be read, or why it can't be.
fn start(ctx: &mut ShardCtx<'_>, options: &Options<'_>, at: usize) -> Result<Start, CmdError> {
    let (name, word) = (options.name(at), options.id(at));
    let key = ctx.key(name);
    let mut db = ctx.database();
    let stream = db.stream_of(key)?;
    if let Some((group, _)) = options.group {
        if stream.is_none_or(|stream| stream.groups().get(group).is_none()) {
            return Err(no_group(name, group, " in XREADGROUP with GROUP option"));
        }
        if let b"$" | b"+" = word {
            let word = if word == b"$" { "$" } else { "+" };
            let text = format!(
                "ERR The {word} ID is meaningless in the context of XREADGROUP: you want to read the history of this \
                 consumer by specifying a proper ID, or use the > ID to get new messages. The {word} ID would just \
                 return an empty result set."
            );
            return Err(CmdError::Text(text.into_bytes().into()));
        }
    }
    match word {
        b"$" => Ok(Start::After(stream.map_or(StreamId::MIN, Stream::last_id))),
        b"+" => {
            let before_last = stream.and_then(Stream::last).and_then(|entry| entry.id.prev());
            Ok(Start::After(before_last.unwrap_or(StreamId::MIN)))
        }
        b">" if options.group.is_some() => Ok(Start::New),
        b">" => Err(CmdError::text_of(
            "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.",
        )),
        _ => match id::strict(word, 0)? {
            StreamId::MAX if options.group.is_some() => Ok(Start::New),
            id => Ok(Start::After(id)),
        },
    }
}

/// Reads a stream and replies with its name and entries. Returns false, and has written nothing, if there is nothing to read.
fn serve(
    ctx: &mut ShardCtx<'_>,
    options: &Options<'_>,
    at: usize,
    start: Start,
    reply: &mut Reply<'_>,
) -> Result<bool, CmdError> {
    let name = options.name(at);
    let head = |reply: &mut Reply<'_>| {
        if !reply.is_resp3() {
            reply.array(2);
        }
        reply.bulk(name);
    };
    let key = ctx.key(name);
    let Some((group, consumer)) = options.group else {
        let mut db = ctx.database();
        let Some(item) = db.read(key) else { return Ok(false) };
        let Start::After(after) = start else { return Ok(false) };
        let Some(from) = after.next() else { return Ok(false) };
        let mut entries = item.value().as_stream()?.range(from, StreamId::MAX).take(options.count).peekable();
        if entries.peek().is_none() {
            return Ok(false);
        }
        head(reply);
        entries_reply(reply, entries);
        return Ok(true);
    };
    let now_ms = ctx.now_ms() as i64;
    let edited = ctx.database().edit(key, Kind::Stream, |draft| {
        let mut draft = draft.as_stream();
        let Some(stream) = draft.get() else { return (false, false) };
        let (number, created) = attend(stream, group, consumer, now_ms);
        let served = match start {
            Start::After(after) => {
                head(reply);
                history(stream, group, number, after, options.count, now_ms, reply);
                true
            }
            Start::New => {
                let position = reply.position();
                head(reply);
                let served = deliver(stream, group, number, options, now_ms, reply);
                if !served {
                    reply.truncate(position);
                }
                served
            }
        };
        draft.changed(u64::from(created) + u64::from(served));
        (served, created)
    })?;
    let (served, created) = edited.result;
    if (served || created) && options.len() > 1 && ctx.shard.has_trail() {
        ctx.effect(&[options.head, &[name, options.id(at)]].concat());
    }
    if created {
        ctx.event(Class::Stream, "xgroup-createconsumer", name);
    }
    Ok(served)
}

/// Notes that a consumer was there, and makes it if need be. Returns its number, and whether it is new.
pub(super) fn attend(stream: &mut Stream, group: &[u8], consumer: &[u8], now_ms: i64) -> (u32, bool) {
    let noted = stream.groups_mut().edit(group, |group| {
        let found = group.find_consumer(consumer);
        let number = found.unwrap_or_else(|| group.add_consumer(consumer, now_ms));
        if let Some(consumer) = group.consumer_mut(number) {
            consumer.seen_ms = now_ms;
        }
        (number, found.is_none())
    });
    noted.unwrap_or_default()
}

/// Replies with what a consumer has pending after an id, as delivered once more.
fn history(
    stream: &mut Stream,
    group: &[u8],
    consumer: u32,
    after: StreamId,
    count: usize,
    now_ms: i64,
    reply: &mut Reply<'_>,
) {
    let from = after.next();
    let of_consumer = |group: &Group| -> Vec<StreamId> {
        let Some((consumer, from)) = group.consumer(consumer).zip(from) else { return Vec::new() };
        consumer.pending_from(from).take(count).collect()
    };
    let mut ids = stream.groups().get(group).map(of_consumer).unwrap_or_default();
    reply.array(ids.len());
    ids.retain(|&id| match stream.get(id) {
        Some(entry) => {
            entry_reply(reply, &entry);
            true
        }
        None => {
            reply.array(2);
            id_bulk(reply, id);
            reply.null_array();
            false
        }
    });
    stream.groups_mut().edit(group, |group| {
        ids.into_iter().for_each(|id| _ = group.deliver_again(id, now_ms));
    });
}

/// Delivers to a consumer what others have had pending for long, if that is wanted, and new entries, and replies with them.
/// Returns whether there are any.
fn deliver(
    stream: &mut Stream,
    name: &[u8],
    consumer: u32,
    options: &Options<'_>,
    now_ms: i64,
    reply: &mut Reply<'_>,
) -> bool {
    let claims = options.claim_idle_ms.is_some();
    let claimed = match options.claim_idle_ms {
        Some(idle_ms) => claimable(stream, name, idle_ms, options.count, now_ms),
        None => Vec::new(),
    };
    let Some(group) = stream.groups().get(name) else { return false };
    let (mut last, mut read) = (group.last_id(), group.entries_read());
    let mut ids = Vec::new();
    deferred(reply, |reply| {
        for &(id, state) in &claimed {
            let Some(entry) = stream.get(id) else { continue };
            detailed_reply(reply, &entry, Some((now_ms.wrapping_sub(state.delivered_ms), state.count)));
        }
        let left = options.count - claimed.len();
        let Some(from) = last.next().filter(|_| left > 0) else { return claimed.len() };
        for entry in stream.range(from, StreamId::MAX).take(left) {
            detailed_reply(reply, &entry, claims.then_some((0, 0)));
            ids.push(entry.id);
        }
        claimed.len() + ids.len()
    });
    for &id in &ids {
        match read {
            Some(known) if last >= stream.first_id() && !has_gap_after(stream, last) => {
                read = Some(known.wrapping_add(1));
            }
            _ => read = stream.added_until(id),
        }
        last = id;
    }
    if ids.is_empty() && claimed.is_empty() {
        return false;
    }
    stream.groups_mut().edit(name, |group| {
        if !ids.is_empty() {
            group.set_last_id(last, read);
        }
        for &(id, state) in &claimed {
            let count = state.count.saturating_add(1);
            group.assign(id, Pending { consumer: Some(consumer), delivered_ms: now_ms, count });
        }
        if !options.no_ack {
            let state = Pending { consumer: Some(consumer), delivered_ms: now_ms, count: 1 };
            ids.iter().for_each(|&id| group.assign(id, state));
        }
        if (!options.no_ack || !claimed.is_empty())
            && let Some(consumer) = group.consumer_mut(consumer)
        {
            consumer.active_ms = now_ms;
        }
    });
    true
}

/// The pending entries that are still there and were delivered so long ago, the one delivered first being the first.
fn claimable(
    stream: &mut Stream,
    name: &[u8],
    idle_ms: i64,
    count: usize,
    now_ms: i64,
) -> Vec<(StreamId, Pending)> {
    let until_ms = now_ms.saturating_sub(idle_ms);
    // Asked for once so that the order by time is there; then the stream can be looked at too.
    let ids: Vec<StreamId> =
        stream.groups_mut().edit(name, |group| group.pending_by_time(until_ms).collect()).unwrap_or_default();
    let Some(group) = stream.groups().get(name) else { return Vec::new() };
    let states = ids.into_iter().filter(|&id| stream.contains(id));
    states.filter_map(|id| Some((id, group.pending().get(id)?))).take(count).collect()
}

/// Replies with an entry, and with how long ago and how often it was delivered before, where that is given.
fn detailed_reply(reply: &mut Reply<'_>, entry: &Entry<'_>, delivered: Option<(i64, u64)>) {
    let Some((idle_ms, count)) = delivered else { return entry_reply(reply, entry) };
    reply.array(4);
    id_bulk(reply, entry.id);
    reply.array(entry.pairs() * 2);
    entry.for_each(|element| bulk(reply, element));
    reply.int(idle_ms.max(0));
    reply.int(count as i64);
}

/// XREAD [COUNT count] [BLOCK ms] STREAMS key … id …, all keys in one shard
fn xread(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    read(ctx, args, reply, false)
}

/// XREADGROUP GROUP group consumer [COUNT count] [BLOCK ms] [NOACK] STREAMS key … id …, all keys in one shard
fn xreadgroup(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    read(ctx, args, reply, true)
}

fn read(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
    in_group: bool,
) -> Result<(), CmdError> {
    let words: Vec<&[u8]> = args.iter().collect();
    let options = Options::parse(&words, in_group)?;
    let starts: Vec<Start> =
        (0..options.len()).map(|at| start(ctx, &options, at)).collect::<Result<_, _>>()?;
    let position = reply.position();
    let mut served = 0;
    for (at, &start) in starts.iter().enumerate() {
        served += usize::from(serve(ctx, &options, at, start, reply)?);
    }
    if served == 0 {
        reply.null_array();
    } else if reply.is_resp3() {
        reply.insert_map(position, served);
    } else {
        reply.insert_array(position, served);
    }
    Ok(())
}

/// XREAD [COUNT count] [BLOCK ms] STREAMS key … id …
pub(super) static XREAD: Blocking = Blocking {
    handler: xread,
    rounds: xread_rounds,
    only_with: Some("BLOCK"),
    wait: |ctx, args| wait(ctx, args, false),
    put_back: None,
};

/// XREADGROUP GROUP group consumer [COUNT count] [BLOCK ms] [NOACK] STREAMS key … id …
pub(super) static XREADGROUP: Blocking = Blocking {
    handler: xreadgroup,
    rounds: xreadgroup_rounds,
    only_with: Some("BLOCK"),
    wait: |ctx, args| wait(ctx, args, true),
    put_back: None,
};

/// Waits for entries after those that there are, if that is wanted.
fn wait(ctx: &mut ShardCtx<'_>, args: Args<'_>, in_group: bool) -> Result<Option<Waiting>, CmdError> {
    let words: Vec<&[u8]> = args.iter().collect();
    let options = Options::parse(&words, in_group)?;
    let Some(block) = options.block else { return Ok(None) };
    let timeout_ms = timeout_ms(block, ctx.now_ms())?;
    let (len, first) = (options.len(), words.len() - options.streams.len());
    let mut replaced = Vec::new();
    for at in 0..len {
        let key = ctx.key(options.name(at));
        // What comes after the last entry of now, whatever that will be when it comes.
        if options.id(at) == b"$" && ctx.shard.has_slot(key.slot) {
            let mut db = ctx.database();
            let stream = db.peek(key).map(|item| item.value().as_stream()).transpose()?;
            let last = stream.map_or(StreamId::MIN, Stream::last_id);
            replaced.push((first + len + at, format!("{}-{}", last.ms, last.seq).into_bytes()));
        }
    }
    let keys = (first..first + len).collect();
    Ok(Some(Waiting { timeout_ms, keys, kind: Kind::Stream, without_key: in_group, replaced }))
}

/// XREAD over several shards: all read in one round.
fn xread_rounds(tx: Tx, args: OwnedArgs) -> Rounds {
    Box::pin(async move {
        check(&args, false)?;
        let steps = steps(&tx, &args, false, true);
        finish(&tx, tx.round(steps).await)
    })
}

/// XREADGROUP over several shards: all look whether they can, then all read.
fn xreadgroup_rounds(tx: Tx, args: OwnedArgs) -> Rounds {
    Box::pin(async move {
        check(&args, true)?;
        let looked = tx.round(steps(&tx, &args, true, false)).await;
        parts(looked)?;
        let reads = steps(&tx, &args, true, true);
        let round = if tx.may_block() { tx.round(reads) } else { tx.last_round(reads) };
        finish(&tx, round.await)
    })
}

fn check(args: &OwnedArgs, in_group: bool) -> Result<(), CmdError> {
    let words: Vec<&[u8]> = args.iter().map(AsRef::as_ref).collect();
    Options::parse(&words, in_group).map(|_| ())
}

/// One step for each shard with keys: looks from where to read its streams, and reads them if `reads`.
fn steps(tx: &Tx, args: &OwnedArgs, in_group: bool, reads: bool) -> Vec<(u16, Step)> {
    let words: Vec<&[u8]> = args.iter().map(AsRef::as_ref).collect();
    let Ok(options) = Options::parse(&words, in_group) else { return Vec::new() };
    let parts = by_shard((0..options.len()).map(|at| (tx.topology.shard_of(options.name(at)), at)));
    let resp3 = tx.is_resp3();
    let step = |streams: Vec<usize>| -> Step {
        let args = args.clone();
        Box::new(move |ctx| {
            let words: Vec<&[u8]> = args.iter().map(AsRef::as_ref).collect();
            let options = match Options::parse(&words, in_group) {
                Ok(options) => options,
                Err(error) => return StepOut::Failed(error),
            };
            StepOut::Parts(read_some(ctx, &options, &streams, reads, resp3))
        })
    };
    parts.into_iter().map(|(shard, streams)| (shard, step(streams))).collect()
}

/// Reads some of the streams: their parts of the reply, or the first error.
fn read_some(
    ctx: &mut ShardCtx<'_>,
    options: &Options<'_>,
    streams: &[usize],
    reads: bool,
    resp3: bool,
) -> Vec<(usize, Result<Vec<u8>, CmdError>)> {
    let mut starts = Vec::new();
    for &at in streams {
        match start(ctx, options, at) {
            Ok(start) => starts.push((at, start)),
            Err(error) => return vec![(at, Err(error))],
        }
    }
    let mut parts = Vec::new();
    for (at, start) in starts.into_iter().filter(|_| reads) {
        let mut bytes = Vec::new();
        match serve(ctx, options, at, start, &mut Reply::new(&mut bytes, resp3)) {
            Ok(true) => parts.push((at, Ok(bytes))),
            Ok(false) => {}
            Err(error) => parts.push((at, Err(error))),
        }
    }
    parts
}

/// The parts of all shards in the order of streams, or the error of the first stream that has one.
fn parts(outs: Vec<StepOut>) -> Result<Vec<Vec<u8>>, CmdError> {
    let mut parts = Vec::new();
    for out in outs {
        match out {
            StepOut::Parts(of_shard) => parts.extend(of_shard),
            StepOut::Failed(error) => return Err(error),
            _ => {}
        }
    }
    parts.sort_unstable_by_key(|(at, _)| *at);
    let first_error = parts.iter().position(|(_, part)| part.is_err());
    if let Some(at) = first_error {
        parts.swap(0, at);
        parts.truncate(1);
    }
    parts.into_iter().map(|(_, part)| part).collect()
}

fn finish(tx: &Tx, outs: Vec<StepOut>) -> Result<(), CmdError> {
    let parts = parts(outs)?;
    tx.reply(|reply| {
        match (parts.len(), reply.is_resp3()) {
            (0, _) => return reply.null_array(),
            (len, true) => reply.map(len),
            (len, false) => reply.array(len),
        }
        parts.iter().for_each(|part| reply.raw(part));
    });
    Ok(())
}
