//! The plot itself: grid, axes, breaks, lines.

use eframe::egui::{Rect, Response, Stroke, Ui, Vec2, Vec2b};
use egui_plot::{
    AxisHints, FilledArea, GridMark, Line, LineStyle as PlotStyle, Plot, PlotPoint, PlotPoints,
    PlotUi, Points, Span,
};

use super::course::{Courses, Segment};
use super::{Chart, Form, range, seconds, time};
use crate::analysis::history::Break;
use crate::gui::cx::Cx;
use crate::gui::theme::measure::stroke;
use crate::gui::theme::{LineKind, LineStyle, Theme, TypeStyle, line_style};
use crate::model::State;
use crate::text::{clock, clock_minutes, thousands};

/// How far below zero the axis begins, as a share of its height: a line at zero is seen whole, and its label stands
/// clear of the times.
pub(super) const BELOW: f64 = 0.03;

impl Chart {
    /// Draws it; gives its response and where its inner part lies.
    pub(super) fn plot(
        &self,
        ui: &mut Ui,
        cx: &Cx<'_>,
        (from, to): (f64, f64),
    ) -> (Response, Rect) {
        let theme = Theme::of(ui);
        let empty = Courses::default();
        let courses = self.drawn.as_ref().map_or(&empty, |drawn| &drawn.courses);
        let scale = self.drawn_scale();
        let top = scale.top(courses.highest);
        let step = range::step(to - from, f64::from(ui.available_width()));
        let time_labels = |mark: GridMark, _: &std::ops::RangeInclusive<f64>| {
            let at = time(mark.value);
            if step < 60.0 { clock(at, cx.zone) } else { clock_minutes(at, cx.zone) }
        };
        let axis = |axis: AxisHints<'static>| {
            axis.tick_label_font(TypeStyle::Caption.font()).tick_label_color(theme.text.secondary)
        };
        let y_axis = axis(AxisHints::new_y())
            .formatter(move |mark, _| thousands(scale.count(mark.value)))
            .placement(egui_plot::HPlacement::Left)
            .label_spacing(1.0..=2.0)
            .min_thickness(44.0);
        let x_axis = axis(AxisHints::new_x()).placement(egui_plot::VPlacement::Bottom);
        let bounds_y = -top * BELOW..=top;
        let breaks: Vec<Break> = cx.frame.history.breaks().copied().collect();
        let now = seconds(cx.frame.now);
        let point = (to - from) / f64::from(ui.available_width().max(1.0));
        let response = Plot::new("states-over-time")
            .custom_x_axes(vec![x_axis.formatter(time_labels)])
            .custom_y_axes(vec![y_axis])
            .x_grid_spacer(|input| range::marks(input.bounds, step, cx.zone))
            .y_grid_spacer(move |_| scale.marks(top))
            .allow_zoom(false)
            .allow_drag(false)
            .allow_scroll(false)
            .allow_boxed_zoom(false)
            .allow_axis_zoom_drag(false)
            .allow_double_click_reset(false)
            .show_x(false)
            .show_y(false)
            .show_background(false)
            .show_grid(Vec2b::TRUE)
            .grid_color(theme.stroke.subtle)
            .grid_fade(0.0)
            .set_margin_fraction(Vec2::ZERO)
            .show(ui, |plot| {
                plot.set_plot_bounds_x(from..=to);
                plot.set_plot_bounds_y(bounds_y);
                for gap in breaks {
                    let began = seconds(gap.from);
                    // However short it is from afar, it is seen.
                    let ended = gap.to.map_or(now, seconds).max(began + 1.5 * point);
                    if ended > from && began < to && ended - began > 1.0 {
                        let fill = theme.surface.hover.gamma_multiply(theme.alpha.gap_span);
                        let span = Span::new("", began.max(from)..=ended.min(to));
                        plot.span(span.fill(fill).border_width(0.0));
                    }
                }
                // CLOSE_WAIT comes first in the shown order and is drawn last, on top.
                for series in courses.series.iter().rev() {
                    for segment in &series.segments {
                        draw(plot, theme, self.form, series.state, segment);
                    }
                }
            });
        (response.response, *response.transform.frame())
    }
}

fn draw<'a>(plot: &mut PlotUi<'a>, theme: &Theme, form: Form, state: State, segment: &'a Segment) {
    let color = theme.state(state).mark;
    let style = match form {
        Form::Lines => line_style(state),
        // The layers are told apart by their order; dashes on edges that rise and fall with each other say nothing.
        Form::Stacked => LineStyle { kind: LineKind::Solid, width: stroke::HAIRLINE },
    };
    if let [single] = segment.line.as_slice() {
        let dot = Points::new(state.name(), vec![[single.x, single.y]]);
        plot.points(dot.color(color).radius(style.width + 0.5).allow_hover(false));
        return;
    }
    if let Some(area) = &segment.area {
        let share = match form {
            Form::Lines => theme.alpha.area_alarm,
            Form::Stacked => theme.alpha.area_stack,
        };
        let filled = FilledArea::new("", &area.times, &area.floor, &area.top);
        let filled = filled.fill_color(color.gamma_multiply(share)).stroke(Stroke::NONE);
        plot.add(filled.allow_hover(false));
    }
    let points: &[PlotPoint] = &segment.line;
    let line = Line::new(state.name(), PlotPoints::Borrowed(points))
        .color(color)
        .width(style.width)
        .allow_hover(false)
        .style(match style.kind {
            LineKind::Solid => PlotStyle::Solid,
            LineKind::Dashed(length) => PlotStyle::Dashed { length },
            LineKind::Dotted(spacing) => PlotStyle::Dotted { spacing },
        });
    plot.line(line);
}
