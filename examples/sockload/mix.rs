//! Makes TCP sockets on loopback, each in a chosen state, and holds them there.
//!
//! Everything stays on `127.0.0.0/8` or `::1`. A socket in a state often needs a peer in another to stay there; the
//! peers are extra rows, and [`State`] says which.

use std::io::{self, Write};
use std::net::{Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr};
use std::time::Duration;

use socket2::{Domain, Protocol, SockAddr, Socket, Type};

/// What a socket can be held in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// ESTABLISHED at both ends, and both count: the number is rounded down to an even one.
    Established,
    /// CLOSE_WAIT; the peer stays in FIN_WAIT_2, half closed and held.
    CloseWait,
    /// CLOSE_WAIT whose peer was closed: FIN_WAIT_2 without an owner, which the kernel drops after
    /// `tcp_fin_timeout`.
    CloseWaitOrphan,
    /// TIME_WAIT, for a minute.
    TimeWait,
    /// FIN_WAIT_1 without an owner, closed behind a peer that does not read; the peer stays ESTABLISHED.
    FinWait1,
    /// LAST_ACK without an owner, as above after the peer had half closed: FIN_WAIT_2.
    LastAck,
    /// CLOSING: half closed behind a peer that does not read and then half closed too; the peer is in
    /// FIN_WAIT_2. Both are held.
    Closing,
    /// SYN_SENT to a listener whose queue is full. Two connections fill the queue: two ESTABLISHED that are held,
    /// and their peers that are not accepted.
    SynSent,
    /// SYN_RECEIVED at a listener that waits for data (`TCP_DEFER_ACCEPT`); the client is ESTABLISHED and held.
    SynReceived,
    /// LISTEN.
    Listen,
    /// CLOSED: bound, and nothing else.
    Closed,
    /// ESTABLISHED and not accepted; the client is ESTABLISHED and held.
    NotAccepted,
}

impl State {
    /// Every state, in the order in which they are made: TIME_WAIT last, since it ends by itself.
    pub const ALL: [Self; 12] = [
        Self::Listen,
        Self::Closed,
        Self::Established,
        Self::CloseWait,
        Self::CloseWaitOrphan,
        Self::FinWait1,
        Self::LastAck,
        Self::Closing,
        Self::SynSent,
        Self::SynReceived,
        Self::NotAccepted,
        Self::TimeWait,
    ];

    /// The name of its option.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Established => "established",
            Self::CloseWait => "close-wait",
            Self::CloseWaitOrphan => "close-wait-orphan",
            Self::TimeWait => "time-wait",
            Self::FinWait1 => "fin-wait-1",
            Self::LastAck => "last-ack",
            Self::Closing => "closing",
            Self::SynSent => "syn-sent",
            Self::SynReceived => "syn-received",
            Self::Listen => "listen",
            Self::Closed => "closed",
            Self::NotAccepted => "not-accepted",
        }
    }

    /// The descriptors that hold one of them.
    pub const fn descriptors(self) -> usize {
        match self {
            Self::CloseWait | Self::Closing => 2,
            Self::TimeWait => 0,
            _ => 1,
        }
    }
}

/// How many sockets of each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Mix([usize; State::ALL.len()]);

impl Mix {
    /// How many of this state.
    pub const fn get(&self, state: State) -> usize {
        self.0[state as usize]
    }

    /// Sets how many of this state.
    pub const fn set(&mut self, state: State, count: usize) {
        self.0[state as usize] = count;
    }

    /// The descriptors that holding it takes.
    pub fn descriptors(&self) -> usize {
        State::ALL.iter().map(|state| self.get(*state) * state.descriptors()).sum()
    }

    /// Part `index` of `parts` nearly equal ones; connections stay whole.
    pub fn part(&self, index: usize, parts: usize) -> Self {
        let mut part = Self::default();
        for state in State::ALL {
            let unit = if state == State::Established { 2 } else { 1 };
            let whole = self.get(state) / unit;
            part.set(state, (whole / parts + usize::from(index < whole % parts)) * unit);
        }
        part
    }
}

/// Where the sockets are.
#[derive(Clone, Copy, Debug)]
pub enum Place {
    /// 127.`0`.`1`.x: addresses of their own, so that ports do not run out.
    V4(u8, u8),
    /// `::1`.
    V6,
}

impl Place {
    fn address(self, number: usize) -> SocketAddr {
        match self {
            Self::V4(second, third) => {
                let last = u8::try_from(number % 250).unwrap_or_default() + 1;
                (Ipv4Addr::new(127, second, third, last), 0).into()
            }
            Self::V6 => (Ipv6Addr::LOCALHOST, 0).into(),
        }
    }

    fn socket(self) -> io::Result<Socket> {
        let domain = match self {
            Self::V4(..) => Domain::IPV4,
            Self::V6 => Domain::IPV6,
        };
        Socket::new(domain, Type::STREAM, Some(Protocol::TCP))
    }

    fn listener(self, backlog: i32, receive_buffer: Option<usize>) -> io::Result<Listener> {
        let socket = self.socket()?;
        if let Some(bytes) = receive_buffer {
            socket.set_recv_buffer_size(bytes)?;
        }
        socket.bind(&self.address(0).into())?;
        socket.listen(backlog)?;
        let address = socket.local_addr()?;
        Ok(Listener { socket, address })
    }

    /// A new source address after every 20 000: a 4-tuple is used once.
    fn connect(self, number: usize, to: &SockAddr) -> io::Result<Socket> {
        let socket = self.socket()?;
        if matches!(self, Self::V4(..)) {
            late_port(&socket)?;
            socket.bind(&self.address(number / 20_000).into())?;
        }
        socket.connect(to)?;
        Ok(socket)
    }
}

