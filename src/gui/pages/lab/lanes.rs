//! Both ends over time.
//!
//! ```text
//!            connect   send 512              recv = 0      calls outside
//!            |_________|_____________________|_______
//!  Client    | ESTABLISHED    | CLOSE_WAIT           |     fill and mark of the state, a sliver at least
//!            `--------:-------^----------------------'
//!                     : 512 B : FIN, inferred              what went from one to the other
//!            ,--------v-------:----------------------.
//!  Peer      | ESTABLISHED    | FIN_WAIT_2           |     dotted where only the other end tells
//!            0        1 s         2 s          [3.64 s]
//! ```

mod paint;
mod ticks;

use std::time::Duration;

use eframe::egui::{Rect, Role, Sense, Ui, WidgetInfo, vec2};

use super::end;
use super::run::{Run, is_alive, now, seconds};
use super::track::Was;
use crate::gui::cx::Cx;
use crate::gui::theme::measure::{size, space, stroke};
use crate::gui::theme::{Theme, TypeStyle};
use crate::gui::widgets::{Card, segmented};
use crate::lab::{BenchState, ConnectionState, Watch};
use crate::model::lab::{End, Resolution};
use crate::text;
use paint::{Axis, Painting};

/// How much of the run is in sight while it is followed.
const FOLLOWED: Duration = Duration::from_secs(5);

/// How far the present is from the right edge then, as a share.
const AHEAD: f64 = 0.1;

/// How often the cursor moves while something lives; less often where drawing is dear.
pub(super) const STEP: Duration = Duration::from_millis(100);
pub(super) const CALM_STEP: Duration = Duration::from_secs(1);

/// The height of the card.
pub(super) const HEIGHT: f32 =
    size::CARD_HEADER + paint::HEIGHT + space::L + 2.0 * stroke::HAIRLINE;

/// What of the run is in sight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Sight {
    #[default]
    Follow,
    Whole,
}

#[derive(Default)]
pub(super) struct LanesView {
    sight: Sight,
}

impl LanesView {
    pub(super) fn ui(
        &mut self,
        ui: &mut Ui,
        cx: &Cx<'_>,
        bench: &BenchState,
        shown: Option<&ConnectionState>,
        run: &Run,
    ) {
        let title = cx.say(&text!("lab_bench_page.both_ends"));
        let note = shown.map_or_else(String::new, |shown| looked_up(cx, bench, shown));
        let (now, sight) = (self.sight, &mut self.sight);
        Card::new(&title).note(&note).height(HEIGHT).show(
            ui,
            |ui| {
                let follow = cx.say(&text!("lab_bench_page.follow"));
                let whole = cx.say(&text!("lab_bench_page.whole_run"));
                let parts = [(Sight::Follow, follow.as_str()), (Sight::Whole, whole.as_str())];
                segmented(ui, sight, &parts);
            },
            |ui| match shown {
                Some(shown) => lanes(ui, cx, bench, shown, run, now),
                None => nothing(ui, cx),
            },
        );
    }
}

fn nothing(ui: &mut Ui, cx: &Cx<'_>) {
    let text = cx.say(&text!("lab_bench_page.no_lanes"));
    let theme = Theme::of(ui);
    ui.label(TypeStyle::Body.rich(text).color(theme.text.secondary));
}

/// How the connection is watched, and what that costs.
fn looked_up(cx: &Cx<'_>, bench: &BenchState, shown: &ConnectionState) -> String {
    let seen = &bench.observation;
    let lane = bench.lane(shown);
    let mut parts = Vec::new();
    if bench.connections.len() > 1 {
        parts.push(cx.say(&text!("lab_bench_page.connection", number = shown.number.to_string())));
    }
    match lane.map(|lane| lane.watch) {
        None => parts.push(cx.say(&text!("lab_bench_page.not_looked_up"))),
        Some(Watch::RowsGone) => parts.push(cx.say(&text!("lab_bench_page.rows_gone"))),
        Some(Watch::GivenUp | Watch::Replaced { .. }) => {
            parts.push(cx.say(&text!("lab_bench_page.given_up")));
        }
        Some(Watch::Looking) => {
            let cost = seen.last_cost.unwrap_or_default().as_secs_f64() * 1_000.0;
            let cost = format!("{cost:.3}\u{2009}ms");
            let every = format!("{}\u{2009}ms", seen.interval.as_millis().max(1));
            parts.push(cx.say(&match seen.resolution {
                Resolution::Exact => text!("lab_bench_page.exact", every = every, cost = cost),
                Resolution::Table => text!("lab_bench_page.table", every = every, cost = cost),
            }));
        }
    }
    parts.join(" \u{b7} ")
}

