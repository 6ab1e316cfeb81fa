//! What pointer and keys do to the chart.

use std::time::{Duration, SystemTime};

use eframe::egui::{
    Event, EventFilter, Key, Modifiers, PointerButton, Pos2, Rect, Response, Stroke, Ui,
};

use super::marks::Ground;
use super::{Chart, Form, Scale, Under, seconds, time, under};
use crate::analysis::history::History;
use crate::gui::theme::Theme;
use crate::gui::theme::measure::stroke;

/// No shorter stretch can be zoomed to, in seconds.
const SHORTEST: f64 = 5.0;

/// A shorter drag is a click with a trembling hand, in points.
const LEAST_DRAG: f32 = 5.0;

impl Chart {
    /// What the pointer does: a drag zooms to what it spans, with Shift or another button it pans; a click pins, a
    /// double click goes back.
    pub(super) fn pointer(
        &mut self,
        ui: &Ui,
        response: &Response,
        ground: &Ground,
        history: &History,
        now: SystemTime,
    ) {
        let limits =
            (history.first().map_or(ground.from, |oldest| seconds(oldest.at)), seconds(now));
        let shift = ui.input(|input| input.modifiers.shift);
        let pointer = response.interact_pointer_pos();
        let pans = response.dragged_by(PointerButton::Secondary)
            || response.dragged_by(PointerButton::Middle)
            || (response.dragged_by(PointerButton::Primary) && shift && self.drag_from.is_none());
        let per_point = (ground.to - ground.from) / f64::from(ground.plot.width().max(1.0));
        if pans {
            self.pan(ground, -f64::from(response.drag_delta().x) * per_point, limits);
        } else if response.drag_started_by(PointerButton::Primary) {
            let origin = ui.input(|input| input.pointer.press_origin());
            self.drag_from = origin.map(|origin| ground.time_at(origin.x));
        }
        if let (Some(from), Some(pointer)) = (self.drag_from, pointer) {
            let (start, end) = (ground.x(from), pointer.x);
            paint_drag(ui, ground, start, end);
            if response.drag_stopped() && (end - start).abs() >= LEAST_DRAG {
                let to = ground.time_at(end);
                self.zoom_to(from.min(to), from.max(to), limits);
                ui.ctx().request_repaint();
            }
        }
        if response.drag_stopped() {
            self.drag_from = None;
        }
        if response.contains_pointer()
            && let Some(pointer) = response.hover_pos()
        {
            self.wheel(ui, ground, pointer, limits);
        }
        if response.double_clicked() {
            self.zoomed = None;
            self.unpin();
            ui.ctx().request_repaint();
        } else if response.clicked()
            && let Some(pointer) = pointer
        {
            self.pin(history, time(ground.time_at(pointer.x)), now);
            ui.ctx().request_repaint();
        }
        if response.has_focus() {
            let filter =
                EventFilter { horizontal_arrows: true, escape: true, ..EventFilter::default() };
            ui.memory_mut(|memory| memory.set_focus_lock_filter(response.id, filter));
        }
    }

    /// Ctrl and the wheel, or two fingers, zoom around the pointer; sideways pans.
    fn wheel(&mut self, ui: &Ui, ground: &Ground, pointer: Pos2, limits: (f64, f64)) {
        let (zoom, scroll) = ui.input(|input| (input.zoom_delta(), input.smooth_scroll_delta.x));
        if (zoom - 1.0).abs() > f32::EPSILON {
            let around = ground.time_at(pointer.x);
            let factor = 1.0 / f64::from(zoom);
            let (from, to) =
                (around - (around - ground.from) * factor, around + (ground.to - around) * factor);
            self.zoom_to(from, to, limits);
        } else if scroll.abs() > 0.1 {
            let per_point = (ground.to - ground.from) / f64::from(ground.plot.width().max(1.0));
            self.pan(ground, -f64::from(scroll) * per_point, limits);
        }
    }

    fn pan(&mut self, ground: &Ground, by: f64, (oldest, now): (f64, f64)) {
        let span = ground.to - ground.from;
        let from = (ground.from + by).min(now - span).max(oldest.min(now - span));
        self.zoomed = Some((from, from + span));
    }

