//! What the engine asks of whoever runs scripts.

/// What became of a command that a script called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallOutcome {
    /// The reply is in `out`, errors included.
    Reply,
    /// The reply comes later, by [`crate::Engine::resume`]; the script waits for it.
    Pending,
    /// The script ends here and now, and cannot prevent it; [`crate::Progress::Stopped`] follows.
    Stop,
}

/// What the user of a script may do with a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    /// There is no such command.
    Unknown,
    /// The user may run it.
    Allowed,
    /// The user may not.
    Denied,
}

/// Whether a script that takes long goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tick {
    /// It goes on.
    Continue,
    /// It is suspended until [`crate::Engine::go_on`] where that is possible (not within an error handler or a metamethod that a native function calls);
    /// [`crate::Progress::Paused`] follows.
    Pause,
    /// It ends with an error, and cannot prevent it.
    Kill,
}

/// What a script's calls go to.
pub trait Host {
    /// Runs a command. Its reply goes to the end of `out`, in RESP3 where `resp3`, else RESP2; an error is a reply like any other.
    fn call(&mut self, args: &[&[u8]], resp3: bool, out: &mut Vec<u8>) -> CallOutcome;

    /// Whether the user may run a command (`redis.acl_check_cmd`).
    fn permission(&mut self, args: &[&[u8]]) -> Permission {
        let _ = args;
        Permission::Allowed
    }

    /// The script logs (`redis.log`); `level` is 0 (debug) to 3 (warning).
    fn log(&mut self, level: u8, message: &[u8]) {
        let _ = (level, message);
    }

    /// The script says where its writes go (`redis.set_repl`): bit 0 the append-only log, bit 1 replicas.
    fn set_replication(&mut self, flags: u8) {
        let _ = flags;
    }

    /// Asked once in so many instructions (see [`crate::Options`]).
    fn tick(&mut self) -> Tick {
        Tick::Continue
    }

    /// Seconds of processor time, for `os.clock`.
    fn clock_seconds(&mut self) -> f64 {
        0.0
    }
}
