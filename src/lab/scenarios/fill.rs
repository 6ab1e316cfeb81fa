//! A client whose peer does not read: both buffers between them are full.

use std::time::{Duration, Instant};

use crate::lab::errno::CallError;
use crate::lab::scenario::{Run, RunLink};
use crate::model::lab::End;
use crate::text;

/// More than the buffers of two ends take, as far as systems are known: 4 MiB of `tcp_wmem` and some of `tcp_rmem` on
/// Linux.
pub(super) const MOST: usize = 16 * 1024 * 1024;

/// How long a `send` waits for room that does not come.
const PATIENCE: Duration = Duration::from_millis(100);

/// How long what fits may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(10);

/// What a client sent to a peer that does not read.
#[derive(Clone, Copy)]
pub(super) struct Filled {
    /// Bytes that `send` took.
    pub sent: usize,
    /// Of these, bytes that wait in the client's send queue, with no room for them at the peer; none where the table
    /// has no queues, or they did not come to rest.
    pub queued: Option<usize>,
}

/// Sends until no more is taken, at most so many bytes, and waits until whatever has room at the peer is there.
pub(super) fn fill(run: &mut Run, link: &mut RunLink, most: usize) -> Result<Filled, CallError> {
    let sent = link.link.client.send(most, PATIENCE)?;
    let deadline = Instant::now() + ARRIVAL;
    while Instant::now() < deadline {
        let rows = run.rows(link.link.pair)?;
        let [Some(client), Some(peer)] = rows.map(|row| row.and_then(|row| row.queues)) else {
            break;
        };
        // Every byte is in one queue or the other as soon as what arrived is acknowledged.
        let (queued, arrived) = (client.send as usize, peer.receive as usize);
        if queued + arrived == sent {
            return Ok(Filled { sent, queued: Some(queued) });
        }
        run.pause(Duration::from_millis(2))?;
    }
    Ok(Filled { sent, queued: None })
}

/// Judges that bytes wait in the client's send queue; says whether they do, as far as can be told.
pub(super) fn expect_full(run: &mut Run, link: &RunLink, filled: Filled) -> bool {
    let subject = text!("lab_closing.check.send_queue", end = link.named(End::Client));
    let expected = text!("lab_closing.check.not_empty");
    match filled.queued {
        Some(0) => {
            // A receive buffer as large as that is nobody's mistake, but nothing is left to be seen.
            run.could_not_tell(subject, expected, text!("lab_closing.check.all_fits"));
            false
        }
        Some(queued) => {
            run.expect_that(subject, expected, queued, true);
            true
        }
        None => {
            run.could_not_tell(subject, expected, text!("lab_closing.check.no_queues"));
            true
        }
    }
}
