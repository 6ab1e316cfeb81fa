//! An abortive close: a reset instead of a FIN, and what was not sent yet is lost.
//!
//! RFC 9293, section 3.10.5: ABORT deletes the connection and sends a reset; `SO_LINGER` with 0 seconds is how sockets
//! spell it. Measured on Linux 6.18: the peer still reads what its own queue holds before it learns of the reset; a FIN
//! that arrived before makes it a clean end of the stream, and the next `send` fails. Windows documents the loss and
//! WSAECONNRESET; macOS' source drops the connection.

use std::time::Duration;

use super::fill::{self, Filled, MOST};
use crate::lab::errno::CallError;
use crate::lab::options::SocketOptions;
use crate::lab::presupposed::{Presupposed, RETRIES};
use crate::lab::scenario::{Knob, Knobs, Known, Range, Run, RunLink, Scenario};
use crate::lab::socket::PATIENCE;
use crate::model::State;
use crate::model::lab::End;
use crate::text;
use crate::text::Text;

pub(super) struct Abort;

static KNOBS: [Knob; 2] = [
    Knob {
        name: "queue",
        title: || text!("lab_closing.knob.queue"),
        range: Range::Choice(&["full", "empty"]),
    },
    Knob {
        name: "shutdown",
        title: || text!("lab_closing.knob.shutdown"),
        range: Range::Choice(&["no", "write", "both"]),
    },
];

impl Scenario for Abort {
    fn name(&self) -> &'static str {
        "abort"
    }

    fn title(&self) -> Text {
        text!("lab_closing.abort.title")
    }

    fn teaches(&self) -> Text {
        text!("lab_closing.abort.teaches")
    }

    fn knobs(&self) -> &'static [Knob] {
        &KNOBS
    }

    fn lasts(&self, knobs: &Knobs) -> Duration {
        Duration::from_millis(if knobs.word("queue") == "full" { 800 } else { 100 })
    }

    fn presupposes(&self, _: &Knobs) -> Vec<Presupposed> {
        vec![RETRIES]
    }

    fn run(&self, run: &mut Run) -> Result<(), CallError> {
        let listener = run.listen(SocketOptions::NONE)?;
        let mut link = run.connect(&listener, SocketOptions::NONE, SocketOptions::NONE)?;
        let mut filled = None;
        if run.knobs().word("queue") == "full" {
            run.step(text!("lab_closing.abort.fill"));
            let found = fill::fill(run, &mut link, MOST)?;
            if !fill::expect_full(run, &link, found) {
                return Ok(());
            }
            filled = Some(found);
        }
        let shut_down = shutdown(run, &mut link)?;
        run.step(text!("lab_closing.abort.close"));
        link.link.client.abort()?;
        run.expect_state(&link, End::Client, None);
        run.expect_state(&link, End::Peer, None);

        run.step(text!("lab_closing.abort.read"));
        match filled {
            Some(filled) => expect_loss(run, &mut link, filled, shut_down),
            // The FIN came first, and the stream ended with it.
            None if shut_down => {
                run.expect_recv(&mut link, End::Peer, Known::linux("0"));
            }
            None => {
                run.expect_recv(&mut link, End::Peer, "ECONNRESET");
            }
        }
        run.expect_send(&mut link, End::Peer, 5, Known::linux("EPIPE"));
        run.expect_recv(&mut link, End::Peer, Known::linux("0"));
        run.expect_descriptor(&link, End::Peer, Known::linux(State::Closed));
        link.link.close(End::Peer)
    }
}

/// The shutdown before the close, where one is chosen; says whether there was one.
fn shutdown(run: &mut Run, link: &mut RunLink) -> Result<bool, CallError> {
    let how = match run.knobs().word("shutdown") {
        "write" => std::net::Shutdown::Write,
        "both" => std::net::Shutdown::Both,
        _ => return Ok(false),
    };
    run.step(text!("lab_closing.abort.shutdown"));
    link.link.client.shutdown(how)?;
    Ok(true)
}

/// The peer reads what it has: everything but what was in the client's queue, and then the reset.
fn expect_loss(run: &mut Run, link: &mut RunLink, filled: Filled, shut_down: bool) {
    let (read, end) = link.link.peer.recv_to_end(PATIENCE);
    let lost = filled.sent.saturating_sub(read);
    let subject = stream_end(&link.named(End::Peer));
    let reset = "ECONNRESET";
    let reset = if shut_down { Known::linux(reset) } else { reset.into() };
    run.expect_result(subject, reset, end.map(|()| 0));
    match filled.queued {
        Some(queued) => run.expect(lost_bytes(), Known::linux(queued), lost),
        None => run.expect_that(lost_bytes(), text!("lab_closing.check.not_empty"), lost, lost > 0),
    };
}

/// How the stream of this end ended.
pub(in crate::lab) fn stream_end(end: &str) -> Text {
    text!("lab_closing.check.stream_end", end = end)
}

/// How much never arrived.
pub(in crate::lab) fn lost_bytes() -> Text {
    text!("lab_closing.check.lost")
}
