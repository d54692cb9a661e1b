//! Numbers and their text, exactly as Redis reads and writes them.

mod float;
mod hex;
mod int;
mod long;

pub use float::{parse_f64, parse_f64_border, write_f64};
pub use int::{parse_i64, parse_u64, write_i64, write_u64};
pub use long::LongFloat;
