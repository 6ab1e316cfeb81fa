//! What a scenario did and what it judged, as lists.

use eframe::egui::{Align, Label, Layout, Role, Ui, UiBuilder, vec2};

use super::phrases;
use crate::gui::cx::Cx;
use crate::gui::theme::measure::{size, space};
use crate::gui::theme::{Color, Theme, TypeStyle};
use crate::gui::widgets::{Card, icon};
use crate::lab::words::basis_word;
use crate::lab::{Check, ScenarioResult};
use crate::model::lab::Verdict;
use crate::text;
use crate::text::Text;

/// A result in sentences.
#[derive(Default)]
pub(super) struct Lines {
    /// When each step began, and what it is.
    pub(super) steps: Vec<(String, String)>,
    pub(super) checks: Vec<CheckLine>,
}

/// A check in words.
pub(super) struct CheckLine {
    /// What was judged, what was expected, what was observed, how it is known.
    words: [String; 4],
    verdict: Verdict,
    said: String,
    /// All of it in one.
    name: String,
}

impl Lines {
    pub(super) fn of(cx: &Cx<'_>, result: &ScenarioResult) -> Self {
        let at = |time: std::time::Duration| format!("{:.1}", time.as_secs_f64() * 1_000.0);
        let steps = result.steps.iter().map(|step| (at(step.at), cx.say(&step.text)));
        let checks = result.checks.iter().map(|check| CheckLine::of(cx, check));
        Self { steps: steps.collect(), checks: checks.collect() }
    }
}

impl CheckLine {
    fn of(cx: &Cx<'_>, check: &Check) -> Self {
        let words = [
            cx.say(&check.subject),
            check.expected.render(cx.locale),
            check.observed.render(cx.locale),
            cx.say(&basis_word(check.basis)),
        ];
        let said = cx.say(&phrases::verdict(check.verdict));
        let [subject, expected, observed, basis] = &words;
        let name = cx.say(&text!(
            "lab_scenarios_page.check_row",
            subject = subject.as_str(),
            expected = expected.as_str(),
            observed = observed.as_str(),
            basis = basis.as_str(),
            verdict = said.as_str()
        ));
        Self { words, verdict: check.verdict, said, name }
    }
}

/// The widths of the columns with how it is known and with the verdict.
const BASIS: f32 = 84.0;
const VERDICT: f32 = 116.0;

/// How the three columns with sentences share what is left.
const SHARES: [f32; 3] = [0.36, 0.32, 0.32];

/// What was judged, as a table.
pub(super) fn checks_card(ui: &mut Ui, cx: &Cx<'_>, lines: &Lines) {
    let title = cx.say(&text!("lab_scenarios_page.checks"));
    Card::new(&title).show(
        ui,
        |_| {},
        |ui| {
            let theme = Theme::of(ui);
            let left = ui.available_width() - BASIS - VERDICT - 4.0 * space::L;
            let widths = [SHARES[0] * left, SHARES[1] * left, SHARES[2] * left, BASIS, VERDICT];
            let titles: [Text; 5] = [
                text!("column.judged"),
                text!("column.expected"),
                text!("column.observed"),
                text!("lab_scenarios_page.basis"),
                text!("column.verdict"),
            ];
            row(ui, None, |ui| {
                for (title, width) in titles.iter().zip(widths) {
                    cell(ui, width, TypeStyle::Caption, &cx.say(title), theme.text.tertiary);
                }
            });
            for line in &lines.checks {
                let [subject, expected, observed, basis] = &line.words;
                row(ui, Some(&line.name), |ui| {
                    let strong = match line.verdict {
                        Verdict::Differs => theme.severity.warning.text,
                        _ => theme.text.primary,
                    };
                    cell(ui, widths[0], TypeStyle::Dense, subject, theme.text.primary);
                    cell(ui, widths[1], TypeStyle::Dense, expected, theme.text.secondary);
                    cell(ui, widths[2], TypeStyle::Dense, observed, strong);
                    cell(ui, widths[3], TypeStyle::Dense, basis, theme.text.tertiary);
                    let color = phrases::color(theme, line.verdict);
                    icon(ui, phrases::sign(line.verdict), size::ICON - 2.0, color);
                    ui.add_space(space::XS - space::L);
                    let word = VERDICT - size::ICON - space::XS;
                    cell(ui, word, TypeStyle::Dense, &line.said, color);
                });
            }
        },
    );
}

/// A line of the table; a screen reader says all of it.
fn row(ui: &mut Ui, name: Option<&str>, cells: impl FnOnce(&mut Ui)) {
    let mut builder = UiBuilder::new().layout(Layout::left_to_right(Align::Min));
    if let Some(name) = name {
        builder = builder.accessibility_role(Role::Row).accessibility_label(name);
    }
    ui.scope_builder(builder, |ui| {
        ui.spacing_mut().item_spacing.x = space::L;
        cells(ui);
    });
}

/// A sentence that takes as many lines as it needs.
fn cell(ui: &mut Ui, width: f32, style: TypeStyle, text: &str, color: Color) {
    let layout = Layout::top_down(Align::Min);
    ui.allocate_ui_with_layout(vec2(width, 0.0), layout, |ui| {
        ui.set_width(width);
        ui.add(Label::new(style.rich(text).color(color)).wrap());
    });
}

/// The width of the column with the times.
const TIME: f32 = 56.0;

/// What it did, as it went on.
pub(super) fn steps_card(ui: &mut Ui, cx: &Cx<'_>, lines: &Lines) {
    let title = cx.say(&text!("lab_scenarios_page.steps"));
    let note = cx.say(&text!("column.at_ms"));
    Card::new(&title).note(&note).show(
        ui,
        |_| {},
        |ui| {
            let theme = Theme::of(ui);
            for (at, said) in &lines.steps {
                row(ui, None, |ui| {
                    let times = Layout::top_down(Align::Max);
                    ui.allocate_ui_with_layout(vec2(TIME, 0.0), times, |ui| {
                        ui.set_width(TIME);
                        ui.label(TypeStyle::MonoDense.rich(at).color(theme.text.tertiary));
                    });
                    let width = ui.available_width();
                    cell(ui, width, TypeStyle::Dense, said, theme.text.primary);
                });
            }
        },
    );
}
