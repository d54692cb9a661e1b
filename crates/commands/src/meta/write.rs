//! The reply of COMMAND INFO.

use super::{Begin, Find, KeySpec, Meta};
use crate::docs::words;
use resp::Reply;

impl Meta {
    /// Writes the command's element in the reply of COMMAND and COMMAND INFO.
    pub fn write_info(&self, reply: &mut Reply<'_>) {
        self.write_info_with(self.subcommands, reply);
    }

    /// The same with other subcommands.
    pub(crate) fn write_info_with(&self, subcommands: &[&Meta], reply: &mut Reply<'_>) {
        reply.array(10);
        reply.bulk(self.name.as_bytes());
        reply.int(i64::from(self.arity));
        words(self.flags.names(), reply);
        reply.int(i64::from(self.first_key));
        reply.int(i64::from(self.last_key));
        reply.int(i64::from(self.step));
        words(self.acl.names(), reply);
        reply.set(self.tips.len());
        for tip in self.tips {
            reply.bulk(tip.as_bytes());
        }
        reply.set(self.key_specs.len());
        for spec in self.key_specs {
            spec.write(reply);
        }
        if subcommands.is_empty() {
            reply.set(0);
            return;
        }
        reply.array(subcommands.len());
        for subcommand in subcommands {
            subcommand.write_info(reply);
        }
    }

    /// Writes the command's name and documentation, an entry of the map that COMMAND DOCS replies with.
    pub fn write_docs(&self, reply: &mut Reply<'_>) {
        self.docs.write(self.name, self.subcommands, reply);
    }
}

impl KeySpec {
    fn write(&self, reply: &mut Reply<'_>) {
        reply.map(3 + usize::from(self.notes.is_some()));
        if let Some(notes) = self.notes {
            reply.bulk(b"notes");
            reply.bulk(notes.as_bytes());
        }
        reply.bulk(b"flags");
        words(self.flags.names(), reply);
        reply.bulk(b"begin_search");
        match self.begin {
            Begin::Index(index) => {
                step(b"index", 1, reply);
                field(b"index", index, reply);
            }
            Begin::Keyword(keyword, from) => {
                step(b"keyword", 2, reply);
                reply.bulk(b"keyword");
                reply.bulk(keyword.as_bytes());
                field(b"startfrom", from, reply);
            }
            Begin::Unknown => step(b"unknown", 0, reply),
        }
        reply.bulk(b"find_keys");
        match self.find {
            Find::Range { last, step: distance, limit } => {
                step(b"range", 3, reply);
                field(b"lastkey", last, reply);
                field(b"keystep", distance, reply);
                field(b"limit", limit, reply);
            }
            Find::KeyNum { at, first, step: distance } => {
                step(b"keynum", 3, reply);
                field(b"keynumidx", at, reply);
                field(b"firstkey", first, reply);
                field(b"keystep", distance, reply);
            }
            Find::Unknown => step(b"unknown", 0, reply),
        }
    }
}

/// Begins the description of one step of a key search, whose `fields` follow.
fn step(kind: &[u8], fields: usize, reply: &mut Reply<'_>) {
    reply.map(2);
    reply.bulk(b"type");
    reply.bulk(kind);
    reply.bulk(b"spec");
    reply.map(fields);
}

fn field(name: &[u8], value: i8, reply: &mut Reply<'_>) {
    reply.bulk(name);
    reply.int(i64::from(value));
}
