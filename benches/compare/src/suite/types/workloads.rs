//! Which commands are measured, on what.

use super::{Fill, Step, VALUE_BYTES};
use crate::reply::Expected;
use crate::report::short;

/// Commands to measure.
pub(super) struct Workload {
    /// Its name in the table.
    pub(super) name: String,
    /// What must be there before.
    pub(super) fills: Vec<Fill>,
    /// The commands, in turn.
    pub(super) steps: Vec<Step>,
    /// Numbers that the commands draw lie below this.
    pub(super) numbers: u64,
    /// Connections.
    pub(super) connections: usize,
    /// Requests that a connection sends at once.
    pub(super) pipeline: usize,
}

impl Workload {
    fn new(name: String, fills: Vec<Fill>, steps: &[(&str, Expected)], numbers: u64) -> Workload {
        let steps = steps.iter().map(|(text, expected)| ((*text).to_owned(), expected.clone())).collect();
        Workload { name, fills, steps, numbers, connections: 50, pipeline: 16 }
    }

    /// So expensive that a round would not end with the usual number of requests under way.
    fn heavy(self) -> Workload {
        Workload { connections: 4, pipeline: 1, ..self }
    }
}

/// A command that writes a hash with this many fields, each of this value, to `key`.
pub(super) fn whole_hash(key: &str, fields: u64, value: &str) -> String {
    let pairs: String = (0..fields).map(|field| format!(" field:{field} {value}")).collect();
    format!("HSET {key}{pairs}")
}

/// All workloads; a large collection has `large` elements.
pub(super) fn all(large: u64) -> Vec<Workload> {
    let medium = large / 10;
    let (n, m) = (short(large), short(medium));
    [lists(large, medium, &n, &m), hashes(large, medium, &n, &m), sets(large, medium, &n, &m)]
        .into_iter()
        .chain([sorted_sets(large, medium, &n, &m), streams(large, medium, &n, &m), others(large, &n)])
        .flatten()
        .collect()
}

fn lists(large: u64, medium: u64, n: &str, m: &str) -> Vec<Workload> {
    let value = vec![b'x'; VALUE_BYTES];
    vec![
        Workload::new(
            format!("LPUSH and RPOP, list of {m}"),
            vec![Fill::new("RPUSH queue __value__", medium)],
            &[("LPUSH queue __value__", Expected::Integer), ("RPOP queue", Expected::value(&value, false))],
            1,
        ),
        Workload::new(
            format!("LRANGE 0 99, list of {n}"),
            vec![Fill::new("RPUSH list __value__", large)],
            &[("LRANGE list 0 99", Expected::values(&value, 100, false))],
            1,
        ),
    ]
}

fn hashes(large: u64, medium: u64, n: &str, m: &str) -> Vec<Workload> {
    let fifties = (large / 100).max(1);
    vec![
        Workload::new(
            format!("HSET, {m} hashes of 20 fields"),
            vec![Fill::new(whole_hash("small:__int__", 20, "__value__"), medium)],
            &[("HSET small:__int__ field:__int:20__ __value__", Expected::Integer)],
            medium,
        ),
        Workload::new(
            format!("HSET, hash of {n} fields"),
            vec![Fill::new("HSET hash field:__int__ __value__", large)],
            &[("HSET hash field:__int__ __value__", Expected::Integer)],
            large,
        ),
        Workload::new(
            format!("HGETALL, {} hashes of 50 fields", short(fifties)),
            vec![Fill::new(whole_hash("fifty:__int__", 50, "__value__"), fifties)],
            &[("HGETALL fifty:__int__", Expected::Elements(100..=100))],
            fifties,
        ),
    ]
}

