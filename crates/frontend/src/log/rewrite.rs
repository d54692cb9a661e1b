//! Rewrites of the log: a snapshot, with the log that follows its cut, in place of all that was before. Switching the log on is
//! one too.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use bus::Wake;
use commands::{Step, StepOut, Tx};
use persist::log::{Busy, Manifest, Opening, PlainVolume};
use persist::snapshot::{Form, Target};

use crate::core::Core;
use crate::message::Dest;
use crate::rounds::NewTask;
use crate::saving::about;
use crate::shared::Shared;

/// After a rewrite that failed, the next one that nobody asked for is tried no sooner than after this time.
const RETRY_AFTER_MS: u64 = 5000;

impl Shared {
    /// Puts what the configuration says of the log into effect. Called when it has changed.
    pub(crate) fn look_at_log(&self) {
        // Kept meanwhile, so that nobody puts something older into effect behind this.
        let config = self.config();
        let wanted = config.logs();
        self.logs.set_policy(config.sync_policy());
        if !wanted && self.logs.is_on() {
            self.logs.close();
        }
        if wanted && !self.logs.is_on() && !self.feed.is_active() {
            self.want_rewrite();
        }
    }

    /// Has the first core begin a rewrite.
    pub(crate) fn want_rewrite(&self) {
        self.saving.rewrite_wanted.store(true, Ordering::Release);
        self.process.wake_all();
    }

    /// Whether a rewrite waits to be begun.
    pub(crate) fn is_rewrite_wanted(&self) -> bool {
        self.saving.rewrite_wanted.load(Ordering::Acquire)
    }

    /// Looks whether the log is on as it should be, and whether it is to be rewritten because it has grown; several times a second, by the
    /// control plane.
    pub fn look_at_log_growth(&self, now_ms: u64) {
        if self.feed.is_active() {
            return;
        }
        if self.is_rewrite_wanted() {
            // The plane may have become free without the first core's noticing.
            self.process.wake_all();
        } else if self.logs.status().rewriting_since_ms.is_none() {
            // A rewrite opens the log even if it is to be off, and is seen through.
            self.look_at_log();
        }
        if !self.logs.is_on() {
            return;
        }
        let (percent, least) = self.config().rewrite_growth();
        let status = self.logs.status();
        let grown = status.current_bytes.saturating_sub(status.base_bytes);
        let has_grown = percent > 0
            && status.current_bytes >= least
            && grown.saturating_mul(100) >= status.base_bytes.max(1).saturating_mul(percent);
        let due = has_grown || status.needs_base;
        let last_ms = self.saving.rewrite_tried_ms.load(Ordering::Relaxed);
        let waits = status.rewrite_failed && now_ms.saturating_sub(last_ms) < RETRY_AFTER_MS;
        if due && !waits && status.rewriting_since_ms.is_none() {
            self.want_rewrite();
        }
    }

    /// Has the storage plane wait for the chunks of a base, whose cut must follow. Returns its generation and the number of
    /// the snapshot.
    fn begin_base(self: &Arc<Self>, now_ms: u64) -> Result<(u64, u64), Busy> {
        if self.saving.jobs.current().is_some() {
            return Err(Busy);
        }
        if !self.logs.is_on() {
            let (folder, name) = self.config().log_place();
            // What is there was not loaded, and does not count any more when there is a base; but its names are taken.
            let after = persist::log::last_number(&mut PlainVolume, &folder, &name).unwrap_or(0);
            self.logs.open(Opening { folder, name, manifest: Manifest::default(), after, whole: false });
        }
        let generation = self.logs.begin_rewrite(now_ms)?;
        self.saving.rewrite_tried_ms.store(now_ms, Ordering::Relaxed);
        let (folder, name) = self.logs.base_file(generation);
        let mut about = about(now_ms, self.process.memory().used_bytes);
        for (field, value) in &mut about {
            if *field == "aof-base" {
                *value = "1".to_owned();
            }
        }
        let (compressed, checksum) = {
            let config = self.config();
            (config.compresses(), config.checksums())
        };
        let (form, shards) = (Form::File, self.stats.len());
        let target = Target { folder, name, form, number: 0, compressed, checksum, shards, about };
        match self.begin_job_of(target, true, now_ms, |_| ()) {
            Ok(number) => Ok((generation, number)),
            Err(_) => {
                self.logs.end_rewrite(None, now_ms);
                Err(Busy)
            }
        }
    }
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// Begins a rewrite. `dest` hears of it when the cut is made.
    pub(crate) fn begin_rewrite(&mut self, dest: Dest) -> Result<(), Busy> {
        let begun = self.shared.begin_base(self.now.unix_ms)?;
        let new = NewTask::of_all(dest, self.topology.shards);
        let shared = Arc::clone(&self.shared);
        self.begin_task(new, |tx| Box::pin(cut(tx, begun, shared)));
        Ok(())
    }

    /// Once a turn of the first core: begins the rewrite that is wanted, as soon as no snapshot is under way.
    pub(crate) fn look_at_rewrites(&mut self) {
        let shared = Arc::clone(&self.shared);
        if self.id != 0 || !shared.is_rewrite_wanted() || shared.saving.jobs.current().is_some() {
            return;
        }
        shared.saving.rewrite_wanted.store(false, Ordering::Release);
        if self.begin_rewrite(Dest::NOBODY).is_err() {
            // The one under way may have begun before what this one is wanted for.
            shared.saving.rewrite_wanted.store(true, Ordering::Release);
        }
    }
}

/// The cut: all shards begin the snapshot, and their logs the next file, at one instant.
async fn cut(
    tx: Tx,
    (generation, number): (u64, u64),
    shared: Arc<Shared>,
) -> Result<(), commands::CmdError> {
    let step = |shard| {
        let shared = (shard == 0).then(|| Arc::clone(&shared));
        let begin: Step = Box::new(move |ctx| {
            if let Some(shared) = shared {
                shared.save_functions(number);
            }
            ctx.shard.begin_snapshot(number);
            ctx.shard.leave_trail(true);
            ctx.shard.trail().rotate = Some(generation);
            StepOut::Done
        });
        (shard, begin)
    };
    tx.last_round((0..tx.topology.shards).map(step).collect()).await;
    tx.reply(|reply| reply.simple("Background append only file rewriting started"));
    Ok(())
}
