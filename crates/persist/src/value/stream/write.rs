//! Writing streams bit by bit.
//!
//! ```text
//!   how many chunks │ each chunk as a node │ the stream's state
//!   how many groups │ each: head │ how many pending, these │ how many consumers, each: head │ how many pending, their ids
//!                   │       [how many pending entries of nobody, these]
//!   [settings │ how many producers │ each: name │ how many names, these │ counts]                    only in the newest form
//! ```
//!
//! All these numbers are known beforehand, so a stream that was lent can be written while the one that lent it changes.

use ds::stream::{ChunkPlace, Group, Producers, Stream, StreamId};
use rdb::write::{
    NodeWriter, Style, put_consumer, put_group, put_len, put_pending, put_producer_name, put_raw_id,
    put_stream_state, put_text,
};
use rdb::{Id, StreamState, Text};

use crate::value::text;

/// Entries that are written, or pending ones that are looked at for those of nobody, before a piece ends.
const LOOKS_MAX: usize = 2048;

fn written(id: StreamId) -> Id {
    Id { ms: id.ms, seq: id.seq }
}

/// Whether a stream has what only the newest version of the format knows. O(groups).
pub(in crate::value) fn is_new_stream(stream: &Stream) -> bool {
    stream.producers().is_some() || stream.groups().iter().any(|group| group.unowned_len() > 0)
}

/// What is written next.
#[derive(Clone, Copy, Debug, Default)]
enum At {
    #[default]
    Begin,
    /// The chunk behind this one.
    Chunk(Option<ChunkPlace>),
    /// The group of this number in the order of names.
    Group(usize),
    /// Pending entries of a group from an id on.
    Pending(usize, StreamId),
    /// A consumer of a group, by their numbers.
    Consumer(usize, usize),
    /// Ids of a consumer from one on.
    Owned(usize, usize, StreamId),
    /// Ids of a group's pending entries that are nobody's.
    Unowned(usize, StreamId),
    /// The producer of this number.
    Producer(usize),
    End,
}

/// Writes a stream from the beginning to the end.
#[derive(Debug, Default)]
pub(crate) struct StreamWriter {
    at: At,
    is_new: bool,
    node: NodeWriter,
}

impl StreamWriter {
    /// Appends what comes next of a stream, until `out` is about so long: an entry, a chunk of short ones or the names of a producer
    /// may be longer. Returns whether nothing is left.
    pub(crate) fn put_some(
        &mut self,
        out: &mut Vec<u8>,
        stream: &Stream,
        until_bytes: usize,
        style: &mut Style,
    ) -> bool {
        let mut looks_left = if until_bytes == usize::MAX { usize::MAX } else { LOOKS_MAX };
        while out.len() < until_bytes && looks_left > 0 {
            self.at = match self.at {
                At::Begin => {
                    self.is_new = is_new_stream(stream);
                    put_len(out, stream.chunks() as u64);
                    At::Chunk(None)
                }
                At::Chunk(before) => match stream.chunk_behind(before) {
                    Some(place) => {
                        let entries = self.put_chunk(out, stream, place, style);
                        looks_left = looks_left.saturating_sub(entries);
                        At::Chunk(Some(place))
                    }
                    None => {
                        put_state(out, stream);
                        put_len(out, stream.groups().len() as u64);
                        At::Group(0)
                    }
                },
                At::Group(at) => match stream.groups().at(at) {
                    Some(group) => {
                        put_group(out, group.name(), written(group.last_id()), group.entries_read());
                        put_len(out, group.pending().len() as u64);
                        At::Pending(at, StreamId::MIN)
                    }
                    None if self.is_new => put_producers_head(out, stream.producers()),
                    None => At::End,
                },
                At::Producer(at) => put_producer(out, stream.producers(), at),
                At::End => return true,
                at => match in_group(at).and_then(|group| stream.groups().at(group)) {
                    Some(group) => self.put_some_of_group(out, group, at, until_bytes, &mut looks_left),
                    None => At::End,
                },
            };
        }
        matches!(self.at, At::End)
    }

    /// The chunk that was written last: what is before it is not looked at any more.
    pub(crate) fn chunk(&self) -> Option<ChunkPlace> {
        match self.at {
            At::Chunk(place) => place,
            _ => None,
        }
    }

