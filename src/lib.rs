//! Sockscope, an oscilloscope for TCP sockets, as a library with a thin binary.
//!
//! ```text
//!  cli            gui               two faces; neither knows the other, neither touches an OS
//!  ------------------------------
//!  monitor  lab   report   store    workers; sockets of our own; formats; files
//!  ------------------------------
//!  os             analysis          the system, facts only; what tables mean, without I/O
//!  ------------------------------
//!  model          text              leaves: plain data; and every sentence we say
//! ```
//!
//! Imports run downwards only; `tests/architecture` holds the crate to it, and ARCHITECTURE.md says why and
//! where a new leaf goes.

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
