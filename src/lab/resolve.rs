//! From what the user typed to addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs as _};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;
use std::{fmt, io};

use crate::lab::cancel::Cancel;
use crate::lab::errno::{cancelled, no_such_name};
use crate::text;
use crate::text::Text;

/// How often a wait for the resolver looks whether it should end.
const STEP: Duration = Duration::from_millis(5);

/// Where to listen, or whom to connect to, as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// An address, which nobody has to be asked for.
    Known(SocketAddr),
    /// A name that has to be looked up, or an address of IPv6 with an interface by its name; and a port.
    Name(String, u16),
}

impl Address {
    /// What an address of IPv6 lacks without which it means another, or none: brackets before its port, or the interface of
    /// one that is link-local (RFC 4007, section 6).
    pub fn lacks(typed: &str) -> Option<Text> {
        let typed = typed.trim();
        if let Some(meant) = without_brackets(typed) {
            return Some(text!("lab_judged.address.brackets", address = meant.to_string()));
        }
        let alone = || Some((typed.parse::<IpAddr>().ok()?, 0).into());
        let address = typed.parse().ok().or_else(alone).filter(lacks_interface)?;
        let meant = format!("[{}%eth0]:{}", address.ip(), address.port());
        Some(text!("lab_judged.address.interface", address = meant))
    }

    /// Reads whom to connect to, `localhost:8080` or `[::1]:8080`; none where it is neither an address nor a name with a
    /// port other than 0.
    pub fn read(typed: &str) -> Option<Self> {
        Self::with_port(typed).filter(|address| address.port() != 0)
    }

    /// Reads where to listen: the same with port 0 as well, which is one that is free; a port alone, which is one of
    /// 127.0.0.1; or an address alone, with a free port.
    pub fn read_local(typed: &str) -> Option<Self> {
        let typed = typed.trim();
        let port = || Some((Ipv4Addr::LOCALHOST.into(), typed.parse().ok()?));
        let alone = || Some((typed.parse::<IpAddr>().ok()?, 0));
        let known = || port().or_else(alone).map(|it| Self::Known(it.into()));
        if Self::lacks(typed).is_some() {
            return None;
        }
        Self::with_port(typed).or_else(known)
    }

    fn with_port(typed: &str) -> Option<Self> {
        let typed = typed.trim();
        if let Ok(address) = typed.parse() {
            return Some(Self::Known(address)).filter(|_| !lacks_interface(&address));
        }
        let (name, port) = typed.rsplit_once(':')?;
        let port = port.parse().ok()?;
        let is_name = |name: &str| {
            let name_like = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
            !name.is_empty() && name.chars().all(name_like)
        };
        if let Some(scoped) = name.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
            // An interface by its name (RFC 4007, section 11.2), which the resolver knows.
            let (ip, interface) = scoped.split_once('%')?;
            let is_scoped = ip.parse::<Ipv6Addr>().is_ok() && is_name(interface);
            return is_scoped.then(|| Self::Name(scoped.to_owned(), port));
        }
        is_name(name).then(|| Self::Name(name.to_owned(), port))
    }

    const fn port(&self) -> u16 {
        match self {
            Self::Known(address) => address.port(),
            Self::Name(_, port) => *port,
        }
    }

    /// Whether it is loopback for certain.
    pub fn is_loopback(&self) -> bool {
        match self {
            Self::Known(address) => address.ip().to_canonical().is_loopback(),
            // RFC 6761, section 6.3.
            Self::Name(name, _) => name.eq_ignore_ascii_case("localhost"),
        }
    }

    /// Whether it is `0.0.0.0` or `[::]`: every address of this computer for a listener, and one of its own for a client.
    pub fn is_unspecified(&self) -> bool {
        match self {
            Self::Known(address) => address.ip().to_canonical().is_unspecified(),
            Self::Name(..) => false,
        }
    }

    /// The addresses it has, in the order in which the system would try them.
    pub(super) fn resolve(&self, cancel: &Cancel) -> io::Result<Vec<SocketAddr>> {
        match self {
            Self::Known(address) => Ok(vec![*address]),
            Self::Name(name, port) => resolve(name, *port, cancel),
        }
    }
}

/// What was meant by an address of IPv6 whose last part may be a port.
fn without_brackets(typed: &str) -> Option<SocketAddr> {
    let (ip, port) = typed.rsplit_once(':')?;
    Some((ip.parse::<Ipv6Addr>().ok()?, port.parse().ok()?).into())
}

const fn lacks_interface(address: &SocketAddr) -> bool {
    matches!(address, SocketAddr::V6(it) if it.ip().is_unicast_link_local() && it.scope_id() == 0)
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Known(address) => write!(f, "{address}"),
            Self::Name(name, port) if name.contains(':') => write!(f, "[{name}]:{port}"),
            Self::Name(name, port) => write!(f, "{name}:{port}"),
        }
    }
}

