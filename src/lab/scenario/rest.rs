//! Waiting until one end of a connection rests, and what follows from where it does.

use std::time::{Duration, Instant};

use super::judge::with_remedy;
use super::run::{Run, unseen};
use crate::lab::errno::CallError;
use crate::lab::observe::{Observation, STEADY, Seen, Watch};
use crate::lab::result::Said;
use crate::model::lab::{End, Verdict};
use crate::text;

impl Run {
    /// Waits until one end rests: in what is wanted, without a row, or in whatever it is in when patience ends.
    pub(super) fn come_to_rest(
        &self,
        number: u64,
        end: End,
        held: bool,
        patience: Duration,
        wanted: Option<Seen>,
    ) -> Found {
        self.observer.expect_changes();
        // One look may have begun before the last call; those after it count.
        let fresh = self.observer.latest().looks + 1 + STEADY;
        let find = |seen: &Observation| {
            let lane = seen.lane(number);
            let last = lane.and_then(|lane| lane.changes.iter().rfind(|it| it.end == end));
            Found {
                seen: lane.map_or(Seen::Unknown, |lane| lane.seen(end)),
                steady: lane.is_some_and(|lane| lane.looks_unchanged(end) >= STEADY),
                // Rows that are gone never come back, so they are looked up no more.
                looked_since: lane.is_some_and(|lane| lane.watch == Watch::RowsGone)
                    || seen.looks >= fresh && seen.failure.is_none(),
                hidden: !held && !seen.shows_unowned,
                failure: seen.failure.as_ref().map(unseen),
                changed_at: last.map(|change| change.at),
            }
        };
        let seen = self.observer.wait(Instant::now() + patience, self.recorder.cancel(), |seen| {
            let found = find(seen);
            // Nothing comes after that, whatever was wanted.
            let gone = found.seen == Seen::NoRow;
            let arrived = gone || wanted.is_none_or(|wanted| found.seen == wanted);
            found.looked_since && found.steady && arrived
        });
        find(&seen)
    }

    /// What follows from what was found; `stayed` is whether it was so for as long as it should be.
    pub(super) fn verdict(&self, found: &Found, wanted: Option<Seen>, stayed: bool) -> Verdict {
        let blind = found.is_hidden() || !found.looked_since || found.seen == Seen::Unknown;
        match wanted {
            _ if blind => Verdict::CouldNotTell,
            None => Verdict::CouldNotTell,
            Some(wanted) if found.seen == wanted && stayed => Verdict::AsExpected,
            Some(_) if self.recorder.cancel().is_cancelled() => Verdict::CouldNotTell,
            Some(_) => Verdict::Differs,
        }
    }
}

/// What is known of one end after its last call.
pub(super) struct Found {
    pub(super) seen: Seen,
    steady: bool,
    looked_since: bool,
    hidden: bool,
    /// Why the last look showed nothing.
    failure: Option<CallError>,
    /// When it was seen to become so.
    pub(super) changed_at: Option<Duration>,
}

impl Found {
    /// No row, where a closed end may have one that this system does not show.
    fn is_hidden(&self) -> bool {
        self.hidden && self.seen == Seen::NoRow
    }

    pub(super) fn written(&self) -> Said {
        match &self.failure {
            Some(failure) if !self.looked_since => with_remedy(failure),
            _ if self.is_hidden() => text!("lab.check.hidden").into(),
            _ => written(self.seen),
        }
    }
}

pub(super) fn written(seen: Seen) -> Said {
    match seen {
        Seen::State(state) => state.into(),
        Seen::NoRow => text!("lab.check.no_row").into(),
        Seen::Unknown => text!("lab.check.not_seen").into(),
    }
}
