//! How long a socket was in a state, with the error that looking now and then brings.

use std::time::{Duration, SystemTime};

use super::track::{Since, Transition};
use crate::text;
use crate::text::{Text, age};

/// An error of at most this is said as one (`1 s ± 1 s`); more is said as a range.
const SMALL_ERROR: Duration = Duration::from_secs(5);

/// An error below this part of the time is not worth saying.
const NEGLIGIBLE: u32 = 20;

/// How long: at the least and at the most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Residence {
    /// It was no less.
    pub least: Duration,
    /// It was no more; none where nothing bounds it.
    pub most: Option<Duration>,
}

impl Residence {
    /// How long a state has lasted that lasts still.
    pub fn until(since: &Since, now: SystemTime) -> Self {
        Self { least: since.at_least(now), most: since.at_most(now) }
    }

    /// How long a state lasted that ended when the next one began.
    pub fn between(state: &Transition, next: &Transition) -> Self {
        let (began, ended) = (&state.since, &next.since);
        let least = ended.earliest.and_then(|ended| ended.duration_since(began.latest).ok());
        Self { least: least.unwrap_or_default(), most: began.at_most(ended.latest) }
    }

    /// In words: `44 m 09 s`, `1 s ± 1 s`, `4 m 10 s to 9 m 00 s`, `≥ 12 s`.
    pub fn text(&self) -> Text {
        let Some(most) = self.most else {
            return text!("residence.at_least", time = age(self.least));
        };
        let error = most.saturating_sub(self.least) / 2;
        let middle = self.least + error;
        if error * NEGLIGIBLE <= middle {
            text!("residence.exact", time = age(middle))
        } else if error <= SMALL_ERROR {
            text!("residence.about", time = rough(middle), error = rough(error))
        } else {
            text!("residence.between", least = rough(self.least), most = rough(most))
        }
    }
}

/// An age without tenths of a second, which its error makes idle; below half a second they are what is known.
fn rough(time: Duration) -> String {
    let seconds = time.as_secs_f64().round();
    match seconds {
        0.0 if !time.is_zero() => age(time),
        0.0..10.0 => format!("{seconds}\u{2009}s"),
        _ => age(Duration::from_secs_f64(seconds)),
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::model::State;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

    fn since(earliest: Option<u64>, latest: u64) -> Since {
        Since { earliest: earliest.map(at), latest: at(latest) }
    }

    fn said(residence: Residence) -> String {
        residence.text().plain().replace('\u{2009}', " ")
    }

    #[test]
    fn what_lasts_is_as_sharp_as_its_beginning() {
        let until = |earliest, latest| said(Residence::until(&since(earliest, latest), at(10_000)));
        assert_eq!(until(Some(7_350), 7_351), "44 m 09 s");
        assert_eq!(until(None, 9_280), "≥ 12 m 00 s");
        assert_eq!(until(Some(9_996), 9_998), "3 s ± 1 s");
        assert_eq!(until(Some(9_460), 9_760), "4 m 00 s to 9 m 00 s");
    }

    #[test]
    fn what_ended_has_the_error_of_both_its_ends() {
        let transition = |earliest, latest| Transition {
            state: State::Established,
            since: since(earliest, latest),
        };
        let between = |one, other| said(Residence::between(&one, &other));
        assert_eq!(between(transition(Some(0), 1), transition(Some(1), 2)), "1 s ± 1 s");
        assert_eq!(between(transition(None, 1), transition(Some(61), 62)), "≥ 1 m 00 s");
        let half = Residence { least: Duration::ZERO, most: Some(Duration::from_millis(500)) };
        assert_eq!(said(half), "0.2 s ± 0.2 s");
    }
}
