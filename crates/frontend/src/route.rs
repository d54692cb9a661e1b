//! From a command to its pieces: which shards get what.

use base::conn::ConnId;
use base::{ArgRange, Args, slot};
use bus::Wake;
use bytes::Bytes;
use commands::{CmdError, CommandId, Merge, Route};
use resp::Reply;

use crate::connection::refusal;
use crate::core::{Core, conn_mut};
use crate::keys;
use crate::message::{Batch, Dest, Op, Piece, Source, args_of};
use crate::pause::may_replicate;
use crate::plan::{Plan, batch_for, source_bytes};

/// Arguments up to this size are copied into a batch; a larger frame that has a buffer of its own travels by reference.
const SHARE_MIN_BYTES: usize = 16 * 1024;

/// How much of a client's words an error repeats.
const QUOTE_MAX_BYTES: usize = 128;

/// Commands with more arguments are copied argument by argument.
const STRETCH_ARGS_MAX: usize = 8;
/// Bytes between two arguments of a command as it was received: line ends, a marker and a length.
const STRETCH_GAP_BYTES: usize = 14;

/// A command under way to its shards.
#[derive(Clone, Copy)]
pub(crate) struct Call {
    pub(crate) id: ConnId,
    pub(crate) seq: u32,
    /// The client wants no reply, and no number was taken for one.
    pub(crate) muted: bool,
    pub(crate) command: CommandId,
    pub(crate) source: Source,
    pub(crate) base: u32,
    pub(crate) first_range: u32,
    pub(crate) argc: u32,
    pub(crate) db: u16,
    pub(crate) resp3: bool,
    pub(crate) no_touch: bool,
    /// The task of an EXEC that waits for its reply, if it is a part of one.
    pub(crate) inner: Option<u32>,
}

impl Call {
    pub(crate) fn dest(&self) -> Dest {
        if let Some(task) = self.inner {
            return Dest::Step { task, step: 0 };
        }
        if self.muted {
            return Dest::NOBODY;
        }
        Dest::Conn { index: self.id.index, generation: self.id.generation, seq: self.seq }
    }

    pub(crate) fn piece(&self, dest: Dest) -> Piece {
        Piece {
            dest,
            op: Op::Command(self.command),
            source: self.source,
            base: self.base,
            first_range: self.first_range,
            argc: self.argc,
            hash: 0,
            slot: 0,
            db: self.db,
            resp3: self.resp3,
            no_touch: self.no_touch,
            group: 0,
            parts: 0,
        }
    }
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// Carries out the command, of any kind, whose argument ranges were just appended to the plan. False: a pause of clients
    /// holds it back, or lack of credit.
    pub(crate) fn command(&mut self, id: ConnId, source: Source, base: u32) -> bool {
        if self.detour.pause.is_some() && self.postpone(id, source, base) {
            return false;
        }
        if self.pubsub.messages.settled && !self.may_parse() {
            let end = self.plan.own_ranges();
            self.plan.ranges.truncate(end as usize);
            return false;
        }
        self.other_command(id, source, base);
        true
    }