    fn zoom_to(&mut self, from: f64, to: f64, (oldest, now): (f64, f64)) {
        let oldest = oldest.min(now - SHORTEST);
        let span = (to - from).clamp(SHORTEST, now - oldest);
        let from = (f64::midpoint(from, to) - span / 2.0).clamp(oldest, now - span);
        self.zoomed = Some((from, from + span));
    }

    /// Pins the sample that is nearest to a time; in a break, the time itself.
    fn pin(&mut self, history: &History, at: SystemTime, now: SystemTime) {
        self.pinned = match under(history, at, now) {
            Some(Under::Sample(sample)) => Some(sample.at),
            Some(Under::Break(_)) => Some(at),
            None => None,
        };
    }

    /// Takes the keys that work on the whole page: `[` and `]` for the range, L and G for form and scale, the arrows
    /// for the cursor, Escape to go back. The arrows are left alone where something else has the keyboard.
    pub fn keys(&mut self, ui: &Ui, history: &History, now: SystemTime) {
        let plain = |key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
        // A bracket is typed with other keys on every layout, so it is taken as the text it is.
        let typed = |bracket: &str| {
            ui.input_mut(|input| {
                let before = input.events.len();
                input.events.retain(|event| !matches!(event, Event::Text(text) if text == bracket));
                input.events.len() < before
            })
        };
        for (bracket, longer) in [("[", false), ("]", true)] {
            if typed(bracket) {
                self.set_range(self.range.step(longer));
            }
        }
        if plain(Key::L) {
            self.form = match self.form {
                Form::Lines => Form::Stacked,
                Form::Stacked => Form::Lines,
            };
        }
        if plain(Key::G) && self.form == Form::Lines {
            self.scale = match self.scale {
                Scale::Linear => Scale::Log,
                Scale::Log => Scale::Linear,
            };
        }
        let focused = ui.memory(eframe::egui::Memory::focused);
        if focused.is_some() && focused != self.response {
            return;
        }
        for (key, forward) in [(Key::ArrowLeft, false), (Key::ArrowRight, true)] {
            // Shift first: consuming a key without it takes both.
            if ui.input_mut(|input| input.consume_key(Modifiers::SHIFT, key)) {
                self.move_pin(history, now, forward, Some(Duration::from_mins(1)));
            } else if plain(key) {
                self.move_pin(history, now, forward, None);
            }
        }
        let goes_back = (self.pinned.is_some() || self.zoomed.is_some()) && plain(Key::Escape);
        if goes_back && self.pinned.take().is_none() {
            self.zoomed = None;
        }
    }

    /// Moves the pin by a sample, or by a time; from the newest sample where nothing is pinned.
    fn move_pin(
        &mut self,
        history: &History,
        now: SystemTime,
        forward: bool,
        by: Option<Duration>,
    ) {
        let Some(last) = history.last().map(|sample| sample.at) else { return };
        let Some(pinned) = self.pinned else {
            self.pinned = Some(last);
            return;
        };
        let oldest = history.first().map_or(last, |sample| sample.at);
        self.pinned = match by {
            Some(by) => {
                let wanted = if forward { pinned + by } else { pinned - by };
                self.pin(history, wanted.clamp(oldest, last), now);
                return;
            }
            None if forward => {
                history.since(pinned).map(|sample| sample.at).find(|at| *at > pinned).or(Some(last))
            }
            None => {
                let near = pinned.checked_sub(super::REACH).unwrap_or(oldest);
                let before = |from| {
                    history.since(from).map(|sample| sample.at).take_while(|at| *at < pinned).last()
                };
                before(near).or_else(|| before(oldest)).or(Some(oldest))
            }
        };
    }
}

fn paint_drag(ui: &Ui, ground: &Ground, start: f32, end: f32) {
    let theme = Theme::of(ui);
    let band = Rect::from_x_y_ranges(start.min(end)..=start.max(end), ground.plot.y_range());
    let band = band.intersect(ground.plot);
    ui.painter().rect_filled(band, 0, theme.text.primary.gamma_multiply(0.08));
    for x in [band.left(), band.right()] {
        ui.painter().vline(x, band.y_range(), Stroke::new(stroke::HAIRLINE, theme.text.secondary));
    }
}
