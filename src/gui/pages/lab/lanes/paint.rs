//! How the lanes are painted.

use std::sync::Arc;
use std::time::Duration;

use eframe::egui::{Align2, CornerRadius, Galley, Pos2, Rect, Shape, Stroke, Ui, pos2, vec2};

use crate::gui::cx::Cx;
use crate::gui::glyph::{GLYPH, glyph_width, paint_glyph};
use crate::gui::pages::lab::run::seconds;
use crate::gui::pages::lab::track::{Sent, Track, Transfer};
use crate::gui::theme::measure::{radius, space, stroke};
use crate::gui::theme::{Color, Theme, TypeStyle};
use crate::model::State;
use crate::model::lab::End;
use crate::text;
use crate::text::bytes;

/// The heights, from top to bottom: names of calls, ticks, lane, between, lane, ticks, names of calls, axis.
const LABEL: f32 = 13.0;
pub(super) const TICK: f32 = 7.0;
const LANE: f32 = 23.0;
const BETWEEN: f32 = 25.0;
const AXIS: f32 = 17.0;
pub(super) const HEIGHT: f32 = 2.0 * (LABEL + TICK + LANE) + BETWEEN + AXIS;

/// The coloured line on top of a piece of a lane, and the least width of a piece.
const MARK: f32 = 3.0;
const SLIVER: f32 = 3.0;

/// Between two labels that stand in one line.
pub(super) const APART: f32 = 6.0;

/// The least width between two numbers of the axis.
const PITCH: f32 = 90.0;

/// Dash and gap of what was not seen itself.
const DOTS: (f32, f32) = (2.0, 3.0);
/// Dash and gap of a transfer.
const DASHES: (f32, f32) = (4.0, 3.0);

/// Which time stands where.
#[derive(Clone, Copy, Debug)]
pub(super) struct Axis {
    pub(super) from: Duration,
    pub(super) span: Duration,
    pub(super) room: Rect,
}

impl Axis {
    pub(super) fn x(&self, time: Duration) -> f32 {
        let span = self.span.as_secs_f64();
        let share = (time.as_secs_f64() - self.from.as_secs_f64()) / span;
        #[expect(clippy::cast_possible_truncation, reason = "a place on the screen")]
        let along = share as f32 * self.room.width();
        self.room.left() + along
    }

    /// The time at this place.
    pub(super) fn time(&self, x: f32) -> Duration {
        let share = ((x - self.room.left()) / self.room.width()).clamp(0.0, 1.0);
        self.from + self.span.mul_f32(share)
    }

    /// How long a few points are: what is so near belongs to a place that is pointed at.
    pub(super) fn reach(&self) -> Duration {
        self.span.mul_f32((4.0 / self.room.width()).clamp(0.0, 1.0))
    }

    /// Between two numbers of the axis: 1, 2 or 5 of a power of ten, in milliseconds.
    fn step(&self) -> u64 {
        let least = self.span.mul_f32(PITCH / self.room.width().max(1.0));
        let steps = (0..10).flat_map(|power| [1, 2, 5].map(|step| step * 10_u64.pow(power)));
        let mut enough = steps.skip_while(|step| Duration::from_millis(*step) < least);
        enough.next().unwrap_or(u64::MAX)
    }
}

/// The line at a time.
pub(super) struct Cursor {
    x: f32,
    number: Arc<Galley>,
    /// Where the number stands.
    pub(super) place: Rect,
}

pub(super) struct Painting<'a> {
    pub(super) theme: &'static Theme,
    pub(super) axis: Axis,
    pub(super) track: &'a Track,
    pub(super) present: Duration,
    pub(super) alive: bool,
}