    /// Appends a chunk as a node; returns how many entries it has.
    fn put_chunk(
        &mut self,
        out: &mut Vec<u8>,
        stream: &Stream,
        place: ChunkPlace,
        style: &mut Style,
    ) -> usize {
        let (mut texts, mut count): (Vec<Text<'_>>, _) = (Vec::new(), 0);
        for entry in stream.entries_of(place) {
            texts.clear();
            entry.for_each(|element| texts.push(text(element)));
            self.node.entry(written(entry.id), &texts);
            count += 1;
        }
        self.node.finish(out, style);
        count
    }

    /// What comes next of a group, and what then.
    fn put_some_of_group(
        &self,
        out: &mut Vec<u8>,
        group: &Group,
        at: At,
        until_bytes: usize,
        looks_left: &mut usize,
    ) -> At {
        match at {
            At::Pending(number, from) => {
                for (id, state) in group.pending().iter_from(from) {
                    if out.len() >= until_bytes {
                        return At::Pending(number, id);
                    }
                    put_pending(out, written(id), state.delivered_ms, state.count);
                }
                put_len(out, group.consumers_len() as u64);
                At::Consumer(number, 0)
            }
            At::Consumer(number, rank) => match group.consumer_at(rank) {
                Some(consumer) => {
                    put_consumer(out, consumer.name(), consumer.seen_ms, consumer.active_ms);
                    put_len(out, consumer.pending_len() as u64);
                    At::Owned(number, rank, StreamId::MIN)
                }
                None if self.is_new => {
                    put_len(out, group.unowned_len() as u64);
                    At::Unowned(number, StreamId::MIN)
                }
                None => At::Group(number + 1),
            },
            At::Owned(number, rank, from) => {
                let ids = group.consumer_at(rank).map(|consumer| consumer.pending_from(from));
                for id in ids.into_iter().flatten() {
                    if out.len() >= until_bytes {
                        return At::Owned(number, rank, id);
                    }
                    put_raw_id(out, written(id));
                }
                At::Consumer(number, rank + 1)
            }
            At::Unowned(number, from) => {
                let none_left = group.unowned_len() == 0;
                for (id, state) in group.pending().iter_from(from).take_while(|_| !none_left) {
                    if out.len() >= until_bytes || *looks_left == 0 {
                        return At::Unowned(number, id);
                    }
                    *looks_left -= 1;
                    if state.consumer.is_none() {
                        put_raw_id(out, written(id));
                    }
                }
                At::Group(number + 1)
            }
            _ => At::End,
        }
    }
}

/// The group that a place is in.
fn in_group(at: At) -> Option<usize> {
    match at {
        At::Pending(group, _) | At::Consumer(group, _) | At::Owned(group, ..) | At::Unowned(group, _) => {
            Some(group)
        }
        _ => None,
    }
}

fn put_state(out: &mut Vec<u8>, stream: &Stream) {
    let state = StreamState {
        len: stream.len() as u64,
        last_id: written(stream.last_id()),
        history: Some((written(stream.max_deleted_id()), stream.entries_added())),
    };
    put_stream_state(out, state, written(stream.first_id()));
}

/// What stands before the producers, which only the newest form has.
fn put_producers_head(out: &mut Vec<u8>, producers: Option<&Producers>) -> At {
    let none = Default::default();
    let producers = producers.unwrap_or(&none);
    put_len(out, producers.duration_ms());
    put_len(out, producers.names_max() as u64);
    put_len(out, producers.producers() as u64);
    At::Producer(0)
}

fn put_producer(out: &mut Vec<u8>, producers: Option<&Producers>, at: usize) -> At {
    if let Some(producer) = producers.and_then(|producers| producers.at(at)) {
        put_text(out, Text::Bytes(producer.name()), &mut Style::default());
        put_len(out, producer.names().len() as u64);
        producer.names().for_each(|(name, id)| put_producer_name(out, name, written(id)));
        return At::Producer(at + 1);
    }
    put_len(out, producers.map_or(0, Producers::added));
    put_len(out, producers.map_or(0, Producers::duplicates));
    At::End
}
