//! What the rows at hand offer to a filter: who, where, in which states, and what stands out among them.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::net::IpAddr;
use std::time::Duration;

use super::error::state_word;
use super::keys::Key;
use super::matching::Row;
use super::{Filter, fold};
use crate::model::{Owner, State, StateCounts};

/// How many of a kind are kept at most, those of the most rows first.
const MOST: usize = 256;

/// From when on a socket is old, for a suggestion.
const OLD: Duration = Duration::from_mins(5);

/// A word, and how many rows it is in.
pub type Counted<T> = Vec<(T, usize)>;

/// What rows offer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    /// How many rows there are.
    pub rows: usize,
    /// By state.
    pub states: StateCounts,
    /// The names of processes that hold them, or did.
    pub processes: Counted<String>,
    /// The names of the users they belong to.
    pub users: Counted<String>,
    /// The addresses of the other ends.
    pub remotes: Counted<IpAddr>,
    /// Their own addresses.
    pub locals: Counted<IpAddr>,
    /// The ports of the other ends.
    pub remote_ports: Counted<u16>,
    /// Their own ports.
    pub local_ports: Counted<u16>,
    /// Connections in which more than a FIN waits to be read.
    pub unread: usize,
    /// Connections that sent something again.
    pub retransmitting: usize,
    /// Rows that have been in their state for more than five minutes, for certain.
    pub old: usize,
    /// Rows without an owner.
    pub ownerless: usize,
}

impl Choices {
    /// What these rows offer.
    pub fn of<'a>(rows: impl Iterator<Item = Row<'a>>) -> Self {
        let mut choices = Self::default();
        // By pid first: a name is looked up once a process and not once a row.
        let mut pids: HashMap<u32, usize> = HashMap::new();
        let mut names: BTreeMap<&str, usize> = BTreeMap::new();
        let mut users: BTreeMap<&str, usize> = BTreeMap::new();
        let mut remotes = HashMap::new();
        let mut locals = HashMap::new();
        let mut remote_ports = HashMap::new();
        let mut local_ports = HashMap::new();
        let mut processes = None;
        for row in rows {
            let socket = row.socket;
            processes = Some(row.processes);
            choices.rows += 1;
            choices.states[socket.state] += 1;
            match &socket.owner {
                Owner::Known(known) => {
                    known.iter().for_each(|pid| *pids.entry(*pid).or_default() += 1);
                }
                Owner::Remembered(was) => {
                    was.iter().for_each(|it| *names.entry(&it.name).or_default() += 1);
                }
                Owner::NoOwner => choices.ownerless += 1,
                Owner::NotAccepted | Owner::Hidden { .. } => {}
            }
            if let Some(user) = row.user() {
                *users.entry(user).or_default() += 1;
            }
            *locals.entry(socket.local.ip()).or_default() += 1;
            *local_ports.entry(socket.local.port()).or_default() += 1;
            if let Some(remote) = socket.remote {
                *remotes.entry(remote.ip()).or_default() += 1;
                *remote_ports.entry(remote.port()).or_default() += 1;
            }
            let unread = socket.queues.is_some_and(|queues| queues.receive > 1);
            choices.unread += usize::from(unread && socket.state != State::Listen);
            let again = socket.tcp_info.is_some_and(|info| info.retransmits > 0);
            choices.retransmitting += usize::from(again);
            let age = row.track.map(|track| track.since.at_least(row.now));
            choices.old += usize::from(age.is_some_and(|age| age > OLD));
        }
        for (pid, count) in pids {
            if let Some(process) = processes.and_then(|known| known.get(&pid)) {
                *names.entry(&process.name).or_default() += count;
            }
        }
        let owned = |(name, count): (&str, usize)| (name.to_owned(), count);
        choices.processes =
            most(names.into_iter().filter(|(name, _)| can_be_typed(name)).map(owned));
        choices.users = most(users.into_iter().filter(|(name, _)| can_be_typed(name)).map(owned));
        choices.remotes = most(remotes);
        choices.locals = most(locals);
        choices.remote_ports = most(remote_ports);
        choices.local_ports = most(local_ports);
        choices
    }
}

