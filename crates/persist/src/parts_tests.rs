//! Frames and manifests, whole and damaged.

use proptest::prelude::*;

use super::*;

fn manifest() -> Manifest {
    let part = |number: u64| Part { name: format!("17.{number}.part"), bytes: number * 1000 };
    Manifest {
        version: 12,
        about: vec![("redis-ver".into(), "8.2.0".into())],
        parts: (0..3).map(part).collect(),
    }
}

#[test]
fn a_manifest_is_what_it_was() {
    let text = manifest().to_text();
    assert_eq!(Manifest::parse(&text), Ok(manifest()));
}

#[test]
fn a_damaged_manifest_is_refused() {
    let text = manifest().to_text();
    for end in 0..text.len() {
        assert!(Manifest::parse(&text[..end]).is_err(), "cut at {end}");
    }
    for at in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] ^= 1;
        if let Ok(text) = String::from_utf8(bytes) {
            assert!(Manifest::parse(&text).is_err(), "flipped at {at}");
        }
    }
    assert!(Manifest::parse(&format!("{text}part 1.part 3\n")).is_err());
}

fn read(bytes: &[u8], len: u64) -> Result<Vec<u8>, String> {
    let mut reader = FrameReader::new(bytes, len);
    let mut all = Vec::new();
    loop {
        match reader.read_frame().map_err(|error| error.to_string())? {
            FrameRest::End => return Ok(all),
            FrameRest::Frame(frame, at) => {
                all.extend_from_slice(&content(&frame, at).map_err(|error| error.to_string())?);
            }
        }
    }
}

#[test]
fn every_flipped_bit_and_every_cut_is_found() {
    let mut part = Vec::new();
    put_frames(&mut part, &b"abc".repeat(100), true);
    let second = part.len();
    put_frames(&mut part, b"incompressible", true);
    let len = part.len() as u64;
    assert_eq!(read(&part, len).map(|all| all.len()), Ok(314));
    for end in 0..part.len() {
        let error = read(&part[..end], len).expect_err("cut");
        let at = if end < second { 0 } else { second };
        assert_eq!(error, format!("unexpected end at byte {at}"));
    }
    for bit in 0..part.len() * 8 {
        let mut part = part.clone();
        part[bit / 8] ^= 1 << (bit % 8);
        let error = read(&part, len).expect_err("flipped");
        let at = if bit / 8 < second { 0 } else { second };
        assert!(error.ends_with(&format!(" at byte {at}")), "{bit}: {error}");
    }
}

#[test]
fn parts_overlap_where_slots_do() {
    for parts in [1u16, 2, 3, 7, 64] {
        for shards in [1u16, 2, 5, 7, 128] {
            for part in 0..parts {
                for shard in 0..shards {
                    let both = (0..SLOTS).any(|slot| {
                        base::slot::shard_of_slot(slot, parts) == part
                            && base::slot::shard_of_slot(slot, shards) == shard
                    });
                    let found = overlap((part.into(), parts.into()), (shard.into(), shards.into()));
                    assert_eq!(found, both, "{part} of {parts}, {shard} of {shards}");
                }
            }
        }
    }
}

proptest! {
    #[test]
    fn content_comes_back(content in prop::collection::vec(0u8..4, 0..5000), compressed: bool, times in 1usize..400) {
        let content = content.repeat(times);
        let mut part = Vec::new();
        put_frames(&mut part, &content, compressed);
        prop_assert!(read(&part, part.len() as u64) == Ok(content));
    }

    #[test]
    fn garbage_is_refused(bytes in prop::collection::vec(any::<u8>(), 1..300)) {
        prop_assert!(read(&bytes, bytes.len() as u64).is_err());
    }
}
