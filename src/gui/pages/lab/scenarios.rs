//! The scenarios: a list of them, and at its right what the chosen one teaches and showed.

mod article;
mod checks;
mod detail;
mod habits;
mod head;
mod list;
mod museum;
mod phrases;
mod square;
mod states;

use std::collections::BTreeMap;
use std::time::Duration;

use eframe::egui::{Rect, Ui, UiBuilder, pos2};

use crate::gui::cx::Cx;
use crate::gui::theme::measure::{Room, size};
use crate::lab::{Knobs, Order, SCENARIOS, Scenario};

/// How often what runs is drawn, and not more often.
const REFRESH: Duration = Duration::from_millis(100);

/// The scenario that is shown at first.
const LEAD: &str = "reconnect-habits";

/// What the right side shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Chosen {
    /// The article's claims.
    Article,
    /// A scenario, by its place.
    Scenario(usize),
}

/// What the view of the scenarios keeps.
pub(super) struct ScenariosView {
    chosen: Chosen,
    /// The knobs that were turned, by scenario.
    knobs: BTreeMap<&'static str, Knobs>,
    detail: detail::Detail,
}

impl Default for ScenariosView {
    fn default() -> Self {
        Self {
            chosen: Chosen::Scenario(place(LEAD).unwrap_or(0)),
            knobs: BTreeMap::new(),
            detail: detail::Detail::default(),
        }
    }
}

impl ScenariosView {
    /// Draws it over all the space there is.
    pub(super) fn ui(&mut self, ui: &mut Ui, cx: &Cx<'_>) {
        if cx.scenarios.is_busy() {
            ui.ctx().request_repaint_after(REFRESH);
        }
        let room = Room::of(ui.ctx().content_rect().width());
        let whole = ui.available_rect_before_wrap();
        let left =
            Rect::from_min_max(whole.min, pos2(whole.left() + size::SCENARIO_LIST, whole.bottom()));
        let right = whole.with_min_x(left.right() + room.gap());
        ui.scope_builder(UiBuilder::new().max_rect(left).id_salt("list"), |ui| self.list(ui, cx));
        let salt = match self.chosen {
            Chosen::Article => usize::MAX,
            Chosen::Scenario(place) => place,
        };
        ui.scope_builder(
            UiBuilder::new().max_rect(right).id_salt(("detail", salt)),
            |ui| match self.chosen {
                Chosen::Article => {
                    if let Some(wanted) = article::ui(ui, cx).and_then(place) {
                        self.chosen = Chosen::Scenario(wanted);
                    }
                }
                Chosen::Scenario(place) => {
                    if let Some(scenario) = SCENARIOS.get(place) {
                        let mut order = self.order(*scenario);
                        self.detail.ui(ui, cx, &mut order);
                        self.knobs.insert(order.scenario.name(), order.knobs);
                    }
                }
            },
        );
        ui.advance_cursor_after_rect(whole);
    }

    /// A scenario with its knobs as they were turned.
    fn order(&self, scenario: &'static dyn Scenario) -> Order {
        let turned = self.knobs.get(scenario.name());
        turned.map_or_else(|| Order::of(scenario), |knobs| Order { scenario, knobs: knobs.clone() })
    }
}

/// The place of the scenario with this name.
fn place(name: &str) -> Option<usize> {
    SCENARIOS.iter().position(|scenario| scenario.name() == name)
}

#[cfg(test)]
mod tests;
