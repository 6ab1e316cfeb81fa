//! What the user asked for, done after drawing.

use std::sync::Arc;

use eframe::egui::Context;

use super::App;
use crate::error::Error;
use crate::gui::cx::Command;
use crate::gui::dialog::{PathDialog, Purpose};
use crate::gui::jobs::Job;
use crate::gui::pages::{LAB, SOCKETS};
use crate::gui::palette::Palette;
use crate::gui::regions;
use crate::gui::shelf::{Shelved, Side};
use crate::gui::shortcuts::Action;
use crate::lab::{self, Program};
use crate::monitor::Health;
use crate::store::Settings;
use crate::text;
use crate::text::stamp;

impl App {
    pub(super) fn apply(&mut self, command: Command, ctx: &Context) {
        match command {
            Command::Act(action) => self.act(action, ctx),
            Command::ShowPage(name) => self.show(name),
            Command::ShowSockets(filter) => {
                self.spec.filter = filter;
                // Whoever asks to see sockets wants them to be there, those of the lab as well.
                self.open = SOCKETS;
            }
            Command::SetView(spec) => self.spec = spec,
            Command::HoldOrder(hold) => self.hold = hold,
            Command::SetPaused(paused) => self.monitor.set_paused(paused),
            Command::PollNow => self.monitor.poll_now(),
            Command::SetSettings(settings) => self.set_settings(settings, ctx),
            Command::TakeSnapshot => self.take_snapshot(),
            Command::Choose(side, number) => self.shelf.choose(side, number),
            Command::SwapSides => self.shelf.swap(),
            Command::AskSaveSnapshot(side) => self.ask_save(side),
            Command::AskOpenSnapshot(side) => {
                self.dialog = Some(PathDialog::new(Purpose::Load(side), String::new()));
            }
            Command::AskExport(exporter) => {
                if let Some(comparison) = self.shelf.comparison() {
                    let time = stamp(comparison.b.taken_at, &self.zone);
                    let name = format!("sockscope-comparison-{time}.{}", exporter.extension());
                    let purpose = Purpose::Export(Arc::clone(comparison), exporter);
                    self.dialog = Some(PathDialog::new(purpose, in_home(&name)));
                }
            }
            Command::Bench(command) => {
                if let Some(bench) = &self.bench {
                    bench.send(command);
                }
            }
            Command::StartProgram(setup) => self.start_program(*setup),
            Command::StopProgram => {
                if let Some(program) = &self.program {
                    program.stop();
                }
            }
            Command::RunScenarios(orders) => {
                for order in orders {
                    self.scenarios.order(order);
                }
            }
            Command::StopScenario(name) => self.scenarios.stop(name),
            Command::StopScenarios => self.scenarios.stop_all(),
            Command::AskSaveScenario(result, form) => {
                let time = stamp(result.began_at, &self.zone);
                let name = format!("sockscope-{}-{time}.{}", result.scenario, form.extension());
                let purpose = Purpose::Scenario(result, form);
                self.dialog = Some(PathDialog::new(purpose, in_home(&name)));
            }
            Command::Copy(text) => self.copy(text, ctx),
            Command::Warn(text) => self.notices.warn(text),
            Command::CopyComposed(composer) => self.jobs.add(Job::Compose(composer)),
        }
    }

    /// Opens a page. The lab closes what it opened when it is left, unless the settings say otherwise.
    fn show(&mut self, page: &'static str) {
        if self.open == LAB && page != LAB && !self.settings.keep_lab_open && self.leave_lab() {
            self.notices.done(text!("notice.lab_left"));
        }
        self.open = page;
    }

    /// Closes everything that the lab has open and stops what it runs; says whether there was anything.
    fn leave_lab(&mut self) -> bool {
        let mut left = false;
        if let Some(bench) = &self.bench
            && bench.latest().is_open()
        {
            bench.send(lab::Command::Reset);
            left = true;
        }
        if self.scenarios.is_busy() {
            self.scenarios.stop_all();
            left = true;
        }
        if let Some(program) = &self.program
            && program.latest().is_running()
        {
            program.stop();
            left = true;
        }
        left
    }

    fn start_program(&mut self, setup: lab::program::Setup) {
        match Program::start_after(self.program.take(), setup, Arc::clone(&self.wake)) {
            Ok(program) => self.program = Some(program),
            Err(error) => self.notices.failed(Error::Thread(error).text()),
        }
    }

    pub(super) fn copy(&mut self, text: String, ctx: &Context) {
        ctx.copy_text(text);
        self.notices.done(text!("notice.copied"));
    }

    pub(super) fn act(&mut self, action: Action, ctx: &Context) {
        match action {
            Action::Show(name) => self.show(name),
            Action::TogglePause => {
                let frame = self.monitor.frame();
                if frame.health != Health::Recorded {
                    self.monitor.set_paused(frame.paused.is_none());
                }
            }
            Action::PollNow => self.monitor.poll_now(),
            Action::TakeSnapshot => self.take_snapshot(),
            Action::Palette => self.palette = Some(Palette::new()),
            Action::NextRegion => regions::move_focus(ctx, true),
            Action::PreviousRegion => regions::move_focus(ctx, false),
        }
    }

    fn set_settings(&mut self, settings: Settings, ctx: &Context) {
        self.monitor.set_interval(settings.interval);
        self.settings = settings;
        self.apply_look(ctx);
        if let Some(path) = &self.settings_file {
            let (path, settings) = (path.clone(), self.settings.clone());
            self.jobs.add(Job::KeepSettings { path, settings });
        }
    }

    fn take_snapshot(&mut self) {
        let frame = self.monitor.frame();
        let Some(snapshot) = &frame.snapshot else {
            return;
        };
        let already = self.shelf.items().iter().any(|item| Arc::ptr_eq(&item.snapshot, snapshot));
        if already {
            // The table has not been read again since, so a second one would be the same.
            self.notices.warn(text!("notice.same_snapshot"));
            return;
        }
        self.shelf.add(Shelved { snapshot: Arc::clone(snapshot), file: None });
        let sockets = text!("count.sockets", n = snapshot.sockets.len());
        self.notices.done(text!("notice.snapshot_taken", sockets = sockets));
    }

    fn ask_save(&mut self, side: Side) {
        if let Some(shelved) = self.shelf.on(side) {
            let name = format!("sockscope-{}.json", stamp(shelved.snapshot.taken_at, &self.zone));
            let purpose = Purpose::Save(Arc::clone(&shelved.snapshot));
            self.dialog = Some(PathDialog::new(purpose, in_home(&name)));
        }
    }
}

/// A file's name in the user's folder for documents or home; the bare name where there is neither.
fn in_home(name: &str) -> String {
    let folders = directories::UserDirs::new();
    let folder = folders.as_ref().map(|folders| {
        folders.document_dir().filter(|folder| folder.is_dir()).unwrap_or(folders.home_dir())
    });
    folder.map_or_else(|| name.to_owned(), |folder| folder.join(name).display().to_string())
}
