//! What can be chosen before a scenario runs.

use std::collections::BTreeSet;

use thiserror::Error;

use crate::text::Text;

/// One thing that can be chosen.
pub struct Knob {
    /// Its name on the command line: `hold`.
    pub name: &'static str,
    /// Its name in the window.
    pub title: fn() -> Text,
    /// What it may be.
    pub range: Range,
}

/// What a knob may be.
pub enum Range {
    /// A number.
    Number {
        /// The least.
        min: u64,
        /// The most.
        max: u64,
        /// What it is unless somebody says otherwise.
        default: u64,
        /// Its unit: `s`, `B`; empty for a count.
        unit: &'static str,
    },
    /// One of these words, the first unless somebody says otherwise.
    Choice(&'static [&'static str]),
}

/// A knob that cannot be set so.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BadKnob {
    /// There is no such knob.
    #[error("there is no knob {name:?}; {}", offered(.knobs))]
    Unknown {
        /// What was asked for.
        name: String,
        /// What there is.
        knobs: Vec<String>,
    },
    /// It does not take this.
    #[error("{name} takes {takes}, not {value:?}")]
    Value {
        /// Its name.
        name: &'static str,
        /// What it takes.
        takes: String,
        /// What was asked for.
        value: String,
    },
    /// It is set more than once.
    #[error("{0} is given more than once: give each knob one value")]
    Twice(String),
    /// Not `NAME=VALUE`.
    #[error("{0:?} is not NAME=VALUE")]
    Form(String),
}

fn offered(knobs: &[String]) -> String {
    if knobs.is_empty() {
        "this scenario has none".to_owned()
    } else {
        format!("there is {}", knobs.join(", "))
    }
}

impl Range {
    /// What it takes, in words: `1 to 300 s`, `held or gone`.
    pub fn takes(&self) -> String {
        match self {
            Self::Number { min, max, unit, .. } => {
                format!("{min} to {max} {unit}").trim_end().to_owned()
            }
            Self::Choice(words) => words.join(" or "),
        }
    }

    const fn default(&self) -> u64 {
        match self {
            Self::Number { default, .. } => *default,
            Self::Choice(_) => 0,
        }
    }

    fn parse(&self, value: &str) -> Option<u64> {
        match self {
            Self::Number { min, max, unit, .. } => {
                let digits = value.strip_suffix(unit).unwrap_or(value).trim_end();
                digits.parse().ok().filter(|number| (min..=max).contains(&number))
            }
            Self::Choice(words) => {
                words.iter().position(|word| *word == value).map(|place| place as u64)
            }
        }
    }
}

/// The knobs of one run, each with its value.
#[derive(Clone)]
pub struct Knobs {
    knobs: &'static [Knob],
    values: Vec<u64>,
}

impl Knobs {
    /// As they are unless somebody says otherwise.
    pub fn of(knobs: &'static [Knob]) -> Self {
        Self { knobs, values: knobs.iter().map(|knob| knob.range.default()).collect() }
    }

    /// Sets one as a person writes it: `hold=30`, `hold=30s`, `peer=gone`.
    pub fn set(&mut self, written: &str) -> Result<(), BadKnob> {
        let (name, value) =
            written.split_once('=').ok_or_else(|| BadKnob::Form(written.to_owned()))?;
        let place = self.knobs.iter().position(|knob| knob.name == name).ok_or_else(|| {
            let knobs = self.knobs.iter().map(|knob| knob.name.to_owned()).collect();
            BadKnob::Unknown { name: name.to_owned(), knobs }
        })?;
        let knob = &self.knobs[place];
        self.values[place] = knob.range.parse(value).ok_or_else(|| BadKnob::Value {
            name: knob.name,
            takes: knob.range.takes(),
            value: value.to_owned(),
        })?;
        Ok(())
    }

    /// [`Knobs::set`] for each of these, of which no two may be about the same knob.
    pub fn set_each(&mut self, written: &[String]) -> Result<(), BadKnob> {
        let mut names = BTreeSet::new();
        for written in written {
            self.set(written)?;
            let name = written.split_once('=').map_or("", |(name, _)| name);
            if !names.insert(name) {
                return Err(BadKnob::Twice(name.to_owned()));
            }
        }
        Ok(())
    }

