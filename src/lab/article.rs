//! The article that this program grew out of, claim by claim: what it says, whether that is so, and which experiment shows it
//! on the very system that it runs on.
//!
//! It is an old text on a client for Windows that reconnects by itself and ends up with thousands of sockets in CLOSE_WAIT.
//! The verdicts speak of Linux, where each was measured; the experiment says what holds elsewhere.

use std::time::Duration;

use super::options::{NUMBERING, Numbering};
use super::result::{Check, ScenarioResult};
use super::scenario::{Order, over_time};
use super::scenarios::{SCENARIOS, abort, descriptor_limit, server_restart, time_wait};
use crate::model::lab::{End, Verdict};
use crate::text;
use crate::text::Text;

/// Whether something that was said is so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is.
    Right,
    /// What follows from it is, for another reason.
    RightInEffect,
    /// Most of it is.
    MostlyRight,
    /// It is not.
    Wrong,
}

impl Standing {
    /// The word for it in documents.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::RightInEffect => "right_in_effect",
            Self::MostlyRight => "mostly_right",
            Self::Wrong => "wrong",
        }
    }

    /// The same in words.
    pub fn said(self) -> Text {
        match self {
            Self::Right => text!("lab_article.right"),
            Self::RightInEffect => text!("lab_article.right_in_effect"),
            Self::MostlyRight => text!("lab_article.mostly_right"),
            Self::Wrong => text!("lab_article.wrong"),
        }
    }
}

/// One thing that the article says.
pub struct Claim {
    /// Its number in the article; of one that says two things, with a letter.
    pub number: &'static str,
    /// Its name in documents.
    pub name: &'static str,
    /// What it says, summed up.
    pub says: fn() -> Text,
    /// Whether it is so.
    pub standing: Standing,
    /// Why, in a sentence.
    pub because: fn() -> Text,
    /// What shows it here and now.
    pub proof: Proof,
}

/// A scenario that shows something, and where in its result to look.
pub struct Proof {
    /// The scenario's name.
    pub scenario: &'static str,
    /// Its knobs, as a person writes them; the others are as they are.
    pub knobs: &'static [&'static str],
    /// What of its result shows it.
    pub shown_by: &'static [Shows],
}

/// A part of a scenario's result.
#[derive(Clone, Copy)]
pub enum Shows {
    /// The way to reconnect with this name.
    Habit(&'static str),
    /// The check with this subject.
    Check(fn() -> Text),
}

impl Shows {
    /// What it is called.
    pub fn subject(self, result: &ScenarioResult) -> Option<Text> {
        match self {
            Self::Habit(name) => {
                let habit = result.habits.iter().find(|habit| habit.name == name)?;
                Some(habit.title.clone())
            }
            Self::Check(subject) => Some(subject()),
        }
    }

    /// The check that judges it in this result; none while there is none.
    pub fn find(self, result: &ScenarioResult) -> Option<&Check> {
        let subject = self.subject(result)?;
        result.checks.iter().find(|check| check.subject == subject)
    }
}

/// What takes no longer is there before anybody wonders.
const LONG: Duration = Duration::from_secs(10);

impl Proof {
    /// The scenario with the knobs that it wants; none where there is no such scenario, or one without these knobs.
    pub fn order(&self) -> Option<Order> {
        let scenario = SCENARIOS.iter().find(|scenario| scenario.name() == self.scenario)?;
        let mut order = Order::of(*scenario);
        self.knobs.iter().try_for_each(|written| order.knobs.set(written)).ok()?;
        Some(order)
    }

    /// How long it takes, more or less, where that is so long that one should know before.
    pub fn takes_long(&self) -> Option<Duration> {
        let order = self.order()?;
        Some(order.scenario.lasts(&order.knobs)).filter(|lasts| *lasts > LONG)
    }

    /// What this result says of the claim: the worst verdict of what shows it, and nothing told where a part is missing.
    pub fn verdict(&self, result: &ScenarioResult) -> Verdict {
        let verdicts = self
            .shown_by
            .iter()
            .map(|shows| shows.find(result).map_or(Verdict::CouldNotTell, |check| check.verdict));
        verdicts.max().unwrap_or(Verdict::CouldNotTell)
    }
}

/// Whether the standings were found on such a system as this one.
pub const fn speaks_of_this_system() -> bool {
    matches!(NUMBERING, Numbering::Linux)
}

/// What the article says, in its order: six claims, the last of two things that are shown apart.
pub static CLAIMS: [Claim; 7] = [
    Claim {
        number: "1",
        name: "passive-close",
        says: || text!("lab_article.passive_close.says"),
        standing: Standing::Right,
        because: || text!("lab_article.passive_close.because"),
        proof: Proof {
            scenario: "reconnect-habits",
            knobs: &[],
            shown_by: &[Shows::Habit("leak"), Shows::Habit("read-and-close")],
        },
    },
    Claim {
        number: "2",
        name: "thousands",
        says: || text!("lab_article.thousands.says"),
        standing: Standing::RightInEffect,
        because: || text!("lab_article.thousands.because"),
        proof: Proof {
            scenario: "descriptor-limit",
            knobs: &[],
            shown_by: &[
                Shows::Check(descriptor_limit::subject::opened),
                Shows::Check(descriptor_limit::subject::errno),
                Shows::Check(descriptor_limit::subject::rows),
            ],
        },
    },
    Claim {
        number: "3",
        name: "one-port",
        says: || text!("lab_article.one_port.says"),
        standing: Standing::Wrong,
        because: || text!("lab_article.one_port.because"),
        proof: Proof {
            scenario: "reconnect-habits",
            knobs: &[],
            shown_by: &[
                Shows::Habit("fixed-port-reuse"),
                Shows::Habit("as-printed"),
                Shows::Habit("whole-recipe"),
                Shows::Habit("read-and-close"),
            ],
        },
    },
    Claim {
        number: "4",
        name: "restart",
        says: || text!("lab_article.restart.says"),
        standing: Standing::Right,
        because: || text!("lab_article.restart.because"),
        proof: Proof {
            scenario: "server-restart",
            knobs: &["state=time-wait"],
            shown_by: &[
                Shows::Check(server_restart::time_wait_nobody),
                Shows::Check(server_restart::time_wait_new),
                Shows::Check(server_restart::time_wait_both),
            ],
        },
    },
    Claim {
        number: "5",
        name: "abort",
        says: || text!("lab_article.abort.says"),
        standing: Standing::MostlyRight,
        because: || text!("lab_article.abort.because"),
        proof: Proof {
            scenario: "abort",
            knobs: &[],
            shown_by: &[
                Shows::Check(|| abort::stream_end(End::Peer.name())),
                Shows::Check(abort::lost_bytes),
            ],
        },
    },
    Claim {
        number: "6a",
        name: "time-wait",
        says: || text!("lab_article.time_wait.says"),
        standing: Standing::Right,
        because: || text!("lab_article.time_wait.because"),
        proof: Proof {
            scenario: "client-closes-first",
            knobs: &["wait=yes"],
            shown_by: &[Shows::Check(time_wait::lasted)],
        },
    },
    Claim {
        number: "6b",
        name: "pair",
        says: || text!("lab_article.pair.says"),
        standing: Standing::Right,
        because: || text!("lab_article.pair.because"),
        proof: Proof {
            scenario: "close-wait-peer-holds",
            knobs: &["hold=5"],
            shown_by: &[
                Shows::Check(|| over_time(End::Client.name())),
                Shows::Check(|| over_time(End::Peer.name())),
            ],
        },
    },
];
