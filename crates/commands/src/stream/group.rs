//! Consumer groups: XGROUP and its subcommands.

use base::Args;
use ds::stream::{Stream, StreamId};
use resp::Reply;
use store::{Class, Kind};

use super::{edit, id, no_such_group, unknown_subcommand};
use crate::{CmdError, ShardCtx, words};

const HELP: &[&str] = &[
    "CREATE <key> <groupname> <id|$> [option]",
    "    Create a new consumer group. Options are:",
    "    * MKSTREAM",
    "      Create the empty stream if it does not exist.",
    "    * ENTRIESREAD entries_read",
    "      Set the group's entries_read counter (internal use).",
    "CREATECONSUMER <key> <groupname> <consumer>",
    "    Create a new consumer in the specified group.",
    "DELCONSUMER <key> <groupname> <consumer>",
    "    Remove the specified consumer.",
    "DESTROY <key> <groupname>",
    "    Remove the specified group.",
    "SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]",
    "    Set the current group ID and entries_read counter.",
];

/// XGROUP HELP
pub(super) fn help(_: &mut ShardCtx<'_>, _: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    super::help(reply, "XGROUP", HELP);
    Ok(())
}

/// What follows the id of XGROUP CREATE and SETID.
#[derive(Default)]
struct Options {
    make_stream: bool,
    entries_read: Option<u64>,
}

impl Options {
    fn parse(args: Args<'_>, creating: bool) -> Result<Self, CmdError> {
        let mut options = Options::default();
        let mut at = 5;
        while at < args.len() {
            if creating && words::is(args.arg(at), "MKSTREAM") {
                options.make_stream = true;
                at += 1;
            } else if words::is(args.arg(at), "ENTRIESREAD") && at + 1 < args.len() {
                let count = words::int(args.arg(at + 1))?;
                if count < -1 {
                    return Err(CmdError::text_of("ERR value for ENTRIESREAD must be positive or -1"));
                }
                options.entries_read = u64::try_from(count).ok();
                at += 2;
            } else {
                return Err(unknown_subcommand("XGROUP", args.arg(1)));
            }
        }
        Ok(options)
    }

    /// The given count, which is no more than there ever were.
    fn entries_read_of(&self, stream: &Stream) -> Option<u64> {
        self.entries_read.map(|read| read.min(stream.entries_added()))
    }
}

const NO_KEY: CmdError = CmdError::text_of(
    "ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM \
     option to create an empty stream automatically.",
);

fn no_group(args: Args<'_>) -> CmdError {
    no_such_group(args.arg(2), args.arg(3))
}

/// The id of a group: that of the last entry for `$`.
fn group_id(stream: Option<&Stream>, arg: &[u8], open: bool) -> Result<StreamId, CmdError> {
    match arg {
        b"$" => Ok(stream.map_or(StreamId::MIN, Stream::last_id)),
        _ if open => id::open(arg, 0),
        _ => id::strict(arg, 0),
    }
}

/// XGROUP CREATE key group id|$ [MKSTREAM] [ENTRIESREAD entries-read]
pub(super) fn create(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let options = Options::parse(args, true)?;
    let name = args.arg(2);
    let key = ctx.routed_key(name);
    let edited = ctx.as_one_change(|ctx| {
        ctx.database().edit(key, Kind::Stream, |draft| {
            let mut draft = draft.as_stream();
            if draft.get().is_none() && !options.make_stream {
                return Err(NO_KEY);
            }
            if args.len() > 8 {
                return Err(unknown_subcommand("XGROUP", args.arg(1)));
            }
            let id = group_id(draft.get().as_deref(), args.arg(4), false)?;
            draft.create();
            let added = draft.get().is_some_and(|stream| {
                let read = options.entries_read_of(stream);
                stream.groups_mut().add(args.arg(3), id, read)
            });
            if !added {
                return Err(CmdError::text_of("BUSYGROUP Consumer Group name already exists"));
            }
            draft.changed(1);
            Ok(())
        })
    })?;
    edited.result?;
    ctx.event(Class::Stream, "xgroup-create", name);
    reply.ok();
    Ok(())
}

/// XGROUP SETID key group id|$ [ENTRIESREAD entries-read]
pub(super) fn setid(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let options = Options::parse(args, false)?;
    let name = args.arg(2);
    let key = ctx.routed_key(name);
    let set = edit(ctx, key, |stream| {
        let result = set_id(stream, args, &options);
        let changes = u64::from(result.is_ok());
        (result, changes)
    })?;
    set.ok_or(NO_KEY)??;
    ctx.event(Class::Stream, "xgroup-setid", name);
    reply.ok();
    Ok(())
}

fn set_id(stream: &mut Stream, args: Args<'_>, options: &Options) -> Result<(), CmdError> {
    if stream.groups().get(args.arg(3)).is_none() {
        return Err(no_group(args));
    }
    if !matches!(args.len(), 5 | 7) {
        return Err(unknown_subcommand("XGROUP", args.arg(1)));
    }
    let id = group_id(Some(stream), args.arg(4), true)?;
    let read = options.entries_read_of(stream);
    stream.groups_mut().edit(args.arg(3), |group| group.set_last_id(id, read));
    Ok(())
}

/// XGROUP DESTROY key group
pub(super) fn destroy(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let name = args.arg(2);
    let key = ctx.routed_key(name);
    let edited = ctx.database().edit(key, Kind::Stream, |draft| {
        let mut draft = draft.as_stream();
        let rest = draft.get()?.remove_group(args.arg(3));
        let destroyed = rest.is_some();
        rest.into_iter().for_each(|rest| draft.free_later(rest));
        draft.changed(destroyed.into());
        Some(destroyed)
    })?;
    let destroyed = edited.result.ok_or(NO_KEY)?;
    if destroyed {
        ctx.event(Class::Stream, "xgroup-destroy", name);
    }
    reply.int(destroyed.into());
    Ok(())
}

/// XGROUP CREATECONSUMER key group consumer
pub(super) fn createconsumer(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    let name = args.arg(2);
    let (key, now_ms) = (ctx.routed_key(name), ctx.now_ms() as i64);
    let created = edit(ctx, key, |stream| {
        let created = stream.groups_mut().edit(args.arg(3), |group| {
            let new = group.find_consumer(args.arg(4)).is_none();
            if new {
                group.add_consumer(args.arg(4), now_ms);
            }
            new
        });
        (created, u64::from(created == Some(true)))
    })?;
    let created = created.ok_or(NO_KEY)?.ok_or_else(|| no_group(args))?;
    if created {
        ctx.event(Class::Stream, "xgroup-createconsumer", name);
    }
    reply.int(created.into());
    Ok(())
}

/// XGROUP DELCONSUMER key group consumer
pub(super) fn delconsumer(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    let name = args.arg(2);
    let key = ctx.routed_key(name);
    let removed = edit(ctx, key, |stream| {
        let removed = stream.groups_mut().edit(args.arg(3), |group| {
            group.find_consumer(args.arg(4)).map(|number| group.remove_consumer(number))
        });
        (removed, u64::from(matches!(removed, Some(Some(_)))))
    })?;
    let removed = removed.ok_or(NO_KEY)?.ok_or_else(|| no_group(args))?;
    if removed.is_some() {
        ctx.event(Class::Stream, "xgroup-delconsumer", name);
    }
    reply.int(removed.unwrap_or(0) as i64);
    Ok(())
}
