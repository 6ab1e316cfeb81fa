//! The snapshot document, version 1: what `list --json` prints and `snapshot` saves.
//!
//! Frozen: version 1 only ever gains keys, and readers ignore keys they do not know. Its schema is
//! `assets/schema/snapshot-1.schema.json`. Keys are in snake case, durations are integers that end in
//! `_ms`, times are RFC 3339, and an absent fact is an absent key.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use serde::de::{self, Deserializer, SeqAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};

use crate::model::{
    Family, Gap, Host, Owner, Pids, Process, Protocol, Snapshot, Socket, State, StateCounts,
};

/// What the document calls itself.
pub const FORMAT: &str = "sockscope-snapshot";

/// The version that is written, and the only one that is read.
pub const VERSION: u32 = 1;

/// The most sockets that one document may hold: a bound on memory, far above any real table.
pub const MAX_SOCKETS: usize = 2_000_000;

/// What a document claims to be; read first, so that a foreign file is named and not called damaged.
#[derive(Deserialize)]
pub struct Header {
    /// The `format` key, when there is one.
    pub format: Option<String>,
    /// The `version` key, when there is one.
    pub version: Option<u32>,
}

/// A snapshot, ready to be written as a document; rows are written one by one and never gathered.
pub struct Outgoing<'a>(pub &'a Snapshot);

#[derive(Serialize)]
struct OutgoingDocument<'a> {
    format: &'static str,
    version: u32,
    taken_at: Time,
    host: &'a str,
    os: &'a str,
    source: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    took_ms: Option<u64>,
    counts: Counts,
    sockets: OutgoingSockets<'a>,
    gaps: Vec<WireGap<'a>>,
}

impl Serialize for Outgoing<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let snapshot = self.0;
        OutgoingDocument {
            format: FORMAT,
            version: VERSION,
            taken_at: Time(snapshot.taken_at),
            host: &snapshot.host.name,
            os: &snapshot.host.os,
            source: &snapshot.source,
            took_ms: snapshot.took.map(millis),
            counts: Counts(snapshot.counts()),
            sockets: OutgoingSockets(snapshot),
            gaps: snapshot.gaps.iter().map(WireGap::from).collect(),
        }
        .serialize(serializer)
    }
}

struct OutgoingSockets<'a>(&'a Snapshot);

impl Serialize for OutgoingSockets<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Snapshot {
            sockets, processes, ..
        } = self.0;
        serializer.collect_seq(sockets.iter().map(|socket| WireSocket {
            protocol: Cow::Borrowed(socket.protocol.name()),
            local: socket.local,
            remote: socket.remote,
            state: Cow::Borrowed(socket.state.name()),
            owner: WireOwner::from_model(&socket.owner, processes),
        }))
    }
}

/// Counts by state name, in the fixed order of [`State::ALL`]; a state without sockets is left out.
struct Counts(StateCounts);

impl Serialize for Counts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (state, count) in self.0.iter().filter(|(_, count)| *count > 0) {
            map.serialize_entry(state.name(), &count)?;
        }
        map.end()
    }
}

/// A document as read. `counts` is not read: it follows from the rows, and a wrong one must not count.
#[derive(Deserialize)]
pub struct Incoming {
    taken_at: Time,
    host: String,
    os: String,
    source: String,
    took_ms: Option<u64>,
    #[serde(deserialize_with = "rows")]
    sockets: Rows,
    #[serde(default)]
    gaps: Vec<WireGap<'static>>,
}

impl From<Incoming> for Snapshot {
    fn from(document: Incoming) -> Self {
        Self {
            taken_at: document.taken_at.0,
            host: Arc::new(Host {
                name: document.host,
                os: document.os,
            }),
            source: document.source,
            took: document.took_ms.map(Duration::from_millis),
            sockets: document.sockets.sockets,
            processes: document.sockets.processes,
            gaps: document.gaps.into_iter().map(Gap::from).collect(),
        }
    }
}

#[derive(Serialize, Deserialize)]
struct WireSocket<'a> {
    protocol: Cow<'a, str>,
    local: SocketAddr,
    #[serde(skip_serializing_if = "Option::is_none")]
    remote: Option<SocketAddr>,
    state: Cow<'a, str>,
    owner: WireOwner<'a>,
}

