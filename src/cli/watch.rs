//! `sockscope watch`: one line of counts a poll.

use std::sync::{Arc, mpsc};
use std::time::{Duration, SystemTime};

use clap::Args;
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde_json::json;

use super::Exit;
use super::columns::{Align, line};
use super::filter;
use super::list::{self, note_gaps};
use super::output::Output;
use crate::analysis::filter::Filter;
use crate::analysis::history::Cause;
use crate::analysis::phrases;
use crate::error::{Error, Result};
use crate::model::{PollFailure, State, StateCounts};
use crate::monitor::{Frame, Health, Monitor, SourceChoice};
use crate::store::Settings;
use crate::text;
use crate::text::{clock, plain_age, utc};

/// The states with a column of their own; the others share one.
const SHOWN: usize = 6;

/// A column for the time, one for all sockets, one for the states that share, and one for a remark.
const COLUMNS: usize = SHOWN + 4;

/// Print the counts by state, one line a poll
#[derive(Args)]
#[command(after_help = filter::help())]
pub struct Watch {
    /// Count only rows that pass this filter; its language is explained below
    filter: Vec<String>,
    /// The time between two polls: 500ms, 1s, 2m
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = parse_interval)]
    interval: Duration,
    /// End after this many polls
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// Print one JSON object a line
    #[arg(long)]
    json: bool,
}

impl Watch {
    pub fn run(&self, output: &mut Output) -> Result<Exit> {
        let Some(filter) = filter::read(&self.filter, output) else { return Ok(Exit::Usage) };
        let (announce, wakes) = mpsc::channel();
        let wake = Arc::new(move || {
            // The verb may have ended already.
            let _ = announce.send(());
        });
        let monitor =
            Monitor::start(SourceChoice::Live, self.interval, wake).map_err(Error::Thread)?;
        let zone = TimeZone::system();
        if !self.json {
            let header: Vec<String> = ["TIME".to_owned(), "SOCKETS".to_owned()]
                .into_iter()
                .chain(State::SHOWN[..SHOWN].iter().map(|state| state.name().to_owned()))
                .chain(["OTHER".to_owned()])
                .collect();
            print_row(&header, output)?;
        }
        let mut polls = 0;
        let mut failed = false;
        let mut noted = false;
        let mut shown = 0;
        let mut stretched = false;
        let mut slept = None;
        while self.count != Some(polls) && wakes.recv().is_ok() {
            let frame = monitor.frame();
            if frame.generation == shown {
                // Behind a slow reader several wake-ups may stand for one frame.
                continue;
            }
            shown = frame.generation;
            polls += 1;
            if let Health::Failed { failure, retries, .. } = &frame.health {
                failed = true;
                self.report_failure(failure, &frame, &zone, output)?;
                if !retries {
                    break;
                }
            } else {
                slept = self.report_sleep(&frame, slept, &zone, output)?;
                self.report(&frame, &filter, &zone, output)?;
                if let Some(snapshot) = frame.snapshot.as_ref().filter(|_| !noted) {
                    note_gaps(snapshot, output);
                    noted = true;
                }
            }
            if frame.interval.is_stretched() && !stretched {
                stretched = true;
                let every = plain_age(frame.interval.actual);
                output.note(&text!("coverage.stretched", time = every).plain());
            }
            output.flush()?;
        }
        Ok(if failed { Exit::CouldNotRun } else { Exit::Fine })
    }

    fn report(
        &self,
        frame: &Frame,
        filter: &Filter,
        zone: &TimeZone,
        output: &mut Output,
    ) -> Result<()> {
        let Some(snapshot) = &frame.snapshot else {
            return Ok(());
        };
        let passing = frame.rows().filter(|row| filter.matches(row));
        let counts: StateCounts = passing.map(|row| row.socket.state).collect();
        if self.json {
            let line = json!({
                "taken_at": utc(snapshot.taken_at),
                "sockets": counts.total(),
                "counts": list::counts(&counts),
                "partial": snapshot.is_partial(),
            });
            return writeln!(output.data(), "{line}").map_err(Error::Output);
        }
        let other: u32 = State::SHOWN[SHOWN..].iter().map(|state| counts[*state]).sum();
        let row: Vec<String> = [clock(snapshot.taken_at, zone), counts.total().to_string()]
            .into_iter()
            .chain(State::SHOWN[..SHOWN].iter().map(|state| counts[*state].to_string()))
            .chain([other.to_string()])
            .chain(snapshot.is_partial().then(|| text!("watch.partial").plain()))
            .collect();
        print_row(&row, output)
    }

    /// A failed poll is a line of its own among the data, and never a row of zeros.
    fn report_failure(
        &self,
        failure: &PollFailure,
        frame: &Frame,
        zone: &TimeZone,
        output: &mut Output,
    ) -> Result<()> {
        let failure = phrases::poll_failure(failure).plain();
        if !self.json {
            return output.line(&format!("{}  {failure}", clock(frame.now, zone)));
        }
        let line = json!({ "taken_at": utc(frame.now), "error": failure });
        writeln!(output.data(), "{line}").map_err(Error::Output)?;
        output.note(&failure);
        Ok(())
    }

