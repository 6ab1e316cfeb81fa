//! Markdown that fits into a ticket.

use std::io::{self, Write};

use jiff::tz::TimeZone;

use super::{Exporter, Subject};
use crate::analysis::diff::{Comparison, Fate};
use crate::analysis::phrases;
use crate::error::{Error, Result};
use crate::model::{Snapshot, State, StateCounts};
use crate::text;
use crate::text::date_with_offset;
use crate::text::markdown::{escape, table};

/// How many sockets a ticket is shown; the rest is counted.
const MAX_ROWS: usize = 100;

/// Markdown for tickets.
pub struct Markdown;

impl Exporter for Markdown {
    fn name(&self) -> &'static str {
        "markdown"
    }

    fn title(&self) -> &'static str {
        "Markdown"
    }

    fn extension(&self) -> &'static str {
        "md"
    }

    fn export(&self, subject: Subject<'_>, zone: &TimeZone, out: &mut dyn Write) -> Result<()> {
        match subject {
            Subject::Snapshot(snapshot) => write_snapshot(snapshot, zone, out),
            Subject::Comparison(comparison) => write_comparison(comparison, zone, out),
        }
        .map_err(Error::Output)
    }
}

fn write_snapshot(snapshot: &Snapshot, zone: &TimeZone, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "# {}\n", text!("report.snapshot_title").plain())?;
    writeln!(out, "{}\n", origin(snapshot, zone))?;
    let header = [text!("column.state"), text!("column.sockets")].map(|title| title.plain());
    let counts = snapshot.counts();
    let rows = State::SHOWN
        .into_iter()
        .filter(|state| counts[*state] > 0)
        .map(|state| [state.name().to_owned(), counts[state].to_string()])
        .chain([[text!("report.all").plain(), counts.total().to_string()]]);
    write!(out, "{}", table(&header, "lr", rows))?;
    write_gaps(&[snapshot], out)
}

fn write_comparison(
    comparison: &Comparison,
    zone: &TimeZone,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "# {}\n", text!("report.comparison_title").plain())?;
    writeln!(out, "**{}**\n", escape(&phrases::comparison_verdict(comparison).plain()))?;
    if let Some(other) = phrases::largest_other_change(comparison) {
        writeln!(out, "{}\n", escape(&other.plain()))?;
    }
    writeln!(out, "* A: {}", origin(&comparison.a, zone))?;
    writeln!(out, "* B: {}\n", origin(&comparison.b, zone))?;

    writeln!(out, "## {}\n", text!("report.by_state").plain())?;
    let header =
        [text!("column.state"), text!("column.a"), text!("column.b"), text!("column.change")]
            .map(|title| title.plain());
    let row =
        |name: &str, a: u32, b: u32| [name.to_owned(), a.to_string(), b.to_string(), change(a, b)];
    let (a, b) = (comparison.counts_a, comparison.counts_b);
    let rows = State::SHOWN
        .into_iter()
        .filter(|state| a[*state] > 0 || b[*state] > 0)
        .map(|state| row(state.name(), a[state], b[state]))
        .chain([row(&text!("report.all").plain(), a.total(), b.total())]);
    write!(out, "{}", table(&header, "lrrr", rows))?;

    write_holders(comparison, out)?;
    write_sockets(comparison, out)?;
    write_gaps(&[&comparison.a, &comparison.b], out)
}

fn write_holders(comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## {}\n", text!("report.by_process").plain())?;
    let header = [
        text!("column.process"),
        text!("column.close_wait_a"),
        text!("column.close_wait_b"),
        text!("column.change"),
        text!("column.all_states"),
        text!("column.note"),
    ]
    .map(|title| title.plain());
    let close_wait = |counts: StateCounts| counts[State::CloseWait];
    let rows = comparison.holders.iter().take(MAX_ROWS).map(|holder| {
        [
            phrases::holder(&holder.holder).plain(),
            close_wait(holder.a).to_string(),
            close_wait(holder.b).to_string(),
            change(close_wait(holder.a), close_wait(holder.b)),
            change(holder.a.total(), holder.b.total()),
            if holder.holder.was_restarted() {
                text!("report.restarted").plain()
            } else {
                String::new()
            },
        ]
    });
    write!(out, "{}", table(&header, "lrrrrl", rows))?;
    write_rest(comparison.holders.len(), out)
}

fn write_sockets(comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## {}\n", text!("report.sockets").plain())?;
    let counts =
        Fate::ALL.map(|fate| format!("{} {}", phrases::fate(fate).plain(), comparison.count(fate)));
    writeln!(out, "{}\n", counts.join(" · "))?;
    let header = [
        text!("column.fate"),
        text!("column.state_a"),
        text!("column.state_b"),
        text!("column.owner"),
        text!("column.local"),
        text!("column.remote"),
    ]
    .map(|title| title.plain());
    let name = |state: Option<State>| state.map_or("", State::name).to_owned();
    let rows = comparison.sockets.iter().take(MAX_ROWS).filter_map(|change| {
        let (snapshot, socket) = comparison.socket(change)?;
        let (a, b) = comparison.states(change);
        Some([
            phrases::fate(change.fate).plain(),
            name(a),
            name(b),
            phrases::owner(&socket.owner, &snapshot.processes).plain(),
            socket.local.to_string(),
            socket.remote.map(|remote| remote.to_string()).unwrap_or_default(),
        ])
    });
    write!(out, "{}", table(&header, "llllll", rows))?;
    write_rest(comparison.sockets.len(), out)
}

fn write_rest(all: usize, out: &mut dyn Write) -> io::Result<()> {
    match all.saturating_sub(MAX_ROWS) {
        0 => Ok(()),
        rest => writeln!(out, "{}\n", text!("report.rest", n = rest).plain()),
    }
}

fn write_gaps(snapshots: &[&Snapshot], out: &mut dyn Write) -> io::Result<()> {
    let labels = ["A: ", "B: "];
    let gaps: Vec<String> = snapshots
        .iter()
        .zip(labels)
        .flat_map(|(snapshot, label)| {
            let label = if snapshots.len() > 1 { label } else { "" };
            snapshot.gaps.iter().map(move |gap| format!("{label}{}", phrases::gap(gap).plain()))
        })
        .collect();
    if gaps.is_empty() {
        return Ok(());
    }
    writeln!(out, "## {}\n", text!("report.not_seen").plain())?;
    for gap in gaps {
        writeln!(out, "* {}", escape(&gap))?;
    }
    Ok(())
}

/// Where and when a snapshot was taken, and how much it holds.
fn origin(snapshot: &Snapshot, zone: &TimeZone) -> String {
    escape(
        &text!(
            "report.origin",
            host = snapshot.host.name.as_str(),
            os = snapshot.host.os.as_str(),
            at = date_with_offset(snapshot.taken_at, zone),
            source = snapshot.source.as_str(),
            sockets = text!("count.sockets", n = snapshot.sockets.len())
        )
        .plain(),
    )
}

fn change(a: u32, b: u32) -> String {
    match i64::from(b) - i64::from(a) {
        0 => "0".to_owned(),
        change => format!("{change:+}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_has_its_sign() {
        assert_eq!([change(1, 3), change(3, 1), change(2, 2)], ["+2", "-2", "0"]);
    }
}
