//! Files of the plane are those that plain calls would write.

use std::path::Path;

use persist::files::Files;

use super::*;

/// Somewhere on a disk: the folder of a temporary file may be in memory, where O_DIRECT is not.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in(std::env::var_os("CARGO_TARGET_TMPDIR").unwrap_or_else(|| ".".into()))
        .expect("a folder")
}

/// Bytes that tell their place.
fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at ^ (at >> 8) ^ (at >> 16)) as u8).collect()
}

fn write(files: &dyn Files, path: &Path, content: &[u8], chunk: usize, start: &[u8]) {
    let mut file = files.create(path).expect("made");
    content.chunks(chunk.max(1)).for_each(|bytes| file.write(bytes.to_vec()).expect("written"));
    if !start.is_empty() {
        file.write_at_start(start).expect("written");
    }
    file.sync().expect("synced");
}

#[test]
fn what_is_written_is_in_the_file() {
    let folder = folder();
    for way in [Way::Auto, Way::Plain] {
        let files = PlaneFiles::new(way, 3);
        for (len, chunk) in
            [(0, 1), (1, 1), (511, 100), (4096, 4096), (4097, 1000), (300_000, 7777), (3_000_000, 262_144)]
        {
            for start in [&b""[..], b"st", b"start"] {
                let mut content = pattern(len);
                let start = start.get(..start.len().min(len)).expect("within");
                let path = folder.path().join(format!("{way:?}-{len}"));
                write(&files, &path, &content, chunk, start);
                content[..start.len()].copy_from_slice(start);
                assert!(std::fs::read(&path).expect("there") == content, "{way:?} {len} {chunk} {start:?}");
            }
        }
    }
}

#[test]
fn many_files_at_once_and_from_several_threads() {
    let folder = folder();
    let files = PlaneFiles::new(Way::Auto, 8);
    let content = pattern(2_500_001);
    std::thread::scope(|scope| {
        for number in 0..6 {
            let (files, content, path) = (&files, &content, folder.path().join(format!("{number}")));
            scope.spawn(move || {
                for _ in 0..3 {
                    write(files, &path, content, 100_000 + number, b"");
                    assert!(&std::fs::read(&path).expect("there") == content);
                }
            });
        }
    });
}

#[test]
fn a_file_that_cannot_be_made_is_an_error() {
    let folder = folder();
    let files = PlaneFiles::new(Way::Auto, 1);
    let error = files.create(&folder.path().join("absent/file")).err().expect("no such folder");
    assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
    // A file that nobody finishes can be removed.
    let path = folder.path().join("file");
    let mut file = files.create(&path).expect("made");
    file.write(pattern(1_000_000)).expect("taken");
    drop(file);
    files.remove(&path).expect("removed");
}

#[test]
fn a_full_disk_is_an_error() {
    // A device that is always full; it knows no O_DIRECT, or refuses the write: both are errors in the end.
    let files = PlaneFiles::new(Way::Auto, 1);
    let full = Path::new("/dev/full");
    if !full.exists() {
        return;
    }
    let Ok(mut file) = files.create(full) else { return };
    let mut result = Ok(());
    for _ in 0..20 {
        result = result.and_then(|()| file.write(pattern(1_000_000)));
    }
    let error = result.and_then(|()| file.sync()).expect_err("no room");
    assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
}
