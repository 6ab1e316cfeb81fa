//! A default close with a full send buffer: `close()` returns at once, and the kernel goes on sending for some minutes.
//!
//! RFC 9293, section 3.6: CLOSE is "I have no more data to send", and what was taken before is to be delivered. Measured on
//! Linux 6.18: 4 MiB were in the queue of a socket that nobody held any more, in FIN_WAIT_1 with the persist timer, and all
//! of it came when the peer read after a minute. Windows documents the same for its default.
//!
//! It is no promise. While the peer does not read, Linux probes its window with pauses that double; once they would be longer than
//! `tcp_rto_max_ms` (120 s), or `tcp_orphan_retries` probes in a row (tcp(7); 0 means 8) had no answer, an orphan is given up:
//! what is left is lost, and the peer is reset (`tcp_probe_timer()` in `net/ipv4/tcp_timer.c`). Measured with the settings that
//! kernels come with: after 338 s the row was gone, and the peer read 128 512 of 4 291 584 bytes, then ECONNRESET. More orphans
//! than `tcp_max_orphans`, or want of memory, end it sooner (tcp(7)). How long other systems go on is not known yet.

use std::time::Duration;

use super::fill::{self, MOST};
use crate::lab::errno::CallError;
use crate::lab::options::SocketOptions;
use crate::lab::presupposed::{ORPHAN_RETRIES, ORPHANS, Presupposed, RETRIES, orphan_lives};
use crate::lab::scenario::{Knob, Knobs, Known, Range, Run, Scenario};
use crate::model::State;
use crate::model::lab::End;
use crate::text;
use crate::text::Text;

/// How long the peer waits for the next bytes.
const PATIENCE: Duration = Duration::from_secs(10);

pub(super) struct FullBuffer;

static KNOBS: [Knob; 2] = [
    Knob {
        name: "bytes",
        title: || text!("lab_closing.knob.bytes"),
        range: Range::Number {
            min: 1024 * 1024,
            max: MOST as u64,
            default: MOST as u64,
            unit: "B",
        },
    },
    Knob {
        name: "delay",
        title: || text!("lab_closing.knob.reader"),
        range: Range::Number { min: 1, max: 60, default: 1, unit: "s" },
    },
];

impl Scenario for FullBuffer {
    fn name(&self) -> &'static str {
        "full-buffer"
    }

    fn title(&self) -> Text {
        text!("lab_closing.full_buffer.title")
    }

    fn teaches(&self) -> Text {
        text!("lab_closing.full_buffer.teaches")
    }

    fn knobs(&self) -> &'static [Knob] {
        &KNOBS
    }

    fn lasts(&self, knobs: &Knobs) -> Duration {
        Duration::from_secs(knobs.number("delay")) + Duration::from_millis(800)
    }

    fn presupposes(&self, knobs: &Knobs) -> Vec<Presupposed> {
        vec![RETRIES, ORPHAN_RETRIES, ORPHANS, orphan_lives(knobs.number("delay"))]
    }

    fn run(&self, run: &mut Run) -> Result<(), CallError> {
        let most = usize::try_from(run.knobs().number("bytes")).unwrap_or(MOST);
        let delay = Duration::from_secs(run.knobs().number("delay"));
        let listener = run.listen(SocketOptions::NONE)?;
        let mut link = run.connect(&listener, SocketOptions::NONE, SocketOptions::NONE)?;
        run.step(text!("lab_closing.full_buffer.fill"));
        let filled = fill::fill(run, &mut link, most)?;
        let full = fill::expect_full(run, &link, filled);
        run.step(text!("lab_closing.full_buffer.close"));
        link.link.close(End::Client)?;
        run.step(text!("lab_closing.full_buffer.delay", n = delay.as_secs()));
        if full {
            let ends = [
                (End::Client, Known::linux(State::FinWait1)),
                (End::Peer, Known::linux(State::Established)),
            ];
            run.expect_stays(&link, ends, delay)?;
        }
        run.step(text!("lab_closing.full_buffer.read"));
        let (read, end) = link.link.peer.recv_to_end(PATIENCE);
        run.expect(
            text!("lab_closing.check.received", end = link.named(End::Peer)),
            filled.sent,
            read,
        );
        run.expect_result(
            text!("lab_closing.check.stream_end", end = link.named(End::Peer)),
            "0",
            end.map(|()| 0),
        );
        link.link.close(End::Peer)?;
        run.expect_state(&link, End::Client, Some(State::TimeWait));
        run.expect_state(&link, End::Peer, None);
        Ok(())
    }
}
