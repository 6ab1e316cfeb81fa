//! `sockscope diff`: two snapshots compared.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use jiff::tz::TimeZone;

use super::Exit;
use super::columns::{Align, table};
use super::output::Output;
use super::report::format_name;
use crate::analysis::diff::{Comparison, Fate};
use crate::analysis::phrases;
use crate::error::Result;
use crate::model::{State, StateCounts};
use crate::report::{Exporter, Subject};
use crate::store;
use crate::text;

/// Compare two snapshots
#[derive(Args)]
pub struct Diff {
    /// The earlier snapshot
    a: PathBuf,
    /// The later snapshot
    b: PathBuf,
    /// Exit with 1 when more than N sockets are new, gone or in another state
    #[arg(long, value_name = "N")]
    fail_over: Option<usize>,
    /// Print a report instead of columns
    #[arg(long, value_name = "FORMAT", value_parser = format_name, conflicts_with = "json")]
    format: Option<&'static dyn Exporter>,
    /// Print JSON; short for --format json
    #[arg(long)]
    json: bool,
}

impl Diff {
    pub fn run(&self, output: &mut Output) -> Result<Exit> {
        let a = store::load_snapshot(&self.a)?;
        let b = store::load_snapshot(&self.b)?;
        let comparison = Comparison::new(Arc::new(a), Arc::new(b));
        let format = if self.json { crate::report::exporter("json") } else { self.format };
        match format {
            Some(exporter) => {
                let subject = Subject::Comparison(&comparison);
                exporter.export(subject, &TimeZone::system(), output.data())?;
            }
            None => print(&comparison, output)?,
        }
        let too_many = self.fail_over.is_some_and(|most| comparison.differing() > most);
        Ok(if too_many { Exit::Found } else { Exit::Fine })
    }
}

fn print(comparison: &Comparison, output: &mut Output) -> Result<()> {
    output.line(&phrases::comparison_verdict(comparison).plain())?;
    if let Some(other) = phrases::largest_other_change(comparison) {
        output.line(&other.plain())?;
    }
    output.line("")?;

    let align = [Align::Left, Align::Right, Align::Right, Align::Right];
    let header =
        [text!("column.state"), text!("column.a"), text!("column.b"), text!("column.change")]
            .map(|title| title.plain().to_uppercase());
    let row = |name: String, a: u32, b: u32| [name, a.to_string(), b.to_string(), change(a, b)];
    let (a, b) = (comparison.counts_a, comparison.counts_b);
    let states = State::SHOWN
        .into_iter()
        .filter(|state| a[*state] > 0 || b[*state] > 0)
        .map(|state| row(state.name().to_owned(), a[state], b[state]))
        .chain([row(text!("report.all").plain(), a.total(), b.total())]);
    print_table(table(header, align, states), output)?;

    let close_wait = |counts: StateCounts| counts[State::CloseWait];
    let header = [
        text!("column.process"),
        text!("column.close_wait_a"),
        text!("column.close_wait_b"),
        text!("column.change"),
    ]
    .map(|title| title.plain().to_uppercase());
    let holders = comparison
        .holders
        .iter()
        .filter(|holder| close_wait(holder.a) > 0 || close_wait(holder.b) > 0)
        .map(|holder| {
            let name = phrases::holder(&holder.holder).plain();
            row(name, close_wait(holder.a), close_wait(holder.b))
        });
    let lines = table(header, align, holders);
    if lines.len() > 1 {
        print_table(lines, output)?;
    }

    let fates =
        Fate::ALL.map(|fate| format!("{} {}", phrases::fate(fate).plain(), comparison.count(fate)));
    output.line(&fates.join("  "))
}

fn print_table(lines: Vec<String>, output: &mut Output) -> Result<()> {
    for line in lines {
        output.line(&line)?;
    }
    output.line("")
}

fn change(a: u32, b: u32) -> String {
    match i64::from(b) - i64::from(a) {
        0 => "0".to_owned(),
        change => format!("{change:+}"),
    }
}
