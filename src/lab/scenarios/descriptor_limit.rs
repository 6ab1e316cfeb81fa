//! A process that closes nothing comes to its limit of descriptors, and closing one of them allows exactly one more.
//!
//! The limit is a process's own, so a process of its own it is: `lab::child`. Measured on Linux 6.18 (`RLIMIT_NOFILE`,
//! getrlimit(2)), where each new descriptor's number has to be below the limit: one that is open above it takes nobody's
//! room. macOS has the same call, and nobody has looked what comes of it there; Windows has none.

use std::time::{Duration, Instant};

use super::look::{rows_until, state};
use crate::lab::child::{LEAK, LabChild, Leaked, SETRLIMIT};
use crate::lab::errno::CallError;
use crate::lab::listener::Listener;
use crate::lab::options::SocketOptions;
use crate::lab::scenario::{Knob, Knobs, Known, Range, Run, Scenario};
use crate::model::State;
use crate::model::lab::End;
use crate::os::Pair;
use crate::text;
use crate::text::Text;

/// How long the server waits for a connection before it looks whether the child has said something.
const TURN: Duration = Duration::from_millis(50);

/// How long the child may take in all.
const CHILD_PATIENCE: Duration = Duration::from_secs(30);

pub(super) struct DescriptorLimit;

impl Scenario for DescriptorLimit {
    fn name(&self) -> &'static str {
        "descriptor-limit"
    }

    fn title(&self) -> Text {
        text!("lab_reuse.limit.title")
    }

    fn teaches(&self) -> Text {
        text!("lab_reuse.limit.teaches")
    }

    fn knobs(&self) -> &'static [Knob] {
        const {
            &[Knob {
                name: "limit",
                title: || text!("lab_reuse.limit.limit"),
                range: Range::Number { min: 32, max: 256, default: 64, unit: "" },
            }]
        }
    }

    fn lasts(&self, _: &Knobs) -> Duration {
        Duration::from_millis(500)
    }

    fn time_limit(&self, _: &Knobs) -> Duration {
        CHILD_PATIENCE + Duration::from_secs(15)
    }

    fn run(&self, run: &mut Run) -> Result<(), CallError> {
        let limit = run.knobs().number("limit");
        let Some(executable) = run.executable().map(ToOwned::to_owned) else {
            run.could_not_tell(subject::opened(), "EMFILE", text!("lab_reuse.no_executable"));
            return Ok(());
        };
        let listener = run.listen(SocketOptions::NONE)?;
        run.step(text!("lab_reuse.limit.leak", n = limit));
        let arguments =
            [LEAK.to_owned(), format!("--limit={limit}"), format!("--to={}", listener.address())];
        let child = LabChild::start(&executable, &arguments)?;
        let mut server = Server { listener, closed: Vec::new() };
        let full = server.until_told(run, &child)?;
        if let Some(SETRLIMIT) = full.call.as_deref() {
            let why = not_limited(limit, full.errno);
            run.could_not_tell(subject::opened(), text!("lab_reuse.not_judged"), why);
            return child.end(run.cancel());
        }
        if full.out_of_ports {
            let why = text!("lab_settings.ports_before_descriptors", n = full.opened);
            run.could_not_tell(subject::errno(), "socket: EMFILE", why);
            return child.end(run.cancel());
        }
        judge_full(run, &full);
        run.step(text!("lab_reuse.limit.one_more"));
        let again = server.until_told(run, &child)?;
        run.expect(subject::again(), Known::linux(1), u64::from(again.opened));
        expect_errno(run, subject::again_errno(), &again);
        run.step(text!("lab_reuse.limit.outside"));
        // One of them was closed by then, and one opened.
        let waiting = server.waiting(run, |waiting| waiting == full.opened as usize)?;
        run.expect(subject::rows(), Known::linux(full.opened as usize), waiting);
        run.step(text!("lab_reuse.limit.end"));
        child.end(run.cancel())?;
        let waiting = server.waiting(run, |waiting| waiting == 0)?;
        run.expect(subject::rows_after(), Known::linux(0), waiting);
        Ok(())
    }
}

