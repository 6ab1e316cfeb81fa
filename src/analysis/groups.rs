//! CLOSE_WAIT by what can have the fault, over time: a program as client or server of a port, and a process towards
//! a remote end. Rules read these, and not rows.
//!
//! Beside the counts stands the discipline: how many FINs came from the peer, and how soon each was answered with
//! a close. It is the proof of a fix, and the lifetime of connections at the peer's FIN says why the peer closes.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::ring::Ring;
use super::towards::{Role, Towards};
use super::track::{Observed, Track};
use crate::model::{Listeners, Owner, Process, Snapshot, Socket, State};

/// How many groups are kept; beyond that those go that were quiet longest.
pub const MOST: usize = 1_024;

/// A close that follows the peer's FIN so soon is prompt.
const PROMPT: Duration = Duration::from_secs(1);

/// What a group is of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum GroupKey {
    /// All processes of one program, as clients of a remote port or servers of a local one.
    Service {
        /// The program's name.
        program: Arc<str>,
        /// Which side it is on.
        role: Role,
        /// The remote port of a client, the local one of a server.
        port: u16,
    },
    /// One process, towards one remote end.
    Remote {
        /// Its pid.
        pid: u32,
        /// When it started, which with the pid names it.
        started_s: Option<u64>,
        /// The remote end.
        towards: Towards,
    },
}

/// The CLOSE_WAIT of a group at one poll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupSample {
    /// When, on the axis of [`super::timeline`].
    pub at: SystemTime,
    /// How many sockets are in CLOSE_WAIT.
    pub count: u32,
    /// How many of them came into it since the poll before.
    pub entered: u32,
    /// How many left it.
    pub left: u32,
    /// Since when the oldest of them is in it, at the latest; none when there is none.
    pub oldest: Option<SystemTime>,
    /// Whether the time before it was not sampled: then nothing is said to have come or gone in it.
    pub parted: bool,
}

/// How FINs from the peer were answered, since the group was first seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Discipline {
    /// FINs that came from the peer.
    pub fins: u64,
    /// How many of these connections were closed within a second.
    pub prompt: u64,
    /// How many were closed later.
    pub late: u64,
    /// How old connections were at the peer's FIN, all together; of those whose beginning was seen.
    pub lifetimes: Duration,
    /// How many these are.
    pub lifetimes_seen: u64,
}

/// One group.
#[derive(Clone, Debug)]
pub struct Group {
    /// What it is of.
    pub key: GroupKey,
    /// Its last ten minutes at one poll a second.
    pub samples: Ring<GroupSample, 600>,
    /// Its discipline.
    pub discipline: Discipline,
}

#[derive(Default)]
struct Counting {
    count: u32,
    entered: u32,
    oldest: Option<SystemTime>,
}

struct Known {
    group: Group,
    counting: Counting,
    /// The last poll at which it had a socket in CLOSE_WAIT or lost one.
    active: u64,
}

/// Follows groups from table to table.
#[derive(Default)]
pub struct Groups {
    known: HashMap<GroupKey, Known>,
    poll: u64,
    last_look: Option<SystemTime>,
}

/// One table, with the one before it.
pub struct Tables<'a> {
    /// The table.
    pub now: &'a Snapshot,
    /// What tracking says of it.
    pub observed: &'a Observed,
    /// The table before.
    pub before: Option<&'a Snapshot>,
    /// When it was read.
    pub at: SystemTime,
    /// Whether the time before it was not sampled.
    pub parted: bool,
}

impl Groups {
    /// Takes the next table.
    pub fn observe(&mut self, tables: &Tables<'_>) {
        self.poll += 1;
        let last_look = self.last_look.filter(|_| !tables.parted);
        let context = Context::new(tables.now);
        for (socket, track) in tables.now.sockets.iter().zip(&tables.observed.tracks) {
            let happened = Happened::to(socket, track, last_look, tables.at);
            if socket.state == State::CloseWait || happened != Happened::Nothing {
                self.note(&context, socket, track, happened);
            }
        }
        if let (Some(before), Some(_)) = (tables.before, last_look) {
            let context = Context::new(before);
            for (row, track) in &tables.observed.vanished {
                let Some(socket) = before.sockets.get(*row) else { continue };
                if socket.state == State::CloseWait {
                    let prompt = track.since.at_least(tables.at) <= PROMPT;
                    self.note(&context, socket, track, Happened::Closed { prompt });
                }
            }
        }
        for known in self.known.values_mut() {
            known.sample(tables.at, last_look.is_none());
        }
        self.forget_quiet();
        self.last_look = Some(tables.at);
    }

