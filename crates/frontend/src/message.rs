//! What travels over the bus: batches of pieces, which come back with their replies.
//!
//! ```text
//! Batch (one for each core, turn and target)
//!   pieces   [ SET k v | part of MGET | step of RENAME | … ]   in program order
//!   ranges   [ argument ranges of all pieces ]                 into `bytes`, or into `shared` for large frames
//!   bytes    [ SET key:1 xxxx … ]                              the arguments, copied once, read in order
//!   replies  [ +OK … ]  ends [ 5, … ]                          filled in by the target; piece i's reply ends at ends[i]
//! ```
//!
//! The same box goes there and back and is then used again, so that a busy core allocates nothing.

use base::{ArgRange, Args};
use bytes::Bytes;
use commands::{CommandId, Step, StepOut};

use crate::pubsub::Kind;
use crate::watch::{Note, Timed};

/// Where the reply of a piece goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dest {
    /// To a connection, as the reply with this number.
    Conn { index: u32, generation: u32, seq: u32 },
    /// To a gathering of several shards' replies, as this part.
    Part { gather: u32, part: u32 },
    /// To a rounds task, as the result of this step.
    Step { task: u32, step: u32 },
    /// To a blocking command of the core.
    Waiter { number: u64 },
}

/// Where the bytes of a piece's arguments are.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Source {
    /// A received chunk of this turn (own pieces only).
    Chunk(u32),
    /// A whole buffer of its own: a frame that came in several reads, an inline command, or a large argument.
    Shared(u32),
    /// `Batch::bytes`.
    Batch,
}

/// What a piece does on its shard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    /// A command, or a shard's part of one.
    Command(CommandId),
    /// The commands of an EXEC, or a shard's part of them ([`short`](crate::transaction::short)). `guarded`: the last argument
    /// is the token of watched keys, all of them here.
    Exec { guarded: bool },
    /// What a command asks every core about its connections and counters rather than its shard.
    Inquiry(CommandId),
    /// Asks for the exclusive locks of its arguments for a rounds task, or without any for the whole shard, then runs the task's first step here.
    Lock { step: u32 },
    /// The only step of a task here: claims its arguments as an ordinary command does, and holds nothing.
    Once { step: u32 },
    /// A step of a task without keys: it sees the whole shard, but holds nothing.
    Look { step: u32 },
    /// A later step of a task that holds its locks.
    Step { step: u32 },
    /// The last step of a task here: runs it, then gives the locks back.
    Unlock { step: u32 },
    /// Does nothing, but behind all that was published before.
    Fence,
    /// Asks for more of a reply, whose number is in the piece's hash.
    More,
    /// Nobody wants the rest of a reply, whose number is in the piece's hash.
    DropRest,
    /// A blocking command whose keys are all here: tries it, and makes it wait if there is nothing for it.
    Wait(CommandId),
    /// A blocking command over several shards waits; its keys are locked.
    Enlist(CommandId),
    /// A blocking command over several shards was tried in vain; its keys are locked still.
    Tried,
    /// A blocking command waits no longer. The answer says whether it did. It is tried before, if it never was and `tries`.
    Cancel { tries: bool },
    /// A blocking command has got the locks of its keys. Never travels.
    Retry,
    /// Gives the message of its last two arguments to the subscribers of the core. Its hash is that of the channel, its
    /// destination the command that published it, if it is of a connection of this core.
    Message(Kind),
}

impl Dest {
    /// To nobody: the client asked for no replies.
    pub(crate) const NOBODY: Dest = Dest::Conn { index: u32::MAX, generation: 0, seq: 0 };
    /// To no task: nobody waits for the step.
    pub(crate) const NO_STEP: Dest = Dest::Step { task: u32::MAX, step: u32::MAX };
}

impl Piece {
    /// Whether the reply may be written bit by bit: it goes straight to a connection.
    pub(crate) fn may_stream(&self) -> bool {
        matches!(self.dest, Dest::Conn { index, .. } if index != u32::MAX)
    }
}

impl Op {
    /// The number of the step among the batch's or plan's steps.
    pub(crate) fn step(self) -> Option<u32> {
        match self {
            Op::Command(_) | Op::Inquiry(_) | Op::Fence | Op::More | Op::DropRest | Op::Message(_) => None,
            Op::Exec { .. } => None,
            Op::Wait(_) | Op::Enlist(_) | Op::Tried | Op::Cancel { .. } | Op::Retry => None,
            Op::Lock { step }
            | Op::Once { step }
            | Op::Look { step }
            | Op::Step { step }
            | Op::Unlock { step } => Some(step),
        }
    }
}

/// A rounds task, named uniquely over all cores: the core that runs it, and its number there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct TaskId {
    pub(crate) core: u16,
    pub(crate) number: u64,
}