/// Why the child has no such limit: it may not, or its system knows none.
fn not_limited(limit: u64, errno: Option<String>) -> Text {
    match errno {
        Some(errno) => text!("lab_room.limit_refused", n = limit, errno = errno),
        None => text!("lab_room.no_limit"),
    }
}

fn judge_full(run: &mut Run, full: &Leaked) {
    match full.open_before {
        Some(before) => {
            let expected = full.limit.saturating_sub(before);
            let expected = Known::linux(u64::from(expected));
            run.expect(subject::opened(), expected, u64::from(full.opened));
        }
        None => {
            run.could_not_tell(
                subject::opened(),
                text!("lab_reuse.not_judged"),
                text!("lab_reuse.limit.not_counted", n = full.opened),
            );
        }
    }
    expect_errno(run, subject::errno(), full);
}

fn expect_errno(run: &mut Run, subject: Text, leaked: &Leaked) {
    let nothing = text!("lab_reuse.none");
    let observed = match (&leaked.call, &leaked.errno) {
        (Some(call), Some(errno)) => Ok(format!("{call}: {errno}")),
        _ => Err(nothing),
    };
    let fits = observed.as_deref() == Ok("socket: EMFILE");
    match observed {
        Ok(observed) => run.expect_that(subject, "socket: EMFILE", observed, Known::linux(fits)),
        Err(nothing) => run.expect_that(subject, "socket: EMFILE", nothing, Known::linux(fits)),
    };
}

/// Accepts what the child opens, and closes it.
struct Server {
    listener: Listener,
    /// The connections that it closed.
    closed: Vec<Pair>,
}

impl Server {
    /// Goes on until the child says how far it came.
    fn until_told(&mut self, run: &mut Run, child: &LabChild) -> Result<Leaked, CallError> {
        let deadline = Instant::now() + CHILD_PATIENCE;
        while Instant::now() < deadline {
            run.pause(Duration::ZERO)?;
            if let Some(line) = child.line()? {
                return serde_json::from_str(&line)
                    .map_err(|error| CallError::new(&std::io::Error::other(error)));
            }
            let number = run.next_number();
            let accepted = self.listener.socket().accept(TURN, number, run.recorder());
            let (mut peer, client) = match accepted {
                Err(none_came) if none_came.is_underway() => continue,
                accepted => accepted?,
            };
            peer.close(|| {})?;
            self.closed.push(Pair { client, peer: self.listener.address() });
        }
        Err(CallError::new(&std::io::ErrorKind::TimedOut.into()))
    }

    /// How many of the child's sockets the table shows in CLOSE_WAIT, once it is `enough` or does not become so.
    fn waiting(&self, run: &mut Run, enough: impl Fn(usize) -> bool) -> Result<usize, CallError> {
        let mut waiting = 0;
        rows_until(run, &self.closed, |rows| {
            waiting = rows
                .iter()
                .filter(|rows| state(rows, End::Client) == Some(State::CloseWait))
                .count();
            enough(waiting)
        })?;
        Ok(waiting)
    }
}

/// What is judged, by name.
pub(in crate::lab) mod subject {
    use crate::text;
    use crate::text::Text;

    pub(in crate::lab) fn opened() -> Text {
        text!("lab_reuse.limit.opened")
    }

    pub(in crate::lab) fn errno() -> Text {
        text!("lab_reuse.limit.errno")
    }

    pub(super) fn again() -> Text {
        text!("lab_reuse.limit.again")
    }

    pub(super) fn again_errno() -> Text {
        text!("lab_reuse.limit.again_errno")
    }

    pub(in crate::lab) fn rows() -> Text {
        text!("lab_reuse.limit.rows")
    }

    pub(super) fn rows_after() -> Text {
        text!("lab_reuse.limit.rows_after")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_told_to_raise_a_limit_that_his_system_does_not_have() {
        assert!(not_limited(64, Some("EPERM".to_owned())).plain().contains("ulimit -Hn"));
        assert_eq!(not_limited(64, None), text!("lab_room.no_limit"));
    }
}
