//! TIME, SHUTDOWN.

use base::Args;
use bus::Wake;
use commands::CmdError;

use crate::core::{Core, conn_mut};
use crate::route::Call;

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    pub(super) fn time(&mut self, call: &Call) -> Result<(), CmdError> {
        let now = self.now;
        self.answer(call, |reply| {
            let digits = |number: u64| {
                let mut text = Vec::new();
                base::num::write_u64(&mut text, number);
                text
            };
            let seconds = digits(now.unix_ms / 1000);
            let rest_us = digits(now.unix_ms % 1000 * 1000 + u64::from(now.unix_rest_us));
            reply.array(2);
            reply.bulk(&seconds);
            reply.bulk(&rest_us);
        });
        Ok(())
    }

    pub(super) fn shutdown(&mut self, call: &Call) -> Result<(), CmdError> {
        let options = ShutdownOptions::parse(self.call_args(call))?;
        if options.abort {
            return Err(CmdError::text_of("ERR No shutdown in progress."));
        }
        if let Some(busy) = self.detour.busy.as_ref().filter(|_| !options.no_save) {
            return Err(busy.error());
        }
        // There is no reply: the end of the connection tells.
        self.answer(call, |_| {});
        if let Some(conn) = conn_mut(&mut self.conns, call.id) {
            conn.closing = true;
        }
        let save = if options.save { Some(true) } else { options.no_save.then_some(false) };
        self.shared.process.shutdown(save);
        Ok(())
    }
}

/// What SHUTDOWN is asked for.
#[derive(Default)]
struct ShutdownOptions {
    save: bool,
    no_save: bool,
    abort: bool,
}

impl ShutdownOptions {
    fn parse(args: Args<'_>) -> Result<Self, CmdError> {
        let mut options = ShutdownOptions::default();
        for word in args.tail(1).iter() {
            match word.to_ascii_lowercase().as_slice() {
                b"save" => options.save = true,
                b"nosave" => options.no_save = true,
                b"now" | b"force" => {}
                b"abort" => options.abort = true,
                _ => return Err(CmdError::Syntax),
            }
        }
        let with_abort = options.abort && args.len() > 2;
        if with_abort || options.save && options.no_save {
            return Err(CmdError::Syntax);
        }
        Ok(options)
    }
}
