//! Deleting entries by their ids: XDEL, XDELEX, XACKDEL.

use base::Args;
use ds::stream::{References, Stream, StreamId};
use resp::Reply;
use store::Class;

use super::{edit, id, options};
use crate::{CmdError, ShardCtx, words};

/// No such entry.
const ABSENT: i64 = -1;
/// The entry is deleted.
const DELETED: i64 = 1;
/// The entry stays, because somebody refers to it.
const REFERENCED: i64 = 2;

/// XDEL key id [id …]
///
/// The ids are looked at only if there is a stream, as Redis does.
pub(super) fn xdel(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let name = args.arg(1);
    let key = ctx.routed_key(name);
    let deleted = edit(ctx, key, |stream| match ids(args.tail(2)) {
        Ok(ids) => {
            let deleted = ids.iter().filter(|&&id| stream.delete(id)).count() as u64;
            (Ok(deleted), deleted)
        }
        Err(error) => (Err(error), 0),
    })?;
    let deleted = deleted.transpose()?.unwrap_or(0);
    if deleted > 0 {
        ctx.event(Class::Stream, "xdel", name);
    }
    reply.int(deleted as i64);
    Ok(())
}

fn ids(args: Args<'_>) -> Result<Vec<StreamId>, CmdError> {
    args.iter().map(|arg| id::strict(arg, 0)).collect()
}

/// What XDELEX and XACKDEL are told: what becomes of references, and which entries.
struct Options<'a> {
    references: References,
    /// The ids, which are looked at only if there is a stream.
    ids: Args<'a>,
}

impl<'a> Options<'a> {
    /// Parses the arguments: an optional word, then IDS, how many, and the ids.
    fn parse(args: Args<'a>) -> Result<Self, CmdError> {
        let mut references = None;
        let mut ids = None;
        let mut at = 0;
        while at < args.len() {
            let word = args.arg(at);
            if let Some(given) = options::references(word) {
                if references.replace(given).is_some() {
                    return Err(CmdError::Syntax);
                }
                at += 1;
            } else if words::is(word, "IDS") && ids.is_none() && at + 1 < args.len() {
                let found = counted_ids(args.tail(at + 1))?;
                at += 2 + found.len();
                ids = Some(found);
            } else {
                return Err(CmdError::Syntax);
            }
        }
        Ok(Options { references: references.unwrap_or_default(), ids: ids.ok_or(CmdError::Syntax)? })
    }
}

/// The ids behind their number, with which the arguments begin.
pub(super) fn counted_ids(args: Args<'_>) -> Result<Args<'_>, CmdError> {
    let count = words::int(args.arg(0)).ok().filter(|&count| count > 0);
    let count = count.ok_or(CmdError::text_of("ERR Number of IDs must be a positive integer"))?;
    let count = usize::try_from(count).unwrap_or(usize::MAX);
    if count > args.len().saturating_sub(1) {
        return Err(CmdError::text_of("ERR The `numids` parameter must match the number of arguments"));
    }
    Ok(args.tail(1).head(count))
}

/// Deletes an entry as the references allow.
fn delete(stream: &mut Stream, id: StreamId, references: References) -> i64 {
    if references == References::Respect && stream.is_referenced(id) {
        return REFERENCED;
    }
    if references == References::Delete {
        stream.forget(id);
    }
    if stream.delete(id) { DELETED } else { ABSENT }
}

/// XDELEX key [KEEPREF|DELREF|ACKED] IDS count id [id …]
pub(super) fn xdelex(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    delete_all(ctx, args, 2, reply, delete)
}

/// XACKDEL key group [KEEPREF|DELREF|ACKED] IDS count id [id …]
pub(super) fn xackdel(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    delete_all(ctx, args, 3, reply, |stream, id, references| {
        let acknowledged = stream.groups_mut().edit(args.arg(2), |group| group.acknowledge(id));
        if acknowledged != Some(true) {
            return ABSENT;
        }
        // An entry that is gone already counts as deleted.
        delete(stream, id, references).max(DELETED)
    })
}

/// Deletes entries by `one`, and replies with a result for each. The options begin at `from`; if that is behind the name of
/// a group, there must be one.
fn delete_all(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    from: usize,
    reply: &mut Reply<'_>,
    one: impl Fn(&mut Stream, StreamId, References) -> i64,
) -> Result<(), CmdError> {
    let name = args.arg(1);
    let key = ctx.routed_key(name);
    // The type comes before the options, as in Redis.
    let mut db = ctx.database();
    let item = if from > 2 { db.read(key) } else { db.peek(key) };
    item.map(|item| item.value().as_stream()).transpose()?;
    drop(db);
    let options = Options::parse(args.tail(from))?;
    let results = edit(ctx, key, |stream| {
        if from > 2 && stream.groups().get(args.arg(2)).is_none() {
            return (Ok(None), 0);
        }
        match ids(options.ids) {
            Ok(ids) => {
                let results: Vec<i64> = ids.iter().map(|&id| one(stream, id, options.references)).collect();
                let changes = results.iter().filter(|&&result| result != ABSENT).count() as u64;
                (Ok(Some(results)), changes)
            }
            Err(error) => (Err(error), 0),
        }
    })?;
    let results = results.transpose()?.flatten().unwrap_or_else(|| vec![ABSENT; options.ids.len()]);
    if results.contains(&DELETED) {
        ctx.event(Class::Stream, "xdel", name);
    }
    reply.array(results.len());
    results.iter().for_each(|&result| reply.int(result));
    Ok(())
}
