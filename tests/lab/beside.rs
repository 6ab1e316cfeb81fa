//! What one run does to another beside it in the same process.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use super::scenarios::as_expected;

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
