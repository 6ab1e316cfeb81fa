//! The wish to stop, which every waiting call of the lab looks at.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// A wish to stop that can be made from any thread, and a time at which it makes itself.
#[derive(Clone, Debug, Default)]
pub struct Cancel {
    wished: Arc<AtomicBool>,
    deadline: Option<Instant>,
}

impl Cancel {
    /// Nobody wishes to stop yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The same wish, which also comes true at `deadline`.
    #[must_use]
    pub fn with_deadline(&self, deadline: Instant) -> Self {
        Self { wished: Arc::clone(&self.wished), deadline: Some(deadline) }
    }

    /// Wishes that whatever runs under it stops.
    pub fn cancel(&self) {
        self.wished.store(true, Ordering::Release);
    }

    /// Takes the wish back, for what runs next.
    pub(super) fn withdraw(&self) {
        self.wished.store(false, Ordering::Release);
    }

    /// Whether somebody wished it, leaving time aside.
    pub fn is_wished(&self) -> bool {
        self.wished.load(Ordering::Acquire)
    }

    /// Whether to stop now: somebody wished it, or the time is up.
    pub fn is_cancelled(&self) -> bool {
        self.is_wished() || self.deadline.is_some_and(|end| Instant::now() >= end)
    }
}
