//! What takes commands off the hot path for a while: a pause of clients, clients in MONITOR mode, and scripts that are busy.

use bus::Wake;
use commands::{CommandId, CommandTable};

use crate::connection::{Listing, Monitor};
use crate::core::Core;
use crate::hot::HotSpec;
use crate::message::{Answer, AnswerBody, Dest};
use crate::pause::{Fence, Pause};
use crate::scripting::busy::Busy;

/// What there is of it on a core.
#[derive(Default)]
pub(crate) struct Detour {
    /// CLIENT PAUSE.
    pub(crate) pause: Option<Pause>,
    /// The inquiry that was just carried out answers behind a fence.
    pub(crate) wants_fence: bool,
    /// The inquiry that was just carried out is to end this blocking command, and answers when it is known whether it did.
    pub(crate) unblocking: Option<u64>,
    /// Answers that wait for what was begun before them.
    pub(crate) fences: Vec<Fence>,
    /// The inquiry that was just carried out is a list of clients, which is made at the end of the turn.
    pub(crate) listing: Option<Listing>,
    /// Lists of clients that are to be made.
    pub(crate) listings: Vec<(Dest, Option<u16>, Listing)>,
    /// The number of CLIENT PAUSE.
    pub(crate) pause_command: CommandId,
    /// The number of MONITOR.
    pub(crate) monitor_command: CommandId,
    /// Clients of this core in MONITOR mode.
    pub(crate) monitors: Vec<Monitor>,
    /// Cores with such clients.
    pub(crate) monitored: Vec<u16>,
    /// Lines of what scripts have called, for those clients.
    pub(crate) lines: Vec<Vec<u8>>,
    pub(crate) line_bytes: usize,
    /// Shards that busy scripts hold.
    pub(crate) busy: Option<Busy>,
}

impl Detour {
    pub(crate) fn new(table: &CommandTable) -> Self {
        let number = |name: &str| table.iter().find(|(_, spec)| spec.meta.name == name).map(|(id, _)| id);
        Detour {
            pause_command: number("client|pause").unwrap_or(CommandId::MAX),
            monitor_command: number("monitor").unwrap_or(CommandId::MAX),
            ..Detour::default()
        }
    }
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// Takes commands off the hot path, or puts them back.
    pub(crate) fn refresh_hot_specs(&mut self) {
        let pause = self.detour.pause;
        let all = !self.detour.monitored.is_empty() || self.detour.busy.is_some();
        let hot = self.shared.table.iter().map(|(_, spec)| {
            let full = self.memory.is_full() && spec.meta.flags.contains(commands::meta::Flag::DenyOom);
            let slow =
                all || full || self.gate.concerns(spec) || pause.is_some_and(|pause| pause.holds(spec));
            if slow { HotSpec::NONE } else { HotSpec::of(spec) }
        });
        self.hot_specs = hot.collect();
    }

    /// Whether the answer of the inquiry that was just carried out comes later: behind all that this core began before it, or
    /// at the end of the turn.
    pub(crate) fn answers_late(&mut self, dest: Dest, from: Option<u16>) -> bool {
        if std::mem::take(&mut self.detour.wants_fence) {
            self.detour.fences.push(Fence::new(dest, from, self.next_task));
            return true;
        }
        if let Some(number) = self.detour.unblocking.take() {
            self.tell_of_unblocking(number, dest, from);
            return true;
        }
        if let Some(listing) = self.detour.listing.take() {
            self.detour.listings.push((dest, from, listing));
            return true;
        }
        false
    }

    /// Answers a piece apart from its batch.
    pub(crate) fn answer_late(&mut self, dest: Dest, from: Option<u16>, bytes: &[u8]) {
        match from {
            None => self.deliver(dest, bytes),
            Some(core) => {
                self.reply_late(
                    core,
                    Answer(AnswerBody::Late {
                        dest,
                        bytes: bytes.to_vec(),
                        stream: None,
                        ticks: 0,
                        calls: 0,
                        notes: Vec::new(),
                    }),
                );
            }
        }
    }
}
