//! CLIENT: what a client says of itself. Lists and kills are in `client_list`.

use bus::Wake;
use commands::CmdError;

use super::help;
use crate::conn::Replies;
use crate::core::{Core, conn_mut};
use crate::route::Call;

/// What a name must not have.
pub(super) const NAME_ERROR: &str = "ERR Client names cannot contain spaces, newlines or special characters.";

/// Whether a name or another attribute fits into a field of CLIENT LIST.
pub(super) fn is_plain(text: &[u8]) -> bool {
    text.iter().all(u8::is_ascii_graphic)
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    pub(super) fn client_id(&mut self, call: &Call) -> Result<(), CmdError> {
        let id = conn_mut(&mut self.conns, call.id).map_or(0, |conn| conn.client_id);
        self.answer(call, |reply| reply.int(id as i64));
        Ok(())
    }

    pub(super) fn client_getname(&mut self, call: &Call) -> Result<(), CmdError> {
        let client = conn_mut(&mut self.conns, call.id).and_then(|conn| conn.client.as_ref());
        let name = client.map(|client| client.name.clone()).unwrap_or_default();
        self.answer(call, |reply| if name.is_empty() { reply.null() } else { reply.bulk(&name) });
        Ok(())
    }

    pub(super) fn client_setname(&mut self, call: &Call) -> Result<(), CmdError> {
        let name = self.call_args(call).arg(2).to_vec();
        if !is_plain(&name) {
            return Err(CmdError::text_of(NAME_ERROR));
        }
        if let Some(conn) = conn_mut(&mut self.conns, call.id) {
            conn.client_mut().name = name;
        }
        self.answer(call, |reply| reply.ok());
        Ok(())
    }

    pub(super) fn client_setinfo(&mut self, call: &Call) -> Result<(), CmdError> {
        let args = self.call_args(call);
        let (option, value) = (args.arg(2), args.arg(3).to_vec());
        let is_name = option.eq_ignore_ascii_case(b"lib-name");
        if !is_name && !option.eq_ignore_ascii_case(b"lib-ver") {
            return Err(CmdError::quoting("ERR Unrecognized option '", option, "'"));
        }
        if !is_plain(&value) {
            let text = " cannot contain spaces, newlines or special characters.";
            return Err(CmdError::quoting("ERR ", option, text));
        }
        if let Some(conn) = conn_mut(&mut self.conns, call.id) {
            let client = conn.client_mut();
            *(if is_name { &mut client.lib_name } else { &mut client.lib_version }) = value;
        }
        self.answer(call, |reply| reply.ok());
        Ok(())
    }

    pub(super) fn client_no_evict(&mut self, call: &Call) -> Result<(), CmdError> {
        let on = self.on_or_off(call)?;
        if let Some(conn) = conn_mut(&mut self.conns, call.id) {
            conn.client_mut().no_evict = on;
        }
        self.answer(call, |reply| reply.ok());
        Ok(())
    }

    pub(super) fn client_no_touch(&mut self, call: &Call) -> Result<(), CmdError> {
        let on = self.on_or_off(call)?;
        if let Some(conn) = conn_mut(&mut self.conns, call.id) {
            conn.no_touch = on;
        }
        self.answer(call, |reply| reply.ok());
        Ok(())
    }

    /// A client says what it can do.
    pub(super) fn client_capa(&mut self, call: &Call) -> Result<(), CmdError> {
        let redirect = self.call_args(call).tail(2).iter().any(|word| word.eq_ignore_ascii_case(b"redirect"));
        if let Some(conn) = conn_mut(&mut self.conns, call.id)
            && redirect
        {
            conn.client_mut().redirect = true;
        }
        self.answer(call, |reply| reply.ok());
        Ok(())
    }

    /// There is no import mode to be in.
    pub(super) fn client_import_source(&mut self, call: &Call) -> Result<(), CmdError> {
        if !self.call_args(call).arg(2).eq_ignore_ascii_case(b"off") {
            return Err(CmdError::text_of("ERR Server is not in import mode"));
        }
        self.answer(call, |reply| reply.ok());
        Ok(())
    }

    pub(super) fn client_reply(&mut self, call: &Call) -> Result<(), CmdError> {
        let mode = match self.call_args(call).arg(2).to_ascii_lowercase().as_slice() {
            b"on" => Replies::On,
            b"off" => Replies::Off,
            b"skip" => Replies::SkipNext,
            _ => return Err(CmdError::Syntax),
        };
        let Some(conn) = conn_mut(&mut self.conns, call.id) else { return Ok(()) };
        match mode {
            Replies::On => {
                // The reply to this very command is wanted again.
                let seq = if call.muted { conn.take_seq() } else { call.seq };
                conn.replies = mode;
                conn.look_at_state();
                self.answer(&Call { seq, muted: false, ..*call }, |reply| reply.ok());
            }
            Replies::SkipNext if conn.replies == Replies::Off => {}
            Replies::Off | Replies::SkipNext => {
                conn.replies = mode;
                conn.look_at_state();
            }
        }
        if mode != Replies::On {
            self.answer(call, |_| {});
        }
        Ok(())
    }

    fn on_or_off(&self, call: &Call) -> Result<bool, CmdError> {
        match self.call_args(call).arg(2).to_ascii_lowercase().as_slice() {
            b"on" => Ok(true),
            b"off" => Ok(false),
            _ => Err(CmdError::Syntax),
        }
    }

    pub(super) fn client_help(&mut self, call: &Call) -> Result<(), CmdError> {
        self.answer(call, |reply| help::write(help::CLIENT, reply));
        Ok(())
    }
}
