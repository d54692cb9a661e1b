//! HELLO, AUTH, and who may connect at all.

use base::conn::{ConnId, ConnInfo, Endpoint};
use bus::Wake;
use commands::CmdError;

use super::client::{NAME_ERROR, is_plain};
use crate::core::{Core, conn_mut};
use crate::route::Call;

/// The version of Redis whose replies these are: what clients ask for to know what they can use.
pub(crate) const REDIS_VERSION: &str = "8.2.3";

const WRONGPASS: CmdError =
    CmdError::text_of("WRONGPASS invalid username-password pair or user is disabled.");

const DENIED: &str = "DENIED Redis is running in protected mode because protected mode is enabled and no password is \
    set for the default user. In this mode connections are only accepted from the loopback interface. If you want to \
    connect from external computers to Redis you may adopt one of the following solutions: 1) Just disable protected \
    mode sending the command 'CONFIG SET protected-mode no' from the loopback interface by connecting to Redis from the \
    same host the server is running, however MAKE SURE Redis is not publicly accessible from internet if you do so. Use \
    CONFIG REWRITE to make this change permanent. 2) Alternatively you can just disable the protected mode by editing \
    the Redis configuration file, and setting the protected mode option to 'no', and then restarting the server. 3) If \
    you started the server manually just for testing, restart it with the '--protected-mode no' option. 4) Set up an \
    authentication password for the default user. NOTE: You only need to do one of the above things in order for the \
    server to start accepting connections from the outside.";

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// Whether protected mode lets a client in.
    pub(crate) fn is_welcome(&self, info: &ConnInfo) -> bool {
        !self.hot.protected_mode || !self.hot.password.is_empty() || is_local(info)
    }

    /// Tells a client why it is not welcome, and closes.
    #[cold]
    pub(crate) fn turn_away(&mut self, id: ConnId) {
        if let Some(conn) = conn_mut(&mut self.conns, id) {
            conn.closing = true;
            resp::Reply::new(&mut conn.out, false).error(DENIED);
        }
        self.mark_dirty(id.index);
    }

    /// Checks the password of a user; there is only the default one.
    fn check_password(&self, user: &[u8], password: &[u8]) -> Result<(), CmdError> {
        let wanted = &self.hot.password;
        if user == b"default" && (wanted.is_empty() || same_secret(wanted, password)) {
            return Ok(());
        }
        Err(WRONGPASS)
    }

    pub(super) fn auth(&mut self, call: &Call) -> Result<(), CmdError> {
        let args = self.call_args(call);
        match args.len() {
            2 if self.hot.password.is_empty() => {
                return Err(CmdError::text_of(
                    "ERR AUTH <password> called without any password configured for the default user. Are you sure \
                     your configuration is correct?",
                ));
            }
            2 => self.check_password(b"default", args.arg(1))?,
            3 => self.check_password(args.arg(1), args.arg(2))?,
            _ => return Err(CmdError::Syntax),
        }
        if let Some(conn) = conn_mut(&mut self.conns, call.id) {
            conn.authenticated = true;
            conn.look_at_state();
        }
        self.answer(call, |reply| reply.ok());
        Ok(())
    }

    pub(super) fn hello(&mut self, call: &Call) -> Result<(), CmdError> {
        let options = HelloOptions::parse(self.call_args(call))?;
        let mut authenticated = self.hot.password.is_empty();
        if let Some((user, password)) = &options.auth {
            self.check_password(user, password)?;
            authenticated = true;
        }
        let Some(conn) = conn_mut(&mut self.conns, call.id) else { return Ok(()) };
        if !authenticated && !conn.authenticated {
            return Err(CmdError::text_of(
                "NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO <proto> AUTH \
                 <user> <pass> option can be used to authenticate the client and select the RESP protocol version at \
                 the same time",
            ));
        }
        conn.authenticated = true;
        if let Some(name) = options.name {
            conn.client_mut().name = name;
        }
        if let Some(resp3) = options.resp3 {
            conn.resp3 = resp3;
        }
        conn.look_at_state();
        let (client_id, resp3) = (conn.client_id, conn.resp3);
        self.answer(call, |reply| {
            reply.map(7);
            let fields = [("server", "redis"), ("version", REDIS_VERSION)];
            for (name, value) in fields {
                reply.bulk(name.as_bytes());
                reply.bulk(value.as_bytes());
            }
            reply.bulk(b"proto");
            reply.int(if resp3 { 3 } else { 2 });
            reply.bulk(b"id");
            reply.int(client_id as i64);
            for (name, value) in [("mode", "standalone"), ("role", "master")] {
                reply.bulk(name.as_bytes());
                reply.bulk(value.as_bytes());
            }
            reply.bulk(b"modules");
            reply.array(0);
        });
        Ok(())
    }
}

/// What HELLO asks for.
#[derive(Default)]
struct HelloOptions {
    resp3: Option<bool>,
    auth: Option<(Vec<u8>, Vec<u8>)>,
    name: Option<Vec<u8>>,
}

impl HelloOptions {
    fn parse(args: base::Args<'_>) -> Result<Self, CmdError> {
        let mut options = HelloOptions::default();
        let Some(version) = args.get(1) else { return Ok(options) };
        let version = base::num::parse_i64(version)
            .ok_or(CmdError::text_of("ERR Protocol version is not an integer or out of range"))?;
        options.resp3 = match version {
            2 => Some(false),
            3 => Some(true),
            _ => return Err(CmdError::text_of("NOPROTO unsupported protocol version")),
        };
        let mut at = 2;
        while let Some(option) = args.get(at) {
            let more = args.len() - at - 1;
            if option.eq_ignore_ascii_case(b"auth") && more >= 2 {
                options.auth = Some((args.arg(at + 1).to_vec(), args.arg(at + 2).to_vec()));
                at += 3;
            } else if option.eq_ignore_ascii_case(b"setname") && more >= 1 {
                let name = args.arg(at + 1);
                if !is_plain(name) {
                    return Err(CmdError::text_of(NAME_ERROR));
                }
                options.name = Some(name.to_vec());
                at += 2;
            } else {
                return Err(CmdError::quoting("ERR Syntax error in HELLO option '", option, "'"));
            }
        }
        Ok(options)
    }
}

/// Whether a client is on this host.
pub(super) fn is_local(info: &ConnInfo) -> bool {
    match &info.peer {
        Endpoint::Tcp(address) => address.ip().to_canonical().is_loopback(),
        Endpoint::Unix(_) => true,
    }
}

/// Compares in a time that tells nothing about where the difference is.
fn same_secret(wanted: &[u8], given: &[u8]) -> bool {
    let differences = wanted.iter().zip(given).fold(0, |all, (a, b)| all | (a ^ b));
    std::hint::black_box(differences) == 0 && wanted.len() == given.len()
}
