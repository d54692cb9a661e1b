//! The string commands.

use crate::CommandSpec;

/// The specs of this family.
pub static SPECS: &[CommandSpec] = &[];
