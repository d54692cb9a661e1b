//! Adding entries: XADD; and setting the id to go on from: XSETID.

use base::Args;
use ds::stream::{Stream, StreamId, name_of};
use resp::Reply;
use store::{Class, Kind};

use super::options::Options;
use super::trim::trimmed_effect;
use super::{edit, id, id_bulk};
use crate::{CmdError, ShardCtx, words};

/// Most bytes of an entry's names and values. Redis's limit of a listpack.
const ENTRY_MAX_BYTES: usize = 1 << 30;

/// The id that XADD was given.
#[derive(Clone, Copy)]
enum NewId {
    /// The next one by the clock.
    Auto,
    /// The next one of a millisecond.
    Next(u64),
    /// Just this one.
    Given(StreamId),
}

impl NewId {
    /// The id to add with; `None` if there is none greater than the last one.
    fn resolve(self, stream: &Stream, now_ms: u64) -> Option<StreamId> {
        let last = stream.last_id();
        match self {
            NewId::Auto if now_ms > last.ms => Some(StreamId::new(now_ms, 0)),
            NewId::Auto => last.next(),
            NewId::Next(ms) if ms == last.ms => Some(StreamId::new(ms, last.seq.checked_add(1)?)),
            NewId::Next(ms) => Some(StreamId::new(ms, 0)),
            NewId::Given(id) => Some(id),
        }
        .filter(|&id| id > last)
    }
}

/// How a message is named, so that it is added only once.
#[derive(Clone, Copy)]
enum Named<'a> {
    /// By its producer: producer and name.
    Given(&'a [u8], &'a [u8]),
    /// By its fields: producer.
    Auto(&'a [u8]),
}

impl<'a> Named<'a> {
    /// Parses the option at `at` and how many arguments it takes; `None` if it is another one.
    fn parse(args: Args<'a>, at: usize) -> Option<(Self, usize)> {
        if words::is(args.arg(at), "IDMP") && at + 2 < args.len() {
            return Some((Named::Given(args.arg(at + 1), args.arg(at + 2)), 3));
        }
        let auto = words::is(args.arg(at), "IDMPAUTO") && at + 1 < args.len();
        auto.then(|| (Named::Auto(args.arg(at + 1)), 2))
    }

    fn check(self, id: NewId) -> Result<(), CmdError> {
        let (producer, name) = match self {
            Named::Given(producer, name) => (producer, name),
            Named::Auto(producer) => (producer, producer),
        };
        if !matches!(id, NewId::Auto) {
            return Err(CmdError::text_of("ERR IDMP/IDMPAUTO can be used only with auto-generated IDs"));
        }
        if producer.is_empty() {
            return Err(CmdError::text_of("ERR IDMP requires a non-empty producer ID"));
        }
        if name.is_empty() {
            return Err(CmdError::text_of("ERR IDMP requires a non-empty idempotent ID"));
        }
        Ok(())
    }

    /// Producer and name.
    fn resolve(self, fields: Args<'a>) -> (&'a [u8], Vec<u8>) {
        match self {
            Named::Given(producer, name) => (producer, name.to_vec()),
            Named::Auto(producer) => (producer, name_of(fields.iter()).to_vec()),
        }
    }
}

/// XADD key [NOMKSTREAM] [KEEPREF|DELREF|ACKED] [IDMPAUTO producer|IDMP producer name] [MAXLEN|MINID [=|~] threshold
/// [LIMIT count]] *|id field value …
pub(super) fn xadd(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let Parsed { options, named, new_id, at } = parse(args)?;
    let limits = ctx.limits();
    let trim = options.trim(&limits, true)?;
    let fields = args.tail(at + 1);
    if fields.is_empty() || !fields.len().is_multiple_of(2) {
        return Err(CmdError::Arity("xadd".into()));
    }
    if matches!(new_id, NewId::Given(StreamId::MIN)) {
        return Err(CmdError::text_of("ERR The ID specified in XADD must be greater than 0-0"));
    }
    if let Some(named) = named {
        named.check(new_id)?;
    }
    let named = named.map(|named| named.resolve(fields));
    let bytes: usize = fields.iter().map(<[u8]>::len).sum();
    let name = args.arg(1);
    let (key, now_ms) = (ctx.routed_key(name), ctx.now_ms());
    let edited = ctx.as_one_change(|ctx| {
        ctx.database().edit(key, Kind::Stream, |draft| {
            let mut draft = draft.as_stream();
            if draft.get().is_none() && options.only_existing {
                return Ok(None);
            }
            let stale = draft.get().map_or(StreamId::MIN, |stream| stream.last_id());
            if stale == StreamId::MAX {
                return Err(CmdError::text_of(
                    "ERR The stream has exhausted the last possible ID, unable to add more items",
                ));
            }
            if bytes > ENTRY_MAX_BYTES {
                return Err(CmdError::text_of("ERR Elements are too large to be stored"));
            }
            draft.create();
            let Some(stream) = draft.get() else { return Ok(None) };
            if let Some((producer, name)) = &named
                && let Some(id) = stream.producers_mut().find(producer, name, now_ms)
            {
                return Ok(Some((id, None)));
            }
            let id = new_id.resolve(stream, now_ms).ok_or(CmdError::text_of(
                "ERR The ID specified in XADD is equal or smaller than the target stream top item",
            ))?;
            stream.append(id, fields.iter(), limits.stream_chunk());
            if let Some((producer, name)) = &named {
                stream.producers_mut().note(producer, name, id, now_ms);
            }
            let mut trimmed = 0;
            if let Some(trim) = trim {
                let (removed, rest) = stream.trim(trim);
                trimmed = removed;
                draft.free_later(rest);
            }
            draft.changed(1);
            Ok(Some((id, Some(trimmed))))
        })
    })?;
    match edited.result? {
        None => reply.null(),
        Some((id, trimmed)) => {
            id_bulk(reply, id);
            if trimmed.is_some() {
                ctx.event(Class::Stream, "xadd", name);
            }
            let has_trimmed = trimmed.is_some_and(|trimmed| trimmed > 0);
            // How much an approximate limit trims depends on the chunks, which may be others when this is replayed.
            if let Some(trim) = trim.filter(|trim| trim.approximate && trimmed.is_some())
                && ctx.shard.has_trail()
            {
                if named.is_none() {
                    let id_text = format!("{}-{}", id.ms, id.seq);
                    let head = [b"XADD".as_slice(), name, id_text.as_bytes()];
                    ctx.effect(&head.into_iter().chain(fields.iter()).collect::<Vec<_>>());
                    if has_trimmed {
                        trimmed_effect(ctx, name, trim);
                    }
                } else if has_trimmed {
                    // The entry's name must be known to a replay as well.
                    ctx.shard.trail().leave_values();
                }
            }
            if has_trimmed {
                ctx.event(Class::Stream, "xtrim", name);
            }
        }
    }
    Ok(())
}

