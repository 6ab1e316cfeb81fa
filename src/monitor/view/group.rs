//! Rows that belong together, under a line of their own.

use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

use super::order::row_of;
use super::{Line, View};
use crate::analysis::towards::Towards;
use crate::model::{Listeners, Owner, Snapshot, Socket, State, StateCounts};
use crate::monitor::Frame;

/// What rows are put together by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GroupBy {
    /// Who holds them, or did; a socket that several processes share stands with the first.
    Process,
    /// The other end: for a client the service, for a server the client's host.
    Remote,
    /// The port of the service: the local one where this machine listens on it, else the remote one.
    Service,
    /// The state.
    State,
}

impl GroupBy {
    /// Every way, in the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::Process, Self::Remote, Self::Service, Self::State];
}

/// What the rows of one group have in common.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GroupKey {
    /// One process; with its start time a pid is not mistaken for an earlier one.
    Process {
        /// The process id.
        pid: u32,
        /// Its name; empty where it could not be read.
        name: String,
        /// When it started, in seconds since the Unix epoch.
        started_s: Option<u64>,
    },
    /// Processes that may not be seen, of this user.
    Hidden(Option<Arc<str>>),
    /// Nobody yet: they wait to be accepted.
    NotAccepted,
    /// Nobody: the kernel keeps them.
    Kernel,
    /// The other end: a client's service, a server's client host.
    Remote(Towards),
    /// There is no other end.
    NoRemote,
    /// A service.
    Service {
        /// Its port.
        port: u16,
        /// Whether this machine listens on it.
        here: bool,
    },
    /// Neither end is a service.
    NoService,
    /// The state.
    State(State),
}

/// A group of rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// What they have in common.
    pub key: GroupKey,
    /// How many are in each state; those that vanished do not count.
    pub counts: StateCounts,
    /// Which of the view's rows they are.
    pub rows: Range<usize>,
    /// Whether only the group's own line is shown.
    pub collapsed: bool,
    /// Which of the view's lines that is.
    pub line: usize,
}

/// Which groups are collapsed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Folds {
    /// Whether all are, but those that are named.
    pub all: bool,
    /// Those that are not as all are.
    pub except: Arc<BTreeSet<GroupKey>>,
}

impl Folds {
    /// Whether this group is collapsed.
    pub fn is_collapsed(&self, key: &GroupKey) -> bool {
        self.all != self.except.contains(key)
    }

    /// The same with one group collapsed or expanded.
    #[must_use]
    pub fn with(&self, key: &GroupKey, collapsed: bool) -> Self {
        let mut except = BTreeSet::clone(&self.except);
        if collapsed == self.all {
            except.remove(key);
        } else {
            except.insert(key.clone());
        }
        Self { all: self.all, except: Arc::new(except) }
    }
}

/// A key that is looked up for each row, so it borrows.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum KeyRef<'a> {
    Process(u32, &'a str, Option<u64>),
    Hidden(Option<&'a Arc<str>>),
    NotAccepted,
    Kernel,
    Remote(Option<Towards>),
    Service(u16, bool),
    NoService,
    State(State),
}

impl KeyRef<'_> {
    fn to_owned(self) -> GroupKey {
        match self {
            Self::Process(pid, name, started_s) => {
                GroupKey::Process { pid, name: name.to_owned(), started_s }
            }
            Self::Hidden(user) => GroupKey::Hidden(user.cloned()),
            Self::NotAccepted => GroupKey::NotAccepted,
            Self::Kernel => GroupKey::Kernel,
            Self::Remote(Some(remote)) => GroupKey::Remote(remote),
            Self::Remote(None) => GroupKey::NoRemote,
            Self::Service(port, here) => GroupKey::Service { port, here },
            Self::NoService => GroupKey::NoService,
            Self::State(state) => GroupKey::State(state),
        }
    }
}

