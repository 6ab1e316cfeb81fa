//! Plain text filter over sockets: every word must occur somewhere in the row.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use super::phrases;
use crate::model::{Owner, Process, Socket, State};

/// Words that a row must contain, in any order and case. No words let every row through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    words: Vec<Word>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Word {
    /// A state's name in any system's spelling.
    State(State),
    /// A whole address with its port, of either end.
    Address(SocketAddr),
    /// A whole address without a port, of either end.
    Ip(IpAddr),
    /// A number: a port of either end, or the pid of whoever holds the socket or did.
    Number(u32),
    /// `pid:18422`: the pid of whoever holds the socket or did.
    Pid(u32),
    /// Anything else, folded.
    Text(String),
}

impl Word {
    fn new(word: &str) -> Self {
        let text = fold(word);
        if let Some(Ok(pid)) = text.strip_prefix("pid:").map(str::parse) {
            return Self::Pid(pid);
        }
        if let Ok(address) = word.parse::<SocketAddr>() {
            return Self::Address(SocketAddr::new(address.ip().to_canonical(), address.port()));
        }
        if let Ok(ip) = word.parse::<IpAddr>() {
            return Self::Ip(ip.to_canonical());
        }
        match word.parse::<State>() {
            // `close`, which some systems call CLOSED, may be a CLOSE_WAIT that is still being typed.
            Ok(state) if !begins_another(&text, state) => Self::State(state),
            _ => text.parse().map_or(Self::Text(text), Self::Number),
        }
    }
}

fn begins_another(text: &str, state: State) -> bool {
    State::ALL.iter().any(|other| *other != state && fold(other.name()).starts_with(text))
}

/// What is compared: lower case, and `-` the same as `_`, since systems write states with either.
fn fold(text: &str) -> String {
    text.to_lowercase().replace('-', "_")
}

impl Filter {
    /// A filter of these words, separated by white space. A state's name in any spelling (`close-wait`,
    /// `FIN_WAIT2`) means that state, a whole address that address, a number a port or a pid, and `pid:` and a
    /// number a pid alone.
    pub fn new(text: &str) -> Self {
        Self { words: text.split_whitespace().map(Word::new).collect() }
    }

    /// Whether this row passes: its state, addresses, and whoever holds it are searched.
    pub fn matches(&self, socket: &Socket, processes: &BTreeMap<u32, Process>) -> bool {
        let described = OnceCell::new();
        let described = || described.get_or_init(|| describe(socket, processes));
        self.words.iter().all(|word| match word {
            Word::State(state) => socket.state == *state,
            Word::Address(address) => ends(socket).any(|end| end == *address),
            Word::Ip(ip) => ends(socket).any(|end| end.ip() == *ip),
            Word::Number(number) => {
                ends(socket).any(|end| u32::from(end.port()) == *number) || has_pid(socket, *number)
            }
            Word::Pid(pid) => has_pid(socket, *pid),
            Word::Text(text) => described().contains(text.as_str()),
        })
    }
}

fn ends(socket: &Socket) -> impl Iterator<Item = SocketAddr> {
    std::iter::once(socket.local).chain(socket.remote)
}

fn has_pid(socket: &Socket, pid: u32) -> bool {
    match &socket.owner {
        Owner::Known(pids) => pids.contains(&pid),
        Owner::Remembered(was) => was.iter().any(|process| process.pid == pid),
        Owner::NoOwner | Owner::NotAccepted | Owner::Hidden { .. } => false,
    }
}

/// What a row says, folded.
fn describe(socket: &Socket, processes: &BTreeMap<u32, Process>) -> String {
    let owner = phrases::owner(&socket.owner, processes).plain();
    let remote = socket.remote.map(|remote| remote.to_string()).unwrap_or_default();
    fold(&format!("{} {} {owner} {remote}", socket.state, socket.local))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn matches(filter: &str) -> bool {
        let socket = Socket::new(
            "192.168.7.21:49812".parse().expect("an address"),
            Some("10.0.0.9:443".parse().expect("an address")),
            State::CloseWait,
            Owner::Known(Arc::from([18_422])),
        );
        let process = Process { pid: 18_422, name: "Feed-Client".to_owned(), started_s: None };
        let processes = BTreeMap::from([(process.pid, process)]);
        Filter::new(filter).matches(&socket, &processes)
    }

    #[test]
    fn every_word_must_occur() {
        let matching = [
            "",
            "feed",
            "FEED-client 443",
            "close-wait",
            "CLOSE_WAIT 10.0.0.9",
            "18422",
            "49812",
            "pid:18422",
            "10.0.0",
            "10.0.0.9:443",
        ];
        for text in matching {
            assert!(matches(text), "{text}");
        }
        for text in [
            "established",
            "feed 80",
            "close-wait nginx",
            "fin-wait-2",
            "0.0.0.9",
            "10.0.0.9:44",
            "1842",
            "4981",
        ] {
            assert!(!matches(text), "{text}");
        }
    }

    #[test]
    fn a_state_is_not_found_inside_an_owner() {
        assert!(!matches("listen"));
        assert!(!matches("closed"));
        for typed in ["close", "close-", "close-wa", "close_wai"] {
            assert!(matches(typed), "a state's name that is still being typed: {typed}");
        }
    }
}
