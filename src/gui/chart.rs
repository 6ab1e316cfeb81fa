//! Counts by state over time.
//!
//! The one file that knows the plot crate. What is drawn is decimated to the lowest and highest value of
//! each pixel, once per new sample and not per frame.

#![expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "times and positions on the screen, far below what f64 counts exactly"
)]

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use eframe::egui::{Align2, Stroke, Ui, Vec2, Vec2b};
use egui_plot::{
    AxisHints, FilledArea, GridMark, Line, LineStyle as PlotStyle, Plot, PlotPoints, Points, Span,
    VLine,
};
use jiff::tz::TimeZone;

use super::theme::{Color, LineKind, Theme, TypeStyle, line_style};
use crate::analysis::history::{Break, Cause, History, Sample};
use crate::model::State;
use crate::text::{clock, clock_minutes, thousands};

/// Which stretch of time is shown, up to now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// A minute.
    Minute,
    /// Five minutes.
    FiveMinutes,
    /// An hour.
    Hour,
}

impl Range {
    /// Every range.
    pub const ALL: [Self; 3] = [Self::Minute, Self::FiveMinutes, Self::Hour];

    /// How long it is.
    pub const fn span(self) -> Duration {
        Duration::from_secs(match self {
            Self::Minute => 60,
            Self::FiveMinutes => 300,
            Self::Hour => 3_600,
        })
    }
}

/// The distance of two grid lines, in seconds, for so long an axis.
fn step(span: f64) -> f64 {
    let steps = [10.0, 30.0, 60.0, 120.0, 300.0, 600.0];
    steps.into_iter().find(|step| span / step <= 8.0).unwrap_or(600.0)
}

/// The words that the chart needs, in the window's language.
pub struct Words {
    /// On a span in which polling was paused.
    pub paused: String,
    /// On a span in which polls failed.
    pub failed: String,
    /// On a span in which the machine slept.
    pub slept: String,
}

/// A chart's own state.
pub struct Chart {
    /// Which stretch of time is shown.
    pub range: Range,
    hidden: [bool; State::COUNT],
    drawn: Option<Drawn>,
}

/// What was decimated, and from what.
struct Drawn {
    key: (u64, Range, usize),
    lines: Vec<StateLine>,
    highest: f64,
}

/// One state's line.
struct StateLine {
    state: State,
    /// A break parts two of them.
    segments: Vec<Vec<[f64; 2]>>,
    highest: u32,
}

impl Default for Chart {
    fn default() -> Self {
        Self { range: Range::FiveMinutes, hidden: [false; State::COUNT], drawn: None }
    }
}

impl Chart {
    /// Whether a state's line is hidden.
    pub const fn is_hidden(&self, state: State) -> bool {
        self.hidden[state.index()]
    }

    /// The highest count of each line, for who cannot see it: `CLOSE_WAIT 385, ESTABLISHED 168`.
    pub fn spoken(&self) -> String {
        let lines = self.drawn.iter().flat_map(|drawn| &drawn.lines);
        let counts = lines.map(|line| format!("{} {}", line.state, line.highest));
        counts.collect::<Vec<_>>().join(", ")
    }

    /// Whether a state has a line now.
    pub fn draws(&self, state: State) -> bool {
        self.drawn.as_ref().is_some_and(|drawn| drawn.lines.iter().any(|line| line.state == state))
    }

    /// Hides or shows a state's line.
    pub fn toggle(&mut self, state: State) {
        self.hidden[state.index()] ^= true;
        self.drawn = None;
    }

