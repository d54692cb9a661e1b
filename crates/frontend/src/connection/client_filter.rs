//! Which clients CLIENT LIST shows and CLIENT KILL closes: the filters of Redis 8.2, and those of Valkey 9, all of which must
//! fit.

use base::Args;
use base::conn::{ConnId, Endpoint};
use base::num::parse_i64;
use commands::CmdError;

use super::client_list::{flags_of, seconds_since};
use crate::conn::Conn;

/// Letters that the `flags` field may show.
const FLAGS: &[u8] = b"bcdeirtuxABEIMNOPRSTU";

/// Letters of capabilities (CLIENT CAPA).
const CAPABILITIES: &[u8] = b"r";

/// A class of clients.
#[derive(Clone, Copy)]
enum Class {
    Normal,
    /// Subscribed to something.
    PubSub,
    /// Replicas and primaries, of which there are none.
    Replication,
}

/// What a value is compared with: all of these that are given must be so, or must not be so.
#[derive(Default)]
struct Test {
    /// Sorted.
    ids: Option<Vec<i64>>,
    /// Nobody.
    nobody: bool,
    /// The default user.
    user: bool,
    class: Option<Class>,
    peer: Option<Vec<u8>>,
    local: Option<Vec<u8>>,
    ip: Option<Vec<u8>>,
    flags: Option<Vec<u8>>,
    name: Option<Vec<u8>>,
    lib_name: Option<Vec<u8>>,
    lib_version: Option<Vec<u8>>,
    db: Option<u16>,
    capabilities: Option<Vec<u8>>,
}

/// Chosen clients.
#[derive(Default)]
pub(super) struct Filter {
    /// What must be so, and what must not.
    is: Test,
    not: Test,
    older_than_s: Option<u64>,
    idle_s: Option<u64>,
    /// Whether the asking client is left out.
    pub(super) skip_me: bool,
    /// The identifiers in the order in which they were given, where they are all that was given.
    pub(super) order: Vec<i64>,
}

impl Filter {
    /// The client of an address, as the old form of CLIENT KILL names it.
    pub(super) fn of_peer(address: &[u8]) -> Self {
        Filter { is: Test { peer: Some(address.to_vec()), ..Test::default() }, ..Filter::default() }
    }

    /// Nobody.
    pub(super) fn nobody() -> Self {
        Filter { is: Test { nobody: true, ..Test::default() }, ..Filter::default() }
    }

    /// Reads the options of CLIENT KILL, which spares the asking client unless told otherwise.
    pub(super) fn parse_kill(args: Args<'_>, databases: usize) -> Result<Self, CmdError> {
        Filter { skip_me: true, ..Filter::default() }.read(args, databases)
    }

    /// Reads options from the third word on.
    fn read(self, args: Args<'_>, databases: usize) -> Result<Self, CmdError> {
        let mut filter = self;
        let mut at = 2;
        while let Some(option) = args.get(at) {
            let value = args.get(at + 1).ok_or(CmdError::Syntax)?;
            let option = option.to_ascii_lowercase();
            let (test, name, not) = match option.strip_prefix(b"not-") {
                Some(name) => (&mut filter.not, name, true),
                None => (&mut filter.is, option.as_slice(), false),
            };
            at += 2;
            match (name, not) {
                (b"skipme", false) => filter.skip_me = yes_or_no(value)?,
                (b"maxage", false) => filter.older_than_s = Some(seconds("maxage", value)?),
                (b"idle", false) => filter.idle_s = Some(seconds("idle", value)?),
                (b"id", _) => {
                    if not && parse_i64(value).is_none() {
                        return Err(CmdError::Syntax);
                    }
                    let mut ids = vec![client_id(value)?];
                    while let Some(id) = args.get(at).filter(|id| parse_i64(id).is_some()) {
                        ids.push(client_id(id)?);
                        at += 1;
                    }
                    ids.sort_unstable();
                    test.ids = Some(ids);
                }
                _ => test.add(name, not, value, databases)?,
            }
        }
        Ok(filter)
    }

    /// Reads the options of CLIENT LIST.
    pub(super) fn parse_list(args: Args<'_>, databases: usize) -> Result<Self, CmdError> {
        let ids = args.len() > 3 && args.arg(2).eq_ignore_ascii_case(b"id");
        if ids {
            // Here any number will do.
            let numbers: Vec<Option<i64>> = args.tail(3).iter().map(parse_i64).collect();
            if let Some(order) = numbers.iter().copied().collect::<Option<Vec<i64>>>() {
                let mut sorted = order.clone();
                sorted.sort_unstable();
                let is = Test { ids: Some(sorted), ..Test::default() };
                return Ok(Filter { is, order, ..Filter::default() });
            }
            let first_word = numbers.iter().position(Option::is_none).unwrap_or_default();
            if first_word == 0 || !is_option(args.arg(3 + first_word)) {
                return Err(CmdError::text_of("ERR Invalid client ID"));
            }
        }
        Filter::default().read(args, databases)
    }

