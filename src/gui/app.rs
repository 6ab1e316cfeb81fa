//! The window as a whole: takes what workers published, draws, and applies what the user did.

mod commands;

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use eframe::egui::{self, CentralPanel, Context, Frame, Margin, Ui};
use jiff::tz::TimeZone;

use super::cx::{Command, Cx};
use super::dialog::{Outcome, PathDialog};
use super::history_keeper::HistoryKeeper;
use super::jobs::{Done, Job, Jobs};
use super::notices::Notices;
use super::pages::{PAGES, Page, SOCKETS, sockets_sorting};
use super::palette::{self, Palette};
use super::shelf::{Shelf, Shelved};
use super::shortcuts;
use super::theme::Theme;
use super::theme::measure::{Room, WINDOW_MIN, motion};
use super::{closing, coverage, rail, theme, top_bar};
use crate::error::{Error, Result};
use crate::lab::{Bench, News, Program, ScenarioRunner, Tell};
use crate::monitor::{Frames, Health, Inspector, Monitor, SourceChoice, ViewSpec, Views, Wake};
use crate::store::{self, Settings, ThemeChoice};
use crate::text;
use crate::text::Locale;

/// What a window starts with; tests give their own.
pub struct Setup {
    /// Where the tables come from.
    pub source: SourceChoice,
    /// Where the settings are kept; none keeps them nowhere.
    pub settings_file: Option<PathBuf>,
    /// Where the counts of the last day are kept between two runs; none keeps them nowhere.
    pub history_file: Option<PathBuf>,
    /// The time zone of all times shown.
    pub zone: TimeZone,
    /// This program's own file, for the scenarios that start it; without it they cannot tell.
    pub executable: Option<PathBuf>,
}

impl Setup {
    /// The settings, the history and the time zone of whoever runs the program. A recording is no part of this
    /// machine's history.
    pub fn of_this_user(source: SourceChoice, executable: Option<PathBuf>) -> Self {
        let live = matches!(source, SourceChoice::Live);
        Self {
            source,
            settings_file: Settings::path(),
            history_file: store::history_path().filter(|_| live),
            zone: TimeZone::system(),
            executable,
        }
    }
}

/// The window's state. Workers own what they work on; this owns what the user chose.
pub struct App {
    wake: Wake,
    monitor: Monitor,
    keeper: HistoryKeeper,
    views: Views,
    inspector: Inspector,
    bench: Option<Bench>,
    program: Option<Program>,
    scenarios: ScenarioRunner,
    shelf: Shelf,
    jobs: Jobs,
    settings: Settings,
    settings_file: Option<PathBuf>,
    zone: TimeZone,
    open: &'static str,
    pages: Vec<(&'static str, Box<dyn Page>)>,
    spec: ViewSpec,
    /// Whether rows stay in the order that they have.
    hold: bool,
    /// Whether nothing should move by itself.
    calm: bool,
    dialog: Option<PathDialog>,
    palette: Option<Palette>,
    notices: Notices,
    /// The user wants to close the window, and has snapshots that are in no file.
    closing: bool,
}

impl App {
    /// Starts the workers. Fails with [`Error::Thread`] when the system gives no threads.
    pub fn new(ctx: &Context, setup: Setup) -> Result<Self> {
        theme::install(ctx);
        let wake: Wake = {
            let ctx = ctx.clone();
            Arc::new(move || ctx.request_repaint())
        };
        let mut notices = Notices::default();
        let loaded = setup.settings_file.as_deref().map(Settings::load);
        let (settings, problem) = match loaded {
            Some(loaded) => (loaded.settings, loaded.problem),
            None => (Settings::default(), None),
        };
        if let Some(problem) = problem {
            let error = problem.error.text();
            notices.warn(match problem.set_aside {
                Some(file) => {
                    let file = file.display().to_string();
                    text!("notice.settings_set_aside", error = error, file = file)
                }
                None => text!("notice.settings_ignored", error = error),
            });
        }
        let (keeper, history) =
            HistoryKeeper::open(setup.history_file, Arc::clone(&wake), &mut notices);
        let views = Views::start(Arc::clone(&wake)).map_err(Error::Thread)?;
        let frames: Arc<OnceLock<Frames>> = Arc::default();
        let polled: Wake = {
            let (views, frames, wake) = (views.follower(), Arc::clone(&frames), Arc::clone(&wake));
            Arc::new(move || {
                // A table whose rows are shown is drawn once, together with their view.
                let frame = frames.get().and_then(Frames::latest);
                if !frame.is_some_and(|frame| views.follow(frame)) {
                    wake();
                }
            })
        };
        let monitor = Monitor::resume(setup.source, settings.interval, history, polled)
            .map_err(Error::Thread)?;
        // It is set here alone.
        let _ = frames.set(monitor.frames());
        let bench = match Bench::start(Arc::clone(&wake)) {
            Ok(bench) => Some(bench),
            Err(error) => {
                notices.failed(Error::Thread(error).text());
                None
            }
        };
        let spec = sockets_sorting(&settings.socket_table);
        let app = Self {
            wake: Arc::clone(&wake),
            monitor,
            keeper,
            views,
            inspector: Inspector::start(Arc::clone(&wake)).map_err(Error::Thread)?,
            bench,
            program: None,
            scenarios: ScenarioRunner::new(setup.executable, done(&wake)),
            shelf: Shelf::default(),
            jobs: Jobs::new(wake),
            settings,
            settings_file: setup.settings_file,
            zone: setup.zone,
            open: PAGES.first().map_or("", |page| page.name),
            pages: PAGES.iter().map(|page| (page.name, (page.make)())).collect(),
            spec,
            hold: false,
            calm: false,
            dialog: None,
            palette: None,
            notices,
            closing: false,
        };
        app.apply_look(ctx);
        Ok(app)
    }

