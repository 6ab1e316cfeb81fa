//! What `lab listen` and `lab connect` share: a line for each connection as it comes and as it ends, and the verdict.

mod document;

use std::collections::BTreeMap;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use clap::Args;
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::cli::Exit;
use crate::cli::interrupt::{self, next, on_interrupt};
use crate::cli::output::Output;
use crate::error::{Error, Result};
use crate::lab::Program;
use crate::lab::program::{
    Advice, Connection, Fate, Holder, Judged, MAX_TIME, Party, Phase, ProgramState, Setup, advice,
    conclusion, fate_words, holder_words, party_sentence, phase_words, queue_warning,
    reach_warning, refused_words, trouble_words, verdict_word,
};
use crate::text;

/// A connection that is being made, or whose owner is not known, is shown as such after so long.
const UNSETTLED: Duration = Duration::from_millis(500);
/// An end of ours is shown after so long: the other may close at once, or have closed a moment before.
const CROSSED: Duration = Duration::from_millis(200);

/// Arguments that both verbs have.
#[derive(Args)]
pub struct Common {
    /// After how long to do it, counted from when the connection was made
    #[arg(long, value_name = "TIME", default_value = "2s", value_parser = time)]
    pub after: Duration,
    /// How long an end may stay open before it counts as kept
    #[arg(long, value_name = "TIME", default_value = "5s", value_parser = time)]
    pub grace: Duration,
    /// How long to run; one hour at most
    #[arg(long = "for", value_name = "TIME", default_value = "1m", value_parser = time)]
    pub time: Duration,
    /// Print one JSON object a line
    #[arg(long)]
    pub json: bool,
}

impl Common {
    /// Runs it to its end, and gives the verdict.
    pub fn run(&self, setup: Setup, output: &mut Output) -> Result<Exit> {
        let (send, events) = mpsc::channel();
        let wake = {
            let send = send.clone();
            Arc::new(move || {
                // The verb may have ended already.
                let _ = send.send(interrupt::Event::News);
            })
        };
        on_interrupt(send, output);
        let program = Program::start(setup, wake).map_err(Error::Thread)?;
        let mut shown = Shown::default();
        loop {
            let event = next(&events);
            let state = program.latest();
            if event == interrupt::Event::Interrupt {
                program.stop();
            }
            shown.begin(&state, self.json, output)?;
            shown.news(&state, self.json, output)?;
            output.flush()?;
            match &state.phase {
                Phase::Starting | Phase::Running => {}
                Phase::Failed(_) => {
                    output.note(&sentence(&conclusion(&state)));
                    return Ok(Exit::CouldNotRun);
                }
                Phase::Ended(_) => {
                    self.conclude(&state, output)?;
                    return Ok(exit(&state));
                }
            }
        }
    }

    fn conclude(&self, state: &ProgramState, output: &mut Output) -> Result<()> {
        if self.json {
            return write(&document::verdict(state), output);
        }
        output.line("")?;
        output.line(&phase_words(state).plain())?;
        if state.parties.is_empty() {
            output.line(&sentence(&conclusion(state)))?;
        }
        if let Some(refused) = refused_words(state) {
            output.note(&refused.plain());
        }
        for party in &state.parties {
            let verdict = verdict_word(party.judged).plain();
            let words = said(party, state);
            output.line(&format!("{verdict}: {words}"))?;
            for detail in details(party, state) {
                output.line(&format!("    {detail}"))?;
            }
        }
        Ok(())
    }
}

/// The exit status: all closed when we went first, some kept, or nothing that could be judged.
fn exit(state: &ProgramState) -> Exit {
    match state.judged {
        Some(Judged::Closes) => Exit::Fine,
        Some(Judged::Keeps | Judged::Leaks) => Exit::Found,
        Some(Judged::NotTried | Judged::CouldNotTell | Judged::TooEarly(_)) | None => {
            Exit::CouldNotJudge
        }
    }
}

