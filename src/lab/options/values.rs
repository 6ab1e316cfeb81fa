//! Options and their values as plain data, written as C writes them.

use std::fmt;
use std::time::Duration;

use crate::model::lab::Role;

/// What `close()` does with data that is still to be sent (`SO_LINGER`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Linger {
    /// `close()` returns at once and the kernel goes on sending, then sends the FIN: the default. Linux gives up after some
    /// minutes with a peer that does not read: what is left is lost, and the peer is reset (`tcp_orphan_retries`, tcp(7)).
    #[default]
    Off,
    /// `close()` waits up to so many seconds; 0 is the abortive close: a reset, unsent data lost, no
    /// TIME_WAIT.
    ///
    /// When the time is up, Linux and macOS go on in the background and Windows resets. The field holds
    /// 16 bits on Windows, and macOS counts hundredths of a second in 16 bits (the portable
    /// `SO_LINGER_SEC`, which socket2 uses there, still ends in that field): what the kernel made of a
    /// large number shows when it is read back.
    Seconds(u16),
}

impl Linger {
    pub(super) fn as_duration(self) -> Option<Duration> {
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

/// An option that a socket may have, in the order in which options are set and shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OptionName {
    /// `SO_REUSEADDR`.
    ReuseAddress,
    /// `SO_REUSEPORT` (Unix).
    ReusePort,
    /// `SO_EXCLUSIVEADDRUSE` (Windows).
    ExclusiveAddress,
    /// `SO_LINGER`.
    Linger,
    /// `SO_KEEPALIVE`.
    KeepAlive,
    /// `TCP_KEEPIDLE`, on macOS `TCP_KEEPALIVE`: the idle time before the first probe, in seconds.
    KeepIdle,
    /// `TCP_KEEPINTVL`: seconds between probes.
    KeepInterval,
    /// `TCP_KEEPCNT`: how many unanswered probes end the connection.
    KeepCount,
    /// `TCP_NODELAY`.
    NoDelay,
    /// `TCP_USER_TIMEOUT` (Linux): how long sent data may stay unacknowledged, in milliseconds; 0 is the system's
    /// own time.
    UserTimeout,
    /// `SO_RCVBUF`, in bytes. Linux doubles what is asked for (socket(7)).
    ReceiveBuffer,
    /// `SO_SNDBUF`, in bytes. Linux doubles what is asked for (socket(7)).
    SendBuffer,
    /// `TCP_LINGER2` (Linux): how long FIN_WAIT_2 lasts once nobody holds the socket, in seconds.
    FinWait2,
    /// `TCP_SYNCNT` (Linux): how often a SYN is sent again.
    SynCount,
    /// `TCP_DEFER_ACCEPT` (Linux, listeners): no socket before data came, in seconds.
    DeferAccept,
}

/// What kind of value an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// On or off.
    Switch,
    /// Off, or a number of seconds.
    Linger,
    /// A number from the first to the second.
    Number(u32, u32),
}

impl OptionName {
    /// How many there are.
    pub const COUNT: usize = 15;

    /// Every option, in its order.
    pub const ALL: [Self; Self::COUNT] = [
        Self::ReuseAddress,
        Self::ReusePort,
        Self::ExclusiveAddress,
        Self::Linger,
        Self::KeepAlive,
        Self::KeepIdle,
        Self::KeepInterval,
        Self::KeepCount,
        Self::NoDelay,
        Self::UserTimeout,
        Self::ReceiveBuffer,
        Self::SendBuffer,
        Self::FinWait2,
        Self::SynCount,
        Self::DeferAccept,
    ];