    /// Has nothing move by itself: where the window is drawn in software, each frame costs too much.
    pub fn keep_calm(&mut self) {
        self.calm = true;
    }

    fn apply_look(&self, ctx: &Context) {
        ctx.set_theme(match self.settings.theme {
            ThemeChoice::System => egui::ThemePreference::System,
            ThemeChoice::Dark => egui::ThemePreference::Dark,
            ThemeChoice::Light => egui::ThemePreference::Light,
        });
        self.apply_zoom(ctx);
    }

    /// Zooms as far as the window has room: smaller than its least size, measured in points, no page fits.
    fn apply_zoom(&self, ctx: &Context) {
        let [width, height] = WINDOW_MIN;
        let room = ctx.content_rect().size() * ctx.zoom_factor();
        let most = (room.x / width).min(room.y / height).max(1.0);
        let zoom = if room.x > 0.0 { self.settings.zoom.min(most) } else { self.settings.zoom };
        if (zoom - ctx.zoom_factor()).abs() > 0.001 {
            ctx.set_zoom_factor(zoom);
        }
    }

    /// Asks the view worker for what is to be seen, when that has changed.
    fn request_view(&self) {
        let wanted = (self.open == SOCKETS).then_some((&self.spec, self.hold));
        self.views.stand(&self.monitor.frame(), wanted);
    }

    /// Whether something lies over the page that has the keys to itself.
    const fn is_asking(&self) -> bool {
        self.dialog.is_some() || self.palette.is_some() || self.closing
    }

    fn take_done(&mut self, ctx: &Context) {
        while let Some(done) = self.jobs.take() {
            match done {
                Done::Loaded { path, side, snapshot } => {
                    self.shelf.add_on(side, Shelved { snapshot, file: Some(path) });
                }
                Done::Saved { path, snapshot } => {
                    let name = path.display().to_string();
                    let sockets = text!("count.sockets", n = snapshot.sockets.len());
                    self.notices.done(text!("snapshot.saved", path = name, sockets = sockets));
                    self.shelf.saved(&snapshot, path);
                }
                Done::Exported { path } => {
                    let path = path.display().to_string();
                    self.notices.done(text!("notice.exported", path = path));
                }
                Done::Compared(comparison) => self.shelf.compared(comparison),
                Done::Composed(text) => self.copy(text, ctx),
                Done::SettingsKept => {}
                Done::Exists { again } => self.dialog = PathDialog::replace(*again),
                Done::Failed { why, job } => match PathDialog::retry(&job, why.clone()) {
                    Some(dialog) => self.dialog = Some(dialog),
                    None => self.notices.failed(why),
                },
                Done::Lost(why) => {
                    self.shelf.give_up();
                    self.notices.failed(why);
                }
            }
        }
        if let Some((a, b)) = self.shelf.wanted().filter(|_| !self.jobs.is_busy()) {
            self.jobs.add(Job::Compare(a, b));
        }
    }

