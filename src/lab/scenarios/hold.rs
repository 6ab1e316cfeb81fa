//! How long nobody does anything, so that one sees that nothing happens by itself.

use std::time::Duration;

use crate::lab::scenario::{Knob, Knobs, Range};
use crate::text;

const NAME: &str = "hold";

/// What can be chosen: from `min` to `max` seconds.
pub(super) const fn knob(min: u64, max: u64, default: u64) -> Knob {
    let range = Range::Number { min, max, default, unit: "s" };
    Knob { name: NAME, title: || text!("lab_closing.knob.hold"), range }
}

/// What was chosen.
pub(super) fn time(knobs: &Knobs) -> Duration {
    Duration::from_secs(knobs.number(NAME))
}
