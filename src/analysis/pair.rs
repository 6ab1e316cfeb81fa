//! What else a table tells of one row: its other end on this machine, and which end opened.

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
/// Whoever has a listener at its address was connected to. Without one it connected, when its port is of the range
/// that the system gives to those who connect, and the other's is not.
pub fn opening(
    sockets: &[Socket],
    socket: &Socket,
    ephemeral_ports: Option<&RangeInclusive<u16>>,
) -> Option<Opening> {
    let remote = socket.remote?;
    let listens = |row: &Socket| {
        row.state == State::Listen
            && row.local.port() == socket.local.port()
            && (row.local.ip().is_unspecified() || row.local.ip() == socket.local.ip())
    };
    if sockets.iter().any(listens) {
        return Some(Opening::Passive);
    }
    let given = ephemeral_ports?;
    let connected = given.contains(&socket.local.port()) && !given.contains(&remote.port());
    connected.then_some(Opening::Active)
}

#[cfg(test)]
mod tests {
    use std::net::SocketAddr;

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
        ];
        let given = 32_768..=60_999;
        let tell = |row: usize| opening(&rows, &rows[row], Some(&given));
        assert_eq!(tell(1), Some(Opening::Passive));
        assert_eq!(tell(2), Some(Opening::Active));
        assert_eq!(tell(3), None, "either may have connected");
        assert_eq!(tell(5), None, "the listener is at another address");
        assert_eq!(opening(&rows, &rows[2], None), None);
    }
}
