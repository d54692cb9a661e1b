//! CLIENT PAUSE, UNPAUSE and UNBLOCK: what holds clients back, and what lets them go. The mechanism is in `crate::pause`.

use base::Args;
use base::conn::ConnId;
use base::num::parse_i64;
use bus::Wake;
use commands::{CmdError, Merge};
use resp::Reply;

use crate::core::Core;
use crate::pause::Pause;
use crate::route::Call;

/// Reads the arguments of CLIENT PAUSE; `now_ms` is when it begins.
fn parse_pause(args: Args<'_>, now_ms: u64) -> Result<Pause, CmdError> {
    let all = match args.get(3).map(<[u8]>::to_ascii_lowercase).as_deref() {
        _ if args.len() > 4 => return Err(wrong_arguments(args)),
        None | Some(b"all") => true,
        Some(b"write") => false,
        Some(_) => return Err(CmdError::text_of("ERR CLIENT PAUSE mode must be WRITE or ALL")),
    };
    let timeout_ms =
        parse_i64(args.arg(2)).ok_or(CmdError::text_of("ERR timeout is not an integer or out of range"))?;
    let timeout_ms = u64::try_from(timeout_ms).map_err(|_| CmdError::text_of("ERR timeout is negative"))?;
    let end_ms = now_ms.checked_add(timeout_ms).filter(|&end_ms| i64::try_from(end_ms).is_ok());
    let end_ms = end_ms.ok_or(CmdError::text_of("ERR timeout is out of range"))?;
    Ok(Pause { all, end_ms })
}

/// What Redis answers to a subcommand that takes no so many arguments, though its arity allows them.
fn wrong_arguments(args: Args<'_>) -> CmdError {
    let text = "ERR unknown subcommand or wrong number of arguments for '";
    CmdError::quoting(text, args.arg(1), "'. Try CLIENT HELP.")
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    pub(super) fn client_pause(&mut self, call: &Call) -> Result<(), CmdError> {
        let pause = parse_pause(self.call_args(call), self.now.unix_ms)?;
        self.inquire_all(call, Merge::AllOk);
        // What follows in this connection's pipeline is held back already; everybody else when the inquiry arrives.
        self.begin_pause(pause);
        Ok(())
    }

    /// The pause begins on this core.
    pub(super) fn pause_clients(&mut self, args: Args<'_>, _: Option<ConnId>, _: &mut Reply<'_>) {
        // The same instant on all cores: that of the publish.
        if let Ok(pause) = parse_pause(args, self.shard.now_ms()) {
            self.begin_pause(pause);
        }
        self.detour.wants_fence = true;
    }

    pub(super) fn client_unpause(&mut self, call: &Call) -> Result<(), CmdError> {
        self.inquire_all(call, Merge::AllOk);
        Ok(())
    }

    /// The pause ends on this core.
    pub(super) fn unpause_clients(&mut self, _: Args<'_>, _: Option<ConnId>, reply: &mut Reply<'_>) {
        self.end_pause();
        reply.ok();
    }

    pub(super) fn client_unblock(&mut self, call: &Call) -> Result<(), CmdError> {
        let args = self.call_args(call);
        match args.get(3).map(<[u8]>::to_ascii_lowercase).as_deref() {
            _ if args.len() > 4 => return Err(wrong_arguments(args)),
            None | Some(b"timeout" | b"error") => {}
            Some(_) => {
                return Err(CmdError::text_of("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR"));
            }
        }
        parse_i64(args.arg(2)).ok_or(CmdError::NotInteger)?;
        self.inquire_all(call, Merge::Sum);
        Ok(())
    }

    /// Unblocks a client of this core, if it is one. Whether that came in time is known later.
    pub(super) fn unblock_client(&mut self, args: Args<'_>, _: Option<ConnId>, reply: &mut Reply<'_>) {
        let id = parse_i64(args.arg(2)).and_then(|id| u64::try_from(id).ok());
        let with_error = args.arg(3).eq_ignore_ascii_case(b"error");
        self.detour.unblocking = id.and_then(|id| self.unblock_conn(id, with_error));
        if self.detour.unblocking.is_none() {
            reply.int(0);
        }
    }
}
