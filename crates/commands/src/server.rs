//! The server commands: what concerns the process as a whole, and what concerns all keys.

use crate::CommandSpec;

/// The specs of this family.
pub static SPECS: &[CommandSpec] = &[];
