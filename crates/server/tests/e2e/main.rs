//! The real program, from outside: processes, sockets, signals. Each test starts servers of its own on ports that the
//! system chooses.

#[path = "../support/fixtures.rs"]
mod fixtures;
mod harness;
mod replay;
