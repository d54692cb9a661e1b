//! ZRANDMEMBER.

use base::Args;
use resp::Reply;

use super::members::{Members, element, header};
use super::with_read;
use crate::{CmdError, ShardCtx, words};

/// ZRANDMEMBER key [count [WITHSCORES]]
pub(super) fn zrandmember(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    let mut rng = ctx.shard.fork_rng();
    let Some(count) = args.get(2) else {
        return with_read(ctx, args.arg(1), |set| {
            if set.is_empty() {
                return reply.null();
            }
            let rank = rng.below(set.len() as u64) as usize;
            set.visit(rank..rank + 1, false, |_, member| {
                reply.bulk(member);
                true
            });
        });
    };
    let count = words::count(count)?;
    let with_scores = match args.get(3) {
        Some(word) if args.len() > 4 || !words::is(word, "WITHSCORES") => return Err(CmdError::Syntax),
        word => word.is_some(),
    };
    if with_scores && !(-i64::MAX / 2..=i64::MAX / 2).contains(&count) {
        return Err(CmdError::text_of("ERR value is out of range"));
    }
    with_read(ctx, args.arg(1), |set| {
        let len = set.len();
        if len == 0 || count == 0 {
            return reply.array(0);
        }
        if count < 0 {
            let count = count.unsigned_abs();
            header(reply, count as usize, with_scores);
            // Members of a small set are met one after the other only, so all of them are laid out first.
            let mut all = Members::default();
            if (len as u64) < count {
                set.for_each(|score, member| all.push(score, member));
            }
            for _ in 0..count {
                let rank = rng.below(len as u64) as usize;
                match all.get(rank) {
                    Some((score, member)) => element(reply, score, member, with_scores),
                    None => set.visit(rank..rank + 1, false, |score, member| {
                        element(reply, score, member, with_scores);
                        true
                    }),
                }
            }
            return;
        }
        let mut ranks =
            distinct(len, usize::try_from(count).unwrap_or(len), |end| rng.below(end as u64) as usize);
        header(reply, ranks.len(), with_scores);
        ranks.sort_unstable();
        // Neighbours in one go.
        for run in ranks.chunk_by(|a, b| a + 1 == *b) {
            let (Some(first), Some(last)) = (run.first(), run.last()) else { continue };
            set.visit(*first..last + 1, false, |score, member| {
                element(reply, score, member, with_scores);
                true
            });
        }
    })
}

/// So many different numbers below `len`, or all of them if there are no more; each choice is equally likely. (Floyd's
/// algorithm, Bentley 1987.)
fn distinct(len: usize, count: usize, mut below: impl FnMut(usize) -> usize) -> Vec<usize> {
    if count >= len {
        return (0..len).collect();
    }
    let mut chosen = hashbrown::HashSet::with_capacity(count);
    for end in len - count..len {
        let number = below(end + 1);
        if !chosen.insert(number) {
            chosen.insert(end);
        }
    }
    chosen.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use base::Rng;

    use super::distinct;

    #[test]
    fn choices_are_even() {
        let mut rng = Rng::new(11);
        let (len, count, draws) = (10usize, 4usize, 40_000u32);
        let mut counts = vec![0u32; len];
        for _ in 0..draws {
            let chosen = distinct(len, count, |end| rng.below(end as u64) as usize);
            assert_eq!(chosen.len(), count);
            chosen.into_iter().for_each(|number| counts[number] += 1);
        }
        let expect = f64::from(draws) * count as f64 / len as f64;
        let chi: f64 = counts.iter().map(|&n| (f64::from(n) - expect).powi(2) / expect).sum();
        // 9 degrees of freedom; 27.9 is the 0.1 % point.
        assert!(chi < 27.9, "{chi} {counts:?}");
        assert_eq!(distinct(3, 7, |_| 0), [0, 1, 2]);
    }
}
