//! What is drawn of a history: for each state at most two points a column of pixels.
//!
//! Lines keep the lowest and the highest value of each column, so that no spike gets lost. Stacks keep the two
//! samples of each column that have the least and the most sockets together, so that what lies upon each other was
//! there at the same time.

use egui_plot::PlotPoint;

use super::scale::Scale;
use super::{seconds, time};
use crate::analysis::history::{History, Sample};
use crate::model::{State, StateCounts};

/// How the states are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// Each from zero.
    #[default]
    Lines,
    /// Each upon the one before, in the order of the tiles, so that the top is their sum.
    Stacked,
}

/// What is in sight, in seconds since the epoch, and over how many pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Window {
    pub from: f64,
    pub to: f64,
    pub columns: usize,
}

/// A sample of long ago stands for so many seconds; what is so near outside is drawn as well, for the line to reach
/// the edge.
const MARGIN: f64 = 12.0;

/// Everything that is drawn.
#[derive(Debug, Default)]
pub(super) struct Courses {
    pub series: Vec<Series>,
    /// The highest count in sight, of one state or of their sum.
    pub highest: u32,
}

/// One state.
#[derive(Debug)]
pub(super) struct Series {
    pub state: State,
    /// A break parts two of them.
    pub segments: Vec<Segment>,
    /// Its own highest count in sight.
    pub highest: u32,
}

/// A line without a break, and the area under it where that is filled.
#[derive(Debug)]
pub(super) struct Segment {
    pub line: Vec<PlotPoint>,
    pub area: Option<Area>,
}

/// What lies between two lines.
#[derive(Debug)]
pub(super) struct Area {
    pub times: Vec<f64>,
    pub floor: Vec<f64>,
    pub top: Vec<f64>,
}

/// The samples of one column of pixels.
struct Column {
    place: i64,
    low: [(f64, u32); State::COUNT],
    high: [(f64, u32); State::COUNT],
    least: (f64, StateCounts),
    most: (f64, StateCounts),
    last: (f64, StateCounts),
}

impl Column {
    fn new(place: i64, at: f64, sample: &Sample) -> Self {
        let whole = (at, sample.counts);
        Self {
            place,
            low: State::ALL.map(|state| (at, sample.low[state])),
            high: State::ALL.map(|state| (at, sample.high[state])),
            least: whole,
            most: whole,
            last: whole,
        }
    }

    fn add(&mut self, at: f64, sample: &Sample, total: impl Fn(&StateCounts) -> u64) {
        for state in State::ALL {
            let (low, high) = (&mut self.low[state.index()], &mut self.high[state.index()]);
            if sample.low[state] < low.1 {
                *low = (at, sample.low[state]);
            }
            if sample.high[state] > high.1 {
                *high = (at, sample.high[state]);
            }
        }
        let whole = (at, sample.counts);
        if total(&whole.1) < total(&self.least.1) {
            self.least = whole;
        }
        if total(&whole.1) > total(&self.most.1) {
            self.most = whole;
        }
        self.last = whole;
    }
}

impl Courses {
    /// What is drawn of the states for which `is_shown` holds.
    pub(super) fn of(
        history: &History,
        window: Window,
        form: Form,
        scale: Scale,
        is_shown: impl Fn(State) -> bool,
    ) -> Self {
        let states: Vec<State> =
            State::SHOWN.into_iter().filter(|state| is_shown(*state)).collect();
        let total = |counts: &StateCounts| {
            states.iter().map(|state| u64::from(counts[*state])).sum::<u64>()
        };
        let mut highest = StateCounts::default();
        let mut highest_total = 0;
        let mut parts: Vec<Vec<Column>> = Vec::new();
        for sample in history.since(time(window.from - MARGIN)) {
            let at = seconds(sample.at);
            if at > window.to + MARGIN {
                break;
            }
            if (window.from..=window.to).contains(&at) {
                for (state, count) in sample.high.iter() {
                    highest[state] = highest[state].max(count);
                }
                highest_total = highest_total.max(total(&sample.counts));
            }
            let place = window.column_of(at);
            match parts.last_mut().filter(|_| !sample.parted) {
                None => parts.push(vec![Column::new(place, at, sample)]),
                Some(part) => match part.last_mut().filter(|column| column.place == place) {
                    Some(column) => column.add(at, sample, total),
                    None => part.push(Column::new(place, at, sample)),
                },
            }
        }
        let drawn: Vec<State> = states.into_iter().filter(|state| highest[*state] > 0).collect();
        let series = match form {
            Form::Lines => lines(&drawn, &parts, scale, &highest),
            Form::Stacked => stacks(&drawn, &parts, &highest),
        };
        let highest = match form {
            Form::Lines => drawn.iter().map(|state| highest[*state]).max().unwrap_or(0),
            Form::Stacked => u32::try_from(highest_total).unwrap_or(u32::MAX),
        };
        Self { series, highest }
    }
}

