//! The sockets that one of the bench's threads holds, and what can be done with those of either end.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::command::{Client, Command, Which};
use super::inbox::Part;
use super::shared::Session;
use super::state::{EndState, Holding, ReadBack};
use super::{MAX_COPIES, MAX_SEND, text_for};
use crate::lab::cancel::Cancel;
use crate::lab::options::{OptionName, SocketOptions};
use crate::lab::socket::{LabSocket, PATIENCE, RECV_SIZE};
use crate::model::State;
use crate::model::lab::{End, Role};
use crate::text;

/// How many bytes are read from one socket before the next has its turn.
const TURN: usize = 16 * RECV_SIZE;

/// One open socket.
pub(super) struct Held {
    pub(super) number: u64,
    pub(super) client: Client,
    pub(super) socket: LabSocket,
    /// What was asked of its options, as it is shown.
    asked: SocketOptions,
    /// What of that was set.
    set: SocketOptions,
    /// Its `connect` has no outcome yet.
    pub(super) connecting: bool,
    /// Other descriptors of it.
    copies: Vec<LabSocket>,
    copies_closed: usize,
    unsent_at_close: Option<u32>,
    /// Held or leaked, until it is closed.
    holding: Holding,
    reading: bool,
    at_end: bool,
    kernel: ReadBack,
    descriptor: Option<State>,
}

impl Held {
    /// A socket on which these options were set.
    pub(super) fn new(client: Client, socket: LabSocket, options: SocketOptions) -> Self {
        Self {
            number: socket.who().number,
            client,
            socket,
            asked: options,
            set: options,
            connecting: false,
            copies: Vec::new(),
            copies_closed: 0,
            unsent_at_close: None,
            holding: Holding::Held,
            reading: false,
            at_end: false,
            kernel: ReadBack::new(),
            descriptor: None,
        }
    }

    /// Leaves it open, and never acts on it again.
    pub(super) const fn leak(&mut self) {
        self.holding = Holding::Leaked;
        self.reading = false;
    }

    /// Whether its `connect` goes on and nobody has answered: closed now, nobody will ever accept it.
    pub(super) fn is_unanswered(&self) -> bool {
        self.connecting && !self.socket.is_connected()
    }

    /// Reads to the end of the stream, or until nothing comes. What comes of it is in the log.
    pub(super) fn read_to_end(&mut self) {
        self.at_end |= self.socket.recv_to_end(PATIENCE).1.is_ok();
    }

    /// The descriptor that is closed next: the newest copy, and the socket itself last.
    fn newest(&mut self) -> &mut LabSocket {
        self.copies.last_mut().unwrap_or(&mut self.socket)
    }

    /// Forgets a copy that was closed.
    fn let_copy_go(&mut self) {
        let before = self.copies.len();
        self.copies.retain(LabSocket::is_held);
        self.copies_closed += before - self.copies.len();
    }

    /// Sets what is not set so already. What fails is in the log.
    pub(super) fn set_options(&mut self, options: SocketOptions) {
        self.asked = options;
        self.set = set_each(&mut self.socket, options, self.set);
    }

    /// Reads what is there; says whether there was anything.
    fn read_on(&mut self) -> bool {
        match self.socket.recv_if_any(TURN) {
            Ok(None) => false,
            Ok(Some((_, end))) => {
                self.at_end |= end;
                self.reading = !end;
                true
            }
            Err(_) => {
                self.reading = false;
                true
            }
        }
    }

    /// Asks the descriptor what it tells. What it refuses to tell is not known.
    fn look(&mut self) {
        self.descriptor = self.socket.descriptor_state().ok().flatten();
    }

    fn state(&self) -> EndState {
        let held = self.socket.is_held();
        EndState {
            holding: if held { self.holding } else { Holding::Closed },
            copies: self.copies.len(),
            copies_closed: self.copies_closed,
            unsent_at_close: self.unsent_at_close,
            asked: self.asked,
            kernel: if held { self.kernel.clone() } else { ReadBack::new() },
            reading: held && self.reading,
            at_end: self.at_end,
            sent: self.socket.sent(),
            received: self.socket.received(),
            descriptor: if held { self.descriptor } else { None },
        }
    }
}

/// All open sockets of one end that one thread holds. Dropping them closes them abortively.
pub(super) struct Sockets {
    end: End,
    session: Arc<Session>,
    cancel: Cancel,
    held: Vec<Held>,
}

impl Sockets {
    pub(super) const fn new(end: End, session: Arc<Session>, cancel: Cancel) -> Self {
        Self { end, session, cancel, held: Vec::new() }
    }

    /// Holds one more, or shows that it is closed already.
    pub(super) fn add(&mut self, mut held: Held) {
        self.show_afresh(&mut held);
        if held.socket.is_held() {
            self.held.push(held);
        }
    }

