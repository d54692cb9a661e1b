//! The protocol's share of a request: frame, slot, hash, reply.
//!
//! `cargo bench -p bench-micro --bench resp`. Each benchmark handles [`BATCH`] items; the item rate is what to compare.

use base::{ArgRange, KeyHasher, key_slot};
use divan::{Bencher, black_box, counter::ItemsCount};
use resp::{Limits, Parsed, Parser, Reply, skip_element};

/// Items of one iteration: a turn's worth of pipelined commands.
const BATCH: usize = 128;

fn main() {
    divan::main();
}

fn keys() -> Vec<String> {
    (0..BATCH).map(|i| format!("key:{i:012}")).collect()
}

fn frame(args: &[&[u8]]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut reply = Reply::new(&mut bytes, false);
    reply.array(args.len());
    args.iter().for_each(|arg| reply.bulk(arg));
    bytes
}

fn sets(value_len: usize) -> Vec<u8> {
    let value = vec![b'v'; value_len];
    keys().iter().flat_map(|key| frame(&[b"SET", key.as_bytes(), &value])).collect()
}

/// Parses all frames of `stream`, handing the parser `step` more bytes whenever it asks.
fn parse(stream: &[u8], step: usize, args: &mut Vec<ArgRange>) -> usize {
    let (mut parser, limits) = (Parser::new(), Limits::default());
    let (mut start, mut available, mut frames) = (0, step.min(stream.len()), 0);
    while start < stream.len() {
        args.clear();
        match parser.next(&stream[start..available], &limits, args) {
            Ok(Parsed::Frame { consumed }) => (start, frames) = (start + consumed, frames + 1),
            Ok(Parsed::Incomplete { .. }) => available = stream.len().min(available + step),
            other => panic!("{other:?}"),
        }
    }
    frames
}

#[divan::bench(args = [8, 64, 1024])]
fn parse_set(bencher: Bencher<'_, '_>, value_len: usize) {
    let (stream, mut args) = (sets(value_len), Vec::new());
    bencher.counter(ItemsCount::new(BATCH)).bench_local(|| parse(black_box(&stream), usize::MAX, &mut args));
}

#[divan::bench]
fn parse_get(bencher: Bencher<'_, '_>) {
    let stream: Vec<u8> = keys().iter().flat_map(|key| frame(&[b"GET", key.as_bytes()])).collect();
    let mut args = Vec::new();
    bencher.counter(ItemsCount::new(BATCH)).bench_local(|| parse(black_box(&stream), usize::MAX, &mut args));
}

/// Reads that end within frames.
#[divan::bench]
fn parse_set_in_reads_of_1000_bytes(bencher: Bencher<'_, '_>) {
    let (stream, mut args) = (sets(64), Vec::new());
    bencher.counter(ItemsCount::new(BATCH)).bench_local(|| parse(black_box(&stream), 1000, &mut args));
}

/// One command of a megabyte that comes in reads of 16 KiB.
#[divan::bench]
fn parse_huge_in_reads(bencher: Bencher<'_, '_>) {
    let (stream, mut args) = (frame(&[b"SET", b"key", &vec![b'v'; 1 << 20]]), Vec::new());
    bencher.counter(ItemsCount::new(1usize)).bench_local(|| parse(black_box(&stream), 16 * 1024, &mut args));
}

#[divan::bench]
fn slot_of_16_bytes(bencher: Bencher<'_, '_>) {
    let keys = keys();
    bencher
        .counter(ItemsCount::new(BATCH))
        .bench_local(|| keys.iter().map(|key| u64::from(key_slot(black_box(key.as_bytes())))).sum::<u64>());
}

#[divan::bench]
fn hash_of_16_bytes(bencher: Bencher<'_, '_>) {
    let (keys, hasher) = (keys(), KeyHasher::new((1, 2)));
    bencher
        .counter(ItemsCount::new(BATCH))
        .bench_local(|| keys.iter().fold(0, |sum, key| sum ^ hasher.hash(black_box(key.as_bytes()))));
}

fn bench_reply(bencher: Bencher<'_, '_>, write: impl Fn(&mut Reply<'_>)) {
    let mut out = Vec::new();
    bencher.counter(ItemsCount::new(BATCH)).bench_local(|| {
        out.clear();
        let mut reply = Reply::new(&mut out, false);
        (0..BATCH).for_each(|_| write(&mut reply));
        out.len()
    });
}

#[divan::bench(args = [8, 64, 1024])]
fn reply_bulk(bencher: Bencher<'_, '_>, len: usize) {
    let value = vec![b'v'; len];
    bench_reply(bencher, |reply| reply.bulk(black_box(&value)));
}

#[divan::bench]
fn reply_ok(bencher: Bencher<'_, '_>) {
    bench_reply(bencher, |reply| reply.ok());
}

#[divan::bench(args = [7, 12_345])]
fn reply_int(bencher: Bencher<'_, '_>, value: i64) {
    bench_reply(bencher, |reply| reply.int(black_box(value)));
}

#[divan::bench]
fn reply_double(bencher: Bencher<'_, '_>) {
    bench_reply(bencher, |reply| reply.double(black_box(1234.5678)));
}

/// Splitting a merged reply: an array of bulk strings.
#[divan::bench]
fn skip_bulk_elements(bencher: Bencher<'_, '_>) {
    let value = [b'v'; 64];
    let reply = frame(&vec![&value[..]; BATCH]);
    bencher.counter(ItemsCount::new(BATCH)).bench_local(|| skip_element(black_box(&reply), 0));
}
