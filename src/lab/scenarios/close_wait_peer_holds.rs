//! The peer sends its FIN and keeps the socket; the client does not close. Nothing ever ends that.
//!
//! RFC 9293, section 3.6, case 2: CLOSE_WAIT waits for the local user, FIN_WAIT_2 for the remote one, and neither has a
//! timer. Measured on Linux 6.18: unchanged for 200 s, and data still goes from the client to the peer.

use std::time::Duration;

use super::hold;
use crate::lab::errno::CallError;
use crate::lab::options::SocketOptions;
use crate::lab::scenario::{Knob, Knobs, Known, Range, Run, RunLink, Scenario};
use crate::model::State;
use crate::model::lab::End;
use crate::text;
use crate::text::Text;

pub(super) struct CloseWaitPeerHolds;

static KNOBS: [Knob; 2] = [
    hold::knob(1, 300, 5),
    Knob {
        name: "eof",
        title: || text!("lab_closing.knob.eof"),
        range: Range::Choice(&["read", "unread"]),
    },
];

impl Scenario for CloseWaitPeerHolds {
    fn name(&self) -> &'static str {
        "close-wait-peer-holds"
    }

    fn title(&self) -> Text {
        text!("lab_closing.close_wait_peer_holds.title")
    }

    fn teaches(&self) -> Text {
        text!("lab_closing.close_wait_peer_holds.teaches")
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
        run.step(text!("lab_closing.close_wait_peer_holds.shutdown"));
        link.link.peer.shutdown_write()?;
        run.expect_state(&link, End::Client, Some(State::CloseWait));
        receive_queue(run, &link, 1)?;
        if run.knobs().word("eof") == "read" {
            run.step(text!("lab_closing.close_wait_peer_holds.eof"));
            run.expect_recv(&mut link, End::Client, "0");
            receive_queue(run, &link, 0)?;
        }
        run.step(text!("lab_closing.close_wait_peer_holds.hold", n = hold.as_secs()));
        let ends = [(End::Client, State::CloseWait.into()), (End::Peer, State::FinWait2.into())];
        run.expect_stays(&link, ends, hold)?;
        run.step(text!("lab_closing.close_wait_peer_holds.send"));
        run.expect_send(&mut link, End::Client, 5, "5");
        run.expect_recv(&mut link, End::Peer, "5");
        run.step(text!("lab_closing.close_wait_peer_holds.close"));
        link.link.close(End::Client)?;
        run.expect_recv(&mut link, End::Peer, "0");
        link.link.close(End::Peer)?;
        run.expect_state(&link, End::Client, None);
        run.expect_state(&link, End::Peer, Some(State::TimeWait));
        Ok(())
    }
}

/// Judges the client's receive queue, where the table has queues: Linux counts a FIN that was not read as one byte.
fn receive_queue(run: &mut Run, link: &RunLink, expected: u64) -> Result<(), CallError> {
    let subject = text!("lab_closing.check.receive_queue", end = End::Client.name());
    let [client, _] = run.rows(link.link.pair)?;
    match client.and_then(|row| row.queues) {
        Some(queues) => {
            run.expect(subject, Known::linux(expected), u64::from(queues.receive));
        }
        None => {
            run.could_not_tell(subject, expected, text!("lab_closing.check.no_queues"));
        }
    }
    Ok(())
}
