//! What drawing sees, and what it can ask for.

use std::cell::{Cell, RefCell};
use std::sync::Arc;

use jiff::tz::TimeZone;

use super::jobs::{Composer, ScenarioForm};
use super::shelf::{Shelf, Side};
use super::shortcuts::Action;
use crate::analysis::track::SocketId;
use crate::lab::program::ProgramState;
use crate::lab::{self, BenchState, Order, ScenarioResult, ScenarioRunner};
use crate::monitor::{Frame, Inspection, View, ViewSpec};
use crate::report::Exporter;
use crate::store::Settings;
use crate::text::{Locale, Text};

/// Everything a page draws from. Nothing in it can be changed; what the user does is sent as a
/// [`Command`].
pub struct Cx<'a> {
    /// The newest frame.
    pub frame: &'a Arc<Frame>,
    /// The rows of the Sockets page, sorted and filtered; they may be those of an earlier frame.
    pub view: Option<&'a Arc<View>>,
    /// What was last asked for with [`Command::SetView`].
    pub spec: &'a ViewSpec,
    /// What was found about the socket that is looked at closely; it may be one that was looked at before.
    pub inspection: Option<&'a Arc<Inspection>>,
    /// The lab's bench; none when its threads could not be started.
    pub bench: Option<&'a Arc<BenchState>>,
    /// The lab's test of the user's own program; none before the first.
    pub program: Option<&'a Arc<ProgramState>>,
    /// The lab's scenarios.
    pub scenarios: &'a ScenarioRunner,
    /// The snapshots that can be compared.
    pub shelf: &'a Shelf,
    /// What the user has chosen.
    pub settings: &'a Settings,
    /// Whether a file is being read or written, or a comparison made.
    pub busy: bool,
    /// Whether nothing is to move by itself here, since drawing is dear.
    pub calm: bool,
    /// Whether a dialog has the keys.
    pub asking: bool,
    /// The time zone of all times shown.
    pub zone: &'a TimeZone,
    /// The language.
    pub locale: Locale,
    /// The socket that a page looks at closely in this frame; it is looked at again with every table.
    pub inspect: Cell<Option<SocketId>>,
    /// What was sent while this frame was drawn.
    pub commands: RefCell<Vec<Command>>,
}

impl Cx<'_> {
    /// Asks for something; it is done after drawing.
    pub fn send(&self, command: Command) {
        self.commands.borrow_mut().push(command);
    }

    /// A text in the window's language.
    pub fn say(&self, text: &Text) -> String {
        text.render(self.locale)
    }
}

/// What the user did.
#[expect(clippy::large_enum_variant, reason = "one for a click, never many at once")]
pub enum Command {
    /// What a key does as well.
    Act(Action),
    /// Show the page with this name.
    ShowPage(&'static str),
    /// Show the sockets that pass this filter.
    ShowSockets(String),
    /// Sort and filter the Sockets page so.
    SetView(ViewSpec),
    /// Keep the rows of the Sockets page in the order that they have, or let them go.
    HoldOrder(bool),
    /// Stop or go on polling.
    SetPaused(bool),
    /// Poll once, now.
    PollNow,
    /// Use and keep these settings.
    SetSettings(Settings),
    /// Put the present table on the shelf.
    TakeSnapshot,
    /// Compare with this snapshot of the shelf, by its number there.
    Choose(Side, usize),
    /// Turn the comparison round.
    SwapSides,
    /// Ask where to save the snapshot on this side.
    AskSaveSnapshot(Side),
    /// Ask which snapshot to open for this side.
    AskOpenSnapshot(Side),
    /// Ask where to export the comparison in this format.
    AskExport(&'static dyn Exporter),
    /// Do something on the lab's bench.
    Bench(lab::Command),
    /// Test the user's own program so; what ran before ends.
    StartProgram(Box<lab::program::Setup>),
    /// End that test.
    StopProgram,
    /// Run these scenarios.
    RunScenarios(Vec<Order>),
    /// Stop the scenario with this name.
    StopScenario(&'static str),
    /// Stop all scenarios.
    StopScenarios,
    /// Ask where to save what came of a scenario, in this form.
    AskSaveScenario(Arc<ScenarioResult>, ScenarioForm),
    /// Put this text on the clipboard.
    Copy(String),
    /// Tell the user this.
    Warn(Text),
    /// Put on the clipboard what this writes.
    CopyComposed(Composer),
}
