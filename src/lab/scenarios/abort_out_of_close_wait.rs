//! An abortive close out of CLOSE_WAIT: LAST_ACK and the peer's TIME_WAIT are skipped.
//!
//! RFC 9293, section 3.10.5: ABORT in CLOSE_WAIT sends a reset and deletes the connection. Measured on Linux 6.18: both
//! rows are gone at once, and a peer that holds its socket gets `ECONNRESET`.

use std::time::Duration;

use crate::lab::errno::CallError;
use crate::lab::options::SocketOptions;
use crate::lab::scenario::{Knob, Knobs, Known, Range, Run, Scenario};
use crate::model::State;
use crate::model::lab::End;
use crate::text;
use crate::text::Text;

pub(super) struct AbortOutOfCloseWait;

static KNOBS: [Knob; 1] = [Knob {
    name: "linger",
    title: || text!("lab_closing.knob.linger_client"),
    range: Range::Choice(&["0", "off"]),
}];

impl Scenario for AbortOutOfCloseWait {
    fn name(&self) -> &'static str {
        "abort-out-of-close-wait"
    }

    fn title(&self) -> Text {
        text!("lab_closing.abort_out_of_close_wait.title")
    }

    fn teaches(&self) -> Text {
        text!("lab_closing.abort_out_of_close_wait.teaches")
    }

    fn knobs(&self) -> &'static [Knob] {
        &KNOBS
    }

    fn lasts(&self, _: &Knobs) -> Duration {
        Duration::from_millis(100)
    }

    fn run(&self, run: &mut Run) -> Result<(), CallError> {
        let abortive = run.knobs().word("linger") == "0";
        let listener = run.listen(SocketOptions::NONE)?;
        let mut link = run.connect(&listener, SocketOptions::NONE, SocketOptions::NONE)?;
        run.step(text!("lab_closing.abort_out_of_close_wait.shutdown"));
        link.link.peer.shutdown_write()?;
        run.expect_recv(&mut link, End::Client, "0");
        run.expect_state(&link, End::Client, Some(State::CloseWait));
        run.expect_state(&link, End::Peer, Some(State::FinWait2));
        if abortive {
            run.step(text!("lab_closing.abort_out_of_close_wait.abort"));
            link.link.client.abort()?;
        } else {
            run.step(text!("lab_closing.abort_out_of_close_wait.close"));
            link.link.close(End::Client)?;
        }
        if abortive {
            run.expect_recv(&mut link, End::Peer, Known::linux("ECONNRESET"));
            run.expect_state(&link, End::Client, Known::linux(None));
            run.expect_state(&link, End::Peer, Known::linux(None));
        } else {
            run.expect_recv(&mut link, End::Peer, "0");
            run.expect_state(&link, End::Client, None);
            run.expect_state(&link, End::Peer, Some(State::TimeWait));
        }
        link.link.close(End::Peer)
    }
}
