//! The client closes first, and TIME_WAIT is the client's.
//!
//! RFC 9293, section 3.6, case 1: the end that sends the first FIN waits for 2 MSL, so that a late segment
//! of this connection cannot reach the next one on the same addresses; the other end forgets at once.
//! Measured on Linux 6.18, where TIME_WAIT lasts 60 s; Windows and macOS (30 s) document the same states.

use std::time::Duration;

use crate::lab::errno::CallError;
use crate::lab::options::SocketOptions;
use crate::lab::scenario::{Knobs, Run, Scenario};
use crate::model::State;
use crate::model::lab::End;
use crate::text;
use crate::text::Text;

pub(super) struct ClientClosesFirst;

impl Scenario for ClientClosesFirst {
    fn name(&self) -> &'static str {
        "client-closes-first"
    }

    fn title(&self) -> Text {
        text!("lab.client_closes_first.title")
    }

    fn teaches(&self) -> Text {
        text!("lab.client_closes_first.teaches")
    }

    fn lasts(&self, _: &Knobs) -> Duration {
        Duration::from_millis(100)
    }

    fn run(&self, run: &mut Run) -> Result<(), CallError> {
        let listener = run.listen(SocketOptions::NONE)?;
        let mut link = run.connect(&listener, SocketOptions::NONE, SocketOptions::NONE)?;
        run.step(text!("lab.client_closes_first.close"));
        link.link.close(End::Client)?;
        run.expect_recv(&mut link, End::Peer, "0");
        link.link.close(End::Peer)?;
        run.expect_state(&link, End::Client, Some(State::TimeWait));
        run.expect_state(&link, End::Peer, None);
        Ok(())
    }
}
