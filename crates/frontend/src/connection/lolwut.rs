//! LOLWUT: a pond in summer, with dragonflies over it. *Anax* is the genus of the emperors among them.

use base::Args;
use base::random::Rng;
use bus::Wake;
use commands::CmdError;

use super::handshake::REDIS_VERSION;
use crate::core::Core;
use crate::route::Call;

/// The picture's size, unless something else is asked for, and the largest one.
const COLUMNS: usize = 66;
const ROWS: usize = 16;
const SIZE_MAX: i64 = 160;

/// Rows of water.
const WATER_ROWS: usize = 3;

/// A dragonfly, to the left and to the right.
const FLIES: [[&str; 3]; 2] =
    [["  \\\\ //", "O=-==--~", "  // \\\\"], ["  \\\\ //", "~--==-=O", "  // \\\\"]];

impl<C: AsRef<[u8]>, W: Wake> Core<C, W> {
    /// LOLWUT [VERSION version] [columns [rows]]
    pub(super) fn lolwut(&mut self, call: &Call) -> Result<(), CmdError> {
        let (columns, rows) = size_of_picture(self.call_args(call))?;
        let mut rng = self.rng.fork();
        let version = env!("CARGO_PKG_VERSION");
        let text = format!(
            "{}\nAnax ver. {version}, as Redis ver. {REDIS_VERSION}\n",
            pond(columns, rows, &mut rng)
        );
        self.answer(call, |reply| reply.verbatim(*b"txt", text.as_bytes()));
        Ok(())
    }
}

/// Columns and rows that are asked for.
fn size_of_picture(args: Args<'_>) -> Result<(usize, usize), CmdError> {
    let number = |arg: &[u8]| base::num::parse_i64(arg).ok_or(CmdError::NotInteger);
    let versioned = args.len() >= 3 && args.arg(1).eq_ignore_ascii_case(b"version");
    // Whatever the version, it is this picture; but those of Redis that take sizes take numbers only.
    if versioned && matches!(number(args.arg(2))?, 5 | 6) {
        args.tail(3).iter().try_for_each(|size| number(size).map(drop))?;
    }
    let mut sizes = args.tail(if versioned { 3 } else { 1 }).iter().map(base::num::parse_i64);
    let mut size = |default: usize, least: i64| match sizes.next() {
        Some(Some(size)) => size.clamp(least, SIZE_MAX) as usize,
        _ => default,
    };
    Ok((size(COLUMNS, 20), size(ROWS, 8)))
}

/// Draws the pond.
fn pond(columns: usize, rows: usize, rng: &mut Rng) -> String {
    let mut canvas = vec![vec![b' '; columns]; rows];
    let below = |rng: &mut Rng, bound: usize| rng.below(bound.max(1) as u64) as usize;
    let shore = rows - WATER_ROWS;
    // Reeds, some with a bulrush.
    for _ in 0..columns / 6 {
        let (at, height) = (below(rng, columns), 2 + below(rng, rows / 3));
        let top = shore - height;
        for row in canvas.iter_mut().take(shore).skip(top) {
            row[at] = b'|';
        }
        if below(rng, 2) == 0 {
            canvas[top][at] = b'#';
        }
    }
    // Dragonflies, each where it may.
    for _ in 0..1 + columns * rows / 400 {
        let fly = FLIES[below(rng, 2)];
        let (left, top) = (below(rng, columns - 8), below(rng, shore - 4));
        for (line, row) in fly.iter().zip(canvas.iter_mut().skip(top)) {
            for (byte, cell) in line.bytes().zip(row.iter_mut().skip(left)).filter(|(byte, _)| *byte != b' ')
            {
                *cell = byte;
            }
        }
    }
    // Water.
    for row in canvas.iter_mut().skip(shore) {
        for cell in row.iter_mut() {
            *cell = b"~~~~~~~~-~~ "[below(rng, 12)];
        }
    }
    let lines: Vec<String> =
        canvas.iter().map(|row| String::from_utf8_lossy(row).trim_end().to_owned()).collect();
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::harness::Harness;

    #[test]
    fn ponds_of_all_sizes() {
        for seed in 0..200 {
            let mut rng = Rng::new(seed);
            let (columns, rows) = (20 + rng.below(141) as usize, 8 + rng.below(153) as usize);
            let text = pond(columns, rows, &mut rng);
            assert_eq!(text.lines().count(), rows);
            assert!(text.lines().all(|line| line.len() <= columns) && text.contains("=="));
        }
    }

    #[test]
    fn lolwut() {
        let mut harness = Harness::new(1, "");
        let client = harness.connect(0);
        for command in
            ["LOLWUT", "LOLWUT VERSION 5", "LOLWUT VERSION 99 40 20 x", "LOLWUT a b", "LOLWUT VERSION"]
        {
            let reply = harness.ask(client, command);
            assert!(reply.starts_with('$') && reply.contains("Redis ver. 8.2.3\n"), "{command}: {reply}");
        }
        harness.check(client, "LOLWUT VERSION x", "-ERR value is not an integer or out of range\r\n");
        harness.check(client, "LOLWUT VERSION 5 x", "-ERR value is not an integer or out of range\r\n");
        harness.ask(client, "HELLO 3");
        assert!(harness.ask(client, "LOLWUT").contains("\r\ntxt:"));
    }
}
