//! The list of what could be typed next, below the field. The keyboard stays in the field.

use eframe::egui::{
    Align2, CornerRadius, Id, LayerId, Order, Popup, PopupCloseBehavior, PopupKind, Rect,
    RectAlign, Response, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, vec2,
};

use super::field::Drawn;
use crate::analysis::filter::Completion;
use crate::gui::cx::Cx;
use crate::gui::theme::measure::{radius, size, space, stroke};
use crate::gui::theme::{NONE, Theme, TypeStyle};

/// How wide the list is at most.
const WIDTH: f32 = 560.0;

/// What stands on the key that takes an offer.
const TAB: &str = "Tab";

/// What became of the list.
pub(super) struct List {
    pub(super) open: bool,
    pub(super) clicked: Option<usize>,
}

/// Draws the list, as long as the field has the keyboard or the pointer is on the list.
pub(super) fn show(
    ui: &Ui,
    cx: &Cx<'_>,
    field: &Drawn,
    completion: &Completion,
    chosen: Option<usize>,
    tab: Option<usize>,
) -> List {
    let id = Id::unique("sockets filter offers");
    let layer = LayerId::new(Order::Foreground, id);
    let pointer = ui.input(|input| input.pointer.interact_pos());
    let is_under = pointer.and_then(|at| ui.ctx().layer_id_at(at)) == Some(layer);
    let open = field.response.has_focus() || is_under;
    let clicked = Popup::new(id, ui.ctx().clone(), field.rect, ui.layer_id())
        .kind(PopupKind::Popup)
        .open(open)
        .align(RectAlign::BOTTOM_START)
        .gap(space::XS)
        .width(field.rect.width().min(WIDTH))
        .close_behavior(PopupCloseBehavior::IgnoreClicks)
        .show(|ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            let mut clicked = None;
            for (index, offer) in completion.offers.iter().enumerate() {
                let about = offer.about.as_ref().map(|about| cx.say(about)).unwrap_or_default();
                let line = Line {
                    insert: &offer.insert,
                    about: &about,
                    chosen: chosen == Some(index),
                    tab: tab == Some(index),
                };
                if line.show(ui).clicked() {
                    clicked = Some(index);
                }
            }
            clicked
        })
        .and_then(|shown| shown.inner);
    List { open, clicked }
}

/// One offer.
struct Line<'a> {
    insert: &'a str,
    /// What it means, or how many rows have it.
    about: &'a str,
    /// Whether the arrow keys are on it.
    chosen: bool,
    /// Whether Tab takes it.
    tab: bool,
}

impl Line<'_> {
    fn show(&self, ui: &mut Ui) -> Response {
        let wanted = vec2(ui.available_width(), size::CONTROL_SMALL);
        let (rect, response) = ui.allocate_exact_size(wanted, Sense::click());
        if ui.is_rect_visible(rect) {
            self.paint(ui, rect, response.hovered());
        }
        response.widget_info(|| {
            let name = match self.about {
                "" => self.insert.to_owned(),
                about => format!("{}, {about}", self.insert),
            };
            WidgetInfo::selected(Role::ListBoxOption, true, self.chosen, name)
        });
        response
    }

    fn paint(&self, ui: &Ui, rect: Rect, hovered: bool) {
        let theme = Theme::of(ui);
        let painter = ui.painter_at(rect);
        let fill = match (self.chosen, hovered) {
            (true, _) => theme.surface.selected,
            (false, true) => theme.surface.hover,
            (false, false) => NONE,
        };
        painter.rect_filled(rect, CornerRadius::same(radius::BADGE), fill);
        let left = rect.left_center() + vec2(space::M, 0.0);
        let (font, color) = (TypeStyle::Mono.font(), theme.text.primary);
        let insert = painter.text(left, Align2::LEFT_CENTER, self.insert, font, color);
        let mut right = rect.right_center() - vec2(space::M, 0.0);
        if self.tab {
            let (font, color) = (TypeStyle::Caption.font(), theme.text.tertiary);
            let key = painter.text(right, Align2::RIGHT_CENTER, TAB, font, color);
            let frame = key.expand2(vec2(space::XS, 0.0));
            let line = Stroke::new(stroke::HAIRLINE, theme.stroke.normal);
            painter.rect_stroke(frame, radius::BADGE, line, StrokeKind::Inside);
            right.x = frame.left() - space::M;
        }
        let room = rect.with_min_x(insert.right() + space::L);
        let (font, color) = (TypeStyle::Dense.font(), theme.text.secondary);
        painter.with_clip_rect(room).text(right, Align2::RIGHT_CENTER, self.about, font, color);
    }
}
