//! What the bench's thread does: one command after the other, on sockets that only it holds.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Instant;

use super::command::{Actor, Client, Connect, Server, Target};
use super::state::{CALLS, ConnectionState, EndState, Holding, Refused, Running, Shared};
use super::{Command, Inbox, MAX_CONNECTIONS, MAX_SEND};
use crate::lab::cancel::Cancel;
use crate::lab::errno::CallError;
use crate::lab::link::Link;
use crate::lab::listener::{BACKLOG, Listener};
use crate::lab::log::Recorder;
use crate::lab::observe::Observer;
use crate::lab::options::{OptionName, OptionValue, SocketOptions};
use crate::lab::socket::{LabSocket, PATIENCE};
use crate::model::lab::{End, Role};
use crate::os::Pair;
use crate::text;
use crate::text::Text;

/// The listener's address: loopback only, and a port that is free.
const LISTEN_ON: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

pub(super) struct Worker {
    // Dropped in this order: sockets first, so that the observer can still see them go.
    connections: Vec<Connection>,
    listener: Option<Listener>,
    observer: Observer,
    shared: Arc<Shared>,
    cancel: Cancel,
    began: Instant,
    recorder: Recorder,
    last_number: u64,
}

struct Connection {
    number: u64,
    pair: Option<Pair>,
    /// None when it could not be made.
    link: Option<Link>,
    asked: [SocketOptions; 2],
}

impl Worker {
    pub(super) fn new(
        observer: Observer,
        shared: Arc<Shared>,
        cancel: Cancel,
        began: Instant,
    ) -> Self {
        Self {
            connections: Vec::new(),
            listener: None,
            observer,
            shared,
            recorder: Recorder::new(began, CALLS, cancel.clone()),
            cancel,
            began,
            last_number: 0,
        }
    }

    pub(super) fn run(mut self, inbox: &Inbox) {
        while let Some(command) = inbox.pop() {
            self.shared.update(|state| {
                state.running.push(Running { actor: Actor::Peer, command: command.clone() })
            });
            self.observer.expect_changes();
            let carried_out = self.carry_out(&command);
            self.publish();
            self.shared.update(|state| {
                state.running.clear();
                match carried_out {
                    Ok(()) => {
                        state.finished += 1;
                        state.refused = None;
                    }
                    Err(reason) => state.refuse(Refused { command, reason }),
                }
            });
        }
    }

    /// Does it, or says why it cannot be done. A call that fails is not a refusal: it is what the user
    /// came to see, and stands in the log.
    fn carry_out(&mut self, command: &Command) -> Result<(), Text> {
        match *command {
            Command::Connect(Connect { count, options, peer, .. }) => {
                self.connect(count, [options, peer])
            }
            Command::SetOptions { on, options } => self.on_each(on.end, |connection| {
                let before = std::mem::replace(&mut connection.asked[on.end as usize], options);
                let mut changed = options.each_unlike(before);
                connection
                    .act(on.end, |socket| changed.try_for_each(|option| socket.set_option(option)))
            }),
            Command::Send { on, bytes } => {
                if !(1..=MAX_SEND).contains(&bytes) {
                    return Err(text!("lab.refused.bytes", n = MAX_SEND));
                }
                let patience = patience();
                self.on_each(on.end, |connection| {
                    connection.act(on.end, |socket| socket.send(bytes, patience()).map(drop))
                })
            }
            Command::Read { on, bytes } => {
                let patience = patience();
                self.on_each(on.end, |connection| {
                    connection
                        .act(on.end, |socket| socket.recv_at_most(bytes, patience()).map(drop))
                })
            }
            Command::Shutdown { on, how } => self.on_each(on.end, |connection| {
                connection.act(on.end, |socket| socket.shutdown(how))
            }),
            Command::Close { on } => self.on_each(on.end, |connection| {
                connection.link.as_mut().map_or(Ok(()), |link| link.close(on.end))
            }),
            Command::Abort { on } => {
                self.on_each(on.end, |connection| connection.act(on.end, LabSocket::abort))
            }
            Command::Reset => {
                self.connections.clear();
                self.listener = None;
                self.began = Instant::now();
                self.recorder = Recorder::new(self.began, CALLS, self.cancel.clone());
                self.observer.restart(self.began);
                Ok(())
            }
            _ => Err(text!("lab.refused.stopped")),
        }
    }