    /// Draws the chart over all the space there is. `generation` tells one history from another, and
    /// `now` is its right end. Gives the sample under the pointer.
    pub fn ui(
        &mut self,
        ui: &mut Ui,
        history: &History,
        generation: u64,
        now: SystemTime,
        zone: &TimeZone,
        words: &Words,
    ) -> Option<Sample> {
        let theme = Theme::of(ui);
        let columns = (ui.available_width() * ui.pixels_per_point()).max(2.0) as usize;
        let key = (generation, self.range, columns);
        if self.drawn.as_ref().is_none_or(|drawn| drawn.key != key) {
            self.drawn = Some(self.decimate(history, now, key));
        }
        let right = seconds(now);
        let span = self.span(history, now);
        let left = right - span.as_secs_f64();
        let (lines, highest) = match &self.drawn {
            Some(drawn) => (drawn.lines.as_slice(), drawn.highest),
            None => (&[][..], 0.0),
        };
        let top = nice_top(highest);
        let step = step(span.as_secs_f64());
        let time_labels = move |mark: GridMark, _: &std::ops::RangeInclusive<f64>| {
            let time = UNIX_EPOCH + Duration::from_secs_f64(mark.value.max(0.0));
            if step < 60.0 { clock(time, zone) } else { clock_minutes(time, zone) }
        };
        let y_axis = AxisHints::new_y()
            .placement(egui_plot::HPlacement::Left)
            .formatter(|mark, _| thousands(mark.value.max(0.0).round() as u64))
            .min_thickness(44.0)
            .tick_label_font(TypeStyle::Caption.font())
            .tick_label_color(theme.text.secondary);
        let x_axis = AxisHints::new_x()
            .formatter(time_labels)
            .placement(egui_plot::VPlacement::Bottom)
            .tick_label_font(TypeStyle::Caption.font())
            .tick_label_color(theme.text.secondary);
        let plot = Plot::new("states-over-time")
            .custom_x_axes(vec![x_axis])
            .custom_y_axes(vec![y_axis])
            .x_grid_spacer(move |input| marks(input.bounds, step))
            .y_grid_spacer(move |input| marks(input.bounds, top / 4.0))
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
            .cursor_color(theme.text.primary);
        let breaks: Vec<Break> = history.breaks().copied().collect();
        let response = plot.show(ui, |plot| {
            plot.set_plot_bounds_x(left..=right);
            // A line at zero is seen whole, and its label stands clear of the times.
            plot.set_plot_bounds_y(-top * 0.03..=top);
            for gap in &breaks {
                let from = seconds(gap.from);
                let to = gap.to.map_or(right, seconds);
                if to > left && to - from > 1.0 {
                    plot.span(gap_span(theme, gap.cause, from.max(left)..=to, words));
                }
            }
            // CLOSE_WAIT comes first in the shown order and is drawn last, on top.
            for line in lines.iter().rev() {
                for segment in &line.segments {
                    draw(plot, theme, line.state, segment);
                }
            }
            let over = plot.response().contains_pointer();
            let pointer = plot.pointer_coordinate().filter(|at| over && at.x >= left);
            let sample = pointer.and_then(|at| nearest(history, at.x));
            if let Some(sample) = &sample {
                let cursor =
                    VLine::new("", seconds(sample.at)).color(theme.text.primary).width(1.0);
                plot.vline(cursor.allow_hover(false));
            }
            sample
        });
        response.inner
    }

    /// What is shown: the range, but no more than there is, and a minute at least.
    fn span(&self, history: &History, now: SystemTime) -> Duration {
        let range = self.range.span();
        let oldest = history.since(UNIX_EPOCH).next();
        let known = oldest.and_then(|oldest| now.duration_since(oldest.at).ok());
        known.map_or(range, |known| known.clamp(Range::Minute.span(), range))
    }

    fn decimate(&self, history: &History, now: SystemTime, key: (u64, Range, usize)) -> Drawn {
        let from = now.checked_sub(self.range.span()).unwrap_or(UNIX_EPOCH);
        let samples: Vec<&Sample> = history.since(from).collect();
        let parts: Vec<&[&Sample]> = samples.chunk_by(|_, after| !after.parted).collect();
        let mut highest = 0;
        let mut lines = Vec::new();
        for state in State::SHOWN {
            if self.is_hidden(state) || samples.iter().all(|sample| sample.counts[state] == 0) {
                continue;
            }
            let most = samples.iter().map(|sample| sample.counts[state]).max().unwrap_or(0);
            highest = highest.max(most);
            let segments = parts
                .iter()
                .map(|part| {
                    let share = (key.2 * part.len() / samples.len().max(1)).max(1);
                    extremes(part, state, share)
                })
                .collect();
            lines.push(StateLine { state, segments, highest: most });
        }
        Drawn { key, lines, highest: f64::from(highest) }
    }
}

/// The points of a line: at most two a column, its lowest and its highest in the order they came.
fn extremes(part: &[&Sample], state: State, columns: usize) -> Vec<[f64; 2]> {
    let point = |sample: &Sample| [seconds(sample.at), f64::from(sample.counts[state])];
    if part.len() <= 2 * columns {
        return part.iter().map(|sample| point(sample)).collect();
    }
    let mut points = Vec::with_capacity(2 * columns + 1);
    for column in 0..columns {
        let bucket = &part[column * part.len() / columns..(column + 1) * part.len() / columns];
        let count = |sample: &&&Sample| sample.counts[state];
        let (low, high) = (bucket.iter().min_by_key(count), bucket.iter().max_by_key(count));
        if let (Some(low), Some(high)) = (low, high) {
            let (first, second) = if low.at <= high.at { (low, high) } else { (high, low) };
            points.push(point(first));
            if first.at != second.at {
                points.push(point(second));
            }
        }
    }
    points.extend(part.last().map(|sample| point(sample)));
    points
}