    /// Whether a client fits.
    pub(super) fn has(&self, conn: &Conn, me: Option<ConnId>, now_ms: u64) -> bool {
        let older = |limit: Option<u64>, since_ms| {
            limit.is_none_or(|limit_s| seconds_since(since_ms, now_ms) >= limit_s)
        };
        !(self.skip_me && me == Some(conn.id))
            && self.is.all(conn)
            && self.not.none(conn)
            && older(self.older_than_s, conn.created_ms)
            && older(self.idle_s, conn.last_active_ms)
    }
}

impl Test {
    /// Reads the value of an option.
    fn add(&mut self, name: &[u8], not: bool, value: &[u8], databases: usize) -> Result<(), CmdError> {
        let text = Some(value.to_vec());
        match name {
            b"type" => self.class = Some(class_of(value)?),
            b"user" if value == b"default" => self.user = true,
            b"user" => return Err(CmdError::quoting("ERR No such user '", value, "'")),
            b"addr" => self.peer = text,
            b"laddr" => self.local = text,
            b"ip" => self.ip = text,
            b"name" => self.name = text,
            b"lib-name" => self.lib_name = text,
            b"lib-ver" => self.lib_version = text,
            b"flags" => {
                known(value, FLAGS, "flags", if not { "NOT-FLAGS" } else { "provided" })?;
                self.flags = text;
            }
            b"capa" => {
                known(value, CAPABILITIES, "capa", if not { "NOT-CAPA" } else { "provided" })?;
                self.capabilities = text;
            }
            b"db" => self.db = Some(database(value, if not { "NOT-DB" } else { "DB" }, databases)?),
            _ => return Err(CmdError::Syntax),
        }
        Ok(())
    }

    /// What each test that is given says of a client.
    fn results(&self, conn: &Conn) -> impl Iterator<Item = bool> {
        let client = conn.client.as_deref();
        let end = |wanted: &Option<Vec<u8>>, end: &Endpoint| {
            wanted.as_ref().map(|wanted| end.to_string().as_bytes() == wanted.as_slice())
        };
        // What a client has not named is equal to nothing.
        let named = |wanted: &Option<Vec<u8>>, text: Option<&Vec<u8>>| {
            let text = text.filter(|text| !text.is_empty());
            wanted.as_ref().map(|wanted| text == Some(wanted))
        };
        [
            self.ids.as_ref().map(|ids| ids.binary_search(&conn.client_id.cast_signed()).is_ok()),
            self.nobody.then_some(false),
            // There is no other.
            self.user.then_some(true),
            self.class.map(|class| match class {
                Class::Normal => conn.subscriptions.is_none(),
                Class::PubSub => conn.subscriptions.is_some(),
                Class::Replication => false,
            }),
            end(&self.peer, &conn.info.peer),
            end(&self.local, &conn.info.local),
            self.ip.as_ref().map(|ip| ip_of(&conn.info.peer).as_bytes() == ip.as_slice()),
            self.flags.as_ref().map(|flags| {
                let shown = flags_of(conn);
                flags.iter().all(|flag| shown.as_bytes().contains(flag))
            }),
            named(&self.name, client.map(|client| &client.name)),
            named(&self.lib_name, client.map(|client| &client.lib_name)),
            named(&self.lib_version, client.map(|client| &client.lib_version)),
            self.db.map(|db| conn.db == db),
            self.capabilities
                .as_ref()
                .map(|wanted| wanted.is_empty() || client.is_some_and(|client| client.redirect)),
        ]
        .into_iter()
        .flatten()
    }

    fn all(&self, conn: &Conn) -> bool {
        self.results(conn).all(|is| is)
    }

    fn none(&self, conn: &Conn) -> bool {
        !self.results(conn).any(|is| is)
    }
}

/// Whether a word names a filter.
fn is_option(word: &[u8]) -> bool {
    const NAMES: &[&[u8]] = &[
        b"id",
        b"type",
        b"user",
        b"addr",
        b"laddr",
        b"ip",
        b"name",
        b"lib-name",
        b"lib-ver",
        b"flags",
        b"capa",
        b"db",
        b"skipme",
        b"maxage",
        b"idle",
    ];
    let word = word.to_ascii_lowercase();
    NAMES.contains(&word.strip_prefix(b"not-").unwrap_or(&word))
}

