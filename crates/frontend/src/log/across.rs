//! Commands of another server's log that touch several shards at once (RENAME, SINTERSTORE, …), as they are imported.
//!
//! Everything else is run by the shards side by side, each at its own pace. Before such a command all shards come to a stop; the first
//! core carries it out in rounds, at its own time, and then they go on. Our own logs have no such commands.

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;

use base::Args;
use bus::Wake;
use bytes::Bytes;
use commands::{CmdError, CommandId, CommandTable, OwnedArgs, Route, Step, Topology, Tx};
use persist::load::{FeedItem, Piece, Source};
use persist::log::next_frame;

use crate::core::Core;
use crate::keys::Keys;
use crate::message::Dest;
use crate::rounds::NewTask;
use crate::shared::Shared;
use crate::transaction::calls::{Calls, Kind, NewCall, Words};
use crate::transaction::exec::{Surroundings, nested_with};

/// A source whose frames with such commands stand alone.
pub struct Across<'a> {
    inner: &'a mut dyn Source,
    table: &'a CommandTable,
    topology: Topology,
    waiting: VecDeque<Piece>,
}

impl<'a> Across<'a> {
    /// Of what another source gives.
    pub fn new(inner: &'a mut dyn Source, shared: &'a Shared) -> Self {
        let topology = Topology { shards: shared.stats.len() as u16 };
        Across { inner, table: &shared.table, topology, waiting: VecDeque::new() }
    }

    /// Puts a piece in line, cut where a frame has to stand alone.
    fn cut(&mut self, piece: &Piece, frames: &[u8]) {
        let (mut rest, mut start) = (frames, 0);
        let frames_at = |from: usize, to: usize| frames.get(from..to).unwrap_or_default();
        let mut put = |item| self.waiting.push_back(Piece { item, ..piece.clone() });
        // What cannot be read is left to the shards, which say what is wrong.
        while let Ok(Some((frame, len))) = next_frame(rest) {
            let at = frames.len() - rest.len();
            rest = rest.get(len..).unwrap_or_default();
            let (mut commands, mut words, mut crosses) = (frame.commands(), Vec::new(), false);
            while let Ok(Some(_)) = commands.next_into(&mut words) {
                crosses |= crosses_shards(self.table, self.topology, &words);
            }
            if crosses {
                if at > start {
                    put(FeedItem::Frames(frames_at(start, at).into()));
                }
                put(FeedItem::Across(frames_at(at, at + len).into()));
                start = at + len;
            }
        }
        if start < frames.len() {
            put(FeedItem::Frames(frames_at(start, frames.len()).into()));
        }
    }
}

impl Source for Across<'_> {
    fn next(&mut self, waiting: &[usize]) -> io::Result<Option<Piece>> {
        if self.waiting.is_empty() {
            match self.inner.next(waiting)? {
                Some(piece) => match &piece.item {
                    FeedItem::Frames(frames) => self.cut(&piece, &frames.clone()),
                    _ => return Ok(Some(piece)),
                },
                None => return Ok(None),
            }
        }
        Ok(self.waiting.pop_front())
    }
}

/// Whether a command touches several shards in a way that none of them can do alone.
fn crosses_shards(table: &CommandTable, topology: Topology, words: &[&[u8]]) -> bool {
    let words = Words::of_slices(words.iter().copied());
    let args = Args::new(&words.bytes, &words.ranges);
    let Some(id) = table.find(args.arg(0)) else { return false };
    let id = table.find_subcommand(id, args.arg(1)).unwrap_or(id);
    let spec = table.spec(id);
    if !spec.meta.takes(args.len()) {
        return false;
    }
    let keys = Keys::of(spec, args);
    if matches!((spec.route, &keys), (Route::Keys(..), Keys::Range(_))) {
        return false;
    }
    let mut shards = keys.iter().map(|at| topology.shard_of(args.arg(at)));
    let first = shards.next();
    spec.meta.has_unnamed_keys(args) || shards.any(|shard| Some(shard) != first)
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// Begins to carry out the commands of a frame, while all shards stand still.
    pub(crate) fn replay_across(&mut self, frame: Arc<[u8]>) {
        if self.shared.saving.reloads.load(std::sync::atomic::Ordering::Relaxed) {
            // All shards are held by the task that loads, so nobody else can do it.
            *self.shared.saving.across() = Some(frame);
            return;
        }
        let new = NewTask::of_all(Dest::NOBODY, self.topology.shards);
        let around = self.surroundings();
        self.begin_task(new, |tx| {
            Box::pin(async move {
                run(&tx, &around, &frame).await;
                around.shared.feed.crossed();
                Ok(())
            })
        });
    }
}

/// Runs the commands of a frame one after the other.
pub(crate) async fn run(tx: &Tx, around: &Surroundings, frame: &[u8]) {
    tx.round(Vec::new()).await;
    let Ok(Some((frame, _))) = next_frame(frame) else { return };
    let (mut commands, mut words) = (frame.commands(), Vec::new());
    while let Ok(Some(db)) = commands.next_into(&mut words) {
        let kept = Arc::new(Words::of_slices(words.iter().copied()));
        let reply = call(tx, around, db, &kept, frame.head.time_ms).await;
        if let Some(error) = reply.strip_prefix(b"-") {
            let name = words.first().copied().unwrap_or_default();
            tracing::warn!(
                "{} in the log failed: {}",
                name.escape_ascii(),
                error.trim_ascii_end().escape_ascii()
            );
        }
    }
}

async fn call(tx: &Tx, around: &Surroundings, db: u16, words: &Arc<Words>, time_ms: u64) -> Vec<u8> {
    let table = &around.shared.table;
    let args = Args::new(&words.bytes, &words.ranges);
    let found: Option<CommandId> =
        table.find(args.arg(0)).map(|id| table.find_subcommand(id, args.arg(1)).unwrap_or(id));
    let Some(command) = found.filter(|&id| table.spec(id).meta.takes(args.len())) else {
        return b"-not a command\r\n".to_vec();
    };
    let spec = table.spec(command);
    let then = |step: Step| -> Step {
        Box::new(move |ctx| {
            ctx.shard.replay_at(time_ms);
            step(ctx)
        })
    };
    match Kind::of(spec, args, false, tx.topology) {
        Kind::Rounds(function) => {
            let args: OwnedArgs = args.iter().map(Bytes::copy_from_slice).collect();
            nested_with(tx, function, args, usize::from(db), false, then).await
        }
        Kind::Step => {
            let mut calls =
                Calls::new(Arc::clone(words), tx.topology, around.hasher, around.ticks, around.home);
            let new = NewCall { number: 0, command, spec, ranges: &words.ranges, db, resp3: false };
            if let Err(error) = calls.add(&new) {
                return [b"-", &*error_text(&error)].concat();
            }
            let (steps, results) = calls.into_steps();
            let steps = steps.into_iter().map(|(shard, step)| (shard, then(step))).collect();
            let outs = tx.round(steps).await;
            results.outcomes(outs, around.random).pop().map_or(Vec::new(), |outcome| outcome.reply)
        }
        Kind::Own | Kind::Script => {
            b"-it cannot be replayed beside a command over several shards\r\n".to_vec()
        }
    }
}

fn error_text(error: &CmdError) -> Vec<u8> {
    error.text().into_owned()
}
