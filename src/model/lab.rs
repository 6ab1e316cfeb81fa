//! What a lab run leaves behind: calls, observed states, and a verdict.

use std::fmt;
use std::time::Duration;

use super::State;

/// One end of a lab connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// The end that connects.
    Client,
    /// The end that listens and accepts.
    Peer,
}

impl End {
    /// Both ends, client first.
    pub const ALL: [Self; 2] = [Self::Client, Self::Peer];

    /// The word for it in documents.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Peer => "peer",
        }
    }
}

/// What a call returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CallOutcome {
    /// It succeeded with this value, written as the call gives it: `0`, `64`, `127.0.0.1:40312`.
    Returned(String),
    /// It failed.
    Failed {
        /// The error by the name that the system's headers give it: `ECONNRESET`.
        errno: String,
        /// What that means here, in one plain sentence.
        meaning: String,
    },
}

/// One system call that the lab made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// When it began, since the run began.
    pub at: Duration,
    /// On which end.
    pub end: End,
    /// The call with its arguments, as one would write it in C.
    pub call: String,
    /// What came of it.
    pub outcome: CallOutcome,
    /// How long it took.
    pub took: Duration,
}

/// An end was seen in another state than at the look before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// When it was seen, since the run began.
    pub at: Duration,
    /// Which end.
    pub end: End,
    /// The state; none when the table has no row for this end.
    pub state: Option<State>,
}

/// How the two ends were looked up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// The kernel was asked for exactly these two rows.
    Exact,
    /// The whole table was read and searched: states shorter than a look are missed.
    Table,
}

/// How a scenario ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Everything that was judged is as this system is known to behave.
    AsExpected,
    /// Something could not be observed, and nothing that was contradicts the expectation.
    CouldNotTell,
    /// Something was observed that is not what was expected.
    Differs,
}

impl Verdict {
    /// The word for it in documents.
    pub const fn name(self) -> &'static str {
        match self {
            Self::AsExpected => "as_expected",
            Self::CouldNotTell => "could_not_tell",
            Self::Differs => "differs",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::AsExpected => "as expected",
            Self::CouldNotTell => "could not tell",
            Self::Differs => "differs",
        })
    }
}

/// One thing that a scenario judges: a final state, an errno, a number of bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// What is judged: `client state`.
    pub subject: String,
    /// What it should be on this system: `TIME_WAIT`.
    pub expected: String,
    /// What it was.
    pub observed: String,
    /// What follows.
    pub verdict: Verdict,
}

/// A scenario that was run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioResult {
    /// The scenario's name on the command line.
    pub scenario: String,
    /// How the ends were looked up.
    pub resolution: Resolution,
    /// How long the run took.
    pub took: Duration,
    /// What was judged.
    pub checks: Vec<Check>,
    /// Every call that was made, in order.
    pub calls: Vec<Call>,
    /// Every change of state that was seen, in order.
    pub changes: Vec<Change>,
}

impl ScenarioResult {
    /// The worst verdict of its checks; nothing judged is nothing told.
    pub fn verdict(&self) -> Verdict {
        self.checks.iter().map(|check| check.verdict).max().unwrap_or(Verdict::CouldNotTell)
    }
}
