//! HIMPORT: lists of fields that a connection remembers by name, and hashes made of them.
//!
//! HIMPORT SET names such a list. Only the connection knows it, so the connection puts the fields in, and what goes to the shard
//! of the key says everything: `HIMPORT SET key field value …`, with fields in their order by bytes, which is the order that such
//! hashes have in Redis.

use base::{ArgRange, Args};
use bus::Wake;
use bytes::Bytes;
use commands::CmdError;
use hashbrown::HashMap;

use crate::core::{Core, conn_mut};
use crate::message::Source;
use crate::route::{Call, copy_each};

/// The fieldsets of a connection.
#[derive(Default)]
pub(crate) struct Fieldsets {
    by_name: HashMap<Box<[u8]>, Fieldset>,
    bytes: usize,
}

/// Fields in their order by bytes, each with the position of its value.
struct Fieldset {
    fields: Vec<(Box<[u8]>, u32)>,
}

impl Fieldset {
    fn new(fields: Args<'_>) -> Result<Self, CmdError> {
        let mut fields: Vec<(Box<[u8]>, u32)> = fields.iter().map(Box::from).zip(0..).collect();
        fields.sort_unstable();
        if fields.windows(2).any(|pair| matches!(pair, [(one, _), (other, _)] if one == other)) {
            return Err(CmdError::text_of("ERR duplicate field name in fieldset"));
        }
        Ok(Fieldset { fields })
    }

    fn memory_bytes(&self) -> usize {
        self.fields.iter().map(|(field, _)| size_of::<(Box<[u8]>, u32)>() + field.len()).sum()
    }
}

impl Fieldsets {
    /// Heap bytes, about.
    pub(crate) fn memory_bytes(&self) -> usize {
        self.bytes
    }

    /// Forgets all; returns how many there were.
    pub(crate) fn clear(&mut self) -> usize {
        std::mem::take(self).by_name.len()
    }

    fn entry_bytes(name: &[u8], fieldset: &Fieldset) -> usize {
        size_of::<(Box<[u8]>, Fieldset)>() + name.len() + fieldset.memory_bytes()
    }

    fn remove(&mut self, name: &[u8]) -> bool {
        let removed = self.by_name.remove(name);
        self.bytes -= removed.as_ref().map_or(0, |fieldset| Fieldsets::entry_bytes(name, fieldset));
        removed.is_some()
    }

    fn insert(&mut self, name: &[u8], fieldset: Fieldset) {
        self.remove(name);
        self.bytes += Fieldsets::entry_bytes(name, &fieldset);
        self.by_name.insert(name.into(), fieldset);
    }

    /// The arguments of HIMPORT SET as the shard gets them.
    fn put_in(&self, args: Args<'_>) -> Result<(Vec<u8>, Vec<ArgRange>), CmdError> {
        let fieldset = self.by_name.get(args.arg(3)).ok_or(CmdError::text_of("ERR no such fieldset"))?;
        let values = args.tail(4);
        if values.len() != fieldset.fields.len() {
            return Err(CmdError::text_of("ERR value count does not match fieldset field count"));
        }
        let (mut bytes, mut ranges) = (Vec::new(), Vec::new());
        let pairs = fieldset.fields.iter().flat_map(|(field, at)| [&**field, values.arg(*at as usize)]);
        copy_each(args.head(3).iter().chain(pairs), &mut bytes, &mut ranges);
        Ok((bytes, ranges))
    }
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// HIMPORT PREPARE fieldset field [field …]
    pub(super) fn himport_prepare(&mut self, call: &Call) -> Result<(), CmdError> {
        let args = self.call_args(call);
        let (name, fieldset) = (args.arg(2).to_vec(), Fieldset::new(args.tail(3))?);
        if let Some(conn) = conn_mut(&mut self.conns, call.id) {
            conn.client_mut().fieldsets.insert(&name, fieldset);
        }
        self.answer(call, |reply| reply.ok());
        Ok(())
    }