    fn other_command(&mut self, id: ConnId, source: Source, base: u32) {
        let Some(conn) = conn_mut(&mut self.conns, id) else { return };
        let first_range = self.plan.own_ranges();
        let muted = conn.take_mute();
        let mut call = Call {
            id,
            seq: if muted { 0 } else { conn.take_seq() },
            muted,
            command: 0,
            source,
            base,
            first_range,
            argc: self.plan.ranges.len() as u32 - first_range,
            db: conn.db,
            resp3: conn.resp3,
            no_touch: conn.no_touch,
            inner: None,
        };
        let queues = conn.multi.is_some();
        conn.commands += 1;
        let listening = conn.is_listening();
        let authenticated = conn.authenticated || self.hot.password.is_empty();
        let args = self.call_args(&call);
        let route = match self.resolve(args, &mut call.command) {
            Ok(route) => route,
            Err(_) if is_http(args.arg(0)) => return self.hang_up(&call),
            Err(error) => return self.refuse(&call, &error),
        };
        if let Some(Some(conn)) = self.conns.get_mut(id.index as usize) {
            conn.last_command = call.command;
        }
        if !authenticated
            && !self.table().spec(call.command).meta.flags.contains(commands::meta::Flag::NoAuth)
        {
            return self.refuse(&call, &CmdError::text_of("NOAUTH Authentication required."));
        }
        if self.lacks_memory(&call) {
            return self.refuse(&call, &CmdError::OutOfMemory);
        }
        if listening && let Some(error) = refusal(self.table().spec(call.command)) {
            return self.refuse(&call, &error);
        }
        if self.gate.is_shut()
            && let Some(error) = self.refused_for_now(&call)
        {
            return self.refuse(&call, &error);
        }
        if self.detour.busy.is_some()
            && let Some(error) = self.refused_as_busy(&call)
        {
            return self.refuse(&call, &error);
        }
        let request_bytes = self.plan.ranges.last().map_or(0, |last| last.end() + 2);
        if request_bytes >= self.watch.request_bytes {
            self.notice_request(&call, request_bytes);
        }
        let monitored = if self.detour.monitored.is_empty() { None } else { self.monitored_text(&call) };
        if self.is_monitor(&call) {
            return self.refuse(&call, &CmdError::text_of("ERR Replica can't interact with the keyspace"));
        }
        if queues && self.queue(&call) {
            return self.plan.ranges.truncate(first_range as usize);
        }
        match route {
            Route::Key(_) if !self.own_commands.takes(call.command) => self.route_key(&call),
            Route::Keys(_, merge) => self.route_keys(&call, merge),
            Route::AllShards(_, merge) => self.route_all(&call, merge),
            Route::OneShard(pick, _) => match pick(self.call_args(&call), self.topology) {
                Ok(shard) => self.send(shard, call.piece(call.dest())),
                Err(error) => self.refuse(&call, &error),
            },
            Route::Rounds(_, function) if !self.own_commands.takes(call.command) => {
                self.route_rounds(&call, function);
            }
            Route::Blocking(blocking) => self.route_blocking(&call, blocking),
            Route::Walk(function) => self.start_task(&call, function, Vec::new()),
            Route::Task(function) => self.route_task(&call, function),
            Route::Key(_) | Route::Rounds(..) | Route::Connection | Route::Container => {
                self.connection_command(&call)
            }
        }
        // What is not planned for the own shard has been copied, or is done.
        let end = self.plan.own_ranges();
        self.plan.ranges.truncate(end as usize);
        if let Some(text) = monitored {
            self.feed(id, &text);
        }
    }

    /// Whether a client in MONITOR mode asks for what Redis refuses to its replicas, of which it takes those for some.
    fn is_monitor(&self, call: &Call) -> bool {
        let monitors = || self.detour.monitors.iter().any(|monitor| monitor.id == call.id);
        !self.detour.monitors.is_empty() && monitors() && {
            let spec = self.table().spec(call.command);
            spec.meta.flags.contains(commands::meta::Flag::ReadOnly) || may_replicate(spec)
        }
    }

