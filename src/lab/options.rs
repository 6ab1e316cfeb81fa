//! The socket options that the lab can set, and which system's numbers errors carry.
//!
//! The one file of the lab in which systems may differ.
//!
//! Sources: socket(7) and tcp(7) for Linux; getsockopt(2) for macOS; `SOL_SOCKET` options and the `linger`
//! structure in the Windows Sockets reference. RFC 9293, section 3.9.1, knows neither option: CLOSE is graceful
//! and ABORT resets; `SO_LINGER` with 0 seconds is how sockets spell ABORT.

use std::fmt;
use std::io;
use std::time::Duration;

use socket2::Socket;

/// What `close()` does with data that is still to be sent (`SO_LINGER`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Linger {
    /// `close()` returns at once and the kernel goes on sending, then sends the FIN: the default.
    #[default]
    Off,
    /// `close()` waits up to so many seconds; 0 is the abortive close: a reset, unsent data lost, no
    /// TIME_WAIT.
    ///
    /// When the time is up, Linux and macOS go on in the background and Windows resets. The field holds
    /// 16 bits on Windows, and macOS counts hundredths of a second in 16 bits (the portable
    /// `SO_LINGER_SEC`, which socket2 uses there, still ends in that field): what the kernel made of a
    /// large number shows in [`SocketOptions::read_back`].
    Seconds(u16),
}

impl Linger {
    fn as_duration(self) -> Option<Duration> {
        match self {
            Self::Off => None,
            Self::Seconds(seconds) => Some(Duration::from_secs(seconds.into())),
        }
    }
}

impl fmt::Display for Linger {
    /// The structure as C writes it: `{1, 0}`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("{0, 0}"),
            Self::Seconds(seconds) => write!(f, "{{1, {seconds}}}"),
        }
    }
}

/// One option with its value: one call of `setsockopt`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SocketOption {
    /// `SO_REUSEADDR`.
    ReuseAddress(bool),
    /// `SO_LINGER`.
    Linger(Linger),
}

impl SocketOption {
    /// Sets it. The error is the system's own.
    pub fn set(self, socket: &Socket) -> io::Result<()> {
        match self {
            Self::ReuseAddress(on) => socket.set_reuse_address(on),
            Self::Linger(linger) => socket.set_linger(linger.as_duration()),
        }
    }
}

impl fmt::Display for SocketOption {
    /// The call as C writes it: `setsockopt(SO_LINGER, {1, 0})`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ReuseAddress(on) => write!(f, "setsockopt(SO_REUSEADDR, {})", u8::from(*on)),
            Self::Linger(linger) => write!(f, "setsockopt(SO_LINGER, {linger})"),
        }
    }
}

/// The options of one socket, all of which can be changed while it lives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SocketOptions {
    /// `SO_REUSEADDR`: whether `bind` may take a local address that an old connection still occupies.
    ///
    /// Linux wants it on the old and on the new socket, macOS on the new one; on Windows it takes the
    /// port of a living socket by force.
    pub reuse_address: bool,
    /// `SO_LINGER`: what `close()` does. What counts is the value at the time of the close.
    pub linger: Linger,
}

impl SocketOptions {
    /// Every option with its value, in the order in which they are set.
    pub const fn each(self) -> [SocketOption; 2] {
        [SocketOption::ReuseAddress(self.reuse_address), SocketOption::Linger(self.linger)]
    }

    /// The options whose values differ from `before`, in the order in which they are set.
    pub fn each_unlike(self, before: Self) -> impl Iterator<Item = SocketOption> {
        self.each()
            .into_iter()
            .zip(before.each())
            .filter(|(new, old)| new != old)
            .map(|(new, _)| new)
    }

    /// What the kernel says the options are now.
    pub fn read_back(socket: &Socket) -> io::Result<Self> {
        Ok(Self {
            reuse_address: socket.reuse_address()?,
            linger: match socket.linger()? {
                None => Linger::Off,
                // A kernel that holds more than was ever asked for is shown as the most we can say.
                Some(time) => Linger::Seconds(time.as_secs().try_into().unwrap_or(u16::MAX)),
            },
        })
    }
}

/// Whose numbers an error carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Numbering {
    /// Linux, `asm-generic/errno.h` (x86, Arm, RISC-V).
    Linux,
    /// macOS and the BSDs, `sys/errno.h`.
    Bsd,
    /// Windows Sockets, `winsock2.h`.
    WinSock,
}

/// The numbering of the system this program was built for.
pub const NUMBERING: Numbering = if cfg!(windows) {
    Numbering::WinSock
} else if cfg!(any(target_os = "linux", target_os = "android")) {
    Numbering::Linux
} else {
    Numbering::Bsd
};

#[cfg(test)]
mod tests {
    use socket2::{Domain, Type};

    use super::*;

    #[test]
    fn what_is_set_on_a_living_socket_reads_back() -> io::Result<()> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        assert_eq!(SocketOptions::read_back(&socket)?, SocketOptions::default(), "a new socket");
        for reuse_address in [true, false] {
            for linger in [Linger::Seconds(0), Linger::Seconds(7), Linger::Off] {
                let options = SocketOptions { reuse_address, linger };
                for option in options.each() {
                    option.set(&socket)?;
                }
                assert_eq!(SocketOptions::read_back(&socket)?, options);
            }
        }
        Ok(())
    }

    #[test]
    fn calls_are_written_as_in_c() {
        let options = SocketOptions { reuse_address: true, linger: Linger::Seconds(0) };
        assert_eq!(
            options.each().map(|option| option.to_string()),
            ["setsockopt(SO_REUSEADDR, 1)", "setsockopt(SO_LINGER, {1, 0})"]
        );
        assert_eq!(Linger::Off.to_string(), "{0, 0}");
    }
}
