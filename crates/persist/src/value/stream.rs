//! Streams, both ways.

mod write;

use ds::stream::{Group, Pending, StreamId};
use rdb::{Id, Part, StreamState, Text};
use store::Draft;

use super::Misfit;
pub(crate) use write::StreamWriter;
pub(super) use write::is_new_stream;

fn id_of(id: Id) -> StreamId {
    StreamId { ms: id.ms, seq: id.seq }
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
            let state = group.pending().get(id).filter(|state| state.consumer.is_none());
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
