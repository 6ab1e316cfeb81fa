//! The eleven TCP states of RFC 9293, section 3.3.2, under the names that netstat gives them.

use std::fmt;
use std::str::FromStr;

/// The state of one end of a TCP connection (RFC 9293, section 3.3.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Waiting for connections.
    Listen,
    /// We sent a SYN and wait for the answer.
    SynSent,
    /// We got a SYN, answered it, and wait for the acknowledgement.
    SynReceived,
    /// Both directions are open.
    Established,
    /// We sent a FIN that is not acknowledged yet.
    FinWait1,
    /// Our FIN is acknowledged; the peer has not sent its own.
    FinWait2,
    /// The peer sent its FIN; this side has not closed.
    CloseWait,
    /// Both sides sent a FIN at once; ours is not acknowledged yet.
    Closing,
    /// The peer closed first, then we did; our FIN is not acknowledged yet.
    LastAck,
    /// Both directions are closed; the kernel keeps the 4-tuple for 2 MSL.
    TimeWait,
    /// No connection: bound at most.
    Closed,
}

impl State {
    /// How many states there are.
    pub const COUNT: usize = 11;

    /// Every state, in the order in which a connection can pass through them.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Listen,
        Self::SynSent,
        Self::SynReceived,
        Self::Established,
        Self::FinWait1,
        Self::FinWait2,
        Self::CloseWait,
        Self::Closing,
        Self::LastAck,
        Self::TimeWait,
        Self::Closed,
    ];

    /// The fixed order in which people are shown states: what they came for first.
    pub const SHOWN: [Self; Self::COUNT] = [
        Self::CloseWait,
        Self::Established,
        Self::TimeWait,
        Self::FinWait2,
        Self::Listen,
        Self::SynSent,
        Self::FinWait1,
        Self::SynReceived,
        Self::Closing,
        Self::LastAck,
        Self::Closed,
    ];

    /// The name as netstat writes it; never translated.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Listen => "LISTEN",
            Self::SynSent => "SYN_SENT",
            Self::SynReceived => "SYN_RECEIVED",
            Self::Established => "ESTABLISHED",
            Self::FinWait1 => "FIN_WAIT_1",
            Self::FinWait2 => "FIN_WAIT_2",
            Self::CloseWait => "CLOSE_WAIT",
            Self::Closing => "CLOSING",
            Self::LastAck => "LAST_ACK",
            Self::TimeWait => "TIME_WAIT",
            Self::Closed => "CLOSED",
        }
    }

    /// The state with exactly this [`State::name`]; people's spellings are read by [`str::parse`].
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// The position in [`State::ALL`].
    pub const fn index(self) -> usize {
        self as usize
    }

    /// The position in [`State::SHOWN`].
    pub const fn shown_position(self) -> usize {
        const POSITIONS: [usize; State::COUNT] = {
            let mut positions = [0; State::COUNT];
            let mut position = 0;
            while position < State::COUNT {
                positions[State::SHOWN[position].index()] = position;
                position += 1;
            }
            positions
        };
        POSITIONS[self.index()]
    }

    /// Whether one connection can be in `self` now after it was in `earlier` at the last look.
    ///
    /// Several transitions may lie between two looks, so this asks for reachability in the diagram of
    /// RFC 9293, figure 5, without passing CLOSED. A 4-tuple that breaks it carries a new connection.
    pub const fn can_follow(self, earlier: Self) -> bool {
        if self as usize == earlier as usize {
            return true;
        }
        match earlier {
            Self::Listen | Self::Closed | Self::TimeWait | Self::LastAck => false,
            Self::SynSent => !matches!(self, Self::Listen | Self::Closed),
            Self::SynReceived => !matches!(self, Self::Listen | Self::Closed | Self::SynSent),
            Self::Established => {
                !matches!(self, Self::Listen | Self::Closed | Self::SynSent | Self::SynReceived)
            }
            Self::FinWait1 => matches!(self, Self::FinWait2 | Self::Closing | Self::TimeWait),
            Self::FinWait2 | Self::Closing => matches!(self, Self::TimeWait),
            Self::CloseWait => matches!(self, Self::LastAck),
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The text is not the name of a TCP state in any system's spelling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseStateError(pub String);

impl fmt::Display for ParseStateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} is not a TCP state", self.0)
    }
}

impl std::error::Error for ParseStateError {}

impl FromStr for State {
    type Err = ParseStateError;

    /// Accepts what netstat, `ss`, PowerShell and the kernel headers write: `FIN-WAIT-2`, `finwait2`,
    /// `FIN_WAIT2`, `ESTAB`, `SYN_RCVD`, `TIME-WAIT`, `UNCONN`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bare: String = text
            .chars()
            .filter(|c| !matches!(c, '-' | '_' | ' '))
            .map(|c| c.to_ascii_uppercase())
            .collect();
        Ok(match bare.as_str() {
            "LISTEN" | "LISTENING" => Self::Listen,
            "SYNSENT" => Self::SynSent,
            "SYNRECEIVED" | "SYNRCVD" | "SYNRECV" => Self::SynReceived,
            "ESTABLISHED" | "ESTAB" => Self::Established,
            "FINWAIT1" => Self::FinWait1,
            "FINWAIT2" => Self::FinWait2,
            "CLOSEWAIT" => Self::CloseWait,
            "CLOSING" => Self::Closing,
            "LASTACK" => Self::LastAck,
            "TIMEWAIT" => Self::TimeWait,
            "CLOSED" | "CLOSE" | "UNCONN" | "BOUND" => Self::Closed,
            _ => return Err(ParseStateError(text.to_owned())),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_reads_back() {
        for state in State::ALL {
            assert_eq!(state.name().parse(), Ok(state));
            assert_eq!(State::ALL[state.index()], state);
        }
    }

    #[test]
    fn every_system_spelling_is_understood() {
        for (text, state) in [
            ("FIN-WAIT-2", State::FinWait2),
            ("finwait2", State::FinWait2),
            ("FIN_WAIT2", State::FinWait2),
            ("close-wait", State::CloseWait),
            ("ESTAB", State::Established),
            ("SYN_RCVD", State::SynReceived),
            ("SYN-RECV", State::SynReceived),
            ("LISTENING", State::Listen),
            ("UNCONN", State::Closed),
        ] {
            assert_eq!(text.parse(), Ok(state), "{text}");
        }
        assert!("CLOSE_WAITS".parse::<State>().is_err());
        assert!("".parse::<State>().is_err());
    }

    #[test]
    fn shown_order_has_every_state_once() {
        let mut shown = State::SHOWN;
        shown.sort();
        assert_eq!(shown, State::ALL);
        shown.sort_by_key(|state| state.shown_position());
        assert_eq!(shown, State::SHOWN);
    }

    #[test]
    fn a_connection_never_goes_back() {
        assert!(State::TimeWait.can_follow(State::Established));
        assert!(State::CloseWait.can_follow(State::SynSent));
        assert!(State::LastAck.can_follow(State::CloseWait));
        assert!(!State::Established.can_follow(State::TimeWait));
        assert!(!State::Established.can_follow(State::CloseWait));
        assert!(!State::TimeWait.can_follow(State::CloseWait));
        assert!(!State::SynSent.can_follow(State::FinWait2));
    }
}
