//! From what the user typed to addresses.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs as _};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use crate::lab::cancel::Cancel;
use crate::lab::errno::{cancelled, no_such_name};

/// How often a wait for the resolver looks whether it should end.
const STEP: Duration = Duration::from_millis(5);

/// A target as it was typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Address {
    /// An address, which nobody has to be asked for.
    Known(SocketAddr),
    /// A name that has to be looked up, and a port.
    Name(String, u16),
}

impl Address {
    /// Reads `host:port`; none where it is neither an address nor a name with a port.
    pub(super) fn read(typed: &str) -> Option<Self> {
        let typed = typed.trim();
        if let Ok(address) = typed.parse::<SocketAddr>() {
            return (address.port() != 0).then_some(Self::Known(address));
        }
        let (name, port) = typed.rsplit_once(':')?;
        let port = port.parse().ok().filter(|port| *port != 0)?;
        let name_like = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
        (!name.is_empty() && name.chars().all(name_like)).then(|| Self::Name(name.to_owned(), port))
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
        for bad in ["", "80", ":80", "host", "host:", "host:0", "host:65536", "::1:80", "a b:1"] {
            assert_eq!(Address::read(bad), None, "{bad}");
        }
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
