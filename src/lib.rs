//! Sockscope, an oscilloscope for TCP sockets, as a library with a thin binary.
//!
//! ```text
//!  cli   gui                    two faces; neither knows the other, neither touches an OS
//!    \   /
//!   monitor                     worker: poll -> track -> publish an immutable Frame
//!   /   |   \        lab         connections, peers, scenarios; owns its threads
//! os  analysis  report  store
//!   \   |   /       /
//!    model   text               leaves: plain data; and every sentence we say
//! ```
//!
//! Imports run downwards only; `tests/architecture.rs` holds the crate to it, and ARCHITECTURE.md says
//! why and where a new leaf goes.

rust_i18n::i18n!("assets/languages", fallback = "en");

pub mod analysis;
pub mod cli;
pub mod error;
#[cfg(feature = "gui")]
pub mod gui;
pub mod lab;
pub mod model;
pub mod monitor;
pub mod os;
pub mod report;
pub mod store;
pub mod text;
