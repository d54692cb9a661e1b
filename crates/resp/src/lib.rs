//! The protocol, without I/O: an incremental parser of requests, the only writer of replies, and a reader of replies.
//!
//! Invariants:
//! - Bytes in, ranges out: a request's arguments are never copied here (but for inline commands with quotes).
//! - The frames and errors of a byte stream do not depend on how it was cut into reads.
//! - Nothing here panics or allocates without bound on any input.
//! - Requests are understood, and replies written, to the byte as Redis 8.2 does.
//!
//! This crate knows no command and no socket.

pub mod decode;
mod error;
mod inline;
mod parse;
mod reply;
mod rest;
mod skip;

pub use error::ProtocolError;
pub use inline::{Unbalanced, split_line, write_escaped};
pub use parse::{Limits, Parsed, Parser};
pub use reply::Reply;
pub use rest::Rest;
pub use skip::skip_element;
