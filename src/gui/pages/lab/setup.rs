//! What is chosen on the bench before anything is done: to whom, from where, with which options; and the commands that
//! follow from it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use crate::lab::{
    BenchState, Client, Command, Connect, ConnectionState, Leave, Local, On, OpenListener,
    Reconnect, Server, SocketOptions, Target, Which,
};
use crate::model::lab::End;
use crate::text;
use crate::text::Text;

/// To whom a client connects.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Place {
    /// The first built-in listener, on 127.0.0.1.
    #[default]
    BuiltIn4,
    /// The first built-in listener, on `::1`.
    BuiltIn6,
    /// The second built-in listener: another remote address.
    Second,
    /// What is typed.
    Typed,
}

impl Place {
    pub(super) const ALL: [Self; 4] = [Self::BuiltIn4, Self::BuiltIn6, Self::Second, Self::Typed];

    /// The listener, and where it has to listen.
    pub(super) const fn built_in(self) -> Option<(Server, IpAddr)> {
        const V4: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
        match self {
            Self::BuiltIn4 => Some((Server::First, V4)),
            Self::BuiltIn6 => Some((Server::First, IpAddr::V6(Ipv6Addr::LOCALHOST))),
            Self::Second => Some((Server::Second, V4)),
            Self::Typed => None,
        }
    }
}

/// What is chosen for one client.
#[derive(Clone, Debug)]
pub(super) struct ClientSetup {
    pub(super) options: SocketOptions,
    /// A fixed local address, as typed; empty is any.
    pub(super) address: String,
    /// A fixed local port, as typed; empty lets the kernel choose.
    pub(super) port: String,
    pub(super) blocking: bool,
}

/// What is chosen for one listener.
#[derive(Clone, Debug)]
pub(super) struct ListenerSetup {
    pub(super) options: SocketOptions,
    pub(super) backlog: u32,
    /// A fixed port, as typed; empty is the last it had, or any.
    pub(super) port: String,
}

/// Which connections an action is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum ActsOn {
    #[default]
    All,
    Of(Client),
    /// The one that is shown.
    Shown,
}

/// What is chosen for reconnecting.
#[derive(Clone, Copy, Debug)]
pub(super) struct Habit {
    pub(super) times: u32,
    pub(super) pause_ms: u32,
    pub(super) leave: Leave,
    pub(super) peer_closes: bool,
}

/// Everything that is chosen.
#[derive(Clone, Debug)]
pub(super) struct Choices {
    pub(super) place: Place,
    pub(super) typed: String,
    pub(super) count: usize,
    /// Whose settings the client's card shows, and who connects.
    pub(super) client: Client,
    pub(super) clients: [ClientSetup; 2],
    pub(super) accepted: SocketOptions,
    pub(super) listeners: [ListenerSetup; 2],
    pub(super) acts_on: ActsOn,
    /// The connection that was picked; none is the newest.
    pub(super) picked: Option<u64>,
    /// How much one press sends at each end, in bytes.
    pub(super) bytes: [usize; 2],
    pub(super) habit: Habit,
}

impl Default for Choices {
    fn default() -> Self {
        let client = ClientSetup {
            options: SocketOptions::NONE,
            address: String::new(),
            port: String::new(),
            blocking: true,
        };
        let OpenListener { options, backlog, .. } = OpenListener::new(Server::First);
        let listener = ListenerSetup { options, backlog, port: String::new() };
        Self {
            place: Place::default(),
            typed: String::new(),
            count: 1,
            client: Client::A,
            clients: [client.clone(), client],
            accepted: SocketOptions::NONE,
            listeners: [listener.clone(), listener],
            acts_on: ActsOn::default(),
            picked: None,
            bytes: [64; 2],
            habit: Habit { times: 20, pause_ms: 50, leave: Leave::Leak, peer_closes: true },
        }
    }
}

impl Choices {
    /// What is chosen for the client whose card is shown.
    pub(super) const fn of_client(&mut self) -> &mut ClientSetup {
        &mut self.clients[self.client as usize]
    }

