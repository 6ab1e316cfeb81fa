//! Sockets are closed, and processes started, one without the other.
//!
//! Until it is through execve(2) a new process has every descriptor of this one, and a `close()` meanwhile is not the last
//! one: it neither waits as `SO_LINGER` has it, nor sends anything, nor frees a listener's port. So a process is started
//! while no close begins, and a close begins while none is started. Once begun it may take as long as it likes: its
//! descriptor is gone, and there is nothing to be copied.

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