    fn connect(&mut self, count: usize, options: [SocketOptions; 2]) -> Result<(), Text> {
        let open = self.connections.iter().filter(|it| it.is_open()).count();
        if count == 0 || open + count > MAX_CONNECTIONS {
            return Err(text!("lab.refused.connections", n = MAX_CONNECTIONS, open = open));
        }
        self.make_room(count);
        for _ in 0..count {
            if self.cancel.is_cancelled() {
                break;
            }
            let connection = self.make_connection(options);
            let made = connection.link.is_some();
            self.connections.push(connection);
            self.publish();
            if !made {
                // The others would fail for the same reason, and the log shows it once.
                break;
            }
        }
        Ok(())
    }

    /// Forgets the oldest closed connections where there would be more than 64 to show.
    fn make_room(&mut self, count: usize) {
        let mut surplus = (self.connections.len() + count).saturating_sub(MAX_CONNECTIONS);
        let observer = &self.observer;
        self.connections.retain(|connection| {
            let keep = surplus == 0 || connection.is_open();
            if !keep {
                surplus -= 1;
                observer.forget(connection.number);
            }
            keep
        });
    }

    fn make_connection(&mut self, options: [SocketOptions; 2]) -> Connection {
        self.last_number += 1;
        let number = self.last_number;
        let recorder = self.recorder.clone();
        let mut pair = None;
        let observer = &self.observer;
        let listener = match self.listener.take() {
            Some(listener) => Ok(listener),
            None => Listener::open(LISTEN_ON, SocketOptions::NONE, BACKLOG, &recorder),
        };
        let link = listener.and_then(|listener| {
            let listener = self.listener.insert(listener);
            Link::open(listener, options, number, &recorder, |addresses| {
                pair = Some(addresses);
                observer.watch(number, addresses);
            })
        });
        if link.is_err() {
            observer.let_go(number);
        }
        Connection { number, pair, link: link.ok(), asked: options }
    }

    /// Acts on every connection whose end is open, until the lab is cancelled.
    fn on_each(
        &mut self,
        end: End,
        mut act: impl FnMut(&mut Connection) -> Result<(), CallError>,
    ) -> Result<(), Text> {
        if !self.connections.iter().any(|it| it.holds(end)) {
            return Err(match end {
                End::Client => text!("lab.refused.no_client"),
                End::Peer => text!("lab.refused.no_peer"),
            });
        }
        for index in 0..self.connections.len() {
            let connection = &mut self.connections[index];
            if !connection.holds(end) {
                continue;
            }
            if self.cancel.is_cancelled() {
                break;
            }
            // The outcome is in the connection's log, which is where the user looks for it.
            let _ = act(connection);
            if !connection.is_open() {
                self.observer.let_go(connection.number);
            }
            self.publish();
        }
        Ok(())
    }

    fn publish(&self) {
        let connections = self.connections.iter().map(Connection::state).collect();
        let observation = self.observer.latest();
        self.shared.update(|state| {
            state.connections = connections;
            state.calls = self.recorder.calls();
            state.observe(&observation);
        });
    }
}

impl Connection {
    fn holds(&self, end: End) -> bool {
        self.link.as_ref().is_some_and(|link| link.end(end).is_held())
    }

    fn is_open(&self) -> bool {
        self.link.as_ref().is_some_and(|link| !link.is_closed())
    }

    fn act(
        &mut self,
        end: End,
        what: impl FnOnce(&mut LabSocket) -> Result<(), CallError>,
    ) -> Result<(), CallError> {
        self.link.as_mut().map_or(Ok(()), |link| what(link.end_mut(end)))
    }

    fn state(&self) -> ConnectionState {
        let end = |end: End| {
            let held = self.link.as_ref().map(|link| link.end(end)).filter(|it| it.is_held());
            EndState {
                holding: if held.is_some() { Holding::Held } else { Holding::Closed },
                asked: self.asked[end as usize],
                kernel: held.map(|socket| read_back(socket, end)).unwrap_or_default(),
                ..EndState::default()
            }
        };
        ConnectionState {
            number: self.number,
            pair: self.pair,
            client: Client::A,
            target: Target::BuiltIn(Server::First),
            accepted: self.link.is_some(),
            ends: End::ALL.map(end),
        }
    }
}

/// What is left, at each asking, of the time that one command may wait for the other ends.
fn patience() -> impl Fn() -> std::time::Duration {
    let deadline = Instant::now() + PATIENCE;
    move || deadline.saturating_duration_since(Instant::now())
}

/// What the kernel says of every option that this system has.
fn read_back(socket: &LabSocket, end: End) -> Vec<(OptionName, Result<OptionValue, CallError>)> {
    let role = if end == End::Client { Role::Client } else { Role::Peer };
    OptionName::ALL
        .into_iter()
        .filter(|name| name.absence().is_none() && name.suits(role))
        .map(|name| (name, socket.option(name)))
        .collect()
}