    /// The same, with the client's address and port left to the kernel.
    pub(super) fn anywhere(&self) -> Self {
        let mut any = self.clone();
        any.of_client().address.clear();
        any.of_client().port.clear();
        any
    }

    /// The connection that is shown: the picked one while it is there, or the newest.
    pub(super) fn shown<'a>(&self, bench: &'a BenchState) -> Option<&'a ConnectionState> {
        let picked = self.picked.and_then(|number| bench.connection(number));
        picked.or_else(|| bench.connections.last())
    }

    /// Which connections an action is for.
    pub(super) fn which(&self, bench: &BenchState) -> Which {
        match self.acts_on {
            ActsOn::All => Which::All,
            ActsOn::Of(client) => Which::Client(client),
            ActsOn::Shown => {
                self.shown(bench).map_or(Which::All, |shown| Which::Connection(shown.number))
            }
        }
    }

    /// The client whose connections the actions are for, where that is not the one that is shown.
    pub(super) fn others(&self, bench: &BenchState) -> Option<Client> {
        match self.acts_on {
            ActsOn::Of(client) => {
                self.shown(bench).filter(|shown| shown.client != client).map(|_| client)
            }
            ActsOn::All | ActsOn::Shown => None,
        }
    }

    /// The sockets that an action at this end is for.
    pub(super) fn on(&self, bench: &BenchState, end: End) -> On {
        On { end, of: self.which(bench) }
    }

    /// Whether packets leave this machine, or may.
    pub(super) fn is_foreign(&self) -> bool {
        self.place == Place::Typed
    }

    /// The connecting that is chosen, or why it cannot be done.
    fn connecting(&self) -> Result<Connect, Text> {
        let client = &self.clients[self.client as usize];
        let target = match self.place.built_in() {
            Some((server, _)) => Target::BuiltIn(server),
            None => {
                Target::typed(&self.typed).ok_or_else(|| text!("lab_bench_page.refused.target"))?
            }
        };
        let address = match client.address.trim() {
            "" => None,
            typed => Some(typed.parse().map_err(|_| text!("lab_bench_page.refused.address"))?),
        };
        if let Some(address) = address
            && let Some(remote) = self.address_of_target()
            && remote.is_ipv4() != IpAddr::is_ipv4(&address)
        {
            return Err(if remote.is_ipv4() {
                text!("lab_seen.families.target_v4")
            } else {
                text!("lab_seen.families.target_v6")
            });
        }
        Ok(Connect {
            client: self.client,
            local: Local { address, port: port(&client.port)? },
            options: client.options,
            peer: self.accepted,
            blocking: client.blocking,
            count: self.count,
            ..Connect::new(target)
        })
    }

    /// The target's address, as far as it is known before a name is looked up.
    fn address_of_target(&self) -> Option<IpAddr> {
        match self.place.built_in() {
            Some((_, address)) => Some(address),
            None => self.typed.trim().parse::<SocketAddr>().ok().map(|typed| typed.ip()),
        }
    }

    /// What to send so that it connects, the listener first where it has to be opened.
    pub(super) fn connect(&self, bench: &BenchState) -> Result<Vec<Command>, Text> {
        let connect = self.connecting()?;
        let mut commands = self.prepare_listener(bench)?;
        commands.push(Command::Connect(connect));
        Ok(commands)
    }

    /// What to send so that it connects again and again.
    pub(super) fn reconnect(&self, bench: &BenchState) -> Result<Vec<Command>, Text> {
        let connect = self.connecting()?;
        let mut commands = self.prepare_listener(bench)?;
        let Habit { times, pause_ms, leave, peer_closes } = self.habit;
        let every = Duration::from_millis(pause_ms.into());
        commands.push(Command::Reconnect(Reconnect { connect, times, every, leave, peer_closes }));
        Ok(commands)
    }

    /// Opens the listener that was never opened, and opens one of the other family anew. One that was closed stays closed:
    /// that nobody listens there is then what is to be seen.
    fn prepare_listener(&self, bench: &BenchState) -> Result<Vec<Command>, Text> {
        let Some((server, address)) = self.place.built_in() else { return Ok(Vec::new()) };
        let listener = bench.listener(server);
        let Some(last) = listener.last_address.or(listener.address) else {
            return Ok(vec![self.open(server, address, None)?]);
        };
        if last.ip() == address {
            return Ok(Vec::new());
        }
        let mut commands = Vec::new();
        if listener.address.is_some() {
            commands.push(Command::CloseListener { server });
        }
        commands.push(self.open(server, address, None)?);
        Ok(commands)
    }

    /// Opens a listener as chosen; `last` is the port where none is typed.
    pub(super) fn open(
        &self,
        server: Server,
        address: IpAddr,
        last: Option<u16>,
    ) -> Result<Command, Text> {
        let ListenerSetup { options, backlog, port: typed } = &self.listeners[server as usize];
        let port = port(typed)?.or(last);
        Ok(Command::OpenListener(OpenListener {
            server,
            address,
            port,
            options: *options,
            backlog: *backlog,
        }))
    }

    /// The listener that the peer's card shows.
    pub(super) const fn server(&self) -> Server {
        match self.place {
            Place::Second => Server::Second,
            Place::BuiltIn4 | Place::BuiltIn6 | Place::Typed => Server::First,
        }
    }
}

