//! Counts by state over time.
//!
//! This folder alone knows the plot crate. What is drawn is decimated once per new sample, and not per frame.
//!
//! ```text
//!        v feed-client started, pid 18422          events
//!  1 800 |:          |paused|              /|      a break is a span, never a line
//!    900 |:          | 2 min|        ____/  |      dragging zooms, shift and dragging pans
//!      0 |:__________|      |_______/       |      a click pins a moment: a cursor with its time
//!         13:20        13:40      [13:52:07]
//! ```

mod course;
mod input;
mod marks;
mod plot;
mod range;
mod scale;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use eframe::egui::{Id, Role, Ui, UiBuilder, WidgetInfo};

use super::cx::Cx;
use super::theme::measure::radius;
use super::theme::{Color, Theme};
use super::widgets::focus_ring;
use crate::analysis::history::{Break, History, Sample};
use crate::analysis::phrases;
use crate::model::{State, StateCounts};
use crate::text;
use crate::text::{Text, clock, lasting};
use course::{Courses, Window};
use marks::{CursorKind, Ground};

pub use course::Form;
pub use range::Range;
pub use scale::Scale;

/// How far a cursor looks for a sample.
const REACH: Duration = Duration::from_mins(2);

/// How many of the last events are told to who cannot see them.
const EVENTS_SPOKEN: usize = 5;

/// What a cursor stands on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Under {
    /// A sample.
    Sample(Sample),
    /// A time without samples.
    Break(Break),
}

/// A chart's own state.
#[derive(Default)]
pub struct Chart {
    /// Which stretch of time is shown, where the user has not zoomed.
    pub range: Range,
    /// How the states are drawn.
    pub form: Form,
    /// How counts are spread over the height; a stack is always linear.
    pub scale: Scale,
    hidden: [bool; State::COUNT],
    /// What the user has zoomed or panned to, in seconds; none follows the present.
    zoomed: Option<(f64, f64)>,
    pinned: Option<SystemTime>,
    /// Where a drag that zooms began, in seconds.
    drag_from: Option<f64>,
    /// The plot, once it has been drawn.
    response: Option<Id>,
    drawn: Option<Drawn>,
}

/// What was decimated, and from what.
struct Drawn {
    key: DrawnFrom,
    courses: Courses,
}

#[derive(Clone, Copy, PartialEq)]
struct DrawnFrom {
    generation: u64,
    window: Window,
    form: Form,
    scale: Scale,
    hidden: [bool; State::COUNT],
}

impl Chart {
    /// Whether a state is hidden.
    pub const fn is_hidden(&self, state: State) -> bool {
        self.hidden[state.index()]
    }

    /// Whether a state is drawn now.
    pub fn draws(&self, state: State) -> bool {
        let drawn = self.drawn.iter().flat_map(|drawn| &drawn.courses.series);
        drawn.into_iter().any(|series| series.state == state)
    }

    /// Hides or shows a state.
    pub fn toggle(&mut self, state: State) {
        self.hidden[state.index()] ^= true;
    }

    /// Shows a range up to now, whatever was zoomed to.
    pub fn set_range(&mut self, range: Range) {
        self.range = range;
        self.zoomed = None;
    }

    /// The moment that the user has pinned.
    pub const fn pinned(&self) -> Option<SystemTime> {
        self.pinned
    }

    /// Takes the pin away.
    pub fn unpin(&mut self) {
        self.pinned = None;
    }

    /// The scale that is drawn.
    const fn drawn_scale(&self) -> Scale {
        match self.form {
            Form::Lines => self.scale,
            Form::Stacked => Scale::Linear,
        }
    }

    /// Draws the chart over all the space there is; gives what the pointer is over, or else what is pinned.
    pub fn ui(&mut self, ui: &mut Ui, cx: &Cx<'_>) -> Option<Under> {
        let history = &cx.frame.history;
        let room = ui.available_rect_before_wrap();
        let below = room.with_min_y(room.top() + marks::STRIP);
        let columns = (room.width() * ui.pixels_per_point()).max(2.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "pixels")]
        let (from, to, columns) = {
            let (from, to) = self.in_sight(history, cx.frame.now);
            (from, to, columns as usize)
        };
        self.decimate(history, cx.frame.generation, Window { from, to, columns });
        let (response, plot) = ui
            .scope_builder(UiBuilder::new().max_rect(below), |ui| self.plot(ui, cx, (from, to)))
            .inner;
        ui.advance_cursor_after_rect(room);
        let ground = Ground { plot, from, to };
        self.pointer(ui, &response, &ground, history, cx.frame.now);
        self.response = Some(response.id);

