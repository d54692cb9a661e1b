//! Streams, both ways.

use ds::stream::{Group, Pending, Stream, StreamId};
use rdb::write::{
    NodePlan, NodeWriter, Style, put_consumer, put_group, put_len, put_pending, put_producer_name,
    put_raw_id, put_stream_state, put_text, texts_len,
};
use rdb::{Id, Part, StreamState, Text};
use store::Draft;

use super::Misfit;
use super::encode::text;

fn id_of(id: Id) -> StreamId {
    StreamId { ms: id.ms, seq: id.seq }
}

fn written(id: StreamId) -> Id {
    Id { ms: id.ms, seq: id.seq }
}

/// Whether a stream has what only the newest version of the format knows.
pub(super) fn is_new_stream(stream: &Stream) -> bool {
    stream.producers().is_some() || stream.groups().iter().any(|group| unowned(group).next().is_some())
}

/// Pending entries that belong to nobody.
fn unowned(group: &Group) -> impl Iterator<Item = StreamId> {
    group.pending().iter().filter(|(_, state)| state.consumer.is_none()).map(|(id, _)| id)
}

/// Appends a stream.
pub(super) fn put_stream(out: &mut Vec<u8>, stream: &Stream, style: &mut Style) {
    let is_new = is_new_stream(stream);
    let (mut plan, mut nodes, mut texts) = (NodePlan::default(), 0, Vec::new());
    for entry in stream.range(StreamId::MIN, StreamId::MAX) {
        texts.clear();
        entry.for_each(|element| texts.push(text(element)));
        nodes += u64::from(plan.begins_node(texts_len(&texts)));
    }
    put_len(out, nodes);
    let mut writer = NodeWriter::default();
    for entry in stream.range(StreamId::MIN, StreamId::MAX) {
        texts.clear();
        entry.for_each(|element| texts.push(text(element)));
        writer.entry(out, written(entry.id), &texts, style);
    }
    writer.finish(out, style);
    let state = StreamState {
        len: stream.len() as u64,
        last_id: written(stream.last_id()),
        history: Some((written(stream.max_deleted_id()), stream.entries_added())),
    };
    put_stream_state(out, state, written(stream.first_id()));
    put_len(out, stream.groups().len() as u64);
    stream.groups().iter().for_each(|group| put_whole_group(out, group, is_new));
    if is_new {
        put_producers(out, stream);
    }
}

fn put_whole_group(out: &mut Vec<u8>, group: &Group, is_new: bool) {
    put_group(out, group.name(), written(group.last_id()), group.entries_read());
    put_len(out, group.pending().len() as u64);
    for (id, state) in group.pending().iter() {
        put_pending(out, written(id), state.delivered_ms, state.count);
    }
    put_len(out, group.consumers_len() as u64);
    for (_, consumer) in group.consumers() {
        put_consumer(out, consumer.name(), consumer.seen_ms, consumer.active_ms);
        put_len(out, consumer.pending_len() as u64);
        consumer.pending_from(StreamId::MIN).for_each(|id| put_raw_id(out, written(id)));
    }
    if is_new {
        put_len(out, unowned(group).count() as u64);
        unowned(group).for_each(|id| put_raw_id(out, written(id)));
    }
}

fn put_producers(out: &mut Vec<u8>, stream: &Stream) {
    let none = Default::default();
    let producers = stream.producers().unwrap_or(&none);
    put_len(out, producers.duration_ms());
    put_len(out, producers.names_max() as u64);
    put_len(out, producers.producers() as u64);
    for (producer, names) in producers.iter() {
        put_text(out, Text::Bytes(producer), &mut Style::default());
        put_len(out, names.len() as u64);
        names.for_each(|(name, id)| put_producer_name(out, name, written(id)));
    }
    put_len(out, producers.added());
    put_len(out, producers.duplicates());
}

/// Adds the parts of a stream to a draft.
#[derive(Debug, Default)]
pub(super) struct StreamAssembler {
    /// The entry whose fields are coming.
    entry: Option<StreamId>,
    fields_left: u64,
    /// Its fields: all their bytes, and where each ends.
    bytes: Vec<u8>,
    ends: Vec<usize>,
    /// The group that parts are for.
    group: Vec<u8>,
    /// The format does not say how many entries a group has read.
    forgot_reads: bool,
    /// The last consumer of that group.
    consumer: u32,
    /// Pending entries of the group that nobody has claimed yet.
    unclaimed: u64,
    producer: Vec<u8>,
    scratch: Vec<u8>,
}