    /// The knobs with the places of their values.
    pub fn each(&self) -> impl Iterator<Item = (&'static Knob, u64)> {
        self.knobs.iter().zip(self.values.iter().copied())
    }

    /// Sets one by its place in [`Knobs::each`], within its range.
    pub fn put(&mut self, place: usize, value: u64) {
        if let (Some(knob), Some(old)) = (self.knobs.get(place), self.values.get_mut(place)) {
            *old = match knob.range {
                Range::Number { min, max, .. } => value.clamp(min, max),
                Range::Choice(words) => value.min(words.len().saturating_sub(1) as u64),
            };
        }
    }

    /// The number of a knob, or the place of its word; 0 for a name that is none of the scenario's.
    pub fn number(&self, name: &str) -> u64 {
        self.each().find(|(knob, _)| knob.name == name).map_or(0, |(_, value)| value)
    }

    /// The word of a knob.
    pub fn word(&self, name: &str) -> &'static str {
        let found = self.each().find(|(knob, _)| knob.name == name);
        found.map_or("", |(knob, value)| match knob.range {
            Range::Choice(words) => usize::try_from(value)
                .ok()
                .and_then(|place| words.get(place))
                .copied()
                .unwrap_or(""),
            Range::Number { .. } => "",
        })
    }

    /// Each with its value as a person writes it.
    pub fn written(&self) -> Vec<(&'static str, String)> {
        self.each()
            .map(|(knob, value)| match knob.range {
                Range::Choice(_) => (knob.name, self.word(knob.name).to_owned()),
                Range::Number { unit, .. } => {
                    (knob.name, format!("{value} {unit}").trim_end().to_owned())
                }
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text;

    static KNOBS: [Knob; 2] = [
        Knob {
            name: "hold",
            title: || text!("lab.check.run"),
            range: Range::Number { min: 1, max: 300, default: 5, unit: "s" },
        },
        Knob {
            name: "peer",
            title: || text!("lab.check.run"),
            range: Range::Choice(&["held", "gone"]),
        },
    ];

    #[test]
    fn knobs_are_set_as_people_write_them() {
        let mut knobs = Knobs::of(&KNOBS);
        assert_eq!((knobs.number("hold"), knobs.word("peer")), (5, "held"));
        for written in ["hold=30s", "hold=30", "hold=30 s"] {
            assert_eq!(knobs.set(written), Ok(()));
            assert_eq!(knobs.number("hold"), 30);
        }
        assert_eq!(knobs.set("peer=gone"), Ok(()));
        assert_eq!(knobs.written(), [("hold", "30 s".to_owned()), ("peer", "gone".to_owned())]);
    }

    #[test]
    fn a_knob_has_one_value() {
        let set = |written: &[&str]| {
            let written: Vec<String> = written.iter().map(|it| (*it).to_owned()).collect();
            Knobs::of(&KNOBS).set_each(&written)
        };
        assert_eq!(set(&["hold=3", "peer=gone"]), Ok(()));
        for twice in [["hold=3", "hold=4"], ["hold=3", "hold=3"]] {
            assert_eq!(set(&twice), Err(BadKnob::Twice("hold".to_owned())));
        }
    }

    #[test]
    fn what_a_knob_does_not_take_is_said_with_what_it_takes() {
        let mut knobs = Knobs::of(&KNOBS);
        for (written, said) in [
            ("hold=0", "hold takes 1 to 300 s, not \"0\""),
            ("hold=-1", "hold takes 1 to 300 s, not \"-1\""),
            ("hold=99999999999999999999999", "hold takes 1 to 300 s"),
            ("peer=away", "peer takes held or gone, not \"away\""),
            ("wait=1", "there is no knob \"wait\"; there is hold, peer"),
            ("hold", "\"hold\" is not NAME=VALUE"),
        ] {
            let error = knobs.set(written).expect_err(written).to_string();
            assert!(error.starts_with(said), "{error}");
        }
        assert_eq!(knobs.number("hold"), 5, "nothing was changed");
    }
}
