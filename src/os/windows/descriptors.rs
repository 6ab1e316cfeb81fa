//! The descriptors of this process. Windows has none with numbers that count up to a limit: a handle costs memory alone.

use std::io;

use socket2::Socket;

/// There is no soft limit.
pub const fn descriptor_limit() -> Option<u64> {
    None
}

/// There is no limit to set: `Unsupported`.
pub fn limit_descriptors(_: u32) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Nothing is counted.
pub const fn descriptors_below(_: u32) -> Option<u32> {
    None
}

/// A socket's handle.
#[derive(Clone, Copy, Debug)]
pub struct Descriptor;

impl Descriptor {
    /// The one of this socket.
    pub const fn of(_: &Socket) -> Self {
        Self
    }

    /// Whether a process that is started now would have a copy of it: none inherits a handle that is not meant for it.
    pub const fn is_open(self) -> bool {
        false
    }
}
