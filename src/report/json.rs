//! JSON for other programs, without a word that a catalogue could change. A snapshot is summed up here;
//! `snapshot` saves one whole.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::net::SocketAddr;

use jiff::tz::TimeZone;
use serde::Serialize;

use super::{Exporter, Subject};
use crate::analysis::diff::{Comparison, Fate, Holder, HolderChange};
use crate::error::{Error, Result};
use crate::model::{Owner, Snapshot, Socket, State, StateCounts};
use crate::text::utc;

/// JSON for other programs.
pub struct Json;

impl Exporter for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn title(&self) -> &'static str {
        "JSON"
    }

    fn extension(&self) -> &'static str {
        "json"
    }

    /// Times are in UTC whatever the zone: programs read this.
    fn export(&self, subject: Subject<'_>, _zone: &TimeZone, out: &mut dyn Write) -> Result<()> {
        let written = match subject {
            Subject::Snapshot(snapshot) => serde_json::to_writer(&mut *out, &Summary::of(snapshot)),
            Subject::Comparison(comparison) => {
                serde_json::to_writer(&mut *out, &ComparisonDocument::of(comparison))
            }
        };
        written.map_err(|error| match error.io_error_kind() {
            Some(_) => Error::Output(io::Error::from(error)),
            None => Error::Encode(error),
        })?;
        out.write_all(b"\n").map_err(Error::Output)
    }
}

#[derive(Serialize)]
struct Summary<'a> {
    format: &'static str,
    version: u32,
    #[serde(flatten)]
    side: Side<'a>,
}

impl<'a> Summary<'a> {
    fn of(snapshot: &'a Snapshot) -> Self {
        Self { format: "sockscope-summary", version: 1, side: Side::of(snapshot) }
    }
}

#[derive(Serialize)]
struct Side<'a> {
    taken_at: String,
    host: &'a str,
    os: &'a str,
    source: &'a str,
    sockets: usize,
    counts: Counts,
    rows_missing: bool,
    owners_hidden: usize,
}

impl<'a> Side<'a> {
    fn of(snapshot: &'a Snapshot) -> Self {
        let hidden = |socket: &&Socket| matches!(socket.owner, Owner::Hidden { .. });
        Self {
            taken_at: utc(snapshot.taken_at),
            host: &snapshot.host.name,
            os: &snapshot.host.os,
            source: &snapshot.source,
            sockets: snapshot.sockets.len(),
            counts: counts(snapshot.counts()),
            rows_missing: snapshot.is_partial(),
            owners_hidden: snapshot.sockets.iter().filter(hidden).count(),
        }
    }
}

#[derive(Serialize)]
struct ComparisonDocument<'a> {
    format: &'static str,
    version: u32,
    a: Side<'a>,
    b: Side<'a>,
    fates: BTreeMap<&'static str, usize>,
    holders: Vec<HolderRow<'a>>,
    sockets: Vec<SocketRow<'a>>,
}

#[derive(Serialize)]
struct HolderRow<'a> {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pid_a: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pid_b: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
    restarted: bool,
    a: Counts,
    b: Counts,
}

#[derive(Serialize)]
struct SocketRow<'a> {
    fate: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_a: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_b: Option<&'static str>,
    local: SocketAddr,
    #[serde(skip_serializing_if = "Option::is_none")]
    remote: Option<SocketAddr>,
    owner: OwnerValue<'a>,
}

#[derive(Serialize)]
struct OwnerValue<'a> {
    kind: &'static str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pids: Vec<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<&'a str>,
}

type Counts = BTreeMap<&'static str, u32>;

impl<'a> ComparisonDocument<'a> {
    fn of(comparison: &'a Comparison) -> Self {
        Self {
            format: "sockscope-comparison",
            version: 1,
            a: Side::of(&comparison.a),
            b: Side::of(&comparison.b),
            fates: Fate::ALL
                .into_iter()
                .map(|fate| (fate.name(), comparison.count(fate)))
                .collect(),
            holders: comparison.holders.iter().map(HolderRow::of).collect(),
            sockets: comparison
                .sockets
                .iter()
                .filter_map(|change| {
                    let (_, socket) = comparison.socket(change)?;
                    let (a, b) = comparison.states(change);
                    Some(SocketRow {
                        fate: change.fate.name(),
                        state_a: a.map(State::name),
                        state_b: b.map(State::name),
                        local: socket.local,
                        remote: socket.remote,
                        owner: OwnerValue::of(&socket.owner),
                    })
                })
                .collect(),
        }
    }
}

impl<'a> HolderRow<'a> {
    fn of(change: &'a HolderChange) -> Self {
        let mut row = Self {
            kind: "process",
            name: None,
            pid_a: None,
            pid_b: None,
            user: None,
            restarted: change.holder.was_restarted(),
            a: counts(change.a),
            b: counts(change.b),
        };
        match &change.holder {
            Holder::Process { name, pid_a, pid_b } => {
                row.name = Some(name);
                row.pid_a = *pid_a;
                row.pid_b = *pid_b;
            }
            Holder::Hidden(user) => {
                row.kind = "hidden";
                row.user = user.as_deref();
            }
            Holder::NotAccepted => row.kind = "not_accepted",
            Holder::Kernel => row.kind = "no_owner",
        }
        row
    }
}

impl<'a> OwnerValue<'a> {
    fn of(owner: &'a Owner) -> Self {
        let of = |kind, pids, user| Self { kind, pids, user };
        match owner {
            Owner::Known(pids) => of("known", pids.to_vec(), None),
            Owner::Remembered(was) => {
                of("remembered", was.iter().map(|process| process.pid).collect(), None)
            }
            Owner::NoOwner => of("no_owner", Vec::new(), None),
            Owner::NotAccepted => of("not_accepted", Vec::new(), None),
            Owner::Hidden { user } => of("hidden", Vec::new(), user.as_deref()),
        }
    }
}

fn counts(counts: StateCounts) -> Counts {
    counts
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(state, count)| (state.name(), count))
        .collect()
}
