//! Plain text filter over sockets: every word must occur somewhere in the row.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::phrases;
use crate::model::{Process, Socket, State};

/// Words that a row must contain, in any order and case. No words let every row through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    words: Vec<Word>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Word {
    /// A state's name in any system's spelling.
    State(State),
    /// Anything else, folded.
    Text(String),
}

impl Word {
    fn new(word: &str) -> Self {
        let text = fold(word);
        match word.parse::<State>() {
            // `close`, which some systems call CLOSED, may be a CLOSE_WAIT that is still being typed.
            Ok(state) if !begins_another(&text, state) => Self::State(state),
            _ => Self::Text(text),
        }
    }
}

fn begins_another(text: &str, state: State) -> bool {
    State::ALL
        .iter()
        .any(|other| *other != state && fold(other.name()).starts_with(text))
}

/// What is compared: lower case, and `-` the same as `_`, since systems write states with either.
fn fold(text: &str) -> String {
    text.to_lowercase().replace('-', "_")
}

impl Filter {
    /// A filter of these words, separated by white space. A word that is a state's name in any spelling
    /// (`close-wait`, `FIN_WAIT2`) means that state.
    pub fn new(text: &str) -> Self {
        Self {
            words: text.split_whitespace().map(Word::new).collect(),
        }
    }

    /// Whether every row passes.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// Whether this row passes: its state, addresses, and whoever holds it are searched.
    ///
    /// `scratch` is written to, so that a caller with many rows allocates once.
    pub fn matches(
        &self,
        socket: &Socket,
        processes: &BTreeMap<u32, Process>,
        scratch: &mut String,
    ) -> bool {
        if self.words.is_empty() {
            return true;
        }
        scratch.clear();
        self.words.iter().all(|word| match word {
            Word::State(state) => socket.state == *state,
            Word::Text(text) => {
                if scratch.is_empty() {
                    describe(socket, processes, scratch);
                }
                scratch.contains(text.as_str())
            }
        })
    }
}

fn describe(socket: &Socket, processes: &BTreeMap<u32, Process>, into: &mut String) {
    let owner = phrases::owner(&socket.owner, processes).plain();
    // Writing to a String cannot fail.
    let _ = write!(into, "{} {} {owner} ", socket.state, socket.local);
    if let Some(remote) = socket.remote {
        let _ = write!(into, "{remote}");
    }
    *into = fold(into);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::model::{Owner, Protocol};

    fn matches(filter: &str) -> bool {
        let socket = Socket {
            protocol: Protocol::Tcp,
            local: "192.168.7.21:49812".parse().expect("an address"),
            remote: Some("10.0.0.9:443".parse().expect("an address")),
            state: State::CloseWait,
            owner: Owner::Known(Arc::from([18_422])),
        };
        let process = Process {
            pid: 18_422,
            name: "Feed-Client".to_owned(),
            started_s: None,
        };
        let processes = BTreeMap::from([(process.pid, process)]);
        Filter::new(filter).matches(&socket, &processes, &mut String::new())
    }

    #[test]
    fn every_word_must_occur() {
        for text in [
            "",
            "feed",
            "FEED-client 443",
            "close-wait",
            "CLOSE_WAIT 10.0.0.9",
            "18422",
        ] {
            assert!(matches(text), "{text}");
        }
        for text in ["established", "feed 80", "close-wait nginx", "fin-wait-2"] {
            assert!(!matches(text), "{text}");
        }
    }

    #[test]
    fn a_state_is_not_found_inside_an_owner() {
        assert!(!matches("listen"));
        assert!(!matches("closed"));
        for typed in ["close", "close-", "close-wa", "close_wai"] {
            assert!(
                matches(typed),
                "a state's name that is still being typed: {typed}"
            );
        }
    }
}
