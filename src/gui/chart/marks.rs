//! What is painted over the lines: breaks by name, events on the top edge, cursors.

use std::sync::Arc;

use eframe::egui::{
    Align2, CornerRadius, Galley, Painter, Pos2, Rect, Sense, Shape, Stroke, Ui, pos2, vec2,
};

use super::seconds;
use crate::analysis::events::Event;
use crate::analysis::history::Break;
use crate::analysis::phrases;
use crate::gui::cx::Cx;
use crate::gui::theme::measure::{Room, radius, space, stroke};
use crate::gui::theme::{Color, Theme, TypeStyle};
use crate::gui::widgets::cut;
use crate::text;
use crate::text::{clock, lasting};

/// The height of the strip above the plot that the events stand in.
pub(super) const STRIP: f32 = 16.0;

/// With less room than this an event has no label, in points.
const LEAST_LABEL: f32 = 60.0;

/// Events so near to each other share a mark.
const TOGETHER: f32 = 7.0;

/// Where the plot lies on the screen, and which times it shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ground {
    pub plot: Rect,
    pub from: f64,
    pub to: f64,
}

impl Ground {
    #[expect(clippy::cast_possible_truncation, reason = "a position on the screen")]
    pub(super) fn x(&self, at: f64) -> f32 {
        let share = (at - self.from) / (self.to - self.from);
        self.plot.left() + (share * f64::from(self.plot.width())) as f32
    }

    pub(super) fn time_at(&self, x: f32) -> f64 {
        let share = f64::from((x - self.plot.left()) / self.plot.width().max(1.0));
        self.from + share * (self.to - self.from)
    }

    fn shows(&self, at: f64) -> bool {
        (self.from..=self.to).contains(&at)
    }
}

/// Writes what each break is and how long it lasted, where there is room.
pub(super) fn break_labels<'a>(
    ui: &Ui,
    cx: &Cx<'_>,
    ground: &Ground,
    breaks: impl Iterator<Item = &'a Break>,
) {
    let theme = Theme::of(ui);
    let painter = ui.painter().with_clip_rect(ground.plot);
    let mut taken = f32::NEG_INFINITY;
    for gap in breaks {
        let to = gap.to.unwrap_or(cx.frame.now);
        let (left, right) = (ground.x(seconds(gap.from)), ground.x(seconds(to)));
        let place = Rect::from_x_y_ranges(left..=right, ground.plot.y_range());
        let place = place.intersect(ground.plot);
        let lasted = to.duration_since(gap.from).unwrap_or_default();
        if place.width() < 20.0 {
            continue;
        }
        let lines = [cx.say(&phrases::cause(gap.cause)), lasting(lasted)];
        let galleys: Vec<Arc<Galley>> = lines
            .into_iter()
            .map(|line| {
                painter.layout_no_wrap(line, TypeStyle::Caption.font(), theme.text.secondary)
            })
            .collect();
        let width = galleys.iter().map(|galley| galley.size().x).fold(0.0, f32::max);
        let label_left = place.center().x - width / 2.0;
        if label_left < taken {
            continue;
        }
        taken = label_left + width + space::S;
        let mut top = place.center().y - TypeStyle::Caption.line();
        for galley in galleys {
            let at = pos2(place.center().x - galley.size().x / 2.0, top);
            painter.galley(at, galley, theme.text.secondary);
            top += TypeStyle::Caption.line();
        }
    }
}

