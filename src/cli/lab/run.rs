//! `sockscope lab run`: one scenario or all of them, and the verdict as an exit status.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::progress::{Job, Progress, Workers};
use super::show::{self, Place};
use crate::cli::Exit;
use crate::cli::interrupt::{Event, next, on_interrupt};
use crate::cli::output::Output;
use crate::error::{Error, Result};
use crate::lab::{BadKnob, Knobs, SCENARIOS, Scenario, ScenarioResult, document, markdown};
use crate::model::lab::Verdict;
use crate::store;
use crate::text;

/// How many scenarios run side by side: most of their time they wait.
const AT_A_TIME: usize = 4;

/// Two words are alike from here on (Jaro: 0 is nothing in common, 1 is the same).
const ALIKE: f64 = 0.7;

/// Run a scenario on loopback sockets of its own, and judge it
///
/// Prints its steps as they are made, then the verdict with every check it rests on. Ctrl-C ends the run with what came of
/// it until then; a second one ends the program.
#[derive(Args)]
pub struct Run {
    /// Which one; `lab list` tells of each
    #[arg(value_parser = scenario(), required_unless_present = "all")]
    name: Option<&'static dyn Scenario>,
    /// What to choose otherwise than `lab list` says it is
    #[arg(value_name = "KNOB=VALUE")]
    knobs: Vec<String>,
    /// Run every scenario, several side by side, and print a line for each
    #[arg(long, conflicts_with_all = ["name", "knobs"])]
    all: bool,
    /// Print one JSON object a line, a run each
    #[arg(long, conflicts_with = "markdown")]
    json: bool,
    /// Print Markdown for a ticket
    #[arg(long)]
    markdown: bool,
    /// The file to write the JSON or Markdown to, by its name if neither is asked for; - is stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Print every call as well
    #[arg(long)]
    calls: bool,
}

/// What a result is written as.
type Format = fn(&ScenarioResult) -> String;

impl Run {
    pub fn run(&self, output: &mut Output) -> Result<Exit> {
        let Ok(format) = self.format() else {
            output.note(&text!("lab_terminal.unknown_format").plain());
            return Ok(Exit::Usage);
        };
        let jobs = match self.jobs() {
            Ok(jobs) => jobs,
            Err(error) => {
                output.note(&said(&error));
                return Ok(Exit::Usage);
            }
        };
        let executable = std::env::current_exe();
        if let Err(error) = &executable {
            output.note(&text!("lab_terminal.no_executable", cause = error.to_string()).plain());
        }
        let shown: Vec<_> = jobs.iter().map(|job| job.scenario).collect();
        let (send, events) = mpsc::channel();
        on_interrupt(send.clone(), output);
        let workers = Workers::start(jobs, AT_A_TIME, executable.ok().as_ref(), &send)?;
        let mut printer = Printer {
            began: Instant::now(),
            format,
            place: if format.is_some() && self.file().is_none() {
                Place::Notes
            } else {
                Place::Data
            },
            streams: self.file().is_none(),
            calls: self.calls,
            many: self.all,
            stopped: false,
            steps: 0,
            over: 0,
            documents: Vec::new(),
            tally: Tally::default(),
        };
        while printer.over < shown.len() {
            if next(&events) == Event::Interrupt {
                printer.stopped = true;
                workers.stop();
            }
            printer.news(&shown, &workers.progress(), output)?;
            output.flush()?;
        }
        drop(workers);
        if self.all {
            printer.conclude(output)?;
        }
        if let Some(path) = self.file() {
            store::write_atomically(path, |out| {
                printer
                    .documents
                    .iter()
                    .try_for_each(|text| out.write_all(text.as_bytes()))
                    .map_err(Error::Output)
            })?;
        }
        Ok(printer.tally.exit())
    }

    /// None for no document at all; the error is a file whose name does not tell which.
    fn format(&self) -> Result<Option<Format>, ()> {
        if self.json {
            return Ok(Some(json));
        }
        if self.markdown {
            return Ok(Some(markdown));
        }
        let Some(path) = &self.output else { return Ok(None) };
        let packed = path.extension().is_some_and(|end| end.eq_ignore_ascii_case("gz"));
        let name = if packed { path.file_stem().map(Path::new) } else { Some(path.as_path()) };
        match name.and_then(Path::extension) {
            Some(end) if end.eq_ignore_ascii_case("json") => Ok(Some(json)),
            Some(end) if end.eq_ignore_ascii_case("md") => Ok(Some(markdown)),
            Some(_) | None => Err(()),
        }
    }

    fn file(&self) -> Option<&Path> {
        self.output.as_deref().filter(|path| *path != Path::new("-"))
    }

    fn jobs(&self) -> Result<Vec<Job>, BadKnob> {
        let job =
            |scenario: &'static dyn Scenario| Job { scenario, knobs: Knobs::of(scenario.knobs()) };
        let Some(name) = self.name else { return Ok(SCENARIOS.iter().copied().map(job).collect()) };
        let mut job = job(name);
        for written in &self.knobs {
            job.knobs.set(written)?;
        }
        Ok(vec![job])
    }
}

fn json(result: &ScenarioResult) -> String {
    format!("{}\n", document(result))
}

/// Reads the name of a scenario, for clap, which says what there is and what was meant.
fn scenario() -> impl TypedValueParser<Value = &'static dyn Scenario> {
    PossibleValuesParser::new(SCENARIOS.iter().map(|scenario| scenario.name())).try_map(|name| {
        let found = SCENARIOS.iter().copied().find(|scenario| scenario.name() == name);
        found.ok_or("no such scenario")
    })
}

