//! What changed around the pinned moment.

use std::time::SystemTime;

use eframe::egui::{Align2, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};
use egui_material_icons::icons::{ICON_CLOSE, ICON_HISTORY};

use crate::analysis::moment::{Change, Moment, Rows};
use crate::analysis::phrases;
use crate::gui::cx::Cx;
use crate::gui::glyph::{BadgeKind, badge_size, paint_badge};
use crate::gui::theme::measure::{size, space};
use crate::gui::theme::{Theme, TypeStyle};
use crate::gui::widgets::{Card, cut, empty, icon_button};
use crate::text;
use crate::text::{clock, lasting, signed, thousands};

/// What was found around the pinned moment. It is looked for again as long as time around it is still being
/// sampled; after that the rows that tell whose sockets changed only get fewer.
#[derive(Default)]
pub(super) struct Changed {
    found: Option<Found>,
}

struct Found {
    at: SystemTime,
    generation: u64,
    /// None where there is nothing to compare.
    moment: Option<Moment>,
}

impl Changed {
    /// Looks for what changed, if need be.
    pub(super) fn update(&mut self, cx: &Cx<'_>, pinned: Option<SystemTime>) {
        let Some(at) = pinned else {
            self.found = None;
            return;
        };
        let frame = cx.frame;
        let stands = self.found.as_ref().is_some_and(|found| {
            let complete = found.moment.as_ref().is_some_and(|moment| moment.is_complete(at));
            found.at == at && (complete || found.generation == frame.generation)
        });
        if !stands {
            let rows = frame.snapshot.as_deref().map(|snapshot| Rows {
                snapshot,
                tracks: &frame.tracks,
                vanished: &frame.vanished,
            });
            let moment = Moment::around(&frame.history, rows, at);
            self.found = Some(Found { at, generation: frame.generation, moment });
        }
    }

    /// Draws the card over all the space there is. Gives whether the pin is to be taken away.
    pub(super) fn ui(&self, ui: &mut Ui, cx: &Cx<'_>) -> bool {
        let title = match &self.found {
            Some(found) => cx.say(&text!("changed.title_at", time = clock(found.at, cx.zone))),
            None => cx.say(&text!("changed.title")),
        };
        let moment = self.found.as_ref().and_then(|found| found.moment.as_ref());
        let within = moment
            .map(|moment| cx.say(&text!("changed.within", time = lasting(moment.span()))))
            .unwrap_or_default();
        let mut unpin = false;
        Card::new(&title).note(&within).flush().height(ui.available_height()).show(
            ui,
            |ui| {
                if self.found.is_some() {
                    let name = cx.say(&text!("changed.unpin"));
                    unpin = icon_button(ui, ICON_CLOSE, &name).clicked();
                }
            },
            |ui| self.body(ui, cx, moment),
        );
        unpin
    }

    fn body(&self, ui: &mut Ui, cx: &Cx<'_>, moment: Option<&Moment>) {
        let nothing = match (&self.found, moment) {
            (None, _) => Some((text!("changed.none_pinned"), text!("changed.none_pinned_text"))),
            (_, None) => Some((text!("changed.not_sampled"), text!("changed.not_sampled_text"))),
            (_, Some(moment)) if moment.changes.is_empty() => {
                Some((text!("changed.nothing"), text!("changed.nothing_text")))
            }
            _ => None,
        };
        if let Some((title, text)) = nothing {
            empty(ui, ICON_HISTORY, &cx.say(&title), &cx.say(&text), |_| ());
            return;
        }
        let Some(moment) = moment else { return };
        ui.spacing_mut().item_spacing.y = 0.0;
        // Whose sockets it were stands beside the state where there is room, else below it.
        let two_lines = ui.available_width() < 560.0;
        let height =
            if two_lines { 2.0 * TypeStyle::Dense.line() + space::M } else { size::TABLE_ROW };
        ScrollArea::vertical().auto_shrink(false).show_rows(
            ui,
            height,
            moment.changes.len(),
            |ui, range| {
                for change in moment.changes.get(range).unwrap_or_default() {
                    row(ui, cx, change, height, two_lines);
                }
            },
        );
    }
}

fn row(ui: &mut Ui, cx: &Cx<'_>, change: &Change, height: f32, two_lines: bool) {
    let theme = Theme::of(ui);
    let (rect, response) =
        ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    let inner = rect.shrink2(vec2(space::L, 0.0));
    let line = inner.top() + size::TABLE_ROW / 2.0;
    let painter = ui.painter();
    let (from, to) = (thousands(change.from.into()), thousands(change.to.into()));
    let difference = signed(change.difference());
    painter.text(
        pos2(inner.left() + 44.0, line),
        Align2::RIGHT_CENTER,
        &difference,
        TypeStyle::DenseStrong.font(),
        theme.text.primary,
    );
    let badge = pos2(inner.left() + 44.0 + space::L, line);
    paint_badge(painter, theme, badge, change.state, BadgeKind::Present);
    let behind = badge.x + badge_size(painter, change.state).x + space::L;
    let counts = painter.text(
        pos2(behind, line),
        Align2::LEFT_CENTER,
        format!("{from} → {to}"),
        TypeStyle::Dense.font(),
        theme.text.secondary,
    );
    let who = change.who.as_ref().map(|who| match &who.towards {
        Some(towards) => cx.say(&text!(
            "changed.towards",
            owner = who.owner.clone(),
            towards = phrases::towards(towards)
        )),
        None => cx.say(&who.owner),
    });
    let mut is_cut = false;
    if let Some(who) = &who {
        let left = if two_lines { badge.x } else { counts.right().max(behind + 76.0) + space::L };
        let middle = if two_lines { line + TypeStyle::Dense.line() } else { line };
        let room = inner.right() - left;
        let galley = cut(ui, who, TypeStyle::Dense, theme.text.secondary, room);
        is_cut = galley.elided;
        // An address is never cut: where the whole does not fit it stands alone, and the tooltip has the rest.
        let towards = change.who.as_ref().and_then(|who| who.towards).filter(|_| is_cut);
        let galley = towards.map_or(galley, |towards| {
            let towards = cx.say(&phrases::towards(&towards));
            ui.painter().layout_no_wrap(towards, TypeStyle::Dense.font(), theme.text.secondary)
        });
        let top = middle - galley.size().y / 2.0;
        ui.painter().galley(pos2(left, top), galley, theme.text.secondary);
    }
    response.widget_info(|| {
        let row = text!(
            "changed.row",
            state = change.state.name(),
            difference = difference.as_str(),
            from = from.as_str(),
            to = to.as_str()
        );
        let said = match &who {
            Some(who) => text!("changed.row_who", row = row, who = who.as_str()),
            None => row,
        };
        WidgetInfo::labeled(Role::Label, true, cx.say(&said))
    });
    if let Some(who) = who.filter(|_| is_cut) {
        response.on_hover_text(who);
    }
}