/// Those of the most rows, first; one order for one table.
fn most<T: Ord + Hash>(counts: impl IntoIterator<Item = (T, usize)>) -> Counted<T> {
    let mut counts: Counted<T> = counts.into_iter().collect();
    let order = |(one, count): &(T, usize), (other, more): &(T, usize)| {
        more.cmp(count).then_with(|| one.cmp(other))
    };
    // A table can have as many addresses as rows, and only the first ones need an order.
    if counts.len() > MOST {
        counts.select_nth_unstable_by(MOST, order);
        counts.truncate(MOST);
    }
    counts.sort_unstable_by(order);
    counts
}

/// Whether a name can stand in a filter; a quote in it cannot be quoted, and what is not printed cannot be typed.
fn can_be_typed(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|c| c == '"' || c.is_control())
}

/// A name as it stands behind a key, in quotes if need be.
pub fn quoted(name: &str) -> String {
    let plain = |c: char| !c.is_whitespace() && !matches!(c, '(' | ')' | ',' | '"');
    if name.chars().all(plain) { name.to_owned() } else { format!("\"{name}\"") }
}

/// The most terms that are proposed.
const PROPOSALS: usize = 6;

/// Terms that would narrow the rows that are shown further: what the selected row has first, then what stands out
/// among the rows. None that a filter asks already, and none that would take all rows or no row.
pub fn proposals(filter: &Filter, shown: &Choices, selected: Option<&Row<'_>>) -> Vec<String> {
    let mut terms: Vec<(Key, String, usize)> = Vec::new();
    if let Some(row) = selected {
        terms.extend(of_row(row, shown));
    }
    let close_wait = shown.states[State::CloseWait] as usize;
    terms.push((Key::State, format!("state:{}", state_word(State::CloseWait)), close_wait));
    if let Some((name, count)) = shown.processes.first() {
        terms.push((Key::Process, format!("process:{}", quoted(name)), *count));
    }
    terms.push((Key::Age, "age>5m".to_owned(), shown.old));
    terms.push((Key::ReceiveQueue, "recvq>1".to_owned(), shown.unread));
    terms.push((Key::Retransmits, "retrans>0".to_owned(), shown.retransmitting));
    terms.push((Key::Owner, "owner:none".to_owned(), shown.ownerless));
    if let Some((ip, count)) = shown.remotes.first() {
        terms.push((Key::Remote, format!("remote:{ip}"), *count));
    }
    let mut keys = Vec::new();
    let mut proposed = Vec::new();
    for (key, term, rows) in terms {
        let narrows = rows > 0 && rows < shown.rows;
        if narrows && !filter.asks(key) && !keys.contains(&key) && proposed.len() < PROPOSALS {
            keys.push(key);
            proposed.push(term);
        }
    }
    proposed
}

/// What the selected row has that others have not, and in how many rows it is.
fn of_row(row: &Row<'_>, shown: &Choices) -> Vec<(Key, String, usize)> {
    let socket = row.socket;
    let mut terms = Vec::new();
    let name = match &socket.owner {
        Owner::Known(pids) => {
            pids.first().and_then(|pid| row.processes.get(pid)).map(|process| &process.name)
        }
        Owner::Remembered(was) => was.first().map(|process| &process.name),
        Owner::NoOwner | Owner::NotAccepted | Owner::Hidden { .. } => None,
    };
    if let Some(name) = name.filter(|name| can_be_typed(name)) {
        let rows = rows_of(&shown.processes, |known| fold(known) == fold(name));
        terms.push((Key::Process, format!("process:{}", quoted(name)), rows));
    }
    if let Some(remote) = socket.remote {
        let ip = remote.ip();
        let rows = rows_of(&shown.remotes, |known| *known == ip);
        terms.push((Key::Remote, format!("remote:{ip}"), rows));
        let rows = rows_of(&shown.remote_ports, |known| *known == remote.port());
        terms.push((Key::RemotePort, format!("rport:{}", remote.port()), rows));
    } else {
        let port = socket.local.port();
        let rows = rows_of(&shown.local_ports, |known| *known == port);
        terms.push((Key::LocalPort, format!("lport:{port}"), rows));
    }
    let rows = shown.states[socket.state] as usize;
    terms.push((Key::State, format!("state:{}", state_word(socket.state)), rows));
    terms
}

/// In how many rows a word is; in one at least, where it is too rare to be among those that are kept.
fn rows_of<T>(counted: &Counted<T>, is_it: impl Fn(&T) -> bool) -> usize {
    counted.iter().find(|(word, _)| is_it(word)).map_or(1, |(_, rows)| *rows)
}