    pub(crate) fn call_args(&self, call: &Call) -> Args<'_> {
        args_of(self.plan.bytes(call.source), &self.plan.ranges, &call.piece(call.dest()))
    }

    /// Finds the command and checks its number of arguments.
    #[inline]
    pub(crate) fn resolve(&self, args: Args<'_>, command: &mut CommandId) -> Result<Route, CmdError> {
        let table = self.table();
        let name = args.arg(0);
        let mut id = table.find(name).ok_or_else(|| unknown_command(args))?;
        *command = id;
        let mut spec = table.spec(id);
        if !spec.subcommands.is_empty() && args.len() > 1 {
            id = table.find_subcommand(id, args.arg(1)).ok_or_else(|| unknown_subcommand(args))?;
            *command = id;
            spec = table.spec(id);
        }
        if !spec.meta.takes(args.len()) {
            return Err(CmdError::Arity(spec.meta.name.into()));
        }
        Ok(spec.route)
    }

    /// Closes the connection of a browser that was tricked into speaking to this port, before the body of its request is
    /// taken for commands; as Redis does.
    #[cold]
    fn hang_up(&mut self, call: &Call) {
        tracing::warn!("a client speaks HTTP, perhaps without the knowledge of its user: disconnected");
        self.plan.ranges.truncate(call.first_range as usize);
        self.answer(call, |_| {});
        if let Some(conn) = conn_mut(&mut self.conns, call.id) {
            conn.closing = true;
        }
        self.mark_dirty(call.id.index);
    }

    /// Answers a command with an error without having executed it.
    #[cold]
    pub(crate) fn refuse(&mut self, call: &Call, error: &CmdError) {
        let mut text = error.text();
        if let Some(aborted) = self.refused_in_multi(call, &text) {
            text = aborted.into();
        }
        self.plan.ranges.truncate(call.first_range as usize);
        self.answer(call, |reply| reply.error_bytes(&text));
        let stats = self.stats();
        stats.error(&text);
        if !text.starts_with(b"ERR unknown ") {
            stats.commands[usize::from(call.command)].rejected.add(1);
        }
    }

    /// Writes the reply of a command that the core itself carried out.
    pub(crate) fn answer(&mut self, call: &Call, write: impl FnOnce(&mut Reply<'_>)) {
        if call.inner.is_some() {
            // What a script calls is answered in the protocol that the script has chosen.
            let execution = call.inner.and_then(|task| self.tasks.get_mut(task)?.execution.as_ref());
            let of_script = execution.is_some_and(|execution| execution.desk.borrow().script.is_some());
            let conn = conn_mut(&mut self.conns, call.id).filter(|_| !of_script);
            let resp3 = conn.map_or(call.resp3, |conn| conn.resp3);
            let mut bytes = Vec::new();
            write(&mut Reply::new(&mut bytes, resp3));
            self.answered_bytes = bytes.len();
            if call.inner == Some(u32::MAX) {
                self.captured = Some(bytes);
                return;
            }
            return self.deliver(call.dest(), &bytes);
        }
        let Some(conn) = conn_mut(&mut self.conns, call.id) else { return };
        if call.muted {
            return;
        }
        if conn.is_head(call.seq) {
            let start = conn.out.len();
            write(&mut Reply::new(&mut conn.out, conn.resp3));
            self.answered_bytes = conn.out.len() - start;
            conn.head_written();
        } else {
            let mut bytes = std::mem::take(&mut self.scratch);
            bytes.clear();
            write(&mut Reply::new(&mut bytes, conn.resp3));
            self.answered_bytes = bytes.len();
            conn.deliver(call.seq, &bytes);
            self.scratch = bytes;
        }
        self.mark_dirty(call.id.index);
    }

    /// Sends the command to the shard of its first key. Without one it is going to fail, which it may do here.
    pub(crate) fn route_key(&mut self, call: &Call) {
        let mut piece = call.piece(call.dest());
        let args = self.call_args(call);
        let Some(key) = keys::first(self.table().spec(call.command), args).map(|at| args.arg(at)) else {
            return self.send(self.id, piece);
        };
        piece.slot = slot::key_slot(key);
        piece.hash = self.hasher.hash(key);
        self.send(slot::shard_of_slot(piece.slot, self.topology.shards), piece);
    }

    /// Sends a piece with the arguments of its call to a shard.
    #[inline]
    pub(crate) fn send(&mut self, shard: u16, piece: Piece) {
        if shard == self.id {
            self.shard.prefetch(usize::from(piece.db), piece.slot, piece.hash);
            self.plan.own.push(piece);
            return;
        }
        self.send_remote(shard, piece);
    }

    pub(crate) fn send_remote(&mut self, shard: u16, piece: Piece) {
        let Plan { batches, spare, ranges, chunks, shared, remote, .. } = &mut self.plan;
        let first = piece.first_range as usize;
        let ranges = ranges.get(first..first + piece.argc as usize).unwrap_or_default();
        let bytes = source_bytes(chunks, shared, piece.source);
        let bytes = bytes.get(piece.base as usize..).unwrap_or_default();
        put_into(batch_for(batches, spare, shard), piece, shared, bytes, ranges);
        *remote += 1;
    }

    /// Whether a command changes data.
    pub(crate) fn writes(&self, command: CommandId) -> bool {
        self.table().spec(command).meta.flags.contains(commands::meta::Flag::Write)
    }

    /// Sends every shard the whole command.
    fn route_all(&mut self, call: &Call, merge: Merge) {
        self.send_to_all(call, Op::Command(call.command), merge);
    }

    /// Asks every core about what the command wants to know.
    pub(crate) fn inquire_all(&mut self, call: &Call, merge: Merge) {
        if call.inner == Some(u32::MAX) {
            // A script of the only shard calls, so there is nobody else to be asked.
            let words: Vec<Vec<u8>> = self.call_args(call).iter().map(<[u8]>::to_vec).collect();
            let mut out = Vec::new();
            crate::connection::with_args(&words, |args| self.inquire(call.command, args, None, &mut out));
            self.stats().commands_processed.add(1);
            self.captured = Some(out);
            return;
        }
        self.asked = true;
        self.send_to_all(call, Op::Inquiry(call.command), merge);
    }

    fn send_to_all(&mut self, call: &Call, op: Op, merge: Merge) {
        let writes = matches!(op, Op::Command(_)) && self.writes(call.command);
        let group = if writes { self.log.next_group() } else { 0 };
        let parts = self.topology.shards;
        let piece = |dest| Piece { op, ..call.piece(dest) };
        if self.topology.shards == 1 && !matches!(merge, Merge::Custom(_)) {
            return self.send(0, piece(call.dest()));
        }
        let mut gather = self.spare_gathers.pop().unwrap_or_default();
        gather.order.clear();
        self.keep_args(call, &mut gather.args);
        gather.op = op;
        gather.start(call.dest(), merge, call.resp3, usize::from(self.topology.shards));
        let gather = self.gathers.insert(gather);
        for shard in 0..self.topology.shards {
            self.send(shard, Piece { group, parts, ..piece(Dest::Part { gather, part: u32::from(shard) }) });
        }
    }
}

