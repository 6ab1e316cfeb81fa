//! The vertical axis: where a count stands, and which counts are labelled.

#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "positions on the screen, and decades of a 32-bit count"
)]

use egui_plot::GridMark;

/// How counts are spread over the height.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scale {
    /// Evenly.
    #[default]
    Linear,
    /// By the logarithm of one more than the count: decades are equally high, and zero is at zero.
    Log,
}

impl Scale {
    /// Where a count stands.
    pub(super) fn place(self, count: f64) -> f64 {
        match self {
            Self::Linear => count,
            Self::Log => count.ln_1p() / std::f64::consts::LN_10,
        }
    }

    /// Which count stands at a place.
    pub(super) fn count(self, place: f64) -> u64 {
        match self {
            Self::Linear => place.max(0.0).round() as u64,
            Self::Log => (place.max(0.0) * std::f64::consts::LN_10).exp_m1().round() as u64,
        }
    }

    /// The place of the axis's end: above the highest count, at a round one.
    pub(super) fn top(self, highest: u32) -> f64 {
        let highest = f64::from(highest);
        match self {
            Self::Linear => linear_top(highest),
            Self::Log => {
                let least = (highest * 1.08).max(10.0);
                let decade = 10_f64.powf(least.log10().floor());
                let round = [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * decade);
                self.place(round.into_iter().find(|count| *count >= least).unwrap_or(least))
            }
        }
    }

    /// The lines of the grid, each of which is labelled.
    pub(super) fn marks(self, top: f64) -> Vec<GridMark> {
        match self {
            Self::Linear => (0..=4)
                .map(|quarter| GridMark {
                    value: top / 4.0 * f64::from(quarter),
                    step_size: top / 4.0,
                })
                .collect(),
            Self::Log => {
                let decades = (0..10).map(|decade| 10_f64.powi(decade));
                std::iter::once(0.0)
                    .chain(decades)
                    .map(|count| self.place(count))
                    .take_while(|place| *place <= top)
                    // A decade apart, as far as fading labels are concerned.
                    .map(|value| GridMark { value, step_size: 1.0 })
                    .collect()
            }
        }
    }
}

/// Above the highest count, and four whole steps from zero.
fn linear_top(highest: f64) -> f64 {
    let least = (highest * 1.08).max(4.0) / 4.0;
    let size = 10_f64.powf(least.log10().floor());
    let step = [1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.5, 10.0]
        .into_iter()
        .map(|factor| factor * size)
        .find(|step| *step >= least && step.fract() == 0.0);
    step.unwrap_or_else(|| least.ceil()) * 4.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_axis_ends_above_the_highest_count_in_whole_steps() {
        for highest in [0, 1, 3, 4, 9, 57, 412, 1_704, 100_312] {
            let top = Scale::Linear.top(highest);
            assert!(top > f64::from(highest), "{highest} {top}");
            assert!((top / 4.0).fract().abs() < 1e-9, "{highest} {top}");
            assert_eq!(Scale::Linear.marks(top).len(), 5);
        }
    }

    #[test]
    fn the_logarithmic_axis_has_zero_at_zero_and_labels_decades() {
        let scale = Scale::Log;
        assert!(scale.place(0.0).abs() < 1e-12);
        for (highest, labels) in [
            (0, vec![0, 1, 10]),
            (7, vec![0, 1, 10]),
            (412, vec![0, 1, 10, 100]),
            (99_000, vec![0, 1, 10, 100, 1_000, 10_000, 100_000]),
        ] {
            let top = scale.top(highest);
            assert!(top > scale.place(highest.into()));
            let marks: Vec<u64> =
                scale.marks(top).iter().map(|mark| scale.count(mark.value)).collect();
            assert_eq!(marks, labels, "{highest}");
        }
        for count in [0_u32, 1, 2, 10, 999, 100_000] {
            assert_eq!(scale.count(scale.place(f64::from(count))), u64::from(count));
        }
    }
}
