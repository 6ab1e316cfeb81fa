//! What a term asks of a row. Everything is read into numbers and folded words once; a row is then held against
//! it without writing anything, but for a word that may stand anywhere.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::network::Place;
use crate::analysis::phrases;
use crate::analysis::track::Track;
use crate::model::{Owner, Process, Snapshot, Socket, State, TimerKind};

/// A row, and what belongs to it.
#[derive(Clone, Copy, Debug)]
pub struct Row<'a> {
    /// The row.
    pub socket: &'a Socket,
    /// The processes that its owner names.
    pub processes: &'a BTreeMap<u32, Process>,
    /// The names of users, by number.
    pub users: &'a BTreeMap<u32, Arc<str>>,
    /// What tracking knows of it, if anything does.
    pub track: Option<&'a Track>,
    /// When the table was read, on the axis of the track.
    pub now: SystemTime,
}

impl<'a> Row<'a> {
    /// A row of this table.
    pub fn of(
        table: &'a Snapshot,
        socket: &'a Socket,
        track: Option<&'a Track>,
        now: SystemTime,
    ) -> Self {
        Self { socket, processes: &table.processes, users: &table.users, track, now }
    }

    /// The name of the user it belongs to, or the number in its place.
    pub fn user(&self) -> Option<&'a str> {
        if let Owner::Hidden { user: Some(user) } = &self.socket.owner {
            return Some(user);
        }
        self.users.get(&self.socket.uid?).map(AsRef::as_ref)
    }
}

/// The five answers to who holds a socket, as they are typed, and their places in a set.
pub const OWNERS: [(&str, u8); 5] =
    [("known", 1), ("remembered", 2), ("none", 4), ("not-accepted", 8), ("hidden", 16)];

/// The families, as they are typed.
pub const FAMILIES: [&str; 2] = ["ipv4", "ipv6"];

/// One end of a connection, or both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    Local,
    Remote,
    Either,
}

impl Ends {
    fn of(self, socket: &Socket) -> impl Iterator<Item = SocketAddr> {
        let local = (self != Self::Remote).then_some(socket.local);
        let remote = if self == Self::Local { None } else { socket.remote };
        local.into_iter().chain(remote)
    }
}

/// Numbers; a term takes one if any of its ranges does.
pub type Ranges = Vec<RangeInclusive<u64>>;

/// A name that is looked for, folded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name {
    pub folded: String,
    /// Whether it is the whole name and not a part.
    pub whole: bool,
    /// The number it is, where it is one.
    pub number: Option<u32>,
}

impl Name {
    fn is_in(&self, name: &str) -> bool {
        if self.whole { folds_to(name, &self.folded) } else { contains(name, &self.folded) }
    }
}

/// A number of a row that may be absent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    ReceiveQueue,
    SendQueue,
    Retransmits,
    RoundTripMicros,
    Cgroup,
}

impl Amount {
    fn of(self, socket: &Socket) -> Option<u64> {
        match self {
            Self::ReceiveQueue => socket.queues.map(|queues| queues.receive.into()),
            Self::SendQueue => socket.queues.map(|queues| queues.send.into()),
            Self::Retransmits => socket.tcp_info.map(|info| info.retransmits.into()),
            Self::RoundTripMicros => socket.tcp_info.map(|info| info.rtt_us.into()),
            Self::Cgroup => socket.cgroup.map(std::num::NonZero::get),
        }
    }
}

/// What is asked of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fact {
    /// One of these states, as a set of [`State::index`].
    State(u16),
    /// One of these answers, as a set of the bits in [`OWNERS`].
    Owner(u8),
    /// One of these timers.
    Timer(Vec<TimerKind>),
    /// IPv6 if true, IPv4 if not.
    Family(Vec<bool>),
    /// An address.
    Place(Ends, Vec<Place>),
    /// A port.
    Port(Ends, Ranges),
    /// A pid.
    Pid(Ranges),
    /// Any other number.
    Amount(Amount, Ranges),
    /// A time in the present state, in microseconds.
    Age(Ranges),
    /// A process.
    Process(Vec<Name>),
    /// A user.
    User(Vec<Name>),
    /// Both ends on this machine's loopback.
    Loopback,
    /// A number that is typed alone: a port of either end, or a pid.
    Number(u32),
    /// A word that may stand anywhere in the row, folded.
    Text(String),
}

/// A fact, or its opposite. A fact that the row does not tell fits neither.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Test {
    pub fact: Fact,
    pub negated: bool,
}

/// What a row says, written at most once a row.
pub type Described = OnceCell<String>;

impl Test {
    /// How dear it is, as a place in an order.
    pub fn cost(&self) -> u8 {
        match self.fact {
            Fact::Text(_) => 2,
            Fact::Process(_) | Fact::User(_) => 1,
            _ => 0,
        }
    }

    /// Whether the row fits.
    pub fn fits(&self, row: &Row<'_>, described: &Described) -> bool {
        self.fact.holds(row, described).is_some_and(|holds| holds != self.negated)
    }
}

