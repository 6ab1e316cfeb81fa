//! Keepalive and CLOSE_WAIT: it asks whether the other end is there, not whether anybody needs the connection.
//!
//! RFC 9293, section 3.8.4. Measured on Linux 6.18: a peer that holds its socket in FIN_WAIT_2 answers every probe, and
//! CLOSE_WAIT stays; once the peer's FIN_WAIT_2 has expired the next probe is answered with a reset, the client's row
//! vanishes, and its descriptor stays open.

use std::time::Duration;

use super::fin_wait_2::{self, LONGEST, SLACK};
use super::hold;
use crate::lab::errno::CallError;
use crate::lab::options::{OptionName, OptionValue, SocketOptions};
use crate::lab::presupposed::{Presupposed, RTO_MIN};
use crate::lab::scenario::{Knob, Knobs, Known, Range, Run, RunLink, Scenario};
use crate::model::State;
use crate::model::lab::End;
use crate::text;
use crate::text::{Text, plain_took};

pub(super) struct Keepalive;

/// How many probes may stay unanswered.
const COUNT: u32 = 3;

/// Probes that a peer has to answer before one believes that they end nothing.
const PROBES: u64 = 2;

static KNOBS: [Knob; 4] = [
    Knob {
        name: "idle",
        title: || text!("lab_closing.knob.idle"),
        range: Range::Number { min: 1, max: 60, default: 1, unit: "s" },
    },
    Knob {
        name: "interval",
        title: || text!("lab_closing.knob.interval"),
        range: Range::Number { min: 1, max: 60, default: 1, unit: "s" },
    },
    hold::knob(3, 300, 5),
    fin_wait_2::KNOB,
];

impl Scenario for Keepalive {
    fn name(&self) -> &'static str {
        "keepalive"
    }

    fn title(&self) -> Text {
        text!("lab_closing.keepalive.title")
    }

    fn teaches(&self) -> Text {
        text!("lab_closing.keepalive.teaches")
    }

    fn knobs(&self) -> &'static [Knob] {
        &KNOBS
    }

    fn lasts(&self, knobs: &Knobs) -> Duration {
        let fin_wait_2 = match knobs.number(fin_wait_2::KNOB.name) {
            0 => 60,
            seconds => seconds,
        };
        let gone = Duration::from_secs(fin_wait_2 + knobs.number("idle"));
        hold(knobs) + gone + Duration::from_millis(500)
    }

    fn time_limit(&self, knobs: &Knobs) -> Duration {
        hold(knobs) + LONGEST + reset_within(knobs) + 4 * SLACK
    }

    fn presupposes(&self, _: &Knobs) -> Vec<Presupposed> {
        vec![RTO_MIN]
    }

    fn run(&self, run: &mut Run) -> Result<(), CallError> {
        let client = options(run.knobs());
        let listener = run.listen(SocketOptions::NONE)?;

        let mut held = run.connect(&listener, client, SocketOptions::NONE)?;
        run.step(text!("lab_closing.keepalive.held"));
        held.link.peer.shutdown_write()?;
        run.expect_recv(&mut held, End::Client, "0");
        let time = hold(run.knobs());
        run.step(text!("lab_closing.keepalive.hold", n = time.as_secs()));
        let ends = [
            (End::Client, Known::linux(State::CloseWait)),
            (End::Peer, Known::linux(State::FinWait2)),
        ];
        run.expect_stays(&held, ends, time)?;
        expect_answered(run, &held, time)?;

        let mut gone = run.connect(&listener, client, SocketOptions::NONE)?;
        fin_wait_2::shorten(run, &mut gone, End::Peer)?;
        let time = fin_wait_2::time(&gone, End::Peer);
        run.step(text!("lab_closing.keepalive.gone"));
        gone.link.close(End::Peer)?;
        run.expect_recv(&mut gone, End::Client, "0");
        if !fin_wait_2::expect_end(run, &gone, time)? {
            // Until then its system answers for it.
            return Ok(());
        }
        run.step(text!("lab_closing.keepalive.reset"));
        let patience = reset_within(run.knobs()) + SLACK;
        run.expect_state_within(&gone, End::Client, patience, Known::linux(None));
        run.pause(Duration::ZERO)?;
        run.expect_recv(&mut gone, End::Client, Known::linux("0"));
        run.expect_send(&mut gone, End::Client, 5, Known::linux("EPIPE"));
        run.expect_descriptor(&gone, End::Client, Known::linux(State::Closed));
        Ok(())
    }
}

fn options(knobs: &Knobs) -> SocketOptions {
    let number = |name| OptionValue::Number(u32::try_from(knobs.number(name)).unwrap_or(u32::MAX));
    SocketOptions::NONE
        .on(OptionName::KeepAlive)
        .with(OptionName::KeepIdle, number("idle"))
        .with(OptionName::KeepInterval, number("interval"))
        .with(OptionName::KeepCount, OptionValue::Number(COUNT))
}

/// As long as was chosen, and long enough for some probes.
fn hold(knobs: &Knobs) -> Duration {
    let probes = PROBES * knobs.number("idle") + 1;
    hold::time(knobs).max(Duration::from_secs(probes))
}

/// How long a peer that is gone may go unnoticed: until the next probe, and as many more as may be lost.
fn reset_within(knobs: &Knobs) -> Duration {
    Duration::from_secs(knobs.number("idle") + u64::from(COUNT) * knobs.number("interval"))
}

/// Judges that probes were answered while the peer was held: its last acknowledgement is younger than its FIN.
fn expect_answered(run: &mut Run, link: &RunLink, hold: Duration) -> Result<(), CallError> {
    let subject = text!("lab_closing.keepalive.answer");
    let expected = text!("lab_closing.keepalive.answered");
    let [client, _] = run.rows(link.link.pair)?;
    match client.and_then(|row| row.tcp_info) {
        Some(info) => {
            let age = Duration::from_millis(info.last_ack_received_ms.into());
            let observed = text!("lab_closing.keepalive.age", time = plain_took(age));
            run.expect_that(subject, expected, observed, Known::linux(age < hold));
        }
        None => {
            run.could_not_tell(subject, expected, text!("lab_closing.check.no_tcp_info"));
        }
    }
    Ok(())
}
