//! The lab on real sockets: loopback only, no privilege, nothing that waits for a minute.

#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a helper of a test fails by failing the test"
)]
#![expect(clippy::print_stderr, reason = "a test that cannot run says so")]

mod bench;
mod bench_actors;
mod bench_closing;
mod bench_ports;
mod beside;
mod closing;
mod document;
mod hands;
mod reuse;
mod running;
mod scenarios;
mod settings;
mod sockets;

use std::time::Instant;

use sockscope::lab::{Cancel, NUMBERING, Numbering, Recorder};

/// An errno as this system spells it.
fn errno(name: &str) -> String {
    match NUMBERING {
        Numbering::WinSock => format!("WSA{name}"),
        Numbering::Linux | Numbering::Bsd => name.to_owned(),
    }
}

fn recorder() -> Recorder {
    Recorder::new(Instant::now(), 100, Cancel::new())
}
