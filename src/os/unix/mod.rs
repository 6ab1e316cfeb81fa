//! What Linux and macOS share.

mod descriptors;
mod signals;

pub use descriptors::{Descriptor, descriptor_limit, descriptors_below, limit_descriptors};
pub use signals::on_terminate;
