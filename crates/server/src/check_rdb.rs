//! `anax check-rdb FILE`: whether a file of snapshots can be loaded, and what is in it.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use rdb::{Event, Next, Reader};

/// How much is read at once.
const CHUNK_BYTES: usize = 1024 * 1024;

/// Checks a file and says what was found.
///
/// # Errors
/// What is wrong, in words.
pub(crate) fn check(path: &Path) -> Result<String, String> {
    let mut file = File::open(path).map_err(|error| format!("can't open {}: {error}", path.display()))?;
    let mut reader = Reader::new(true);
    let (mut keys, mut expiring, mut parts, mut functions) = (0u64, 0u64, 0u64, 0u64);
    let (mut format, mut last) = (String::new(), String::new());
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let event = match reader.next() {
            Ok(Next::Event(event)) => event,
            Ok(Next::More(_)) => {
                let len = read(&mut file, &mut chunk).map_err(|error| format!("can't read: {error}"))?;
                if len == 0 {
                    return Err(format!("{}{last}", reader.truncated()));
                }
                reader.feed(chunk.get(..len).unwrap_or_default());
                continue;
            }
            Err(error) => return Err(format!("{error}{last}")),
        };
        match event {
            Event::Version { valkey, version } => {
                format = format!("{} version {version}", if valkey { "Valkey" } else { "RDB" });
            }
            Event::Key(head) => {
                keys += 1;
                expiring += u64::from(head.expiry_ms.is_some());
                last = format!(
                    ", in or behind key '{}' of database {}",
                    head.key.to_vec().escape_ascii(),
                    head.db
                );
            }
            Event::Part(_) => parts += 1,
            Event::Function(_) => functions += 1,
            Event::End => break,
            Event::KeyEnd | Event::Aux(..) | Event::Sizes { .. } => {}
        }
    }
    let bytes = reader.offset();
    Ok(format!(
        "{format}, {bytes} bytes: {keys} keys ({expiring} expire), {parts} elements, {functions} libraries of functions; \
         no errors"
    ))
}

fn read(file: &mut File, chunk: &mut [u8]) -> io::Result<usize> {
    loop {
        match file.read(chunk) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}
