//! `sockscope snapshot`: the socket table into a file.

use std::path::{Path, PathBuf};

use clap::Args;

use super::Exit;
use super::list::note_gaps;
use super::output::Output;
use crate::error::Result;
use crate::monitor::{self, SourceChoice};
use crate::store;
use crate::text;

/// Save the socket table as a JSON document
#[derive(Args)]
pub struct TakeSnapshot {
    /// The file to write, or - for stdout; .gz at its end compresses it
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl TakeSnapshot {
    pub fn run(&self, output: &mut Output) -> Result<Exit> {
        let snapshot = monitor::sample(SourceChoice::Live)?;
        if self.file == Path::new("-") {
            store::write_snapshot(&snapshot, output.data())?;
        } else {
            store::save_snapshot(&snapshot, &self.file)?;
            let saved = text!(
                "snapshot.saved",
                path = self.file.display().to_string(),
                sockets = text!("count.sockets", n = snapshot.sockets.len())
            );
            output.note(&saved.plain());
        }
        note_gaps(&snapshot, output);
        Ok(Exit::Fine)
    }
}
