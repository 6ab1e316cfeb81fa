//! What is printed of runs while they go on, and how many ended how.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::show::{self, Place};
use crate::cli::Exit;
use crate::cli::output::Output;
use crate::error::{Error, Result};
use crate::lab::{Knobs, Phase, Ran, Scenario, ScenarioResult, ScenarioRunner, stopped_before};
use crate::model::lab::Verdict;
use crate::text;
use crate::text::plain_took;

/// What a result is written as.
pub type Format = fn(&ScenarioResult) -> String;

/// What was printed already, and what is still to come.
pub struct Printer {
    pub began: Instant,
    /// What each run is written as beside what people see.
    pub format: Option<Format>,
    /// Where people see it: beside a document they see how far it is, and what the verdict is.
    pub place: Place,
    /// Whether the calls are shown to people.
    pub calls: bool,
    /// Whether there are many runs, with a line for each, instead of one with its steps.
    pub many: bool,
    /// Whether somebody wished that it stops.
    pub stopped: bool,
    /// How many steps of the one run are printed.
    pub steps: usize,
    /// How many runs are printed.
    pub over: usize,
    /// The documents, where they are kept for a file; none where they go to stdout as they are done.
    pub documents: Option<Vec<String>>,
    pub tally: Tally,
}

impl Printer {
    /// Prints what is new: steps of a single run as they come, and runs as they end, in the order in which they were asked for.
    pub fn news(
        &mut self,
        scenarios: &[&'static dyn Scenario],
        runner: &ScenarioRunner,
        output: &mut Output,
    ) -> Result<()> {
        if let (false, [scenario]) = (self.many, scenarios)
            && let Some(result) = runner.result(scenario.name())
        {
            for step in result.steps.iter().skip(self.steps) {
                self.place.line(&show::step(step), output)?;
            }
            self.steps = result.steps.len();
        }
        let rests = |scenario: &&&dyn Scenario| runner.phase(scenario.name()) == Phase::Rests;
        for scenario in scenarios.iter().skip(self.over).take_while(rests) {
            self.over += 1;
            self.ended(*scenario, runner.ran(scenario.name()), output)?;
        }
        Ok(())
    }

    fn ended(
        &mut self,
        scenario: &dyn Scenario,
        ran: Option<&Ran>,
        output: &mut Output,
    ) -> Result<()> {
        let result: &Arc<ScenarioResult> = match ran {
            Some(Ran::Result(result)) => result,
            Some(Ran::Lost(why)) => {
                self.tally.broken += 1;
                let (name, why) = (scenario.name(), why.clone());
                output.note(&text!("lab_room.lost", name = name, why = why).plain());
                return Ok(());
            }
            // It was stopped before its turn came.
            None => {
                self.tally.not_run += 1;
                let word = text!("lab_terminal.not_run").plain();
                self.place.line(&show::line_of_many(&word, scenario.name(), ""), output)?;
                let knobs = Knobs::of(scenario.knobs());
                return self.write(&stopped_before(scenario, &knobs), output);
            }
        };
        self.tally.count(result.verdict());
        let mut lines = if self.many {
            show::brief(result)
        } else {
            show::summary(result, &scenario.title(), self.stopped, self.calls)
        };
        if self.place == Place::Notes {
            // What it rests on is in the document.
            lines.truncate(1);
        }
        if self.place == Place::Data && !self.many {
            self.place.line("", output)?;
        }
        for line in lines {
            self.place.line(&line, output)?;
        }
        self.write(result, output)
    }

    /// The document of one run, where documents are asked for.
    fn write(&mut self, result: &ScenarioResult, output: &mut Output) -> Result<()> {
        let Some(format) = self.format else { return Ok(()) };
        let text = format(result);
        match &mut self.documents {
            Some(documents) => documents.push(text),
            None => output.data().write_all(text.as_bytes()).map_err(Error::Output)?,
        }
        Ok(())
    }

    pub fn conclude(&self, output: &mut Output) -> Result<()> {
        let line = self.tally.sentence(self.began.elapsed());
        self.place.line(&line, output)
    }
}

/// How many runs ended how.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
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
    pub fn exit(&self) -> Exit {
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
            took = plain_took(took)
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
        for verdict in verdicts {
            tally.count(*verdict);
        }
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
}
