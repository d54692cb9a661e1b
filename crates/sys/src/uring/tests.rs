//! Tests of the ring backend with tiny queues and buffers, so that everything that can overflow does.

use std::collections::HashMap;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::rc::Rc;
use std::time::Duration;

use super::*;

const PEERS: u32 = 100;

/// A backend with `PEERS` sockets whose other ends are returned, or none where io_uring cannot be had.
fn backend(queues: (u32, u32), options: &BackendOptions) -> Option<(Uring, Vec<UnixStream>)> {
    probe().ok()?;
    let waker = Waker::new().expect("waker");
    let mut uring = Uring::with_queues(options, &waker, queues.0, queues.1).expect("ring");
    let mut peers = Vec::new();
    for slot in 0..PEERS {
        let (ours, theirs) = UnixStream::pair().expect("pair");
        theirs.set_read_timeout(Some(Duration::from_secs(30))).expect("timeout");
        uring.adopt(slot, ours.into()).expect("adopt");
        peers.push(theirs);
    }
    Some((uring, peers))
}

/// Runs the backend until `done` says so; each event is passed to it.
fn run(uring: &mut Uring, mut done: impl FnMut(&mut Uring, Event) -> bool) {
    loop {
        let mut end = false;
        uring.wait(Some(Duration::from_secs(30))).expect("wait");
        let mut events = Vec::new();
        while let Some(event) = uring.next_event() {
            events.push(event);
        }
        for event in events {
            end |= done(uring, event);
        }
        if end {
            return;
        }
    }
}

#[test]
fn tiny_queues_lose_nothing() {
    let options = BackendOptions { buffer_count: 4, buffer_bytes: 32, ..BackendOptions::default() };
    let Some((mut uring, mut peers)) = backend((4, 8), &options) else { return };
    for round in 0..20 {
        for (slot, peer) in peers.iter_mut().enumerate() {
            write!(peer, "{slot:03} {round:03} {:092}", 0).expect("write");
        }
        let mut heard: HashMap<u32, Vec<u8>> = HashMap::new();
        let mut complete = 0;
        run(&mut uring, |_, event| {
            if let Event::Received { slot, chunk } = event {
                let text = heard.entry(slot).or_default();
                text.extend_from_slice(chunk.bytes());
                complete += u32::from(text.len() == 100);
            }
            complete == PEERS
        });
        // All answers at once, far more than the queues hold.
        for (slot, text) in heard {
            assert!(uring.send(slot, text).is_none());
        }
        let mut sent = 0;
        while sent < PEERS {
            uring.wait(Some(Duration::ZERO)).expect("wait");
            while let Some(event) = uring.next_event() {
                sent += u32::from(matches!(event, Event::Sent { .. }));
            }
        }
        for (slot, peer) in peers.iter_mut().enumerate() {
            let mut text = [0; 100];
            peer.read_exact(&mut text).expect("read");
            assert_eq!(text[..8], *format!("{slot:03} {round:03} ").as_bytes());
        }
    }
    assert!(options.counters.starved.get() > 0 && options.counters.overflows.get() > 0);
}

#[test]
fn slow_peers_get_everything_once() {
    let options = BackendOptions::default();
    let Some((mut uring, peers)) = backend((8, 8), &options) else { return };
    let text: Vec<u8> = (0..3_000_000u32).map(|position| (position % 251) as u8).collect();
    // Sizes on both sides of what goes silently, and of a slice.
    let size = |slot: u32| [200_000, 250_000, 300_000, 3_000_000][slot as usize % 4];
    for slot in 0..PEERS {
        assert!(uring.send(slot, text[..size(slot)].to_vec()).is_none());
        assert_eq!(uring.unsent(slot), size(slot));
    }
    let (expected, sizes) = (text.clone(), size);
    let readers = std::thread::spawn(move || {
        for (mut peer, slot) in peers.into_iter().zip(0..) {
            let mut got = vec![0; sizes(slot)];
            peer.read_exact(&mut got).expect("read");
            assert!(got == expected[..sizes(slot)]);
        }
    });
    let (mut sent, mut slow) = (0, 0);
    run(&mut uring, |uring, event| {
        match event {
            Event::Sent { slot, buffer, slow: was_slow } => {
                assert_eq!((buffer.len(), uring.unsent(slot)), (size(slot), 0));
                (sent, slow) = (sent + 1, slow + u32::from(was_slow));
            }
            Event::Progress { slot, unsent } => assert!(unsent > 0 && unsent < size(slot)),
            _ => {}
        }
        sent == PEERS
    });
    assert!(slow >= PEERS / 4);
    readers.join().expect("all bytes arrived");
}

