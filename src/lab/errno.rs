//! Errors by the names that the systems' headers give them, and what they mean in the lab.
//!
//! The tables hold every numbering on every system, so that they are tested everywhere.

use std::io;

use thiserror::Error;

use super::options::{NUMBERING, Numbering};
use crate::text;
use crate::text::Text;

/// Stands in the place of an errno when the lab itself stopped the call.
const CANCELLED: &str = "cancelled";

/// A call that failed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{errno}: {}", meaning.plain())]
pub struct CallError {
    /// The header's name, `ECONNRESET` or `WSAECONNRESET`; `errno 123` for a number that is not in the
    /// tables. Where no errno was given one of these words: `cancelled` when the lab stopped the call, `no answer` when
    /// its time limit did, `met itself` for a connect whose socket is its own other end, `not found` for a name that does not resolve, `failed` for anything else.
    pub errno: String,
    /// What that means here.
    pub meaning: Text,
    /// No local port was left that the kernel could choose.
    pub(super) out_of_ports: bool,
}

impl CallError {
    /// Names an error of this system.
    pub fn new(error: &io::Error) -> Self {
        Self::numbered(error, NUMBERING)
    }

    /// Names an error whose number counts as `numbering` says.
    pub fn numbered(error: &io::Error, numbering: Numbering) -> Self {
        let Some(number) = error.raw_os_error() else {
            return Self::without_number(error);
        };
        let errno = name(number, numbering).unwrap_or_else(|| format!("errno {number}"));
        let meaning =
            meaning(&errno).unwrap_or_else(|| text!("lab.errno.other", answer = error.to_string()));
        Self { errno, meaning, out_of_ports: false }
    }

    /// What comes of `connect` where the kernel has to choose the local port.
    #[must_use]
    pub(super) fn of_automatic_port(self) -> Self {
        let out_of_ports = self.plain() == "EADDRNOTAVAIL";
        Self { out_of_ports, ..self }
    }

    /// The call was stopped by whoever runs the lab.
    pub fn is_cancelled(&self) -> bool {
        self.errno == CANCELLED
    }

    /// Whether this process, or the whole system, has as many descriptors open as it may: then nothing is told about
    /// sockets.
    pub fn is_out_of_descriptors(&self) -> bool {
        matches!(self.plain(), "EMFILE" | "ENFILE")
    }

    /// Whether no local port was left that the kernel could choose, or no address.
    pub(super) const fn is_out_of_ports(&self) -> bool {
        self.out_of_ports
    }

    /// Whether something has run out that the call takes, descriptors or local ports: then nothing is told about sockets.
    pub(super) fn is_out_of_means(&self) -> bool {
        self.is_out_of_descriptors() || self.is_out_of_ports()
    }

    /// Whether the machine lacks the address that a listener wants: the whole family where that is loopback's.
    pub(super) fn is_without_address(&self) -> bool {
        matches!(self.plain(), "EADDRNOTAVAIL" | "EAFNOSUPPORT" | "EPROTONOSUPPORT")
    }

    /// The errno without the prefix of Windows, whose names are otherwise the same.
    pub fn plain(&self) -> &str {
        plain_errno(&self.errno)
    }

    /// Whether the call would have waited, or has begun what goes on without it: `EAGAIN`, `EINPROGRESS`, and Windows'
    /// `WSAEWOULDBLOCK` for both.
    pub(super) fn is_underway(&self) -> bool {
        matches!(self.plain(), "EAGAIN" | "EWOULDBLOCK" | "EINPROGRESS")
    }

    /// Whether `accept` tells what became of a connection before it could be accepted, and says nothing of the listener
    /// (`accept(2)`, "Error handling").
    pub(super) fn is_of_what_came(&self) -> bool {
        matches!(
            self.plain(),
            "ECONNABORTED"
                | "EHOSTDOWN"
                | "EHOSTUNREACH"
                | "ENETDOWN"
                | "ENETUNREACH"
                | "ENONET"
                | "ENOPROTOOPT"
                | "EOPNOTSUPP"
                | "EPROTO"
        )
    }

