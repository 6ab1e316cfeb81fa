//! One axis of time for the chart, that never runs backwards and shows when the machine slept.

use std::time::{Duration, SystemTime};

/// How far the wall clock may run ahead of the monotonic one before it counts as sleep or a set clock.
/// Slewing by a time daemon stays far below.
const TOLERANCE: Duration = Duration::from_secs(2);

/// Puts readings of two clocks on one axis, in wall time as it was when the axis began.
///
/// The monotonic clock carries it, so setting the clock back moves nothing; where the wall clock leaps
/// forward (the monotonic clock of some systems stands still while the machine sleeps) the axis leaps
/// with it, and [`Placed::leapt`] says by how much.
#[derive(Clone, Debug)]
pub struct Timeline {
    began: SystemTime,
    leaps: Duration,
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
            began,
            leaps: Duration::ZERO,
            behind: Duration::ZERO,
        }
    }

    /// Places a reading: `elapsed` by the monotonic clock since the axis began, and the wall clock now.
    pub fn place(&mut self, elapsed: Duration, wall: SystemTime) -> Placed {
        let mut at = self.began + elapsed + self.leaps;
        let mut leapt = None;
        match wall.duration_since(at) {
            Ok(ahead) => {
                // A clock that was set back and then put right again has not leapt.
                let leap = ahead.saturating_sub(self.behind);
                if leap > TOLERANCE && self.behind.is_zero() {
                    self.leaps += leap;
                    at += leap;
                    leapt = Some(leap);
                }
                self.behind = Duration::ZERO;
            }
            Err(set_back) => self.behind = set_back.duration(),
        }
        Placed { at, leapt }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(n: u64) -> Duration {
        Duration::from_secs(n)
    }

    #[test]
    fn clocks_that_agree_place_by_the_monotonic_one() {
        let began = SystemTime::UNIX_EPOCH + seconds(1_000);
        let mut axis = Timeline::new(began);
        let placed = axis.place(seconds(1), began + Duration::from_millis(1_040));
        assert_eq!(
            placed,
            Placed {
                at: began + seconds(1),
                leapt: None
            }
        );
    }

    #[test]
    fn sleep_is_a_leap_once() {
        let began = SystemTime::UNIX_EPOCH + seconds(1_000);
        let mut axis = Timeline::new(began);
        let woke = axis.place(seconds(2), began + seconds(3_602));
        assert_eq!(
            woke,
            Placed {
                at: began + seconds(3_602),
                leapt: Some(seconds(3_600))
            }
        );
        let next = axis.place(seconds(3), began + seconds(3_603));
        assert_eq!(
            next,
            Placed {
                at: began + seconds(3_603),
                leapt: None
            }
        );
    }

    #[test]
    fn a_clock_set_back_moves_nothing_backwards() {
        let began = SystemTime::UNIX_EPOCH + seconds(10_000);
        let mut axis = Timeline::new(began);
        let back = axis.place(seconds(1), began - seconds(500));
        assert_eq!(
            back,
            Placed {
                at: began + seconds(1),
                leapt: None
            }
        );
        let right_again = axis.place(seconds(2), began + seconds(2));
        assert_eq!(
            right_again,
            Placed {
                at: began + seconds(2),
                leapt: None
            }
        );
    }
}