/// Asks the system's resolver for a name's addresses.
///
/// The resolver cannot be interrupted. It is asked on a thread of its own, which is left alone when `cancel` says so: it ends
/// with the resolver's own time, and nobody takes its answer.
pub(super) fn resolve(name: &str, port: u16, cancel: &Cancel) -> io::Result<Vec<SocketAddr>> {
    let (answer, answered) = channel();
    let asked = name.to_owned();
    let thread = thread::Builder::new().name("lab-resolve".to_owned()).spawn(move || {
        let addresses = (asked, port).to_socket_addrs().map(Iterator::collect::<Vec<_>>);
        // Nobody waits for it any more when the lookup was cancelled.
        let _ = answer.send(addresses);
    })?;
    loop {
        match answered.recv_timeout(STEP) {
            Ok(Ok(addresses)) if !addresses.is_empty() => return Ok(addresses),
            Ok(Ok(_)) => return Err(no_such_name(name)),
            Ok(Err(error)) if error.raw_os_error().is_some() => return Err(error),
            Ok(Err(error)) => return Err(no_such_name(&error.to_string())),
            Err(RecvTimeoutError::Timeout) if cancel.is_cancelled() => return Err(cancelled()),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                // It panicked, which joining it tells.
                let panicked = thread.join().is_err();
                return Err(io::Error::other(if panicked {
                    "the resolving thread panicked"
                } else {
                    "the resolver gave no answer"
                }));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_an_address_or_a_name_with_a_port() {
        let known = |text: &str| Some(Address::Known(text.parse().expect("an address")));
        assert_eq!(Address::read(" 127.0.0.1:80 "), known("127.0.0.1:80"));
        assert_eq!(Address::read("[::1]:443"), known("[::1]:443"));
        assert_eq!(
            Address::read("example.org:443"),
            Some(Address::Name("example.org".to_owned(), 443))
        );
        assert_eq!(Address::read("[fe80::1%2]:443"), known("[fe80::1%2]:443"));
        let scoped = Address::read("[fe80::1%eth0]:443");
        assert_eq!(scoped, Some(Address::Name("fe80::1%eth0".to_owned(), 443)));
        assert_eq!(scoped.map(|it| it.to_string()).as_deref(), Some("[fe80::1%eth0]:443"));
        for bad in ["", "80", ":80", "host", "host:", "host:0", "host:65536", "::1:80", "a b:1"] {
            assert_eq!(Address::read(bad), None, "{bad}");
        }
        for bad in ["[host]:80", "[host%lo]:80", "[fe80::1%]:80", "[fe80::1%a b]:80", "fe80::1%lo"]
        {
            assert_eq!(Address::read(bad), None, "{bad}");
        }
        assert_eq!(Address::read("http://localhost:80"), None);
    }

    #[test]
    fn where_to_listen_may_leave_out_the_port_or_the_address() {
        let read = |text| Address::read_local(text).map(|address| address.to_string());
        for (text, meant) in [
            ("8080", "127.0.0.1:8080"),
            ("127.0.0.1:0", "127.0.0.1:0"),
            ("::1", "[::1]:0"),
            ("0.0.0.0:80", "0.0.0.0:80"),
            ("localhost:80", "localhost:80"),
            ("localhost:0", "localhost:0"),
        ] {
            assert_eq!(read(text).as_deref(), Some(meant));
        }
        for bad in ["", "70000", "localhost", ":80", "::1:80:", "a b:1", "http://localhost:80"] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_an_address_of_ipv6_lacks_is_told() {
        let lacks = |typed| Address::lacks(typed).map(|text| text.plain());
        for (typed, meant) in [
            ("::1:0", "[::1]:0"),
            ("::1:8080", "[::1]:8080"),
            ("fe80::1:80", "[fe80::1]:80"),
            ("[fe80::1]:80", "[fe80::1%eth0]:80"),
            ("fe80::1", "[fe80::1%eth0]:0"),
        ] {
            assert!(lacks(typed).is_some_and(|said| said.contains(meant)), "{:?}", lacks(typed));
            assert_eq!(Address::read(typed), None, "{typed}");
            assert_eq!(Address::read_local(typed), None, "{typed}");
        }
        for typed in ["::1", "::", "1:2:3:4:5:6:7:8", "[::1]:80", "[fe80::1%2]:80", "127.0.0.1:80"]
        {
            assert_eq!(lacks(typed), None, "{typed}");
        }
    }

    #[test]
    fn what_is_this_computer_for_certain_is_known_without_asking() {
        let is_loopback = |text| Address::read(text).is_some_and(|it| it.is_loopback());
        assert!(is_loopback("[::1]:1") && is_loopback("127.9.9.9:1") && is_loopback("localhost:1"));
        assert!(is_loopback("[::ffff:127.0.0.1]:1"));
        assert!(!is_loopback("192.0.2.1:1") && !is_loopback("localhost.example:1"));
        assert!(Address::read("[::]:1").is_some_and(|it| it.is_unspecified()));
    }

    #[test]
    fn a_lookup_that_is_cancelled_ends_at_once() {
        let cancel = Cancel::new();
        cancel.cancel();
        let began = std::time::Instant::now();
        // Whether the answer or the wish comes first is the system's affair.
        let result = resolve("localhost", 80, &cancel);
        assert!(result.is_ok() || result.is_err_and(|it| it.kind() == io::ErrorKind::Interrupted));
        assert!(began.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn a_name_that_does_not_resolve_is_said_in_words() {
        // RFC 6761, section 6.4: `invalid` never resolves, and needs no network to say so.
        let Err(error) = resolve("nobody.invalid", 80, &Cancel::new()) else {
            panic!("nobody.invalid has an address");
        };
        let error = crate::lab::errno::CallError::new(&error);
        assert_eq!(error.errno, "not found");
        assert_eq!(error.meaning.id(), "lab.errno.no_such_name");
    }
}
