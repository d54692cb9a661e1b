//! SAVE, BGSAVE, LASTSAVE.

use bus::Wake;
use commands::CmdError;

use crate::core::Core;
use crate::message::Dest;
use crate::route::Call;

const BUSY: CmdError = CmdError::text_of("ERR Background save already in progress");

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// SAVE: the reply comes when the snapshot is on the disk. Others are served meanwhile.
    pub(crate) fn save(&mut self, call: &Call) -> Result<(), CmdError> {
        if self.call_args(call).len() > 1 {
            return Err(CmdError::Arity("save".into()));
        }
        self.begin_save(Dest::NOBODY, Some((call.command, call.dest())))
    }

    /// BGSAVE [SCHEDULE | CANCEL]: the reply comes when all shards have made the cut.
    pub(crate) fn bgsave(&mut self, call: &Call) -> Result<(), CmdError> {
        let args = self.call_args(call);
        let word = (args.len() > 1).then(|| args.arg(1).to_ascii_lowercase());
        match word.as_deref() {
            None | Some(b"schedule") if args.len() <= 2 => {}
            Some(b"cancel") if args.len() == 2 => return self.cancel_save(call),
            _ => return Err(CmdError::Syntax),
        }
        self.begin_save(call.dest(), None)
    }

    fn cancel_save(&mut self, call: &Call) -> Result<(), CmdError> {
        if !self.shared.saving.jobs.cancel() {
            return Err(CmdError::text_of("ERR Background saving is currently not in progress or scheduled"));
        }
        self.answer(call, |reply| reply.simple("Background saving cancelled"));
        Ok(())
    }

    /// LASTSAVE
    pub(crate) fn lastsave(&mut self, call: &Call) -> Result<(), CmdError> {
        let last = self.shared.saving.jobs.saves().last_unix_s;
        self.answer(call, |reply| reply.int(i64::try_from(last).unwrap_or(i64::MAX)));
        Ok(())
    }

    fn begin_save(&mut self, dest: Dest, waiter: Option<(u16, Dest)>) -> Result<(), CmdError> {
        self.begin_snapshot(dest, waiter).map_err(|_| BUSY)
    }
}