    fn without_number(error: &io::Error) -> Self {
        let (errno, meaning) = match error.kind() {
            io::ErrorKind::Interrupted => (CANCELLED, text!("lab.errno.cancelled")),
            io::ErrorKind::TimedOut => ("no answer", text!("lab.errno.time_limit")),
            io::ErrorKind::ConnectionRefused => ("met itself", text!("lab_fate.met_itself")),
            io::ErrorKind::NotFound => {
                ("not found", text!("lab.errno.no_such_name", answer = error.to_string()))
            }
            _ => ("failed", text!("lab_room.failed", answer = error.to_string())),
        };
        Self { errno: errno.to_owned(), meaning, out_of_ports: false }
    }
}

/// The error with which the lab's own waiting ends when it is cancelled: an `Interrupted` without a
/// number, which no system call gives.
pub(super) fn cancelled() -> io::Error {
    io::ErrorKind::Interrupted.into()
}

/// The error of a connect that met itself: nobody listens, and by chance the kernel gave its socket the very port that it
/// connects to. Two SYNs of one socket then make a connection of one end (RFC 9293, section 3.5, "simultaneous open").
pub(super) fn met_itself() -> io::Error {
    io::ErrorKind::ConnectionRefused.into()
}

/// The error of a name that the resolver does not know, with what it answers: resolvers have no errno.
pub(super) fn no_such_name(answer: &str) -> io::Error {
    io::Error::new(io::ErrorKind::NotFound, answer.to_owned())
}

/// An errno without the prefix of Windows.
pub fn plain_errno(errno: &str) -> &str {
    errno.strip_prefix("WSA").unwrap_or(errno)
}

/// What an error by this name means in the lab; none for a name that has no sentence of its own.
pub fn meaning(errno: &str) -> Option<Text> {
    Some(match plain_errno(errno) {
        "EACCES" | "EPERM" => text!("lab.errno.not_permitted"),
        "EADDRINUSE" => text!("lab.errno.address_in_use"),
        "EADDRNOTAVAIL" => text!("lab.errno.address_not_available"),
        "EAFNOSUPPORT" | "EPROTONOSUPPORT" => text!("lab.errno.no_such_family"),
        "EAGAIN" | "EWOULDBLOCK" => text!("lab.errno.would_block"),
        "EALREADY" => text!("lab.errno.already_connecting"),
        "EBADF" | "ENOTSOCK" => text!("lab.errno.not_a_socket"),
        "ECONNABORTED" => text!("lab.errno.aborted"),
        "ECONNREFUSED" => text!("lab.errno.refused"),
        "ECONNRESET" => text!("lab.errno.reset"),
        "EDESTADDRREQ" => text!("lab.errno.no_destination"),
        "EHOSTUNREACH" | "EHOSTDOWN" => text!("lab.errno.host_unreachable"),
        "EINPROGRESS" => text!("lab.errno.in_progress"),
        "EINTR" => text!("lab.errno.interrupted"),
        "EINVAL" => text!("lab.errno.invalid"),
        "EISCONN" => text!("lab.errno.connected_already"),
        "EMFILE" => text!("lab.errno.too_many_files"),
        "ENETDOWN" => text!("lab.errno.network_down"),
        "ENETRESET" => text!("lab.errno.network_reset"),
        "ENETUNREACH" => text!("lab.errno.network_unreachable"),
        "ENFILE" => text!("lab.errno.too_many_files_of_all"),
        "ENOBUFS" | "ENOMEM" => text!("lab.errno.no_memory"),
        "ENOPROTOOPT" | "EOPNOTSUPP" => text!("lab.errno.not_supported"),
        "ENOTCONN" => text!("lab.errno.not_connected"),
        "EPIPE" | "ESHUTDOWN" => text!("lab.errno.pipe"),
        "ETIMEDOUT" => text!("lab.errno.timed_out"),
        _ => return None,
    })
}

