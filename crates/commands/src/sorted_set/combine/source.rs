//! The inputs of unions, intersections and differences: keys of this shard, or what other shards have sent.

use base::Args;
use hashbrown::HashMap;
use store::{Key, SetRef, SortedSetRef, Value};

use crate::sorted_set::members::Members;
use crate::{CmdError, ShardCtx};

/// The scores of members.
type Index<'m> = HashMap<&'m [u8], f64>;

/// An input: a sorted set, or a set, whose members all have the score 1.
pub(super) enum Source<'a> {
    Sorted(SortedSetRef<'a>),
    Set(SetRef<'a>),
    /// The contents of a key of another shard.
    Listed(&'a Members, &'a Index<'a>),
}

impl<'a> Source<'a> {
    /// The value of a key; without one, there are no members.
    fn of(value: Option<Value<'a>>) -> Result<Self, CmdError> {
        match value {
            None => Ok(Source::Sorted(SortedSetRef::empty())),
            Some(value) => match value.as_sorted_set() {
                Ok(set) => Ok(Source::Sorted(set)),
                Err(_) => value.as_set().map(Source::Set).map_err(|_| CmdError::WrongType),
            },
        }
    }

    /// The value of a key whose type was looked at before.
    fn known(value: Option<Value<'a>>) -> Self {
        Source::of(value).unwrap_or(Source::Sorted(SortedSetRef::empty()))
    }

    /// The number of members.
    pub(super) fn len(&self) -> usize {
        match self {
            Source::Sorted(set) => set.len(),
            Source::Set(set) => set.len(),
            Source::Listed(members, _) => members.len(),
        }
    }

    /// Passes all members to `visit` with their scores.
    pub(super) fn for_each(&self, mut visit: impl FnMut(f64, &[u8])) {
        match self {
            Source::Sorted(set) => set.for_each(visit),
            Source::Set(set) => {
                let mut scratch = Vec::new();
                set.iter().for_each(|member| visit(1.0, member.text(&mut scratch)));
            }
            Source::Listed(members, _) => members.iter().for_each(|(score, member)| visit(score, member)),
        }
    }

    /// Passes all members to `act` until that says no.
    pub(super) fn all(&self, mut act: impl FnMut(&[u8]) -> bool) {
        match self {
            Source::Sorted(set) => set.visit(0..set.len(), false, |_, member| act(member)),
            Source::Set(set) => {
                let mut scratch = Vec::new();
                set.all(|member| act(member.text(&mut scratch)));
            }
            Source::Listed(members, _) => _ = members.iter().all(|(_, member)| act(member)),
        }
    }

    /// The score of a member.
    #[inline]
    pub(super) fn score(&self, member: &[u8]) -> Option<f64> {
        match self {
            Source::Sorted(set) => set.score(member),
            Source::Set(set) => set.contains(member).then_some(1.0),
            Source::Listed(_, index) => index.get(member).copied(),
        }
    }
}

/// All inputs of a command.
pub(super) trait Sources {
    /// The number of inputs.
    fn count(&self) -> usize;

    /// Passes an input to `look`.
    fn with<R>(&mut self, input: usize, look: impl FnOnce(Source<'_>) -> R) -> R;

    /// Passes all inputs to `look`.
    fn with_all<R>(&mut self, look: impl FnOnce(Vec<Source<'_>>) -> R) -> R;
}

/// Keys of this shard.
pub(super) struct Local<'c, 's, 'k> {
    ctx: &'c mut ShardCtx<'s>,
    keys: Vec<Key<'k>>,
}

impl<'c, 's, 'k> Local<'c, 's, 'k> {
    /// Looks the keys up, in order; the first of another type is an error.
    pub(super) fn new(ctx: &'c mut ShardCtx<'s>, names: Args<'k>) -> Result<Self, CmdError> {
        let keys: Vec<Key<'k>> = names.iter().map(|name| ctx.key(name)).collect();
        let mut db = ctx.database();
        for &key in &keys {
            Source::of(db.get(key))?;
        }
        drop(db);
        Ok(Local { ctx, keys })
    }
}

impl Sources for Local<'_, '_, '_> {
    fn count(&self) -> usize {
        self.keys.len()
    }

    fn with<R>(&mut self, input: usize, look: impl FnOnce(Source<'_>) -> R) -> R {
        let mut db = self.ctx.database();
        let item = self.keys.get(input).and_then(|&key| db.peek(key));
        look(Source::known(item.map(store::Item::value)))
    }

    fn with_all<R>(&mut self, look: impl FnOnce(Vec<Source<'_>>) -> R) -> R {
        let db = self.ctx.database();
        look(self.keys.iter().map(|&key| Source::known(db.look(key).map(store::Item::value))).collect())
    }
}

/// What a key of this shard holds, to be sent to another one.
pub(super) fn fetch(ctx: &mut ShardCtx<'_>, name: &[u8]) -> Result<Members, CmdError> {
    let key = ctx.key(name);
    let mut members = Members::default();
    Source::of(ctx.database().get(key))?.for_each(|score, member| members.push(score, member));
    Ok(members)
}

/// What other shards have sent.
pub(super) struct Shipped<'m> {
    inputs: Vec<(&'m Members, Index<'m>)>,
}

impl<'m> Shipped<'m> {
    /// With indexes if members will be searched for.
    pub(super) fn new(inputs: &'m [Members], indexed: bool) -> Self {
        let index = |members: &'m Members| match indexed {
            true => members.iter().map(|(score, member)| (member, score)).collect(),
            false => Index::new(),
        };
        Shipped { inputs: inputs.iter().map(|members| (members, index(members))).collect() }
    }
}

impl Sources for Shipped<'_> {
    fn count(&self) -> usize {
        self.inputs.len()
    }

    fn with<R>(&mut self, input: usize, look: impl FnOnce(Source<'_>) -> R) -> R {
        match self.inputs.get(input) {
            Some((members, index)) => look(Source::Listed(members, index)),
            None => look(Source::Sorted(SortedSetRef::empty())),
        }
    }

    fn with_all<R>(&mut self, look: impl FnOnce(Vec<Source<'_>>) -> R) -> R {
        look(self.inputs.iter().map(|(members, index)| Source::Listed(members, index)).collect())
    }
}
