//! The states that a scenario's connections passed, as far as they were seen.

use eframe::egui::{Align, Label, Layout, Ui, vec2};

use crate::gui::cx::Cx;
use crate::gui::glyph::badge;
use crate::gui::theme::measure::{size, space};
use crate::gui::theme::{Theme, TypeStyle};
use crate::gui::widgets::Card;
use crate::lab::{Lane, ScenarioResult};
use crate::model::lab::{Change, End, Resolution};
use crate::text;

/// So many connections are shown, and so many states of each end.
const CONNECTIONS: usize = 8;
const STATES: usize = 10;

/// The width of an end's name.
const NAME: f32 = 64.0;

pub(super) fn states_card(ui: &mut Ui, cx: &Cx<'_>, result: &ScenarioResult) {
    let title = cx.say(&text!("lab_scenarios_page.states"));
    let note = cx.say(&match result.resolution {
        Resolution::Exact => text!("lab_scenarios_page.looked_up"),
        Resolution::Table => text!("lab_scenarios_page.looked_up_in_table"),
    });
    Card::new(&title).note(&note).show(
        ui,
        |_| {},
        |ui| {
            let theme = Theme::of(ui);
            for lane in result.lanes.iter().take(CONNECTIONS) {
                for end in End::ALL {
                    passed(ui, cx, lane, end);
                }
            }
            let more = result.lanes.len().saturating_sub(CONNECTIONS);
            if more > 0 {
                let more = cx.say(&text!("lab_scenarios_page.more_connections", n = more));
                ui.label(TypeStyle::Dense.rich(more).color(theme.text.tertiary));
            }
        },
    );
}

/// What one end passed, the newest states last.
fn passed(ui: &mut Ui, cx: &Cx<'_>, lane: &Lane, end: End) {
    let theme = Theme::of(ui);
    let changes = || lane.changes.iter().filter(|change| change.end == end);
    let all = changes().count();
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing = vec2(space::XS, space::XS);
        let names = Layout::left_to_right(Align::Center);
        ui.allocate_ui_with_layout(vec2(NAME, size::BADGE), names, |ui| {
            ui.set_min_size(vec2(NAME, size::BADGE));
            let name = format!("{} {}", end.name(), lane.number);
            let name = TypeStyle::Dense.rich(name).color(theme.text.secondary);
            ui.add(Label::new(name).extend());
        });
        let older = all.saturating_sub(STATES);
        if older > 0 {
            let older = cx.say(&text!("lab_scenarios_page.older", n = older));
            ui.label(TypeStyle::Dense.rich(older).color(theme.text.tertiary));
        }
        for Change { state, .. } in changes().skip(older) {
            if let Some(state) = state {
                badge(ui, *state);
            } else {
                let gone = cx.say(&text!("lab_scenarios_page.no_row"));
                ui.label(TypeStyle::Dense.rich(gone).color(theme.text.tertiary));
            }
        }
    });
}
