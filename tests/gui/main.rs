//! The window as somebody meets it, one topic a file.

#![cfg(feature = "gui")]
#![expect(clippy::expect_used, reason = "a test that cannot go on should say so and end")]

mod details;
mod filter;
mod harness;
mod lab_bench;
mod lab_bench_told;
mod pages;
mod palette;
mod program;
mod scenarios;
mod sockets_table;
