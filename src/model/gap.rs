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
    /// Both families.
    pub const ALL: [Self; 2] = [Self::V4, Self::V6];

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
        /// How many, as far as that is known.
        rows: usize,
        /// What the system answered for the first of them.
        cause: String,
    },
    /// Only the rows that pass a filter were taken.
    Filtered {
        /// The filter as it was typed.
        filter: String,
    },
    /// Rows whose state number this program does not know; they are shown as CLOSED.
    UnknownState {
        /// How many.
        rows: usize,
    },
    /// The names of processes could not be read; owners are shown by pid alone.
    NamesUnreadable {
        /// What the system answered.
        cause: String,
    },
    /// No process holds some sockets, though every process was looked into: their holder is in another pid
    /// namespace, or the kernel itself.
    OwnersElsewhere {
        /// How many rows it concerns.
        sockets: usize,
    },
    /// The owners of some sockets could not be looked for at all.
    OwnersUnreadable {
        /// How many rows it concerns.
        sockets: usize,
        /// What the system answered.
        cause: String,
    },
    /// The table changed so much while it was read that rows may be missing or twice there.
    Interrupted,
    /// The better source did not work, and another took its place.
    Fallback {
        /// The source that did not work.
        source: String,
        /// What the system answered.
        cause: String,
    },
    /// Other network namespaces, containers as a rule, have sockets that are not in this table.
    OtherNamespaces {
        /// How many namespaces were seen.
        namespaces: usize,
    },
    /// Something that a later version of the program recorded, or recorded otherwise.
    Other(OtherGap),
}

/// A gap that this version does not know, kept with all it says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OtherGap {
    /// What that version calls it.
    pub kind: String,
    /// Whether rows are missing because of it.
    pub rows_missing: bool,
    /// The user it concerns.
    pub user: Option<String>,
    /// How many sockets it concerns.
    pub sockets: Option<usize>,
    /// The address family it concerns.
    pub family: Option<String>,
    /// What the system answered.
    pub cause: Option<String>,
    /// The filter that was used.
    pub filter: Option<String>,
    /// The source that it speaks of.
    pub source: Option<String>,
    /// How many network namespaces it concerns.
    pub namespaces: Option<usize>,
}

impl Gap {
    /// Whether rows are missing, so that counts are too low.
    pub const fn loses_rows(&self) -> bool {
        match self {
            Self::FamilyUnreadable { .. }
            | Self::RowsUnreadable { .. }
            | Self::Filtered { .. }
            | Self::Interrupted => true,
            // Namespaces are tables of their own: this one is whole.
            Self::OwnersHidden { .. }
            | Self::OwnersElsewhere { .. }
            | Self::OwnersUnreadable { .. }
            | Self::UnknownState { .. }
            | Self::NamesUnreadable { .. }
            | Self::Fallback { .. }
            | Self::OtherNamespaces { .. } => false,
            Self::Other(gap) => gap.rows_missing,
        }
    }
}
