//! `sockscope lab run`: one scenario or all of them, and the verdict as an exit status.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, mpsc};
use std::time::Instant;

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::error::ErrorKind;

use super::printer::{Format, Printer, Tally};
use super::show::Place;
use crate::cli::Exit;
use crate::cli::interrupt::{Event, next, on_interrupt};
use crate::cli::output::Output;
use crate::error::{Error, Result};
use crate::lab::{
    BadKnob, Order, SCENARIOS, Scenario, ScenarioResult, ScenarioRunner, document, markdown,
};
use crate::store;
use crate::text;

/// Two words are alike from here on (Jaro: 0 is nothing in common, 1 is the same).
const ALIKE: f64 = 0.7;

/// Run a scenario on loopback sockets of its own, and judge it
///
/// Prints its steps as they are made, then the verdict with every check it rests on. Ctrl-C ends the run with what came of
/// it until then; a second one ends the program.
#[derive(Args)]
#[command(
    override_usage = "sockscope lab run [OPTIONS] <NAME> [KNOB=VALUE]...\n       sockscope lab run [OPTIONS] --all"
)]
pub struct Run {
    /// Which one; `lab list` tells of each
    #[arg(value_parser = ScenarioName, required_unless_present = "all")]
    name: Option<&'static dyn Scenario>,
    /// What to choose otherwise than `lab list` says it is
    #[arg(value_name = "KNOB=VALUE")]
    knobs: Vec<String>,
    /// Run every scenario, several side by side, and print a line for each
    #[arg(long, conflicts_with_all = ["name", "knobs"])]
    all: bool,
    /// Print every call as well
    #[arg(long)]
    calls: bool,
    #[command(flatten)]
    written: Written,
}

/// What is written of each run beside what people see, and where.
#[derive(Args)]
struct Written {
    /// Print one JSON object a line, a run each
    #[arg(long, conflicts_with = "markdown")]
    json: bool,
    /// Print Markdown for a ticket
    #[arg(long)]
    markdown: bool,
    /// The file to write the JSON or Markdown to, by its name if neither is asked for; - is stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Run {
    pub fn run(&self, output: &mut Output) -> Result<Exit> {
        let Ok(format) = self.written.format() else {
            return Ok(wrong(&text!("lab_terminal.unknown_format").plain(), output));
        };
        let orders = match self.orders() {
            Ok(orders) => orders,
            Err(error) => return Ok(wrong(&said(&error), output)),
        };
        let file = self.written.file();
        // A run may take minutes: whether its result can be kept is known before.
        file.map_or(Ok(()), store::can_be_written)?;
        let executable = std::env::current_exe();
        if let Err(error) = &executable {
            output.note(&text!("lab_terminal.no_executable", cause = error.to_string()).plain());
        }
        let shown: Vec<_> = orders.iter().map(|order| order.scenario).collect();
        let (send, events) = mpsc::channel();
        on_interrupt(send.clone(), output);
        let tell = Arc::new(move |_| {
            // Nobody listens any more once the verb has failed, which stops the runner as well.
            let _ = send.send(Event::News);
        });
        let mut runner = ScenarioRunner::new(executable.ok(), tell);
        for order in orders {
            runner.order(order);
        }
        let beside = format.is_some() && file.is_none();
        let mut printer = Printer {
            began: Instant::now(),
            format,
            place: if beside { Place::Notes } else { Place::Data },
            calls: self.calls,
            many: self.all,
            stopped: false,
            steps: 0,
            over: 0,
            documents: file.map(|_| Vec::new()),
            tally: Tally::default(),
        };
        while printer.over < shown.len() {
            if next(&events) == Event::Interrupt {
                printer.stopped = true;
                runner.stop_all();
            }
            runner.update();
            printer.news(&shown, &runner, output)?;
            output.flush()?;
        }
        if self.all {
            printer.conclude(output)?;
        }
        if let (Some(path), Some(documents)) = (file, &printer.documents) {
            store::write_atomically(path, |out| {
                out.write_all(documents.concat().as_bytes()).map_err(Error::Output)
            })?;
        }
        Ok(printer.tally.exit())
    }

    fn orders(&self) -> Result<Vec<Order>, BadKnob> {
        let Some(scenario) = self.name else {
            return Ok(SCENARIOS.iter().copied().map(Order::of).collect());
        };
        let mut order = Order::of(scenario);
        order.knobs.set_each(&self.knobs)?;
        Ok(vec![order])
    }
}

impl Written {
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
}

fn json(result: &ScenarioResult) -> String {
    format!("{}\n", document(result))
}

/// Reads the name of a scenario, for clap, which says what there is and what was meant.
#[derive(Clone)]
struct ScenarioName;

impl ScenarioName {
    fn names() -> PossibleValuesParser {
        PossibleValuesParser::new(SCENARIOS.iter().map(|scenario| scenario.name()))
    }
}

impl TypedValueParser for ScenarioName {
    type Value = &'static dyn Scenario;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<Self::Value, clap::Error> {
        let command = command.clone();
        let wrong = |said: String| command.clone().error(ErrorKind::ValueValidation, said);
        if let Some(knob) = value.to_str().filter(|value| value.contains('=')) {
            return Err(wrong(text!("lab_room.knob_alone", knob = knob).plain()));
        }
        let name = Self::names().parse_ref(&command, argument, value)?;
        let found = SCENARIOS.iter().copied().find(|scenario| scenario.name() == name);
        found.ok_or_else(|| wrong(name))
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let names = SCENARIOS.iter().map(|scenario| PossibleValue::new(scenario.name()));
        Some(Box::new(names))
    }
}

/// Says what is wrong with how it was called, as clap does.
fn wrong(said: &str, output: &mut Output) -> Exit {
    output.note(&text!("lab_terminal.wrong", said = said).plain());
    Exit::Usage
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_knob_that_is_nearly_right_is_guessed() {
        let knobs = || vec!["hold".to_owned(), "linger".to_owned()];
        let unknown =
            |name: &str| said(&BadKnob::Unknown { name: name.to_owned(), knobs: knobs() });
        assert!(unknown("lingr").ends_with("there is hold, linger; did you mean linger?"));
        assert!(unknown("xyz").ends_with("there is hold, linger"), "{}", unknown("xyz"));
    }
}
