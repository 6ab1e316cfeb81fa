//! Holds what was observed against what is known of this system.

use std::time::{Duration, Instant};

use super::known::Known;
use super::run::{Run, RunLink};
use crate::lab::cancel::Cancel;
use crate::lab::errno::CallError;
use crate::lab::observe::{Observation, STEADY, Seen, Watch};
use crate::lab::result::{Check, Said};
use crate::lab::socket::PATIENCE;
use crate::model::State;
use crate::model::lab::{Basis, End, Verdict};
use crate::text;
use crate::text::Text;

/// How long a final state may be in coming. On loopback it takes milliseconds; a busy machine takes longer
/// to show it, and nothing that is judged depends on how long.
const STATE_PATIENCE: Duration = Duration::from_secs(3);

impl Run {
    /// Judges anything: `observed` is as expected where it equals what is known of this system, and only reported where
    /// nothing is.
    pub fn expect<T: Copy + PartialEq + Into<Said>>(
        &mut self,
        subject: Text,
        expected: impl Into<Known<T>>,
        observed: T,
    ) -> Verdict {
        let (expected, basis) = expected.into().here();
        let verdict = match expected {
            Some(expected) if expected == observed => Verdict::AsExpected,
            Some(_) => Verdict::Differs,
            None => Verdict::CouldNotTell,
        };
        let expected = expected.map_or_else(unknown, Into::into);
        self.check(Check { subject, expected, observed: observed.into(), basis, verdict })
    }

    /// Judges what no single value says: `fits` is whether `observed` is what `expected` describes.
    pub fn expect_that(
        &mut self,
        subject: Text,
        expected: impl Into<Said>,
        observed: impl Into<Said>,
        fits: impl Into<Known<bool>>,
    ) -> Verdict {
        let (fits, basis) = fits.into().here();
        let verdict = match fits {
            Some(true) => Verdict::AsExpected,
            Some(false) => Verdict::Differs,
            None => Verdict::CouldNotTell,
        };
        let expected = if fits.is_some() { expected.into() } else { unknown() };
        self.check(Check { subject, expected, observed: observed.into(), basis, verdict })
    }

    /// Says that something could not be observed, and why.
    pub fn could_not_tell(
        &mut self,
        subject: Text,
        expected: impl Into<Said>,
        why: impl Into<Said>,
    ) -> Verdict {
        self.check(Check {
            subject,
            expected: expected.into(),
            observed: why.into(),
            basis: Basis::Unknown,
            verdict: Verdict::CouldNotTell,
        })
    }

    /// `recv` at one end, judged: so many bytes, 0 for the end of the stream, or an errno.
    pub fn expect_recv(
        &mut self,
        link: &mut RunLink,
        end: End,
        expected: impl Into<Known<&'static str>>,
    ) -> Verdict {
        let received = link.link.end_mut(end).recv(PATIENCE);
        self.expect_result(
            text!("lab.check.call", end = end.name(), call = "recv()"),
            expected,
            received,
        )
    }

    /// Judges what a call returned: a number, `0` for success, or the name of an errno, without Windows' prefix.
    pub fn expect_result<T: ToString>(
        &mut self,
        subject: Text,
        expected: impl Into<Known<&'static str>>,
        result: Result<T, CallError>,
    ) -> Verdict {
        let (expected, basis) = expected.into().here();
        let (observed, cancelled) = match result {
            Ok(value) => (value.to_string(), false),
            Err(error) => (error.errno.clone(), error.is_cancelled()),
        };
        let verdict = match expected {
            _ if cancelled => Verdict::CouldNotTell,
            None => Verdict::CouldNotTell,
            Some(expected) if plain_errno(&observed) == expected => Verdict::AsExpected,
            Some(_) => Verdict::Differs,
        };
        let expected = expected.map_or_else(unknown, Said::from);
        self.check(Check { subject, expected, observed: observed.into(), basis, verdict })
    }

