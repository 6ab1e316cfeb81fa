//! What was done: every call with its time, its outcome and how long it took.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::cancel::Cancel;
use super::errno::CallError;
use crate::model::lab::{Call, CallOutcome, Who};

/// The newest entries of a list that would otherwise grow for ever, and how many older ones are gone.
///
/// A copy shares the entries: it costs a pointer for each, whatever is in them.
#[derive(Debug, PartialEq, Eq)]
pub struct Bounded<T> {
    capacity: usize,
    newest: VecDeque<Arc<T>>,
    dropped: u64,
}

impl<T> Clone for Bounded<T> {
    fn clone(&self) -> Self {
        Self { capacity: self.capacity, newest: self.newest.clone(), dropped: self.dropped }
    }
}

impl<T> Bounded<T> {
    /// An empty list that keeps `capacity` entries, which may be none.
    pub const fn new(capacity: usize) -> Self {
        Self { capacity, newest: VecDeque::new(), dropped: 0 }
    }

    /// Adds an entry, and lets the oldest go when there is no room.
    pub fn push(&mut self, entry: T) {
        if self.newest.len() >= self.capacity {
            self.newest.pop_front();
            self.dropped += 1;
        }
        if self.capacity > 0 {
            self.newest.push_back(Arc::new(entry));
        }
    }

    /// [`Bounded::push`] behind the last entry whose `key` is not greater.
    pub fn push_in_order<K: Ord>(&mut self, entry: T, key: impl Fn(&T) -> K) {
        let own = key(&entry);
        let behind = self.newest.iter().rev().take_while(|other| key(other) > own).count();
        self.push(entry);
        let last = self.newest.len().saturating_sub(1);
        for place in (last.saturating_sub(behind)..last).rev() {
            self.newest.swap(place, place + 1);
        }
    }

    /// The entries that are kept, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> + ExactSizeIterator {
        self.newest.iter().map(Arc::as_ref)
    }

    /// The entry with so many newer ones behind it; 0 is the newest.
    pub fn newest(&self, behind: usize) -> Option<&T> {
        let place = self.newest.len().checked_sub(behind + 1)?;
        self.newest.get(place).map(Arc::as_ref)
    }

    /// How many older entries were let go.
    pub const fn dropped(&self) -> u64 {
        self.dropped
    }
}

/// A call that has not returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// When it began, as in the log.
    pub at: Duration,
    /// On which socket.
    pub who: Who,
    /// The call as C writes it.
    pub call: String,
}

/// Writes down calls as they are made.
#[derive(Clone, Debug)]
pub struct Recorder {
    began: Instant,
    cancel: Cancel,
    // Behind an Arc of its own, so that a reader copies nothing; a writer copies the list, but no call in it, while
    // somebody still reads the last one.
    calls: Arc<Mutex<Arc<Bounded<Call>>>>,
    waiting: Arc<Mutex<Vec<Waiting>>>,
}

/// Takes a call off the list of those that wait, also when it panics.
struct Returns<'a> {
    waiting: &'a Mutex<Vec<Waiting>>,
    call: Waiting,
}

impl Drop for Returns<'_> {
    fn drop(&mut self) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(place) = waiting.iter().position(|it| *it == self.call) {
            waiting.remove(place);
        }
    }
}

impl Recorder {
    /// A log of the newest `capacity` calls, whose times count from `began`; waiting calls that are made
    /// through it end when `cancel` says so.
    pub fn new(began: Instant, capacity: usize, cancel: Cancel) -> Self {
        let calls = Arc::new(Mutex::new(Arc::new(Bounded::new(capacity))));
        Self { began, cancel, calls, waiting: Arc::default() }
    }

