//! HELLO and AUTH.

use bus::Wake;
use commands::CmdError;

use crate::core::{Core, conn_mut};
use crate::route::Call;

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    pub(super) fn hello(&mut self, call: &Call) -> Result<(), CmdError> {
        let _ = call;
        Err(CmdError::Syntax)
    }

    pub(super) fn auth(&mut self, call: &Call) -> Result<(), CmdError> {
        if let Some(conn) = conn_mut(&mut self.conns, call.id) {
            conn.authenticated |= self.hot.password.is_empty();
        }
        Err(CmdError::Syntax)
    }
}
