//! A duplicated descriptor keeps the connection open: `close()` closes a descriptor, and only the last one the socket.
//!
//! close(2): "if fd is the last file descriptor referring to the underlying open file description". What `fork` leaves in
//! a child is such a copy. Measured on Linux 6.18; `shutdown` acts on the socket and does not ask how many there are.

use std::time::Duration;

use super::hold;
use crate::lab::errno::CallError;
use crate::lab::options::SocketOptions;
use crate::lab::scenario::{Knob, Knobs, Known, Range, Run, Scenario};
use crate::lab::socket::PATIENCE;
use crate::model::State;
use crate::model::lab::End;
use crate::text;
use crate::text::Text;

pub(super) struct CopyKeepsOpen;

static KNOBS: [Knob; 2] = [
    Knob {
        name: "call",
        title: || text!("lab_closing.knob.call"),
        range: Range::Choice(&["close", "shutdown"]),
    },
    hold::knob(1, 60, 1),
];

impl Scenario for CopyKeepsOpen {
    fn name(&self) -> &'static str {
        "copy-keeps-open"
    }

    fn title(&self) -> Text {
        text!("lab_closing.copy_keeps_open.title")
    }

    fn teaches(&self) -> Text {
        text!("lab_closing.copy_keeps_open.teaches")
    }

    fn knobs(&self) -> &'static [Knob] {
        &KNOBS
    }

    fn lasts(&self, knobs: &Knobs) -> Duration {
        hold::time(knobs) + Duration::from_millis(200)
    }

    fn run(&self, run: &mut Run) -> Result<(), CallError> {
        let hold = hold::time(run.knobs());
        let listener = run.listen(SocketOptions::NONE)?;
        let mut link = run.connect(&listener, SocketOptions::NONE, SocketOptions::NONE)?;
        run.step(text!("lab_closing.copy_keeps_open.duplicate"));
        let mut copy = link.link.client.duplicate()?;
        let shut_down = run.knobs().word("call") == "shutdown";
        if shut_down {
            run.step(text!("lab_closing.copy_keeps_open.shutdown"));
            link.link.client.shutdown_write()?;
            run.expect_recv(&mut link, End::Peer, Known::linux("0"));
        }
        run.step(text!("lab_closing.copy_keeps_open.close"));
        link.link.close(End::Client)?;
        let (client, peer) = if shut_down {
            (State::FinWait2, State::CloseWait)
        } else {
            (State::Established, State::Established)
        };
        let ends = [(End::Client, Known::linux(client)), (End::Peer, Known::linux(peer))];
        run.expect_stays(&link, ends, hold)?;
        if !shut_down {
            run.step(text!("lab_closing.copy_keeps_open.send"));
            let sent = copy.send(5, PATIENCE);
            run.expect_result(text!("lab_closing.copy_keeps_open.sent"), Known::linux("5"), sent);
            run.expect_recv(&mut link, End::Peer, Known::linux("5"));
        }
        run.step(text!("lab_closing.copy_keeps_open.last"));
        copy.close(|| {})?;
        if !shut_down {
            run.expect_recv(&mut link, End::Peer, "0");
        }
        link.link.close(End::Peer)?;
        run.expect_state(&link, End::Client, Some(State::TimeWait));
        run.expect_state(&link, End::Peer, None);
        Ok(())
    }
}
