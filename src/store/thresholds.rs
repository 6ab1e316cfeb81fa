//! From where on a number is marked as one to look at. Marks are no verdicts: they say where, not what.

use serde::{Deserialize, Serialize};

/// The thresholds, which the user may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Thresholds {
    /// How full a limit or an accept queue is, in percent.
    pub full_percent: u8,
    /// How many bytes wait to be read in CLOSE_WAIT; one is the peer's FIN alone.
    pub unread_bytes: u32,
}

impl Default for Thresholds {
    fn default() -> Self {
        Self { full_percent: 80, unread_bytes: 2 }
    }
}

impl Thresholds {
    /// With every value in a range that means something: a file may say anything.
    pub(super) fn in_range(self) -> Self {
        Self {
            full_percent: self.full_percent.clamp(1, 100),
            unread_bytes: self.unread_bytes.max(2),
        }
    }

    /// Whether so much of a limit is marked; of nothing everything is used.
    pub fn is_full(&self, used: u64, of: u64) -> bool {
        used > 0 && u128::from(used) * 100 >= u128::from(of) * u128::from(self.full_percent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn full_begins_at_the_threshold() {
        let thresholds = Thresholds::default();
        assert!(!thresholds.is_full(79, 100) && thresholds.is_full(80, 100));
        assert!(thresholds.is_full(1, 0) && !thresholds.is_full(0, 0) && !thresholds.is_full(0, 5));
        assert!(thresholds.is_full(u64::MAX, u64::MAX));
    }
}
