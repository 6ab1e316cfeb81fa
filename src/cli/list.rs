//! `sockscope list`: the socket table now.

mod fields;
mod groups;

use std::cmp::Ordering;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use super::Exit;
use super::columns::{Align, table};
use super::csv;
use super::filter;
use super::output::Output;
use crate::analysis::filter::{Filter, Key};
use crate::analysis::phrases;
use crate::analysis::track::Tracker;
use crate::error::Result;
use crate::model::{Gap, Snapshot};
use crate::monitor::{self, Frame, View, ViewSpec};
use crate::store;
use fields::{FIELDS, Field, Row, USUAL};
use groups::{By, groups};

pub use groups::counts;

/// Print the socket table
#[derive(Args)]
#[command(after_help = filter::help())]
pub struct List {
    /// Only rows that pass this filter; its language is explained below
    filter: Vec<String>,
    /// Show this snapshot instead of this computer
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// Put rows together and count them by state
    #[arg(long, value_name = "WHAT", conflicts_with_all = ["columns", "sort", "reverse"])]
    by: Option<By>,
    /// Print these columns, with commas between
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_value = USUAL)]
    #[arg(value_parser = field(), conflicts_with = "json")]
    columns: Vec<&'static Field>,
    /// Sort by this column, smallest first; rows that have nothing in it come last
    #[arg(long, value_name = "COLUMN", value_parser = field(), conflicts_with = "json")]
    #[arg(hide_possible_values = true)]
    sort: Option<&'static Field>,
    /// Turn the order of --sort round
    #[arg(long, requires = "sort")]
    reverse: bool,
    /// Print a snapshot document instead of columns
    #[arg(long)]
    json: bool,
    /// Print comma-separated values (RFC 4180) instead of columns
    #[arg(long, conflicts_with = "json")]
    csv: bool,
}

/// Reads the name of a column, for clap, which also tells the names.
fn field() -> impl TypedValueParser<Value = &'static Field> {
    let names = FIELDS.iter().map(|field| {
        let about = (field.about)().plain();
        PossibleValue::new(field.name).help(about)
    });
    PossibleValuesParser::new(names)
        .try_map(|name| Field::named(&name).ok_or_else(|| format!("no column is called {name}")))
}

impl List {
    pub fn run(&self, output: &mut Output) -> Result<Exit> {
        let Some(filter) = filter::read(&self.filter, output) else { return Ok(Exit::Usage) };
        let snapshot = monitor::sample(super::source(self.from.as_deref())?)?;
        let tracked = self.wants_tracks() || filter.asks(Key::Age);
        let view = view(snapshot, &filter, tracked);
        let Some(snapshot) = view.to_snapshot() else { return Ok(Exit::CouldNotRun) };
        if let Some(whole) = &view.frame.snapshot {
            match self.by {
                Some(by) => self.print_groups(whole, &view, by, output)?,
                None if self.json => store::write_snapshot(&snapshot, output.data())?,
                None => self.print(whole, &view, output)?,
            }
        }
        // Whoever typed a filter knows of it.
        let told = |gap: &&Gap| !matches!(gap, Gap::Filtered { .. });
        for gap in snapshot.gaps.iter().filter(told) {
            output.note(&phrases::gap(gap).plain());
        }
        Ok(Exit::Fine)
    }

    fn wants_tracks(&self) -> bool {
        let shown = self.columns.iter().chain(&self.sort).any(|field| field.wants_tracks());
        shown && !self.json && self.by.is_none()
    }

    fn print_groups(
        &self,
        whole: &Snapshot,
        view: &View,
        by: By,
        output: &mut Output,
    ) -> Result<()> {
        let rows = view.rows.iter().map(|row| &whole.sockets[*row]);
        let found = groups(rows, whole, by);
        if self.json {
            groups::print_json(&found, whole, by, output)
        } else if self.csv {
            groups::print_csv(&found, by, output)
        } else {
            groups::print(&found, by, output)
        }
    }

    fn print(&self, whole: &Snapshot, view: &View, output: &mut Output) -> Result<()> {
        let row = |index: &usize| Row {
            snapshot: whole,
            socket: &whole.sockets[*index],
            track: view.frame.tracks.get(*index),
            at: view.frame.at,
        };
        let mut rows: Vec<Row<'_>> = view.rows.iter().map(row).collect();
        if let Some(by) = self.sort {
            rows = sorted(rows, by, self.reverse);
        }
        let cells = |row: &Row<'_>, write: fn(&fields::Value) -> String, absent: &str| {
            let cell = |field: &&Field| {
                (field.value)(row).map_or_else(|| absent.to_owned(), |value| write(&value))
            };
            self.columns.iter().map(cell).collect::<Vec<String>>()
        };
        if self.csv {
            let header: Vec<String> =
                self.columns.iter().map(|field| format!("{}{}", field.name, field.unit)).collect();
            csv::print(header.iter().map(String::as_str), output)?;
            for row in &rows {
                let cells = cells(row, fields::Value::bare, "");
                csv::print(cells.iter().map(String::as_str), output)?;
            }
            return Ok(());
        }
        let header = self.columns.iter().map(|field| field.name.to_uppercase()).collect();
        let align: Vec<Align> = self.columns.iter().map(|field| field.align).collect();
        let rows = rows.iter().map(|row| cells(row, fields::Value::plain, "–"));
        for line in table(header, align, rows) {
            output.line(&line)?;
        }
        Ok(())
    }
}

/// The rows by what they have in a column; those that have nothing in it are last in either order.
fn sorted<'a>(rows: Vec<Row<'a>>, by: &Field, reverse: bool) -> Vec<Row<'a>> {
    let mut keyed: Vec<_> = rows.into_iter().map(|row| ((by.value)(&row), row)).collect();
    keyed.sort_by(|(one, _), (other, _)| match (one, other) {
        (Some(one), Some(other)) if reverse => other.cmp(one),
        (Some(one), Some(other)) => one.cmp(other),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    });
    keyed.into_iter().map(|(_, row)| row).collect()
}

/// The rows of one table that pass a filter, without a worker.
fn view(mut snapshot: Snapshot, filter: &Filter, tracked: bool) -> View {
    let mut frame =
        Frame::starting(snapshot.source.clone(), Duration::ZERO, SystemTime::UNIX_EPOCH);
    frame.at = snapshot.taken_at;
    if tracked {
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::model::{Host, Owner, Socket, State};

    #[test]
    fn rows_without_the_fact_come_last_in_either_order() {
        let row = |uid| {
            let local = ([127, 0, 0, 1], 80).into();
            Socket { uid, ..Socket::new(local, None, State::Listen, Owner::NoOwner) }
        };
        let snapshot = Snapshot {
            taken_at: SystemTime::UNIX_EPOCH,
            host: Arc::new(Host { name: String::new(), os: String::new() }),
            source: String::new(),
            took: None,
            sockets: [Some(9), None, Some(1_000)].map(row).into(),
            processes: BTreeMap::new(),
            users: Arc::default(),
            gaps: Vec::new(),
        };
        let uids = |reverse| -> Vec<Option<u32>> {
            let row = |socket| Row {
                snapshot: &snapshot,
                socket,
                track: None,
                at: SystemTime::UNIX_EPOCH,
            };
            let rows = snapshot.sockets.iter().map(row).collect();
            let by = Field::named("user").expect("a column");
            sorted(rows, by, reverse).iter().map(|row| row.socket.uid).collect()
        };
        assert_eq!(uids(false), [Some(9), Some(1_000), None]);
        assert_eq!(uids(true), [Some(1_000), Some(9), None]);
    }
}
