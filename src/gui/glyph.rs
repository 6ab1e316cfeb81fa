//! A TCP state's sign: two bars, and the name beside them.
//!
//! ```text
//!  ####  ours      full: open               CLOSE_WAIT is full over hollow,
//!  ....  theirs    half: SYN or FIN out     FIN_WAIT_2 hollow over full:
//!                  hollow: closed           the two halves of one story
//!                  line: not open yet
//!                  a dot behind: both ends are done
//! ```
//!
//! LISTEN, which has no peer, is a box with a dot. Colour only helps the sign; the name always stands
//! beside it.

use eframe::egui::{
    Align2, CornerRadius, Painter, Pos2, Rect, Response, Role, Sense, Stroke, StrokeKind, Ui,
    WidgetInfo, pos2, vec2,
};

use super::theme::measure::{radius, size, space};
use super::theme::{Color, Theme, TypeStyle, line_style, paint_line};
use crate::model::State;

/// How far one direction of a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bar {
    /// Not open yet, or not there.
    Line,
    /// SYN or FIN out, not acknowledged.
    Half,
    /// Open.
    Full,
    /// Closed.
    Hollow,
}

/// A state's sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    /// Waits for connections: no direction at all.
    Box,
    /// Our direction, the peer's, and whether both ends are done.
    Bars(Bar, Bar, bool),
}

const fn sign(state: State) -> Sign {
    use Bar::{Full, Half, Hollow, Line};
    match state {
        State::Listen => Sign::Box,
        State::SynSent => Sign::Bars(Half, Line, false),
        State::SynReceived => Sign::Bars(Half, Half, false),
        State::Established => Sign::Bars(Full, Full, false),
        State::FinWait1 => Sign::Bars(Half, Full, false),
        State::FinWait2 => Sign::Bars(Hollow, Full, false),
        State::Closing => Sign::Bars(Half, Hollow, true),
        State::TimeWait => Sign::Bars(Hollow, Hollow, true),
        State::CloseWait => Sign::Bars(Full, Hollow, false),
        State::LastAck => Sign::Bars(Half, Hollow, false),
        State::Closed => Sign::Bars(Line, Line, false),
    }
}

/// The side of a sign in a badge, in points.
pub const GLYPH: f32 = 10.0;

/// How wide the sign of a state is, when it is `side` high: the dot stands outside the square.
pub fn glyph_width(state: State, side: f32) -> f32 {
    match sign(state) {
        Sign::Bars(_, _, true) => side * 1.4,
        Sign::Box | Sign::Bars(..) => side,
    }
}

/// Paints a state's sign, `side` high, with its left edge and its middle at `left`.
pub fn paint_glyph(painter: &Painter, left: Pos2, side: f32, state: State, color: Color) {
    // Every edge stands on a pixel at any zoom, and no line is thinner than one.
    let pixel = 1.0 / painter.pixels_per_point();
    let snap = |value: f32| (value / pixel).round() * pixel;
    let scale = side / GLYPH;
    let unit = snap(scale).max(pixel);
    let height = match sign(state) {
        Sign::Box => 10.0 * scale,
        Sign::Bars(..) => 9.0 * scale,
    };
    let top = pos2(snap(left.x), snap(left.y - height / 2.0));
    let at = |x: f32, y: f32, width: f32, height: f32| {
        let edge = |tenths: f32| snap(tenths * scale);
        Rect::from_min_max(
            top + vec2(edge(x), edge(y)),
            top + vec2(edge(x + width), edge(y + height)),
        )
    };
    let frame = Stroke::new(unit, color);
    match sign(state) {
        Sign::Box => {
            let round = (2.0 * unit).min(4.0);
            painter.rect_stroke(at(0.0, 0.0, 10.0, 10.0), round, frame, StrokeKind::Inside);
            painter.rect_filled(at(3.0, 3.0, 4.0, 4.0), 2.0 * unit, color);
        }
        Sign::Bars(ours, theirs, done) => {
            for (bar, y, own) in [(ours, 0.0, true), (theirs, 5.0, false)] {
                let whole = at(0.0, y, 10.0, 4.0);
                match bar {
                    Bar::Line => {
                        let y = if own { 1.0 } else { 7.0 };
                        painter.rect_filled(at(0.0, y, 10.0, 1.0), 0.0, color);
                    }
                    Bar::Full => {
                        painter.rect_filled(whole, unit, color);
                    }
                    Bar::Hollow => {
                        painter.rect_stroke(whole, unit, frame, StrokeKind::Inside);
                    }
                    Bar::Half => {
                        painter.rect_stroke(whole, unit, frame, StrokeKind::Inside);
                        // What we send starts at the left, what the peer sends at the right.
                        let x = if own { 0.0 } else { 5.0 };
                        painter.rect_filled(at(x, y, 5.0, 4.0), unit, color);
                    }
                }
            }
            if done {
                painter.rect_filled(at(11.0, 3.0, 3.0, 3.0), 1.5 * unit, color);
            }
        }
    }
}