    /// The calls made so far.
    pub fn calls(&self) -> Arc<Bounded<Call>> {
        Arc::clone(&self.calls.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The calls that have not returned after `patience`, those that began first first.
    pub fn waiting(&self, patience: Duration) -> Vec<Waiting> {
        let now = self.began.elapsed();
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.iter().filter(|it| now.saturating_sub(it.at) >= patience).cloned().collect()
    }

    /// What stops a waiting call.
    pub const fn cancel(&self) -> &Cancel {
        &self.cancel
    }

    /// The same log, for one whose waiting calls end when `cancel` says so.
    #[must_use]
    pub(super) fn with_cancel(&self, cancel: Cancel) -> Self {
        Self { cancel, ..self.clone() }
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
        let waits = Waiting { at, who, call: call.clone() };
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).push(waits.clone());
        let returns = Returns { waiting: &self.waiting, call: waits };
        let result = make().map_err(|error| CallError::new(&error));
        // First out of the one list: a reader may find it in neither, and never in both.
        drop(returns);
        self.note(at, who, call, result.as_ref().map(written));
        result
    }

    /// [`Recorder::call`] for a call that is made again and again until there is something: it is written down when it
    /// gives something, or fails.
    pub fn call_if_any<T>(
        &self,
        who: Who,
        call: String,
        make: impl FnOnce() -> io::Result<Option<T>>,
        written: impl FnOnce(&T) -> String,
    ) -> Result<Option<T>, CallError> {
        let at = self.began.elapsed();
        let result = make().map_err(|error| CallError::new(&error));
        match &result {
            Ok(None) => {}
            Ok(Some(value)) => self.note(at, who, call, Ok(written(value))),
            Err(error) => self.note(at, who, call, Err(error)),
        }
        result
    }

    /// Puts a call in its place: several threads may write, and the order is that in which calls began.
    fn note(&self, at: Duration, who: Who, call: String, result: Result<String, &CallError>) {
        let took = self.began.elapsed().saturating_sub(at);
        let outcome = match result {
            Ok(value) => CallOutcome::Returned(value),
            Err(error) => {
                CallOutcome::Failed { errno: error.errno.clone(), meaning: error.meaning.plain() }
            }
        };
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::make_mut(&mut calls)
            .push_in_order(Call { at, who, call, outcome, took }, |call| call.at);
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
        assert_eq!(calls.newest(0), calls.iter().next_back());
        assert_eq!(calls.newest(499).map(|call| call.call.as_str()), Some("call(703)"));
        assert_eq!(calls.newest(500), None);
    }

    #[test]
    fn a_reader_keeps_what_it_has_and_shares_it() {
        let recorder = Recorder::new(Instant::now(), 5, Cancel::new());
        let call = |name: &str| recorder.call(CLIENT, name.to_owned(), || Ok(()), zero);
        assert_eq!(call("first()"), Ok(()));
        let before = recorder.calls();
        assert_eq!(call("second()"), Ok(()));
        let after = recorder.calls();
        assert_eq!((before.iter().len(), after.iter().len()), (1, 2));
        let first = |calls: &Bounded<Call>| calls.iter().next().map(std::ptr::from_ref);
        assert_eq!(first(&before), first(&after), "the call was copied");
    }

    #[test]
    fn a_call_stands_where_it_began() {
        let mut calls = Bounded::new(3);
        for at in [1, 4, 2, 5, 3] {
            calls.push_in_order(at, |at| *at);
        }
        assert_eq!(calls.iter().copied().collect::<Vec<_>>(), [3, 4, 5]);
        calls.push_in_order(0, |at| *at);
        assert_eq!(calls.iter().copied().collect::<Vec<_>>(), [0, 4, 5], "no room, and no panic");
    }

    #[test]
    fn a_list_that_keeps_none_only_counts() {
        let mut calls = Bounded::new(0);
        calls.push(1);
        calls.push_in_order(0, |at| *at);
        assert_eq!((calls.iter().len(), calls.newest(0), calls.dropped()), (0, None, 2));
    }

    #[test]
    fn nothing_is_written_down_for_nothing() {
        let recorder = Recorder::new(Instant::now(), 5, Cancel::new());
        for answer in [Ok(None), Ok(Some(7)), Err(io::ErrorKind::TimedOut.into())] {
            // What it gives is judged by the log.
            let _ = recorder.call_if_any(CLIENT, "recv()".to_owned(), || answer, i32::to_string);
        }
        assert_eq!(recorder.calls().iter().len(), 2);
    }

    #[test]
    fn a_call_waits_until_it_returns_or_panics() {
        let recorder = Recorder::new(Instant::now(), 5, Cancel::new());
        let waiting = || recorder.waiting(Duration::ZERO).len();
        let answer = recorder.call(
            CLIENT,
            "close()".to_owned(),
            || Ok((waiting(), recorder.waiting(Duration::from_hours(1)).len())),
            |_| String::new(),
        );
        assert_eq!(answer, Ok((1, 0)));
        let panics = std::panic::AssertUnwindSafe(|| {
            recorder.call(
                CLIENT,
                "close()".to_owned(),
                || -> io::Result<()> { panic!("on purpose") },
                zero,
            )
        });
        assert!(std::panic::catch_unwind(panics).is_err());
        assert_eq!(waiting(), 0);
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
            matches!(outcomes[..], [CallOutcome::Failed { errno, .. }] if errno == "no answer"),
            "{outcomes:?}"
        );
    }
}
