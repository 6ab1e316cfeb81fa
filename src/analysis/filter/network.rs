//! Where an end may lie: an address, the beginning of one, a network.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

/// Where an end may lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// No address in particular: `0.0.0.0`, `::`.
    Any,
    /// This machine's own.
    Loopback,
    /// Addresses that no one reaches from outside (RFC 1918, RFC 4193, RFC 3927, RFC 4291 section 2.5.6).
    Private,
    /// One address and port.
    Exact(SocketAddr),
    /// All addresses that begin with these bits.
    Network(IpAddr, u8),
}

/// The places that have a name.
pub const NAMED: [(&str, Place); 3] =
    [("any", Place::Any), ("loopback", Place::Loopback), ("private", Place::Private)];

impl Place {
    /// Reads `10.0.0.9`, `10.0.0.9:443`, `10.0.`, `10.0.0.0/8`, `2001:db8::/32`, `[::1]:443`, `any`.
    pub fn read(text: &str) -> Option<Self> {
        if let Some((_, place)) = NAMED.iter().find(|(name, _)| name.eq_ignore_ascii_case(text)) {
            return Some(*place);
        }
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Some(Self::Exact(canonical(address)));
        }
        let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        if let Ok(ip) = bare.parse::<IpAddr>() {
            return Some(Self::one(ip));
        }
        if let Some((ip, bits)) = text.split_once('/') {
            let ip: IpAddr = ip.parse().ok()?;
            let bits: u8 = bits.parse().ok()?;
            return (bits <= width(ip)).then_some(Self::Network(ip, bits));
        }
        beginning(text)
    }

    /// The network of one address.
    pub fn one(ip: IpAddr) -> Self {
        let ip = ip.to_canonical();
        Self::Network(ip, width(ip))
    }

    /// Whether an end lies there.
    pub fn holds(&self, end: SocketAddr) -> bool {
        let ip = end.ip().to_canonical();
        match *self {
            Self::Any => ip.is_unspecified(),
            Self::Loopback => ip.is_loopback(),
            Self::Private => is_private(ip),
            Self::Exact(address) => ip == address.ip() && end.port() == address.port(),
            Self::Network(network, bits) => begins_with(ip, network, bits),
        }
    }
}

/// The address as tables hold it: IPv4 on a dual-stack socket is IPv4, and no scope.
pub fn canonical(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

fn width(ip: IpAddr) -> u8 {
    if ip.is_ipv4() { 32 } else { 128 }
}

fn is_private(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_private() || ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unique_local() || ip.is_unicast_link_local(),
    }
}

fn begins_with(ip: IpAddr, network: IpAddr, bits: u8) -> bool {
    match (ip, network) {
        (IpAddr::V4(ip), IpAddr::V4(network)) => {
            let different = u32::from(ip) ^ u32::from(network);
            different.leading_zeros() >= bits.into()
        }
        (IpAddr::V6(ip), IpAddr::V6(network)) => {
            let different = u128::from(ip) ^ u128::from(network);
            different.leading_zeros() >= bits.into()
        }
        _ => false,
    }
}

/// `10.`, `10.0`, `10.0.4.`: one to three whole numbers.
fn beginning(text: &str) -> Option<Place> {
    let mut octets = [0_u8; 4];
    let mut count = 0;
    for part in text.strip_suffix('.').unwrap_or(text).split('.') {
        let digits = part.len() <= 3 && part.bytes().all(|c| c.is_ascii_digit());
        *octets.get_mut(count).filter(|_| digits && count < 3)? = part.parse().ok()?;
        count += 1;
    }
    let bits = u8::try_from(count * 8).ok()?;
    Some(Place::Network(IpAddr::V4(Ipv4Addr::from(octets)), bits))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(place: &str, end: &str) -> Option<bool> {
        Some(Place::read(place)?.holds(end.parse().expect("an address")))
    }

    #[test]
    fn places_are_read_and_held_against_an_end() {
        for (place, end, expected) in [
            ("10.0.0.9", "10.0.0.9:443", true),
            ("10.0.0.9", "10.0.0.91:443", false),
            ("10.0.0.9:443", "10.0.0.9:443", true),
            ("10.0.0.9:443", "10.0.0.9:444", false),
            ("10.", "10.200.0.9:1", true),
            ("10.0", "10.0.7.9:1", true),
            ("10.0.4.", "10.0.40.9:1", false),
            ("10.0.0.0/8", "10.255.0.1:1", true),
            ("10.0.0.0/8", "11.0.0.1:1", false),
            ("0.0.0.0/0", "8.8.8.8:1", true),
            ("0.0.0.0/0", "[::1]:1", false),
            ("10.0.0.9/32", "10.0.0.9:1", true),
            ("2001:db8::/32", "[2001:db8:7::1]:1", true),
            ("2001:db8::/32", "[2001:db9::1]:1", false),
            ("::/0", "[2001:db9::1]:1", true),
            ("[::1]:8080", "[::1]:8080", true),
            ("[::1]", "[::1]:8080", true),
            ("::ffff:10.0.0.9", "10.0.0.9:443", true),
            ("any", "0.0.0.0:80", true),
            ("any", "127.0.0.1:80", false),
            ("Loopback", "127.8.0.1:80", true),
            ("private", "192.168.7.1:80", true),
            ("private", "[fe80::1]:80", true),
            ("private", "8.8.8.8:80", false),
        ] {
            assert_eq!(holds(place, end), Some(expected), "{place} {end}");
        }
    }

    #[test]
    fn what_is_no_place_is_not_read() {
        for text in
            ["", ".", "10..", "256.", "10.0.0.0/33", "::/129", "10.0.0.0/", "x", "1.2.3.4.5", ":80"]
        {
            assert_eq!(Place::read(text), None, "{text:?}");
        }
    }
}