impl Window {
    #[expect(clippy::cast_possible_truncation, reason = "a column of a screen")]
    #[expect(clippy::cast_precision_loss, reason = "a column of a screen")]
    fn column_of(self, at: f64) -> i64 {
        ((at - self.from) / (self.to - self.from) * self.columns as f64).floor() as i64
    }
}

fn lines(
    states: &[State],
    parts: &[Vec<Column>],
    scale: Scale,
    highest: &StateCounts,
) -> Vec<Series> {
    let point = |(at, count): (f64, u32)| PlotPoint::new(at, scale.place(count.into()));
    let line = |state: State, part: &Vec<Column>| {
        let mut line = Vec::with_capacity(2 * part.len() + 1);
        for column in part {
            let (low, high) = (column.low[state.index()], column.high[state.index()]);
            let (first, second) = if low.0 <= high.0 { (low, high) } else { (high, low) };
            line.push(point(first));
            if first.1 != second.1 {
                line.push(point(second));
            }
        }
        let last = part.last().map(|column| (column.last.0, column.last.1[state]));
        line.extend(last.map(point).filter(|last| line.last().is_none_or(|end| end.x < last.x)));
        line
    };
    let series = |state: &State| {
        let state = *state;
        let segments = parts.iter().map(|part| {
            let line = line(state, part);
            // What people look for is filled as well.
            let area = (state == State::CloseWait && line.len() > 1).then(|| Area {
                times: line.iter().map(|point| point.x).collect(),
                floor: vec![0.0; line.len()],
                top: line.iter().map(|point| point.y).collect(),
            });
            Segment { line, area }
        });
        Series { state, segments: segments.collect(), highest: highest[state] }
    };
    states.iter().map(series).collect()
}

