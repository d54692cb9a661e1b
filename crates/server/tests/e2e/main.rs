//! The real program, from outside: processes, sockets, signals. Each test starts servers of its own on ports that the
//! system chooses.

mod atomicity;
mod configuration;
mod differential;
mod disk;
mod durability;
mod fixture_format;
mod fixtures;
mod harness;
mod histories;
mod keys;
mod libraries;
mod lifecycle;
mod limits;
mod migrate;
mod network;
mod peers;
mod pubsub;
mod reload;
mod replay;
mod scripts;
mod snapshots;
mod tools;
mod traffic;
mod watch;
