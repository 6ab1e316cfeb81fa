//! What the user chose: which side this program takes, and how it treats the other.

use std::fmt;
use std::time::Duration;

use crate::lab::resolve::Address;
use crate::os::descriptor_limit;

/// How many connections a listener holds at a time; more are reset as they come, and counted.
pub const MAX_HELD: usize = 1_024;
/// How many connections a client holds at a time; more wait until one of them is over.
pub const MAX_CLIENTS: usize = 64;
/// How many connections one run has altogether; then nothing new is let in.
pub const MAX_TOTAL: usize = 4_096;
/// How long a run lasts at most.
pub const MAX_TIME: Duration = Duration::from_hours(1);
/// How long a client's connect may take before it is given up; the system itself takes minutes.
pub const CONNECT: Duration = Duration::from_secs(10);
/// How much a client sends on one connection at most.
pub const MAX_BYTES: usize = 16 * 1024 * 1024;
/// How long an end may take to close before it counts as kept, unless the user says otherwise.
pub const GRACE: Duration = Duration::from_secs(5);

/// What is done to each connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    /// `close()` after a while: a FIN. Where nothing is seen of what no process holds, `close()` follows the other end's.
    Close,
    /// `shutdown(SHUT_WR)` after a while: a FIN; reading goes on.
    HalfClose,
    /// `SO_LINGER` {1, 0} and `close()` after a while: a RST.
    Reset,
    /// Nothing is read, from the beginning.
    NeverRead,
    /// Nothing is accepted; a listener's alone.
    NeverAccept,
}

impl Treatment {
    /// Every treatment; the last is a listener's alone.
    pub const ALL: [Self; 5] =
        [Self::Close, Self::HalfClose, Self::Reset, Self::NeverRead, Self::NeverAccept];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Close => "close",
            Self::HalfClose => "half-close",
            Self::Reset => "reset",
            Self::NeverRead => "never-read",
            Self::NeverAccept => "never-accept",
        }
    }

    /// Whether it does something after a while, and not from the beginning.
    pub const fn waits(self) -> bool {
        matches!(self, Self::Close | Self::HalfClose | Self::Reset)
    }
}

/// What a listener answers until then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing; what comes is read and thrown away.
    Nothing,
    /// What came.
    Echo,
    /// A small 200 to every request head of HTTP/1.0 or 1.1, which keeps the connection; nothing to anything else.
    Http,
}

impl Answer {
    /// What fits most clients at a first try: those of HTTP go on as with their own server, which is when a pool keeps
    /// what it should close; the others hear nothing.
    pub const DEFAULT: Self = Self::Http;

    /// Every answer.
    pub const ALL: [Self; 3] = [Self::Nothing, Self::Echo, Self::Http];

    /// Its name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Nothing => "none",
            Self::Echo => "echo",
            Self::Http => "http",
        }
    }
}

/// What a client sends once it is connected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload {
    /// Nothing.
    Nothing,
    /// So many bytes.
    Bytes(usize),
    /// `GET /` of HTTP/1.1, which asks to keep the connection.
    Http,
}

impl fmt::Display for Payload {
    /// As the command line has it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("none"),
            Self::Bytes(bytes) => write!(f, "bytes:{bytes}"),
            Self::Http => f.write_str("http"),
        }
    }
}

/// Which side this program takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Side {
    /// It listens for the user's own client.
    Listener {
        /// Where; port 0 lets the kernel choose.
        address: Address,
        /// What it answers.
        answer: Answer,
        /// After how many connections it lets no more in; none for as many as a run has.
        connections: Option<usize>,
    },
    /// It connects to the user's own server.
    Client {
        /// Whom to.
        target: Address,
        /// What it sends.
        payload: Payload,
        /// How many connections it makes, [`Side::most_held`] at a time.
        count: usize,
    },
}

impl Side {
    /// How many connections are held at a time in this process: [`MAX_HELD`] or [`MAX_CLIENTS`], and no more than half of the
    /// descriptors it may have, since reading the table and accepting take some as well.
    pub fn most_held(&self) -> usize {
        self.most().min(descriptor_limit().map_or(usize::MAX, half_of))
    }

    /// Whether it may hold fewer than otherwise, for want of descriptors.
    pub fn is_short_of_descriptors(&self) -> bool {
        self.most_held() < self.most()
    }

    const fn most(&self) -> usize {
        match self {
            Self::Listener { .. } => MAX_HELD,
            Self::Client { .. } => MAX_CLIENTS,
        }
    }
}

fn half_of(limit: u64) -> usize {
    usize::try_from(limit / 2).unwrap_or(usize::MAX)
}

/// What the user chose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setup {
    /// Which side this program takes.
    pub side: Side,
    /// What it does to each connection.
    pub treatment: Treatment,
    /// After how long, counted from when the connection was made.
    pub after: Duration,
    /// How long an end may take to close before it counts as kept.
    pub grace: Duration,
    /// How long the run lasts, unless it is over before.
    pub time: Duration,
}

impl Setup {
    /// Whether computers other than this one can take part.
    pub fn reaches_out(&self) -> bool {
        match &self.side {
            Side::Listener { address, .. } => !address.is_loopback(),
            // Whoever connects to all addresses of a computer connects to its own.
            Side::Client { target, .. } => !target.is_loopback() && !target.is_unspecified(),
        }
    }

    /// The same within the limits of a run.
    pub(super) fn bounded(mut self) -> Self {
        self.time = self.time.min(MAX_TIME);
        match &mut self.side {
            Side::Listener { connections, .. } => {
                *connections = connections.map(|most| most.clamp(1, MAX_TOTAL));
            }
            Side::Client { count, payload, .. } => {
                *count = (*count).clamp(1, MAX_TOTAL);
                if let Payload::Bytes(bytes) = payload {
                    *bytes = (*bytes).min(MAX_BYTES);
                }
                if self.treatment == Treatment::NeverAccept {
                    // A client accepts nothing; what comes nearest is to take nothing.
                    self.treatment = Treatment::NeverRead;
                }
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_that_others_reach_is_told() {
        let setup = |address: &str| Setup {
            side: Side::Listener {
                address: Address::read_local(address).expect("an address"),
                answer: Answer::Nothing,
                connections: None,
            },
            treatment: Treatment::Close,
            after: Duration::ZERO,
            grace: GRACE,
            time: MAX_TIME * 2,
        };
        assert!(!setup("127.0.0.1:0").reaches_out());
        assert!(!setup("[::1]:0").reaches_out());
        assert!(setup("0.0.0.0:0").reaches_out());
        assert!(setup("[::]:80").reaches_out());
        assert!(!setup("localhost:80").reaches_out());
        let client = |target: &str| Setup {
            side: Side::Client {
                target: Address::read(target).expect("a target"),
                payload: Payload::Nothing,
                count: 1,
            },
            ..setup("0.0.0.0:0")
        };
        assert!(!client("0.0.0.0:80").reaches_out(), "it is this computer");
        assert!(!client("[::]:80").reaches_out() && !client("127.9.9.9:80").reaches_out());
        assert!(client("192.0.2.1:80").reaches_out() && client("example.org:80").reaches_out());
        assert_eq!(setup("[::1]:0").bounded().time, MAX_TIME);
    }
}
