//! `sockscope report`: a snapshot or a comparison, to hand on.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use jiff::tz::TimeZone;

use super::Exit;
use super::output::Output;
use crate::analysis::diff::Comparison;
use crate::error::Result;
use crate::monitor::{self, SourceChoice};
use crate::report::{EXPORTERS, Exporter, Subject, exporter};
use crate::store;
use crate::text;

/// Write a report of this computer now, of a snapshot, or of two snapshots compared
#[derive(Args)]
pub struct Report {
    /// No file: this computer now; one: a snapshot; two: a comparison
    #[arg(value_name = "FILE", num_args = 0..=2)]
    files: Vec<PathBuf>,
    /// The file to write; stdout without it, or for -
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The format; by the output's name without it
    #[arg(long, value_name = "FORMAT", value_parser = format_name, conflicts_with = "json")]
    format: Option<&'static dyn Exporter>,
    /// Write JSON; short for --format json
    #[arg(long)]
    json: bool,
}

impl Report {
    pub fn run(&self, output: &mut Output) -> Result<Exit> {
        let Some(exporter) = self.exporter() else {
            output.note(&text!("report.unknown_format", formats = format_names()).plain());
            return Ok(Exit::Usage);
        };
        match self.files.as_slice() {
            [] => {
                let snapshot = monitor::sample(SourceChoice::Live)?;
                self.write(exporter, Subject::Snapshot(&snapshot), output)
            }
            [file] => {
                let snapshot = store::load_snapshot(file)?;
                self.write(exporter, Subject::Snapshot(&snapshot), output)
            }
            [a, b, ..] => {
                let (a, b) = (store::load_snapshot(a)?, store::load_snapshot(b)?);
                let comparison = Comparison::new(Arc::new(a), Arc::new(b));
                self.write(exporter, Subject::Comparison(&comparison), output)
            }
        }
    }

    /// The format that was named, else the one that the output's name ends with, else the usual one.
    fn exporter(&self) -> Option<&'static dyn Exporter> {
        if self.json {
            return exporter("json");
        }
        if let Some(named) = self.format {
            return Some(named);
        }
        let Some(output) = self.output.as_deref() else { return EXPORTERS.first().copied() };
        let packed = output.extension().is_some_and(|end| end.eq_ignore_ascii_case("gz"));
        let name = if packed { Path::new(output.file_stem()?) } else { output };
        match name.extension() {
            None => EXPORTERS.first().copied(),
            Some(extension) => EXPORTERS
                .iter()
                .copied()
                .find(|exporter| extension.eq_ignore_ascii_case(exporter.extension())),
        }
    }

    fn write(
        &self,
        exporter: &dyn Exporter,
        subject: Subject<'_>,
        output: &mut Output,
    ) -> Result<Exit> {
        let zone = TimeZone::system();
        match &self.output {
            Some(path) if path != Path::new("-") => {
                store::write_atomically(path, |out| exporter.export(subject, &zone, out))?;
            }
            _ => exporter.export(subject, &zone, output.data())?,
        }
        Ok(Exit::Fine)
    }
}

/// Reads the name of a format, for clap.
pub fn format_name(name: &str) -> Result<&'static dyn Exporter, String> {
    exporter(name).ok_or_else(|| format!("the formats are {}", format_names()))
}

fn format_names() -> String {
    EXPORTERS.iter().map(|exporter| exporter.name()).collect::<Vec<_>>().join(", ")
}
