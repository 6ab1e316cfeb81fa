//! One connection's run as two lanes: which end was in which state from when to when, what was called, and what must have
//! gone from one end to the other.
//!
//! States are what looks found. Nobody captures packets here: a transfer is a `send` that returned, a FIN and a reset follow
//! from states and calls, and are called inferred.

use std::time::Duration;

use super::meaning::name_of;
use crate::lab::{self, Waiting};
use crate::model::State;
use crate::model::lab::{Call, CallOutcome, Change, End, Role};
use crate::text::thousands;

/// A piece of a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Segment {
    /// When it began.
    pub(super) from: Duration,
    /// The state; none while there is no row.
    pub(super) state: Option<State>,
}

/// A call on one end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tick {
    pub(super) at: Duration,
    pub(super) end: End,
    /// Its short name: `send 512`, `recv = 0`.
    pub(super) name: String,
    /// Whether it failed.
    pub(super) failed: bool,
}

/// What went from one end to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// So many bytes, as `send` returned them.
    Bytes(u64),
    /// The FIN, as the states tell.
    Fin,
    /// A reset, as states and calls tell.
    Reset,
}

/// Something that went from one end to the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Transfer {
    pub(super) at: Duration,
    pub(super) from: End,
    pub(super) what: Sent,
}

/// What an end was in at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Was {
    /// Not there yet.
    NotThere,
    /// Without a row, after it had one.
    NoRow,
    In(State),
}

/// Everything that is drawn of one connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Track {
    /// Its first call or change.
    pub(super) begin: Duration,
    /// Its last call or change.
    pub(super) last: Duration,
    /// The pieces of both lanes, oldest first; each lasts until the next.
    pub(super) lanes: [Vec<Segment>; 2],
    /// Whether a lane is only inferred from the other: its end is on a machine whose table cannot be read here.
    pub(super) inferred: [bool; 2],
    pub(super) ticks: Vec<Tick>,
    pub(super) transfers: Vec<Transfer>,
}

impl Track {
    /// The run that these changes and calls tell, both oldest first. `found` is whether a look ever found a row of each end.
    pub(super) fn new(changes: &[Change], calls: &[&Call], found: [bool; 2]) -> Self {
        let mut track = Self::default();
        for change in changes {
            let lane = &mut track.lanes[change.end as usize];
            // An end without a row before its first one is not there yet, and nothing is drawn.
            if change.state.is_some() || lane.last().is_some_and(|last| last.state.is_some()) {
                lane.push(Segment { from: change.at, state: change.state });
            }
        }
        track.infer_lane(found);
        track.ticks = calls.iter().filter_map(|call| tick(call)).collect();
        track.transfers = calls.iter().filter_map(|call| transfer(call)).collect();
        let fins = End::ALL.into_iter().filter_map(|from| track.fin(from));
        let resets = End::ALL.into_iter().filter_map(|from| track.reset(from, calls));
        let told: Vec<Transfer> = fins.chain(resets).collect();
        track.transfers.extend(told);
        track.transfers.sort_by_key(|transfer| transfer.at);
        let times = || {
            let changes = track.lanes.iter().flatten().map(|segment| segment.from);
            changes.chain(calls.iter().map(|call| time_of(call)))
        };
        (track.begin, track.last) =
            (times().min().unwrap_or_default(), times().max().unwrap_or_default());
        track
    }

    /// A call that has not returned yet.
    pub(super) fn wait(&mut self, call: &Waiting) {
        let end = end_of(call.who.role);
        let name = format!("{}\u{2026}", name_of(&call.call));
        let place = self.ticks.partition_point(|tick| tick.at <= call.at);
        self.ticks.insert(place, Tick { at: call.at, end, name, failed: false });
        self.last = self.last.max(call.at);
    }

    /// The lane of an end that no look can find, from the states of the other.
    fn infer_lane(&mut self, found: [bool; 2]) {
        let [client, peer] = found;
        if client == peer {
            return;
        }
        let unseen = if client { End::Peer } else { End::Client };
        let seen = &self.lanes[unseen.other() as usize];
        let mut told: Vec<Segment> = Vec::new();
        for segment in seen {
            // Where the states leave it open, the last that was known goes on.
            let state = match segment.state {
                Some(state) => lab::other_end(state),
                None => None,
            };
            if let Some(state) =
                state.filter(|state| told.last().map(|last| last.state) != Some(Some(*state)))
            {
                told.push(Segment { from: segment.from, state: Some(state) });
            }
        }
        self.lanes[unseen as usize] = told;
        self.inferred[unseen as usize] = true;
    }

    /// When the FIN of this end arrived, as the other end's states tell; where that end is not seen, when it was
    /// acknowledged.
    fn fin(&self, from: End) -> Option<Transfer> {
        use State::{CloseWait, Closing, FinWait2, LastAck, TimeWait};
        let first = |end: End, states: &[State]| {
            self.lanes[end as usize]
                .iter()
                .find(|it| it.state.is_some_and(|it| states.contains(&it)))
        };
        let to = from.other();
        let told = if self.inferred[to as usize] {
            first(from, &[FinWait2, TimeWait])
        } else {
            first(to, &[CloseWait, LastAck, Closing, TimeWait])
        };
        told.map(|segment| Transfer { at: segment.from, from, what: Sent::Fin })
    }

