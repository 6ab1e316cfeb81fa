//! Test my program: what to do to the user's own program at the left, what it makes of it at the right.

mod choice;
mod examples;
mod tables;

use eframe::egui::{Rect, Ui, UiBuilder, pos2, vec2};
use egui_material_icons::icons::ICON_SYNC_ALT;

use crate::gui::cx::Cx;
use crate::gui::theme::Tone;
use crate::gui::theme::measure::{Room, size};
use crate::gui::widgets::{Card, banner, empty};
use crate::lab::program::{
    Advice, Party, Phase, ProgramState, advice, conclusion, phase_words, queue_warning,
    refused_words, trouble_words, verdict_word,
};
use crate::text;
use choice::Choice;

/// What the view keeps.
#[derive(Default)]
pub(super) struct ProgramView {
    choice: Choice,
}

impl ProgramView {
    pub(super) fn ui(&mut self, ui: &mut Ui, cx: &Cx<'_>) {
        let room = Room::of(ui.ctx().content_rect().width());
        let (whole, gap) = (ui.available_rect_before_wrap(), room.gap());
        let split = whole.left() + size::LAB_CHOICE;
        let left = whole.with_max_x(split);
        let right = Rect::from_min_max(pos2(split + gap, whole.top()), whole.max);
        ui.scope_builder(UiBuilder::new().max_rect(left).id_salt("choice"), |ui| {
            self.choice.ui(ui, cx);
        });
        ui.scope_builder(UiBuilder::new().max_rect(right).id_salt("outcome"), |ui| {
            ui.spacing_mut().item_spacing.y = gap;
            match cx.program {
                Some(state) if !self.choice.is_new_since(state) => outcome(ui, cx, state),
                _ => nothing_yet(ui, cx),
            }
        });
        ui.advance_cursor_after_rect(whole);
    }
}

/// The verdict before the numbers, the numbers before the rows.
fn outcome(ui: &mut Ui, cx: &Cx<'_>, state: &ProgramState) {
    let [first, second] = conclusion(state).map(|text| cx.say(&text));
    let judged = state.judged.filter(|_| !matches!(state.phase, Phase::Failed(_)));
    let strong = match judged {
        Some(judged) => format!("{}.", cx.say(&verdict_word(judged))),
        None => first.clone(),
    };
    let rest = match judged {
        Some(_) => {
            let advice = state.parties.first().map(|worst| advised(cx, worst, state));
            format!("{first} {second} {}", advice.unwrap_or_default())
        }
        None => second,
    };
    banner(ui, tone(state), &strong, rest.trim(), |_| {});
    if let Some(trouble) = &state.trouble {
        banner(ui, Tone::Warning, "", &cx.say(&trouble_words(trouble)), |_| {});
    }
    if let Some(warning) = queue_warning(state) {
        banner(ui, Tone::Note, "", &cx.say(&warning), |_| {});
    }
    if let Some(refused) = refused_words(state) {
        banner(ui, Tone::Warning, "", &cx.say(&refused), |_| {});
    }
    if state.connections.is_empty() {
        let title = cx.say(&text!("lab_program.page.connections"));
        let note = cx.say(&phase_words(state));
        let height = ui.available_height();
        Card::new(&title).note(&note).height(height).show(
            ui,
            |_| {},
            |ui| {
                let (title, text) = match state.phase {
                    Phase::Starting | Phase::Running => (
                        text!("lab_program.page.waiting_title"),
                        text!("lab_program.page.waiting_text"),
                    ),
                    Phase::Ended(_) | Phase::Failed(_) => {
                        (text!("lab_program.page.none_title"), text!("lab_program.page.none_text"))
                    }
                };
                empty(ui, ICON_SYNC_ALT, &cx.say(&title), &cx.say(&text), |_| {});
            },
        );
        return;
    }
    tables::ui(ui, cx, state);
}

/// What to choose otherwise, by the names of its fields here.
fn advised(cx: &Cx<'_>, party: &Party, state: &ProgramState) -> String {
    match advice(party, &state.setup) {
        None => String::new(),
        Some(Advice::Sooner) => cx.say(&text!("lab_judged.advice.window_sooner")),
        Some(Advice::SilentOrSooner) => cx.say(&text!("lab_judged.advice.window_silent_or_sooner")),
    }
}

/// How the verdict is shown.
fn tone(state: &ProgramState) -> Tone {
    match state.phase {
        Phase::Failed(_) => Tone::Critical,
        _ => state.judged.map_or(Tone::Note, tables::judged_tone),
    }
}

fn nothing_yet(ui: &mut Ui, cx: &Cx<'_>) {
    let title = cx.say(&text!("lab_program.page.outcome"));
    let height = ui.available_height();
    Card::new(&title).height(height).show(
        ui,
        |_| {},
        |ui| {
            ui.set_min_size(vec2(0.0, 0.0));
            let title = cx.say(&text!("lab_program.page.empty_title"));
            let text = cx.say(&text!("lab_program.page.empty_text"));
            empty(ui, ICON_SYNC_ALT, &title, &text, |_| {});
        },
    );
}
