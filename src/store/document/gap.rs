//! Gaps on the wire: flat, so that a reader keeps what it does not know.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::model::{Family, Gap, OtherGap};

/// A gap as the document has it.
#[derive(Default, Serialize, Deserialize)]
pub(super) struct WireGap<'a> {
    kind: Cow<'a, str>,
    /// So that a reader that does not know the kind knows what counts: rows are missing.
    #[serde(default, skip_serializing_if = "is_false")]
    rows_missing: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sockets: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    family: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cause: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    filter: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    namespaces: Option<usize>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde gives a reference")]
const fn is_false(value: &bool) -> bool {
    !*value
}

const OWNERS_HIDDEN: &str = "owners_hidden";
const FAMILY_UNREADABLE: &str = "family_unreadable";
const ROWS_UNREADABLE: &str = "rows_unreadable";
const FILTERED: &str = "filtered";
const UNKNOWN_STATE: &str = "unknown_state";
const NAMES_UNREADABLE: &str = "names_unreadable";
const OWNERS_ELSEWHERE: &str = "owners_elsewhere";
const OWNERS_UNREADABLE: &str = "owners_unreadable";
const INTERRUPTED: &str = "interrupted";
const FALLBACK: &str = "fallback";
const OTHER_NAMESPACES: &str = "other_namespaces";

impl<'a> From<&'a Gap> for WireGap<'a> {
    fn from(gap: &'a Gap) -> Self {
        let of = |kind: &'a str| Self {
            kind: Cow::Borrowed(kind),
            rows_missing: gap.loses_rows(),
            ..Self::default()
        };
        let borrowed = |text: &'a String| Some(Cow::Borrowed(text.as_str()));
        match gap {
            Gap::OwnersHidden { user, sockets } => Self {
                user: user.as_deref().map(Cow::Borrowed),
                sockets: Some(*sockets),
                ..of(OWNERS_HIDDEN)
            },
            Gap::FamilyUnreadable { family, cause } => Self {
                family: Some(Cow::Borrowed(family.name())),
                cause: borrowed(cause),
                ..of(FAMILY_UNREADABLE)
            },
            Gap::RowsUnreadable { rows, cause } => {
                Self { sockets: Some(*rows), cause: borrowed(cause), ..of(ROWS_UNREADABLE) }
            }
            Gap::Filtered { filter } => Self { filter: borrowed(filter), ..of(FILTERED) },
            Gap::UnknownState { rows } => Self { sockets: Some(*rows), ..of(UNKNOWN_STATE) },
            Gap::NamesUnreadable { cause } => {
                Self { cause: borrowed(cause), ..of(NAMES_UNREADABLE) }
            }
            Gap::OwnersElsewhere { sockets } => {
                Self { sockets: Some(*sockets), ..of(OWNERS_ELSEWHERE) }
            }
            Gap::OwnersUnreadable { sockets, cause } => {
                Self { sockets: Some(*sockets), cause: borrowed(cause), ..of(OWNERS_UNREADABLE) }
            }
            Gap::Interrupted => of(INTERRUPTED),
            Gap::Fallback { source, cause } => {
                Self { source: borrowed(source), cause: borrowed(cause), ..of(FALLBACK) }
            }
            Gap::OtherNamespaces { namespaces } => {
                Self { namespaces: Some(*namespaces), ..of(OTHER_NAMESPACES) }
            }
            Gap::Other(other) => Self {
                user: other.user.as_ref().and_then(borrowed),
                sockets: other.sockets,
                family: other.family.as_ref().and_then(borrowed),
                cause: other.cause.as_ref().and_then(borrowed),
                filter: other.filter.as_ref().and_then(borrowed),
                source: other.source.as_ref().and_then(borrowed),
                namespaces: other.namespaces,
                ..of(&other.kind)
            },
        }
    }
}

impl From<WireGap<'static>> for Gap {
    /// A kind that this version does not know, or one without what belongs to it, is kept as it is.
    fn from(gap: WireGap<'static>) -> Self {
        let family =
            Family::ALL.into_iter().find(|known| gap.family.as_deref() == Some(known.name()));
        match (&*gap.kind, gap.sockets, &gap.cause, family, &gap.filter) {
            (OWNERS_HIDDEN, Some(sockets), ..) => {
                Self::OwnersHidden { user: gap.user.map(|user| Arc::from(&*user)), sockets }
            }
            (FAMILY_UNREADABLE, _, Some(cause), Some(family), _) => {
                Self::FamilyUnreadable { family, cause: cause.to_string() }
            }
            (ROWS_UNREADABLE, Some(rows), Some(cause), ..) => {
                Self::RowsUnreadable { rows, cause: cause.to_string() }
            }
            (FILTERED, _, _, _, Some(filter)) => Self::Filtered { filter: filter.to_string() },
            (UNKNOWN_STATE, Some(rows), ..) => Self::UnknownState { rows },
            (NAMES_UNREADABLE, _, Some(cause), ..) => {
                Self::NamesUnreadable { cause: cause.to_string() }
            }
            (OWNERS_ELSEWHERE, Some(sockets), ..) => Self::OwnersElsewhere { sockets },
            (OWNERS_UNREADABLE, Some(sockets), Some(cause), ..) => {
                Self::OwnersUnreadable { sockets, cause: cause.to_string() }
            }
            (INTERRUPTED, ..) => Self::Interrupted,
            (FALLBACK, _, Some(cause), ..) if gap.source.is_some() => Self::Fallback {
                source: gap.source.map_or_else(String::new, Cow::into_owned),
                cause: cause.to_string(),
            },
            (OTHER_NAMESPACES, ..) if gap.namespaces.is_some() => {
                Self::OtherNamespaces { namespaces: gap.namespaces.unwrap_or_default() }
            }
            (kind, ..) => Self::Other(OtherGap {
                kind: kind.to_owned(),
                rows_missing: gap.rows_missing
                    || [FAMILY_UNREADABLE, ROWS_UNREADABLE, FILTERED].contains(&kind),
                user: gap.user.map(Cow::into_owned),
                sockets: gap.sockets,
                family: gap.family.map(Cow::into_owned),
                cause: gap.cause.map(Cow::into_owned),
                filter: gap.filter.map(Cow::into_owned),
                source: gap.source.map(Cow::into_owned),
                namespaces: gap.namespaces,
            }),
        }
    }
}
