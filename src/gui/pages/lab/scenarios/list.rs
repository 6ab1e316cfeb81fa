//! The list of scenarios, each with what came of it when it last ran.

use eframe::egui::{
    Align, Align2, Layout, Rect, Response, Role, ScrollArea, Sense, Stroke, Ui, WidgetInfo, pos2,
    vec2,
};
use egui_material_icons::MaterialIcon;
use egui_material_icons::icons::{
    ICON_ARTICLE, ICON_ERROR, ICON_HOURGLASS_EMPTY, ICON_PLAYLIST_PLAY, ICON_PROGRESS_ACTIVITY,
    ICON_RADIO_BUTTON_UNCHECKED, ICON_STOP,
};

use super::{Chosen, ScenariosView, phrases};
use crate::gui::cx::{Command, Cx};
use crate::gui::theme::measure::{radius, size, space, stroke};
use crate::gui::theme::{Color, Theme, TypeStyle};
use crate::gui::widgets::{Button, Card, cut, focus_ring, icon, paint_icon};
use crate::lab::{Order, Phase, Ran, SCENARIOS, Scenario};
use crate::model::lab::Verdict;
use crate::text;
use crate::text::took;

/// The height of an entry: all of them are in sight in a window of the usual size.
const ENTRY: f32 = size::NAV_ITEM;

/// The height of the line under the list.
const FOOT: f32 = 34.0;

impl ScenariosView {
    pub(super) fn list(&mut self, ui: &mut Ui, cx: &Cx<'_>) {
        let title = cx.say(&text!("lab_scenarios_page.number", n = SCENARIOS.len()));
        let card = Card::new(&title).flush().height(ui.available_height());
        let (this, mut chosen) = (&*self, self.chosen);
        card.show(
            ui,
            |ui| this.run_all(ui, cx),
            |ui| {
                ui.spacing_mut().item_spacing.y = 0.0;
                let height = ui.available_height() - FOOT;
                ScrollArea::vertical().auto_shrink(false).max_height(height).show(ui, |ui| {
                    for entry in 0..=SCENARIOS.len() {
                        if let Some(clicked) = this.entry(ui, cx, entry) {
                            chosen = clicked;
                        }
                    }
                });
                foot(ui, cx);
            },
        );
        self.chosen = chosen;
    }

    /// Runs them all, or stops what runs.
    fn run_all(&self, ui: &mut Ui, cx: &Cx<'_>) {
        if cx.scenarios.is_busy() {
            let stop = cx.say(&text!("lab_scenarios_page.stop_all"));
            if Button::new(&stop).icon(ICON_STOP).small().show(ui).clicked() {
                cx.send(Command::StopScenarios);
            }
        } else {
            let run = cx.say(&text!("lab_scenarios_page.run_all"));
            if Button::new(&run).icon(ICON_PLAYLIST_PLAY).small().show(ui).clicked() {
                let orders: Vec<Order> = SCENARIOS.iter().map(|it| self.order(*it)).collect();
                cx.send(Command::RunScenarios(orders));
            }
        }
    }

    /// The article first, then the scenarios. Gives what it stands for when it is clicked.
    fn entry(&self, ui: &mut Ui, cx: &Cx<'_>, entry: usize) -> Option<Chosen> {
        let (chosen, line) =
            match entry.checked_sub(1).and_then(|at| Some((at, SCENARIOS.get(at)?))) {
                None => (Chosen::Article, Line::article(ui, cx)),
                Some((at, scenario)) => (Chosen::Scenario(at), Line::of(ui, cx, *scenario)),
            };
        line.show(ui, cx, chosen == self.chosen).clicked().then_some(chosen)
    }
}

/// An entry of the list.
struct Line {
    title: String,
    sign: MaterialIcon,
    color: Color,
    /// How long it took, or takes so far. The sign says the rest, so that the title has the room.
    time: String,
    /// All of it in a word, for the pointer and for screen readers.
    status: String,
}

impl Line {
    fn article(ui: &Ui, cx: &Cx<'_>) -> Self {
        Self {
            title: cx.say(&text!("lab_scenarios_page.article")),
            sign: ICON_ARTICLE,
            color: Theme::of(ui).text.secondary,
            time: String::new(),
            status: String::new(),
        }
    }

    fn of(ui: &Ui, cx: &Cx<'_>, scenario: &dyn Scenario) -> Self {
        let theme = Theme::of(ui);
        let quiet = theme.text.tertiary;
        let (sign, color, time, status) = match cx.scenarios.phase(scenario.name()) {
            Phase::Runs { time, .. } => (
                ICON_PROGRESS_ACTIVITY,
                theme.accent.text,
                Some(time),
                text!("lab_scenarios_page.running"),
            ),
            Phase::Waits => (ICON_HOURGLASS_EMPTY, quiet, None, text!("lab_scenarios_page.waits")),
            Phase::Rests => match cx.scenarios.ran(scenario.name()) {
                None => {
                    let status = text!("lab_scenarios_page.not_run");
                    (ICON_RADIO_BUTTON_UNCHECKED, quiet, None, status)
                }
                Some(Ran::Lost(_)) => {
                    let color = theme.severity.critical.text;
                    (ICON_ERROR, color, None, text!("lab_scenarios_page.failed"))
                }
                Some(Ran::Result(result)) => {
                    let verdict = result.verdict();
                    let color = phrases::color(theme, verdict);
                    let words = phrases::verdict(verdict);
                    (phrases::sign(verdict), color, Some(result.took), words)
                }
            },
        };
        Self {
            title: cx.say(&scenario.title()),
            sign,
            color,
            time: time.map(took).unwrap_or_default(),
            status: cx.say(&status),
        }
    }

