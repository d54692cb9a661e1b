//! Changes of keys that somebody wants to hear of: the source of keyspace notifications.
//!
//! A shard has a mask of the classes that are wanted. It is 0 until somebody subscribes, and then an event costs a look at the
//! mask; otherwise events pile up here until whoever set the mask takes them, which it does after every command.

use crate::Kind;

/// What an event is about, each with its letter in `notify-keyspace-events`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Class {
    /// `g`: commands for keys of any type.
    Generic = 1 << 2,
    /// `$`: strings.
    String = 1 << 3,
    /// `l`: lists.
    List = 1 << 4,
    /// `s`: sets.
    Set = 1 << 5,
    /// `h`: hashes.
    Hash = 1 << 6,
    /// `z`: sorted sets.
    SortedSet = 1 << 7,
    /// `x`: keys whose time is over.
    Expired = 1 << 8,
    /// `e`: keys removed to make room.
    Evicted = 1 << 9,
    /// `t`: streams.
    Stream = 1 << 10,
    /// `m`: lookups that found nothing.
    KeyMiss = 1 << 11,
    /// `n`: new keys.
    New = 1 << 14,
    /// `o`: keys that got another value as a whole.
    Overwritten = 1 << 15,
    /// `c`: keys that got a value of another type.
    TypeChanged = 1 << 16,
    /// `a`: arrays.
    Array = 1 << 17,
}

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Its class.
    pub class: Class,
    /// Its name.
    pub name: &'static str,
    /// The number of the database.
    pub db: usize,
    /// The key.
    pub key: Box<[u8]>,
}

/// What has happened and is wanted.
#[derive(Default)]
pub(crate) struct Events {
    pub(crate) wanted: u32,
    pub(crate) happened: Vec<Event>,
}

impl Events {
    /// Whether anybody wants any.
    #[inline]
    pub(crate) fn are_wanted(&self) -> bool {
        self.wanted != 0
    }

    /// Notes that a key got another value.
    pub(crate) fn overwritten(&mut self, db: usize, key: &[u8], old: Kind, new: Kind) {
        self.push(Class::Overwritten, "overwritten", db, key);
        if old != new {
            self.push(Class::TypeChanged, "type_changed", db, key);
        }
    }

    /// Notes an event if its class is wanted.
    #[inline]
    pub(crate) fn push(&mut self, class: Class, name: &'static str, db: usize, key: &[u8]) {
        if self.wanted & class as u32 != 0 {
            self.happened.push(Event { class, name, db, key: key.into() });
        }
    }
}
