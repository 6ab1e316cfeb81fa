//! `SO_LINGER` with n seconds: `close()` waits for what is not delivered yet. What comes when the time is up differs.
//!
//! Measured on Linux 6.18: `close()` blocks for n seconds, on a non-blocking socket as well, returns 0, and what is left is not
//! lost yet: the kernel goes on in the background, for as long as after a default close (`full_buffer` tells how long). Windows
//! documents the opposite: a hard close when the time is up, and WSAEWOULDBLOCK with nothing begun for a non-blocking socket.
//! macOS' source goes on in the background, and does not wait for a non-blocking socket. RFC 9293 knows nothing of it.

use std::thread;
use std::time::{Duration, Instant};

use super::fill::{self, Filled, MOST};
use crate::lab::errno::CallError;
use crate::lab::options::{Linger, SocketOptions};
use crate::lab::presupposed::{ORPHAN_RETRIES, ORPHANS, Presupposed, RETRIES, orphan_lives};
use crate::lab::scenario::{Knob, Knobs, Known, Range, Run, RunLink, Scenario};
use crate::model::State;
use crate::model::lab::End;
use crate::text;
use crate::text::Text;

/// How long the peer waits for the next bytes.
const PATIENCE: Duration = Duration::from_secs(10);

/// How far a duration may be off: the kernel's clock ticks, and a busy machine is late.
const EARLY: Duration = Duration::from_millis(100);
const LATE: Duration = Duration::from_secs(5);

pub(super) struct LingerSeconds;

static KNOBS: [Knob; 3] = [
    Knob {
        name: "seconds",
        title: || text!("lab_closing.knob.linger"),
        range: Range::Number { min: 1, max: 60, default: 2, unit: "s" },
    },
    Knob {
        name: "delay",
        title: || text!("lab_closing.knob.linger_reader"),
        range: Range::Number { min: 0, max: 60, default: 0, unit: "s" },
    },
    Knob {
        name: "shutdown",
        title: || text!("lab_closing.knob.shutdown"),
        range: Range::Choice(&["no", "write"]),
    },
];

impl Scenario for LingerSeconds {
    fn name(&self) -> &'static str {
        "linger"
    }

    fn title(&self) -> Text {
        text!("lab_closing.linger.title")
    }

    fn teaches(&self) -> Text {
        text!("lab_closing.linger.teaches")
    }

    fn knobs(&self) -> &'static [Knob] {
        &KNOBS
    }

    fn lasts(&self, knobs: &Knobs) -> Duration {
        2 * Duration::from_secs(knobs.number("seconds")) + Duration::from_millis(1_500)
    }

    fn time_limit(&self, knobs: &Knobs) -> Duration {
        self.lasts(knobs) + 4 * PATIENCE
    }

    fn presupposes(&self, knobs: &Knobs) -> Vec<Presupposed> {
        vec![RETRIES, ORPHAN_RETRIES, ORPHANS, orphan_lives(knobs.number("seconds"))]
    }

    fn run(&self, run: &mut Run) -> Result<(), CallError> {
        for blocking in [true, false] {
            if blocking {
                run.step(text!("lab_closing.linger.blocking"));
            } else {
                run.step(text!("lab_closing.linger.nonblocking"));
            }
            close_one(run, blocking)?;
        }
        Ok(())
    }
}

/// What became of one close.
struct Closed {
    took: Duration,
    /// How long it waited, before it began, for a process that was being started: the peer's delay goes on meanwhile.
    waited: Duration,
    result: Result<(), CallError>,
    /// What the peer read meanwhile, if it did.
    read: Option<(usize, Result<(), CallError>)>,
}

