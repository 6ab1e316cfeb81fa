//! The bench: both ends of connections, what is done with them, and what that shows.
//!
//! ```text
//!  +-----------------+-----------------+ +------------------+
//!  | Client          | Peer            | | TCP states       |
//!  +-----------------+-----------------+ |                  |
//!  | Both ends                         | +------------------+
//!  +-----------------------------------+ | What you are     |
//!  | Calls                             | | seeing           |
//!  +-----------------------------------+ +------------------+
//! ```
//!
//! In a narrow window the right column stands under the lanes.

use eframe::egui::{Rect, Ui, UiBuilder, pos2, vec2};

use super::end::EndsView;
use super::lanes::{self, LanesView};
use super::run::Run;
use super::setup::Choices;
use super::{bar, calls, scroll, seeing, states, strip};
use crate::gui::cx::Cx;
use crate::gui::theme::measure::{Room, size, stroke};
use crate::gui::widgets::side_by_side;
use crate::lab::BenchState;
use crate::model::lab::End;

/// The least heights of the calls, four of them, and of the cards at the right.
const CALLS: f32 =
    size::CARD_HEADER + size::TABLE_HEADER + 4.0 * size::TABLE_ROW + 2.0 * stroke::HAIRLINE;
const STATES: f32 = 272.0;
const SEEING: f32 = 320.0;

/// The width of the right column in a wide window.
const SIDE_WIDE: f32 = 440.0;
const STATES_WIDE: f32 = 300.0;

/// What the bench's view keeps.
#[derive(Default)]
pub(super) struct BenchView {
    choices: Choices,
    ends: EndsView,
    lanes: LanesView,
    run: Run,
}

impl BenchView {
    /// What stands right of the page's parts.
    pub(super) fn bar(&mut self, ui: &mut Ui, cx: &Cx<'_>) {
        if let Some(bench) = cx.bench {
            bar::ui(ui, cx, bench, &mut self.choices);
        }
    }

    pub(super) fn ui(&mut self, ui: &mut Ui, cx: &Cx<'_>) {
        let room = Room::of(ui.ctx().content_rect().width());
        bar::notes(ui, cx, &mut self.choices);
        let Some(bench) = cx.bench else { return };
        strip::ui(ui, cx, bench, &mut self.choices);
        if let Some(shown) = self.choices.shown(bench) {
            self.run.update(cx, bench, shown);
        }
        let height = ui.available_height();
        scroll(ui, |ui| match room {
            Room::Narrow => self.stacked(ui, cx, bench, room.gap()),
            Room::Usual => {
                self.columns(ui, cx, bench, [size::LAB_SIDE, STATES, height, room.gap()]);
            }
            Room::Wide => {
                self.columns(ui, cx, bench, [SIDE_WIDE, STATES_WIDE, height, room.gap()]);
            }
        });
    }

    /// Two columns, as high as the page where that is enough.
    fn columns(
        &mut self,
        ui: &mut Ui,
        cx: &Cx<'_>,
        bench: &BenchState,
        [side, states, height, gap]: [f32; 4],
    ) {
        let whole = ui.available_rect_before_wrap();
        let split = whole.right() - side;
        let left = whole.with_max_x(split - gap);
        let right = Rect::from_min_max(pos2(split, whole.top()), whole.max);
        ui.scope_builder(UiBuilder::new().max_rect(left).id_salt("left"), |ui| {
            ui.spacing_mut().item_spacing.y = gap;
            let used = self.ends_and_lanes(ui, cx, bench, gap);
            calls::ui(ui, cx, bench, (height - used - gap).max(CALLS));
        });
        ui.scope_builder(UiBuilder::new().max_rect(right).id_salt("right"), |ui| {
            ui.spacing_mut().item_spacing.y = gap;
            states::ui(ui, cx, self.run_if_shown(bench), states);
            let height = (height - states - gap).max(SEEING);
            seeing::ui(ui, cx, bench, &mut self.choices, &self.run, height);
        });
    }

    /// One column, with the diagram under the lanes.
    fn stacked(&mut self, ui: &mut Ui, cx: &Cx<'_>, bench: &BenchState, gap: f32) {
        ui.spacing_mut().item_spacing.y = gap;
        self.ends_and_lanes(ui, cx, bench, gap);
        let shown = self.choices.shown(bench).is_some();
        let (run, choices) = (&self.run, &mut self.choices);
        side_by_side(
            ui,
            SEEING,
            0.5,
            gap,
            |ui| states::ui(ui, cx, shown.then_some(run), SEEING),
            |ui| seeing::ui(ui, cx, bench, choices, run, SEEING),
        );
        calls::ui(ui, cx, bench, 2.0 * CALLS);
    }

    /// The cards of both ends and the lanes; gives their height.
    fn ends_and_lanes(&mut self, ui: &mut Ui, cx: &Cx<'_>, bench: &BenchState, gap: f32) -> f32 {
        let width = ((ui.available_width() - gap) / 2.0).floor();
        let scrolls = Room::of(ui.ctx().content_rect().width()) == Room::Narrow;
        let height = self.ends.height(ui, width, scrolls);
        let (row, _) = ui
            .allocate_exact_size(vec2(ui.available_width(), height), eframe::egui::Sense::hover());
        let (ends, choices) = (&mut self.ends, &mut self.choices);
        for (end, place) in [
            (End::Client, row.with_max_x(row.left() + width)),
            (End::Peer, row.with_min_x(row.right() - width)),
        ] {
            ui.scope_builder(UiBuilder::new().max_rect(place).id_salt(end), |ui| {
                ends.ui(ui, cx, bench, choices, end, height);
            });
        }
        ui.advance_cursor_after_rect(row);
        self.lanes.ui(ui, cx, bench, self.choices.shown(bench), &self.run);
        height + gap + lanes::HEIGHT
    }

    fn run_if_shown(&self, bench: &BenchState) -> Option<&Run> {
        self.choices.shown(bench).is_some().then_some(&self.run)
    }
}
