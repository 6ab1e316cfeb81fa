//! Linux: what the kernel tells beside the socket table itself.
//!
//! Decoding is pure and compiled on every system, so that its tests run everywhere.

pub mod counters;