/// What is wrong with a knob, and which one may have been meant.
fn said(error: &BadKnob) -> String {
    let BadKnob::Unknown { name, knobs } = error else { return error.to_string() };
    let alike = |knob: &String| strsim::jaro(name, knob);
    let nearest = knobs.iter().max_by(|a, b| alike(a).total_cmp(&alike(b)));
    match nearest.filter(|knob| alike(knob) > ALIKE) {
        Some(knob) => {
            let error = error.to_string();
            text!("lab_terminal.did_you_mean", error = error, knob = knob.as_str()).plain()
        }
        None => error.to_string(),
    }
}

/// What was printed already, and what is still to come.
struct Printer {
    began: Instant,
    format: Option<Format>,
    place: Place,
    /// Documents go to stdout as they are done; otherwise they are kept for a file.
    streams: bool,
    calls: bool,
    many: bool,
    stopped: bool,
    /// How many steps of the one run are printed.
    steps: usize,
    /// How many runs are printed.
    over: usize,
    documents: Vec<String>,
    tally: Tally,
}

impl Printer {
    /// Prints what is new: steps of a single run as they come, and runs as they end, in the order in which they were asked for.
    fn news(
        &mut self,
        scenarios: &[&'static dyn Scenario],
        progress: &[Progress],
        output: &mut Output,
    ) -> Result<()> {
        if let (false, [Progress::Shown(result)]) = (self.many, progress) {
            for step in result.steps.iter().skip(self.steps) {
                self.place.line(&show::step(step), output)?;
            }
            self.steps = result.steps.len();
        }
        let over = progress.iter().zip(scenarios).skip(self.over);
        for (progress, scenario) in over.take_while(|(progress, _)| progress.is_over()) {
            self.over += 1;
            self.ended(*scenario, progress, output)?;
        }
        Ok(())
    }

    fn ended(
        &mut self,
        scenario: &dyn Scenario,
        progress: &Progress,
        output: &mut Output,
    ) -> Result<()> {
        let result: &Arc<ScenarioResult> = match progress {
            Progress::Shown(result) => result,
            Progress::Broken => {
                self.tally.broken += 1;
                output.note(&text!("lab_terminal.broken", name = scenario.name()).plain());
                return Ok(());
            }
            Progress::NotRun | Progress::Waiting => {
                self.tally.not_run += 1;
                let word = text!("lab_terminal.not_run").plain();
                return self.place.line(&show::line_of_many(&word, scenario.name(), ""), output);
            }
        };
        self.tally.count(result.verdict());
        let lines = if self.many {
            show::brief(result)
        } else {
            show::summary(result, &scenario.title(), self.stopped, self.calls)
        };
        for line in lines {
            self.place.line(&line, output)?;
        }
        match self.format {
            None => {}
            Some(format) if self.streams => {
                output.data().write_all(format(result).as_bytes()).map_err(Error::Output)?;
            }
            Some(format) => self.documents.push(format(result)),
        }
        Ok(())
    }

    fn conclude(&self, output: &mut Output) -> Result<()> {
        let line = self.tally.sentence(self.began.elapsed());
        self.place.line(&line, output)
    }
}

/// How many runs ended how.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    as_expected: usize,
    differs: usize,
    could_not_tell: usize,
    not_run: usize,
    broken: usize,
}

impl Tally {
    const fn count(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::AsExpected => self.as_expected += 1,
            Verdict::Differs => self.differs += 1,
            Verdict::CouldNotTell => self.could_not_tell += 1,
        }
    }

    /// A run that broke is this program's fault, and worse than any verdict.
    fn exit(&self) -> Exit {
        if self.broken > 0 {
            return Exit::CouldNotRun;
        }
        Exit::from(if self.differs > 0 {
            Verdict::Differs
        } else if self.could_not_tell + self.not_run > 0 {
            Verdict::CouldNotTell
        } else {
            Verdict::AsExpected
        })
    }

    fn sentence(&self, took: Duration) -> String {
        let counts = text!(
            "lab_terminal.tally",
            as_expected = self.as_expected,
            differs = self.differs,
            could_not_tell = self.could_not_tell,
            took = format!("{:.1} s", took.as_secs_f64())
        );
        match self.not_run {
            0 => counts.plain(),
            rest => text!("lab_terminal.tally_not_run", counts = counts, rest = rest).plain(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exit(verdicts: &[Verdict], not_run: usize, broken: usize) -> Exit {
        let mut tally = Tally { not_run, broken, ..Tally::default() };
        verdicts.iter().for_each(|verdict| tally.count(*verdict));
        tally.exit()
    }

    #[test]
    fn what_differs_weighs_more_than_what_could_not_be_told() {
        let (fine, differs, untold) =
            (Verdict::AsExpected, Verdict::Differs, Verdict::CouldNotTell);
        assert_eq!(exit(&[fine, fine], 0, 0), Exit::Fine);
        assert_eq!(exit(&[untold, differs, fine], 0, 0), Exit::Found);
        assert_eq!(exit(&[fine, untold, fine], 0, 0), Exit::CouldNotJudge);
        assert_eq!(exit(&[fine], 3, 0), Exit::CouldNotJudge, "stopped before all of them ran");
        assert_eq!(exit(&[differs], 3, 0), Exit::Found);
        assert_eq!(exit(&[fine, differs], 0, 1), Exit::CouldNotRun);
    }

    #[test]
    fn a_knob_that_is_nearly_right_is_guessed() {
        let knobs = || vec!["hold".to_owned(), "linger".to_owned()];
        let unknown =
            |name: &str| said(&BadKnob::Unknown { name: name.to_owned(), knobs: knobs() });
        assert!(unknown("lingr").ends_with("there is hold, linger; did you mean linger?"));
        assert!(unknown("xyz").ends_with("there is hold, linger"), "{}", unknown("xyz"));
    }
}