#[derive(Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum WireOwner<'a> {
    Known {
        processes: Vec<WireProcess<'a>>,
    },
    Remembered {
        processes: Vec<WireProcess<'a>>,
    },
    NoOwner,
    NotAccepted,
    Hidden {
        #[serde(skip_serializing_if = "Option::is_none")]
        user: Option<Cow<'a, str>>,
    },
}

#[derive(Serialize, Deserialize)]
struct WireProcess<'a> {
    pid: u32,
    #[serde(default, skip_serializing_if = "str::is_empty")]
    name: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    started_at: Option<Time>,
}

impl<'a> WireOwner<'a> {
    fn from_model(owner: &'a Owner, processes: &'a BTreeMap<u32, Process>) -> Self {
        let nameless = |pid| WireProcess {
            pid,
            name: Cow::Borrowed(""),
            started_at: None,
        };
        match owner {
            Owner::Known(pids) => Self::Known {
                processes: pids
                    .iter()
                    .map(|pid| {
                        processes
                            .get(pid)
                            .map_or_else(|| nameless(*pid), WireProcess::from)
                    })
                    .collect(),
            },
            Owner::Remembered(was) => Self::Remembered {
                processes: was.iter().map(WireProcess::from).collect(),
            },
            Owner::NoOwner => Self::NoOwner,
            Owner::NotAccepted => Self::NotAccepted,
            Owner::Hidden { user } => Self::Hidden {
                user: user.as_deref().map(Cow::Borrowed),
            },
        }
    }
}

impl<'a> From<&'a Process> for WireProcess<'a> {
    fn from(process: &'a Process) -> Self {
        Self {
            pid: process.pid,
            name: Cow::Borrowed(&process.name),
            started_at: process
                .started_s
                .and_then(|seconds| {
                    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
                })
                .map(Time),
        }
    }
}

impl From<WireProcess<'_>> for Process {
    fn from(process: WireProcess<'_>) -> Self {
        Self {
            pid: process.pid,
            name: process.name.into_owned(),
            started_s: process.started_at.and_then(|Time(time)| {
                time.duration_since(SystemTime::UNIX_EPOCH)
                    .ok()
                    .map(|since| since.as_secs())
            }),
        }
    }
}

/// The rows of a document with the processes that they name, turned into the model as they are read.
#[derive(Default)]
struct Rows {
    sockets: Vec<Socket>,
    processes: BTreeMap<u32, Process>,
    holders: BTreeMap<Vec<u32>, Pids>,
    users: BTreeMap<String, Arc<str>>,
}

impl Rows {
    fn push<E: de::Error>(&mut self, row: WireSocket<'_>) -> Result<(), E> {
        if row.protocol != Protocol::Tcp.name() {
            return Err(E::unknown_variant(&row.protocol, &["tcp"]));
        }
        let state: State = row.state.parse().map_err(E::custom)?;
        let owner = self
            .owner(row.owner)
            .ok_or_else(|| E::custom("an owner without a process"))?;
        self.sockets.push(Socket {
            protocol: Protocol::Tcp,
            local: row.local,
            remote: row.remote,
            state,
            owner,
        });
        Ok(())
    }

    fn owner(&mut self, owner: WireOwner<'_>) -> Option<Owner> {
        Some(match owner {
            WireOwner::Known { processes } if processes.is_empty() => return None,
            WireOwner::Remembered { processes } if processes.is_empty() => return None,
            WireOwner::Known { processes } => {
                let pids: Vec<u32> = processes.iter().map(|process| process.pid).collect();
                for process in processes {
                    self.processes
                        .entry(process.pid)
                        .or_insert_with(|| process.into());
                }
                let shared = |pids: &Vec<u32>| Arc::from(pids.as_slice());
                Owner::Known(Arc::clone(
                    self.holders.entry(pids).or_insert_with_key(shared),
                ))
            }
            WireOwner::Remembered { processes } => {
                Owner::Remembered(processes.into_iter().map(Process::from).collect())
            }
            WireOwner::NoOwner => Owner::NoOwner,
            WireOwner::NotAccepted => Owner::NotAccepted,
            WireOwner::Hidden { user } => Owner::Hidden {
                user: user.map(|user| {
                    let shared = |user: &String| Arc::from(user.as_str());
                    Arc::clone(
                        self.users
                            .entry(user.into_owned())
                            .or_insert_with_key(shared),
                    )
                }),
            },
        })
    }
}

