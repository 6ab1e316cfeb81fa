//! Both ends of one connection.

use super::connection::ConnectionEnd;
use super::errno::CallError;
use super::log::Recorder;
use super::options::SocketOptions;
use super::peer::Listener;
use crate::model::lab::End;
use crate::os::Pair;

/// A connection of the lab with both its ends.
#[derive(Debug)]
pub struct Link {
    /// The addresses of both ends.
    pub pair: Pair,
    /// The end that connected.
    pub client: ConnectionEnd,
    /// The end that was accepted.
    pub peer: ConnectionEnd,
}

impl Link {
    /// Connects to the listener and accepts there, each end with its options: the client's are set before
    /// `connect`, the peer's after `accept`. `connected` learns the addresses between the two.
    ///
    /// When one call fails nothing stays open; the log has them all.
    pub fn open(
        listener: &Listener,
        client_options: SocketOptions,
        peer_options: SocketOptions,
        recorder: &Recorder,
        connected: impl FnOnce(Pair),
    ) -> Result<Self, CallError> {
        let mut client = ConnectionEnd::client(listener.address(), recorder)?;
        client.set_options(client_options)?;
        let pair = Pair { client: client.connect(listener.address())?, peer: listener.address() };
        connected(pair);
        let mut peer = listener.accept(pair.client, recorder)?;
        peer.set_options(peer_options)?;
        Ok(Self { pair, client, peer })
    }

    /// One of the ends.
    pub const fn end(&self, end: End) -> &ConnectionEnd {
        match end {
            End::Client => &self.client,
            End::Peer => &self.peer,
        }
    }

    /// One of the ends, to act on.
    pub const fn end_mut(&mut self, end: End) -> &mut ConnectionEnd {
        match end {
            End::Client => &mut self.client,
            End::Peer => &mut self.peer,
        }
    }

    /// Closes one end as its options say. If the close blocks and the lab is cancelled, the other end is
    /// aborted, which ends it.
    pub fn close(&mut self, end: End) -> Result<(), CallError> {
        let (closing, other) = match end {
            End::Client => (&mut self.client, &mut self.peer),
            End::Peer => (&mut self.peer, &mut self.client),
        };
        closing.close(|| {
            if other.is_held() {
                // Its outcome is in the log, and there is nothing else to try.
                let _ = other.abort();
            }
        })
    }

    /// Whether neither end is held any more.
    pub const fn is_closed(&self) -> bool {
        !self.client.is_held() && !self.peer.is_held()
    }
}