fn stacks(states: &[State], parts: &[Vec<Column>], highest: &StateCounts) -> Vec<Series> {
    let mut series: Vec<Series> = states
        .iter()
        .map(|state| Series { state: *state, segments: Vec::new(), highest: highest[*state] })
        .collect();
    for part in parts {
        let mut kept: Vec<(f64, StateCounts)> = Vec::with_capacity(2 * part.len() + 1);
        for column in part {
            let (least, most) = (column.least, column.most);
            let (first, second) = if least.0 <= most.0 { (least, most) } else { (most, least) };
            kept.push(first);
            if first.0 < second.0 {
                kept.push(second);
            }
        }
        if let Some(last) = part.last().map(|column| column.last)
            && kept.last().is_none_or(|end| end.0 < last.0)
        {
            kept.push(last);
        }
        let times: Vec<f64> = kept.iter().map(|(at, _)| *at).collect();
        let mut floor = vec![0.0; kept.len()];
        for series in &mut series {
            let top: Vec<f64> = floor
                .iter()
                .zip(&kept)
                .map(|(floor, (_, counts))| floor + f64::from(counts[series.state]))
                .collect();
            let line = times.iter().zip(&top).map(|(at, top)| PlotPoint::new(*at, *top));
            let area = Area { times: times.clone(), floor, top: top.clone() };
            series.segments.push(Segment { line: line.collect(), area: Some(area) });
            floor = top;
        }
    }
    series
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    use super::*;
    use crate::analysis::history::Cause;

    fn at(second: u32) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_000_000 + u64::from(second))
    }

    fn counts(pairs: &[(State, u32)]) -> StateCounts {
        let mut counts = StateCounts::default();
        for (state, count) in pairs {
            counts[*state] = *count;
        }
        counts
    }

    fn window(from: u32, to: u32, columns: usize) -> Window {
        Window { from: seconds(at(from)), to: seconds(at(to)), columns }
    }

    fn all(_: State) -> bool {
        true
    }

    #[test]
    fn a_spike_of_one_sample_survives_in_two_points_a_column() {
        let mut history = History::default();
        for second in 0..3_600 {
            let count = if second == 1_234 { 500 } else { 3 };
            history.push(at(second), counts(&[(State::CloseWait, count)]));
        }
        let courses = Courses::of(&history, window(0, 3_600, 100), Form::Lines, Scale::Linear, all);
        let [series] = courses.series.as_slice() else { panic!("{courses:?}") };
        assert_eq!((series.state, series.highest, courses.highest), (State::CloseWait, 500, 500));
        let line = &series.segments[0].line;
        assert!(line.len() <= 2 * 100 + 1, "{}", line.len());
        assert!(line.contains(&PlotPoint::new(seconds(at(1_234)), 500.0)));
        assert_eq!(line.last(), Some(&PlotPoint::new(seconds(at(3_599)), 3.0)));
        assert!(line.is_sorted_by(|one, other| one.x <= other.x));
    }

    #[test]
    fn a_break_parts_lines_and_stacks() {
        let mut history = History::default();
        for second in 0..5 {
            history.push(at(second), counts(&[(State::CloseWait, 1)]));
        }
        history.interrupt(at(5), Cause::Paused);
        for second in 30..36 {
            history.push(at(second), counts(&[(State::CloseWait, 2)]));
        }
        for form in [Form::Lines, Form::Stacked] {
            let courses = Courses::of(&history, window(0, 40, 500), form, Scale::Linear, all);
            let segments = &courses.series[0].segments;
            let ends = |segment: &Segment| {
                (segment.line.first().map(|p| p.x), segment.line.last().map(|p| p.x))
            };
            assert_eq!(segments.len(), 2);
            assert_eq!(ends(&segments[0]), (Some(seconds(at(0))), Some(seconds(at(4)))));
            assert_eq!(ends(&segments[1]), (Some(seconds(at(30))), Some(seconds(at(35)))));
        }
    }

    #[test]
    fn a_stack_has_close_wait_at_the_bottom_and_hiding_one_closes_the_ranks() {
        let mut history = History::default();
        for second in 0..3 {
            let pairs = [(State::CloseWait, 5), (State::Established, 7), (State::Listen, 2)];
            history.push(at(second), counts(&pairs));
        }
        let stack = |shows: fn(State) -> bool| {
            let courses =
                Courses::of(&history, window(0, 3, 50), Form::Stacked, Scale::Linear, shows);
            let bounds = |series: &Series| {
                let area = series.segments[0].area.as_ref().expect("stacks are filled");
                (series.state, area.floor[0], area.top[0])
            };
            (courses.series.iter().map(bounds).collect::<Vec<_>>(), courses.highest)
        };
        let (bounds, highest) = stack(all);
        assert_eq!(
            bounds,
            [
                (State::CloseWait, 0.0, 5.0),
                (State::Established, 5.0, 12.0),
                (State::Listen, 12.0, 14.0)
            ]
        );
        assert_eq!(highest, 14);
        let (bounds, highest) = stack(|state| state != State::Established);
        assert_eq!(bounds, [(State::CloseWait, 0.0, 5.0), (State::Listen, 5.0, 7.0)]);
        assert_eq!(highest, 7);
    }

    #[test]
    fn a_line_reaches_the_edges_of_a_window_and_what_is_outside_does_not_raise_it() {
        let mut history = History::default();
        for second in 0..100 {
            let count = if second == 45 { 900 } else { 10 };
            history.push(at(second), counts(&[(State::TimeWait, count)]));
        }
        let courses = Courses::of(&history, window(50, 60, 800), Form::Lines, Scale::Linear, all);
        assert_eq!(courses.highest, 10);
        let line = &courses.series[0].segments[0].line;
        let (first, last) = (line.first().expect("points"), line.last().expect("points"));
        assert!(first.x <= seconds(at(50)) && last.x >= seconds(at(60)));
    }

    #[test]
    fn of_a_day_at_one_a_second_no_more_is_drawn_than_there_are_columns_for() {
        let mut history = History::default();
        for second in 0..86_400_u32 {
            let pairs = State::ALL.map(|state| (state, second % 97 * 11));
            history.push(at(second), counts(&pairs));
        }
        for form in [Form::Lines, Form::Stacked] {
            let courses = Courses::of(&history, window(0, 86_400, 1_200), form, Scale::Linear, all);
            let points: usize = courses
                .series
                .iter()
                .flat_map(|series| &series.segments)
                .map(|segment| segment.line.len())
                .sum();
            assert!((1_200..=State::COUNT * (2 * 1_200 + 3)).contains(&points), "{points}");
        }
    }
}
