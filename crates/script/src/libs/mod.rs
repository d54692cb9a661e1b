//! The libraries that scripts have beside Lua's own.

pub(crate) mod cjson;
pub(crate) mod cmsgpack;
pub(crate) mod random;
pub(crate) mod structs;