/// What stands before the fields.
struct Parsed<'a> {
    options: Options,
    named: Option<Named<'a>>,
    new_id: NewId,
    /// Where the id is.
    at: usize,
}

fn parse(args: Args<'_>) -> Result<Parsed<'_>, CmdError> {
    let mut options = Options::default();
    let mut named = None;
    let mut at = 2;
    while at < args.len() {
        let word = args.arg(at);
        if word == b"*" {
            break;
        }
        if named.is_none()
            && let Some((found, taken)) = Named::parse(args, at)
        {
            named = Some(found);
            at += taken;
            continue;
        }
        match options.take(args, at, true)? {
            0 => {
                let new_id = match id::to_add(word)? {
                    (ms, Some(seq)) => NewId::Given(StreamId::new(ms, seq)),
                    (ms, None) => NewId::Next(ms),
                };
                return Ok(Parsed { options, named, new_id, at });
            }
            taken => at += taken,
        }
    }
    Ok(Parsed { options, named, new_id: NewId::Auto, at })
}

/// XSETID key last-id [ENTRIESADDED entries-added] [MAXDELETEDID max-deleted-id]
pub(super) fn xsetid(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let id = id::strict(args.arg(2), 0)?;
    let (mut added, mut deleted) = (None, StreamId::MIN);
    let mut rest = args.tail(3).iter();
    while let Some(word) = rest.next() {
        let value = rest.next().ok_or(CmdError::Syntax)?;
        if words::is(word, "ENTRIESADDED") {
            let value = u64::try_from(words::int(value)?);
            added = Some(value.map_err(|_| CmdError::text_of("ERR entries_added must be positive"))?);
        } else if words::is(word, "MAXDELETEDID") {
            deleted = id::strict(value, 0)?;
            if id < deleted {
                return Err(CmdError::text_of(
                    "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id",
                ));
            }
        } else {
            return Err(CmdError::Syntax);
        }
    }
    let name = args.arg(1);
    let key = ctx.routed_key(name);
    let set = edit(ctx, key, |stream| {
        let result = check_setid(stream, id, added);
        if result.is_ok() {
            stream.set_last_id(id);
            if let Some(added) = added {
                stream.set_entries_added(added);
            }
            if deleted != StreamId::MIN {
                stream.set_max_deleted_id(deleted);
            }
        }
        let changes = u64::from(result.is_ok());
        (result, changes)
    })?;
    set.ok_or(CmdError::NoSuchKey)??;
    ctx.event(Class::Stream, "xsetid", name);
    reply.ok();
    Ok(())
}

fn check_setid(stream: &Stream, id: StreamId, added: Option<u64>) -> Result<(), CmdError> {
    if id < stream.max_deleted_id() {
        return Err(CmdError::text_of(
            "ERR The ID specified in XSETID is smaller than current max_deleted_entry_id",
        ));
    }
    let Some(last) = stream.last() else { return Ok(()) };
    if id < last.id {
        return Err(CmdError::text_of(
            "ERR The ID specified in XSETID is smaller than the target stream top item",
        ));
    }
    if added.is_some_and(|added| added < stream.len() as u64) {
        return Err(CmdError::text_of(
            "ERR The entries_added specified in XSETID is smaller than the target stream length",
        ));
    }
    Ok(())
}
