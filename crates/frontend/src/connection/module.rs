//! MODULE: there are none, and none can be loaded.

use bus::Wake;
use commands::CmdError;

use super::help;
use crate::core::Core;
use crate::route::Call;

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    pub(super) fn module_list(&mut self, call: &Call) -> Result<(), CmdError> {
        self.answer(call, |reply| reply.array(0));
        Ok(())
    }

    /// MODULE LOAD, LOADEX, UNLOAD: as Redis answers where modules are forbidden.
    pub(super) fn module_change(&mut self, _: &Call) -> Result<(), CmdError> {
        Err(CmdError::text_of(
            "ERR MODULE command not allowed. If the enable-module-command option is set to \"local\", you can run it \
             from a local connection, otherwise you need to set this option in the configuration file, and then restart \
             the server.",
        ))
    }

    pub(super) fn module_help(&mut self, call: &Call) -> Result<(), CmdError> {
        self.answer(call, |reply| help::write(help::MODULE, reply));
        Ok(())
    }
}
