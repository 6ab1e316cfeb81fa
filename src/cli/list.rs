//! `sockscope list`: the socket table now.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use clap::Args;

use super::Exit;
use super::columns::{Align, table};
use super::filter;
use super::output::Output;
use crate::analysis::filter::{Filter, Key};
use crate::analysis::phrases;
use crate::analysis::track::Tracker;
use crate::error::Result;
use crate::model::{Gap, Snapshot};
use crate::monitor::{self, Frame, SourceChoice, View, ViewSpec};
use crate::store;
use crate::text;

/// Print the socket table
#[derive(Args)]
#[command(after_help = filter::help())]
pub struct List {
    /// Only rows that pass this filter; its language is explained below
    filter: Vec<String>,
    /// Print a snapshot document instead of columns
    #[arg(long)]
    json: bool,
}

impl List {
    pub fn run(&self, source: SourceChoice, output: &mut Output) -> Result<Exit> {
        let Some(filter) = filter::read(&self.filter, output) else { return Ok(Exit::Usage) };
        let snapshot = monitor::sample(source)?;
        let view = view(snapshot, &filter);
        let Some(snapshot) = view.to_snapshot() else { return Ok(Exit::CouldNotRun) };
        if self.json {
            store::write_snapshot(&snapshot, output.data())?;
        } else if let Some(whole) = &view.frame.snapshot {
            print(whole, &view, output)?;
        }
        // Whoever typed a filter knows of it.
        let told = |gap: &&Gap| !matches!(gap, Gap::Filtered { .. });
        for gap in snapshot.gaps.iter().filter(told) {
            output.note(&phrases::gap(gap).plain());
        }
        Ok(Exit::Fine)
    }
}

/// The rows of one table that pass a filter, without a worker.
fn view(mut snapshot: Snapshot, filter: &Filter) -> View {
    let mut frame =
        Frame::starting(snapshot.source.clone(), Duration::ZERO, SystemTime::UNIX_EPOCH);
    frame.at = snapshot.taken_at;
    if filter.asks(Key::Age) {
        // One look tells of an age what the kernel does.
        frame.tracks = Tracker::new().observe(&mut snapshot, frame.at).tracks.into();
    }
    frame.snapshot = Some(Arc::new(snapshot));
    let filter = filter.text().to_owned();
    View::new(Arc::new(frame), ViewSpec { filter, ..ViewSpec::default() })
}

/// Says on stderr what the table lacks.
pub fn note_gaps(snapshot: &Snapshot, output: &mut Output) {
    for gap in &snapshot.gaps {
        output.note(&phrases::gap(gap).plain());
    }
}

fn print(snapshot: &Snapshot, view: &View, output: &mut Output) -> Result<()> {
    let header = [
        text!("column.state"),
        text!("column.owner"),
        text!("column.local"),
        text!("column.remote"),
    ]
    .map(|title| title.plain().to_uppercase());
    let rows = view.rows.iter().map(|row| {
        let socket = &snapshot.sockets[*row];
        [
            socket.state.name().to_owned(),
            phrases::owner(&socket.owner, &snapshot.processes).plain(),
            socket.local.to_string(),
            socket.remote.map(|remote| remote.to_string()).unwrap_or_default(),
        ]
    });
    for line in table(header, [Align::Left; 4], rows) {
        output.line(&line)?;
    }
    Ok(())
}
