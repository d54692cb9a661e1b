//! Ways to take a group of frames to the disk, one group after the other: what each costs in time, and in CPU of this process.
//!
//! `cargo bench -p bench-micro --bench log_paths -- FOLDER`: on the disk of that folder. Without one, a few groups of each in the
//! folder for temporary files, to see that they run.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use glommio::io::{BufferedFile, DmaFile};
use glommio::{LocalExecutorBuilder, Placement};
use persist::log::volume::{BLOCK_BYTES, skip_to_block};
use rustix::time::{ClockId, clock_gettime};
use sys::uring::Uring;
use sys::{Backend, BackendOptions, Event, Waker};

/// What 40 commands of 100 bytes make.
const GROUP_BYTES: usize = 6000;
/// Room that is made ahead.
const ROOM_BYTES: usize = 256 * 1024;

fn cpu() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Runs one way for so many groups, three times, and prints the median of the times.
fn measure(name: &str, groups: usize, mut run: impl FnMut(usize)) {
    let mut rounds: Vec<(f64, f64)> = (0..3)
        .map(|_| {
            let (start, before) = (Instant::now(), cpu());
            run(groups);
            let us = |time: Duration| time.as_secs_f64() * 1e6 / groups as f64;
            (us(start.elapsed()), us(cpu() - before))
        })
        .collect();
    rounds.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (us, cpu_us) = rounds[1];
    println!("| {name} | {us:.0} | {cpu_us:.0} |");
}

fn create(path: &Path) -> File {
    OpenOptions::new().create(true).truncate(true).write(true).open(path).expect("a file")
}

/// Writes a group behind the others; with room, zeros behind it when there are none.
fn write(file: &File, at: u64, room: &mut u64) {
    let end = at + GROUP_BYTES as u64;
    if end > *room {
        file.write_all_at(&vec![0; ROOM_BYTES], end).expect("written");
        *room = end + ROOM_BYTES as u64;
    }
    file.write_all_at(&[1; GROUP_BYTES], at).expect("written");
}

fn plain(path: &Path, groups: usize, makes_room: bool) {
    let (file, mut room) = (create(path), if makes_room { 0 } else { u64::MAX });
    for group in 0..groups {
        write(&file, (group * GROUP_BYTES) as u64, &mut room);
        file.sync_data().expect("synced");
    }
}

/// The loop of a core: one operation that writes and syncs, into room; `in_blocks`: past the page cache, where the last block is written
/// again with the next group.
fn ring(path: &Path, groups: usize, in_blocks: bool) {
    let mut ring = Uring::open(&BackendOptions::default(), &Waker::new().expect("a waker")).expect("a ring");
    let flags = if in_blocks { rustix::fs::OFlags::DIRECT.bits() as i32 } else { 0 };
    create(path);
    let file = OpenOptions::new().write(true).custom_flags(flags).open(path).expect("a file");
    let (file, mut room) = (Arc::new(file), 0);
    let mut buffer = Vec::new();
    for group in 0..groups {
        let at = group * GROUP_BYTES;
        let start = if in_blocks { at - at % BLOCK_BYTES } else { at };
        let mut len = at + GROUP_BYTES - start;
        if start + len > room {
            len += ROOM_BYTES;
            room = start + len;
        }
        buffer.clear();
        buffer.reserve(len + 2 * BLOCK_BYTES);
        let skip = if in_blocks { skip_to_block(&buffer) } else { 0 };
        buffer.resize(skip + at + GROUP_BYTES - start, 1);
        buffer.resize(skip + if in_blocks { len.next_multiple_of(BLOCK_BYTES) } else { len }, 0);
        ring.write_file(Arc::clone(&file), start as u64, std::mem::take(&mut buffer), skip);
        buffer = loop {
            match ring.next_event() {
                Some(Event::FileWritten { buffer, result }) => {
                    assert_eq!(result.expect("written"), buffer.len() - skip);
                    break buffer;
                }
                Some(_) => {}
                None => ring.wait(None).expect("it waits"),
            }
        };
    }
}

/// Runs something on an executor of its own, on this thread.
fn executor<F: Future<Output = ()> + 'static>(run: impl FnOnce() -> F) {
    let builder = LocalExecutorBuilder::new(Placement::Unbound).io_memory(2 << 20).ring_depth(64);
    builder.make().expect("an executor").run(run());
}

fn glommio_buffered(path: PathBuf, groups: usize) {
    executor(move || async move {
        let file = BufferedFile::create(&path).await.expect("a file");
        for group in 0..groups {
            file.write_at(vec![1; GROUP_BYTES], (group * GROUP_BYTES) as u64).await.expect("written");
            file.fdatasync().await.expect("synced");
        }
        file.close().await.expect("closed");
    });
}

fn glommio_direct(path: PathBuf, groups: usize) {
    executor(move || async move {
        let file = Rc::new(DmaFile::create(&path).await.expect("a file"));
        let blocks = GROUP_BYTES.div_ceil(BLOCK_BYTES) * BLOCK_BYTES;
        for group in 0..groups {
            let mut buffer = file.alloc_dma_buffer(blocks);
            buffer.as_bytes_mut().fill(1);
            // Its last block is written again with the next group.
            let at = (group * GROUP_BYTES / BLOCK_BYTES * BLOCK_BYTES) as u64;
            file.write_at(buffer, at).await.expect("written");
            file.fdatasync().await.expect("synced");
        }
        file.close_rc().await.expect("closed");
    });
}

fn main() {
    let folder = std::env::args().skip(1).find(|word| !word.starts_with('-')).map(PathBuf::from);
    let groups = if folder.is_some() { 2000 } else { 5 };
    let folder = folder.unwrap_or_else(std::env::temp_dir);
    let path = folder.join(format!("anax-log-paths-{}", std::process::id()));
    println!("| way | us a group | CPU us a group |\n| --- | ---: | ---: |");
    measure("write, fdatasync", groups, |groups| plain(&path, groups, false));
    measure("write into room, fdatasync", groups, |groups| plain(&path, groups, true));
    measure("the core's ring, RWF_DSYNC, into room", groups, |groups| ring(&path, groups, false));
    measure("the core's ring, RWF_DSYNC, into room, O_DIRECT", groups, |groups| ring(&path, groups, true));
    measure("glommio BufferedFile, fdatasync", groups, |groups| glommio_buffered(path.clone(), groups));
    measure("glommio DmaFile, fdatasync", groups, |groups| glommio_direct(path.clone(), groups));
    std::fs::remove_file(&path).expect("removed");
}