/// The width of the column with the ends' names.
pub(super) fn names_width(ui: &Ui, cx: &Cx<'_>, names: &[String; 2], inferred: [bool; 2]) -> f32 {
    let theme = Theme::of(ui);
    let width = |text: &str, style: TypeStyle| {
        ui.painter().layout_no_wrap(text.to_owned(), style.font(), theme.text.primary).size().x
    };
    let word = cx.say(&text!("lab_bench_page.inferred"));
    let word = if inferred.contains(&true) { width(&word, TypeStyle::Caption) } else { 0.0 };
    let names = names.iter().map(|name| width(name, TypeStyle::DenseStrong)).fold(word, f32::max);
    (names + space::L).ceil()
}

impl Painting<'_> {
    pub(super) fn lane(&self, end: End) -> Rect {
        let first = self.axis.room.top() + LABEL + TICK;
        let top = if end == End::Client { first } else { first + LANE + BETWEEN };
        Rect::from_min_size(pos2(self.axis.room.left(), top), vec2(self.axis.room.width(), LANE))
    }

    pub(super) fn names(&self, ui: &Ui, cx: &Cx<'_>, rect: Rect, names: &[String; 2]) {
        for (end, name) in End::ALL.into_iter().zip(names) {
            let at = pos2(rect.left(), self.lane(end).center().y);
            let inferred = self.track.inferred[end as usize];
            let up = if inferred { vec2(0.0, -7.0) } else { vec2(0.0, 0.0) };
            let (font, color) = (TypeStyle::DenseStrong.font(), self.theme.text.primary);
            ui.painter().text(at + up, Align2::LEFT_CENTER, name, font, color);
            if inferred {
                let word = cx.say(&text!("lab_bench_page.inferred"));
                let (font, color) = (TypeStyle::Caption.font(), self.theme.text.secondary);
                ui.painter().text(at - up, Align2::LEFT_CENTER, word, font, color);
            }
        }
    }

    /// The axis, whose numbers leave `taken` free.
    pub(super) fn axis(&self, ui: &Ui, taken: Option<Rect>) {
        let painter = ui.painter();
        let room = self.axis.room;
        let step = self.axis.step();
        let first = u64::try_from(self.axis.from.as_millis()).unwrap_or(0).div_ceil(step);
        let line = Stroke::new(stroke::HAIRLINE, self.theme.stroke.subtle);
        for number in first.. {
            let millis = number * step;
            let time = Duration::from_millis(millis);
            if time > self.axis.from + self.axis.span {
                break;
            }
            let x = painter.round_to_pixel_center(self.axis.x(time));
            painter.vline(x, room.top() + LABEL..=room.bottom() - AXIS, line);
            let text = if millis == 0 {
                "0".to_owned()
            } else if step >= 1_000 {
                format!("{}\u{2009}s", millis / 1_000)
            } else {
                let digits = if step >= 100 { 1 } else { 3 };
                format!("{:.digits$}\u{2009}s", time.as_secs_f64())
            };
            let at = pos2(x, room.bottom() - AXIS / 2.0 + 1.0);
            let (font, color) = (TypeStyle::Caption.font(), self.theme.text.tertiary);
            let text = painter.layout_no_wrap(text, font, color);
            let place = Align2::CENTER_CENTER.anchor_size(at, text.size());
            if taken.is_none_or(|taken| !taken.expand(space::XS).intersects(place)) {
                painter.galley(place.min, text, color);
            }
        }
    }

    pub(super) fn lanes(&self, ui: &Ui, cx: &Cx<'_>) {
        for end in End::ALL {
            let lane = self.lane(end);
            let end_of_run = self.axis.x(self.present).min(lane.right());
            let segments = &self.track.lanes[end as usize];
            let mut left = lane.left();
            for (index, segment) in segments.iter().enumerate() {
                let next =
                    segments.get(index + 1).map_or(end_of_run, |next| self.axis.x(next.from));
                let from = self.axis.x(segment.from).max(left);
                if next < lane.left() || from > lane.right() {
                    continue;
                }
                let to = next.max(from + SLIVER).min(lane.right());
                left = to;
                let place = Rect::from_x_y_ranges(from..=to, lane.y_range());
                match segment.state {
                    None => self.no_row(ui, cx, place),
                    Some(state) => self.piece(ui, place, state, self.track.inferred[end as usize]),
                }
            }
        }
    }

    fn piece(&self, ui: &Ui, place: Rect, state: State, inferred: bool) {
        let painter = ui.painter();
        let colors = self.theme.state(state);
        let top = place.with_max_y(place.top() + MARK);
        let corner = CornerRadius { sw: 3, se: 3, ..CornerRadius::ZERO };
        if inferred {
            let corners = [
                place.left_top(),
                place.right_top(),
                place.right_bottom(),
                place.left_bottom(),
                place.left_top(),
            ];
            let line = Stroke::new(stroke::LINE, colors.mark);
            painter.extend(Shape::dashed_line(&corners, line, DOTS.0, DOTS.1));
        } else {
            painter.rect_filled(place, corner, colors.fill);
            painter.rect_filled(top, CornerRadius::ZERO, colors.mark);
        }
        let sign = glyph_width(state, GLYPH) + space::S;
        let font = TypeStyle::MonoBadge.font();
        let name = painter.layout_no_wrap(state.name().to_owned(), font, colors.text);
        if space::M + sign + name.size().x + space::XS > place.width() {
            return;
        }
        let left = pos2(place.left() + space::M, place.center().y + MARK / 2.0);
        paint_glyph(painter, left, GLYPH, state, colors.text);
        let at = Align2::LEFT_CENTER.anchor_size(left + vec2(sign, -0.5), name.size());
        painter.galley(at.min, name, colors.text);
    }

    fn no_row(&self, ui: &Ui, cx: &Cx<'_>, place: Rect) {
        let painter = ui.painter();
        let color = self.theme.text.tertiary;
        let word = cx.say(&text!("lab_bench_page.no_row"));
        let word = painter.layout_no_wrap(word, TypeStyle::Caption.font(), color);
        let mut line = [place.left_center(), place.right_center()];
        if word.size().x + 2.0 * space::M <= place.width() {
            let at = Align2::LEFT_CENTER
                .anchor_size(place.left_center() + vec2(space::M, 0.0), word.size());
            line[0].x = at.right() + space::S;
            painter.galley(at.min, word, color);
        }
        let stroke = Stroke::new(stroke::HAIRLINE, self.theme.stroke.control);
        painter.extend(Shape::dashed_line(&line, stroke, DOTS.0, DOTS.1));
    }

    /// A name outside the lanes. Lines behind it would run through its letters, so they stop at it.
    pub(super) fn label(&self, ui: &Ui, place: Rect, name: Arc<Galley>, color: Color) {
        let behind = self.theme.surface.panel;
        ui.painter().rect_filled(place.expand2(vec2(1.0, 0.0)), CornerRadius::ZERO, behind);
        ui.painter().galley(place.min, name, color);
    }

    pub(super) fn transfers(&self, ui: &Ui, cx: &Cx<'_>) {
        let (mut free, mut last) = (f32::NEG_INFINITY, f32::NEG_INFINITY);
        for transfer in self.track.transfers.iter().filter(|it| self.is_in_sight(it.at)) {
            let x = ui.painter().round_to_pixel_center(self.axis.x(transfer.at));
            if x - last >= 2.0 {
                free = self.transfer(ui, cx, transfer, x, free);
                last = x;
            }
        }
    }

    fn transfer(&self, ui: &Ui, cx: &Cx<'_>, transfer: &Transfer, x: f32, free: f32) -> f32 {
        let painter = ui.painter();
        let (above, below) =
            (self.lane(End::Client).bottom() + 2.0, self.lane(End::Peer).top() - 2.0);
        let (start, tip, away) = if transfer.from == End::Client {
            (pos2(x, above), pos2(x, below), -1.0)
        } else {
            (pos2(x, below), pos2(x, above), 1.0)
        };
        let color = self.theme.text.secondary;
        let line = Stroke::new(stroke::HAIRLINE, color);
        painter.extend(Shape::dashed_line(&[start, tip], line, DASHES.0, DASHES.1));
        let corner = |side: f32| -> Pos2 { tip + vec2(side * 3.5, away * 6.0) };
        painter.add(Shape::convex_polygon(
            vec![tip, corner(1.0), corner(-1.0)],
            color,
            Stroke::NONE,
        ));
        let label = match transfer.what {
            Sent::Bytes(sent) => bytes(sent),
            Sent::Fin => cx.say(&text!("lab_bench_page.fin_inferred")),
            Sent::Reset => cx.say(&text!("lab_bench_page.rst_inferred")),
        };
        let label = painter.layout_no_wrap(label, TypeStyle::Caption.font(), color);
        let left = x + space::M;
        if left < free || left + label.size().x > self.axis.room.right() {
            return free.max(x + APART);
        }
        let at = Align2::LEFT_CENTER.anchor_size(pos2(left, above.midpoint(below)), label.size());
        self.label(ui, at, label, color);
        at.right() + APART
    }

    /// Where the line at a time stands, and its number; none at the end of a run that is over.
    pub(super) fn cursor_at(&self, ui: &Ui, time: Duration) -> Option<Cursor> {
        if time == self.present && !self.alive {
            return None;
        }
        let (painter, room) = (ui.painter(), self.axis.room);
        let x = painter.round_to_pixel_center(self.axis.x(time));
        let (font, color) = (TypeStyle::DenseStrong.font(), self.theme.accent.on_fill);
        let number = painter.layout_no_wrap(seconds(time), font, color);
        let middle = pos2(x, room.bottom() - AXIS / 2.0 + 1.0);
        let wanted = number.size() + vec2(2.0 * space::XS, 2.0);
        let place = Rect::from_center_size(middle, wanted);
        let (over, under) = (place.right() - room.right(), room.left() - place.left());
        let place = place.translate(vec2(under.max(0.0) - over.max(0.0), 0.0));
        Some(Cursor { x, number, place })
    }

    pub(super) fn cursor(&self, ui: &Ui, cursor: Cursor) {
        let (painter, room, accent) = (ui.painter(), self.axis.room, &self.theme.accent);
        let line = Stroke::new(stroke::LINE, accent.text);
        painter.vline(cursor.x, room.top() + LABEL..=room.bottom() - AXIS, line);
        painter.rect_filled(cursor.place, CornerRadius::same(radius::BADGE), accent.fill);
        let middle = cursor.place.center();
        let at = Align2::CENTER_CENTER.anchor_size(middle, cursor.number.size());
        painter.galley(at.min, cursor.number, accent.on_fill);
    }

    pub(super) fn is_in_sight(&self, time: Duration) -> bool {
        (self.axis.from..=self.axis.from + self.axis.span).contains(&time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(seconds: u64, width: f32) -> Axis {
        let room = Rect::from_min_size(Pos2::ZERO, vec2(width, HEIGHT));
        Axis { from: Duration::from_secs(1), span: Duration::from_secs(seconds), room }
    }

    #[test]
    fn a_place_and_its_time_agree() {
        let axis = axis(4, 600.0);
        for millis in [1_000, 1_500, 4_250, 5_000] {
            let time = Duration::from_millis(millis);
            assert!(axis.time(axis.x(time)).abs_diff(time) < Duration::from_millis(1), "{millis}");
        }
    }

    #[test]
    fn the_numbers_of_the_axis_stand_apart() {
        for seconds in [1, 4, 7, 60, 3_600, 86_400] {
            for width in [300.0, 600.0, 1_400.0] {
                let axis = axis(seconds, width);
                let step = Duration::from_millis(axis.step());
                let apart = axis.x(Duration::from_secs(1) + step) - axis.x(Duration::from_secs(1));
                assert!((PITCH - 0.1..5.0 * PITCH).contains(&apart), "{seconds} {width} {apart}");
            }
        }
    }
}
