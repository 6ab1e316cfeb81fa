//! Sockets are closed, and processes started, one without the other.
//!
//! Until it is through execve(2) a new process has every descriptor of this one, and a `close()` meanwhile is not the last
//! one: it neither waits as `SO_LINGER` has it, nor sends anything, nor frees a listener's port. So a process is started
//! while no close begins, and a close begins while none is started. Once begun it may take as long as it likes: its
//! descriptor is gone, and there is nothing to be copied.
//!
//! std's lock may let whoever wants to start go first (on Linux it does), so a close may have to wait for several starts in
//! a row while two scenarios take turns at them, on a busy machine for seconds. So no time that is judged counts it
//! ([`LabSocket::close_timed`](super::socket::LabSocket::close_timed)).

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

static STARTING: RwLock<()> = RwLock::new(());

/// Held by whoever starts a process, until that has said its first word: then it is through execve(2). One is started at a
/// time, so that it inherits what it should and not what was meant for another.
pub(super) fn alone() -> RwLockWriteGuard<'static, ()> {
    STARTING.write().unwrap_or_else(PoisonError::into_inner)
}

/// Held by whoever closes a socket, until the descriptor is gone: nobody starts a process meanwhile.
pub(super) fn none() -> RwLockReadGuard<'static, ()> {
    STARTING.read().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::thread;
    use std::time::{Duration, Instant};

    use super::*;
    use crate::lab::cancel::Cancel;
    use crate::lab::log::Recorder;
    use crate::lab::options::loopback;
    use crate::lab::socket::LabSocket;
    use crate::model::lab::{Role, Who};

    #[test]
    fn a_close_does_not_count_how_long_it_waits_for_a_start() {
        const START: Duration = Duration::from_millis(300);
        let recorder = Recorder::new(Instant::now(), 10, Cancel::new());
        let who = Who { role: Role::Client, number: 1 };
        let mut socket = LabSocket::new(who, loopback(), &recorder).expect("a socket");
        let starting = alone();
        let (send, ready) = mpsc::channel();
        let closing = thread::Builder::new().name("closes".to_owned()).spawn(move || {
            let began = Instant::now();
            send.send(()).expect("the test waits for it");
            let (result, took) = socket.close_timed(|| {});
            result.expect("it closes");
            began.elapsed().saturating_sub(took)
        });
        let closing = closing.expect("a thread");
        ready.recv().expect("it begins");
        thread::sleep(START);
        drop(starting);
        assert!(closing.join().expect("no panic") >= START);
    }
}
