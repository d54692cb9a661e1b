//! Writing streams: nodes of entries, then everything else.
//!
//! A stream says first how many nodes it has; how entries are shared out to nodes is for who writes them.

use super::listpack::Builder;
use super::{Style, put_len, put_text};
use crate::part::{Id, StreamState, Text};

/// The entry has the fields that the head of its node names.
const FLAG_SAME_FIELDS: i64 = 2;
/// A group that does not know how many entries it has read.
const ENTRIES_READ_UNKNOWN: u64 = u64::MAX;

/// Collects entries and writes them as nodes.
#[derive(Debug, Default)]
pub struct NodeWriter {
    /// Identity of the first entry of the node.
    id: Id,
    /// The names of its fields.
    names: Vec<Vec<u8>>,
    count: i64,
    entries: Builder,
    whole: Builder,
}

impl NodeWriter {
    /// Adds an entry to the node, given as names and values in turn.
    pub fn entry(&mut self, id: Id, texts: &[Text<'_>]) {
        if self.count == 0 {
            self.id = id;
            self.names = texts.iter().step_by(2).map(|name| name.to_vec()).collect();
            self.entries.begin();
        }
        let fields = texts.len() / 2;
        let mut scratch = Vec::new();
        let same = fields == self.names.len()
            && texts
                .iter()
                .step_by(2)
                .zip(&self.names)
                .all(|(name, master)| name.bytes(&mut scratch) == master);
        let out = &mut self.entries;
        out.int(if same { FLAG_SAME_FIELDS } else { 0 });
        out.int(id.ms.wrapping_sub(self.id.ms) as i64);
        out.int(id.seq.wrapping_sub(self.id.seq) as i64);
        if same {
            texts.iter().skip(1).step_by(2).for_each(|&value| out.element(value));
            out.int(fields as i64 + 3);
        } else {
            out.int(fields as i64);
            texts.iter().for_each(|&text| out.element(text));
            out.int(2 * fields as i64 + 4);
        }
        self.count += 1;
    }

    /// Appends the node, which has an entry, and begins another one.
    pub fn finish(&mut self, out: &mut Vec<u8>, style: &mut Style) {
        let pack = &mut self.whole;
        pack.begin();
        pack.int(std::mem::take(&mut self.count));
        pack.int(0);
        pack.int(self.names.len() as i64);
        self.names.iter().for_each(|name| pack.element(Text::Bytes(name)));
        pack.int(0);
        pack.extend(&self.entries);
        put_len(out, 16);
        put_raw_id(out, self.id);
        put_text(out, Text::Bytes(pack.finish()), style);
    }
}

fn put_id(out: &mut Vec<u8>, id: Id) {
    put_len(out, id.ms);
    put_len(out, id.seq);
}

/// An identity in sixteen bytes: that of a node, of a pending entry of a group or of a consumer.
pub fn put_raw_id(out: &mut Vec<u8>, id: Id) {
    out.extend_from_slice(&id.ms.to_be_bytes());
    out.extend_from_slice(&id.seq.to_be_bytes());
}

/// What a stream knows of itself, behind its nodes. Its number of groups must follow.
pub fn put_stream_state(out: &mut Vec<u8>, state: StreamState, first_id: Id) {
    let (max_deleted, added) = state.history.unwrap_or((Id::default(), state.len));
    put_len(out, state.len);
    put_id(out, state.last_id);
    put_id(out, first_id);
    put_id(out, max_deleted);
    put_len(out, added);
}

/// A group. The number of its pending entries and these must follow, then the number of its consumers and these.
pub fn put_group(out: &mut Vec<u8>, name: &[u8], last_id: Id, entries_read: Option<u64>) {
    put_text(out, Text::Bytes(name), &mut Style::default());
    put_id(out, last_id);
    put_len(out, entries_read.unwrap_or(ENTRIES_READ_UNKNOWN));
}

/// A pending entry of a group.
pub fn put_pending(out: &mut Vec<u8>, id: Id, delivered_ms: i64, count: u64) {
    put_raw_id(out, id);
    out.extend_from_slice(&delivered_ms.to_le_bytes());
    put_len(out, count);
}

/// A consumer. The number of its pending entries and their identities must follow.
pub fn put_consumer(out: &mut Vec<u8>, name: &[u8], seen_ms: i64, active_ms: i64) {
    put_text(out, Text::Bytes(name), &mut Style::default());
    out.extend_from_slice(&seen_ms.to_le_bytes());
    out.extend_from_slice(&active_ms.to_le_bytes());
}

/// A name that a producer gave to an entry.
pub fn put_producer_name(out: &mut Vec<u8>, name: &[u8], id: Id) {
    put_text(out, Text::Bytes(name), &mut Style::default());
    put_id(out, id);
}
