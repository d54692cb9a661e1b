//! The character of a run. Each seed draws its own, so that some runs have tiny chunks and others whole pipelines, some
//! have one lazy core and others a slow reader, and so on: more of the space is visited than by one set of odds.

use base::Rng;

/// How bytes are cut on their way to a core.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Cut {
    /// All that is there.
    Whole,
    /// A few bytes at a time.
    Small,
    /// Anything.
    Mixed,
}

/// See the module page.
#[derive(Clone, Debug)]
pub(crate) struct Knobs {
    /// Odds of the kinds of step: a turn of a core, delivery of bytes, a client reading, a client calling, a cycle of the disk.
    pub(crate) odds: [u64; 5],
    /// By core: how lazy it is. A core that was picked takes its turn once in so many times.
    pub(crate) laziness: Vec<u64>,
    pub(crate) cut: Cut,
    /// One step takes up to so many microseconds.
    pub(crate) step_us: u64,
    /// Once in so many steps time jumps.
    pub(crate) jump_every: u64,
    /// How far ahead of the slowest possible clock a core's may be, in milliseconds.
    pub(crate) skew_max_ms: u64,
    /// Once in so many steps a core's clock is set, forwards or back.
    pub(crate) clock_set_every: u64,
    /// By how much bytes travel in larger pieces than usual.
    bytes_scale: u64,
    /// Output that the kernel holds for a client.
    pub(crate) kernel_max: usize,
    /// A core with messages under way goes to sleep once in so many times at once, instead of looking again.
    pub(crate) sleep_every: u64,
    /// Unanswered batches from one core to another.
    pub(crate) credits: u16,
    /// Once in so many calls a client leaves instead, if the workload lets it.
    pub(crate) leave_every: u64,
    /// A client calls again only while no more than so many of its operations are unanswered.
    pub(crate) unanswered_max: usize,
}

impl Knobs {
    pub(crate) fn draw(rng: &mut Rng, shards: u16, bytes_scale: usize) -> Self {
        let mut one_of = |choices: &[u64]| choices[rng.below(choices.len() as u64) as usize];
        let [turn, deliver] = [(); 2].map(|()| one_of(&[2, 6, 20]));
        let (read, call) = (one_of(&[2, 6]), one_of(&[1, 4, 10]));
        // From what is drawn already, so that worlds without a disk stay as they were.
        let odds = [turn, deliver, read, call, [1, 3, 10][(turn + call) as usize % 3]];
        let laziness = (0..shards).map(|_| one_of(&[1, 1, 1, 2, 8])).collect();
        Knobs {
            odds,
            laziness,
            cut: match one_of(&[0, 1, 2, 2]) {
                0 => Cut::Whole,
                1 => Cut::Small,
                _ => Cut::Mixed,
            },
            step_us: one_of(&[1, 20, 400]),
            jump_every: one_of(&[100, 1000, 1_000_000]),
            skew_max_ms: one_of(&[0, 3, 40]),
            clock_set_every: one_of(&[50, 500, 1_000_000]),
            kernel_max: one_of(&[16, 256, 65_536, 65_536]) as usize * bytes_scale,
            bytes_scale: bytes_scale as u64,
            sleep_every: one_of(&[1, 2, 4]),
            credits: one_of(&[1, 2, 8]) as u16,
            leave_every: one_of(&[10, 40, 1_000_000]),
            unanswered_max: one_of(&[0, 5, 30]) as usize,
        }
    }

    /// How many of `available` bytes are delivered at once; at least one.
    pub(crate) fn cut(&self, rng: &mut Rng, available: usize) -> usize {
        let available = available.max(1) as u64;
        let len = match self.cut {
            Cut::Whole => available,
            Cut::Small => 1 + rng.below(24 * self.bytes_scale),
            Cut::Mixed if rng.one_in(3) => available,
            Cut::Mixed => 1 + rng.below(available),
        };
        len.min(available) as usize
    }
}
