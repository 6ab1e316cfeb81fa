//! What one end's state tells of the other end, when that is on a machine whose table nobody can read here.

use crate::model::State;

/// The state that the other end most likely has while this end is in `state`; none where several are as likely.
///
/// By the diagram of RFC 9293, section 3.3.2: each state but the first is entered by a segment of the other end, or left by
/// one. It says nothing of a segment that is still on its way or was lost.
pub const fn other_end(state: State) -> Option<State> {
    Some(match state {
        State::Established => State::Established,
        // It acknowledged our FIN and has not sent its own.
        State::FinWait2 => State::CloseWait,
        // It sent its FIN, which we acknowledged; whether it still holds the socket cannot be seen. In LAST_ACK ours is
        // on its way.
        State::CloseWait | State::LastAck => State::FinWait2,
        // It sent the last FIN, and our acknowledgement ends it.
        State::TimeWait => State::Closed,
        State::Closing => State::Closing,
        State::Listen
        | State::SynSent
        // Seen for long it is a full accept queue or TCP_DEFER_ACCEPT, and then the other end is ESTABLISHED.
        | State::SynReceived
        | State::FinWait1
        | State::Closed => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_halves_of_a_half_close_name_each_other() {
        assert_eq!(other_end(State::CloseWait), Some(State::FinWait2));
        assert_eq!(other_end(State::FinWait2), Some(State::CloseWait));
        assert_eq!(other_end(State::Established), Some(State::Established));
        assert_eq!(other_end(State::FinWait1), None, "the FIN may be acknowledged or not");
        assert_eq!(other_end(State::SynReceived), None, "its last ACK may have come or not");
    }
}