    /// HIMPORT SET key fieldset value [value …]
    pub(super) fn himport_set(&mut self, call: &Call) -> Result<(), CmdError> {
        let none = Fieldsets::default();
        let conn = self.conns.get(call.id.index as usize).and_then(Option::as_ref);
        let fieldsets =
            conn.and_then(|conn| conn.client.as_deref()).map_or(&none, |client| &client.fieldsets);
        let (bytes, ranges) = fieldsets.put_in(self.call_args(call))?;
        let source = Source::Shared(self.plan.shared.len() as u32);
        self.plan.shared.push(Bytes::from(bytes));
        self.plan.ranges.truncate(call.first_range as usize);
        let argc = ranges.len() as u32;
        self.plan.ranges.extend(ranges);
        // The shard counts the call.
        self.stats().commands[usize::from(call.command)].calls.add(1u64.wrapping_neg());
        self.asked = true;
        self.route_key(&Call { source, base: 0, argc, ..*call });
        Ok(())
    }

    /// HIMPORT DISCARD fieldset
    pub(super) fn himport_discard(&mut self, call: &Call) -> Result<(), CmdError> {
        let name = self.call_args(call).arg(2).to_vec();
        let client = conn_mut(&mut self.conns, call.id).and_then(|conn| conn.client.as_deref_mut());
        let removed = client.is_some_and(|client| client.fieldsets.remove(&name));
        self.answer(call, |reply| reply.int(removed.into()));
        Ok(())
    }

    /// HIMPORT DISCARDALL
    pub(super) fn himport_discardall(&mut self, call: &Call) -> Result<(), CmdError> {
        let client = conn_mut(&mut self.conns, call.id).and_then(|conn| conn.client.as_deref_mut());
        let removed = client.map_or(0, |client| client.fieldsets.clear());
        self.answer(call, |reply| reply.int(removed as i64));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::harness::Harness;

    #[test]
    fn hashes_are_made_of_fieldsets() {
        for shards in [1, 3] {
            let mut harness = Harness::new(shards, "");
            let (client, other) = (harness.connect(0), harness.connect(0));
            harness.check(client, "HIMPORT PREPARE f b a ''", "+OK\r\n");
            for key in ["k", "l", "m", "n"] {
                harness.check(client, &format!("HIMPORT SET {key} f 1 2 3"), "+OK\r\n");
                let fields = "*6\r\n$0\r\n\r\n$1\r\n3\r\n$1\r\na\r\n$1\r\n2\r\n$1\r\nb\r\n$1\r\n1\r\n";
                harness.check(other, &format!("HGETALL {key}"), fields);
            }
            harness.check(client, "HIMPORT PREPARE g x", "+OK\r\n");
            harness.check(client, "HIMPORT SET k g y", "+OK\r\n");
            harness.check(client, "HGETALL k", "*2\r\n$1\r\nx\r\n$1\r\ny\r\n");
            harness.check(client, "SET k 1", "+OK\r\n");
            let text = "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n";
            harness.check(client, "HIMPORT SET k g y", text);
            let text = "-ERR value count does not match fieldset field count\r\n";
            harness.check(client, "HIMPORT SET l f 1 2", text);
            let none = "-ERR no such fieldset\r\n";
            harness.check(other, "HIMPORT SET l f 1 2 3", none);
            let text = "-ERR duplicate field name in fieldset\r\n";
            harness.check(client, "HIMPORT PREPARE h a b a", text);
            harness.check(client, "HIMPORT SET l h 1 2 3", none);
            harness.check(client, "HIMPORT DISCARD g", ":1\r\n");
            harness.check(client, "HIMPORT DISCARD g", ":0\r\n");
            harness.check(client, "HIMPORT PREPARE g x", "+OK\r\n");
            harness.check(client, "HIMPORT DISCARDALL", ":2\r\n");
            harness.check(client, "HIMPORT SET l f 1 2 3", none);
            harness.check(client, "HIMPORT PREPARE g x", "+OK\r\n");
            harness.check(client, "RESET", "+RESET\r\n");
            harness.check(client, "HIMPORT SET l g 1", none);
        }
    }

    #[test]
    fn words_of_himport_are_checked() {
        let mut harness = Harness::new(2, "");
        let client = harness.connect(0);
        for command in ["prepare f", "set k f", "discard", "discard a b", "discardall x"] {
            let name = command.split(' ').next().unwrap();
            let text = format!("-ERR wrong number of arguments for 'himport|{name}' command\r\n");
            harness.check(client, &format!("HIMPORT {command}"), &text);
        }
        let text = "-ERR unknown subcommand 'what'. Try HIMPORT HELP.\r\n";
        harness.check(client, "HIMPORT what", text);
    }
}
