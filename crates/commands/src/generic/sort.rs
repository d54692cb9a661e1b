//! SORT and SORT_RO: the elements of a list, set or sorted set in another order, or what other keys say about them.
//!
//! What BY and GET look up lies in keys that nobody can name before the elements are known. With one shard the handler looks
//! them up; with several, the rounds hold all shards ([`crate::meta::Meta::has_unnamed_keys`] says so to the frontend):
//!
//! ```text
//! round 1   the shard of the key: elements        the others: are held
//! round 2   each shard: weights of elements that live there       (only if BY names keys)
//! round 3   each shard: values for GET                            (only if GET names keys)
//! last      the shard of the destination: the list                (only with STORE)
//! ```
//!
//! Without such patterns a first round takes the elements, sorted, and with STORE a second one puts them.

mod options;
mod order;
mod pattern;

use std::pin::Pin;

use base::Args;
use bytes::Bytes;
use ds::list::Side;
use resp::Reply;
use store::{Class, Dense, Element, Kind};

use crate::{CmdError, OwnedArgs, ShardCtx, Step, StepOut, Tx, by_shard};
use options::Options;
use pattern::{Lookup, Pattern};

/// What a rounds function is made into.
type Rounds = Pin<Box<dyn Future<Output = Result<(), CmdError>>>>;

/// SORT key [options], all in one shard
pub(super) fn sort(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    run(ctx, args, false, reply)
}

/// SORT_RO key [options], all in one shard
pub(super) fn sort_ro(ctx: &mut ShardCtx<'_>, args: Args<'_>, reply: &mut Reply<'_>) -> Result<(), CmdError> {
    run(ctx, args, true, reply)
}

/// SORT over several shards.
pub(super) fn sort_rounds(tx: Tx, args: OwnedArgs) -> Rounds {
    Box::pin(rounds(tx, args, false))
}

/// SORT_RO over several shards.
pub(super) fn sort_ro_rounds(tx: Tx, args: OwnedArgs) -> Rounds {
    Box::pin(rounds(tx, args, true))
}

fn run(
    ctx: &mut ShardCtx<'_>,
    args: Args<'_>,
    read_only: bool,
    reply: &mut Reply<'_>,
) -> Result<(), CmdError> {
    let options = Options::parse(args.tail(2).iter(), read_only)?;
    let mut elements = elements(ctx, &options, args.arg(1))?;
    if let Some(by) = options.weighs_by() {
        let weights = fetch(ctx, by.lookups(&elements));
        elements = options.order_by(elements, &weights)?;
    }
    let values = fetch(ctx, lookups(&options, &elements));
    let results = results(&options, elements, values);
    match options.store {
        Some(destination) => reply.int(put(ctx, destination, &results)),
        None => write(&results, reply),
    }
    Ok(())
}

async fn rounds(tx: Tx, args: OwnedArgs, read_only: bool) -> Result<(), CmdError> {
    let options = Options::parse(args.iter().skip(2).map(AsRef::as_ref), read_only)?;
    let name = args.get(1).cloned().unwrap_or_default();
    let owned: OwnedArgs = args.clone();
    let take: Step = Box::new(move |ctx| {
        let found = Options::parse(owned.iter().skip(2).map(AsRef::as_ref), read_only)
            .and_then(|options| elements(ctx, &options, owned.get(1).map_or(&[], |name| name)));
        found.map_or_else(StepOut::Failed, |elements| StepOut::Texts(Some(elements)))
    });
    let mut elements = match tx.round(vec![(tx.topology.shard_of(&name), take)]).await.pop() {
        Some(StepOut::Texts(Some(elements))) => elements,
        Some(StepOut::Failed(error)) => return Err(error),
        _ => Vec::new(),
    };
    if let Some(by) = options.weighs_by() {
        let weights = fetch_over(&tx, by.lookups(&elements).collect()).await;
        elements = options.order_by(elements, &weights)?;
    }
    let wanted: Vec<Lookup> = lookups(&options, &elements).collect();
    let values = if wanted.is_empty() { Vec::new() } else { fetch_over(&tx, wanted).await };
    let results = results(&options, elements, values);
    let Some(destination) = options.store else {
        tx.reply(|reply| write(&results, reply));
        return Ok(());
    };
    let shard = tx.topology.shard_of(destination);
    let destination = Bytes::copy_from_slice(destination);
    let step: Step = Box::new(move |ctx| StepOut::Int(put(ctx, &destination, &results)));
    let len = match tx.last_round(vec![(shard, step)]).await.pop() {
        Some(StepOut::Int(len)) => len,
        _ => 0,
    };
    tx.reply(|reply| reply.int(len));
    Ok(())
}

