//! What else a table tells of one row: its other end on this machine, and which end opened.

use std::net::SocketAddr;
use std::ops::RangeInclusive;

use super::diagram::Opening;
use crate::model::{Socket, State};

/// Where the other end of a connection stands in the table, when that is on this machine: the row with the
/// two addresses changed over.
pub fn other_end(sockets: &[Socket], socket: &Socket) -> Option<usize> {
    let remote = socket.remote?;
    let found = |row: &Socket| row.local == remote && row.remote == Some(socket.local);
    // A socket can be connected to itself (RFC 9293, section 3.5, simultaneous open): that is one end.
    (remote != socket.local).then(|| sockets.iter().position(found))?
}

/// Which end opened a connection, where the table lets that be inferred.
///
/// Whoever has a listener at its address was connected to. Without one on this machine, this end connected when its
/// port is of the range that the system gives to those who connect, and the other's is not.
pub fn opening(
    sockets: &[Socket],
    socket: &Socket,
    ephemeral_ports: Option<&RangeInclusive<u16>>,
) -> Option<Opening> {
    let remote = socket.remote?;
    // A listener at any address of this machine is meant by the addresses that are known to be of it.
    let here = remote.ip().is_loopback() || remote.ip() == socket.local.ip();
    let listens = |address: SocketAddr, here: bool| {
        sockets.iter().any(|row| {
            row.state == State::Listen
                && row.local.port() == address.port()
                && (row.local.ip() == address.ip() || here && row.local.ip().is_unspecified())
        })
    };
    if listens(socket.local, true) {
        return Some(Opening::Passive);
    }
    if listens(remote, here) {
        return Some(Opening::Active);
    }
    let given = ephemeral_ports?;
    let connected = given.contains(&socket.local.port()) && !given.contains(&remote.port());
    connected.then_some(Opening::Active)
}

/// The states in which the other end of a connection can be for longer than a round trip while this one is in
/// `state`; it may also be gone where it closed already, or vanished.
pub const fn states_of_other_end(state: State) -> &'static [State] {
    match state {
        State::Listen | State::Closed => &[],
        State::SynSent => &[State::Listen],
        State::SynReceived => &[State::SynSent],
        State::Established => &[State::Established],
        State::FinWait1 => &[State::Established, State::CloseWait],
        State::FinWait2 => &[State::CloseWait],
        State::CloseWait => &[State::FinWait2],
        State::Closing => &[State::Closing, State::TimeWait],
        State::LastAck => &[State::FinWait2, State::TimeWait],
        State::TimeWait => &[State::LastAck],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Owner;

    fn socket(local: &str, remote: &str, state: State) -> Socket {
        let address = |text: &str| text.parse::<SocketAddr>().ok();
        Socket::new(address(local).unwrap(), address(remote), state, Owner::NoOwner)
    }

    #[test]
    fn the_other_end_has_the_addresses_changed_over() {
        let rows = [
            socket("127.0.0.1:80", "", State::Listen),
            socket("127.0.0.1:80", "127.0.0.1:40000", State::FinWait2),
            socket("127.0.0.1:40000", "127.0.0.1:80", State::CloseWait),
            socket("127.0.0.1:7", "127.0.0.1:7", State::Established),
            socket("10.0.0.1:40000", "10.0.0.9:80", State::CloseWait),
        ];
        assert_eq!(other_end(&rows, &rows[2]), Some(1));
        assert_eq!(other_end(&rows, &rows[1]), Some(2));
        assert_eq!(other_end(&rows, &rows[0]), None);
        assert_eq!(other_end(&rows, &rows[3]), None, "it is its own other end");
        assert_eq!(other_end(&rows, &rows[4]), None);
    }

    #[test]
    fn a_listener_was_connected_to_and_an_ephemeral_port_connected() {
        let rows = [
            socket("0.0.0.0:80", "", State::Listen),
            socket("10.0.0.1:80", "10.0.0.9:40000", State::Established),
            socket("10.0.0.1:40000", "10.0.0.9:443", State::Established),
            socket("10.0.0.1:40001", "10.0.0.9:40002", State::Established),
            socket("127.0.0.2:90", "", State::Listen),
            socket("127.0.0.1:90", "127.0.0.1:40000", State::Established),
            socket("127.0.0.1:40003", "127.0.0.1:80", State::Established),
            socket("10.0.0.1:40003", "10.0.0.9:80", State::Established),
        ];
        let given = 32_768..=60_999;
        let tell = |row: usize| opening(&rows, &rows[row], Some(&given));
        assert_eq!(tell(1), Some(Opening::Passive));
        assert_eq!(tell(2), Some(Opening::Active));
        assert_eq!(tell(3), None, "either may have connected");
        assert_eq!(tell(5), None, "the listener is at another address");
        let without_range = |row: usize| opening(&rows, &rows[row], None);
        assert_eq!(without_range(2), None);
        assert_eq!(without_range(6), Some(Opening::Active), "its peer's listener is here");
        assert_eq!(without_range(7), None, "a listener here says nothing of another machine");
    }

    #[test]
    fn the_two_halves_of_one_story_point_at_each_other() {
        assert_eq!(states_of_other_end(State::CloseWait), [State::FinWait2]);
        assert_eq!(states_of_other_end(State::FinWait2), [State::CloseWait]);
        for state in State::ALL {
            let alone = matches!(state, State::Listen | State::Closed);
            assert_eq!(states_of_other_end(state).is_empty(), alone, "{state}");
        }
    }
}
