//! What stands where nothing is: what is missing, why, and what to do.

use eframe::egui::{Align, Id, InnerResponse, Label, Layout, Rect, Ui, UiBuilder, Vec2, vec2};
use egui_material_icons::MaterialIcon;

use super::paint::icon;
use crate::gui::theme::measure::{size, space};
use crate::gui::theme::{Theme, TypeStyle};

/// How wide its text gets at most.
const TEXT_WIDTH: f32 = 320.0;

/// Fills the space there is with an icon, a title, a text and a row of actions, in its middle.
pub fn empty<R>(
    ui: &mut Ui,
    sign: MaterialIcon,
    title: &str,
    text: &str,
    actions: impl FnOnce(&mut Ui) -> R,
) -> InnerResponse<R> {
    let theme = Theme::of(ui);
    let room = ui.available_rect_before_wrap();
    ui.scope_builder(UiBuilder::new().max_rect(room), |ui| {
        centered(ui, title, "block", room, |ui| {
            ui.with_layout(Layout::top_down(Align::Center), |ui| {
                ui.set_max_width(TEXT_WIDTH.min(room.width() - 2.0 * space::XL));
                ui.spacing_mut().item_spacing.y = space::S;
                icon(ui, sign, size::ICON_EMPTY, theme.text.tertiary);
                let title_text = TypeStyle::Title.rich(title).color(theme.text.primary);
                ui.add(Label::new(title_text).wrap());
                let text = TypeStyle::Body.rich(text).color(theme.text.secondary);
                ui.add(Label::new(text).wrap());
                ui.add_space(space::XS);
                let row =
                    Rect::from_min_size(ui.cursor().min, vec2(ui.available_width(), size::CONTROL));
                let row = Rect::from_x_y_ranges(ui.max_rect().x_range(), row.y_range());
                centered(ui, title, "actions", row, |ui| ui.horizontal(actions).inner)
            })
            .inner
        })
    })
}

/// Draws `content` in the middle of `room`. egui learns how large something is by drawing it, so the size
/// of the last frame counts, and the first frame is thrown away.
fn centered<R>(
    ui: &mut Ui,
    name: &str,
    part: &str,
    room: Rect,
    content: impl FnOnce(&mut Ui) -> R,
) -> R {
    let id: Id = ui.unique_id().with((name, part));
    let known: Option<Vec2> = ui.data(|data| data.get_temp(id));
    let extent = known.unwrap_or(room.size());
    let place = Rect::from_min_size((room.center() - extent / 2.0).max(room.min).round(), extent);
    let drawn = ui.scope_builder(UiBuilder::new().max_rect(place), content);
    let size = drawn.response.rect.size();
    if known.is_none() {
        ui.ctx().request_discard("the size of something centred became known");
    }
    ui.data_mut(|data| data.insert_temp(id, size));
    drawn.inner
}
