//! Scripts that take long: who is told so, and how they are ended.

use std::sync::atomic::Ordering;

use bus::Wake;
use commands::CmdError;

use super::registry::Running;
use crate::core::Core;
use crate::route::Call;

/// What commands get while a script of EVAL is busy.
pub(crate) const BUSY_SCRIPT: CmdError = CmdError::text_of(
    "BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.",
);
/// What commands get while a function is busy.
pub(crate) const BUSY_FUNCTION: CmdError = CmdError::text_of(
    "BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.",
);
const NOT_BUSY: CmdError = CmdError::text_of("NOTBUSY No scripts in execution right now.");
const UNKILLABLE: CmdError = CmdError::text_of(
    "UNKILLABLE Sorry the script already executed write commands against the dataset. You can either wait the script \
     termination or kill the server in a hard way using the SHUTDOWN NOSAVE command.",
);

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// SCRIPT KILL and FUNCTION KILL: ends whatever is busy and has not written.
    pub(crate) fn kill_scripts(&mut self, call: &Call, functions: bool) -> Result<(), CmdError> {
        let running: Vec<&Running> =
            self.shared.scripts.running.iter().filter(|running| running.now().is_some()).collect();
        if running.is_empty() {
            return Err(NOT_BUSY);
        }
        let (wrote, harmless): (Vec<_>, Vec<_>) =
            running.into_iter().partition(|running| running.wrote.load(Ordering::Relaxed));
        if harmless.is_empty() && !wrote.is_empty() {
            return Err(UNKILLABLE);
        }
        let is_asked = |running: &&Running| running.now().is_some_and(|runs| runs.is_function == functions);
        let asked: Vec<_> = harmless.into_iter().filter(is_asked).collect();
        if asked.is_empty() {
            return Err(if functions { BUSY_SCRIPT } else { BUSY_FUNCTION });
        }
        asked.iter().for_each(|running| running.kill.store(true, Ordering::Relaxed));
        self.answer(call, |reply| reply.ok());
        Ok(())
    }
}
