//! Windows: what only it has.

mod descriptors;
mod options;

pub use descriptors::{Descriptor, descriptor_limit, descriptors_below, limit_descriptors};
pub use options::{exclusive_address, keepalive_idle, keepalive_interval, set_exclusive_address};
