//! MIGRATE: keys with their values to another server.
//!
//! ```text
//! round 1   locks the keys and looks which of them are there
//!           waits for its turn: a core has only so many parcels at a time
//! round 2   DUMP of each, with its time to live ─► one parcel of RESTOREs ─► the other server
//! last      DEL of those that it has taken, unless they are copied
//! ```
//!
//! The keys are held from the first round to the last one, so nobody ever sees a key at both places or at none of them; other keys
//! go on meanwhile.

use std::pin::Pin;

use base::num;
use bytes::Bytes;
use resp::Reply;
use store::Class;

use crate::{CmdError, Delivered, Outside, OwnedArgs, Parcel, ShardCtx, StepOut, Tx, words};

/// What a connection, a write or a reply may take if nothing sensible is said. Redis's value.
const TIMEOUT_DEFAULT_MS: u64 = 1000;

/// What the arguments say.
#[derive(Default)]
struct Options {
    keys: Vec<Bytes>,
    copy: bool,
    replace: bool,
    parcel: Parcel,
}

impl Options {
    fn parse(args: &[Bytes]) -> Result<Self, CmdError> {
        let arg = |at: usize| args.get(at).cloned().unwrap_or_default();
        let mut options = Options { keys: vec![arg(3)], ..Options::default() };
        let parcel = &mut options.parcel;
        let mut at = 6;
        while let Some(word) = args.get(at) {
            let more = args.len() - at - 1;
            if words::is(word, "COPY") {
                options.copy = true;
            } else if words::is(word, "REPLACE") {
                options.replace = true;
            } else if words::is(word, "AUTH") && more >= 1 {
                let user = parcel.credentials.take().and_then(|(user, _)| user);
                parcel.credentials = Some((user, arg(at + 1)));
                at += 1;
            } else if words::is(word, "AUTH2") && more >= 2 {
                parcel.credentials = Some((Some(arg(at + 1)), arg(at + 2)));
                at += 2;
            } else if words::is(word, "KEYS") {
                if !arg(3).is_empty() {
                    return Err(CmdError::text_of(
                        "ERR When using MIGRATE KEYS option, the key argument must be set to the empty string",
                    ));
                }
                options.keys = args.get(at + 1..).unwrap_or_default().to_vec();
                break;
            } else {
                return Err(CmdError::Syntax);
            }
            at += 1;
        }
        let timeout = words::int(&arg(5))?;
        parcel.timeout_ms = u64::try_from(timeout).ok().filter(|&ms| ms > 0).unwrap_or(TIMEOUT_DEFAULT_MS);
        parcel.db = words::int(&arg(4))?;
        parcel.host = arg(1);
        parcel.port = leading_port(&arg(2));
        Ok(options)
    }
}

/// The number that a text begins with, as C's `atoi` sees it; 0, which nobody listens at, if it is no port.
fn leading_port(text: &[u8]) -> u16 {
    let digits = text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    text.get(..digits).and_then(num::parse_i64).and_then(|port| u16::try_from(port).ok()).unwrap_or(0)
}

/// MIGRATE host port key|"" database timeout [COPY] [REPLACE] [AUTH password] [AUTH2 user password] [KEYS key …]
pub(super) fn migrate(tx: Tx, args: OwnedArgs) -> Pin<Box<dyn Future<Output = Result<(), CmdError>>>> {
    Box::pin(async move {
        let Options { keys, copy, replace, mut parcel } = Options::parse(&args)?;
        drop(args);
        let found = if keys.is_empty() { Vec::new() } else { tx.each(&keys, false, look).await };
        let there = keys.into_iter().zip(&found).filter(|(_, found)| found.is_true());
        let mut keys: Vec<Bytes> = there.map(|(key, _)| key).collect();
        if keys.is_empty() {
            tx.reply(|reply| reply.simple("NOKEY"));
            return Ok(());
        }
        tx.ask(Outside::Turn).await;
        let dump = if replace { dump_to_replace } else { dump_to_restore };
        let dumps = tx.each(&keys, false, dump).await;
        let mut packed = Vec::with_capacity(keys.len());
        for (key, dump) in keys.into_iter().zip(dumps) {
            if let StepOut::Bytes(command) = dump {
                parcel.commands.extend_from_slice(&command);
                packed.push(key);
            }
        }
        keys = packed;
        parcel.count = keys.len();
        let delivered = match tx.ask(Outside::Parcel(Box::new(parcel))).await.pop() {
            Some(StepOut::Delivered(delivered)) => delivered,
            _ => Delivered::default(),
        };
        if !copy {
            let accepted = keys.into_iter().zip(&delivered.accepted).filter(|&(_, &accepted)| accepted);
            let gone: Vec<Bytes> = accepted.map(|(key, _)| key).collect();
            if !gone.is_empty() {
                tx.each(&gone, false, remove).await;
            }
        }
        delivered.error.map_or(Ok(()), Err)?;
        tx.reply(|reply| reply.ok());
        Ok(())
    })
}

