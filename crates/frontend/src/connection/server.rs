//! TIME, DEBUG, SHUTDOWN.

use base::Args;
use base::conn::ConnId;
use bus::Wake;
use commands::{CmdError, Merge, Route};
use resp::Reply;

use super::help;
use crate::core::{Core, conn_mut};
use crate::route::Call;

/// The longest sleep of DEBUG SLEEP: a day. Longer ones would look like an end of the world anyway.
const SLEEP_MAX_S: f64 = 86_400.0;

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

    pub(super) fn debug(&mut self, call: &Call) -> Result<(), CmdError> {
        if !self.permits(call.id, self.hot.debug_command) {
            return Err(CmdError::text_of(
                "ERR DEBUG command not allowed. If the enable-debug-command option is set to \"local\", you can run it \
                 from a local connection, otherwise you need to set this option in the configuration file, and then \
                 restart the server.",
            ));
        }
        let args = self.call_args(call);
        let name = args.arg(1);
        match (name.to_ascii_lowercase().as_slice(), args.len()) {
            (b"help", 2) => self.answer(call, |reply| help::write(help::DEBUG, reply)),
            (b"sleep", 3) => self.inquire_all(call, Merge::AllOk),
            (b"config-rewrite-force-all", 2) => return self.rewrite_config(call, true),
            (b"error", 3) => {
                let text = args.arg(2).to_vec();
                self.answer(call, |reply| reply.error_bytes(&text));
            }
            _ => {
                // The others are about shards, and are counted there.
                if let Route::Rounds(_, function) = self.table().spec(call.command).route {
                    self.stats().commands[usize::from(call.command)].calls.add(1u64.wrapping_neg());
                    self.route_rounds(call, function);
                }
            }
        }
        Ok(())
    }

    /// Holds this core up. Every core is asked at one instant, so the whole process stands still, as Redis does.
    pub(super) fn sleep(&mut self, args: Args<'_>, _: Option<ConnId>, reply: &mut Reply<'_>) {
        let seconds = base::num::parse_f64(args.arg(2)).unwrap_or(0.0).clamp(0.0, SLEEP_MAX_S);
        (self.sleep_us)((seconds * 1e6) as u64);
        reply.ok();
    }

    pub(super) fn shutdown(&mut self, call: &Call) -> Result<(), CmdError> {
        let options = ShutdownOptions::parse(self.call_args(call))?;
        if options.abort {
            return Err(CmdError::text_of("ERR No shutdown in progress."));
        }
        // There is no reply: the end of the connection tells.
        self.answer(call, |_| {});
        if let Some(conn) = conn_mut(&mut self.conns, call.id) {
            conn.closing = true;
        }
        self.shared.process.shutdown();
        Ok(())
    }
}

/// What SHUTDOWN is asked for. Without persistence, the ways of saving are all the same.
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
