//! Rows put together, and counted by state.

use std::collections::HashMap;

use clap::ValueEnum;
use serde_json::{Map, Value, json};

use super::super::columns::{Align, table};
use super::super::csv;
use super::super::output::Output;
use crate::analysis::phrases;
use crate::analysis::towards::Towards;
use crate::error::{Error, Result};
use crate::model::{Listeners, Owner, Process, Snapshot, Socket, State, StateCounts};
use crate::text;
use crate::text::utc;

/// What rows are put together by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum By {
    /// The state
    State,
    /// The process that holds them, or did; a socket that several share counts for the first
    Process,
    /// Where they lead: a client's to a service, a server's to a host
    Remote,
    /// The port of the service: the local one where it has a listener, else the remote one
    Port,
}

impl By {
    const fn name(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Process => "process",
            Self::Remote => "remote",
            Self::Port => "port",
        }
    }
}

/// Rows that belong together.
#[derive(Debug, PartialEq, Eq)]
pub struct Group {
    /// What they have in common, in words.
    name: String,
    /// The process, where it is one.
    pid: Option<u32>,
    /// How many are in each state.
    counts: StateCounts,
}

/// Puts rows together: those with most CLOSE_WAIT first, then those with most rows.
pub fn groups<'a>(
    rows: impl Iterator<Item = &'a Socket>,
    snapshot: &Snapshot,
    by: By,
) -> Vec<Group> {
    let listening = Listeners::among(&snapshot.sockets);
    let mut found: HashMap<(String, Option<u32>), StateCounts> = HashMap::new();
    for socket in rows {
        found.entry(key(socket, snapshot, by, &listening)).or_default()[socket.state] += 1;
    }
    let mut groups: Vec<Group> =
        found.into_iter().map(|((name, pid), counts)| Group { name, pid, counts }).collect();
    groups.sort_by(|one, other| {
        let most = |group: &Group| (group.counts[State::CloseWait], group.counts.total());
        most(other).cmp(&most(one)).then_with(|| one.name.cmp(&other.name))
    });
    groups
}

fn key(
    socket: &Socket,
    snapshot: &Snapshot,
    by: By,
    listening: &Listeners,
) -> (String, Option<u32>) {
    match by {
        By::State => (socket.state.name().to_owned(), None),
        By::Process => holder(socket, snapshot),
        By::Remote => {
            let leads = Towards::of(socket, listening).map(|towards| towards.to_string());
            (leads.unwrap_or_else(|| text!("group.no_remote").plain()), None)
        }
        By::Port => (port(socket, listening), None),
    }
}

fn holder(socket: &Socket, snapshot: &Snapshot) -> (String, Option<u32>) {
    let label =
        |process: &Process| (phrases::process_label(&process.name, process.pid), Some(process.pid));
    match &socket.owner {
        Owner::Known(pids) => pids.first().map(|pid| match snapshot.processes.get(pid) {
            Some(process) => label(process),
            None => (phrases::process_label("", *pid), Some(*pid)),
        }),
        Owner::Remembered(was) => was.first().map(label),
        Owner::NoOwner | Owner::NotAccepted | Owner::Hidden { .. } => None,
    }
    .unwrap_or_else(|| (phrases::owner(&socket.owner, &snapshot.processes).plain(), None))
}

fn port(socket: &Socket, listening: &Listeners) -> String {
    let local = socket.local.port();
    match socket.remote {
        _ if listening.take(socket.local) => {
            text!("group.port_here", port = local.to_string()).plain()
        }
        Some(remote) => text!("group.port_there", port = remote.port().to_string()).plain(),
        None => text!("group.no_port").plain(),
    }
}

/// For people: the states that occur.
pub fn print(groups: &[Group], by: By, output: &mut Output) -> Result<()> {
    let all: StateCounts = groups.iter().map(|group| group.counts).sum();
    // Of one state there is nothing to tell by state.
    let shows = |state: State| by != By::State && (state == State::CloseWait || all[state] > 0);
    let states: Vec<State> = State::SHOWN.into_iter().filter(|state| shows(*state)).collect();
    let row = |name: String, counts: &StateCounts| -> Vec<String> {
        let each = states.iter().map(|state| counts[*state].to_string());
        [name, counts.total().to_string()].into_iter().chain(each).collect()
    };
    let names = states.iter().map(|state| state.name().to_owned());
    let header =
        [by.name().to_uppercase(), "SOCKETS".to_owned()].into_iter().chain(names).collect();
    let mut align = vec![Align::Right; states.len() + 2];
    align[0] = Align::Left;
    let rows = groups.iter().map(|group| row(group.name.clone(), &group.counts));
    for line in table(header, align, rows) {
        output.line(&line)?;
    }
    Ok(())
}

/// For spreadsheets: every state, so that the columns are always the same.
pub fn print_csv(groups: &[Group], by: By, output: &mut Output) -> Result<()> {
    let header = [by.name(), "sockets"].into_iter().chain(State::SHOWN.map(State::name));
    csv::print(header, output)?;
    for group in groups {
        let counts = State::SHOWN.map(|state| group.counts[state]);
        let numbers: Vec<String> =
            std::iter::once(group.counts.total()).chain(counts).map(|n| n.to_string()).collect();
        let cells = std::iter::once(group.name.as_str()).chain(numbers.iter().map(String::as_str));
        csv::print(cells, output)?;
    }
    Ok(())
}

/// For programs. What was not seen goes with the counts.
pub fn print_json(
    groups: &[Group],
    snapshot: &Snapshot,
    by: By,
    output: &mut Output,
) -> Result<()> {
    let rows = groups.iter().map(|group| {
        let mut row = Map::new();
        row.insert("name".to_owned(), json!(group.name));
        if let Some(pid) = group.pid {
            row.insert("pid".to_owned(), json!(pid));
        }
        row.insert("sockets".to_owned(), json!(group.counts.total()));
        row.insert("counts".to_owned(), counts(&group.counts));
        Value::Object(row)
    });
    let document = json!({
        "by": by.name(),
        "taken_at": utc(snapshot.taken_at),
        "partial": snapshot.is_partial(),
        "groups": rows.collect::<Vec<_>>(),
    });
    writeln!(output.data(), "{document}").map_err(Error::Output)
}

/// Counts by state as JSON, those that are not zero.
pub fn counts(counts: &StateCounts) -> Value {
    let some = counts.iter().filter(|(_, count)| *count > 0);
    Value::Object(some.map(|(state, count)| (state.name().to_owned(), count.into())).collect())
}
