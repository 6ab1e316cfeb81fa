//! What collecting costs: processor time of one poll, as a ratio to a bare dump of the same sockets in the same
//! run, beside the portable source and the system's tools; and memory.
//!
//! It makes its sockets on loopback, with the load generator. Linux only. `cargo bench --bench collect`, or with
//! sizes: `cargo bench --bench collect -- 1000 10000`.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a bench prints")]
#![expect(clippy::expect_used, reason = "a bench that cannot go on should say so and end")]

#[cfg(target_os = "linux")]
#[path = "../../examples/sockload/mix.rs"]
mod mix;
#[cfg(target_os = "linux")]
#[path = "../../examples/sockload/workers.rs"]
mod workers;

#[cfg(target_os = "linux")]
mod cost;
#[cfg(target_os = "linux")]
mod load;
#[cfg(target_os = "linux")]
mod raw;
#[cfg(target_os = "linux")]
mod report;

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let Some(exit) = load::serve(&arguments) {
        return exit;
    }
    if arguments.first().is_some_and(|argument| argument == report::MEMORY) {
        report::measure_memory();
        return std::process::ExitCode::SUCCESS;
    }
    let mut sizes: Vec<usize> =
        arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = vec![1_000, 10_000, 100_000];
    }
    for size in sizes {
        report::run(size);
    }
    std::process::ExitCode::SUCCESS
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("the collector's bench makes its sockets in ways that only Linux has");
}
