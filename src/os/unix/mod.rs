//! What Linux and macOS share.

mod descriptors;

pub use descriptors::{Descriptor, descriptor_limit, descriptors_below, limit_descriptors};