    /// Its name in the headers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::ReuseAddress => "SO_REUSEADDR",
            Self::ReusePort => "SO_REUSEPORT",
            Self::ExclusiveAddress => "SO_EXCLUSIVEADDRUSE",
            Self::Linger => "SO_LINGER",
            Self::KeepAlive => "SO_KEEPALIVE",
            Self::KeepIdle => "TCP_KEEPIDLE",
            Self::KeepInterval => "TCP_KEEPINTVL",
            Self::KeepCount => "TCP_KEEPCNT",
            Self::NoDelay => "TCP_NODELAY",
            Self::UserTimeout => "TCP_USER_TIMEOUT",
            Self::ReceiveBuffer => "SO_RCVBUF",
            Self::SendBuffer => "SO_SNDBUF",
            Self::FinWait2 => "TCP_LINGER2",
            Self::SynCount => "TCP_SYNCNT",
            Self::DeferAccept => "TCP_DEFER_ACCEPT",
        }
    }

    /// What it takes. Limits are the kernel's, or lower where more would only make one wait.
    pub const fn takes(self) -> Takes {
        match self {
            Self::ReuseAddress
            | Self::ReusePort
            | Self::ExclusiveAddress
            | Self::KeepAlive
            | Self::NoDelay => Takes::Switch,
            Self::Linger => Takes::Linger,
            Self::KeepIdle | Self::KeepInterval => Takes::Number(1, 32_767),
            Self::KeepCount | Self::SynCount => Takes::Number(1, 127),
            Self::UserTimeout => Takes::Number(0, 600_000),
            Self::ReceiveBuffer | Self::SendBuffer => Takes::Number(1, 16 * 1024 * 1024),
            Self::FinWait2 => Takes::Number(0, 120),
            Self::DeferAccept => Takes::Number(0, 600),
        }
    }

    /// The unit of its number; empty for a switch or a count.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Linger
            | Self::KeepIdle
            | Self::KeepInterval
            | Self::FinWait2
            | Self::DeferAccept => "s",
            Self::UserTimeout => "ms",
            Self::ReceiveBuffer | Self::SendBuffer => "B",
            _ => "",
        }
    }

    /// Whether it means anything on such a socket.
    pub const fn suits(self, role: Role) -> bool {
        match self {
            Self::SynCount => matches!(role, Role::Client),
            Self::DeferAccept => matches!(role, Role::Listener),
            Self::ExclusiveAddress => !matches!(role, Role::Peer),
            _ => true,
        }
    }
}

impl fmt::Display for OptionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// The value of an option.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OptionValue {
    /// On or off.
    Switch(bool),
    /// `SO_LINGER`'s.
    Linger(Linger),
    /// A number, in the option's unit.
    Number(u32),
}

impl fmt::Display for OptionValue {
    /// As C writes it: `1`, `{1, 0}`, `4096`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Switch(on) => write!(f, "{}", u8::from(*on)),
            Self::Linger(linger) => linger.fmt(f),
            Self::Number(number) => number.fmt(f),
        }
    }
}

/// One option with its value: one call of `setsockopt`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct SocketOption {
    pub(super) name: OptionName,
    pub(super) value: OptionValue,
}

impl SocketOption {
    /// An option with a value. One that the option does not take is refused when it is set.
    pub const fn new(name: OptionName, value: OptionValue) -> Self {
        Self { name, value }
    }

    /// Which option.
    pub const fn name(self) -> OptionName {
        self.name
    }

    /// Its value.
    pub const fn value(self) -> OptionValue {
        self.value
    }
}

impl fmt::Display for SocketOption {
    /// The call as C writes it: `setsockopt(SO_LINGER, {1, 0})`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "setsockopt({}, {})", self.name, self.value)
    }
}

/// What is asked of one socket's options. An option that is not among them is left as the system has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct SocketOptions([Option<OptionValue>; OptionName::COUNT]);

impl SocketOptions {
    /// Nothing is asked.
    pub const NONE: Self = Self([None; OptionName::COUNT]);

    /// These, and this one.
    #[must_use]
    pub const fn with(mut self, name: OptionName, value: OptionValue) -> Self {
        self.0[name as usize] = Some(value);
        self
    }

    /// These, and this one on.
    #[must_use]
    pub const fn on(self, name: OptionName) -> Self {
        self.with(name, OptionValue::Switch(true))
    }

    /// These, and `SO_LINGER`.
    #[must_use]
    pub const fn linger(self, linger: Linger) -> Self {
        self.with(OptionName::Linger, OptionValue::Linger(linger))
    }

    /// What is asked of this option.
    pub const fn get(&self, name: OptionName) -> Option<OptionValue> {
        self.0[name as usize]
    }

    /// Asks for this; none leaves it as the system has it.
    pub const fn set(&mut self, name: OptionName, value: Option<OptionValue>) {
        self.0[name as usize] = value;
    }

    /// What is asked, in the order in which it is set.
    pub fn each(self) -> impl Iterator<Item = SocketOption> {
        OptionName::ALL
            .into_iter()
            .filter_map(move |name| Some(SocketOption { name, value: self.get(name)? }))
    }

    /// What is asked here and not in `before`, or otherwise.
    pub fn each_unlike(self, before: Self) -> impl Iterator<Item = SocketOption> {
        self.each().filter(move |option| before.get(option.name) != Some(option.value))
    }
}
