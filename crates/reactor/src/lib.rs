//! The loop of a core: accept, buffers, timers, sends.
