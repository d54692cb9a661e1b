//! Runs the commands of frames at the start.
//!
//! A core runs what is its own and passes over the rest, so that logs of any number of shards can be fed. Each frame is run at
//! its own time.

use base::{ArgRange, Args};
use bus::Wake;
use commands::{CommandId, Route, ShardCtx};
use persist::log::next_frame;
use resp::Reply;

use crate::core::Core;
use crate::keys::Keys;
use crate::route::copy_each;

/// Why frames cannot be run.
pub(crate) type Unfit = String;

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// Runs whole frames. Returns how many commands were its own.
    ///
    /// # Errors
    /// Frames that cannot be read, or commands that are not known.
    pub(crate) fn replay(&mut self, mut bytes: &[u8]) -> Result<u64, Unfit> {
        let (mut words, mut ranges, mut out) = (Vec::new(), Vec::new(), Vec::new());
        let mut count = 0;
        while !bytes.is_empty() {
            let (frame, len) = match next_frame(bytes) {
                Ok(Some(found)) => found,
                Ok(None) => return Err("a frame of the log ends in the middle".into()),
                Err(error) => return Err(format!("a frame of the log is broken: {error}")),
            };
            self.shard.replay_at(frame.head.time_ms);
            // The first core alone changes the list of libraries, and so in one order: all logs tell of it. In those of older versions it was the
            // log of whoever had called the command, in frames like these.
            let of_list = self.id == 0
                || frame.head.barrier && frame.head.group.is_none() && frame.commands().count() == 1;
            let (mut commands, mut args) = (frame.commands(), Vec::new());
            while let Some(db) = commands.next_into(&mut args).map_err(|error| error.to_string())? {
                words.clear();
                ranges.clear();
                copy_each(args.iter().copied(), &mut words, &mut ranges);
                count += u64::from(self.replay_call(db, &words, &ranges, of_list, &mut out)?);
            }
            bytes = bytes.get(len..).unwrap_or_default();
        }
        self.shard.set_now(self.now.unix_ms);
        Ok(count)
    }

    /// Runs a command as far as its keys live here, or it is of the list of libraries and that is to be changed here. Returns whether it was.
    fn replay_call(
        &mut self,
        db: u16,
        words: &[u8],
        ranges: &[ArgRange],
        of_list: bool,
        out: &mut Vec<u8>,
    ) -> Result<bool, Unfit> {
        let args = Args::new(words, ranges);
        let mut command: CommandId = 0;
        let name = || String::from_utf8_lossy(args.arg(0)).into_owned();
        let route = self
            .resolve(args, &mut command)
            .map_err(|error| format!("{} in the log: {}", name(), String::from_utf8_lossy(&error.text())))?;
        let spec = self.table().spec(command);
        if crate::scripting::functions::changes(spec.meta.name) {
            if of_list && let Err(error) = self.changed(args, false) {
                tracing::warn!("{} in the log failed: {}", name(), String::from_utf8_lossy(&error.text()));
            }
            return Ok(of_list);
        }
        let Some(handler) = self.handlers[usize::from(command)] else {
            return Err(format!("{} in the log: it cannot be replayed", name()));
        };
        let keys = Keys::of(spec, args);
        let mine = |at: &usize| self.topology.shard_of(args.arg(*at)) == self.id;
        let kept: Vec<usize> = keys.iter().filter(mine).collect();
        let all = keys.iter().count();
        if all > 0 && kept.is_empty() {
            return Ok(false);
        }
        let mut some = Vec::new();
        if kept.len() < all {
            let (Route::Keys(..), Keys::Range(range)) = (route, &keys) else {
                return Err(format!("{} in the log: its keys live in several shards", name()));
            };
            some.extend(ranges.first());
            for at in &kept {
                some.extend_from_slice(ranges.get(*at..at + range.step()).unwrap_or_default());
            }
        }
        let args = if some.is_empty() { args } else { Args::new(words, &some) };
        let key = kept.first().map(|&at| Args::new(words, ranges).arg(at));
        let (slot, hash) = key.map_or((0, 0), |key| (base::slot::key_slot(key), self.hasher.hash(key)));
        out.clear();
        let mut ctx = ShardCtx { shard: &mut self.shard, db: usize::from(db), slot, hash };
        if let Err(error) = handler(&mut ctx, args, &mut Reply::new(out, false)) {
            tracing::warn!("{} in the log failed: {}", name(), String::from_utf8_lossy(&error.text()));
        }
        Ok(true)
    }
}