fn rows<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Rows, D::Error> {
    struct RowVisitor;

    impl<'de> Visitor<'de> for RowVisitor {
        type Value = Rows;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an array of sockets")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Rows, A::Error> {
            let mut rows = Rows::default();
            while let Some(row) = sequence.next_element::<WireSocket<'_>>()? {
                if rows.sockets.len() == MAX_SOCKETS {
                    return Err(de::Error::custom(format_args!(
                        "more than {MAX_SOCKETS} sockets"
                    )));
                }
                rows.push(row)?;
            }
            Ok(rows)
        }
    }

    deserializer.deserialize_seq(RowVisitor)
}

#[derive(Serialize, Deserialize)]
struct WireGap<'a> {
    kind: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sockets: Option<usize>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    family: Option<Cow<'a, str>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cause: Option<Cow<'a, str>>,
}

impl<'a> WireGap<'a> {
    const fn of(kind: &'a str) -> Self {
        Self {
            kind: Cow::Borrowed(kind),
            user: None,
            sockets: None,
            family: None,
            cause: None,
        }
    }
}

impl<'a> From<&'a Gap> for WireGap<'a> {
    fn from(gap: &'a Gap) -> Self {
        match gap {
            Gap::OwnersHidden { user, sockets } => Self {
                user: user.as_deref().map(Cow::Borrowed),
                sockets: Some(*sockets),
                ..Self::of("owners_hidden")
            },
            Gap::FamilyUnreadable { family, cause } => Self {
                family: Some(Cow::Borrowed(family.name())),
                cause: Some(Cow::Borrowed(cause)),
                ..Self::of("family_unreadable")
            },
            Gap::RowsUnreadable { rows, cause } => Self {
                sockets: Some(*rows),
                cause: Some(Cow::Borrowed(cause)),
                ..Self::of("rows_unreadable")
            },
            Gap::UnknownState { rows } => Self {
                sockets: Some(*rows),
                ..Self::of("unknown_state")
            },
            Gap::NamesUnreadable { cause } => Self {
                cause: Some(Cow::Borrowed(cause)),
                ..Self::of("names_unreadable")
            },
            Gap::Other { kind } => Self::of(kind),
        }
    }
}

impl From<WireGap<'static>> for Gap {
    /// A kind that this version does not know, or one without its numbers, is kept by its name.
    fn from(gap: WireGap<'static>) -> Self {
        let cause = gap.cause.map(Cow::into_owned);
        let family = match gap.family.as_deref() {
            Some("IPv4") => Some(Family::V4),
            Some("IPv6") => Some(Family::V6),
            _ => None,
        };
        match (&*gap.kind, gap.sockets, cause, family) {
            ("owners_hidden", Some(sockets), _, _) => Self::OwnersHidden {
                user: gap.user.map(|user| Arc::from(&*user)),
                sockets,
            },
            ("family_unreadable", _, Some(cause), Some(family)) => {
                Self::FamilyUnreadable { family, cause }
            }
            ("rows_unreadable", Some(rows), Some(cause), _) => Self::RowsUnreadable { rows, cause },
            ("unknown_state", Some(rows), _, _) => Self::UnknownState { rows },
            ("names_unreadable", _, Some(cause), _) => Self::NamesUnreadable { cause },
            (kind, ..) => Self::Other {
                kind: kind.to_owned(),
            },
        }
    }
}

/// A time as RFC 3339 in UTC, to the millisecond.
#[derive(Clone, Copy)]
struct Time(SystemTime);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let time = Timestamp::try_from(self.0).map_err(serde::ser::Error::custom)?;
        serializer.collect_str(&format_args!("{time:.3}"))
    }
}

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        let time: Timestamp = text.parse().map_err(de::Error::custom)?;
        Ok(Self(SystemTime::from(time)))
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
