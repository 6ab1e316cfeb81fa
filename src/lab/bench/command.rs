//! What the bench can be told to do, as plain data.

use std::net::Shutdown;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use crate::lab::options::SocketOptions;
use crate::lab::resolve::Address;
use crate::model::lab::End;

/// One of the bench's two clients. Each works on its own, so that one that blocks does not hold up the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Client {
    /// The first.
    A,
    /// The second.
    B,
}

impl Client {
    /// Both.
    pub const ALL: [Self; 2] = [Self::A, Self::B];

    /// The letter it goes by.
    pub const fn name(self) -> &'static str {
        match self {
            Self::A => "A",
            Self::B => "B",
        }
    }
}

/// One of the built-in peer's two listeners. The second is there to be *another* remote address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Server {
    /// The first.
    First,
    /// The second.
    Second,
}

impl Server {
    /// Both.
    pub const ALL: [Self; 2] = [Self::First, Self::Second];

    /// Its number in the log: 1 or 2.
    pub const fn number(self) -> u64 {
        match self {
            Self::First => 1,
            Self::Second => 2,
        }
    }
}

/// Which thread of the bench does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Actor {
    /// A client.
    Client(Client),
    /// The built-in peer, its listeners included.
    Peer,
}

impl Actor {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Client(Client::A), Self::Client(Client::B), Self::Peer];
}

/// What a client connects to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// The built-in peer, at this listener's address, or the last it had.
    BuiltIn(Server),
    /// `host:port`, as typed: `127.0.0.1:80`, `[::1]:80`, `example.org:443`.
    Typed(String),
}

impl Target {
    /// What was typed; none where it is neither an address with a port nor a name with one, which the bench would refuse.
    pub fn typed(typed: &str) -> Option<Self> {
        let typed = typed.trim();
        Address::read(typed).map(|_| Self::Typed(typed.to_owned()))
    }
}

/// Where a client connects from. When neither is fixed, `bind` is not called.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Local {
    /// A fixed address; none is the wildcard where a port is fixed.
    pub address: Option<IpAddr>,
    /// A fixed port; none lets the kernel choose.
    pub port: Option<u16>,
}

/// Connections to make, one after the other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connect {
    /// Who connects.
    pub client: Client,
    /// To what.
    pub target: Target,
    /// From where.
    pub local: Local,
    /// Set on each client socket before it is bound.
    pub options: SocketOptions,
    /// Set on each socket that the built-in peer accepts for it.
    pub peer: SocketOptions,
    /// Whether calls on the client socket wait. Where they do not, `connect` gives `EINPROGRESS`.
    pub blocking: bool,
    /// How many, from 1 to 64.
    pub count: usize,
}

impl Connect {
    /// One blocking connection of client A to the first listener, from an automatic address, with no options.
    pub const fn new(target: Target) -> Self {
        Self {
            client: Client::A,
            target,
            local: Local { address: None, port: None },
            options: SocketOptions::NONE,
            peer: SocketOptions::NONE,
            blocking: true,
            count: 1,
        }
    }
}

/// A listener to open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenListener {
    /// Which.
    pub server: Server,
    /// On which loopback address, and so of which family.
    pub address: IpAddr,
    /// On which port; none lets the kernel choose.
    pub port: Option<u16>,
    /// Set before it is bound.
    pub options: SocketOptions,
    /// How many connections may wait to be accepted.
    pub backlog: u32,
}

impl OpenListener {
    /// On 127.0.0.1 and a port that the kernel chooses, with no options.
    pub const fn new(server: Server) -> Self {
        Self {
            server,
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: None,
            options: SocketOptions::NONE,
            backlog: crate::lab::listener::BACKLOG.unsigned_abs(),
        }
    }
}

/// The sockets that an action is for: those of one end that are held, and not leaked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct On {
    /// Which end.
    pub end: End,
    /// Of which connections.
    pub of: Which,
}

/// Some of the bench's connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Which {
    /// All of them.
    All,
    /// Those that this client made.
    Client(Client),
    /// The one with this number.
    Connection(u64),
}

