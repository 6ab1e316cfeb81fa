//! The command line: one verb a file. Data goes to stdout, everything else to stderr; a closed pipe is
//! not an error.

mod columns;
mod completions;
mod csv;
mod diff;
mod doctor;
mod filter;
mod help;
mod interrupt;
mod lab;
mod lab_child;
mod limits;
mod list;
mod man;
mod output;
mod report;
mod snapshot;
mod watch;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Termination};

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::error::{Error, Result};
use crate::monitor::SourceChoice;
use crate::store;
use output::Output;

/// How the program ended, for scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It did what it was asked to.
    Fine = 0,
    /// It did, and found what it was asked to look for.
    Found = 1,
    /// It was called wrongly.
    Usage = 2,
    /// It could not do it.
    CouldNotRun = 3,
    /// It did, and what came of it cannot be judged.
    CouldNotJudge = 4,
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self as u8)
    }
}

#[derive(Parser)]
#[command(
    name = "sockscope",
    version,
    about = "An oscilloscope for TCP sockets",
    long_about = help::ABOUT,
    after_help = help::EXIT_STATUS,
    after_long_help = help::EXIT_STATUS_LONG,
    args_conflicts_with_subcommands = true,
    max_term_width = 100
)]
struct Arguments {
    #[command(subcommand)]
    verb: Option<Verb>,
    /// Show this snapshot in the window instead of this computer
    #[arg(long, value_name = "FILE", hide = cfg!(not(feature = "gui")))]
    from: Option<PathBuf>,
}

#[derive(Subcommand)]
enum Verb {
    List(list::List),
    Watch(watch::Watch),
    Snapshot(snapshot::TakeSnapshot),
    Diff(diff::Diff),
    Report(report::Report),
    Lab(lab::Lab),
    #[command(hide = true)]
    LabChild(lab_child::LabChild),
    Limits(limits::Limits),
    Doctor(doctor::Doctor),
    Completions(completions::Completions),
    Man(man::Man),
}

/// The whole command line, with its examples.
fn command() -> clap::Command {
    help::with_examples(Arguments::command())
}

/// What the arguments ask for.
pub enum Invocation {
    /// It is done already, or went wrong already.
    Done(Exit),
    /// The window is to be opened, and show these tables.
    Window(SourceChoice),
}

/// Does what the arguments say, unless that is to open the window.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Invocation {
    let mut output = Output::new();
    let parsed = command()
        .try_get_matches_from(arguments)
        .and_then(|matches| Arguments::from_arg_matches(&matches));
    let arguments = match parsed {
        Ok(arguments) => arguments,
        Err(error) => {
            let exit = if error.use_stderr() { Exit::Usage } else { Exit::Fine };
            // Help into a closed pipe has nobody to complain to.
            let _ = error.print();
            return Invocation::Done(exit);
        }
    };
    let result = match arguments.verb {
        None => match source(arguments.from.as_deref()) {
            Ok(source) => return Invocation::Window(source),
            Err(error) => Err(error),
        },
        Some(Verb::List(list)) => list.run(&mut output),
        Some(Verb::Watch(watch)) => watch.run(&mut output),
        Some(Verb::Snapshot(snapshot)) => snapshot.run(&mut output),
        Some(Verb::Diff(diff)) => diff.run(&mut output),
        Some(Verb::Report(report)) => report.run(&mut output),
        Some(Verb::Lab(lab)) => lab.run(&mut output),
        Some(Verb::LabChild(child)) => child.run(&mut output),
        Some(Verb::Limits(limits)) => limits.run(&mut output),
        Some(Verb::Doctor(doctor)) => doctor.run(&mut output),
        Some(Verb::Completions(completions)) => completions.run(&mut output),
        Some(Verb::Man(man)) => man.run(&mut output),
    };
    Invocation::Done(finish(result, &mut output))
}

fn finish(result: Result<Exit>, output: &mut Output) -> Exit {
    match result.and_then(|exit| output.flush().map(|()| exit)) {
        Ok(exit) => exit,
        Err(Error::Output(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => Exit::Fine,
        Err(error) => {
            output.note(&error.to_string());
            Exit::CouldNotRun
        }
    }
}

/// Says what went wrong, if anything did, and how to end.
pub fn report(result: Result<()>) -> Exit {
    finish(result.map(|()| Exit::Fine), &mut Output::new())
}

/// Stands in for the window in a build that has none.
#[cfg(not(feature = "gui"))]
pub fn no_window(_source: SourceChoice) -> Result<()> {
    Err(Error::Window { cause: "this build has none".to_owned() })
}

fn source(from: Option<&Path>) -> Result<SourceChoice> {
    match from {
        None => Ok(SourceChoice::Live),
        Some(file) => Ok(SourceChoice::Replay {
            file: file.to_owned(),
            snapshots: vec![store::load_snapshot(file)?],
        }),
    }
}
