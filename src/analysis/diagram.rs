//! The TCP state diagram as a graph: RFC 9293, figure 5, and which of its steps one socket took.
//!
//! CLOSED stands in it twice, before a connection and after it. Left out: resets, which lead from everywhere to CLOSED
//! and which the figure leaves out too, and a socket that is closed before it was open. How it is drawn is `gui`'s
//! business.

use std::collections::VecDeque;

use crate::model::State;

/// A place in the diagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Node {
    /// CLOSED, before a connection.
    Before,
    /// One of the other ten states.
    In(State),
    /// CLOSED, after a connection.
    After,
}

impl Node {
    /// The state there.
    pub const fn state(self) -> State {
        match self {
            Self::Before | Self::After => State::Closed,
            Self::In(state) => state,
        }
    }
}

/// A step from one place to the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// From here.
    pub from: Node,
    /// To here.
    pub to: Node,
    /// Whether a connection takes it unless something rare happens: both ends open or close at once, or one
    /// closes before it is open.
    pub usual: bool,
}

const fn usual(from: Node, to: Node) -> Edge {
    Edge { from, to, usual: true }
}

const fn rare(from: Node, to: Node) -> Edge {
    Edge { from, to, usual: false }
}

/// The steps of a connection from its beginning to its end.
///
/// The figure's note 2 tells of FIN_WAIT_1 to TIME_WAIT: an acknowledgement with a FIN passes FIN_WAIT_2 in no time.
pub const EDGES: [Edge; 17] = {
    use Node::{After, Before, In};
    use State::{
        CloseWait, Closing, Established, FinWait1, FinWait2, LastAck, Listen, SynReceived, SynSent,
        TimeWait,
    };
    [
        usual(Before, In(Listen)),
        usual(Before, In(SynSent)),
        rare(In(Listen), In(SynSent)),
        usual(In(Listen), In(SynReceived)),
        rare(In(SynSent), In(SynReceived)),
        usual(In(SynSent), In(Established)),
        usual(In(SynReceived), In(Established)),
        rare(In(SynReceived), In(FinWait1)),
        usual(In(Established), In(FinWait1)),
        usual(In(Established), In(CloseWait)),
        usual(In(FinWait1), In(FinWait2)),
        rare(In(FinWait1), In(Closing)),
        usual(In(FinWait2), In(TimeWait)),
        usual(In(Closing), In(TimeWait)),
        usual(In(CloseWait), In(LastAck)),
        usual(In(TimeWait), After),
        usual(In(LastAck), After),
    ]
};

/// Which end opened a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// This one sent the first SYN.
    Active,
    /// This one listened.
    Passive,
}

/// How a socket stands to one step, the surer the greater.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Course {
    /// It did not take it, as far as is known.
    #[default]
    Other,
    /// It must have taken it, unseen.
    Inferred,
    /// It was seen on both ends of it, one after the other.
    Seen,
}

/// What one socket did, step by step and place by place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Walk {
    /// How it stands to each of [`EDGES`].
    pub courses: [Course; EDGES.len()],
    /// The places where it was seen, the present one last.
    pub seen: Vec<Node>,
}

impl Walk {
    /// The walk of a socket that was seen in these states, oldest first, the present one last. `opening` is which
    /// end opened, where that is known.
    ///
    /// Steps between two looks that were not seen follow the usual way; where several are usual, as when it is not
    /// known who opened, the steps that they share.
    pub fn new(states: &[State], opening: Option<Opening>) -> Self {
        let seen = places(states);
        let mut courses = [Course::Other; EDGES.len()];
        if let Some(first) = seen.first() {
            for edge in unseen(Node::Before, *first, opening) {
                courses[edge] = Course::Inferred;
            }
        }
        for pair in seen.windows(2) {
            match EDGES.iter().position(|edge| edge.from == pair[0] && edge.to == pair[1]) {
                Some(edge) => courses[edge] = Course::Seen,
                None => {
                    for edge in unseen(pair[0], pair[1], opening) {
                        courses[edge] = Course::Inferred;
                    }
                }
            }
        }
        Self { courses, seen }
    }

    /// Where it is now.
    pub fn present(&self) -> Option<Node> {
        self.seen.last().copied()
    }
}

/// The places of these states. A socket that is used again begins anew, and only its last connection counts.
fn places(states: &[State]) -> Vec<Node> {
    let mut seen: Vec<Node> = Vec::new();
    for state in states {
        let node = match state {
            State::Closed if seen.is_empty() => Node::Before,
            State::Closed => Node::After,
            state => Node::In(*state),
        };
        let goes_on = seen.last().is_none_or(|last| !ways(*last, node, None).is_empty());
        if !goes_on {
            seen.clear();
        }
        seen.push(node);
    }
    seen
}

/// The steps from one place to another that cannot have been left out.
fn unseen(from: Node, to: Node, opening: Option<Opening>) -> Vec<usize> {
    let ways = ways(from, to, opening);
    let Some(first) = ways.first() else {
        return Vec::new();
    };
    first.iter().copied().filter(|edge| ways.iter().all(|way| way.contains(edge))).collect()
}

