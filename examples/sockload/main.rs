//! Holds a chosen mix of TCP sockets in chosen states on loopback, to look at with Sockscope, or to measure with.
//!
//! A process cannot hold more sockets than it may have descriptors, so the work is spread over workers. When all
//! are ready one line `READY {json}` is printed; the sockets are held until stdin ends or `--hold` seconds have
//! passed. Linux only.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a program of its own")]

#[cfg(target_os = "linux")]
mod mix;

#[cfg(target_os = "linux")]
mod workers;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    workers::run(std::env::args().skip(1))
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("sockload makes its sockets in ways that only Linux has");
}
