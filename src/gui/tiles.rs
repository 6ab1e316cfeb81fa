//! The tiles of Overview: a state's count, its trend, its course.

use std::time::{Duration, SystemTime};

use eframe::egui::{
    Align2, CornerRadius, Rect, Role, Sense, Stroke, StrokeKind, Ui, UiBuilder, WidgetInfo, pos2,
    vec2,
};

use super::cx::{Command, Cx};
use super::glyph::{GLYPH, glyph_width, paint_glyph};
use super::theme::measure::{Room, radius, size, space, stroke};
use super::theme::{Theme, TypeStyle};
use super::widgets::{focus_ring, sparkline};
use crate::analysis::filter::state_term;
use crate::analysis::history::Sample;
use crate::model::State;
use crate::text;
use crate::text::{rate, thousands};

/// How far back a trend looks.
const TREND: Duration = Duration::from_mins(1);

/// How far back a sparkline goes.
const SPARKLINE: Duration = Duration::from_mins(5);

/// Draws a row of tiles: as many states as there is room for have one each, the others share one.
pub fn ui(ui: &mut Ui, cx: &Cx<'_>) {
    let (own, height) = match Room::of(ui.ctx().content_rect().width()) {
        Room::Narrow => (3, size::STATE_TILE_NARROW),
        Room::Usual => (6, size::STATE_TILE),
        Room::Wide => (State::COUNT, size::STATE_TILE),
    };
    let (tiled, listed) = State::SHOWN.split_at(own);
    let count = own + usize::from(!listed.is_empty());
    let count = f32::from(u8::try_from(count).unwrap_or(u8::MAX));
    let width = ((ui.available_width() - space::M * (count - 1.0)) / count).floor();
    let (row, _) = ui.allocate_exact_size(vec2(ui.available_width(), height), Sense::hover());
    let mut place = Rect::from_min_size(row.min, vec2(width, height));
    for state in tiled {
        tile(ui, cx, *state, place);
        place = place.translate(vec2(width + space::M, 0.0));
    }
    if !listed.is_empty() {
        // What rounding left over goes to the last one.
        list_tile(ui, cx, listed, place.with_max_x(row.right()));
    }
}

/// One state. A click shows its sockets.
fn tile(ui: &mut Ui, cx: &Cx<'_>, state: State, rect: Rect) {
    let theme = Theme::of(ui);
    let colors = theme.state(state);
    let count = cx.frame.counts[state];
    let trend = cx.frame.history.per_minute(state, TREND);
    let response = ui.interact(rect, ui.scope_id().with(("tile", state)), Sense::click());
    let frame = if response.hovered() { colors.edge } else { theme.stroke.subtle };
    paint_frame(ui, rect, frame);
    if response.has_focus() {
        focus_ring(ui.painter(), theme, rect, radius::CARD);
    }

    let left = rect.left() + 10.0;
    let painter = ui.painter();
    let head = pos2(left, rect.top() + 17.0);
    paint_glyph(painter, head, GLYPH, state, colors.mark);
    let name = pos2(head.x + glyph_width(state, GLYPH) + space::S, head.y);
    let font = TypeStyle::MonoBadge.font();
    painter.text(name, Align2::LEFT_CENTER, state.name(), font, colors.text);
    let number = painter.text(
        pos2(left, rect.top() + 41.0),
        Align2::LEFT_CENTER,
        thousands(count.into()),
        TypeStyle::Count.font(),
        if count == 0 { theme.text.tertiary } else { theme.text.primary },
    );
    let trend_text = match trend {
        None => String::new(),
        Some(0) if count == 0 => cx.say(&text!("overview.none_now")),
        Some(0) => cx.say(&text!("overview.steady")),
        Some(per_minute) => rate(per_minute),
    };
    painter.text(
        pos2(number.right() + space::M, rect.top() + 43.0),
        Align2::LEFT_CENTER,
        trend_text,
        TypeStyle::Dense.font(),
        theme.text.secondary,
    );
    course(ui, cx, state, rect);

    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, spoken(cx, state, trend)));
    let hint = cx.say(&text!("overview.show_sockets", state = state.name()));
    if response.on_hover_text(hint).clicked() {
        cx.send(Command::ShowSockets(state_term(state)));
    }
}

