//! A timer wheel: which connections are to be looked at when.
//!
//! ```text
//!   slots   [ . ][ 7 ]─►5─►2  [ . ][ 3 ] …      512 lists, one a tick; linked through the indices of the connections
//! ```
//!
//! An index is in at most one list. The wheel does not keep deadlines: a time further away than the wheel reaches goes
//! into the last slot, and whoever is called back looks whether it is time and inserts again if not. So activity costs
//! nothing but a note of when it was, and the work of a tick can be cut anywhere.

/// Ticks that the wheel reaches ahead.
pub(crate) const REACH: u32 = 512;
const SLOTS: usize = REACH as usize;
const WORDS: usize = SLOTS / 64;

const NONE: u32 = u32::MAX;

#[derive(Clone, Copy, Debug)]
struct Link {
    /// The slot's number, or [`NONE`] if the index is in no list.
    slot: u32,
    next: u32,
    previous: u32,
}

const UNLINKED: Link = Link { slot: NONE, next: NONE, previous: NONE };

/// See the module's description.
#[derive(Debug)]
pub(crate) struct Wheel {
    /// First index of each list.
    heads: Box<[u32; SLOTS]>,
    /// One bit a slot: the list is not empty.
    filled: [u64; WORDS],
    links: Vec<Link>,
    /// All slots before this tick have been emptied.
    done: u32,
}

impl Wheel {
    pub(crate) fn new() -> Wheel {
        Wheel { heads: Box::new([NONE; SLOTS]), filled: [0; WORDS], links: Vec::new(), done: 0 }
    }

    /// Puts an index into the list of a tick, out of the one it may be in. A tick that is over counts as the next one.
    pub(crate) fn insert(&mut self, index: u32, tick: u32) {
        self.remove(index);
        let position = index as usize;
        if self.links.len() <= position {
            self.links.resize(position + 1, UNLINKED);
        }
        let tick = tick.clamp(self.done, self.done.saturating_add(REACH - 1));
        let slot = tick % REACH;
        let next = std::mem::replace(&mut self.heads[slot as usize], index);
        self.links[position] = Link { slot, next, previous: NONE };
        if next != NONE {
            self.links[next as usize].previous = index;
        }
        self.filled[slot as usize / 64] |= 1 << (slot % 64);
    }

    /// Takes an index out, if it is in.
    pub(crate) fn remove(&mut self, index: u32) {
        let Some(link) = self.links.get_mut(index as usize) else { return };
        let Link { slot, next, previous } = std::mem::replace(link, UNLINKED);
        if slot == NONE {
            return;
        }
        match previous {
            NONE => self.heads[slot as usize] = next,
            _ => self.links[previous as usize].next = next,
        }
        if next != NONE {
            self.links[next as usize].previous = previous;
        }
        if self.heads[slot as usize] == NONE {
            self.filled[slot as usize / 64] &= !(1 << (slot % 64));
        }
    }

    /// Takes out one index whose tick is at most `now`, if there is one. Constant work.
    pub(crate) fn pop_due(&mut self, now: u32) -> Option<u32> {
        if self.done > now {
            return None;
        }
        if let Some(tick) = self.next_tick().filter(|&tick| tick <= now) {
            self.done = tick;
            let index = self.heads[(tick % REACH) as usize];
            self.remove(index);
            return Some(index);
        }
        self.done = now.saturating_add(1);
        None
    }

    /// The first tick whose list is not empty.
    pub(crate) fn next_tick(&self) -> Option<u32> {
        let start = self.done % REACH;
        let (first, shift) = (start as usize / 64, start % 64);
        for step in 0..=WORDS {
            let word = (first + step) % WORDS;
            let mut bits = self.filled[word];
            if step == 0 {
                bits &= u64::MAX << shift;
            } else if step == WORDS {
                bits &= !(u64::MAX << shift);
            }
            if bits != 0 {
                let slot = word as u32 * 64 + bits.trailing_zeros();
                return Some(self.done.saturating_add((slot + REACH - start) % REACH));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(wheel: &mut Wheel, now: u32) -> Vec<u32> {
        let mut found: Vec<u32> = std::iter::from_fn(|| wheel.pop_due(now)).collect();
        found.sort_unstable();
        found
    }

    #[test]
    fn indices_come_out_at_their_tick() {
        let mut wheel = Wheel::new();
        for (index, tick) in [(0, 3), (1, 3), (2, 1), (3, 500)] {
            wheel.insert(index, tick);
        }
        assert_eq!(wheel.next_tick(), Some(1));
        assert_eq!(due(&mut wheel, 2), [2]);
        wheel.remove(0);
        wheel.insert(3, 4);
        assert_eq!(due(&mut wheel, 3), [1]);
        assert_eq!(due(&mut wheel, 3), []);
        assert_eq!(due(&mut wheel, 400), [3]);
        assert_eq!(wheel.next_tick(), None);
    }

    #[test]
    fn times_out_of_reach_are_cut_to_the_nearest_slot() {
        let mut wheel = Wheel::new();
        assert_eq!(due(&mut wheel, 99), []);
        wheel.insert(0, 5);
        wheel.insert(1, 1_000_000);
        assert_eq!(wheel.next_tick(), Some(100));
        assert_eq!(due(&mut wheel, 100), [0]);
        assert_eq!(wheel.next_tick(), Some(100 + REACH - 1));
        assert_eq!(due(&mut wheel, 5000), [1]);
    }

    /// The wheel against a plain list, over a few thousand random steps.
    #[test]
    fn agrees_with_a_plain_list() {
        let (mut wheel, mut plain) = (Wheel::new(), vec![None::<u32>; 64]);
        let (mut now, mut state) = (0u32, 0x9e37_79b9_7f4a_7c15u64);
        let mut random = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 33) % below
        };
        for _ in 0..20_000 {
            let index = random(64) as u32;
            match random(8) {
                0..=3 => {
                    let tick = now + 1 + random(u64::from(REACH) - 2) as u32;
                    wheel.insert(index, tick);
                    plain[index as usize] = Some(tick);
                }
                4 => {
                    wheel.remove(index);
                    plain[index as usize] = None;
                }
                _ => {
                    now += random(40) as u32;
                    let expected: Vec<u32> = (0..64u32)
                        .filter(|&index| plain[index as usize].is_some_and(|tick| tick <= now))
                        .collect();
                    assert_eq!(due(&mut wheel, now), expected);
                    expected.iter().for_each(|&index| plain[index as usize] = None);
                }
            }
            assert_eq!(wheel.next_tick(), plain.iter().flatten().min().copied());
        }
    }
}