/// What was printed already.
#[derive(Default)]
struct Shown {
    begun: bool,
    connections: BTreeMap<u64, Printed>,
    /// What is to be printed once nothing earlier can come.
    lines: Vec<Line>,
    trouble: Option<String>,
}

/// What happened to a connection, as it was then.
struct Line {
    at: Duration,
    event: Event,
    connection: Arc<Connection>,
}

/// What was printed of a connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Printed {
    last: Option<Event>,
    /// When that happened which is not told yet, because it may change.
    held: Option<Duration>,
}

impl Shown {
    /// Where it listens, or connects to: what one's client has to be given.
    fn begin(&mut self, state: &ProgramState, json: bool, output: &mut Output) -> Result<()> {
        let Some(address) = state.address.filter(|_| !self.begun) else { return Ok(()) };
        self.begun = true;
        if let Some(warning) = reach_warning(&state.setup) {
            output.note(&warning.plain());
        }
        if let Some(warning) = queue_warning(state) {
            output.note(&warning.plain());
        }
        if json {
            let value = json!({ "event": "begun", "address": address.to_string() });
            return write(&value, output);
        }
        match state.setup.side {
            crate::lab::program::Side::Listener { .. } => output
                .line(&text!("lab_program.line.listens", address = address.to_string()).plain()),
            crate::lab::program::Side::Client { .. } => output
                .line(&text!("lab_program.line.connects", address = address.to_string()).plain()),
        }
    }

    fn news(&mut self, state: &ProgramState, json: bool, output: &mut Output) -> Result<()> {
        let trouble = state.trouble.as_ref().map(|trouble| trouble_words(trouble).plain());
        if self.trouble != trouble {
            if let Some(trouble) = &trouble {
                output.note(trouble);
            }
            self.trouble = trouble;
        }
        self.due(state).iter().try_for_each(|line| print(line, state, json, output))
    }

    /// What is to be printed now, in the order in which it happened.
    fn due(&mut self, state: &ProgramState) -> Vec<Line> {
        let mut held: Option<Duration> = None;
        for connection in &state.connections {
            let printed = self.connections.entry(connection.number).or_default();
            let news = printed.news(connection, state).into_iter();
            let line = |(event, at)| Line { at, event, connection: Arc::clone(connection) };
            self.lines.extend(news.map(line));
            held = held.into_iter().chain(printed.held).min();
        }
        // Stable: what happened to one at the same time keeps its order.
        self.lines.sort_by_key(|line| line.at);
        let due = self.lines.partition_point(|line| held.is_none_or(|held| line.at <= held));
        self.lines.drain(..due).collect()
    }
}

impl Printed {
    /// What is to be printed of it now, in the order in which it happened.
    fn news(&mut self, connection: &Connection, state: &ProgramState) -> Vec<(Event, Duration)> {
        self.held = None;
        if self.last == Some(Event::Over) {
            return Vec::new();
        }
        let fate = &connection.fate;
        let over = connection.is_over();
        // What is about to change is not told twice, nor before the order is certain.
        let settled = |since: Duration, rest: Duration| {
            over || !state.is_running() || state.elapsed.saturating_sub(since) >= rest
        };
        let mut news = Vec::new();
        if matches!(fate, Fate::Connecting) {
            if self.last.is_some() {
                return news;
            }
            if settled(connection.came, UNSETTLED) {
                self.last = Some(Event::Connecting);
                news.push((Event::Connecting, connection.came));
            } else {
                self.held = Some(connection.came);
            }
            return news;
        }
        let made = !matches!(fate, Fate::NotMade(_) | Fate::NoAnswer { .. });
        let known = matches!(connection.holder, Holder::Processes(_));
        if made && self.last < Some(Event::Connected) {
            if known || settled(connection.came, UNSETTLED) {
                self.last = Some(Event::Connected);
                news.push((Event::Connected, connection.came));
            } else {
                self.held = Some(connection.came);
            }
        }
        if let Some(at) = connection.since()
            && self.last == Some(Event::Connected)
        {
            if settled(at, CROSSED) {
                self.last = Some(Event::Treated);
                if state.setup.treatment.waits() {
                    news.push((Event::Treated, at));
                }
            } else {
                self.held = Some(at);
            }
        }
        if over {
            self.last = Some(Event::Over);
            let at = match fate {
                Fate::Closed { at, .. } => *at,
                _ => state.elapsed,
            };
            news.push((Event::Over, at));
        }
        news
    }
}

