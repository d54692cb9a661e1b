//! Ways to write a file, measured: `cargo run --profile quick -p storage --example write_paths -- FOLDER MEGABYTES ROUNDS`.
//!
//! Each writes chunks of 256 KiB, which are filled anew as a snapshot fills them, and ends with a sync. Time is by the clock,
//! CPU time is that of the whole process, so that the kernel's worker threads count.

use std::collections::VecDeque;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

use glommio::io::{BufferedFile, DmaFile};
use glommio::{LocalExecutorBuilder, Placement};

#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const CHUNK_BYTES: usize = 256 * 1024;

fn main() {
    let mut args = std::env::args().skip(1);
    let folder = PathBuf::from(args.next().unwrap_or_else(|| ".".into()));
    let mut number = |or| args.next().and_then(|text| text.parse().ok()).unwrap_or(or);
    let (chunks, rounds) = (number(1024) * 1024 * 1024 / CHUNK_BYTES, number(3));
    for round in 0..rounds {
        println!("round {round}");
        report("write(2)", chunks, 1, &folder, |path| plain(path, chunks));
        report("write(2), two files", chunks, 2, &folder, |path| plain(path, chunks / 2));
        for depth in [1, 4, 16] {
            report(&format!("buffered, {depth} in flight"), chunks, 1, &folder, move |path| {
                executor(buffered(path.to_path_buf(), chunks, depth));
            });
        }
        report("buffered, 4 in flight, two files", chunks, 2, &folder, |path| {
            executor(buffered(path.to_path_buf(), chunks / 2, 4));
        });
        for depth in [1, 4, 16] {
            report(&format!("DMA, {depth} in flight"), chunks, 1, &folder, move |path| {
                executor(direct(path.to_path_buf(), chunks, depth));
            });
        }
        report("DMA, 4 in flight, two files", chunks, 2, &folder, |path| {
            executor(direct(path.to_path_buf(), chunks / 2, 4));
        });
    }
}

/// Runs something once for each of so many files at the same time, and prints what it took.
fn report(name: &str, chunks: usize, files: usize, folder: &Path, run: impl Fn(&Path) + Sync) {
    let paths: Vec<PathBuf> = (0..files).map(|file| folder.join(format!("write-path-{file}"))).collect();
    let (began, cpu) = (Instant::now(), cpu());
    std::thread::scope(|scope| {
        for path in &paths {
            scope.spawn(|| run(path));
        }
    });
    let (took, cpu) = (began.elapsed(), self::cpu() - cpu);
    let megabytes = (chunks * CHUNK_BYTES) as f64 / 1e6;
    println!(
        "{name:36} {:6.0} MB/s {:6.3} CPU-ms/MB",
        megabytes / took.as_secs_f64(),
        cpu.as_secs_f64() * 1000.0 / megabytes
    );
    paths.iter().for_each(|path| drop(std::fs::remove_file(path)));
}

/// CPU time of the process.
fn cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).expect("less than a second"))
}

fn filled() -> Vec<u8> {
    vec![0x5a; CHUNK_BYTES]
}

fn plain(path: &Path, chunks: usize) {
    let mut file = std::fs::File::create(path).expect("created");
    for _ in 0..chunks {
        file.write_all(&filled()).expect("written");
    }
    file.sync_data().expect("synced");
}

fn executor(future: impl Future<Output = ()>) {
    let executor = LocalExecutorBuilder::new(Placement::Unbound).io_memory(1 << 20).ring_depth(64).make();
    executor.expect("an executor").run(future);
}

async fn buffered(path: PathBuf, chunks: usize, depth: usize) {
    let file = Rc::new(BufferedFile::create(path).await.expect("created"));
    let mut flying = VecDeque::new();
    for chunk in 0..chunks {
        if flying.len() == depth {
            flying.pop_front().map(glommio::Task::<()>::detach).expect("one flies").await;
        }
        let file = Rc::clone(&file);
        flying.push_back(glommio::spawn_local(async move {
            let at = (chunk * CHUNK_BYTES) as u64;
            assert_eq!(file.write_at(filled(), at).await.expect("written"), CHUNK_BYTES);
        }));
    }
    for task in flying {
        task.await;
    }
    file.fdatasync().await.expect("synced");
}

async fn direct(path: PathBuf, chunks: usize, depth: usize) {
    let file = Rc::new(DmaFile::create(path).await.expect("created"));
    let mut flying = VecDeque::new();
    for chunk in 0..chunks {
        if flying.len() == depth {
            flying.pop_front().map(glommio::Task::<()>::detach).expect("one flies").await;
        }
        let file = Rc::clone(&file);
        flying.push_back(glommio::spawn_local(async move {
            let mut buffer = file.alloc_dma_buffer(CHUNK_BYTES);
            buffer.as_bytes_mut().copy_from_slice(&filled());
            let at = (chunk * CHUNK_BYTES) as u64;
            assert_eq!(file.write_at(buffer, at).await.expect("written"), CHUNK_BYTES);
        }));
    }
    for task in flying {
        task.await;
    }
    file.fdatasync().await.expect("synced");
}