struct Listener {
    socket: Socket,
    address: SockAddr,
}

/// Holds sockets for as long as it lives.
#[derive(Default)]
pub struct Held(Vec<Socket>);

impl Held {
    /// Makes the sockets of a mix at a place.
    pub fn make(place: Place, mix: &Mix) -> io::Result<Self> {
        let mut held = Self::default();
        for state in State::ALL {
            let count = mix.get(state);
            if count > 0 {
                held.make_state(place, state, count)?;
            }
        }
        Ok(held)
    }

    fn make_state(&mut self, place: Place, state: State, count: usize) -> io::Result<()> {
        match state {
            State::Listen => {
                for _ in 0..count {
                    self.0.push(place.listener(16, None)?.socket);
                }
            }
            State::Closed => {
                for _ in 0..count {
                    let socket = place.socket()?;
                    socket.bind(&place.address(0).into())?;
                    self.0.push(socket);
                }
            }
            State::Established | State::CloseWait | State::CloseWaitOrphan | State::TimeWait => {
                self.make_pairs(place, state, count)?;
            }
            State::FinWait1 | State::LastAck | State::Closing => {
                self.make_stuck(place, state, count)?;
            }
            State::SynSent => self.make_syn_sent(place, count)?,
            State::SynReceived | State::NotAccepted => self.make_waiting(place, state, count)?,
        }
        Ok(())
    }

    fn make_pairs(&mut self, place: Place, state: State, count: usize) -> io::Result<()> {
        let listener = place.listener(1_024, None)?;
        let pairs = if state == State::Established { count / 2 } else { count };
        for number in 0..pairs {
            let client = place.connect(number, &listener.address)?;
            let (server, _) = listener.socket.accept()?;
            match state {
                State::CloseWait => client.shutdown(Shutdown::Write)?,
                State::CloseWaitOrphan => {
                    drop(client);
                    self.0.push(server);
                    continue;
                }
                // The client closes first: its ports are fresh each time.
                State::TimeWait => continue,
                _ => {}
            }
            self.0.extend([client, server]);
        }
        self.0.push(listener.socket);
        Ok(())
    }

    /// Connections whose last data, and so the FIN behind it, cannot be sent: the peer's window is full.
    fn make_stuck(&mut self, place: Place, state: State, count: usize) -> io::Result<()> {
        let listener = place.listener(64, Some(4_096))?;
        for number in 0..count {
            let client = place.socket()?;
            client.set_send_buffer_size(4_096)?;
            if matches!(place, Place::V4(..)) {
                late_port(&client)?;
                client.bind(&place.address(number / 20_000).into())?;
            }
            client.connect(&listener.address)?;
            let (peer, _) = listener.socket.accept()?;
            fill(&client)?;
            match state {
                State::LastAck => {
                    peer.shutdown(Shutdown::Write)?;
                    std::thread::sleep(Duration::from_millis(2));
                }
                State::Closing => {
                    client.shutdown(Shutdown::Write)?;
                    peer.shutdown(Shutdown::Write)?;
                    self.0.push(client);
                    self.0.push(peer);
                    continue;
                }
                _ => {}
            }
            drop(client);
            self.0.push(peer);
        }
        self.0.push(listener.socket);
        Ok(())
    }

    fn make_syn_sent(&mut self, place: Place, count: usize) -> io::Result<()> {
        let listener = place.listener(0, None)?;
        // One fits into a queue of none; the kernel answers a second SYN with nothing.
        for _ in 0..=count {
            let socket = place.socket()?;
            socket.set_nonblocking(true)?;
            socket.bind(&place.address(0).into())?;
            match socket.connect(&listener.address) {
                Err(error) if error.raw_os_error() != Some(libc::EINPROGRESS) => return Err(error),
                _ => {}
            }
            self.0.push(socket);
        }
        self.0.push(listener.socket);
        Ok(())
    }

    fn make_waiting(&mut self, place: Place, state: State, count: usize) -> io::Result<()> {
        let backlog = i32::try_from(count).unwrap_or(i32::MAX);
        let listener = place.listener(backlog, None)?;
        if state == State::SynReceived {
            set_option(&listener.socket, libc::IPPROTO_TCP, libc::TCP_DEFER_ACCEPT, 600)?;
        }
        for number in 0..count {
            self.0.push(place.connect(number, &listener.address)?);
        }
        self.0.push(listener.socket);
        Ok(())
    }
}

/// Writes until nothing more goes through.
fn fill(socket: &Socket) -> io::Result<()> {
    socket.set_nonblocking(true)?;
    let mut idle = 0;
    while idle < 3 {
        match (&mut &*socket).write(&[0; 4_096]) {
            Ok(_) => idle = 0,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                idle += 1;
                std::thread::sleep(Duration::from_millis(2));
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Has the port chosen when the socket connects: it has to be unique for its 4-tuple alone (ip(7)).
fn late_port(socket: &Socket) -> io::Result<()> {
    set_option(socket, libc::IPPROTO_IP, libc::IP_BIND_ADDRESS_NO_PORT, 1)
}

fn set_option(socket: &Socket, level: i32, option: i32, value: i32) -> io::Result<()> {
    use std::os::fd::AsRawFd;

    let length = libc::socklen_t::try_from(size_of::<i32>()).map_err(io::Error::other)?;
    #[expect(unsafe_code, reason = "options that no crate here wraps")]
    // SAFETY: the descriptor is open while `socket` is borrowed; the value is a c_int of this length.
    let result = unsafe {
        libc::setsockopt(socket.as_raw_fd(), level, option, (&raw const value).cast(), length)
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
