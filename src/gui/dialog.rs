//! Asks for a path: typed, or picked in the system's own file dialog.
//!
//! The field is always there, because on some machines no file dialog answers, and an answer that never
//! comes looks like a cancelled one. The native dialog runs beside the window: its future is polled when
//! it says so, and no frame waits for it.

use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll, Wake, Waker};

use eframe::egui::{self, Context, Id, Key, Modal};
use egui_material_icons::icons::ICON_OPEN_IN_NEW;
use rfd::{AsyncFileDialog, FileHandle};

use super::cx::Cx;
use super::jobs::{Job, ScenarioForm};
use super::shelf::Side;
use super::theme::measure::space;
use super::theme::{Color, Theme, TypeStyle};
use super::widgets::{Button, button, field, primary_button};
use crate::analysis::diff::Comparison;
use crate::lab::ScenarioResult;
use crate::model::Snapshot;
use crate::report::Exporter;
use crate::text;
use crate::text::Text;

const WIDTH: f32 = 520.0;

/// What the path is for.
#[derive(Clone)]
pub enum Purpose {
    /// A snapshot is loaded from it.
    Load(Side),
    /// A snapshot is saved there.
    Save(Arc<Snapshot>),
    /// A comparison is exported there.
    Export(Arc<Comparison>, &'static dyn Exporter),
    /// What came of a scenario is saved there.
    Scenario(Arc<ScenarioResult>, ScenarioForm),
}

impl Purpose {
    fn title(&self) -> Text {
        match self {
            Self::Load(_) => text!("dialog.open_snapshot"),
            Self::Save(_) => text!("dialog.save_snapshot"),
            Self::Export(_, exporter) => text!("dialog.export", format = exporter.title()),
            Self::Scenario(_, form) => {
                text!("lab_scenarios_page.save_as", format = form.name())
            }
        }
    }

    fn verb(&self) -> Text {
        match self {
            Self::Load(_) => text!("dialog.open"),
            Self::Save(_) | Self::Export(..) | Self::Scenario(..) => text!("dialog.save"),
        }
    }
}

/// The answer of the native dialog, when it comes.
type Answer = Pin<Box<dyn Future<Output = Option<FileHandle>>>>;

/// The dialog that is open.
pub struct PathDialog {
    purpose: Purpose,
    path: String,
    native: Option<Answer>,
    /// The path that was picked there, and how it is shown: not every path can be shown and read back.
    picked: Option<(String, PathBuf)>,
    /// The last native dialog gave no path.
    unanswered: bool,
    /// This file exists, and the job would replace it.
    exists: Option<(String, Job)>,
    /// Why the last try failed.
    failure: Option<Text>,
    fresh: bool,
}

/// What became of a dialog in this frame.
pub enum Outcome {
    /// It stays open.
    Open,
    /// It was closed without an answer.
    Closed,
    /// It was answered: this is to be done.
    Do(Job),
}

impl PathDialog {
    /// Asks for a path; `suggestion` is what stands in the field at first.
    pub const fn new(purpose: Purpose, suggestion: String) -> Self {
        Self {
            purpose,
            path: suggestion,
            native: None,
            picked: None,
            unanswered: false,
            exists: None,
            failure: None,
            fresh: true,
        }
    }

    /// Asks whether the file that is there may be replaced.
    pub fn replace(again: Job) -> Option<Self> {
        let mut dialog = Self::of(&again)?;
        dialog.exists = Some((dialog.path.clone(), again));
        Some(dialog)
    }

    /// Asks again, after what was answered before failed; none for a job that needs no path.
    pub fn retry(job: &Job, why: Text) -> Option<Self> {
        let mut dialog = Self::of(job)?;
        dialog.failure = Some(why);
        Some(dialog)
    }

    fn of(job: &Job) -> Option<Self> {
        let (purpose, path) = match job {
            Job::Load { path, side } => (Purpose::Load(*side), path),
            Job::Save { path, snapshot, .. } => (Purpose::Save(Arc::clone(snapshot)), path),
            Job::Export { path, comparison, exporter, .. } => {
                (Purpose::Export(Arc::clone(comparison), *exporter), path)
            }
            Job::SaveScenario { path, result, form, .. } => {
                (Purpose::Scenario(Arc::clone(result), *form), path)
            }
            Job::Compare(..) | Job::Compose(_) | Job::KeepSettings { .. } => return None,
        };
        let shown = path.display().to_string();
        let mut dialog = Self::new(purpose, shown.clone());
        dialog.picked = Some((shown, path.clone()));
        Some(dialog)
    }