/// Every way from one place to another by usual steps; by rare ones as well where no usual ones lead there.
fn ways(from: Node, to: Node, opening: Option<Opening>) -> Vec<Vec<usize>> {
    let excluded = match opening {
        Some(Opening::Active) => Some(Node::In(State::Listen)),
        Some(Opening::Passive) => Some(Node::In(State::SynSent)),
        None => None,
    };
    let search = |rare: bool| {
        let mut found = Vec::new();
        let mut begun = VecDeque::from([(from, Vec::new())]);
        while let Some((here, way)) = begun.pop_front() {
            if here == to {
                found.push(way);
                continue;
            }
            for (index, edge) in EDGES.iter().enumerate() {
                if edge.from == here && (edge.usual || rare) && Some(edge.to) != excluded {
                    let mut longer = way.clone();
                    longer.push(index);
                    begun.push_back((edge.to, longer));
                }
            }
        }
        found
    };
    let usual = search(false);
    if usual.is_empty() { search(true) } else { usual }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn reachable(from: Node) -> HashSet<Node> {
        let mut reached = HashSet::new();
        let mut next = vec![from];
        while let Some(here) = next.pop() {
            for edge in EDGES.iter().filter(|edge| edge.from == here) {
                if reached.insert(edge.to) {
                    next.push(edge.to);
                }
            }
        }
        reached
    }

    fn dotted(walk: &Walk) -> Vec<(State, State)> {
        steps(walk, Course::Inferred)
    }

    fn steps(walk: &Walk, course: Course) -> Vec<(State, State)> {
        EDGES
            .iter()
            .zip(walk.courses)
            .filter(|(_, is)| *is == course)
            .map(|(edge, _)| (edge.from.state(), edge.to.state()))
            .collect()
    }

    /// `State::can_follow` speaks of one connection, which neither a listener nor CLOSED carries on.
    #[test]
    fn one_state_is_reached_from_another_exactly_when_it_can_follow_it() {
        let within = |state: &State| !matches!(state, State::Listen | State::Closed);
        for from in State::ALL.into_iter().filter(within) {
            let reached = reachable(Node::In(from));
            for to in State::ALL.into_iter().filter(|to| *to != from && within(to)) {
                let by_edges = reached.contains(&Node::In(to));
                assert_eq!(by_edges, to.can_follow(from), "{from} to {to}");
            }
            assert!(!reached.contains(&Node::In(State::Listen)), "{from} never listens");
            assert!(reached.contains(&Node::After), "{from} ends");
            assert!(!reached.contains(&Node::In(from)), "{from} never comes back");
        }
    }

    #[test]
    fn every_step_is_there_once_and_every_state_begins_at_closed() {
        for (index, edge) in EDGES.iter().enumerate() {
            let twin = |other: &Edge| other.from == edge.from && other.to == edge.to;
            assert!(!EDGES[index + 1..].iter().any(twin), "{edge:?}");
        }
        let reached = reachable(Node::Before);
        let states: HashSet<State> = reached.iter().map(|node| node.state()).collect();
        assert_eq!(states.len(), State::COUNT);
    }

    #[test]
    fn what_was_seen_is_seen_and_what_lies_between_is_inferred() {
        use State::{CloseWait, Established, FinWait1, FinWait2, LastAck, SynSent, TimeWait};
        let walk = Walk::new(&[SynSent, Established, CloseWait], None);
        let seen = [(SynSent, Established), (Established, CloseWait)];
        assert_eq!(steps(&walk, Course::Seen), seen);
        assert_eq!(dotted(&walk), [(State::Closed, SynSent)]);
        assert_eq!(walk.present(), Some(Node::In(CloseWait)));

        let skipped = Walk::new(&[Established, LastAck], Some(Opening::Active));
        assert_eq!(steps(&skipped, Course::Seen), []);
        assert!(dotted(&skipped).contains(&(Established, CloseWait)));
        assert!(dotted(&skipped).contains(&(CloseWait, LastAck)));

        let closed = Walk::new(&[Established, TimeWait], Some(Opening::Active));
        for step in [(Established, FinWait1), (FinWait1, FinWait2), (FinWait2, TimeWait)] {
            assert!(dotted(&closed).contains(&step), "{step:?}");
        }
    }

    #[test]
    fn who_opened_is_left_open_unless_it_is_known() {
        use State::{CloseWait, Closed, Established, Listen, SynReceived, SynSent};
        let open = Walk::new(&[CloseWait], None);
        assert_eq!(dotted(&open), [(Established, CloseWait)]);
        let active = Walk::new(&[CloseWait], Some(Opening::Active));
        assert_eq!(
            dotted(&active),
            [(Closed, SynSent), (SynSent, Established), (Established, CloseWait)]
        );
        let passive = Walk::new(&[CloseWait], Some(Opening::Passive));
        assert!(dotted(&passive).contains(&(Listen, SynReceived)));
        assert!(!dotted(&passive).contains(&(Closed, SynSent)));
    }

    #[test]
    fn a_rare_state_is_reached_by_its_rare_step() {
        let walk = Walk::new(&[State::Closing], None);
        let step = (State::FinWait1, State::Closing);
        assert!(dotted(&walk).contains(&step), "{:?}", dotted(&walk));
    }

    #[test]
    fn a_socket_that_is_used_again_shows_its_last_connection_alone() {
        use State::{CloseWait, Closed, Established, SynSent};
        let walk = Walk::new(&[SynSent, Established, CloseWait, Closed, SynSent], None);
        assert_eq!(walk.seen, [Node::In(SynSent)]);
        assert_eq!(steps(&walk, Course::Seen), []);
        let bound = Walk::new(&[Closed], None);
        assert_eq!(bound.present(), Some(Node::Before));
        assert_eq!(dotted(&bound), []);
        let over = Walk::new(&[Established, CloseWait, Closed], None);
        assert_eq!(over.present(), Some(Node::After));
    }
}