    /// Judges the state in which one end comes to rest; none when its row should be gone.
    pub fn expect_state(
        &mut self,
        link: &RunLink,
        end: End,
        expected: impl Into<Known<Option<State>>>,
    ) -> Verdict {
        let held = link.link.end(end).is_held();
        self.expect_state_of(link.number, end, held, expected)
    }

    /// [`Run::expect_state`] for a connection by its number; `held` is whether a descriptor of that end is open.
    pub fn expect_state_of(
        &mut self,
        number: u64,
        end: End,
        held: bool,
        expected: impl Into<Known<Option<State>>>,
    ) -> Verdict {
        let (expected, basis) = expected.into().here();
        let wanted = expected.map(|state| state.map_or(Seen::NoRow, Seen::State));
        self.observer.expect_changes();
        // One look may have begun before the last call; those after it count.
        let fresh = self.observer.latest().looks + 1 + STEADY;
        let find = |seen: &Observation| {
            let lane = seen.lane(number);
            Found {
                seen: lane.map_or(Seen::Unknown, |lane| lane.seen(end)),
                steady: lane.is_some_and(|lane| lane.looks_unchanged(end) >= STEADY),
                // Rows that are gone never come back, so they are looked up no more.
                looked_since: lane.is_some_and(|lane| lane.watch == Watch::RowsGone)
                    || seen.looks >= fresh && seen.failure.is_none(),
                hidden: !held && !seen.shows_unowned,
            }
        };
        let seen =
            self.observer.wait(Instant::now() + STATE_PATIENCE, self.recorder.cancel(), |seen| {
                let found = find(seen);
                // Nothing comes after that, whatever was wanted.
                let gone = found.seen == Seen::NoRow;
                let arrived = gone || wanted.is_none_or(|wanted| found.seen == wanted);
                found.looked_since && found.steady && arrived
            });
        let found = find(&seen);
        let hidden = found.hidden && found.seen == Seen::NoRow;
        let verdict = if hidden || !found.looked_since || found.seen == Seen::Unknown {
            Verdict::CouldNotTell
        } else {
            match wanted {
                None => Verdict::CouldNotTell,
                Some(wanted) if found.seen == wanted => Verdict::AsExpected,
                Some(_) if self.recorder.cancel().is_cancelled() => Verdict::CouldNotTell,
                Some(_) => Verdict::Differs,
            }
        };
        let observed = if hidden { text!("lab.check.hidden").into() } else { written(found.seen) };
        self.check(Check {
            subject: text!("lab.check.state", end = end.name()),
            expected: wanted.map_or_else(unknown, written),
            observed,
            basis,
            verdict,
        })
    }

    /// A check for a run that did not come to its end.
    pub(super) fn broken_off(&mut self, cancel: &Cancel, limit: Duration, error: &CallError) {
        let observed: Said = if cancel.is_wished() {
            text!("lab.check.cancelled").into()
        } else if self.cancel().is_cancelled() {
            text!("lab.check.time_limit", n = limit.as_secs()).into()
        } else {
            error.to_string().into()
        };
        self.check(unfinished(observed));
    }

    fn check(&mut self, check: Check) -> Verdict {
        let verdict = check.verdict;
        self.result.checks.push(check);
        self.show();
        verdict
    }
}

/// What says that a run did not come to its end.
pub(super) fn unfinished(observed: Said) -> Check {
    Check {
        subject: text!("lab.check.run"),
        expected: text!("lab.check.to_its_end").into(),
        observed,
        basis: Basis::Unknown,
        verdict: Verdict::CouldNotTell,
    }
}

/// An errno without the prefix of Windows, whose names are otherwise the same.
pub(super) fn plain_errno(errno: &str) -> &str {
    errno.strip_prefix("WSA").unwrap_or(errno)
}

/// What is known of one end after its last call.
struct Found {
    seen: Seen,
    steady: bool,
    looked_since: bool,
    hidden: bool,
}

fn unknown() -> Said {
    text!("lab.check.unknown").into()
}

fn written(seen: Seen) -> Said {
    match seen {
        Seen::State(state) => state.into(),
        Seen::NoRow => text!("lab.check.no_row").into(),
        Seen::Unknown => text!("lab.check.not_seen").into(),
    }
}
