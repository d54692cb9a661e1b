//! What takes commands off the hot path for a while: a pause of clients, and clients in MONITOR mode.

use bus::Wake;
use commands::{CommandId, CommandTable};

use crate::connection::Monitor;
use crate::core::Core;
use crate::hot::HotSpec;
use crate::pause::{Fence, Pause};

/// What there is of it on a core.
#[derive(Default)]
pub(crate) struct Detour {
    /// CLIENT PAUSE.
    pub(crate) pause: Option<Pause>,
    /// The inquiry that was just carried out answers behind a fence.
    pub(crate) wants_fence: bool,
    /// Answers that wait for what was begun before them.
    pub(crate) fences: Vec<Fence>,
    /// The number of CLIENT PAUSE.
    pub(crate) pause_command: CommandId,
    /// The number of MONITOR.
    pub(crate) monitor_command: CommandId,
    /// Clients of this core in MONITOR mode.
    pub(crate) monitors: Vec<Monitor>,
    /// Cores with such clients.
    pub(crate) monitored: Vec<u16>,
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
        let (pause, monitored) = (self.detour.pause, !self.detour.monitored.is_empty());
        let hot = self.shared.table.iter().map(|(_, spec)| {
            let full = self.memory.is_full() && spec.meta.flags.contains(commands::meta::Flag::DenyOom);
            let slow = monitored || full || pause.is_some_and(|pause| pause.holds(spec));
            if slow { HotSpec::NONE } else { HotSpec::of(spec) }
        });
        self.hot_specs = hot.collect();
    }

    /// Answers a piece apart from its batch.
    pub(crate) fn answer_late(&mut self, dest: crate::message::Dest, from: Option<u16>, bytes: &[u8]) {
        use crate::message::{Answer, AnswerBody};
        match from {
            None => self.deliver(dest, bytes),
            Some(core) => {
                self.port.reply_late(
                    core,
                    Answer(AnswerBody::Late { dest, bytes: bytes.to_vec(), ticks: 0, note: None }),
                );
            }
        }
    }
}
