//! The socket options that the lab can set, and which system's numbers errors carry.
//!
//! The one file of the lab in which systems may differ.
//!
//! Sources: socket(7) and tcp(7) for Linux; getsockopt(2) and tcp(4) for macOS; `SOL_SOCKET` and `IPPROTO_TCP`
//! options and the `linger` structure in the Windows Sockets reference. RFC 9293, section 3.9.1, knows none of
//! them: CLOSE is graceful and ABORT resets; `SO_LINGER` with 0 seconds is how sockets spell ABORT.

mod values;

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use socket2::{Socket, TcpKeepalive};

pub use values::{Linger, OptionName, OptionValue, SocketOption, SocketOptions, Takes};

use crate::os::{TcpOption, set_tcp_option, tcp_option};
#[cfg(windows)]
use crate::os::{exclusive_address, keepalive_idle, keepalive_interval, set_exclusive_address};
use crate::text;
use crate::text::Text;

impl SocketOption {
    /// Sets it: one `setsockopt`. The error is the system's own, or `Unsupported` where [`OptionName::absence`]
    /// has the reason.
    pub fn set(self, socket: &Socket) -> io::Result<()> {
        let seconds = |number: u32| Duration::from_secs(number.into());
        match (self.name, self.value) {
            (OptionName::ReuseAddress, OptionValue::Switch(on)) => socket.set_reuse_address(on),
            (OptionName::ReusePort, OptionValue::Switch(on)) => set_reuse_port(socket, on),
            (OptionName::ExclusiveAddress, OptionValue::Switch(on)) => {
                set_exclusive_address(socket, on)
            }
            (OptionName::Linger, OptionValue::Linger(linger)) => {
                socket.set_linger(linger.as_duration())
            }
            (OptionName::KeepAlive, OptionValue::Switch(on)) => socket.set_keepalive(on),
            (OptionName::KeepIdle, OptionValue::Number(number)) => {
                keepalive(socket, &TcpKeepalive::new().with_time(seconds(number)))
            }
            (OptionName::KeepInterval, OptionValue::Number(number)) => {
                keepalive(socket, &TcpKeepalive::new().with_interval(seconds(number)))
            }
            (OptionName::KeepCount, OptionValue::Number(number)) => {
                keepalive(socket, &TcpKeepalive::new().with_retries(number))
            }
            (OptionName::NoDelay, OptionValue::Switch(on)) => socket.set_tcp_nodelay(on),
            (OptionName::UserTimeout, OptionValue::Number(number)) => {
                set_user_timeout(socket, number)
            }
            (OptionName::ReceiveBuffer, OptionValue::Number(number)) => {
                socket.set_recv_buffer_size(number as usize)
            }
            (OptionName::SendBuffer, OptionValue::Number(number)) => {
                socket.set_send_buffer_size(number as usize)
            }
            (OptionName::FinWait2, OptionValue::Number(number)) => {
                set_tcp_option(socket, TcpOption::FinWait2Seconds, int(number))
            }
            (OptionName::SynCount, OptionValue::Number(number)) => {
                set_tcp_option(socket, TcpOption::SynRetries, int(number))
            }
            (OptionName::DeferAccept, OptionValue::Number(number)) => {
                set_tcp_option(socket, TcpOption::DeferAccept, int(number))
            }
            _ => Err(io::ErrorKind::Unsupported.into()),
        }
    }
}

impl OptionName {
    /// What the kernel says it is now: one `getsockopt`.
    pub fn read(self, socket: &Socket) -> io::Result<OptionValue> {
        let switch = |on: io::Result<bool>| on.map(OptionValue::Switch);
        match self {
            Self::ReuseAddress => switch(socket.reuse_address()),
            Self::ReusePort => switch(reuse_port(socket)),
            Self::ExclusiveAddress => switch(exclusive_address(socket)),
            Self::Linger => Ok(OptionValue::Linger(match socket.linger()? {
                None => Linger::Off,
                // A kernel that holds more than was ever asked for is shown as the most we can say.
                Some(time) => Linger::Seconds(time.as_secs().try_into().unwrap_or(u16::MAX)),
            })),
            Self::KeepAlive => switch(socket.keepalive()),
            Self::KeepIdle => keepalive_idle(socket).map(number),
            Self::KeepInterval => keepalive_interval(socket).map(number),
            Self::KeepCount => socket.tcp_keepalive_retries().map(OptionValue::Number),
            Self::NoDelay => switch(socket.tcp_nodelay()),
            Self::UserTimeout => user_timeout(socket),
            Self::ReceiveBuffer => socket.recv_buffer_size().map(|size| number(size as u64)),
            Self::SendBuffer => socket.send_buffer_size().map(|size| number(size as u64)),
            Self::FinWait2 => linux_number(socket, TcpOption::FinWait2Seconds),
            Self::SynCount => linux_number(socket, TcpOption::SynRetries),
            Self::DeferAccept => linux_number(socket, TcpOption::DeferAccept),
        }
    }

