//! The connection that is shown, made ready to be drawn: once for each change, not for each frame.

use std::net::SocketAddr;
use std::time::Duration;

use super::holder::Holder;
use super::meaning::name_of;
use super::track::Track;
use crate::analysis::diagram::{Course, Node, Opening, Walk};
use crate::gui::cx::Cx;
use crate::lab::{BenchState, ConnectionState, Server, Watch, plain_errno};
use crate::model::State;
use crate::model::lab::{Call, CallOutcome, End, Role};
use crate::text;

/// What a run is made of; while it stays the same nothing is made anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    number: u64,
    changes: u64,
    calls: u64,
    waiting: Option<Duration>,
    found: [bool; 2],
}

/// The connection that is shown.
#[derive(Default)]
pub(super) struct Run {
    key: Option<Key>,
    pub(super) track: Track,
    /// How each end came where it is.
    pub(super) walks: [Option<Walk>; 2],
    /// Where each end is on the diagram.
    pub(super) at: [Option<Node>; 2],
    /// Both lanes in words.
    pub(super) summary: String,
    /// Why there is no connection.
    pub(super) failed: Option<NotMade>,
    /// The newest call of the connection, where it failed.
    pub(super) last_failed: Option<NotMade>,
    /// Who holds the far end where that is another program's.
    pub(super) holder: Holder,
}

/// A call that failed; the one with which making a connection ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NotMade {
    pub(super) call: String,
    pub(super) errno: String,
    /// What that means, in the words of the log.
    pub(super) meaning: String,
}

impl NotMade {
    fn of(call: &Call) -> Option<Self> {
        match &call.outcome {
            // Where the lab stopped waiting the kernel goes on, as after EINPROGRESS.
            CallOutcome::Failed { errno, meaning }
                if !matches!(errno.as_str(), "EINPROGRESS" | "cancelled") =>
            {
                let (call, errno) = (call.call.clone(), errno.clone());
                Some(Self { call, errno, meaning: meaning.clone() })
            }
            CallOutcome::Failed { .. } | CallOutcome::Returned(_) => None,
        }
    }

    /// Whether it was this call, and gave this.
    pub(super) fn is(&self, call: &str, errno: &str) -> bool {
        name_of(&self.call) == call && plain_errno(&self.errno) == errno
    }
}

impl Run {
    /// Takes in what happened to this connection since.
    pub(super) fn update(&mut self, cx: &Cx<'_>, bench: &BenchState, shown: &ConnectionState) {
        self.holder.update(cx, bench, shown);
        let lane = bench.lane(shown);
        let found = End::ALL.map(|end| lane.is_some_and(|lane| lane.was_found(end)));
        let waiting = || {
            bench
                .waiting
                .iter()
                .filter(|it| it.who.number == shown.number && it.who.role != Role::Listener)
        };
        let counted = |kept: usize, dropped: u64| kept as u64 + dropped;
        let key = Key {
            number: shown.number,
            changes: lane.map_or(0, |it| counted(it.changes.iter().len(), it.changes.dropped())),
            calls: counted(bench.calls.iter().len(), bench.calls.dropped()),
            waiting: waiting().map(|it| it.at).next_back(),
            found,
        };
        if self.key == Some(key) {
            return;
        }
        let changes: Vec<_> =
            lane.into_iter().flat_map(|lane| lane.changes.iter().copied()).collect();
        let calls = calls_of(bench, shown);
        let mut track = Track::new(&changes, &calls, found);
        waiting().for_each(|call| track.wait(call));
        self.walks = End::ALL.map(|end| walk(&track, end));
        self.at = End::ALL.map(|end| {
            track.lanes[end as usize].last().map(|last| match last.state {
                None | Some(State::Closed) => Node::After,
                Some(state) => Node::In(state),
            })
        });
        self.summary = summary(cx, &track);
        self.failed = failed(&track, &calls);
        self.last_failed = calls.last().and_then(|call| NotMade::of(call));
        self.track = track;
        self.key = Some(key);
    }
}

/// Whether something may still happen to this connection without anybody's doing.
pub(super) fn is_alive(bench: &BenchState, shown: &ConnectionState) -> bool {
    shown.is_open() || bench.lane(shown).is_some_and(|lane| lane.watch == Watch::Looking)
}

/// What time it is in the run.
pub(super) fn now(bench: &BenchState, run: &Run, alive: bool) -> Duration {
    match bench.began {
        Some(began) if alive => began.elapsed().max(run.track.last),
        _ => run.track.last,
    }
}

/// The calls on this connection; of the listeners' calls, the `accept` that gave it.
fn calls_of<'a>(bench: &'a BenchState, shown: &ConnectionState) -> Vec<&'a Call> {
    let calls: Vec<&Call> = bench.calls.iter().collect();
    let accepted = shown.pair.map(|pair| {
        // Another connection has these addresses only when this one is over.
        let next = bench.connections.iter().filter(|it| it.number > shown.number);
        let next = next.filter(|it| it.pair == Some(pair)).map(|it| it.number).min();
        let is_its = |server: &Server| bench.listener(*server).last_address == Some(pair.peer);
        let listener = Server::ALL.into_iter().find(is_its).map(Server::number);
        Accepted::new(&calls, shown.number, next, pair.client, listener)
    });
    let is_by = |call: &Call| accepted.as_ref().is_some_and(|accepted| accepted.is_by(call));
    calls.into_iter().filter(|call| is_own(call, shown.number) || is_by(call)).collect()
}

