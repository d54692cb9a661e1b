//! `memory`: resident bytes a key.

use anyhow::{Result, ensure};

use super::{Options, Shape, Suite};
use crate::keys::Distribution;
use crate::load::{Bound, Load};
use crate::report::{Report, Table, decimals, grouped};
use crate::server::Server;

pub(super) const SUITE: Suite =
    Suite { name: "memory", about: "resident bytes of a key with a 32-byte value", run };

const MIB: f64 = (1 << 20) as f64;

fn run(options: &Options) -> Result<Report> {
    let keys = options.large_keys;
    let mut table = Table::new(&["server", "empty MiB", "full MiB", "added bytes/key", "all bytes/key"]);
    let (mut servers, mut notes) = (Vec::new(), Vec::new());
    for candidate in &options.candidates {
        options.say(&format!("memory of {}", candidate.name));
        let server = Server::start(candidate, &options.setting(1))?;
        let empty = server.settled_rss_bytes(options.settle)? as f64;
        fill(options, &server, keys)?;
        match server.client()?.dbsize() {
            Ok(count) => ensure!(count == keys, "{} holds {count} keys instead of {keys}", candidate.name),
            Err(_) => notes.push(format!("{} does not say how many keys it holds.", candidate.name)),
        }
        let full = server.settled_rss_bytes(options.settle)? as f64;
        let per_key = |bytes: f64| decimals(bytes / keys as f64, 1);
        let row = [grouped(empty / MIB), grouped(full / MIB), per_key(full - empty), per_key(full)];
        table.rows.push([candidate.name.clone()].into_iter().chain(row).collect());
        servers.push(server.description().to_owned());
    }
    Ok(Report {
        title: "Memory of a key".to_owned(),
        method: format!(
            "{keys} keys `key:N` (unpadded) with 32-byte values, set once each in order; resident size once it is stable."
        ),
        servers,
        tables: vec![("Less is better.".to_owned(), table)],
        notes,
    })
}

fn fill(options: &Options, server: &Server, keys: u64) -> Result<()> {
    let load = Load {
        distribution: Distribution::Sequential(0),
        bound: Bound::Requests(keys),
        ..options.load(server, Shape::compact(20, 50, "set"), keys)?
    };
    let tally = load.run()?.tally;
    ensure!(tally.bad() == 0, "writing failed: {}", tally.first_bad.unwrap_or_default());
    Ok(())
}