    /// So is time that was not sampled, because the machine slept or the program was stopped.
    fn report_sleep(
        &self,
        frame: &Frame,
        told: Option<SystemTime>,
        zone: &TimeZone,
        output: &mut Output,
    ) -> Result<Option<SystemTime>> {
        let last = frame.history.breaks().last();
        let Some((slept, until)) = last.and_then(|slept| Some((slept, slept.to?))) else {
            return Ok(told);
        };
        if slept.cause != Cause::Slept || told == Some(until) {
            return Ok(told);
        }
        let time = until.duration_since(slept.from).unwrap_or_default();
        if self.json {
            let time = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
            let line = json!({ "taken_at": utc(until), "not_sampled_ms": time });
            writeln!(output.data(), "{line}").map_err(Error::Output)?;
        } else {
            let gap = text!("watch.not_sampled", time = plain_age(time)).plain();
            output.line(&format!("{}  {gap}", clock(until, zone)))?;
        }
        Ok(Some(until))
    }
}

fn print_row(cells: &[String], output: &mut Output) -> Result<()> {
    let mut row: [String; COLUMNS] = Default::default();
    let mut widths = [11; COLUMNS];
    widths[0] = 8;
    let mut align = [Align::Right; COLUMNS];
    align[0] = Align::Left;
    align[COLUMNS - 1] = Align::Left;
    for (cell, text) in row.iter_mut().zip(cells) {
        cell.clone_from(text);
    }
    output.line(&line(&row, &widths, &align))
}

fn parse_interval(text: &str) -> Result<Duration, String> {
    let [shortest, longest] = Settings::INTERVALS;
    let duration: SignedDuration =
        text.parse().map_err(|_| "expected a time with its unit: 500ms, 1s, 2m".to_owned())?;
    Duration::try_from(duration)
        .ok()
        .filter(|interval| (shortest..=longest).contains(interval))
        .ok_or_else(|| "it must lie between 100ms and 10m".to_owned())
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use std::path::Path;

    use super::*;
    use crate::model::Operation;
    use crate::store;

    /// What was written, for whoever looks afterwards.
    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().expect("no panic").extend(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// What one call writes to stdout.
    fn written(write: impl FnOnce(&mut Output) -> Result<()>) -> String {
        let written = Written::default();
        let mut output = Output::to(written.clone(), std::io::sink());
        assert!(write(&mut output).is_ok());
        drop(output);
        let bytes = written.0.lock().expect("no panic").clone();
        String::from_utf8(bytes).expect("text")
    }

    #[test]
    fn rows_that_pass_are_counted_and_no_others() {
        let file = Path::new("tests/fixtures/document/version-1.json");
        let snapshot = store::load_snapshot(file).expect("the fixture");
        let mut frame = Frame::starting(String::new(), Duration::ZERO, SystemTime::UNIX_EPOCH);
        frame.snapshot = Some(Arc::new(snapshot));
        let watch = Watch { filter: Vec::new(), interval: Duration::ZERO, count: None, json: true };
        for (filter, close_wait, all) in [
            ("", 3, 7),
            ("state:close-wait not loopback", 2, 2),
            ("state:listen or state:close-wait", 3, 4),
        ] {
            let filter = Filter::parse(filter).expect("a filter");
            let line = written(|output| watch.report(&frame, &filter, &TimeZone::UTC, output));
            let line: serde_json::Value = serde_json::from_str(&line).expect("JSON");
            assert_eq!(line["sockets"], all, "{line}");
            assert_eq!(line["counts"]["CLOSE_WAIT"], close_wait, "{line}");
        }
    }

    #[test]
    fn a_poll_that_failed_is_a_line_of_its_own_and_has_no_counts() {
        let failure = PollFailure {
            source: "sock_diag".to_owned(),
            operation: Operation::ReadSocketTable,
            cause: "EMFILE".to_owned(),
            number: None,
        };
        let frame = Frame::starting(String::new(), Duration::ZERO, SystemTime::UNIX_EPOCH);
        for (json, line) in [
            (false, "00:00:00  sock_diag could not read the socket table: EMFILE.\n"),
            (
                true,
                "{\"error\":\"sock_diag could not read the socket table: EMFILE.\",\
                 \"taken_at\":\"1970-01-01T00:00:00.000Z\"}\n",
            ),
        ] {
            let watch = Watch { filter: Vec::new(), interval: Duration::ZERO, count: None, json };
            let told =
                written(|output| watch.report_failure(&failure, &frame, &TimeZone::UTC, output));
            assert_eq!(told, line);
        }
    }
}
