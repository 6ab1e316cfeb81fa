//! Counts per state over time, bounded, with its gaps kept as gaps.
//!
//! Cloning is cheap: what lies behind the newest minute is shared, never copied.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::model::{State, StateCounts};

/// The counts at one poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sample {
    /// When, on the axis of [`super::timeline`].
    pub at: SystemTime,
    /// How many sockets were in each state.
    pub counts: StateCounts,
    /// Whether the time before it was not sampled, so that nothing joins it to the sample before.
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

/// How many samples one shared block holds: a minute at one poll a second.
const BLOCK: usize = 60;

/// How many blocks are kept: an hour at one poll a second.
const BLOCKS: usize = 60;

/// How many breaks are kept by their causes; what they part stays parted all the same.
const BREAKS: usize = 256;

/// The newest [`History::CAPACITY`] samples, oldest first.
#[derive(Clone, Debug, Default)]
pub struct History {
    blocks: VecDeque<Arc<[Sample]>>,
    tail: Vec<Sample>,
    breaks: VecDeque<Break>,
}

impl History {
    /// How many samples are kept at least, once there are so many: 3 600.
    ///
    /// With 64 bytes a sample and one block being filled, that is at most 229 KiB.
    pub const CAPACITY: usize = BLOCK * BLOCKS;

    /// Adds the counts of a whole table, read at `at`. Samples come in the order of their time.
    pub fn push(&mut self, at: SystemTime, counts: StateCounts) {
        let open = self.breaks.back_mut().filter(|gap| gap.to.is_none());
        let parted = open.is_some();
        if let Some(open) = open {
            open.to = Some(at);
        }
        self.tail.push(Sample { at, counts, parted });
        if self.tail.len() == BLOCK {
            self.blocks.push_back(Arc::from(self.tail.as_slice()));
            self.tail.clear();
            if self.blocks.len() > BLOCKS {
                self.blocks.pop_front();
            }
        }
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
        self.breaks.push_back(Break { from, to: None, cause });
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
        self.tail.last().or_else(|| self.blocks.back().and_then(|block| block.last()))
    }

    /// The samples from `from` on, oldest first.
    pub fn since(&self, from: SystemTime) -> impl Iterator<Item = &Sample> + '_ {
        self.blocks
            .iter()
            .filter(move |block| block.last().is_some_and(|sample| sample.at >= from))
            .flat_map(|block| block.iter())
            .chain(&self.tail)
            .skip_while(move |sample| sample.at < from)
    }

    /// The breaks, oldest first.
    pub fn breaks(&self) -> impl Iterator<Item = &Break> + '_ {
        self.breaks.iter()
    }

    /// The change of a count over the last `span`, per minute, from its first to its last sample; none
    /// when less than half the span has been sampled, or a break lies in it.
    pub fn per_minute(&self, state: State, span: Duration) -> Option<i64> {
        let last = self.last()?;
        let from = last.at.checked_sub(span)?;
        let first = self.since(from).next()?;
        let sampled = last.at.duration_since(first.at).ok()?;
        let broken = self.is_interrupted() || self.since(from).skip(1).any(|sample| sample.parted);
        if sampled < span / 2 || broken {
            return None;
        }
        let change = i128::from(last.counts[state]) - i128::from(first.counts[state]);
        let millis = i128::try_from(sampled.as_millis()).ok()?;
        // Rounded half away from zero, so that +0.5 and -0.5 are as far from "steady".
        i64::try_from((change * 60_000 + change.signum() * millis / 2) / millis).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(second)
    }

    fn push(history: &mut History, second: u64, close_wait: u32) {
        let mut counts = StateCounts::default();
        counts[State::CloseWait] = close_wait;
        history.push(at(second), counts);
    }

    #[test]
    fn memory_does_not_grow_with_uptime() {
        let mut history = History::default();
        for second in 0..100_000 {
            push(&mut history, second, 1);
            if second % 10 == 0 {
                history.interrupt(at(second), Cause::Paused);
            }
        }
        let kept = history.since(at(0)).count();
        assert!((History::CAPACITY..=History::CAPACITY + BLOCK).contains(&kept), "{kept}");
        assert_eq!(history.breaks().count(), BREAKS);
        let parted = history.since(at(0)).filter(|sample| sample.parted).count();
        assert!(
            parted >= History::CAPACITY / 10,
            "old breaks are forgotten, what they part is not"
        );
        assert!((History::CAPACITY + BLOCK) * size_of::<Sample>() <= 240 * 1024);
    }

    #[test]
    fn samples_come_back_in_order_from_any_time() {
        let mut history = History::default();
        for second in 0..150 {
            push(&mut history, second, 0);
        }
        let times: Vec<SystemTime> = history.since(at(100)).map(|sample| sample.at).collect();
        assert_eq!(times, (100..150).map(at).collect::<Vec<_>>());
        assert_eq!(history.last().map(|sample| sample.at), Some(at(149)));
    }

    #[test]
    fn a_break_spans_from_the_last_sample_to_the_next() {
        let mut history = History::default();
        push(&mut history, 1, 0);
        history.interrupt(at(2), Cause::Paused);
        history.interrupt(at(3), Cause::Paused);
        history.interrupt(at(4), Cause::Failed);
        push(&mut history, 6, 0);
        let breaks: Vec<Break> = history.breaks().copied().collect();
        assert_eq!(
            breaks,
            [
                Break { from: at(1), to: Some(at(4)), cause: Cause::Paused },
                Break { from: at(4), to: Some(at(6)), cause: Cause::Failed },
            ]
        );
    }

    #[test]
    fn growth_is_per_minute_and_is_not_told_across_a_break() {
        let minute = Duration::from_mins(1);
        let mut history = History::default();
        assert_eq!(history.per_minute(State::CloseWait, minute), None);
        for second in 0..=60 {
            push(&mut history, second, u32::try_from(second).expect("small"));
        }
        assert_eq!(history.per_minute(State::CloseWait, minute), Some(60));
        assert_eq!(history.per_minute(State::Established, minute), Some(0));
        history.interrupt(at(61), Cause::Failed);
        push(&mut history, 70, 90);
        assert_eq!(history.per_minute(State::CloseWait, minute), None);
    }
}
