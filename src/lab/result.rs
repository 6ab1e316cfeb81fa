//! What a scenario leaves behind: its steps, what was judged, what was called, and a verdict.

mod document;
mod markdown;
pub mod words;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

pub use document::document;
pub use markdown::markdown;

use super::log::Bounded;
use super::observe::Lane;
use crate::model::State;
use crate::model::lab::{Basis, Call, Resolution, Verdict};
use crate::text::{Locale, Text};

/// Something that is the same in every language, or a phrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Said {
    /// A state, an errno, a number.
    Value(String),
    /// A phrase.
    Phrase(Text),
}

impl Said {
    /// As the window shows it.
    pub fn render(&self, locale: Locale) -> String {
        match self {
            Self::Value(value) => value.clone(),
            Self::Phrase(text) => text.render(locale),
        }
    }

    /// In English with bare digits, for terminals and files.
    pub fn plain(&self) -> String {
        match self {
            Self::Value(value) => value.clone(),
            Self::Phrase(text) => text.plain(),
        }
    }
}

impl From<Text> for Said {
    fn from(text: Text) -> Self {
        Self::Phrase(text)
    }
}

impl From<State> for Said {
    fn from(state: State) -> Self {
        Self::Value(state.name().to_owned())
    }
}

impl From<u64> for Said {
    fn from(number: u64) -> Self {
        Self::Value(number.to_string())
    }
}

impl From<usize> for Said {
    fn from(number: usize) -> Self {
        Self::Value(number.to_string())
    }
}

impl From<&str> for Said {
    fn from(value: &str) -> Self {
        Self::Value(value.to_owned())
    }
}

impl From<String> for Said {
    fn from(value: String) -> Self {
        Self::Value(value)
    }
}

/// One thing that a scenario judges: a final state, an errno, a number of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What is judged: `client state`.
    pub subject: Text,
    /// What it should be on this system: `TIME_WAIT`.
    pub expected: Said,
    /// What it was.
    pub observed: Said,
    /// How it is known what it should be.
    pub basis: Basis,
    /// What follows.
    pub verdict: Verdict,
}

/// Something that a scenario does, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// When it began, since the run began.
    pub at: Duration,
    /// What.
    pub text: Text,
}

/// One attempt to reconnect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// Not made yet.
    Pending,
    /// A call failed, and nothing is connected.
    Failed {
        /// The call: `bind`.
        call: &'static str,
        /// Its errno.
        errno: String,
    },
    /// Connected, and gone by now: neither a row nor a descriptor is left.
    Closed,
    /// Connected, and in CLOSE_WAIT by now.
    CloseWait,
    /// Connected; the row is gone, and the descriptor is still there.
    Kept,
}

/// What a way to reconnect comes to, whatever was expected of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Not all attempts are made.
    Running,
    /// The run ended before all attempts were made.
    CutShort,
    /// It could not be tried here.
    NotTried,
    /// Every attempt connected, and nothing is left.
    Works,
    /// Every attempt connected, and sockets are left in the table.
    Leaks,
    /// Every attempt connected; the table shows nothing, and the descriptors are left.
    LeaksUnseen,
    /// Attempts failed, and nothing is left.
    Fails,
    /// Attempts failed, and descriptors are left as well.
    FailsAndLeaks,
}

impl Attempt {
    /// The word for it in documents.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Failed { .. } => "failed",
            Self::Closed => "closed",
            Self::CloseWait => "close_wait",
            Self::Kept => "kept",
        }
    }
}

impl Outcome {
    /// The word for it in documents.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::CutShort => "cut_short",
            Self::NotTried => "not_tried",
            Self::Works => "works",
            Self::Leaks => "leaks",
            Self::LeaksUnseen => "leaks_unseen",
            Self::Fails => "fails",
            Self::FailsAndLeaks => "fails_and_leaks",
        }
    }
}

/// One way to reconnect, tried many times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Habit {
    /// Its name in documents: `fixed-port`.
    pub name: &'static str,
    /// Its name in the window.
    pub title: Text,
    /// What it does, in a few words.
    pub note: Text,
    /// How far it is the article's recipe.
    pub recipe: Recipe,
    /// Each attempt, in order.
    pub attempts: Vec<Attempt>,
    /// How many attempts connected.
    pub connects: usize,
    /// How many descriptors the program still has.
    pub descriptors: usize,
    /// How many client sockets are in CLOSE_WAIT.
    pub close_wait: usize,
    /// How many local ports its client sockets had, by their rows.
    pub ports: usize,
    /// What is left at the server, by state.
    pub server: BTreeMap<State, usize>,
    /// The last call that failed, with its errno: `connect: EADDRNOTAVAIL`.
    pub error: Option<String>,
    /// What it comes to.
    pub outcome: Outcome,
    /// What was judged of it; worst first counts. Empty while it runs.
    pub verdict: Option<Verdict>,
}

/// How far a habit is what the article proposes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipe {
    /// It has nothing to do with it.
    None,
    /// A part of it, without the close.
    Half,
    /// All of it.
    Whole,
}

impl Recipe {
    /// The word for it in documents.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Half => "half",
            Self::Whole => "whole",
        }
    }
}

/// A socket that is held still, for people to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exhibit {
    /// The state that it was brought into.
    pub state: State,
    /// How.
    pub recipe: Text,
    /// Its own address.
    pub local: SocketAddr,
    /// The address of its other end; none for a listener or a socket that is only bound.
    pub remote: Option<SocketAddr>,
    /// Since when it has been seen so, counted from the beginning of the run; none while it is not.
    pub since: Option<Duration>,
}

/// A scenario that runs or has run.
#[derive(Clone, Debug)]
pub struct ScenarioResult {
    /// The scenario's name on the command line.
    pub scenario: &'static str,
    /// The system it ran on, with its version, as it names itself.
    pub os: Arc<str>,
    /// Its knobs, as they were set.
    pub knobs: Vec<(&'static str, String)>,
    /// How the ends were looked up.
    pub resolution: Resolution,
    /// When it began.
    pub began_at: SystemTime,
    /// How long it has run.
    pub took: Duration,
    /// Whether it is over.
    pub finished: bool,
    /// What it does, as it goes on.
    pub steps: Vec<Step>,
    /// What was judged.
    pub checks: Vec<Check>,
    /// The ways to reconnect, where it tries some.
    pub habits: Vec<Habit>,
    /// What it holds still, where it does.
    pub exhibits: Vec<Exhibit>,
    /// The newest calls, in order.
    pub calls: Arc<Bounded<Call>>,
    /// What was seen of its connections.
    pub lanes: Vec<Arc<Lane>>,
}

impl ScenarioResult {
    /// The worst verdict of its checks; nothing judged is nothing told.
    pub fn verdict(&self) -> Verdict {
        self.checks.iter().map(|check| check.verdict).max().unwrap_or(Verdict::CouldNotTell)
    }
}
