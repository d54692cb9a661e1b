//! Keyspace notifications: events of the shard become messages.
//!
//! ```text
//! SET k v ──► shard: event "set" of k ──► __keyspace@0__:k  "set"       to whoever subscribes to it
//!                                         __keyevent@0__:set  "k"
//! ```
//!
//! Events are taken in the order in which they happened, behind each piece with one shard, behind each batch with several, and
//! behind a slice of expiry. The cores with receivers are looked up then, before anybody can have learned of the change; with
//! several shards the messages go out with the next publish, which is within the same turn if there is credit.

use base::num::write_u64;
use bus::Wake;
use store::{Class, Event};

use super::Kind;
use crate::core::Core;
use crate::message::Dest;

/// Messages on `__keyspace@…` are wanted.
const KEYSPACE: u32 = 1 << 0;
/// Messages on `__keyevent@…` are wanted.
const KEYEVENT: u32 = 1 << 1;
/// Events of modules, of which there are none.
const MODULE: u32 = 1 << 13;

/// The classes that each letter of `notify-keyspace-events` stands for.
const LETTERS: &[(u8, u32)] = &[
    (b'K', KEYSPACE),
    (b'E', KEYEVENT),
    (b'g', Class::Generic as u32),
    (b'$', Class::String as u32),
    (b'l', Class::List as u32),
    (b's', Class::Set as u32),
    (b'h', Class::Hash as u32),
    (b'z', Class::SortedSet as u32),
    (b'x', Class::Expired as u32),
    (b'e', Class::Evicted as u32),
    (b't', Class::Stream as u32),
    (b'm', Class::KeyMiss as u32),
    (b'd', MODULE),
    (b'n', Class::New as u32),
    (b'o', Class::Overwritten as u32),
    (b'c', Class::TypeChanged as u32),
    (b'a', Class::Array as u32),
];

/// The letters that `A` stands for.
const ALL: &[u8] = b"g$lshzxetda";

/// The mask of a value of `notify-keyspace-events`.
pub(crate) fn mask_of(letters: &[u8]) -> u32 {
    let of = |letter: u8| LETTERS.iter().find(|entry| entry.0 == letter).map_or(0, |entry| entry.1);
    letters.iter().fold(0, |mask, &letter| match letter {
        b'A' => ALL.iter().fold(mask, |mask, &letter| mask | of(letter)),
        letter => mask | of(letter),
    })
}

/// The classes that a shard has to keep events of.
pub(crate) fn classes_of(mask: u32) -> u32 {
    if mask & (KEYSPACE | KEYEVENT) == 0 { 0 } else { mask & !(KEYSPACE | KEYEVENT) }
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// Makes messages of what has happened in the shard.
    #[cold]
    pub(crate) fn publish_events(&mut self) {
        let events = self.shard.take_events();
        if self.shared.pubsub.is_silent(Kind::Channel) {
            return;
        }
        let mut channel = Vec::new();
        for Event { name, db, key, .. } in events {
            for (wanted, prefix, subject, message) in [
                (KEYSPACE, &b"__keyspace@"[..], &*key, name.as_bytes()),
                (KEYEVENT, &b"__keyevent@"[..], name.as_bytes(), &*key),
            ] {
                if self.hot.notify & wanted != 0 {
                    channel.clear();
                    channel.extend_from_slice(prefix);
                    write_u64(&mut channel, db as u64);
                    channel.extend_from_slice(b"__:");
                    channel.extend_from_slice(subject);
                    self.publish_on(Kind::Channel, &channel, message);
                }
            }
        }
    }

    /// Where the reply of the command goes that a destination of this core is about.
    pub(crate) fn dest_of_command(&self, dest: Dest) -> Dest {
        match dest {
            Dest::Step { task, .. } => self.tasks.get(task).map_or(dest, |task| task.dest()),
            Dest::Part { gather, .. } => self.gathers.get(gather).map_or(dest, |gather| gather.dest),
            dest => dest,
        }
    }

    /// Executes the own part of the plan, with the messages of each piece behind it.
    pub(crate) fn run_own_with_events(&mut self) {
        let mut own = std::mem::take(&mut self.plan.own);
        for piece in &own {
            let tick = (self.ticks)();
            self.run_own_piece(piece, tick);
            if self.shard.has_events() {
                self.pubsub.messages.origin = Some(self.dest_of_command(piece.dest));
                self.publish_events();
                self.pubsub.messages.origin = None;
            }
        }
        self.stats().commands_processed.add(own.len() as u64);
        own.clear();
        self.plan.own = own;
        self.plan.clear_own();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_classes() {
        assert_eq!(mask_of(b""), 0);
        assert_eq!(mask_of(b"KEg$"), 15);
        assert_eq!(classes_of(mask_of(b"Ag")), 0);
        assert_eq!(classes_of(mask_of(b"AK")), mask_of(ALL));
        assert_eq!(mask_of(b"A") & mask_of(b"KEmnoc"), 0);
        assert_eq!(mask_of(b"KEAmnoc"), (1 << 18) - 1 - (1 << 12));
    }
}