impl StreamAssembler {
    /// See [`super::Assembler::add`].
    pub(super) fn add(&mut self, draft: &mut Draft<'_>, part: Part<Text<'_>>) -> Result<(), Misfit> {
        let limits = draft.limits.stream_chunk();
        let mut draft = draft.as_stream();
        draft.create();
        draft.changed(1);
        let Some(stream) = draft.get() else { return Err(Misfit("a part of a stream")) };
        let once = |new: bool, what| if new { Ok(()) } else { Err(Misfit(what)) };
        match part {
            Part::Entry { id, fields } => {
                self.entry = Some(id_of(id));
                self.fields_left = fields;
                self.bytes.clear();
                self.ends.clear();
                once(fields > 0, "an entry of a stream with fields")
            }
            Part::EntryField(name, value) => {
                for text in [name, value] {
                    self.bytes.extend_from_slice(text.bytes(&mut self.scratch));
                    self.ends.push(self.bytes.len());
                }
                self.fields_left = self.fields_left.saturating_sub(1);
                match self.entry {
                    Some(id) if self.fields_left == 0 => {
                        let begins = std::iter::once(0).chain(self.ends.iter().copied());
                        let bytes = &self.bytes;
                        let fields =
                            begins.zip(&self.ends).map(|(from, &to)| bytes.get(from..to).unwrap_or_default());
                        once(stream.append(id, fields, limits), "a later entry of a stream")
                    }
                    _ => Ok(()),
                }
            }
            Part::StreamState(StreamState { last_id, history, .. }) => {
                stream.set_last_id(id_of(last_id));
                self.forgot_reads = history.is_none();
                if let Some((max_deleted, added)) = history {
                    stream.set_max_deleted_id(id_of(max_deleted));
                    stream.set_entries_added(added);
                }
                Ok(())
            }
            Part::Group { name, last_id, entries_read } => {
                self.end_group()?;
                self.group = name.to_vec();
                // The format before 7.0 did not say, so it is reckoned, as Redis does.
                let reckoned = || stream.added_until(id_of(last_id)).filter(|_| self.forgot_reads);
                let entries_read = entries_read.or_else(reckoned);
                let new = stream.groups_mut().add(&self.group, id_of(last_id), entries_read);
                once(new, "a group of a stream that is there only once")
            }
            Part::Producers { duration_ms, names_max } => {
                self.end_group()?;
                stream
                    .producers_mut()
                    .configure(duration_ms, usize::try_from(names_max).unwrap_or(usize::MAX));
                Ok(())
            }
            Part::Producer(name) => {
                self.producer = name.to_vec();
                Ok(())
            }
            Part::ProducerName(name, id) => {
                stream.producers_mut().note(&self.producer, name.bytes(&mut self.scratch), id_of(id), id.ms);
                Ok(())
            }
            Part::ProducerCounts { added, duplicates } => {
                stream.producers_mut().set_counts(added, duplicates);
                Ok(())
            }
            part => {
                let edited = stream.groups_mut().edit(&self.group, |group| {
                    add_to_group(group, part, &mut self.consumer, &mut self.unclaimed)
                });
                edited.unwrap_or(Err(Misfit("a group of a stream")))
            }
        }
    }

    /// At the end of the stream.
    pub(super) fn finish(&mut self) -> Result<(), Misfit> {
        self.end_group()
    }

    /// All pending entries must have been claimed by a consumer, or be said to belong to nobody.
    fn end_group(&mut self) -> Result<(), Misfit> {
        if std::mem::take(&mut self.unclaimed) == 0 {
            Ok(())
        } else {
            Err(Misfit("owners of all pending entries"))
        }
    }
}

fn add_to_group(
    group: &mut Group,
    part: Part<Text<'_>>,
    consumer: &mut u32,
    unclaimed: &mut u64,
) -> Result<(), Misfit> {
    const PENDING: &str = "a pending entry that is there only once";
    const CLAIMED: &str = "a pending entry that has no owner yet";
    match part {
        Part::Pending { id, delivered_ms, count } => {
            let id = id_of(id);
            if group.pending().get(id).is_some() {
                return Err(Misfit(PENDING));
            }
            group.assign(id, Pending { consumer: None, delivered_ms, count });
            *unclaimed += 1;
        }
        Part::Consumer { name, seen_ms, active_ms } => {
            let mut scratch = Vec::new();
            let name = name.bytes(&mut scratch);
            if group.find_consumer(name).is_some() {
                return Err(Misfit("a consumer that is there only once"));
            }
            *consumer = group.add_consumer(name, seen_ms);
            if let Some(consumer) = group.consumer_mut(*consumer) {
                consumer.active_ms = active_ms;
            }
        }
        Part::Owned(id) | Part::Unowned(id) => {
            let id = id_of(id);
            let state = group.pending().get(id).filter(|state| state.consumer.is_none()).copied();
            let state = state.ok_or(Misfit(CLAIMED))?;
            *unclaimed = unclaimed.checked_sub(1).ok_or(Misfit(CLAIMED))?;
            if matches!(part, Part::Owned(_)) {
                group.assign(id, Pending { consumer: Some(*consumer), ..state });
            }
        }
        _ => return Err(Misfit("a part of a group of a stream")),
    }
    Ok(())
}
