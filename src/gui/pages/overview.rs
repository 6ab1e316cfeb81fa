//! Overview: how many sockets are in which state, and how that changes.

mod changed;
mod chart_card;
mod limits;
mod processes;
mod readout;

use eframe::egui::{Rect, Ui, UiBuilder, pos2};
use egui_material_icons::icons::{ICON_MONITORING, ICON_PLAY_ARROW};

use self::changed::Changed;
use self::processes::Processes;
use super::{Page, PageLeaf};
use crate::analysis::phrases;
use crate::gui::chart::Chart;
use crate::gui::cx::{Command, Cx};
use crate::gui::theme::Tone;
use crate::gui::theme::measure::Room;
use crate::gui::tiles;
use crate::gui::widgets::{banner, button, empty, spinner};
use crate::monitor::Health;
use crate::text;
use crate::text::clock;

pub(super) const LEAF: PageLeaf = PageLeaf {
    name: "overview",
    title: || text!("page.overview"),
    icon: ICON_MONITORING,
    at_foot: false,
    make: || Box::<Overview>::default(),
};

/// The page.
#[derive(Default)]
struct Overview {
    chart: Chart,
    processes: Processes,
    changed: Changed,
}

/// The least and the most height of the cards below the chart.
const CARDS: [f32; 2] = [150.0, 400.0];

/// How much of the height below the tiles the cards take.
const CARDS_SHARE: f32 = 0.34;

impl Page for Overview {
    fn ui(&mut self, ui: &mut Ui, cx: &Cx<'_>) {
        let room = Room::of(ui.ctx().content_rect().width());
        ui.spacing_mut().item_spacing.y = room.gap();
        health_banner(ui, cx);
        if cx.frame.snapshot.is_none() {
            waiting(ui, cx);
            return;
        }
        if !cx.asking && !ui.ctx().text_edit_focused() {
            self.chart.keys(ui, &cx.frame.history, cx.frame.now);
        }
        tiles::ui(ui, cx);
        let rest = ui.available_rect_before_wrap();
        let cards = (rest.height() * CARDS_SHARE).clamp(CARDS[0], CARDS[1]).floor();
        let split = rest.bottom() - cards;
        let chart = rest.with_max_y(split - room.gap());
        ui.scope_builder(UiBuilder::new().max_rect(chart).id_salt("chart"), |ui| {
            chart_card::ui(ui, cx, room, &mut self.chart);
        });
        self.cards(ui, cx, room, rest.with_min_y(split));
        ui.advance_cursor_after_rect(rest);
    }
}

impl Overview {
    /// What stands below the chart. Where there is no room for a third card, what changed at the pinned moment
    /// stands in it while one is pinned: beside the limits, or in their place.
    fn cards(&mut self, ui: &mut Ui, cx: &Cx<'_>, room: Room, row: Rect) {
        let pinned = self.chart.pinned();
        self.changed.update(ui.ctx(), cx, pinned);
        let shows_changed = room == Room::Wide || pinned.is_some();
        let shows_limits = room != Room::Narrow || pinned.is_none();
        let gap = room.gap();
        let shares: &[f32] = match (shows_limits, shows_changed) {
            (true, true) if room == Room::Wide => &[0.44, 0.28, 0.28],
            (true, true) => &[0.48, 0.25, 0.27],
            _ if room == Room::Narrow => &[0.58, 0.42],
            _ => &[0.65, 0.35],
        };
        #[expect(clippy::cast_precision_loss, reason = "two or three")]
        let whole = row.width() - gap * (shares.len() - 1) as f32;
        let mut left = row.left();
        let mut next = |share: &f32| {
            let place = Rect::from_min_max(
                pos2(left, row.top()),
                pos2((left + (whole * share).floor()).min(row.right()), row.bottom()),
            );
            left = place.right() + gap;
            place
        };
        let mut places = shares.iter().map(&mut next);
        let mut card = |ui: &mut Ui, name: &str, draw: &mut dyn FnMut(&mut Ui)| {
            if let Some(place) = places.next() {
                ui.scope_builder(UiBuilder::new().max_rect(place).id_salt(name), |ui| draw(ui));
            }
        };
        card(ui, "processes", &mut |ui| self.processes.ui(ui, cx));
        if shows_limits {
            card(ui, "limits", &mut |ui| limits::ui(ui, cx));
        }
        if shows_changed {
            let mut unpin = false;
            card(ui, "changed", &mut |ui| unpin = self.changed.ui(ui, cx));
            if unpin {
                self.chart.unpin();
            }
        }
    }
}

/// The strip that says why the picture is not of now; nothing when it is.
pub(super) fn health_banner(ui: &mut Ui, cx: &Cx<'_>) {
    if let Health::Failed { since, failure, retries } = &cx.frame.health {
        let strong = cx.say(&text!("overview.no_table_since", time = clock(*since, cx.zone)));
        let text = cx.say(&phrases::poll_failure(failure));
        banner(ui, Tone::Critical, &strong, &text, |ui| {
            let again =
                if *retries { text!("overview.try_now") } else { text!("overview.restart") };
            if button(ui, None, &cx.say(&again)).clicked() {
                cx.send(Command::PollNow);
            }
        });
    }
    if let Some(since) = cx.frame.paused {
        let strong = cx.say(&text!("overview.paused_since", time = clock(since, cx.zone)));
        let text = cx.say(&text!("overview.paused_keeps_gap"));
        banner(ui, Tone::Warning, &strong, &text, |ui| {
            if button(ui, ICON_PLAY_ARROW, &cx.say(&text!("top.resume"))).clicked() {
                cx.send(Command::SetPaused(false));
            }
        });
    }
}

fn waiting(ui: &mut Ui, cx: &Cx<'_>) {
    if !matches!(cx.frame.health, Health::Starting) {
        // The banner says what happened; there is nothing else to show yet.
        return;
    }
    let title = cx.say(&text!("overview.reading"));
    let no_rights = cx.say(&text!("overview.no_rights_needed"));
    empty(ui, ICON_MONITORING, &title, &no_rights, |ui| spinner(ui, &title));
}

#[cfg(test)]
mod tests;
