//! Counts per state over time, bounded, with its gaps kept as gaps.
//!
//! The last hour by the second, the last day by ten seconds: each sample with the mean, the least and the most
//! of the polls in it, so that a spike is seen at any distance. Cloning is cheap: what lies behind the newest
//! block is shared, never copied.

mod tier;

use std::collections::VecDeque;
use std::time::{Duration, SystemTime};

use super::growth::per_minute;
use crate::model::{State, StateCounts};
use tier::Tier;

/// The counts of the polls in a second, or in ten where it is long ago.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// When the last of them was, on the axis of [`super::timeline`].
    pub at: SystemTime,
    /// How many sockets were in each state on average, rounded.
    pub counts: StateCounts,
    /// How many there were at least.
    pub low: StateCounts,
    /// How many there were at most.
    pub high: StateCounts,
    /// Whether some time since the sample before was not sampled, so that nothing joins it to that one.
    pub parted: bool,
}

/// Why there are no samples for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The user paused.
    Paused,
    /// Polls failed, or gave only a part of the table.
    Failed,
    /// The machine slept or the program stood still, or the clock was set forward.
    Slept,
    /// The program did not run.
    NotRunning,
}

/// A span without samples. It is drawn as such: never bridged, never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Break {
    /// The last sample before it, or when it began where there was none.
    pub from: SystemTime,
    /// The first sample after it; none while it lasts.
    pub to: Option<SystemTime>,
    /// Why.
    pub cause: Cause,
}

impl Break {
    /// Whether a time lies in it; it lasts until `now` where it has not ended.
    pub fn covers(&self, at: SystemTime, now: SystemTime) -> bool {
        self.from < at && at < self.to.unwrap_or(now)
    }
}

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// How many breaks are kept by their causes; what they part stays parted all the same.
const BREAKS: usize = 256;

/// The last day's samples, oldest first.
#[derive(Clone, Debug)]
pub struct History {
    hour: Tier,
    day: Tier,
    breaks: VecDeque<Break>,
}

impl Default for History {
    fn default() -> Self {
        Self { hour: Tier::new(1, HOUR), day: Tier::new(10, DAY), breaks: VecDeque::new() }
    }
}

impl History {
    /// How far back it reaches.
    pub const SPAN: Duration = DAY;

    /// How many bytes its samples and breaks take at most, whatever the uptime and however often it is polled:
    /// 1.9 MiB.
    pub fn most_bytes(&self) -> usize {
        (self.hour.most() + self.day.most()) * size_of::<Sample>() + BREAKS * size_of::<Break>()
    }

    /// The history of an earlier run, which went on until `until`, for a run that begins at `began`; the time
    /// between the two is a break.
    ///
    /// What lies in the future, after the clock was set back, is left out, and so is what is out of order.
    pub fn carried_over(
        samples: impl IntoIterator<Item = Sample>,
        breaks: impl IntoIterator<Item = Break>,
        until: SystemTime,
        began: SystemTime,
    ) -> Self {
        let mut history = Self::default();
        let oldest = began.checked_sub(DAY);
        let in_sight = |at: SystemTime| at <= began && oldest.is_none_or(|oldest| at >= oldest);
        let mut kept: Vec<Sample> = Vec::new();
        for sample in samples {
            if in_sight(sample.at) && kept.last().is_none_or(|last| last.at < sample.at) {
                kept.push(sample);
            }
        }
        history.day.restore(&kept);
        for gap in breaks {
            let follows =
                history.breaks.back().is_none_or(|last| last.to.is_some_and(|to| to <= gap.from));
            let in_order = gap.to.is_none_or(|to| gap.from <= to && in_sight(to));
            if follows && in_order && in_sight(gap.from) {
                history.keep_break(gap);
            }
        }
        if !kept.is_empty() {
            let after_all = kept.last().map_or(until, |last| last.at.max(until));
            history.interrupt(after_all.min(began), Cause::NotRunning);
        }
        history
    }

    /// Adds the counts of a whole table, read at `at`. Samples come in the order of their time.
    pub fn push(&mut self, at: SystemTime, counts: StateCounts) {
        let open = self.breaks.back_mut().filter(|gap| gap.to.is_none());
        let parted = open.is_some();
        if let Some(open) = open {
            open.to = Some(at);
        }
        self.hour.push(at, &counts, parted);
        self.day.push(at, &counts, parted);
    }

    /// There are no samples from `at` on, for this cause, until the next one comes.
    ///
    /// A cause that is already open goes on; another cause begins where it ends.
    pub fn interrupt(&mut self, at: SystemTime, cause: Cause) {
        let from = match self.breaks.back_mut() {
            Some(open) if open.to.is_none() && open.cause == cause => return,
            Some(open) if open.to.is_none() => *open.to.insert(at),
            _ => self.last().map_or(at, |sample| sample.at),
        };
        self.keep_break(Break { from, to: None, cause });
    }

    fn keep_break(&mut self, gap: Break) {
        self.breaks.push_back(gap);
        if self.breaks.len() > BREAKS {
            self.breaks.pop_front();
        }
    }

    /// Whether the time since the last sample is a break.
    pub fn is_interrupted(&self) -> bool {
        self.breaks.back().is_some_and(|gap| gap.to.is_none())
    }

    /// The newest sample.
    pub fn last(&self) -> Option<&Sample> {
        self.hour.last().or_else(|| self.day.last())
    }

    /// The oldest sample.
    pub fn first(&self) -> Option<&Sample> {
        self.day.first().into_iter().chain(self.hour.first()).min_by_key(|sample| sample.at)
    }

    /// The samples from `from` on, oldest first: by ten seconds as far as the last hour does not reach, then by
    /// the second.
    pub fn since(&self, from: SystemTime) -> impl Iterator<Item = &Sample> + '_ {
        let seam = self.hour.first().map(|sample| sample.at);
        self.day
            .since(from)
            .take_while(move |sample| seam.is_none_or(|seam| sample.at < seam))
            .chain(self.hour.since(from))
    }

    /// The last day by ten seconds, oldest first: what is kept between two runs.
    pub fn day(&self) -> impl Iterator<Item = &Sample> + '_ {
        self.day.since(SystemTime::UNIX_EPOCH)
    }

    /// The breaks, oldest first.
    pub fn breaks(&self) -> impl Iterator<Item = &Break> + '_ {
        self.breaks.iter()
    }

    /// The change of a count over the last `span`, per minute, from its first sample after the last break to its
    /// last one; none when less than half the span has been sampled since, or a break goes on.
    pub fn per_minute(&self, state: State, span: Duration) -> Option<i64> {
        let last = self.last()?;
        let from = last.at.checked_sub(span)?;
        let mut recent = self.since(from);
        let mut first = recent.next()?;
        for sample in recent.filter(|sample| sample.parted) {
            first = sample;
        }
        if self.is_interrupted() {
            return None;
        }
        per_minute((first.at, first.counts[state]), (last.at, last.counts[state]), span)
    }
}

#[cfg(test)]
mod tests;