fn course(ui: &mut Ui, cx: &Cx<'_>, state: State, tile: Rect) {
    let now = cx.frame.now;
    let samples: Vec<&Sample> =
        cx.frame.history.since(now.checked_sub(SPARKLINE).unwrap_or(now)).collect();
    let Some(first) = samples.first() else { return };
    let seconds = |from: SystemTime, to: SystemTime| {
        to.duration_since(from).unwrap_or_default().as_secs_f32()
    };
    let whole = seconds(first.at, now).max(1.0);
    #[expect(clippy::cast_precision_loss, reason = "it is a few dozen points high")]
    let point =
        |sample: &&Sample| (seconds(first.at, sample.at) / whole, sample.counts[state] as f32);
    let segments: Vec<Vec<(f32, f32)>> = samples
        .chunk_by(|_, after| !after.parted)
        .map(|segment| segment.iter().map(point).collect())
        .collect();
    let place =
        Rect::from_min_max(pos2(tile.left() + 1.0, tile.top() + 57.0), tile.max - vec2(1.0, 1.0));
    ui.scope_builder(UiBuilder::new().max_rect(place), |ui| {
        sparkline(ui, place.size(), &segments, Theme::of(ui).state(state).mark);
    });
}

/// `CLOSE_WAIT, 1 704 sockets, +38 / min`.
fn spoken(cx: &Cx<'_>, state: State, trend: Option<i64>) -> String {
    let sockets = cx.say(&text!("count.sockets", n = cx.frame.counts[state]));
    cx.say(&match trend {
        None => text!("overview.tile", state = state.name(), sockets = sockets),
        Some(0) => text!("overview.tile_steady", state = state.name(), sockets = sockets),
        Some(per_minute) => text!(
            "overview.tile_changing",
            state = state.name(),
            sockets = sockets,
            rate = rate(per_minute)
        ),
    })
}

/// The states that have no tile of their own.
fn list_tile(ui: &Ui, cx: &Cx<'_>, states: &[State], rect: Rect) {
    let theme = Theme::of(ui);
    paint_frame(ui, rect, theme.stroke.subtle);
    // Where there is no room for all, the last ones share a line.
    let lines: u8 = if rect.height() < size::STATE_TILE { 4 } else { 5 };
    let whole =
        if states.len() > usize::from(lines) { usize::from(lines) - 1 } else { states.len() };
    let (listed, shared) = states.split_at(whole);
    let step = (rect.height() - 2.0 * space::S) / f32::from(lines);
    let width = rect.width() - 2.0 * space::M;
    let mut row = Rect::from_min_size(rect.min + vec2(space::M, space::S), vec2(width, step));
    for state in listed {
        list_line(ui, cx, *state, row);
        row = row.translate(vec2(0.0, step));
    }
    if !shared.is_empty() {
        let sum: u32 = shared.iter().map(|state| cx.frame.counts[*state]).sum();
        let label = cx.say(&text!("overview.more_states", n = shared.len()));
        let font = TypeStyle::Caption.font();
        let (painter, color) = (ui.painter(), theme.text.tertiary);
        painter.text(row.left_center(), Align2::LEFT_CENTER, label, font.clone(), color);
        let sum = thousands(sum.into());
        painter.text(row.right_center(), Align2::RIGHT_CENTER, sum, font, color);
    }
}

fn list_line(ui: &Ui, cx: &Cx<'_>, state: State, row: Rect) {
    let theme = Theme::of(ui);
    let count = cx.frame.counts[state];
    let response = ui.interact(row, ui.scope_id().with(("tile", state)), Sense::click());
    let painter = ui.painter();
    if response.hovered() || response.has_focus() {
        let around = row.expand2(vec2(space::XS, 0.0));
        painter.rect_filled(around, CornerRadius::same(radius::GAUGE), theme.surface.hover);
    }
    let (mark, name, number) = if count == 0 {
        (theme.text.tertiary, theme.text.tertiary, theme.text.tertiary)
    } else {
        (theme.state(state).mark, theme.state(state).text, theme.text.primary)
    };
    paint_glyph(painter, row.left_center(), GLYPH, state, mark);
    let left = row.left_center() + vec2(22.0, 0.0);
    painter.text(left, Align2::LEFT_CENTER, state.name(), TypeStyle::Diagram.font(), name);
    let (count, font) = (thousands(count.into()), TypeStyle::DenseStrong.font());
    painter.text(row.right_center(), Align2::RIGHT_CENTER, count, font, number);
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, spoken(cx, state, None)));
    if response.clicked() {
        cx.send(Command::ShowSockets(state_term(state)));
    }
}

fn paint_frame(ui: &Ui, rect: Rect, frame: super::theme::Color) {
    ui.painter().rect(
        rect,
        CornerRadius::same(radius::CARD),
        Theme::of(ui).surface.panel,
        Stroke::new(stroke::HAIRLINE, frame),
        StrokeKind::Inside,
    );
}
