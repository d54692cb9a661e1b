//! Commands that a core carries out for its own connections.

mod handshake;

use bus::Wake;
use commands::CmdError;

use crate::core::{Core, conn_mut};
use crate::route::Call;

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// Carries out a command of route `Connection`.
    pub(crate) fn connection_command(&mut self, call: &Call) {
        let start = (self.ticks)();
        let result = match self.table().spec(call.command).meta.name {
            "ping" => self.ping(call),
            "echo" => self.echo(call),
            "select" => self.select(call),
            "hello" => self.hello(call),
            "auth" => self.auth(call),
            "quit" => self.quit(call),
            _ => Err(CmdError::text_of("ERR not supported")),
        };
        let counters = &self.shared.stats[usize::from(self.id)].commands[usize::from(call.command)];
        counters.calls.add(1);
        counters.ticks.add((self.ticks)().wrapping_sub(start));
        self.stats().commands_processed.add(1);
        if let Err(error) = result {
            let text = error.text();
            self.answer(call, |reply| reply.error_bytes(&text));
            self.stats().error_replies.add(1);
            self.stats().commands[usize::from(call.command)].failed.add(1);
        }
    }

    fn ping(&mut self, call: &Call) -> Result<(), CmdError> {
        let message = match call.argc {
            1 => None,
            2 => Some(self.call_args(call).arg(1).to_vec()),
            _ => return Err(CmdError::Arity("ping".into())),
        };
        self.answer(call, |reply| match message {
            None => reply.simple("PONG"),
            Some(message) => reply.bulk(&message),
        });
        Ok(())
    }

    fn echo(&mut self, call: &Call) -> Result<(), CmdError> {
        let message = self.call_args(call).arg(1).to_vec();
        self.answer(call, |reply| reply.bulk(&message));
        Ok(())
    }

    fn select(&mut self, call: &Call) -> Result<(), CmdError> {
        let index = base::num::parse_i64(self.call_args(call).arg(1)).ok_or(CmdError::NotInteger)?;
        let db = usize::try_from(index).ok().filter(|&db| db < self.hot.databases);
        let db = db.ok_or(CmdError::DbOutOfRange)?;
        if let Some(conn) = conn_mut(&mut self.conns, call.id) {
            conn.db = db as u16;
        }
        self.answer(call, |reply| reply.ok());
        Ok(())
    }

    fn quit(&mut self, call: &Call) -> Result<(), CmdError> {
        self.answer(call, |reply| reply.ok());
        if let Some(conn) = conn_mut(&mut self.conns, call.id) {
            conn.closing = true;
        }
        self.mark_dirty(call.id.index);
        Ok(())
    }
}
