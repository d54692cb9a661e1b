//! XTRIM.

use base::Args;
use resp::Reply;
use store::Class;

use super::edit;
use super::options::Options;
use crate::{CmdError, ShardCtx};

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
        .trim(&ctx.limits())?
        .ok_or(CmdError::text_of("ERR syntax error, XTRIM must be called with a trimming strategy"))?;
    let name = args.arg(1);
    let key = ctx.routed_key(name);
    let removed = edit(ctx, key, |stream| {
        let removed = stream.trim(trim);
        (removed, removed)
    })?;
    let removed = removed.unwrap_or(0);
    if removed > 0 {
        ctx.event(Class::Stream, "xtrim", name);
    }
    reply.int(removed as i64);
    Ok(())
}
