//! What one run does to another beside it in the same process.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use sockscope::lab::{Cancel, Setup, run};

use super::scenarios::{as_expected, scenario};

/// Until a child has got through its execve(2) it has every descriptor of its parent, so that a listener which is closed
/// meanwhile listens on for a moment.
#[test]
fn a_server_starts_again_while_another_run_starts_children() {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let children = scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                as_expected("reconnect-habits", &["reconnects=5"]);
            }
        });
        let restarts = scope.spawn(|| {
            for _ in 0..15 {
                as_expected("server-restart", &[]);
            }
        });
        let restarts = restarts.join();
        over.store(true, Ordering::Relaxed);
        assert!(restarts.is_ok() && children.join().is_ok(), "each said what differs");
    });
}

/// As above: a close is not the last one while a starting child has the descriptor too, and only the last one waits.
#[test]
fn a_close_waits_while_another_run_starts_children() {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let children = scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                as_expected("reconnect-habits", &["reconnects=5"]);
            }
        });
        let lingers: Vec<_> = (0..4)
            .map(|_| {
                scope.spawn(|| {
                    for _ in 0..3 {
                        as_expected("linger", &["seconds=1"]);
                    }
                })
            })
            .collect();
        let lingers: Vec<_> = lingers.into_iter().map(thread::ScopedJoinHandle::join).collect();
        over.store(true, Ordering::Relaxed);
        let ran = lingers.iter().all(Result::is_ok) && children.join().is_ok();
        assert!(ran, "each said what differs");
    });
}

/// Only the beginning of a close keeps children from being started, and not the minute that it may take.
#[test]
fn a_close_that_lingers_holds_up_no_child() {
    let linger = scenario("linger");
    let cancel = Cancel::new();
    let (closes, begun) = mpsc::channel();
    let mut setup = Setup::new(linger);
    setup.knobs.set("seconds=60").expect("a knob of the scenario");
    // The second step is the one that closes.
    setup.notify = Box::new(move |result| {
        if result.steps.len() == 2 {
            let _ = closes.send(());
        }
    });
    thread::scope(|scope| {
        let lingers = scope.spawn(|| run(linger, setup, &cancel));
        let begun = begun.recv_timeout(Duration::from_secs(30));
        let since = Instant::now();
        let children = scope.spawn(|| {
            for _ in 0..3 {
                as_expected("reconnect-habits", &["reconnects=5"]);
            }
        });
        let started = children.join();
        let (took, still_closes) = (since.elapsed(), !lingers.is_finished());
        cancel.cancel();
        assert!(begun.is_ok() && started.is_ok(), "it closes, and nothing differs beside it");
        assert!(still_closes && took < Duration::from_secs(30), "{took:?}");
    });
}
