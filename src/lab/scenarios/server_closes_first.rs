//! The server closes first, and TIME_WAIT is the server's.

use std::time::Duration;

use super::first_close;
use crate::lab::errno::CallError;
use crate::lab::scenario::{Knob, Knobs, Run, Scenario};
use crate::model::lab::End;
use crate::text;
use crate::text::Text;

pub(super) struct ServerClosesFirst;

impl Scenario for ServerClosesFirst {
    fn name(&self) -> &'static str {
        "server-closes-first"
    }

    fn title(&self) -> Text {
        text!("lab_closing.server_closes_first.title")
    }

    fn teaches(&self) -> Text {
        text!("lab_closing.server_closes_first.teaches")
    }

    fn knobs(&self) -> &'static [Knob] {
        &first_close::KNOBS
    }

    fn lasts(&self, knobs: &Knobs) -> Duration {
        first_close::lasts(knobs)
    }

    fn run(&self, run: &mut Run) -> Result<(), CallError> {
        first_close::run(run, End::Peer)
    }
}
