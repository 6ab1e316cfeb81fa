//! What is said of an end that our FIN has not reached.

use crate::lab::program::state::Obstacle;
use crate::text;
use crate::text::Text;

/// What follows for a process that has some.
pub(super) fn follows(obstacle: Obstacle) -> Text {
    match obstacle {
        Obstacle::Bytes(bytes) => {
            text!("lab_judged.unreached.bytes", bytes = bytes)
        }
        Obstacle::NoOtherEnd => text!("lab_judged.unreached.no_other_end"),
        Obstacle::NotSeen => text!("lab_judged.unreached.not_seen"),
    }
}

/// What became of one.
pub(super) fn fate(obstacle: Obstacle) -> Text {
    match obstacle {
        Obstacle::Bytes(bytes) => text!("lab_judged.fate.bytes", n = bytes),
        Obstacle::NoOtherEnd => text!("lab_judged.fate.no_other_end"),
        Obstacle::NotSeen => text!("lab_judged.fate.not_acknowledged"),
    }
}
