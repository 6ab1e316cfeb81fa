//! A person at the bench: sends commands, waits for what comes of them, reads the log.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use sockscope::lab::{
    Bench, BenchState, Client, Command, Connect, ConnectionState, Holding, Local, NUMBERING,
    Numbering, On, OpenListener, RECV_SIZE, Seen, Server, SocketOptions, Target, Which, loopback,
};
use sockscope::model::State;
use sockscope::model::lab::{Call, CallOutcome, End, Role, Who};

pub const DEFAULT: SocketOptions = SocketOptions::NONE;

/// Sockets of the client's end, all of them.
pub const CLIENTS: On = On { end: End::Client, of: Which::All };
/// Sockets of the peer's end, all of them.
pub const PEERS: On = On { end: End::Peer, of: Which::All };

pub fn all(end: End) -> On {
    On { end, of: Which::All }
}

/// A port that neither the kernel nor another program gives out; with a loopback address of one's own it is free.
pub const PORT: u16 = 24_017;

/// A fixed port on an address that no other test has.
pub fn fixed() -> Local {
    Local { address: Some(loopback().ip()), port: Some(PORT) }
}

/// Client A, to the first listener.
pub fn connect() -> Connect {
    Connect::new(Target::BuiltIn(Server::First))
}

pub fn read(on: On) -> Command {
    Command::Read { on, bytes: RECV_SIZE }
}

/// Whether what was measured on Linux can be expected here; says so where it cannot.
pub fn is_linux() -> bool {
    let linux = NUMBERING == Numbering::Linux;
    if !linux {
        eprintln!("not checked: nobody has measured this on this system");
    }
    linux
}

pub struct Hands {
    pub bench: Bench,
}

impl Hands {
    /// A bench with nothing open.
    pub fn new() -> Self {
        Self { bench: Bench::start(Arc::new(|| {})).expect("four threads") }
    }

    /// A bench whose two listeners are open, with these options.
    pub fn listening(options: SocketOptions) -> Self {
        let hands = Self::new();
        let address = loopback().ip();
        for server in Server::ALL {
            hands.open(OpenListener { address, options, ..OpenListener::new(server) });
        }
        hands
    }

    /// Opens a listener and gives its address.
    pub fn open(&self, open: OpenListener) -> Option<SocketAddr> {
        self.act([Command::OpenListener(open)]).listener(open.server).address
    }

    /// Sends commands one by one, each when the one before is done.
    pub fn act(&self, commands: impl IntoIterator<Item = Command>) -> Arc<BenchState> {
        for command in commands {
            let due = self.bench.latest().finished + 1;
            self.bench.send(command);
            self.wait("a command is done", |state| state.finished >= due);
        }
        self.bench.latest()
    }

    pub fn wait(&self, what: &str, enough: impl Fn(&BenchState) -> bool) -> Arc<BenchState> {
        let deadline = Instant::now() + Duration::from_secs(30);
        while Instant::now() < deadline {
            let state = self.bench.latest();
            if enough(&state) {
                return state;
            }
            thread::sleep(Duration::from_millis(2));
        }
        let state = self.bench.latest();
        let (refused, running) = (self.refusal(), &state.running);
        let all = &state.connections;
        panic!("waited in vain until {what}: {refused:?} {running:?} {all:?}{}", self.log());
    }

    /// Connects and waits until the peer has accepted all; gives the number of the last.
    pub fn connect(&self, connect: Connect) -> u64 {
        let before = self.bench.latest().connections.iter().filter(|it| it.accepted).count();
        let due = before + connect.count;
        self.act([Command::Connect(connect)]);
        let state = self.wait("it is accepted", |state| {
            state.connections.iter().filter(|it| it.accepted).count() >= due
        });
        state.connections.last().expect("a connection").number
    }

    /// Connects, whatever comes of it; gives the number.
    pub fn try_to_connect(&self, connect: Connect) -> u64 {
        let state = self.act([Command::Connect(connect)]);
        state.connections.last().expect("a connection").number
    }

    /// Waits until a look found this state at this end; none is no row.
    pub fn wait_state(&self, number: u64, end: End, seen: Option<State>) -> Arc<BenchState> {
        let seen = seen.map_or(Seen::NoRow, Seen::State);
        self.wait(&format!("{} {number} is {seen:?}", end.name()), |state| {
            state.connection(number).is_some_and(|it| state.seen(it, end) == seen)
        })
    }

    /// The calls of this socket that begin so, in order.
    pub fn calls(&self, who: Who, call: &str) -> Vec<Call> {
        let state = self.bench.latest();
        let calls = state.calls.iter();
        calls.filter(|it| it.who == who && it.call.starts_with(call)).cloned().collect()
    }

    /// The outcomes of those calls: the value, or the errno.
    pub fn outcomes(&self, who: Who, call: &str) -> Vec<String> {
        self.calls(who, call).iter().map(outcome).collect()
    }

    /// The outcome of the last of those calls.
    pub fn last(&self, who: Who, call: &str) -> String {
        self.outcomes(who, call).pop().unwrap_or_else(|| format!("no {call} by {who}"))
    }

    /// The whole log, as lines.
    pub fn log(&self) -> String {
        let state = self.bench.latest();
        let line = |it: &Call| {
            format!("\n{:?} {} {} -> {} {:?}", it.at, it.who, it.call, outcome(it), it.took)
        };
        state.calls.iter().map(line).collect()
    }

    pub fn refusal(&self) -> Option<&'static str> {
        self.bench.latest().refused.as_ref().map(|refused| refused.reason.id())
    }
}

pub fn outcome(call: &Call) -> String {
    match &call.outcome {
        CallOutcome::Returned(value) => value.clone(),
        CallOutcome::Failed { errno, .. } => errno.clone(),
    }
}

pub fn connection(state: &BenchState, number: u64) -> &ConnectionState {
    state.connection(number).expect("a connection with this number")
}

pub fn holding(state: &BenchState, end: End, holding: Holding) -> usize {
    state.connections.iter().filter(|it| it.end(end).holding == holding).count()
}

pub const fn client(number: u64) -> Who {
    Who { role: Role::Client, number }
}

pub const fn peer(number: u64) -> Who {
    Who { role: Role::Peer, number }
}

pub const fn listener(server: Server) -> Who {
    Who { role: Role::Listener, number: server.number() }
}

pub const fn of(client: Client) -> On {
    On { end: End::Client, of: Which::Client(client) }
}

pub const fn own(address: IpAddr, server: Server) -> OpenListener {
    OpenListener { address, port: Some(PORT), ..OpenListener::new(server) }
}
