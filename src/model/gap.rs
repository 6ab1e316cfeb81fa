//! What a snapshot could not see, and why. Degradation is data: it travels with the rows.

use std::sync::Arc;

/// An address family of the socket table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Family {
    /// Internet Protocol version 4.
    V4,
    /// Internet Protocol version 6.
    V6,
}

impl Family {
    /// The name as people write it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::V4 => "IPv4",
            Self::V6 => "IPv6",
        }
    }
}

/// Something that a poll could not see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Gap {
    /// Sockets of this user have an owner that may not be seen without more rights.
    OwnersHidden {
        /// The user's name, or its number where it has none; none where the system does not tell.
        user: Option<Arc<str>>,
        /// How many rows it concerns.
        sockets: usize,
    },
    /// One address family could not be read; its rows are missing.
    FamilyUnreadable {
        /// The family.
        family: Family,
        /// What the system answered.
        cause: String,
    },
    /// Some rows could not be read; they are missing.
    RowsUnreadable {
        /// How many.
        rows: usize,
        /// What the system answered for the first of them.
        cause: String,
    },
    /// Rows whose state number this program does not know; they are shown as CLOSED.
    UnknownState {
        /// How many.
        rows: usize,
    },
    /// Something else, recorded by a later version of the program.
    Other {
        /// What that version calls it.
        kind: String,
    },
    /// The names of processes could not be read; owners are shown by pid alone.
    NamesUnreadable {
        /// What the system answered.
        cause: String,
    },
}

impl Gap {
    /// Whether rows are missing, so that counts are too low.
    pub const fn loses_rows(&self) -> bool {
        matches!(
            self,
            Self::FamilyUnreadable { .. } | Self::RowsUnreadable { .. }
        )
    }
}
