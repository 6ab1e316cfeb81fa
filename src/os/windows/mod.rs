//! Windows: what only it has.

mod options;

pub use options::{exclusive_address, keepalive_idle, keepalive_interval, set_exclusive_address};
