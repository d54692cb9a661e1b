//! XTRIM.

use base::Args;
use ds::stream::{References, Trim};
use resp::Reply;
use store::{Class, Kind};

use super::options::Options;
use crate::{CmdError, ShardCtx};

/// Logs what an approximate trim, which looks at how a stream is laid out, has left of it.
pub(super) fn trimmed_effect(ctx: &mut ShardCtx<'_>, name: &[u8], trim: Trim) {
    if !ctx.shard.has_trail() {
        return;
    }
    let references: &[u8] = match trim.references {
        References::Keep => b"KEEPREF",
        References::Delete => b"DELREF",
        // What others may still want has stayed, wherever it stands.
        References::Respect => return ctx.shard.trail().leave_values(),
    };
    let key = ctx.key(name);
    let len = match ctx.database().peek(key).map(|item| item.value().as_stream().map(|stream| stream.len())) {
        Some(Ok(len)) => len.to_string(),
        _ => return,
    };
    ctx.effect(&[b"XTRIM", name, b"MAXLEN", b"=", len.as_bytes(), references]);
}

/// XTRIM key MAXLEN|MINID [=|~] threshold [LIMIT count] [KEEPREF|DELREF|ACKED]
pub(super) fn xtrim(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let mut options = Options::default();
    let mut at = 2;
    while at < args.len() {
        match options.take(args, at, false)? {
            0 => return Err(CmdError::Syntax),
            taken => at += taken,
        }
    }
    let trim = options
        .trim(&ctx.limits(), false)?
        .ok_or(CmdError::text_of("ERR syntax error, XTRIM must be called with a trimming strategy"))?;
    let name = args.arg(1);
    let key = ctx.routed_key(name);
    let edited = ctx.database().edit(key, Kind::Stream, |draft| {
        let mut draft = draft.as_stream();
        let Some(stream) = draft.get() else { return 0 };
        let (removed, rest) = stream.trim(trim);
        draft.free_later(rest);
        draft.changed(removed);
        removed
    })?;
    let removed = edited.result;
    if removed > 0 {
        if trim.approximate {
            trimmed_effect(ctx, name, trim);
        }
        ctx.event(Class::Stream, "xtrim", name);
    }
    reply.int(removed as i64);
    Ok(())
}
