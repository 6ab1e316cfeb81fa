//! The calls outside the lanes: a line each, and names where there is room, those that matter most first.

use eframe::egui::{Align2, Rect, Stroke, Ui, pos2};

use super::paint::{APART, Painting, TICK};
use crate::gui::pages::lab::track::Tick;
use crate::gui::theme::TypeStyle;
use crate::gui::theme::measure::stroke;
use crate::model::lab::End;

/// How much a call says of the connection, and so which name stands where two would overlap; the least first.
fn rank(tick: &Tick) -> u8 {
    let moves = ["connect", "accept", "send", "recv", "shutdown", "close"];
    match (tick.failed, moves.iter().any(|name| tick.name.starts_with(name))) {
        (true, _) => 0,
        (false, true) => 1,
        (false, false) => 2,
    }
}

/// Which of these names stand, each with its rank and from where to where it would reach, from left to right: none over
/// another, and one that matters more before one that matters less.
fn stand(names: &[(u8, f32, f32)]) -> Vec<bool> {
    let mut order: Vec<usize> = (0..names.len()).collect();
    order.sort_by_key(|place| names[*place].0);
    let mut stands = vec![false; names.len()];
    for place in order {
        let (_, from, to) = names[place];
        let left = stands[..place].iter().rposition(|stands| *stands);
        let right = stands[place..].iter().position(|stands| *stands);
        stands[place] = left.is_none_or(|left| names[left].2 + APART <= from)
            && right.is_none_or(|right| to + APART <= names[place + right].1);
    }
    stands
}

impl Painting<'_> {
    pub(super) fn ticks(&self, ui: &Ui) {
        for end in End::ALL {
            let of_it = |tick: &&Tick| tick.end == end && self.is_in_sight(tick.at);
            let mut ticks: Vec<&Tick> = self.track.ticks.iter().filter(of_it).collect();
            // They come as they began, and some stand where they returned.
            ticks.sort_by_key(|tick| tick.at);
            let mut shown: Vec<(&Tick, f32)> = Vec::new();
            for tick in ticks {
                let x = ui.painter().round_to_pixel_center(self.axis.x(tick.at));
                match shown.last_mut() {
                    // Of several calls on one pixel one is drawn; the log has them all.
                    Some((last, at)) if x - *at < 1.0 => {
                        if rank(tick) < rank(last) {
                            *last = tick;
                        }
                    }
                    _ => shown.push((tick, x)),
                }
            }
            self.of_end(ui, end, &shown);
        }
    }

    fn of_end(&self, ui: &Ui, end: End, ticks: &[(&Tick, f32)]) {
        let (painter, lane, room) = (ui.painter(), self.lane(end), self.axis.room);
        let (marks, label, align) = if end == End::Client {
            (lane.top() - TICK..=lane.top(), lane.top() - TICK - 1.0, Align2::CENTER_BOTTOM)
        } else {
            (lane.bottom()..=lane.bottom() + TICK, lane.bottom() + TICK + 1.0, Align2::CENTER_TOP)
        };
        let named: Vec<_> = ticks
            .iter()
            .map(|(tick, x)| {
                let critical = self.theme.severity.critical.text;
                let color = if tick.failed { critical } else { self.theme.text.secondary };
                painter.vline(*x, marks.clone(), Stroke::new(stroke::HAIRLINE, color));
                let font = TypeStyle::Caption.font();
                let name = painter.layout_no_wrap(tick.name.clone(), font, color);
                let half = name.size().x / 2.0;
                let last = (room.right() - half).max(room.left() + half);
                let middle = x.clamp(room.left() + half, last);
                let place: Rect = align.anchor_size(pos2(middle, label), name.size());
                (rank(tick), place, name, color)
            })
            .collect();
        let reach: Vec<_> =
            named.iter().map(|(rank, place, ..)| (*rank, place.left(), place.right())).collect();
        for ((_, place, name, color), stands) in named.into_iter().zip(stand(&reach)) {
            if stands {
                self.label(ui, place, name, color);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn tick(name: &str) -> Tick {
        Tick { at: Duration::ZERO, end: End::Client, name: name.to_owned(), failed: false }
    }

    #[test]
    fn the_name_that_matters_stands_where_two_would_overlap() {
        let of = |name, from| (rank(&tick(name)), from, from + 50.0);
        let names =
            [of("getaddrinfo", 0.0), of("fcntl", 20.0), of("connect", 30.0), of("dup", 90.0)];
        assert_eq!(stand(&names), [false, false, true, true]);
        let names =
            [of("connect", 0.0), of("send 64", 20.0), of("send 64", 60.0), of("fcntl", 130.0)];
        assert_eq!(stand(&names), [true, false, true, true]);
        assert_eq!(stand(&[]), [] as [bool; 0]);
    }

    #[test]
    fn a_failure_matters_most() {
        let failed = Tick { failed: true, ..tick("bind: EADDRINUSE") };
        assert!(
            rank(&failed) < rank(&tick("close")) && rank(&tick("close…")) < rank(&tick("fcntl"))
        );
    }
}
