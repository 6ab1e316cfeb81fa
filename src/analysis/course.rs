//! How the sockets of one process developed: ten minutes poll by poll, an hour by ten seconds.

use std::time::{Duration, SystemTime};

use super::growth::per_minute;
use super::ring::Ring;
use crate::model::{State, StateCounts};

/// The states whose course is kept: those that a process answers for.
pub const STATES: [State; 3] = [State::CloseWait, State::Established, State::FinWait2];

/// How long one bucket is.
const BUCKET: Duration = Duration::from_secs(10);

/// The counts at one poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// When, on the axis of [`super::timeline`].
    pub at: SystemTime,
    /// How many sockets were in each of [`STATES`].
    pub counts: [u32; STATES.len()],
    /// Whether the time before it was not sampled.
    pub parted: bool,
}

/// The counts of the polls in ten seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// When it began.
    pub from: SystemTime,
    /// The least of each of [`STATES`].
    pub low: [u32; STATES.len()],
    /// The most.
    pub high: [u32; STATES.len()],
    /// The sums, to be divided by `polls`.
    pub sum: [u64; STATES.len()],
    /// How many polls there were.
    pub polls: u32,
}

/// The course of one process.
#[derive(Clone, Debug, Default)]
pub struct Course {
    fine: Ring<Point, 600>,
    coarse: Ring<Bucket, 360>,
    open: Option<Bucket>,
}

impl Course {
    /// Adds the counts of a poll. `parted` when the time before it was not sampled.
    pub fn push(&mut self, at: SystemTime, counts: &StateCounts, parted: bool) {
        let counts = STATES.map(|state| counts[state]);
        self.fine.push(Point { at, counts, parted });
        let ends = |bucket: &Bucket| {
            parted || at.duration_since(bucket.from).is_ok_and(|elapsed| elapsed >= BUCKET)
        };
        if let Some(full) = self.open.take_if(|bucket| ends(bucket)) {
            self.coarse.push(full);
        }
        let bucket = self.open.get_or_insert(Bucket {
            from: at,
            low: counts,
            high: counts,
            sum: [0; STATES.len()],
            polls: 0,
        });
        for (index, count) in counts.into_iter().enumerate() {
            bucket.low[index] = bucket.low[index].min(count);
            bucket.high[index] = bucket.high[index].max(count);
            bucket.sum[index] += u64::from(count);
        }
        bucket.polls += 1;
    }

    /// The last ten minutes' points, oldest first.
    pub fn points(&self) -> impl DoubleEndedIterator<Item = &Point> + '_ {
        self.fine.iter()
    }

    /// The last hour's buckets that are full, oldest first.
    pub fn buckets(&self) -> impl DoubleEndedIterator<Item = &Bucket> + '_ {
        self.coarse.iter()
    }

    /// The change of CLOSE_WAIT over the last `span`, per minute; none when less than half of it has been
    /// sampled, or a part of it was not.
    pub fn close_wait_per_minute(&self, span: Duration) -> Option<i64> {
        let last = self.fine.last()?;
        let from = last.at.checked_sub(span)?;
        let mut first = last;
        // A gap ends what is told, also when it lies before the first of them.
        for point in self.fine.iter().rev() {
            if point.at < from {
                break;
            }
            first = point;
            if point.parted {
                break;
            }
        }
        per_minute((first.at, first.counts[0]), (last.at, last.counts[0]), span)
    }

    /// CLOSE_WAIT over the last ten minutes in at most so many steps, oldest first: the most of each step.
    pub fn close_wait(&self, steps: usize) -> Vec<u32> {
        let counts: Vec<u32> = self.fine.iter().map(|point| point.counts[0]).collect();
        if counts.len() <= steps || steps == 0 {
            return counts;
        }
        (0..steps)
            .filter_map(|step| {
                let part = step * counts.len() / steps..(step + 1) * counts.len() / steps;
                counts[part].iter().max().copied()
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(second)
    }

    fn counts(close_wait: u32) -> StateCounts {
        let mut counts = StateCounts::default();
        counts[State::CloseWait] = close_wait;
        counts
    }

    #[test]
    fn growth_is_per_minute_and_ends_at_a_gap() {
        let mut course = Course::default();
        for second in 0..=60 {
            course.push(at(second), &counts(u32::try_from(second / 2).expect("small")), false);
        }
        assert_eq!(course.close_wait_per_minute(Duration::from_mins(1)), Some(30));
        course.push(at(300), &counts(900), true);
        assert_eq!(course.close_wait_per_minute(Duration::from_mins(1)), None);
        for second in 301..=340 {
            course.push(at(second), &counts(900), false);
        }
        assert_eq!(course.close_wait_per_minute(Duration::from_mins(1)), Some(0));
    }

    #[test]
    fn a_spike_survives_in_buckets_and_steps() {
        let mut course = Course::default();
        for second in 0..600 {
            course.push(at(second), &counts(if second == 333 { 500 } else { 3 }), false);
        }
        let high: Vec<u32> = course.buckets().map(|bucket| bucket.high[0]).collect();
        assert_eq!((high.len(), high.iter().filter(|high| **high == 500).count()), (59, 1));
        let bucket = course.buckets().find(|bucket| bucket.high[0] == 500).expect("it is there");
        assert_eq!((bucket.low[0], bucket.sum[0], bucket.polls), (3, 527, 10));
        let steps = course.close_wait(60);
        assert_eq!((steps.len(), steps.iter().max()), (60, Some(&500)));
    }

    #[test]
    fn memory_does_not_grow_with_time() {
        let mut course = Course::default();
        for second in 0..200_000 {
            course.push(at(second), &counts(1), false);
        }
        let bytes = course.points().count() * size_of::<Point>()
            + course.buckets().count() * size_of::<Bucket>();
        // At most 51 KiB a process, and 256 of them: 13 MiB.
        assert!(bytes <= 51 * 1_024, "{bytes}");
    }
}
