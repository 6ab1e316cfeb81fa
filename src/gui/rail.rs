//! The rail at the left: the pages.

use eframe::egui::{
    Align, Align2, CornerRadius, Frame, Layout, Margin, Panel, Rect, Response, Role, Sense, Ui,
    WidgetInfo, pos2, vec2,
};

use super::cx::{Command, Cx};
use super::pages::{PAGES, PageLeaf};
use super::shortcuts::{self, Action};
use super::theme::measure::{Room, radius, size, space};
use super::theme::{Theme, TypeStyle};
use super::widgets::{focus_ring, paint_icon};

/// Draws the rail; `open` is the name of the page that is shown.
pub fn ui(ui: &mut Ui, cx: &Cx<'_>, open: &str) {
    let theme = Theme::of(ui);
    let room = Room::of(ui.ctx().content_rect().width());
    let frame = Frame::new().fill(theme.surface.bar).inner_margin(Margin::symmetric(8, 8));
    Panel::left("rail")
        .exact_size(room.rail())
        .resizable(false)
        .show_separator_line(true)
        .frame(frame)
        .show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 2.0;
            let narrow = room == Room::Narrow;
            for page in PAGES.iter().filter(|page| !page.at_foot) {
                entry(ui, cx, page, open, narrow);
            }
            ui.with_layout(Layout::bottom_up(Align::Min), |ui| {
                for page in PAGES.iter().rev().filter(|page| page.at_foot) {
                    entry(ui, cx, page, open, narrow);
                }
            });
        });
}

fn entry(ui: &mut Ui, cx: &Cx<'_>, page: &PageLeaf, open: &str, narrow: bool) {
    let title = cx.say(&(page.title)());
    let response = item(ui, page, &title, page.name == open, narrow);
    let keys = shortcuts::written(ui.ctx(), Action::Show(page.name));
    let hint = keys.map_or_else(|| title.clone(), |keys| format!("{title} ({keys})"));
    if response.on_hover_text(hint).clicked() {
        cx.send(Command::ShowPage(page.name));
    }
}

fn item(ui: &mut Ui, page: &PageLeaf, title: &str, open: bool, narrow: bool) -> Response {
    let theme = Theme::of(ui);
    let wanted = vec2(ui.available_width(), size::NAV_ITEM);
    let (rect, response) = ui.allocate_exact_size(wanted, Sense::click());
    if ui.is_rect_visible(rect) {
        let painter = ui.painter();
        if open || response.hovered() {
            let corner = CornerRadius::same(radius::CONTROL);
            painter.rect_filled(rect, corner, theme.surface.hover);
        }
        if open {
            let bar = Rect::from_min_max(
                pos2(rect.left() - space::M, rect.top() + space::S),
                pos2(rect.left() - space::M + 3.0, rect.bottom() - space::S),
            );
            painter.rect_filled(bar, CornerRadius::same(1), theme.accent.text);
        }
        let color = if open { theme.text.primary } else { theme.text.secondary };
        let middle = if narrow {
            rect.center()
        } else {
            pos2(rect.left() + space::M + size::ICON_NAV / 2.0, rect.center().y)
        };
        paint_icon(painter, middle, page.icon, size::ICON_NAV, color);
        if !narrow {
            let style = if open { TypeStyle::BodyStrong } else { TypeStyle::Body };
            let left = pos2(middle.x + size::ICON_NAV / 2.0 + 10.0, rect.center().y);
            painter.text(left, Align2::LEFT_CENTER, title, style.font(), color);
        }
        if response.has_focus() {
            focus_ring(painter, theme, rect.shrink(2.0), radius::CONTROL);
        }
    }
    response.widget_info(|| WidgetInfo::selected(Role::Tab, ui.is_enabled(), open, title));
    response
}
