//! `sockscope doctor`: whether the sources of this system tell the truth here.

use std::env::consts::ARCH;
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};

use super::Exit;
use super::columns::{Align, table};
use super::output::Output;
use crate::analysis::phrases;
use crate::error::{Error, Result};
use crate::lab::doctor::{Diagnosis, Examined, examine};
use crate::lab::remedy;
use crate::model::lab::Verdict;
use crate::text;
use crate::text::Text;

/// Check that the socket table is right here, on connections of its own
///
/// Makes connections on loopback, brings them into known states, and compares what every source of this system shows of them:
/// state, addresses, owner, cookies, counts. It takes a second, and leaves a row in TIME_WAIT for each address family, for a
/// minute. It prints the names of this program and this system, and of others' sockets nothing but how many there are.
#[derive(Args)]
pub struct Doctor {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What this build was made with.
const FEATURES: &[&str] = if cfg!(feature = "gui") { &["gui"] } else { &[] };

impl Doctor {
    pub fn run(&self, output: &mut Output) -> Result<Exit> {
        let diagnosis = match examine() {
            Ok(diagnosis) => diagnosis,
            Err(error) if error.is_out_of_descriptors() => {
                let remedy = remedy(&error.errno).map(|it| it.plain()).unwrap_or_default();
                let cause = error.to_string();
                output
                    .note(&text!("doctor.no_descriptors", cause = cause, remedy = remedy).plain());
                return Ok(Exit::CouldNotJudge);
            }
            Err(error) => {
                output.note(&text!("doctor.not_run", cause = error.to_string()).plain());
                return Ok(Exit::CouldNotRun);
            }
        };
        if self.json {
            writeln!(output.data(), "{}", document(&diagnosis)).map_err(Error::Output)?;
        } else {
            print(&diagnosis, output)?;
        }
        // What this system does not show, or what changed meanwhile, is no fault.
        Ok(if diagnosis.verdict() == Verdict::Differs { Exit::Found } else { Exit::Fine })
    }
}

fn print(diagnosis: &Diagnosis, output: &mut Output) -> Result<()> {
    let features = if cfg!(feature = "gui") {
        text!("doctor.with_window")
    } else {
        text!("doctor.without_window")
    };
    let program = text!(
        "doctor.program",
        version = env!("CARGO_PKG_VERSION"),
        features = features,
        os = diagnosis.os.as_str(),
        architecture = ARCH
    );
    output.line(&program.plain())?;
    output.line("")?;

    let header = ["SOURCE", "ROWS", "A POLL", "TELLS ALSO"].map(str::to_owned);
    let sources = diagnosis.sources.iter().map(|source| {
        let took = source.took.map_or_else(|| "–".to_owned(), millis);
        let tells = if source.tells.is_empty() {
            text!("doctor.basics_only").plain()
        } else {
            source.tells.join(", ")
        };
        [source.name.clone(), source.rows.to_string(), took, tells]
    });
    let align = [Align::Left, Align::Right, Align::Right, Align::Left];
    print_lines(table(header, align, sources), output)?;

    let header = ["SOURCE", "CHECK", "EXPECTED", "OBSERVED", "VERDICT"].map(str::to_owned);
    let checks = diagnosis.sources.iter().flat_map(|source| {
        source.checks.iter().map(|check| {
            let (expected, observed) = (check.expected.plain(), check.observed.plain());
            let verdict = check.verdict.to_string();
            [source.name.clone(), check.subject.plain(), expected, observed, verdict]
        })
    });
    print_lines(table(header, [Align::Left; 5], checks), output)?;

    for source in &diagnosis.sources {
        for gap in &source.gaps {
            output.line(&format!("{}: {}", source.name, phrases::gap(gap).plain()))?;
        }
    }
    output.line(&conclusion(diagnosis).plain())
}

fn print_lines(lines: Vec<String>, output: &mut Output) -> Result<()> {
    for line in lines {
        output.line(&line)?;
    }
    output.line("")
}

fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1_000.0)
}

/// Which source is trusted, and why.
fn conclusion(diagnosis: &Diagnosis) -> Text {
    let name = |source: &Examined| source.name.clone();
    match (diagnosis.sources.as_slice(), diagnosis.trusted()) {
        ([only], Some(_)) => text!("doctor.trusted_alone", source = name(only)),
        ([used, ..], Some(trusted)) if used.name == trusted.name => {
            text!("doctor.trusted", source = name(used))
        }
        ([used, ..], Some(trusted)) => {
            text!("doctor.not_trusted", source = name(used), other = name(trusted))
        }
        (_, _) => text!("doctor.none_trusted"),
    }
}

fn document(diagnosis: &Diagnosis) -> Value {
    let source = |source: &Examined| {
        let mut value = json!({
            "name": source.name,
            "verdict": source.verdict().name(),
            "rows": source.rows,
            "tells": source.tells,
            "not_seen": source.gaps.iter().map(|gap| phrases::gap(gap).plain()).collect::<Vec<_>>(),
            "checks": source.checks.iter().map(|check| json!({
                "subject": check.subject.plain(),
                "expected": check.expected.plain(),
                "observed": check.observed.plain(),
                "verdict": check.verdict.name(),
            })).collect::<Vec<_>>(),
        });
        if let Some(took) = source.took {
            value["took_us"] = json!(u64::try_from(took.as_micros()).unwrap_or(u64::MAX));
        }
        value
    };
    let mut value = json!({
        "program": env!("CARGO_PKG_NAME"),
        "version": env!("CARGO_PKG_VERSION"),
        "features": FEATURES,
        "os": diagnosis.os,
        "architecture": ARCH,
        "verdict": diagnosis.verdict().name(),
        "sources": diagnosis.sources.iter().map(source).collect::<Vec<_>>(),
    });
    if let Some(trusted) = diagnosis.trusted() {
        value["trusted"] = json!(trusted.name);
    }
    value
}
