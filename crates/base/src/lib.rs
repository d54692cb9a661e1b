//! Limits, clock and randomness traits, number text, glob, crc16 slots.

pub mod conn;
