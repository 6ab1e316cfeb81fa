//! Socket options that no crate here wraps, by the Windows Sockets reference.

use std::io;
use std::os::windows::io::AsRawSocket;

use socket2::Socket;
use windows_sys::Win32::Networking::WinSock::{
    IPPROTO_TCP, SO_EXCLUSIVEADDRUSE, SOL_SOCKET, TCP_KEEPIDLE, TCP_KEEPINTVL, getsockopt,
    setsockopt,
};

/// `SO_EXCLUSIVEADDRUSE`: nobody else may bind this address and port, not even with `SO_REUSEADDR`.
pub fn exclusive_address(socket: &Socket) -> io::Result<bool> {
    get(socket, SOL_SOCKET, SO_EXCLUSIVEADDRUSE).map(|on| on != 0)
}

/// Sets `SO_EXCLUSIVEADDRUSE`; only before `bind`.
pub fn set_exclusive_address(socket: &Socket, on: bool) -> io::Result<()> {
    let value = i32::from(on);
    let length = i32::try_from(size_of::<i32>()).map_err(io::Error::other)?;
    #[expect(unsafe_code, reason = "an option that no crate here wraps")]
    // SAFETY: the socket is open while it is borrowed; the value is an int of this length.
    let result = unsafe {
        setsockopt(
            usize::try_from(socket.as_raw_socket()).map_err(io::Error::other)?,
            SOL_SOCKET,
            SO_EXCLUSIVEADDRUSE,
            (&raw const value).cast(),
            length,
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// `TCP_KEEPIDLE` in seconds (Windows 10, version 1709 and later).
pub fn keepalive_idle(socket: &Socket) -> io::Result<u64> {
    get(socket, IPPROTO_TCP, TCP_KEEPIDLE).map(|seconds| seconds.max(0).unsigned_abs().into())
}

/// `TCP_KEEPINTVL` in seconds (Windows 10, version 1709 and later).
pub fn keepalive_interval(socket: &Socket) -> io::Result<u64> {
    get(socket, IPPROTO_TCP, TCP_KEEPINTVL).map(|seconds| seconds.max(0).unsigned_abs().into())
}

fn get(socket: &Socket, level: i32, option: i32) -> io::Result<i32> {
    let mut value = 0_i32;
    let mut length = i32::try_from(size_of::<i32>()).map_err(io::Error::other)?;
    #[expect(unsafe_code, reason = "an option that no crate here wraps")]
    // SAFETY: the socket is open while it is borrowed; the system writes at most `length` bytes, the size of `value`.
    let result = unsafe {
        getsockopt(
            usize::try_from(socket.as_raw_socket()).map_err(io::Error::other)?,
            level,
            option,
            (&raw mut value).cast(),
            &raw mut length,
        )
    };
    if result == 0 { Ok(value) } else { Err(io::Error::last_os_error()) }
}