    fn show(&self, ui: &mut Ui, cx: &Cx<'_>, chosen: bool) -> Response {
        let theme = Theme::of(ui);
        let wanted = vec2(ui.available_width(), ENTRY);
        let (rect, response) = ui.allocate_exact_size(wanted, Sense::click());
        if ui.is_rect_visible(rect) {
            let painter = ui.painter();
            let ground = rect.shrink2(vec2(stroke::HAIRLINE, 0.0));
            if chosen {
                painter.rect_filled(ground, 0.0, theme.surface.selected);
                painter.rect_filled(ground.with_max_x(ground.left() + 2.0), 0.0, theme.accent.text);
            } else if response.hovered() {
                painter.rect_filled(ground, 0.0, theme.surface.hover);
            }
            let middle = pos2(rect.left() + space::L + size::ICON / 2.0, rect.center().y);
            paint_icon(painter, middle, self.sign, size::ICON, self.color);
            let left = middle.x + size::ICON / 2.0 + space::M;
            let right = rect.right() - space::L;
            let style = if chosen { TypeStyle::BodyStrong } else { TypeStyle::Body };
            let quiet = theme.text.tertiary;
            let time = cut(ui, &self.time, TypeStyle::Caption, quiet, right - left);
            let beside = if self.time.is_empty() { 0.0 } else { space::M + time.size().x };
            let title = cut(ui, &self.title, style, theme.text.primary, right - left - beside);
            let at = Align2::LEFT_CENTER.anchor_size(pos2(left, rect.center().y), title.size());
            painter.galley(at.min, title, theme.text.primary);
            let at = Align2::RIGHT_CENTER.anchor_size(pos2(right, rect.center().y), time.size());
            painter.galley(at.min, time, quiet);
            if response.has_focus() {
                focus_ring(painter, theme, ground.shrink(2.0), radius::SMALL_CONTROL);
            }
        }
        let name = || {
            if self.status.is_empty() {
                return self.title.clone();
            }
            let (title, status) = (self.title.as_str(), self.status.as_str());
            cx.say(&text!("lab_scenarios_page.row", title = title, status = status))
        };
        response.widget_info(|| {
            WidgetInfo::selected(Role::ListBoxOption, ui.is_enabled(), chosen, name())
        });
        response.on_hover_ui(|ui| drop(ui.label(name())))
    }
}

/// How many came out how, and whose rules are expected.
fn foot(ui: &mut Ui, cx: &Cx<'_>) {
    let theme = Theme::of(ui);
    let mut counts = [0_usize; 3];
    for scenario in SCENARIOS {
        if let Some(result) = cx.scenarios.result(scenario.name()).filter(|it| it.finished) {
            counts[result.verdict() as usize] += 1;
        }
    }
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), FOOT), Sense::hover());
    let line = Stroke::new(stroke::HAIRLINE, theme.stroke.subtle);
    let y = ui.painter().round_to_pixel_center(rect.top());
    ui.painter().hline(rect.x_range().shrink(1.0), y, line);
    let inside = rect.shrink2(vec2(space::L, 0.0));
    let builder = eframe::egui::UiBuilder::new()
        .max_rect(Rect::from_min_max(inside.min, inside.max))
        .layout(Layout::left_to_right(Align::Center))
        .accessibility_role(Role::Group)
        .accessibility_label(cx.say(&text!(
            "lab_scenarios_page.counts",
            fine = counts[Verdict::AsExpected as usize],
            differs = counts[Verdict::Differs as usize],
            untold = counts[Verdict::CouldNotTell as usize]
        )));
    ui.scope_builder(builder, |ui| {
        ui.spacing_mut().item_spacing.x = space::XS;
        for verdict in [Verdict::AsExpected, Verdict::Differs, Verdict::CouldNotTell] {
            let count = counts[verdict as usize];
            let color =
                if count > 0 { phrases::color(theme, verdict) } else { theme.text.tertiary };
            icon(ui, phrases::sign(verdict), size::ICON - 2.0, color);
            ui.label(TypeStyle::Dense.rich(count.to_string()).color(theme.text.secondary));
            ui.add_space(space::S);
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            let rules = cx.say(&text!("lab_scenarios_page.rules", system = phrases::system()));
            ui.label(TypeStyle::Dense.rich(rules).color(theme.text.tertiary));
        });
    });
}