/// Whether a call was made on one of the two sockets of this connection.
fn is_own(call: &Call, number: u64) -> bool {
    matches!(call.who.role, Role::Client | Role::Peer) && call.who.number == number
}

/// What tells the `accept` of a connection from those of others that had the same port before it, or after, or elsewhere.
struct Accepted {
    /// The client's address, which `accept` returns.
    from: String,
    /// The number of the listener; none where it listens there no more.
    listener: Option<u64>,
    /// When the connection's first call began.
    since: Duration,
    /// When that of the next one between the same addresses did.
    until: Duration,
}

impl Accepted {
    fn new(
        calls: &[&Call],
        number: u64,
        next: Option<u64>,
        client: SocketAddr,
        listener: Option<u64>,
    ) -> Self {
        let begins = |number| calls.iter().find(|call| is_own(call, number)).map(|call| call.at);
        Self {
            from: client.to_string(),
            listener,
            since: begins(number).unwrap_or_default(),
            until: next.and_then(begins).unwrap_or(Duration::MAX),
        }
    }

    /// One that was made before there was a connection waited for it: when it returned counts.
    fn is_by(&self, call: &Call) -> bool {
        let returned = call.at + call.took;
        call.who.role == Role::Listener
            && self.listener.is_none_or(|listener| call.who.number == listener)
            && matches!(&call.outcome, CallOutcome::Returned(from) if *from == self.from)
            && self.since <= returned
            && returned < self.until
    }
}

/// The call with which making the connection ended; none where it was made, or may be yet.
fn failed(track: &Track, calls: &[&Call]) -> Option<NotMade> {
    let made = track.lanes.iter().flatten().any(|it| it.state == Some(State::Established));
    let last = calls.iter().rev().find(|call| {
        matches!(name_of(&call.call), "getaddrinfo" | "socket" | "bind" | "connect")
    })?;
    if made { None } else { NotMade::of(last) }
}

fn walk(track: &Track, end: End) -> Option<Walk> {
    let lane = &track.lanes[end as usize];
    let mut states: Vec<State> = lane.iter().filter_map(|segment| segment.state).collect();
    // Out of these two a row vanishes by the diagram's own step; elsewhere it may have been a reset, which has none.
    let ended = lane.last().is_some_and(|last| last.state.is_none());
    if ended && matches!(states.last(), Some(State::TimeWait | State::LastAck)) {
        states.push(State::Closed);
    }
    if states.is_empty() {
        return None;
    }
    let opening = if end == End::Client { Opening::Active } else { Opening::Passive };
    let mut walk = Walk::new(&states, Some(opening));
    if track.inferred[end as usize] {
        for course in walk.courses.iter_mut().filter(|course| **course == Course::Seen) {
            *course = Course::Inferred;
        }
    }
    Some(walk)
}

fn summary(cx: &Cx<'_>, track: &Track) -> String {
    let lanes = End::ALL.map(|end| {
        let steps: Vec<String> = track.lanes[end as usize]
            .iter()
            .map(|segment| {
                let state = segment.state.map_or_else(
                    || cx.say(&text!("lab_bench_page.no_row")),
                    |state| state.name().to_owned(),
                );
                let from = seconds(segment.from);
                cx.say(&text!("lab_bench_page.step", state = state, from = from))
            })
            .collect();
        let end = super::end::title(cx, end);
        cx.say(&text!("lab_bench_page.steps", end = end, steps = steps.join(", ")))
    });
    lanes.join(" ")
}

/// `3.64 s`: a time in the run.
pub(super) fn seconds(time: Duration) -> String {
    format!("{:.2}\u{2009}s", time.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::lab::Who;

    const FROM: &str = "127.0.0.1:5000";

    fn call(at: u64, role: Role, number: u64, call: &str, returned: &str) -> Call {
        Call {
            at: Duration::from_millis(at),
            who: Who { role, number },
            call: call.to_owned(),
            outcome: CallOutcome::Returned(returned.to_owned()),
            took: Duration::from_millis(1),
        }
    }

    /// Three connections from one port, one after the other, and one from the same port to another listener.
    #[test]
    fn a_connection_has_its_own_accept_and_none_of_another_with_its_port() {
        let all = [
            call(0, Role::Client, 1, "socket()", "a socket"),
            call(2, Role::Listener, 1, "accept()", FROM),
            call(9, Role::Client, 1, "close()", "0"),
            // It was made before the connection.
            Call {
                took: Duration::from_millis(7),
                ..call(15, Role::Listener, 1, "accept()", FROM)
            },
            call(20, Role::Client, 2, "socket()", "a socket"),
            call(23, Role::Client, 4, "socket()", "a socket"),
            call(24, Role::Listener, 2, "accept()", FROM),
            call(29, Role::Client, 2, "close()", "0"),
            call(40, Role::Client, 3, "socket()", "a socket"),
            call(42, Role::Listener, 1, "accept()", FROM),
        ];
        let calls: Vec<&Call> = all.iter().collect();
        let from = FROM.parse().expect("an address");
        for (number, next, listener, accepted) in [
            (1, Some(2), 1, &[2][..]),
            (2, Some(3), 1, &[15]),
            (3, None, 1, &[42]),
            (4, None, 2, &[24]),
        ] {
            let its = Accepted::new(&calls, number, next, from, Some(listener));
            let found: Vec<_> =
                calls.iter().filter(|it| its.is_by(it)).map(|it| it.at.as_millis()).collect();
            assert_eq!(found, accepted, "{number}");
        }
    }
}
