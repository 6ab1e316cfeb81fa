//! The sockets that are held: of one family, in every state that stays as it is.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use super::super::errno::CallError;
use super::super::link::Link;
use super::super::listener::{BACKLOG, Listener};
use super::super::log::Recorder;
use super::super::options::SocketOptions;
use crate::model::{Family, State};
use crate::text;
use crate::text::Text;

/// A row that should be in the table, or should not.
#[derive(Clone, Debug)]
pub(super) struct Actor {
    /// What it is.
    pub(super) role: Text,
    /// The address of this end.
    pub(super) local: SocketAddr,
    /// The address of the other end; none for a listener.
    pub(super) remote: Option<SocketAddr>,
    /// The state that it was brought into; none when no row should be left.
    pub(super) state: Option<State>,
    /// Whether this process holds it.
    pub(super) held: bool,
}

/// Sockets in known states; dropping it closes them.
#[derive(Debug)]
pub(super) struct Stage {
    /// What a table should show.
    pub(super) actors: Vec<Actor>,
    _listener: Listener,
    _links: [Link; 2],
}

impl Stage {
    /// A listener on this family's loopback address, which a machine may lack.
    pub(super) fn listen(family: Family, recorder: &Recorder) -> Result<Listener, CallError> {
        let loopback: IpAddr = match family {
            Family::V4 => Ipv4Addr::LOCALHOST.into(),
            Family::V6 => Ipv6Addr::LOCALHOST.into(),
        };
        Listener::open((loopback, 0).into(), SocketOptions::NONE, BACKLOG, recorder)
    }

    /// Brings sockets into LISTEN, ESTABLISHED, CLOSE_WAIT, FIN_WAIT_2 and TIME_WAIT.
    pub(super) fn set(
        family: Family,
        listener: Listener,
        recorder: &Recorder,
    ) -> Result<Self, CallError> {
        let connect = || Link::open(&listener, [SocketOptions::NONE; 2], 0, recorder, |_| {});
        let open = connect()?;
        let mut half_closed = connect()?;
        half_closed.peer.shutdown_write()?;
        let mut closed = connect()?;
        closed.client.close(|| {})?;
        closed.peer.close(|| {})?;

        let family = family.name();
        let actor = |role: Text, link: &Link, of_client: bool, state, held| {
            let (client, peer) = (link.pair.client, link.pair.peer);
            let (local, remote) = if of_client { (client, peer) } else { (peer, client) };
            Actor { role, local, remote: Some(remote), state, held }
        };
        let actors = vec![
            Actor {
                role: text!("doctor.check.listener", family = family),
                local: listener.address(),
                remote: None,
                state: Some(State::Listen),
                held: true,
            },
            actor(
                text!("doctor.check.open_client", family = family),
                &open,
                true,
                Some(State::Established),
                true,
            ),
            actor(
                text!("doctor.check.open_peer", family = family),
                &open,
                false,
                Some(State::Established),
                true,
            ),
            actor(
                text!("doctor.check.half_closed_client", family = family),
                &half_closed,
                true,
                Some(State::CloseWait),
                true,
            ),
            actor(
                text!("doctor.check.half_closed_peer", family = family),
                &half_closed,
                false,
                Some(State::FinWait2),
                true,
            ),
            actor(
                text!("doctor.check.closed_client", family = family),
                &closed,
                true,
                Some(State::TimeWait),
                false,
            ),
            actor(text!("doctor.check.closed_peer", family = family), &closed, false, None, false),
        ];
        Ok(Self { actors, _listener: listener, _links: [open, half_closed] })
    }
}
