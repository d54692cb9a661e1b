//! The reply of COMMAND DOCS.

use super::{Arg, Docs};
use crate::meta::Meta;
use resp::Reply;

impl Docs {
    /// Writes a command's entry in the reply of COMMAND DOCS: its name, then the map with its documentation.
    ///
    /// Containers list the documentation of their `subcommands` in the same way.
    pub fn write(&self, name: &str, subcommands: &[&Meta], reply: &mut Reply<'_>) {
        reply.bulk(name.as_bytes());
        let optional = [
            self.complexity.is_some(),
            !self.doc_flags.is_empty(),
            self.deprecated_since.is_some(),
            self.replaced_by.is_some(),
            !self.history.is_empty(),
            !self.arguments.is_empty(),
            !subcommands.is_empty(),
        ];
        reply.map(3 + count(&optional));
        text("summary", Some(self.summary), reply);
        text("since", Some(self.since), reply);
        text("group", Some(self.group), reply);
        text("complexity", self.complexity, reply);
        if !self.doc_flags.is_empty() {
            reply.bulk(b"doc_flags");
            words(self.doc_flags.iter().copied(), reply);
        }
        text("deprecated_since", self.deprecated_since, reply);
        text("replaced_by", self.replaced_by, reply);
        if !self.history.is_empty() {
            reply.bulk(b"history");
            reply.set(self.history.len());
            for (since, change) in self.history {
                reply.array(2);
                reply.bulk(since.as_bytes());
                reply.bulk(change.as_bytes());
            }
        }
        if !self.arguments.is_empty() {
            write_args(self.arguments, reply);
        }
        if !subcommands.is_empty() {
            reply.bulk(b"subcommands");
            reply.map(subcommands.len());
            for meta in subcommands {
                meta.write_docs(reply);
            }
        }
    }
}

impl Arg {
    fn write(&self, reply: &mut Reply<'_>) {
        let flags = [
            (self.optional, "optional"),
            (self.multiple, "multiple"),
            (self.multiple_token, "multiple_token"),
        ];
        let flags = || flags.iter().filter(|(on, _)| *on).map(|(_, name)| *name);
        let optional = [
            self.display_text().is_some(),
            self.key_spec_index.is_some(),
            self.token.is_some(),
            self.since.is_some(),
            self.deprecated_since.is_some(),
            flags().next().is_some(),
            !self.args.is_empty(),
        ];
        reply.map(2 + count(&optional));
        text("name", Some(self.name), reply);
        text("type", Some(self.kind.name()), reply);
        text("display_text", self.display_text(), reply);
        if let Some(index) = self.key_spec_index {
            reply.bulk(b"key_spec_index");
            reply.int(i64::from(index));
        }
        text("token", self.token, reply);
        text("since", self.since, reply);
        text("deprecated_since", self.deprecated_since, reply);
        if flags().next().is_some() {
            reply.bulk(b"flags");
            words(flags(), reply);
        }
        if !self.args.is_empty() {
            write_args(self.args, reply);
        }
    }
}

fn write_args(args: &[Arg], reply: &mut Reply<'_>) {
    reply.bulk(b"arguments");
    reply.array(args.len());
    for arg in args {
        arg.write(reply);
    }
}

/// Writes a field whose value is a string, or nothing where there is none.
fn text(field: &str, value: Option<&str>, reply: &mut Reply<'_>) {
    if let Some(value) = value {
        reply.bulk(field.as_bytes());
        reply.bulk(value.as_bytes());
    }
}

/// Writes a set of status words.
pub(crate) fn words(words: impl Iterator<Item = &'static str> + Clone, reply: &mut Reply<'_>) {
    reply.set(words.clone().count());
    for word in words {
        reply.simple(word);
    }
}

fn count(present: &[bool]) -> usize {
    present.iter().filter(|present| **present).count()
}
