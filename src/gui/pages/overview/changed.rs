//! What changed around the pinned moment.

use std::sync::Arc;
use std::time::SystemTime;

use eframe::egui::{Align2, Context, Role, ScrollArea, Sense, Ui, WidgetInfo, pos2, vec2};
use egui_material_icons::icons::{ICON_CLOSE, ICON_HISTORY};

use crate::analysis::moment::{Change, Moment, Rows};
use crate::analysis::phrases;
use crate::gui::cx::Cx;
use crate::gui::glyph::{BadgeKind, badge_size, paint_badge};
use crate::gui::task::{Lost, Task};
use crate::gui::theme::measure::{size, space};
use crate::gui::theme::{Theme, TypeStyle};
use crate::gui::widgets::{Card, cut, empty, icon_button};
use crate::monitor::Wake;
use crate::text;
use crate::text::{Text, clock, lasting, signed, thousands};

/// What changed around the pinned moment. It is looked for on a thread, since every row is gone through, and again
/// as long as time around the moment is still being sampled; after that the rows that tell whose sockets changed
/// only get fewer.
#[derive(Default)]
pub(super) struct Changed {
    pinned: Option<SystemTime>,
    found: Option<Found>,
    search: Option<Search>,
}

struct Found {
    of: Subject,
    /// None where there is nothing to compare; else why it could not be looked for.
    moment: Result<Option<Moment>, Text>,
}

struct Search {
    of: Subject,
    task: Task<Option<Moment>>,
}

/// What is looked for: around which moment, in which frame.
#[derive(Clone, Copy)]
struct Subject {
    at: SystemTime,
    generation: u64,
    /// Whether no later frame can tell more.
    settled: bool,
}

impl Changed {
    /// Looks for what changed, if need be.
    pub(super) fn update(&mut self, ctx: &Context, cx: &Cx<'_>, pinned: Option<SystemTime>) {
        self.pinned = pinned;
        self.found.take_if(|found| Some(found.of.at) != pinned);
        if let Some(search) = &mut self.search
            && let Some(result) = search.task.take()
        {
            let of = search.of;
            self.search = None;
            if Some(of.at) == pinned {
                self.found = Some(Found { of, moment: result.map_err(Lost::text) });
            }
        }
        let Some(at) = pinned else { return };
        let stands = self
            .found
            .as_ref()
            .is_some_and(|found| found.of.settled || found.of.generation == cx.frame.generation);
        if stands || self.search.is_some() {
            return;
        }
        let frame = Arc::clone(cx.frame);
        let settled = Moment::is_settled(&frame.history, at);
        let of = Subject { at, generation: frame.generation, settled };
        let wake: Wake = {
            let ctx = ctx.clone();
            Arc::new(move || ctx.request_repaint())
        };
        let task = Task::start("moment", &wake, move || {
            let rows = frame.snapshot.as_deref().map(|snapshot| Rows {
                snapshot,
                tracks: &frame.tracks,
                vanished: &frame.vanished,
            });
            Moment::around(&frame.history, rows, at)
        });
        self.search = Some(Search { of, task });
    }

    /// Draws the card over all the space there is. Gives whether the pin is to be taken away.
    pub(super) fn ui(&self, ui: &mut Ui, cx: &Cx<'_>) -> bool {
        let title = match self.pinned {
            Some(at) => cx.say(&text!("changed.title_at", time = clock(at, cx.zone))),
            None => cx.say(&text!("changed.title")),
        };
        let found = self.found.as_ref().map(|found| &found.moment);
        let moment = found.and_then(|found| found.as_ref().ok()?.as_ref());
        let within = moment
            .map(|moment| cx.say(&text!("changed.within", time = lasting(moment.span()))))
            .unwrap_or_default();
        let mut unpin = false;
        Card::new(&title).note(&within).flush().height(ui.available_height()).show(
            ui,
            |ui| {
                if self.pinned.is_some() {
                    let name = cx.say(&text!("changed.unpin"));
                    unpin = icon_button(ui, ICON_CLOSE, &name).clicked();
                }
            },
            |ui| self.body(ui, cx, moment),
        );
        unpin
    }

    fn body(&self, ui: &mut Ui, cx: &Cx<'_>, moment: Option<&Moment>) {
        let nothing = match self.found.as_ref().map(|found| &found.moment) {
            None if self.pinned.is_some() => return,
            None => Some((text!("changed.none_pinned"), text!("changed.none_pinned_text"))),
            Some(Err(why)) => Some((text!("changed.failed"), why.clone())),
            Some(Ok(None)) => {
                Some((text!("changed.not_sampled"), text!("changed.not_sampled_text")))
            }
            Some(Ok(Some(moment))) if moment.changes.is_empty() => {
                Some((text!("changed.nothing"), text!("changed.nothing_text")))
            }
            Some(Ok(Some(_))) => None,
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
