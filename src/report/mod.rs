//! Reports to hand on: one format a file, each writing bytes to whoever it is given.
//!
//! A new format is one file and one line in [`EXPORTERS`]; the window's menus, `--format`, help and tests
//! iterate the slice.

mod json;
mod markdown;

use std::io::Write;

use jiff::tz::TimeZone;

use crate::analysis::diff::Comparison;
use crate::error::Result;
use crate::model::Snapshot;

/// What a report is about.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// One moment.
    Snapshot(&'a Snapshot),
    /// Two moments, compared.
    Comparison(&'a Comparison),
}

/// Writes a report in one format. It does no I/O but to the writer that it is given.
pub trait Exporter: Sync {
    /// Its name for `--format`: lower case, one word.
    fn name(&self) -> &'static str;

    /// What people call the format.
    fn title(&self) -> &'static str;

    /// The usual end of a file's name, without the dot.
    fn extension(&self) -> &'static str;

    /// Writes the report; times are written in `zone`.
    ///
    /// Fails with [`crate::error::Error::Output`] when `out` does.
    fn export(&self, subject: Subject<'_>, zone: &TimeZone, out: &mut dyn Write) -> Result<()>;
}

/// Every format, the usual one first.
pub static EXPORTERS: &[&dyn Exporter] = &[&markdown::Markdown, &json::Json];

/// The format by this name.
pub fn exporter(name: &str) -> Option<&'static dyn Exporter> {
    EXPORTERS.iter().copied().find(|exporter| exporter.name() == name)
}