fn class_of(class: &[u8]) -> Result<Class, CmdError> {
    match class.to_ascii_lowercase().as_slice() {
        b"normal" => Ok(Class::Normal),
        b"pubsub" => Ok(Class::PubSub),
        b"slave" | b"replica" | b"master" | b"primary" => Ok(Class::Replication),
        _ => Err(CmdError::quoting("ERR Unknown client type '", class, "'")),
    }
}

fn client_id(value: &[u8]) -> Result<i64, CmdError> {
    let id = parse_i64(value).filter(|&id| id > 0);
    id.ok_or(CmdError::text_of("ERR client-id should be greater than 0"))
}

fn seconds(name: &str, value: &[u8]) -> Result<u64, CmdError> {
    let text = |problem: &str| CmdError::Text(format!("ERR {name} {problem}").into_bytes().into());
    let number = parse_i64(value).ok_or_else(|| text("is not an integer or out of range"))?;
    u64::try_from(number).ok().filter(|&age| age > 0).ok_or_else(|| text("should be greater than 0"))
}

fn database(value: &[u8], name: &str, databases: usize) -> Result<u16, CmdError> {
    let text = |problem: String| CmdError::Text(format!("ERR {name} {problem}").into_bytes().into());
    let number = parse_i64(value).ok_or_else(|| text("is not an integer or out of range".into()))?;
    let db = usize::try_from(number).ok().filter(|&db| db < databases);
    db.map(|db| db as u16).ok_or_else(|| text(format!("number should be between 0 and {}", databases - 1)))
}

fn yes_or_no(value: &[u8]) -> Result<bool, CmdError> {
    match value.to_ascii_lowercase().as_slice() {
        b"yes" => Ok(true),
        b"no" => Ok(false),
        _ => Err(CmdError::Syntax),
    }
}

/// Checks that all letters of a value are known.
fn known(value: &[u8], letters: &[u8], what: &str, filter: &str) -> Result<(), CmdError> {
    if value.iter().all(|letter| letters.contains(letter)) {
        return Ok(());
    }
    Err(CmdError::quoting(&format!("ERR Unknown {what} found in the {filter} filter: "), value, ""))
}

/// The address of a client without its port.
fn ip_of(peer: &Endpoint) -> String {
    match peer {
        Endpoint::Tcp(address) => address.ip().to_string(),
        Endpoint::Unix(path) => path.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<Vec<u8>> {
        line.split(' ').map(|word| word.as_bytes().to_vec()).collect()
    }

    #[test]
    fn options_are_checked() {
        let check = |line: &str, expect: Option<&str>| {
            super::super::with_args(&words(line), |args| {
                let result = Filter::parse_kill(args, 16).err().map(|error| error.text().to_vec());
                let result = result.map(|text| String::from_utf8_lossy(&text).into_owned());
                assert_eq!(result.as_deref(), expect, "{line}");
            });
        };
        check("client kill id 1 2 3 not-addr x skipme yes", None);
        check("client kill id 1 2 x", Some("ERR syntax error"));
        check("client kill id 1 0", Some("ERR client-id should be greater than 0"));
        check("client kill id x", Some("ERR client-id should be greater than 0"));
        check("client kill not-id x", Some("ERR syntax error"));
        check("client kill not-maxage 1", Some("ERR syntax error"));
        check("client kill idle 0", Some("ERR idle should be greater than 0"));
        check("client kill db 16", Some("ERR DB number should be between 0 and 15"));
        check("client kill not-db x", Some("ERR NOT-DB is not an integer or out of range"));
        check("client kill flags Nz", Some("ERR Unknown flags found in the provided filter: Nz"));
        check("client kill not-capa z", Some("ERR Unknown capa found in the NOT-CAPA filter: z"));
        check("client kill type no", Some("ERR Unknown client type 'no'"));
    }

    #[test]
    fn lists_take_identifiers_of_any_kind() {
        let check = |line: &str, expect: Option<&str>| {
            super::super::with_args(&words(line), |args| {
                let result = Filter::parse_list(args, 16).err().map(|error| error.text().to_vec());
                let result = result.map(|text| String::from_utf8_lossy(&text).into_owned());
                assert_eq!(result.as_deref(), expect, "{line}");
            });
        };
        check("client list id 0 -1 5", None);
        check("client list id 5 name x", None);
        check("client list id 5 nonsense", Some("ERR Invalid client ID"));
        check("client list id", Some("ERR syntax error"));
        check("client list type", Some("ERR syntax error"));
    }
}
