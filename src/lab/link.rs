//! Both ends of one connection.

use std::time::Duration;

use super::errno::CallError;
use super::listener::Listener;
use super::log::Recorder;
use super::options::SocketOptions;
use super::socket::{LabSocket, PATIENCE};
use crate::model::lab::{End, Role, Who};
use crate::os::Pair;

/// A connection of the lab with both its ends.
#[derive(Debug)]
pub struct Link {
    /// The addresses of both ends.
    pub pair: Pair,
    /// The end that connected.
    pub client: LabSocket,
    /// The end that was accepted.
    pub peer: LabSocket,
}

impl Link {
    /// Connects to the listener and accepts there, each end with its options: the client's are set before
    /// `connect`, the peer's after `accept`. Both ends have this number. `connected` learns the addresses between the
    /// two.
    ///
    /// When one call fails nothing stays open; the log has them all.
    pub fn open(
        listener: &Listener,
        options: [SocketOptions; 2],
        number: u64,
        recorder: &Recorder,
        connected: impl FnOnce(Pair),
    ) -> Result<Self, CallError> {
        let who = Who { role: Role::Client, number };
        let mut client = LabSocket::new(who, listener.address(), recorder)?;
        client.set_options(options[0])?;
        Self::join(listener, client, options[1], recorder, connected)
    }

    /// [`Link::open`] for a client socket that is prepared already.
    pub fn join(
        listener: &Listener,
        mut client: LabSocket,
        peer_options: SocketOptions,
        recorder: &Recorder,
        connected: impl FnOnce(Pair),
    ) -> Result<Self, CallError> {
        client.connect(listener.address(), PATIENCE)?;
        let pair = Pair { client: client.local_address()?, peer: listener.address() };
        connected(pair);
        let mut peer = listener.accept(pair.client, client.who().number, recorder)?;
        peer.set_options(peer_options)?;
        Ok(Self { pair, client, peer })
    }

    /// One of the ends.
    pub const fn end(&self, end: End) -> &LabSocket {
        match end {
            End::Client => &self.client,
            End::Peer => &self.peer,
        }
    }

    /// One of the ends, to act on.
    pub const fn end_mut(&mut self, end: End) -> &mut LabSocket {
        match end {
            End::Client => &mut self.client,
            End::Peer => &mut self.peer,
        }
    }

    /// Closes one end as its options say. If the close blocks and the lab is cancelled, the other end is
    /// aborted, which ends it.
    pub fn close(&mut self, end: End) -> Result<(), CallError> {
        self.close_timed(end).0
    }

    /// [`Link::close`], and how long that took as [`LabSocket::close_timed`] has it.
    pub fn close_timed(&mut self, end: End) -> (Result<(), CallError>, Duration) {
        let (closing, other) = match end {
            End::Client => (&mut self.client, &mut self.peer),
            End::Peer => (&mut self.peer, &mut self.client),
        };
        closing.close_timed(|| {
            if other.is_held() {
                // Its outcome is in the log, and there is nothing else to try.
                let _ = other.abort();
            }
        })
    }
}