/// Puts ordered rows under the lines of their groups. Gives the rows anew, group by group, those of collapsed
/// groups included; the lines; and the groups.
pub(super) fn grouped(
    ordered: &[Line],
    frame: &Frame,
    snapshot: &Snapshot,
    by: GroupBy,
    folds: &Folds,
    held: Option<&View>,
) -> (Vec<usize>, Vec<Line>, Vec<Group>) {
    let listeners = Listeners::among(&snapshot.sockets);
    let mut known: HashMap<KeyRef<'_>, usize> = HashMap::new();
    let mut members: Vec<(GroupKey, StateCounts, Vec<Line>)> = Vec::new();
    for line in ordered {
        let Some((socket, _)) = row_of(frame, snapshot, *line) else { continue };
        let key = key_of(socket, snapshot, by, &listeners);
        let group = *known.entry(key).or_insert_with(|| {
            members.push((key.to_owned(), StateCounts::default(), Vec::new()));
            members.len() - 1
        });
        let (_, counts, lines) = &mut members[group];
        if matches!(line, Line::Socket(_)) {
            counts[socket.state] += 1;
        }
        lines.push(*line);
    }
    let places: HashMap<&GroupKey, usize> = held.map_or_else(HashMap::new, |view| {
        view.groups.iter().enumerate().map(|(place, group)| (&group.key, place)).collect()
    });
    members.sort_by(|(one, a, _), (other, b, _)| {
        let place = |key| places.get(key).copied().unwrap_or(usize::MAX);
        let shown = |key: &GroupKey| match key {
            GroupKey::State(state) => state.shown_position(),
            _ => 0,
        };
        let size = |counts: &StateCounts| (counts[State::CloseWait], counts.total());
        (place(one), shown(one)).cmp(&(place(other), shown(other))).then_with(|| match by {
            GroupBy::State => std::cmp::Ordering::Equal,
            _ => size(b).cmp(&size(a)).then_with(|| one.cmp(other)),
        })
    });

    let mut rows = Vec::with_capacity(ordered.len());
    let mut shown = Vec::with_capacity(ordered.len() + members.len());
    let mut groups = Vec::with_capacity(members.len());
    for (key, counts, lines) in members {
        let first = rows.len();
        let collapsed = folds.is_collapsed(&key);
        let line = shown.len();
        shown.push(Line::Group(groups.len()));
        rows.extend(lines.iter().filter_map(|line| match line {
            Line::Socket(row) => Some(*row),
            Line::Vanished(_) | Line::Group(_) => None,
        }));
        if !collapsed {
            shown.extend(lines);
        }
        groups.push(Group { key, counts, rows: first..rows.len(), collapsed, line });
    }
    (rows, shown, groups)
}

fn key_of<'a>(
    socket: &'a Socket,
    snapshot: &'a Snapshot,
    by: GroupBy,
    listeners: &Listeners,
) -> KeyRef<'a> {
    match by {
        GroupBy::State => KeyRef::State(socket.state),
        GroupBy::Remote => KeyRef::Remote(Towards::of(socket, listeners)),
        GroupBy::Service => match socket.remote {
            _ if listeners.take(socket.local) => KeyRef::Service(socket.local.port(), true),
            Some(remote) => KeyRef::Service(remote.port(), false),
            None => KeyRef::NoService,
        },
        GroupBy::Process => match &socket.owner {
            Owner::Known(pids) => {
                let pid = pids.first().copied().unwrap_or_default();
                match snapshot.processes.get(&pid) {
                    Some(process) => KeyRef::Process(pid, &process.name, process.started_s),
                    None => KeyRef::Process(pid, "", None),
                }
            }
            Owner::Remembered(was) => was.first().map_or(KeyRef::Kernel, |process| {
                KeyRef::Process(process.pid, &process.name, process.started_s)
            }),
            Owner::Hidden { user } => KeyRef::Hidden(user.as_ref()),
            Owner::NotAccepted => KeyRef::NotAccepted,
            Owner::NoOwner => KeyRef::Kernel,
        },
    }
}