        let mut in_sight = history.breaks().filter(|gap| is_in_sight(gap, &ground));
        marks::break_labels(ui, cx, &ground, in_sight.by_ref());
        marks::events(ui, cx, &ground, &cx.frame.events);
        let pinned = self.pinned.and_then(|at| under(history, at, cx.frame.now));
        let hovered = response
            .hover_pos()
            .filter(|_| response.contains_pointer())
            .and_then(|at| under(history, time(ground.time_at(at.x)), cx.frame.now));
        for (kind, under) in [(CursorKind::Pinned, pinned), (CursorKind::Hovering, hovered)] {
            if let Some(Under::Sample(sample)) = under {
                let dots = self.dots(ui, &ground, &sample);
                let said = clock(sample.at, cx.zone);
                marks::cursor(ui, &ground, kind, seconds(sample.at), said, dots.into_iter());
            }
        }
        if response.has_focus() {
            focus_ring(ui.painter(), Theme::of(ui), plot.shrink(2.0), radius::GAUGE);
        }
        response.widget_info(|| {
            WidgetInfo::labeled(Role::Image, true, self.summary(cx, (from, to), pinned))
        });
        hovered.or(pinned)
    }

    fn decimate(&mut self, history: &History, generation: u64, window: Window) {
        let scale = self.drawn_scale();
        let key = DrawnFrom { generation, window, form: self.form, scale, hidden: self.hidden };
        if self.drawn.as_ref().is_none_or(|drawn| drawn.key != key) {
            let courses =
                Courses::of(history, window, self.form, scale, |state| !self.is_hidden(state));
            self.drawn = Some(Drawn { key, courses });
        }
    }

    /// What is in sight, in seconds: what was zoomed to, or the range, but no more than there is and a minute at
    /// least.
    fn in_sight(&self, history: &History, now: SystemTime) -> (f64, f64) {
        if let Some(zoomed) = self.zoomed {
            return zoomed;
        }
        let known = history.first().and_then(|oldest| now.duration_since(oldest.at).ok());
        let range = self.range.span();
        let span = known.map_or(range, |known| known.clamp(Range::Minute.span(), range));
        (seconds(now) - span.as_secs_f64(), seconds(now))
    }

    /// Where a sample's dots stand: on the lines, or on the edges of the stack.
    fn dots(&self, ui: &Ui, ground: &Ground, sample: &Sample) -> Vec<(f32, Color)> {
        let Some(drawn) = &self.drawn else { return Vec::new() };
        let theme = Theme::of(ui);
        let scale = self.drawn_scale();
        let top = scale.top(drawn.courses.highest);
        let mut floor = 0.0;
        let mut dots = Vec::new();
        for series in &drawn.courses.series {
            let count = f64::from(sample.counts[series.state]);
            let value = match self.form {
                Form::Lines => scale.place(count),
                Form::Stacked => {
                    floor += count;
                    floor
                }
            };
            let share = (value + top * plot::BELOW) / (top * (1.0 + plot::BELOW));
            #[expect(clippy::cast_possible_truncation, reason = "a share of the height")]
            let y = ground.plot.bottom() - share as f32 * ground.plot.height();
            dots.push((y, theme.state(series.state).mark));
        }
        // As the lines: CLOSE_WAIT on top.
        dots.reverse();
        dots
    }

    /// The chart in words.
    fn summary(&self, cx: &Cx<'_>, (from, to): (f64, f64), pinned: Option<Under>) -> String {
        let Some(drawn) = self.drawn.as_ref().filter(|drawn| !drawn.courses.series.is_empty())
        else {
            return cx.say(&text!("chart.empty"));
        };
        let series = &drawn.courses.series;
        let list = |count: &dyn Fn(&course::Series) -> u32| {
            let counts = series.iter().map(|series| format!("{} {}", series.state, count(series)));
            counts.collect::<Vec<_>>().join(", ")
        };
        let counts = |counts: &StateCounts| list(&|series| counts[series.state]);
        let mut said = text!(
            "chart.summary",
            from = clock(time(from), cx.zone),
            to = clock(time(to), cx.zone),
            highest = list(&|series| series.highest),
            now = counts(&cx.frame.counts)
        );
        if let (Some(at), Some(under)) = (self.pinned, pinned) {
            let counts = match under {
                Under::Sample(sample) => counts(&sample.counts),
                Under::Break(gap) => cx.say(&gap_text(&gap, cx.frame.now)),
            };
            let time = clock(at, cx.zone);
            said = text!("chart.summary_pinned", summary = said, time = time, counts = counts);
        }
        let within = |at: SystemTime| (from..=to).contains(&seconds(at));
        let events = cx.frame.events.iter().filter(|event| within(event.at)).map(|event| {
            let time = clock(event.at, cx.zone);
            cx.say(&text!("chart.summary_event", time = time, event = phrases::event(&event.what)))
        });
        let breaks = cx.frame.history.breaks().filter(|gap| within(gap.from)).map(|gap| {
            let what = gap_text(gap, cx.frame.now);
            let time = clock(gap.from, cx.zone);
            cx.say(&text!("chart.summary_event", time = time, event = what))
        });
        let all: Vec<String> = events.chain(breaks).collect();
        if !all.is_empty() {
            let latest = all[all.len().saturating_sub(EVENTS_SPOKEN)..].join("; ");
            said = text!("chart.summary_events", summary = said, events = latest);
        }
        cx.say(&said)
    }
}

/// `paused 2 min`: why nothing was sampled, and for how long; it lasts until `now` where it has not ended.
pub fn gap_text(gap: &Break, now: SystemTime) -> Text {
    let lasted = gap.to.unwrap_or(now).duration_since(gap.from).unwrap_or_default();
    text!("chart.gap", cause = phrases::cause(gap.cause), time = lasting(lasted))
}

/// What lies at a time: a break, or the sample that is nearest.
fn under(history: &History, at: SystemTime, now: SystemTime) -> Option<Under> {
    if let Some(gap) = history.breaks().find(|gap| gap.covers(at, now)) {
        return Some(Under::Break(*gap));
    }
    let distance =
        |sample: &&Sample| sample.at.duration_since(at).unwrap_or_else(|before| before.duration());
    history
        .since(at.checked_sub(REACH).unwrap_or(UNIX_EPOCH))
        .take_while(|sample| sample.at <= at + REACH)
        .min_by_key(distance)
        .map(|sample| Under::Sample(*sample))
}

fn seconds(time: SystemTime) -> f64 {
    time.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64()
}

fn time(seconds: f64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs_f64(seconds.max(0.0))
}

fn is_in_sight(gap: &Break, ground: &Ground) -> bool {
    seconds(gap.from) < ground.to && gap.to.is_none_or(|to| seconds(to) > ground.from)
}
