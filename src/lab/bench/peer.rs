//! The built-in peer of the bench: listens, accepts, and holds what it accepted.

use std::net::SocketAddr;
use std::sync::Arc;

use super::actor::Work;
use super::command::{Command, OpenListener, Server};
use super::inbox::{Job, Part};
use super::shared::Session;
use super::sockets::{Held, Sockets, read_back, set_each};
use crate::lab::cancel::Cancel;
use crate::lab::listener::Listener;
use crate::lab::log::Recorder;
use crate::lab::options::SocketOptions;
use crate::lab::socket::{LabSocket, PATIENCE};
use crate::model::lab::{End, Resolution, Role};
use crate::os::{Pair, PairProbe, pair_probe};
use crate::text;
use crate::text::Text;

/// The greatest backlog that one can ask for.
const MAX_BACKLOG: u32 = 65_535;

/// How many connections one listener accepts before the commands have their turn.
const MOST_AT_ONCE: usize = 256;

/// What the peer does within one session.
pub(super) struct PeerWork {
    session: Arc<Session>,
    recorder: Recorder,
    cancel: Cancel,
    listeners: [Option<Open>; 2],
    sockets: Sockets,
    /// For the listeners' rows.
    probe: Box<dyn PairProbe>,
}

/// An open listener.
struct Open {
    listener: Listener,
    /// What was asked of its options, as it is shown.
    asked: SocketOptions,
    /// What of that was set.
    set: SocketOptions,
    backlog: u32,
    automatic: bool,
}

impl PeerWork {
    pub(super) fn new(session: Arc<Session>, cancel: &Cancel) -> Self {
        Self {
            recorder: session.recorder(cancel),
            cancel: cancel.clone(),
            listeners: [None, None],
            sockets: Sockets::new(End::Peer, Arc::clone(&session), cancel.clone()),
            session,
            probe: pair_probe(),
        }
    }

    fn open(&mut self, open: OpenListener) -> Result<(), Text> {
        if self.listeners[open.server as usize].is_some() {
            return Err(text!("lab_bench.refused.listens"));
        }
        if !open.address.is_loopback() {
            return Err(text!("lab_bench.refused.not_loopback"));
        }
        let backlog = backlog(open.backlog)?;
        let address = SocketAddr::new(open.address, open.port.unwrap_or(0));
        let number = open.server.number();
        let listener =
            Listener::open_numbered(number, address, open.options, backlog, &self.recorder);
        // Where it fails the log has it.
        self.listeners[open.server as usize] = listener.ok().map(|listener| Open {
            listener,
            asked: open.options,
            set: open.options,
            backlog: open.backlog,
            automatic: true,
        });
        self.show(open.server);
        Ok(())
    }

    fn close(&mut self, server: Server) -> Result<(), Text> {
        let Some(open) = self.listeners[server as usize].take() else {
            return Err(closed());
        };
        let address = open.listener.address();
        // What it answers is in the log.
        let _ = open.listener.close();
        self.session.stopped_listening(address);
        self.show(server);
        Ok(())
    }

    fn set(&mut self, server: Server, options: SocketOptions, wanted: u32) -> Result<(), Text> {
        let length = backlog(wanted)?;
        let open = self.opened(server)?;
        let socket = open.listener.socket_mut();
        // What fails is in the log, and what the kernel made of the rest is read back.
        open.asked = options;
        open.set = set_each(socket, options, open.set);
        if open.backlog != wanted && socket.listen(length).is_ok() {
            open.backlog = wanted;
        }
        self.show(server);
        Ok(())
    }

    fn opened(&mut self, server: Server) -> Result<&mut Open, Text> {
        self.listeners[server as usize].as_mut().ok_or_else(closed)
    }

    fn accept(&mut self, server: Server) -> Result<(), Text> {
        let recorder = self.recorder.clone();
        let listener = &self.opened(server)?.listener;
        let address = listener.address();
        // A failure is in the log.
        if let Ok((socket, from)) = listener.socket().accept(PATIENCE, 0, &recorder) {
            self.take_in(socket, Pair { client: from, peer: address });
        }
        self.show(server);
        Ok(())
    }

