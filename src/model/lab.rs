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

    /// The end at the other side.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Client => Self::Peer,
            Self::Peer => Self::Client,
        }
    }

    /// The word for it in documents.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Peer => "peer",
        }
    }
}

/// Which kind of socket made a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// A socket that connects.
    Client,
    /// A socket that was accepted.
    Peer,
    /// A socket that listens.
    Listener,
}

impl Role {
    /// The word for it in documents.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Peer => "peer",
            Self::Listener => "listener",
        }
    }
}

/// One of the lab's sockets. Both ends of a connection have its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Who {
    /// What it is there for.
    pub role: Role,
    /// Its connection's number, or the listener's; 0 where there is only one.
    pub number: u64,
}

impl fmt::Display for Who {
    /// `client 3`, or only `client` where there is no other.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.number {
            0 => f.pad(self.role.name()),
            number => f.pad(&format!("{} {number}", self.role.name())),
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
    /// On which socket.
    pub who: Who,
    /// The call with its arguments, as one would write it in C.
    pub call: String,
    /// What came of it.
    pub outcome: CallOutcome,
    /// How long it took.
    pub took: Duration,
}

/// Where an expectation comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// It was measured on such a system.
    Measured,
    /// The system's documentation or source says so; nobody has seen it yet.
    Documented,
    /// Nobody knows: what is observed is reported, and not judged.
    Unknown,
}

impl Basis {
    /// The word for it in documents.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Measured => "measured",
            Self::Documented => "documented",
            Self::Unknown => "unknown",
        }
    }
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

impl Resolution {
    /// The word for it in documents.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Table => "table",
        }
    }
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
