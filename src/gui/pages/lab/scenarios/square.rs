//! An attempt as a square: what became of it, by a mark of its own.

use eframe::egui::{CornerRadius, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, pos2, vec2};

use crate::gui::glyph::{glyph_width, paint_glyph};
use crate::gui::theme::Theme;
use crate::gui::theme::measure::stroke;
use crate::lab::Attempt;
use crate::model::State;

/// The side of a square, and how far the next one is, in points.
pub(super) const SIDE: f32 = 14.0;
pub(super) const PITCH: f32 = 17.5;

/// How many stand in a row.
pub(super) const IN_A_ROW: usize = 10;

/// How much of a square its mark takes.
const MARK: f32 = 0.62;

/// Paints all attempts of a habit from `top` on, ten in a row.
pub(super) fn paint_attempts(painter: &Painter, theme: &Theme, top: Pos2, attempts: &[Attempt]) {
    let mut at = top;
    for row in attempts.chunks(IN_A_ROW) {
        at.x = top.x;
        for attempt in row {
            paint_square(painter, theme, at, attempt);
            at.x += PITCH;
        }
        at.y += PITCH;
    }
}

/// Paints one with its upper left corner at `at`.
pub(super) fn paint_square(painter: &Painter, theme: &Theme, at: Pos2, attempt: &Attempt) {
    let pixels = painter.pixels_per_point();
    let at = pos2((at.x * pixels).round(), (at.y * pixels).round()) / pixels;
    let rect = Rect::from_min_size(at, vec2(SIDE, SIDE));
    let corner = CornerRadius::same(3);
    let framed = |fill, frame| {
        let frame = Stroke::new(stroke::HAIRLINE, frame);
        painter.rect(rect, corner, fill, frame, StrokeKind::Inside);
    };
    match attempt {
        Attempt::Pending => framed(theme.surface.panel, theme.stroke.normal),
        Attempt::CloseWait => {
            let mark = theme.state(State::CloseWait).mark;
            painter.rect_filled(rect, corner, mark);
            let side = SIDE * MARK;
            let left = rect.center().x - glyph_width(State::CloseWait, side) / 2.0;
            let left = pos2(left, rect.center().y);
            paint_glyph(painter, left, side, State::CloseWait, theme.text_on(mark));
        }
        Attempt::Closed => {
            let fill = theme.severity.fine.stroke;
            painter.rect_filled(rect, corner, fill);
            let hook = [vec2(-3.0, 0.2), vec2(-1.0, 2.4), vec2(3.2, -2.2)];
            let hook = hook.map(|step| rect.center() + step).to_vec();
            painter.add(Shape::line(hook, Stroke::new(1.6, theme.text_on(fill))));
        }
        Attempt::Failed { .. } => {
            let colors = &theme.severity.critical;
            framed(colors.fill, colors.stroke);
            let (center, pen) = (rect.center(), Stroke::new(1.4, colors.text));
            for reach in [vec2(2.6, 2.6), vec2(2.6, -2.6)] {
                painter.line_segment([center - reach, center + reach], pen);
            }
        }
        // A descriptor without a row: a frame with nothing but a ring in it.
        Attempt::Kept => {
            let colors = &theme.severity.warning;
            framed(colors.fill, colors.stroke);
            painter.circle_stroke(rect.center(), 2.6, Stroke::new(1.4, colors.text));
        }
    }
}