    /// Carries out what can be done with a socket of either end.
    pub(super) fn carry_out(&mut self, command: &Command) -> Part {
        let deadline = Instant::now() + PATIENCE;
        let patience = || deadline.saturating_duration_since(Instant::now());
        // What comes of a call is in the log, which is where the user looks for it.
        match *command {
            Command::SetOptions { on, options } => {
                self.on_each(on.of, |held| held.set_options(options))
            }
            Command::Send { on, bytes } => {
                if !(1..=MAX_SEND).contains(&bytes) {
                    return Part::Refused(text!("lab.refused.bytes", n = MAX_SEND));
                }
                self.on_each(on.of, |held| {
                    let _ = held.socket.send(bytes, patience());
                })
            }
            Command::Read { on, bytes } => {
                if !(1..=RECV_SIZE).contains(&bytes) {
                    return Part::Refused(text!("lab_bench.refused.read", n = RECV_SIZE));
                }
                self.on_each(on.of, |held| {
                    held.at_end |= held.socket.recv_at_most(bytes, patience()) == Ok(0);
                })
            }
            Command::ReadToEnd { on } => self.on_each(on.of, Held::read_to_end),
            Command::KeepReading { on, yes } => self.on_each(on.of, |held| {
                held.reading = yes && !held.at_end;
            }),
            Command::Shutdown { on, how } => self.on_each(on.of, |held| {
                let _ = held.socket.shutdown(how);
            }),
            Command::Close { on } => self.on_each(on.of, |held| {
                // Nothing of ours could unblock it but the other end, which another thread holds: a reset aborts it.
                let _ = held.newest().close(|| {});
                held.let_copy_go();
            }),
            Command::Abort { on } => self.on_each(on.of, |held| {
                let _ = held.newest().abort();
                held.let_copy_go();
            }),
            Command::Duplicate { on } => self.on_each(on.of, |held| {
                if held.copies.len() < MAX_COPIES
                    && let Ok(copy) = held.socket.duplicate()
                {
                    held.copies.push(copy);
                }
            }),
            Command::Leak { on } => self.on_each(on.of, Held::leak),
            _ => Part::Nothing(text_for(self.end)),
        }
    }

    /// Acts on each of these that is not leaked, until told to stop.
    fn on_each(&mut self, of: Which, mut act: impl FnMut(&mut Held)) -> Part {
        let wanted = |held: &Held| {
            held.holding == Holding::Held
                && match of {
                    Which::All => true,
                    Which::Client(client) => held.client == client,
                    Which::Connection(number) => held.number == number,
                }
        };
        if !self.held.iter().any(wanted) {
            return Part::Nothing(text_for(self.end));
        }
        let mut all = std::mem::take(&mut self.held);
        for held in all.iter_mut().filter(|held| wanted(held)) {
            if self.cancel.is_cancelled() {
                break;
            }
            let unanswered = held.is_unanswered();
            let unsent = self.unsent(held.number);
            act(held);
            if !held.socket.is_held() {
                held.unsent_at_close = unsent;
            }
            if unanswered && !held.socket.is_held() {
                self.session.no_longer_awaited(held.number);
            }
            self.show_afresh(held);
        }
        all.retain(|held| held.socket.is_held());
        self.held = all;
        Part::Done
    }

    /// How many bytes of this end's were not acknowledged at the last look.
    fn unsent(&self, number: u64) -> Option<u32> {
        let seen = self.session.observer.latest();
        let row = seen.lane(number)?.row(self.end)?;
        let fin = matches!(row.state, State::FinWait1 | State::LastAck | State::Closing);
        Some(row.queues?.send.saturating_sub(fin.into()))
    }

    /// Goes on with what goes on by itself: reading, and connecting without waiting. Says whether anything came of it; none
    /// when nothing goes on.
    pub(super) fn step(&mut self) -> Option<bool> {
        let mut goes_on = None;
        for held in &mut self.held {
            let mut came = false;
            if held.connecting {
                let outcome = held.socket.connect_outcome();
                held.connecting = matches!(outcome, Ok(None));
                came |= !held.connecting;
                if !matches!(outcome, Ok(None | Some(Ok(())))) {
                    self.session.no_longer_awaited(held.number);
                }
                goes_on.get_or_insert(false);
            } else if held.reading {
                came |= held.read_on();
                goes_on.get_or_insert(false);
            }
            if came {
                goes_on = Some(true);
                held.look();
                self.session.show(held.number, self.end, held.state());
            }
        }
        goes_on
    }

    /// Asks each descriptor, and shows those that tell something new.
    pub(super) fn look(&mut self) {
        for held in &mut self.held {
            let before = held.descriptor;
            held.look();
            if held.descriptor != before {
                self.session.show(held.number, self.end, held.state());
            }
        }
    }

    /// Asks the kernel for everything, and shows it.
    fn show_afresh(&self, held: &mut Held) {
        if held.socket.is_held() {
            held.look();
            let role = if self.end == End::Client { Role::Client } else { Role::Peer };
            held.kernel = read_back(&held.socket, role);
        }
        self.session.show(held.number, self.end, held.state());
    }
}

/// Sets each of these options that is not among those that are `set` so already, and gives those of them that are
/// set now: one that failed is not, so that it is tried again when it is asked again.
pub(super) fn set_each(
    socket: &mut LabSocket,
    options: SocketOptions,
    set: SocketOptions,
) -> SocketOptions {
    let mut now = options;
    for option in options.each_unlike(set) {
        if socket.set_option(option).is_err() {
            now.set(option.name(), None);
        }
    }
    now
}

/// What the kernel says of every option that this system has on such a socket.
pub(super) fn read_back(socket: &LabSocket, role: Role) -> ReadBack {
    OptionName::ALL
        .into_iter()
        .filter(|name| name.absence().is_none() && name.suits(role))
        .map(|name| (name, socket.option(name)))
        .collect()
}

/// How long to rest between two steps: short while something happens, longer and longer while nothing does.
#[derive(Default)]
pub(super) struct Rest {
    idle: u32,
}

impl Rest {
    const SHORTEST: Duration = Duration::from_millis(2);
    /// 32 ms.
    const MOST_DOUBLINGS: u32 = 4;

    /// Something happened, or may happen now.
    pub(super) const fn wake(&mut self) {
        self.idle = 0;
    }

    /// The next rest, after steps that went on with something or not at all.
    pub(super) fn next(&mut self, goes_on: Option<bool>) -> Option<Duration> {
        let came = goes_on?;
        self.idle = if came { 0 } else { (self.idle + 1).min(Self::MOST_DOUBLINGS) };
        Some(Self::SHORTEST * 2_u32.pow(self.idle))
    }
}