/// What a badge stands for now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadgeKind {
    /// As it is.
    Present,
    /// As it was when the table could last be read: without the fill.
    Old,
}

/// A state's badge: its sign and its name on its fill. The accessible name is the state's.
pub fn badge(ui: &mut Ui, state: State) -> Response {
    badge_of(ui, state, BadgeKind::Present)
}

/// A state's badge, present or old.
pub fn badge_of(ui: &mut Ui, state: State, kind: BadgeKind) -> Response {
    let wanted = badge_size(ui.painter(), state);
    let (rect, response) = ui.allocate_exact_size(wanted, Sense::hover());
    if ui.is_rect_visible(rect) {
        paint_badge(ui.painter(), Theme::of(ui), rect.left_center(), state, kind);
    }
    response.widget_info(|| WidgetInfo::labeled(Role::Label, ui.is_enabled(), state.name()));
    response
}

/// How large a state's badge is, in points.
pub fn badge_size(painter: &Painter, state: State) -> eframe::egui::Vec2 {
    let name = painter.layout_no_wrap(
        state.name().to_owned(),
        TypeStyle::MonoBadge.font(),
        super::theme::NONE,
    );
    let width = BADGE_PAD + glyph_width(state, GLYPH) + space::S + name.size().x + space::S;
    vec2(width.ceil(), size::BADGE)
}

/// Capitals of the mono font stand half a point too low when its row is centred on whole pixels.
const MONO_LIFT: f32 = -0.5;

/// The space left of a badge's sign.
const BADGE_PAD: f32 = 5.0;

/// Paints a state's badge with its left edge and its middle at `left`, for what is no widget of its own.
pub fn paint_badge(painter: &Painter, theme: &Theme, left: Pos2, state: State, kind: BadgeKind) {
    let colors = theme.state(state);
    let rect = Align2::LEFT_CENTER.anchor_size(left, badge_size(painter, state));
    let corner = CornerRadius::same(radius::BADGE);
    match kind {
        BadgeKind::Present => {
            painter.rect_filled(rect, corner, colors.fill);
        }
        BadgeKind::Old => {
            let frame = Stroke::new(1.0, colors.edge);
            painter.rect_stroke(rect, corner, frame, StrokeKind::Inside);
        }
    }
    let start = rect.left_center() + vec2(BADGE_PAD, 0.0);
    paint_glyph(painter, start, GLYPH, state, colors.text);
    painter.text(
        start + vec2(glyph_width(state, GLYPH) + space::S, MONO_LIFT),
        Align2::LEFT_CENTER,
        state.name(),
        TypeStyle::MonoBadge.font(),
        colors.text,
    );
}

/// The width of a line's sample: whole dashes and gaps of every kind, 1 of 16, 2 of 8, 4 of 4.
const SAMPLE: f32 = 16.0 * std::f32::consts::GOLDEN_RATIO - 0.01;

/// Paints a piece of a state's line as the chart draws it, from `left` on. The name stands beside it.
pub fn paint_line_sample(ui: &Ui, state: State, left: Pos2) {
    let mark = Theme::of(ui).state(state).mark;
    paint_line(ui.painter(), &[left, left + vec2(SAMPLE, 0.0)], line_style(state), mark);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_states_share_a_sign() {
        for (index, one) in State::ALL.into_iter().enumerate() {
            for other in &State::ALL[index + 1..] {
                assert_ne!(sign(one), sign(*other), "{one} {other}");
            }
        }
    }
}