/// Marks events: a triangle on the top edge with what happened, and a dotted line down.
pub(super) fn events(ui: &Ui, cx: &Cx<'_>, ground: &Ground, events: &[Event]) {
    let theme = Theme::of(ui);
    let mut groups: Vec<(f32, Vec<&Event>)> = Vec::new();
    for event in events.iter().filter(|event| ground.shows(seconds(event.at))) {
        let x = ground.x(seconds(event.at));
        match groups.last_mut().filter(|(last, _)| x - last < TOGETHER) {
            Some((_, group)) => group.push(event),
            None => groups.push((x, vec![event])),
        }
    }
    let narrow = Room::of(ui.ctx().content_rect().width()) == Room::Narrow;
    let painter = ui.painter();
    let top = ground.plot.top();
    for (index, (x, group)) in groups.iter().enumerate() {
        let next = groups.get(index + 1).map_or(ground.plot.right(), |(next, _)| next - space::M);
        let x = painter.round_to_pixel_center(*x);
        let triangle = vec![pos2(x - 4.0, top - 9.0), pos2(x + 4.0, top - 9.0), pos2(x, top - 2.0)];
        painter.add(Shape::convex_polygon(triangle, theme.text.secondary, Stroke::NONE));
        let line = [pos2(x, top), pos2(x, ground.plot.bottom())];
        painter.extend(Shape::dotted_line(&line, theme.text.tertiary, 5.0, 0.75));

        let left = x + space::M;
        let labelled = next - left >= LEAST_LABEL && !(narrow && index > 0);
        if let Some(first) = group.first().filter(|_| labelled) {
            let said = cx.say(&phrases::event(&first.what));
            let said = match group.len() - 1 {
                0 => said,
                more => cx.say(&text!("chart.more_events", event = said, n = more)),
            };
            // Up to the next mark; the whole is in the tooltip.
            let label = cut(ui, &said, TypeStyle::Caption, theme.text.secondary, next - left);
            let at = pos2(left, top - STRIP + (STRIP - label.size().y) / 2.0 - 1.0);
            painter.galley(at, label, theme.text.secondary);
        }
        let place = Rect::from_center_size(pos2(x, top - 6.0), vec2(12.0, STRIP));
        let id = ui.scope_id().with(("event", index));
        let lines = group.iter().map(|event| {
            let time = clock(event.at, cx.zone);
            let what = cx.say(&phrases::event(&event.what));
            cx.say(&text!("chart.summary_event", time = time, event = what))
        });
        ui.interact(place, id, Sense::hover()).on_hover_ui(|ui| {
            for line in lines {
                ui.label(line);
            }
        });
    }
}

/// Which of the cursors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CursorKind {
    /// Under the pointer.
    Hovering,
    /// Where the user clicked.
    Pinned,
}

/// Draws a line at a time, a dot on each series, and the time on the axis.
pub(super) fn cursor(
    ui: &Ui,
    ground: &Ground,
    kind: CursorKind,
    at: f64,
    time: String,
    dots: impl Iterator<Item = (f32, Color)>,
) {
    if !ground.shows(at) {
        return;
    }
    let theme = Theme::of(ui);
    let painter = ui.painter();
    let color = match kind {
        CursorKind::Pinned => theme.text.primary,
        CursorKind::Hovering => theme.text.tertiary,
    };
    let x = painter.round_to_pixel_center(ground.x(at));
    painter.vline(x, ground.plot.y_range(), Stroke::new(stroke::HAIRLINE, color));
    for (y, color) in dots {
        painter.circle(pos2(x, y), 3.0, color, Stroke::new(1.0, theme.surface.panel));
    }
    time_box(painter, theme, ground, kind, pos2(x, ground.plot.bottom()), time);
}

/// The time of a cursor, over the labels of the axis.
fn time_box(
    painter: &Painter,
    theme: &Theme,
    ground: &Ground,
    kind: CursorKind,
    foot: Pos2,
    time: String,
) {
    let (fill, text) = match kind {
        CursorKind::Pinned => (theme.text.primary, theme.surface.panel),
        CursorKind::Hovering => (theme.surface.raised, theme.text.primary),
    };
    let galley = painter.layout_no_wrap(time, TypeStyle::Caption.font(), text);
    let size = galley.size() + vec2(2.0 * space::S, 2.0);
    let left = (foot.x - size.x / 2.0)
        .min(ground.plot.right() + space::M - size.x)
        .max(ground.plot.left() - space::M);
    let place = Rect::from_min_size(pos2(left, foot.y + 1.0), size);
    painter.rect_filled(place, CornerRadius::same(radius::BADGE), fill);
    let at = Align2::CENTER_CENTER.anchor_size(place.center(), galley.size());
    painter.galley(at.min, galley, text);
}