/// What happens to a connection, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Connecting,
    Connected,
    Treated,
    Over,
}

impl Event {
    /// Its name in documents.
    const fn name(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Connected => "connected",
            Self::Treated => "treated",
            Self::Over => "over",
        }
    }
}

fn print(line: &Line, state: &ProgramState, json: bool, output: &mut Output) -> Result<()> {
    let Line { at, event, connection } = line;
    let at = *at;
    if json {
        let mut value = document::connection(connection);
        value["event"] = json!(event.name());
        value["at_ms"] = json!(document::millis(at));
        return write(&value, output);
    }
    let what = match event {
        Event::Connected => text!("lab_program.line.came"),
        _ => fate_words(connection, &state.setup),
    };
    let who = holder_words(&connection.holder).plain();
    let (seconds, number) = (at.as_secs_f64(), connection.number);
    let (what, theirs) = (what.plain(), connection.theirs.to_string());
    output.line(&format!("{seconds:>9.3} s  {number:>4}  {theirs:<21}  {who}: {what}"))
}

/// The sentences on a process, and what to try.
fn said(party: &Party, state: &ProgramState) -> String {
    let words = sentence(&party_sentence(party, state));
    let advice = match advice(party, &state.setup) {
        None => return words,
        Some(Advice::Sooner) => text!("lab_judged.advice.sooner"),
        Some(Advice::SilentOrSooner) => text!("lab_judged.advice.silent_or_sooner"),
    };
    format!("{words} {}", advice.plain())
}

/// The times, the states that are left, and what came back.
fn details(party: &Party, state: &ProgramState) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(times) = party.took {
        let [least, middle, most] = times.map(|time| format!("{:.1}", time.as_secs_f64() * 1e3));
        let look = format!("{:.1}", state.interval.as_secs_f64() * 1_000.0);
        lines.push(
            text!(
                "lab_program.line.times",
                least = least,
                middle = middle,
                most = most,
                look = look
            )
            .plain(),
        );
    }
    if party.reconnects > 0 {
        lines.push(text!("lab_program.line.reconnects", n = party.reconnects).plain());
    }
    let states: Vec<String> =
        party.states.iter().map(|(state, count)| format!("{count} {state}")).collect();
    if !states.is_empty() {
        lines.push(text!("lab_program.line.left", states = states.join(", ")).plain());
    }
    lines
}

fn write(value: &Value, output: &mut Output) -> Result<()> {
    writeln!(output.data(), "{value}").map_err(Error::Output)
}

fn sentence(parts: &[text::Text; 2]) -> String {
    let parts: Vec<String> =
        parts.iter().map(text::Text::plain).filter(|part| !part.is_empty()).collect();
    parts.join(" ")
}

/// One of a few values by its name.
pub fn possible<T: Copy>(
    text: &str,
    values: &[T],
    name: impl Fn(T) -> &'static str,
) -> Result<T, String> {
    values.iter().copied().find(|value| name(*value) == text).ok_or_else(|| {
        let names: Vec<&str> = values.iter().map(|value| name(*value)).collect();
        format!("expected one of {}", names.join(", "))
    })
}

fn time(text: &str) -> Result<Duration, String> {
    let duration: SignedDuration =
        text.parse().map_err(|_| "expected a time with its unit: 500ms, 2s, 1m".to_owned())?;
    Duration::try_from(duration)
        .ok()
        .filter(|time| *time <= MAX_TIME)
        .ok_or_else(|| "it must lie between 0s and 1h".to_owned())
}

#[cfg(test)]
mod tests;
