//! Linux: the native source of the socket table, and what the kernel tells beside it.
//!
//! Decoding is pure and compiled on every system, so that its tests run everywhere; only `netlink` calls the
//! kernel, and files under `/proc` are read below a root that is passed in.

#![cfg_attr(
    not(target_os = "linux"),
    expect(dead_code, reason = "compiled, and its tests run, where nothing calls it")
)]

pub mod cgroup;
pub mod counters;
pub mod descriptors;
mod dump;
pub mod limits;
mod namespaces;
mod netlink;
mod owners;
mod sock_diag;
mod source;
#[cfg(target_os = "linux")]
mod tcp;

pub use source::{DiagSource, ExactPairProbe};
#[cfg(target_os = "linux")]
pub use tcp::{descriptor_state, set_tcp_option, tcp_option};