fn lanes(
    ui: &mut Ui,
    cx: &Cx<'_>,
    bench: &BenchState,
    shown: &ConnectionState,
    run: &Run,
    sight: Sight,
) {
    let alive = is_alive(bench, shown);
    let present = now(bench, run, alive);
    if alive {
        ui.ctx().request_repaint_after(if cx.calm { CALM_STEP } else { STEP });
    }
    let (from, span) = in_sight(sight, run.track.begin, present);
    let wanted = vec2(ui.available_width(), paint::HEIGHT);
    let (rect, response) = ui.allocate_exact_size(wanted, Sense::hover());
    let names = End::ALL.map(|end| end::title(cx, end));
    let left = rect.left() + paint::names_width(ui, cx, &names, run.track.inferred);
    let axis = Axis { from, span, room: Rect::from_min_max(rect.min, rect.max).with_min_x(left) };
    let pointed = response.hover_pos().filter(|at| at.x >= left).map(|at| axis.time(at.x));
    let painting = Painting { theme: Theme::of(ui), axis, track: &run.track, present, alive };
    painting.names(ui, cx, rect, &names);
    let cursor = painting.cursor_at(ui, pointed.unwrap_or(present));
    painting.axis(ui, cursor.as_ref().map(|cursor| cursor.place));
    painting.lanes(ui, cx);
    if let Some(cursor) = cursor {
        painting.cursor(ui, cursor);
    }
    // Over the line at a time, which would strike their names through.
    painting.ticks(ui);
    painting.transfers(ui, cx);
    let summary = &run.summary;
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, summary));
    if let Some(time) = pointed {
        response.on_hover_text_at_pointer(told(cx, run, &names, time, axis.reach()));
    }
}

/// From when on the run is in sight, and for how long.
fn in_sight(sight: Sight, begin: Duration, present: Duration) -> (Duration, Duration) {
    match sight {
        Sight::Follow => {
            let behind = FOLLOWED.mul_f64(1.0 - AHEAD);
            let from = present.saturating_sub(behind).max(begin);
            (from, FOLLOWED)
        }
        Sight::Whole => {
            let lasted = present.saturating_sub(begin).max(Duration::from_millis(20));
            (begin, lasted.mul_f64(1.0 + AHEAD / 2.0))
        }
    }
}

/// What was at this time, `reach` before and after it.
fn told(cx: &Cx<'_>, run: &Run, names: &[String; 2], time: Duration, reach: Duration) -> String {
    let mut lines = vec![seconds(time)];
    for (end, name) in End::ALL.into_iter().zip(names) {
        let state = match run.track.state_at(end, time) {
            Was::NotThere => cx.say(&text!("lab_bench_page.not_there")),
            Was::NoRow => cx.say(&text!("lab_bench_page.no_row")),
            Was::In(state) => state.name().to_owned(),
        };
        lines.push(format!("{name}: {state}"));
    }
    let near = |at: Duration| at.abs_diff(time) <= reach;
    for tick in run.track.ticks.iter().filter(|tick| near(tick.at)).take(6) {
        lines.push(format!("{}  {}: {}", seconds(tick.at), names[tick.end as usize], tick.name));
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_young_run_is_seen_from_its_beginning_and_an_old_one_at_its_end() {
        assert_eq!(in_sight(Sight::Follow, s(10), s(11)), (s(10), FOLLOWED));
        let (from, span) = in_sight(Sight::Follow, s(10), s(100));
        assert!(from > s(95) && from + span > s(100) && span == FOLLOWED, "{from:?} {span:?}");
    }

    #[test]
    fn the_whole_run_is_in_sight_from_the_first_moment() {
        for present in [s(10), s(11), s(4_000)] {
            let (from, span) = in_sight(Sight::Whole, s(10), present);
            assert!(from == s(10) && from + span > present, "{present:?}: {from:?} {span:?}");
        }
    }
}