/// Whether a key is there.
fn look(ctx: &mut ShardCtx<'_>, name: &[u8]) -> StepOut {
    let key = ctx.key(name);
    StepOut::Flag(ctx.database().get(key).is_some())
}

fn dump_to_restore(ctx: &mut ShardCtx<'_>, name: &[u8]) -> StepOut {
    dump(ctx, name, false)
}

fn dump_to_replace(ctx: &mut ShardCtx<'_>, name: &[u8]) -> StepOut {
    dump(ctx, name, true)
}

/// The RESTORE that brings a key to another server; nothing if it is named twice and was removed, or has expired.
fn dump(ctx: &mut ShardCtx<'_>, name: &[u8], replace: bool) -> StepOut {
    let (key, now_ms) = (ctx.key(name), ctx.now_ms());
    let mut db = ctx.database();
    let Some(item) = db.inspect(key) else { return StepOut::Done };
    let ttl_ms = item.expiry_ms().map_or(0, |at_ms| at_ms.saturating_sub(now_ms).max(1));
    let (ttl, payload) = (ttl_ms.to_string(), persist::dump(item.value(), true));
    let words: [&[u8]; 5] = [b"RESTORE", name, ttl.as_bytes(), &payload, b"REPLACE"];
    let count = if replace { 5 } else { 4 };
    let mut bytes = Vec::with_capacity(payload.len() + name.len() + 64);
    let mut out = Reply::new(&mut bytes, false);
    out.array(count);
    words.into_iter().take(count).for_each(|word| out.bulk(word));
    StepOut::Bytes(bytes)
}

/// The key is elsewhere now.
fn remove(ctx: &mut ShardCtx<'_>, name: &[u8]) -> StepOut {
    let key = ctx.key(name);
    let mut db = ctx.database();
    let removed = db.remove(key);
    if removed {
        db.event(Class::Generic, "del", name);
    }
    StepOut::Flag(removed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Result<Options, String> {
        let args: Vec<Bytes> =
            line.split(' ').map(|word| Bytes::copy_from_slice(word.replace("''", "").as_bytes())).collect();
        Options::parse(&args).map_err(|error| String::from_utf8_lossy(&error.text()).into_owned())
    }

    #[test]
    fn arguments() {
        let plain = parse("MIGRATE h 12x key 3 0").expect("good");
        assert_eq!((plain.parcel.port, plain.parcel.db, plain.parcel.timeout_ms), (12, 3, 1000));
        assert_eq!(plain.keys, ["key"]);
        assert!(!plain.copy && !plain.replace && plain.parcel.credentials.is_none());
        let all = parse("MIGRATE h x '' -1 5 copy Replace auth2 u p AUTH q keys KEYS a").expect("good");
        assert_eq!((all.parcel.port, all.parcel.db, all.parcel.timeout_ms), (0, -1, 5));
        assert_eq!(all.keys, ["KEYS", "a"]);
        assert_eq!(all.parcel.credentials, Some((Some("u".into()), "q".into())));
        assert!(all.copy && all.replace);
        assert!(parse("MIGRATE h 1 '' 0 5 KEYS").expect("good").keys.is_empty());
    }

    #[test]
    fn errors_in_their_order() {
        fn check(line: &str, expect: &str) {
            assert_eq!(parse(line).err().as_deref(), Some(expect), "{line}");
        }
        let (syntax, integer) = ("ERR syntax error", "ERR value is not an integer or out of range");
        check("MIGRATE h 1 key x y AUTH", syntax);
        check("MIGRATE h 1 key 0 5 AUTH2 u", syntax);
        check("MIGRATE h 1 key 0 5 COPY nothing", syntax);
        check("MIGRATE h 1 key x 5", integer);
        check("MIGRATE h 1 key 0 y", integer);
        let keys = "ERR When using MIGRATE KEYS option, the key argument must be set to the empty string";
        check("MIGRATE h 1 key x y COPY KEYS a", keys);
    }
}
