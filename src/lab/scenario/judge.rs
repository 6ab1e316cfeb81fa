//! Holds what was observed against what is known of this system.

use std::time::Duration;

use super::known::Known;
use super::rest::written;
use super::room::is_record;
use super::run::{Run, RunLink};
use crate::lab::cancel::Cancel;
use crate::lab::errno::{CallError, remedy};
use crate::lab::observe::Seen;
use crate::lab::presupposed::Presupposed;
use crate::lab::result::{Check, Said};
use crate::lab::socket::PATIENCE;
use crate::model::State;
use crate::model::lab::{Basis, End, Verdict};
use crate::text;
use crate::text::{Text, plain_took};

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

    /// Whether a setting is what is presupposed; where it is not, that is said.
    pub(super) fn holds(&mut self, presupposed: &Presupposed) -> bool {
        let Some(otherwise) = presupposed.otherwise() else {
            return true;
        };
        let subject = text!("lab_settings.setting", setting = presupposed.setting);
        self.could_not_tell(subject, presupposed.said(), otherwise.said());
        false
    }

    /// `recv` at one end, judged: so many bytes, 0 for the end of the stream, or an errno.
    pub fn expect_recv(
        &mut self,
        link: &mut RunLink,
        end: End,
        expected: impl Into<Known<&'static str>>,
    ) -> Verdict {
        let received = link.link.end_mut(end).recv(PATIENCE);
        let subject = text!("lab.check.call", end = link.named(end), call = "recv()");
        self.expect_result(subject, expected, received)
    }

    /// `send` of so many bytes at one end, judged: how many were taken, or an errno.
    pub fn expect_send(
        &mut self,
        link: &mut RunLink,
        end: End,
        bytes: usize,
        expected: impl Into<Known<&'static str>>,
    ) -> Verdict {
        let sent = link.link.end_mut(end).send(bytes, PATIENCE);
        let subject = text!("lab.check.call", end = link.named(end), call = "send()");
        self.expect_result(subject, expected, sent)
    }

    /// Judges what a call returned: a number, `0` for success, or the name of an errno, without Windows' prefix.
    pub fn expect_result<T: ToString>(
        &mut self,
        subject: Text,
        expected: impl Into<Known<&'static str>>,
        result: Result<T, CallError>,
    ) -> Verdict {
        let (expected, basis) = expected.into().here();
        let (observed, fits, stopped) = match result {
            Ok(value) => {
                let value = value.to_string();
                (value.as_str().into(), expected == Some(&*value), false)
            }
            // It says nothing of the socket, only of this process or machine.
            Err(error) if error.is_out_of_means() => (with_remedy(&error), false, true),
            Err(error) => {
                let (fits, stopped) = (expected == Some(error.plain()), error.is_cancelled());
                (error.errno.into(), fits, stopped)
            }
        };
        let verdict = match expected {
            Some(_) if fits => Verdict::AsExpected,
            Some(_) if !stopped => Verdict::Differs,
            Some(_) | None => Verdict::CouldNotTell,
        };
        let expected = expected.map_or_else(unknown, Said::from);
        self.check(Check { subject, expected, observed, basis, verdict })
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

    /// [`Run::expect_state`] where a timer of the system has to go off first, which may take so long.
    pub fn expect_state_within(
        &mut self,
        link: &RunLink,
        end: End,
        patience: Duration,
        expected: impl Into<Known<Option<State>>>,
    ) -> Verdict {
        let held = link.link.end(end).is_held();
        self.judge_state(link.number, end, held, patience, expected.into())
    }

    /// [`Run::expect_state`] for a connection by its number; `held` is whether a descriptor of that end is open.
    pub fn expect_state_of(
        &mut self,
        number: u64,
        end: End,
        held: bool,
        expected: impl Into<Known<Option<State>>>,
    ) -> Verdict {
        self.judge_state(number, end, held, STATE_PATIENCE, expected.into())
    }

    fn judge_state(
        &mut self,
        number: u64,
        end: End,
        held: bool,
        patience: Duration,
        expected: Known<Option<State>>,
    ) -> Verdict {
        let (expected, basis) = expected.here();
        let wanted = expected.map(seen);
        let found = self.come_to_rest(number, end, held, patience, wanted);
        let mut observed = found.written();
        let mut verdict = self.verdict(&found, wanted, true);
        let is_record = !held && expected.flatten().is_some_and(is_record);
        if verdict == Verdict::Differs
            && is_record
            && found.seen == Seen::NoRow
            && let Some(why) = self.no_room()
        {
            (observed, verdict) = (why.into(), Verdict::CouldNotTell);
        }
        self.check(Check {
            subject: text!("lab.check.state", end = named(end, number)),
            expected: wanted.map_or_else(unknown, written),
            observed,
            basis,
            verdict,
        })
    }

    /// Judges that ends are in a state and do not leave it for so long, by every look that was made meanwhile. The
    /// error is the wish to stop.
    pub fn expect_stays<const ENDS: usize>(
        &mut self,
        link: &RunLink,
        expected: [(End, Known<State>); ENDS],
        time: Duration,
    ) -> Result<(), CallError> {
        let number = link.number;
        let find = |run: &Self, end: End, wanted: Option<Seen>| {
            let held = link.link.end(end).is_held();
            run.come_to_rest(number, end, held, STATE_PATIENCE, wanted)
        };
        let mut arrived = true;
        for (end, known) in expected {
            let wanted = known.here().0.map(Seen::State);
            let found = find(self, end, wanted);
            arrived &= wanted.is_none_or(|wanted| found.seen == wanted);
        }
        let since = self.elapsed();
        // What never was cannot last, so nobody has to wait for it.
        if arrived {
            self.pause(time)?;
        }
        for (end, known) in expected {
            let (state, basis) = known.here();
            let wanted = state.map(Seen::State);
            let found = find(self, end, wanted);
            let stayed = found.changed_at.is_none_or(|at| at < since);
            let lasting = |state: State| {
                text!("lab_closing.check.stays", state = state.name(), time = plain_took(time))
                    .into()
            };
            let observed = match found.seen {
                Seen::State(state) if arrived && stayed => lasting(state),
                Seen::State(_) | Seen::NoRow | Seen::Unknown => found.written(),
            };
            let verdict = self.verdict(&found, wanted, stayed);
            self.check(Check {
                subject: over_time(&named(end, number)),
                expected: state.map_or_else(unknown, lasting),
                observed,
                basis,
                verdict,
            });
        }
        Ok(())
    }

    /// Judges the state that the descriptor itself tells, for an end that may have no row any more.
    pub fn expect_descriptor(
        &mut self,
        link: &RunLink,
        end: End,
        expected: impl Into<Known<State>>,
    ) -> Verdict {
        let subject = text!("lab_closing.check.descriptor", end = link.named(end));
        match link.link.end(end).descriptor_state() {
            Ok(Some(state)) => self.expect(subject, expected, state),
            Ok(None) => {
                let why = text!("lab_closing.check.no_descriptor_state");
                self.could_not_tell(subject, unknown(), why)
            }
            Err(error) => self.could_not_tell(subject, unknown(), error.to_string()),
        }
    }

    /// Judges how long something took: not less than the first, not more than the second.
    pub fn expect_took(
        &mut self,
        subject: Text,
        expected: impl Into<Known<[Duration; 2]>>,
        took: Duration,
    ) -> Verdict {
        let (range, basis) = expected.into().here();
        let (expected, verdict) = match range {
            None => (unknown(), Verdict::CouldNotTell),
            Some([least, most]) => {
                let (least_s, most_s) = (plain_took(least), plain_took(most));
                let expected = text!("lab_closing.check.took", least = least_s, most = most_s);
                let fits = (least..=most).contains(&took);
                (expected.into(), if fits { Verdict::AsExpected } else { Verdict::Differs })
            }
        };
        self.check(Check { subject, expected, observed: plain_took(took).into(), basis, verdict })
    }

    /// A check for a run that did not come to its end.
    pub(super) fn broken_off(&mut self, cancel: &Cancel, limit: Duration, error: &CallError) {
        let observed: Said = if cancel.is_wished() {
            text!("lab.check.cancelled").into()
        } else if self.cancel().is_cancelled() {
            text!("lab.check.time_limit", n = limit.as_secs()).into()
        } else {
            with_remedy(error)
        };
        self.check(unfinished(observed));
    }

    fn check(&mut self, mut check: Check) -> Verdict {
        // What comes after the wish to stop is the stopping's doing.
        if check.verdict == Verdict::Differs && self.cancel().is_cancelled() {
            check.verdict = Verdict::CouldNotTell;
        }
        let verdict = check.verdict;
        self.result.checks.push(check);
        self.show();
        verdict
    }
}

/// The state of an end for as long as it is held, by the end's name.
pub(in crate::lab) fn over_time(end: &str) -> Text {
    text!("lab_closing.check.over_time", end = end)
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

/// What broke a run off; where descriptors or ports ran out, with what to try.
pub(in crate::lab) fn with_remedy(error: &CallError) -> Said {
    let remedy = if error.is_out_of_ports() {
        Some(text!("lab_settings.out_of_ports"))
    } else {
        remedy(&error.errno).filter(|_| error.is_out_of_descriptors())
    };
    match remedy {
        Some(remedy) => format!("{error} {}", remedy.plain()).into(),
        None => error.to_string().into(),
    }
}

/// `client`, and `client 2` for any connection after the first.
pub(super) fn named(end: End, number: u64) -> String {
    if number > 1 { format!("{} {number}", end.name()) } else { end.name().to_owned() }
}

fn seen(state: Option<State>) -> Seen {
    state.map_or(Seen::NoRow, Seen::State)
}

fn unknown() -> Said {
    text!("lab.check.unknown").into()
}
