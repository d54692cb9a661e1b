//! DEBUG POPULATE: many keys.

use base::limits::BULK_DEFAULT_MAX_BYTES;
use base::{key_slot, shard_of_slot};
use store::{Entry, StringValue};

use crate::{CmdError, ShardCtx, Topology, words};

/// Longest key that POPULATE makes; Redis's buffer.
const POPULATE_KEY_MAX_BYTES: usize = 127;

/// Most keys that POPULATE is asked for: more than memory holds, and Redis's reply where that is so.
const POPULATE_KEYS_MAX: u64 = 1 << 40;

/// POPULATE count [prefix] [size]: keys `prefix:N` with values `value:N`, which are cut or filled up with zero bytes to the
/// size unless that is 0. Keys that exist stay as they are.
#[derive(Clone)]
pub(super) struct Populate {
    count: u64,
    prefix: Vec<u8>,
    size: usize,
}

impl Populate {
    pub(super) fn parse(args: &[&[u8]]) -> Result<Self, CmdError> {
        let mut args = args.iter().copied().skip(2);
        let count = words::positive(args.next().unwrap_or_default())?;
        if count > POPULATE_KEYS_MAX {
            return Err(CmdError::text_of("ERR OOM in dictTryExpand"));
        }
        let prefix = args.next().unwrap_or(b"key").split(|&byte| byte == 0).next().unwrap_or_default();
        let size = args.next().map_or(Ok(0), words::positive)?;
        if size > BULK_DEFAULT_MAX_BYTES {
            return Err(CmdError::StringTooLong);
        }
        Ok(Populate { count, prefix: prefix.to_vec(), size: size as usize })
    }

    /// Makes the keys that live in a shard.
    pub(super) fn run(&self, ctx: &mut ShardCtx<'_>, shard: u16, topology: Topology) {
        let mut name = self.prefix.clone();
        name.push(b':');
        let prefix_len = name.len();
        let mut value = Vec::new();
        for number in 0..self.count {
            name.truncate(prefix_len);
            base::num::write_u64(&mut name, number);
            name.truncate(POPULATE_KEY_MAX_BYTES);
            if shard_of_slot(key_slot(&name), topology.shards) != shard {
                continue;
            }
            let key = ctx.key(&name);
            if let Entry::Vacant(place) = ctx.database().entry(key) {
                value.clear();
                value.extend_from_slice(b"value:");
                base::num::write_u64(&mut value, number);
                if self.size > 0 {
                    value.resize(self.size, 0);
                }
                place.insert(StringValue::Text(&value), None);
            }
        }
    }
}
