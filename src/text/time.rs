//! How times are written: 24 hours, ISO dates, in a zone that is given and never the process's own.

use std::time::SystemTime;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// `14:20:07`: a time of day.
pub fn clock(time: SystemTime, zone: &TimeZone) -> String {
    written(time, zone, "%H:%M:%S")
}

/// `14:20`: a time of day without seconds.
pub fn clock_minutes(time: SystemTime, zone: &TimeZone) -> String {
    written(time, zone, "%H:%M")
}

/// `2026-11-23 14:20:07`: a day and a time of day.
pub fn date(time: SystemTime, zone: &TimeZone) -> String {
    written(time, zone, "%Y-%m-%d %H:%M:%S")
}

/// `2026-11-23 14:20:07 +01:00`: unmistakable for whoever reads it elsewhere.
pub fn date_with_offset(time: SystemTime, zone: &TimeZone) -> String {
    written(time, zone, "%Y-%m-%d %H:%M:%S %:z")
}

/// `20261123-142007`: a time as a part of a file's name.
pub fn stamp(time: SystemTime, zone: &TimeZone) -> String {
    written(time, zone, "%Y%m%d-%H%M%S")
}

/// `2026-11-23T13:20:07.125Z`: for programs (RFC 3339, UTC, to the millisecond).
pub fn utc(time: SystemTime) -> String {
    Timestamp::try_from(time).map_or_else(|_| NO_TIME.to_owned(), |time| format!("{time:.3}"))
}

/// Instead of a time that no calendar holds; it can only come from a damaged file.
const NO_TIME: &str = "–";

fn written(time: SystemTime, zone: &TimeZone, format: &str) -> String {
    Timestamp::try_from(time).map_or_else(
        |_| NO_TIME.to_owned(),
        |time| time.to_zoned(zone.clone()).strftime(format).to_string(),
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_time_is_written_in_the_zone_that_was_given() {
        let time = SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_440_007_125);
        let zone = TimeZone::fixed(jiff::tz::offset(1));
        assert_eq!(clock(time, &zone), "14:20:07");
        assert_eq!(clock_minutes(time, &TimeZone::UTC), "13:20");
        assert_eq!(date_with_offset(time, &zone), "2026-11-23 14:20:07 +01:00");
        assert_eq!(stamp(time, &zone), "20261123-142007");
        assert_eq!(utc(time), "2026-11-23T13:20:07.125Z");
    }
}
