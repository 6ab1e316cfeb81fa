//! A listener that accepts nothing: its accept queue takes one more than the backlog says, and then connections stay in
//! SYN_SENT.
//!
//! The kernel drops the SYN that finds the queue full, and the client sends it again: since Linux 6.5 for the last time after 67 s,
//! and the attempt fails after 131 s (ip-sysctl.rst: `tcp_syn_retries` = 6 with `tcp_syn_linear_timeouts` = 4; on Linux 6.18 after
//! 68.5 s and 134 s). Measured there, whose table tells both numbers of a listener; elsewhere what happens is only reported.

use std::time::Duration;

use super::look::{Rows, comes_to, rows_until, state};
use crate::lab::errno::CallError;
use crate::lab::listener::Listener;
use crate::lab::options::SocketOptions;
use crate::lab::scenario::{Knob, Knobs, Known, Range, Run, Scenario};
use crate::lab::socket::{LabSocket, PATIENCE};
use crate::model::lab::End;
use crate::model::{Queues, State};
use crate::os::{Pair, system_info};
use crate::text;
use crate::text::Text;

/// How many connections are tried once the queue is full.
const BEYOND: usize = 2;

/// How long those are watched: longer than the first SYN is sent again after.
const WATCHED: Duration = Duration::from_millis(1_500);

pub(super) struct BacklogOverflow;

impl Scenario for BacklogOverflow {
    fn name(&self) -> &'static str {
        "backlog-overflow"
    }

    fn title(&self) -> Text {
        text!("lab_reuse.backlog.title")
    }

    fn teaches(&self) -> Text {
        text!("lab_reuse.backlog.teaches")
    }

    fn knobs(&self) -> &'static [Knob] {
        const {
            &[Knob {
                name: "backlog",
                title: || text!("lab_reuse.backlog.backlog"),
                range: Range::Number { min: 0, max: 32, default: 2, unit: "" },
            }]
        }
    }

    fn lasts(&self, _: &Knobs) -> Duration {
        WATCHED + Duration::from_millis(100)
    }

    fn time_limit(&self, _: &Knobs) -> Duration {
        Duration::from_secs(30)
    }

    fn run(&self, run: &mut Run) -> Result<(), CallError> {
        let backlog = run.knobs().number("backlog");
        run.step(text!("lab_reuse.backlog.listen", backlog = backlog));
        let asked = i32::try_from(backlog).unwrap_or(i32::MAX);
        let listener = Listener::open(run.address(), SocketOptions::NONE, asked, run.recorder())?;
        // What listen(2) makes of it; a system that does not tell its limit is taken at the word.
        let most = system_info().limits().somaxconn.unwrap_or(u64::MAX);
        let room = backlog.min(most);
        let Some(queues) = queues(run, &listener)? else {
            run.could_not_tell(
                text!("lab_reuse.backlog.room"),
                text!("lab_reuse.not_judged"),
                text!("lab_reuse.backlog.no_queues"),
            );
            return Ok(());
        };
        run.expect(text!("lab_reuse.backlog.room"), Known::linux(room), u64::from(queues.send));
        run.step(text!("lab_reuse.backlog.fill"));
        let mut held = Vec::new();
        for number in 0..=room {
            let (client, pair) = connect(run, &listener)?;
            held.push(client);
            // One after the other: connections that arrive at once may all find the last place.
            let connected = comes_to(run, pair, End::Client, Some(State::Established))?;
            if !connected || waits(run, &listener, number + 1)? != number + 1 {
                // What is judged next shows it; more would only take time.
                break;
            }
        }
        let waiting = waits(run, &listener, room + 1)?;
        run.expect(text!("lab_reuse.backlog.waiting"), Known::linux(room + 1), waiting);
        run.step(text!("lab_reuse.backlog.beyond"));
        let mut beyond = Vec::new();
        for _ in 0..BEYOND {
            let (client, pair) = connect(run, &listener)?;
            held.push(client);
            beyond.push(pair);
        }
        rows_until(run, &beyond, |rows| syn_sent(rows) == BEYOND)?;
        run.pause(WATCHED)?;
        let stuck = syn_sent(&run.rows_of(&beyond)?);
        run.expect(text!("lab_reuse.backlog.syn_sent"), Known::linux(BEYOND), stuck);
        let waiting = waits(run, &listener, room + 1)?;
        run.expect(text!("lab_reuse.backlog.still"), Known::linux(room + 1), waiting);
        Ok(())
    }
}

fn syn_sent(rows: &[Rows]) -> usize {
    rows.iter().filter(|rows| state(rows, End::Client) == Some(State::SynSent)).count()
}

/// Begins a connection, and does not wait for it.
fn connect(run: &mut Run, listener: &Listener) -> Result<(LabSocket, Pair), CallError> {
    let mut client = run.client(SocketOptions::NONE)?;
    client.set_nonblocking()?;
    // What comes of it is read in the table.
    let begun = client.connect(listener.address(), PATIENCE);
    let pair = Pair { client: client.local_address()?, peer: listener.address() };
    run.watch(client.who().number, pair);
    match begun {
        Err(error) if !error.is_underway() => Err(error),
        _ => Ok((client, pair)),
    }
}

/// How many connections wait to be accepted, once it is so many or does not become so.
fn waits(run: &mut Run, listener: &Listener, wanted: u64) -> Result<u64, CallError> {
    let mut waiting = 0;
    for _ in 0..1_000 {
        waiting = queues(run, listener)?.map_or(0, |queues| queues.receive.into());
        if waiting == wanted {
            break;
        }
        run.pause(Duration::from_millis(2))?;
    }
    Ok(waiting)
}

fn queues(run: &mut Run, listener: &Listener) -> Result<Option<Queues>, CallError> {
    Ok(run.listener_row(listener.address())?.and_then(|row| row.queues))
}
