//! What one look of the lab's observer costs: the rows of both ends of a connection, asked for one by one, as a time
//! and as a ratio to the reading of the whole table. Budget: 50 µs a connection.
//!
//! `cargo bench --bench lanes`. Other sockets of this machine are in the table too, and only in the table.

#![expect(clippy::print_stdout, reason = "a bench prints")]
#![expect(clippy::expect_used, reason = "a bench that cannot go on should say so and end")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use sockscope::lab::{Cancel, Link, Listener, Recorder, SocketOptions, loopback};
use sockscope::os::{Pair, live_source, pair_probe};

/// How many looks, of which the median counts.
const LOOKS: usize = 501;

/// As many polls of the whole table.
const POLLS: usize = 21;

fn main() {
    for connections in [1, 8, 64] {
        measure(connections);
    }
}

fn measure(connections: usize) {
    let recorder = Recorder::new(Instant::now(), 100, Cancel::new());
    let listener =
        Listener::open(loopback(), SocketOptions::NONE, 128, &recorder).expect("a listener");
    let links: Vec<Link> = (1..=connections as u64)
        .map(|number| {
            Link::open(&listener, [SocketOptions::NONE; 2], number, &recorder, |_| {})
                .expect("a connection")
        })
        .collect();
    let pairs: Vec<Pair> = links.iter().map(|link| link.pair).collect();
    let mut probe = pair_probe();
    let look = median(LOOKS, || {
        let rows = probe.lookup(&pairs).expect("a table");
        assert!(rows.iter().flatten().all(Option::is_some), "a row is missing");
        black_box(rows);
    });
    let mut source = live_source();
    let mut sockets = 0;
    let poll = median(POLLS, || {
        let table = source.poll().expect("a table").expect("a live one");
        sockets = table.sockets.len();
        black_box(table);
    });
    let one = look.as_secs_f64() * 1e6 / f64::from(u32::try_from(connections).expect("a few"));
    let ratio = poll.as_secs_f64() / look.as_secs_f64();
    println!(
        "{connections:>3} connections: {one:>6.1} µs each for both ends; a poll of all {sockets} sockets is {ratio:.0} looks"
    );
}

fn median(goes: usize, mut go: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..goes)
        .map(|_| {
            let began = Instant::now();
            go();
            began.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[goes / 2]
}
