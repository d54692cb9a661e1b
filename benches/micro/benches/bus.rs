//! The bus: what a publish costs alone, a round trip between two threads, and throughput under contention.
//!
//! `cargo bench -p bench-micro --bench bus`. Results are kept in `benches/record/bus.md`.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use bus::{Bus, Credits, Delivery, Port};
use divan::{Bencher, black_box};

fn main() {
    divan::main();
}

type Core = Port<Box<u64>, Box<u64>, fn(u16)>;

fn cores(shards: u16) -> Vec<Core> {
    let bus = Bus::new(shards, Credits::per_pair(8), (|_| ()) as fn(u16));
    (0..shards).map(|shard| bus.port(shard)).collect()
}

/// One whole turn on one thread, with the lines warm: publish a batch to each of `targets` shards, there drain and
/// reply, and take the replies.
#[divan::bench(args = [1, 2, 7])]
fn turn_of(bencher: Bencher, targets: u16) {
    turn(bencher, targets, false);
}

/// The same with own work, whose inbox is locked too.
#[divan::bench(args = [1, 2, 7])]
fn turn_with_own_work_of(bencher: Bencher, targets: u16) {
    turn(bencher, targets, true);
}

fn turn(bencher: Bencher, targets: u16, own: bool) {
    let mut cores = cores(targets + 1);
    let mut bodies: Vec<_> = (0..targets).map(|target| Box::new(u64::from(target))).collect();
    let (mut batches, mut drained, mut replies) = (Vec::new(), Vec::new(), Vec::new());
    bencher.bench_local(|| {
        batches.extend((1..).zip(bodies.drain(..)));
        cores[0].publish(1, &mut batches, own, &mut drained);
        for core in &mut cores[1..] {
            core.drain(1, &mut drained);
            for Delivery { from, body, .. } in drained.drain(..) {
                core.reply(from, body);
            }
        }
        cores[0].take_replies(&mut replies);
        bodies.extend(replies.drain(..).map(|reply| reply.body));
    });
}

/// Own work alone, which skips the lock: the whole cost of the bus to a command for a core's own shard.
#[divan::bench]
fn own_work_alone(bencher: Bencher) {
    let mut core = cores(2).remove(0);
    let (mut batches, mut drained) = (Vec::new(), Vec::new());
    core.publish(1, &mut batches, true, &mut drained);
    bencher.bench_local(|| black_box(core.publish(1, &mut batches, true, &mut drained)));
}

/// A batch to a core that spins, and its reply.
#[divan::bench]
fn round_trip_to_a_spinning_core(bencher: Bencher) {
    let mut cores = cores(2);
    let mut server = cores.remove(1);
    let mut asker = cores.remove(0);
    let done = Arc::new(AtomicBool::new(false));
    let serving = thread::spawn({
        let done = Arc::clone(&done);
        move || {
            let mut drained = Vec::new();
            while !done.load(Ordering::Relaxed) {
                server.drain(0, &mut drained);
                drained.drain(..).for_each(|delivery| server.reply(delivery.from, delivery.body));
                std::hint::spin_loop();
            }
        }
    });
    let (mut batches, mut replies, mut drained) = (Vec::new(), Vec::new(), Vec::new());
    let mut body = Some(Box::new(0));
    bencher.bench_local(|| {
        batches.extend(body.take().map(|body| (1, body)));
        asker.publish(1, &mut batches, false, &mut drained);
        while replies.is_empty() {
            std::hint::spin_loop();
            asker.take_replies(&mut replies);
        }
        body = replies.pop().map(|reply| reply.body);
    });
    done.store(true, Ordering::Relaxed);
    serving.join().expect("the serving core ends");
}

/// `cores` threads, each of which publishes 2,000 times to all others with own work: time until all is answered.
#[divan::bench(args = [2, 4, 7], sample_count = 20)]
fn all_to_all(bencher: Bencher, count: u16) {
    bencher.with_inputs(|| cores(count)).bench_local_values(|cores| {
        let running = Arc::new(std::sync::atomic::AtomicU16::new(count));
        thread::scope(|scope| {
            for mut core in cores {
                let running = Arc::clone(&running);
                scope.spawn(move || {
                    let (mut batches, mut drained, mut replies) = (Vec::new(), Vec::new(), Vec::new());
                    let (mut published, mut answered, mut reported) = (0, 0, false);
                    while running.load(Ordering::Acquire) > 0 {
                        let others = (0..count).filter(|&shard| shard != core.shard());
                        if published < 2_000 && others.clone().all(|shard| core.has_credit(shard)) {
                            published += 1;
                            batches.extend(others.map(|shard| (shard, Box::new(0))));
                        } else {
                            thread::yield_now();
                        }
                        core.publish(published, &mut batches, true, &mut drained);
                        drained.drain(..).for_each(|delivery| core.reply(delivery.from, delivery.body));
                        core.take_replies(&mut replies);
                        answered += replies.drain(..).count();
                        if !reported && answered == 2_000 * usize::from(count - 1) {
                            reported = true;
                            running.fetch_sub(1, Ordering::AcqRel);
                        }
                    }
                });
            }
        });
    });
}
