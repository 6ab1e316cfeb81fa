//! In which order rows stand.

use std::collections::HashMap;
use std::net::SocketAddr;

use super::{Line, View, ViewSpec};
use crate::analysis::track::{SocketId, Track};
use crate::model::{Owner, Process, Snapshot, Socket};
use crate::monitor::Frame;
use crate::monitor::column::number;

/// A row on its way into order; compared field by field.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Entry {
    /// Where it stood in the view whose order is held; behind all of them when it is new.
    held: u32,
    /// Facts that are not there come last, whichever way the rest runs.
    absent: bool,
    by_column: (u128, u16),
    /// Rows that are equal in the column keep one order through all frames: that of their addresses.
    local: (u128, u16),
    remote: (u128, u16),
    id: u64,
    line: Line,
}

/// Puts rows into the order that `spec` asks for, or into that of `held` with what is new behind it.
pub(super) fn ordered(
    lines: impl Iterator<Item = Line>,
    frame: &Frame,
    snapshot: &Snapshot,
    spec: &ViewSpec,
    held: Option<&View>,
) -> Vec<Line> {
    let held = held.map(positions);
    let row = |line: Line| row_of(frame, snapshot, line);
    let lines: Vec<Line> = lines.collect();
    let owners = match spec.sort {
        super::Column::Owner => owner_ranks(lines.iter().filter_map(|line| row(*line)), snapshot),
        _ => Vec::new(),
    };
    let end = |end: SocketAddr| (number(end.ip()), end.port());
    let entry = |(index, line): (usize, &Line)| {
        let (socket, track) = row(*line)?;
        let id = track.map(|track| track.id);
        let owner = owners.get(index).copied().unwrap_or_default();
        let value = spec.sort.sort_value(socket, track, frame.at, owner);
        let turned = |(high, low): (u128, u16)| {
            if spec.descending { (!high, !low) } else { (high, low) }
        };
        Some(Entry {
            held: match &held {
                None => 0,
                Some(held) => id.and_then(|id| held.get(&id).copied()).unwrap_or(u32::MAX),
            },
            absent: value.is_none(),
            by_column: value.map(turned).unwrap_or_default(),
            local: end(socket.local),
            remote: socket.remote.map(end).unwrap_or_default(),
            id: id.map(SocketId::number).unwrap_or_default(),
            line: *line,
        })
    };
    let mut entries: Vec<Entry> = lines.iter().enumerate().filter_map(entry).collect();
    entries.sort_unstable();
    entries.into_iter().map(|entry| entry.line).collect()
}

/// The row that a line shows; none for a group's line.
pub(super) fn row_of<'a>(
    frame: &'a Frame,
    snapshot: &'a Snapshot,
    line: Line,
) -> Option<(&'a Socket, Option<&'a Track>)> {
    match line {
        Line::Socket(row) => Some((snapshot.sockets.get(row)?, frame.tracks.get(row))),
        Line::Vanished(row) => {
            frame.vanished.get(row).map(|gone| (&gone.socket, Some(&gone.track)))
        }
        Line::Group(_) => None,
    }
}

/// Where each row of a view stands, those in collapsed groups included.
pub(super) fn positions(view: &View) -> HashMap<SocketId, u32> {
    let mut positions = HashMap::with_capacity(view.lines.len().max(view.rows.len()));
    let hidden = view.rows.iter().map(|row| Line::Socket(*row));
    for line in view.lines.iter().copied().chain(hidden) {
        if let Some(id) = view.id_of(line) {
            let next = u32::try_from(positions.len()).unwrap_or(u32::MAX - 1);
            positions.entry(id).or_insert(next);
        }
    }
    positions
}

/// What tells one owner from another without comparing names for each row.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Holder {
    Pid(u32),
    /// Rows of one process share what is remembered of it, so where it lies will do.
    Remembered(usize),
    Hidden(usize),
    NotAccepted,
    Kernel,
}

/// The place of each row's owner among all owners, in the order of the rows.
fn owner_ranks<'a>(
    rows: impl Iterator<Item = (&'a Socket, Option<&'a Track>)>,
    snapshot: &'a Snapshot,
) -> Vec<u32> {
    let mut known: HashMap<Holder, usize> = HashMap::new();
    let mut names = Vec::new();
    let holders: Vec<usize> = rows
        .map(|(socket, _)| {
            *known.entry(holder(&socket.owner)).or_insert_with(|| {
                names.push(owner_name(&socket.owner, snapshot));
                names.len() - 1
            })
        })
        .collect();
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_unstable_by_key(|index| names[*index]);
    let mut ranks = vec![0; names.len()];
    let mut rank = 0;
    for (place, index) in order.iter().enumerate() {
        if place > 0 && names[order[place - 1]] != names[*index] {
            rank += 1;
        }
        ranks[*index] = rank;
    }
    holders.into_iter().map(|holder| ranks[holder]).collect()
}

fn holder(owner: &Owner) -> Holder {
    match owner {
        Owner::Known(pids) => Holder::Pid(pids.first().copied().unwrap_or_default()),
        Owner::Remembered(was) => Holder::Remembered(was.as_ptr().addr()),
        Owner::Hidden { user } => {
            Holder::Hidden(user.as_ref().map_or(0, |user| user.as_ptr().addr()))
        }
        Owner::NotAccepted => Holder::NotAccepted,
        Owner::NoOwner => Holder::Kernel,
    }
}

/// Known owners by name and pid, then remembered ones, then those without a process.
fn owner_name<'a>(owner: &'a Owner, snapshot: &'a Snapshot) -> (u8, &'a str, u32) {
    match owner {
        Owner::Known(pids) => {
            let pid = pids.first().copied().unwrap_or_default();
            let name = snapshot.processes.get(&pid).map_or("", |process| process.name.as_str());
            (0, name, pid)
        }
        Owner::Remembered(was) => {
            let first: Option<&Process> = was.first();
            first.map_or((1, "", 0), |process| (1, process.name.as_str(), process.pid))
        }
        Owner::Hidden { user } => (2, user.as_deref().unwrap_or_default(), 0),
        Owner::NotAccepted => (3, "", 0),
        Owner::NoOwner => (4, "", 0),
    }
}
