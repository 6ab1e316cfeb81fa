//! How a count grows, per minute.

use std::time::{Duration, SystemTime};

/// The change from the first count to the last, per minute; none when less than half of `span` lies between them.
pub fn per_minute(
    first: (SystemTime, u32),
    last: (SystemTime, u32),
    span: Duration,
) -> Option<i64> {
    let sampled = last.0.duration_since(first.0).ok()?;
    if sampled < span / 2 {
        return None;
    }
    let change = i128::from(last.1) - i128::from(first.1);
    let millis = i128::try_from(sampled.as_millis()).ok().filter(|millis| *millis > 0)?;
    // Rounded half away from zero, so that +0.5 and -0.5 are as far from "steady".
    i64::try_from((change * 60_000 + change.signum() * millis / 2) / millis).ok()
}
