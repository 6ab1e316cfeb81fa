//! What Linux alone lets one ask of a TCP socket, by tcp(7).

use std::io;
use std::os::fd::AsRawFd;

use socket2::Socket;

use super::sock_diag::state_of;
use crate::model::State;
use crate::os::TcpOption;

/// What the option is now.
pub fn tcp_option(socket: &Socket, option: TcpOption) -> io::Result<i32> {
    let mut value = [0; size_of::<i32>()];
    get(socket, number(option), &mut value)?;
    Ok(i32::from_ne_bytes(value))
}

/// Sets the option.
pub fn set_tcp_option(socket: &Socket, option: TcpOption, value: i32) -> io::Result<()> {
    let length = libc::socklen_t::try_from(size_of::<i32>()).map_err(io::Error::other)?;
    #[expect(unsafe_code, reason = "options that no crate here wraps")]
    // SAFETY: the descriptor is open while `socket` is borrowed; the value is a c_int of this length.
    let result = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::IPPROTO_TCP,
            number(option),
            (&raw const value).cast(),
            length,
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// The state that `TCP_INFO` tells: of the socket itself, whether or not the table still has a row for it.
///
/// Once in TIME_WAIT a descriptor reads CLOSED: the kernel has put a smaller record in its place.
pub fn descriptor_state(socket: &Socket) -> io::Result<Option<State>> {
    // The first byte of struct tcp_info (linux/tcp.h); the kernel gives no more than fits.
    let mut info = [0];
    get(socket, libc::TCP_INFO, &mut info)?;
    Ok(state_of(info[0]))
}

fn get(socket: &Socket, option: i32, value: &mut [u8]) -> io::Result<()> {
    let mut length = libc::socklen_t::try_from(value.len()).map_err(io::Error::other)?;
    #[expect(unsafe_code, reason = "options that no crate here wraps")]
    // SAFETY: the descriptor is open while `socket` is borrowed; the kernel writes at most `length` bytes, which is
    // how long `value` is.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::IPPROTO_TCP,
            option,
            value.as_mut_ptr().cast(),
            &raw mut length,
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

const fn number(option: TcpOption) -> i32 {
    match option {
        TcpOption::DeferAccept => libc::TCP_DEFER_ACCEPT,
        TcpOption::FinWait2Seconds => libc::TCP_LINGER2,
        TcpOption::SynRetries => libc::TCP_SYNCNT,
    }
}
