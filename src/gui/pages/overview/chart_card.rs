//! The chart with its controls, and the readout beside or above it.

use eframe::egui::{Rect, Ui, UiBuilder, pos2};

use super::readout;
use crate::gui::chart::{Chart, Form, Range, Scale};
use crate::gui::cx::Cx;
use crate::gui::theme::Theme;
use crate::gui::theme::measure::{Room, size, space, stroke};
use crate::gui::widgets::{Card, segmented};
use crate::text;

/// Draws the card over all the space there is.
pub(super) fn ui(ui: &mut Ui, cx: &Cx<'_>, room: Room, chart: &mut Chart) {
    let title = cx.say(&text!("chart.title"));
    let hint = cx.say(&text!("chart.hint"));
    let card = Card::new(&title).flush().height(ui.available_height());
    let card = if room == Room::Narrow { card } else { card.note(&hint) };
    // The controls change what the body draws, so they work on a copy until both are done.
    let mut controls = Controls { range: chart.range, form: chart.form, scale: chart.scale };
    let before = controls;
    card.show(ui, |ui| controls.ui(ui, cx), |ui| body(ui, cx, room, chart));
    if controls.range != before.range {
        chart.set_range(controls.range);
    }
    if controls != before {
        chart.form = controls.form;
        chart.scale = controls.scale;
        ui.ctx().request_repaint();
    }
}

#[derive(Clone, Copy, PartialEq)]
struct Controls {
    range: Range,
    form: Form,
    scale: Scale,
}

impl Controls {
    /// From the right end of the header to the left.
    fn ui(&mut self, ui: &mut Ui, cx: &Cx<'_>) {
        ui.spacing_mut().item_spacing.x = space::M;
        let linear = cx.say(&text!("chart.linear"));
        let log = cx.say(&text!("chart.log"));
        let stacked = self.form == Form::Stacked;
        let scales = ui.add_enabled_ui(!stacked, |ui| {
            // A stack is drawn linear; which scale the lines have is kept.
            let mut shown = if stacked { Scale::Linear } else { self.scale };
            segmented(ui, &mut shown, &[(Scale::Linear, &linear), (Scale::Log, &log)]);
            if !stacked {
                self.scale = shown;
            }
        });
        scales.response.on_disabled_hover_text(cx.say(&text!("chart.log_of_stack")));
        let lines = cx.say(&text!("chart.lines"));
        let stack = cx.say(&text!("chart.stacked"));
        segmented(ui, &mut self.form, &[(Form::Lines, &lines), (Form::Stacked, &stack)]);
        let names = Range::ALL.map(|range| {
            cx.say(&match range {
                Range::Minute => text!("chart.range_minute"),
                Range::FiveMinutes => text!("chart.range_five_minutes"),
                Range::Hour => text!("chart.range_hour"),
                Range::Day => text!("chart.range_day"),
            })
        });
        let ranges: Vec<(Range, &str)> =
            Range::ALL.into_iter().zip(names.iter().map(String::as_str)).collect();
        segmented(ui, &mut self.range, &ranges);
    }
}

fn body(ui: &mut Ui, cx: &Cx<'_>, room: Room, chart: &mut Chart) {
    let whole = ui.available_rect_before_wrap();
    let whole = whole.with_max_y(whole.bottom() - space::S);
    let (plot, numbers) = match room {
        Room::Narrow => {
            let split = whole.top() + size::TABLE_ROW;
            // The last time on the axis stands half outside the plot.
            let plot = whole.with_min_y(split).with_max_x(whole.right() - space::XXL);
            (plot, whole.with_max_y(split))
        }
        Room::Usual | Room::Wide => {
            let wide = room == Room::Wide;
            let width = if wide { size::CHART_READOUT_WIDE } else { size::CHART_READOUT };
            let split = whole.right() - width;
            let line = (stroke::HAIRLINE, Theme::of(ui).stroke.subtle);
            ui.painter().vline(split, whole.y_range(), line);
            let numbers = Rect::from_min_max(pos2(split, whole.top()), whole.max);
            (whole.with_max_x(split - space::M), numbers)
        }
    };
    let plot = UiBuilder::new().max_rect(plot.with_min_x(whole.left() + space::S));
    let plot = ui.scope_builder(plot, |ui| chart.ui(ui, cx));
    let numbers = UiBuilder::new().max_rect(numbers.shrink2(eframe::egui::vec2(space::L, 0.0)));
    ui.scope_builder(numbers, |ui| match room {
        Room::Narrow => readout::legend(ui, cx, chart, plot.inner),
        Room::Usual | Room::Wide => readout::column(ui, cx, chart, plot.inner),
    });
    ui.advance_cursor_after_rect(whole);
}
