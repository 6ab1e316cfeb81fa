//! Who has an address that a new socket wants, as far as the bench's own sockets tell.
//!
//! On Linux the socket that has it and the one that wants it both need `SO_REUSEADDR`; an accepted socket has its listener's.

use std::net::SocketAddr;
use std::time::Duration;

use crate::analysis::explain::remaining;
use crate::gui::pages::lab::run::NotMade;
use crate::lab::{
    BenchState, ConnectionState, EndState, NUMBERING, Numbering, OptionName, OptionValue, Seen,
    SocketOptions,
};
use crate::model::State;
use crate::model::lab::{End, Role};
use crate::text;
use crate::text::{Text, age};

/// A connection of the bench whose client socket has, or had, a local address.
pub(super) struct Has<'a> {
    pub(super) connection: &'a ConnectionState,
    /// Its state; none when its row is gone.
    pub(super) state: Option<State>,
    /// How long the kernel still keeps it by itself.
    left: Option<Duration>,
}

/// What was asked of an end's `SO_REUSEADDR`.
pub(super) fn shares(options: &SocketOptions) -> bool {
    options.get(OptionName::ReuseAddress) == Some(OptionValue::Switch(true))
}

/// Whether an end's socket shares its address now: as the kernel says while it is open, and as it was asked for after.
pub(super) fn end_shares(end: &EndState) -> bool {
    let known = end.kernel.iter().find(|(name, _)| *name == OptionName::ReuseAddress);
    match known {
        Some((_, Ok(value))) => *value == OptionValue::Switch(true),
        Some((_, Err(_))) | None => shares(&end.asked),
    }
}

/// The argument of the last such call of this connection's client.
fn argument(bench: &BenchState, number: u64, name: &str) -> Option<SocketAddr> {
    let of_it = bench
        .calls
        .iter()
        .rev()
        .filter(|call| call.who.role == Role::Client && call.who.number == number);
    let mut arguments = of_it.filter_map(|call| call.call.strip_prefix(name)?.strip_prefix('('));
    arguments.next()?.strip_suffix(')')?.parse().ok()
}

impl<'a> Has<'a> {
    /// Who has the local address that the failed call of this connection wanted.
    pub(super) fn of(bench: &'a BenchState, wants: &ConnectionState) -> Option<Self> {
        let local = argument(bench, wants.number, "bind")?;
        let overlaps = |other: SocketAddr| {
            other.port() == local.port()
                && other.is_ipv4() == local.is_ipv4()
                && (other.ip() == local.ip() || local.ip().is_unspecified())
        };
        let older = bench.connections.iter().rev().filter(|it| it.number != wants.number);
        let having = older.filter(|it| it.pair.is_some_and(|pair| overlaps(pair.client)));
        let mut all = having.map(|connection| {
            let state = match bench.seen(connection, End::Client) {
                Seen::State(state) => Some(state),
                Seen::NoRow | Seen::Unknown => None,
            };
            let row = bench.lane(connection).and_then(|lane| lane.row(End::Client));
            let timer = row.filter(|row| row.state == State::TimeWait).and_then(|row| row.timer);
            Self { connection, state, left: timer.map(|timer| remaining(timer, Duration::ZERO)) }
        });
        let first = all.next()?;
        if first.state.is_some() {
            return Some(first);
        }
        Some(all.find(|it| it.state.is_some()).unwrap_or(first))
    }

    /// Whether it would let another socket have the address as well.
    pub(super) fn shares(&self) -> bool {
        end_shares(self.connection.end(End::Client))
    }

    /// What it is called where connections are listed.
    pub(super) fn name(&self) -> String {
        format!("{}{}", self.connection.client.name(), self.connection.number)
    }
}

/// Why the address could not be had; nothing where no socket of the bench has it.
pub(super) fn told(bench: &BenchState, failed: &NotMade, wants: &ConnectionState) -> Vec<Text> {
    let Some(has) = Has::of(bench, wants) else { return Vec::new() };
    let Some(state) = has.state else { return Vec::new() };
    if failed.is("connect", "EADDRNOTAVAIL") {
        return connected(bench, &has, state, wants);
    }
    if !failed.is("bind", "EADDRINUSE") {
        return Vec::new();
    }
    let mut said = vec![match has.left {
        Some(left) => text!(
            "lab_seen.in_use.for_a_time",
            holder = has.name(),
            state = state.name(),
            left = age(left)
        ),
        None => text!("lab_seen.in_use.held", holder = has.name(), state = state.name()),
    }];
    if NUMBERING == Numbering::Linux {
        said.extend(match (has.shares(), shares(&wants.end(End::Client).asked)) {
            (false, true) => Some(text!("lab_seen.in_use.old_lacks")),
            (true, false) => Some(text!("lab_seen.in_use.new_lacks", holder = has.name())),
            (false, false) => Some(text!("lab_seen.in_use.both_lack")),
            (true, true) => None,
        });
    }
    said
}

/// Both share the port, and the same connection is there already.
fn connected(
    bench: &BenchState,
    has: &Has<'_>,
    state: State,
    wants: &ConnectionState,
) -> Vec<Text> {
    let remote = argument(bench, wants.number, "connect");
    let Some(pair) = has.connection.pair.filter(|pair| Some(pair.peer) == remote) else {
        return Vec::new();
    };
    vec![text!(
        "lab_bench_page.see.held_by",
        number = has.connection.number.to_string(),
        state = state.name(),
        local = pair.client.to_string(),
        remote = pair.peer.to_string()
    )]
}
