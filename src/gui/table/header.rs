//! The headers of a table: they sort, move, and have menus.

use eframe::egui::{
    self, Align, Align2, CursorIcon, Id, Key, Rect, Response, Role, Sense, Ui, WidgetInfo, pos2,
    vec2,
};

use super::Delegate;
use crate::gui::theme::measure::{radius, space};
use crate::gui::theme::{Theme, TypeStyle};
use crate::gui::widgets::focus_ring;

impl Delegate<'_> {
    pub(super) fn header(&mut self, ui: &mut Ui, index: usize) {
        let Some(column) = self.view.columns.get(index) else {
            return;
        };
        if column.title.is_empty() {
            return;
        }
        let theme = Theme::of(ui);
        let rect = ui.max_rect();
        self.headers.push((index, rect));
        let moves = self.view.arranges && index >= self.view.sticky;
        let sense = match (column.sorts, moves) {
            (true, true) => Sense::click_and_drag(),
            (true, false) => Sense::click(),
            (false, _) => Sense::hover(),
        };
        let response =
            ui.interact(rect.shrink2(vec2(space::XS, 0.0)), self.header_id(index), sense);
        let sorted = self.view.sorting.filter(|(by, _)| *by == index);
        let color = if sorted.is_some() || response.hovered() && column.sorts {
            theme.text.primary
        } else {
            theme.text.secondary
        };
        let (place, align) = if column.align == Align::Max {
            (rect.right_center() - vec2(space::M, 0.0), Align2::RIGHT_CENTER)
        } else {
            (rect.left_center() + vec2(space::M, 0.0), Align2::LEFT_CENTER)
        };
        let font = TypeStyle::Caption.font();
        let text = ui.painter().text(place, align, &column.title, font, color);
        if let Some((_, descending)) = sorted {
            let tip =
                if column.align == Align::Max { text.left() - 8.0 } else { text.right() + 8.0 };
            paint_arrow(ui, pos2(tip, rect.center().y), descending);
        }
        if response.has_focus() {
            focus_ring(ui.painter(), theme, response.rect.shrink(2.0), radius::GAUGE);
        }
        if column.sorts {
            response.widget_info(|| {
                let mut info = WidgetInfo::labeled(Role::Button, true, &column.title);
                info.current_text_value = sorted.map(|(_, descending)| {
                    if descending { "descending" } else { "ascending" }.to_owned()
                });
                info
            });
            if response.clicked() {
                self.response.sorted = Some(index);
            }
        }
        if self.view.arranges {
            self.header_menu(ui, index, &response);
        }
    }

    fn header_menu(&mut self, ui: &Ui, index: usize, response: &Response) {
        let by_key = response.has_focus()
            && ui.input_mut(|input| input.consume_key(egui::Modifiers::SHIFT, Key::F10));
        if by_key {
            self.response.header_menu = Some((index, response.rect.left_bottom()));
        } else if response.secondary_clicked() {
            let pointer = ui.input(|input| input.pointer.interact_pos());
            self.response.header_menu = Some((index, pointer.unwrap_or(response.rect.center())));
        }
    }

    fn header_id(&self, index: usize) -> Id {
        self.id.with(("header", self.view.columns.get(index).map(|column| column.id)))
    }

    /// Follows a header that is dragged: a line says where it would go.
    pub(super) fn drag_header(&mut self, ui: &Ui, outer: Rect) {
        let dragged = |(index, _): &&(usize, Rect)| {
            let response = ui.ctx().read_response(self.header_id(*index));
            response.is_some_and(|header| header.dragged() || header.drag_stopped())
        };
        let Some((from, _)) = self.headers.iter().find(dragged).copied() else { return };
        let Some(pointer) = ui.input(|input| input.pointer.interact_pos()) else { return };
        ui.ctx().set_cursor_icon(CursorIcon::Grabbing);
        // The gap between two columns that is nearest, counted in columns left of it.
        let movable = self.headers.iter().filter(|(index, _)| *index >= self.view.sticky);
        let gaps =
            movable.flat_map(|(index, rect)| [(*index, rect.left()), (index + 1, rect.right())]);
        let Some((gap, x)) =
            gaps.min_by(|(_, a), (_, b)| (a - pointer.x).abs().total_cmp(&(b - pointer.x).abs()))
        else {
            return;
        };
        let to = if gap > from { gap - 1 } else { gap };
        let released = ui
            .ctx()
            .read_response(self.header_id(from))
            .is_some_and(|header| header.drag_stopped());
        if to == from {
            return;
        }
        if released {
            self.response.moved = Some((from, to));
        } else {
            let theme = Theme::of(ui);
            ui.painter().vline(x, outer.y_range(), (2.0, theme.accent.text));
        }
    }
}

fn paint_arrow(ui: &Ui, center: egui::Pos2, down: bool) {
    let theme = Theme::of(ui);
    let flip = if down { 1.0 } else { -1.0 };
    let points = vec![
        center + vec2(-3.5, -2.0 * flip),
        center + vec2(3.5, -2.0 * flip),
        center + vec2(0.0, 2.5 * flip),
    ];
    let shape = egui::Shape::convex_polygon(points, theme.text.primary, egui::Stroke::NONE);
    ui.painter().add(shape);
}
