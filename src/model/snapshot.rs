//! One complete socket table at one time.

use std::collections::BTreeMap;
use std::iter::Sum;
use std::ops::{AddAssign, Index, IndexMut};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::{Gap, Process, Socket, State};

/// The machine that a snapshot was taken on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Host {
    /// Its host name.
    pub name: String,
    /// Its operating system with the version, as the system names itself.
    pub os: String,
}

/// Names of users by their numbers, shared by the tables of one source.
pub type UserNames = Arc<BTreeMap<u32, Arc<str>>>;

/// One complete socket table at one time, with what could not be seen.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// When the table was read.
    pub taken_at: SystemTime,
    /// Where it was read.
    pub host: Arc<Host>,
    /// The interface it was read through.
    pub source: String,
    /// How long reading took, owners included; none when it was not measured here.
    pub took: Option<Duration>,
    /// The rows, in the system's order.
    pub sockets: Vec<Socket>,
    /// The processes that rows name, by pid.
    pub processes: BTreeMap<u32, Process>,
    /// The names of users that rows belong to, by number; of a user without a name, the number again. None of a row
    /// whose user was not asked for. There may be users without a row.
    pub users: UserNames,
    /// What could not be seen.
    pub gaps: Vec<Gap>,
}

impl Snapshot {
    /// How many sockets are in each state.
    pub fn counts(&self) -> StateCounts {
        self.sockets.iter().map(|socket| socket.state).collect()
    }

    /// Whether rows are missing.
    pub fn is_partial(&self) -> bool {
        self.gaps.iter().any(Gap::loses_rows)
    }
}

/// A number of sockets for each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StateCounts([u32; State::COUNT]);

impl StateCounts {
    /// The number of sockets in all states together.
    pub fn total(&self) -> u32 {
        self.0.iter().sum()
    }

    /// Every state with its count, in the order of [`State::ALL`].
    pub fn iter(&self) -> impl Iterator<Item = (State, u32)> + '_ {
        State::ALL.into_iter().map(|state| (state, self[state]))
    }
}

impl Index<State> for StateCounts {
    type Output = u32;

    fn index(&self, state: State) -> &u32 {
        &self.0[state.index()]
    }
}

impl IndexMut<State> for StateCounts {
    fn index_mut(&mut self, state: State) -> &mut u32 {
        &mut self.0[state.index()]
    }
}

impl FromIterator<State> for StateCounts {
    fn from_iter<I: IntoIterator<Item = State>>(states: I) -> Self {
        let mut counts = Self::default();
        for state in states {
            counts[state] += 1;
        }
        counts
    }
}

impl AddAssign for StateCounts {
    fn add_assign(&mut self, other: Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine += theirs;
        }
    }
}

impl Sum for StateCounts {
    fn sum<I: Iterator<Item = Self>>(counts: I) -> Self {
        counts.fold(Self::default(), |mut sum, next| {
            sum += next;
            sum
        })
    }
}
