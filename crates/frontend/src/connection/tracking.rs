//! CLIENT TRACKING and its relatives, for clients whose tracking is off; and what belongs to a role in a cluster.

use base::Args;
use base::num::parse_i64;
use bus::Wake;
use commands::CmdError;

use crate::core::Core;
use crate::route::Call;

const NO_CLUSTER: CmdError = CmdError::text_of("ERR This instance has cluster support disabled");

/// Reads the arguments of CLIENT TRACKING. True if it is to be turned on.
fn parse_tracking(args: Args<'_>) -> Result<bool, CmdError> {
    let (mut redirected, mut prefixes, mut broadcast) = (false, false, false);
    let (mut opt_in, mut opt_out) = (false, false);
    let mut at = 3;
    while let Some(option) = args.get(at) {
        let more = at + 1 < args.len();
        match option.to_ascii_lowercase().as_slice() {
            b"redirect" if more => {
                if redirected {
                    return Err(CmdError::text_of("ERR A client can only redirect to a single other client"));
                }
                at += 1;
                redirected = parse_i64(args.arg(at)).ok_or(CmdError::NotInteger)? != 0;
            }
            b"prefix" if more => {
                at += 1;
                prefixes = true;
            }
            b"bcast" => broadcast = true,
            b"optin" => opt_in = true,
            b"optout" => opt_out = true,
            b"noloop" => {}
            _ => return Err(CmdError::Syntax),
        }
        at += 1;
    }
    let problem = match args.arg(2).to_ascii_lowercase().as_slice() {
        b"off" => return Ok(false),
        b"on" if prefixes && !broadcast => "ERR PREFIX option requires BCAST mode to be enabled",
        b"on" if broadcast && (opt_in || opt_out) => "ERR OPTIN and OPTOUT are not compatible with BCAST",
        b"on" if opt_in && opt_out => "ERR You can't specify both OPTIN mode and OPTOUT mode",
        b"on" => return Ok(true),
        _ => return Err(CmdError::Syntax),
    };
    Err(CmdError::text_of(problem))
}

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    pub(super) fn client_tracking(&mut self, call: &Call) -> Result<(), CmdError> {
        if parse_tracking(self.call_args(call))? {
            return Err(CmdError::text_of("ERR CLIENT TRACKING ON is not supported yet"));
        }
        self.answer(call, |reply| reply.ok());
        Ok(())
    }

    pub(super) fn client_caching(&mut self, _: &Call) -> Result<(), CmdError> {
        Err(CmdError::text_of(
            "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled",
        ))
    }

    pub(super) fn client_getredir(&mut self, call: &Call) -> Result<(), CmdError> {
        self.answer(call, |reply| reply.int(-1));
        Ok(())
    }

    pub(super) fn client_trackinginfo(&mut self, call: &Call) -> Result<(), CmdError> {
        self.answer(call, |reply| {
            reply.map(3);
            reply.bulk(b"flags");
            reply.set(1);
            reply.bulk(b"off");
            reply.bulk(b"redirect");
            reply.int(-1);
            reply.bulk(b"prefixes");
            reply.array(0);
        });
        Ok(())
    }

    /// READONLY, READWRITE, ASKING.
    pub(super) fn no_cluster(&mut self, _: &Call) -> Result<(), CmdError> {
        Err(NO_CLUSTER)
    }
}