/// What one can try after an error by this name; none where there is nothing to try, or nothing wrong.
pub fn remedy(errno: &str) -> Option<Text> {
    Some(match plain_errno(errno) {
        "EACCES" | "EPERM" => text!("lab.remedy.not_permitted"),
        "EADDRINUSE" => text!("lab.remedy.address_in_use"),
        "EADDRNOTAVAIL" => text!("lab.remedy.address_not_available"),
        "EAFNOSUPPORT" | "EPROTONOSUPPORT" => text!("lab.remedy.no_such_family"),
        "EAGAIN" | "EWOULDBLOCK" => text!("lab.remedy.would_block"),
        "ECONNABORTED" | "ECONNRESET" | "EPIPE" | "ESHUTDOWN" => text!("lab.remedy.dead"),
        "ECONNREFUSED" => text!("lab.remedy.refused"),
        "EINPROGRESS" => text!("lab.remedy.in_progress"),
        "EHOSTUNREACH" | "EHOSTDOWN" | "ENETUNREACH" => text!("lab.remedy.unreachable"),
        "EMFILE" => text!("lab.remedy.too_many_files"),
        "ENETDOWN" => text!("lab.remedy.network_down"),
        "ENFILE" | "ENOBUFS" | "ENOMEM" => text!("lab.remedy.no_memory"),
        "ETIMEDOUT" => text!("lab.remedy.timed_out"),
        _ => return None,
    })
}

fn name(number: i32, numbering: Numbering) -> Option<String> {
    let row = NAMES.iter().find(|row| match numbering {
        Numbering::Linux => row.1 == number,
        Numbering::Bsd => row.2 == number,
        Numbering::WinSock => row.3 == Some(number),
    })?;
    Some(match numbering {
        // WinSock has no EAGAIN; its word for the same thing is BSD's other one.
        Numbering::WinSock if row.0 == "EAGAIN" => "WSAEWOULDBLOCK".to_owned(),
        Numbering::WinSock => format!("WSA{}", row.0),
        Numbering::Linux | Numbering::Bsd => row.0.to_owned(),
    })
}