    /// The groups, in no order.
    pub fn iter(&self) -> impl Iterator<Item = &Group> + '_ {
        self.known.values().map(|known| &known.group)
    }

    fn note(&mut self, context: &Context<'_>, socket: &Socket, track: &Track, happened: Happened) {
        for key in context.keys(socket).into_iter().flatten() {
            let known = self.known.entry(key).or_insert_with_key(|key| Known {
                group: Group {
                    key: key.clone(),
                    samples: Ring::default(),
                    discipline: Discipline::default(),
                },
                counting: Counting::default(),
                active: 0,
            });
            known.active = self.poll;
            if socket.state == State::CloseWait && !matches!(happened, Happened::Closed { .. }) {
                let counting = &mut known.counting;
                counting.count += 1;
                counting.entered += u32::from(happened == Happened::PeerClosed);
                let since = track.since.latest;
                counting.oldest = Some(counting.oldest.map_or(since, |oldest| oldest.min(since)));
            }
            known.group.discipline.add(track, happened);
        }
    }

    fn forget_quiet(&mut self) {
        self.known.retain(|_, known| self.poll - known.active < 600);
        if self.known.len() > MOST {
            let mut active: Vec<(u64, GroupKey)> =
                self.known.iter().map(|(key, known)| (known.active, key.clone())).collect();
            active.sort_by_key(|(active, _)| *active);
            for (_, key) in active.into_iter().take(self.known.len() - MOST) {
                self.known.remove(&key);
            }
        }
    }
}

impl Known {
    fn sample(&mut self, at: SystemTime, parted: bool) {
        let Counting { count, entered, oldest } = std::mem::take(&mut self.counting);
        let before = self.group.samples.last().map_or(0, |sample| sample.count);
        let left = if parted { 0 } else { (before + entered).saturating_sub(count) };
        self.group.samples.push(GroupSample { at, count, entered, left, oldest, parted });
    }
}

impl Discipline {
    fn add(&mut self, track: &Track, happened: Happened) {
        match happened {
            Happened::Nothing => {}
            Happened::PeerClosed => self.peer_closed(track),
            Happened::Closed { prompt } => self.closed(prompt),
            Happened::Both { prompt } => {
                self.peer_closed(track);
                self.closed(prompt);
            }
        }
    }

    fn peer_closed(&mut self, track: &Track) {
        self.fins += 1;
        if let Some(first) = track.path.as_ref().and_then(|path| path.first())
            && !track.from_start
            && let Ok(lifetime) = track.since.latest.duration_since(first.since.latest)
        {
            self.lifetimes += lifetime;
            self.lifetimes_seen += 1;
        }
    }

    fn closed(&mut self, prompt: bool) {
        if prompt {
            self.prompt += 1;
        } else {
            self.late += 1;
        }
    }
}

/// What happened to a socket between two looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Happened {
    Nothing,
    /// The peer closed.
    PeerClosed,
    /// It was closed after the peer had.
    Closed {
        prompt: bool,
    },
    /// Both between two looks.
    Both {
        prompt: bool,
    },
}

impl Happened {
    fn to(socket: &Socket, track: &Track, last_look: Option<SystemTime>, at: SystemTime) -> Self {
        let Some(last_look) = last_look else { return Self::Nothing };
        if track.since.earliest.is_none_or(|earliest| earliest < last_look) {
            return Self::Nothing;
        }
        let before = track.path.as_ref().and_then(|path| path.iter().rev().nth(1));
        match (socket.state, before) {
            (State::CloseWait, _) => Self::PeerClosed,
            (State::LastAck, Some(before)) if before.state == State::CloseWait => {
                let residence = track.since.latest.duration_since(before.since.latest);
                Self::Closed { prompt: residence.is_ok_and(|residence| residence <= PROMPT) }
            }
            (State::LastAck, _) => {
                let between = at.duration_since(last_look).unwrap_or_default();
                Self::Both { prompt: between <= PROMPT + PROMPT / 4 }
            }
            _ => Self::Nothing,
        }
    }
}

/// What names the groups of a table's sockets.
struct Context<'a> {
    table: &'a Snapshot,
    listening: Listeners,
    /// The first holder of each listener, for connections that are not accepted.
    listeners: HashMap<u16, u32>,
}

impl<'a> Context<'a> {
    fn new(table: &'a Snapshot) -> Self {
        let listeners = table.sockets.iter().filter(|socket| socket.state == State::Listen);
        let listeners = listeners
            .filter_map(|socket| Some((socket.local.port(), *socket.owner.pids().first()?)));
        Self { table, listening: Listeners::among(&table.sockets), listeners: listeners.collect() }
    }

    /// None where nobody is known who could have the fault.
    fn keys(&self, socket: &Socket) -> [Option<GroupKey>; 2] {
        let Some(process) = self.process(socket) else { return [None, None] };
        let Some(towards) = Towards::of(socket, &self.listening) else { return [None, None] };
        let role = Role::of(socket, &self.listening);
        let port = match towards {
            Towards::Service(remote) => remote.port(),
            Towards::Host { port, .. } => port,
        };
        let service = GroupKey::Service { program: Arc::from(process.name.as_str()), role, port };
        let Process { pid, started_s, .. } = *process;
        [Some(service), Some(GroupKey::Remote { pid, started_s, towards })]
    }

    fn process(&self, socket: &'a Socket) -> Option<&'a Process> {
        match &socket.owner {
            Owner::Known(pids) => self.table.processes.get(pids.first()?),
            Owner::Remembered(was) => was.first(),
            Owner::NotAccepted => {
                self.table.processes.get(self.listeners.get(&socket.local.port())?)
            }
            Owner::NoOwner | Owner::Hidden { .. } => None,
        }
    }
}

#[cfg(test)]
mod tests;
