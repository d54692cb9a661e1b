//! Random fields: HRANDFIELD.

use base::Args;
use hashbrown::HashSet;
use resp::Reply;
use store::{Field, HashRef};

use crate::{CmdError, ShardCtx, elements, words};

/// Of a hash with less than this many times the COUNT, fields are drawn from a list of all; of others, until enough different
/// ones have come. Redis's number.
const LIST_FACTOR: usize = 3;
/// Largest COUNT, so that twice as many elements can be counted.
const COUNT_MAX: i64 = i64::MAX / 2;

/// HRANDFIELD key [count [WITHVALUES]]
pub(super) fn hrandfield(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    let count = args.get(2).map(words::count).transpose()?;
    let with_values = args.get(3).is_some();
    if args.len() > 4 || args.get(3).is_some_and(|word| !words::is(word, "WITHVALUES")) {
        return Err(CmdError::Syntax);
    }
    if with_values && count.is_some_and(|count| !(-COUNT_MAX..=COUNT_MAX).contains(&count)) {
        return Err(CmdError::text_of("ERR value is out of range"));
    }
    let key = ctx.routed_key(args.arg(1));
    let mut rng = ctx.shard.fork_rng();
    let mut db = ctx.database();
    let hash = db.hash_of(key)?;
    let mut draw = || rng.next_u64();
    let (hash, count) = match (hash, count) {
        (None, None) => {
            reply.null();
            return Ok(());
        }
        (Some(hash), None) => {
            match hash.sample(&mut draw) {
                Some(field) => elements::bulk(reply, field.name),
                None => reply.null(),
            }
            return Ok(());
        }
        (None, Some(_)) | (_, Some(0)) => {
            reply.array(0);
            return Ok(());
        }
        (Some(hash), Some(count)) => (hash, count),
    };
    let (mut out, mut found) = (Vec::new(), 0);
    let mut page = Reply::new(&mut out, reply.is_resp3());
    let mut write = |field: Field<'_>| {
        if with_values && page.is_resp3() {
            page.array(2);
        }
        found += 1;
        elements::bulk(&mut page, field.name);
        if with_values {
            found += usize::from(!page.is_resp3());
            elements::bulk(&mut page, field.value);
        }
    };
    if count < 0 {
        for _ in 0..count.unsigned_abs() {
            let Some(field) = hash.sample(&mut draw) else { break };
            write(field);
        }
    } else {
        let count = usize::try_from(count).unwrap_or(usize::MAX).min(hash.len());
        distinct(hash, count, &mut draw, write);
    }
    reply.array(found);
    reply.raw(&out);
    Ok(())
}

/// Passes `count` different random fields, at most all, to `act`.
fn distinct(hash: HashRef<'_>, count: usize, draw: &mut impl FnMut() -> u64, mut act: impl FnMut(Field<'_>)) {
    if count.saturating_mul(LIST_FACTOR) > hash.len() || hash.may_expire() {
        let mut fields: Vec<Field<'_>> = hash.iter().collect();
        let count = count.min(fields.len());
        if count < fields.len() {
            for chosen in 0..count {
                let left = (fields.len() - chosen) as u128;
                fields.swap(chosen, chosen + ((u128::from(draw()) * left) >> 64) as usize);
            }
        }
        return fields.into_iter().take(count).for_each(act);
    }
    let mut seen = HashSet::with_capacity(count);
    while seen.len() < count {
        let Some(field) = hash.sample(draw) else { break };
        if seen.insert(field.name) {
            act(field);
        }
    }
}