/// Puts a piece into a batch with its arguments, which lie at `ranges` of `bytes`.
pub(crate) fn put_into(
    batch: &mut Batch,
    mut piece: Piece,
    shared: &[Bytes],
    bytes: &[u8],
    ranges: &[ArgRange],
) {
    if let Some(frame) = shareable(&piece, shared) {
        piece.source = Source::Shared(batch.shared.len() as u32);
        batch.shared.push(frame.clone());
        piece.first_range = batch.ranges.len() as u32;
        batch.ranges.extend_from_slice(ranges);
    } else {
        copy_args(batch, &mut piece, bytes, ranges);
    }
    batch.pieces.push(piece);
}

/// As [`put_into`], for a piece whose arguments are all that a frame has: that is copied as it is.
#[inline]
pub(crate) fn put_frame(
    batch: &mut Batch,
    mut piece: Piece,
    shared: &[Bytes],
    frame: &[u8],
    ranges: &[ArgRange],
) {
    if shareable(&piece, shared).is_some() {
        return put_into(batch, piece, shared, frame, ranges);
    }
    piece.source = Source::Batch;
    piece.base = batch.bytes.len() as u32;
    piece.first_range = batch.ranges.len() as u32;
    batch.bytes.extend_from_slice(frame);
    batch.ranges.extend_from_slice(ranges);
    batch.pieces.push(piece);
}

/// The buffer of a piece's arguments, if it is large and they have it to themselves.
#[inline]
fn shareable<'a>(piece: &Piece, shared: &'a [Bytes]) -> Option<&'a Bytes> {
    match piece.source {
        Source::Shared(at) => shared.get(at as usize).filter(|frame| frame.len() >= SHARE_MIN_BYTES),
        _ => None,
    }
}

/// Copies a piece's arguments into a batch and makes the piece refer to the copy.
///
/// Arguments that stand close together (a command as it was received) are copied in one stretch, with the protocol's bytes
/// between them; others (a shard's part of a long command) one by one.
pub(crate) fn copy_args(batch: &mut Batch, piece: &mut Piece, bytes: &[u8], ranges: &[ArgRange]) {
    piece.source = Source::Batch;
    piece.base = 0;
    piece.first_range = batch.ranges.len() as u32;
    piece.argc = ranges.len() as u32;
    let at = batch.bytes.len() as u32;
    if let (Some(first), Some(last)) = (ranges.first(), ranges.last())
        && ranges.len() <= STRETCH_ARGS_MAX
        && let Some(stretch) = bytes.get(first.off as usize..last.end())
        && stretch.len() <= ranges.iter().map(|range| range.len as usize + STRETCH_GAP_BYTES).sum()
    {
        batch.ranges.extend(ranges.iter().map(|range| ArgRange::new(range.off - first.off + at, range.len)));
        batch.bytes.extend_from_slice(stretch);
        return;
    }
    copy_each(ranges.iter().map(|range| range.slice(bytes)), &mut batch.bytes, &mut batch.ranges);
}

/// Copies arguments one behind the other.
pub(crate) fn copy_each<'a>(
    args: impl Iterator<Item = &'a [u8]>,
    bytes: &mut Vec<u8>,
    ranges: &mut Vec<ArgRange>,
) {
    for arg in args {
        ranges.push(ArgRange::new(bytes.len() as u32, arg.len() as u32));
        bytes.extend_from_slice(arg);
    }
}

/// What Redis's `%.*s` prints of an argument: so many bytes, and none from the first NUL on.
fn clip(arg: &[u8], max: usize) -> &[u8] {
    let arg = arg.get(..max).unwrap_or(arg);
    arg.split(|&byte| byte == 0).next().unwrap_or_default()
}

/// Whether this is the first word of an HTTP request or of one of its headers, and no command.
fn is_http(name: &[u8]) -> bool {
    name.eq_ignore_ascii_case(b"post") || name.eq_ignore_ascii_case(b"host:")
}

fn unknown_command(args: Args<'_>) -> CmdError {
    // Redis shows at most 128 bytes of the name, and of the arguments as many as fit into 128.
    let name = clip(args.arg(0), QUOTE_MAX_BYTES);
    let mut text = [b"ERR unknown command '", name, b"', with args beginning with: "].concat();
    let mut shown = 0;
    for arg in args.tail(1).iter() {
        if shown >= QUOTE_MAX_BYTES {
            break;
        }
        let arg = clip(arg, QUOTE_MAX_BYTES - shown);
        shown += arg.len() + "'' ".len();
        text.extend([b"'", arg, b"' "].iter().copied().flatten());
    }
    CmdError::Text(text.into())
}

fn unknown_subcommand(args: Args<'_>) -> CmdError {
    let sub = clip(args.arg(1), QUOTE_MAX_BYTES);
    let name = args.arg(0).to_ascii_uppercase();
    CmdError::Text([b"ERR unknown subcommand '", sub, b"'. Try ", &name, b" HELP."].concat().into())
}