    /// Accepts those that have come, where that is wanted, some at a time: whoever floods a listener keeps nobody from
    /// commands, and no wish to stop from being heard. Says whether there were any; none when none is expected.
    fn accept_all(&mut self) -> Option<bool> {
        let mut goes_on = None;
        for server in Server::ALL {
            let mut any = false;
            for _ in 0..MOST_AT_ONCE {
                if self.cancel.is_cancelled() || self.accept_one(server) != Some(true) {
                    break;
                }
                any = true;
            }
            let open = self.listeners[server as usize].as_ref().filter(|open| open.automatic);
            if any {
                self.show(server);
                goes_on = Some(true);
            } else if open.is_some_and(|it| self.session.is_awaited_at(it.listener.address())) {
                goes_on.get_or_insert(false);
            }
        }
        goes_on
    }

    /// Accepts one connection by itself, and says whether one had come; none when it is not to, or cannot.
    fn accept_one(&mut self, server: Server) -> Option<bool> {
        let open = self.listeners[server as usize].as_mut().filter(|open| open.automatic)?;
        let address = open.listener.address();
        match open.listener.socket().accept_if_any() {
            Ok(Some((socket, from))) => {
                self.take_in(socket, Pair { client: from, peer: address });
                Some(true)
            }
            Ok(None) => Some(false),
            Err(_) => {
                // It would fail again at once, and again. The log says why, and the user may have it go on.
                open.automatic = false;
                self.show(server);
                None
            }
        }
    }

    /// Holds what was accepted. What the bench did not connect is let go.
    fn take_in(&mut self, mut socket: LabSocket, pair: Pair) {
        let Some(awaited) = self.session.take_awaited(pair) else {
            return;
        };
        socket.renumber(awaited.number);
        let mut held = Held::new(awaited.client, socket, SocketOptions::NONE);
        held.set_options(awaited.options);
        if awaited.closes {
            // What comes of it is in the log.
            let _ = held.socket.close(|| {});
        }
        self.sockets.add(held);
    }

    /// Shows everything of one listener.
    fn show(&mut self, server: Server) {
        let queue = self.queue(server);
        let open = self.listeners[server as usize].as_ref();
        let kernel = open.map(|it| read_back(it.listener.socket(), Role::Listener));
        self.session.update(|state| {
            let shown = &mut state.listeners[server as usize];
            shown.address = open.map(|it| it.listener.address());
            shown.last_address = shown.address.or(shown.last_address);
            shown.kernel = kernel.unwrap_or_default();
            shown.queue = queue;
            shown.automatic = open.is_some_and(|it| it.automatic);
            if let Some(open) = open {
                shown.asked = open.asked;
                shown.backlog = open.backlog;
            }
        });
    }

    /// What the listener's row says of its queue; none where asking would mean to read the whole table.
    fn queue(&mut self, server: Server) -> Option<(u32, u32)> {
        if self.probe.resolution() != Resolution::Exact {
            return None;
        }
        let address = self.listeners[server as usize].as_ref()?.listener.address();
        let queues = self.probe.listener(address).ok()??.queues?;
        Some((queues.receive, queues.send))
    }
}

impl Work for PeerWork {
    fn carry_out(&mut self, job: &Job) -> Part {
        let carried_out = match job.command {
            Command::OpenListener(open) => self.open(open),
            Command::CloseListener { server } => self.close(server),
            Command::SetListener { server, options, backlog } => self.set(server, options, backlog),
            Command::Accept { server } => self.accept(server),
            Command::AcceptAutomatically { server, yes } => {
                let opened = self.opened(server).map(|open| open.automatic = yes);
                self.show(server);
                opened
            }
            ref command => return self.sockets.carry_out(command),
        };
        carried_out.map_or_else(Part::Refused, |()| Part::Done)
    }

    fn step(&mut self) -> Option<bool> {
        let accepted = self.accept_all();
        let stepped = self.sockets.step();
        // The greater of both: something came, nothing came, nothing goes on.
        accepted.max(stepped)
    }

    fn look(&mut self) {
        self.sockets.look();
        for server in Server::ALL {
            let queue = self.queue(server);
            if self.session.latest().listener(server).queue != queue {
                self.session.update(|state| state.listeners[server as usize].queue = queue);
            }
        }
    }
}

fn closed() -> Text {
    text!("lab_bench.refused.not_listening")
}

/// The backlog as `listen` takes it.
fn backlog(wanted: u32) -> Result<i32, Text> {
    let within = (wanted <= MAX_BACKLOG).then(|| i32::try_from(wanted).ok()).flatten();
    within.ok_or_else(|| text!("lab_bench.refused.backlog", most = MAX_BACKLOG))
}