fn sets(large: u64, medium: u64, n: &str, m: &str) -> Vec<Workload> {
    let half = medium / 2;
    let common = (medium - half) as usize;
    vec![
        Workload::new(
            format!("SADD of a member, set of {n}"),
            vec![Fill::new("SADD set __member__", large)],
            &[("SADD set __member__", Expected::Integer)],
            large,
        ),
        // Members come and go: the set stays as large as it is, and half of the requests change it.
        Workload::new(
            format!("SADD and SREM at random, set of {n}"),
            vec![Fill::new("SADD changing __member__", large)],
            &[
                ("SADD changing __member__", Expected::Integer),
                ("SREM changing __member__", Expected::Integer),
            ],
            2 * large,
        ),
        Workload::new(
            format!("SINTER of two sets of {m}, half in common"),
            vec![
                Fill::new("SADD {s}:a __member__", medium),
                Fill { first: half, ..Fill::new("SADD {s}:b __member__", medium) },
            ],
            &[("SINTER {s}:a {s}:b", Expected::Elements(common..=common))],
            1,
        )
        .heavy(),
    ]
}

fn sorted_sets(large: u64, medium: u64, n: &str, m: &str) -> Vec<Workload> {
    let zset = format!("ZADD zset __score:{large}__ __member__");
    let from_score = format!("ZRANGEBYSCORE zset __score:{large}__ +inf LIMIT 0 10");
    let (a, b) = ["{z}:a", "{z}:b"].map(|key| format!("ZADD {key} __score:{medium}__ __member__")).into();
    vec![
        Workload::new(
            format!("ZADD of a new score, sorted set of {n}"),
            vec![Fill::new(&*zset, large)],
            &[(&zset, Expected::Integer)],
            large,
        ),
        Workload::new(
            format!("ZRANGE 0 9, sorted set of {n}"),
            Vec::new(),
            &[("ZRANGE zset 0 9", Expected::Elements(10..=10))],
            1,
        ),
        Workload::new(
            format!("ZRANGEBYSCORE LIMIT 0 10, sorted set of {n}"),
            Vec::new(),
            &[(&from_score, Expected::Elements(0..=10))],
            1,
        ),
        Workload::new(
            format!("ZUNIONSTORE of two sorted sets of {m}, half in common"),
            vec![Fill::new(a, medium), Fill { first: medium / 2, ..Fill::new(b, medium) }],
            &[("ZUNIONSTORE {z}:to 2 {z}:a {z}:b", Expected::Integer)],
            1,
        )
        .heavy(),
    ]
}

fn streams(large: u64, medium: u64, n: &str, m: &str) -> Vec<Workload> {
    let add = format!("XADD log MAXLEN ~ {medium} * first __value__ second __value__");
    let range = format!("XRANGE stream __int:{}__ + COUNT 10", large - 10);
    vec![
        Workload::new(format!("XADD MAXLEN ~ {m}, two fields"), Vec::new(), &[(&add, Expected::Text)], 1),
        Workload::new(
            format!("XRANGE COUNT 10, stream of {n}"),
            vec![Fill::new("XADD stream __int__-1 first __value__ second __value__", large)],
            &[(&range, Expected::Elements(10..=10))],
            1,
        ),
    ]
}

fn others(large: u64, n: &str) -> Vec<Workload> {
    let (bits, many) = (10 * large, short(10 * large));
    let pfadd = format!("PFADD counter __member:{bits}__");
    let setbit = format!("SETBIT bits __int:{bits}__ 1");
    vec![
        Workload::new(
            format!("PFADD, {many} members"),
            vec![Fill::new("PFADD counter __member__", large)],
            &[(&pfadd, Expected::Integer)],
            1,
        ),
        Workload::new(
            format!("SETBIT, {many} bits"),
            vec![Fill::new(format!("SETBIT bits {bits} 1"), 1)],
            &[(&setbit, Expected::Integer)],
            1,
        ),
        Workload::new(
            format!("GEOSEARCH BYRADIUS 300 km COUNT 10, {n} points"),
            vec![Fill::new("GEOADD points __lon__ __lat__ __member__", large)],
            &[(
                "GEOSEARCH points FROMLONLAT __lon__ __lat__ BYRADIUS 300 km COUNT 10",
                Expected::Elements(0..=10),
            )],
            1,
        ),
    ]
}
