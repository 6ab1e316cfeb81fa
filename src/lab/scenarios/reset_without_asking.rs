//! A plain close with unread data resets the connection, and nobody asked for that.
//!
//! RFC 9293, section 3.10.7 with RFC 2525, section 2.17: data that nobody is going to read was not delivered, and the
//! sender should learn that. Measured on Linux 6.18 in ESTABLISHED and in CLOSE_WAIT; macOS' source does the same.

use std::time::Duration;

use crate::lab::errno::CallError;
use crate::lab::options::SocketOptions;
use crate::lab::scenario::{Knob, Knobs, Known, Range, Run, RunLink, Scenario};
use crate::lab::socket::PATIENCE;
use crate::model::State;
use crate::model::lab::End;
use crate::text;
use crate::text::Text;

pub(super) struct ResetWithoutAsking;

static KNOBS: [Knob; 3] = [
    Knob {
        name: "bytes",
        title: || text!("lab_closing.knob.sent"),
        range: Range::Number { min: 2, max: 16_384, default: 5, unit: "B" },
    },
    Knob {
        name: "read",
        title: || text!("lab_closing.knob.read"),
        range: Range::Choice(&["nothing", "part", "all"]),
    },
    Knob {
        name: "peer",
        title: || text!("lab_closing.knob.peer"),
        range: Range::Choice(&["open", "half-closed"]),
    },
];

impl Scenario for ResetWithoutAsking {
    fn name(&self) -> &'static str {
        "reset-without-asking"
    }

    fn title(&self) -> Text {
        text!("lab_closing.reset_without_asking.title")
    }

    fn teaches(&self) -> Text {
        text!("lab_closing.reset_without_asking.teaches")
    }

    fn knobs(&self) -> &'static [Knob] {
        &KNOBS
    }

    fn lasts(&self, _: &Knobs) -> Duration {
        Duration::from_millis(100)
    }

    fn run(&self, run: &mut Run) -> Result<(), CallError> {
        let sent = usize::try_from(run.knobs().number("bytes")).unwrap_or(usize::MAX);
        let read = match run.knobs().word("read") {
            "all" => sent,
            "part" => sent - 1,
            _ => 0,
        };
        let unread = sent - read;
        let half_closed = run.knobs().word("peer") == "half-closed";
        let listener = run.listen(SocketOptions::NONE)?;
        let mut link = run.connect(&listener, SocketOptions::NONE, SocketOptions::NONE)?;
        run.step(text!("lab_closing.reset_without_asking.send", n = sent));
        let taken = link.link.peer.send(sent, PATIENCE)?;
        if taken < sent {
            run.could_not_tell(
                text!("lab.check.call", end = link.named(End::Peer), call = "send()"),
                sent,
                taken,
            );
            return Ok(());
        }
        if half_closed {
            run.step(text!("lab_closing.reset_without_asking.shutdown"));
            link.link.peer.shutdown_write()?;
            run.expect_state(&link, End::Client, Some(State::CloseWait));
        }
        if read > 0 {
            run.step(text!("lab_closing.reset_without_asking.read", n = read));
            read_exactly(&mut link, read)?;
        }
        if unread > 0 {
            wait_for_data(run, &mut link)?;
        }
        run.step(text!("lab_closing.reset_without_asking.close", n = unread));
        link.link.close(End::Client)?;
        let resets = unread > 0;
        let answer =
            if resets { Known::linux("ECONNRESET").macos("ECONNRESET") } else { "0".into() };
        run.expect_recv(&mut link, End::Peer, answer);
        link.link.close(End::Peer)?;
        for end in End::ALL {
            // Whoever sent the first FIN has TIME_WAIT, unless a reset ended it.
            if resets {
                run.expect_state(&link, end, Known::linux(None).macos(None));
            } else if half_closed == (end == End::Peer) {
                run.expect_state(&link, end, Some(State::TimeWait));
            } else {
                run.expect_state(&link, end, None);
            }
        }
        Ok(())
    }
}

fn read_exactly(link: &mut RunLink, bytes: usize) -> Result<(), CallError> {
    let mut rest = bytes;
    while rest > 0 {
        match link.link.client.recv_at_most(rest, PATIENCE)? {
            // The stream ended before its time, which what is judged next shows.
            0 => break,
            read => rest -= read,
        }
    }
    Ok(())
}

/// Waits until there is data to read, and leaves it there.
fn wait_for_data(run: &Run, link: &mut RunLink) -> Result<(), CallError> {
    loop {
        match link.link.client.peek() {
            Ok(_) => return Ok(()),
            Err(error) if error.is_underway() => run.pause(Duration::from_millis(5))?,
            Err(error) => return Err(error),
        }
    }
}
