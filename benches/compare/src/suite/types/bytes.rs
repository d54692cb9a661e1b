//! Bytes of an element of each kind of collection.

use anyhow::{Context, Result};

use super::workloads::whole_hash;
use super::{BYTES_TARGET, FILL_PIPELINE, Fill, knows, load};
use crate::info::Client;
use crate::load::{Bound, Load};
use crate::reply::{Expected, Reply};
use crate::report::{Table, at_most, decimals, short};
use crate::server::{Candidate, Server};
use crate::suite::Options;

/// Large collections of a kind: enough of them that a page or a buffer more of the process does not show.
const COLLECTIONS: u64 = 10;
/// Fields of a small hash.
const FIELDS: u64 = 20;
/// Value of such a field.
const FIELD_VALUE: &str = "12.34567";
/// The same as a word: what a server keeps in a shorter form if it is a number.
const FIELD_TEXT: &str = "Helsinki";
/// Small hashes whose MEMORY USAGE is asked for.
const ASKED_MAX: u64 = 100;
/// Values in a request that only warms a server up: it is about as long as one that fills it.
const ECHO_VALUES: usize = 4;
/// The two measures of a server should not lie further apart than this.
const APART_MAX: f64 = 0.25;

/// A kind of collection.
struct Kind {
    name: String,
    fills: Vec<Fill>,
    /// Elements of a collection.
    each: u64,
    /// Collections with their elements in the server.
    collections: u64,
    /// Keys of some of them.
    keys: Vec<String>,
}

/// Bytes of an element; NaN where the server does not say.
#[derive(Clone, Copy)]
struct Bytes {
    resident: f64,
    usage: f64,
}

fn kinds(large: u64) -> Vec<Kind> {
    let n = short(large);
    let collections = |name: String, command: &str| {
        let keys: Vec<String> = (0..COLLECTIONS).map(|number| format!("collection:{number}")).collect();
        let fills = keys.iter().map(|key| Fill::new(command.replace("KEY", key), large)).collect();
        Kind { name, fills, each: large, collections: COLLECTIONS, keys }
    };
    let hashes = Kind {
        name: format!("hashes of {FIELDS} fields, field:N, {}-byte values", FIELD_VALUE.len()),
        fills: vec![Fill::new(whole_hash("hash:__int__", FIELDS, FIELD_VALUE), large)],
        each: FIELDS,
        collections: large,
        keys: (0..large.min(ASKED_MAX)).map(|number| format!("hash:{number}")).collect(),
    };
    let texts = Kind {
        name: format!("hashes of {FIELDS} fields, field:N, {}-letter values", FIELD_TEXT.len()),
        fills: vec![Fill::new(whole_hash("hash:__int__", FIELDS, FIELD_TEXT), large)],
        keys: hashes.keys.clone(),
        ..hashes
    };
    vec![
        hashes,
        texts,
        collections(format!("lists of {n}, 20-byte values"), "RPUSH KEY __value__"),
        collections(format!("sets of {n}, 16-byte members"), "SADD KEY __member__"),
        collections(
            format!("sorted sets of {n}, 16-byte members"),
            &format!("ZADD KEY __score:{large}__ __member__"),
        ),
        collections(
            format!("streams of {n}, two fields, 20-byte values"),
            "XADD KEY * first __value__ second __value__",
        ),
    ]
}

/// Measures all kinds on all servers: the table and notes.
pub(super) fn measure(options: &Options, large: u64) -> Result<(Table, Vec<String>)> {
    let names: Vec<&str> = options.candidates.iter().map(|candidate| candidate.name.as_str()).collect();
    let bytes = names.iter().flat_map(|name| [format!("{name} RSS"), format!("{name} MEMORY USAGE")]);
    let ratios = names[1..].iter().flat_map(|peer| {
        let (first, limit) = (names[0], format!("at most {BYTES_TARGET}"));
        [format!("{first}/{peer} RSS"), limit, format!("{first}/{peer} MEMORY USAGE")]
    });
    let head = ["element of".to_owned()].into_iter().chain(bytes).chain(ratios).collect();
    let (mut table, mut notes) = (Table { head, rows: Vec::new() }, Vec::new());
    for kind in kinds(large) {
        let mut measured = Vec::new();
        for candidate in &options.candidates {
            let bytes = of(options, candidate, &kind).with_context(|| candidate.name.clone())?;
            options.say(&format!(
                "{}, {}: {:.1} resident bytes, {:.1} by MEMORY USAGE",
                kind.name, candidate.name, bytes.resident, bytes.usage
            ));
            if (bytes.usage / bytes.resident - 1.0).abs() > APART_MAX {
                let apart = bytes.usage / bytes.resident;
                notes.push(format!("{}, {}: MEMORY USAGE is {apart:.2} of RSS.", kind.name, candidate.name));
            }
            measured.push(bytes);
        }
        table.rows.push(row(kind.name, &measured));
    }
    Ok((table, notes))
}

fn row(name: String, measured: &[Bytes]) -> Vec<String> {
    let mut row = vec![name];
    row.extend(measured.iter().flat_map(|bytes| [bytes.resident, bytes.usage].map(|b| decimals(b, 1))));
    for peer in &measured[1..] {
        let resident = measured[0].resident / peer.resident;
        let usage = measured[0].usage / peer.usage;
        row.extend([decimals(resident, 2), at_most(resident, BYTES_TARGET), decimals(usage, 2)]);
    }
    row
}

/// Bytes of an element of this kind in a server of its own.
fn of(options: &Options, candidate: &Candidate, kind: &Kind) -> Result<Bytes> {
    let none = Bytes { resident: f64::NAN, usage: f64::NAN };
    let server = Server::start(candidate, &options.setting(1))?;
    // A server that has not served anybody yet would get its first buffers counted.
    let echo = format!("ECHO {}", "__value__".repeat(ECHO_VALUES));
    let echo = load(options, &server, &[(echo, Expected::Any)], 1)?;
    knows(&Load { connections: 1, pipeline: FILL_PIPELINE, bound: Bound::Requests(10_000), ..echo })?;
    let empty = server.settled_rss_bytes(options.settle)? as f64;
    for fill in &kind.fills {
        if !fill.run(options, &server)? {
            return Ok(none);
        }
    }
    let full = server.settled_rss_bytes(options.settle)? as f64;
    let mut client = server.client()?;
    let usage: Option<u64> = kind.keys.iter().map(|key| usage(&mut client, key)).sum();
    let asked = (kind.keys.len() as u64 * kind.each) as f64;
    Ok(Bytes {
        resident: (full - empty) / (kind.collections * kind.each) as f64,
        usage: usage.map_or(f64::NAN, |bytes| bytes as f64 / asked),
    })
}

/// MEMORY USAGE of a key, every element looked at.
fn usage(client: &mut Client, key: &str) -> Option<u64> {
    let bytes = client.call(&["MEMORY", "USAGE", key, "SAMPLES", "0"], |reply| match reply {
        Reply::Integer(bytes) => u64::try_from(*bytes).ok(),
        _ => None,
    });
    // A server without the command simply does not say.
    bytes.ok()
}