fn close_one(run: &mut Run, blocking: bool) -> Result<(), CallError> {
    let seconds = run.knobs().number("seconds");
    let time = Duration::from_secs(seconds);
    let delay = Duration::from_secs(run.knobs().number("delay"));
    let linger = Linger::Seconds(u16::try_from(seconds).unwrap_or(u16::MAX));
    let listener = run.listen(SocketOptions::NONE)?;
    let options = SocketOptions::NONE.linger(linger);
    let mut link = run.connect(&listener, options, SocketOptions::NONE)?;
    if !blocking {
        link.link.client.set_nonblocking()?;
    }
    let filled = fill::fill(run, &mut link, MOST)?;
    if !fill::expect_full(run, &link, filled) {
        return Ok(());
    }
    if run.knobs().word("shutdown") == "write" {
        run.step(text!("lab_closing.linger.shutdown"));
        let began = Instant::now();
        link.link.client.shutdown_write()?;
        // socket(7) says that shutdown() waits as well.
        let at_once = Known::linux([Duration::ZERO, time.saturating_sub(EARLY)]);
        run.expect_took(text!("lab_closing.linger.shutdown_call"), at_once, began.elapsed());
    }
    let reads_in_time = !delay.is_zero() && delay < time;
    let closed = if reads_in_time {
        run.step(text!("lab_closing.linger.reads", n = delay.as_secs()));
        close_while_reading(run, &mut link, delay)?
    } else {
        run.step(text!("lab_closing.linger.waits", n = seconds));
        if !delay.is_zero() {
            run.step(text!("lab_settings.reads_too_late", delay = delay.as_secs()));
        }
        let (result, took) = link.link.close_timed(End::Client);
        Closed { took, waited: Duration::ZERO, result, read: None }
    };
    if let Err(error) = &closed.result
        && error.is_cancelled()
    {
        return Err(error.clone());
    }
    let call = if blocking {
        text!("lab_closing.linger.close_blocking")
    } else {
        text!("lab_closing.linger.close_nonblocking")
    };
    let reads = reads_in_time.then_some(delay.saturating_sub(closed.waited));
    run.expect_took(call, close_takes(blocking, time, reads), closed.took);
    expect_delivery(run, &mut link, filled, closed.read, blocking);
    link.link.close(End::Peer)
}

/// How long `close()` takes; a peer that reads sooner ends it sooner.
fn close_takes(blocking: bool, time: Duration, reads: Option<Duration>) -> Known<[Duration; 2]> {
    let waits = match reads {
        Some(delay) => [delay.saturating_sub(EARLY), time.saturating_sub(EARLY)],
        None => [time.saturating_sub(EARLY), time + LATE],
    };
    if blocking {
        Known::everywhere(waits)
    } else {
        Known::linux(waits).macos([Duration::ZERO, time.saturating_sub(EARLY)])
    }
}

/// Closes on a thread of its own, and reads at the peer after the delay.
fn close_while_reading(
    run: &Run,
    link: &mut RunLink,
    delay: Duration,
) -> Result<Closed, CallError> {
    let (client, peer) = (&mut link.link.client, &mut link.link.peer);
    thread::scope(|scope| {
        let closer = thread::Builder::new()
            .name("lab-linger".to_owned())
            .spawn_scoped(scope, || {
                let began = Instant::now();
                let (result, took) = client.close_timed(|| {});
                (result, took, began.elapsed().saturating_sub(took))
            })
            .map_err(|error| CallError::new(&error))?;
        let read = run.pause(delay).map(|()| peer.recv_to_end(PATIENCE));
        if read.is_err() {
            // Nobody is going to read, and a reset ends the close.
            let _ = peer.abort();
        }
        let (result, took, waited) = closer
            .join()
            .map_err(|_| CallError::new(&std::io::Error::other("the closing thread panicked")))?;
        Ok(Closed { took, waited, result, read: Some(read?) })
    })
}

/// What the peer gets, and what is left of the client.
fn expect_delivery(
    run: &mut Run,
    link: &mut RunLink,
    filled: Filled,
    read: Option<(usize, Result<(), CallError>)>,
    blocking: bool,
) {
    let in_time = read.is_some();
    let (read, end) = read.unwrap_or_else(|| {
        run.expect_state(link, End::Client, Known::linux(Some(State::FinWait1)));
        run.step(text!("lab_closing.linger.read"));
        link.link.peer.recv_to_end(PATIENCE)
    });
    // Only Windows' hard close of a blocking socket is documented to lose what waits.
    let all = Known::linux(filled.sent).macos(filled.sent);
    let all = if in_time && blocking { all.windows(filled.sent) } else { all };
    run.expect(text!("lab_closing.check.received", end = link.named(End::Peer)), all, read);
    let clean = Known::linux("0").macos("0");
    let clean = match (in_time, blocking) {
        (true, true) => clean.windows("0"),
        (false, true) => clean.windows("ECONNRESET"),
        (_, false) => clean,
    };
    let subject = text!("lab_closing.check.stream_end", end = link.named(End::Peer));
    run.expect_result(subject, clean, end.map(|()| 0));
}
