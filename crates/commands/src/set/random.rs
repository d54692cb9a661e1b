//! Random members: SPOP, SRANDMEMBER.

use base::Args;
use hashbrown::HashSet;
use resp::Reply;
use store::{Class, Element, Kind, SetRef};

use crate::{CmdError, ShardCtx, elements, words};

/// Of a set less than this many times the COUNT, members are drawn from a list of all; of others, until enough different
/// ones have come. Redis's number.
const LIST_FACTOR: usize = 3;

/// SPOP key [count]
pub(super) fn spop(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    if args.len() > 3 {
        return Err(CmdError::Syntax);
    }
    let name = args.arg(1);
    let count = args.get(2).map(words::positive).transpose()?;
    let key = ctx.routed_key(name);
    let max = usize::try_from(count.unwrap_or(1)).unwrap_or(usize::MAX);
    let mut out = Vec::new();
    let resp3 = reply.is_resp3();
    let logged = ctx.shard.has_trail();
    let mut gone: Vec<Vec<u8>> = Vec::new();
    let edited = {
        let mut db = ctx.database();
        db.edit(key, Kind::Set, |draft| {
            let mut set = draft.as_set();
            let popped = max.min(set.len());
            let mut members = Reply::new(&mut out, resp3);
            if popped == set.len() {
                let all = set.view();
                all.into_iter()
                    .flat_map(SetRef::iter)
                    .for_each(|member| elements::bulk(&mut members, member));
                set.clear();
            } else {
                for member in (0..popped).map_while(|_| set.pop()) {
                    members.bulk(&member);
                    if logged {
                        gone.push(member);
                    }
                }
            }
            popped
        })?
    };
    match (count, edited.result) {
        (None, 0) => reply.null(),
        (None, _) => reply.raw(&out),
        (Some(_), popped) => {
            reply.set(popped);
            reply.raw(&out);
        }
    }
    if edited.removed {
        ctx.effect(&[b"DEL", name]);
    } else if !gone.is_empty() {
        let words: Vec<&[u8]> = [b"SREM", name].into_iter().chain(gone.iter().map(Vec::as_slice)).collect();
        ctx.effect(&words);
    }
    if edited.changed {
        ctx.event(Class::Set, "spop", name);
    }
    if edited.removed {
        ctx.event(Class::Generic, "del", name);
    }
    Ok(())
}

/// SRANDMEMBER key [count]
pub(super) fn srandmember(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    if args.len() > 3 {
        return Err(CmdError::Syntax);
    }
    let count = args.get(2).map(words::count).transpose()?;
    let key = ctx.routed_key(args.arg(1));
    let mut rng = ctx.shard.fork_rng();
    let mut db = ctx.database();
    let set = db.set_of(key)?;
    let mut draw = || rng.next_u64();
    match (set, count) {
        (None, None) => reply.null(),
        (None, Some(_)) | (_, Some(0)) => reply.array(0),
        (Some(set), None) => {
            if let Some(member) = set.sample(&mut draw) {
                elements::bulk(reply, member);
            }
        }
        (Some(set), Some(count)) if count < 0 => {
            let count = count.unsigned_abs() as usize;
            reply.array(count);
            for _ in 0..count {
                if let Some(member) = set.sample(&mut draw) {
                    elements::bulk(reply, member);
                }
            }
        }
        (Some(set), Some(count)) => {
            let count = usize::try_from(count).unwrap_or(usize::MAX).min(set.len());
            reply.array(count);
            distinct(set, count, &mut draw, |member| elements::bulk(reply, member));
        }
    }
    Ok(())
}

/// Passes `count` different random members, at most all, to `act`.
fn distinct(set: SetRef<'_>, count: usize, draw: &mut impl FnMut() -> u64, mut act: impl FnMut(Element<'_>)) {
    if count == set.len() {
        return set.iter().for_each(act);
    }
    if count.saturating_mul(LIST_FACTOR) > set.len() || !matches!(set, SetRef::Big(_)) {
        let mut members: Vec<Element<'_>> = set.iter().collect();
        for chosen in 0..count.min(members.len()) {
            let left = (members.len() - chosen) as u128;
            members.swap(chosen, chosen + ((u128::from(draw()) * left) >> 64) as usize);
        }
        return members.into_iter().take(count).for_each(act);
    }
    let mut seen = HashSet::with_capacity(count);
    while seen.len() < count {
        let Some(member) = set.sample(draw) else { break };
        if seen.insert(member) {
            act(member);
        }
    }
}