fn draw(plot: &mut egui_plot::PlotUi<'_>, theme: &Theme, state: State, segment: &[[f64; 2]]) {
    let color = theme.state(state).mark;
    let style = line_style(state);
    if let [single] = segment {
        let dot = Points::new(state.name(), vec![*single]).color(color).radius(style.width + 0.5);
        plot.points(dot.allow_hover(false));
        return;
    }
    if state == State::CloseWait {
        let xs: Vec<f64> = segment.iter().map(|point| point[0]).collect();
        let ys: Vec<f64> = segment.iter().map(|point| point[1]).collect();
        let fill = color.gamma_multiply(theme.alpha.area_alarm);
        let area = FilledArea::new("", &xs, &vec![0.0; xs.len()], &ys).fill_color(fill);
        plot.add(area.stroke(Stroke::NONE).allow_hover(false));
    }
    let line = Line::new(state.name(), PlotPoints::from(segment.to_vec()))
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

fn gap_span(
    theme: &Theme,
    cause: Cause,
    range: std::ops::RangeInclusive<f64>,
    words: &Words,
) -> Span {
    let name = match cause {
        Cause::Paused => &words.paused,
        Cause::Failed => &words.failed,
        Cause::Slept => &words.slept,
    };
    let fill: Color = theme.surface.hover.gamma_multiply(theme.alpha.gap_span);
    Span::new(name, range).fill(fill).border_width(0.0).label_align(Align2::CENTER_CENTER)
}

fn nearest(history: &History, x: f64) -> Option<Sample> {
    let at = UNIX_EPOCH + Duration::from_secs_f64(x.max(0.0));
    let before = at.checked_sub(Duration::from_mins(2)).unwrap_or(UNIX_EPOCH);
    let distance = |sample: &&Sample| (seconds(sample.at) - x).abs();
    history
        .since(before)
        .take_while(|sample| sample.at <= at + Duration::from_mins(2))
        .min_by(|one, other| distance(one).total_cmp(&distance(other)))
        .copied()
}

fn seconds(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

fn marks((from, to): (f64, f64), step: f64) -> Vec<GridMark> {
    let first = (from / step).ceil() as i64;
    let last = (to / step).floor() as i64;
    (first..=last.min(first + 100))
        .map(|number| GridMark { value: number as f64 * step, step_size: step })
        .collect()
}

/// The top of the axis: above the highest value, and four whole steps from zero.
fn nice_top(highest: f64) -> f64 {
    let least = (highest * 1.08).max(4.0) / 4.0;
    let size = 10_f64.powf(least.log10().floor());
    let step = [1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.5, 10.0]
        .into_iter()
        .map(|factor| factor * size)
        .find(|step| *step >= least && step.fract() == 0.0);
    step.unwrap_or_else(|| least.ceil()) * 4.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::StateCounts;

    fn sample(second: u64, close_wait: u32) -> Sample {
        let mut counts = StateCounts::default();
        counts[State::CloseWait] = close_wait;
        Sample { at: UNIX_EPOCH + Duration::from_secs(second), counts, parted: false }
    }

    #[test]
    fn a_spike_of_one_sample_survives_decimation() {
        let samples: Vec<Sample> = (0..3_600)
            .map(|second| sample(second, if second == 1_234 { 500 } else { 3 }))
            .collect();
        let part: Vec<&Sample> = samples.iter().collect();
        let points = extremes(&part, State::CloseWait, 100);
        assert!(points.len() <= 201);
        assert!(points.contains(&[1_234.0, 500.0]));
        assert_eq!(points.last(), Some(&[3_599.0, 3.0]));
        assert!(points.is_sorted_by(|one, other| one[0] <= other[0]));
    }

    #[test]
    fn a_break_parts_the_line() {
        let mut history = History::default();
        for second in 0..5 {
            let sample = sample(second, 1);
            history.push(sample.at, sample.counts);
        }
        history.interrupt(UNIX_EPOCH + Duration::from_secs(5), Cause::Paused);
        for second in 30..35 {
            let sample = sample(second, 2);
            history.push(sample.at, sample.counts);
        }
        let now = UNIX_EPOCH + Duration::from_secs(40);
        let drawn = Chart::default().decimate(&history, now, (0, Range::FiveMinutes, 500));
        let StateLine { state, segments, .. } = &drawn.lines[0];
        assert_eq!((*state, segments.len()), (State::CloseWait, 2));
        assert_eq!((segments[0].len(), segments[1].len()), (5, 5));
    }

    #[test]
    fn the_axis_ends_above_the_highest_value_in_whole_steps() {
        for highest in [0.0, 1.0, 3.0, 4.0, 9.0, 57.0, 412.0, 1_704.0, 100_312.0] {
            let top = nice_top(highest);
            assert!(top > highest, "{highest} {top}");
            assert!((top / 4.0).fract().abs() < 1e-9, "{highest} {top}");
            assert!(top <= (highest * 2.0).max(4.0), "{highest} {top}");
        }
    }
}
