//! Who is kept waiting, where nothing is read.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use super::Worker;
use crate::lab::observe::Lane;
use crate::lab::program::conn::{Heard, SMALL_BUFFER};
use crate::lab::program::fate::Ending;

/// For so long what was sent stays unacknowledged before that means a shut window: the acknowledgement itself may be
/// delayed, by 200 ms on Linux and by 500 ms at most (RFC 9293, section 3.8.6.3).
const STALLED: Duration = Duration::from_millis(500);

impl Worker {
    /// Finds the ends that have to wait by now. Before it has to wait, an end has no reason to give up: all it sent is with
    /// us.
    pub(super) fn find_stalled(&mut self) {
        let (now, theirs) = (self.now(), self.theirs());
        let seen = self.observer.latest();
        let lanes: HashMap<u64, &Arc<Lane>> =
            seen.lanes.iter().map(|lane| (lane.number, lane)).collect();
        for entry in &mut self.entries {
            if entry.connecting() || entry.treated.is_some() || entry.heard.is_some() {
                continue;
            }
            let Some(conn) = &entry.conn else { continue };
            let bytes = match conn.peek() {
                Ok(bytes) => bytes,
                Err(heard) => {
                    let is_fin = matches!(heard, Heard::End);
                    let ending = if is_fin { Ending::Fin } else { Ending::Broken };
                    entry.heard = Some((now, ending));
                    entry.fresh = true;
                    continue;
                }
            };
            let row = lanes.get(&entry.number).and_then(|lane| lane.row(theirs));
            let stalls = match row.and_then(|row| row.queues) {
                Some(queues) => queues.send > 0,
                // Its row is not to be seen.
                None => bytes >= SMALL_BUFFER,
            };
            entry.stalled = entry.stalled.filter(|(before, _)| stalls && *before == bytes);
            if stalls {
                let (_, since) = *entry.stalled.get_or_insert((bytes, now));
                if now.saturating_sub(since) >= STALLED {
                    entry.treated = Some(since);
                    entry.fresh = true;
                }
            }
        }
    }
}