/// One piece of work for one shard.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece {
    pub(crate) dest: Dest,
    pub(crate) op: Op,
    pub(crate) source: Source,
    /// Where the frame starts in its source: ranges are relative to it.
    pub(crate) base: u32,
    pub(crate) first_range: u32,
    pub(crate) argc: u32,
    pub(crate) hash: u64,
    pub(crate) slot: u16,
    pub(crate) db: u16,
    pub(crate) resp3: bool,
    /// The client leaves no trace in the access times of keys.
    pub(crate) no_touch: bool,
    /// A write that goes to several shards: its number among those of the core that planned it, and to how many; 0 for others.
    pub(crate) group: u32,
    pub(crate) parts: u16,
}

// A piece is written and read once for each command: one cache line.
const _: () = assert!(size_of::<Piece>() <= 64);

/// A step of a rounds task under way to its shard.
pub(crate) struct StepCall {
    pub(crate) task: TaskId,
    /// As in [`Piece`].
    pub(crate) no_touch: bool,
    /// On how many shards the task writes; 0 if it only reads.
    pub(crate) parts: u16,
    /// Taken when the step runs.
    pub(crate) run: Option<Step>,
}

impl StepCall {
    /// Takes the step out, to be run.
    pub(crate) fn take(&mut self) -> StepCall {
        StepCall { run: self.run.take(), ..*self }
    }
}

/// The reply position of a piece that waits for a key lock and answers later.
pub(crate) const DEFERRED: usize = usize::MAX;

/// What one core asks of one shard in one turn, and the answers.
#[derive(Default)]
pub struct Batch {
    pub(crate) pieces: Vec<Piece>,
    pub(crate) ranges: Vec<ArgRange>,
    pub(crate) bytes: Vec<u8>,
    pub(crate) shared: Vec<Bytes>,
    pub(crate) steps: Vec<StepCall>,
    pub(crate) replies: Vec<u8>,
    pub(crate) ends: Vec<usize>,
    pub(crate) outs: Vec<(Dest, StepOut)>,
    /// Replies that go on: the number of the piece, and of the rest at the shard.
    pub(crate) streams: Vec<(u32, u64)>,
    /// Times of pieces that are parts of something, or unusual.
    pub(crate) timed: Vec<Timed>,
    /// How many commands scripts have called, and which of them were unusual; with where the replies of the scripts go.
    pub(crate) called: Vec<(Dest, u32, Vec<Note>)>,
    /// How far the shard's log had to be for all this.
    pub(crate) log_position: u64,
}

/// Buffers of a batch that grew beyond this are not kept for the next turn.
const KEEP_MAX_BYTES: usize = 256 * 1024;

impl Batch {
    /// Makes the batch ready for its next use.
    pub(crate) fn clear(&mut self) {
        self.pieces.clear();
        self.ranges.clear();
        self.shared.clear();
        self.steps.clear();
        self.ends.clear();
        self.outs.clear();
        self.timed.clear();
        self.called.clear();
        self.streams.clear();
        for buffer in [&mut self.bytes, &mut self.replies] {
            buffer.clear();
            if buffer.capacity() > KEEP_MAX_BYTES {
                *buffer = Vec::new();
            }
        }
    }

    /// The arguments of one of its pieces.
    #[inline]
    pub(crate) fn args(&self, piece: &Piece) -> Args<'_> {
        let bytes: &[u8] = match piece.source {
            Source::Shared(at) => self.shared.get(at as usize).map_or(&[], |bytes| bytes),
            Source::Batch | Source::Chunk(_) => &self.bytes,
        };
        args_of(bytes, &self.ranges, piece)
    }
}

/// The arguments of a piece, given the bytes of its source and the ranges of its batch or plan.
#[inline]
pub(crate) fn args_of<'a>(bytes: &'a [u8], ranges: &'a [ArgRange], piece: &Piece) -> Args<'a> {
    let bytes = bytes.get(piece.base as usize..).unwrap_or(&[]);
    let first = piece.first_range as usize;
    Args::new(bytes, ranges.get(first..first + piece.argc as usize).unwrap_or(&[]))
}

/// The body of a reply over the bus.
pub struct Answer(pub(crate) AnswerBody);

/// What an answer is.
pub(crate) enum AnswerBody {
    /// A batch with its replies.
    Batch(Box<Batch>),
    /// The reply of a piece that had to wait for a key lock.
    /// With the number of the rest if the reply goes on.
    Late { dest: Dest, bytes: Vec<u8>, stream: Option<u64>, ticks: u64, calls: u32, notes: Vec<Note> },
    /// More of a reply.
    Slice { dest: Dest, number: u64, bytes: Vec<u8>, done: bool },
    /// The result of a step that had to wait for a key lock.
    LateStep { dest: Dest, out: StepOut, ticks: u64 },
    /// The reply of a blocking command that waited.
    Served { number: u64, bytes: Vec<u8>, ticks: u64 },
    /// A blocking command over several shards may find something now.
    Wake { number: u64 },
}