/// What a program that reconnects does with its old socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Leave {
    /// Nothing: it stays open. One whose connecting failed does too.
    Leak,
    /// `close()`.
    Close,
    /// `SO_LINGER {1, 0}`, then `close()`.
    Abort,
    /// Reads to the end of the stream, then `close()`.
    ReadToEndAndClose,
    /// `shutdown(SHUT_RDWR)`, then `close()`.
    ShutDownAndClose,
    /// `shutdown(SHUT_RDWR)`, and no `close()`: the row goes, and the descriptor stays.
    ShutDown,
}

/// Connections to make and leave, again and again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reconnect {
    /// What each is; `count` means nothing here.
    pub connect: Connect,
    /// How often.
    pub times: u32,
    /// How long each lasts before it is left.
    pub every: Duration,
    /// What is done with it then.
    pub leave: Leave,
    /// Whether the built-in peer closes each as soon as it is accepted; it is left after that. Another
    /// target closes when it likes.
    pub peer_closes: bool,
}

/// Something to do on the bench.
///
/// The clients and the peer each do theirs in the order in which it was sent, and nobody waits for another: a client that
/// blocks in `close()` holds up its own commands only. One thing alone waits: what connects to a built-in listener waits for
/// what was sent to the listeners before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Opens a listener. It accepts by itself until [`Command::AcceptAutomatically`] says otherwise.
    OpenListener(OpenListener),
    /// Closes a listener. Connections that wait there are reset; accepted ones live on.
    CloseListener {
        /// Which.
        server: Server,
    },
    /// Sets the options of a living listener, and its backlog by `listen()` again.
    SetListener {
        /// Which.
        server: Server,
        /// The options.
        options: SocketOptions,
        /// The backlog.
        backlog: u32,
    },
    /// One `accept()`; waits for a connection up to two seconds.
    Accept {
        /// By which listener.
        server: Server,
    },
    /// Accepts whatever comes, or leaves it waiting.
    AcceptAutomatically {
        /// By which listener.
        server: Server,
        /// Which of the two.
        yes: bool,
    },
    /// Makes connections.
    Connect(Connect),
    /// Makes connections and leaves them, again and again.
    Reconnect(Reconnect),
    /// Sets the options of living sockets and reads them back.
    SetOptions {
        /// Which.
        on: On,
        /// The options.
        options: SocketOptions,
    },
    /// Sends so many bytes; gives up after two seconds in which the other end takes nothing.
    Send {
        /// On which.
        on: On,
        /// From 1 byte to 16 MiB.
        bytes: usize,
    },
    /// Makes one `recv` of at most so many bytes, and waits for data up to two seconds for all sockets together.
    Read {
        /// On which.
        on: On,
        /// From 1 byte to 64 KiB.
        bytes: usize,
    },
    /// Reads until the end of the stream, or until nothing comes for two seconds.
    ReadToEnd {
        /// On which.
        on: On,
    },
    /// Reads whatever comes, or no more.
    KeepReading {
        /// On which.
        on: On,
        /// Which of the two.
        yes: bool,
    },
    /// `shutdown(how)`.
    Shutdown {
        /// On which.
        on: On,
        /// Which direction.
        how: Shutdown,
    },
    /// Closes as the options say.
    Close {
        /// Which.
        on: On,
    },
    /// Sets `SO_LINGER` to `{1, 0}` and closes: a reset.
    Abort {
        /// Which.
        on: On,
    },
    /// Forgets sockets without closing them, as a program that leaks does. They stay open until a reset.
    Leak {
        /// Which.
        on: On,
    },
    /// `dup()`: another descriptor of the same socket, up to [`MAX_COPIES`](super::MAX_COPIES). Closing one of several
    /// sends nothing; the last one closes the connection.
    Duplicate {
        /// Which.
        on: On,
    },
    /// Interrupts what runs and sweeps away what waits. Every socket stays.
    Stop,
    /// Interrupts what runs, closes everything abortively and forgets it.
    Reset,
}