    /// When a reset of this end arrived: a call on the other end failed with it, or that end lost its row out of an open
    /// state without a close of its own, after this end had closed.
    ///
    /// An end that goes out of CLOSE_WAIT after its own shutdown went by its FIN: LAST_ACK is over before a look finds it.
    /// And one that sent a reset is not in TIME_WAIT.
    fn reset(&self, from: End, calls: &[&Call]) -> Option<Transfer> {
        let to = from.other();
        let on = |end: End| calls.iter().copied().filter(move |call| end_of(call.who.role) == end);
        let failed = on(to).find(|call| {
            matches!(&call.outcome, CallOutcome::Failed { errno, .. } if errno.ends_with("ECONNRESET"))
        });
        let closed =
            |end: End| on(end).find(|call| name_of(&call.call) == "close").map(|call| call.at);
        let shut = on(to).find(|call| {
            let went = matches!(call.outcome, CallOutcome::Returned(_));
            went && name_of(&call.call) == "shutdown" && !call.call.contains("SHUT_RD)")
        });
        let waits = self.lanes[from as usize].iter().any(|it| it.state == Some(State::TimeWait));
        let lane = &self.lanes[to as usize];
        let vanished = lane.windows(2).find(|pair| {
            pair[1].state.is_none()
                && pair[0].state.is_some_and(|state| {
                    !matches!(state, State::LastAck | State::TimeWait | State::Closing)
                })
                && !(pair[0].state == Some(State::CloseWait)
                    && shut.is_some_and(|call| call.at <= pair[1].from))
                && !waits
                && closed(to).is_none_or(|at| at > pair[1].from)
                && closed(from).is_some_and(|at| at <= pair[1].from)
        });
        let at = vanished.map(|pair| pair[1].from).or_else(|| failed.map(|call| call.at))?;
        Some(Transfer { at, from, what: Sent::Reset })
    }

    /// What an end was in at a time.
    pub(super) fn state_at(&self, end: End, at: Duration) -> Was {
        match self.lanes[end as usize].iter().rev().find(|it| it.from <= at).map(|it| it.state) {
            None => Was::NotThere,
            Some(None) => Was::NoRow,
            Some(Some(state)) => Was::In(state),
        }
    }
}

/// On which lane a call is drawn: a listener's stand on the peer's side.
const fn end_of(role: Role) -> End {
    match role {
        Role::Client => End::Client,
        Role::Peer | Role::Listener => End::Peer,
    }
}

fn tick(call: &Call) -> Option<Tick> {
    let name = name_of(&call.call);
    let failed = matches!(call.outcome, CallOutcome::Failed { .. });
    // What prepares a socket says nothing of the connection.
    if !failed && matches!(name, "socket" | "setsockopt" | "getsockopt" | "bind" | "listen") {
        return None;
    }
    let name = match (&call.outcome, name) {
        (CallOutcome::Failed { errno, .. }, _) => format!("{name}: {errno}"),
        (CallOutcome::Returned(value), "send") => format!("send {}", grouped(value)),
        (CallOutcome::Returned(value), "recv") if value == "0" => "recv = 0".to_owned(),
        (CallOutcome::Returned(value), "recv") if value.ends_with(", then 0") => {
            "recv to the end".to_owned()
        }
        (CallOutcome::Returned(value), "recv") => format!("recv {}", grouped(value)),
        (CallOutcome::Returned(_), "shutdown") => shutdown(&call.call).to_owned(),
        (CallOutcome::Returned(_), name) => name.to_owned(),
    };
    Some(Tick { at: time_of(call), end: end_of(call.who.role), name, failed })
}

/// When a call meets its connection: `accept` as it returns, for it may have waited since before there was one.
fn time_of(call: &Call) -> Duration {
    if call.who.role == Role::Listener { call.at + call.took } else { call.at }
}

/// A number as it is read; anything else as it is.
fn grouped(value: &str) -> String {
    value.parse().map_or_else(|_| value.to_owned(), thousands)
}

fn shutdown(call: &str) -> &'static str {
    if call.contains("SHUT_RDWR") {
        "shutdown(both)"
    } else if call.contains("SHUT_RD") {
        "shutdown(read)"
    } else {
        "shutdown(write)"
    }
}

fn transfer(call: &Call) -> Option<Transfer> {
    let CallOutcome::Returned(value) = &call.outcome else { return None };
    if name_of(&call.call) != "send" {
        return None;
    }
    let bytes = value.split(|sign: char| !sign.is_ascii_digit()).next()?.parse().ok()?;
    Some(Transfer { at: call.at, from: end_of(call.who.role), what: Sent::Bytes(bytes) })
}

#[cfg(test)]
mod tests;
