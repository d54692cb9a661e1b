//! The `anax` server: configuration, wiring of cores, signals.

mod service;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base::hash::KeyHasher;
use frontend::config::Setting;
use frontend::process::{CpuInfo, Facts, MemoryInfo};
use frontend::{Config, Core, CoreBus, CoreOptions, Shared};
use reactor::{BackendKind, Listener, Settings, Waker};

use crate::service::{CoreService, CoreWaker};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

struct Process {
    wakers: Vec<Waker>,
    facts: Facts,
}

static STOP: AtomicBool = AtomicBool::new(false);

impl frontend::Process for Process {
    fn facts(&self) -> &Facts {
        &self.facts
    }
    fn memory(&self) -> MemoryInfo {
        MemoryInfo::default()
    }
    fn cpu(&self) -> CpuInfo {
        CpuInfo::default()
    }
    fn rejected_connections(&self) -> u64 {
        0
    }
    fn ticks_to_ns(&self, ticks: u64) -> u64 {
        sys::clock::ticks_to_ns(ticks)
    }
    fn apply(&self, _: Setting) {}
    fn shutdown(&self) {
        STOP.store(true, Ordering::SeqCst);
    }
    fn wake_all(&self) {
        for waker in &self.wakers {
            waker.wake();
        }
    }
}

fn sleep_us(us: u64) {
    std::thread::sleep(std::time::Duration::from_micros(us));
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let options = Config::from_args(&args).unwrap_or_else(|error| {
        println!("{error}");
        std::process::exit(1)
    });
    let port: u16 = options.port().unwrap_or(6379);
    let shards: u16 = options.shards().unwrap_or(1);
    let address: SocketAddr = format!("127.0.0.1:{port}").parse().unwrap();
    let listener = Listener::tcp(address, 511, 300).unwrap();
    let config = reactor::Config {
        cores: usize::from(shards),
        backend: if options.io_backend() == frontend::config::IoBackend::Epoll {
            BackendKind::Epoll
        } else {
            BackendKind::Uring
        },
        ..reactor::Config::default()
    };
    let settings = Arc::new(Settings::default());
    let seats = reactor::seats(config, settings, vec![listener]).unwrap();
    let wakers: Vec<Waker> = seats.iter().map(|seat| seat.waker()).collect();
    let control = Process { wakers: wakers.clone(), facts: Facts::default() };
    let shared = Arc::new(Shared::new(shards, options, Box::new(control)));
    let bus = CoreBus::new(shards, bus::Credits::per_pair(8), CoreWaker(wakers));
    let hasher = KeyHasher::new((1, 2));
    let threads: Vec<_> = seats
        .into_iter()
        .enumerate()
        .map(|(shard, seat)| {
            let (shared, port) = (Arc::clone(&shared), bus.port(shard as u16));
            std::thread::spawn(move || {
                let options = CoreOptions {
                    shard: shard as u16,
                    shards,
                    hasher,
                    seed: shard as u64,
                    ticks: sys::clock::ticks,
                    sleep_us,
                };
                seat.run(CoreService(Core::new(options, shared, port))).map(drop).unwrap();
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}
