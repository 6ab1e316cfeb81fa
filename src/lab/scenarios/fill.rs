//! A client whose peer does not read: both buffers between them are full.

use std::time::{Duration, Instant};

use crate::lab::errno::CallError;
use crate::lab::scenario::{Run, RunLink};
use crate::model::TimerKind;
use crate::model::lab::End;
use crate::text;

/// More than the buffers of two ends take, as far as systems are known: 4 MiB of `tcp_wmem` and some of `tcp_rmem` on
/// Linux.
pub(super) const MOST: usize = 16 * 1024 * 1024;

/// How long what fits may take to arrive.
const ARRIVAL: Duration = Duration::from_secs(10);

/// How long nothing moves in a queue that is full for good. Linux' persist timer first goes off after 200 ms, and then
/// sends what a segment did not fit into: a window that was small, but not closed.
const STILL: Duration = Duration::from_millis(500);

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
    let mut sent = 0;
    loop {
        sent += link.link.client.fill(most - sent)?;
        let queued = at_rest(run, link, sent)?;
        // A small send buffer passes everything on to the peer's, and there is room again.
        if queued != Some(0) || sent == most {
            return Ok(Filled { sent, queued });
        }
    }
}

/// What is left in the client's send queue once whatever has room at the peer is there.
fn at_rest(run: &mut Run, link: &RunLink, sent: usize) -> Result<Option<usize>, CallError> {
    let deadline = Instant::now() + ARRIVAL;
    let mut still = None;
    while Instant::now() < deadline {
        let [client, peer] = run.rows(link.link.pair)?;
        let timer = client.as_ref().and_then(|row| row.timer);
        let [Some(client), Some(peer)] = [client, peer].map(|row| row.and_then(|row| row.queues))
        else {
            break;
        };
        let (queued, arrived) = (client.send as usize, peer.receive as usize);
        if queued == 0 && arrived == sent {
            return Ok(Some(0));
        }
        // The timer runs when nothing is on its way and the peer has no room for the next segment.
        let waits = timer.is_some_and(|timer| timer.kind == TimerKind::Persist);
        if !waits || queued + arrived != sent {
            still = None;
        } else if let Some((before, since)) = still
            && before == queued
        {
            if Instant::now() >= since + STILL {
                return Ok(Some(queued));
            }
        } else {
            still = Some((queued, Instant::now()));
        }
        run.pause(Duration::from_millis(2))?;
    }
    Ok(None)
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