impl Fact {
    /// Whether it holds; none where the row does not tell.
    fn holds(&self, row: &Row<'_>, described: &Described) -> Option<bool> {
        let socket = row.socket;
        match self {
            Self::State(set) => Some(set & state_bit(socket.state) != 0),
            Self::Owner(set) => Some(set & owner_bit(&socket.owner) != 0),
            Self::Timer(kinds) => socket.timer.map(|timer| kinds.contains(&timer.kind)),
            Self::Family(families) => Some(families.contains(&socket.local.is_ipv6())),
            Self::Place(ends, places) => places_hold(*ends, places, socket),
            Self::Port(ends, ranges) => {
                any(ends.of(socket), |end| within(ranges, end.port().into()))
            }
            Self::Pid(ranges) => any(pids(&socket.owner), |pid| within(ranges, pid.into())),
            Self::Amount(amount, ranges) => amount.of(socket).map(|number| within(ranges, number)),
            Self::Age(ranges) => row.track.map(|track| age_is_within(ranges, track, row.now)),
            Self::Process(names) => {
                any(process_names(row), |process| names.iter().any(|name| name.is_in(process)))
            }
            Self::User(names) => user_holds(names, row),
            Self::Loopback => Some(Ends::Either.of(socket).all(|end| end.ip().is_loopback())),
            Self::Number(number) => Some(
                Ends::Either.of(socket).any(|end| u32::from(end.port()) == *number)
                    || pids(&socket.owner).any(|pid| pid == *number),
            ),
            Self::Text(text) => Some(
                process_names(row).any(|name| contains(name, text))
                    || described.get_or_init(|| describe(row)).contains(text.as_str()),
            ),
        }
    }
}

/// The place of a state in a set of states.
pub fn state_bit(state: State) -> u16 {
    1 << state.index()
}

fn owner_bit(owner: &Owner) -> u8 {
    let place = match owner {
        Owner::Known(_) => 0,
        Owner::Remembered(_) => 1,
        Owner::NoOwner => 2,
        Owner::NotAccepted => 3,
        Owner::Hidden { .. } => 4,
    };
    OWNERS[place].1
}

/// Whether any of the facts fits; none where there are none.
fn any<T>(mut facts: impl Iterator<Item = T>, fits: impl Fn(T) -> bool) -> Option<bool> {
    let first = facts.next()?;
    Some(fits(first) || facts.any(fits))
}

fn within(ranges: &Ranges, number: u64) -> bool {
    ranges.iter().any(|range| range.contains(&number))
}

/// An age is known within bounds; both must lie in the range, so that nothing is said of a row that is not known.
fn age_is_within(ranges: &Ranges, track: &Track, now: SystemTime) -> bool {
    let least = micros(track.since.at_least(now));
    let most = track.since.at_most(now).map_or(u64::MAX, micros);
    ranges.iter().any(|range| range.contains(&least) && most <= *range.end())
}

/// A time in microseconds.
pub fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// A listener has no other end; it is shown as `any`, and can be asked for so.
fn places_hold(ends: Ends, places: &[Place], socket: &Socket) -> Option<bool> {
    let of_nobody = ends == Ends::Remote && socket.remote.is_none();
    if of_nobody && places.contains(&Place::Any) {
        return Some(true);
    }
    any(ends.of(socket), |end| places.iter().any(|place| place.holds(end)))
}

fn pids(owner: &Owner) -> impl Iterator<Item = u32> {
    let remembered = match owner {
        Owner::Remembered(was) => &**was,
        Owner::Known(_) | Owner::NoOwner | Owner::NotAccepted | Owner::Hidden { .. } => &[],
    };
    owner.pids().iter().copied().chain(remembered.iter().map(|process| process.pid))
}

fn process_names<'a>(row: &Row<'a>) -> impl Iterator<Item = &'a str> + use<'a> {
    let remembered: &[Process] = match &row.socket.owner {
        Owner::Remembered(was) => was,
        Owner::Known(_) | Owner::NoOwner | Owner::NotAccepted | Owner::Hidden { .. } => &[],
    };
    let processes = row.processes;
    let known = row.socket.owner.pids().iter().filter_map(|pid| processes.get(pid));
    known.chain(remembered).map(|process| process.name.as_str())
}

/// A number that stands for a user without a name is compared as a number alone.
fn user_holds(names: &[Name], row: &Row<'_>) -> Option<bool> {
    let told = row.user();
    let in_place = told.and_then(|user| user.parse::<u32>().ok());
    let called = told.filter(|_| in_place.is_none());
    let number = row.socket.uid.or(in_place);
    let is_user = |name: &Name| {
        called.is_some_and(|user| name.is_in(user))
            || name.number.is_some() && name.number == number
    };
    if names.iter().any(is_user) {
        return Some(true);
    }
    // A number alone does not tell that it has not one of the names.
    let is_told = |name: &Name| told.is_some() || name.number.is_some() && number.is_some();
    names.iter().all(is_told).then_some(false)
}

/// What is compared: lower case, and `-` the same as `_`, since systems write states with either.
pub fn fold(text: &str) -> String {
    if text.is_ascii() {
        text.bytes().map(|byte| char::from(fold_byte(byte))).collect()
    } else {
        text.to_lowercase().replace('-', "_")
    }
}

fn fold_byte(byte: u8) -> u8 {
    if byte == b'-' { b'_' } else { byte.to_ascii_lowercase() }
}

/// Whether a name, folded, is this folded one.
fn folds_to(name: &str, folded: &str) -> bool {
    if name.is_ascii() {
        name.bytes().map(fold_byte).eq(folded.bytes())
    } else {
        fold(name) == folded
    }
}

/// Whether a name, folded, has this folded part.
fn contains(name: &str, folded: &str) -> bool {
    if !name.is_ascii() {
        return fold(name).contains(folded);
    }
    let (name, part) = (name.as_bytes(), folded.as_bytes());
    part.is_empty()
        || name
            .windows(part.len())
            .any(|window| window.iter().zip(part).all(|(byte, wanted)| fold_byte(*byte) == *wanted))
}

/// What a row says, folded.
fn describe(row: &Row<'_>) -> String {
    let socket = row.socket;
    let owner = phrases::owner(&socket.owner, row.processes).plain();
    let remote = socket.remote.map(|remote| remote.to_string()).unwrap_or_default();
    fold(&format!("{} {} {owner} {remote}", socket.state, socket.local))
}
