//! A client of the bench: connects, and holds what it connected.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, Shutdown, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::actor::Work;
use super::command::{Client, Command, Connect, Leave, Local, Reconnect, Target};
use super::inbox::{Job, Part};
use super::shared::{Awaited, Session, too_many};
use super::sockets::{Held, Sockets};
use super::state::EndState;
use super::{MAX_CONNECTIONS, MAX_RECONNECTS};
use crate::lab::cancel::Cancel;
use crate::lab::errno::CallError;
use crate::lab::log::Recorder;
use crate::lab::resolve::{Address, resolve};
use crate::lab::socket::{LabSocket, PATIENCE};
use crate::model::lab::{End, Role, Who};
use crate::os::Pair;
use crate::text;
use crate::text::Text;

/// No time of ours ends a `connect`: the system's does, after minutes, or the user.
const NO_LIMIT: Duration = Duration::from_hours(24);

/// How often a pause looks whether it should end.
const STEP: Duration = Duration::from_millis(2);

/// What one client does within one session.
pub(super) struct ClientWork {
    client: Client,
    session: Arc<Session>,
    recorder: Recorder,
    cancel: Cancel,
    sockets: Sockets,
}

impl ClientWork {
    pub(super) fn new(client: Client, session: Arc<Session>, cancel: &Cancel) -> Self {
        Self {
            client,
            recorder: session.recorder(cancel),
            cancel: cancel.clone(),
            sockets: Sockets::new(End::Client, Arc::clone(&session), cancel.clone()),
            session,
        }
    }

    fn connect(&mut self, connect: &Connect) -> Result<(), Text> {
        let target = self.find(&connect.target)?;
        let open = self.session.latest().connections.iter().filter(|it| it.is_open()).count();
        if connect.count == 0 || open + connect.count > MAX_CONNECTIONS {
            return Err(too_many(open));
        }
        for _ in 0..connect.count {
            if self.cancel.is_cancelled() {
                break;
            }
            let (mut held, made) = self.make(connect, &target, false)?;
            let failed = made.is_err() && !held.as_ref().is_some_and(|held| held.connecting);
            if failed && let Some(held) = &mut held {
                // What comes of it is in the log.
                let _ = held.socket.close(|| {});
            }
            self.keep(held);
            if failed {
                // The others would fail for the same reason, and the log shows it once.
                break;
            }
        }
        Ok(())
    }

    fn reconnect(&mut self, reconnect: &Reconnect) -> Result<(), Text> {
        if !(1..=MAX_RECONNECTS).contains(&reconnect.times) {
            return Err(text!("lab_bench.refused.times", n = MAX_RECONNECTS));
        }
        let target = self.find(&reconnect.connect.target)?;
        for _ in 0..reconnect.times {
            if self.cancel.is_cancelled() {
                break;
            }
            let (held, made) = self.make(&reconnect.connect, &target, reconnect.peer_closes)?;
            let closes =
                reconnect.peer_closes && matches!(reconnect.connect.target, Target::BuiltIn(_));
            if closes
                && made.is_ok()
                && let Some(held) = &held
            {
                held.socket.wait_for_end(PATIENCE);
            }
            self.pause(reconnect.every);
            let Some(mut held) = held else { continue };
            if self.cancel.is_cancelled() {
                // It stays as it is.
                self.keep(Some(held));
                break;
            }
            let unanswered = held.is_unanswered();
            // What comes of it is in the log.
            match reconnect.leave {
                Leave::Leak => held.leak(),
                Leave::Close => drop(held.socket.close(|| {})),
                Leave::Abort => drop(held.socket.abort()),
                Leave::ShutDown => drop(held.socket.shutdown(Shutdown::Both)),
                Leave::ShutDownAndClose => {
                    drop(held.socket.shutdown(Shutdown::Both));
                    drop(held.socket.close(|| {}));
                }
                Leave::ReadToEndAndClose => {
                    if made.is_ok() {
                        held.read_to_end();
                    }
                    drop(held.socket.close(|| {}));
                }
            }
            if unanswered && !held.socket.is_held() {
                self.session.no_longer_awaited(held.number);
            }
            self.keep(Some(held));
        }
        Ok(())
    }

    /// Where the target is. A name is not looked up yet.
    fn find(&self, target: &Target) -> Result<Address, Text> {
        match target {
            Target::BuiltIn(server) => {
                let state = self.session.latest();
                let listener = state.listener(*server);
                let address = listener.address.or(listener.last_address);
                address.map(Address::Known).ok_or_else(|| text!("lab_bench.refused.never_listened"))
            }
            Target::Typed(typed) => Address::read(typed)
                .ok_or_else(|| text!("lab_bench.refused.target", target = typed.trim())),
        }
    }