/// The elements of the key: sorted and cut to the limit, unless that takes weights of other keys.
fn elements(ctx: &mut ShardCtx<'_>, options: &Options<'_>, name: &[u8]) -> Result<Vec<Vec<u8>>, CmdError> {
    let key = ctx.key(name);
    let in_script = ctx.shard.is_in_script();
    let mut db = ctx.database();
    let Some(value) = db.get(key) else { return Ok(Vec::new()) };
    let mut elements = Vec::new();
    match value.kind() {
        Kind::List => {
            let list = value.as_list()?;
            if options.unsorted {
                let wanted = options.window(list.len());
                let mut push = |element: Element<'_>| elements.push(element.to_vec());
                match (wanted.is_empty(), options.descending) {
                    (true, _) => {}
                    (_, false) => list.for_each(wanted.start, wanted.len(), push),
                    (_, true) => {
                        let mut left = wanted.len();
                        list.visit(list.len() - 1 - wanted.start, Side::Front, |element| {
                            push(element);
                            left -= 1;
                            left > 0
                        });
                    }
                }
                return Ok(elements);
            }
            list.for_each(0, list.len(), |element| elements.push(element.to_vec()));
        }
        Kind::SortedSet => {
            let set = value.as_sorted_set()?;
            let mut push = |_: f64, member: &[u8]| {
                elements.push(member.to_vec());
                true
            };
            if options.unsorted {
                let len = set.len();
                let wanted = options.window(len);
                let ranks = match options.descending {
                    true => len - wanted.end..len - wanted.start,
                    false => wanted,
                };
                set.visit(ranks, options.descending, &mut push);
                return Ok(elements);
            }
            set.visit(0..set.len(), false, &mut push);
        }
        Kind::Set => {
            elements.extend(value.as_set()?.iter().map(Element::to_vec));
            if options.unsorted && (options.store.is_some() || in_script) {
                // The same list whatever order the set has.
                return options.order_texts(elements);
            }
        }
        _ => return Err(CmdError::WrongType),
    }
    match (options.unsorted, options.weighs_by()) {
        (true, _) => Ok(options.cut(elements)),
        (false, Some(_)) => Ok(elements),
        (false, None) => options.order(elements),
    }
}

/// The keys that GET wants, element by element.
fn lookups<'a>(options: &'a Options<'a>, elements: &'a [Vec<u8>]) -> impl Iterator<Item = Lookup> + 'a {
    elements.iter().flat_map(|element| options.get.iter().filter_map(move |pattern| pattern.lookup(element)))
}

/// What the command replies with or stores: the elements, or what GET made of each.
fn results(
    options: &Options<'_>,
    elements: Vec<Vec<u8>>,
    values: Vec<Option<Vec<u8>>>,
) -> Vec<Option<Vec<u8>>> {
    if options.get.is_empty() {
        return elements.into_iter().map(Some).collect();
    }
    let mut values = values.into_iter();
    let mut results = Vec::with_capacity(elements.len() * options.get.len());
    for element in elements {
        results.extend(options.get.iter().map(|pattern| match pattern {
            Pattern::Element => Some(element.clone()),
            Pattern::Nothing => None,
            Pattern::Key { .. } => values.next().flatten(),
        }));
    }
    results
}

fn write(results: &[Option<Vec<u8>>], reply: &mut Reply<'_>) {
    reply.array(results.len());
    for result in results {
        match result {
            Some(text) => reply.bulk(text),
            None => reply.null(),
        }
    }
}

/// Puts the results to a key as a list, or removes the key if there are none. Returns how many there are.
fn put(ctx: &mut ShardCtx<'_>, name: &[u8], results: &[Option<Vec<u8>>]) -> i64 {
    let key = ctx.key(name);
    let mut db = ctx.database();
    let list = db.build(|draft| {
        let mut list = draft.as_list();
        for result in results {
            list.push(Side::Back, Element::of(result.as_deref().unwrap_or_default()));
        }
    });
    match list {
        Some(list) => {
            db.put(key, list);
            db.event(Class::List, "sortstore", name);
        }
        None => {
            if db.remove(key) {
                db.event(Class::Generic, "del", name);
            }
        }
    }
    results.len() as i64
}

/// What keys of this shard hold: strings, or fields of hashes.
fn fetch(ctx: &mut ShardCtx<'_>, lookups: impl Iterator<Item = Lookup>) -> Vec<Option<Vec<u8>>> {
    let mut db = ctx.database();
    let now_ms = db.now_ms();
    let mut scratch = Vec::new();
    lookups
        .map(|lookup| {
            let key = db.key(&lookup.key);
            let value = db.get(key)?;
            match &lookup.field {
                Some(field) => value.as_hash(now_ms).ok()?.get(field).map(Dense::to_vec),
                None if value.kind() == Kind::String => Some(value.text(&mut scratch).to_vec()),
                None => None,
            }
        })
        .collect()
}

/// As [`fetch`], of keys of any shard, in one round.
async fn fetch_over(tx: &Tx, lookups: Vec<Lookup>) -> Vec<Option<Vec<u8>>> {
    let mut found: Vec<Option<Vec<u8>>> = Vec::new();
    found.resize_with(lookups.len(), || None);
    let lookups = lookups.into_iter().enumerate();
    let parts = by_shard(lookups.map(|(at, lookup)| (tx.topology.shard_of(&lookup.key), (at, lookup))));
    let (mut steps, mut places) = (Vec::new(), Vec::new());
    for (shard, part) in parts {
        let (at, part): (Vec<usize>, Vec<Lookup>) = part.into_iter().unzip();
        let step: Step = Box::new(move |ctx| StepOut::Found(fetch(ctx, part.into_iter())));
        steps.push((shard, step));
        places.push(at);
    }
    for (places, out) in places.into_iter().zip(tx.round(steps).await) {
        let StepOut::Found(values) = out else { continue };
        for (at, value) in places.into_iter().zip(values) {
            if let Some(place) = found.get_mut(at) {
                *place = value;
            }
        }
    }
    found
}
