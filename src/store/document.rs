//! The snapshot document, version 1: what `list --json` prints and `snapshot` saves.
//!
//! Frozen: version 1 only ever gains keys, and readers ignore keys they do not know. Its schema is
//! `assets/schema/snapshot-1.schema.json`. Keys are in snake case, durations are integers that end in
//! `_ms`, times are RFC 3339, and an absent fact is an absent key.

mod bounded;
mod gap;
mod row;
mod users;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use serde::de::{self, Deserializer, SeqAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};

use crate::model::{
    Gap, Host, Owner, Pids, Process, Protocol, Snapshot, Socket, State, StateCounts,
};
pub(super) use bounded::AtMost;
use gap::WireGap;
use row::WireSocket;
use users::WireUsers;

/// What the document calls itself.
pub const FORMAT: &str = "sockscope-snapshot";

/// The version that is written, and the only one that is read.
pub const VERSION: u32 = 1;

/// The most sockets that one document may hold: a bound on memory, far above any real table.
pub const MAX_SOCKETS: usize = 1_000_000;

/// The most processes that one document may name, all owners together, and the most for one socket: a
/// listener of a preforking server is held by hundreds.
const MAX_HOLDERS: usize = 4 * MAX_SOCKETS;
const MAX_HOLDERS_OF_ONE: usize = 4_096;

/// The most gaps that one document may list.
const MAX_GAPS: usize = 1_024;

/// What a document claims to be; read first, so that a foreign file is named and not called damaged.
#[derive(Deserialize)]
pub struct Header {
    /// The `format` key, whatever it is.
    pub format: Option<serde_json::Value>,
    /// The `version` key, whatever it is.
    pub version: Option<serde_json::Value>,
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
    #[serde(skip_serializing_if = "WireUsers::is_empty")]
    users: WireUsers,
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
            users: WireUsers::of(snapshot),
            gaps: snapshot.gaps.iter().map(WireGap::from).collect(),
        }
        .serialize(serializer)
    }
}

struct OutgoingSockets<'a>(&'a Snapshot);

impl Serialize for OutgoingSockets<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Snapshot { sockets, processes, .. } = self.0;
        serializer.collect_seq(
            sockets.iter().map(|socket| {
                WireSocket::new(socket, WireOwner::from_model(&socket.owner, processes))
            }),
        )
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
    users: WireUsers,
    #[serde(default)]
    gaps: AtMost<WireGap<'static>, MAX_GAPS>,
}

impl From<Incoming> for Snapshot {
    fn from(document: Incoming) -> Self {
        Self {
            taken_at: document.taken_at.0,
            host: Arc::new(Host { name: document.host, os: document.os }),
            source: document.source,
            took: document.took_ms.map(Duration::from_millis),
            sockets: document.sockets.sockets,
            processes: document.sockets.processes,
            users: document.users.into_model(),
            gaps: document.gaps.0.into_iter().map(Gap::from).collect(),
        }
    }
}

/// Flat, and not an enum by its kind: serde would hold a tagged owner twice while reading it.
#[derive(Default, Serialize, Deserialize)]
struct WireOwner<'a> {
    kind: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "AtMost::is_empty")]
    processes: AtMost<WireProcess<'a>, MAX_HOLDERS_OF_ONE>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<Cow<'a, str>>,
}

const KNOWN: &str = "known";
const REMEMBERED: &str = "remembered";
const NO_OWNER: &str = "no_owner";
const NOT_ACCEPTED: &str = "not_accepted";
const HIDDEN: &str = "hidden";

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
        let nameless = |pid| WireProcess { pid, name: Cow::Borrowed(""), started_at: None };
        let of = |kind, processes: Vec<WireProcess<'a>>, user| Self {
            kind: Cow::Borrowed(kind),
            processes: AtMost(processes),
            user,
        };
        match owner {
            Owner::Known(pids) => {
                let named = |pid: &u32| {
                    processes.get(pid).map_or_else(|| nameless(*pid), WireProcess::from)
                };
                of(KNOWN, pids.iter().map(named).collect(), None)
            }
            Owner::Remembered(was) => {
                of(REMEMBERED, was.iter().map(WireProcess::from).collect(), None)
            }
            Owner::NoOwner => of(NO_OWNER, Vec::new(), None),
            Owner::NotAccepted => of(NOT_ACCEPTED, Vec::new(), None),
            Owner::Hidden { user } => of(HIDDEN, Vec::new(), user.as_deref().map(Cow::Borrowed)),
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
                time.duration_since(SystemTime::UNIX_EPOCH).ok().map(|since| since.as_secs())
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
    held: usize,
    users: BTreeMap<String, Arc<str>>,
}

impl Rows {
    fn push<E: de::Error>(&mut self, mut row: WireSocket<'_>) -> Result<(), E> {
        if row.protocol != Protocol::Tcp.name() {
            return Err(E::unknown_variant(&row.protocol, &["tcp"]));
        }
        let state = State::from_name(&row.state)
            .ok_or_else(|| E::custom(format_args!("{:?} is not a TCP state", row.state)))?;
        self.held += row.owner.processes.0.len();
        if self.held > MAX_HOLDERS {
            return Err(E::custom(format_args!("more than {MAX_HOLDERS} owners")));
        }
        let processes = std::mem::take(&mut row.owner);
        let owner = self.owner(processes)?;
        self.sockets.push(row.into_model(state, owner));
        Ok(())
    }

    fn owner<E: de::Error>(&mut self, owner: WireOwner<'_>) -> Result<Owner, E> {
        let WireOwner { kind, processes: AtMost(processes), user } = owner;
        Ok(match &*kind {
            KNOWN | REMEMBERED if processes.is_empty() => {
                return Err(E::custom("an owner without a process"));
            }
            KNOWN => {
                let pids: Vec<u32> = processes.iter().map(|process| process.pid).collect();
                for process in processes {
                    self.processes.entry(process.pid).or_insert_with(|| process.into());
                }
                let shared = |pids: &Vec<u32>| Arc::from(pids.as_slice());
                Owner::Known(Arc::clone(self.holders.entry(pids).or_insert_with_key(shared)))
            }
            REMEMBERED => Owner::Remembered(processes.into_iter().map(Process::from).collect()),
            NO_OWNER => Owner::NoOwner,
            NOT_ACCEPTED => Owner::NotAccepted,
            HIDDEN => Owner::Hidden {
                user: user.map(|user| {
                    let shared = |user: &String| Arc::from(user.as_str());
                    Arc::clone(self.users.entry(user.into_owned()).or_insert_with_key(shared))
                }),
            },
            unknown => {
                let known = &[KNOWN, REMEMBERED, NO_OWNER, NOT_ACCEPTED, HIDDEN];
                return Err(E::unknown_variant(unknown, known));
            }
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
                    return Err(de::Error::custom(format_args!("more than {MAX_SOCKETS} sockets")));
                }
                rows.push(row)?;
            }
            Ok(rows)
        }
    }

    deserializer.deserialize_seq(RowVisitor)
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
        // Not every system's clock can hold a time before this one, and no snapshot is so old.
        if time < Timestamp::UNIX_EPOCH {
            return Err(de::Error::custom("a time before 1970"));
        }
        Ok(Self(SystemTime::from(time)))
    }
}

/// Rounded up: what took time never took none.
fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX)
}
