//! ARINFO: how an array is kept.

use base::Args;
use ds::array::{CHUNK_INDEXES, INDEX_MAX};
use resp::Reply;

use crate::{CmdError, ShardCtx, words};

/// ARINFO key [FULL]
///
/// What Redis calls slices are chunks here: all of one kind, and none in a directory of directories.
pub(super) fn arinfo(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let full = match args.len() {
        2 => false,
        3 if words::is(args.arg(2), "FULL") => true,
        _ => return Err(CmdError::Syntax),
    };
    let key = ctx.routed_key(args.arg(1));
    let mut db = ctx.database();
    let array = db.array_of(key)?.ok_or(CmdError::NoSuchKey)?;
    let next = array.last_insert().filter(|&last| last != INDEX_MAX).map_or(0, |last| last + 1);
    let chunks = array.chunks() as u64;
    let facts = [
        ("count", array.count() as u64),
        ("len", array.len()),
        ("next-insert-index", next),
        ("slices", chunks),
        ("directory-size", chunks),
        ("super-dir-entries", 0),
        ("slice-size", CHUNK_INDEXES),
    ];
    reply.map(if full { facts.len() + 5 } else { facts.len() });
    for (name, value) in facts {
        reply.bulk(name.as_bytes());
        reply.uint(value);
    }
    if full {
        for (name, value) in [("dense-slices", chunks), ("sparse-slices", 0)] {
            reply.bulk(name.as_bytes());
            reply.uint(value);
        }
        let fill = array.count() as f64 / (chunks.max(1) * CHUNK_INDEXES) as f64;
        let averages =
            [("avg-dense-size", CHUNK_INDEXES as f64), ("avg-dense-fill", fill), ("avg-sparse-size", 0.0)];
        for (name, value) in averages {
            reply.bulk(name.as_bytes());
            reply.double(value);
        }
    }
    Ok(())
}