    fn draw(&mut self, ui: &mut Ui) -> Vec<Command> {
        let frame = self.monitor.frame();
        let view = self.views.latest();
        let inspection = self.inspector.latest();
        let bench = self.bench.as_ref().map(Bench::latest);
        let program = self.program.as_ref().map(Program::latest);
        let zone = self.zone.clone();
        let cx = Cx {
            frame: &frame,
            view: view.as_ref(),
            spec: &self.spec,
            inspection: inspection.as_ref(),
            bench: bench.as_ref(),
            program: program.as_ref(),
            scenarios: &self.scenarios,
            shelf: &self.shelf,
            settings: &self.settings,
            busy: self.jobs.is_busy(),
            calm: self.calm,
            asking: self.is_asking(),
            zone: &zone,
            locale: Locale::English,
            inspect: std::cell::Cell::default(),
            commands: std::cell::RefCell::default(),
        };
        top_bar::ui(ui, &cx);
        coverage::ui(ui, &cx);
        rail::ui(ui, &cx, self.open);
        self.notices.ui(ui, &cx);
        let gap = Room::of(ui.ctx().content_rect().width()).gap();
        #[expect(clippy::cast_possible_truncation, reason = "8 or 12 points")]
        let margin = Margin::same(gap as i8);
        let panel = Frame::new().fill(Theme::of(ui).surface.window).inner_margin(margin);
        CentralPanel::no_frame().frame(panel).show(ui, |ui| {
            if let Some((_, page)) = self.pages.iter_mut().find(|(name, _)| *name == self.open) {
                page.ui(ui, &cx);
            }
        });
        let ctx = ui.ctx().clone();
        let outcome = self.dialog.as_mut().map(|dialog| dialog.ui(&ctx, &cx));
        let palette = self.palette.as_mut().map(|palette| palette.ui(&ctx, &cx));
        if self.closing {
            match closing::ui(&ctx, &cx) {
                closing::Answer::None => {}
                closing::Answer::Stay => self.closing = false,
                closing::Answer::Close => ctx.send_viewport_cmd(egui::ViewportCommand::Close),
            }
        }
        if let Some(id) = cx.inspect.get() {
            self.inspector.request(&frame, id);
        }
        let commands = cx.commands.into_inner();
        if palette == Some(palette::Outcome::Closed) {
            self.palette = None;
        }
        match outcome {
            None | Some(Outcome::Open) => {}
            Some(Outcome::Closed) => self.dialog = None,
            Some(Outcome::Do(job)) => {
                self.dialog = None;
                self.jobs.add(job);
            }
        }
        commands
    }
}

impl Drop for App {
    /// However the window closes, what was seen is kept.
    fn drop(&mut self) {
        self.keeper.finish(&self.monitor.frame().history);
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &Context, _frame: &mut eframe::Frame) {
        self.take_done(ctx);
        self.keeper.update(&self.monitor.frame().history, &mut self.notices);
        self.scenarios.update();
        self.request_view();
        if let Some(rest) = self.notices.expire(Instant::now()) {
            ctx.request_repaint_after(rest);
        }
        if matches!(self.monitor.frame().health, Health::Starting) {
            ctx.request_repaint_after(motion::SPINNER_STEP);
        }
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        let ctx = ui.ctx().clone();
        self.apply_zoom(&ctx);
        let closes = ctx.input(|input| input.viewport().close_requested());
        if closes && !self.closing && self.shelf.unsaved() > 0 {
            ctx.send_viewport_cmd(egui::ViewportCommand::CancelClose);
            self.closing = true;
        }
        // A dialog has the keys to itself.
        if !self.is_asking() {
            for action in shortcuts::pressed(&ctx) {
                self.act(action, &ctx);
            }
        }
        let commands = self.draw(ui);
        let any = !commands.is_empty();
        for command in commands {
            self.apply(command, &ctx);
        }
        if any {
            self.take_done(&ctx);
            self.request_view();
            ctx.request_repaint();
        }
    }
}

/// Wakes the window when a scenario is done; while it runs it is looked at as often as anything else is drawn.
fn done(wake: &Wake) -> Tell {
    let wake = Arc::clone(wake);
    Arc::new(move |news| {
        if news == News::Done {
            wake();
        }
    })
}