fn port(typed: &str) -> Result<Option<u16>, Text> {
    match typed.trim() {
        "" => Ok(None),
        typed => typed.parse().map(Some).map_err(|_| text!("lab_bench_page.refused.port")),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::lab::Bench;

    fn empty() -> Arc<BenchState> {
        Bench::start(Arc::new(|| {})).expect("threads").latest()
    }

    #[test]
    fn a_listener_is_opened_before_the_first_connection() {
        let choices = Choices { place: Place::BuiltIn6, count: 3, ..Choices::default() };
        let commands = choices.connect(&empty()).expect("commands");
        let [Command::OpenListener(open), Command::Connect(connect)] = &commands[..] else {
            panic!("{commands:?}");
        };
        assert_eq!(open.address, IpAddr::V6(Ipv6Addr::LOCALHOST));
        assert_eq!((connect.count, &connect.target), (3, &Target::BuiltIn(Server::First)));
    }

    /// `bind` would give EAFNOSUPPORT, which says nothing of the two addresses.
    #[test]
    fn addresses_of_two_families_are_refused_before_anything_is_called() {
        let id = |choices: &Choices| choices.connect(&empty()).map(|_| ()).map_err(|why| why.id());
        let mut choices = Choices::default();
        "::1".clone_into(&mut choices.of_client().address);
        assert_eq!(id(&choices), Err("lab_seen.families.target_v4"));
        choices.place = Place::BuiltIn6;
        assert_eq!(id(&choices), Ok(()));
        "127.0.0.1".clone_into(&mut choices.of_client().address);
        assert_eq!(id(&choices), Err("lab_seen.families.target_v6"));
        choices.place = Place::Typed;
        for (typed, refused) in [("[::1]:80", true), ("127.0.0.1:80", false), ("name:80", false)] {
            typed.clone_into(&mut choices.typed);
            assert_eq!(id(&choices).is_err(), refused, "{typed}");
        }
    }

    #[test]
    fn what_is_typed_wrong_is_said_and_not_sent() {
        let mut choices = Choices { place: Place::Typed, ..Choices::default() };
        for typed in [
            "",
            "example.org",
            "example.org:http",
            ":80",
            "example.org:70000",
            "example.org:0",
            "::1:80",
            "http://example.org:80",
        ] {
            typed.clone_into(&mut choices.typed);
            let refused = choices.connect(&empty()).map_err(|reason| reason.id());
            assert_eq!(refused, Err("lab_bench_page.refused.target"), "{typed}");
        }
        " [::1]:80 ".clone_into(&mut choices.typed);
        let commands = choices.connect(&empty()).expect("commands");
        let typed = Target::Typed("[::1]:80".to_owned());
        assert!(matches!(&commands[..], [Command::Connect(connect)] if connect.target == typed));
        "x".clone_into(&mut choices.of_client().port);
        assert!(choices.connect(&empty()).is_err());
    }
}