/// Name; Linux (asm-generic/errno-base.h, errno.h); BSD (sys/errno.h of xnu); Windows (winsock2.h).
#[rustfmt::skip]
const NAMES: &[(&str, i32, i32, Option<i32>)] = &[
    ("EPERM",           1,  1, None),
    ("EINTR",           4,  4, Some(10004)),
    ("EBADF",           9,  9, Some(10009)),
    ("EAGAIN",         11, 35, Some(10035)),
    ("ENOMEM",         12, 12, None),
    ("EACCES",         13, 13, Some(10013)),
    ("EFAULT",         14, 14, Some(10014)),
    ("EINVAL",         22, 22, Some(10022)),
    ("ENFILE",         23, 23, None),
    ("EMFILE",         24, 24, Some(10024)),
    ("EPIPE",          32, 32, None),
    ("ENOTSOCK",       88, 38, Some(10038)),
    ("EDESTADDRREQ",   89, 39, Some(10039)),
    ("EMSGSIZE",       90, 40, Some(10040)),
    ("ENOPROTOOPT",    92, 42, Some(10042)),
    ("EPROTONOSUPPORT",93, 43, Some(10043)),
    ("EOPNOTSUPP",     95,102, Some(10045)),
    ("EAFNOSUPPORT",   97, 47, Some(10047)),
    ("EADDRINUSE",     98, 48, Some(10048)),
    ("EADDRNOTAVAIL",  99, 49, Some(10049)),
    ("ENETDOWN",      100, 50, Some(10050)),
    ("ENETUNREACH",   101, 51, Some(10051)),
    ("ENETRESET",     102, 52, Some(10052)),
    ("ECONNABORTED",  103, 53, Some(10053)),
    ("ECONNRESET",    104, 54, Some(10054)),
    ("ENOBUFS",       105, 55, Some(10055)),
    ("EISCONN",       106, 56, Some(10056)),
    ("ENOTCONN",      107, 57, Some(10057)),
    ("ESHUTDOWN",     108, 58, Some(10058)),
    ("ETIMEDOUT",     110, 60, Some(10060)),
    ("ECONNREFUSED",  111, 61, Some(10061)),
    ("EHOSTDOWN",     112, 64, Some(10064)),
    ("EHOSTUNREACH",  113, 65, Some(10065)),
    ("EALREADY",      114, 37, Some(10037)),
    ("EINPROGRESS",   115, 36, Some(10036)),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn named(number: i32, numbering: Numbering) -> String {
        CallError::numbered(&io::Error::from_raw_os_error(number), numbering).errno
    }

    #[test]
    fn a_reset_has_its_name_in_every_numbering() {
        assert_eq!(named(104, Numbering::Linux), "ECONNRESET");
        assert_eq!(named(54, Numbering::Bsd), "ECONNRESET");
        assert_eq!(named(10_054, Numbering::WinSock), "WSAECONNRESET");
        assert_eq!(named(10_035, Numbering::WinSock), "WSAEWOULDBLOCK");
        assert_eq!(meaning("ECONNRESET"), meaning("WSAECONNRESET"));
    }

    #[test]
    fn the_tables_agree_with_this_system() {
        for (kind, expected) in [
            (io::ErrorKind::ConnectionReset, "ECONNRESET"),
            (io::ErrorKind::AddrInUse, "EADDRINUSE"),
            (io::ErrorKind::AddrNotAvailable, "EADDRNOTAVAIL"),
            (io::ErrorKind::ConnectionRefused, "ECONNREFUSED"),
            (io::ErrorKind::NotConnected, "ENOTCONN"),
            (io::ErrorKind::ConnectionAborted, "ECONNABORTED"),
        ] {
            let of_this_kind = NAMES
                .iter()
                .filter(|row| {
                    let number = match NUMBERING {
                        Numbering::Linux => row.1,
                        Numbering::Bsd => row.2,
                        Numbering::WinSock => row.3.unwrap_or(0),
                    };
                    io::Error::from_raw_os_error(number).kind() == kind
                })
                .map(|row| row.0)
                .collect::<Vec<_>>();
            assert_eq!(of_this_kind, [expected]);
        }
    }

    #[test]
    fn no_number_stands_twice_in_a_numbering() {
        for (index, row) in NAMES.iter().enumerate() {
            for other in &NAMES[index + 1..] {
                assert!(row.1 != other.1 && row.2 != other.2, "{} {}", row.0, other.0);
                assert!(row.3.is_none() || row.3 != other.3, "{} {}", row.0, other.0);
            }
        }
    }

    #[test]
    fn what_is_not_known_is_said_by_number() {
        let error = CallError::numbered(&io::Error::from_raw_os_error(999), Numbering::Linux);
        assert_eq!(error.errno, "errno 999");
        assert!(error.meaning.plain().contains("999"), "{error}");
        let limit = CallError::new(&io::ErrorKind::TimedOut.into());
        assert_eq!(limit.errno, "no answer");
        let ended = CallError::new(&io::Error::other("the child process ended early"));
        assert_eq!(ended.to_string(), "failed: the child process ended early.");
        assert!(CallError::new(&cancelled()).is_cancelled());
        assert!(
            !CallError::numbered(&io::Error::from_raw_os_error(4), Numbering::Linux).is_cancelled()
        );
    }

    /// With a port of one's own the same errno is the kernel's answer about that port.
    #[test]
    fn only_where_the_kernel_chooses_the_port_does_a_missing_one_say_nothing() {
        let failed =
            |number| CallError::numbered(&io::Error::from_raw_os_error(number), Numbering::Linux);
        assert!(failed(99).of_automatic_port().is_out_of_means());
        assert!(!failed(99).is_out_of_means());
        assert!(!failed(111).of_automatic_port().is_out_of_means());
        assert!(failed(24).is_out_of_means() && !failed(24).is_out_of_ports());
    }

    #[test]
    fn every_meaning_has_its_sentence() {
        for row in NAMES {
            for sentence in [meaning(row.0), remedy(row.0)].into_iter().flatten() {
                assert_ne!(sentence.plain(), sentence.id(), "{}", row.0);
            }
            assert!(remedy(row.0).is_none() || meaning(row.0).is_some(), "{}", row.0);
        }
    }
}
