//! What was done: every call with its time, its outcome and how long it took.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use super::cancel::Cancel;
use super::errno::CallError;
use crate::model::lab::{Call, CallOutcome, Who};

/// The newest entries of a list that would otherwise grow for ever, and how many older ones are gone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounded<T> {
    capacity: usize,
    newest: VecDeque<T>,
    dropped: u64,
}

impl<T> Bounded<T> {
    /// An empty list that keeps `capacity` entries.
    pub const fn new(capacity: usize) -> Self {
        Self { capacity, newest: VecDeque::new(), dropped: 0 }
    }

    /// Adds an entry, and lets the oldest go when there is no room.
    pub fn push(&mut self, entry: T) {
        if self.newest.len() >= self.capacity {
            self.newest.pop_front();
            self.dropped += 1;
        }
        self.newest.push_back(entry);
    }

    /// The entries that are kept, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> + ExactSizeIterator {
        self.newest.iter()
    }

    /// How many older entries were let go.
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }
}

/// Writes down the calls of one connection, both ends, as they are made.
#[derive(Clone, Debug)]
pub struct Recorder {
    began: Instant,
    cancel: Cancel,
    // Behind an Arc of its own, so that a reader copies nothing and a writer copies only what is read.
    calls: Arc<Mutex<Arc<Bounded<Call>>>>,
}

impl Recorder {
    /// A log of the newest `capacity` calls, whose times count from `began`; waiting calls that are made
    /// through it end when `cancel` says so.
    pub fn new(began: Instant, capacity: usize, cancel: Cancel) -> Self {
        Self { began, cancel, calls: Arc::new(Mutex::new(Arc::new(Bounded::new(capacity)))) }
    }

    /// The calls made so far.
    pub fn calls(&self) -> Arc<Bounded<Call>> {
        Arc::clone(&self.calls.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// What stops a waiting call.
    pub const fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    /// Makes a call and writes it down: `call` as C writes it, its value as `written` says.
    pub fn call<T>(
        &self,
        who: Who,
        call: String,
        make: impl FnOnce() -> io::Result<T>,
        written: impl FnOnce(&T) -> String,
    ) -> Result<T, CallError> {
        let at = self.began.elapsed();
        let result = make().map_err(|error| CallError::new(&error));
        let took = self.began.elapsed().saturating_sub(at);
        let outcome = match &result {
            Ok(value) => CallOutcome::Returned(written(value)),
            Err(error) => {
                CallOutcome::Failed { errno: error.errno.clone(), meaning: error.meaning.plain() }
            }
        };
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::make_mut(&mut calls).push(Call { at, who, call, outcome, took });
        result
    }
}

/// A call whose success is the number 0.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that Recorder::call takes")]
pub(super) fn zero((): &()) -> String {
    "0".to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::lab::Role;

    const CLIENT: Who = Who { role: Role::Client, number: 1 };

    #[test]
    fn the_newest_calls_are_kept_and_the_others_counted() {
        let recorder = Recorder::new(Instant::now(), 500, Cancel::new());
        for number in 0..1_203 {
            let answer = recorder.call(CLIENT, format!("call({number})"), || Ok(()), zero);
            assert_eq!(answer, Ok(()));
        }
        let calls = recorder.calls();
        assert_eq!((calls.iter().len(), calls.dropped()), (500, 703));
        assert_eq!(calls.iter().next_back().map(|call| call.call.as_str()), Some("call(1202)"));
    }

    #[test]
    fn a_failure_is_written_down_and_passed_on() {
        let recorder = Recorder::new(Instant::now(), 5, Cancel::new());
        let answer = recorder.call(
            CLIENT,
            "accept()".to_owned(),
            || Err(io::ErrorKind::TimedOut.into()),
            zero,
        );
        assert!(answer.is_err());
        let calls = recorder.calls();
        let outcomes: Vec<_> = calls.iter().map(|call| &call.outcome).collect();
        assert!(
            matches!(outcomes[..], [CallOutcome::Failed { errno, .. }] if errno == "no errno"),
            "{outcomes:?}"
        );
    }
}
