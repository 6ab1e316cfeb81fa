//! A poll that gave no table at all.

use std::fmt;

/// What was being done when a source failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// Asking the system for its socket table.
    ReadSocketTable,
    /// Running the collector itself.
    RunCollector,
}

/// There is no table: the poll failed as a whole. It is never drawn as zero sockets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PollFailure {
    /// The source, by the name it goes by in the coverage line.
    pub source: String,
    /// The operation that failed.
    pub operation: Operation,
    /// What the system answered, by name where it has one.
    pub cause: String,
    /// The number of that answer (`errno`), where the system gave one.
    pub number: Option<i32>,
}

impl fmt::Display for PollFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operation = match self.operation {
            Operation::ReadSocketTable => "reading the socket table",
            Operation::RunCollector => "running the collector",
        };
        write!(f, "{operation} with {}: {}", self.source, self.cause)
    }
}

impl std::error::Error for PollFailure {}
