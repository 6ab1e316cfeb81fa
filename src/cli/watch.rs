//! `sockscope watch`: one line of counts a poll.

use std::sync::{Arc, mpsc};
use std::time::{Duration, SystemTime};

use clap::Args;
use jiff::SignedDuration;
use jiff::tz::TimeZone;
use serde_json::{Map, json};

use super::Exit;
use super::columns::{Align, line};
use super::filter;
use super::list::note_gaps;
use super::output::Output;
use crate::analysis::filter::Filter;
use crate::analysis::phrases;
use crate::error::{Error, Result};
use crate::model::{State, StateCounts};
use crate::monitor::{Frame, Health, Monitor, SourceChoice, View, ViewSpec};
use crate::store::Settings;
use crate::text;
use crate::text::{clock, plain_age, utc};

/// The states with a column of their own; the others share one.
const SHOWN: usize = 6;

/// A column for the time, one for all sockets, and one for the states that share.
const COLUMNS: usize = SHOWN + 3;

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
                self.report_failure(&phrases::poll_failure(failure).plain(), output)?;
                if !retries {
                    break;
                }
            } else {
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
        frame: &Arc<Frame>,
        filter: &Filter,
        zone: &TimeZone,
        output: &mut Output,
    ) -> Result<()> {
        let spec = ViewSpec { filter: filter.text().to_owned(), ..ViewSpec::default() };
        let view = View::new(Arc::clone(frame), spec);
        let Some(snapshot) = &frame.snapshot else {
            return Ok(());
        };
        let counts: StateCounts =
            view.rows.iter().map(|row| snapshot.sockets[*row].state).collect();
        if self.json {
            let by_state: Map<_, _> = counts
                .iter()
                .filter(|(_, count)| *count > 0)
                .map(|(state, count)| (state.name().to_owned(), count.into()))
                .collect();
            let line = json!({
                "taken_at": utc(snapshot.taken_at),
                "sockets": counts.total(),
                "counts": by_state,
                "partial": snapshot.is_partial(),
            });
            return writeln!(output.data(), "{line}").map_err(Error::Output);
        }
        let other: u32 = State::SHOWN[SHOWN..].iter().map(|state| counts[*state]).sum();
        let row: Vec<String> = [clock(snapshot.taken_at, zone), counts.total().to_string()]
            .into_iter()
            .chain(State::SHOWN[..SHOWN].iter().map(|state| counts[*state].to_string()))
            .chain([other.to_string()])
            .collect();
        print_row(&row, output)
    }

    /// A failed poll is a line of its own among the data, and never a row of zeros.
    fn report_failure(&self, failure: &str, output: &mut Output) -> Result<()> {
        if self.json {
            let line = json!({ "taken_at": utc(SystemTime::now()), "error": failure });
            writeln!(output.data(), "{line}").map_err(Error::Output)?;
        }
        output.note(failure);
        Ok(())
    }
}

fn print_row(cells: &[String], output: &mut Output) -> Result<()> {
    let mut row: [String; COLUMNS] = Default::default();
    let mut widths = [11; COLUMNS];
    widths[0] = 8;
    let mut align = [Align::Right; COLUMNS];
    align[0] = Align::Left;
    for (cell, text) in row.iter_mut().zip(cells) {
        cell.clone_from(text);
    }
    output.line(&line(&row, widths, align))
}

fn parse_interval(text: &str) -> Result<Duration, String> {
    let [shortest, longest] = Settings::INTERVALS;
    let duration: SignedDuration = text.parse().map_err(|error| format!("{error}"))?;
    Duration::try_from(duration)
        .ok()
        .filter(|interval| (shortest..=longest).contains(interval))
        .ok_or_else(|| "it must lie between 100ms and 10m".to_owned())
}
