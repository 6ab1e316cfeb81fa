//! The peer closes for good and forgets the connection; the client stays in CLOSE_WAIT with a socket that is dead.
//!
//! RFC 9293, section 3.10.7.4: what comes for a connection that is not there is answered with a reset. The first `send`
//! cannot know that yet. Measured on Linux 6.18: it succeeds, and the next one fails with `EPIPE`, since the reset met a
//! socket that had its end of the stream already; `recv` says 0 before and after.

use std::time::Duration;

use super::fin_wait_2::{self, LONGEST, SLACK};
use crate::lab::errno::CallError;
use crate::lab::options::SocketOptions;
use crate::lab::presupposed::{Presupposed, RTO_MIN};
use crate::lab::scenario::{Knob, Knobs, Known, Run, Scenario};
use crate::model::State;
use crate::model::lab::End;
use crate::text;
use crate::text::Text;

pub(super) struct CloseWaitPeerGone;

static KNOBS: [Knob; 1] = [fin_wait_2::KNOB];

impl Scenario for CloseWaitPeerGone {
    fn name(&self) -> &'static str {
        "close-wait-peer-gone"
    }

    fn title(&self) -> Text {
        text!("lab_closing.close_wait_peer_gone.title")
    }

    fn teaches(&self) -> Text {
        text!("lab_closing.close_wait_peer_gone.teaches")
    }

    fn knobs(&self) -> &'static [Knob] {
        &KNOBS
    }

    fn lasts(&self, knobs: &Knobs) -> Duration {
        let seconds = match knobs.number(fin_wait_2::KNOB.name) {
            0 => 60,
            seconds => seconds,
        };
        Duration::from_secs(seconds) + Duration::from_millis(500)
    }

    fn time_limit(&self, _: &Knobs) -> Duration {
        LONGEST + 3 * SLACK
    }

    fn presupposes(&self, _: &Knobs) -> Vec<Presupposed> {
        vec![RTO_MIN]
    }

    fn run(&self, run: &mut Run) -> Result<(), CallError> {
        let listener = run.listen(SocketOptions::NONE)?;
        let mut link = run.connect(&listener, SocketOptions::NONE, SocketOptions::NONE)?;
        fin_wait_2::shorten(run, &mut link, End::Peer)?;
        let time = fin_wait_2::time(&link, End::Peer);

        run.step(text!("lab_closing.close_wait_peer_gone.close"));
        link.link.close(End::Peer)?;
        run.expect_recv(&mut link, End::Client, "0");
        run.step(match time {
            Some(time) => text!("lab_closing.close_wait_peer_gone.wait", n = time.as_secs()),
            None => text!("lab_closing.close_wait_peer_gone.wait_unknown"),
        });
        fin_wait_2::expect_end(run, &link, time)?;
        run.expect_state(&link, End::Client, Some(State::CloseWait));

        run.step(text!("lab_closing.close_wait_peer_gone.first"));
        run.expect_send(&mut link, End::Client, 5, Known::linux("5"));
        // The second has to come after the reset that answers the first.
        run.expect_state(&link, End::Client, Known::linux(None));
        run.step(text!("lab_closing.close_wait_peer_gone.second"));
        run.expect_send(&mut link, End::Client, 5, Known::linux("EPIPE"));
        run.expect_recv(&mut link, End::Client, Known::linux("0"));
        run.step(text!("lab_closing.close_wait_peer_gone.descriptor"));
        run.expect_descriptor(&link, End::Client, Known::linux(State::Closed));
        link.link.close(End::Client)?;
        Ok(())
    }
}
