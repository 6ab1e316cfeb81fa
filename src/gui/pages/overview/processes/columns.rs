//! Where the columns of the list stand, for so much room.

use eframe::egui::{Align2, Rect, Sense, Ui, pos2, vec2};

use super::{By, slot};
use crate::analysis::load::ProcessLoad;
use crate::gui::cx::Cx;
use crate::gui::theme::measure::{size, space, stroke};
use crate::gui::theme::{Theme, TypeStyle};
use crate::text;

const COUNT: f32 = 76.0;
const SPARKLINE: f32 = 52.0;
const GROWTH: f32 = 76.0;
const GAUGE: f32 = 40.0;
/// `1 048 576 / 1 048 576` fits.
const DESCRIPTORS: f32 = 124.0;

/// The least room of a name.
const NAME: f32 = 120.0;

/// So many rows are measured for the widest address.
const MEASURED: usize = 64;

/// The columns: where each begins and how wide it is; those without room are none.
#[derive(Debug)]
pub(super) struct Columns {
    pub by: By,
    pub name: (f32, f32),
    pub count: (f32, f32),
    pub sparkline: Option<(f32, f32)>,
    pub growth: Option<(f32, f32)>,
    /// None where it stands below the name.
    pub towards: Option<(f32, f32)>,
    pub gauge: Option<(f32, f32)>,
    pub descriptors: Option<(f32, f32)>,
}

impl Columns {
    /// Fits them into the width there is. Addresses are never cut: where there is no room for the widest, they go
    /// below the names.
    pub(super) fn fit<'a>(ui: &Ui, by: By, loads: impl Iterator<Item = &'a ProcessLoad>) -> Self {
        let room = ui.available_rect_before_wrap().shrink2(vec2(space::L, 0.0));
        let all = loads.take(MEASURED).filter_map(|load| load.close_wait_towards);
        let widest = all
            .map(|(towards, _)| {
                let font = TypeStyle::Mono.font();
                let color = Theme::of(ui).text.secondary;
                ui.painter().layout_no_wrap(towards.to_string(), font, color).size().x
            })
            .fold(60.0, f32::max);
        let waiting = by == By::CloseWait;
        let gap = space::L;
        let mut left_over = room.width() - NAME - COUNT - gap;
        let mut fits = |width: f32, wanted: bool| {
            let fits = wanted && left_over >= width + gap;
            if fits {
                left_over -= width + gap;
            }
            fits
        };
        let growth = fits(GROWTH, waiting);
        let descriptors = fits(DESCRIPTORS, true);
        let towards = fits(widest, waiting);
        let sparkline = fits(SPARKLINE, waiting);
        let gauge = fits(GAUGE, descriptors);

        // From the right end to the left; the name takes what is left.
        let mut right = room.right();
        let mut take = |width: f32| {
            let left = right - width;
            right = left - gap;
            (left, width)
        };
        let descriptors = descriptors.then(|| take(DESCRIPTORS));
        let gauge = gauge.then(|| take(GAUGE));
        let towards = towards.then(|| take(widest));
        let growth = growth.then(|| take(GROWTH));
        let sparkline = sparkline.then(|| take(SPARKLINE));
        let count = take(COUNT);
        let name = (room.left(), right - room.left());
        Self { by, name, count, sparkline, growth, towards, gauge, descriptors }
    }

    /// Draws the captions.
    pub(super) fn header(&self, ui: &mut Ui, cx: &Cx<'_>) {
        let theme = Theme::of(ui);
        let wanted = vec2(ui.available_width(), size::TABLE_HEADER);
        let (row, _) = ui.allocate_exact_size(wanted, Sense::hover());
        let painter = ui.painter();
        let caption = |place: (f32, f32), right: bool, text: &str| {
            let rect: Rect = slot(row, place.0, place.1);
            let (at, align) = if right {
                (rect.right_center(), Align2::RIGHT_CENTER)
            } else {
                (rect.left_center(), Align2::LEFT_CENTER)
            };
            painter.text(at, align, text, TypeStyle::Caption.font(), theme.text.secondary);
        };
        caption(self.name, false, &cx.say(&text!("processes.process")));
        match self.by {
            By::CloseWait => caption(self.count, true, crate::model::State::CloseWait.name()),
            By::Sockets => caption(self.count, true, &cx.say(&text!("processes.sockets"))),
        }
        if let Some(place) = self.growth {
            caption(place, true, &cx.say(&text!("processes.growth")));
        }
        if let Some(place) = self.towards {
            caption(place, false, &cx.say(&text!("processes.towards")));
        }
        if let Some(place) = self.descriptors {
            caption(place, true, &cx.say(&text!("processes.descriptors")));
        }
        let y = painter.round_to_pixel_center(row.bottom() - 0.5);
        let line = (stroke::HAIRLINE, theme.stroke.subtle);
        painter.line_segment([pos2(row.left(), y), pos2(row.right(), y)], line);
    }
}
