//! DEBUG OBJECT, SDSLEN, LISTPACK, QUICKLIST, HTSTATS-KEY and HTSTATS: how a key or a table is stored. The forms are those
//! of Redis, the contents what they are here.

use resp::Reply;
use store::{AccessClock, Item};

use crate::{CmdError, ShardCtx};

/// What to look at.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum What {
    Object,
    Lengths,
    Packed,
    List,
    Table,
}

/// Looks at a key.
pub(super) fn at_key(what: What, ctx: &mut ShardCtx<'_>, key: &[u8]) -> Result<Vec<u8>, CmdError> {
    let key = ctx.key(key);
    let database = ctx.database();
    let access = database.access();
    let item = database.inspect_even_expired(key).ok_or(CmdError::NoSuchKey)?;
    let encoding = item.encoding();
    match what {
        What::Object => Ok(object(item, &access).into_bytes()),
        What::Lengths if matches!(encoding, "embstr" | "raw") => Ok(lengths(item).into_bytes()),
        What::Lengths => Err(CmdError::text_of("ERR Not an sds encoded string.")),
        What::Packed if encoding == "listpack" => Ok(b"Listpack structure printed on stdout".to_vec()),
        What::Packed => Err(CmdError::text_of("ERR Not a listpack encoded object.")),
        What::List if encoding == "quicklist" => Ok(b"Quicklist structure printed on stdout".to_vec()),
        What::List => Err(CmdError::text_of("ERR Not a quicklist encoded object.")),
        What::Table if matches!(encoding, "hashtable" | "skiplist") => {
            Ok(format!(" bytes: {}\n", item.memory_bytes()).into_bytes())
        }
        What::Table => Err(CmdError::text_of(
            "ERR The value stored at the specified key is not represented using an hash table",
        )),
    }
}

fn object(item: Item<'_>, access: &AccessClock) -> String {
    format!(
        "Value at:0x{:x} refcount:1 encoding:{} serializedlength:{} lru:{} lru_seconds_idle:{}",
        item.key().as_ptr() as usize,
        item.encoding(),
        item.memory_bytes(),
        item.used_s(access),
        item.idle_s(access),
    )
}

/// Key and value lie in one record, exactly as long as they are.
fn lengths(item: Item<'_>) -> String {
    let (key, value) = (item.key().len(), item.value().text_len());
    format!(
        "key_sds_len:{key}, key_sds_avail:0, key_zmalloc: {}, val_sds_len:{value}, val_sds_avail:0, val_zmalloc: 0",
        item.memory_bytes()
    )
}

/// Writes what was found out about a key.
pub(super) fn write(what: What, found: &[u8], reply: &mut Reply<'_>) {
    let text = String::from_utf8_lossy(found);
    if what == What::Table {
        reply.verbatim(*b"txt", format!("Hash table 0 stats (main hash table):\n{text}").as_bytes());
    } else {
        reply.simple(&text);
    }
}

/// Looks at a database's table: its keys, those with an expiry, and its bytes.
pub(super) fn at_table(ctx: &mut ShardCtx<'_>, db: usize) -> Vec<u8> {
    let info = ctx.shard.db_info(db);
    [info.keys, info.expires, info.table_bytes].map(|number| (number as u64).to_le_bytes()).concat()
}

/// Writes what all shards found out about a database's table.
pub(super) fn write_table(parts: &[Vec<u8>], reply: &mut Reply<'_>) {
    let mut sums = [0u64; 3];
    for part in parts {
        for (sum, number) in sums.iter_mut().zip(part.as_chunks::<8>().0) {
            *sum += u64::from_le_bytes(*number);
        }
    }
    let [keys, expires, bytes] = sums;
    let text = format!(
        "[Dictionary HT]\nHash table 0 stats (main hash table):\n bytes: {bytes}\n number of elements: {keys}\n\
         [Expires HT]\nHash table 0 stats (main hash table):\n number of elements: {expires}\n"
    );
    reply.verbatim(*b"txt", text.as_bytes());
}
