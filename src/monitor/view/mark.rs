//! What has just happened to a row.

use std::time::{Duration, SystemTime};

use super::{Line, View};
use crate::analysis::track::{Since, Track, Vanished};

/// What has just happened to a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It was not there a moment ago.
    New,
    /// It was in another state a moment ago.
    Changed,
    /// It is not there any more.
    Vanished,
}

/// How long after its first look a row is new, or changed.
const MARKED: Duration = Duration::from_secs(5);

/// How long after the first look without it a row that vanished is still shown.
const STAYS: Duration = Duration::from_secs(3);

impl View {
    /// What has just happened to the row of this line.
    pub fn mark(&self, line: usize) -> Option<Mark> {
        if matches!(self.lines.get(line)?, Line::Vanished(_)) {
            return Some(Mark::Vanished);
        }
        let (_, track) = self.row(line)?;
        mark_of(track?, self.frame.at, self.frame.interval.actual)
    }

    /// Whether that was first seen in this very table: after the one that was read at `before`.
    pub fn is_fresh(&self, line: usize, before: SystemTime) -> bool {
        match self.lines.get(line) {
            Some(Line::Vanished(row)) => {
                self.frame.vanished.get(*row).is_some_and(|gone| gone.at > before)
            }
            Some(Line::Socket(_)) => {
                self.mark(line).is_some() && {
                    let track = self.row(line).and_then(|(_, track)| track);
                    let earliest = track.and_then(|track| track.since.earliest);
                    earliest.is_some_and(|earliest| earliest >= before)
                }
            }
            Some(Line::Group(_)) | None => false,
        }
    }
}

fn mark_of(track: &Track, at: SystemTime, interval: Duration) -> Option<Mark> {
    let first = track.path.as_ref().and_then(|path| path.first());
    let recent = |since: &Since| {
        // It began after the look before the first that showed it, which is an interval earlier.
        let surely = since.at_most(at).is_some_and(|most| most <= MARKED + interval);
        surely || since.at_least(at) <= MARKED
    };
    if !track.from_start && recent(first.map_or(&track.since, |first| &first.since)) {
        return Some(Mark::New);
    }
    (track.path.is_some() && recent(&track.since)).then_some(Mark::Changed)
}

/// Whether a row that vanished is still shown at `at`.
pub(super) fn still_shown(gone: &Vanished, at: SystemTime) -> bool {
    at.duration_since(gone.at).unwrap_or_default() < STAYS
}
