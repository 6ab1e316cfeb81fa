//! The horizontal axis: which stretch of time is in sight, and which times are labelled.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "times in seconds, far below what f64 counts exactly"
)]

use std::time::Duration;

use egui_plot::GridMark;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::time;

/// Which stretch of time is shown, up to now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Range {
    /// A minute.
    Minute,
    /// Five minutes.
    #[default]
    FiveMinutes,
    /// An hour.
    Hour,
    /// A day.
    Day,
}

impl Range {
    /// Every range, shortest first.
    pub const ALL: [Self; 4] = [Self::Minute, Self::FiveMinutes, Self::Hour, Self::Day];

    /// How long it is.
    pub const fn span(self) -> Duration {
        Duration::from_secs(match self {
            Self::Minute => 60,
            Self::FiveMinutes => 300,
            Self::Hour => 3_600,
            Self::Day => 86_400,
        })
    }

    /// The next longer one, or the next shorter one; the last one stays.
    #[must_use]
    pub fn step(self, longer: bool) -> Self {
        let place = Self::ALL.iter().position(|range| *range == self).unwrap_or(0);
        let next = if longer { place + 1 } else { place.saturating_sub(1) };
        Self::ALL[next.min(Self::ALL.len() - 1)]
    }
}

/// The distances of two lines of the grid, in seconds.
const STEPS: [u32; 17] =
    [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200];

/// The room that a label wants, in points.
const LABEL: f64 = 76.0;

/// The distance of two lines of the grid, in seconds, for so long an axis of so many points.
pub(super) fn step(span: f64, width: f64) -> f64 {
    let labels = (width / LABEL).clamp(2.0, 12.0);
    STEPS.into_iter().map(f64::from).find(|step| span / step <= labels).unwrap_or(86_400.0)
}

/// The lines of the grid: whole steps of the zone's own time of day.
pub(super) fn marks((from, to): (f64, f64), step: f64, zone: &TimeZone) -> Vec<GridMark> {
    let offset =
        Timestamp::try_from(time(to)).map_or(0.0, |time| f64::from(zone.to_offset(time).seconds()));
    let first = ((from + offset) / step).ceil() as i64;
    let last = ((to + offset) / step).floor() as i64;
    (first..=last.min(first + 100))
        .map(|number| GridMark { value: number as f64 * step - offset, step_size: step })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_room_for_every_label() {
        for width in [300.0, 700.0, 1_400.0] {
            for span in [5.0, 60.0, 61.0, 300.0, 3_600.0, 86_400.0] {
                let labels = span / step(span, width);
                assert!((1.0..=12.0).contains(&labels), "{span} over {width}: {labels}");
                assert!(labels * LABEL <= width + 1.0, "{span} over {width}: {labels}");
            }
        }
    }

    #[test]
    fn hours_are_whole_in_the_zone_that_is_shown() {
        // India is five hours and a half ahead.
        let zone = TimeZone::fixed(jiff::tz::Offset::from_seconds(19_800).expect("an offset"));
        let marks = marks((1_795_392_000.0, 1_795_478_400.0), 7_200.0, &zone);
        assert_eq!(marks.len(), 12);
        for mark in marks {
            assert!(((mark.value + 19_800.0) % 7_200.0).abs() < 1e-6);
        }
    }

    #[test]
    fn ranges_are_stepped_through_and_end() {
        assert_eq!(Range::FiveMinutes.step(true), Range::Hour);
        assert_eq!(Range::Day.step(true), Range::Day);
        assert_eq!(Range::Minute.step(false), Range::Minute);
    }
}
