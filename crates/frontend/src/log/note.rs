//! Which commands are logged for what a handler or a step did.
//!
//! A call is logged as it was made if calling its handler again, at the same time, has the same effect, and if it names one
//! key, or keys that each stand for themselves, so that any number of shards can replay it. For what handlers leave effects,
//! these are logged. Of anything else, what the touched keys hold now.

use base::Args;
use commands::meta::Flag;
use commands::{CommandSpec, Route};
use persist::log::put_command;
use store::{Shard, Trail, Value};

use crate::keys::Keys;

/// How a call is logged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Class {
    /// As it was made.
    Call,
    /// As it was made; it concerns all keys.
    Barrier,
    /// What the touched keys hold.
    Values,
}

fn class_of(spec: &CommandSpec, args: Args<'_>) -> Class {
    match spec.route {
        Route::Key(_) | Route::Keys(..) => Class::Call,
        Route::AllShards(..) => Class::Barrier,
        Route::Rounds(..) | Route::Blocking(_) if Keys::of(spec, args).iter().take(2).count() == 1 => {
            Class::Call
        }
        _ => Class::Values,
    }
}

/// Notes what a handler did that was just called, in the trail's body.
#[cold]
pub(crate) fn note_call(shard: &mut Shard, spec: &CommandSpec, db: usize, args: Args<'_>) {
    let moved = shard.has_moved();
    let trail = shard.trail();
    if trail.wants_values() {
        note_values(shard);
        return shard.trail().forget();
    }
    if trail.has_effects() {
        return note_effects(trail);
    }
    if !spec.meta.flags.contains(Flag::Write) {
        // Keys that it came upon and that had expired are not there for a replay either.
        if moved.by_command {
            note_values(shard);
        }
        shard.trail().forget();
        return;
    }
    let class = class_of(spec, args);
    match class {
        Class::Barrier => trail.barrier = true,
        _ if !moved.any => return,
        Class::Call => {}
        Class::Values => return note_values(shard),
    }
    put_command(&mut trail.body, db as u16, args.iter());
    trail.forget();
}

/// Notes a change of the list of libraries, which is no shard's. All logs have it, as they have what concerns all keys, so these changes have
/// one order. `alone`: there is one shard.
pub(crate) fn note_change_of_list(shard: &mut Shard, args: Args<'_>, alone: bool) {
    if !shard.has_trail() {
        return;
    }
    let mut words: Vec<&[u8]> = args.iter().collect();
    if args.arg(1).eq_ignore_ascii_case(b"load") && !args.arg(2).eq_ignore_ascii_case(b"replace") {
        // It may be there already when this is replayed.
        words.insert(2, b"REPLACE");
    }
    let trail = shard.trail();
    put_command(&mut trail.body, 0, words.into_iter());
    trail.barrier |= !alone;
}

/// Notes what a step did that did not come from calls of handlers.
pub(crate) fn note_touched_keys(shard: &mut Shard) {
    shard.has_moved();
    if shard.trail().has_effects() && !shard.trail().wants_values() {
        return note_effects(shard.trail());
    }
    note_values(shard);
    shard.trail().forget();
}

fn note_effects(trail: &mut Trail) {
    for (db, words) in trail.take_effects() {
        put_command(&mut trail.body, db as u16, words.iter().map(Vec::as_slice));
    }
    trail.forget();
}

/// Notes what the touched keys hold. O(size of the values).
fn note_values(shard: &mut Shard) {
    for (db, name) in shard.trail().take_touched() {
        let key = shard.key(&name);
        let words: Vec<Vec<u8>> = match shard.db(db).look(key) {
            None => vec![b"DEL".to_vec(), name.into_vec()],
            Some(item) => {
                let expiry_ms = item.expiry_ms();
                let text = match item.value() {
                    Value::Bytes(bytes) => Some(bytes.to_vec()),
                    Value::Int(int) => Some(int.to_string().into_bytes()),
                    Value::Structure(_) | Value::Packed(_) => None,
                };
                match text {
                    Some(text) => {
                        let mut words = vec![b"SET".to_vec(), name.into_vec(), text];
                        if let Some(at_ms) = expiry_ms {
                            words.extend([b"PXAT".to_vec(), at_ms.to_string().into_bytes()]);
                        }
                        words
                    }
                    None => vec![
                        b"RESTORE".to_vec(),
                        name.into_vec(),
                        expiry_ms.unwrap_or(0).to_string().into_bytes(),
                        persist::dump(item.value(), false),
                        b"REPLACE".to_vec(),
                        b"ABSTTL".to_vec(),
                    ],
                }
            }
        };
        put_command(&mut shard.trail().body, db as u16, words.iter().map(Vec::as_slice));
    }
}