#[test]
fn closing_waits_for_the_kernel_and_frees_the_slot() {
    let options = BackendOptions::default();
    let Some((mut uring, mut peers)) = backend((8, 16), &options) else { return };
    // Every third has a send that waits for its peer.
    for slot in (0..PEERS).step_by(3) {
        assert!(uring.send(slot, vec![1; 2_000_000]).is_none());
    }
    uring.wait(Some(Duration::ZERO)).expect("wait");
    let mut released = (0..PEERS).filter(|&slot| uring.close(slot)).count();
    assert!((0..PEERS).all(|slot| !uring.close(slot)), "closing twice does nothing");
    run(&mut uring, |_, event| {
        released += usize::from(matches!(event, Event::Released { .. }));
        released == PEERS as usize
    });
    for slot in 0..PEERS {
        assert!(uring.send(slot, vec![2]).is_some(), "a free slot sends nothing");
        let (ours, _theirs) = UnixStream::pair().expect("pair");
        uring.adopt(slot, ours.into()).expect("the slot is free");
    }
    for peer in &mut peers {
        let mut rest = Vec::new();
        peer.read_to_end(&mut rest).expect("closed");
        assert!(rest.iter().all(|&byte| byte == 1));
    }
}

#[test]
fn chunks_outlive_the_backend() {
    let options = BackendOptions { buffer_count: 64, ..BackendOptions::default() };
    let Some((mut uring, mut peers)) = backend((64, 64), &options) else { return };
    peers[7].write_all(b"still here").expect("write");
    let mut kept = None;
    run(&mut uring, |_, event| {
        if let Event::Received { slot: 7, chunk } = event {
            kept = Some(chunk);
        }
        kept.is_some()
    });
    let pool = Rc::downgrade(&uring.pool);
    drop(uring);
    assert_eq!(kept.as_ref().expect("chunk").bytes(), b"still here");
    drop(kept);
    assert!(pool.upgrade().is_none(), "nothing leaks");
    // The peers see the end although nobody closed the sockets one by one.
    assert_eq!(peers[0].read(&mut [0]).expect("closed"), 0);
}

#[test]
fn pausing_and_resuming_in_any_order() {
    let options = BackendOptions::default();
    let Some((mut uring, mut peers)) = backend((16, 64), &options) else { return };
    uring.pause(0);
    uring.resume(0);
    uring.pause(0);
    uring.wait(Some(Duration::ZERO)).expect("wait");
    while uring.next_event().is_some() {}
    peers[0].write_all(b"paused").expect("write");
    peers[1].write_all(b"not").expect("write");
    run(&mut uring, |_, event| {
        let Event::Received { slot, .. } = event else { return false };
        assert_eq!(slot, 1);
        true
    });
    uring.resume(0);
    uring.resume(0);
    run(&mut uring, |_, event| {
        let Event::Received { slot, chunk } = event else { return false };
        assert_eq!((slot, chunk.bytes()), (0, &b"paused"[..]));
        true
    });
}

#[test]
fn files_are_written_and_failures_told() {
    let Some((mut uring, mut peers)) = backend((4, 8), &BackendOptions::default()) else { return };
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("file");
    let file = Arc::new(File::create(&path).expect("a file"));
    for (at, text) in [(3, "one"), (0, "two"), (6, "three")] {
        uring.write_file(Arc::clone(&file), at, format!("##{text}").into(), 2);
        // Sockets go on meanwhile.
        writeln!(peers[7], "{text}").expect("write");
        let (mut written, mut received) = (false, false);
        run(&mut uring, |_, event| {
            match event {
                Event::FileWritten { buffer, result } => {
                    assert_eq!((&buffer[2..], result.expect("written")), (text.as_bytes(), text.len()));
                    written = true;
                }
                Event::Received { slot: 7, .. } => received = true,
                _ => {}
            }
            written && received
        });
    }
    assert_eq!(std::fs::read(&path).expect("read"), b"twoonethree");
    let readable = Arc::new(File::open(&path).expect("a file"));
    uring.write_file(readable, 0, b"refused".to_vec(), 0);
    run(&mut uring, |_, event| match event {
        Event::FileWritten { buffer, result } => {
            assert_eq!(buffer, b"refused");
            assert!(result.is_err());
            true
        }
        _ => false,
    });
    // A ring that ends in the middle of a write.
    uring.write_file(file, 0, vec![1; 100_000], 0);
    drop(uring);
}
