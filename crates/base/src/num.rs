//! Numbers and their text, exactly as Redis reads and writes them.

mod float;
mod general;
mod grisu;
mod hex;
mod int;
mod long;

pub use float::{parse_f64, parse_f64_border, write_f64};
pub use general::write_f64_17;
pub use int::{parse_i64, parse_u64, parse_u64_freely, write_i64, write_u64};
pub use long::LongFloat;
