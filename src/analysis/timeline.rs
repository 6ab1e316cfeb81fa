//! One axis of time for the chart, that never runs backwards and shows when the machine slept.

use std::time::{Duration, SystemTime};

/// How far the wall clock may run ahead of the monotonic one between two readings before it counts as sleep
/// or a set clock. Between two polls a time daemon slews by far less.
const TOLERANCE: Duration = Duration::from_secs(2);

/// Puts readings of two clocks on one axis, in wall time as it was when the axis began.
///
/// The monotonic clock carries it, so setting the clock back moves nothing. Where the wall clock leaps
/// ahead between two readings the axis leaps with it, because the monotonic clock of some systems stands
/// still while the machine sleeps; [`Placed::leapt`] says by how much. Where it does not stand still, sleep
/// is a long time between two readings like any other, for the caller to notice.
#[derive(Clone, Debug)]
pub struct Timeline {
    last: Placed,
    elapsed: Duration,
    wall: SystemTime,
    /// How far the wall clock was set back, and has not been put forward again since.
    behind: Duration,
}

/// Where a reading belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    /// The time on the axis.
    pub at: SystemTime,
    /// The time that no monotonic clock counted since the reading before.
    pub leapt: Option<Duration>,
}

impl Timeline {
    /// An axis that begins at this wall time, when the monotonic reading is zero.
    pub const fn new(began: SystemTime) -> Self {
        Self {
            last: Placed { at: began, leapt: None },
            elapsed: Duration::ZERO,
            wall: began,
            behind: Duration::ZERO,
        }
    }

    /// Places a reading: `elapsed` by the monotonic clock since the axis began, and the wall clock now.
    pub fn place(&mut self, elapsed: Duration, wall: SystemTime) -> Placed {
        let counted = elapsed.saturating_sub(self.elapsed);
        let expected = self.wall + counted;
        let mut leap = Duration::ZERO;
        match wall.duration_since(expected) {
            Ok(ahead) if ahead > TOLERANCE => {
                // A clock that was set back and is now put right has not leapt. Any other step may be sleep.
                if ahead.abs_diff(self.behind) > TOLERANCE {
                    leap = ahead;
                } else {
                    self.behind = Duration::ZERO;
                }
            }
            Err(back) if back.duration() > TOLERANCE => self.behind += back.duration(),
            Ok(_) | Err(_) => {}
        }
        let leapt = Some(leap).filter(|leap| *leap > TOLERANCE);
        let at = self.last.at + counted + leapt.unwrap_or_default();
        self.last = Placed { at, leapt };
        self.elapsed = elapsed;
        self.wall = wall;
        self.last
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    fn began() -> SystemTime {
        SystemTime::UNIX_EPOCH + seconds(10_000)
    }

    #[test]
    fn clocks_that_agree_place_by_the_monotonic_one() {
        let mut axis = Timeline::new(began());
        let placed = axis.place(seconds(1), began() + Duration::from_millis(1_040));
        assert_eq!(placed, Placed { at: began() + seconds(1), leapt: None });
    }

    #[test]
    fn clocks_that_drift_apart_slowly_never_leap() {
        let mut axis = Timeline::new(began());
        for second in 1..=200_000 {
            let drifted = Duration::from_micros(1_000_050 * second);
            assert_eq!(axis.place(seconds(second), began() + drifted).leapt, None);
        }
    }

    #[test]
    fn sleep_is_a_leap_once() {
        let mut axis = Timeline::new(began());
        let woke = axis.place(seconds(2), began() + seconds(3_602));
        assert_eq!(woke, Placed { at: began() + seconds(3_602), leapt: Some(seconds(3_600)) });
        let next = axis.place(seconds(3), began() + seconds(3_603));
        assert_eq!(next, Placed { at: began() + seconds(3_603), leapt: None });
    }

    #[test]
    fn a_clock_set_back_moves_nothing_backwards_and_sleep_is_still_seen() {
        let mut axis = Timeline::new(began());
        let back = axis.place(seconds(1), began() - seconds(499));
        assert_eq!(back, Placed { at: began() + seconds(1), leapt: None });
        let right_again = axis.place(seconds(2), began() + seconds(2));
        assert_eq!(right_again, Placed { at: began() + seconds(2), leapt: None });
        let woke = axis.place(seconds(3), began() + seconds(603));
        assert_eq!(woke.leapt, Some(seconds(600)));
    }

    #[test]
    fn sleep_is_seen_though_the_clock_was_set_back_before() {
        let mut axis = Timeline::new(began());
        axis.place(seconds(1), began() - seconds(3_599));
        let woke = axis.place(seconds(2), began() - seconds(3_599) + seconds(1_801));
        assert_eq!(woke.leapt, Some(seconds(1_800)));
    }
}
