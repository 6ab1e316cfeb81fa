//! Who holds the far end of the shown connection, where another program of this machine accepted it.
//!
//! The bench looks up single rows, which tell the inode of a socket but not whose it is. The socket table that the window
//! polls anyway tells that, so it is asked once for each of its tables.

use std::net::SocketAddr;

use crate::analysis::phrases;
use crate::gui::cx::Cx;
use crate::lab::{BenchState, ConnectionState};
use crate::model::lab::End;
use crate::monitor::Health;
use crate::text::Text;

/// What was asked of which table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Key {
    table: u64,
    peer: SocketAddr,
    client: SocketAddr,
    inode: Option<u32>,
}

/// The far end's holder as the newest table has it.
#[derive(Default)]
pub(super) struct Holder {
    asked: Option<Key>,
    found: Option<Text>,
}

impl Holder {
    /// Takes in the newest table.
    pub(super) fn update(&mut self, cx: &Cx<'_>, bench: &BenchState, shown: &ConnectionState) {
        let row = bench.lane(shown).and_then(|lane| lane.row(End::Peer));
        let asked = shown.pair.zip(row).map(|(pair, row)| {
            let inode = row.inode;
            Key { table: cx.frame.table, peer: pair.peer, client: pair.client, inode }
        });
        if self.asked != asked {
            self.asked = asked;
            self.found = asked.and_then(|asked| find(cx, asked));
        }
    }

    /// Who holds it; none where that is not known (yet).
    pub(super) const fn found(&self) -> Option<&Text> {
        self.found.as_ref()
    }
}

/// A row of the same socket, and what it says of its owner. Where the system has inodes they decide: an older table may
/// have another connection between these addresses.
fn find(cx: &Cx<'_>, asked: Key) -> Option<Text> {
    let frame = cx.frame;
    if frame.health != Health::Live || asked.inode.is_none() && frame.paused.is_some() {
        return None;
    }
    let snapshot = frame.snapshot.as_ref()?;
    let is_it = |row: &&crate::model::Socket| {
        row.local == asked.peer && row.remote == Some(asked.client) && row.inode == asked.inode
    };
    let row = snapshot.sockets.iter().find(is_it)?;
    Some(phrases::owner(&row.owner, &snapshot.processes))
}
