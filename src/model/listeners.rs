//! Where somebody listens.

use std::collections::HashSet;
use std::net::{IpAddr, SocketAddr};

use super::{PortSet, Socket, State};

/// The addresses on which somebody listens, to tell who takes what comes to an address.
#[derive(Clone, Debug, Default)]
pub struct Listeners {
    /// The ports that somebody listens on, to say "nobody" at once.
    ports: PortSet,
    /// Ports of `0.0.0.0`.
    any_v4: PortSet,
    /// Ports of `[::]`, which take IPv4 as well unless the socket says otherwise, which no table tells.
    any: PortSet,
    exact: HashSet<SocketAddr>,
}

impl Listeners {
    /// The listeners among these sockets.
    pub fn among<'a>(sockets: impl IntoIterator<Item = &'a Socket>) -> Self {
        let listening = sockets.into_iter().filter(|socket| socket.state == State::Listen);
        Self::at(listening.map(|socket| socket.local))
    }

    /// Listeners at these addresses.
    pub fn at(addresses: impl IntoIterator<Item = SocketAddr>) -> Self {
        let mut listeners = Self::default();
        for local in addresses {
            let port = local.port();
            listeners.ports.insert(port);
            match local.ip() {
                IpAddr::V4(ip) if ip.is_unspecified() => listeners.any_v4.insert(port),
                IpAddr::V6(ip) if ip.is_unspecified() => listeners.any.insert(port),
                _ => drop(listeners.exact.insert(local)),
            }
        }
        listeners
    }

    /// Whether one of them takes what comes to this address.
    pub fn take(&self, local: SocketAddr) -> bool {
        let port = local.port();
        self.ports.contains(port)
            && (self.any.contains(port)
                || local.is_ipv4() && self.any_v4.contains(port)
                || self.exact.contains(&local))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Owner;

    fn socket(local: &str, state: State) -> Socket {
        Socket::new(local.parse().expect("an address"), None, state, Owner::NoOwner)
    }

    #[test]
    fn a_listener_takes_its_address_and_a_wildcard_every_one_of_its_family() {
        let listeners = Listeners::among(&[
            socket("127.0.0.5:45123", State::Listen),
            socket("0.0.0.0:80", State::Listen),
            socket("[::]:443", State::Listen),
            socket("10.0.0.1:22", State::Established),
        ]);
        let takes = |local: &str| listeners.take(local.parse().expect("an address"));
        for taken in ["127.0.0.5:45123", "10.0.0.1:80", "10.0.0.1:443", "[::1]:443"] {
            assert!(takes(taken), "{taken}");
        }
        for not in ["127.0.0.1:45123", "[::1]:80", "10.0.0.1:22", "10.0.0.1:81"] {
            assert!(!takes(not), "{not}");
        }
    }
}
