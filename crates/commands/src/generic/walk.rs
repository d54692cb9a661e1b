//! What all shards have: KEYS, RANDOMKEY.

use base::Args;
use base::glob::glob_match;
use base::num;
use resp::Reply;

use crate::{CmdError, ShardCtx};

/// KEYS pattern. O(number of keys).
pub(super) fn keys(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let pattern = args.arg(1);
    let all = pattern == b"*";
    let (mut found, mut elements) = (0, Vec::new());
    ctx.database().for_each(|item| {
        if all || glob_match(pattern, item.key(), false) {
            found += 1;
            Reply::new(&mut elements, false).bulk(item.key());
        }
    });
    reply.array(found);
    reply.raw(&elements);
    Ok(())
}

/// RANDOMKEY, on each shard: the number of its keys, and one of them, for [`choose_key`].
pub(super) fn randomkey(ctx: &mut ShardCtx<'_>, _: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    let mut db = ctx.database();
    let key = db.random_key();
    reply.array(2);
    match key {
        Some(key) => {
            reply.int(db.len() as i64);
            reply.bulk(&key);
        }
        None => {
            reply.int(0);
            reply.null();
        }
    }
    Ok(())
}

/// Chooses among the keys of the shards, so that each key of the keyspace is equally likely.
pub(super) fn choose_key(parts: &[&[u8]], random: u64, reply: &mut Reply<'_>) {
    let candidates = || parts.iter().filter_map(|part| candidate(part));
    let total: u64 = candidates().map(|(keys, _)| keys).sum();
    // The high half of the product is a number below `total`.
    let mut chosen = ((u128::from(random) * u128::from(total)) >> 64) as u64;
    for (keys, key) in candidates() {
        if chosen < keys {
            return reply.raw(key);
        }
        chosen -= keys;
    }
    reply.null();
}

/// The number of keys of a shard, and its key as an element of a reply.
fn candidate(part: &[u8]) -> Option<(u64, &[u8])> {
    let rest = part.strip_prefix(b"*2\r\n:")?;
    let end = rest.iter().position(|&byte| byte == b'\r')?;
    Some((num::parse_u64(rest.get(..end)?)?, rest.get(end + 2..)?))
}

#[cfg(test)]
mod tests {
    use super::choose_key;

    #[test]
    fn each_key_is_equally_likely() {
        let parts: [&[u8]; 3] =
            [b"*2\r\n:1\r\n$1\r\na\r\n", b"*2\r\n:0\r\n$-1\r\n", b"*2\r\n:3\r\n$1\r\nb\r\n"];
        let check = |random: u64, key: &[u8]| {
            let mut out = Vec::new();
            choose_key(&parts, random, &mut resp::Reply::new(&mut out, false));
            assert_eq!(out, key);
        };
        check(0, b"$1\r\na\r\n");
        check(u64::MAX / 4, b"$1\r\na\r\n");
        check(u64::MAX / 4 + 1, b"$1\r\nb\r\n");
        check(u64::MAX, b"$1\r\nb\r\n");
    }

    #[test]
    fn no_key_at_all() {
        let mut out = Vec::new();
        choose_key(&[b"*2\r\n:0\r\n_\r\n"], u64::MAX, &mut resp::Reply::new(&mut out, true));
        assert_eq!(out, b"_\r\n");
    }
}