    /// Makes one connection: its socket, if there is one, and what came of it. Refuses where too many are open.
    fn make(
        &mut self,
        connect: &Connect,
        target: &Address,
        closes: bool,
    ) -> Result<(Option<Held>, Result<(), CallError>), Text> {
        let number = self.session.new_connection(self.client, &connect.target)?;
        let who = Who { role: Role::Client, number };
        let addresses = match target {
            Address::Known(known) => Ok(vec![*known]),
            Address::Name(name, port) => self.recorder.call(
                who,
                format!("getaddrinfo({name}, {port})"),
                || resolve(name, *port, &self.cancel),
                |all| all.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
            ),
        };
        let mut made: (Option<Held>, Result<(), CallError>) = (None, Ok(()));
        match addresses {
            Err(error) => made.1 = Err(error),
            Ok(addresses) => {
                // As programs do: one address after the other, until one answers.
                for address in addresses {
                    if let Some(held) = &mut made.0 {
                        let _ = held.socket.close(|| {});
                    }
                    made = self.attempt(who, address, connect, closes);
                    if made.1.is_ok() || self.cancel.is_cancelled() {
                        break;
                    }
                }
            }
        }
        if made.0.is_none() {
            let shown = EndState { asked: connect.options, ..EndState::closed() };
            self.session.show(number, End::Client, shown);
        }
        Ok(made)
    }

    /// Tries to connect to one address.
    fn attempt(
        &self,
        who: Who,
        address: SocketAddr,
        connect: &Connect,
        closes: bool,
    ) -> (Option<Held>, Result<(), CallError>) {
        let mut socket = match LabSocket::new(who, address, &self.recorder) {
            Ok(socket) => socket,
            Err(error) => return (None, Err(error)),
        };
        let is_ours = matches!(connect.target, Target::BuiltIn(_))
            || self.session.latest().listeners.iter().any(|it| it.address == Some(address));
        let mut begun = false;
        let made = prepare(&mut socket, address, connect).and_then(|()| {
            // Held until the SYN is sent and written down, so that whoever accepts finds it.
            let mut awaited = self.session.awaited();
            socket.connect_telling(address, NO_LIMIT, |local| {
                let pair = Pair { client: local, peer: address };
                // What another program listens for nobody of ours accepts.
                if is_ours {
                    awaited.push(Awaited {
                        number: who.number,
                        client: self.client,
                        pair,
                        options: connect.peer,
                        closes,
                    });
                }
                drop(awaited);
                begun = true;
                self.session.watch(who.number, pair);
            })
        });
        let mut held = Held::new(self.client, socket, connect.options);
        match &made {
            Err(error) if begun && (error.is_cancelled() || error.is_underway()) => {
                held.connecting = true;
            }
            Err(_) => self.session.no_longer_awaited(who.number),
            Ok(()) => {}
        }
        let in_progress = held.connecting && !self.cancel.is_cancelled();
        (Some(held), if in_progress { Ok(()) } else { made })
    }

    fn keep(&mut self, held: Option<Held>) {
        if let Some(held) = held {
            self.sockets.add(held);
        }
    }

    fn pause(&self, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end && !self.cancel.is_cancelled() {
            std::thread::sleep(STEP.min(end.saturating_duration_since(Instant::now())));
        }
    }
}

impl Work for ClientWork {
    fn carry_out(&mut self, job: &Job) -> Part {
        let carried_out = match &job.command {
            Command::Connect(connect) => {
                job.wait_for_turn(&self.cancel);
                self.connect(connect)
            }
            Command::Reconnect(reconnect) => {
                job.wait_for_turn(&self.cancel);
                self.reconnect(reconnect)
            }
            command => return self.sockets.carry_out(command),
        };
        carried_out.map_or_else(Part::Refused, |()| Part::Done)
    }

    fn step(&mut self) -> Option<bool> {
        self.sockets.step()
    }

    fn look(&mut self) {
        self.sockets.look();
    }
}

/// Everything before `connect`.
fn prepare(
    socket: &mut LabSocket,
    address: SocketAddr,
    connect: &Connect,
) -> Result<(), CallError> {
    socket.set_options(connect.options)?;
    if let Some(local) = bound_to(connect.local, address) {
        socket.bind(local)?;
    }
    if connect.blocking { Ok(()) } else { socket.set_nonblocking() }
}

/// What to bind to before connecting to `address`; none where nothing is fixed.
fn bound_to(local: Local, address: SocketAddr) -> Option<SocketAddr> {
    if local.address.is_none() && local.port.is_none() {
        return None;
    }
    let wildcard = match address {
        SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::UNSPECIFIED),
        SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::UNSPECIFIED),
    };
    Some(SocketAddr::new(local.address.unwrap_or(wildcard), local.port.unwrap_or(0)))
}
