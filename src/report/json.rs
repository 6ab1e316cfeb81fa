//! JSON for other programs. A snapshot is summed up here; `snapshot` saves one whole.

use std::io::{self, Write};
use std::time::SystemTime;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::{Exporter, Subject};
use crate::analysis::diff::{Comparison, Fate};
use crate::analysis::phrases;
use crate::error::{Error, Result};
use crate::model::{Snapshot, State, StateCounts};

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
    taken_at: String,
    host: &'a str,
    os: &'a str,
    source: &'a str,
    sockets: usize,
    counts: serde_json::Map<String, serde_json::Value>,
    gaps: Vec<String>,
}

impl<'a> Summary<'a> {
    fn of(snapshot: &'a Snapshot) -> Self {
        Self {
            taken_at: utc(snapshot.taken_at),
            host: &snapshot.host.name,
            os: &snapshot.host.os,
            source: &snapshot.source,
            sockets: snapshot.sockets.len(),
            counts: counts(snapshot.counts()),
            gaps: snapshot
                .gaps
                .iter()
                .map(|gap| phrases::gap(gap).plain())
                .collect(),
        }
    }
}

#[derive(Serialize)]
struct ComparisonDocument<'a> {
    format: &'static str,
    version: u32,
    verdict: String,
    a: Summary<'a>,
    b: Summary<'a>,
    holders: Vec<HolderRow>,
    fates: serde_json::Map<String, serde_json::Value>,
    sockets: Vec<SocketRow>,
}

#[derive(Serialize)]
struct HolderRow {
    holder: String,
    restarted: bool,
    a: serde_json::Map<String, serde_json::Value>,
    b: serde_json::Map<String, serde_json::Value>,
}

#[derive(Serialize)]
struct SocketRow {
    fate: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_a: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_b: Option<&'static str>,
    local: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    remote: Option<String>,
    owner: String,
}

impl<'a> ComparisonDocument<'a> {
    fn of(comparison: &'a Comparison) -> Self {
        let fate = |fate| phrases::fate(fate).plain();
        Self {
            format: "sockscope-comparison",
            version: 1,
            verdict: phrases::comparison_verdict(comparison).plain(),
            a: Summary::of(&comparison.a),
            b: Summary::of(&comparison.b),
            holders: comparison
                .holders
                .iter()
                .map(|change| HolderRow {
                    holder: phrases::holder(&change.holder).plain(),
                    restarted: change.holder.was_restarted(),
                    a: counts(change.a),
                    b: counts(change.b),
                })
                .collect(),
            fates: Fate::ALL
                .into_iter()
                .map(|one| (fate(one), comparison.count(one).into()))
                .collect(),
            sockets: comparison
                .sockets
                .iter()
                .filter_map(|change| {
                    let (snapshot, socket) = comparison.socket(change)?;
                    let (a, b) = comparison.states(change);
                    Some(SocketRow {
                        fate: fate(change.fate),
                        state_a: a.map(State::name),
                        state_b: b.map(State::name),
                        local: socket.local.to_string(),
                        remote: socket.remote.map(|remote| remote.to_string()),
                        owner: phrases::owner(&socket.owner, &snapshot.processes).plain(),
                    })
                })
                .collect(),
        }
    }
}

fn counts(counts: StateCounts) -> serde_json::Map<String, serde_json::Value> {
    counts
        .iter()
        .filter(|(_, count)| *count > 0)
        .map(|(state, count)| (state.name().to_owned(), count.into()))
        .collect()
}

fn utc(time: SystemTime) -> String {
    Timestamp::try_from(time).map_or_else(|error| error.to_string(), |time| format!("{time:.3}"))
}
