//! How much of its time a core gives to the walk for a snapshot.
//!
//! A core without clients walks all the time. One with clients gives the walk a share of it, in small pieces: what the walk
//! takes, clients wait, and a walk that takes all the time that they leave also takes it from everybody else on the host.

/// How long a core walks at a time before it looks after its clients again. One segment may take longer.
const SLICE_US: u64 = 100;
/// A core that has run a command this long ago has clients.
const CLIENTS_US: u64 = 5_000;
/// The walk's share of the time of a core that has clients: one in so many.
const SHARE: i64 = 10;
/// The walk goes on when it may do so for so long.
const CREDIT_MIN_US: i64 = 40;

/// The pace of a core's walk.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pace {
    /// When it was asked last.
    asked_us: u64,
    /// How many commands had been run then, and until when that means clients.
    commands: u64,
    clients_until_us: u64,
    /// What the walk has left of its share: a microsecond of it is [`SHARE`].
    credit: i64,
}

impl Pace {
    /// For how long the core may walk now, having run so many commands since its start; else when to ask again.
    pub(crate) fn ask(&mut self, now_us: u64, commands: u64) -> Result<u64, u64> {
        if commands != self.commands {
            self.commands = commands;
            self.clients_until_us = now_us + CLIENTS_US;
        }
        let since_us = now_us.saturating_sub(self.asked_us).min(CLIENTS_US);
        self.asked_us = now_us;
        if now_us >= self.clients_until_us {
            self.credit = 0;
            return Ok(SLICE_US);
        }
        self.credit = (self.credit + since_us as i64).min(SLICE_US as i64 * SHARE);
        match u64::try_from(CREDIT_MIN_US * SHARE - self.credit) {
            Ok(missing_us @ 1..) => Err(now_us + missing_us),
            _ => Ok((self.credit / SHARE) as u64),
        }
    }

    /// The core has walked for so long.
    pub(crate) fn walked(&mut self, us: u64) {
        self.credit -= us as i64 * SHARE;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Walks as a core does for a second, whose turns take this long and run a command each, or none. Returns the
    /// walk's part of it.
    fn walk(turn_us: u64, commands: u64) -> f64 {
        let (mut pace, mut now_us, mut walked_us, mut count) = (Pace::default(), 1_000_000, 0, 0);
        let end_us = now_us + 1_000_000;
        while now_us < end_us {
            now_us += turn_us;
            count += commands;
            if let Ok(us) = pace.ask(now_us, count) {
                // Segments are not cut.
                let us = us.next_multiple_of(70);
                pace.walked(us);
                now_us += us;
                walked_us += us;
            }
        }
        walked_us as f64 / 1_000_000.0
    }

    #[test]
    fn clients_come_first() {
        for turn_us in [1, 10, 50, 150] {
            let share = walk(turn_us, 1);
            assert!((0.06..=0.11).contains(&share), "turns of {turn_us} us: {share}");
            assert!(walk(turn_us, 0) > 0.4, "turns of {turn_us} us");
        }
    }

    #[test]
    fn says_when_to_ask_again() {
        let mut pace = Pace::default();
        let mut now_us = 1_000_000;
        let mut refused = 0;
        for count in 1..1000 {
            match pace.ask(now_us, count) {
                Ok(us) => pace.walked(us),
                Err(at_us) => {
                    assert!(at_us > now_us);
                    now_us = at_us;
                    refused += 1;
                    assert!(pace.ask(now_us, count).is_ok());
                }
            }
        }
        assert!(refused > 100);
    }
}