    /// Draws it.
    pub fn ui(&mut self, ctx: &Context, cx: &Cx<'_>) -> Outcome {
        self.poll_native(ctx);
        let title = cx.say(&self.purpose.title());
        let mut outcome = Outcome::Open;
        let frame = egui::Frame::popup(&ctx.global_style()).inner_margin(space::XL);
        let modal = Modal::new(Id::unique("path-dialog")).frame(frame).show(ctx, |ui| {
            ui.set_width(WIDTH);
            ui.spacing_mut().item_spacing.y = space::M;
            let theme = Theme::of(ui);
            ui.label(TypeStyle::Title.rich(&title).color(theme.text.primary));
            let name = cx.say(&text!("dialog.path"));
            let typed = field(ui, &mut self.path, &name, &name, ui.available_width());
            if self.fresh {
                typed.request_focus();
                self.fresh = false;
            }
            let enter = typed.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            if enter {
                typed.request_focus();
            }
            self.exists.take_if(|(path, _)| *path != self.path);
            // What loses a file is pressed, and not entered by the way.
            let entered = enter && self.exists.is_none() && self.can_answer(cx);
            if let Some((note, color)) = self.note(theme) {
                ui.label(TypeStyle::Body.rich(cx.say(&note)).color(color));
            }
            ui.horizontal(|ui| {
                let browse = cx.say(&text!("dialog.browse"));
                ui.add_enabled_ui(self.native.is_none(), |ui| {
                    if button(ui, ICON_OPEN_IN_NEW, &browse).clicked() {
                        self.native = Some(native(&self.purpose, &self.path));
                        self.poll_native(ctx);
                    }
                });
                ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                    if self.accept_button(ui, cx) || entered {
                        outcome = self.answer(cx);
                    }
                    if button(ui, None, &cx.say(&text!("dialog.cancel"))).clicked() {
                        outcome = Outcome::Closed;
                    }
                });
            });
        });
        if modal.should_close() && matches!(outcome, Outcome::Open) {
            return Outcome::Closed;
        }
        outcome
    }

    /// What stands under the field.
    fn note(&self, theme: &Theme) -> Option<(Text, Color)> {
        if self.exists.is_some() {
            Some((text!("dialog.exists"), theme.severity.warning.text))
        } else if let Some(failure) = &self.failure {
            Some((failure.clone(), theme.severity.critical.text))
        } else if self.unanswered {
            Some((text!("dialog.unanswered"), theme.text.secondary))
        } else {
            None
        }
    }

    fn can_answer(&self, cx: &Cx<'_>) -> bool {
        !self.path.trim().is_empty() && !cx.busy
    }

    fn accept_button(&self, ui: &mut egui::Ui, cx: &Cx<'_>) -> bool {
        ui.add_enabled_ui(self.can_answer(cx), |ui| {
            if self.exists.is_some() {
                Button::new(&cx.say(&text!("dialog.replace"))).harsh().show(ui).clicked()
            } else {
                primary_button(ui, None, &cx.say(&self.purpose.verb())).clicked()
            }
        })
        .inner
    }

    fn answer(&mut self, cx: &Cx<'_>) -> Outcome {
        let typed = self.path.trim();
        if typed.is_empty() {
            return Outcome::Open;
        }
        if let Some((_, again)) = self.exists.take() {
            return Outcome::Do(again);
        }
        let path = match &self.picked {
            Some((shown, picked)) if *shown == self.path => picked.clone(),
            _ => at_home(typed),
        };
        Outcome::Do(match &self.purpose {
            Purpose::Load(side) => Job::Load { path, side: *side },
            Purpose::Save(snapshot) => {
                Job::Save { path, snapshot: Arc::clone(snapshot), replace: false }
            }
            Purpose::Export(comparison, exporter) => Job::Export {
                path,
                comparison: Arc::clone(comparison),
                exporter: *exporter,
                replace: false,
                zone: cx.zone.clone(),
            },
            Purpose::Scenario(result, form) => {
                Job::SaveScenario { path, result: Arc::clone(result), form: *form, replace: false }
            }
        })
    }

    fn poll_native(&mut self, ctx: &Context) {
        let Some(native) = &mut self.native else {
            return;
        };
        let waker = Waker::from(Arc::new(Repaint(ctx.clone())));
        if let Poll::Ready(answer) = native.as_mut().poll(&mut TaskContext::from_waker(&waker)) {
            self.native = None;
            self.unanswered = answer.is_none();
            if let Some(file) = answer {
                self.path = file.path().display().to_string();
                self.picked = Some((self.path.clone(), file.path().to_owned()));
            }
        }
    }
}

/// The path that was typed; `~` at its start is the user's home, as shells have it.
fn at_home(typed: &str) -> PathBuf {
    let rest = typed.strip_prefix("~/").or_else(|| typed.strip_prefix("~\\"));
    let home = directories::UserDirs::new().map(|folders| folders.home_dir().to_owned());
    match rest.zip(home) {
        Some((rest, home)) => home.join(rest),
        None => PathBuf::from(typed),
    }
}

/// Polls the native dialog again by drawing the next frame.
struct Repaint(Context);

impl Wake for Repaint {
    fn wake(self: Arc<Self>) {
        self.0.request_repaint();
    }
}

fn native(purpose: &Purpose, typed: &str) -> Answer {
    let typed = PathBuf::from(typed);
    let mut dialog = AsyncFileDialog::new();
    if let Some(folder) = typed.parent().filter(|folder| folder.is_absolute()) {
        dialog = dialog.set_directory(folder);
    }
    if let Some(name) = typed.file_name() {
        dialog = dialog.set_file_name(name.to_string_lossy());
    }
    match purpose {
        Purpose::Load(_) => Box::pin(dialog.add_filter("Sockscope", &["json", "gz"]).pick_file()),
        Purpose::Save(_) => Box::pin(dialog.add_filter("JSON", &["json", "gz"]).save_file()),
        Purpose::Export(_, exporter) => {
            Box::pin(dialog.add_filter(exporter.title(), &[exporter.extension()]).save_file())
        }
        Purpose::Scenario(_, form) => {
            Box::pin(dialog.add_filter(form.name(), &[form.extension()]).save_file())
        }
    }
}
