//! A place from which faces take the newest of what a worker makes.

use std::sync::{Arc, Mutex};

use super::cell::lock;

/// How many that were replaced are kept back at most: a face that holds more has forgotten them.
const KEPT_BACK: usize = 4;

/// The newest value, and those before it that somebody still holds.
///
/// To free a table of a hundred thousand rows takes a frame's time. Whoever lets go of a value last frees it, and
/// that must not be the thread that draws: so the worker keeps what it replaced until nobody else has it.
#[derive(Debug)]
pub(super) struct Published<T> {
    newest: Mutex<Option<Arc<T>>>,
    replaced: Mutex<Vec<Arc<T>>>,
}

impl<T> Default for Published<T> {
    fn default() -> Self {
        Self { newest: Mutex::new(None), replaced: Mutex::default() }
    }
}

impl<T> Published<T> {
    /// Puts a value in the place of the newest; frees those before it that nobody holds any more.
    pub(super) fn publish(&self, value: T) {
        let before = lock(&self.newest).replace(Arc::new(value));
        let mut replaced = lock(&self.replaced);
        replaced.extend(before);
        replaced.retain(|value| Arc::strong_count(value) > 1);
        let spare = replaced.len().saturating_sub(KEPT_BACK);
        replaced.drain(..spare);
    }

    /// Frees those that were replaced and that nobody holds any more, before another is made.
    pub(super) fn sweep(&self) {
        lock(&self.replaced).retain(|value| Arc::strong_count(value) > 1);
    }

    /// Whether any that was replaced is kept back.
    pub(super) fn keeps_back(&self) -> bool {
        !lock(&self.replaced).is_empty()
    }

    /// Forgets the newest.
    pub(super) fn clear(&self) {
        let before = lock(&self.newest).take();
        lock(&self.replaced).extend(before);
    }

    /// The newest; none before the first.
    pub(super) fn latest(&self) -> Option<Arc<T>> {
        lock(&self.newest).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_face_holds_is_not_freed_by_the_face() {
        let published = Published::default();
        published.publish(1);
        let held = published.latest().expect("the first");
        published.publish(2);
        assert_eq!(Arc::strong_count(&held), 2, "the worker has it too");
        assert_eq!(published.latest().as_deref(), Some(&2));
        let weak = Arc::downgrade(&held);
        drop(held);
        assert!(weak.upgrade().is_some());
        published.publish(3);
        assert!(weak.upgrade().is_none(), "freed when the worker publishes");
    }

    #[test]
    fn only_so_many_are_kept_back() {
        let published = Published::default();
        published.publish(0);
        let held: Vec<Arc<i32>> = (1..20)
            .map(|number| {
                let before = published.latest().expect("one");
                published.publish(number);
                before
            })
            .collect();
        assert_eq!(held.iter().filter(|value| Arc::strong_count(value) > 1).count(), KEPT_BACK);
    }
}