    /// Why this system has no such option; none where it has.
    pub fn absence(self) -> Option<Text> {
        let there = match self {
            Self::ReusePort => cfg!(unix),
            Self::ExclusiveAddress => cfg!(windows),
            Self::UserTimeout | Self::FinWait2 | Self::SynCount | Self::DeferAccept => {
                NUMBERING == Numbering::Linux
            }
            _ => true,
        };
        (!there).then(|| match self {
            Self::ReusePort => text!("lab.absent.reuse_port"),
            Self::ExclusiveAddress => text!("lab.absent.exclusive"),
            _ => text!("lab.absent.linux_only"),
        })
    }
}

/// socket2 switches keepalive on together with its times; the lab keeps the two apart, as the kernel does.
fn keepalive(socket: &Socket, times: &TcpKeepalive) -> io::Result<()> {
    let on = socket.keepalive()?;
    socket.set_tcp_keepalive(times)?;
    socket.set_keepalive(on)
}

fn number(value: u64) -> OptionValue {
    OptionValue::Number(value.try_into().unwrap_or(u32::MAX))
}

fn int(number: u32) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

fn linux_number(socket: &Socket, option: TcpOption) -> io::Result<OptionValue> {
    tcp_option(socket, option).map(|value| number(value.max(0).unsigned_abs().into()))
}

#[cfg(not(windows))]
fn set_exclusive_address(_: &Socket, _: bool) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(not(windows))]
fn exclusive_address(_: &Socket) -> io::Result<bool> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(not(windows))]
fn keepalive_idle(socket: &Socket) -> io::Result<u64> {
    socket.tcp_keepalive_time().map(|time| time.as_secs())
}

#[cfg(not(windows))]
fn keepalive_interval(socket: &Socket) -> io::Result<u64> {
    socket.tcp_keepalive_interval().map(|time| time.as_secs())
}

#[cfg(unix)]
fn set_reuse_port(socket: &Socket, on: bool) -> io::Result<()> {
    socket.set_reuse_port(on)
}

#[cfg(not(unix))]
fn set_reuse_port(_: &Socket, _: bool) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(unix)]
fn reuse_port(socket: &Socket) -> io::Result<bool> {
    socket.reuse_port()
}

#[cfg(not(unix))]
fn reuse_port(_: &Socket) -> io::Result<bool> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(target_os = "linux")]
fn set_user_timeout(socket: &Socket, millis: u32) -> io::Result<()> {
    socket.set_tcp_user_timeout((millis > 0).then(|| Duration::from_millis(millis.into())))
}

#[cfg(not(target_os = "linux"))]
fn set_user_timeout(_: &Socket, _: u32) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(target_os = "linux")]
fn user_timeout(socket: &Socket) -> io::Result<OptionValue> {
    let time = socket.tcp_user_timeout()?.unwrap_or_default();
    Ok(number(time.as_millis().try_into().unwrap_or(u64::MAX)))
}

#[cfg(not(target_os = "linux"))]
fn user_timeout(_: &Socket) -> io::Result<OptionValue> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Whether processes that this one starts from now on have this descriptor as well: `FD_CLOEXEC` off, on Windows
/// `HANDLE_FLAG_INHERIT` on. Rust makes sockets that are not inherited.
#[cfg(unix)]
pub(super) fn set_inheritable(socket: &Socket, on: bool) -> io::Result<()> {
    socket.set_cloexec(!on)
}

/// Whether processes that this one starts from now on have this descriptor as well: `FD_CLOEXEC` off, on Windows
/// `HANDLE_FLAG_INHERIT` on. Rust makes sockets that are not inherited.
#[cfg(windows)]
pub(super) fn set_inheritable(socket: &Socket, on: bool) -> io::Result<()> {
    socket.set_no_inherit(!on)
}

/// Whose numbers an error carries, and so whose behaviour is expected.
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

/// Whether a listener needs, and may safely have, `SO_REUSEADDR` to bind a port where old connections are in TIME_WAIT.
/// Windows needs none for that, and its option would take the port from another listener.
pub(super) const REUSES_TIME_WAIT: bool = cfg!(unix);

/// A loopback address with port 0 for one run of its own.
///
/// On Linux all of 127.0.0.0/8 is loopback, and each call gives another address: ports and TIME_WAIT of one run then
/// meet nobody else's. Elsewhere 127.0.0.1 alone is there.
pub fn loopback() -> SocketAddr {
    static GIVEN: AtomicU32 = AtomicU32::new(0);
    if NUMBERING != Numbering::Linux {
        return (Ipv4Addr::LOCALHOST, 0).into();
    }
    let given = GIVEN.fetch_add(1, Ordering::Relaxed);
    // 127.64.0.0/10, begun at a place that differs from process to process.
    let place = std::process::id().wrapping_mul(251).wrapping_add(given);
    let host = 0x7f40_0000 | (place % 0x003f_fffe + 1);
    (Ipv4Addr::from(host), 0).into()
}

#[cfg(test)]
mod tests;
